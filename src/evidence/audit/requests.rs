//! What requests tell taken together: those that had no end, that took long, and clients that flood the API server.

use super::actor::Actor;
use super::class::Class;
use super::log::{Log, Open, SLOW, Tally};
use crate::model::EntryId;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The word for floods, which are about the client and not about the API server.
pub const FLOODS: &str = "flood";

/// What some requests tell, and the record that shows it.
#[derive(Debug)]
pub struct Finding {
    pub what: &'static str,
    /// Who asked, where it is about one client.
    pub class: Option<Arc<Class>>,
    pub asked: String,
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    pub count: u64,
    pub entry: EntryId,
    pub line: u32,
    pub message: String,
    /// So much later at most: only the minute is known.
    pub within: TimeDelta,
}

/// What is known to the minute.
fn within(tally: &Tally) -> TimeDelta {
    if tally.is_counted { TimeDelta::minutes(1) } else { TimeDelta::zero() }
}

/// A request has 60 seconds (`--request-timeout` of kube-apiserver), and its end is written soon after.
const END_AFTER: TimeDelta = TimeDelta::seconds(70);

/// Requests whose end should be told where they stand, by class: their file goes on for longer than any may take, and no
/// file has their end.
pub fn never_ended(logs: &[Log]) -> Vec<Finding> {
    if logs.iter().any(|log| log.has_lost_ends) {
        return Vec::new();
    }
    let ended: BTreeSet<u128> = logs.iter().flat_map(|log| log.ended.iter().copied()).collect();
    let mut found: BTreeMap<Arc<Class>, Finding> = BTreeMap::new();
    let open = logs.iter().flat_map(|log| log.open_in_order().into_iter().map(move |(id, open)| (log, id, open)));
    for (log, _, open) in open.filter(|(_, id, _)| !ended.contains(id)) {
        if log.last - open.received < END_AFTER {
            continue;
        }
        let one = found.entry(open.class.clone()).or_insert_with(|| Finding {
            what: "never-ended",
            asked: open.class.asked(),
            class: Some(open.class.clone()),
            first: open.received,
            last: open.received,
            count: 0,
            entry: log.entry,
            line: open.line,
            message: String::new(),
            within: TimeDelta::zero(),
        });
        if open.received < one.first {
            (one.first, one.entry, one.line) = (open.received, log.entry, open.line);
        }
        one.last = one.last.max(open.received);
        one.count += 1;
    }
    let said = |one: Finding| {
        let message = format!(
            "{} by {}: the log has their beginning, goes on for more than 70 s, and has no end of them",
            counted(one.count, &one.asked),
            client(&one)
        );
        Finding { message, ..one }
    };
    found.into_values().map(said).collect()
}

/// Requests in which the API server itself failed.
pub fn panicked(logs: &[Log]) -> Vec<Finding> {
    let all = logs.iter().flat_map(|log| log.panics.iter().map(move |one| (log.entry, one)));
    let finding = |(entry, one): (EntryId, &Open)| Finding {
        what: "panicked",
        asked: one.class.asked(),
        class: Some(one.class.clone()),
        first: one.received,
        last: one.received,
        count: 1,
        entry,
        line: one.line,
        within: TimeDelta::zero(),
        message: format!(
            "the API server panicked while it answered {} by {}",
            one.class.asked(),
            one.class.actor.in_words()
        ),
    };
    all.map(finding).collect()
}

/// The minutes of all logs together, by minute and class.
pub type Minutes = BTreeMap<(i64, Arc<Class>), Tally>;

/// Adds the minutes of all logs up.
pub fn minutes(logs: &mut [Log]) -> Minutes {
    let mut all = Minutes::new();
    for log in logs {
        for (key, tally) in std::mem::take(&mut log.minutes) {
            all.entry(key).and_modify(|known| known.add(tally)).or_insert(tally);
        }
    }
    all
}

/// Spans of minutes in which an uncommon share of requests took longer than a second.
pub fn slow(minutes: &Minutes) -> Vec<Finding> {
    #[derive(Default)]
    struct Minute<'a> {
        count: u64,
        slow: u64,
        longest: Option<(&'a Class, Tally)>,
    }
    let mut by_minute: BTreeMap<i64, Minute<'_>> = BTreeMap::new();
    for ((minute, class), tally) in minutes {
        let all = by_minute.entry(*minute).or_default();
        all.count += tally.count;
        all.slow += tally.slow;
        if tally.slow > 0 && all.longest.is_none_or(|(_, known)| known.longest < tally.longest) {
            all.longest = Some((class, *tally));
        }
    }
    let per_thousand = |one: &Minute<'_>| one.slow * 1000 / one.count.max(1);
    let usual = median(by_minute.values().map(per_thousand));
    let is_slow = |one: &Minute<'_>| one.slow >= 5 && per_thousand(one) >= 50 && per_thousand(one) >= 10 * usual;
    let mut spans: Vec<Span<'_>> = Vec::new();
    for (minute, one) in by_minute.iter().filter(|(_, one)| is_slow(one)) {
        let Some((class, tally)) = one.longest else { continue };
        match spans.last_mut().filter(|span| span.last_minute + 1 == *minute) {
            Some(span) => span.add(*minute, (one.count, one.slow), (class, tally)),
            None => spans.push(Span {
                last_minute: *minute,
                count: one.count,
                slow: one.slow,
                longest: (class, tally),
                last: tally.last,
                first: tally.first,
                is_least: tally.is_counted,
            }),
        }
    }
    spans.iter().map(Span::finding).collect()
}

/// Minutes after each other in which requests were slow.
struct Span<'a> {
    last_minute: i64,
    count: u64,
    slow: u64,
    longest: (&'a Class, Tally),
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    /// Of some requests only the slowest is known.
    is_least: bool,
}

impl<'a> Span<'a> {
    fn add(&mut self, minute: i64, (count, slow): (u64, u64), (class, tally): (&'a Class, Tally)) {
        self.last_minute = minute;
        self.count = self.count.saturating_add(count);
        self.slow += slow;
        self.is_least |= tally.is_counted;
        self.last = self.last.max(tally.last);
        if tally.longest > self.longest.1.longest {
            self.longest = (class, tally);
        }
    }

    fn finding(&self) -> Finding {
        let (class, tally) = self.longest;
        let (asked, longest) = (class.asked(), tally.longest.as_seconds_f64());
        Finding {
            what: "slow",
            class: None,
            first: self.first,
            last: self.last,
            count: self.slow,
            entry: tally.longest_entry,
            line: tally.longest_line,
            within: within(&tally),
            message: format!(
                "{}{} of {} requests took longer than {} s, the longest {longest:.1} s ({asked})",
                if self.is_least { "at least " } else { "" },
                self.slow,
                self.count,
                SLOW.num_seconds()
            ),
            asked,
        }
    }
}

/// A flood has at least so many requests a minute: ten a second.
const FLOOD: u64 = 600;
/// Fewer minutes tell nothing of what is usual.
const ENOUGH_MINUTES: usize = 5;

/// Clients that sent at least ten times as many requests in a minute as they usually do, and half of all.
pub fn floods(minutes: &Minutes) -> Vec<Finding> {
    let mut all: BTreeMap<i64, u64> = BTreeMap::new();
    let mut by_client: BTreeMap<&Actor, BTreeMap<i64, Client<'_>>> = BTreeMap::new();
    for ((minute, class), tally) in minutes {
        *all.entry(*minute).or_default() += tally.count;
        let one = by_client.entry(&class.actor).or_default().entry(*minute).or_default();
        one.count += tally.count;
        if one.most.is_none_or(|(_, known)| known.count < tally.count) {
            one.most = Some((class, *tally));
        }
    }
    let (Some((first, _)), Some((last, _))) = (all.first_key_value(), all.last_key_value()) else { return Vec::new() };
    // Both are minutes of times that a text can hold.
    let span = usize::try_from(last - first + 1).unwrap_or(usize::MAX);
    if span < ENOUGH_MINUTES {
        return Vec::new();
    }
    let mut found = Vec::new();
    for of_client in by_client.values() {
        // In a minute without a record it sent nothing.
        let is_mostly_silent = of_client.len() * 2 <= span;
        let usual = if is_mostly_silent { 0 } else { median(of_client.values().map(|one| one.count)) };
        let is_flood = |minute: &i64, one: &Client<'_>| {
            let total = all.get(minute).copied().unwrap_or_default();
            one.count >= FLOOD && one.count >= 10 * usual && one.count * 2 >= total
        };
        found.extend(spans(of_client, is_flood, usual));
    }
    found
}

/// The requests of a client in one minute, and those of the class it has the most of.
#[derive(Default)]
struct Client<'a> {
    count: u64,
    most: Option<(&'a Arc<Class>, Tally)>,
}

fn spans(
    minutes: &BTreeMap<i64, Client<'_>>,
    is_flood: impl Fn(&i64, &Client<'_>) -> bool,
    usual: u64,
) -> Vec<Finding> {
    let mut found: Vec<(i64, Finding)> = Vec::new();
    for (minute, one) in minutes.iter().filter(|(minute, one)| is_flood(minute, one)) {
        let Some((class, tally)) = one.most else { continue };
        match found.last_mut().filter(|(last, _)| last + 1 == *minute) {
            Some((last, known)) => {
                *last = *minute;
                known.last = known.last.max(tally.last);
                known.count += one.count;
            }
            None => found.push((
                *minute,
                Finding {
                    what: FLOODS,
                    asked: class.asked(),
                    class: Some((*class).clone()),
                    first: tally.first,
                    last: tally.last,
                    count: one.count,
                    entry: tally.entry,
                    line: tally.line,
                    within: within(&tally),
                    message: format!(
                        "{} requests in a minute, half of all or more, most to {}; usually it sends {usual}",
                        one.count,
                        class.asked()
                    ),
                },
            )),
        }
    }
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn client(one: &Finding) -> String {
    one.class.as_ref().map(|class| class.actor.in_words()).unwrap_or_default()
}

fn counted(count: u64, asked: &str) -> String {
    if count == 1 { format!("a request to {asked}") } else { format!("{count} requests to {asked}") }
}
