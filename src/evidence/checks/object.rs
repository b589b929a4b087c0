//! An object by which chaos is done in a cluster, and where its texts stand.

use super::lines::Lines;
use super::{cut, times};
use crate::evidence::findings::Place;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// An object, or a list of objects.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Object {
    #[serde(default)]
    pub api_version: String,
    #[serde(default)]
    pub kind: String,
    #[serde(default)]
    pub metadata: Metadata,
    #[serde(default)]
    pub spec: Value,
    #[serde(default)]
    pub status: Value,
    #[serde(default)]
    pub items: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata {
    pub name: String,
    pub namespace: String,
    pub uid: String,
    creation_timestamp: Option<String>,
    managed_fields: Vec<ManagedFields>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ManagedFields {
    time: Option<String>,
}

impl Metadata {
    pub fn created(&self) -> Option<DateTime<Utc>> {
        times::read(self.creation_timestamp.as_deref()?)
    }

    /// When it was last written, where its managed fields are there.
    pub fn written(&self) -> Option<DateTime<Utc>> {
        self.managed_fields.iter().filter_map(|one| times::read(one.time.as_deref()?)).max()
    }

    /// As people write it.
    pub fn path(&self) -> String {
        if self.namespace.is_empty() { cut(&self.name) } else { cut(&format!("{}/{}", self.namespace, self.name)) }
    }
}

/// Where an object's own texts stand.
pub(super) struct Spot<'a, 'b> {
    pub place: Place,
    pub lines: Option<&'b mut Lines<'a>>,
}

impl Spot<'_, '_> {
    /// The place of the next line of the object that holds a text.
    pub fn of(&mut self, text: &str) -> Place {
        match &mut self.lines {
            Some(lines) => Place { line: lines.of(text), ..self.place },
            None => self.place,
        }
    }
}
