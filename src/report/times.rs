//! Times as people read them: a clock time in UTC, a length of time in words.
//!
//! Times come as RFC 3339 text; one that cannot be read is shown as it came and takes part in no arithmetic.

use super::safe;
pub use crate::model::length;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

pub fn parse(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|time| time.with_timezone(&Utc))
}

pub fn between(from: &str, to: &str) -> Option<TimeDelta> {
    Some(parse(to)? - parse(from)?)
}

/// How times are written in one report: without the date where all of it happened on one day.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    day: Option<NaiveDate>,
}

impl Clock {
    /// The clock for a report whose times lie between the earliest and the latest of `times`.
    pub fn for_times<'a>(times: impl Iterator<Item = &'a str>) -> Self {
        let mut days = times.filter_map(parse).map(|time| time.date_naive());
        let first = days.next();
        Self { day: first.filter(|first| days.all(|day| day == *first)) }
    }

    /// The day all times share.
    pub fn day(&self) -> Option<String> {
        self.day.map(|day| day.format("%Y-%m-%d").to_string())
    }

    /// `14:03:22Z`, or `2026-11-21 14:03:22Z` where the report spans days.
    pub fn time(&self, text: &str) -> String {
        match parse(text) {
            None => safe::clean(text, 40),
            Some(time) if self.day == Some(time.date_naive()) => time.format("%H:%M:%SZ").to_string(),
            Some(time) => time.format("%Y-%m-%d %H:%M:%SZ").to_string(),
        }
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
    fn the_date_is_shown_where_days_differ() {
        let one = Clock::for_times(["2026-11-21T14:03:22Z", "2026-11-21T15:00:00.5Z"].into_iter());
        assert_eq!(one.time("2026-11-21T14:03:22.25Z"), "14:03:22Z");
        let two = Clock::for_times(["2026-11-21T23:59:59Z", "2026-11-22T00:00:01Z"].into_iter());
        assert_eq!(two.time("2026-11-22T00:00:01Z"), "2026-11-22 00:00:01Z");
        assert_eq!(two.time("yester\nday"), "yester day");
    }
}
