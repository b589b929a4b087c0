//! Who was hit and for how long, how soon it was noticed, and what had been changed before.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::{ChangeRow, EvidenceRow};
use crate::report::times;
use crate::report::view::{Noticed, View, workload_of};
use std::collections::BTreeSet;

/// A row of the detection table, as cells.
#[derive(Default)]
pub struct Line {
    pub what: &'static str,
    pub time: String,
    pub lag: String,
    pub subject: String,
    pub record: String,
}

pub fn lines<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    for outage in view.impact.outages.iter().take(size.items) {
        let line = Markdown::new().code(outage.subject, NAME_CHARS).say(" had no ready address from ");
        let line = line.prose(&view.clock.time(outage.from), 40);
        let line = match &outage.lasted {
            Some(lasted) => line.say(" for ").prose(lasted, 40),
            None => line.say(" to the end of the window"),
        };
        lines.push(line.then(&references.cite(outage.evidence)).stop());
    }
    for toll in &view.impact.tolls {
        let count = toll.subjects.len();
        let words = if count == 1 { toll.kind.one } else { toll.kind.many };
        let groups: BTreeSet<String> = toll.subjects.iter().map(|subject| workload_of(subject)).collect();
        let names: Vec<Markdown> = groups.iter().take(4).map(|name| Markdown::new().code(name, NAME_CHARS)).collect();
        let line = Markdown::new().number(count as u64).say(" ").say(words).say(": ").then(&Markdown::list(&names));
        let line = if groups.len() > 4 { line.say(" and others") } else { line };
        lines.push(line.then(&references.cite(toll.evidence.iter().copied())).stop());
    }
    let others = view.report.cascades.len().saturating_sub(1);
    if others > 0 {
        let line = Markdown::new().say("Not counted here: ").number(others as u64);
        lines.push(line.say(" separate cascades, named under Cascade."));
    }
    if lines.is_empty() {
        lines.push(Markdown::new().say("No Service, pod or node was seen to be hurt, in what was covered."));
    } else if view.impact.outages.is_empty() {
        lines.push(Markdown::new().say("No Service was seen without a ready address, in what was covered."));
    }
    lines
}

pub fn detection<'a>(view: &View<'a>, references: &mut References<'a>) -> Vec<Line> {
    let Some(onset) = view.detection.onset else {
        return vec![Line { what: "First sign", subject: NONE.to_owned(), ..Line::default() }];
    };
    let first = Line {
        what: "First sign",
        time: view.clock.time(&onset.from),
        lag: String::new(),
        subject: Markdown::new().code(&onset.signal, NAME_CHARS).say(" on ").code(&onset.subject, NAME_CHARS).cell(),
        record: references.place(&onset.evidence).cell(),
    };
    let mut noticed = |what, seen: Option<Noticed<'a>>| match seen {
        None => Line { what, subject: NONE.to_owned(), ..Line::default() },
        Some(seen) => Line {
            what,
            time: view.clock.time(seen.at),
            lag: view.detection.lag(&seen).unwrap_or_default(),
            subject: Markdown::new().code(seen.subject, NAME_CHARS).say(": ").prose(seen.what, SENTENCE_CHARS).cell(),
            record: references.place(seen.evidence).cell(),
        },
    };
    vec![
        first,
        noticed("First alert pending", view.detection.pending),
        noticed("First alert firing", view.detection.firing),
        noticed("First change after it (a response?)", view.detection.response),
    ]
}

/// Whether a factor rests on the same record as the change.
fn is_a_factor(view: &View, change: &ChangeRow) -> bool {
    let same = |evidence: &EvidenceRow| {
        change.evidence.iter().any(|own| own.entry == evidence.entry && own.line == evidence.line)
    };
    view.report.factors.iter().flat_map(|factor| &factor.evidence).any(same)
}

const NONE: &str = "none seen in what was covered";

pub fn triggers<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let changes = &view.detection.changes_before;
    let mut lines: Vec<Markdown> = Vec::new();
    for change in changes.iter().take(size.items) {
        let line = Markdown::new().prose(&view.clock.time(&change.at), 40).say(" ").code(&change.subject, NAME_CHARS);
        let line = line.say(": ").prose(change.what.trim_end_matches('.'), SENTENCE_CHARS);
        let lag = view.detection.onset.and_then(|onset| times::between(&change.at, &onset.from));
        let line = match lag {
            Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" before the first sign"),
            None => line,
        };
        let linked =
            change.signal.as_deref().and_then(|id| view.signal(id)).is_some_and(|signal| signal.cascade.is_some());
        let line = match (linked, is_a_factor(view, change)) {
            (true, _) => line.say("; part of the cascade"),
            (false, true) => line.say("; a contributing factor below"),
            (false, false) => line.say("; no link to the cascade was found"),
        };
        lines.push(line.then(&references.cite(&change.evidence)).stop());
    }
    let more = changes.len().saturating_sub(size.items);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" earlier changes are in ").code("report.json", 40).stop());
    }
    if lines.is_empty() {
        lines.push(Markdown::new().say(
            "No change before the first sign was seen in what was covered. What was changed outside of the cluster?",
        ));
    }
    lines
}
