//! `analyze` on the archive of a real incident: the draft tells what happened, and every statement can be looked up.

use crate::collect::memory_cascade;
use crate::lab::Lab;
use crate::process::{folder, run};
use crate::sealed::text;
use chrono::DateTime;
use k8s_forensics::archive::Archive;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Signals of memory that ran out on a node.
const OUT_OF_MEMORY: [&str; 6] =
    ["OOMKill", "OOMKilled", "SystemOOM", "Evicted", "EvictionThresholdMet", "NodeHasInsufficientMemory"];

pub fn tells_the_story(lab: &Lab) {
    let (_, folder) = analysed(lab, "story");
    let report = report(&folder);
    let list = |name: &str| report[name].as_array().cloned().unwrap_or_default();
    let signals = list("signals");
    let time = |signal: &Value| DateTime::parse_from_rfc3339(signal["from"].as_str()?).ok();
    let times: Vec<Option<_>> = signals.iter().map(time).collect();
    assert!(times.iter().all(Option::is_some) && times.is_sorted(), "signals are not in order of time: {signals:#?}");

    let first_on = |node: &str| {
        let out_of_memory =
            |signal: &&Value| signal["signal"].as_str().is_some_and(|name| OUT_OF_MEMORY.contains(&name));
        let on_node = |signal: &&Value| signal["node"] == node || signal["subject"] == format!("Node/{node}");
        let first = signals.iter().filter(out_of_memory).position(|signal| on_node(&signal));
        first.unwrap_or_else(|| panic!("no signal of memory that ran out on {node}: {signals:#?}"))
    };
    assert!(first_on("node-1") < first_on("node-2"), "node-1 was the first to run out of memory");

    let cascade = list("cascades").first().cloned().unwrap_or_default();
    let members = cascade["signals"].as_array().cloned().unwrap_or_default();
    let of_cascade: Vec<&Value> = signals.iter().filter(|signal| members.contains(&signal["id"])).collect();
    assert!(of_cascade.len() >= 4, "the largest cascade is no chain: {cascade:#}");
    assert!(
        of_cascade.iter().any(|signal| signal["subject"].as_str().is_some_and(|it| it
            .starts_with("Pod/monitoring/prometheus")
            || it.starts_with("Container/monitoring/prometheus"))),
        "Prometheus is not among the victims: {of_cascade:#?}"
    );
    assert!(
        list("edges").iter().filter(|edge| members.contains(&edge["to"])).count() >= 3,
        "hardly an edge in {cascade:#}"
    );

    let changed = |change: &Value| change["subject"] == "Deployment/platform/alerter";
    assert!(list("changes").iter().any(changed), "the change is not named: {:#?}", report["changes"]);
    // Whether the kernel names who asked for memory on both nodes, or a kubelet evicts before it has to, is a matter of
    // seconds: either way a pod took the trouble along.
    let moved = ["failure-follows-the-pod", "eviction-avalanche"];
    let motif = |motif: &Value| moved.iter().any(|name| motif["motif"] == *name);
    assert!(list("motifs").iter().any(motif), "no pod took the trouble from node to node: {:#?}", report["motifs"]);

    let draft =
        fs::read_to_string(folder.join("postmortem.md")).unwrap_or_else(|error| panic!("postmortem.md: {error}"));
    for words in ["platform/alerter", "node-1", "node-2", "prometheus"] {
        assert!(draft.contains(words), "the draft does not say {words:?}:\n{draft}");
    }
    assert!(fs::metadata(folder.join("timeline.html")).is_ok_and(|page| page.len() > 1000), "no timeline.html");
}

pub fn cites_what_is_there(lab: &Lab) {
    let (archive, folder) = analysed(lab, "citations");
    let mut citations = Vec::new();
    collect_citations(&report(&folder), &mut citations);
    assert!(citations.len() > 20, "only {} citations", citations.len());
    let mut by_entry: BTreeMap<String, Vec<(u64, String)>> = BTreeMap::new();
    for (entry, line, text) in citations {
        by_entry.entry(entry).or_default().push((line, text));
    }
    let mut wrong = Vec::new();
    for (entry, citations) in by_entry {
        if archive.bytes_of(&entry).is_none() {
            wrong.push(format!("{entry}: no such entry, cited {} times", citations.len()));
            continue;
        }
        let content = text(&archive, &entry);
        let lines: Vec<&str> = content.lines().collect();
        for (number, quote) in citations {
            let line = usize::try_from(number).ok().and_then(|number| lines.get(number.checked_sub(1)?));
            if !line.is_some_and(|line| says(&entry, line, &quote)) {
                wrong.push(format!("{entry}:{number}: {quote:?} is not what stands there: {line:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All `{entry, line, text}` in a report, wherever they stand.
fn collect_citations(value: &Value, found: &mut Vec<(String, u64, String)>) {
    if let (Some(entry), Some(line), Some(text)) =
        (value["entry"].as_str(), value["line"].as_u64(), value["text"].as_str())
    {
        found.push((entry.to_owned(), line, text.to_owned()));
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| collect_citations(item, found)),
        Value::Object(fields) => fields.values().for_each(|field| collect_citations(field, found)),
        _ => {}
    }
}

/// Whether `quote` is a part of `line`, or a reading of the object there that names it.
fn says(entry: &str, line: &str, quote: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let quote = words(quote.trim_end_matches('…'));
    if quote.is_empty() {
        return false;
    }
    if !entry.ends_with(".jsonl") {
        // One answer of Prometheus is one line, of which a reading cannot quote much.
        return entry.ends_with(".json") || words(line).contains(&quote);
    }
    let Ok(object) = serde_json::from_str::<Value>(line) else { return false };
    let about = [
        "/metadata/name",
        "/metadata/uid",
        "/metadata/ownerReferences/0/name",
        "/metadata/labels/kubernetes.io~1service-name",
        "/involvedObject/name",
        "/regarding/name",
        "/note",
        "/message",
        "/subject",
    ];
    let named = about.iter().filter_map(|path| object.pointer(path)?.as_str()).map(words);
    named.filter(|text| !text.is_empty()).any(|text| quote.contains(&text) || text.contains(&quote))
}

pub fn gives_the_same_bytes_again(lab: &Lab) {
    let [once, twice] = ["once", "twice"].map(|name| contents(&analysed(lab, name).1));
    assert_eq!(once.keys().collect::<Vec<_>>(), twice.keys().collect::<Vec<_>>());
    for (file, content) in &once {
        assert!(twice.get(file) == Some(content), "{file:?} differs");
    }
}

fn contents(folder: &Path) -> BTreeMap<OsString, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())).flatten();
    files.map(|file| (file.file_name(), fs::read(file.path()).unwrap_or_default())).collect()
}

/// Analyses the archive of the incident into a new folder.
fn analysed(lab: &Lab, name: &str) -> (Archive, PathBuf) {
    let (file, collected) = memory_cascade(lab);
    assert!(file.exists(), "there is no archive to analyse: {collected}");
    let out = folder().join(format!("report-{name}"));
    // From a run before this one.
    let _ = fs::remove_dir_all(&out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let ended = run(command.arg("analyze").arg(&file).arg("-o").arg(&out), "analyze", Duration::from_secs(120));
    assert_eq!(ended.code, Some(0), "{ended}");
    (Archive::open(&file).unwrap_or_else(|error| panic!("{error}")), out)
}

fn report(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("report.json")).unwrap_or_else(|error| panic!("report.json: {error}"));
    let report: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("report.json: {error}"));
    assert_eq!(report["schema"], "k8s-forensics.report/1");
    report
}
