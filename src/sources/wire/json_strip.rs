//! JSON text without some of its keys, and with every other byte as it was, as archives hold what a server sent.

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;

/// `kubectl apply` keeps the whole object here, values of Secrets and ConfigMaps included.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Other programs keep it under names of their own: kapp, the operators of Banzai Cloud, Kopf, and Wrangler, which K3s and
/// Rancher are built with.
const COPIES: [&str; 6] = [
    LAST_APPLIED,
    "banzaicloud.com/last-applied",
    "kapp.k14s.io/original",
    "kapp.k14s.io/original-diff",
    "kopf.zalando.org/last-handled-configuration",
    "objectset.rio.cattle.io/applied",
];

/// What is looked for before anything is taken apart; shorter than the keys, whose slash a server may escape.
const SIGNS: [&str; 5] = [
    "last-applied-configuration",
    "banzaicloud.com",
    "kapp.k14s.io",
    "last-handled-configuration",
    "objectset.rio.cattle.io",
];

fn has_sign(json: &str) -> bool {
    SIGNS.iter().any(|sign| json.contains(sign))
}

/// The members of an object in their order, values untouched.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// `json` without the last-applied annotation and those like it, at whatever depth they stand, and how often one was taken
/// out.
///
/// Its trace in `managedFields` names the key only; should there be a value, it is emptied. `None` where the text
/// cannot be taken apart: it must not be stored then.
pub fn without_last_applied(json: &str) -> Option<(Cow<'_, str>, u64)> {
    if !has_sign(json) {
        return Some((json.into(), 0));
    }
    let mut count = 0;
    let mut out = String::with_capacity(json.len());
    copy_without(json, &mut out, &mut count)?;
    Some((out.into(), count))
}

fn copy_without(json: &str, out: &mut String, count: &mut u64) -> Option<()> {
    if !has_sign(json) {
        out.push_str(json);
        return Some(());
    }
    if json.starts_with('{') {
        let Members(members) = serde_json::from_str(json).ok()?;
        let mut before = '{';
        for (key, value) in members {
            if COPIES.contains(&key.as_str()) {
                *count += 1;
                continue;
            }
            out.push(before);
            before = ',';
            out.push_str(&serde_json::to_string(&key).ok()?);
            out.push(':');
            match key.strip_prefix("f:").is_some_and(|key| COPIES.contains(&key)) {
                true => out.push_str("{}"),
                false => copy_without(value.get(), out, count)?,
            }
        }
        out.push_str(if before == '{' { "{}" } else { "}" });
    } else if json.starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(json).ok()?;
        let mut before = '[';
        for value in values {
            out.push(before);
            before = ',';
            copy_without(value.get(), out, count)?;
        }
        out.push_str(if before == '[' { "[]" } else { "]" });
    } else {
        // A string that only mentions the name.
        out.push_str(json);
    }
    Some(())
}

/// `json` without `metadata.managedFields`, which is half of a pod's bytes and which only the stored copy needs.
pub fn without_managed_fields(json: &str) -> Cow<'_, str> {
    fn without(json: &str) -> Option<String> {
        let Members(members) = serde_json::from_str(json).ok()?;
        let mut parts = Vec::with_capacity(members.len());
        for (key, value) in members {
            let value = match key.as_str() {
                "metadata" => {
                    let Members(fields) = serde_json::from_str(value.get()).ok()?;
                    object(fields.into_iter().filter(|(key, _)| key != "managedFields").map(|(k, v)| (k, v.get())))?
                }
                _ => value.get().to_owned(),
            };
            parts.push((key, value));
        }
        object(parts.iter().map(|(key, value)| (key.clone(), value.as_str())))
    }
    without(json).map_or(json.into(), Cow::Owned)
}

fn object<'a>(members: impl Iterator<Item = (String, &'a str)>) -> Option<String> {
    let mut out = String::from("{");
    for (at, (key, value)) in members.enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&serde_json::to_string(&key).ok()?);
        out.push(':');
        out.push_str(value);
    }
    out.push('}');
    Some(out)
}

/// The names of an object's top-level members; `None` if it is none.
pub fn member_names(json: &str) -> Option<Vec<String>> {
    let Members(members) = serde_json::from_str(json).ok()?;
    Some(members.into_iter().map(|(key, _)| key).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const APPLIED: &str = r#"{"metadata":{"name":"x","annotations":{"a":"1","kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"k\":\"MARKER\"}}\n"},"managedFields":[{"fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}}}}}]},"n":1.50}"#;

    #[test]
    fn the_annotation_goes_and_the_rest_stays() {
        let (out, count) = without_last_applied(APPLIED).expect("JSON");
        assert_eq!(count, 1);
        assert_eq!(
            out,
            r#"{"metadata":{"name":"x","annotations":{"a":"1"},"managedFields":[{"fieldsV1":{"f:metadata":{"f:annotations":{".":{},"f:kubectl.kubernetes.io/last-applied-configuration":{}}}}}]},"n":1.50}"#
        );
    }

    #[test]
    fn at_any_depth_and_with_escapes_in_the_key() {
        let nested = r#"{"spec":{"template":{"metadata":{"annotations":{"kubectl.kubernetes.io\/last-applied-configuration":"MARKER","b":"c"}}}}}"#;
        let (out, count) = without_last_applied(nested).expect("JSON");
        assert_eq!((out.contains("MARKER"), count), (false, 1));
        let trace = r#"{"f:kubectl.kubernetes.io/last-applied-configuration":{"v":"MARKER"}}"#;
        assert!(!without_last_applied(trace).expect("JSON").0.contains("MARKER"));
    }

    #[test]
    fn copies_of_other_programs_go_too() {
        for key in COPIES {
            let json =
                format!(r#"{{"metadata":{{"annotations":{{"{key}":"MARKER","a":"1"}}}},"f:{key}":{{"v":"MARKER"}}}}"#);
            let (out, count) = without_last_applied(&json).expect("JSON");
            assert_eq!((out.contains("MARKER"), out.contains(r#""a":"1""#), count), (false, true, 1), "{key}");
        }
        let identity = r#"{"metadata":{"annotations":{"kapp.k14s.io/identity":"v1;shop/apps/Deployment/web"}}}"#;
        assert_eq!(
            without_last_applied(identity).map(|(out, count)| (out.into_owned(), count)),
            Some((identity.to_owned(), 0))
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_let_through() {
        assert_eq!(without_last_applied(r#"{"kubectl.kubernetes.io/last-applied-configuration": "#), None);
    }

    #[test]
    fn managed_fields_go_from_the_working_copy() {
        assert_eq!(
            without_managed_fields(r#"{"metadata":{"name":"x","managedFields":[{}]},"spec":{}}"#),
            r#"{"metadata":{"name":"x"},"spec":{}}"#
        );
    }
}
