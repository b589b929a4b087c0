//! Times as people write them on a command line: `10m`, `16:01`, `2026-11-21T16:01:26Z`.

use crate::model::Window;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// From when to when; both belong to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
}

impl Span {
    /// Whether it is all of time.
    pub fn is_open(&self) -> bool {
        *self == Self::default()
    }

    pub fn has(&self, at: DateTime<Utc>) -> bool {
        self.overlaps(at, at)
    }

    /// Whether something that went on from `from` to `to` was there in it.
    pub fn overlaps(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        self.from.is_none_or(|begin| to >= begin) && self.to.is_none_or(|end| from <= end)
    }

    /// What began at a time that is written down, or is of any time where none is.
    pub fn has_written(&self, at: &str) -> bool {
        self.is_open() || at.parse::<DateTime<Utc>>().is_ok_and(|at| self.has(at))
    }
}

const TIMES: &str = "write a time as 2026-11-21T16:01:26Z, as 16:01 or 16:01:26 of the day of the records (UTC), or as 10m before their end";

/// A length as `90s`, `10m`, `1h30m`, `2d`.
pub fn length(text: &str) -> Result<TimeDelta, String> {
    let length = humantime::parse_duration(text).map_err(|_| "write a length as 90s, 10m, 1h30m or 2d".to_owned())?;
    TimeDelta::from_std(length).map_err(|_| "it is longer than any record".to_owned())
}

/// A time within or beside a window; a length counts back from its end, which is when the records were collected.
pub fn time(text: &str, window: Window) -> Result<DateTime<Utc>, String> {
    if let Ok(time) = text.parse::<DateTime<Utc>>() {
        return Ok(time);
    }
    let whole = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    if let Some(time) = whole.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()) {
        return Ok(time.and_utc());
    }
    let bare = text.trim_end_matches(['Z', 'z']);
    if let Some(time) = ["%H:%M:%S%.f", "%H:%M"].iter().find_map(|form| NaiveTime::parse_from_str(bare, form).ok()) {
        return Ok(nearest(time, window));
    }
    let before = length(text).map_err(|_| TIMES.to_owned())?;
    window.to.checked_sub_signed(before).ok_or_else(|| TIMES.to_owned())
}

/// That time of a day, on the first day of the window on which it is within it; else on the day on which it ends.
fn nearest(time: NaiveTime, window: Window) -> DateTime<Utc> {
    let on = |day: NaiveDate| day.and_time(time).and_utc();
    let (first, last) = (window.from.date_naive(), window.to.date_naive());
    let is_within = |at: &DateTime<Utc>| (window.from..=window.to).contains(at);
    first.iter_days().take_while(|day| *day <= last).take(32).map(on).find(is_within).unwrap_or_else(|| on(last))
}

/// So much before and after a time.
pub fn around(at: DateTime<Utc>, within: TimeDelta) -> Span {
    Span { from: at.checked_sub_signed(within), to: at.checked_add_signed(within) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("a time")
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        let window = Window::new(at("2026-11-20T23:00:00Z"), at("2026-11-21T01:00:00Z"));
        for (text, time_of) in [
            ("2026-11-21T00:10:00Z", "2026-11-21T00:10:00Z"),
            ("2026-11-21T01:10:00+01:00", "2026-11-21T00:10:00Z"),
            ("2026-11-21 00:10", "2026-11-21T00:10:00Z"),
            ("23:30", "2026-11-20T23:30:00Z"),
            ("00:30:15Z", "2026-11-21T00:30:15Z"),
            ("12:00", "2026-11-21T12:00:00Z"),
            ("10m", "2026-11-21T00:50:00Z"),
        ] {
            assert_eq!(time(text, window), Ok(at(time_of)), "{text}");
        }
        for text in ["", "soon", "25:00", "-5m", "99999999999999y"] {
            assert!(time(text, window).is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_has_its_ends() {
        let span = around(at("2026-11-21T00:10:00Z"), TimeDelta::minutes(2));
        assert!(span.has(at("2026-11-21T00:08:00Z")) && span.has(at("2026-11-21T00:12:00Z")));
        assert!(
            !span.has(at("2026-11-21T00:12:01Z"))
                && span.overlaps(at("2026-11-20T00:00:00Z"), at("2026-11-22T00:00:00Z"))
        );
        assert!(Span::default().is_open() && Span::default().has_written("no time") && !span.has_written("no time"));
    }
}
