//! Versions of objects, a line each: the first whole, the others as what differs from the one before.
//!
//! A difference is a JSON merge patch (RFC 7386). Such a patch cannot set a member to null, so objects are written
//! without such members ([`without_nulls`]), which in Kubernetes mean the same as none.
//!
//! Reading guesses nothing: a patch of an object whose version before is not there is refused, and so is what follows of
//! it until it stands whole again. Pure: lines in, versions out; no line can make it use more memory than the objects of
//! the lines take.

mod packed;

pub use packed::PackedText;

use chrono::{DateTime, Datelike, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum LineType {
    /// The object was made, or was first seen.
    Added,
    /// It was changed.
    Modified,
    /// It is gone.
    Deleted,
    /// It was there when the file begins.
    Sync,
    /// Nothing was seen for some time.
    Gap,
}

/// One line of a history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HistoryLine<'a> {
    /// When it was seen, by the clock of the machine that recorded.
    pub at: DateTime<Utc>,
    #[serde(rename = "type")]
    pub kind: LineType,
    /// It happened between this and `at`; of a gap, when it began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<DateTime<Utc>>,
    /// Of the object; empty of a gap.
    #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
    pub uid: Cow<'a, str>,
    /// Why nothing was seen.
    #[serde(default, borrow, skip_serializing_if = "str::is_empty")]
    pub why: Cow<'a, str>,
    /// The object, whole.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub object: Option<&'a RawValue>,
    /// What differs from the version before.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub patch: Option<&'a RawValue>,
}

impl<'a> HistoryLine<'a> {
    /// A line about the object `uid`, without anything of the object.
    pub fn of(uid: &'a str, kind: LineType, at: DateTime<Utc>) -> Self {
        Self { at, kind, from: None, uid: uid.into(), why: "".into(), object: None, patch: None }
    }

    /// That nothing was seen between `from` and `at`.
    pub fn gap(from: DateTime<Utc>, at: DateTime<Utc>, why: &'a str) -> Self {
        Self { from: Some(from), why: why.into(), ..Self::of("", LineType::Gap, at) }
    }

    /// It with its end, as it stands in the file.
    pub fn to_bytes(&self) -> Vec<u8> {
        // Nothing here has keys that are no strings, which is what could fail.
        let mut bytes = serde_json::to_vec(self).unwrap_or_default();
        bytes.push(b'\n');
        bytes
    }
}

/// A version that a line tells.
#[derive(Debug)]
pub struct Version<'a> {
    pub line: HistoryLine<'a>,
    /// The object as it was before, where that is known.
    pub before: Option<Value>,
    /// The object as it is from then on; of one that is gone as it was last. None of a gap.
    pub object: Option<Cow<'a, Value>>,
}

/// Why a line tells no version.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    #[error("no line of a history: {0}")]
    NoLine(String),
    #[error("a line of a history with a year that has not four digits")]
    NoTime,
    #[error("a line of a history without the object's UID")]
    NoUid,
    #[error("a patch of an object whose version before is not there")]
    NoVersionBefore,
    #[error("a line of a history with neither an object nor a patch")]
    NoContent,
}

/// The objects of one history, as of the last line that was taken.
#[derive(Debug, Default)]
pub struct History {
    objects: BTreeMap<Box<str>, Value>,
}

impl History {
    /// The objects that were there at `time`, by the lines up to then. Lines that tell no version are passed over.
    pub fn at<'a>(time: DateTime<Utc>, lines: impl IntoIterator<Item = &'a [u8]>) -> Self {
        let mut history = Self::default();
        for line in lines {
            let is_later = serde_json::from_slice::<HistoryLine<'_>>(line).is_ok_and(|line| line.at > time);
            if !is_later {
                // What is refused is not known, and so it is not there.
                let _ = history.take(line);
            }
        }
        history
    }

    /// The objects that are there, by UID.
    pub fn objects(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.objects.iter().map(|(uid, object)| (uid.as_ref(), object))
    }

    /// Takes them out.
    pub fn into_objects(self) -> impl Iterator<Item = (Box<str>, Value)> {
        self.objects.into_iter()
    }

    /// Takes an object as it is known from elsewhere.
    pub fn put(&mut self, uid: &str, object: Value) {
        self.objects.insert(uid.into(), object);
    }

    pub fn object(&self, uid: &str) -> Option<&Value> {
        self.objects.get(uid)
    }

    /// Takes the next line.
    ///
    /// # Errors
    /// It tells no version. What was known of its object is not known any more, as it is not known what it was to be.
    pub fn take<'a>(&'a mut self, line: &'a [u8]) -> Result<Version<'a>, LineError> {
        let line: HistoryLine<'a> =
            serde_json::from_slice(line).map_err(|error| LineError::NoLine(error.to_string()))?;
        let is_written_so = |at: DateTime<Utc>| (0..=9999).contains(&at.year());
        if !is_written_so(line.at) || line.from.is_some_and(|from| !is_written_so(from)) {
            return Err(LineError::NoTime);
        }
        if line.kind == LineType::Gap {
            return Ok(Version { line, before: None, object: None });
        }
        if line.uid.is_empty() {
            return Err(LineError::NoUid);
        }
        let before = self.objects.remove(line.uid.as_ref());
        if line.kind == LineType::Deleted {
            let object = match (line.object, line.patch, &before) {
                (Some(whole), ..) => Some(value(whole)?),
                (None, Some(patch), Some(before)) => Some(merged(before.clone(), value(patch)?)),
                _ => before.clone(),
            };
            return Ok(Version { line, before, object: object.map(Cow::Owned) });
        }
        let object = match (line.object, line.patch, &before) {
            (Some(whole), _, _) => value(whole)?,
            (None, Some(patch), Some(before)) => merged(before.clone(), value(patch)?),
            (None, Some(_), None) => return Err(LineError::NoVersionBefore),
            (None, None, _) => return Err(LineError::NoContent),
        };
        let kept = self.objects.entry(line.uid.as_ref().into()).or_insert(object);
        Ok(Version { line, before, object: Some(Cow::Borrowed(kept)) })
    }
}

fn value(raw: &RawValue) -> Result<Value, LineError> {
    serde_json::from_str(raw.get()).map_err(|error| LineError::NoLine(error.to_string()))
}

/// `target` with a merge patch applied to it (RFC 7386, section 2).
pub fn merged(target: Value, patch: Value) -> Value {
    let Value::Object(members) = patch else { return patch };
    let mut object = match target {
        Value::Object(object) => object,
        _ => Map::new(),
    };
    for (name, member) in members {
        if member.is_null() {
            object.remove(&name);
        } else {
            let before = object.remove(&name).unwrap_or_default();
            object.insert(name, merged(before, member));
        }
    }
    Value::Object(object)
}

/// The merge patch that makes `after` of `before`; none where they are equal.
///
/// `after` must be [without nulls](without_nulls) in its objects.
pub fn difference(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else { return Some(after.clone()) };
    let mut patch = Map::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, member) in new {
        let differs = match old.get(name) {
            Some(old) => difference(old, member),
            None => Some(member.clone()),
        };
        differs.into_iter().for_each(|member| {
            patch.insert(name.clone(), member);
        });
    }
    Some(Value::Object(patch))
}

/// An object without the members that are null, at any depth but within lists, which a patch takes as they are.
pub fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(members.map(|(name, member)| (name, without_nulls(member))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn at(second: u32) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + i64::from(second), 0).expect("a time")
    }

    fn line(second: u32, kind: &str, rest: &str) -> Vec<u8> {
        let comma = if rest.is_empty() { "" } else { "," };
        format!(r#"{{"at":"{}","type":"{kind}"{comma}{rest}}}"#, at(second).to_rfc3339()).into_bytes()
    }

    /// RFC 7386, Appendix A.
    #[test]
    fn merges_as_the_rfc_says() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a", "b"]), json!(["c", "d"]), json!(["c", "d"])),
            (json!({"a": "b"}), json!(["c"]), json!(["c"])),
            (json!({"a": "foo"}), json!(null), json!(null)),
            (json!({"a": "foo"}), json!("bar"), json!("bar")),
            (json!({"e": null}), json!({"a": 1}), json!({"e": null, "a": 1})),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(merged(target.clone(), patch.clone()), result, "{target} {patch}");
        }
    }

    #[test]
    fn versions_follow_each_other() {
        let lines = [
            line(1, "SYNC", r#""uid":"u","object":{"spec":{"replicas":1,"paused":true}}"#),
            line(2, "MODIFIED", r#""uid":"u","patch":{"spec":{"replicas":3,"paused":null}}"#),
            line(3, "GAP", &format!(r#""from":"{}","why":"the watch broke""#, at(2).to_rfc3339())),
            line(4, "ADDED", r#""uid":"v","object":{"spec":{}}"#),
            line(5, "DELETED", r#""uid":"u","patch":{"status":{"phase":"Failed"}}"#),
        ];
        let each = || lines.iter().map(Vec::as_slice);
        let replicas = |second| {
            let history = History::at(at(second), each());
            history.object("u").and_then(|object| object.pointer("/spec/replicas")?.as_i64())
        };
        assert_eq!([0, 1, 2, 3, 4, 5].map(replicas), [None, Some(1), Some(3), Some(3), Some(3), None]);
        assert_eq!(History::at(at(9), each()).objects().map(|(uid, _)| uid).collect::<Vec<_>>(), ["v"]);
        let mut history = History::at(at(4), each());
        let gone = history.take(&lines[4]).expect("a version");
        assert_eq!(gone.object.as_deref(), Some(&json!({"spec": {"replicas": 3}, "status": {"phase": "Failed"}})));
        let gap = history.take(&lines[2]).expect("a gap");
        assert_eq!((gap.line.from, gap.line.why.as_ref()), (Some(at(2)), "the watch broke"));
    }

    #[test]
    fn a_patch_without_its_version_before_is_no_version() {
        let mut history = History::default();
        let patch = line(2, "MODIFIED", r#""uid":"u","patch":{"spec":{"replicas":3}}"#);
        assert_eq!(history.take(&patch).expect_err("nothing to patch"), LineError::NoVersionBefore);
        assert!(history.take(&line(3, "SYNC", r#""uid":"u","object":{"spec":{}}"#)).is_ok());
        // What it was to be is not known, so what follows is not known either.
        assert_eq!(history.take(&line(4, "MODIFIED", r#""uid":"u""#)).expect_err("empty"), LineError::NoContent);
        assert_eq!(history.take(&patch).expect_err("nothing to patch"), LineError::NoVersionBefore);
        assert_eq!(history.objects().count(), 0);
    }

    #[test]
    fn lines_that_are_none_are_refused() {
        let mut history = History::default();
        for bad in ["", "{", "[]", r#"{"at":"x","type":"SYNC"}"#, r#"{"at":"2026-11-28T00:00:00Z","type":"OTHER"}"#] {
            assert!(matches!(history.take(bad.as_bytes()), Err(LineError::NoLine(_))), "{bad}");
        }
        assert_eq!(history.take(&line(1, "ADDED", r#""object":{}"#)).expect_err("no UID"), LineError::NoUid);
        let far = br#"{"at":"+262142-11-28T00:00:00Z","type":"DELETED","uid":"u"}"#;
        assert_eq!(history.take(far).expect_err("no year that a sum bears"), LineError::NoTime);
    }

    #[test]
    fn a_line_reads_back() {
        let object = RawValue::from_string(r#"{"a":1}"#.to_owned()).expect("JSON");
        let written = HistoryLine { object: Some(&object), ..HistoryLine::of("u\"1", LineType::Added, at(7)) };
        let bytes = written.to_bytes();
        assert_eq!(bytes.iter().filter(|byte| **byte == b'\n').count(), 1);
        let mut history = History::default();
        let version = history.take(&bytes).expect("a version");
        assert_eq!((version.line.uid.as_ref(), version.line.at), ("u\"1", at(7)));
        assert_eq!(version.object.as_deref(), Some(&json!({"a": 1})));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (0..9_i64).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-d]", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_differs_makes_one_of_the_other(before in any_value(), after in any_value()) {
            let (before, after) = (without_nulls(before), without_nulls(after));
            match difference(&before, &after) {
                None => prop_assert_eq!(before, after),
                // Lists are taken as they are, and in lists nulls are values.
                Some(patch) => prop_assert_eq!(merged(before, patch), after),
            }
        }

        #[test]
        fn no_bytes_do_harm(lines in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..60), 0..20)) {
            let mut history = History::default();
            for line in &lines {
                let _ = history.take(line);
            }
            prop_assert_eq!(history.objects().count(), 0);
        }

        #[test]
        fn no_order_of_lines_makes_up_a_version(order in prop::collection::vec(0..6_usize, 0..30)) {
            let lines = [
                line(1, "SYNC", r#""uid":"u","object":{"n":1}"#),
                line(2, "MODIFIED", r#""uid":"u","patch":{"n":2}"#),
                line(3, "MODIFIED", r#""uid":"u","patch":[1]"#),
                line(4, "DELETED", r#""uid":"u""#),
                line(5, "GAP", ""),
                line(6, "MODIFIED", r#""uid":"u""#),
            ];
            let mut history = History::default();
            let mut is_known = false;
            for which in order {
                let told = history.take(&lines[which]).is_ok();
                is_known = match which {
                    0 => true,
                    1 | 2 => { prop_assert_eq!(told, is_known); is_known }
                    3 | 5 => false,
                    _ => is_known,
                };
                prop_assert_eq!(history.object("u").is_some(), is_known);
            }
        }
    }
}
