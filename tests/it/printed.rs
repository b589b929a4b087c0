//! What kubectl prints for people, and others save: made of recorded incidents in its forms, so that the same must be
//! found as in the objects themselves.

use crate::inputs::{analyzed, events, found, report};
use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::describe::human_duration;
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::schema::{Report, SignalRow};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

const SCENARIOS: [&str; 4] = ["memory-cascade", "notready-storm", "disk-full", "bad-rollout"];

/// When the records of a recording were fetched.
fn fetched(scenario: &str) -> DateTime<Utc> {
    let header = fs::read(archive(scenario).join("meta/archive.json")).expect("a header");
    let header: Value = serde_json::from_slice(&header).expect("JSON");
    header["started_at"].as_str().and_then(|at| at.parse().ok()).expect("a time")
}

fn archive(scenario: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(scenario).join("archive")
}

/// As Go's tabwriter lines cells up for kubectl: three blanks between columns, none behind the last.
fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let line = |row: &Vec<String>| {
        let cells: String = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}   ")).collect();
        format!("{}\n", cells.trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// When an event was seen first and last, and how often, as printEvent reckons.
fn seen(event: &Value) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>, u64) {
    let time = |pointer: &str| text(event, pointer).parse().ok();
    let first = time("/firstTimestamp").or_else(|| time("/eventTime"));
    let last = time("/series/lastObservedTime").or_else(|| time("/lastTimestamp")).or(first);
    let count = event.pointer("/series/count").or(event.pointer("/count")).and_then(Value::as_u64);
    (first, last, count.unwrap_or(1))
}

fn age(at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> String {
    at.map_or_else(|| "<unknown>".to_owned(), |at| human_duration(now - at))
}

/// `kubectl get events -A -o wide`.
fn wide(events: &[Value], now: DateTime<Utc>) -> String {
    let names = [
        "NAMESPACE",
        "LAST SEEN",
        "TYPE",
        "REASON",
        "OBJECT",
        "SUBOBJECT",
        "SOURCE",
        "MESSAGE",
        "FIRST SEEN",
        "COUNT",
        "NAME",
    ];
    let mut rows = vec![row(&names)];
    for event in events {
        let (first, last, count) = seen(event);
        let object =
            format!("{}/{}", text(event, "/involvedObject/kind").to_lowercase(), text(event, "/involvedObject/name"));
        let component = text(event, "/source/component");
        let component = if component.is_empty() { text(event, "/reportingComponent") } else { component };
        let host = text(event, "/source/host");
        let host = if host.is_empty() { text(event, "/reportingInstance") } else { host };
        let source = if host.is_empty() { component.to_owned() } else { format!("{component}, {host}") };
        // A cell ends at the first break of its text (cli-runtime, pkg/printers/tableprinter.go).
        let message = text(event, "/message").trim();
        let message = message.split_once('\n').map_or(message.to_owned(), |(first, _)| format!("{first}..."));
        rows.push(row(&[
            text(event, "/metadata/namespace"),
            &age(last, now),
            text(event, "/type"),
            text(event, "/reason"),
            &object,
            text(event, "/involvedObject/fieldPath"),
            &source,
            &message,
            &age(first, now),
            &count.to_string(),
            text(event, "/metadata/name"),
        ]));
    }
    table(&rows)
}

/// `kubectl events -A`.
fn of_command(events: &[Value], now: DateTime<Utc>) -> String {
    let mut rows = vec![row(&["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"])];
    for event in events {
        let (first, last, count) = seen(event);
        let seen = match count {
            0 | 1 => age(last, now),
            count => format!("{} (x{count} over {})", age(last, now), age(first, now)),
        };
        let object = format!("{}/{}", text(event, "/involvedObject/kind"), text(event, "/involvedObject/name"));
        let (namespace, message) = (text(event, "/metadata/namespace"), text(event, "/message").trim());
        rows.push(row(&[namespace, &seen, text(event, "/type"), text(event, "/reason"), &object, message]));
    }
    table(&rows)
}

fn of_text(text: &str, name: &str, written: DateTime<Utc>) -> Report {
    let input = Input::from_bytes(text.as_bytes().to_vec(), name, SystemTime::from(written)).expect("an input");
    analyzed(Inputs::from(input))
}

/// Each signal with whom it is about.
fn told(report: &Report) -> BTreeSet<String> {
    report.signals.iter().map(|one| format!("{} {}", one.signal, one.subject)).collect()
}

#[test]
fn a_table_of_events_tells_what_the_events_tell() {
    for scenario in SCENARIOS {
        let (events, now) = (events(scenario), fetched(scenario));
        let list = json!({"apiVersion": "v1", "items": events, "kind": "List"}).to_string();
        let objects = of_text(&list, "events.json", now);
        for (form, text) in [("wide", wide(&events, now)), ("kubectl events", of_command(&events, now))] {
            let printed = of_text(&text, "events.txt", now);
            assert_eq!(told(&printed), told(&objects), "{scenario}, {form}");
            assert_eq!(counted(&printed), counted(&objects), "{scenario}, {form}");
            // Each moment lies within what its age leaves open.
            let first = |report: &Report| -> BTreeMap<String, DateTime<Utc>> {
                let of =
                    |one: &SignalRow| (format!("{} {}", one.signal, one.subject), one.from.parse().expect("a time"));
                report.signals.iter().rev().map(of).collect()
            };
            for ((what, at), (_, exact)) in first(&printed).into_iter().zip(first(&objects)) {
                assert!((at - exact).abs() <= TimeDelta::minutes(1), "{scenario}, {form}: {what} {at} {exact}");
            }
        }
    }
}

/// Somebody saved both: what a table repeats is told once, with the exact times.
#[test]
fn a_table_beside_the_events_adds_nothing() {
    let (events, now) = (events("memory-cascade"), fetched("memory-cascade"));
    let list = json!({"apiVersion": "v1", "items": events, "kind": "List"}).to_string();
    let input =
        |name: &str, text: String| Input::from_bytes(text.into_bytes(), name, SystemTime::from(now)).expect("an input");
    let alone = analyzed(Inputs::from(input("events.json", list.clone())));
    let tables = vec![input("wide.txt", wide(&events, now)), input("events.txt", of_command(&events, now))];
    let both = analyzed(Inputs::new(input("events.json", list), tables).expect("inputs"));
    assert_eq!(counted(&both), counted(&alone));
}

/// How often each was seen.
fn counted(report: &Report) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for one in &report.signals {
        *counts.entry(format!("{} {}", one.signal, one.subject)).or_default() += one.count;
    }
    counts
}

#[test]
fn descriptions_tell_what_objects_and_events_tell() {
    for scenario in SCENARIOS {
        let folder = tempfile::tempdir().expect("a folder");
        let saved = folder.path().join("described");
        let mut subjects = BTreeSet::new();
        for kind in ["nodes", "pods"] {
            for file in files(&archive(scenario).join("describe")) {
                let parts: Vec<&str> = file.iter().filter_map(|part| part.to_str()).collect();
                let (Some(at), Some(name)) = (parts.iter().rposition(|part| *part == kind), file.file_stem()) else {
                    continue;
                };
                let name = name.to_string_lossy();
                let subject = match kind {
                    "nodes" => format!("Node/{name}"),
                    _ => format!("Pod/{}/{name}", parts[at - 1]),
                };
                subjects.insert(subject);
                let copy = saved.join(format!("{kind}-{name}.txt"));
                fs::create_dir_all(&saved).expect("a folder");
                fs::copy(&file, &copy).expect("a copy");
                let written = SystemTime::from(fetched(scenario));
                fs::File::options()
                    .write(true)
                    .open(&copy)
                    .and_then(|file| file.set_modified(written))
                    .expect("a time");
            }
        }
        if subjects.is_empty() {
            continue;
        }
        let (described, whole) = (report(&[saved]), report(&[archive(scenario)]));
        assert!(described.inputs.iter().all(|row| row.not_read == 0), "{scenario}: {:?}", described.inputs);
        let of_them = |report: &Report, names: &[&str]| -> BTreeSet<String> {
            let signals = report.signals.iter().filter(|one| names.contains(&one.signal.as_str()));
            let signals = signals.filter(|one| subjects.contains(&one.subject));
            signals.map(|one| format!("{} {}", one.signal, one.subject)).collect()
        };
        // What status and events of a pod tell, and no other record does.
        let names = ["Evicted", "CrashLoopBackOff", "FailedScheduling", "PodFailed", "MemoryPressure", "NodeNotReady"];
        assert_eq!(of_them(&described, &names), of_them(&whole, &names), "{scenario}");
        let killed = ["OOMKilled", "ContainerTerminated", "ContainerRestarted"];
        let (some, all) = (of_them(&described, &killed), of_them(&whole, &killed));
        assert!(some.is_subset(&all), "{scenario}: {some:?} {all:?}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn a_table_says_of_what_time_it_takes_its_ages() {
    let text =
        "NAME    READY   STATUS             RESTARTS      AGE\nweb-0   0/1     CrashLoopBackOff   5 (3m ago)    9m\n";
    let now: DateTime<Utc> = "2026-11-21T07:10:00Z".parse().expect("a time");
    let report = of_text(&format!("$ kubectl -n shop get pods\n{text}"), "pods.txt", now);
    assert_eq!(told(&report), ["CrashLoopBackOff Pod/shop/web-0".to_owned()].into());
    assert!(report.archive.to.starts_with("2026-11-21T07:10:00"), "{}", report.archive.to);
    // Nobody says the namespace.
    let report = of_text(text, "shop-pods.txt", now);
    assert_eq!(told(&report), ["CrashLoopBackOff Pod/web-0".to_owned()].into());
}

/// A machine that a cloud took is the node that bears its id.
#[test]
fn what_a_cloud_did_is_told_of_the_node() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("saved");
    fs::create_dir(&saved).expect("a folder");
    let node = json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "ip-10-0-0-1", "creationTimestamp": "2026-11-21T06:00:00Z"},
        "spec": {"providerID": "aws:///eu-west-1a/i-0abc"}, "status": {"conditions": [{"type": "Ready", "status": "Unknown",
        "reason": "NodeStatusUnknown", "lastTransitionTime": "2026-11-21T07:02:00Z"}]}});
    fs::write(saved.join("node.json"), node.to_string()).expect("a file");
    let activity = |id: &str, machine: &str, at: &str| {
        json!({"ActivityId": id, "AutoScalingGroupName": "alice-group",
        "Description": format!("Terminating EC2 instance: {machine}"), "StartTime": at, "StatusCode": "Successful",
        "Cause": "At 2026-11-21T07:00:00Z a user request by alice took an instance out."})
    };
    let activities = json!({"Activities": [activity("1", "i-0abc", "2026-11-21T07:00:30.5Z"),
        activity("2", "i-0other", "2026-10-21T07:00:30.5Z")]});
    fs::write(saved.join("activities.json"), serde_json::to_string_pretty(&activities).expect("JSON")).expect("a file");
    let report = report(&[saved]);
    let signals = told(&report);
    assert!(signals.contains("MachineTaken Node/ip-10-0-0-1"), "{:?}", found(&report));
    assert!(report.edges.iter().any(|edge| edge.link == "machine-taken-silences-node"), "{:?}", found(&report));
    assert!(report.archive.from.starts_with("2026-11-21"), "weeks before are not asked about: {}", report.archive.from);
    assert!(!serde_json::to_string(&report).expect("JSON").contains("alice"), "nobody is named");
}

#[test]
fn what_a_pipeline_was_told_is_what_somebody_saw() {
    let log = "2026-11-21T07:00:00.123Z helm upgrade market --wait --timeout 5m\n\
               2026-11-21T07:05:00.123Z Error: UPGRADE FAILED: timed out waiting for the condition\n\
               2026-11-21T07:05:01.000Z error: timed out waiting for the condition on pods/market-6-0\n\
               2026-11-21T07:05:02.000Z dial tcp 10.0.0.9:5432: connect: connection refused\n";
    let report = of_text(log, "deploy.log", "2026-11-21T08:00:00Z".parse().expect("a time"));
    let expected = ["ClientTimedOut Program/deploy.log".to_owned(), "HelmFailed Program/deploy.log".to_owned()];
    assert_eq!(told(&report), expected.into());
    assert!(report.edges.is_empty(), "{:?}", found(&report));
}

/// Messages of a kernel and logs are of whom the records beside them know.
#[test]
fn names_of_files_are_believed_where_records_know_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let saved = folder.path().join("saved");
    let put = |path: &str, text: &str| {
        let path = saved.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"namespace": "shop", "name": "web-0", "uid": "u"},
        "spec": {"nodeName": "node-3"}, "status": {"startTime": "2026-11-21T06:00:00Z"}});
    put("pod.json", &pod.to_string());
    put(
        "node-3/dmesg",
        "[Sat Nov 21 07:00:00 2026] Out of memory: Killed process 4242 (awk) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB\n",
    );
    put(
        "node-4/dmesg",
        "[Sat Nov 21 07:00:00 2026] Out of memory: Killed process 4242 (awk) total-vm:1kB, anon-rss:1kB, file-rss:0kB, shmem-rss:0kB\n",
    );
    put(
        "shop/web-0/operator.log",
        "{\"level\":\"error\",\"ts\":\"2026-11-21T06:58:33Z\",\"logger\":\"setup\",\"msg\":\"problem running manager\",\"error\":\"leader election lost\"}\n",
    );
    let report = report(&[saved]);
    let signals = told(&report);
    assert!(signals.iter().any(|one| one.ends_with(" Node/node-3")), "{:?}", found(&report));
    assert!(!signals.iter().any(|one| one.contains("node-4")), "no record knows it: {:?}", found(&report));
    assert!(signals.contains("LeaderElectionLost Pod/shop/web-0"), "{:?}", found(&report));
    assert_eq!(report.inputs[0].not_read, 1);
}

/// A table does not say how often a container is probed, but how often the probe failed: a first failure that came later
/// than one period after the start was none of the start. As the lab's kubelet told of a probe of every 2 s.
#[test]
fn probes_that_fail_more_often_than_by_default_do_not_make_a_start() {
    let names = ["NAMESPACE", "LAST SEEN", "TYPE", "REASON", "OBJECT", "SUBOBJECT", "SOURCE", "MESSAGE", "FIRST SEEN"];
    let about = ["pod/web-0", "spec.containers{web}", "kubelet, node-2"];
    let event = |[last, kind, reason, message, first, count]: [&str; 6]| {
        row(&[&["platform", last, kind, reason], about.as_slice(), &[message, first, count, "web-0.1"]].concat())
    };
    let rows = [
        row(&[names.as_slice(), &["COUNT", "NAME"]].concat()),
        event(["2m16s", "Normal", "Started", "Started container web", "2m16s", "1"]),
        event(["36s", "Warning", "Unhealthy", "Readiness probe failed: nc: timed out", "2m4s", "22"]),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let pods = [
        row(&["NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS", "AGE", "IP", "NODE"]),
        row(&["platform", "web-0", "0/1", "Running", "0", "2m16s", "10.89.2.6", "node-2"]),
    ];
    for (file, rows) in [("events.txt", rows.as_slice()), ("pods.txt", &pods)] {
        let text = format!("Sat Nov 21 08:10:00 UTC 2026\n{}", table(rows));
        fs::write(folder.path().join(file), text).expect("a file");
    }
    let report = report(&[folder.path().to_owned()]);
    let named: Vec<&str> = report.signals.iter().map(|signal| signal.signal.as_str()).collect();
    assert!(named.contains(&"Unhealthy(readiness)") && !named.contains(&"Unhealthy(starting)"), "{named:?}");
}

/// A description as people copy it out of a terminal, with the command and a date above it, and in the encodings that
/// PowerShell and editors on Windows write.
#[test]
fn what_stands_above_and_the_encoding_change_nothing() {
    let describes = archive("memory-cascade").join("describe/namespaces/platform/pods");
    let mut files: Vec<PathBuf> =
        fs::read_dir(describes).expect("a folder").map(|one| one.expect("a file").path()).collect();
    files.sort();
    let pod = fs::read_to_string(files.first().expect("a pod")).expect("a description");
    let printed = "Sat Nov 21 08:08:00 UTC 2026";
    let above = format!("root@node-1:~# date\n{printed}\nroot@node-1:~# kubectl describe pod -n platform x\n{pod}");
    let utf16 = [0xfeff].into_iter().chain(above.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let told = |name: &str, bytes: Vec<u8>| {
        let file = folder.path().join(name);
        fs::write(&file, bytes).expect("a file");
        let report = report(&[file]);
        assert_eq!((report.inputs[0].read, report.archive.to.as_str()), (1, "2026-11-21T08:08:00Z"), "{name}");
        found(&report)
    };
    let plain = told("plain", format!("{printed}\n{pod}").into_bytes());
    assert!(!plain.is_empty());
    assert_eq!(told("above", above.clone().into_bytes()), plain);
    assert_eq!(told("mark", [b"\xef\xbb\xbf", above.as_bytes()].concat()), plain);
    assert_eq!(told("utf16", utf16), plain);
}
