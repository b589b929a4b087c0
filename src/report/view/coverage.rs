//! What the archive holds and what it lacks, and which conclusions the lack forbids.

use crate::evidence::{Evidence, Outcome, Status, WhyUnread};
use crate::model::Citation;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// The status of what came and that no part of the analysis reads.
const NOT_READ: &str = "not-read";

/// How one item ended that is missing, or several alike.
#[derive(Debug)]
pub struct Line<'a> {
    pub source: &'a str,
    pub what: What<'a>,
    pub state: State,
    pub why: Cow<'a, str>,
}

#[derive(Clone, Copy, Debug)]
pub enum What<'a> {
    /// One item, by its subject.
    Item(&'a str),
    /// So many items.
    Items(usize),
    /// So many lines of an entry of the archive.
    Lines(&'a str, usize),
}

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Item(subject) => f.write_str(subject),
            Self::Items(1) => f.write_str("1 item"),
            Self::Items(count) => write!(f, "{count} items"),
            Self::Lines(entry, count) => write!(f, "{entry}: {count} unreadable"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Ended(Status),
    /// It came, and no part of the analysis reads it.
    NotRead,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Ended(status) => status.name(),
            Self::NotRead => NOT_READ,
        }
    }
}

/// A line for each item that is missing, and one for the rest of each source, by status; what came and was not read
/// stands apart. In order of their words.
pub fn lines(evidence: &Evidence) -> Vec<Line<'_>> {
    let unread: BTreeSet<&str> = evidence.unread.iter().map(|entry| evidence.path(*entry)).collect();
    let whys = whys(evidence);
    let mut reasons: BTreeMap<&str, Reasons> = BTreeMap::new();
    let mut counts: BTreeMap<(&str, &str), (State, usize, &str)> = BTreeMap::new();
    let mut found = Vec::new();
    for outcome in &evidence.outcomes {
        let (source, state) = (outcome.source.as_str(), state(outcome, &unread));
        let why = outcome.why.as_str();
        if let (State::NotRead, Some(entry)) = (state, &outcome.entry) {
            let why = whys.get(entry.as_str()).copied().unwrap_or(WhyUnread::NotYet);
            reasons.entry(source).or_default().add(why, entry);
        }
        if outcome.status.is_missing() {
            found.push(Line { source, what: What::Item(&outcome.subject), state, why: why.into() });
        } else {
            counts.entry((source, state.name())).or_insert((state, 0, why)).1 += 1;
        }
    }
    found.extend(counts.into_iter().map(|((source, _), (state, count, why))| {
        let not_read = reasons.get(source).filter(|_| state == State::NotRead).map(|reasons| reasons.words().into());
        Line { source, what: What::Items(count), state, why: not_read.unwrap_or(why.into()) }
    }));
    let mut unreadable: BTreeMap<&str, (usize, Citation)> = BTreeMap::new();
    for one in &evidence.unreadable {
        unreadable.entry(evidence.path(one.entry)).or_insert((0, *one)).0 += 1;
    }
    found.extend(unreadable.into_iter().map(|(entry, (count, first))| Line {
        source: "archive",
        what: What::Lines(entry, count),
        state: State::Ended(Status::Failed),
        why: evidence.quote(first).text,
    }));
    found.sort_by_cached_key(|line| (line.source, line.what.to_string(), line.state.name(), line.why.clone()));
    found
}

/// Why each entry is not read that is not.
fn whys(evidence: &Evidence) -> BTreeMap<&str, WhyUnread> {
    let all = evidence.inputs.iter().flat_map(|input| &input.unread);
    all.flat_map(|unread| unread.entries.iter().map(|entry| (evidence.path(*entry), unread.why))).collect()
}

/// Why entries of a source are not read.
#[derive(Default)]
struct Reasons<'a>(BTreeMap<WhyUnread, Vec<&'a str>>);

/// Entries that are named for one reason.
const NAMED: usize = 3;

impl<'a> Reasons<'a> {
    fn add(&mut self, why: WhyUnread, entry: &'a str) {
        self.0.entry(why).or_default().push(entry);
    }

    fn words(&self) -> String {
        if self.0.keys().all(|why| *why == WhyUnread::NotYet) {
            return WhyUnread::NotYet.to_string();
        }
        let words = self.0.iter().map(|(why, entries)| {
            let more = match entries.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let named: Vec<&str> = entries.iter().take(NAMED).copied().collect();
            format!("{why}: {}{more}", named.join(", "))
        });
        words.collect::<Vec<_>>().join("; ")
    }
}

fn state(outcome: &Outcome, unread: &BTreeSet<&str>) -> State {
    let unread = || outcome.entry.as_ref().is_some_and(|entry| unread.contains(entry.as_str()));
    match outcome.status {
        Status::Collected | Status::Truncated if unread() => State::NotRead,
        status => State::Ended(status),
    }
}

#[derive(Debug)]
pub struct CoverageView<'a> {
    /// How many items came and were read.
    pub came: u64,
    /// Source and how much of it came and is read by no part of the analysis.
    pub not_read: Vec<(&'a str, usize)>,
    pub missing: Vec<Missing<'a>>,
}

/// Items of one source that did not come, for the same reason.
#[derive(Debug)]
pub struct Missing<'a> {
    pub source: &'a str,
    pub status: Status,
    pub subjects: Vec<String>,
    /// The first reason given.
    pub why: Cow<'a, str>,
    /// What cannot be concluded without it.
    pub limits: &'static str,
}

impl<'a> CoverageView<'a> {
    pub fn new(evidence: &'a Evidence) -> Self {
        let (mut came, mut not_read) = (0, Vec::new());
        let mut groups: BTreeMap<(&str, &str), Missing> = BTreeMap::new();
        for line in lines(evidence) {
            let status = match (line.state, line.what) {
                // `empty` came too: it had nothing in it.
                (State::Ended(Status::Collected | Status::Empty), What::Items(count)) => {
                    came += count as u64;
                    continue;
                }
                (State::NotRead, What::Items(count)) => {
                    not_read.push((line.source, count));
                    continue;
                }
                // What does not exist in this cluster, as a runtime that its nodes do not run, is not missing.
                (State::NotRead, _) | (State::Ended(Status::Absent), _) => continue,
                (State::Ended(status), _) => status,
            };
            let group = groups.entry((line.source, status.name())).or_insert_with(|| Missing {
                source: line.source,
                status,
                subjects: Vec::new(),
                why: Cow::default(),
                limits: limits(line.source, status),
            });
            group.subjects.push(line.what.to_string());
            if group.why.is_empty() {
                group.why = line.why;
            }
        }
        Self { came, not_read, missing: groups.into_values().collect() }
    }

    pub fn missing_items(&self) -> usize {
        self.missing.iter().map(|missing| missing.subjects.len()).sum()
    }
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

fn limits(source: &str, status: Status) -> &'static str {
    if status == Status::Truncated {
        return "The earliest part is missing; that something is not in it proves nothing.";
    }
    let found = LIMITS.iter().find(|(word, _)| source.contains(word));
    found.map_or("That something is not seen here proves nothing.", |(_, limits)| limits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::builders;

    #[test]
    fn missing_items_are_grouped_by_reason() {
        let mut evidence = builders::empty().evidence;
        let outcome = |source: &str, subject: &str, status| builders::outcome((source, subject), status, "");
        let mut unread = outcome("prometheus", "a query", Status::Collected);
        unread.entry = Some("metrics/query.json".to_owned());
        evidence.unread = vec![builders::entry(&mut evidence.entries, "metrics/query.json")];
        evidence.outcomes = vec![
            outcome("events", "a", Status::Collected),
            outcome("events", "b", Status::Empty),
            unread,
            outcome("node-journal", "Node/a kubelet", Status::Unreachable),
            outcome("node-journal", "Node/b kubelet", Status::Unreachable),
            outcome("node-journal", "Node/b docker", Status::Absent),
            outcome("pod-logs", "Pod/x/y", Status::Truncated),
        ];
        let view = CoverageView::new(&evidence);
        assert_eq!((view.came, view.not_read.as_slice()), (2, [("prometheus", 1)].as_slice()));
        assert_eq!(view.missing_items(), 3);
        assert_eq!(view.missing.iter().map(|missing| missing.subjects.len()).collect::<Vec<_>>(), [2, 1]);
    }
}
