//! JSON as YAML, in the form that kubectl prints: block style, keys in their order, texts quoted where they have to be.

use serde_json::Value;
use std::fmt::Write;

/// Objects within objects deeper than this are written on one line, as JSON, which YAML is too.
const DEEPEST: usize = 64;

/// A document.
pub fn yaml(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(_) | Value::Array(_) if !is_empty(value) => block(value, 0, &mut out),
        _ => drop(writeln!(out, "{}", scalar(value))),
    }
    out
}

fn block(value: &Value, deep: usize, out: &mut String) {
    let indent = "  ".repeat(deep);
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let _ = write!(out, "{indent}{}:", text(name));
                below(value, deep, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                let _ = write!(out, "{indent}-");
                match item {
                    // The first field or item stands behind the dash.
                    Value::Object(_) | Value::Array(_) if !is_empty(item) && deep < DEEPEST => {
                        let mut inner = String::new();
                        block(item, deep + 1, &mut inner);
                        out.push(' ');
                        out.push_str(inner.trim_start_matches(' '));
                    }
                    _ => below(item, deep, out),
                }
            }
        }
        _ => drop(writeln!(out, "{indent}{}", scalar(value))),
    }
}

fn below(value: &Value, deep: usize, out: &mut String) {
    match value {
        Value::Object(_) if !is_empty(value) && deep < DEEPEST => {
            out.push('\n');
            block(value, deep + 1, out);
        }
        // kubectl does not indent a list below its name.
        Value::Array(_) if !is_empty(value) && deep < DEEPEST => {
            out.push('\n');
            block(value, deep, out);
        }
        _ => drop(writeln!(out, " {}", scalar(value))),
    }
}

fn is_empty(value: &Value) -> bool {
    value.as_object().map(serde_json::Map::is_empty).or(value.as_array().map(Vec::is_empty)).unwrap_or_default()
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text_of) => text(text_of),
        other => other.to_string(),
    }
}

/// A text, in double quotes where it would be read as anything else.
fn text(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let is_word =
        ["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(&text.to_ascii_lowercase().as_str());
    let is_sentence = || text.chars().all(|c| is_plain(c) || " ,()+=@%<>".contains(c)) && !text.ends_with(' ');
    match begins && !is_word && (text.chars().all(is_plain) || is_sentence()) {
        true => text.to_owned(),
        // A text of JSON is one of YAML.
        false => Value::from(text).to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn documents_look_as_those_of_kubectl() {
        let value = serde_json::json!({"kind": "Pod", "metadata": {"labels": {}, "name": "a"}, "spec": {"containers": [
            {"args": ["-c", "sleep 1"], "image": "a:1"}, {"name": "b"}]}, "ok": true, "n": null, "t": "yes", "l": [[1, 2], []]});
        let read: Value = serde_saphyr::from_str(&yaml(&value)).expect("YAML");
        assert_eq!(read, value);
        let containers = "  containers:\n  - args:\n    - \"-c\"\n    - sleep 1\n    image: \"a:1\"\n  - name: b\n";
        assert!(yaml(&value).starts_with("kind: Pod\n") && yaml(&value).contains(containers), "{}", yaml(&value));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            "[ -~\n\té]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[ -~]{0,8}", inner, 0..5)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(value in any_value()) {
            let written = yaml(&value);
            let read: Value = serde_saphyr::from_str(&written).map_err(|error| TestCaseError::fail(format!("{error}\n{written}")))?;
            prop_assert_eq!(read, value, "{}", written);
        }
    }
}
