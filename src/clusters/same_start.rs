//! The same beginning in several clusters: one change that was brought to all of them, or one kind of trouble of the same
//! object.

use super::{Account, Crossing, Side};
use crate::cascade::Grade;
use crate::model::rfc3339;
use crate::report::names;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

pub const NAME: &str = "same-start";

/// A change that is brought to one cluster after the other takes its time.
const APART: TimeDelta = TimeDelta::hours(1);

/// By subject, signal and whether it is a change: the first of each cluster.
type Starts<'a> = BTreeMap<(String, &'a str, bool), Vec<(&'a Account, &'a super::Trouble)>>;

pub fn find(accounts: &[Account], found: &mut Vec<Crossing>) {
    let mut starts = Starts::new();
    for account in accounts {
        for start in account.starts.iter().filter_map(|index| account.trouble(*index)) {
            let key = (names::workload_of(&start.subject), start.signal.as_str(), start.is_change);
            let of_all = starts.entry(key).or_default();
            // One of each cluster.
            if of_all.last().is_none_or(|(last, _)| last.name != account.name) {
                of_all.push((account, start));
            }
        }
    }
    for ((subject, signal, is_change), mut of) in starts {
        of.sort_by_key(|(_, start)| start.from.time);
        let (Some((_, first)), Some((_, last))) = (of.first(), of.last()) else { continue };
        // What is there once in every cluster begins alike by chance.
        let is_named = is_change || subject.contains('/');
        if of.len() < 2 || last.from.time - first.from.time > APART || !is_named {
            continue;
        }
        let at: Vec<String> =
            of.iter().map(|(account, start)| format!("{} at {}", account.name, rfc3339(start.from.time))).collect();
        // Changes of one object may be of different things: only what is told alike is the same.
        let is_same = of.iter().all(|(_, start)| start.title == first.title);
        let (what, grade) = match (is_change, is_same) {
            (true, true) => ("began with the same change", Grade::Known),
            (true, false) => ("began with changes of the same object, which are not told alike", Grade::Order),
            (false, _) => ("began alike", Grade::Order),
        };
        let titles: BTreeSet<&str> = of.iter().map(|(_, start)| start.title.as_str()).collect();
        let titles = titles.into_iter().collect::<Vec<_>>().join("; ");
        let statement =
            format!("In {} clusters it {what}, {signal} of {subject}: {}. {titles}.", of.len(), at.join(", "));
        let sides = of.iter().map(|(account, start)| Side::of(account, start)).collect();
        found.push(Crossing::new(NAME, grade, statement, sides));
    }
}
