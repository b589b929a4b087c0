//! What an archive that was never sealed says of itself: every planned item still has exactly one outcome.
//!
//! While a run goes on, items are written down before they are asked for, and their outcomes within half a second of
//! their end. A cut in between leaves items without an outcome: of these, the entry came or it did not.

use crate::archive::format::{Outcome, Planned, Status};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, HashSet};

/// Why an item of a cut archive has no outcome of its own.
const CUT: &str = "the archive was cut before it was done";
const ELSEWHERE: &str = "it is in another part of the archive";
const MISSING: &str = "it was collected, and is not in the archive any more";
const LOST: &str = "it is there; the archive was cut before its outcome was written";

/// The outcomes that were written, and one for every other planned item.
///
/// `bytes_of` tells the size of an entry that is there whole.
pub fn outcomes(ended: Vec<Outcome>, planned: Vec<Planned>, bytes_of: impl Fn(&str) -> Option<u64>) -> Vec<Outcome> {
    let mut seen = HashSet::new();
    // A resumed run writes down again what it takes over: the first stands.
    let mut outcomes: Vec<Outcome> =
        ended.into_iter().filter(|outcome| seen.insert((outcome.source.clone(), outcome.subject.clone()))).collect();
    let at = outcomes.iter().map(|outcome| outcome.at).max().unwrap_or(DateTime::UNIX_EPOCH);
    let mut open: BTreeMap<(String, String), Planned> = BTreeMap::new();
    for item in planned {
        let key = (item.source.clone(), item.subject.clone());
        match item.replaced {
            true => drop(open.remove(&key)),
            false => drop(open.insert(key, item)),
        }
    }
    open.retain(|key, _| !seen.contains(key));
    outcomes.extend(open.into_values().map(|item| of_open(item, at, &bytes_of)));
    outcomes
}

/// Outcomes as they are true of what is at hand: an entry that one names may have been lost, or be in another part.
///
/// `has` tells whether an entry is there. The objects of a kind are spread over entries that their outcome does not
/// name; of a part, nobody can tell whether all of them are there.
pub fn at_hand(outcomes: Vec<Outcome>, is_part: bool, has: impl Fn(&str) -> bool) -> Vec<Outcome> {
    let at_hand = |mut outcome: Outcome| {
        match &outcome.entry {
            Some(entry) if !has(entry) => {
                (outcome.status, outcome.entry, outcome.bytes) = match is_part {
                    true => (Status::Skipped, None, 0),
                    false => (Status::Failed, None, 0),
                };
                let why = if is_part { ELSEWHERE } else { MISSING };
                outcome.why = why.to_owned();
            }
            None if is_part && outcome.status == Status::Collected => {
                outcome.status = Status::Truncated;
                outcome.why = "some of it may be in another part of the archive".to_owned();
            }
            _ => {}
        }
        outcome
    };
    outcomes.into_iter().map(at_hand).collect()
}

fn of_open(item: Planned, at: DateTime<Utc>, bytes_of: impl Fn(&str) -> Option<u64>) -> Outcome {
    let bytes = item.entry.as_deref().and_then(bytes_of);
    let (status, why) = if bytes.is_some() { (Status::Collected, LOST) } else { (Status::Skipped, CUT) };
    Outcome {
        why: why.to_owned(),
        entry: item.entry.filter(|_| bytes.is_some()),
        node: item.node,
        bytes: bytes.unwrap_or_default(),
        ..Outcome::new(&item.source, &item.subject, status, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(subject: &str, entry: Option<&str>, replaced: bool) -> Planned {
        let entry = entry.map(str::to_owned);
        Planned { source: "pod-logs".into(), subject: subject.into(), node: Some("node-1".into()), entry, replaced }
    }

    #[test]
    fn every_planned_item_has_one_outcome() {
        let ended = Outcome {
            why: "nothing".into(),
            took_ms: 1,
            ..Outcome::new("pod-logs", "done", Status::Empty, DateTime::UNIX_EPOCH + chrono::TimeDelta::seconds(9))
        };
        let items = vec![
            planned("all", None, false),
            planned("done", Some("logs/done"), false),
            planned("here", Some("logs/here"), false),
            planned("gone", Some("logs/gone"), false),
            planned("all", None, true),
        ];
        let mut found = outcomes(vec![ended.clone(), ended], items, |entry| (entry == "logs/here").then_some(7));
        found.sort_by(|a, b| a.subject.cmp(&b.subject));
        let told: Vec<_> = found.iter().map(|o| (o.subject.as_str(), o.status, o.bytes, o.entry.as_deref())).collect();
        assert_eq!(
            told,
            [
                ("done", Status::Empty, 0, None),
                ("gone", Status::Skipped, 0, None),
                ("here", Status::Collected, 7, Some("logs/here")),
            ]
        );
        assert!(found.iter().all(|outcome| outcome.at.timestamp() == 9), "an open item ends when the archive was cut");
    }
}
