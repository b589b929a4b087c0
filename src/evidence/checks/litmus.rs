//! What Litmus writes of its experiments: the ChaosResult with verdict and probes, and the ChaosEngine that says when.
//!
//! The fields are those of litmuschaos/chaos-operator, `api/litmuschaos/v1alpha1/chaosresult_types.go` and
//! `chaosengine_types.go` (commit af8244e), and what litmus-go 1b3603f writes into them (`pkg/result/chaosresult.go`). A
//! ChaosResult bears no time of its own: it is made in the first run and written over in each that follows. The engine of a
//! run says when it began and when its status last changed; without it the result of a first run began when it was made,
//! and that of a later one cannot be told in time.

use super::experiment::{Experiment, Phase, Step, When};
use super::object::Object;
use super::{CheckOutcome, cut, times};
use crate::evidence::findings::{Findings, Place};
use crate::model::{Citation, Subject};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// The most probes and targets that are read of one result.
const MOST_STEPS: usize = 1_000;

/// An engine: what it says of the run that it drove.
#[derive(Clone, Debug)]
pub struct Engine {
    pub subject: Subject,
    pub from: DateTime<Utc>,
    /// When the status of its experiments last changed.
    pub to: Option<DateTime<Utc>>,
    /// The namespace of what it was done to.
    pub namespace: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ResultSpec {
    engine: String,
    experiment: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ResultStatus {
    experiment_status: TestStatus,
    probe_statuses: Vec<Probe>,
    history: Option<History>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct TestStatus {
    phase: String,
    verdict: String,
    /// Where it failed, up to Litmus 2.
    fail_step: String,
    error_output: Option<ErrorOutput>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ErrorOutput {
    error_code: String,
    reason: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Probe {
    name: String,
    mode: String,
    status: ProbeStatus,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct ProbeStatus {
    verdict: String,
    description: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct History {
    passed_runs: u64,
    failed_runs: u64,
    stopped_runs: u64,
    targets: Vec<Target>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Target {
    name: String,
    kind: String,
    chaos_status: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EngineSpec {
    appinfo: AppInfo,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AppInfo {
    appns: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EngineStatus {
    experiments: Vec<EngineExperiment>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct EngineExperiment {
    last_update_time: Option<String>,
}

/// Reads a ChaosResult.
pub(super) fn read_result(object: &Object, place: Place, found: &mut Findings) {
    let (spec, status) = (ResultSpec::deserialize(&object.spec), ResultStatus::deserialize(&object.status));
    let (spec, status) = match spec.and_then(|spec| Ok((spec, status?))) {
        Ok(both) => both,
        Err(error) => return found.unreadable(place, error),
    };
    let TestStatus { phase, verdict, fail_step, error_output } = &status.experiment_status;
    let output = error_output.iter().flat_map(|one| [one.error_code.as_str(), one.reason.as_str()]);
    let error = output.chain([fail_step.as_str()]).filter(|text| !text.is_empty() && *text != "N/A");
    let error = cut(&error.collect::<Vec<_>>().join(": "));
    let ended = cut(&format!("{phase}, verdict {verdict}"));
    let title = cut(&format!("{} of Litmus ({})", spec.experiment, object.metadata.path()));
    let citation = found.cite(place, &[title.as_str(), &ended, &error].join(": "));
    let history = status.history.unwrap_or_default();
    let runs = history.passed_runs.saturating_add(history.failed_runs).saturating_add(history.stopped_runs);
    let is_first = runs <= 1;
    let created = object.metadata.created();
    let namespace = Some(object.metadata.namespace.clone()).filter(|namespace| !namespace.is_empty());
    let engine = Subject::new("ChaosEngine", &object.metadata.namespace, spec.engine.as_str());
    let of = |name: &str| Step {
        name: cut(name),
        namespace: namespace.clone(),
        citation,
        when: When::Within,
        ..Step::default()
    };
    let mut steps: Vec<Step> = Vec::new();
    for probe in status.probe_statuses.iter().take(MOST_STEPS) {
        steps.extend(probe.phases().iter().map(|phase| probe.step(*phase, of(&probe.name))));
    }
    steps.push(action(&history.targets, Step { error, ..of(&spec.experiment) }));
    let from = created.filter(|_| is_first);
    let to = object.metadata.written().filter(|_| phase != "Running");
    let experiment = Experiment {
        title,
        status: ended,
        deviated: verdict == "Fail",
        missed: Vec::new(),
        from: from.unwrap_or_default(),
        to,
        steps,
        engine: Some(engine),
        restarts: Vec::new(),
        citation,
    };
    found.experiments.push(experiment);
}

impl Probe {
    /// When it is made, by its mode: at the start and the end of the test, on both edges, or meanwhile.
    fn phases(&self) -> &'static [Phase] {
        match (self.mode.as_str(), self.status.verdict.as_str()) {
            ("SOT", _) => &[Phase::Before],
            ("EOT", _) => &[Phase::After],
            ("Edge", "Passed") => &[Phase::Before, Phase::After],
            // Which of the two it was is not said.
            ("Edge", _) => &[Phase::Either],
            _ => &[Phase::During],
        }
    }

    fn step(&self, phase: Phase, of: Step) -> Step {
        let (outcome, tolerance_met) = match self.status.verdict.as_str() {
            "Passed" => (CheckOutcome::Passed, Some(true)),
            "Failed" => (CheckOutcome::Failed, Some(false)),
            _ => (CheckOutcome::Unknown, None),
        };
        let error = if outcome == CheckOutcome::Failed { cut(&self.status.description) } else { String::new() };
        Step { phase, outcome, tolerance_met, error, ..of }
    }
}

/// What was done: it was, where a target is said to have been hit.
fn action(targets: &[Target], of: Step) -> Step {
    let is_hit = |target: &&Target| {
        let status = target.chaos_status.to_ascii_lowercase();
        ["injected", "reverted", "targeted"].contains(&status.as_str())
    };
    let hit: Vec<&Target> = targets.iter().filter(is_hit).take(MOST_STEPS).collect();
    let outcome = if hit.is_empty() { CheckOutcome::Unknown } else { CheckOutcome::Passed };
    let pods = hit.iter().filter(|target| target.kind.eq_ignore_ascii_case("pod"));
    let named = pods.map(|target| target.name.clone()).collect();
    Step { phase: Phase::Method, is_action: true, outcome, named, ..of }
}

/// Reads a ChaosEngine.
pub(super) fn read_engine(object: &Object, found: &mut Findings) {
    let Some(from) = object.metadata.created() else { return };
    let spec = EngineSpec::deserialize(&object.spec).unwrap_or_default();
    let status = EngineStatus::deserialize(&object.status).unwrap_or_default();
    let to = status.experiments.iter().filter_map(|one| times::read(one.last_update_time.as_deref()?)).max();
    let subject = Subject::new("ChaosEngine", &object.metadata.namespace, object.metadata.name.as_str());
    let namespace = Some(spec.appinfo.appns).filter(|namespace| !namespace.is_empty());
    found.engines.push(Engine { subject, from, to, namespace });
}

/// Gives experiments of Litmus the times of their engines. Gives back the records of those whose time nothing tells, which
/// are dropped.
pub fn settle(experiments: &mut Vec<Experiment>, engines: Vec<Engine>) -> Vec<Citation> {
    let engines: BTreeMap<Subject, Engine> = engines.into_iter().map(|one| (one.subject.clone(), one)).collect();
    let mut untimed = Vec::new();
    experiments.retain_mut(|one| {
        let Some(engine) = &one.engine else { return true };
        if let Some(engine) = engines.get(engine) {
            one.from = engine.from;
            one.to = engine.to.or(one.to).filter(|to| *to >= engine.from);
            let namespace = engine.namespace.clone();
            one.steps.iter_mut().for_each(|step| step.namespace = namespace.clone().or(step.namespace.take()));
        }
        let is_timed = one.from != DateTime::<Utc>::default();
        if !is_timed {
            untimed.push(one.citation);
        }
        let to = one.to.unwrap_or(one.from);
        for step in &mut one.steps {
            (step.from, step.to) = (one.from, to.max(one.from));
        }
        is_timed
    });
    untimed
}

#[cfg(test)]
mod tests {
    use super::super::objects::read_file;
    use super::*;

    // The fields of chaosresult_types.go and chaosengine_types.go at af8244e, as litmus-go 1b3603f fills them.
    const RESULT: &str = r#"{"apiVersion": "v1", "kind": "List", "items": [
  {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosEngine", "metadata": {"name": "api-chaos", "namespace": "litmus",
    "uid": "e1", "creationTimestamp": "2026-11-21T16:00:00Z"}, "spec": {"appinfo": {"appns": "shop"}},
    "status": {"engineStatus": "completed", "experiments": [{"name": "pod-delete", "lastUpdateTime": "2026-11-21T16:02:00Z"}]}},
  {"apiVersion": "litmuschaos.io/v1alpha1", "kind": "ChaosResult", "metadata": {"name": "api-chaos-pod-delete", "namespace": "litmus",
    "uid": "r1", "creationTimestamp": "2026-11-20T16:00:10Z"}, "spec": {"engine": "api-chaos", "experiment": "pod-delete"},
    "status": {"experimentStatus": {"phase": "Completed_With_Probe_Failure", "verdict": "Fail", "probeSuccessPercentage": "66",
      "errorOutput": {"errorCode": "PROBE_ERROR", "reason": "no answer"}},
      "probeStatuses": [
        {"name": "answers", "type": "httpProbe", "mode": "Edge", "status": {"verdict": "Passed", "description": "ok"}},
        {"name": "stays", "type": "httpProbe", "mode": "Continuous", "status": {"verdict": "Failed", "description": "503"}},
        {"name": "back", "type": "k8sProbe", "mode": "EOT", "status": {"verdict": "N/A"}}],
      "history": {"passedRuns": 3, "failedRuns": 1, "stoppedRuns": 0,
        "targets": [{"name": "api-0", "kind": "pod", "chaosStatus": "reverted"}]}}}]}"#;

    fn read_all(text: &str) -> (Findings, Vec<Citation>) {
        let mut found = Findings::default();
        read_file(text.as_bytes(), false, Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        let engines = std::mem::take(&mut found.engines);
        let untimed = settle(&mut found.experiments, engines);
        (found, untimed)
    }

    #[test]
    fn probes_are_the_hypothesis_and_the_engine_says_when() {
        let (found, untimed) = read_all(RESULT);
        assert!(untimed.is_empty() && found.unreadable.is_empty());
        let one = &found.experiments[0];
        assert_eq!(
            (one.status.as_str(), one.deviated, one.citation.line),
            ("Completed_With_Probe_Failure, verdict Fail", true, 6)
        );
        assert_eq!(one.to.map(|to| (to - one.from).num_seconds()), Some(120));
        let steps: Vec<_> =
            one.steps.iter().map(|step| (step.phase, step.name.as_str(), step.tolerance_met, step.outcome)).collect();
        use CheckOutcome::*;
        assert_eq!(
            steps,
            [
                (Phase::Before, "answers", Some(true), Passed),
                (Phase::After, "answers", Some(true), Passed),
                (Phase::During, "stays", Some(false), Failed),
                (Phase::After, "back", None, Unknown),
                (Phase::Method, "pod-delete", None, Passed),
            ]
        );
        let action = &one.steps[4];
        assert_eq!((action.namespace.as_deref(), action.named.as_slice()), (Some("shop"), &["api-0".to_owned()][..]));
        assert_eq!(action.error, "PROBE_ERROR: no answer");
    }

    #[test]
    fn a_result_that_was_written_over_has_no_time_without_its_engine() {
        let (found, untimed) = read_all(&RESULT.replace("\"name\": \"api-chaos\",", "\"name\": \"other\","));
        assert_eq!((found.experiments.len(), untimed.len()), (0, 1));
        let first = RESULT
            .replace("\"name\": \"api-chaos\",", "\"name\": \"other\",")
            .replace("\"passedRuns\": 3", "\"passedRuns\": 0");
        let (found, _) = read_all(&first);
        assert_eq!(found.experiments[0].from.to_rfc3339(), "2026-11-20T16:00:10+00:00");
    }
}
