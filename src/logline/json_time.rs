//! The time of a line that a program writes as JSON, under the key that its logger uses: zap (`ts`, also as seconds
//! since 1970), logrus, zerolog and slog (`time`), Logstash and what writes like it (`@timestamp`), and others
//! (`timestamp`).

use super::stamp::rfc3339;
use chrono::{DateTime, Utc};
use memchr::memmem;

/// Where in a line the key is looked for, in bytes.
const OPENING: usize = 256;

const KEYS: [&[u8]; 4] = [b"\"ts\":", b"\"time\":", b"\"@timestamp\":", b"\"timestamp\":"];

/// The time of a line that is an object of JSON.
pub fn time(line: &[u8]) -> Option<DateTime<Utc>> {
    let opening = line.get(..OPENING).unwrap_or(line);
    if !opening.starts_with(b"{") {
        return None;
    }
    let at = KEYS.iter().filter_map(|key| Some(memmem::find(opening, key)? + key.len())).min()?;
    let value = line.get(at..)?.trim_ascii_start();
    if let Some(text) = value.strip_prefix(b"\"") {
        return rfc3339(text.split(|byte| *byte == b'"').next()?);
    }
    let end = value.iter().position(|byte| !(byte.is_ascii_digit() || *byte == b'.'))?;
    let number = std::str::from_utf8(value.get(..end)?).ok()?;
    let (seconds, fraction) = number.split_once('.').unwrap_or((number, ""));
    let seconds: i64 = seconds.parse().ok().filter(|_| seconds.len() == 10)?;
    let micros: i64 = format!("{fraction:0<6}").get(..6)?.parse().ok()?;
    DateTime::from_timestamp_micros(seconds.checked_mul(1_000_000)?.checked_add(micros)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_logger_has_its_key() {
        let lines = [
            r#"{"level":"warn","ts":"2021-08-03T09:26:41.250Z","caller":"etcdserver/util.go:166","msg":"x"}"#,
            r#"{"level":"info","ts":1627982801.250001,"logger":"controller","msg":"x"}"#,
            r#"{"level":"info","msg":"x","time":"2021-08-03T11:26:41.25+02:00"}"#,
            r#"{"@timestamp": "2021-08-03T09:26:41.250Z","message":"x"}"#,
        ];
        for line in lines {
            let found = time(line.as_bytes()).map(|at| at.timestamp_millis());
            assert_eq!(found, Some(1_627_982_801_250), "{line}");
        }
        for line in ["", "{}", r#"{"ts":}"#, r#"{"ts":"soon"}"#, r#"{"ts":12,"x":1}"#, r#"x {"ts":1627982801.25}"#] {
            assert_eq!(time(line.as_bytes()), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(line in "(\\{\"(ts|time)\":)?\"?[0-9.Z:\"T-]{0,40}") {
            time(line.as_bytes());
        }
    }
}
