//! What messages name as the reason: the same words about many subjects are one line.

use super::references::References;
use super::{NAME_CHARS, QUOTE_CHARS, SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::quotes;
use crate::report::times::counted;
use crate::report::view::View;
use crate::signals::NamedCause;
use std::collections::BTreeMap;

/// The most that are worth reading before the timeline.
const MOST: usize = 6;
/// The most wordings that one line tells.
const WORDINGS: usize = 3;

/// A line for each that is about several subjects, or part of a cascade.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let of_interest = |cause: &&NamedCause| {
        cause.subjects.len() > 1 || cause.signals.iter().any(|signal| view.cascade_of(*signal).is_some())
    };
    let causes = view.of.named_causes.iter().filter(of_interest);
    causes.take(MOST.min(size.items)).map(|cause| line(view, references, cause, size)).collect()
}

fn line(view: &View, references: &mut References, cause: &NamedCause, size: Size) -> Markdown {
    let wordings = cause.because.iter().take(WORDINGS);
    let wordings: Vec<Markdown> = wordings.map(|said| Markdown::new().prose(said, SENTENCE_CHARS)).collect();
    let mut line = Markdown::list(&wordings);
    let more = cause.because.len().saturating_sub(WORDINGS);
    if more > 0 {
        line = line.say(", and ").number(more as u64).say(" more of the kind");
    }
    line = line.say(": said of ").then(&subjects(cause));
    line = line.say(", first at ").prose(&view.clock.time(cause.from), 40);
    if let Some(first) = cause.evidence.first() {
        let quote = quotes::row(view.evidence(), *first).text.to_string();
        line = line.say(": ").code(&quote, QUOTE_CHARS.min(size.quote));
    }
    line.then(&references.cite(cause.evidence.iter().copied())).stop()
}

/// The one subject, or how many of each kind.
fn subjects(cause: &NamedCause) -> Markdown {
    if let (1, Some(only)) = (cause.subjects.len(), cause.subjects.first()) {
        return Markdown::new().code(&only.to_string(), NAME_CHARS);
    }
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for subject in &cause.subjects {
        *kinds.entry(subject.kind()).or_default() += 1;
    }
    let parts = kinds.iter().map(|(kind, count)| Markdown::new().prose(&counted(*count, kind), NAME_CHARS));
    Markdown::list(&parts.collect::<Vec<_>>())
}
