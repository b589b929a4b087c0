//! The answer to a LIST taken apart into the bytes of its items, without reading them.

use super::status::quoted;
use serde::Deserialize;
use serde_json::value::RawValue;

/// One page.
#[derive(Debug)]
pub struct Page<'a> {
    /// Each item exactly as it was sent.
    pub items: Vec<&'a str>,
    /// Asks for the next page; empty on the last.
    pub resume: String,
    /// The kind of the list, as `PodList`.
    pub kind: String,
}

#[derive(Deserialize)]
struct Wire<'a> {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    metadata: Meta,
    /// Null where a server has none.
    #[serde(borrow, default)]
    items: Option<Vec<&'a RawValue>>,
}

#[derive(Default, Deserialize)]
struct Meta {
    #[serde(rename = "continue", default)]
    resume: String,
}

/// Splits a page. The error quotes what came instead.
pub fn split(body: &[u8]) -> Result<Page<'_>, String> {
    let wire: Wire<'_> =
        serde_json::from_slice(body).map_err(|error| format!("not a list ({error}): {}", quoted(body)))?;
    let items = wire.items.unwrap_or_default().into_iter().map(RawValue::get).collect();
    Ok(Page { items, resume: wire.metadata.resume, kind: wire.kind })
}

/// `item` on one line. The API server sends compact JSON, where this copies nothing; a line break in JSON can only
/// stand between tokens, as strings have theirs escaped.
pub fn one_line(item: &str) -> std::borrow::Cow<'_, str> {
    if item.contains(['\n', '\r']) { item.replace(['\n', '\r'], " ").into() } else { item.into() }
}

/// What is read of every object: where it is.
#[derive(Debug, Default, Deserialize)]
pub struct Identity {
    #[serde(default)]
    pub metadata: IdentityMeta,
}

#[derive(Debug, Default, Deserialize)]
pub struct IdentityMeta {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub namespace: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_left_as_they_were_sent() {
        let body = br#"{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"9","continue":"eyJ2"},"items":[{"metadata":{"name":"a"},"spec":{"future":1.0}},{"metadata":{"name":"b"}}]}"#;
        let page = split(body).expect("a list");
        assert_eq!(page.items, [r#"{"metadata":{"name":"a"},"spec":{"future":1.0}}"#, r#"{"metadata":{"name":"b"}}"#]);
        assert_eq!((page.resume.as_str(), page.kind.as_str()), ("eyJ2", "PodList"));
    }

    #[test]
    fn lists_without_items_and_no_lists() {
        assert!(split(br#"{"kind":"PodList","items":null}"#).expect("a list").items.is_empty());
        assert!(split(b"<html>login</html>").expect_err("no list").contains("<html>login</html>"));
    }

    #[test]
    fn an_item_is_one_line() {
        assert_eq!(one_line("{\n  \"a\": \"x\\ny\"\r\n}"), "{   \"a\": \"x\\ny\"  }");
    }
}
