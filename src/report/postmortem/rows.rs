//! The timeline table, its overflow in the appendix, and the other tables of the appendix.

use super::references::{self, References};
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::model::Severity;
use crate::report::markdown::Markdown;
use crate::report::view::{Row, View};
use crate::report::{names, quotes};
use crate::signals::Role;
use std::cmp::Reverse;
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

/// Places of the view's rows, those that stay in the main table when not all fit first, and whether each is routine,
/// which never stands there.
pub struct Order(Vec<(usize, bool)>);

impl Order {
    pub fn new(view: &View) -> Self {
        let mut order: Vec<(usize, &Row)> = view.rows.iter().enumerate().collect();
        order.sort_by_key(|(place, row)| (Reverse(weight(row)), *place));
        Self(order.into_iter().map(|(place, row)| (place, is_routine(row))).collect())
    }
}

/// Places of the rows in the main table and in the appendix, each in order of time.
pub struct Chosen {
    pub main: Vec<usize>,
    pub lesser: Vec<usize>,
}

impl Chosen {
    pub fn new(order: &Order, size: Size) -> Self {
        let (mut main, mut lesser) = (Vec::new(), Vec::new());
        for (place, routine) in &order.0 {
            if !routine && main.len() < size.timeline {
                main.push(*place);
            } else if lesser.len() < size.lesser {
                lesser.push(*place);
            }
        }
        main.sort_unstable();
        lesser.sort_unstable();
        Self { main, lesser }
    }
}

/// Normal operation that nothing came of: a pod scheduled, a lease taken.
fn is_routine(row: &Row) -> bool {
    let is_told = row.signal.has(Role::Change) || row.signal.has(Role::Note);
    row.signal.severity == Severity::Info && row.cascade.is_none() && !is_told
}

/// What stays in the main table when not all fits: the largest cascade, what was bad, alerts and changes.
fn weight(row: &Row) -> (bool, bool, Severity, bool) {
    let notable = row.signal.has(Role::Change) || row.signal.has(Role::Alert);
    (row.begins, row.cascade == Some(0), row.signal.severity, notable)
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

pub fn lines(view: &View, places: &[usize], references: &mut References, size: Size) -> Vec<Line> {
    places.iter().filter_map(|place| view.rows.get(*place)).map(|row| line(view, row, references, size)).collect()
}

fn line(view: &View, row: &Row, references: &mut References, size: Size) -> Line {
    let time = view.clock.time(row.at);
    let signal = Markdown::new().code(&row.signal.name, NAME_CHARS);
    let signal = if row.signal.count > 1 { signal.say(" × ").number(row.signal.count) } else { signal };
    Line {
        time: row.signal.uncertainty().map_or_else(|| time.clone(), |bound| format!("{time} {bound}")),
        lasted: row.signal.lasted().unwrap_or_default(),
        chain: row
            .cascade
            .map(|number| Markdown::new().prose(&names::cascade_id(number), 20).cell())
            .unwrap_or_default(),
        subject: Markdown::new().code(&row.signal.subject.to_string(), NAME_CHARS).cell(),
        signal: signal.cell(),
        title: title(row, SENTENCE_CHARS.min(size.quote + 60)).cell(),
        record: references.place(&quotes::of_signal(&row.signal)).cell(),
    }
}

/// Which of several times it was.
fn episode(row: &Row) -> Markdown {
    let Some(episode) = row.signal.episode else { return Markdown::new() };
    let line = Markdown::new().say(" (episode ").number(episode.number as u64);
    line.say(" of ").number(episode.of as u64).say(")")
}

/// What was seen; what people wrote is a quotation.
fn title(row: &Row, most: usize) -> Markdown {
    match row.signal.has(Role::Note) {
        true => Markdown::new().code(&row.signal.title, most),
        false => Markdown::new().prose(&row.signal.title, most).then(&episode(row)),
    }
}

pub fn index(references: &References, size: Size) -> Vec<IndexLine> {
    let lines = references.all().take(size.index).map(|(number, row)| IndexLine {
        number,
        place: references::place(&row.entry, row.line).cell(),
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
            status: Markdown::new().prose(missing.status.name(), 40).cell(),
            subjects: subjects.cell(),
            why: if missing.why.is_empty() {
                String::new()
            } else {
                Markdown::new().code(&missing.why, size.quote).cell()
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
    let signals: BTreeSet<&str> = view.of.signals.iter().map(|signal| signal.name.as_str()).collect();
    let links: BTreeSet<&str> = view.analysis().edges.iter().map(|edge| edge.link.as_str()).collect();
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
