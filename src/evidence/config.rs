//! ConfigMaps and Secrets: when which keys were written. The archive has no values.

use super::changes;
use super::findings::{Findings, Place};
use super::releases;
use crate::model::Subject;
use crate::objects::Meta;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
}

/// Reads one object of `kind`, which is `ConfigMap` or `Secret`.
pub fn read(kind: &str, place: Place, line: &[u8], found: &mut Findings) {
    match serde_json::from_slice::<Object>(line) {
        Ok(Object { metadata }) => {
            let subject = Subject::of_object(kind, &metadata.namespace, &metadata.name);
            if !releases::note(&subject, &metadata, place, found) {
                changes::of_data(place, &subject, &metadata, found);
            }
            found.referable.insert(subject);
        }
        Err(error) => found.unreadable(place, error),
    }
}
