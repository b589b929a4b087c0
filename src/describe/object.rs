//! The description of an object of any kind, field by field, as kubectl gives it of custom resources.

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::Event;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde::Deserialize;
use serde_json::{Map, Number, Value};

use super::fields::{self, text_of};
use super::text::Text;
use super::{events, label};

/// Fields that stand in the head of the description, or nowhere.
const NOT_LISTED: &[&str] =
    &[".metadata.annotations", ".metadata.labels", ".metadata.managedFields", ".metadata.name", ".metadata.namespace"];

/// What `kubectl describe` prints for an object of a kind that it does not know (kubectl pkg/describe/describe.go,
/// `genericDescriber.Describe`).
///
/// `events` are those that regard the object (see [`regards_object`](super::regards_object)), in any order; `now` is the
/// moment ages count to.
pub fn object(object: &Map<String, Value>, events: &[Event], now: DateTime<Utc>) -> String {
    // Metadata that cannot be read is among the fields nevertheless.
    let metadata = object.get("metadata").and_then(|metadata| ObjectMeta::deserialize(metadata).ok());
    let metadata = metadata.unwrap_or_default();
    let mut text = Text::new();
    text.field(0, "Name", text_of(&metadata.name));
    text.field(0, "Namespace", text_of(&metadata.namespace));
    fields::labels(&mut text, "Labels", metadata.labels.as_ref());
    fields::annotations(&mut text, metadata.annotations.as_ref());
    all_fields(&mut text, 0, object, "");
    events::table(&mut text, events::listed(events), now);
    text.finish()
}

/// Writes the fields of `content` in order of their names (kubectl pkg/describe/describe.go,
/// `printUnstructuredContent`). `path` is where it stands in the object, as `.metadata`.
fn all_fields(text: &mut Text, level: usize, content: &Map<String, Value>, path: &str) {
    let mut sorted: Vec<(&String, &Value)> = content.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    for (name, value) in sorted {
        let path = format!("{path}.{name}");
        if NOT_LISTED.contains(&path.as_str()) {
            continue;
        }
        match value {
            Value::Object(fields) => {
                text.heading(level, label::of(name));
                all_fields(text, level + 1, fields, &path);
            }
            Value::Array(items) => {
                text.heading(level, label::of(name));
                for item in items {
                    match item {
                        Value::Object(fields) => all_fields(text, level + 1, fields, &path),
                        item => text.line(level + 1, printed(item)),
                    }
                }
            }
            value => text.field(level, label::of(name), printed(value)),
        }
    }
}

/// A value as Go prints it with `%v`.
fn printed(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Bool(is_true) => is_true.to_string(),
        Value::Number(number) => printed_number(number),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(printed).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Object(fields) => {
            let mut fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}:{}", printed(value))).collect();
            fields.sort_unstable();
            format!("map[{}]", fields.join(" "))
        }
    }
}

/// Whole numbers as they are; others with an exponent from six digits before the point on, or four zeros behind it
/// (Go's strconv, format `g` with the fewest digits).
fn printed_number(number: &Number) -> String {
    let Some(value) = number.as_f64().filter(|_| number.is_f64()) else { return number.to_string() };
    let scientific = format!("{value:e}");
    let Some((digits, exponent)) = scientific.split_once('e') else { return scientific };
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}|[\\x00-\\x1f]{0,4}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let names = "metadata|labels|annotations|[a-zA-Z]{0,8}|\\PC{0,4}";
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map(names, inner, 0..5).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        /// Whatever stands in an object, it is described, and steers no terminal.
        #[test]
        fn any_object_is_described(value in value()) {
            let object = value.as_object().cloned().unwrap_or_default();
            let text = super::object(&object, &[], DateTime::default());
            prop_assert!(text.starts_with("Name:") && text.contains("Events:") && text.ends_with("<none>\n"), "{}", text);
            let steers = text.contains('\u{1b}') || text.contains('\r');
            prop_assert!(!steers);
        }
    }

    #[test]
    fn numbers_are_written_as_by_go() {
        let table =
            [("2.0", "2"), ("0.0001", "0.0001"), ("0.00001", "1e-05"), ("123456.5", "123456.5"), ("-1e21", "-1e+21")];
        for (json, expected) in table {
            assert_eq!(printed(&serde_json::from_str(json).expect("a number")), expected);
        }
    }
}
