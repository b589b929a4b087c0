//! Causes that are not claimed, and checklists of nodes, to rows of `report.json`.

use super::Analyzed;
use super::names::signal_id;
use super::quotes::Rows;
use super::schema::{AlternativeRow, CheckedRow, ChecklistRow};
use super::view::{NodeChecklist, Verdict, node_checklists};
use crate::cascade::{Alternative, Analysis};
use crate::model::rfc3339;

/// In order of effect, the best of each first.
pub fn alternatives(of: &Analysis, rows: &Rows<'_>) -> Vec<AlternativeRow> {
    of.alternatives.iter().map(|one| alternative(one, rows)).collect()
}

fn alternative(Alternative { edge, instead_of, decided_by }: &Alternative, rows: &Rows<'_>) -> AlternativeRow {
    AlternativeRow {
        from: signal_id(edge.from),
        to: signal_id(edge.to),
        link: edge.link.clone(),
        relation: edge.relation.clone(),
        lag_ms: edge.lag_ms,
        grade: edge.grade.name().to_owned(),
        why: edge.why.clone(),
        instead_of: instead_of.clone(),
        decided_by: decided_by.clone(),
        evidence: rows.of_statement(&edge.evidence),
    }
}

/// In order of time.
pub fn checklists(of: &Analyzed, rows: &Rows<'_>) -> Vec<ChecklistRow> {
    node_checklists(of).iter().map(|one| checklist(one, rows)).collect()
}

fn checklist(of: &NodeChecklist<'_>, rows: &Rows<'_>) -> ChecklistRow {
    let checked = of.rows.iter().map(|row| CheckedRow {
        id: row.id.clone(),
        what: row.what.clone(),
        verdict: row.verdict.name().to_owned(),
        why: row.why.clone(),
        signals: row.signals.iter().copied().map(signal_id).collect(),
        evidence: rows.all(&row.evidence),
        source: row.source.clone(),
    });
    ChecklistRow {
        subject: of.node.to_string(),
        from: rfc3339(of.from),
        to: of.to.map(rfc3339),
        signals: of.signals.iter().copied().map(signal_id).collect(),
        rows: checked.collect(),
        complete: of.rows.iter().all(|row| row.verdict != Verdict::NotRecorded),
    }
}
