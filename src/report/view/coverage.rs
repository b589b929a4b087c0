//! What the archive holds and what it lacks, and which conclusions the lack forbids.

use crate::report::build::NOT_READ;
use crate::report::schema::Coverage;
use std::collections::BTreeMap;

#[derive(Debug)]
pub struct CoverageView<'a> {
    /// Source and how much of it came and was read.
    pub came: Vec<(&'a str, &'a str)>,
    /// Source and how much of it came and is read by no part of the analysis.
    pub not_read: Vec<(&'a str, &'a str)>,
    pub missing: Vec<Missing<'a>>,
}

/// Items of one source that did not come, for the same reason.
#[derive(Debug)]
pub struct Missing<'a> {
    pub source: &'a str,
    pub status: &'a str,
    pub subjects: Vec<&'a str>,
    /// The first reason given.
    pub why: &'a str,
    /// What cannot be concluded without it.
    pub limits: &'static str,
}

impl<'a> CoverageView<'a> {
    pub fn new(coverage: &'a [Coverage]) -> Self {
        let named = |row: &'a Coverage| (&*row.source, &*row.subject);
        let came = coverage.iter().filter(|row| is_there(&row.status)).map(named).collect();
        let not_read = coverage.iter().filter(|row| row.status == NOT_READ).map(named).collect();
        let mut groups: BTreeMap<(&str, &str), Missing> = BTreeMap::new();
        let known = |row: &&Coverage| is_there(&row.status) || [NOT_TO_BE_HAD, NOT_READ].contains(&&*row.status);
        for row in coverage.iter().filter(|row| !known(row)) {
            let group = groups.entry((&row.source, &row.status)).or_insert_with(|| Missing {
                source: &row.source,
                status: &row.status,
                subjects: Vec::new(),
                why: &row.why,
                limits: limits(&row.source, &row.status),
            });
            group.subjects.push(&row.subject);
            if group.why.is_empty() {
                group.why = &row.why;
            }
        }
        Self { came, not_read, missing: groups.into_values().collect() }
    }

    pub fn missing_items(&self) -> usize {
        self.missing.iter().map(|missing| missing.subjects.len()).sum()
    }
}

/// What does not exist in this cluster, as a runtime that its nodes do not run, is not missing.
const NOT_TO_BE_HAD: &str = "absent";

/// `empty` came too: it had nothing in it.
fn is_there(status: &str) -> bool {
    matches!(status, "collected" | "empty")
}

/// What cannot be concluded without a source, by words of its name; the first that fits.
const LIMITS: &[(&str, &str)] = &[
    ("event", "Kills, probe failures and scheduling are known only as far as other records show them."),
    ("kernel", "What the kernels of these nodes reported, as OOM kills, is not known."),
    ("clock", "How far the clocks of these machines are apart is not known."),
    ("journal", "What the kernel, the kubelet and the runtime of these nodes saw is not known."),
    ("alert", "Whether an alert fired, and when, is not known."),
    ("metric", "Growth over time cannot be judged, nor what came before the first record."),
    ("prometheus", "Growth over time cannot be judged, nor which alerts fired."),
    ("pod-files", "What these containers said before their logs were rotated, or their pods were gone, is not known."),
    ("var-log", "What these nodes wrote to plain files is not known."),
    ("log", "What these containers said is not known; that they ended is known from their status only."),
    ("control", "The state of the API server, the controllers and etcd is not known."),
    ("kubelet", "The state of these kubelets when asked is not known."),
    ("node", "The state of these nodes when asked is not known."),
    ("object", "The settings of these objects, and changes to them, are not known."),
    ("describe", "No reading of these objects as text; the objects themselves may still be there."),
];

fn limits(source: &str, status: &str) -> &'static str {
    if status == "truncated" {
        return "The earliest part is missing; that something is not in it proves nothing.";
    }
    let found = LIMITS.iter().find(|(word, _)| source.contains(word));
    found.map_or("That something is not seen here proves nothing.", |(_, limits)| limits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_items_are_grouped_by_reason() {
        let row = |source: &str, subject: &str, status: &str| Coverage {
            source: source.to_owned(),
            subject: subject.to_owned(),
            status: status.to_owned(),
            why: String::new(),
        };
        let rows = [
            row("events", "3 items", "collected"),
            row("prometheus", "12 items", "not-read"),
            row("node-journal", "Node/a kubelet", "unreachable"),
            row("node-journal", "Node/b kubelet", "unreachable"),
            row("pod-logs", "Pod/x/y", "truncated"),
        ];
        let view = CoverageView::new(&rows);
        assert_eq!(view.came, [("events", "3 items")]);
        assert_eq!(view.not_read, [("prometheus", "12 items")]);
        assert_eq!(view.missing_items(), 3);
        assert_eq!(view.missing.iter().map(|missing| missing.subjects.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
