//! Lines that bear the time that the program itself wrote: those of `plain`, and JSON.
//!
//! ```text
//! {"level":"info","ts":1795244400.123,"msg":"x"}              zap, as of controller-runtime
//! {"ts":"2026-11-21T07:00:00.123Z","caller":"a.go:1", …       zap, as of etcd
//! {"time":"2026-11-21T07:00:00Z","level":"INFO","msg":"x"}    log/slog, logrus, zerolog
//! {"level":30,"time":1795244400123,"msg":"x"}                 pino
//! 2026-11-21T07:00:00.123 x                                   Logback
//! {"@timestamp":"2026-11-21T07:00:00.123Z","message":"x"}     logstash, Elastic
//! ```

use super::{plain, stamp};
use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};

/// Where in a line a time is looked for that does not begin it, in bytes.
const OPENING: usize = 512;

/// The names under which JSON has the time of a line.
const NAMES: [&str; 5] = ["\"ts\":", "\"time\":", "\"timestamp\":", "\"@timestamp\":", "\"@t\":"];

/// The seconds at which years begin to have five digits, which no time of RFC 3339 has.
const YEAR_10000: i64 = 253_402_300_800;

/// When a line was written, by a clock that is `ahead` of UTC where the line says no zone. Years that are not said are
/// those before `reference`.
pub fn time(line: &[u8], reference: DateTime<Utc>, ahead: TimeDelta) -> Option<DateTime<Utc>> {
    match line.first()? {
        b'{' => of_json(line),
        _ => plain::utc(line, reference, ahead).or_else(|| iso(line)?.and_utc().checked_sub_signed(ahead)),
    }
}

/// ISO 8601 without a zone, as Logback writes it. Only of a program's own lines is this known to be their time.
fn iso(line: &[u8]) -> Option<NaiveDateTime> {
    let first = line.split(|byte| *byte == b' ').next()?;
    let time = std::str::from_utf8(first).ok().filter(|first| (19..=29).contains(&first.len()))?;
    NaiveDateTime::parse_from_str(time, "%Y-%m-%dT%H:%M:%S%.f").ok()
}

/// Whether the time of a line stands in a zone, or is counted from a moment.
pub fn says_zone(line: &[u8]) -> bool {
    line.first() == Some(&b'{')
        || iso(line).is_none() && !matches!(plain::time(line, DateTime::<Utc>::MAX_UTC), Some(plain::Said::Local(_)))
}

/// What follows the time where that begins the line, else all of it.
pub fn message(line: &str) -> &str {
    match stamp::leading_rfc3339(line.as_bytes()) {
        Some(_) => line.split_once(' ').map_or("", |(_, rest)| rest),
        None => plain::message(line),
    }
}

fn of_json(line: &[u8]) -> Option<DateTime<Utc>> {
    let opening = line.get(..OPENING).unwrap_or(line);
    let behind = NAMES.iter().find_map(|name| {
        let at = memchr::memmem::find(opening, name.as_bytes())?;
        opening.get(at + name.len()..)
    });
    let value = behind?.trim_ascii_start();
    if let Some(text) = value.strip_prefix(b"\"") {
        return stamp::rfc3339(text.split(|byte| *byte == b'"').next()?);
    }
    let end = value.iter().position(|byte| !byte.is_ascii_digit() && !b".eE+".contains(byte))?;
    let number: f64 = std::str::from_utf8(value.get(..end)?).ok()?.parse().ok()?;
    // Seconds until the year 5138, or thousands and millions of them.
    let micros = match number {
        number if number < 1e11 => number * 1e6,
        number if number < 1e14 => number * 1e3,
        number => number,
    };
    #[expect(clippy::cast_possible_truncation, reason = "what no time is that large, and is refused")]
    DateTime::from_timestamp_micros(micros.round() as i64).filter(|at| (1..YEAR_10000).contains(&at.timestamp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        stamp::rfc3339(text.as_bytes()).expect("a time")
    }

    #[test]
    fn every_form() {
        let reference = at("2026-11-21T10:00:00Z");
        let expected = at("2026-11-21T07:00:00Z");
        for line in [
            r#"{"level":"info","ts":1795244400.0,"msg":"x"}"#,
            r#"{"level":"info","ts":1.7952444e9,"msg":"x"}"#,
            r#"{"ts":"2026-11-21T07:00:00.000Z","caller":"a.go:1"}"#,
            r#"{"time":"2026-11-21T07:00:00Z","level":"INFO","msg":"x"}"#,
            r#"{"level":30,"time":1795244400000,"msg":"x"}"#,
            r#"{"@timestamp":"2026-11-21T08:00:00+01:00","message":"x"}"#,
            "2026-11-21T07:00:00Z Error: UPGRADE FAILED: timed out waiting for the condition",
            "time=\"2026-11-21T07:00:00Z\" level=info msg=x",
            "2026-11-21 08:00:00,000 ERROR root: x",
            "2026-11-21T08:00:00.000 ERROR root: x",
            "2026/11/21 08:00:00.000 [error] x",
        ] {
            assert_eq!(time(line.as_bytes(), reference, TimeDelta::hours(1)), Some(expected), "{line}");
        }
        for line in ["", "{", "{}", r#"{"ts":}"#, r#"{"ts":-1,"msg":""}"#, r#"{"time":"soon"}"#, "no time"] {
            assert_eq!(time(line.as_bytes(), reference, TimeDelta::zero()), None, "{line}");
        }
        assert!(says_zone(b"2026-11-21T07:00:00Z x") && !says_zone(b"2026-11-21 08:00:00,000 ERROR root: x"));
        assert_eq!(message("2026-11-21T07:00:00Z Error: x"), "Error: x");
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(line in proptest::collection::vec(any::<u8>(), 0..80), number in "[0-9.eE+]{0,30}") {
            let json = format!("{{\"ts\":{number},\"msg\":1}}");
            for line in [line.as_slice(), json.as_bytes()] {
                time(line, DateTime::<Utc>::MAX_UTC, TimeDelta::zero());
                says_zone(line);
            }
        }
    }
}
