//! What other people's tools collected of their clusters, read as it stands.
//!
//! `K8SF_CORPUS` names its folder; without it these tests say that they are skipped.

use crate::fixture;
use k8s_forensics::analysis;
use k8s_forensics::archive::Limits;
use k8s_forensics::evidence::Record;
use k8s_forensics::inputs::{Input, Inputs, JournalForm, Kind};
use k8s_forensics::logline::{plain, syslog, unit};
use k8s_forensics::model::EntryId;
use k8s_forensics::report::Analyzed;
use k8s_forensics::report::schema::{InputRow, Report};
use k8s_forensics::signals;
use serde_json::Value;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

fn corpus(set: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("K8SF_CORPUS").map(PathBuf::from);
    if folder.is_none() {
        eprintln!("skipped: K8SF_CORPUS does not name a folder with other people's archives");
    }
    folder.map(|folder| folder.join(set))
}

fn open(path: &Path) -> Inputs {
    Inputs::from(Input::open(path, Limits::default(), None).unwrap_or_else(|error| panic!("{error}")))
}

fn analyzed(inputs: Inputs) -> Analyzed {
    analysis::analyze_inputs(inputs, fixture::knowledge(), 2).expect("an analysis")
}

/// How many objects of a kind there are, and how many different ones.
type Count = (usize, usize);

/// What jq would count in the files that are JSON: `.items[]?`, `.[]` of an array, or the object itself.
fn counted(folder: &Path) -> BTreeMap<&'static str, Count> {
    let mut seen: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let mut pending = vec![folder.to_owned()];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(&path).expect("the corpus").map(|item| item.expect("an item").path()));
            continue;
        }
        let Ok(Ok(value)) = fs::read_to_string(&path).map(|text| serde_json::from_str::<Value>(&text)) else {
            continue;
        };
        let items = match value {
            Value::Array(items) => items,
            Value::Object(ref list) if list.contains_key("items") => {
                list["items"].as_array().cloned().unwrap_or_default()
            }
            one => vec![one],
        };
        for item in items {
            let is = |at: &str| item.pointer(at).is_some();
            let kind = match () {
                () if is("/involvedObject") || is("/lastTimestamp") => "Event",
                () if is("/spec/containers") => "Pod",
                () if is("/status/nodeInfo") => "Node",
                () => continue,
            };
            seen.entry(kind).or_default().push(item["metadata"]["uid"].to_string());
        }
    }
    seen.into_iter().map(|(kind, uids)| (kind, (uids.len(), different(&uids)))).collect()
}

/// What has no UID is of no other.
fn different(uids: &[String]) -> usize {
    let known: BTreeSet<_> = uids.iter().filter(|uid| *uid != "null").collect();
    known.len() + uids.iter().filter(|uid| *uid == "null").count()
}

/// The same of what is read.
fn read(inputs: &Inputs) -> BTreeMap<&'static str, Count> {
    let seen = RefCell::new(BTreeMap::<&'static str, Vec<String>>::new());
    let known = |kind: &str| ["Event", "Pod", "Node"].into_iter().find(|known| *known == kind);
    let read = inputs.objects(
        |named| known(&named.kind).is_some() && !named.group.contains("longhorn"),
        |_, named, json| {
            let item: Value = serde_json::from_slice(json).expect("an object");
            let kind = known(&named.kind).expect("one of those");
            seen.borrow_mut().entry(kind).or_default().push(item["metadata"]["uid"].to_string());
        },
    );
    read.expect("objects");
    let seen = seen.into_inner();
    seen.into_iter().map(|(kind, uids)| (kind, (uids.len(), different(&uids)))).collect()
}

/// Everything that stands in a set is read, and each different event is a fact, once.
fn whole(set: &Path) -> (Report, Analyzed) {
    let inputs = open(set);
    let expected = counted(set);
    let found = read(&inputs);
    assert_eq!(found, expected, "{}", set.display());
    let analyzed = analyzed(inputs);
    let events = analyzed.evidence.facts.iter().filter(|fact| matches!(fact.record, Record::Event { .. })).count();
    assert_eq!(events, expected.get("Event").map_or(0, |(_, different)| *different), "{}", set.display());
    let report = analyzed.report();
    let broken: Vec<String> = report
        .coverage
        .iter()
        .filter(|row| row.source == "archive")
        .map(|row| format!("{}: {}", row.subject, row.why))
        .collect();
    assert_eq!(broken, Vec::<String>::new(), "{}", set.display());
    (report, analyzed)
}

fn only(report: &Report) -> &InputRow {
    let [row] = report.inputs.as_slice() else { panic!("one input: {:?}", report.inputs) };
    eprintln!("{}: {}, {} read, {} not: {:?}", row.name, row.format, row.read, row.not_read, row.not_read_because);
    row
}

/// Lines of journals and logs, and those of them that have a time, and in journals one who wrote them.
fn dated_lines(inputs: &Inputs) -> (usize, usize) {
    let (mut lines, mut dated) = (0, 0);
    for id in 0..u32::try_from(inputs.len()).expect("few") {
        let entry = inputs.entry(EntryId(id)).expect("an entry");
        let is_journal = match entry.kind {
            Kind::Journal { unit, form, .. } => {
                assert!(!unit.is_empty() || matches!(form, JournalForm::Plain { .. }));
                true
            }
            Kind::Log { .. } => false,
            _ => continue,
        };
        let read = entry.batches(|batch| {
            for (_, line) in batch.records().filter(|(_, line)| !line.is_empty()) {
                lines += 1;
                let text = String::from_utf8_lossy(line);
                let has_time = plain::time(line, entry.until).is_some();
                let has_unit = !is_journal
                    || syslog::split(&text).is_some_and(|line| !unit::writer(line.program, line.program).is_empty());
                dated += usize::from(has_time && has_unit);
            }
            Some(batch)
        });
        read.expect("lines");
    }
    (lines, dated)
}

fn mostly_dated(set: &Path) {
    let (lines, dated) = dated_lines(&open(set));
    assert!(lines > 0 && dated * 100 >= lines * 99, "{}: {dated} of {lines}", set.display());
}

#[test]
fn a_cluster_that_came_up_is_read_from_sonobuoys_results() {
    let Some(set) = corpus("sonobuoy-0.10") else { return };
    let (report, analyzed) = whole(&set);
    assert_eq!(only(&report).format, "Sonobuoy results");
    assert_eq!(counted(&set)["Event"], (214, 214));
    assert!(report.archive.cluster.contains("v1.8.4"), "{}", report.archive.cluster);
    assert!(report.archive.from.starts_with("2017-12-13"), "{}", report.archive.from);
    // Bare arrays of objects that say no kind are of that of their file.
    assert!(analyzed.evidence.topology.pods().len() > 10);
}

#[test]
fn lists_with_one_failure_each_are_read_whole() {
    let Some(set) = corpus("troubleshoot-files") else { return };
    let (report, analyzed) = whole(&set);
    assert_eq!(only(&report).format, "loose files");
    let facts = analyzed.evidence.facts.iter().filter(|fact| matches!(fact.record, Record::Event { .. }));
    // All lists together say 4,158; two of them tell of the same event at two times, and the last word counts: 178 and
    // 109 occurrences less. Events of a scheduler have a series and no count.
    assert_eq!(facts.map(|fact| fact.count).sum::<u64>(), 4_158 - 178 - 109);
    assert!(!report.signals.is_empty());
}

#[test]
fn a_support_bundle_of_kurl_is_read() {
    let Some(set) = corpus("support-bundle-kurl") else { return };
    let (report, _) = whole(&set);
    let row = only(&report);
    assert_eq!(row.format, "support bundle");
    assert!(report.archive.cluster.contains("v1.23.5"), "{}", report.archive.cluster);
    // Logs of a line break; lists of groups and of resources, of discovery.
    let whys: Vec<(&str, usize)> = row.not_read_because.iter().map(|row| (row.why.as_str(), row.count)).collect();
    assert_eq!(whys, [("describes no form that is known", 2), ("empty", 5)]);
}

#[test]
fn a_must_gather_is_read() {
    let Some(set) = corpus("must-gather-ocp48") else { return };
    let inputs = open(&set);
    let found = read(&inputs);
    let lines = |file: &str, word: &str| {
        let text = fs::read_to_string(set.join(file)).expect("a file");
        text.lines().filter(|line| *line == word).count()
    };
    let events = lines("namespaces/kube-system/core/events.yaml", "  kind: Event");
    assert_eq!((found["Event"], found["Pod"]), ((events, events), (4, 4)));
    mostly_dated(&set);
    let analyzed = analyzed(inputs);
    let reasons: Vec<&str> = analyzed
        .evidence
        .facts
        .iter()
        .filter_map(|fact| match fact.record {
            Record::Event { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(reasons.len(), events);
    assert_eq!(
        reasons.iter().filter(|reason| reason.is_empty()).count(),
        2,
        "two of them give neither reason nor type"
    );
    let report = analyzed.report();
    let row = only(&report);
    assert_eq!((row.format.as_str(), row.not_read), ("must-gather", 0));
    assert!(report.archive.from.starts_with("2021-08-03") && report.archive.to.starts_with("2021-08-03"));
}

#[test]
fn what_the_insights_operator_sends_is_read() {
    let Some(set) = corpus("insights-sample") else { return };
    let (report, _) = whole(&set);
    assert_eq!(only(&report).format, "Insights archive");
    let nodes = fs::read_dir(set.join("config/node")).expect("nodes").count() - 1;
    assert_eq!(read(&open(&set))["Node"].0, nodes);
}

#[test]
fn drained_nodes_of_another_cluster_are_seen() {
    let Some(set) = corpus("drain-uncordon") else { return };
    let (report, analyzed) = whole(&set);
    assert_eq!(only(&report).format, "loose files");
    mostly_dated(&set);
    let journals: BTreeSet<&str> =
        report.coverage.iter().filter(|row| row.why.contains("zone")).map(|row| row.status.as_str()).collect();
    assert!(journals.len() <= 1, "{journals:?}");
    let cordoned = report.signals.iter().filter(|signal| signal.signal == "NodeNotSchedulable").count();
    assert!(cordoned > 0, "the nodes were drained on purpose");
    // The events also hold earlier runs: the window is that of all records.
    assert!(
        report.archive.from.starts_with("2023-04-") && report.archive.to.starts_with("2023-04-23"),
        "{:?}",
        report.archive
    );
    let kubelets =
        analyzed.evidence.facts.iter().filter(|fact| fact.node.is_some_and(|node| node.starts_with("kind-worker")));
    assert!(kubelets.count() > 0);
}

/// Sets with events of clusters.
const WITH_EVENTS: [&str; 6] = [
    "drain-uncordon",
    "insights-sample",
    "must-gather-ocp48",
    "sonobuoy-0.10",
    "support-bundle-kurl",
    "troubleshoot-files",
];

/// Every Warning event is one that a signal cites or a rule claims, or it stands among what was not understood; of the
/// ten reasons with most occurrences each is named in most of them.
#[test]
fn every_warning_event_is_named_or_not_understood() {
    let mut reasons: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for set in WITH_EVENTS {
        let Some(folder) = corpus(set) else { return };
        let analyzed = analyzed(open(&folder));
        let claimed = signals::detect(&fixture::knowledge().catalogue, &analyzed.evidence).claimed;
        let (mut unnamed, mut told) = (0, 0);
        for (fact, claimed) in analyzed.evidence.facts.iter().zip(claimed) {
            let Record::Event { reason, warning: true, .. } = fact.record else { continue };
            let (all, named) = reasons.entry(reason.to_owned()).or_default();
            *all += fact.count;
            *named += if claimed { fact.count } else { 0 };
            unnamed += if claimed { 0 } else { fact.count };
        }
        for group in analyzed.not_understood.iter().filter(|group| !group.is_log) {
            told += group.count;
        }
        assert!(told >= unnamed, "{set}: {unnamed} events that no rule names, {told} records told as not understood");
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, (all, _))| std::cmp::Reverse(*all));
    reasons.iter().for_each(|(reason, (all, named))| eprintln!("{reason}: {named} of {all} are named"));
    let without = reasons.iter().take(10).filter(|(_, (all, named))| named * 2 < *all);
    assert_eq!(without.collect::<Vec<_>>(), Vec::<&(String, (u64, u64))>::new());
}

/// Keys that stand twice in an object, in records that are none of Kubernetes'.
#[test]
fn intervals_of_a_test_are_not_read_and_told() {
    let Some(set) = corpus("origin-drain-01") else { return };
    let error = Input::open(&set, Limits::default(), None).map(|_| ()).expect_err("nothing of it is known").to_string();
    for format in ["must-gather", "support bundle", "Sonobuoy results", "sosreport", "journalctl"] {
        assert!(error.contains(format), "{error}");
    }
}
