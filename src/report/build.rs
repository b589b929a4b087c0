//! Analysis to report: numbers to names, times to text. Nothing is decided here that the rooms before did not decide.

use super::schema::*;
use crate::cascade::{Analysis, Edge};
use crate::evidence::{Absence, Evidence, Fact, Outcome, Record, Status};
use crate::model::{Citation, rfc3339};
use crate::signals::{NotUnderstood, Signal};
use std::collections::BTreeMap;

/// What the rules made of the records, and what no rule understood.
#[derive(Clone, Copy, Debug)]
pub struct Found<'a> {
    pub signals: &'a [Signal],
    pub not_understood: &'a [NotUnderstood],
}

/// The report of an analysis. `tool` is the name and version of the program.
pub fn build(tool: &str, evidence: &Evidence, found: Found<'_>, analysis: &Analysis) -> Report {
    let signals = found.signals;
    let cascade_of = cascade_of(analysis);
    Report {
        schema: SCHEMA,
        tool: tool.to_owned(),
        archive: archive_info(evidence),
        coverage: coverage(&evidence.outcomes, evidence),
        signals: signals.iter().enumerate().map(|(index, signal)| signal_row(index, signal, &cascade_of)).collect(),
        edges: analysis.edges.iter().map(edge_row).collect(),
        cascades: cascades(analysis),
        changes: changes(evidence, signals),
        factors: analysis
            .factors
            .iter()
            .map(|factor| FactorRow {
                cascade: cascade_id(factor.cascade),
                class: factor.class.name().to_owned(),
                statement: factor.statement.clone(),
                signals: ids(&factor.signals),
                evidence: rows(&factor.evidence),
            })
            .collect(),
        motifs: analysis
            .motifs
            .iter()
            .map(|motif| MotifRow {
                motif: motif.motif.clone(),
                statement: motif.statement.clone(),
                signals: ids(&motif.signals),
                evidence: rows(&motif.evidence),
            })
            .collect(),
        questions: analysis
            .questions
            .iter()
            .map(|one| QuestionRow {
                cascade: one.cascade.map(cascade_id),
                about: one.about.clone(),
                question: one.question.clone(),
            })
            .collect(),
        not_understood: found.not_understood.iter().map(not_understood_row).collect(),
        absences: Absence::ALL.map(|absence| absence_row(absence, evidence, found.not_understood)).to_vec(),
    }
}

fn not_understood_row(group: &NotUnderstood) -> NotUnderstoodRow {
    NotUnderstoodRow {
        words: group.words.clone(),
        count: group.count,
        subjects: group.subjects.iter().take(MOST_SUBJECTS).map(ToString::to_string).collect(),
        subject_count: group.subjects.len(),
        from: rfc3339(group.from),
        undated: group.is_undated,
        to: rfc3339(group.to),
        severity: group.severity.to_string(),
        evidence: rows(&group.evidence),
    }
}

/// What nobody understands may be the very thing that is said not to have been there.
fn absence_row(absence: Absence, evidence: &Evidence, not_understood: &[NotUnderstood]) -> AbsenceRow {
    let mut lacks: Vec<String> = evidence.lacks_to_prove(absence).into_iter().map(str::to_owned).collect();
    if absence == Absence::Harm && not_understood.iter().any(NotUnderstood::may_be_harm) {
        lacks.push(NOT_UNDERSTOOD.to_owned());
    }
    AbsenceRow { what: absence.name().to_owned(), proven: lacks.is_empty(), lacks }
}

fn cascade_id(index: usize) -> String {
    format!("c{}", index + 1)
}

/// The status of what came and that no part of the analysis reads.
pub const NOT_READ: &str = "not-read";

fn id(index: usize) -> String {
    format!("s{}", index + 1)
}

fn ids(indexes: &[usize]) -> Vec<String> {
    indexes.iter().map(|index| id(*index)).collect()
}

fn rows(evidence: &[Citation]) -> Vec<EvidenceRow> {
    evidence.iter().map(row).collect()
}

fn row(one: &Citation) -> EvidenceRow {
    EvidenceRow { entry: one.entry.clone(), line: one.line, text: one.text.clone() }
}

fn archive_info(evidence: &Evidence) -> ArchiveInfo {
    let cluster = &evidence.header.cluster;
    let known = [("version", &cluster.version), ("uid", &cluster.uid), ("context", &cluster.context)];
    let parts: Vec<String> =
        known.iter().filter_map(|(name, value)| value.as_ref().map(|value| format!("{name} {value}"))).collect();
    ArchiveInfo {
        name: evidence.archive.clone(),
        sha256: evidence.sha256.clone(),
        cluster: if parts.is_empty() { "unknown".to_owned() } else { parts.join(", ") },
        from: rfc3339(evidence.window.from),
        to: rfc3339(evidence.window.to),
    }
}

/// A row for each item that is missing, and one for the rest of each source, by status; what came and was not read
/// stands apart.
fn coverage(outcomes: &[Outcome], evidence: &Evidence) -> Vec<Coverage> {
    let mut counts: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    let mut found = Vec::new();
    for outcome in outcomes {
        if outcome.status.is_missing() {
            found.push(Coverage {
                source: outcome.source.clone(),
                subject: outcome.subject.clone(),
                status: outcome.status.name().to_owned(),
                why: outcome.why.clone(),
            });
            continue;
        }
        let unread = outcome.entry.as_ref().is_some_and(|entry| evidence.unread.binary_search(entry).is_ok());
        let (status, why) = match outcome.status {
            Status::Collected | Status::Truncated if unread => (NOT_READ, "no part of the analysis reads it"),
            status => (status.name(), outcome.why.as_str()),
        };
        counts.entry((&outcome.source, status)).or_insert((0, why)).0 += 1;
    }
    found.extend(counts.into_iter().map(|((source, status), (count, why))| Coverage {
        source: source.to_owned(),
        subject: format!("{count} {}", if count == 1 { "item" } else { "items" }),
        status: status.to_owned(),
        why: why.to_owned(),
    }));
    let mut unreadable: BTreeMap<&str, (usize, &str)> = BTreeMap::new();
    for one in &evidence.unreadable {
        unreadable.entry(&one.entry).or_insert((0, &one.why)).0 += 1;
    }
    found.extend(unreadable.into_iter().map(|(entry, (count, why))| Coverage {
        source: "archive".to_owned(),
        subject: format!("{entry}: {count} unreadable"),
        status: "failed".to_owned(),
        why: why.to_owned(),
    }));
    found.sort();
    found
}

fn signal_row(index: usize, signal: &Signal, cascade_of: &BTreeMap<usize, String>) -> SignalRow {
    SignalRow {
        id: id(index),
        signal: signal.name.clone(),
        subject: signal.subject.to_string(),
        from: rfc3339(signal.from.time),
        to: signal.to.map(rfc3339),
        uncertainty_ms: signal.from.uncertainty_ms(),
        earlier_ms: signal.from.earlier_ms,
        count: signal.count,
        severity: signal.severity.to_string(),
        title: signal.title.clone(),
        evidence: rows(&signal.evidence),
        ended_by: signal.ended_by.as_ref().map(row),
        layer: signal.layer.clone(),
        node: signal.node.clone(),
        cascade: cascade_of.get(&index).cloned(),
        labels: signal.labels.clone(),
    }
}

fn edge_row(edge: &Edge) -> EdgeRow {
    EdgeRow {
        from: id(edge.from),
        to: id(edge.to),
        link: edge.link.clone(),
        relation: edge.relation.clone(),
        lag_ms: edge.lag_ms,
        grade: edge.grade.name().to_owned(),
        why: edge.why.clone(),
        evidence: rows(&edge.evidence),
    }
}

fn cascade_of(analysis: &Analysis) -> BTreeMap<usize, String> {
    let numbered = analysis.cascades.iter().enumerate();
    numbered.flat_map(|(n, one)| one.signals.iter().map(move |index| (*index, cascade_id(n)))).collect()
}

fn cascades(analysis: &Analysis) -> Vec<CascadeRow> {
    let numbered = analysis.cascades.iter().enumerate();
    numbered
        .map(|(n, one)| CascadeRow {
            id: cascade_id(n),
            headline: one.headline.clone(),
            first: ids(&one.first),
            signals: ids(&one.signals),
            recovered_at: one.recovered_at.map(rfc3339),
            goes_on: one.goes_on,
            from: rfc3339(one.from),
            to: rfc3339(one.to),
            affected: one.affected.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

/// Every change that is known as a signal: as the objects tell of it, else as the event does.
fn changes(evidence: &Evidence, signals: &[Signal]) -> Vec<ChangeRow> {
    let mut told: BTreeMap<&Citation, Vec<(&Fact, &str)>> = BTreeMap::new();
    for fact in &evidence.facts {
        if let Record::Change { what, .. } = &fact.record {
            told.entry(&fact.citation).or_default().push((fact, what));
        }
    }
    let mut rows_found = Vec::new();
    for (index, signal) in signals.iter().enumerate().filter(|(_, signal)| signal.layer == "change") {
        let cited = signal.evidence.iter().filter_map(|one| told.get(one)).flatten();
        let facts: Vec<&(&Fact, &str)> = cited.filter(|(fact, _)| fact.subject == signal.subject).collect();
        let row = |at, what: &str, evidence: &[Citation]| ChangeRow {
            at: rfc3339(at),
            subject: signal.subject.to_string(),
            what: what.to_owned(),
            evidence: rows(evidence),
            signal: Some(id(index)),
        };
        match facts.is_empty() {
            true => rows_found.push(row(signal.from.time, &signal.title, signal.evidence.get(..1).unwrap_or_default())),
            false => rows_found
                .extend(facts.iter().map(|(fact, what)| row(fact.at.time, what, std::slice::from_ref(&fact.citation)))),
        }
    }
    rows_found.sort_by(|a, b| (&a.at, &a.subject).cmp(&(&b.at, &b.subject)));
    rows_found
}
