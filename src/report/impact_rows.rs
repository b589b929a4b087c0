//! Rows of `report.json` for who was hit, and for what outside checks met.

use super::Analyzed;
use super::names::{cascade_id, signal_id};
use super::quotes::Rows;
use super::schema::{CheckRow, ImpactRow, MOST_SUBJECTS, RunRow, StreakRow, WaitedForRow};
use super::view::{self, CheckView};
use crate::cascade::Impact;
use crate::evidence::{CheckOutcome, Evidence, JoinedRun, WaitedFor};
use crate::model::{Citation, End, rfc3339};

/// Outside checks first, then who was hurt, those of the largest cascade before all others.
pub fn rows(of: &Analyzed, rows: &Rows<'_>) -> Vec<ImpactRow> {
    let checks = view::checks(&of.evidence).into_iter().filter_map(|check| of_check(&check, rows));
    let hurt = view::hurt_rows(of).into_iter().map(|impact| row(&impact, rows));
    checks.chain(hurt).collect()
}

fn row(impact: &Impact, rows: &Rows<'_>) -> ImpactRow {
    ImpactRow {
        what: impact.what(),
        subjects: impact.subjects.iter().take(MOST_SUBJECTS).map(ToString::to_string).collect(),
        from: rfc3339(impact.from.time),
        to: impact.until().map(rfc3339),
        count: impact.subjects.len(),
        of: impact.of,
        evidence: rows.of_statement(&impact.evidence),
        earlier_ms: impact.from.earlier_ms,
        end: if impact.is_given_up { "deleted" } else { end_name(impact.end) }.to_owned(),
        in_place: impact.in_place,
        cascade: Some(cascade_id(impact.cascade)),
        linked: impact.linked,
        signals: impact.signals.iter().copied().map(signal_id).collect(),
    }
}

fn end_name(end: End) -> &'static str {
    match end {
        End::At(_) => "recorded",
        End::Ongoing => "goes-on",
        End::Unknown => "not-recorded",
    }
}

fn of_check(check: &CheckView<'_>, rows: &Rows<'_>) -> Option<ImpactRow> {
    let (from, to) = check.failing()?;
    let told_by = check.before_failing().into_iter().chain(check.failed());
    let records: Vec<Citation> = told_by.map(|one| one.run.citation).collect();
    let mut subjects: Vec<String> = check.failed().map(|one| one.subject().to_string()).collect();
    subjects.dedup();
    subjects.truncate(MOST_SUBJECTS);
    Some(ImpactRow {
        what: format!("runs of {} failed", check.name),
        subjects,
        from: rfc3339(from),
        to: Some(rfc3339(to)),
        count: check.count(CheckOutcome::Failed),
        of: Some(check.telling()),
        evidence: rows.of_statement(&records),
        earlier_ms: 0,
        end: end_name(End::At(to)).to_owned(),
        in_place: 0,
        cascade: None,
        linked: false,
        signals: Vec::new(),
    })
}

/// One for each check.
pub fn check_rows(evidence: &Evidence, rows: &Rows<'_>) -> Vec<CheckRow> {
    let row = |check: CheckView<'_>| CheckRow {
        check: check.name.to_owned(),
        namespace: check.runs.first().and_then(|one| one.run.namespace.clone()),
        passed: check.count(CheckOutcome::Passed),
        failed: check.count(CheckOutcome::Failed),
        unknown: check.count(CheckOutcome::Unknown),
        streaks: check
            .streaks
            .iter()
            .map(|streak| StreakRow {
                outcome: outcome(streak.outcome),
                count: streak.runs.len(),
                from: rfc3339(streak.from()),
                to: rfc3339(streak.to()),
                evidence: rows.of_statement(&streak.records().collect::<Vec<_>>()),
            })
            .collect(),
        runs: check.failed().chain(check.passed_early()).map(|one| run_row(one, rows)).collect(),
    };
    view::checks(evidence).into_iter().map(row).collect()
}

fn run_row(one: &JoinedRun, rows: &Rows<'_>) -> RunRow {
    RunRow {
        what: one.run.what.clone(),
        outcome: outcome(one.run.outcome),
        from: one.began.map(rfc3339),
        to: rfc3339(one.run.to),
        error: one.run.error.clone(),
        pods: one.pods,
        waited_for: one.waited.iter().map(|waited| waited_row(waited, rows)).collect(),
        waited_for_count: one.waited_count,
        node: one.node.clone(),
        evidence: vec![rows.one(one.run.citation)],
    }
}

fn waited_row(waited: &WaitedFor, rows: &Rows<'_>) -> WaitedForRow {
    WaitedForRow {
        pod: waited.pod.to_string(),
        node: waited.node.clone(),
        state: waited.state.words().to_owned(),
        evidence: rows.all(&waited.evidence),
    }
}

fn outcome(of: CheckOutcome) -> String {
    let name = match of {
        CheckOutcome::Passed => "passed",
        CheckOutcome::Failed => "failed",
        CheckOutcome::Unknown => "unknown",
    };
    name.to_owned()
}
