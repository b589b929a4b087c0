//! Recorded incidents: what is found in some of them, word for word. How much of the truth that is stands in `accuracy`.
//!
//! A scenario is a folder of `fixtures/` with `archive/` and `expected/`. To accept what has changed,
//! after reading it: `K8SF_BLESS=1 cargo test --test it`.

use crate::fixture;
use crate::times;
use k8s_forensics::analysis::{self, Analyzed};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::schema::{EvidenceRow, Report};
use k8s_forensics::report::{postmortem, summary};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

pub fn scenarios() -> Vec<PathBuf> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let mut found: Vec<PathBuf> = std::fs::read_dir(fixtures)
        .expect("the folder fixtures")
        .map(|item| item.expect("an item of fixtures").path())
        .filter(|path| path.join("expected").exists())
        .collect();
    found.sort();
    assert!(found.len() >= 3, "only {} scenarios", found.len());
    found
}

pub fn name(scenario: &Path) -> String {
    scenario.file_name().expect("a folder with a name").to_string_lossy().into_owned()
}

fn report(scenario: &Path, threads: usize) -> Report {
    analyzed(scenario, threads).report()
}

fn analyzed(scenario: &Path, threads: usize) -> Analyzed {
    let archive = Archive::open(&scenario.join("archive")).expect("a readable archive");
    analysis::analyze(&archive, fixture::knowledge(), threads).expect("an analysis")
}

#[test]
fn what_is_found_is_what_is_expected() {
    let mut different = Vec::new();
    for scenario in scenarios() {
        let analyzed = analyzed(&scenario, 2);
        let report = analyzed.report();
        let files = [
            ("cascade.txt", cascade(&report)),
            ("postmortem.md", postmortem::write(&analyzed)),
            ("signals.txt", signals(&report)),
        ];
        for (file, text) in files {
            different.extend(compare(&scenario.join("expected").join(file), &text));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n\n"));
}

#[test]
fn the_same_bytes_with_any_number_of_threads() {
    for scenario in scenarios() {
        let text = |threads| serde_json::to_string(&report(&scenario, threads)).expect("a report in JSON");
        let one = text(1);
        for threads in [1, 2, 7] {
            assert!(one == text(threads), "{} differs with {threads} threads", name(&scenario));
        }
    }
}

/// Whoever opens the entry at the line finds what is quoted there.
#[test]
fn every_citation_opens() {
    for scenario in scenarios() {
        let report = report(&scenario, 2);
        let mut wanted: BTreeMap<&str, BTreeSet<(u64, &str)>> = BTreeMap::new();
        let cited = cited(&report);
        assert!(!cited.is_empty());
        for row in cited {
            wanted.entry(&row.entry).or_default().insert((row.line, &row.text));
        }
        let archive = Archive::open(&scenario.join("archive")).expect("a readable archive");
        for (entry, lines) in wanted {
            let mut found = BTreeMap::new();
            archive
                .lines(entry, |number, line| found.insert(number, String::from_utf8_lossy(line).into_owned()).is_none())
                .expect(entry);
            for (line, text) in lines {
                let there = found.get(&line).unwrap_or_else(|| panic!("{entry} has no line {line}"));
                assert!(
                    shows(there, text),
                    "{entry}:{line} does not show {:?} of {text:?}: {there}",
                    words_missing(there, text)
                );
            }
        }
    }
}

/// Whoever doubts a time in a statement finds it in one of the records that the statement cites.
#[test]
fn every_time_is_in_a_record_that_is_cited_with_it() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let archive = Archive::open(&scenario.join("archive")).expect("a readable archive");
        let draft = postmortem::write_within(&analyzed(&scenario, 2), usize::MAX);
        wrong.extend(
            times::without_a_record(&archive, &draft).into_iter().map(|one| format!("{}: {one}", name(&scenario))),
        );
    }
    assert!(wrong.is_empty(), "{} of them:\n{}", wrong.len(), wrong.join("\n"));
}

/// An eviction that was taken back, and a record that ends in its middle and has no time that could be read.
#[test]
fn what_was_taken_back_is_told_and_what_cannot_be_read_has_no_time_of_its_own() {
    let folder = tempfile::tempdir().expect("a folder");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports/soft-lockup/archive");
    let copied = Command::new("cp").arg("-r").arg(from).arg(folder.path()).status().expect("cp");
    assert!(copied.success());
    let events = folder.path().join("archive/objects/namespaces/train/events.jsonl");
    let marked = std::fs::read_to_string(&events).expect("the events");
    let marked = marked.lines().find(|line| line.contains("Marking for deletion Pod")).expect("the eviction");
    // another event, so of another uid
    let cancelled =
        marked.replace("Marking for deletion Pod", "Postponing deletion of Pod").replace("dafcb76c", "eafcb76c");
    std::fs::write(&events, format!("{marked}\n{cancelled}\n{{\"metadata\":{{\"name\":\"cut\n")).expect("the events");

    let analyzed = analyzed(folder.path(), 2);
    let report = analyzed.report();
    let row = |words: &str| report.not_understood.iter().find(|row| row.words.contains(words)).expect(words);
    assert_eq!(row("Postponing deletion of Pod").subjects, ["Pod/train/job-0"]);
    assert!(row("record that cannot be read").undated);
    let shown = summary::write(&analyzed, 100);
    let line = shown.lines().find(|line| line.contains("record that cannot be read")).expect("a line");
    assert!(line.trim_start().starts_with("by "), "{line}");
}

fn cited(report: &Report) -> Vec<&EvidenceRow> {
    let signals = report.signals.iter().flat_map(|signal| {
        assert!(!signal.evidence.is_empty(), "{} {} has no evidence", signal.signal, signal.subject);
        &signal.evidence
    });
    let edges = report.edges.iter().flat_map(|edge| &edge.evidence);
    let factors = report.factors.iter().flat_map(|factor| {
        assert!(!factor.evidence.is_empty(), "{}", factor.statement);
        &factor.evidence
    });
    let unknown = report.not_understood.iter().flat_map(|group| &group.evidence);
    let ends = report.signals.iter().filter_map(|signal| signal.ended_by.as_ref());
    signals
        .chain(edges)
        .chain(factors)
        .chain(unknown)
        .chain(ends)
        .chain(report.changes.iter().flat_map(|change| &change.evidence))
        .collect()
}

/// A quotation of a log is part of the line; of an object, every word of it stands there. Times are cut to seconds.
fn shows(line: &str, text: &str) -> bool {
    let text = text.trim_end_matches('…');
    line.trim().starts_with(text) || words_missing(line, text).is_empty()
}

fn words_missing<'a>(line: &str, text: &'a str) -> Vec<&'a str> {
    // The plain form of what JSON escapes.
    let plain = line.replace("\\n", "\n").replace("\\\"", "\"").replace("\\t", "\t").replace("\\\\", "\\");
    let parts = text.split(|c: char| c.is_whitespace() || "\"'/=,;()[]{}<>|".contains(c));
    let known = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        let seconds = bare.strip_suffix('Z').filter(|bare| bare.len() == 19).unwrap_or(bare);
        // The kind of an item is in the name of its list, and of a Service in that of its slices.
        bare.is_empty() || plain.contains(seconds) || line.contains(seconds) || KINDS.contains(&bare)
    };
    parts.filter(|word| !known(word)).collect()
}

/// Words of ours in quotations of objects: kinds, which items of lists do not say, and what stands for a field.
const KINDS: [&str; 18] = [
    "Pod",
    "Node",
    "Service",
    "Endpoints",
    "Deployment",
    "ReplicaSet",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "CronJob",
    "ConfigMap",
    "Secret",
    "Namespace",
    "no",
    "endpoint",
    "with",
    "true",
    "count",
];

fn compare(path: &Path, text: &str) -> Option<String> {
    if std::env::var_os("K8SF_BLESS").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder to write to");
        std::fs::write(path, text).expect("a file to write");
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    (expected != text).then(|| format!("{} is not\n{text}", path.display()))
}

fn signals(report: &Report) -> String {
    let mut text = String::new();
    for signal in &report.signals {
        let to = signal.to.as_deref().map_or("open", |to| to.get(11..19).unwrap_or(to));
        let from = signal.from.get(11..19).unwrap_or(&signal.from);
        let _ = writeln!(
            text,
            "{from} {to:8} {:2} x{:<4}{:8}{} {}",
            signal.cascade.as_deref().unwrap_or("-"),
            signal.count,
            signal.severity,
            signal.signal,
            signal.subject
        );
    }
    text
}

fn cascade(report: &Report) -> String {
    let named: BTreeMap<&str, String> =
        report.signals.iter().map(|one| (one.id.as_str(), format!("{} {}", one.signal, one.subject))).collect();
    let mut text = String::new();
    for cascade in &report.cascades {
        let _ = writeln!(text, "{} {}", cascade.id, cascade.headline);
    }
    for edge in &report.edges {
        let (from, to) = (&named[edge.from.as_str()], &named[edge.to.as_str()]);
        let _ = writeln!(text, "{from} -> {to}: {} by {}, {} ms", edge.grade, edge.link, edge.lag_ms);
    }
    for motif in &report.motifs {
        let _ = writeln!(text, "motif {}: {}", motif.motif, motif.statement);
    }
    for factor in &report.factors {
        let _ = writeln!(text, "factor {}: {}", factor.class, factor.statement);
    }
    text
}

/// All alerts stand on one line of what Prometheus held; a number in the draft leads to the one that is meant.
#[test]
fn a_number_leads_to_the_alert_that_is_meant() {
    let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/bad-rollout");
    let draft = k8s_forensics::report::postmortem::write(&analyzed(&scenario, 2));
    let row =
        |words: &str| draft.lines().find(|line| line.contains(words)).unwrap_or_else(|| panic!("{words}: {draft}"));
    for what in ["| First alert pending |", "| First alert firing |"] {
        let said = row(what);
        let alert = said.split("Alert ").nth(1).and_then(|rest| rest.split(' ').next()).expect("an alert");
        let numbers = said.split("[").nth(1).and_then(|rest| rest.split(']').next()).expect("numbers");
        let cited: Vec<&str> = numbers.split(", ").map(|number| row(&format!("| {number} |"))).collect();
        assert!(cited.iter().all(|row| row.contains("metrics/alert") && row.contains(alert)), "{cited:?}");
    }
}
