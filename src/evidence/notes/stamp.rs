//! The time at the beginning of a note, as people and chats write it: with or without its day, its seconds and its zone.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta, Utc};
use regex::Regex;
use std::sync::LazyLock;

/// A time as far as it is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    pub day: Option<NaiveDate>,
    pub time: NaiveTime,
    pub has_seconds: bool,
    /// Of a span, when it ended.
    pub until: Option<NaiveTime>,
    pub zone: Zone,
}

/// The zone of a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// None is written.
    Unsaid,
    /// So far ahead of UTC.
    Ahead(FixedOffset),
    /// An abbreviation as `CST`, which is several zones.
    Abbreviated,
}

/// What a file says of the times in it that do not say all themselves.
#[derive(Clone, Copy, Debug, Default)]
pub struct Said {
    pub day: Option<NaiveDate>,
    pub zone: Option<FixedOffset>,
}

static CLOCK: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let day = r"(?:(?P<y>\d{4})[-/](?P<mo>\d{2})[-/](?P<d>\d{2})(?:[Tt]|,? (?:at )?|  ?))?";
    Regex::new(&format!(
        r"^{day}(?P<h>\d{{1,2}}):(?P<m>\d{{2}})(?::(?P<s>\d{{2}})(?:[.,](?P<f>\d{{1,9}}))?)?(?: ?(?P<half>[AaPp])\.?[Mm](?:\.|\b))?"
    ))
    .ok()
});
static UNTIL: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^ ?(?:-|–|—|to|until) ?(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2}))?\b").ok());
static ZONE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"^(?: ?\(?(?P<utc>Z|UTC|GMT|utc|z)(?:(?P<us>[+-])(?P<uh>\d{1,2})(?::?(?P<um>\d{2}))?)?\)?(?:[^\w+-]|$)| ?(?P<sign>[+-])(?P<h>\d{2}):?(?P<m>\d{2})(?:\W|$))").ok()
});
/// Abbreviations of zones, most of which stand for more than one.
static SHORT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let names = "ACDT|ACST|AEDT|AEST|AKDT|AKST|AST|ADT|AWST|BRT|BST|CDT|CEST|CET|CST|EDT|EEST|EET|EST|HKT|HST|IST|JST|KST|\
                 MDT|MSK|MST|NZDT|NZST|PDT|PST|SGT|WEST|WET";
    Regex::new(&format!(r"^ ?\(?(?:{names})\b\)?")).ok()
});
static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let months = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec";
    Regex::new(&format!(
        r"(?i)\b(?:(?P<y>\d{{4}})[-/](?P<m>\d{{2}})[-/](?P<d>\d{{2}})|(?P<d2>\d{{1,2}})(?:st|nd|rd|th)?\.? (?P<m2>{months})[a-z]*\.?,? (?P<y2>\d{{4}})|(?P<m3>{months})[a-z]*\.? (?P<d3>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<y3>\d{{4}}))\b"
    ))
    .ok()
});
static NAMED_ZONE: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:UTC|GMT)(?: ?(?P<us>[+-]) ?(?P<uh>\d{1,2})(?::?(?P<um>\d{2}))?)?\b").ok());

impl Stamp {
    /// The time that a text begins with, and the rest of the text; none where it begins with none.
    pub fn read(text: &str) -> Option<(Self, &str)> {
        let found = CLOCK.as_ref()?.captures(text)?;
        let number = |name: &str| found.name(name).and_then(|one| one.as_str().parse::<u32>().ok());
        let day = match number("y").zip(number("mo")).zip(number("d")) {
            Some(((year, month), day)) => Some(NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?),
            None => None,
        };
        let half = found.name("half").map(|one| one.as_str().eq_ignore_ascii_case("p"));
        let hour = match (number("h")?, half) {
            (hour, None) => hour,
            (hour @ 1..=12, Some(is_afternoon)) => hour % 12 + if is_afternoon { 12 } else { 0 },
            _ => return None,
        };
        let digits = found.name("f").map_or("", |one| one.as_str());
        let nanos = format!("{digits:0<9}").parse().ok()?;
        let time = NaiveTime::from_hms_nano_opt(hour, number("m")?, number("s").unwrap_or(0), nanos)?;
        let rest = text.get(found.get(0)?.end()..)?;
        // `12:30abc` or `1:23:45:06` is no time.
        if rest.starts_with(|one: char| {
            one.is_ascii_digit()
                || one == ':' && rest.get(1..).is_some_and(|rest| rest.starts_with(|one: char| one.is_ascii_digit()))
        }) {
            return None;
        }
        // `-05:00` behind a day is a zone, `-03:20` the end of a span: no zone is twenty minutes from another.
        let (zone, rest, until) = match zone(rest) {
            (Zone::Ahead(ahead), rest) if day.is_some() => (Zone::Ahead(ahead), rest, None),
            _ => {
                let (until, rest) = until(rest);
                let (zone, rest) = zone(rest);
                (zone, rest, until)
            }
        };
        let is_glued = rest.starts_with(char::is_alphanumeric) && zone == Zone::Unsaid && until.is_none();
        (!is_glued).then_some((Self { day, time, has_seconds: number("s").is_some(), until, zone }, rest))
    }

    /// The moment it is, and of a span its end; why not, where the file does not say enough.
    pub fn at(self, said: Said) -> Result<(DateTime<Utc>, Option<DateTime<Utc>>), &'static str> {
        let zone = match self.zone {
            Zone::Ahead(zone) => zone,
            Zone::Abbreviated => return Err("its time zone is an abbreviation, which may be several zones"),
            Zone::Unsaid => said.zone.ok_or("no time zone, and none is said for the file")?,
        };
        let day = self.day.or(said.day).ok_or("no day, and none is said above it")?;
        let moment = |day: NaiveDate, time| day.and_time(time).and_local_timezone(zone).single().map(|at| at.to_utc());
        let at = moment(day, self.time).ok_or("a time that no calendar has")?;
        let next_day = |time: &NaiveTime| if *time < self.time { day + TimeDelta::days(1) } else { day };
        Ok((at, self.until.and_then(|time| moment(next_day(&time), time))))
    }
}

/// `-03:20`: the end of a span, and the rest.
fn until(text: &str) -> (Option<NaiveTime>, &str) {
    let found = UNTIL.as_ref().and_then(|form| form.captures(text));
    let time = found.and_then(|found| {
        let number = |name: &str| found.name(name).and_then(|one| one.as_str().parse::<u32>().ok());
        let time = NaiveTime::from_hms_opt(number("h")?, number("m")?, number("s").unwrap_or(0))?;
        Some((Some(time), text.get(found.get(0)?.end()..)?))
    });
    time.unwrap_or((None, text))
}

/// The zone that follows a time, and the rest.
fn zone(text: &str) -> (Zone, &str) {
    if let Some(found) = ZONE.as_ref().and_then(|form| form.captures(text)) {
        let part = |name: &str| found.name(name).map(|one| one.as_str());
        let zone = match part("utc") {
            Some(_) => offset(part("us"), part("uh"), part("um")),
            None => offset(part("sign"), part("h"), part("m")),
        };
        // The sign behind is looked at, and not taken.
        let last = ["um", "uh", "utc", "m"].iter().find_map(|name| found.name(name)).map_or(0, |one| one.end());
        let rest = text.get(last..).unwrap_or_default();
        if let Some(zone) = zone {
            return (
                Zone::Ahead(zone),
                rest.strip_prefix(')').filter(|_| text.starts_with([' ', '('])).unwrap_or(rest),
            );
        }
    }
    match SHORT.as_ref().and_then(|form| form.find(text)) {
        Some(found) => (Zone::Abbreviated, text.get(found.end()..).unwrap_or_default()),
        None => (Zone::Unsaid, text),
    }
}

fn offset(sign: Option<&str>, hours: Option<&str>, minutes: Option<&str>) -> Option<FixedOffset> {
    let number = |text: Option<&str>| text.map_or(Some(0), |text| text.parse::<i32>().ok());
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 14 || minutes % 15 != 0 || minutes > 45 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    FixedOffset::east_opt(if sign == Some("-") { -seconds } else { seconds })
}

/// The day that a heading names, in a form that is one in every country.
pub fn day_of(text: &str) -> Option<NaiveDate> {
    let found = DATE.as_ref()?.captures(text)?;
    let part = |names: [&str; 3]| names.iter().find_map(|name| found.name(name)).map(|one| one.as_str());
    let month = part(["m", "m2", "m3"])?;
    let month = month.parse::<u32>().ok().or_else(|| {
        let short = month.get(..3)?.to_ascii_lowercase();
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
        (1..).zip(months).find(|(_, name)| *name == short).map(|(number, _)| number)
    })?;
    NaiveDate::from_ymd_opt(part(["y", "y2", "y3"])?.parse().ok()?, month, part(["d", "d2", "d3"])?.parse().ok()?)
}

/// Whether a text is a day and nothing else that says anything.
pub fn is_day_alone(text: &str) -> bool {
    let without = DATE.as_ref().map(|form| form.replace(text, "")).unwrap_or_default();
    let without = NAMED_ZONE.as_ref().map(|form| form.replace_all(&without, "").into_owned()).unwrap_or_default();
    let words = without.split(|one: char| !one.is_alphanumeric()).filter(|word| !word.is_empty());
    let weekdays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let says_nothing = |word: &str| {
        let lower = word.to_ascii_lowercase();
        lower == "date" || lower == "day" || lower.len() <= 9 && weekdays.iter().any(|day| lower.starts_with(day))
    };
    day_of(text).is_some() && words.into_iter().all(says_nothing)
}

/// The zone that a text names: `UTC`, `GMT`, `UTC+1`.
pub fn zone_of(text: &str) -> Option<FixedOffset> {
    let found = NAMED_ZONE.as_ref()?.captures(text)?;
    let part = |name: &str| found.name(name).map(|one| one.as_str());
    offset(part("us"), part("uh"), part("um"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Option<String> {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21);
        let (stamp, rest) = Stamp::read(text)?;
        let time = stamp.at(Said { day, zone: None }).map_or_else(str::to_owned, |(at, until)| {
            let end = until.map(|end| format!(" to {}", end.format("%dT%H:%M:%S"))).unwrap_or_default();
            format!("{}{end}", at.format("%dT%H:%M:%S%.f"))
        });
        Some(format!("{time}|{rest}"))
    }

    #[test]
    fn times_as_people_and_chats_write_them() {
        for (text, expected) in [
            ("03:15 UTC @jane: x", "21T03:15:00| @jane: x"),
            ("3:15:07Z x", "21T03:15:07| x"),
            ("2026-11-22T03:15Z — text", "22T03:15:00| — text"),
            ("2026-11-22T03:15:22.5+01:00 x", "22T02:15:22.500| x"),
            ("2026-11-22 03:15:22,250 +0530: x", "21T21:45:22.250|: x"),
            ("2026-11-22 03:15-05:00 x", "22T08:15:00| x"),
            ("2026-11-22 03:15-03:20 UTC x", "22T03:15:00 to 22T03:20:00| x"),
            ("03:15-03:20 UTC x", "21T03:15:00 to 21T03:20:00| x"),
            ("23:58 – 00:05 (UTC) x", "21T23:58:00 to 22T00:05:00| x"),
            ("03:15 PM UTC+2] x", "21T13:15:00|] x"),
            ("12:05 a.m. GMT: x", "21T00:05:00|: x"),
            ("03:15 CST x", "its time zone is an abbreviation, which may be several zones| x"),
            ("03:15 CPU is high", "no time zone, and none is said for the file| CPU is high"),
            ("03:15 - 2 pods", "no time zone, and none is said for the file| - 2 pods"),
            ("03:15 UTC-based", "no time zone, and none is said for the file| UTC-based"),
        ] {
            assert_eq!(at(text).as_deref(), Some(expected), "{text}");
        }
        for none in
            ["", "3 pods", "03:1", "25:00 x", "03:15:16:17", "10:30abc", "2026-13-01 03:15Z", "21/11/2026, 03:15"]
        {
            assert_eq!(at(none), None, "{none}");
        }
    }

    #[test]
    fn days_and_zones_of_headings() {
        let expected = NaiveDate::from_ymd_opt(2026, 11, 21);
        for text in ["# Timeline 2026-11-21 (UTC)", "Saturday, November 21st, 2026", "21. Nov 2026", "2026/11/21"] {
            assert_eq!(day_of(text), expected, "{text}");
        }
        for text in ["21/11/2026", "11-21-2026", "2026-11", "version 2026-13-45"] {
            assert_eq!(day_of(text), None, "{text}");
        }
        assert!(is_day_alone("--- Saturday, November 21st, 2026 (UTC) ---") && is_day_alone("Date: 2026-11-21"));
        assert!(!is_day_alone("deployed on 2026-11-20") && !is_day_alone("Saturday"));
        assert_eq!(zone_of("All times UTC+5:30.").map(|zone| zone.local_minus_utc()), Some(19_800));
        assert_eq!((zone_of("times of Berlin"), zone_of("UTC").is_some()), (None, true));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), digits in "[0-9:TZUTC+ ()apm.-]{0,40}") {
            for text in [&text, &digits] {
                Stamp::read(text);
                day_of(text);
                zone_of(text);
                is_day_alone(text);
            }
        }
    }
}
