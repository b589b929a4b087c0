//! A chaos experiment: what was taken for the steady state, before and after, and what was done between.

use super::CheckOutcome;
use crate::evidence::{Fact, Facts, Record, Topology};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};

/// An experiment, as its journal or its objects have it.
#[derive(Clone, Debug)]
pub struct Experiment {
    pub title: String,
    /// How it ended: `completed`, `failed`, `aborted`, `interrupted`.
    pub status: String,
    /// Its hypothesis did not hold afterwards.
    pub deviated: bool,
    /// The phases at whose end the journal itself says that the hypothesis did not hold.
    pub missed: Vec<Phase>,
    pub from: DateTime<Utc>,
    pub to: Option<DateTime<Utc>>,
    /// In order of time.
    pub steps: Vec<Step>,
    /// The object that drove it and says when, where its own record does not.
    pub engine: Option<Subject>,
    /// The containers that its actions led to a restart of, as far as records show both ends.
    pub restarts: Vec<Restart>,
    pub citation: Citation,
}

/// Which part of an experiment a step is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The hypothesis, before anything was done.
    Before,
    /// The hypothesis, while it was done.
    During,
    /// The hypothesis, afterwards.
    After,
    /// The hypothesis, before or afterwards: which of the two is not said.
    Either,
    #[default]
    Method,
    Rollback,
}

/// How well the time of a step is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum When {
    /// From when to when it was is written.
    #[default]
    Then,
    /// It was within the time of the experiment.
    Within,
}

/// An action or a probe.
#[derive(Clone, Debug, Default)]
pub struct Step {
    pub phase: Phase,
    pub is_action: bool,
    pub name: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    pub when: When,
    pub outcome: CheckOutcome,
    /// Whether what a probe of the hypothesis found was tolerable.
    pub tolerance_met: Option<bool>,
    pub error: String,
    /// That of a command that it ran, as far as it gave one back.
    pub exit_code: Option<i64>,
    pub namespace: Option<String>,
    /// Texts that it gave back, among which may be names of pods.
    pub named: Vec<String>,
    /// The pods that it named.
    pub pods: Vec<Subject>,
    pub citation: Citation,
}

/// The restart of a container.
#[derive(Clone, Debug)]
pub struct Restart {
    pub pod: Subject,
    pub container: String,
    /// It was told to stop.
    pub stopped: Mark,
    pub ended: Option<Mark>,
    pub started: Mark,
    /// Its pod was ready again.
    pub ready: Option<Mark>,
    /// The first sample of its restart counter that has risen, where that is later than the start.
    pub counted: Option<Mark>,
}

/// A moment, and the record that tells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    pub at: DateTime<Utc>,
    pub citation: Citation,
}

impl Step {
    /// What it is called.
    pub fn kind(&self) -> &'static str {
        if self.is_action { "action" } else { "probe" }
    }

    /// What came of it, in words.
    pub fn outcome_in_words(&self) -> &'static str {
        match (self.outcome, self.tolerance_met) {
            (CheckOutcome::Failed, _) => "failed",
            (_, Some(true)) => "within its tolerance",
            (_, Some(false)) => "beyond its tolerance",
            (CheckOutcome::Passed, None) => "succeeded",
            (CheckOutcome::Unknown, None) => "was not carried out",
        }
    }

    /// Whether it was carried out, with or without success.
    pub fn was_done(&self) -> bool {
        self.outcome != CheckOutcome::Unknown
    }

    /// Whether it is of what was done, and no probe of the hypothesis.
    pub fn is_of_method(&self) -> bool {
        matches!(self.phase, Phase::Method | Phase::Rollback)
    }

    /// Whether the hypothesis held by it.
    pub fn holds(&self) -> bool {
        self.tolerance_met == Some(true)
    }
}

/// Finds the pods that steps named: a text is one where a pod of its namespace is called so.
pub fn name_pods(experiments: &mut [Experiment], topology: &Topology) {
    for step in experiments.iter_mut().flat_map(|one| &mut one.steps) {
        // `shop/api-0/app`, as Chaos Mesh writes it, or a name alone.
        let pods = step.named.iter().filter_map(|name| match name.split_once('/') {
            Some((namespace, rest)) => Some(Subject::pod(namespace, rest.split('/').next().unwrap_or(rest))),
            None => Some(Subject::pod(step.namespace.as_ref()?, name)),
        });
        step.pods = pods.filter(|pod| topology.pods_named(pod).next().is_some()).collect();
        step.pods.sort();
        step.pods.dedup();
        step.named = Vec::new();
    }
}

/// Tells what was done to the cluster as facts: each action of the method, about each pod that it named.
pub fn tell(experiments: &[Experiment], facts: &mut Facts) {
    for step in experiments.iter().flat_map(|one| &one.steps) {
        if !step.is_action || !step.was_done() {
            continue;
        }
        let at = match (step.when, step.from.timestamp_subsec_nanos()) {
            (When::Within, _) => Moment::to_the_second(step.to).begun_after(step.from),
            (When::Then, 0) => Moment::to_the_second(step.from),
            (When::Then, _) => Moment::exact(step.from),
        };
        let record = Record::Check { step: "action", outcome: &step.name, node: "", runs: "" };
        let itself =
            [Subject::new("Experiment", step.namespace.as_deref().unwrap_or_default(), super::named(&step.name))];
        let subjects = if step.pods.is_empty() { &itself[..] } else { &step.pods[..] };
        for subject in subjects {
            facts.push(Fact { at, last: at, count: 1, subject, node: None, record, citation: step.citation });
        }
    }
}
