//! Ages as kubectl prints them, `5m30s`, and how often something was seen, `2m (x5 over 10m)`.
//!
//! Sources: apimachinery, pkg/util/duration/duration.go (HumanDuration, ShortHumanDuration); kubectl,
//! pkg/describe/describe.go (DescribeEvents) and pkg/cmd/events/event_printer.go.

use chrono::{DateTime, TimeDelta, Utc};

/// How long ago something was: at least `least`, and less than `unit` more, which is how coarse it was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Age {
    pub least: TimeDelta,
    pub unit: TimeDelta,
}

/// When something was seen last, how often, and when first, where that was printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seen {
    pub last: Age,
    pub count: u64,
    pub first: Option<Age>,
}

/// The units of ages in seconds, from the largest. A year is 365 days to kubectl.
const UNITS: [(u8, i64); 5] = [(b'y', 365 * 86_400), (b'd', 86_400), (b'h', 3_600), (b'm', 60), (b's', 1)];

/// A hundred years, which no cluster has been there for.
const LONGEST: i64 = 100 * 365 * 86_400;

impl Age {
    /// Reads `5m30s`, `3h`, `45d`. What was not printed, `<unknown>`, or lay in the future, `<invalid>`, is none.
    ///
    /// A unit alone is taken for a whole one, as programs that print one unit mean it: `5m` may be 5m59s.
    pub fn of(text: &str) -> Option<Self> {
        let (mut seconds, mut unit, mut rest) = (0_i64, None, text.as_bytes());
        while !rest.is_empty() {
            let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
            let (digits, behind) = rest.split_at_checked(end).filter(|_| (1..=7).contains(&end))?;
            let number: i64 = std::str::from_utf8(digits).ok()?.parse().ok()?;
            let (letter, behind) = behind.split_first()?;
            let (_, length) = UNITS.iter().find(|(known, _)| known == letter)?;
            if unit.is_some_and(|before| *length >= before) {
                return None;
            }
            seconds = seconds.checked_add(number.checked_mul(*length)?)?;
            (unit, rest) = (Some(*length), behind);
        }
        let least = TimeDelta::try_seconds(seconds).filter(|_| seconds <= LONGEST)?;
        Some(Self { least, unit: TimeDelta::seconds(unit?) })
    }

    /// When it was, counted from `now`: not later than the first, and after the second.
    pub fn before(self, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let latest = now.checked_sub_signed(self.least)?;
        Some((latest, latest.checked_sub_signed(self.unit)?))
    }
}

impl Seen {
    /// Reads `5m` or `2m (x5 over 10m)`.
    pub fn of(text: &str) -> Option<Self> {
        let Some((last, rest)) = text.split_once(" (x") else {
            return Some(Self { last: Age::of(text)?, count: 1, first: None });
        };
        let (count, first) = rest.strip_suffix(')')?.split_once(" over ")?;
        Some(Self { last: Age::of(last)?, count: count.parse().ok()?, first: Age::of(first) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_form() {
        let age = |text: &str| Age::of(text).map(|age| (age.least.num_seconds(), age.unit.num_seconds()));
        let cases = [
            ("0s", (0, 1)),
            ("119s", (119, 1)),
            ("5m", (300, 60)),
            ("5m30s", (330, 1)),
            ("179m", (10_740, 60)),
            ("7h3m", (25_380, 60)),
            ("47h", (169_200, 3_600)),
            ("5d4h", (446_400, 3_600)),
            ("45d", (3_888_000, 86_400)),
            ("2y10d", (63_936_000, 86_400)),
        ];
        for (text, told) in cases {
            assert_eq!(age(text), Some(told), "{text}");
        }
        for text in
            ["", "<unknown>", "<invalid>", "5", "m", "5m5m", "5s3m", "-5m", "99999999s", "101y", "5m ago", "5µs"]
        {
            assert_eq!(age(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_seen_several_times() {
        let seen = Seen::of("5m35s (x4 over 7m21s)").expect("a count");
        assert_eq!((seen.count, seen.last, seen.first), (4, Age::of("5m35s").expect("an age"), Age::of("7m21s")));
        assert_eq!(Seen::of("16s").map(|seen| (seen.count, seen.first)), Some((1, None)));
        assert_eq!(Seen::of("16s (x2 over <unknown>)").map(|seen| (seen.count, seen.first)), Some((2, None)));
        for text in ["<unknown>", "5m (x", "5m (x2 over 3m", "5m (xy over 3m)"] {
            assert_eq!(Seen::of(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[0-9]{0,9}[ydhms]?[0-9]{0,9}[ydhms]?( \\(x[0-9]{0,22} over [0-9a-z<>]{0,9}\\)?)?") {
            let seen = Seen::of(&text);
            seen.map(|seen| (seen.last.before(DateTime::<Utc>::MIN_UTC), seen.last.before(DateTime::<Utc>::MAX_UTC)));
        }
    }
}
