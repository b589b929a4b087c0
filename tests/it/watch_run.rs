//! `watch-run`: what a command sees of it, and what is left on the disk, without a cluster.

use assert_cmd::Command;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A run that cannot reach a cluster.
fn watch(folder: &Path, options: &[&str], script: &str) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.current_dir(folder).env("KUBECONFIG", "/nonexistent").arg("watch-run").args(options);
    command.args(["--", "sh", "-c", script]).output().expect("it runs")
}

fn begun(folder: &Path, options: &[&str], script: &str) -> Child {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.current_dir(folder).env("KUBECONFIG", "/nonexistent").arg("watch-run").args(options);
    command.args(["--", "sh", "-c", script]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    command.spawn().expect("it runs")
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The columns of each run that was noted.
fn rows(folder: &Path) -> Vec<Vec<String>> {
    let mut table = csv::Reader::from_path(folder.join("watch-run/runs.csv")).expect("the runs");
    table.records().map(|row| row.expect("a run").iter().map(str::to_owned).collect()).collect()
}

fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn signal(name: &str, id: u32) {
    let sent = std::process::Command::new("kill").args([&format!("-{name}"), &id.to_string()]).status();
    assert!(sent.is_ok_and(|sent| sent.success()));
}

#[test]
fn output_and_status_go_on_as_they_are() {
    let folder = folder();
    let said = watch(folder.path(), &[], r"printf 'a\377\r\nb'; printf 'err\n' >&2");
    assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(0), &b"a\xff\r\nb"[..]));
    assert_eq!(said.stderr, b"err\n", "nothing is said of a run that passed");
    let said = watch(folder.path(), &[], "echo out; echo 'the end' >&2; exit 3");
    assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(3), &b"out\n"[..]));
    let stderr = String::from_utf8_lossy(&said.stderr);
    assert!(stderr.contains("failed: it ended with 3") && stderr.contains("nothing was collected: "), "{stderr}");
    let rows = rows(folder.path());
    let column = |number: usize| rows.iter().map(|row| row[number].as_str()).collect::<Vec<_>>();
    assert_eq!((column(2), column(5)), (vec!["ok", "failed"], vec!["0", "3"]));
    // Two pipes: which of the two lines was read first is not settled.
    let (why, log) = (&rows[1][6], &rows[1][7]);
    let is_kept = |lines: &str| why.ends_with(lines) && *log == format!("| {lines}");
    assert!(is_kept("out | the end") || is_kept("the end | out"), "{rows:?}");
}

#[test]
fn its_own_statuses_are_those_of_timeout_and_shells() {
    let folder = folder();
    let code = |options: &[&str], script: &str| watch(folder.path(), options, script).status.code();
    assert_eq!(code(&["--max-collections=0"], "kill -9 $$"), Some(137));
    assert_eq!(code(&["--max-collections=0", "--timeout=200ms"], "sleep 60"), Some(124));
    assert_eq!(
        code(&["--max-collections=0", "--timeout=200ms", "--kill-after=100ms"], "trap '' TERM; sleep 2; sleep 60"),
        Some(124)
    );
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        command.current_dir(folder.path()).arg("watch-run").args(words).output().expect("it runs").status.code()
    };
    fs::write(folder.path().join("text"), "no program").expect("a file");
    assert_eq!((run(&["--", "/no/such"]), run(&["--", "./text"])), (Some(127), Some(126)));
    assert_eq!((run(&["-o", "/proc/no", "--", "true"]), run(&["--times", "0", "--", "true"])), (Some(125), Some(2)));
    let outcomes: Vec<String> = rows(folder.path()).into_iter().map(|row| row[2].clone()).collect();
    assert_eq!(outcomes, ["failed", "timeout", "timeout"]);
}

#[test]
fn again_and_again() {
    let folder = folder();
    let said = watch(folder.path(), &["--times=3", "--max-collections=0"], "echo $K8SF_RUN; [ $K8SF_RUN != 2 ]");
    assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(1), &b"1\n2\n3\n"[..]), "one of them failed");
    let said = watch(folder.path(), &["--until-failure", "--max-collections=0"], "echo $K8SF_RUN; [ $K8SF_RUN != 2 ]");
    assert_eq!((said.status.code(), said.stdout.as_slice()), (Some(1), &b"1\n2\n"[..]));
    assert_eq!(rows(folder.path()).len(), 5);
}

#[test]
fn cleanup_comes_after_the_collection_and_changes_nothing() {
    let folder = folder();
    let said = watch(folder.path(), &["--cleanup", "echo clean $K8SF_RUN $K8SF_RUN_STATUS >&2; exit 9"], "exit 4");
    assert_eq!(said.status.code(), Some(4));
    let stderr = String::from_utf8_lossy(&said.stderr);
    let place = |text: &str| stderr.find(text).unwrap_or_else(|| panic!("no {text:?} in {stderr}"));
    assert!(place("nothing was collected") < place("clean 1 4") && place("clean 1 4") < place("the cleanup failed"));
    let said = watch(folder.path(), &["--cleanup", "echo clean"], "true");
    assert_eq!(
        (said.status.code(), said.stdout.as_slice()),
        (Some(0), &b"clean\n"[..]),
        "after a run that passed, too"
    );
}

#[test]
fn credentials_are_in_no_file() {
    let folder = folder();
    watch(
        folder.path(),
        &["--max-collections=0"],
        "echo 'Authorization: Bearer abcdefghijklmnop123456'; echo password=hunter2hunter2 >&2; exit 1",
    );
    let text = fs::read_to_string(folder.path().join("watch-run/runs.csv")).expect("the runs");
    assert!(text.contains("REDACTED") && !text.contains("hunter2") && !text.contains("klmnop"), "{text}");
}

#[test]
fn signals_reach_all_that_the_command_started_and_end_the_loop() {
    let folder = folder();
    let script = "trap 'exit 7' TERM; (trap 'echo inner >inner; exit' TERM; touch ready; sleep 60 & wait) & wait";
    let child = begun(folder.path(), &["--every=1s", "--cleanup", "touch cleaned"], script);
    until("the command", || folder.path().join("ready").exists());
    signal("TERM", child.id());
    let ended = child.wait_with_output().expect("it ends");
    assert_eq!(ended.status.code(), Some(7), "its own status");
    until("what it started", || folder.path().join("inner").exists());
    assert!(folder.path().join("cleaned").exists());
    let rows = rows(folder.path());
    assert_eq!((rows.len(), rows[0][2].as_str()), (1, "cancelled"));
    let child = begun(folder.path(), &["--every=1h"], "touch first");
    until("the first run", || folder.path().join("first").exists());
    until("its line", || self::rows(folder.path()).len() == 2);
    signal("INT", child.id());
    assert_eq!(child.wait_with_output().expect("it ends").status.code(), Some(130), "between two runs");
}

#[test]
fn a_kill_costs_no_run_that_has_ended() {
    let folder = folder();
    let child =
        begun(folder.path(), &["--every=0s", "--max-collections=0"], "[ $K8SF_RUN -lt 4 ] || { touch on; sleep 60; }");
    until("the fourth run", || folder.path().join("on").exists());
    signal("KILL", child.id());
    child.wait_with_output().expect("it ends");
    assert_eq!(rows(folder.path()).len(), 3);
    watch(folder.path(), &[], "true");
    assert_eq!(rows(folder.path()).len(), 4);
}

#[test]
fn what_nobody_reads_ends_the_command() {
    let folder = folder();
    let mut child = begun(folder.path(), &[], "while :; do echo line; done; exit 1");
    drop(child.stdout.take());
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(141), "as in a shell");
    assert_eq!(rows(folder.path())[0][2], "cancelled", "that is no failure");
}

/// What a left-over process holds open is not waited for.
#[test]
fn what_is_left_in_the_background_is_not_waited_for() {
    let folder = folder();
    let began = Instant::now();
    let mut child = begun(folder.path(), &[], "sleep 30 & echo $! >left");
    assert!(child.wait().is_ok_and(|status| status.success()) && began.elapsed() < Duration::from_secs(25));
    let left = fs::read_to_string(folder.path().join("left")).expect("its id");
    signal("KILL", left.trim().parse().expect("an id"));
}
