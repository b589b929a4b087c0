//! Whatever cannot be written is said and is no success, and a reader that has seen enough is no failure. The real
//! program before a full disk, a broken one and a pipe that nobody reads.

use crate::made::{LARGE, SMALL, sealed};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// All that print data, in a folder that holds `incident.zip` and `text.zip`, which is none.
const PRINTING: [&str; 22] = [
    "show incident.zip coverage",
    "show incident.zip entries",
    "show incident.zip custody",
    "show incident.zip cascade",
    "show incident.zip logs",
    "show incident.zip logs --summary",
    "analyze incident.zip",
    "analyze incident.zip --json",
    "demo",
    "demo --json",
    "verify incident.zip",
    "verify text.zip",
    "repair incident.zip --force",
    "redact incident.zip --force",
    "redact --strict incident.zip --force",
    "split incident.zip --size 1400KB --force",
    "help",
    "help show",
    "show --help",
    "-h",
    "--version",
    "verify --version",
];

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    sealed(folder.path(), None);
    fs::write(folder.path().join("text.zip"), "hello").expect("a file");
    folder
}

fn commands() -> Vec<String> {
    let entries = [SMALL, LARGE].map(|entry| format!("show incident.zip entry {entry}"));
    PRINTING.iter().map(|command| (*command).to_owned()).chain(entries).collect()
}

fn tool(folder: &Path, command: &str) -> Command {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    tool.current_dir(folder).args(command.split(' ')).stdin(Stdio::null());
    tool
}

fn full() -> File {
    File::options().write(true).open("/dev/full").expect("Linux has it")
}

/// Runs it with stdout going there, which is to be one clear error that names the reason.
fn fails(command: &mut Command, stdout: impl Into<Stdio>, why: &str) -> String {
    let output = command.stdout(stdout).output().expect("it starts");
    is_one_error(&format!("{command:?}"), &output, why)
}

fn is_one_error(case: &str, output: &Output, why: &str) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{case}: {said}");
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert!(matches!(errors[..], [error] if error.contains(why)), "{case}: {said}");
    assert!(!said.contains("panicked"), "{case}: {said}");
    said
}

#[test]
fn data_that_does_not_fit_on_the_disk_is_an_error() {
    let folder = folder();
    for command in commands() {
        fails(&mut tool(folder.path(), &command), full(), "No space left on device");
    }
}

/// The memory of a shell, at an address where there is none, stands for a disk that is broken.
#[test]
fn data_that_a_broken_disk_refuses_is_an_error() {
    let folder = folder();
    for command in commands() {
        let line = format!("exec 3<>/proc/self/mem; {} {command} >&3", env!("CARGO_BIN_EXE_k8s-forensics"));
        let mut shell = Command::new("bash");
        fails(shell.current_dir(folder.path()).args(["-c", &line]), Stdio::null(), "Input/output error");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let folder = folder();
    for command in commands() {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = tool(folder.path(), &command).stdout(writer).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        let code = if command == "verify text.zip" { 5 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{command}: {said}");
        assert!(!said.contains("error: ") && !said.contains("panicked"), "{command}: {said}");
    }
}

/// What cannot be told changes neither the data nor how it went.
#[test]
fn talk_that_cannot_be_written_is_no_error() {
    let folder = folder();
    let failing = ["show none.zip coverage", "show incident.zip entry none", "show incident.zip", "redact"];
    for command in commands().iter().map(String::as_str).chain(failing) {
        let told = tool(folder.path(), command).output().expect("it starts");
        let untold = tool(folder.path(), command).stderr(full()).output().expect("it starts");
        assert_eq!(untold.status.code(), told.status.code(), "{command}");
        // A copy of an archive says when it was made, and a strict one has other pseudonyms each time.
        assert_eq!(untold.stdout, told.stdout, "{command}");
    }
    let untold = tool(folder.path(), "analyze incident.zip").stdout(full()).stderr(full()).output().expect("it starts");
    assert_eq!(untold.status.code(), Some(1));
}

/// Who pipes the path into the next command does not learn it; the error says where the archive is.
#[test]
fn an_archive_whose_path_cannot_be_printed_is_whole() {
    let folder = folder();
    for (command, made) in [
        ("repair incident.zip", "incident-repaired.zip"),
        ("redact incident.zip", "incident-redacted.zip"),
        ("split incident.zip --size 1400KB", "incident-part1of2.zip"),
    ] {
        let said = fails(&mut tool(folder.path(), command), full(), "writing to stdout");
        assert!(said.contains("hint: ") && said.contains(made), "{command}: {said}");
        let verified = tool(folder.path(), &format!("verify {made}")).output().expect("it starts");
        assert_eq!(verified.status.code(), Some(0), "{command}");
    }
}

/// A pipe, or a device as /dev/null, is not replaced by an archive, however hard one insists; nor is a folder.
#[test]
fn what_is_no_file_is_not_replaced() {
    let folder = folder();
    let here = folder.path();
    let made = Command::new("mkfifo").arg(here.join("pipe")).status().expect("it starts");
    assert!(made.success());
    fs::create_dir(here.join("folder")).expect("a folder");
    for command in ["repair incident.zip", "redact incident.zip"] {
        fails(&mut tool(here, &format!("{command} --force -o pipe")), Stdio::null(), "pipe: it is no file");
        fails(&mut tool(here, &format!("{command} --force -o folder")), Stdio::null(), "folder: it is a folder");
    }
    assert!(!fs::metadata(here.join("pipe")).expect("a pipe").is_file());
    let left: Vec<_> = fs::read_dir(here).expect("a folder").flatten().map(|item| item.file_name()).collect();
    assert_eq!(left.len(), 4, "{left:?}");
}

#[cfg(feature = "encrypt")]
mod maps {
    use super::{fails, folder, is_one_error, tool};
    use std::fs;
    use std::process::{Command, Stdio};

    /// The key that the documentation of age shows.
    const READER: &str = "age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p";

    fn redact(map: &str) -> String {
        format!("redact --strict incident.zip -o copy.zip --map {map} --map-to {READER}")
    }

    /// Nobody else has the names, so a copy whose map cannot be written is not made at all where that can be known.
    #[test]
    fn a_map_with_no_place_stops_the_copy() {
        let folder = folder();
        fails(&mut tool(folder.path(), &redact("none/map.age")), Stdio::null(), "none/map.age");
        assert!(!folder.path().join("copy.zip").exists());
        fs::create_dir(folder.path().join("map.age")).expect("a folder");
        fails(tool(folder.path(), &redact("map.age")).arg("--force"), Stdio::null(), "map.age");
        assert!(!folder.path().join("copy.zip").exists());
    }

    /// A limit on the size of a file stands for a full disk.
    #[test]
    fn a_copy_that_does_not_fit_leaves_the_map_of_the_one_before() {
        let folder = folder();
        let here = folder.path();
        fs::write(here.join("map.age"), "the names of an earlier copy").expect("a file");
        let program = env!("CARGO_BIN_EXE_k8s-forensics");
        let line = format!("trap '' XFSZ; ulimit -f 60; exec {program} {} --force", redact("map.age"));
        let output = Command::new("bash").current_dir(here).args(["-c", &line]).output().expect("it starts");
        is_one_error("a copy", &output, "File too large");
        assert_eq!(fs::read_to_string(here.join("map.age")).expect("a file"), "the names of an earlier copy");
        let left: Vec<_> = fs::read_dir(here).expect("a folder").flatten().map(|item| item.file_name()).collect();
        assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("map.age.")), "{left:?}");
    }

    /// A map is written where a link leads, as its owner meant it, and for its owner alone.
    #[test]
    fn a_map_goes_where_a_link_leads() {
        let folder = folder();
        let here = folder.path();
        fs::create_dir(here.join("safe")).expect("a folder");
        fs::write(here.join("safe/names.age"), "an earlier one").expect("a file");
        std::os::unix::fs::symlink("safe/names.age", here.join("map.age")).expect("a link");
        fails(&mut tool(here, &redact("map.age")), Stdio::null(), "it exists already");
        let output = tool(here, &redact("map.age")).arg("--force").output().expect("it starts");
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(fs::symlink_metadata(here.join("map.age")).expect("a link").is_symlink());
        assert!(fs::read(here.join("safe/names.age")).expect("a file").starts_with(b"age-encryption.org/"));
    }
}

#[cfg(feature = "live")]
mod live {
    use super::{fails, full, tool};
    use crate::credentials::{kubeconfig, response, serve};
    use k8s_forensics::archive::Archive;
    use std::fs;
    use std::path::Path;
    use std::process::{Command, Stdio};

    /// Allows everything that is asked for, and has nothing.
    fn allows(head: &str, _: &str) -> String {
        match head.starts_with("POST ") {
            true => response(
                "201 Created",
                "",
                r#"{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","metadata":{},"spec":{},"status":{"allowed":true}}"#,
            ),
            false if head.starts_with("GET /version") => response(
                "200 OK",
                "",
                r#"{"major":"1","minor":"34","gitVersion":"v1.34.0","gitCommit":"","gitTreeState":"","buildDate":"","goVersion":"","compiler":"","platform":""}"#,
            ),
            false => response(
                "404 Not Found",
                "",
                r#"{"apiVersion":"v1","kind":"Status","status":"Failure","message":"none","reason":"NotFound","code":404}"#,
            ),
        }
    }

    fn asking(folder: &Path, command: &str) -> Command {
        let mut tool = tool(folder, command);
        tool.env("KUBECONFIG", folder.join("kubeconfig")).env("TMPDIR", folder);
        tool
    }

    fn cluster() -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        let (server, _asked) = serve(allows);
        kubeconfig(folder.path(), &format!("server: \"http://{server}\""), "token: t");
        folder
    }

    #[test]
    fn a_plan_that_cannot_be_printed_is_an_error() {
        let folder = cluster();
        for command in ["plan", "plan --json", "plan --rbac"] {
            let printed = asking(folder.path(), command).output().expect("it starts");
            assert!(!printed.stdout.is_empty(), "{command}: {}", String::from_utf8_lossy(&printed.stderr));
            fails(&mut asking(folder.path(), command), full(), "No space left on device");
        }
    }

    #[test]
    fn an_archive_that_stdout_does_not_take_is_kept() {
        let folder = cluster();
        let (reader, unread) = std::io::pipe().expect("a pipe");
        drop(reader);
        // Whoever pipes an archive away has it nowhere else, so a closed pipe is a failure here.
        for (stdout, why) in [(Stdio::from(full()), "No space left on device"), (Stdio::from(unread), "Broken pipe")] {
            let said = fails(&mut asking(folder.path(), "collect --deadline 5s -o -"), stdout, why);
            let kept = said.lines().find_map(|line| line.strip_prefix("hint: it is whole in ")).expect("a place");
            Archive::open(Path::new(kept)).expect("an archive");
            fs::remove_file(kept).expect("it is there");
        }
        fs::create_dir(folder.path().join("taken")).expect("a folder");
        let taken = "collect --deadline 5s -o taken --force";
        fails(&mut asking(folder.path(), taken), Stdio::null(), "taken: it is a folder");
        let said = fails(&mut asking(folder.path(), "collect --deadline 5s -o a.zip"), full(), "writing to stdout");
        assert!(said.contains("hint: ") && said.contains("a.zip"), "{said}");
        Archive::open(&folder.path().join("a.zip")).expect("an archive");
    }
}
