//! The evidence index: short numbers in the text, the full place and words of each record in the appendix.

use crate::report::markdown::Markdown;
use crate::report::schema::EvidenceRow;
use std::collections::BTreeMap;

/// Records cited so far, numbered from 1 in the order of their first citation.
#[derive(Default)]
pub struct References<'a> {
    numbers: BTreeMap<(&'a str, u64), usize>,
    order: Vec<&'a EvidenceRow>,
}

/// More than this many numbers in one bracket help nobody.
const SHOWN: usize = 4;
const PLACE_CHARS: usize = 160;

impl<'a> References<'a> {
    fn number(&mut self, evidence: &'a EvidenceRow) -> usize {
        let next = self.order.len() + 1;
        let number = *self.numbers.entry((&evidence.entry, evidence.line)).or_insert(next);
        if number == next {
            self.order.push(evidence);
        }
        number
    }

    /// ` [E1, E2]` with the space before it; empty where there is nothing to cite.
    pub fn cite(&mut self, evidence: impl IntoIterator<Item = &'a EvidenceRow>) -> Markdown {
        let mut numbers: Vec<usize> = evidence.into_iter().take(SHOWN).map(|row| self.number(row)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let parts = numbers.into_iter().map(|number| Markdown::new().say("E").number(number as u64));
        let Some(list) = parts.reduce(|list, part| list.say(", ").then(&part)) else { return Markdown::new() };
        Markdown::new().say(" [").then(&list).say("]")
    }

    /// `[E1]` and the full place of the first record, for a cell of its own.
    pub fn place(&mut self, evidence: &'a [EvidenceRow]) -> Markdown {
        let Some((first, rest)) = evidence.split_first() else { return Markdown::new().say("no record") };
        let cell = Markdown::new().say("[E").number(self.number(first) as u64).say("] ").then(&place(first));
        if rest.is_empty() { cell } else { cell.say(" + ").number(rest.len() as u64) }
    }

    /// Every record cited, by number.
    pub fn all(&self) -> impl Iterator<Item = (usize, &'a EvidenceRow)> {
        self.order.iter().enumerate().map(|(place, row)| (place + 1, *row))
    }
}

/// `entry:line` as code.
pub fn place(evidence: &EvidenceRow) -> Markdown {
    Markdown::new().code(&format!("{}:{}", evidence.entry, evidence.line), PLACE_CHARS)
}
