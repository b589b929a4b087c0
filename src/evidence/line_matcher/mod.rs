//! Which of many patterns a line may match, told by one pass over a block of lines.
//!
//! The literals that the patterns require (`required`) stand in one Aho-Corasick automaton. A line in which none
//! stands costs that pass and nothing more, however many patterns there are; for another, a few patterns are named
//! that are worth trying. Nothing is matched here.

mod required;
mod search;

use aho_corasick::BuildError;
use aho_corasick::automaton::Automaton;
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use memchr::{memchr, memchr_iter, memrchr};
use std::collections::BTreeMap;
use std::ops::Range;

/// Bytes of literals up to which the automaton is a table of all transitions, at most half a kilobyte for each byte.
/// Beyond that it is one that takes less room and more time.
const TABLE_BYTES: usize = 1 << 15;

/// Which of many patterns a line may match, and whether one of some words stands in it.
#[derive(Debug)]
pub struct LineMatcher {
    literals: Literals,
    /// What each literal tells.
    told: Vec<Told>,
}

/// An automaton of all literals.
#[derive(Debug)]
enum Literals {
    Table(DFA),
    Compact(NFA),
}

/// What it tells that a literal stands in a line.
#[derive(Debug, Default)]
struct Told {
    /// Patterns that require it or another.
    patterns: Vec<u32>,
    marked: bool,
}

/// A line in which a literal stands.
#[derive(Debug)]
pub struct Candidate<'a> {
    /// Counted from 0 at the start of the block.
    pub number: usize,
    /// Where in the block it stands.
    pub at: Range<usize>,
    /// Without `\n` or `\r\n`.
    pub line: &'a [u8],
    /// Patterns that it may match, as their place among those given, in ascending order. No other one matches.
    pub patterns: &'a [u32],
    /// A marker stands in it.
    pub marked: bool,
}

/// Why patterns cannot be looked for.
#[derive(Debug, thiserror::Error)]
pub enum PatternError {
    #[error("the pattern {pattern:?} cannot be read: {why}")]
    Syntax { pattern: String, why: Box<regex_syntax::Error> },
    #[error(
        "the pattern {pattern:?} requires no text of {} characters that lines could be searched for: spell one out that stands in every line it is meant for",
        required::SHORTEST
    )]
    NoLiteral { pattern: String },
    #[error("the patterns for lines are too many: {0}")]
    TooMany(#[from] BuildError),
}

impl LineMatcher {
    /// `patterns` are in the syntax of the crate regex. `markers` are literals that mark a line whatever else stands
    /// in it; their case does not matter.
    ///
    /// Fails for a pattern that requires no literal: it would have to be tried on every line.
    pub fn new<'a>(
        patterns: impl IntoIterator<Item = &'a str>,
        markers: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, PatternError> {
        let mut told: BTreeMap<Vec<u8>, Told> = BTreeMap::new();
        for (place, pattern) in (0..).zip(patterns) {
            let hir = regex_syntax::parse(pattern)
                .map_err(|why| PatternError::Syntax { pattern: pattern.to_owned(), why: Box::new(why) })?;
            let literals =
                required::literals(&hir).ok_or_else(|| PatternError::NoLiteral { pattern: pattern.to_owned() })?;
            for literal in literals {
                told.entry(literal).or_default().patterns.push(place);
            }
        }
        for marker in markers {
            told.entry(marker.to_ascii_lowercase().into_bytes()).or_default().marked = true;
        }
        let (literals, told): (Vec<Vec<u8>>, Vec<Told>) = told.into_iter().unzip();
        Ok(Self { literals: Literals::new(&literals)?, told })
    }

    /// Every line of `block` in which a literal stands, in order. The block consists of whole lines; the last may
    /// lack its line feed.
    pub fn for_each_candidate(&self, block: &[u8], each: impl FnMut(Candidate<'_>)) {
        match &self.literals {
            Literals::Table(automaton) => self.search(automaton, block, each),
            Literals::Compact(automaton) => self.search(automaton, block, each),
        }
    }

    fn search(&self, automaton: &impl Automaton, block: &[u8], mut each: impl FnMut(Candidate<'_>)) {
        let mut line = Line { block, number: 0, at: 0..0, patterns: Vec::new(), marked: false };
        for hit in search::hits(automaton, block) {
            if hit.end > line.at.end {
                line.hand_over(&mut each);
                line.go_to(hit.end - 1);
            }
            if let Some(told) = self.told.get(hit.literal) {
                line.patterns.extend_from_slice(&told.patterns);
                line.marked |= told.marked;
            }
        }
        line.hand_over(&mut each);
    }
}

impl Literals {
    fn new(literals: &[Vec<u8>]) -> Result<Self, BuildError> {
        // What begins like one of many short words is everywhere, so that looking ahead for it does not pay.
        let is_small = literals.iter().map(Vec::len).sum::<usize>() <= TABLE_BYTES;
        Ok(match is_small {
            true => Self::Table(DFA::builder().ascii_case_insensitive(true).prefilter(false).build(literals)?),
            false => Self::Compact(NFA::builder().ascii_case_insensitive(true).prefilter(false).build(literals)?),
        })
    }
}

/// The line that hits are in at the moment.
struct Line<'a> {
    block: &'a [u8],
    number: usize,
    at: Range<usize>,
    patterns: Vec<u32>,
    marked: bool,
}

impl Line<'_> {
    fn hand_over(&mut self, each: &mut impl FnMut(Candidate<'_>)) {
        if !self.marked && self.patterns.is_empty() {
            return;
        }
        self.patterns.sort_unstable();
        self.patterns.dedup();
        let whole = self.block.get(self.at.clone()).unwrap_or_default();
        let line = whole.strip_suffix(b"\r").unwrap_or(whole);
        let at = self.at.start..self.at.start + line.len();
        let (number, patterns, marked) = (self.number, self.patterns.as_slice(), self.marked);
        each(Candidate { number, at, line, patterns, marked });
        self.patterns.clear();
        self.marked = false;
    }

    /// Goes on to the line in which `place` is.
    fn go_to(&mut self, place: usize) {
        let between = self.block.get(self.at.start..place).unwrap_or_default();
        self.number += memchr_iter(b'\n', between).count();
        let start = memrchr(b'\n', between).map_or(self.at.start, |found| self.at.start + found + 1);
        let rest = self.block.get(place..).unwrap_or_default();
        self.at = start..memchr(b'\n', rest).map_or(self.block.len(), |found| place + found);
    }
}

#[cfg(test)]
mod tests;
