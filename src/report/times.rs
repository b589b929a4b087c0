//! Times as people read them: a clock time in UTC, a length of time in words.
//!
//! A report shows times to the millisecond at most, so lengths are reckoned between times cut to that: whoever takes two
//! of its times gets the length it states.

pub use crate::model::length;
use chrono::{DateTime, NaiveDate, SubsecRound, TimeDelta, Utc};
use regex::{Captures, Regex};
use std::sync::LazyLock;

/// The time as a report can show it.
pub fn shown(time: DateTime<Utc>) -> DateTime<Utc> {
    time.trunc_subsecs(3)
}

pub fn between(from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    shown(to) - shown(from)
}

/// The time between two that are printed in whole seconds, so that a reader who subtracts them finds the same.
pub fn whole_between(from: DateTime<Utc>, to: DateTime<Utc>) -> TimeDelta {
    let whole = to.trunc_subsecs(0) - from.trunc_subsecs(0);
    if whole.is_zero() { between(from, to) } else { whole }
}

/// Whether one time is later than another by what both tell: many records have whole seconds, and what such a second holds
/// has no order.
pub fn is_after(time: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    let is_whole = |time: DateTime<Utc>| time.trunc_subsecs(0) == time;
    match is_whole(time) || is_whole(other) {
        true => time.trunc_subsecs(0) > other.trunc_subsecs(0),
        false => time > other,
    }
}

/// How times are written in one report: without the date where all of it happened on one day.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    day: Option<NaiveDate>,
}

impl Clock {
    /// The clock for a report of these times.
    pub fn for_times(times: impl Iterator<Item = DateTime<Utc>>) -> Self {
        let mut days = times.map(|time| time.date_naive());
        let first = days.next();
        Self { day: first.filter(|first| days.all(|day| day == *first)) }
    }

    /// The day all times share.
    pub fn day(&self) -> Option<String> {
        self.day.map(|day| day.format("%Y-%m-%d").to_string())
    }

    /// `14:03:22Z`, or `2026-11-21 14:03:22Z` where the report spans days.
    pub fn time(&self, time: DateTime<Utc>) -> String {
        let form = if self.day == Some(time.date_naive()) { "%H:%M:%SZ" } else { "%Y-%m-%d %H:%M:%SZ" };
        time.format(form).to_string()
    }

    /// A sentence of ours with its whole times (`2026-11-21T14:03:22.25Z`) written as [`Self::time`] does.
    pub fn shortened(&self, sentence: &str) -> String {
        static WHOLE: LazyLock<Option<Regex>> =
            LazyLock::new(|| Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z").ok());
        let shown = |found: &Captures<'_>| {
            let whole = found.get(0).map_or("", |found| found.as_str());
            whole.parse::<DateTime<Utc>>().map_or(whole.to_owned(), |time| self.time(time))
        };
        WHOLE.as_ref().map_or(sentence.to_owned(), |whole| whole.replace_all(sentence, shown).into_owned())
    }
}

pub fn length_of_ms(milliseconds: i64) -> String {
    length(TimeDelta::try_milliseconds(milliseconds).unwrap_or(TimeDelta::MAX))
}

/// `1 kind`, `2 kinds`.
pub fn counted(count: usize, noun: &str) -> String {
    match (count, noun.split_once(" of ")) {
        (1, _) => format!("1 {noun}"),
        (_, Some((noun, of))) => format!("{count} {noun}s of {of}"),
        (_, None) => format!("{count} {noun}s"),
    }
}

/// `20 s`, where a time is known less exactly than to the second.
pub fn uncertainty(milliseconds: u32) -> Option<String> {
    (milliseconds > 1000).then(|| length_of_ms(i64::from(milliseconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_in_words() {
        let spoken = [0, 40, 400, 999, 45_000, 250_000, 3_600_000, 11_100_000, 187_200_000].map(length_of_ms);
        assert_eq!(spoken, ["0 s", "0.1 s", "0.4 s", "0.9 s", "45 s", "4 min 10 s", "1 h", "3 h 5 min", "2 d 4 h"]);
        length_of_ms(i64::MAX);
        length_of_ms(i64::MIN);
    }

    #[test]
    fn lengths_are_those_between_shown_times() {
        let at = |nanoseconds| DateTime::from_timestamp(100, nanoseconds).expect("a time");
        assert_eq!(between(at(900_999_999), at(902_000_000)), TimeDelta::milliseconds(2));
    }

    #[test]
    fn the_date_is_shown_where_days_differ() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().expect("a time");
        let one = Clock::for_times([at("2026-11-21T14:03:22Z"), at("2026-11-21T15:00:00.5Z")].into_iter());
        assert_eq!(one.time(at("2026-11-21T14:03:22.25Z")), "14:03:22Z");
        assert_eq!(one.shortened("a at 2026-11-21T14:03:22.25Z, b"), "a at 14:03:22Z, b");
        assert_eq!(one.shortened("a at 2026-11-22T14:03:22Z"), "a at 2026-11-22 14:03:22Z");
        assert_eq!(one.shortened("2026-99-99T14:03:22Z"), "2026-99-99T14:03:22Z");
        let two = Clock::for_times([at("2026-11-21T23:59:59Z"), at("2026-11-22T00:00:01Z")].into_iter());
        assert_eq!(two.time(at("2026-11-22T00:00:01Z")), "2026-11-22 00:00:01Z");
    }
}
