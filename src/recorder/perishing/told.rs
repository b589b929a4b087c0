//! What a segment says of the logs that were taken: how each came, and in one outcome of their own what did not.

use super::bound::{self, Bound};
use super::order::{Fetched, Right, What};
use crate::archive::format::{Outcome, Planned, Status};
use crate::archive::recording::LOGS;
use crate::recorder::vitals::LogVitals;
use crate::recorder::watched::SOURCE;
use crate::sources::ItemOutcome;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Logs that were left out are told apart up to here.
const MOST_APART: usize = 1_000;

/// What was taken and left out in a segment.
#[derive(Debug)]
pub struct Told {
    /// By collector and subject.
    outcomes: BTreeMap<(&'static str, String), Outcome>,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Why each was left out, by what tells it from others, until it is taken after all.
    left_out: BTreeMap<String, Bound>,
    denied: BTreeMap<Right, String>,
    /// What was counted as left out, so that a log which is asked for again and again is one.
    counted: BTreeSet<(String, &'static str)>,
    /// Of all segments.
    pub vitals: LogVitals,
}

impl Told {
    pub fn new() -> Self {
        let all = || Right::ALL.into_iter().map(Right::label);
        let reasons = || Bound::ALL.into_iter().map(Bound::label).chain(bound::OF_ANSWERS);
        // A counter that is there from the beginning shows its first step.
        Self::after(LogVitals {
            taken: all().map(|of| (of, (0, 0))).collect(),
            left_out: all().flat_map(|of| reasons().map(move |reason| ((of, reason), 0))).collect(),
        })
    }

    fn after(vitals: LogVitals) -> Self {
        let (outcomes, left_out, denied) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self { outcomes, bytes: 0, left_out, denied, counted: BTreeSet::new(), vitals }
    }

    /// Forgets what was of the segment before.
    pub fn begin_segment(&mut self) {
        *self = Self::after(std::mem::take(&mut self.vitals));
    }

    /// What was planned when the segment began.
    pub fn planned() -> Planned {
        let (source, subject) = (SOURCE.to_owned(), LOGS.to_owned());
        Planned { source, subject, node: None, entry: None, replaced: false }
    }

    /// Notes how a log came, which is in the segment as `entry`, if at all.
    pub fn came(&mut self, fetched: &Fetched, entry: Option<String>, bytes: u64, now: DateTime<Utc>) {
        self.left_out.remove(&fetched.what.key());
        self.bytes += bytes;
        if entry.is_none()
            && let Some(reason) = bound::of_answer(fetched.log.outcome.status)
        {
            self.count(&fetched.what, reason);
        }
        let (source, subject) = fetched.what.item();
        let ItemOutcome { status, why, http_code, from, to, .. } = fetched.log.outcome.clone();
        let taken = format!("taken for {}", fetched.signal);
        let outcome = Outcome {
            why: if why.is_empty() { taken } else { format!("{taken}; {why}") },
            http_code,
            entry,
            node: fetched.node.clone(),
            from,
            to,
            bytes,
            took_ms: fetched.took_ms,
            ..Outcome::new(source, &subject, status, now)
        };
        let known = self.outcomes.remove(&(source, subject.clone()));
        let outcome = known.map_or_else(|| outcome.clone(), |known| joined(known, &outcome));
        self.outcomes.insert((source, subject), outcome);
    }

    /// Notes that a log was left out.
    pub fn leave_out(&mut self, what: &What, bound: Bound) {
        if self.left_out.len() < MOST_APART {
            self.left_out.insert(what.key(), bound);
        }
        self.count(what, bound.label());
    }

    /// Notes that a log may not be read, and others that need the same right.
    pub fn deny(&mut self, what: &What, why: &str) {
        self.denied.insert(what.right(), why.to_owned());
        self.count(what, bound::of_answer(Status::Denied).unwrap_or_default());
    }

    /// Notes whether a log that came is in the segment.
    pub fn wrote(&mut self, right: Right, bytes: u64, is_written: bool) {
        if is_written {
            let (logs, all) = self.vitals.taken.entry(right.label()).or_default();
            (*logs, *all) = (*logs + 1, *all + bytes);
        } else {
            *self.vitals.left_out.entry((right.label(), Bound::Unwritten.label())).or_default() += 1;
        }
    }

    /// Counts a log that was left out, for each reason once in a segment.
    fn count(&mut self, what: &What, reason: &'static str) {
        if self.counted.len() < MOST_APART && self.counted.insert((what.key(), reason)) {
            *self.vitals.left_out.entry((what.right().label(), reason)).or_default() += 1;
        }
    }

    /// How it stands in the segment that began at `begin`, while `under_way` are being asked for.
    pub fn outcomes(&self, begin: DateTime<Utc>, now: DateTime<Utc>, under_way: usize) -> Vec<Outcome> {
        let mut whys: Vec<String> = self.denied.values().cloned().collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.left_out.values().for_each(|bound| *counts.entry(bound.why()).or_default() += 1);
        let logs = |count: usize| if count == 1 { "1 log was".to_owned() } else { format!("{count} logs were") };
        whys.extend(counts.into_iter().map(|(why, count)| format!("{} left out: {why}", logs(count))));
        if self.left_out.len() >= MOST_APART {
            whys.push("and more, which are not counted".to_owned());
        }
        if under_way > 0 {
            whys.push(format!("{} asked for and not here yet", logs(under_way)));
        }
        let status = match () {
            () if !self.denied.is_empty() => Status::Denied,
            () if !whys.is_empty() => Status::Truncated,
            () if self.outcomes.is_empty() => Status::Empty,
            () => Status::Collected,
        };
        if status == Status::Empty {
            whys.push("no trouble was told".to_owned());
        }
        let all = Outcome {
            why: whys.join("; "),
            from: Some(begin),
            to: Some(now),
            bytes: self.bytes,
            took_ms: u64::try_from((now - begin).num_milliseconds()).unwrap_or_default(),
            ..Outcome::new(SOURCE, LOGS, status, now)
        };
        self.outcomes.values().cloned().chain([all]).collect()
    }
}

/// Two outcomes of one item: the same entry holds what came of both.
fn joined(first: Outcome, second: &Outcome) -> Outcome {
    let (kept, has_more) = (first.entry.is_some(), second.entry.is_some());
    if kept && matches!(second.status, Status::Empty | Status::Expired | Status::Absent) {
        // That nothing was added is no reason to doubt what there is.
        return first;
    }
    let status = match (kept, has_more) {
        (true, true) if first.status == Status::Collected => second.status,
        (true, false) => Status::Truncated,
        (true, true) => first.status,
        (false, _) => second.status,
    };
    let is_same = first.why == second.why;
    Outcome {
        why: if is_same { first.why.clone() } else { format!("{}; then {}", first.why, second.why) },
        entry: first.entry.clone().or_else(|| second.entry.clone()),
        http_code: second.http_code,
        from: first.from.into_iter().chain(second.from).min(),
        to: first.to.max(second.to),
        bytes: first.bytes + second.bytes,
        at: second.at,
        took_ms: first.took_ms + second.took_ms,
        status,
        ..first
    }
}
