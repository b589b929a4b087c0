//! Records of clusters that nobody here made, put into the shape of an archive: they must be read without loss.
//!
//! `K8SF_CORPUS` names their folder; without it these tests say that they are skipped.

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::{Archive, Limits};
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::report::schema::Report;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn corpus() -> Option<PathBuf> {
    let folder = std::env::var_os("K8SF_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: K8SF_CORPUS does not name a folder with other people's archives");
    }
    folder
}

/// A folder in the shape of an archive, of a window.
struct Shaped(tempfile::TempDir);

impl Shaped {
    fn new(from: &str, to: &str) -> Self {
        let shaped = Self(tempfile::tempdir().expect("a folder"));
        let header = json!({"format": {"major": 1, "minor": 0}, "tool": "by hand", "cluster": {}, "from": from, "to": to,
            "started_at": to, "options": {}, "clocks": []});
        shaped.put("meta/archive.json", &header.to_string());
        shaped
    }

    fn put(&self, entry: &str, text: &str) {
        let path = self.0.path().join(entry);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder to write to");
        std::fs::write(path, text).expect("a file to write");
    }

    fn report(&self) -> Report {
        let archive = Archive::open(self.0.path()).expect("an archive");
        analysis::analyze(&archive, &Knowledge::built_in().expect("the knowledge"), 2).expect("an analysis").report()
    }
}

fn items(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    match serde_json::from_str(&text) {
        Ok(Value::Array(items)) => items,
        Ok(Value::Object(list)) => list.get("items").and_then(Value::as_array).cloned().unwrap_or_default(),
        _ => Vec::new(),
    }
}

fn lines(items: &[Value]) -> String {
    items.iter().map(|item| format!("{item}\n")).collect()
}

fn unreadable(report: &Report) -> Vec<String> {
    let broken = report.coverage.iter().filter(|row| row.source == "archive");
    broken.map(|row| format!("{}: {}", row.subject, row.why)).collect()
}

#[test]
fn drained_nodes_of_another_cluster_are_seen() {
    let Some(corpus) = corpus() else { return };
    let folder = corpus.join("drain-uncordon");
    let shaped = Shaped::new("2023-04-23T12:00:00Z", "2023-04-23T21:00:00Z");
    let mut events = Vec::new();
    for file in std::fs::read_dir(&folder).expect("the corpus") {
        let path = file.expect("a file of the corpus").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        if name.ends_with("events.log.txt") {
            events.extend(items(&path));
        } else if let Some((_, node)) = name.split_once("kubelet-") {
            let node = node.trim_end_matches(".log.txt");
            let text = std::fs::read_to_string(&path).expect("a journal");
            shaped.put(&format!("nodes/{node}/journal/kubelet.log"), &text);
        }
    }
    assert!(events.len() > 50, "{} events", events.len());
    shaped.put("objects/namespaces/default/events.jsonl", &lines(&events));
    let report = shaped.report();
    assert_eq!(unreadable(&report), Vec::<String>::new());
    let cordoned = report.signals.iter().filter(|signal| signal.signal == "NodeNotSchedulable").count();
    assert!(cordoned > 0, "the nodes were drained on purpose");
}

#[test]
fn lists_with_one_failure_each_are_read_whole() {
    let Some(corpus) = corpus() else { return };
    let mut pending = vec![corpus.join("troubleshoot-files"), corpus.join("support-bundle-kurl")];
    let (mut events, mut pods) = (Vec::new(), Vec::new());
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(std::fs::read_dir(&path).expect("the corpus").map(|item| item.expect("an item").path()));
        } else if path.extension().is_some_and(|ending| ending == "json") {
            for item in items(&path) {
                if item.get("involvedObject").is_some() {
                    events.push(item);
                } else if item.pointer("/status/phase").is_some() && item.pointer("/spec/containers").is_some() {
                    pods.push(item);
                }
            }
        }
    }
    assert!(events.len() > 100 && pods.len() > 10, "{} events, {} pods", events.len(), pods.len());
    let shaped = Shaped::new("2019-01-01T00:00:00Z", "2023-12-31T00:00:00Z");
    shaped.put("objects/namespaces/default/events.jsonl", &lines(&events));
    shaped.put("objects/namespaces/default/pods.jsonl", &lines(&pods));
    let report = shaped.report();
    assert_eq!(unreadable(&report), Vec::<String>::new());
    assert!(!report.signals.is_empty());
}

/// Everything that other people's tools wrote, as loose files: most of it is lists of objects.
#[test]
fn other_peoples_files_are_read_as_they_are() {
    let Some(corpus) = corpus() else { return };
    let knowledge = Knowledge::built_in().expect("the knowledge");
    let mut read = BTreeMap::new();
    for folder in std::fs::read_dir(&corpus).expect("the corpus") {
        let path = folder.expect("an item of the corpus").path();
        let Ok(input) = Input::open(&path, Limits::default(), None) else { continue };
        let report = analysis::analyze_inputs(Inputs::from(input), &knowledge, 2).expect("an analysis").report();
        let [row] = report.inputs.as_slice() else { panic!("one input: {:?}", report.inputs) };
        eprintln!(
            "{}: {} read, {} not, {} signals, {} to {}",
            row.name,
            row.read,
            row.not_read,
            report.signals.len(),
            report.archive.from,
            report.archive.to
        );
        for broken in unreadable(&report).iter().take(5) {
            eprintln!("  {broken}");
        }
        read.insert(row.name.clone(), row.read);
    }
    assert!(read.values().sum::<usize>() > 20, "{read:?}");
}
