//! `analyze --repo`: what deployed commits changed, from a repository on this machine, and who made them nowhere.

use assert_cmd::Command;
use std::fs;
use std::path::Path;

/// The commit that the objects of tests/data/gitops were synced to, before one that no repository has.
const SYNCED: &str = "363a6a8fe6a7f13e05d34c163b0ef02a777da20a";
const MISSING: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";

fn git(folder: &Path, args: &[&str]) -> String {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "commit.gpgSign=false"]).args(args);
    for who in ["AUTHOR", "COMMITTER"] {
        command.env(format!("GIT_{who}_NAME"), "Jane Quux").env(format!("GIT_{who}_EMAIL"), "jquux@example.org");
        command.env(format!("GIT_{who}_DATE"), "2026-11-27T05:58:33Z");
    }
    let output = command.output().expect("git");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[test]
fn what_deployed_commits_changed_is_told_and_by_whom_is_not() {
    let folder = tempfile::tempdir().expect("a folder");
    let (repository, saved, out) =
        (folder.path().join("shop-config"), folder.path().join("saved"), folder.path().join("report"));
    fs::create_dir_all(repository.join("deploy")).expect("a folder");
    fs::create_dir(&saved).expect("a folder");
    git(&repository, &["init", "-q"]);
    fs::write(repository.join("deploy/api.yaml"), "image: shop/api:1.8\n").expect("a file");
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "-q", "-m", "Roll out 1.8, as Jane asked"]);
    // What a program is told to run by a repository is not run.
    git(&repository, &["config", "core.fsmonitor", &format!("touch {}", folder.path().join("ran").display())]);
    let id = git(&repository, &["rev-parse", "HEAD"]);
    let objects = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gitops/objects.jsonl");
    let objects = fs::read_to_string(objects).expect("the recorded objects").replace(SYNCED, &id);
    fs::write(saved.join("objects.jsonl"), objects).expect("a file");

    let mut analyze = Command::cargo_bin("k8s-forensics").expect("the binary");
    let run = analyze.arg("analyze").arg(&saved).arg("--repo").arg(&repository).arg("-o").arg(&out).output();
    let run = run.expect("a run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let read = |file: &str| fs::read_to_string(out.join(file)).expect("a file of the report");
    let draft = read("postmortem.md");
    let line = |commit: &str| {
        let short = commit.get(..10).expect("an id");
        let lines = draft.lines().filter(|line| line.contains(&format!("commit `{short}`")));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert!(line(&id).contains("`Roll out 1.8, as a person asked`"), "{draft}");
    assert!(line(&id).contains("it changed `deploy/api.yaml`"), "{draft}");
    assert!(line(MISSING).contains("is not in `shop-config`"), "{draft}");
    let texts = [draft.clone(), read("report.json"), crate::page::with_data(&read("timeline.html"))].concat();
    for name in ["Jane", "Quux", "jquux", "jane.roe", "hunter2"] {
        assert!(!texts.contains(name), "{name}");
    }
    assert!(!folder.path().join("ran").exists());
}

#[test]
fn a_folder_that_is_no_repository_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut analyze = Command::cargo_bin("k8s-forensics").expect("the binary");
    let run = analyze.arg("analyze").arg("nothing.zip").arg("--repo").arg(folder.path()).output().expect("a run");
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.code() == Some(1) && said.contains("is no git repository"), "{said}");
}
