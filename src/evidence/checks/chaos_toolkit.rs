//! The journal of a Chaos Toolkit experiment: what it took for the steady state, before and after, and what it did between.
//!
//! The form is that of chaoslib 1.x (`chaoslib/run.py`, `chaoslib/hypothesis.py`, `chaoslib/activity.py`): an activity has
//! a `status` (`succeeded`, `failed`, `skipped`, `aborted`), probes of a hypothesis say whether their tolerance was met.

use super::experiment::{Experiment, Phase, Step, When};
use super::lines::Lines;
use super::{CheckOutcome, cut, times};
use crate::evidence::findings::{Findings, Place};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

/// The most activities that are read of one journal.
const MOST_STEPS: usize = 10_000;

/// The most texts of what an activity gave back that are looked at for names of pods.
const MOST_TEXTS: usize = 1_000;

#[derive(Deserialize)]
struct Journal {
    #[serde(default)]
    experiment: Value,
    start: String,
    #[serde(default)]
    end: Option<String>,
    status: String,
    #[serde(default)]
    deviated: bool,
    #[serde(default)]
    steady_states: SteadyStates,
    #[serde(default)]
    run: Vec<Run>,
    #[serde(default)]
    rollbacks: Vec<Run>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SteadyStates {
    before: Option<Hypothesis>,
    after: Option<Hypothesis>,
    during: Vec<Hypothesis>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Hypothesis {
    steady_state_met: Option<bool>,
    probes: Vec<Run>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Run {
    activity: Activity,
    start: String,
    end: String,
    status: String,
    tolerance_met: Option<bool>,
    output: Value,
    exception: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Activity {
    name: String,
    r#type: String,
    provider: Provider,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Provider {
    r#type: String,
    arguments: Value,
}

/// Reads the journal of one experiment.
pub fn read(bytes: &[u8], place: Place, found: &mut Findings) {
    let journal: Journal = match serde_json::from_slice(bytes) {
        Ok(journal) => journal,
        Err(error) => return found.unreadable(place, error),
    };
    let Some(from) = times::read(&journal.start) else {
        return found.unreadable(place, format!("no time with a zone: {:?}", cut(&journal.start)));
    };
    let mut lines = Lines::new(bytes);
    let started = Place { line: lines.of(&journal.start), ..place };
    let title = journal.experiment.get("title").and_then(Value::as_str).unwrap_or("an experiment");
    let citation = found.cite(started, &format!("{} {}: {}", journal.start, cut(title), cut(&journal.status)));
    let SteadyStates { before, after, during } = journal.steady_states;
    let is_missed = |one: &Option<Hypothesis>| one.as_ref().is_some_and(|one| one.steady_state_met == Some(false));
    let missed = [(Phase::Before, is_missed(&before)), (Phase::After, is_missed(&after))];
    let missed = missed.into_iter().filter(|(_, is_missed)| *is_missed).map(|(phase, _)| phase).collect();
    let hypothesis = |one: Option<Hypothesis>| one.map(|one| one.probes).unwrap_or_default();
    let during = during.into_iter().flat_map(|one| one.probes).collect();
    // In the order in which a journal holds them, so that lines are found by going on.
    let phases = [
        (Phase::Before, hypothesis(before)),
        (Phase::After, hypothesis(after)),
        (Phase::During, during),
        (Phase::Method, journal.run),
        (Phase::Rollback, journal.rollbacks),
    ];
    // What was only rehearsed (`chaos run --dry`, chaoslib/types.py `Dry`).
    let is_dry = matches!(journal.experiment.get("dry").and_then(Value::as_str), Some("actions" | "activities"));
    let mut steps = Vec::new();
    for (phase, runs) in phases {
        for run in runs {
            if steps.len() == MOST_STEPS {
                found.unreadable(place, format!("no activity after the first {MOST_STEPS} is read"));
                break;
            }
            let place = Place { line: lines.of(&run.start), ..place };
            match step(phase, &run) {
                Ok(mut step) => {
                    if is_dry && step.is_action {
                        step.outcome = CheckOutcome::Unknown;
                    }
                    let said = format!("{} {} {}: {}", run.start, step.kind(), step.name, step.outcome_in_words());
                    let citation = found.cite(place, &said);
                    steps.push(Step { citation, ..step });
                }
                Err(why) => found.unreadable(place, why),
            }
        }
    }
    steps.sort_by_key(|step| (step.from, step.citation));
    let to = journal.end.as_deref().and_then(times::read);
    let (title, status) = (cut(title), cut(&journal.status));
    let deviated = journal.deviated;
    let (engine, restarts) = (None, Vec::new());
    found.experiments.push(Experiment { title, status, deviated, missed, from, to, steps, engine, restarts, citation });
}

fn step(phase: Phase, run: &Run) -> Result<Step, String> {
    let time = |text: &str| times::read(text).ok_or_else(|| format!("no time with a zone: {:?}", cut(text)));
    let from: DateTime<Utc> = time(&run.start)?;
    let outcome = match run.status.as_str() {
        "succeeded" => CheckOutcome::Passed,
        "failed" => CheckOutcome::Failed,
        _ => CheckOutcome::Unknown,
    };
    let namespace = ["ns", "namespace"].iter().find_map(|name| run.activity.provider.arguments.get(name)?.as_str());
    let mut texts = Vec::new();
    gather(&run.output, &mut texts);
    Ok(Step {
        phase,
        is_action: run.activity.r#type == "action",
        name: cut(&run.activity.name),
        from,
        to: times::read(&run.end).unwrap_or(from),
        when: When::Then,
        outcome,
        tolerance_met: run.tolerance_met,
        error: last_line(&run.exception),
        exit_code: exit_code(run),
        namespace: namespace.map(cut),
        named: texts,
        pods: Vec::new(),
        citation: crate::model::Citation::default(),
    })
}

/// The exit code of a command that an activity ran, where it gives one back: of a process (chaoslib/provider/process.py) or
/// of a command in a pod (chaosk8s/pod/actions.py, `exec_in_pods`), of several the first that is not 0.
fn exit_code(Run { output, activity, .. }: &Run) -> Option<i64> {
    let name = if activity.provider.r#type == "process" { "status" } else { "exit_code" };
    let of = |one: &Value| one.get(name)?.as_i64();
    let of_all = || output.as_array().into_iter().flatten().filter_map(of).find(|code| *code != 0);
    of(output).or_else(of_all)
}

/// Short texts of what an activity gave back, at any depth that JSON may have.
fn gather(value: &Value, texts: &mut Vec<String>) {
    let mut left = vec![value];
    while let Some(value) = left.pop() {
        match value {
            _ if texts.len() >= MOST_TEXTS => return,
            Value::String(text) if text.len() <= 253 => texts.push(text.clone()),
            Value::Array(items) => left.extend(items.iter().rev()),
            Value::Object(fields) => {
                texts.extend(fields.keys().filter(|key| key.len() <= 253).cloned());
                left.extend(fields.values());
            }
            _ => {}
        }
    }
}

/// What an exception says: the last line of its traceback.
fn last_line(exception: &Value) -> String {
    let lines = exception.as_array().into_iter().flatten().filter_map(Value::as_str);
    let last = lines.flat_map(str::lines).map(str::trim).rfind(|line| !line.is_empty());
    cut(last.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn read_all(text: &str) -> Findings {
        let mut found = Findings::default();
        read(text.as_bytes(), Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        found
    }

    const PROBE: &str = r#"{"activity": {"type": "probe", "name": "answers", "provider": {"arguments": {"ns": "shop"}}},
        "start": "2026-11-26T14:56:16.7+00:00", "end": "2026-11-26T14:56:17.7+00:00", "status": "failed",
        "tolerance_met": false, "output": null, "exception": ["Traceback\n", "  File x\nActivityFailed: no answer\n\n"]}"#;

    fn journal(run: &str) -> String {
        format!(
            "{{\"chaoslib-version\": \"1.44.0\",\n\"experiment\": {{\"title\": \"t\"}},\n\"start\": \"2026-11-26T14:56:16+00:00\",\n\
             \"status\": \"failed\", \"deviated\": true,\n\"steady_states\": {{\"before\": {{\"probes\": [\n{PROBE}]}}, \"after\": null}},\n\
             \"run\": [{run}], \"rollbacks\": []}}"
        )
    }

    #[test]
    fn a_probe_that_failed_says_why_and_where() {
        let found = read_all(&journal(""));
        let one = found.experiments.first().expect("an experiment");
        assert_eq!((one.title.as_str(), one.deviated, one.citation.line), ("t", true, 3));
        let step = one.steps.first().expect("a step");
        assert_eq!((step.phase, step.holds(), step.citation.line), (Phase::Before, false, 7));
        assert_eq!((step.error.as_str(), step.outcome_in_words()), ("ActivityFailed: no answer", "failed"));
    }

    #[test]
    fn what_a_journal_says_itself_stands() {
        let run = |provider: &str, output: &str| {
            format!(
                r#"{{"activity": {{"type": "action", "name": "a", "provider": {{"type": "{provider}"}}}}, "output": {output},
                "start": "2026-11-26T14:56:20+00:00", "end": "2026-11-26T14:56:21+00:00", "status": "succeeded"}}"#
            )
        };
        let code = |provider: &str, output: &str| {
            let found = read_all(&journal(&run(provider, output)));
            found.experiments[0].steps.last().and_then(|step| step.exit_code)
        };
        assert_eq!(code("python", r#"[{"exit_code": 0}, {"exit_code": 1, "stderr": "cannot"}]"#), Some(1));
        assert_eq!(code("process", r#"{"status": 2}"#), Some(2));
        assert_eq!(code("http", r#"{"status": 503}"#), None, "that is no exit code");
        let whole = journal(&run("python", "null"));
        let dry = read_all(&whole.replace(r#"{"title": "t"}"#, r#"{"title": "t", "dry": "actions"}"#));
        assert_eq!(dry.experiments[0].steps.last().map(|step| step.outcome), Some(CheckOutcome::Unknown));
        let missed = whole.replace(r#""after": null"#, r#""after": {"steady_state_met": false, "probes": []}"#);
        assert_eq!(read_all(&missed).experiments[0].missed, [Phase::After]);
    }

    #[test]
    fn an_activity_without_a_time_is_said_and_costs_itself_alone() {
        let found = read_all(&journal("{\"status\": \"succeeded\", \"start\": \"soon\"}"));
        assert_eq!(found.experiments.first().map(|one| one.steps.len()), Some(1));
        assert_eq!(found.unreadable.len(), 1);
        assert!(read_all("{\"chaoslib-version\": 1").experiments.is_empty());
    }

    proptest! {
        #[test]
        fn any_output_is_survived(run in "[\\[\\]{}\",:a1 ]{0,80}") {
            read_all(&journal(&run));
            read_all(&run);
        }
    }
}
