//! Objects by which chaos is done in a cluster, those of Litmus and of Chaos Mesh: as an archive has them, or in a file as
//! `kubectl get -o json` and `-o yaml` print them.

use super::lines::Lines;
use super::object::{Object, Spot};
use super::{chaos_mesh, cut, litmus};
use crate::evidence::findings::{Findings, Place};
use serde::Deserialize;

/// The longest YAML that is read: it takes about ten times as much memory.
const MOST_YAML_BYTES: usize = 16 << 20;

/// Reads a file of objects. One that is of no kind that tells of chaos is said with its line.
pub fn read_file(bytes: &[u8], is_yaml: bool, place: Place, found: &mut Findings) {
    let object = match parse(bytes, is_yaml) {
        Ok(object) => object,
        Err(why) => return found.unreadable(place, why),
    };
    let mut lines = Lines::new(bytes);
    if object.kind != "List" && object.items.is_empty() {
        return in_file(object, place, &mut lines, found);
    }
    for item in object.items {
        match Object::deserialize(item) {
            Ok(object) => in_file(object, place, &mut lines, found),
            Err(error) => found.unreadable(place, error),
        }
    }
}

fn parse(bytes: &[u8], is_yaml: bool) -> Result<Object, String> {
    if !is_yaml {
        return serde_json::from_slice(bytes).map_err(|error| error.to_string());
    }
    if bytes.len() > MOST_YAML_BYTES {
        return Err(format!("YAML of more than {MOST_YAML_BYTES} bytes; the same as JSON may be longer"));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

fn in_file(object: Object, place: Place, lines: &mut Lines<'_>, found: &mut Findings) {
    let line = match object.metadata.uid.as_str() {
        "" => lines.of(&object.metadata.name),
        uid => lines.of(uid),
    };
    let place = Place { line, ..place };
    let what = cut(&format!("{} {}", object.kind, object.metadata.path()));
    if !one(&object, Spot { place, lines: Some(lines) }, found) {
        found.unreadable(place, format!("{what} tells of no run, and is not read"));
    }
}

/// Reads an object of an archive, where it is one by which chaos is done.
pub fn read_object(place: Place, json: &[u8], found: &mut Findings) {
    match serde_json::from_slice(json) {
        Ok(object) => drop(one(&object, Spot { place, lines: None }, found)),
        Err(error) => found.unreadable(place, error),
    }
}

/// Whether objects of a kind may be read here: its plural has a group where they were listed by it, and none where they
/// only say their kind.
pub fn may_be_chaos(kind: &str, plural: &str) -> bool {
    let is_of_group = [".chaos-mesh.org", ".litmuschaos.io"].iter().any(|group| plural.ends_with(group));
    is_of_group || kind.ends_with("Chaos") || matches!(kind, "ChaosResult" | "ChaosEngine" | "StatusCheck")
}

/// Whether it tells of a run.
fn one(object: &Object, spot: Spot<'_, '_>, found: &mut Findings) -> bool {
    let group = object.api_version.split('/').next().unwrap_or_default();
    match (group, object.kind.as_str()) {
        ("litmuschaos.io", "ChaosResult") => litmus::read_result(object, spot.place, found),
        ("litmuschaos.io", "ChaosEngine") => litmus::read_engine(object, found),
        ("chaos-mesh.org", "StatusCheck") => chaos_mesh::read_status_check(object, spot, found),
        // What the controller makes of them for each pod.
        ("chaos-mesh.org", "PodNetworkChaos" | "PodIOChaos" | "PodHttpChaos") => return false,
        ("chaos-mesh.org", kind) if kind.ends_with("Chaos") => chaos_mesh::read(object, spot, found),
        _ => return false,
    }
    true
}
