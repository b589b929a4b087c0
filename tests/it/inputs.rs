//! Several inputs in one analysis, and inputs that are no archive: made from recorded incidents, so that the same
//! must be found.

use crate::fixture;
use crate::made;
use crate::scenarios::{name, scenarios};
use assert_cmd::Command;
use k8s_forensics::analysis;
use k8s_forensics::archive::{self, Archive, Limits, Splitting};
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::schema::Report;
use predicates::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

fn open(path: &Path) -> Input {
    Input::open(path, Limits::default(), None).unwrap_or_else(|error| panic!("{error}"))
}

pub fn report(paths: &[PathBuf]) -> Report {
    let mut inputs = paths.iter().map(|path| open(path));
    let first = inputs.next().expect("an input");
    analyzed(Inputs::new(first, inputs.collect()).unwrap_or_else(|error| panic!("{error}")))
}

pub fn analyzed(inputs: Inputs) -> Report {
    analysis::analyze_inputs(inputs, fixture::knowledge(), 2).expect("an analysis").report()
}

/// What is found, whatever it is called where it stands.
pub fn found(report: &Report) -> Vec<String> {
    let signals = report.signals.iter().map(|one| {
        format!(
            "{} {} {} {:?} x{} {} {:?}",
            one.signal, one.subject, one.from, one.to, one.count, one.title, one.cascade
        )
    });
    let edges =
        report.edges.iter().map(|one| format!("{} {} {} {} {}", one.from, one.to, one.link, one.grade, one.lag_ms));
    signals.chain(edges).chain(report.factors.iter().map(|one| one.statement.clone())).collect()
}

/// Both tell the same; says only what they do not.
pub fn agree(one: &Report, other: &Report, what: &str) {
    let (one, other) = (found(one), found(other));
    let only = |these: &[String], those: &[String]| -> Vec<String> {
        these.iter().filter(|this| !those.contains(this)).cloned().collect()
    };
    let (left, right) = (only(&one, &other), only(&other, &one));
    assert!(one == other, "{what}: only here {left:#?}, only there {right:#?}");
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to.parent().expect("a folder")).expect("a folder");
    fs::copy(from, to).expect("a copy");
}

/// An archive whose halves lie in two folders.
fn halves(archive: &Path, folder: &Path) -> [PathBuf; 2] {
    let halves = ["objects", "nodes"].map(|half| folder.join(half).join("incident"));
    for entry in Archive::open(archive).expect("an archive").entries() {
        let is_about_all = entry.starts_with("meta/");
        let is_object = entry.starts_with("objects/") || entry.starts_with("describe/");
        for (half, is_its) in halves.iter().zip([is_object, !is_object]) {
            if is_about_all || is_its {
                copied(&archive.join(entry), &half.join(entry));
            }
        }
    }
    halves
}

#[test]
fn the_halves_of_an_archive_tell_what_the_whole_tells() {
    for scenario in scenarios() {
        let folder = tempfile::tempdir().expect("a folder");
        let whole = scenario.join("archive");
        let (one, both) = (report(std::slice::from_ref(&whole)), report(&halves(&whole, folder.path())));
        agree(&both, &one, &name(&scenario));
        let rows: Vec<(&str, &str)> = both.inputs.iter().map(|row| (row.name.as_str(), row.format.as_str())).collect();
        assert_eq!(rows, [("incident", "k8s-forensics archive"), ("incident-2", "k8s-forensics archive")]);
        let cited = both.signals.iter().flat_map(|signal| &signal.evidence);
        let is_shown = |entry: &str| entry.starts_with("incident/") || entry.starts_with("incident-2/");
        assert!(cited.clone().all(|row| is_shown(&row.entry)), "{}", name(&scenario));
        assert!(one.signals.iter().flat_map(|signal| &signal.evidence).all(|row| !row.entry.starts_with("incident")));
        assert_eq!(both.archive.name, "incident + incident-2");
        let missing = |report: &Report| report.coverage.iter().filter(|row| row.status == "failed").count();
        assert_eq!(missing(&both), missing(&one), "{}", name(&scenario));
    }
}

/// The parts that `split` made, each of which says of the others' entries that they are elsewhere.
#[test]
fn the_parts_of_an_archive_tell_what_the_whole_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/memory-cascade.zip");
    let archive = Archive::open(&demo).expect("an archive");
    let splitting = Splitting { folder: folder.path(), limit: 120_000, replace: false, recipients: None };
    let parts = archive::split(&archive, &splitting).expect("parts");
    assert!(parts.len() > 1);
    let (one, all) = (report(&[demo]), report(&parts));
    agree(&all, &one, "the parts");
    assert_eq!(all.coverage, one.coverage);
}

#[test]
fn what_two_inputs_say_alike_is_said_once() {
    for scenario in scenarios() {
        let whole = scenario.join("archive");
        agree(&report(&[whole.clone(), whole.clone()]), &report(&[whole]), &name(&scenario));
    }
}

/// The events of a recording as kubectl prints them.
pub fn events(scenario: &str) -> Vec<Value> {
    let archive = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(scenario).join("archive");
    let archive = Archive::open(&archive).expect("an archive");
    let mut items = Vec::new();
    for entry in archive.entries().filter(|entry| entry.ends_with("/events.jsonl")) {
        let add = |_, line: &[u8]| {
            let mut item: Value = serde_json::from_slice(line).expect("an event");
            let fields = item.as_object_mut().expect("an object");
            fields.extend([("apiVersion".to_owned(), json!("v1")), ("kind".to_owned(), json!("Event"))]);
            items.push(item);
            true
        };
        archive.lines(entry, add).expect("events");
    }
    items
}

/// A value as YAML in the style of kubectl, which does not indent the items of lists.
fn yaml(value: &Value) -> String {
    fn fields(value: &Value, indent: usize, text: &mut String) {
        for (key, value) in value.as_object().expect("an object") {
            match value {
                Value::Object(inner) if !inner.is_empty() => {
                    text.push_str(&format!("{:indent$}{key}:\n", ""));
                    fields(value, indent + 2, text);
                }
                value => text.push_str(&format!("{:indent$}{key}: {value}\n", "")),
            }
        }
    }
    let mut text = "apiVersion: v1\nitems:\n".to_owned();
    for item in value["items"].as_array().expect("items") {
        let mut one = String::new();
        fields(item, 2, &mut one);
        text.push_str(&one.replacen("  ", "- ", 1));
    }
    text.push_str("kind: List\nmetadata:\n  resourceVersion: \"\"\n");
    text
}

/// In every form a list of events can have, the same is found, and cited where it begins.
#[test]
fn a_list_of_events_is_read_in_every_form() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = json!({"apiVersion": "v1", "items": events("memory-cascade"), "kind": "List", "metadata": {}});
    let items = list["items"].as_array().expect("items");
    let api: Vec<Value> = items
        .iter()
        .cloned()
        .map(|mut item| {
            item.as_object_mut().expect("an object").retain(|key, _| key != "kind" && key != "apiVersion");
            item
        })
        .collect();
    let api = format!(r#"{{"kind":"EventList","apiVersion":"v1","metadata":{{}},"items":{}}}"#, json!(api));
    let forms = [
        ("pretty.json", serde_json::to_string_pretty(&list).expect("JSON")),
        ("raw.json", api),
        ("lines.json", items.iter().map(|item| format!("{item}\n")).collect()),
        ("list.yaml", yaml(&list)),
    ];
    let mut expected = None;
    for (file, text) in forms {
        let path = folder.path().join(file);
        fs::write(&path, &text).expect("a file");
        let report = report(&[path]);
        assert!(
            report.signals.iter().any(|signal| signal.signal == "SystemOOM"
                || signal.signal == "OOMKilling"
                || signal.signal == "Evicted"
                || signal.signal == "NodeNotReady"),
            "{file}: {:?}",
            found(&report)
        );
        let found = found(&report);
        assert_eq!(expected.get_or_insert_with(|| found.clone()), &found, "{file}");
        assert!(report.coverage.iter().all(|row| row.source != "archive"), "{file}: {:?}", report.coverage);
        let lines: Vec<&str> = text.lines().collect();
        for row in report.signals.iter().flat_map(|signal| &signal.evidence) {
            let line = lines[usize::try_from(row.line).expect("small") - 1];
            assert_eq!(&*row.entry, file);
            assert!(line.trim().starts_with('{') || line.starts_with("- "), "{file}:{}: {line}", row.line);
        }
        // The window is that of the events.
        assert!(report.archive.from.starts_with("2026-11-21T") && report.archive.to > report.archive.from, "{file}");
    }
}

#[test]
fn the_command_takes_several_and_refuses_what_nobody_knows() {
    let folder = tempfile::tempdir().expect("a folder");
    made::sealed(folder.path(), None);
    let list = json!({"apiVersion": "v1", "items": events("memory-cascade"), "kind": "List"});
    fs::write(folder.path().join("events.json"), list.to_string()).expect("a file");
    fs::write(folder.path().join("notes.txt"), "we restarted it\n").expect("a file");
    let tool = |args: &[&str]| {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        tool.current_dir(folder.path()).args(args).assert()
    };
    tool(&["analyze", "incident.zip", "events.json"]).code(0);
    let report = fs::read_to_string(folder.path().join("incident-report/report.json")).expect("a report");
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["inputs"][1]["name"], "events.json");
    tool(&["analyze", "events.json", "-o", "alone"]).code(0);
    let refused = tool(&["analyze", "incident.zip", "notes.txt"])
        .code(1)
        .stderr(predicates::str::contains("notes.txt is not a zip"));
    refused.stderr(
        predicates::str::contains("must-gather")
            .and(predicates::str::contains("sosreport"))
            .and(predicates::str::contains("get -o json")),
    );
    fs::write(folder.path().join("core"), [0x7f, b'E', b'L', b'F', 0, 0, 1, 0]).expect("a file");
    tool(&["analyze", "core"]).code(1).stderr(predicates::str::contains("must-gather"));
    fs::create_dir(folder.path().join("empty")).expect("a folder");
    tool(&["analyze", "empty"]).code(1).stderr(predicates::str::contains("support bundle"));
    tool(&["analyze"]).code(2);
}

/// Real files, each with some bytes of another.
fn seeds() -> Vec<Vec<u8>> {
    let list = json!({"apiVersion": "v1", "items": &events("memory-cascade")[..3], "kind": "List"});
    let journal = "Nov 21 06:58:33.518248 node-1 kubelet[74]: E1121 06:58:33.5 74 a.go:1] failed to start container\n";
    vec![
        serde_json::to_vec_pretty(&list).expect("JSON"),
        yaml(&list).into_bytes(),
        journal.repeat(3).into_bytes(),
        b"I1121 07:00:00.000000      74 kubelet_node_status.go:75] \"x\" node=\"node-7\"\n".to_vec(),
        b"{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\"},\"status\":{}}\n".to_vec(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_are_survived(
        seed in 0_usize..5,
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        garbage in proptest::collection::vec(any::<u8>(), 0..40),
        is_cut in any::<bool>(),
    ) {
        static SEEDS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(seeds);
        let mut bytes = SEEDS[seed].clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if is_cut {
            let at = cut.index(bytes.len());
            bytes.splice(at.., garbage);
        }
        if let Ok(input) = Input::from_bytes(bytes, "any", UNIX_EPOCH + Duration::from_secs(1_795_300_000)) {
            analyzed(Inputs::from(input));
        }
    }
}

#[test]
fn inputs_of_two_clusters_are_refused() {
    let scenario = scenarios().into_iter().next().expect("a scenario").join("archive");
    let folder = tempfile::tempdir().expect("a folder");
    let header = fs::read_to_string(scenario.join("meta/archive.json")).expect("a header");
    let archive = |name: &str, uid: &str| {
        let mut header: Value = serde_json::from_str(&header).expect("a header");
        header["cluster"]["uid"] = json!(uid);
        let path = folder.path().join(name);
        fs::create_dir_all(path.join("meta")).expect("a folder");
        fs::write(path.join("meta/archive.json"), header.to_string()).expect("a header");
        open(&path)
    };
    let together = |uids: [&str; 2]| Inputs::new(archive("a", uids[0]), vec![archive("b", uids[1])]).map(drop);
    assert!(together(["u-1", "u-1"]).is_ok());
    let error = together(["u-1", "u-2"]).expect_err("two clusters").to_string();
    assert!(error.starts_with("a and b are of different clusters"), "{error}");
}

#[test]
fn the_kernels_seconds_are_dated_by_what_syslog_says_of_the_same_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/plain-log-files-only/archive");
    let files = Archive::open(&fixture).expect("an archive");
    for entry in files.entries() {
        let path = folder.path().join(entry);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::copy(fixture.join(entry), path).expect("a copy");
    }
    // dmesg of util-linux 2.38 without -T; the form of the message is that of Linux 3.10.
    let said = "[ 4250.000000] XFS (dm-1): Log I/O Error Detected.  Shutting down filesystem\n";
    fs::write(folder.path().join("nodes/deb-1/var-log/dmesg"), said).expect("a file");
    let found = report(&[folder.path().to_owned()]);
    let times: Vec<&str> = found
        .signals
        .iter()
        .filter(|one| one.signal == "FilesystemReadOnly" && one.title.contains("dm-1"))
        .map(|one| one.from.as_str())
        .collect();
    // kern.log has 4071.489871 at 09:12:01, and 4131.489871 at 09:13:01.120345.
    assert_eq!(times, ["2026-11-20T09:14:59.510Z"]);
}
