//! Times as lines bear them: RFC 3339, and those without a year, which get one by one rule.

use super::months;
use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// How much later than the reference a time without a year may be: clocks differ, zones by up to fourteen hours.
const AHEAD: TimeDelta = TimeDelta::days(2);

/// A time of RFC 3339 and nothing else.
pub fn rfc3339(text: &[u8]) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(std::str::from_utf8(text).ok()?).ok().map(|time| time.to_utc())
}

/// The time of RFC 3339 at the beginning of a line, before its first space: so the API shows logs with
/// `timestamps=true`.
pub fn leading_rfc3339(line: &[u8]) -> Option<DateTime<Utc>> {
    rfc3339(line.split(|byte| *byte == b' ').next()?)
}

/// When a line was written, as far as it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    At(DateTime<Utc>),
    /// By the clock of whoever wrote it, in its zone.
    Yearless(Yearless),
    Local(NaiveDateTime),
}

impl Stamp {
    /// As a time of UTC, for a clock that is `ahead` of it where the stamp has no zone; a year that is not said is as
    /// of [`Yearless::until`].
    pub fn until(self, reference: DateTime<Utc>, ahead: TimeDelta) -> Option<DateTime<Utc>> {
        let local = match self {
            Self::At(at) => return Some(at),
            Self::Yearless(stamp) => stamp.until(reference.checked_add_signed(ahead)?)?,
            Self::Local(local) => local.and_utc(),
        };
        local.checked_sub_signed(ahead)
    }
}

/// Month, day and time of a clock, of no year and no zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Yearless {
    month: u32,
    day: u32,
    time: NaiveTime,
}

impl Yearless {
    /// `Nov 21 06:58:33.518248` at the beginning of a line (RFC 3164, journalctl), and what follows it. The day may be
    /// padded, the fraction may lack; the month may be in another language, see `months`.
    pub fn of_syslog(line: &[u8]) -> Option<(Self, &[u8])> {
        let (month, rest) = months::leading(line)?;
        let (day, rest) = digits(rest.strip_prefix(b" ")?.trim_ascii_start())?;
        Self::with_time(month, day, rest.strip_prefix(b" ")?.trim_ascii_start())
    }

    /// `1121 06:58:33.501922` at the beginning of a text (klog, after its letter), and what follows it.
    pub fn of_klog(text: &[u8]) -> Option<(Self, &[u8])> {
        let (month, rest) = two_digits(text)?;
        let (day, rest) = two_digits(rest)?;
        Self::with_time(month, day, rest.strip_prefix(b" ")?)
    }

    fn with_time(month: u32, day: u32, text: &[u8]) -> Option<(Self, &[u8])> {
        let (hour, rest) = two_digits(text)?;
        let (minute, rest) = two_digits(rest.strip_prefix(b":")?)?;
        let (second, rest) = two_digits(rest.strip_prefix(b":")?)?;
        let (nanos, rest) = rest.strip_prefix(b".").and_then(fraction).unwrap_or((0, rest));
        // A leap second is a second of more than a thousand milliseconds to chrono.
        let leap = if second == 60 { 1_000_000_000 } else { 0 };
        let time = NaiveTime::from_hms_nano_opt(hour, minute, second - u32::from(second == 60), nanos + leap)?;
        Some((Self { month, day, time }, rest))
    }

    /// As a time of UTC, in the latest year in which it is not after `reference`, but for what clocks and zones differ
    /// by. Logs tell of what has been: a line that seems to be of next month is eleven months old.
    pub fn until(self, reference: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let latest = reference.checked_add_signed(AHEAD).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let in_year = |year: i32| {
            let day = NaiveDate::from_ymd_opt(year, self.month, self.day)?;
            Some(day.and_time(self.time).and_utc())
        };
        let year = latest.year();
        [year, year - 1].into_iter().filter_map(in_year).find(|time| *time <= latest)
    }
}

/// The number at the beginning of a text, of at most two digits.
fn digits(text: &[u8]) -> Option<(u32, &[u8])> {
    two_digits(text).or_else(|| match text {
        [digit @ b'0'..=b'9', rest @ ..] => Some((u32::from(digit - b'0'), rest)),
        _ => None,
    })
}

fn two_digits(text: &[u8]) -> Option<(u32, &[u8])> {
    match text {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', rest @ ..] => {
            Some((u32::from(tens - b'0') * 10 + u32::from(ones - b'0'), rest))
        }
        _ => None,
    }
}

/// Nanoseconds, from digits after the point; more than nine say no more.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(end).filter(|(digits, _)| !digits.is_empty())?;
    let padded = digits.iter().copied().chain(std::iter::repeat(b'0')).take(9);
    Some((padded.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0')), rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        rfc3339(text.as_bytes()).expect("a time")
    }

    fn syslog(line: &str, reference: &str) -> Option<String> {
        let (stamp, _) = Yearless::of_syslog(line.as_bytes())?;
        Some(stamp.until(at(reference))?.to_rfc3339())
    }

    #[test]
    fn the_year_is_the_latest_that_has_been() {
        let years = [
            ("Nov 21 06:58:33", "2026-11-21T07:10:00Z", 2026),
            ("Dec 31 23:59:59", "2027-01-01T00:10:00Z", 2026),
            ("Jan 01 00:00:10", "2027-01-01T00:10:00Z", 2027),
            // A clock that is ahead, or another zone.
            ("Jan 01 00:00:10", "2026-12-31T23:59:30Z", 2027),
            ("Nov 22 20:00:00", "2026-11-21T07:10:00Z", 2026),
            // Neither half a year back nor more is the future.
            ("Apr  1 00:00:00", "2026-11-21T07:10:00Z", 2026),
            ("Nov 30 00:00:00", "2026-11-21T07:10:00Z", 2025),
            ("Feb 29 00:00:00", "2028-03-01T00:00:00Z", 2028),
        ];
        for (line, reference, year) in years {
            let found = syslog(line, reference).expect(line);
            assert!(found.starts_with(&year.to_string()), "{line} until {reference}: {found}");
        }
        assert_eq!(syslog("Feb 29 00:00:00", "2026-03-01T00:00:00Z"), None);
    }

    #[test]
    fn both_forms_of_a_day() {
        let reference = "2026-11-21T07:10:00Z";
        for line in [
            "Nov  1 06:58:33.5 n x",
            "nov.  1 06:58:33.5 n x",
            "marras 1 06:58:33.5 n x",
            "Nov 01 06:58:33.500000 n x",
            "Nov 1 06:58:33.5000000000 n",
        ] {
            assert_eq!(syslog(line, reference).as_deref(), Some("2026-11-01T06:58:33.500+00:00"), "{line}");
        }
        let (stamp, rest) = Yearless::of_klog(b"1121 06:58:33.501922      74 x").expect("a time");
        assert_eq!(stamp.until(at(reference)), Some(at("2026-11-21T06:58:33.501922Z")));
        assert_eq!(rest, b"      74 x");
        for line in ["Nov 31 07:00:00", "Nov", "nev 21 07:00:00", "Nov 21 7:00:00", "Nov 21 24:00:00", "-- Boot 0 --"] {
            assert_eq!(syslog(line, reference), None, "{line}");
        }
    }

    #[test]
    fn the_time_of_a_containers_line() {
        let time = at("2026-11-21T06:58:33.518248123Z");
        assert_eq!(leading_rfc3339(b"2026-11-21T06:58:33.518248123Z hello"), Some(time));
        assert_eq!(leading_rfc3339(b"2026-11-21T08:58:33.518248123+02:00"), Some(time));
        assert_eq!(leading_rfc3339(b"hello 2026-11-21T06:58:33Z"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(text in proptest::collection::vec(any::<u8>(), 0..60)) {
            let stamp = Yearless::of_syslog(&text).or_else(|| Yearless::of_klog(&text));
            stamp.map(|(stamp, _)| stamp.until(DateTime::<Utc>::MAX_UTC));
            leading_rfc3339(&text);
        }
    }
}
