//! Times as tables of people and programs bear them. One without a zone is none: nobody can say when it was.

use crate::logline::stamp;
use chrono::{DateTime, Datelike, Utc};

/// Forms with a zone, beside RFC 3339 and RFC 2822.
const FORMS: &[&str] = &[
    "%Y-%m-%d %H:%M:%S%.f %z",
    "%Y-%m-%d %H:%M:%S%.f%z",
    "%Y-%m-%dT%H:%M:%S%.f%z",
    "%Y/%m/%d %H:%M:%S%.f %z",
    "%d/%b/%Y:%H:%M:%S %z",
    "%a %b %e %H:%M:%S %z %Y",
];

/// Seconds since 1970 from which on a number is one of milliseconds: the year 5138.
const LEAST_MILLISECONDS: i64 = 100_000_000_000;

/// A time in a common form with its zone: RFC 3339, RFC 2822, the same with spaces, `UTC` or `GMT` behind it, seconds or
/// milliseconds since 1970.
///
/// Years of more digits are none: nobody wrote them, and sums with them are no times.
pub fn read(text: &str) -> Option<DateTime<Utc>> {
    in_any_form(text.trim()).filter(|time| (2..=9998).contains(&time.year()))
}

fn in_any_form(text: &str) -> Option<DateTime<Utc>> {
    if let Some(time) = stamp::rfc3339(text.as_bytes()) {
        return Some(time);
    }
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return since_1970(text);
    }
    let named = ["UTC", "GMT", "Z"].into_iter().find_map(|zone| text.strip_suffix(zone));
    let numbered = named.map_or_else(|| text.to_owned(), |rest| format!("{} +0000", rest.trim_end()));
    let in_form = |form: &&str| DateTime::parse_from_str(&numbered, form).ok();
    let found = FORMS.iter().find_map(in_form).or_else(|| DateTime::parse_from_rfc2822(text).ok());
    found.map(|time| time.to_utc())
}

fn since_1970(text: &str) -> Option<DateTime<Utc>> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole: i64 = whole.parse().ok().filter(|seconds| *seconds >= 100_000_000)?;
    if whole >= LEAST_MILLISECONDS {
        return DateTime::from_timestamp_millis(whole);
    }
    let digits: String = fraction.chars().chain("000000000".chars()).take(9).collect();
    DateTime::from_timestamp(whole, digits.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn common_forms_with_a_zone() {
        let expected = "2026-11-21T16:00:23Z".parse::<DateTime<Utc>>().ok();
        for text in [
            "2026-11-21T16:00:23Z",
            "2026-11-21T17:00:23+01:00",
            "2026-11-21T17:00:23+0100",
            "2026-11-21 16:00:23 UTC",
            "2026-11-21 16:00:23Z",
            "2026-11-21 18:00:23 +0200",
            "Sat, 21 Nov 2026 16:00:23 GMT",
            "Sat, 21 Nov 2026 16:00:23 +0000",
            "21/Nov/2026:16:00:23 +0000",
            "1795276823",
            "1795276823000",
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
        assert!(read("9998-12-31T23:59:59Z").is_some());
        for no_zone in [
            "",
            "2026-11-21 16:00:23",
            "2026-11-21T16:00:23",
            "16:00:23",
            "17",
            "..",
            "today",
            "8210266876799999",
            "-9999-01-01T00:00:00Z",
        ] {
            assert_eq!(read(no_zone), None, "{no_zone}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), digits in "[0-9.TZ:+ -]{0,40}") {
            read(&text);
            read(&digits);
        }
    }
}
