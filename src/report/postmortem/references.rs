//! The evidence index: short numbers in the text, the full place and words of each record in the appendix.

use crate::evidence::Evidence;
use crate::model::Citation;
use crate::report::markdown::Markdown;
use crate::report::quotes;
use crate::report::schema::EvidenceRow;
use std::collections::BTreeMap;

/// Records cited so far, numbered from 1 in the order of their first citation. A line may hold many, as a list of alerts
/// does, so what is one record is told by what it says.
#[derive(Clone)]
pub struct References<'a> {
    evidence: &'a Evidence,
    numbers: BTreeMap<EvidenceRow, usize>,
    order: Vec<EvidenceRow>,
}

/// More than this many numbers in one bracket help nobody.
const SHOWN: usize = 4;
const PLACE_CHARS: usize = 160;

impl<'a> References<'a> {
    pub fn new(evidence: &'a Evidence) -> Self {
        Self { evidence, numbers: BTreeMap::new(), order: Vec::new() }
    }

    fn number(&mut self, citation: Citation) -> usize {
        let row = quotes::row(self.evidence, citation);
        if let Some(known) = self.numbers.get(&row) {
            return *known;
        }
        self.order.push(row.clone());
        let number = self.order.len();
        self.numbers.insert(row, number);
        number
    }

    /// ` [E1, E2]` with the space before it; empty where there is nothing to cite.
    pub fn cite(&mut self, citations: impl IntoIterator<Item = Citation>) -> Markdown {
        let mut numbers: Vec<usize> = citations.into_iter().take(SHOWN).map(|one| self.number(one)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let parts = numbers.into_iter().map(|number| Markdown::new().say("E").number(number as u64));
        let Some(list) = parts.reduce(|list, part| list.say(", ").then(&part)) else { return Markdown::new() };
        Markdown::new().say(" [").then(&list).say("]")
    }

    /// `[E1]` and the full place of the first record, for a cell of its own.
    pub fn place(&mut self, citations: &[Citation]) -> Markdown {
        let Some((&first, rest)) = citations.split_first() else { return Markdown::new().say("no record") };
        let cell = Markdown::new().say("[E").number(self.number(first) as u64).say("] ").then(&self.place_of(first));
        if rest.is_empty() { cell } else { cell.say(" + ").number(rest.len() as u64) }
    }

    /// `entry:line` as code.
    pub fn place_of(&self, citation: Citation) -> Markdown {
        place(self.evidence.path(citation.entry), u64::from(citation.line))
    }

    /// Every record cited, by number.
    pub fn all(&self) -> impl Iterator<Item = (usize, &EvidenceRow)> {
        self.order.iter().enumerate().map(|(place, row)| (place + 1, row))
    }
}

/// `entry:line` as code.
pub fn place(entry: &str, line: u64) -> Markdown {
    Markdown::new().code(&format!("{entry}:{line}"), PLACE_CHARS)
}
