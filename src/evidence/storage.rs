//! PersistentVolumeClaims: which class of storage each asks for, and whether it has a volume; VolumeAttachments.

use super::findings::{Claim, Findings, Place};
use super::stalls;
use crate::model::Subject;
use crate::objects::{Meta, or_default};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClaimObject {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: ClaimSpec,
    #[serde(deserialize_with = "or_default")]
    status: ClaimStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ClaimSpec {
    #[serde(deserialize_with = "or_default")]
    storage_class_name: String,
    #[serde(deserialize_with = "or_default")]
    volume_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ClaimStatus {
    #[serde(deserialize_with = "or_default")]
    phase: String,
}

/// Reads one object of storage.
pub fn read(plural: &str, place: Place, line: &[u8], found: &mut Findings) {
    match plural {
        "persistentvolumeclaims" => read_claim(place, line, found),
        _ => stalls::read_attachment(place, line, found),
    }
}

/// Reads one claim. Whoever reads its status says where it cannot be read.
pub fn read_claim(place: Place, line: &[u8], found: &mut Findings) {
    let Ok(object) = serde_json::from_slice::<ClaimObject>(line) else { return };
    let ClaimObject { metadata: meta, spec, status } = object;
    let subject = Subject::of_object("PersistentVolumeClaim", &meta.namespace, &meta.name);
    let citation = found.cite(place, &format!("{subject} storageClassName {}", spec.storage_class_name));
    let claim = Claim {
        created: meta.creation_timestamp,
        class: spec.storage_class_name,
        is_pending: status.phase == "Pending" && spec.volume_name.is_empty(),
        citation,
    };
    found.referable.insert(subject.clone());
    found.claims.insert(subject, claim);
}
