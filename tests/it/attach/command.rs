//! The command: what it says before anything is sent, what it refuses, and its exit codes.

use super::server::{Server, TOKEN};
use super::{github, mine};
use assert_cmd::Command;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// The folder of a report, as `analyze` writes it.
fn report() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/memory-cascade/archive");
    let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    tool.current_dir(folder.path()).arg("analyze").arg(archive).args(["-o", "report", "--for", "github,gitea"]);
    tool.assert().code(0);
    folder
}

/// Exit code, stdout and stderr of `attach report`, without the variables of whoever runs the test.
fn attach(folder: &TempDir, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    tool.current_dir(folder.path()).args(["attach", "report"]).args(arguments);
    for name in ["GH_TOKEN", "GITHUB_TOKEN", "GITHUB_API_URL", "GITEA_TOKEN", "GITEA_URL", "PATH"] {
        tool.env_remove(name);
    }
    tool.envs(variables.iter().copied());
    let output = tool.output().expect("it runs");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    let (printed, said) = (text(output.stdout), text(output.stderr));
    assert!(!printed.contains(TOKEN) && !said.contains(TOKEN), "a token was shown: {printed}{said}");
    (output.status.code().expect("a code"), printed, said)
}

#[test]
fn nothing_is_sent_unless_it_is_asked_for() {
    let (folder, server) = (report(), Server::start(github::answer));
    let reach = [("GH_TOKEN", TOKEN), ("GITHUB_API_URL", server.url.as_str())];
    let to = "github:shop/infra#12";
    // A script that forgot --yes is not told that all is well.
    let (code, printed, said) = attach(&folder, &["--to", to], &reach);
    assert!(code == 2 && printed.is_empty() && said.contains("add --yes to send it, or --dry-run"), "{said}");
    let (code, printed, said) = attach(&folder, &["--to", to, "--dry-run"], &reach);
    let size = fs::metadata(folder.path().join("report/postmortem.github.md")).expect("the form").len();
    assert_eq!((code, said.as_str()), (0, "nothing was sent: --yes sends it\n"));
    for part in [to.trim_start_matches("github:"), &server.url, &size.to_string(), "report.json", "GH_TOKEN"] {
        assert!(printed.contains(part), "{part}: {printed}");
    }
    assert_eq!(server.with(|store| store.asked.len()), 0);
    let (code, printed, said) = attach(&folder, &["--to", to, "--yes"], &reach);
    assert_eq!(code, 0, "{said}");
    assert!(printed.starts_with("https://github.com/shop/infra/issues/12#issuecomment-"), "{printed}");
    assert!(said.contains("not sent: postmortem.md, timeline.html, report.json"), "{said}");
    let draft = fs::read_to_string(folder.path().join("report/postmortem.github.md")).expect("the form");
    assert!(mine(&server)[0].1.contains(draft.trim()));
}

#[test]
fn what_cannot_be_sent_is_one_error_that_says_what_to_do() {
    let (folder, server) = (report(), Server::start(github::answer));
    let to = ["--to", "github:shop/infra#12", "--yes"];
    let url = ("GITHUB_API_URL", server.url.as_str());
    let refused = |arguments: &[&str], variables: &[(&str, &str)], wanted: (i32, &str)| {
        let (code, printed, said) = attach(&folder, arguments, variables);
        assert!(code == wanted.0 && said.contains(wanted.1) && printed.is_empty(), "{code}: {said}");
    };
    refused(&to, &[url], (1, "set GH_TOKEN or GITHUB_TOKEN, or log in with gh"));
    refused(&to, &[("GH_TOKEN", "wrong"), url], (1, "GitHub does not know the token (401): Bad credentials"));
    refused(&to, &[("GITHUB_API_URL", "http://git.example.com")], (2, "it must be https"));
    refused(&["--to", "github:shop/infra", "--yes"], &[], (2, "write it as github:OWNER/REPO#N"));
    refused(&["--to", "gitea:shop/infra#12", "--yes"], &[], (2, "set GITEA_URL or give --url"));
    let jira = ["--to", "jira:OPS-1", "--yes", "--url", "https://example.com"];
    refused(&jira, &[], (1, "--for jira"));
    // Nothing that looks like a credential leaves the machine, wherever it came from.
    let form = folder.path().join("report/postmortem.github.md");
    let draft = fs::read_to_string(&form).expect("the form");
    fs::write(&form, format!("{draft}\nWe logged in with password=hunter2hunter2 then.\n")).expect("a file");
    refused(&to, &[("GH_TOKEN", TOKEN), url], (1, "looks like a credential"));
    #[cfg(unix)]
    {
        fs::remove_file(&form).expect("a file");
        std::os::unix::fs::symlink("/etc/hostname", &form).expect("a link");
        refused(&to, &[("GH_TOKEN", TOKEN), url], (1, "it is no file"));
    }
    assert_eq!(server.with(|store| store.changes()), 0);
}

/// The host's own tool knows a token, which is asked for the machine that was named and never for another.
#[cfg(unix)]
#[test]
fn the_hosts_own_tool_tells_its_token() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, server) = (report(), Server::start(github::answer));
    let tools = tempfile::tempdir().expect("a folder");
    let tool = tools.path().join("gh");
    fs::write(&tool, format!("#!/bin/sh\n[ \"$*\" = 'auth token --hostname 127.0.0.1' ] && echo {TOKEN}\n"))
        .expect("a file");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o700)).expect("a mode");
    let reach = [("PATH", tools.path().to_str().expect("a path")), ("GITHUB_API_URL", server.url.as_str())];
    let (code, _, said) = attach(&folder, &["--to", "github:shop/infra#12", "--yes"], &reach);
    assert_eq!((code, mine(&server).len()), (0, 1), "{said}");
}

#[test]
fn a_folder_gets_copies_and_keeps_what_is_not_ours() {
    let folder = report();
    let (code, printed, said) = attach(&folder, &["--to", "file:out", "--yes"], &[]);
    assert!(code == 0 && printed.starts_with("copied "), "{printed}{said}");
    for name in ["postmortem.md", "timeline.html", "report.json"] {
        let read = |place: &str| fs::read(folder.path().join(place).join(name)).expect("a file");
        assert!(read("report") == read("out"), "{name}");
    }
    let (code, printed, _) = attach(&folder, &["--to", "file:out", "--yes"], &[]);
    assert!(code == 0 && printed.starts_with("replaced "), "{printed}");
    fs::write(folder.path().join("out/report.json"), "mine").expect("a file");
    let (code, _, said) = attach(&folder, &["--to", "file:out", "--yes"], &[]);
    assert!(code == 1 && said.contains("out/report.json is not what an earlier run wrote there"), "{said}");
}
