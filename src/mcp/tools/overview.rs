//! `overview`: what began it, whom it hurt, what they had in common, when it ended, and what is not known.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, Nothing, members, schema, taken};
use crate::report::schema::SignalRow;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "overview",
    title: "What happened",
    about: "What began the incident, whom it hurt from when to when, what those that failed had in common, what contributed, \
            and what is not known; each with its records. Ask this first.",
    schema: schema::<Nothing>,
    answer,
};

/// Of each list; the other tools give the rest.
const MOST: Range = Range { offset: 0, limit: Some(6) };
/// Names of those who were hurt alike; `count` is how many they are.
const SUBJECTS: usize = 5;
/// Records of each statement.
const RECORDS: usize = 2;

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    taken::<Nothing>(arguments)?;
    let report = &of.report;
    let archive = &report.archive;
    let largest = report.cascades.first();
    let is_of_largest = |id: &str| largest.is_some_and(|cascade| cascade.id == id);
    let triggers = report.factors.iter().filter(|one| one.class == "trigger" && is_of_largest(&one.cascade));
    let triggers: Vec<Value> = triggers
        .map(|one| json!({"says": one.statement, "check": one.id, "records": of.records(&one.evidence, RECORDS)}))
        .collect();
    let first: Vec<&SignalRow> = match largest {
        Some(cascade) => report.signals.iter().filter(|signal| cascade.first.contains(&signal.id)).collect(),
        None => Vec::new(),
    };
    let linked = |is: bool| report.impact.iter().filter(move |one| one.linked == is);
    let impact: Vec<Value> = linked(true)
        .chain(linked(false))
        .map(|one| {
            let some: Vec<&String> = one.subjects.iter().take(SUBJECTS).collect();
            json!({"says": one.what, "subjects": some, "count": one.count, "of": one.of, "from": one.from, "to": one.to, "end": one.end,
                   "linked": one.linked, "records": of.records(&one.evidence, RECORDS)})
        })
        .collect();
    let factors: Vec<Value> = report
        .factors
        .iter()
        .filter(|one| one.class != "trigger" && is_of_largest(&one.cascade))
        .map(|one| json!({"class": one.class, "says": one.statement, "records": of.records(&one.evidence, RECORDS)}))
        .collect();
    let says = |statement: &str, evidence: &[_]| json!({"says": statement, "records": of.records(evidence, RECORDS)});
    let common: Vec<Value> = report.common.iter().map(|one| says(&one.statement, &one.evidence)).collect();
    let motifs: Vec<Value> = report.motifs.iter().map(|one| says(&one.statement, &one.evidence)).collect();
    let questions: Vec<Value> =
        report.questions.iter().map(|one| json!({"about": one.about, "for": one.whom, "asks": one.question})).collect();
    Ok(members(json!({
        "archive": {"name": archive.name, "cluster": archive.cluster, "from": archive.from, "to": archive.to},
        "failed": largest.is_some(),
        "headline": largest.map(|cascade| &cascade.headline),
        "from": largest.map(|cascade| &cascade.from),
        "last_sign": largest.map(|cascade| &cascade.to),
        "recovered_at": largest.map(|cascade| &cascade.recovered_at),
        "goes_on": largest.map(|cascade| cascade.goes_on),
        "began_with": list(first.into_iter().map(|one| of.signal(one, RECORDS)), MOST),
        "trigger": list(triggers.into_iter(), MOST),
        "hurt": list(impact.into_iter(), MOST),
        "in_common": list(common.into_iter(), MOST),
        "pattern": list(motifs.into_iter(), MOST),
        "contributed": list(factors.into_iter(), MOST),
        "questions": list(questions.into_iter(), MOST),
        "cascades": report.cascades.len(),
        "not_understood": report.not_understood.len(),
    })))
}
