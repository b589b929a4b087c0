//! Analysis to report: numbers to names, times to text. Nothing is decided here that the rooms before did not decide.

use super::schema::*;
use crate::cascade::{Analysis, Edge};
use crate::evidence::{Evidence, Outcome, Record};
use crate::model::{Citation, rfc3339};
use crate::signals::Signal;
use std::collections::BTreeMap;

/// The report of an analysis. `tool` is the name and version of the program.
pub fn build(tool: &str, evidence: &Evidence, signals: &[Signal], analysis: &Analysis) -> Report {
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
            })
            .collect(),
        questions: analysis
            .questions
            .iter()
            .map(|one| QuestionRow { about: one.about.clone(), question: one.question.clone() })
            .collect(),
    }
}

fn id(index: usize) -> String {
    format!("s{}", index + 1)
}

fn ids(indexes: &[usize]) -> Vec<String> {
    indexes.iter().map(|index| id(*index)).collect()
}

fn rows(evidence: &[Citation]) -> Vec<EvidenceRow> {
    let row = |one: &Citation| EvidenceRow { entry: one.entry.clone(), line: one.line, text: one.text.clone() };
    evidence.iter().map(row).collect()
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

/// A row for each item that is missing, and one for the rest of each source, by status.
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
        let count = counts.entry((&outcome.source, outcome.status.name())).or_insert((0, &outcome.why));
        count.0 += 1;
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
        uncertainty_ms: signal.from.uncertainty_ms,
        count: signal.count,
        severity: signal.severity.to_string(),
        title: signal.title.clone(),
        evidence: rows(&signal.evidence),
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
    numbered.flat_map(|(n, one)| one.signals.iter().map(move |index| (*index, format!("c{}", n + 1)))).collect()
}

fn cascades(analysis: &Analysis) -> Vec<CascadeRow> {
    let numbered = analysis.cascades.iter().enumerate();
    numbered
        .map(|(n, one)| CascadeRow {
            id: format!("c{}", n + 1),
            headline: one.headline.clone(),
            first: ids(&one.first),
            signals: ids(&one.signals),
            recovered_at: one.recovered_at.map(rfc3339),
            from: rfc3339(one.from),
            to: rfc3339(one.to),
            affected: one.affected.iter().map(ToString::to_string).collect(),
        })
        .collect()
}

/// Every change that the objects tell of, with the signal it is known as.
fn changes(evidence: &Evidence, signals: &[Signal]) -> Vec<ChangeRow> {
    let told = evidence.facts.iter().filter_map(|fact| match &fact.record {
        Record::Change { what } => Some((fact, what)),
        _ => None,
    });
    told.map(|(fact, what)| {
        let cites = |signal: &Signal| signal.layer == "change" && signal.evidence.contains(&fact.citation);
        ChangeRow {
            at: rfc3339(fact.at.time),
            subject: fact.subject.to_string(),
            what: what.clone(),
            evidence: rows(std::slice::from_ref(&fact.citation)),
            signal: signals.iter().position(cites).map(id),
        }
    })
    .collect()
}
