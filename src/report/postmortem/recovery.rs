//! How it ended.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size, revision};
use crate::model::End;
use crate::report::markdown::Markdown;
use crate::report::view::{Numbered, View};
use crate::report::{quotes, times};

pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    let Some(cascade) = view.largest() else {
        return vec![Markdown::new().say("Nothing failed that could recover, as far as it was recognised.")];
    };
    for change in view.changes_after().take(size.items) {
        let line = Markdown::new()
            .prose(&view.clock.time(change.at), 40)
            .say(" ")
            .code(&change.signal.subject.to_string(), NAME_CHARS);
        let line = line.say(": ").prose(change.what.trim_end_matches('.'), SENTENCE_CHARS);
        let line = revision::add(line, change);
        let lag = view.detection.onset.map(|onset| times::between(onset.began(), change.at));
        let line = match lag {
            Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" after the first sign"),
            None => line,
        };
        lines.push(line.then(&references.cite(change.records.iter().copied())).stop());
    }
    lines.extend(
        view.impact.outages.iter().take(size.items).filter_map(|outage| back(view, &outage.signal, references)),
    );
    let last = ended_last(view, cascade.end);
    lines.push(match (cascade.end, last) {
        (End::At(at), Some(signal)) => {
            let line = Markdown::new().prose(&view.clock.time(at), 40).say(" The last state of the cascade ended: ");
            let line = line.code(&signal.name, NAME_CHARS).say(" on ").code(&signal.subject.to_string(), NAME_CHARS);
            line.then(&references.cite(signal.ended_by)).stop()
        }
        (End::At(at), None) => {
            Markdown::new().prose(&view.clock.time(at), 40).say(" The last state of the cascade ended.")
        }
        (End::Ongoing, _) => going_on(view, references, size),
        (End::Unknown, _) => Markdown::new().say("When it ended is not recorded. How was it known that it was over?"),
    });
    lines
}

/// When a Service of the cascade had a ready address again.
fn back(view: &View, signal: &Numbered<'_>, references: &mut References) -> Option<Markdown> {
    let End::At(at) = signal.end else { return None };
    let cited = references.cite(Some(signal.ended_by?));
    let line = Markdown::new().prose(&view.clock.time(at), 40).say(" ");
    let line = line.code(&signal.subject.to_string(), NAME_CHARS).say(" had a ready address again");
    (view.cascade_of(signal.index) == Some(0)).then(|| line.then(&cited).stop())
}

/// The member whose end is the recovery.
pub fn ended_last<'a>(view: &View<'a>, recovered: End) -> Option<Numbered<'a>> {
    let End::At(end) = recovered else { return None };
    // What was over at once, as a restart, has no end to tell.
    let lasted = |signal: &Numbered<'a>| signal.until().is_some_and(|until| until > signal.from.time);
    let ended = |signal: &Numbered<'a>| signal.until().is_some_and(|until| times::shown(until) == times::shown(end));
    view.members().find(|signal| lasted(signal) && ended(signal))
}

fn going_on(view: &View, references: &mut References, size: Size) -> Markdown {
    let named: Vec<Markdown> = view
        .members()
        .filter(|signal| signal.end == End::Ongoing)
        .take(size.items.min(5))
        .map(|signal| {
            let subject = signal.subject.to_string();
            let line = Markdown::new().code(&signal.name, NAME_CHARS).say(" on ").code(&subject, NAME_CHARS);
            line.then(&references.cite(quotes::first_of(&signal)))
        })
        .collect();
    if named.is_empty() {
        return Markdown::new().say("No end of the cascade was seen in the window.");
    }
    Markdown::new().say("Still going on at the end of the window: ").then(&Markdown::list(&named)).stop()
}
