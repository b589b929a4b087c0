//! A chaos experiment: what was taken for the steady state, before and after, and what was done between.

use super::CheckOutcome;
use crate::evidence::{Fact, Facts, Record, Topology};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};

/// An experiment, as its journal has it.
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
    pub citation: Citation,
}

/// Which part of an experiment a step is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The hypothesis, before anything was done.
    Before,
    /// The hypothesis, while it was done.
    During,
    /// The hypothesis, afterwards.
    After,
    Method,
    Rollback,
}

/// An action or a probe.
#[derive(Clone, Debug)]
pub struct Step {
    pub phase: Phase,
    pub is_action: bool,
    pub name: String,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
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

    /// Whether the hypothesis held by it.
    pub fn holds(&self) -> bool {
        self.tolerance_met == Some(true)
    }
}

/// Finds the pods that steps named: a text is one where a pod of its namespace is called so.
pub fn name_pods(experiments: &mut [Experiment], topology: &Topology) {
    for step in experiments.iter_mut().flat_map(|one| &mut one.steps) {
        let Some(namespace) = &step.namespace else { continue };
        let pods = step.named.iter().map(|name| Subject::pod(namespace, name));
        step.pods = pods.filter(|pod| topology.pods_named(pod).next().is_some()).collect();
        step.pods.sort();
        step.pods.dedup();
        step.named = Vec::new();
    }
}

/// Tells what was done to the cluster as facts: each action of the method, about each pod that it named.
pub fn tell(experiments: &[Experiment], facts: &mut Facts) {
    for step in experiments.iter().flat_map(|one| &one.steps) {
        if !step.is_action || step.outcome == CheckOutcome::Unknown {
            continue;
        }
        let at = Moment::exact(step.from);
        let record = Record::Check { step: "action", outcome: &step.name, node: "", runs: "" };
        let itself =
            [Subject::new("Experiment", step.namespace.as_deref().unwrap_or_default(), super::named(&step.name))];
        let subjects = if step.pods.is_empty() { &itself[..] } else { &step.pods[..] };
        for subject in subjects {
            facts.push(Fact { at, last: at, count: 1, subject, node: None, record, citation: step.citation });
        }
    }
}
