//! `watch-run` where there is a cluster to collect from: an archive that is served as one.

use super::fixture;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Runs `watch-run` under `serve`, which gives its exit status on.
fn watch(folder: &Path, options: &[&str], script: &str) -> Output {
    let program = env!("CARGO_BIN_EXE_k8s-forensics");
    let mut command = Command::new(program);
    command.current_dir(folder).arg("serve").arg(fixture("docker-lockup")).args(["--", program, "watch-run"]);
    command.args(options).args(["--", "sh", "-c", script]).output().expect("it runs")
}

fn entries(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder.join("watch-run")).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found
}

#[test]
fn a_run_that_fails_leaves_an_archive_with_the_runs_and_a_draft_that_begins_with_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let script = "[ $K8SF_RUN -lt 3 ] || { echo 'Error: timed out waiting for the condition' >&2; exit 5; }";
    let options =
        ["--until-failure", "--name", "smoke", "-n", "ci", "--for", "github", "--cleanup", "ls watch-run >seen"];
    let ended = watch(folder.path(), &options, script);
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(5), "{stderr}");
    let [archive] = entries(folder.path(), ".zip").try_into().expect("one archive");
    let seen = fs::read_to_string(folder.path().join("seen")).expect("the cleanup ran");
    assert!(seen.contains(".zip\n"), "it was collected before anything was cleaned up: {seen}");
    let [report] = entries(folder.path(), "-report").try_into().expect("one report");
    let draft = fs::read_to_string(report.join("postmortem.md")).expect("a draft");
    assert!(draft.starts_with("# 1 of 3 runs of smoke failed"), "{draft}");
    assert!(report.join("postmortem.github.md").is_file() && report.join("report.json").is_file());
    let of_archive = |name: &str| {
        let listed = Command::new("unzip").arg("-p").arg(&archive).arg(format!("*/{name}")).output().expect("unzip");
        String::from_utf8_lossy(&listed.stdout).into_owned()
    };
    assert_eq!(
        of_archive("checks/runs.csv"),
        fs::read_to_string(folder.path().join("watch-run/runs.csv")).expect("the runs")
    );
    assert!(
        of_archive("meta/outcomes.jsonl").contains(r#""source":"checks","subject":"runs.csv","status":"collected""#)
    );
    // The same runs, given beside the archive that has them, are told once.
    let mut again = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    again.current_dir(folder.path()).arg("analyze").arg(&archive).args([
        "--checks",
        "watch-run/runs.csv",
        "-o",
        "again",
    ]);
    let told = String::from_utf8_lossy(&again.output().expect("it runs").stdout).into_owned();
    assert!(told.starts_with("1 of 3 runs of smoke failed"), "{told}");
}

#[test]
fn it_is_collected_no_oftener_than_was_said_and_the_newest_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let ended = watch(folder.path(), &["--times=3", "--collect", "--only objects"], "exit 1");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(entries(folder.path(), ".zip").len(), 1, "{stderr}");
    assert!(stderr.contains("(--cooldown)"), "{stderr}");
    let options = [
        "--times=4",
        "--every=1100ms",
        "--cooldown=0s",
        "--keep=1",
        "--max-collections=2",
        "--collect",
        "--only objects",
    ];
    let ended = watch(folder.path(), &options, "exit 1");
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(entries(folder.path(), ".zip").len(), 1, "{stderr}");
    assert_eq!(entries(folder.path(), "-report").len(), 1, "{stderr}");
    assert_eq!(
        (stderr.matches("collected watch-run/").count(), stderr.matches("--max-collections").count()),
        (2, 2),
        "{stderr}"
    );
}
