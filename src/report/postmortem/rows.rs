//! The timeline table, its overflow in the appendix, and the other tables of the appendix.

use super::references::{self, References};
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::model::Severity;
use crate::report::markdown::Markdown;
use crate::report::view::{Row, View};
use std::collections::BTreeSet;

/// A row of the timeline, as cells.
pub struct Line {
    pub time: String,
    pub lasted: String,
    pub chain: String,
    pub subject: String,
    pub signal: String,
    pub title: String,
    pub record: String,
}

pub struct IndexLine {
    pub number: usize,
    pub place: String,
    pub text: String,
}

pub struct MissingLine {
    pub source: String,
    pub status: String,
    pub subjects: String,
    pub why: String,
    pub limits: &'static str,
}

/// Places of the rows in the main table and in the appendix, each in order of time.
pub struct Chosen {
    pub main: Vec<usize>,
    pub lesser: Vec<usize>,
}

impl Chosen {
    pub fn new(view: &View, size: Size) -> Self {
        let mut order: Vec<usize> = (0..view.rows.len()).collect();
        order.sort_by_key(|place| view.rows.get(*place).map(|row| (std::cmp::Reverse(weight(view, row)), *place)));
        let routine = |place: &usize| view.rows.get(*place).is_some_and(is_routine);
        let mut main: Vec<usize> = order.iter().filter(|place| !routine(place)).take(size.timeline).copied().collect();
        let rest = order.iter().filter(|place| !main.contains(place));
        let mut lesser: Vec<usize> = rest.take(size.lesser).copied().collect();
        main.sort_unstable();
        lesser.sort_unstable();
        Self { main, lesser }
    }
}

/// Normal operation that nothing came of: a pod scheduled, a lease taken.
fn is_routine(row: &Row) -> bool {
    row.severity == Severity::Info && row.cascade.is_none() && row.layer != "change"
}

/// What stays in the main table when not all fits: the largest cascade, what was bad, alerts and changes.
fn weight(view: &View, row: &Row) -> (bool, bool, Severity, bool) {
    let largest = view.report.cascades.first().map(|cascade| cascade.id.as_str());
    let in_largest = row.cascade.is_some() && row.cascade == largest;
    let begins = view
        .report
        .cascades
        .iter()
        .any(|cascade| row.id.is_some_and(|id| cascade.first.iter().any(|first| first == id)));
    let notable = row.layer == "change" || row.subject.starts_with("Alert/");
    (begins, in_largest, row.severity, notable)
}

pub fn note(view: &View, chosen: &Chosen) -> Markdown {
    if view.rows.is_empty() {
        return Markdown::new().say("No abnormal signal and no change was seen in what was covered.");
    }
    let line = match view.clock.day() {
        Some(day) => Markdown::new().say("All times are UTC, on ").prose(&day, 40).stop(),
        None => Markdown::new().say("All times are UTC."),
    };
    let line = line.say(" Onset, bound of its error where it is more than a second, and how long it went on.");
    let rest = view.rows.len().saturating_sub(chosen.main.len());
    if rest == 0 {
        line
    } else {
        line.say(" ")
            .number(rest as u64)
            .say(if rest == 1 { " lesser row is" } else { " lesser rows are" })
            .say(" not in this table; see the appendix.")
    }
}

pub fn lines<'a>(view: &View<'a>, places: &[usize], references: &mut References<'a>, size: Size) -> Vec<Line> {
    places.iter().filter_map(|place| view.rows.get(*place)).map(|row| line(view, row, references, size)).collect()
}

fn line<'a>(view: &View<'a>, row: &Row<'a>, references: &mut References<'a>, size: Size) -> Line {
    let time = view.clock.time(row.at);
    let signal = Markdown::new().code(row.signal, NAME_CHARS);
    let signal = if row.count > 1 { signal.say(" × ").number(row.count) } else { signal };
    Line {
        time: row.uncertainty.as_ref().map_or_else(|| time.clone(), |bound| format!("{time} {bound}")),
        lasted: row.lasted.clone().unwrap_or_default(),
        chain: row.cascade.map(|id| Markdown::new().prose(id, 20).cell()).unwrap_or_default(),
        subject: Markdown::new().code(row.subject, NAME_CHARS).cell(),
        signal: signal.cell(),
        title: Markdown::new().prose(row.title, SENTENCE_CHARS.min(size.quote + 60)).cell(),
        record: references.place(row.evidence).cell(),
    }
}

pub fn index(references: &References, size: Size) -> Vec<IndexLine> {
    let lines = references.all().take(size.index).map(|(number, row)| IndexLine {
        number,
        place: references::place(row).cell(),
        text: Markdown::new().code(&row.text, size.quote).cell(),
    });
    lines.collect()
}

pub fn missing(view: &View, size: Size) -> Vec<MissingLine> {
    let lines = view.coverage.missing.iter().take(size.items).map(|missing| {
        let shown: Vec<Markdown> =
            missing.subjects.iter().take(size.items).map(|subject| Markdown::new().code(subject, NAME_CHARS)).collect();
        let more = missing.subjects.len().saturating_sub(shown.len());
        let subjects = Markdown::list(&shown);
        let subjects = if more > 0 { subjects.say(" and ").number(more as u64).say(" more") } else { subjects };
        MissingLine {
            source: Markdown::new().code(missing.source, NAME_CHARS).cell(),
            status: Markdown::new().prose(missing.status, 40).cell(),
            subjects: subjects.cell(),
            why: if missing.why.is_empty() {
                String::new()
            } else {
                Markdown::new().code(missing.why, size.quote).cell()
            },
            limits: missing.limits,
        }
    });
    lines.collect()
}

/// What was left out to fit, and where it is.
pub fn trimmed(view: &View, chosen: &Chosen, cited: usize, size: Size) -> Vec<Markdown> {
    let rows = view.rows.len().saturating_sub(chosen.main.len() + chosen.lesser.len());
    let records = cited.saturating_sub(size.index);
    let mut parts = Vec::new();
    if rows > 0 {
        parts.push(Markdown::new().number(rows as u64).say(" timeline rows"));
    }
    if records > 0 {
        parts.push(Markdown::new().number(records as u64).say(" records of the evidence index"));
    }
    if parts.is_empty() {
        return Vec::new();
    }
    let line = Markdown::new().say("Left out here to fit a ticket: ").then(&Markdown::list(&parts));
    vec![line.say("; ").code("report.json", 40).say(" and ").code("timeline.html", 40).say(" have all of them.")]
}

/// The signals and links this draft used, so that a reader can look up what each means.
pub fn rules(view: &View, size: Size) -> Markdown {
    let signals: BTreeSet<&str> = view.report.signals.iter().map(|signal| signal.signal.as_str()).collect();
    let links: BTreeSet<&str> = view.report.edges.iter().map(|edge| edge.link.as_str()).collect();
    let most = size.items * 4;
    let line = Markdown::new();
    let line = if signals.is_empty() {
        line.say("Rules: no signal was found.")
    } else {
        line.say("Signals: ").then(&codes(&signals, most)).stop()
    };
    if links.is_empty() { line } else { line.say(" Links: ").then(&codes(&links, most)).stop() }
}

fn codes(names: &BTreeSet<&str>, most: usize) -> Markdown {
    let shown: Vec<Markdown> = names.iter().take(most).map(|name| Markdown::new().code(name, NAME_CHARS)).collect();
    let more = names.len().saturating_sub(shown.len());
    let list = Markdown::list(&shown);
    if more > 0 { list.say(" and ").number(more as u64).say(" more") } else { list }
}
