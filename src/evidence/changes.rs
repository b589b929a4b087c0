//! Changes of specifications, as far as objects still tell: `managedFields` name the last writer of each field and
//! its time, ReplicaSets keep every revision of a Deployment's template.
//!
//! A writer is a program (`kubectl-patch`, `helm`); whoever ran it is nowhere in the archive, and that is right.

use super::findings::{Findings, Place};
use super::{Fact, Facts, Known, Record, Topology};
use crate::model::{Citation, Clock, Moment, Subject, to_the_second};
use crate::objects::{ManagedFields, Meta};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// Programs of Kubernetes that keep objects as they should be.
const KEEPERS: [&str; 6] = [
    "cloud-controller-manager",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-proxy",
    "kube-scheduler",
    "kubelet",
];

/// Whether a program is one of those.
pub fn is_keeper(manager: &str) -> bool {
    KEEPERS.contains(&manager)
}

/// Key names that were written to a ConfigMap or Secret. Their values are not in the archive.
///
/// A leader lock kept in an object's annotation (client-go, tools/leaderelection) is state, not configuration.
pub fn of_data(place: Place, subject: &Subject, meta: &Meta, found: &mut Findings) {
    if meta.annotations.contains_key("control-plane.alpha.kubernetes.io/leader") {
        return;
    }
    for write in &meta.managed_fields {
        let Some(at) = write.time.filter(|at| after_creation(*at, meta)) else { continue };
        let written = write.fields();
        let keys: Vec<&str> = ["f:data", "f:binaryData", "f:stringData"]
            .iter()
            .filter_map(|part| written.get(part)?.as_object())
            .flat_map(|fields| fields.keys().filter_map(|key| key.strip_prefix("f:")))
            .collect();
        let what = match keys.as_slice() {
            [] if written.get("f:data").is_none() => continue,
            [] => format!("data was written by {}", tool(&write.manager)),
            [key] => format!("{key} was written by {}", tool(&write.manager)),
            [keys @ .., last] => format!("{} and {last} were written by {}", keys.join(", "), tool(&write.manager)),
        };
        push(place, subject, Change { at, what, by: &write.manager, quote: quote(write, at, "f:data") }, found);
    }
}

/// Who last took a node out of service or back into it.
pub fn of_node(place: Place, subject: &Subject, meta: &Meta, state: &str, found: &mut Findings) {
    for write in &meta.managed_fields {
        let Some(at) = write.time.filter(|at| after_creation(*at, meta)) else { continue };
        if write.fields().pointer("/f:spec/f:unschedulable").is_some() {
            let what = format!("{state} by {}", tool(&write.manager));
            let quote = quote(write, at, "f:unschedulable");
            push(place, subject, Change { at, what, by: &write.manager, quote }, found);
        }
    }
}

/// A template that was written after the workload was made. ReplicaSets tell more, where there are any.
pub fn of_template(place: Place, subject: &Subject, meta: &Meta, found: &mut Findings) {
    for write in &meta.managed_fields {
        let Some(at) = write.time.filter(|at| after_creation(*at, meta)) else { continue };
        // `kubectl scale` writes a subresource of its own; autoscalers do too, from within the controller manager.
        if !matches!(write.subresource.as_str(), "" | "scale") || is_keeper(&write.manager) {
            continue;
        }
        let written = write.fields();
        let Some(spec) = written.get("f:spec").and_then(Value::as_object) else { continue };
        let annotations = spec.get("f:template").and_then(|t| t.pointer("/f:metadata/f:annotations"));
        let restarted = annotations.is_some_and(|a| a.get("f:kubectl.kubernetes.io/restartedAt").is_some());
        let what = if restarted && spec.len() == 1 {
            format!("a restart of its pods was asked for by {}", tool(&write.manager))
        } else {
            let fields: Vec<&str> = spec.keys().filter_map(|key| key.strip_prefix("f:")).collect();
            format!("spec ({}) was written by {}", fields.join(", "), tool(&write.manager))
        };
        push(place, subject, Change { at, what, by: &write.manager, quote: quote(write, at, "f:spec") }, found);
    }
}

/// What was changed, when, by what program, and what the record itself says of it.
pub struct Change<'a> {
    pub at: DateTime<Utc>,
    pub what: String,
    pub by: &'a str,
    pub quote: String,
}

/// Adds a change of which the fields are known. The API server notes when it was written, as it notes when an object was
/// made.
pub fn push(place: Place, subject: &Subject, change: Change<'_>, found: &mut Findings) {
    let Change { at, what, by, quote } = change;
    let at = Moment::to_the_second(at).by(Clock::ApiServer);
    tell(place, subject, Told { at, last: at, what: &what, by, known: Known::Fields, quote: &quote }, found);
}

/// A change with all that is known of it.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    pub at: Moment,
    /// When it was over.
    pub last: Moment,
    pub what: &'a str,
    pub by: &'a str,
    pub known: Known,
    /// What the record itself says of it.
    pub quote: &'a str,
}

/// Adds a change, and gives its record.
pub fn tell(place: Place, subject: &Subject, told: Told<'_>, found: &mut Findings) -> Citation {
    let Told { at, last, what, by, known, quote } = told;
    let citation = found.cite(place, &format!("{subject} {quote}"));
    let record = Record::Change { what, by, read: false, known };
    found.facts.push(Fact { at, last, count: 1, subject, node: None, record, citation });
    citation
}

/// From before an object was written to when it was for certain.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// How much later than the write that caused it a ReplicaSet is made.
const ROLLED_OUT_AFTER: TimeDelta = TimeDelta::seconds(5);

/// Of an object that is written all the time, no more writes than these can be meant by one record.
const NEAREST: usize = 8;

/// Drops changes that another record tells better: those of an object within one of its spans.
pub fn drop_told(mut known: BTreeMap<&Subject, Vec<Span>>, facts: &mut Facts) {
    known.values_mut().for_each(|spans| spans.sort());
    let repeated: Vec<bool> = facts.iter().map(|fact| is_told(&fact, &known)).collect();
    facts.retain(|place| !repeated.get(place).copied().unwrap_or_default());
}

fn is_told(fact: &Fact<'_>, known: &BTreeMap<&Subject, Vec<Span>>) -> bool {
    let (Record::Change { what, .. }, Some(spans)) = (fact.record, known.get(fact.subject)) else { return false };
    let second = TimeDelta::seconds(1);
    let is_rollout = what.starts_with("rolled out anew") || what.starts_with("its pods were restarted");
    let later = if is_rollout { ROLLED_OUT_AFTER } else { second };
    // What is told in whole seconds was up to one later.
    let before = spans.partition_point(|(from, _)| *from < fact.at.time + second);
    let before = spans.get(..before).unwrap_or_default();
    before.iter().rev().take(NEAREST).any(|(_, to)| fact.at.time < *to + later)
}

/// Marks the changes of ConfigMaps and Secrets that pods read, or that an object of another kind refers to.
pub fn mark_read(facts: &mut Facts, topology: &Topology) {
    let mut read = topology.configuration();
    read.extend(topology.referred_to().cloned());
    facts.mark_read(|subject| read.contains(subject));
}

/// The words of the entry in managedFields.
fn quote(write: &ManagedFields, at: DateTime<Utc>, fields: &str) -> String {
    format!("managedFields manager {} time {} {fields}", write.manager, to_the_second(at))
}

/// A program as a person would name it: kubectl writes as `kubectl-SUBCOMMAND` (kubectl v0.34.0, pkg/cmd, field managers),
/// and as `kubectl-client-side-apply` where it compares by itself.
pub fn tool(manager: &str) -> String {
    match manager.strip_prefix("kubectl-") {
        Some("client-side-apply") => "kubectl apply".to_owned(),
        Some(subcommand) => format!("kubectl {subcommand}"),
        None if manager.is_empty() => "an unnamed program".to_owned(),
        None => manager.to_owned(),
    }
}

/// What was written with the object itself is its creation, not a change.
fn after_creation(at: DateTime<Utc>, meta: &Meta) -> bool {
    meta.creation_timestamp.is_none_or(|created| at > created)
}
