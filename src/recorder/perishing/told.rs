//! What a segment says of the logs that were taken: how each came, and in one outcome of their own what did not.

use super::order::{Fetched, Right};
use crate::archive::format::{Outcome, Planned, Status};
use crate::archive::recording::LOGS;
use crate::recorder::watched::SOURCE;
use crate::sources::ItemOutcome;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Logs that were left out are told apart up to here.
const MOST_APART: usize = 1_000;

/// What was taken and left out in a segment.
#[derive(Debug, Default)]
pub struct Told {
    /// By collector and subject.
    outcomes: BTreeMap<(&'static str, String), Outcome>,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Why each was left out, by what tells it from others, until it is taken after all.
    left_out: BTreeMap<String, &'static str>,
    denied: BTreeMap<Right, String>,
}

impl Told {
    /// What was planned when the segment began.
    pub fn planned() -> Planned {
        let (source, subject) = (SOURCE.to_owned(), LOGS.to_owned());
        Planned { source, subject, node: None, entry: None, replaced: false }
    }

    /// Notes how a log came, which is in the segment as `entry`, if at all.
    pub fn came(&mut self, fetched: &Fetched, entry: Option<String>, bytes: u64, now: DateTime<Utc>) {
        self.left_out.remove(&fetched.what.key());
        self.bytes += bytes;
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

    /// Notes that the log which `key` tells from others was left out.
    pub fn leave_out(&mut self, key: String, why: &'static str) {
        if self.left_out.len() < MOST_APART {
            self.left_out.insert(key, why);
        }
    }

    /// Notes that logs which need a right may not be read.
    pub fn deny(&mut self, right: Right, why: &str) {
        self.denied.insert(right, why.to_owned());
    }

    /// How it stands in the segment that began at `begin`, while `under_way` are being asked for.
    pub fn outcomes(&self, begin: DateTime<Utc>, now: DateTime<Utc>, under_way: usize) -> Vec<Outcome> {
        let mut whys: Vec<String> = self.denied.values().cloned().collect();
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        self.left_out.values().for_each(|why| *counts.entry(why).or_default() += 1);
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
