//! A journal as `journalctl -o json` prints it: an entry a line (systemd, src/shared/logs-show.c, output_json).
//!
//! Values are texts; lists of numbers where they are no UTF-8; null where they have more than 4096 bytes and `--all` was
//! not given; lists of these where a field is there several times.

use super::fields::Fields;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Whether a file begins so.
pub fn is_form(start: &str) -> bool {
    let first = start.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.starts_with('{') && first.contains("\"__REALTIME_TIMESTAMP\"")
}

/// The entry of a line; none where it is none.
pub fn entry(line: &[u8]) -> Option<Fields> {
    let mut json = serde_json::Deserializer::from_slice(line);
    let fields = json.deserialize_map(Entry).ok()?;
    json.end().ok()?;
    fields.is_entry().then_some(fields)
}

struct Entry;

impl<'de> Visitor<'de> for Entry {
    type Value = Fields;

    fn expecting(&self, out: &mut fmt::Formatter) -> fmt::Result {
        out.write_str("an entry of a journal")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if !Fields::is_wanted(name.as_bytes()) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            match bytes_of(map.next_value()?) {
                Some(value) => fields.set(name.as_bytes(), &value),
                None => fields.is_silent |= name == "MESSAGE",
            }
        }
        Ok(fields)
    }
}

/// The first value of a field; none of one that was left out.
fn bytes_of(value: Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.into_bytes()),
        Value::Number(number) => Some(number.to_string().into_bytes()),
        Value::Array(values) if values.iter().all(Value::is_number) => {
            values.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect()
        }
        Value::Array(values) => values.into_iter().next().and_then(|first| match first {
            Value::Array(inner) if !inner.iter().all(Value::is_number) => None,
            first => bytes_of(first),
        }),
        Value::Null | Value::Bool(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(json: &str) -> Option<String> {
        entry(json.as_bytes())?.line("n").map(|line| line.trim_end().to_owned())
    }

    #[test]
    fn every_form_of_a_value_is_read() {
        let of = |message: &str| {
            line(&format!(
                r#"{{ "__CURSOR" : "s=80971a4c", "__REALTIME_TIMESTAMP" : "1513184439575903", "_HOSTNAME" : "ip-172-31-13-168", "SYSLOG_IDENTIFIER" : "kubelet", "_PID" : "384", "MESSAGE" : {message} }}"#
            ))
        };
        let expected = |message: &str| {
            Some(format!("2017-12-13T17:00:39.575903+00:00 n kubelet[384]: {message}").trim_end().to_owned())
        };
        assert_eq!(of(r#""Runtime journal""#), expected("Runtime journal"));
        assert_eq!(of("[99,97,102,233,10,120]"), expected("caf\u{fffd} x"));
        assert_eq!(of(r#"["one","two"]"#), expected("one"));
        assert_eq!(of("[[111,107],\"two\"]"), expected("ok"));
        assert_eq!(of("null"), expected(""));
        assert!(entry(br#"{"__REALTIME_TIMESTAMP":"1","MESSAGE":null}"#).is_some_and(|entry| entry.is_silent));
        for none in ["", "{}", "[]", r#"{"__REALTIME_TIMESTAMP":"soon"}"#, r#"{"__REALTIME_TIMESTAMP":"1"} x"#] {
            assert_eq!(entry(none.as_bytes()), None, "{none}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,80}", value in r#"[\[\]"0-9a,{}:]{0,20}"#) {
            entry(text.as_bytes());
            entry(format!(r#"{{"__REALTIME_TIMESTAMP":1,"MESSAGE":{value}}}"#).as_bytes());
        }
    }
}
