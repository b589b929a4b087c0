//! Two reports side by side: which signals one has and the other has not.
//!
//! Pods of one workload count together, as their names differ from one archive to the next.

use crate::model::Subject;
use crate::report::kept::Kept;
use crate::report::names;
use crate::report::schema::SignalRow;
use serde::Serialize;
use std::collections::BTreeMap;

/// A signal that the two reports tell of differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SignalDifference {
    /// `new` where only the first report has it, `gone` where only the second has, `more` where the first has it at least
    /// twice as often.
    pub is: &'static str,
    pub signal: String,
    /// With a star for what controllers add to the names of pods.
    pub subject: String,
    pub severity: String,
    /// How often it was seen, in the first report and in the second.
    pub counts: [u64; 2],
    /// Ids of the first of them in either report.
    pub first: [Option<String>; 2],
    /// Entry and line of the first record of it, in the report that has it.
    pub record: String,
}

/// What is seen less than this often more is no difference.
const LEAST_MORE: u64 = 3;

/// The differences, what is new first, the worst first.
pub fn signals(one: &Kept, baseline: &Kept) -> Vec<SignalDifference> {
    let (first, second) = (grouped(one), grouped(baseline));
    let keys = first.keys().chain(second.keys().filter(|key| !first.contains_key(*key)));
    let mut all: Vec<SignalDifference> =
        keys.filter_map(|key| difference(key, first.get(key), second.get(key))).collect();
    all.sort_by_key(|one| {
        (rank(one.is), std::cmp::Reverse(severity(&one.severity)), one.signal.clone(), one.subject.clone())
    });
    all
}

type Key<'a> = (&'a str, String);

/// The first of several that count together, and how often they were seen.
struct Group<'a> {
    first: &'a SignalRow,
    count: u64,
}

fn grouped(of: &Kept) -> BTreeMap<Key<'_>, Group<'_>> {
    let mut groups: BTreeMap<Key, Group> = BTreeMap::new();
    for signal in &of.signals {
        let subject = signal.subject.parse::<Subject>().map(|subject| names::workload_of(&subject));
        let key = (signal.signal.as_str(), subject.unwrap_or_else(|_| signal.subject.clone()));
        let group = groups.entry(key).or_insert(Group { first: signal, count: 0 });
        group.count = group.count.saturating_add(signal.count);
    }
    groups
}

fn difference(key: &Key<'_>, one: Option<&Group<'_>>, other: Option<&Group<'_>>) -> Option<SignalDifference> {
    let counts = [one.map_or(0, |group| group.count), other.map_or(0, |group| group.count)];
    let is = match (one, other) {
        (Some(_), None) => "new",
        (None, _) => "gone",
        _ if counts[0] >= counts[1].saturating_mul(2).max(LEAST_MORE) => "more",
        _ => return None,
    };
    let shown = one.or(other)?.first;
    let record = shown.evidence.first().map(|row| format!("{}:{}", row.entry, row.line)).unwrap_or_default();
    Some(SignalDifference {
        is,
        signal: key.0.to_owned(),
        subject: key.1.clone(),
        severity: shown.severity.clone(),
        counts,
        first: [one, other].map(|group| group.map(|group| group.first.id.clone())),
        record,
    })
}

fn rank(is: &str) -> usize {
    ["new", "more", "gone"].iter().position(|one| *one == is).unwrap_or_default()
}

fn severity(name: &str) -> usize {
    ["info", "warning", "error", "fatal"].iter().position(|one| *one == name).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_of_a_workload_count_together() {
        let kept = |signals: &[(&str, &str, u64)]| Kept {
            signals: signals
                .iter()
                .map(|(signal, subject, count)| SignalRow {
                    signal: (*signal).to_owned(),
                    subject: (*subject).to_owned(),
                    count: *count,
                    severity: "warning".to_owned(),
                    ..SignalRow::default()
                })
                .collect(),
            ..Kept::default()
        };
        let one = kept(&[
            ("OOMKilled", "Pod/shop/api-7d9f8b6c5-x2k4p", 1),
            ("Evicted", "Pod/shop/a", 9),
            ("Same", "Node/n", 1),
        ]);
        let other = kept(&[
            ("OOMKilled", "Pod/shop/api-7d9f8b6c5-zzzzz", 1),
            ("Evicted", "Pod/shop/a", 2),
            ("Same", "Node/n", 1),
            ("NodeReady", "Node/n", 1),
        ]);
        let told: Vec<String> =
            signals(&one, &other).iter().map(|one| format!("{} {} {:?}", one.is, one.signal, one.counts)).collect();
        assert_eq!(told, ["more Evicted [9, 2]", "gone NodeReady [0, 1]"]);
    }
}
