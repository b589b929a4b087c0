//! Rows of `report.json` for chaos experiments.

use super::quotes::Rows;
use super::schema::{ExperimentRow, HypothesisRow, MissedProbeRow, RestartRow, StepRow};
use super::view::Hypothesis;
use crate::evidence::{Evidence, Experiment, Phase, Restart, Step, When};
use crate::model::{Citation, rfc3339};

/// One for each experiment.
pub fn rows(evidence: &Evidence, rows: &Rows<'_>) -> Vec<ExperimentRow> {
    evidence.experiments.iter().map(|one| row(one, rows)).collect()
}

fn row(one: &Experiment, rows: &Rows<'_>) -> ExperimentRow {
    ExperimentRow {
        title: one.title.clone(),
        status: one.status.clone(),
        deviated: one.deviated,
        from: rfc3339(one.from),
        to: one.to.map(rfc3339),
        hypothesis: Hypothesis::all(one).iter().map(|asked| hypothesis_row(asked, rows)).collect(),
        steps: one.steps.iter().filter(|step| step.is_of_method()).map(|step| step_row(step, rows)).collect(),
        restarts: one.restarts.iter().map(|restart| restart_row(restart, rows)).collect(),
        evidence: vec![rows.one(one.citation)],
    }
}

fn restart_row(of: &Restart, rows: &Rows<'_>) -> RestartRow {
    let marks = [Some(of.stopped), of.ended, Some(of.started), of.ready, of.counted];
    let citations: Vec<Citation> = marks.into_iter().flatten().map(|mark| mark.citation).collect();
    RestartRow {
        pod: of.pod.to_string(),
        container: of.container.clone(),
        stopped_at: rfc3339(of.stopped.at),
        ended_at: of.ended.map(|mark| rfc3339(mark.at)),
        started_at: rfc3339(of.started.at),
        ready_at: of.ready.map(|mark| rfc3339(mark.at)),
        seconds_to_serving: of.ready.map(|mark| (mark.at - of.stopped.at).as_seconds_f64()),
        counted_at: of.counted.map(|mark| rfc3339(mark.at)),
        evidence: rows.all(&citations),
    }
}

fn hypothesis_row(of: &Hypothesis<'_>, rows: &Rows<'_>) -> HypothesisRow {
    let missed = of.missed().map(|step| MissedProbeRow { probe: step.name.clone(), error: step.error.clone() });
    HypothesisRow {
        when: of.when.to_owned(),
        held: of.held,
        within_tolerance: of.within_tolerance(),
        probes: of.probes.len(),
        missed: missed.collect(),
        evidence: rows.of_statement(&of.probes.iter().map(|step| step.citation).collect::<Vec<Citation>>()),
    }
}

fn step_row(step: &Step, rows: &Rows<'_>) -> StepRow {
    StepRow {
        kind: step.kind().to_owned(),
        name: step.name.clone(),
        timed: step.when == When::Then,
        from: rfc3339(step.from),
        to: rfc3339(step.to),
        rollback: step.phase == Phase::Rollback,
        outcome: step.outcome_in_words().to_owned(),
        error: step.error.clone(),
        exit_code: step.exit_code,
        pods: step.pods.iter().map(ToString::to_string).collect(),
        evidence: vec![rows.one(step.citation)],
    }
}
