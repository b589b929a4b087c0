//! Times that programs write themselves where neither a journal nor a runtime does, apart from RFC 3339, syslog and klog.
//!
//! ```text
//! 2019-03-08 10:15:02.123456 W | etcdserver: …         capnslog, as of etcd before 3.4
//! 2026-11-21 03:15:00,123 ERROR …                      logging of Python, Log4j, Logback, PostgreSQL
//! 2026/11/21 03:15:00 [error] 12#12: …                 nginx's errors; Go's package log, with microseconds or without
//! [2026-11-21 03:15:00.123][1][warning][upstream] …    Envoy, HAProxy's data plane API
//! [2026-11-21T03:15:00.123Z] "GET / HTTP/1.1" …        Envoy's requests
//! 10.0.0.9 - - [21/Nov/2026:03:15:00 +0000] "GET …     requests of nginx, Apache and what writes like them
//! 10.0.0.9:5312 [21/Nov/2026:03:15:00.655] web …       HAProxy's requests
//! ```
//!
//! Sources: coreos/pkg, capnslog/formatters.go; Python 3, logging.Formatter; Go, log.Ldate, Ltime and Lmicroseconds;
//! nginx, src/core/ngx_log.c and ngx_times.c; Envoy, command line option `--log-format`; HAProxy, %t and %tr.

use super::stamp::{Stamp, rfc3339};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta};

/// Where the time of a request is looked for, in bytes: behind addresses and the name of a user.
const OPENING: usize = 128;

/// The time that a line bears near its beginning.
pub fn time(line: &[u8]) -> Option<Stamp> {
    let inner = line.strip_prefix(b"[").unwrap_or(line);
    if inner.first()?.is_ascii_digit()
        && let Some((local, rest)) = year_first(inner)
    {
        return Some(zone(rest).map_or(Stamp::Local(local), |ahead| Stamp::At((local - ahead).and_utc())));
    }
    if inner.len() < line.len() {
        let end = memchr::memchr(b']', inner.get(..40).unwrap_or(inner))?;
        return rfc3339(inner.get(..end)?).map(Stamp::At);
    }
    let opening = line.get(..OPENING).unwrap_or(line);
    let begin = memchr::memmem::find(opening, b" [")? + 2;
    let rest = line.get(begin..)?;
    let end = memchr::memchr(b']', rest.get(..40).unwrap_or(rest))?;
    of_request(std::str::from_utf8(rest.get(..end)?).ok()?)
}

/// `2026-11-21 03:15:00.123456`, with a slash or a comma for the other signs, and without a fraction.
fn year_first(text: &[u8]) -> Option<(NaiveDateTime, &[u8])> {
    let number = |from: usize, to: usize| {
        let digits = text.get(from..to)?;
        let add = |number: u32, digit: &u8| digit.is_ascii_digit().then(|| number * 10 + u32::from(digit - b'0'));
        digits.iter().try_fold(0, add)
    };
    let [between, month_end, blank, first, second] = [4, 7, 10, 13, 16].map(|at| text.get(at).copied());
    let is_date = matches!(between, Some(b'-' | b'/')) && between == month_end;
    if !is_date || blank != Some(b' ') || first != Some(b':') || second != Some(b':') {
        return None;
    }
    let date = NaiveDate::from_ymd_opt(i32::try_from(number(0, 4)?).ok()?, number(5, 7)?, number(8, 10)?)?;
    let rest = text.get(19..)?;
    let after_sign = rest.strip_prefix(b".").or_else(|| rest.strip_prefix(b","));
    let from_digits = after_sign.unwrap_or(rest);
    let end = from_digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(from_digits.len());
    let (digits, behind) = from_digits.split_at_checked(if after_sign.is_some() { end } else { 0 })?;
    let fraction = digits.iter().chain(std::iter::repeat(&b'0')).take(9);
    let nanos = fraction.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
    Some((date.and_hms_nano_opt(number(11, 13)?, number(14, 16)?, number(17, 19)?, nanos)?, behind))
}

/// How far ahead of UTC the time before is, where that stands behind it: ` UTC`, `Z`, ` +0100`, `+01:00`, `-05`. Other
/// abbreviations may mean several zones.
fn zone(behind: &[u8]) -> Option<TimeDelta> {
    let text = behind.strip_prefix(b" ").unwrap_or(behind);
    let is_end = |rest: &&[u8]| rest.first().is_none_or(|sign| !sign.is_ascii_alphanumeric());
    if [&b"UTC"[..], b"GMT", b"Z"].iter().any(|name| text.strip_prefix(*name).filter(is_end).is_some()) {
        return Some(TimeDelta::zero());
    }
    let (sign, rest) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let two = |rest: &[u8]| match rest {
        [tens @ b'0'..=b'9', ones @ b'0'..=b'9', ..] => Some(i64::from((tens - b'0') * 10 + (ones - b'0'))),
        _ => None,
    };
    let hours = two(rest).filter(|hours| *hours <= 14)?;
    let rest = rest.get(2..)?;
    let (minutes, rest) = match two(rest.strip_prefix(b":").unwrap_or(rest)) {
        Some(minutes) => (minutes, rest.strip_prefix(b":").unwrap_or(rest).get(2..)?),
        None => (0, rest),
    };
    Some(rest).filter(is_end).map(|_| TimeDelta::minutes(sign * (hours * 60 + minutes)))
}

/// `21/Nov/2026:03:15:00 +0000`; the zone or a fraction of the second may lack.
fn of_request(text: &str) -> Option<Stamp> {
    if let Ok(at) = DateTime::parse_from_str(text, "%d/%b/%Y:%H:%M:%S %z") {
        return Some(Stamp::At(at.to_utc()));
    }
    // Python's http.server sets a blank where others have a colon.
    let forms = ["%d/%b/%Y:%H:%M:%S%.f", "%d/%b/%Y %H:%M:%S"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok()).map(Stamp::Local)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<chrono::Utc> {
        rfc3339(text.as_bytes()).expect("a time")
    }

    #[test]
    fn every_form() {
        let local = [
            ("2019-03-08 10:15:02.123456 W | etcdserver: x", "2019-03-08T10:15:02.123456Z"),
            ("2026-11-21 03:15:00,123 ERROR root: x", "2026-11-21T03:15:00.123Z"),
            ("2026-11-21 04:15:00.123 CET [27] FATAL:  x", "2026-11-21T04:15:00.123Z"),
            ("2026/11/21 03:15:00 [error] 12#12: *3 x", "2026-11-21T03:15:00Z"),
            ("2026/11/21 03:15:00.000007 http: panic serving", "2026-11-21T03:15:00.000007Z"),
            ("2026/11/21 03:15:00", "2026-11-21T03:15:00Z"),
            ("[2026-11-21 03:15:00.123][1][warning][upstream] x", "2026-11-21T03:15:00.123Z"),
            ("10.0.0.9:5312 [21/Nov/2026:03:15:00.655] web x", "2026-11-21T03:15:00.655Z"),
            ("10.0.0.9 - - [21/Nov/2026 03:15:00] \"GET", "2026-11-21T03:15:00Z"),
        ];
        for (line, time_of) in local {
            assert_eq!(time(line.as_bytes()), Some(Stamp::Local(at(time_of).naive_utc())), "{line}");
        }
        let exact = [
            ("10.0.0.9 - - [21/Nov/2026:04:15:00 +0100] \"GET", "2026-11-21T03:15:00Z"),
            ("[2026-11-21T03:15:00.123Z] \"GET", "2026-11-21T03:15:00.123Z"),
            ("2026-11-21 03:15:00.123 UTC [27] FATAL:  x", "2026-11-21T03:15:00.123Z"),
            ("2026-11-21 04:15:00 +0100 [info]: x", "2026-11-21T03:15:00Z"),
            ("2026-11-20 22:15:00.5-05:00 x", "2026-11-21T03:15:00.5Z"),
            ("2026-11-21 04:15:00.123+01 x", "2026-11-21T03:15:00.123Z"),
        ];
        for (line, time_of) in exact {
            assert_eq!(time(line.as_bytes()), Some(Stamp::At(at(time_of))), "{line}");
        }
        for line in ["", "[", "2026-11-21", "2026-13-21 03:15:00 x", "2026-11/21 03:15:00 x", "10.0.0.9 [x] y", "a [b"]
        {
            assert_eq!(time(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(line in proptest::collection::vec(any::<u8>(), 0..60), begin in "\\[?(2026-11-21 03:15:00[.,]?)?") {
            time(&[begin.as_bytes(), &line].concat());
        }
    }
}
