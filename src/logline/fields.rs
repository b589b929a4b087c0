//! The fields of a line that its logger wrote as such: a JSON object, or `key=value key="value"` (logfmt).
//!
//! Each logger has names of its own for what a line says and how bad it is; they stand here, and nowhere else: zap,
//! zerolog, logrus, bunyan, pino, slog, Serilog's compact form, python-json-logger, Elastic's and Google's schemas.

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;
use std::borrow::Cow;
use std::fmt;

/// Names of what a line says, the most telling first.
pub const MESSAGE: [&str; 7] = ["msg", "message", "@m", "@mt", "MESSAGE", "event", "log"];
/// Names of how bad it is.
pub const LEVEL: [&str; 7] = ["level", "severity", "lvl", "log.level", "levelname", "@l", "Level"];
/// Names of when and where it was written.
const ORIGIN: [&str; 16] = [
    "@i",
    "@t",
    "@timestamp",
    "caller",
    "component",
    "hostname",
    "logger",
    "name",
    "pid",
    "source",
    "stream",
    "thread",
    "time",
    "timestamp",
    "ts",
    "v",
];

/// Fields of a line; those beyond are passed over.
pub const MOST: usize = 100;
/// The longest name of a field in logfmt, in bytes.
const MOST_NAME: usize = 64;

/// A field and its value, in the order of the line.
pub type Field<'a> = (Cow<'a, str>, Value);

/// Whether a field says when, where and how bad, and not what.
pub fn is_header(name: &str) -> bool {
    ORIGIN.contains(&name) || LEVEL.contains(&name)
}

/// The place of the first of `names` that is there.
pub fn place(fields: &[Field<'_>], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| fields.iter().position(|(field, _)| field == name))
}

/// The fields of a JSON object that are wanted; none of what is no object.
pub fn json<'a>(line: &'a str, is_wanted: impl Fn(&str) -> bool) -> Option<Vec<Field<'a>>> {
    let mut from = serde_json::Deserializer::from_str(line);
    let fields = Wanted(is_wanted).deserialize(&mut from).ok()?;
    from.end().ok().map(|()| fields)
}

/// A pair of logfmt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair<'a> {
    pub name: &'a str,
    /// Without its quotes, escapes as they are.
    pub value: &'a str,
    pub is_quoted: bool,
}

/// The pair that a text begins with, and what follows it.
pub fn pair(text: &str) -> Option<(Pair<'_>, &str)> {
    let (name, after) = text.split_once('=')?;
    if name.is_empty() || name.len() > MOST_NAME || name.contains([' ', '"']) {
        return None;
    }
    let (value, rest, is_quoted) = match quoted(after) {
        Some((value, rest)) => (value, rest, true),
        // A quote that does not end.
        None if after.starts_with('"') => return None,
        None => {
            let (value, rest) = after.split_once(' ').unwrap_or((after, ""));
            (value, rest, false)
        }
    };
    Some((Pair { name, value, is_quoted }, rest.trim_start_matches(' ')))
}

/// What stands in quotes at the beginning of a text, escapes as they are, and what follows.
pub fn quoted(text: &str) -> Option<(&str, &str)> {
    let inner = text.strip_prefix('"')?;
    let end = end_of_quote(inner.as_bytes())?;
    Some((inner.get(..end)?, inner.get(end + 1..)?))
}

/// Where a quoted text ends, from behind its first quote on: at the next quote that is not escaped.
pub fn end_of_quote(quoted: &[u8]) -> Option<usize> {
    let mut from = 0;
    loop {
        let end = from + memchr::memchr2(b'"', b'\\', quoted.get(from..)?)?;
        if quoted.get(end) == Some(&b'"') {
            return Some(end);
        }
        from = end + 2;
    }
}

/// Reads an object, and of its fields those that are wanted.
struct Wanted<F>(F);

#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for Wanted<F> {
    type Value = Vec<Field<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for Wanted<F> {
    type Value = Vec<Field<'de>>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(Name(name)) = map.next_key()? {
            if fields.len() < MOST && (self.0)(&name) {
                fields.push((name, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_of_an_object() {
        let line = r#"{"level":"error","n":[1,{"a":2}],"msg":"a \"b\""}"#;
        let all = json(line, |_| true).expect("an object");
        assert_eq!(
            (all.len(), place(&all, &MESSAGE), place(&all, &LEVEL), place(&all, &["x"])),
            (3, Some(2), Some(0), None)
        );
        let one = json(line, |name| name == "msg").expect("an object");
        assert_eq!(one, [("msg".into(), Value::from("a \"b\""))]);
        for other in ["", "[1]", "{", "{\"a\":1} x", "text"] {
            assert_eq!(json(other, |_| true), None, "{other}");
        }
        let many = format!("{{{}\"z\":1}}", (0..500).map(|at| format!("\"a{at}\":1,")).collect::<String>());
        assert_eq!(json(&many, |_| true).map(|fields| fields.len()), Some(MOST));
    }

    #[test]
    fn pairs_of_logfmt() {
        let (first, rest) = pair(r#"msg="a \"b\" c"  id=7"#).expect("a pair");
        assert_eq!((first, rest), (Pair { name: "msg", value: r#"a \"b\" c"#, is_quoted: true }, "id=7"));
        assert_eq!(pair(rest), Some((Pair { name: "id", value: "7", is_quoted: false }, "")));
        for other in ["", "a b=c", "=1", "x=\"1", "\"a\"=1"] {
            assert_eq!(pair(other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "(\\{\"|a=\")?[\"\\\\= a-z{}:,\\PC]{0,60}") {
            json(&text, |_| true);
            if let Some((found, rest)) = pair(&text) {
                prop_assert!(text.contains(found.value) && text.ends_with(rest));
            }
        }
    }
}
