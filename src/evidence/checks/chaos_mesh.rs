//! What Chaos Mesh writes of its experiments, into the status of the object that orders each.
//!
//! The fields are those of chaos-mesh/chaos-mesh, `api/v1alpha1/common_types.go` (commit 608b61e): a record for each target,
//! whose id is `NAMESPACE/POD` or `NAMESPACE/POD/CONTAINER` (`controllers/utils/controller/key.go`), with an event for each
//! time the chaos was applied to it or it recovered. There is no hypothesis; a StatusCheck (`statuscheck_types.go`) asks an
//! address again and again, and each of its records is a run.

use super::experiment::{Experiment, Phase, Step, When};
use super::object::{Object, Spot};
use super::{CheckOutcome, CheckRun, MOST_RUNS, cut, times};
use crate::evidence::findings::{Findings, Place};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most events that are read of one object.
const MOST_EVENTS: usize = 10_000;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    action: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    conditions: Vec<Condition>,
    experiment: ExperimentStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Condition {
    r#type: String,
    status: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ExperimentStatus {
    desired_phase: String,
    container_records: Vec<Record>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Record {
    id: String,
    events: Vec<RecordEvent>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RecordEvent {
    r#type: String,
    operation: String,
    message: String,
    timestamp: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct StatusCheckStatus {
    records: Vec<StatusCheckRecord>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct StatusCheckRecord {
    start_time: Option<String>,
    outcome: String,
}

/// What several targets have in common: when, what, how it ended and what was said.
type Told = (DateTime<Utc>, Phase, bool, String);

/// Reads an experiment.
pub(super) fn read(object: &Object, mut spot: Spot<'_, '_>, found: &mut Findings) {
    let status = match Status::deserialize(&object.status) {
        Ok(status) => status,
        Err(error) => return found.unreadable(spot.place, error),
    };
    let spec = Spec::deserialize(&object.spec).unwrap_or_default();
    let mut told: BTreeMap<Told, (Place, Vec<String>)> = BTreeMap::new();
    let events =
        status.experiment.container_records.iter().flat_map(|one| one.events.iter().map(|event| (&one.id, event)));
    for (id, event) in events.take(MOST_EVENTS) {
        let Some((text, at)) = event.timestamp.as_deref().and_then(|text| Some((text, times::read(text)?))) else {
            found.unreadable(spot.place, "an event without a time");
            continue;
        };
        let phase = if event.operation == "Recover" { Phase::Rollback } else { Phase::Method };
        let key = (at, phase, event.r#type == "Succeeded", cut(&event.message));
        let place = spot.of(text);
        told.entry(key).or_insert_with(|| (place, Vec::new())).1.push(id.clone());
    }
    let first = told.keys().map(|(at, ..)| *at).next();
    let Some(from) = first.into_iter().chain(object.metadata.created()).min() else {
        return found.unreadable(spot.place, "an experiment without a time");
    };
    let is_true = |name: &str| status.conditions.iter().any(|one| one.r#type == name && one.status == "True");
    let last = told.keys().map(|(at, ..)| *at).next_back();
    let ended = [("Paused", "paused"), ("AllRecovered", "recovered"), ("AllInjected", "injected")];
    let ended = ended.into_iter().find(|(condition, _)| is_true(condition)).map(|(_, word)| word.to_owned());
    let ended =
        ended.unwrap_or_else(|| format!("not injected, desired phase {}", cut(&status.experiment.desired_phase)));
    let title = format!("{} {} of Chaos Mesh", cut(&object.kind), object.metadata.path());
    let citation = found.cite(spot.place, &format!("{title}: {ended}"));
    let action = spec.action.map_or_else(|| cut(&object.kind), |action| cut(&action));
    let namespace = Some(object.metadata.namespace.clone()).filter(|namespace| !namespace.is_empty());
    let steps = told.into_iter().map(|((at, phase, is_done, message), (place, named))| {
        let name = if phase == Phase::Rollback { format!("recovery from {action}") } else { action.clone() };
        let outcome = if is_done { CheckOutcome::Passed } else { CheckOutcome::Failed };
        let said = format!("{name} of {}: {}", cut(&named.join(", ")), if is_done { "Succeeded" } else { &message });
        Step {
            phase,
            is_action: true,
            name,
            from: at,
            to: at,
            when: When::Then,
            outcome,
            error: message,
            namespace: namespace.clone(),
            named,
            citation: found.cite(place, &said),
            ..Step::default()
        }
    });
    let steps = steps.collect();
    let to = last.filter(|_| is_true("AllRecovered"));
    let (deviated, missed, engine, restarts) = (false, Vec::new(), None, Vec::new());
    let status = ended;
    found.experiments.push(Experiment { title, status, deviated, missed, from, to, steps, engine, restarts, citation });
}

/// Reads the runs of a StatusCheck.
pub(super) fn read_status_check(object: &Object, mut spot: Spot<'_, '_>, found: &mut Findings) {
    let status = match StatusCheckStatus::deserialize(&object.status) {
        Ok(status) => status,
        Err(error) => return found.unreadable(spot.place, error),
    };
    let namespace = Some(object.metadata.namespace.clone()).filter(|namespace| !namespace.is_empty());
    let what = cut(&format!("StatusCheck {}", object.metadata.name));
    for record in status.records.iter().take(MOST_RUNS) {
        let Some((text, at)) = record.start_time.as_deref().and_then(|text| Some((text, times::read(text)?))) else {
            found.unreadable(spot.place, "a run without a time");
            continue;
        };
        let outcome = match record.outcome.as_str() {
            "Success" => CheckOutcome::Passed,
            "Failure" => CheckOutcome::Failed,
            _ => CheckOutcome::Unknown,
        };
        let citation = found.cite(spot.of(text), &format!("{what}: {}", cut(&record.outcome)));
        let (what, namespace, error) = (what.clone(), namespace.clone(), String::new());
        found.checks.push(CheckRun {
            from: Some(at),
            to: at,
            outcome,
            what,
            namespace,
            release: None,
            error,
            citation,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::objects::{read_file, read_object};
    use super::*;

    // The form of the documentation's `kubectl get -o yaml` (chaos-mesh.org, inspect-chaos-experiments), with the fields of
    // common_types.go at 608b61e.
    const POD_CHAOS: &str = "apiVersion: v1
items:
- apiVersion: chaos-mesh.org/v1alpha1
  kind: PodChaos
  metadata:
    creationTimestamp: \"2026-11-21T16:00:00Z\"
    name: kill-one
    namespace: chaos
    uid: 0b9e
  spec:
    action: pod-kill
    mode: all
  status:
    conditions:
    - status: \"True\"
      type: Selected
    - status: \"True\"
      type: AllInjected
    experiment:
      containerRecords:
      - events:
        - operation: Apply
          timestamp: \"2026-11-21T16:00:01Z\"
          type: Succeeded
        id: shop/api-0
        injectedCount: 1
        phase: Injected
      - events:
        - operation: Apply
          timestamp: \"2026-11-21T16:00:01Z\"
          type: Succeeded
        - operation: Apply
          message: pods \"api-1\" not found
          timestamp: \"2026-11-21T16:00:02Z\"
          type: Failed
        id: shop/api-1
        phase: Injected
      desiredPhase: Run
- apiVersion: chaos-mesh.org/v1alpha1
  kind: StatusCheck
  metadata:
    name: front
    namespace: shop
    uid: 0b9f
  status:
    records:
    - outcome: Success
      startTime: \"2026-11-21T16:00:00Z\"
    - outcome: Failure
      startTime: \"2026-11-21T16:00:05Z\"
- apiVersion: chaos-mesh.org/v1alpha1
  kind: Schedule
  metadata:
    name: nightly
    namespace: chaos
kind: List
";

    #[test]
    fn what_was_done_to_each_target_is_a_step_with_its_line() {
        let mut found = Findings::default();
        read_file(POD_CHAOS.as_bytes(), true, Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        let one = found.experiments.first().expect("an experiment");
        assert_eq!(
            (one.title.as_str(), one.status.as_str(), one.to),
            ("PodChaos chaos/kill-one of Chaos Mesh", "injected", None)
        );
        let steps: Vec<_> = one
            .steps
            .iter()
            .map(|step| (step.name.as_str(), step.outcome, step.named.join(" "), step.citation.line))
            .collect();
        use CheckOutcome::*;
        assert_eq!(
            steps,
            [
                ("pod-kill", Passed, "shop/api-0 shop/api-1".to_owned(), 23),
                ("pod-kill", Failed, "shop/api-1".to_owned(), 34)
            ]
        );
        assert_eq!(one.steps[1].error, "pods \"api-1\" not found");
        let runs: Vec<_> = found.checks.iter().map(|run| (run.what.as_str(), run.outcome, run.citation.line)).collect();
        assert_eq!(runs, [("StatusCheck front", Passed, 48), ("StatusCheck front", Failed, 50)]);
        let said: Vec<_> = found.unreadable.iter().map(|one| found.facts.quote(*one).into_owned()).collect();
        assert_eq!(said, ["Schedule chaos/nightly tells of no run, and is not read"]);
    }

    #[test]
    fn an_object_of_an_archive_is_cited_by_its_own_line() {
        let mut found = Findings::default();
        let json = br#"{"apiVersion":"chaos-mesh.org/v1alpha1","kind":"NetworkChaos","metadata":{"name":"cut","namespace":"shop",
            "creationTimestamp":"2026-11-21T16:00:00Z"},"spec":{"action":"partition"},"status":{"conditions":[{"type":"AllRecovered","status":"True"}],
            "experiment":{"containerRecords":[{"id":"shop/api-0","events":[{"operation":"Recover","type":"Succeeded","timestamp":"2026-11-21T16:05:00Z"}]}]}}}"#;
        read_object(Place::of_line(7, DateTime::UNIX_EPOCH), json, &mut found);
        let one = &found.experiments[0];
        assert_eq!((one.steps[0].phase, one.steps[0].citation.line, one.to.is_some()), (Phase::Rollback, 7, true));
        assert_eq!(one.steps[0].name, "recovery from partition");
    }
}
