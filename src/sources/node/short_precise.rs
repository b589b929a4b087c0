//! The form of the journals in an archive: `journalctl -o short-precise --utc`, microseconds and no year.

use super::log_cut::Stamp;
use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, Utc};

/// Reads `Nov 21 06:58:33.518248` at the beginning of a line, as a time in the year before `near`, or just after it.
pub fn stamp(near: DateTime<Utc>) -> Stamp {
    Box::new(move |line| {
        let text = std::str::from_utf8(line.get(..22)?).ok()?;
        let with_year = |year: i32| {
            let time = NaiveDateTime::parse_from_str(&format!("{year} {text}"), "%Y %b %d %H:%M:%S%.f").ok()?;
            Some(time.and_utc())
        };
        nearest(near, with_year)
    })
}

/// The time in the year that fits `near` best: in the year before it, or up to two days after it.
pub fn nearest(near: DateTime<Utc>, with_year: impl Fn(i32) -> Option<DateTime<Utc>>) -> Option<DateTime<Utc>> {
    let this = with_year(near.year());
    let next = with_year(near.year() + 1).filter(|time| *time - near < TimeDelta::days(2));
    let this = this.filter(|time| *time - near < TimeDelta::days(180));
    next.or(this).or_else(|| with_year(near.year() - 1))
}

/// A time as journalctl prints it.
pub fn time(time: DateTime<Utc>) -> String {
    time.format("%b %d %H:%M:%S%.6f").to_string()
}

/// One entry; a message of several lines is indented as journalctl does, so that no part of it looks like an entry.
pub fn line(at: DateTime<Utc>, host: &str, program: &str, message: &[u8]) -> String {
    let message = String::from_utf8_lossy(message);
    format!("{} {host} {program}: {}\n", time(at), message.trim_end().replace('\n', "\n    "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn new_year(year: i32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(year, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 30)).expect("a date").and_utc()
    }

    #[test]
    fn the_year_is_the_one_that_fits() {
        let stamp = stamp(new_year(2027));
        let read = |text: &str| stamp(text.as_bytes()).map(|time| time.year());
        assert_eq!(read("Dec 31 23:59:59.000001 node-1 kernel: x"), Some(2026));
        assert_eq!(read("Jan 01 00:00:10.000001 node-1 kernel: x"), Some(2027));
        assert_eq!(read("-- Boot 0123456789abcdef0123456789abcdef --"), None);
        let december = super::stamp(new_year(2027) - TimeDelta::minutes(1));
        assert_eq!(december(b"Jan 01 00:00:10.000001 node-1 kernel: x").map(|time| time.year()), Some(2027));
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        let at = new_year(2027);
        let written = format!("{} node-1 kernel: x", time(at));
        assert_eq!(stamp(at)(written.as_bytes()), Some(at));
    }

    #[test]
    fn lines_have_the_form_of_journalctl() {
        let time = DateTime::from_timestamp_micros(1_795_244_313_518_248).expect("a time");
        assert_eq!(line(time, "node-1", "kernel", b"a\nb\n"), "Nov 21 06:58:33.518248 node-1 kernel: a\n    b\n");
    }
}
