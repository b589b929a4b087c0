//! Which records a report quotes, and what a reader sees of each.
//!
//! A signal knows all records it was seen in; a report that quotes more of the same tells nothing more, the count does.

use super::schema::EvidenceRow;
use crate::evidence::Evidence;
use crate::model::Citation;
use crate::signals::Signal;
use std::sync::Arc;

/// The most records quoted for one signal.
const MOST: usize = 6;

/// The most records quoted for one statement, which may rest on several signals.
const MOST_OF_STATEMENT: usize = 64;

/// The first and the last records of a signal, each line once.
pub fn of_signal(signal: &Signal) -> Vec<Citation> {
    let mut cited = signal.evidence.clone();
    cited.dedup_by(|a, b| a.is_same_line(*b));
    first_and_last(cited, MOST)
}

/// The first record of a signal.
pub fn first_of(signal: &Signal) -> Option<Citation> {
    signal.evidence.first().copied()
}

/// A record as a report shows it.
pub fn row(evidence: &Evidence, citation: Citation) -> EvidenceRow {
    let quote = evidence.quote(citation);
    EvidenceRow { entry: quote.entry.into(), line: u64::from(quote.line), text: quote.text.into() }
}

/// Records as a report shows them. The path of an entry is there once, however many of its lines are quoted.
pub struct Rows<'a> {
    evidence: &'a Evidence,
    paths: Vec<Arc<str>>,
}

impl<'a> Rows<'a> {
    pub fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, paths: evidence.entries.iter().map(|path| path.as_str().into()).collect() }
    }

    pub fn one(&self, citation: Citation) -> EvidenceRow {
        let quote = self.evidence.quote(citation);
        let entry = self.paths.get(citation.entry.0 as usize).cloned().unwrap_or_default();
        EvidenceRow { entry, line: u64::from(quote.line), text: quote.text.into() }
    }

    pub fn all(&self, citations: &[Citation]) -> Vec<EvidenceRow> {
        citations.iter().map(|citation| self.one(*citation)).collect()
    }

    /// The first and the last records that a statement rests on.
    pub fn of_statement(&self, citations: &[Citation]) -> Vec<EvidenceRow> {
        self.all(&first_and_last(citations.to_vec(), MOST_OF_STATEMENT))
    }
}

fn first_and_last(mut citations: Vec<Citation>, most: usize) -> Vec<Citation> {
    if citations.len() > most {
        citations.drain(most / 2..citations.len() - most / 2);
    }
    citations
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Subject;
    use crate::report::tests::builders;

    #[test]
    fn the_first_three_and_the_last_three_are_quoted() {
        let quoted = |lines: &[u32]| -> Vec<u32> {
            let cited = lines.iter().map(|line| Citation { line: *line, ..Citation::default() });
            let signal = Signal { evidence: cited.collect(), ..builders::signal("Killing", Subject::pod("a", "b")) };
            of_signal(&signal).into_iter().map(|one| one.line).collect()
        };
        assert_eq!(quoted(&[1, 1, 2, 3]), [1, 2, 3]);
        assert_eq!(quoted(&[1, 2, 3, 4, 5, 6]), [1, 2, 3, 4, 5, 6]);
        assert_eq!(quoted(&[1, 2, 3, 4, 4, 5, 6, 7]), [1, 2, 3, 5, 6, 7]);
    }
}
