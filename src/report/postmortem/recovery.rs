//! What limited the impact, and how it ended.

use super::factors;
use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::SignalRow;
use crate::report::times;
use crate::report::view::View;
use std::collections::BTreeSet;

pub fn limited<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let mut lines: Vec<Markdown> = factors::of_class(view, "luck")
        .take(size.items)
        .map(|factor| factors::line(view, factor, references))
        .collect();
    // That nothing was seen there proves something only where all would have been seen.
    lines.extend(spared_nodes(view).filter(|_| view.absences.harm().is_whole()));
    lines.push(Markdown::new().say("To fill in: what people did, or had built earlier, that kept it from growing."));
    lines
}

/// Nodes that the records know but the cascade never touched.
fn spared_nodes(view: &View) -> Option<Markdown> {
    let nodes = |inside: bool| -> BTreeSet<&str> {
        let rows = view.report.signals.iter().filter(|signal| signal.cascade.is_some() == inside);
        rows.filter_map(|signal| signal.node.as_deref()).collect()
    };
    let hit = nodes(true);
    let outside = nodes(false);
    let spared: Vec<Markdown> =
        outside.difference(&hit).take(4).map(|node| Markdown::new().code(node, NAME_CHARS)).collect();
    (!spared.is_empty() && !hit.is_empty())
        .then(|| Markdown::new().say("No part of the cascade was seen on ").then(&Markdown::list(&spared)).stop())
}

pub fn lines<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    let Some(cascade) = view.report.cascades.first() else {
        return vec![Markdown::new().say("Nothing failed that could recover, as far as it was recognised.")];
    };
    for change in view.detection.changes_after.iter().take(size.items) {
        let line = Markdown::new().prose(&view.clock.time(&change.at), 40).say(" ").code(&change.subject, NAME_CHARS);
        let line = line.say(": ").prose(change.what.trim_end_matches('.'), SENTENCE_CHARS);
        let lag = view.detection.onset.and_then(|onset| times::between(&onset.from, &change.at));
        let line = match lag {
            Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" after the first sign"),
            None => line,
        };
        lines.push(line.then(&references.cite(&change.evidence)).stop());
    }
    let last = ended_last(view, cascade.recovered_at.as_deref());
    lines.push(match (&cascade.recovered_at, last) {
        (Some(at), Some(signal)) => {
            let line = Markdown::new().prose(&view.clock.time(at), 40).say(" The last state of the cascade ended: ");
            let line = line.code(&signal.signal, NAME_CHARS).say(" on ").code(&signal.subject, NAME_CHARS);
            line.then(&references.cite(&signal.ended_by)).stop()
        }
        (Some(at), None) => {
            Markdown::new().prose(&view.clock.time(at), 40).say(" The last state of the cascade ended.")
        }
        (None, _) if cascade.goes_on => going_on(view, references, size),
        (None, _) => Markdown::new().say("When it ended, no record tells. How was it known that it was over?"),
    });
    lines
}

fn members<'a>(view: &View<'a>) -> impl Iterator<Item = &'a SignalRow> {
    let first = view.report.cascades.first();
    first.into_iter().flat_map(|cascade| &cascade.signals).filter_map(|id| view.signal(id))
}

/// The member whose end is the recovery.
pub fn ended_last<'a>(view: &View<'a>, recovered_at: Option<&str>) -> Option<&'a SignalRow> {
    let end = recovered_at.and_then(times::parse)?;
    members(view).find(|signal| signal.to.as_deref().and_then(times::parse) == Some(end))
}

fn going_on<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Markdown {
    let open: Vec<&SignalRow> = members(view).filter(|signal| signal.to.is_none()).collect();
    let named: Vec<Markdown> = open
        .iter()
        .take(size.items.min(5))
        .map(|signal| {
            let line = Markdown::new().code(&signal.signal, NAME_CHARS).say(" on ").code(&signal.subject, NAME_CHARS);
            line.then(&references.cite(signal.evidence.first()))
        })
        .collect();
    if named.is_empty() {
        return Markdown::new().say("No end of the cascade was seen in the window.");
    }
    Markdown::new().say("Still going on at the end of the window: ").then(&Markdown::list(&named)).stop()
}
