//! What any object's status says beside its conditions: a phase that is not as it should be, a deletion that does not
//! end. Kinds that have no reader of their own are read here, so that no object is passed over.

use super::conditions::{self, Owner};
use super::findings::{Findings, Place};
use super::{Fact, ObjectTraits, Record, object_references, object_traits, published, releases};
use crate::model::{Clock, Moment, Subject, to_the_second};
use crate::objects::{Condition, Meta, or_default};
use chrono::TimeDelta;
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    #[serde(deserialize_with = "or_default")]
    kind: String,
    metadata: Meta,
    spec: serde_json::Value,
    #[serde(deserialize_with = "lenient_status")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    phase: String,
    #[serde(deserialize_with = "or_default")]
    reason: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
    /// What each Gateway says of a route (Gateway API 1.2, RouteStatus).
    #[serde(deserialize_with = "or_default")]
    parents: Vec<Part>,
    /// The same of a policy (PolicyStatus).
    #[serde(deserialize_with = "or_default")]
    ancestors: Vec<Part>,
    /// Of a Gateway (GatewayStatus).
    #[serde(deserialize_with = "or_default")]
    listeners: Vec<Part>,
}

/// A part of an object that has conditions of its own.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
}

impl Status {
    /// The conditions of the object and of its parts.
    fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let parts = [&self.parents, &self.ancestors, &self.listeners].into_iter().flatten();
        self.conditions.iter().chain(parts.flat_map(|part| &part.conditions))
    }
}

/// A status of another shape (a text, numbers where words are expected) costs the status, not the object.
fn lenient_status<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Status, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(serde_json::from_value(value).unwrap_or_default())
}

/// Parts of phases that say that something is wrong or waits, in lower case.
const BAD_PHASES: [&str; 12] = [
    "abort",
    "crash",
    "degraded",
    "error",
    "expired",
    "fail",
    "lost",
    "pending",
    "stuck",
    "terminating",
    "unhealthy",
    "unknown",
];

/// Reads one object of a kind without a reader of its own; `kind` is used where the object does not say its own.
pub fn read(kind: &str, place: Place, line: &[u8], found: &mut Findings) {
    let object: Object = match serde_json::from_slice(line) {
        Ok(object) => object,
        Err(error) => return found.unreadable(place, error),
    };
    let Object { kind: own, metadata: meta, spec, status } = object;
    let kind = if own.is_empty() || own == "PartialObjectMetadata" { kind } else { &own };
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    let owner = Owner { place, subject: &subject, node: None, created: meta.creation_timestamp };
    status.conditions().for_each(|one| conditions::read(&owner, one, found));
    let refers = object_references::of(&subject, &meta, &spec);
    if !refers.is_empty() {
        found.refers.insert(subject.clone(), refers);
    }
    let attributes = object_traits::of(&subject, &meta, &spec);
    if !attributes.is_empty() {
        let citation = found.cite(place, &subject.to_string());
        let traits = ObjectTraits { attributes, created: meta.creation_timestamp, citation };
        found.object_traits.insert(subject.clone(), traits);
    }
    found.publish(place, &subject, published::of_object(&subject, &meta, &spec));
    releases::note(&subject, &meta, place, found);
    let terminating = still_terminating(&owner, &meta, found);
    let phase = status.phase.to_lowercase();
    if !terminating && BAD_PHASES.iter().any(|bad| phase.contains(bad)) {
        let at = place.since(owner.created);
        let Status { phase, reason, message, .. } = &status;
        let text = format!("{subject} phase {phase} {reason} {message}");
        add_reason(&owner, at, (phase, reason, message), &text, found);
    }
}

/// An object is deleted as soon as its grace period and its finalizers are done; this long is time enough.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// Adds that an object was still there long after its time to be deleted had come; false if it was not.
pub fn still_terminating(of: &Owner<'_>, meta: &Meta, found: &mut Findings) -> bool {
    let Some(at) = meta.deletion_timestamp.filter(|at| of.place.fetched - *at > SOON) else { return false };
    let waits = match meta.finalizers.as_slice() {
        [] => String::new(),
        names => format!("finalizers {}", names.join(" ")),
    };
    let text = format!("{} deletionTimestamp {} {waits}", of.subject, to_the_second(at));
    // Its time has come when its grace period is over (Kubernetes API reference, ObjectMeta): that was added to when it
    // was marked.
    let grace = TimeDelta::seconds(meta.deletion_grace_period_seconds.unwrap_or_default().clamp(0, 86_400));
    let marked = Moment::to_the_second(at - grace).by(Clock::ApiServer);
    let record = Record::StatusReason { phase: "Terminating", reason: "Terminating", message: &waits };
    let citation = found.cite(of.place, &text);
    let (last, subject, node) = (of.place.now(), of.subject, of.node);
    found.facts.push(Fact { at: marked, last, count: 1, subject, node, record, citation });
    true
}

/// Adds phase, reason and message; a phase that gives no reason is its own.
pub fn add_reason(
    of: &Owner<'_>,
    at: Moment,
    (phase, reason, message): (&str, &str, &str),
    text: &str,
    found: &mut Findings,
) {
    let reason = if reason.is_empty() { phase } else { reason };
    of.add(at, Record::StatusReason { phase, reason, message }, text, found);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(line: &str) -> Findings {
        let mut found = Findings::default();
        let fetched = "2026-11-20T10:00:00Z".parse().expect("a time");
        read("Thing", Place::of_line(1, fetched), line.as_bytes(), &mut found);
        assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
        found
    }

    #[test]
    fn a_deletion_that_waits_names_what_for() {
        let found = facts(
            r#"{"kind":"Namespace","metadata":{"name":"dev","deletionTimestamp":"2026-11-20T08:20:00Z","finalizers":["example.io/cleanup"]},"status":{"phase":"Terminating"}}"#,
        );
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{found:?}") };
        assert_eq!(fact.at.time.to_rfc3339(), "2026-11-20T08:20:00+00:00");
        assert!(
            matches!(fact.record, Record::StatusReason { reason, message, .. } if reason == "Terminating" && message.contains("example.io/cleanup"))
        );
    }

    #[test]
    fn conditions_of_parts_are_the_objects() {
        let found = facts(
            r#"{"kind":"HTTPRoute","metadata":{"name":"web","namespace":"edge"},"status":{"parents":[{"conditions":[{"type":"ResolvedRefs","status":"False","reason":"RefNotPermitted","lastTransitionTime":"2026-11-20T09:15:21Z"}]}]}}"#,
        );
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{found:?}") };
        assert!(matches!(fact.record, Record::Condition { reason: "RefNotPermitted", .. }), "{fact:?}");
    }

    #[test]
    fn a_phase_has_no_time_of_its_own() {
        let found = facts(
            r#"{"kind":"PersistentVolumeClaim","metadata":{"name":"data","namespace":"db","creationTimestamp":"2026-11-20T09:00:00Z"},"status":{"phase":"Pending"}}"#,
        );
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{found:?}") };
        assert_eq!(fact.at.earlier_ms, 3_600_000);
        assert!(facts(r#"{"metadata":{"name":"x"},"status":{"phase":"Bound"}}"#).facts.is_empty());
        assert!(facts(r#"{"metadata":{"name":"x"},"status":"fine"}"#).facts.is_empty());
    }
}
