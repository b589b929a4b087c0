//! Outside checks beside recorded incidents: which runs failed, what each waited for, what had passed before.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// The report of an archive with a check beside it, the draft and the summary.
fn analyzed(archive: &Path, check: &Path) -> (Value, String, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let run = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .args(["analyze".as_ref(), archive.as_os_str(), "--checks".as_ref(), check.as_os_str()])
        .args(["-o".as_ref(), folder.path().as_os_str()])
        .assert()
        .success();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    let summary = String::from_utf8(run.get_output().stdout.clone()).expect("text");
    (serde_json::from_str(&read("report.json")).expect("JSON"), read("postmortem.md"), summary)
}

fn docker_lockup() -> (Value, String, String) {
    analyzed(&fixture("docker-lockup/archive"), &fixture("docker-lockup/runs.csv"))
}

#[test]
fn the_page_names_the_failed_runs_under_whom_it_hurt() {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .args([
            "analyze".as_ref(),
            fixture("docker-lockup/archive").as_os_str(),
            "-o".as_ref(),
            folder.path().as_os_str(),
        ])
        .args(["--checks".as_ref(), fixture("docker-lockup/runs.csv").as_os_str()])
        .assert()
        .success();
    let page = fs::read_to_string(folder.path().join("timeline.html")).expect("a page");
    let hurt = page.split("Whom it hurt").nth(1).and_then(|rest| rest.split("What spread it").next());
    assert!(hurt.expect("an answer").contains("4 of 11 runs"), "{}", hurt.unwrap_or_default());
}

#[test]
fn the_failed_runs_of_a_loop_are_impact_with_their_rows() {
    let (report, draft, summary) = docker_lockup();
    let impact = &report["impact"][0];
    assert_eq!((&impact["count"], &impact["of"]), (&4.into(), &11.into()), "{impact:#}");
    // From the end of the last run that passed to the last failure, as the truth file of the recording has it.
    assert_eq!((&impact["from"], &impact["to"]), (&"2026-11-21T16:01:26Z".into(), &"2026-11-21T16:03:49Z".into()));
    let lines: Vec<u64> =
        impact["evidence"].as_array().expect("rows").iter().filter_map(|row| row["line"].as_u64()).collect();
    assert_eq!(lines, [6, 7, 8, 9, 10], "the first is of the run before, whose end is when they began");
    assert!(impact["evidence"][1]["text"].as_str().expect("text").contains("install and remove market-6"));
    let streaks: Vec<_> =
        report["checks"][0]["streaks"].as_array().expect("streaks").iter().map(|one| &one["count"]).collect();
    assert_eq!(streaks, [&5, &4, &2]);
    for text in [&draft, &summary] {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains("4 of 11 runs of"), "{words}");
        assert!(words.contains("failed between 16:01:26Z, when the run before ended, and 16:03:49Z"), "{words}");
        assert!(words.contains("5 had passed before; 2 passed afterwards"), "{words}");
    }
}

/// The title of a draft and the first sentence of its summary.
fn beginning(draft: &str) -> (&str, &str) {
    let summary = draft.split("## Summary").nth(1).and_then(|rest| rest.split("-->").nth(1)).unwrap_or_default();
    (draft.lines().next().unwrap_or_default(), summary.trim().split(". ").next().unwrap_or_default())
}

#[test]
fn a_draft_begins_with_the_runs_that_failed() {
    let (_, draft, _) = docker_lockup();
    let (title, first) = beginning(&draft);
    assert!(title.starts_with("# 4 of 11 runs of install and remove `market-*` failed; "), "{title}");
    assert!(first.starts_with("4 of 11 runs of install and remove `market-*` failed between 16:01:26Z"), "{first}");
    assert!(first.contains("; the pods that each of them waited for were all on `node-2` [E"), "{first}");
}

/// Where nothing ties the runs to what the records tell, that is said, and where nothing else failed, too.
#[test]
fn runs_that_nothing_is_linked_to_are_told_apart() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = folder.path().join("smoke.csv");
    fs::write(&check, "from,to,outcome,what\n2026-11-21T15:00:00Z,2026-11-21T15:00:05Z,failed,smoke\n")
        .expect("a file");
    let (_, draft, _) = analyzed(&fixture("docker-lockup/archive"), &check);
    let (title, first) = beginning(&draft);
    assert!(title.starts_with("# The only run of smoke failed; beside that "), "{title}");
    assert!(first.contains("; no link to what follows was found"), "{first}");
    let (_, draft, summary) = analyzed(&fixture("healthy-quiet/archive"), &check);
    let (title, first) = beginning(&draft);
    assert_eq!(title, "# The only run of smoke failed; no other failure recognised");
    assert!(first.starts_with("The only run of smoke failed, from ") && !first.contains("no link"), "{first}");
    assert!(summary.contains("No failure was recognised"), "{summary}");
}

#[test]
fn each_failed_run_waited_for_the_pods_of_one_node() {
    let (report, draft, _) = docker_lockup();
    let runs = report["checks"][0]["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 4);
    for (run, number) in runs.iter().zip(6..) {
        assert_eq!(run["pods"], 4, "{run:#}");
        assert_eq!(run["node"], "node-2", "{run:#}");
        let waited = run["waited_for"].as_array().expect("pods");
        assert_eq!(waited.len(), 2, "{run:#}");
        for pod in waited {
            assert!(pod["pod"].as_str().expect("a pod").starts_with(&format!("Pod/ci/market-{number}-")), "{run:#}");
            assert_eq!(pod["state"], "had not started");
            assert!(!pod["evidence"].as_array().expect("records").is_empty());
        }
    }
    assert!(draft.contains("2 of the 4 pods it made had not started, all on `node-2`"), "{draft}");
}

#[test]
fn failed_runs_stand_on_the_timeline_and_what_held_their_node_led_to_them() {
    let (report, _, _) = docker_lockup();
    let failed: Vec<&Value> =
        report["signals"].as_array().expect("signals").iter().filter(|one| one["signal"] == "CheckFailed").collect();
    assert_eq!(failed.len(), 4);
    let edges = report["edges"].as_array().expect("edges");
    for signal in failed {
        assert_eq!(signal["node"], "node-2");
        assert!(
            edges.iter().any(|edge| edge["to"] == signal["id"] && edge["link"] == "node-fails-outside-check"),
            "{signal:#}"
        );
    }
}

#[test]
fn a_check_widens_no_window_and_says_what_it_could_not_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("probe.csv");
    let rows = "2025-01-01T00:00:00Z,ok,GET /,shop\nyesterday,ok,GET /,shop\n2027-01-01T00:00:00Z,503,GET /,shop\n";
    fs::write(&csv, format!("time,status,what,ns\n{rows}")).expect("a file");
    let (report, draft, _) = analyzed(&fixture("docker-lockup/archive"), &csv);
    let (alone, ..) = docker_lockup();
    assert_eq!(report["archive"]["from"], alone["archive"]["from"]);
    assert_eq!(report["archive"]["to"], alone["archive"]["to"]);
    let said =
        report["coverage"].as_array().expect("rows").iter().find(|row| row["subject"] == "probe.csv: 1 unreadable");
    assert!(said.expect("the row").to_string().contains("yesterday"), "{said:?}");
    assert!(draft.contains("1 of 2 runs of `GET /`"), "{draft}");
}

#[test]
fn what_is_no_check_is_refused_with_the_forms() {
    let folder = tempfile::tempdir().expect("a folder");
    let other = folder.path().join("notes.txt");
    fs::write(&other, "nothing of the kind\n").expect("a file");
    let assert = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .args([
            "analyze".as_ref(),
            fixture("docker-lockup/archive").as_os_str(),
            "--checks".as_ref(),
            other.as_os_str(),
        ])
        .assert()
        .code(1);
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    assert!(said.contains("CSV") && said.contains("outcome"), "{said}");
}

#[test]
fn an_experiment_is_told_with_its_hypothesis_and_began_what_followed() {
    let (report, draft, _) = analyzed(&fixture("chaos-toolkit/archive"), &fixture("chaos-toolkit/chaos-journal.json"));
    for when in ["before", "afterwards"] {
        assert!(
            draft.contains(&format!("Its hypothesis held {when}: 2 of 2 probes were within their tolerance")),
            "{draft}"
        );
    }
    assert!(
        draft.contains("action `make-the-catalog-unhealthy` succeeded on `Pod/storefront/catalog-76c4fbc4d8-lxp9g`"),
        "{draft}"
    );
    let signals = report["signals"].as_array().expect("signals");
    let action = signals.iter().find(|one| one["signal"] == "ExperimentAction").expect("the action");
    assert_eq!(action["subject"], "Pod/storefront/catalog-76c4fbc4d8-lxp9g");
    // The line of its start in the journal.
    assert_eq!(action["evidence"][0]["line"], 253);
    let edges = report["edges"].as_array().expect("edges");
    let led: Vec<&Value> = edges.iter().filter(|edge| edge["from"] == action["id"]).collect();
    assert!(!led.is_empty(), "{action:#}");
    let first = &report["cascades"][0]["first"];
    assert!(first.as_array().expect("ids").contains(&action["id"]), "{first}");
}
