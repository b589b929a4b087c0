//! Analysis to `report.json`: indexes to ids, times to text. Nothing is decided here that the rooms before did not decide.

use super::names::{cascade_id, signal_id};
use super::quotes::Rows;
use super::schema::*;
use super::view::{self, Lacks};
use super::{
    Analyzed, common_rows, deployed_rows, experiment_rows, impact_rows as impact, ladder_rows, names, postmortem,
    quotes, why_rows,
};
use crate::cascade::{Analysis, Cascade, Edge, Factor, LeftOut, Motif, Question};
use crate::evidence::{Absence, Evidence, InputInfo, NewMessage, Note, Skew};
use crate::model::{End, rfc3339};
use crate::signals::{Episode, NamedCause, NotUnderstood, Signal};
use serde::{Serialize, Serializer};

/// The report of an analysis.
pub fn build(of: &Analyzed) -> Report {
    let rows = Rows::new(&of.evidence);
    with_lists(of, &rows, signals(of, &rows).collect(), edges(of, &rows).collect(), citations(of))
}

/// The same but for the numbers that the draft gives to its records, so that none is drafted.
pub fn undrafted(of: &Analyzed) -> Report {
    let rows = Rows::new(&of.evidence);
    with_lists(of, &rows, signals(of, &rows).collect(), edges(of, &rows).collect(), Vec::new())
}

/// The whole report for a writer: a row of the long lists is made when it is written.
pub fn written<S: Serializer>(of: &Analyzed, out: S) -> Result<S::Ok, S::Error> {
    let rows = Rows::new(&of.evidence);
    with_lists(of, &rows, Each(|| signals(of, &rows)), Each(|| edges(of, &rows)), citations(of)).serialize(out)
}

/// A list that is written as it is made.
struct Each<F>(F);

impl<F: Fn() -> I, I: Iterator<Item: Serialize>> Serialize for Each<F> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        out.collect_seq((self.0)())
    }
}

fn signals(of: &Analyzed, rows: &Rows<'_>) -> impl Iterator<Item = SignalRow> {
    let cascade_of = view::cascade_of(&of.analysis, of.signals.len());
    let signals = of.signals.iter().zip(cascade_of).enumerate();
    signals.map(|(index, (signal, cascade))| signal_row(rows, (index, cascade), signal))
}

fn edges(of: &Analyzed, rows: &Rows<'_>) -> impl Iterator<Item = EdgeRow> {
    of.analysis.edges.iter().map(|edge| edge_row(rows, edge))
}

fn with_lists<S, E>(of: &Analyzed, rows: &Rows<'_>, signals: S, edges: E, citations: Vec<CitationRow>) -> Report<S, E> {
    let Analyzed { tool, evidence, not_understood, analysis, .. } = of;
    let changes = view::changes(of);
    Report {
        schema: SCHEMA,
        tool: tool.clone(),
        archive: archive_info(evidence),
        inputs: evidence.inputs.iter().map(|input| input_row(evidence, input)).collect(),
        coverage: coverage(evidence),
        clocks: evidence.skews.iter().map(|skew| clock_row(rows, skew)).collect(),
        signals,
        edges,
        alternatives: why_rows::alternatives(analysis, rows),
        checklists: why_rows::checklists(of, rows),
        cascades: cascades(analysis),
        revisions: ladder_rows::ladders(of, &changes, rows),
        changes: ladder_rows::changes(&changes, rows),
        factors: analysis.factors.iter().map(|factor| factor_row(rows, factor)).collect(),
        impact: impact::rows(of, rows),
        checks: impact::check_rows(evidence, rows),
        named_causes: of.named_causes.iter().map(|one| named_cause_row(rows, one)).collect(),
        new_messages: of.new_messages.iter().map(|one| new_message_row(rows, one)).collect(),
        deployed: deployed_rows::rows(of, rows),
        experiments: experiment_rows::rows(evidence, rows),
        notes: evidence.notes.iter().map(|note| note_row(rows, note)).collect(),
        motifs: analysis.motifs.iter().map(|motif| motif_row(rows, motif)).collect(),
        common: common_rows::rows(of, rows),
        questions: analysis.questions.iter().map(question_row).collect(),
        left_out: analysis.left_out.iter().map(|one| left_out_row(rows, one)).collect(),
        not_understood: not_understood.iter().map(|group| not_understood_row(rows, group)).collect(),
        citations,
        absences: Absence::ALL.map(|absence| absence_row(&Lacks::new(absence, evidence, not_understood))).to_vec(),
    }
}

fn citations(of: &Analyzed) -> Vec<CitationRow> {
    let row = |(number, row): (usize, &EvidenceRow)| CitationRow {
        id: format!("E{number}"),
        entry: row.entry.clone(),
        line: row.line,
    };
    (1..).zip(&postmortem::draft(of).citations).map(row).collect()
}

fn named_cause_row(rows: &Rows<'_>, one: &NamedCause) -> NamedCauseRow {
    NamedCauseRow {
        phrase: one.phrase.clone(),
        because: one.because.clone(),
        subjects: one.subjects.iter().take(MOST_SUBJECTS).map(ToString::to_string).collect(),
        subject_count: one.subjects.len(),
        signals: ids(&one.signals),
        from: rfc3339(one.from),
        to: rfc3339(one.to),
        evidence: rows.all(&one.evidence),
    }
}

fn new_message_row(rows: &Rows<'_>, one: &NewMessage) -> NewMessageRow {
    NewMessageRow {
        cascade: names::cascade_id(one.cascade),
        workload: one.workload.to_string(),
        container: one.container.clone(),
        words: one.words.clone(),
        count: one.count,
        from: one.first.map(rfc3339),
        evidence: rows.all(&[one.citation]),
    }
}

fn not_understood_row(rows: &Rows<'_>, group: &NotUnderstood) -> NotUnderstoodRow {
    NotUnderstoodRow {
        words: group.words.clone(),
        count: group.count,
        subjects: group.subjects.iter().take(MOST_SUBJECTS).map(ToString::to_string).collect(),
        subject_count: group.subjects.len(),
        from: rfc3339(group.from),
        undated: group.is_undated,
        to: rfc3339(group.to),
        severity: group.severity.to_string(),
        evidence: rows.all(&group.evidence),
    }
}

fn absence_row(lacks: &Lacks) -> AbsenceRow {
    AbsenceRow {
        what: lacks.absence.name().to_owned(),
        proven: lacks.lacks.is_empty(),
        lacks: lacks.lacks.iter().map(|lack| (*lack).to_owned()).collect(),
    }
}

fn ids(indexes: &[usize]) -> Vec<String> {
    indexes.iter().copied().map(signal_id).collect()
}

fn input_row(evidence: &Evidence, input: &InputInfo) -> InputRow {
    let because = input.unread.iter().map(|unread| NotReadRow {
        why: unread.why.to_string(),
        count: unread.entries.len(),
        entries: unread.entries.iter().take(MOST_SUBJECTS).map(|entry| evidence.path(*entry).to_owned()).collect(),
    });
    InputRow {
        name: input.name.clone(),
        format: input.format.to_owned(),
        read: input.read(),
        not_read: input.not_read(),
        not_read_because: because.collect(),
    }
}

fn clock_row(rows: &Rows<'_>, skew: &Skew) -> ClockRow {
    ClockRow {
        node: skew.node.clone(),
        ahead_ms: [skew.least_ms, skew.most_ms],
        moved_ms: skew.middle().num_milliseconds(),
        records: skew.records,
        from: rfc3339(skew.span.from),
        to: rfc3339(skew.span.to),
        evidence: rows.all(&skew.evidence),
    }
}

fn archive_info(evidence: &Evidence) -> ArchiveInfo {
    ArchiveInfo {
        name: evidence.archive.clone(),
        sha256: evidence.sha256.clone(),
        cluster: names::cluster(evidence),
        from: rfc3339(evidence.window.from),
        to: rfc3339(evidence.window.to),
    }
}

fn coverage(evidence: &Evidence) -> Vec<Coverage> {
    let lines = view::coverage_lines(evidence).into_iter();
    let rows = lines.map(|line| Coverage {
        source: line.source.to_owned(),
        subject: line.what.to_string(),
        status: line.state.name().to_owned(),
        why: line.why.into_owned(),
    });
    rows.collect()
}

fn signal_row(rows: &Rows<'_>, (index, cascade): (usize, Option<usize>), signal: &Signal) -> SignalRow {
    SignalRow {
        id: signal_id(index),
        signal: signal.name.clone(),
        subject: signal.subject.to_string(),
        from: rfc3339(signal.from.time),
        to: signal.until().map(rfc3339),
        uncertainty_ms: signal.from.uncertainty_ms(),
        earlier_ms: signal.from.earlier_ms,
        episode: signal.episode.map(|Episode { number, of }| EpisodeRow { number, of }),
        count: signal.count,
        severity: signal.severity.to_string(),
        title: signal.title.clone(),
        evidence: rows.all(&quotes::of_signal(signal)),
        ended_by: signal.ended_by.map(|end| rows.one(end)),
        layer: signal.family.clone(),
        node: signal.node.clone(),
        cascade: cascade.map(cascade_id),
        labels: signal.labels.firsts().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
    }
}

fn edge_row(rows: &Rows<'_>, edge: &Edge) -> EdgeRow {
    EdgeRow {
        from: signal_id(edge.from),
        to: signal_id(edge.to),
        link: edge.link.clone(),
        relation: edge.relation.clone(),
        lag_ms: edge.lag_ms,
        grade: edge.grade.name().to_owned(),
        why: edge.why.clone(),
        against: edge
            .against
            .iter()
            .map(|one| DoubtRow { signal: signal_id(one.signal), why: one.why.clone() })
            .collect(),
        evidence: rows.of_statement(&edge.evidence),
    }
}

fn factor_row(rows: &Rows<'_>, factor: &Factor) -> FactorRow {
    FactorRow {
        cascade: cascade_id(factor.cascade),
        class: factor.class.name().to_owned(),
        statement: factor.statement.clone(),
        signals: ids(&factor.signals),
        evidence: rows.of_statement(&factor.evidence),
        id: factor.id.to_owned(),
        remedy: factor.remedy.clone(),
    }
}

fn note_row(rows: &Rows<'_>, note: &Note) -> NoteRow {
    NoteRow {
        at: rfc3339(note.at.time),
        later_ms: note.at.later_ms,
        to: note.to.map(rfc3339),
        author: Some(note.author.clone()).filter(|author| !author.is_empty()),
        text: note.text.clone(),
        subject: note.subject.to_string(),
        evidence: vec![rows.one(note.citation)],
    }
}

fn left_out_row(rows: &Rows<'_>, one: &LeftOut) -> LeftOutRow {
    LeftOutRow {
        reason: one.reason.name().to_owned(),
        statement: one.statement.clone(),
        signals: ids(&one.signals),
        evidence: rows.all(&one.evidence),
    }
}

fn motif_row(rows: &Rows<'_>, motif: &Motif) -> MotifRow {
    MotifRow {
        motif: motif.motif.clone(),
        statement: motif.statement.clone(),
        signals: ids(&motif.signals),
        evidence: rows.of_statement(&motif.evidence),
    }
}

fn question_row(question: &Question) -> QuestionRow {
    QuestionRow {
        cascade: question.cascade.map(cascade_id),
        about: question.about.clone(),
        whom: question.whom.to_string(),
        question: question.question.clone(),
    }
}

fn cascades(analysis: &Analysis) -> Vec<CascadeRow> {
    let row = |(number, one): (usize, &Cascade)| CascadeRow {
        id: cascade_id(number),
        headline: one.headline.clone(),
        first: ids(&one.first),
        signals: ids(&one.signals),
        recovered_at: match one.end {
            End::At(end) => Some(rfc3339(end)),
            End::Ongoing | End::Unknown => None,
        },
        goes_on: one.end == End::Ongoing,
        from: rfc3339(one.from),
        to: rfc3339(one.to),
        affected: one.affected.iter().map(ToString::to_string).collect(),
    };
    analysis.cascades.iter().enumerate().map(row).collect()
}
