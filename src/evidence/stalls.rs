//! Work that waits, as an object itself shows it: a change that its controller has not looked at, a pod that no scheduler
//! has. Both need no event, so what is silent is found by them.
//!
//! Only what the API server gave is judged: what was printed or taken apart by others may lack the very fields.

use super::conditions::Owner;
use super::findings::Findings;
use super::{Fact, Record};
use crate::model::{Clock, Moment, to_the_second};
use crate::objects::{Meta, Pod};
use chrono::{DateTime, TimeDelta, Utc};

/// Controllers and schedulers look at what is new within seconds; who has not in a minute waits for something.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// Adds that a controller had not looked at the last change of an object's specification: `observedGeneration` is behind
/// `generation` (documentation, API conventions). It is dated to the last write of the specification.
pub fn not_observed(of: &Owner<'_>, meta: &Meta, observed: Option<i64>, found: &mut Findings) {
    let (Some(wanted), Some(observed)) = (meta.generation, observed) else { return };
    let writes = meta.managed_fields.iter().filter(|write| write.fields().get("f:spec").is_some());
    let written = writes.filter_map(|write| write.time).max().or(meta.creation_timestamp);
    let Some(written) = written.filter(|_| observed < wanted && meta.deletion_timestamp.is_none()) else { return };
    let message = format!("generation {wanted}, observed {observed}");
    waits(of, (written, "change-not-observed", &message), found);
}

/// Adds that no scheduler had looked at a pod: it waits without a node, and without the condition PodScheduled, which a
/// scheduler sets as soon as it has tried (pkg/scheduler/schedule_one.go), and the API server for one with gates.
pub fn not_looked_at(of: &Owner<'_>, pod: &Pod, found: &mut Findings) {
    let is_tried = pod.status.conditions.iter().any(|one| one.kind == "PodScheduled");
    let is_pending = pod.status.phase == "Pending" && pod.spec.node_name.is_empty();
    let made = pod
        .metadata
        .creation_timestamp
        .filter(|_| is_pending && !is_tried && pod.metadata.deletion_timestamp.is_none());
    let Some(made) = made else { return };
    waits(of, (made, "pod-not-looked-at", "Pending without a node and without the condition PodScheduled"), found);
}

/// From its beginning to the snapshot, which shows that it waits still.
fn waits(of: &Owner<'_>, (since, state, message): (DateTime<Utc>, &str, &str), found: &mut Findings) {
    if of.place.fetched - since <= SOON {
        return;
    }
    let text = format!("{} {message} since {}", of.subject, to_the_second(since));
    let citation = found.cite(of.place, &text);
    let (at, last) = (Moment::to_the_second(since).by(Clock::ApiServer), of.place.now());
    let record = Record::State { state, message };
    found.facts.push(Fact { at, last, count: 1, subject: of.subject, node: of.node, record, citation });
}

#[cfg(test)]
mod tests {
    use super::super::findings::Place;
    use super::*;
    use crate::evidence::{pods, workloads};

    fn states(read: impl Fn(Place, &[u8], &mut Findings), line: &str) -> Vec<String> {
        let mut found = Findings::default();
        let fetched = "2026-11-20T10:00:00Z".parse().expect("a time");
        read(Place::of_line(1, fetched), line.as_bytes(), &mut found);
        let states = found.facts.iter().filter_map(|fact| match fact.record {
            Record::State { state, message } => {
                Some(format!("{} {state} {message} {}", fact.subject, fact.at.time.format("%T")))
            }
            _ => None,
        });
        states.collect()
    }

    #[test]
    fn a_controller_that_is_behind_is_dated_to_the_last_write() {
        let deployment = |observed: i64, at: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"a","namespace":"shop","generation":7,"creationTimestamp":"2026-11-20T08:00:00Z","managedFields":[
                {{"manager":"kubectl-edit","time":"2026-11-20T{at}Z","fieldsV1":{{"f:spec":{{"f:template":{{}}}}}}}},
                {{"manager":"other","time":"2026-11-20T09:59:59Z","fieldsV1":{{"f:metadata":{{}}}}}}]}},"status":{{"observedGeneration":{observed}}}}}"#
            );
            states(|place, line, found| workloads::read("Deployment", place, line, found), &line.replace('\n', ""))
        };
        assert_eq!(
            deployment(6, "09:40:00"),
            ["Deployment/shop/a change-not-observed generation 7, observed 6 09:40:00"]
        );
        assert_eq!(deployment(7, "09:40:00"), [""; 0], "it has looked");
        assert_eq!(deployment(6, "09:59:30"), [""; 0], "it may look yet");
    }

    #[test]
    fn a_pod_without_a_word_of_a_scheduler_waits() {
        let pod = |status: &str, made: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"a","namespace":"shop","creationTimestamp":"2026-11-20T{made}Z"}},"spec":{{}},"status":{status}}}"#
            );
            states(pods::read, &line)
        };
        let waits =
            "Pod/shop/a pod-not-looked-at Pending without a node and without the condition PodScheduled 09:50:00";
        assert_eq!(pod(r#"{"phase":"Pending","qosClass":"BestEffort"}"#, "09:50:00"), [waits]);
        assert_eq!(pod(r#"{"phase":"Pending"}"#, "09:59:30"), [""; 0], "one may look yet");
        let tried =
            r#"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}"#;
        assert_eq!(pod(tried, "09:50:00"), [""; 0], "one has tried");
    }
}
