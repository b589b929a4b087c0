//! Objects of an archive, as JSON with what is asked of all of them.

use crate::archive::ArchiveError;
use crate::inputs::Inputs;
use crate::objects::kinds::Named;
use crate::objects::parse_time;
use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// An object as it was fetched.
#[derive(Clone, Debug)]
pub struct Object {
    pub named: Named,
    pub namespace: String,
    pub name: String,
    pub json: Value,
    /// Its age counts to then.
    pub fetched: DateTime<Utc>,
}

impl Object {
    /// A text below it, by JSON pointer; empty where there is none.
    pub fn text(&self, pointer: &str) -> &str {
        self.json.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    /// A whole number below it.
    pub fn number(&self, pointer: &str) -> Option<i64> {
        self.json.pointer(pointer).and_then(Value::as_i64)
    }

    /// A list below it; empty where there is none.
    pub fn list(&self, pointer: &str) -> &[Value] {
        self.json.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A time below it.
    pub fn time(&self, pointer: &str) -> Option<DateTime<Utc>> {
        parse_time(self.text(pointer))
    }

    /// Takes out who wrote which fields, as kubectl does unless it is asked for them.
    pub fn hide_managed_fields(&mut self) {
        if let Some(Value::Object(meta)) = self.json.pointer_mut("/metadata") {
            meta.remove("managedFields");
        }
    }

    pub fn labels(&self) -> BTreeMap<String, String> {
        let labels = self.json.pointer("/metadata/labels").and_then(Value::as_object).into_iter().flatten();
        labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    }

    /// How old it was when it was fetched.
    pub fn age(&self) -> String {
        self.since(self.time("/metadata/creationTimestamp"))
    }

    /// How long a moment was ago when it was fetched.
    pub fn since(&self, moment: Option<DateTime<Utc>>) -> String {
        moment.map_or_else(|| "<unknown>".to_owned(), |at| crate::describe::human_duration(self.fetched - at))
    }
}

/// Every object of a kind that `wanted` takes, in order of kind, namespace and name; of one that was fetched more than once
/// the last. Also how many could not be read.
pub fn objects(inputs: &Inputs, wanted: impl Fn(&Named) -> bool) -> Result<(Vec<Object>, usize), ArchiveError> {
    let (mut all, mut unreadable) = (Vec::new(), 0);
    inputs.objects(wanted, |entry, named, json| match serde_json::from_slice::<Map<String, Value>>(json) {
        Ok(mut json) => {
            complete(&mut json, named);
            let text = |field: &str| {
                let value = json.get("metadata").and_then(|meta| meta.get(field)?.as_str());
                value.unwrap_or_default().to_owned()
            };
            let (namespace, name) = (text("namespace"), text("name"));
            all.push(Object { named: named.clone(), namespace, name, json: json.into(), fetched: entry.fetched });
        }
        Err(_) => unreadable += 1,
    })?;
    all.sort_by(|a: &Object, b| key(a).cmp(&key(b)).then(b.fetched.cmp(&a.fetched)));
    let mut seen = BTreeSet::new();
    all.retain(|one| {
        let (plural, namespace, name) = key(one);
        seen.insert((plural.to_owned(), namespace.to_owned(), name.to_owned()))
    });
    Ok((all, unreadable))
}

fn key(one: &Object) -> (&str, &str, &str) {
    (&one.named.plural, &one.namespace, &one.name)
}

/// Items of a list do not say their kind, and nobody is shown a value of a Secret.
fn complete(object: &mut Map<String, Value>, named: &Named) {
    object.entry("kind").or_insert_with(|| named.kind.clone().into());
    if named.kind != "Secret" {
        return;
    }
    for list in ["data", "stringData"] {
        if let Some(values) = object.get_mut(list) {
            match values.as_object_mut() {
                Some(values) => values.values_mut().for_each(|value| *value = HIDDEN.into()),
                None => *values = HIDDEN.into(),
            }
        }
    }
}

/// What stands in the place of a value of a Secret.
const HIDDEN: &str = "(not shown)";
