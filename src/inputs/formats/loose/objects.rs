//! Whether a file holds objects of Kubernetes, and in which form, by how it begins.

use crate::inputs::kind::{ObjectForm, ObjectKind, WhyUnread};
use crate::objects::Typed;
use crate::objects::kinds;
use regex::Regex;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::cell::RefCell;
use std::fmt;
use std::sync::LazyLock;

/// What objects a file holds that begins with `text`; an error where objects are known to be there that do not say of
/// what kind they are. `first` is its first line that is no comment.
pub fn objects(path: &str, text: &str, first: &str) -> Result<Option<(ObjectForm, ObjectKind)>, WhyUnread> {
    match text.as_bytes().first() {
        Some(b'{') => Ok(of_json(text, first)),
        Some(b'[') => of_array(path, text),
        _ => Ok(is_yaml(text, first).then_some((ObjectForm::Yaml, ObjectKind::Own))),
    }
}

/// In which form a file is that is known to hold objects.
pub fn form(text: &str) -> ObjectForm {
    if text.starts_with(['{', '[']) { ObjectForm::Json } else { ObjectForm::Yaml }
}

/// The kind that objects are of which stand in a file with this name, as `Pods.json` or `core_v1_pods.json`.
pub fn kind_by_name(path: &str) -> Option<ObjectKind> {
    let file = path.rsplit('/').next()?;
    let stem = file.split('.').next()?;
    let word = stem.rsplit('_').next()?.replace('-', "");
    let named = kinds::built_in(&word)?;
    let api_version = if named.group.is_empty() { "v1".to_owned() } else { format!("{}/v1", named.group) };
    Some(ObjectKind::Kind { api_version, kind: named.kind })
}

fn of_json(text: &str, first: &str) -> Option<(ObjectForm, ObjectKind)> {
    let (top, is_whole) = Top::of(text);
    let api_version = top.api_version.filter(|text| is_api_version(text))?;
    if top.is_list {
        // The API names the kind before the items, which have none of their own then; kubectl behind them.
        let of_list = top.kind.as_deref().and_then(|kind| kind.strip_suffix("List")).filter(|kind| !kind.is_empty());
        let kind = of_list.map(|kind| ObjectKind::Kind { api_version, kind: kind.to_owned() });
        return Some((ObjectForm::Json, kind.unwrap_or(ObjectKind::Own)));
    }
    // What discovery answers has a version, too, and is no list of objects.
    if top.kind.as_deref().is_some_and(|kind| kind.ends_with("List")) {
        return None;
    }
    let line: Option<Typed> = serde_json::from_str(first).ok();
    if line.is_some_and(|line| !line.kind.is_empty() && !line.api_version.is_empty()) {
        return Some((ObjectForm::Lines, ObjectKind::Own));
    }
    let is_object = top.kind.is_some() && top.has_metadata || !is_whole;
    is_object.then_some((ObjectForm::Json, ObjectKind::Own))
}

fn of_array(path: &str, text: &str) -> Result<Option<(ObjectForm, ObjectKind)>, WhyUnread> {
    let (top, _) = Top::of(text);
    match (top.api_version, top.kind, kind_by_name(path)) {
        (Some(version), Some(_), _) if is_api_version(&version) => Ok(Some((ObjectForm::Json, ObjectKind::Own))),
        (_, _, Some(kind)) if top.has_metadata => Ok(Some((ObjectForm::Json, kind))),
        _ if top.has_metadata => Err(WhyUnread::NoKind),
        _ => Ok(None),
    }
}

static API_VERSION: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"^(?:[a-z0-9.-]+/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?$").ok());

fn is_api_version(text: &str) -> bool {
    API_VERSION.as_ref().is_some_and(|pattern| pattern.is_match(text))
}

/// Settings of programs have a version and a kind, too, but no metadata.
fn is_yaml(text: &str, first: &str) -> bool {
    let line = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        Some(rest.trim().trim_matches(['"', '\'']))
    };
    if let Some(item) = first.strip_prefix("- ") {
        let version = item.trim_start().strip_prefix("apiVersion:").map(str::trim);
        return version.is_some_and(is_api_version);
    }
    if !line("apiVersion").is_some_and(is_api_version) {
        return false;
    }
    let is_list = line("items").is_some_and(|rest| matches!(rest, "" | "[]" | "null"));
    is_list || line("metadata").is_some() && line("kind").is_some()
}

/// The outermost fields of an object, or of the first in an array, as far as a text goes.
#[derive(Default)]
struct Top {
    api_version: Option<String>,
    kind: Option<String>,
    has_metadata: bool,
    /// It has items: a list of them, or none.
    is_list: bool,
}

impl Top {
    /// With whether the text goes on to the end of an object.
    fn of(text: &str) -> (Self, bool) {
        let top = RefCell::new(Self::default());
        let is_whole = Fields(&top).deserialize(&mut serde_json::Deserializer::from_str(text)).is_ok();
        (top.into_inner(), is_whole)
    }
}

struct Fields<'a>(&'a RefCell<Top>);

impl<'de> DeserializeSeed<'de> for Fields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Fields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        items.next_element_seed(Fields(self.0))?;
        Err(A::Error::custom("the first is enough"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "apiVersion" => {
                    let value = map.next_value()?;
                    self.0.borrow_mut().api_version = Some(value);
                }
                "kind" => {
                    let value = map.next_value()?;
                    self.0.borrow_mut().kind = Some(value);
                }
                "items" => map.next_value_seed(IsList(self.0))?,
                "metadata" => {
                    self.0.borrow_mut().has_metadata = true;
                    map.next_value::<IgnoredAny>()?;
                }
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct IsList<'a>(&'a RefCell<Top>);

impl<'de> DeserializeSeed<'de> for IsList<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for IsList<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("items")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        self.0.borrow_mut().is_list = true;
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.0.borrow_mut().is_list = true;
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(path: &str, text: &str) -> Result<Option<(ObjectForm, ObjectKind)>, WhyUnread> {
        let first = text.lines().find(|line| !line.starts_with("--")).unwrap_or_default();
        objects(path, text, first)
    }

    #[test]
    fn objects_are_known_alone_and_in_arrays() {
        let own = |form| Ok(Some((form, ObjectKind::Own)));
        let pod = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"Pod\",\n  \"metadata\": {\"name\"";
        assert_eq!(of("x", pod), own(ObjectForm::Json));
        // Of one whose data is long the kind is not seen.
        assert_eq!(of("x", "{\n  \"apiVersion\": \"v1\",\n  \"data\": {\n    \"a\": \"bbb"), own(ObjectForm::Json));
        assert_eq!(of("x", &format!("[\n{pod}")), own(ObjectForm::Json));
        let events = ObjectKind::Kind { api_version: "v1".to_owned(), kind: "Event".to_owned() };
        let list = r#"{"kind":"EventList","apiVersion":"v1","metadata":{},"items":null}"#;
        assert_eq!(of("x", list), Ok(Some((ObjectForm::Json, events.clone()))));
        let bare = r#"[{"metadata":{"name":"a"},"involvedObject":{"#;
        assert_eq!(of("ns/Events.json", bare), Ok(Some((ObjectForm::Json, events))));
        assert_eq!(of("ns/x.json", bare), Err(WhyUnread::NoKind));
        let jobs = ObjectKind::Kind { api_version: "batch/v1".to_owned(), kind: "Job".to_owned() };
        assert_eq!(of("ns/batch_v1_jobs.json", bare), Ok(Some((ObjectForm::Json, jobs))));
        for yaml in ["apiVersion: apps/v1\nkind: Deployment\nmetadata:\n", "- apiVersion: v1\n  kind: Pod\n"] {
            assert_eq!(of("x", yaml), own(ObjectForm::Yaml), "{yaml}");
        }
    }

    #[test]
    fn settings_answers_and_lists_of_something_else_are_none() {
        for text in [
            "apiVersion: v1\nkind: Config\nclusters:\n",
            r#"{"kind":"APIGroupList","apiVersion":"v1","groups":[]}"#,
            r#"{"status":"success","data":{"resultType":"matrix","result":["#,
            r#"[{"name":"","versions":[{"groupVersion":"v1"}]}]"#,
            r#"[{"labels":{"alertname":"x"}}]"#,
            "items:\n- a\n",
            "apiVersion: 2\nkind: x\nmetadata:\n",
        ] {
            assert_eq!(of("x", text), Ok(None), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "[\\[{]?(\"(kind|items|apiVersion)\":|[\\[\\]{}\",:a1\n]){0,20}") {
            let _ = of("pods.json", &text);
        }
    }
}
