//! What views show of a recorder's folder at a time.

use super::process::tool;
use k8s_forensics::archive::layout;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// Two segments in the folder `recording`: a pod starts, another comes, the first goes; then nothing is seen for a minute.
pub fn recording(folder: &Path) {
    let pod = |name: &str, phase: &str| {
        json!({"metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-20T08:59:00Z"},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]}, "status": {"phase": phase}})
    };
    let event = json!({"metadata": {"name": "api.1", "namespace": "shop", "uid": "event"}, "type": "Warning", "reason": "BackOff",
        "message": "Back-off restarting failed container", "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api", "uid": "api"},
        "firstTimestamp": "2026-11-20T09:01:30Z", "lastTimestamp": "2026-11-20T09:01:30Z", "count": 1});
    let at = |minute: &str| format!("2026-11-20T09:{minute}Z");
    let line = |minute: &str, kind: &str, uid: &str, (name, what): (&str, Value)| {
        let mut line = json!({"at": at(minute), "type": kind, "uid": uid});
        line[name] = what;
        line
    };
    let usage = |name: &str, cpu: &str| {
        json!({"metadata": {"name": name, "namespace": "shop"}, "timestamp": "2026-11-20T09:00:00Z", "window": "15s",
            "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": "64Mi"}}]})
    };
    segment(
        folder,
        ("segment-20261120T090000Z.open", "00:00", "05:00"),
        &[
            (
                "pods",
                &[
                    line("00:00", "SYNC", "api", ("object", pod("api", "Pending"))),
                    line("01:00", "MODIFIED", "api", ("patch", json!({"status": {"phase": "Running"}}))),
                    line("02:00", "ADDED", "web", ("object", pod("web", "Running"))),
                ],
            ),
            ("events", &[line("01:30", "ADDED", "event", ("object", event))]),
            (
                "pods.metrics.k8s.io",
                &[
                    line("01:05", "ADDED", "shop/api", ("object", usage("api", "5m"))),
                    line("02:05", "MODIFIED", "shop/api", ("object", usage("api", "900m"))),
                    line("02:05", "ADDED", "shop/web", ("object", usage("web", "7m"))),
                ],
            ),
        ],
    );
    segment(
        folder,
        ("segment-20261120T090500Z.open", "05:00", "10:00"),
        &[(
            "pods",
            &[
                line("05:02", "SYNC", "api", ("object", pod("api", "Running"))),
                line("05:02", "SYNC", "web", ("object", pod("web", "Running"))),
                json!({"at": at("06:00"), "type": "DELETED", "uid": "api"}),
                json!({"at": at("08:00"), "type": "GAP", "from": at("07:00"), "why": "the watch broke"}),
                line("09:00", "MODIFIED", "web", ("patch", json!({"status": {"phase": "Failed"}}))),
            ],
        )],
    );
}

fn segment(folder: &Path, (name, from, to): (&str, &str, &str), entries: &[(&str, &[Value])]) {
    let write = |path: &str, text: String| {
        let path = folder.join("recording").join(name).join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let at = |minute: &str| format!("2026-11-20T09:{minute}Z");
    let header = json!({
        "format": {"major": 1, "minor": 2}, "tool": "k8s-forensics 0.1.0", "cluster": {"uid": "u"}, "options": {}, "clocks": [],
        "from": at(from), "to": at(to), "started_at": at(from),
    });
    write("meta/archive.json", header.to_string());
    let outcome = json!({"source": "record", "subject": "pods", "status": "collected", "why": "", "at": at(to), "from": at(from),
        "to": at(to), "bytes": 900, "took_ms": 1});
    write(&layout::outcomes_part(1), format!("{outcome}\n"));
    for (plural, lines) in entries {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        write(&format!("history/namespaces/shop/{plural}.jsonl"), lines.join("\n") + "\n");
    }
}

/// Names and phases of the pods that are shown, and what is said beside.
fn pods(folder: &Path, at: &[&str]) -> (Vec<String>, String) {
    let shown = tool(folder, &[&["show", "recording", "pods", "-o", "jsonl"], at].concat());
    let lines = String::from_utf8(shown.stdout).expect("text");
    let pod = |line: &str| serde_json::from_str::<Value>(line).expect("JSON");
    let told = |pod: Value| format!("{} {}", pod["metadata"]["name"], pod["status"]["phase"]).replace('"', "");
    (lines.lines().map(pod).map(told).collect(), String::from_utf8_lossy(&shown.stderr).into_owned())
}

#[test]
fn pods_are_shown_as_they_were_then() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    for (at, there) in [
        ("09:00:30", &["api Pending"] as &[&str]),
        ("2026-11-20T09:01:00Z", &["api Running"]),
        ("09:03", &["api Running", "web Running"]),
        ("09:05:01", &["api Running", "web Running"]),
        ("09:05:30", &["api Running", "web Running"]),
        ("4m", &["web Running"]),
        ("09:09", &["web Failed"]),
    ] {
        assert_eq!(pods(folder.path(), &["--at", at]).0, there, "{at}");
    }
    let (there, said) = pods(folder.path(), &[]);
    assert_eq!(there, ["web Failed"], "as they were last");
    assert!(said.contains("as recorded at 2026-11-20T09:10:00Z"), "{said}");
    let (there, said) = pods(folder.path(), &["--at", "09:07:30"]);
    assert_eq!(there, ["web Running"]);
    assert!(said.contains("as recorded at 2026-11-20T09:07:00Z"), "ages count to when it was known: {said}");
    assert!(said.contains("from 2026-11-20T09:07:00Z to 2026-11-20T09:07:30Z nothing was seen of it"), "{said}");
    // The segment had begun, and the list had not come yet.
    let (_, said) = pods(folder.path(), &["--at", "09:05:01"]);
    assert!(said.contains("from 2026-11-20T09:05:00Z to 2026-11-20T09:05:01Z nothing was seen of it"), "{said}");
    let (there, said) = pods(folder.path(), &["--at", "08:59"]);
    assert!(there.is_empty() && said.contains("the recording begins at 2026-11-20T09:00:00Z"), "{said}");
}

#[test]
fn every_view_of_a_recording_reads_all_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    let show = |args: &[&str]| {
        let shown = tool(folder.path(), &[&["show", "recording"], args].concat());
        assert!(shown.status.success(), "{args:?}: {shown:?}");
        String::from_utf8(shown.stdout).expect("text")
    };
    assert!(show(&["coverage"]).contains("record"), "which says why something was not seen");
    assert!(show(&["events"]).contains("Back-off restarting failed container"), "of a segment before");
    assert!(show(&["get", "events", "--at", "09:06", "-o", "json"]).contains("BackOff"));
    let none = tool(folder.path(), &["show", "recording", "get", "events", "--at", "09:01"]);
    assert!(!none.status.success() && String::from_utf8_lossy(&none.stderr).contains("no such object"), "{none:?}");
    let described = show(&["describe", "pod", "api", "--at", "09:05:30"]);
    assert!(described.contains("Name:") && described.contains("Back-off restarting failed container"), "{described}");
    assert!(show(&["pods", "-l", "app!=x", "--node", "node-1", "--at", "09:00:30"]).contains("api"));
    let used = show(&["get", "pods.metrics.k8s.io", "--at", "09:02:30", "-o", "jsonl"]);
    assert!(used.lines().count() == 2 && used.contains("900m"), "{used}");
}

#[test]
fn versions_are_told_with_what_differs_and_between_any_two_times() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    let diff = |args: &[&str]| {
        let shown = tool(folder.path(), &[&["show", "recording", "diff", "pod/web", "-o", "json"], args].concat());
        assert!(shown.status.success(), "{args:?}: {shown:?}");
        let all: Value = serde_json::from_slice(&shown.stdout).expect("JSON");
        assert_eq!((all.as_array().map(Vec::len), &all[0]["object"]), (Some(1), &json!("Pod/shop/web")));
        all[0]["recorded"].clone()
    };
    let recorded = diff(&[]);
    let told: Vec<(&str, &str)> = recorded
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["at"].as_str().expect("a time"), one["what"].as_str().expect("words")))
        .collect();
    assert_eq!(told, [("2026-11-20T09:02:00Z", "was created"), ("2026-11-20T09:09:00Z", "was changed")], "once each");
    let phase = json!([{"field": "status.phase", "values": ["Failed", "Running"]}]);
    assert_eq!(recorded[1]["differs"], phase);
    let record = recorded[1]["record"].as_str().expect("a record");
    let line = tool(folder.path(), &["show", "recording", record]);
    assert!(String::from_utf8_lossy(&line.stdout).contains("Failed"), "{line:?}");
    let between = diff(&["--from", "09:03", "--to", "09:09:30"]);
    assert_eq!((&between[0]["what"], &between[0]["differs"]), (&json!("was changed"), &phase));
    assert_eq!(diff(&["--from", "09:03", "--to", "09:06"])[0]["what"], "is the same");
    assert_eq!(diff(&["--from", "09:01"])[0]["what"], "was created");
    let early = tool(folder.path(), &["show", "recording", "diff", "pod/api", "--from", "08:59"]);
    assert!(!early.status.success() && String::from_utf8_lossy(&early.stderr).contains("the recording begins at"));
}

#[test]
fn a_gap_at_one_of_two_times_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    let said = |args: &[&str]| {
        let shown = tool(folder.path(), &[&["show", "recording", "diff", "pod/web", "-n", "shop"], args].concat());
        assert!(shown.status.success(), "{args:?}: {shown:?}");
        String::from_utf8_lossy(&shown.stderr).into_owned()
    };
    let gap = "from 2026-11-20T09:07:00Z to 2026-11-20T09:08:00Z nothing was seen: the watch broke";
    assert!(said(&["--from", "09:03", "--to", "09:07:30"]).contains(gap));
    assert!(said(&["--from", "09:07:30", "--to", "09:09"]).contains(gap));
    assert!(!said(&["--from", "09:03", "--to", "09:09"]).contains("nothing was seen"), "at neither time");
    assert!(!said(&["--from", "09:03", "--to", "09:08"]).contains("nothing was seen"), "it was over");
}

#[test]
fn a_segment_that_cannot_be_read_costs_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    let damaged = |name: &str| {
        let segment = folder.path().join("recording").join(name);
        fs::write(&segment, "no archive").expect("a file");
        segment
    };
    for name in ["segment-20261120T085500Z.zip", "segment-20261120T091000Z.zip"] {
        damaged(name);
    }
    let (there, said) = pods(folder.path(), &["--at", "09:03"]);
    assert_eq!(there, ["api Running", "web Running"]);
    let told = "a segment cannot be read and is passed over: recording/segment-20261120T085500Z.zip is not a zip";
    assert!(said.contains(told), "{said}");
    let show = |args: &[&str]| tool(folder.path(), &[&["show", "recording"], args].concat());
    let coverage = String::from_utf8(show(&["coverage"]).stdout).expect("text");
    for name in ["segment-20261120T085500Z", "segment-20261120T091000Z"] {
        assert!(coverage.contains(name), "{name} is not in {coverage}");
    }
    assert!(tool(folder.path(), &["analyze", "recording", "-o", "report"]).status.success());
    let report = fs::read_to_string(folder.path().join("report/report.json")).expect("a report");
    assert!(report.contains("cannot be read"), "the report says what it lacks");

    fs::remove_dir_all(folder.path().join("recording")).expect("a folder");
    fs::create_dir(folder.path().join("recording")).expect("a folder");
    damaged("segment-20261120T085500Z.zip");
    assert!(!show(&["pods"]).status.success(), "there is nothing else");
}

#[test]
fn what_was_fetched_once_has_no_other_time() {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bad-rollout/archive");
    let folder = tempfile::tempdir().expect("a folder");
    let shown = tool(folder.path(), &["show", archive.to_str().expect("a path"), "nodes", "--at", "1m"]);
    let said = String::from_utf8_lossy(&shown.stderr).into_owned();
    assert!(!shown.status.success() && said.contains("one version of each object"), "{said}");
    assert!(said.contains("k8s-forensics record"), "{said}");
}
