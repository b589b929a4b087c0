//! What other people's files have that is easily misread, each by itself.

use crate::inputs::report;
use k8s_forensics::report::schema::Report;
use serde_json::{Value, json};
use std::fs;

/// The report of a folder with these files.
fn of(files: &[(&str, &str)]) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    report(&[folder.path().to_owned()])
}

fn event(uid: &str, time: &str, message: &str, count: u64) -> Value {
    json!({"apiVersion": "v1", "kind": "Event", "metadata": {"name": uid, "namespace": "shop", "uid": uid}, "type": "Warning",
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api-0", "uid": "p", "fieldPath": "spec.containers{app}"},
        "reason": "BackOff", "message": message, "count": count, "firstTimestamp": time, "lastTimestamp": time,
        "source": {"component": "kubelet", "host": "node-1"}})
}

const BACK_OFF: &str = "Back-off restarting failed container app in pod api-0_shop(p)";

fn list(items: &[Value]) -> String {
    json!({"apiVersion": "v1", "items": items, "kind": "List"}).to_string()
}

fn signals<'a>(report: &'a Report, name: &str) -> Vec<(&'a str, u64)> {
    let named = report.signals.iter().filter(|signal| signal.signal == name);
    named.map(|signal| (signal.from.as_str(), signal.count)).collect()
}

#[test]
fn a_journal_without_entries_says_so_in_a_line() {
    let journal = "-- Logs begin at Mon 2026-11-16 11:14:26 UTC, end at Sat 2026-11-21 07:05:00 UTC. --\n\
                   Nov 21 07:01:02.000000 node-1 kubelet[74]: E1121 07:01:02.000000      74 kubelet.go:2421] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m5s ago; threshold is 3m0s\"\n";
    let events = list(&[event("a", "2026-11-21T07:00:00Z", BACK_OFF, 1)]);
    for folder in ["host_service_logs/masters/", ""] {
        let (crio, kubelet) = (format!("{folder}crio_service.log"), format!("{folder}kubelet_service.log"));
        let report = of(&[(&crio, "-- No entries --\n"), (&kubelet, journal), ("events.json", &events)]);
        assert_eq!((report.inputs[0].read, report.inputs[0].not_read), (3, 0), "{:?}", report.inputs);
        let row = report.coverage.iter().find(|row| row.status == "empty").expect("a row");
        assert_eq!((row.subject.as_str(), row.why.as_str()), ("1 item", "journalctl found no entries"));
        // Neither year nor zone is said, and the header is no line of the journal.
        let kubelet = report.signals.iter().find(|signal| *signal.evidence[0].entry == kubelet).expect("a signal");
        assert_eq!((kubelet.from.as_str(), kubelet.evidence[0].line), ("2026-11-21T07:01:02Z", 2));
    }
}

#[test]
fn a_containers_log_may_bear_no_time_but_that_of_its_program() {
    let log = "I1121 07:00:59.000000       1 main.go:1] \"Starting\"\npanic: runtime error: invalid memory address or nil pointer dereference\nE1121 07:01:03.000000       1 main.go:9] \"again\"\n";
    let events = list(&[event("a", "2026-11-21T07:00:00Z", BACK_OFF, 1)]);
    let path = "namespaces/shop/v1/pod/api-0/app/current.log";
    let report = of(&[(path, log), ("events.json", &events)]);
    assert_eq!(report.inputs[0].format, "crust-gather");
    let cited = |row: &&k8s_forensics::report::schema::SignalRow| {
        row.evidence.iter().any(|one| &*one.entry == path && one.line == 2)
    };
    match report.signals.iter().find(cited) {
        // A line without a time is of after the one before it, and of before the next.
        Some(signal) => assert_eq!((signal.from.as_str(), signal.uncertainty_ms), ("2026-11-21T07:00:59Z", 4_001)),
        None => {
            let known = report.not_understood.iter().flat_map(|group| &group.evidence);
            assert!(
                known.map(|one| (&*one.entry, one.line)).any(|one| one == (path, 2)),
                "{:?}",
                report.not_understood
            );
        }
    }
    assert!(report.coverage.iter().all(|row| row.source != "archive"), "{:?}", report.coverage);
}

#[test]
fn combined_events_count_as_those_that_they_stand_for() {
    let alone = of(&[("events.json", &list(&[event("a", "2026-11-21T07:00:00Z", BACK_OFF, 9)]))]);
    let combined = format!("(combined from similar events): {BACK_OFF}");
    let combined = of(&[("events.json", &list(&[event("a", "2026-11-21T07:00:00Z", &combined, 9)]))]);
    let found = signals(&combined, "CrashLoopBackOff");
    assert_eq!(found, signals(&alone, "CrashLoopBackOff"));
    assert_eq!(found, [("2026-11-21T07:00:00Z", 9)]);
}

#[test]
fn an_older_incident_in_the_same_dump_is_another_one() {
    let events = [event("a", "2026-11-16T07:00:00Z", BACK_OFF, 3), event("b", "2026-11-21T07:00:00Z", BACK_OFF, 2)];
    let report = of(&[("events.json", &list(&events))]);
    assert_eq!(signals(&report, "CrashLoopBackOff"), [("2026-11-16T07:00:00Z", 3), ("2026-11-21T07:00:00Z", 2)]);
    assert!(report.cascades.iter().all(|cascade| cascade.signals.len() == 1), "{:?}", report.cascades);
}

#[test]
fn a_container_that_was_killed_did_not_run_out_of_memory_for_that() {
    let pod = |reason: &str| {
        let ended = json!({"exitCode": 137, "reason": reason, "startedAt": "2026-11-21T06:00:00Z", "finishedAt": "2026-11-21T07:00:00Z"});
        let status = json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 1,
            "lastState": {"terminated": ended}, "state": {"running": {"startedAt": "2026-11-21T07:00:01Z"}}}]});
        let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "api-0", "namespace": "shop", "uid": "p",
            "creationTimestamp": "2026-11-21T06:00:00Z"}, "spec": {"containers": [{"name": "app", "image": "a"}]}, "status": status});
        of(&[("pod.json", &serde_json::to_string_pretty(&pod).expect("JSON"))])
    };
    assert_eq!(signals(&pod("OOMKilled"), "OOMKilled").len(), 1);
    assert_eq!(signals(&pod("Error"), "OOMKilled"), []);
}

#[test]
fn lists_of_nothing_are_read() {
    let nothing = r#"{"kind":"EventList","apiVersion":"v1","metadata":{"resourceVersion":"7"},"items":null}"#;
    let bare =
        r#"[{"metadata":{"name":"node-1","creationTimestamp":"2026-11-21T07:00:00Z"},"status":{"nodeInfo":{}}}]"#;
    let report = of(&[("events.json", nothing), ("Nodes.json", bare), ("empty.json", "[]")]);
    assert_eq!((report.inputs[0].read, report.inputs[0].not_read), (2, 1));
    assert!(report.coverage.iter().all(|row| row.source != "archive"), "{:?}", report.coverage);
}
