//! What of the bulk is worth a fact: lines that a rule may match, found by the words that its pattern requires.

use super::content::LEARNED_FROM;
use crate::archive::Block;
use crate::evidence::{LineMatcher, PatternError};
use crate::logline::severity::{self, Writer};
use regex::Regex;
use std::collections::BTreeMap;

/// What of the bulk is worth a fact. Objects and events always are.
#[derive(Debug)]
pub struct Interest {
    /// Of the kernel's journal.
    pub kernel: LinePatterns,
    /// Of all other journals.
    pub journal: LinePatterns,
    /// Of plain files, to which the kernel writes as well as programs.
    pub plain: LinePatterns,
    pub logs: LinePatterns,
    /// Of logs that are of no pod that is known.
    pub programs: LinePatterns,
}

/// Patterns of messages, any of which makes a line worth a fact.
#[derive(Debug)]
pub struct LinePatterns {
    matcher: LineMatcher,
    patterns: Vec<Regex>,
}

/// A line that a pattern may match, or that may be an error.
pub struct Candidate<'a> {
    pub number: u64,
    /// Where in its block it begins.
    pub at: usize,
    /// Without its line break.
    pub text: &'a [u8],
    /// It may be an error.
    pub is_marked: bool,
    patterns: &'a [Regex],
    /// Numbers of those that it may match; the one beyond the last is [`LEARNED_FROM`].
    of_line: &'a [u32],
}

impl LinePatterns {
    /// The error says which pattern can match a line without any fixed word.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a Regex>, writer: Writer) -> Result<Self, PatternError> {
        let by_text: BTreeMap<&str, &Regex> = patterns.into_iter().map(|one| (one.as_str(), one)).collect();
        let learned_from = LEARNED_FROM.concat().iter().map(|text| regex::escape(text)).collect::<Vec<_>>().join("|");
        let texts = by_text.keys().copied().chain([learned_from.as_str()]);
        let markers: Vec<&str> = severity::markers(writer).collect();
        let matcher = LineMatcher::new(texts, markers)?;
        // A clone shares all but what a search needs for itself.
        Ok(Self { matcher, patterns: by_text.into_values().cloned().collect() })
    }

    /// Gives each line of a block that a pattern may match, or that may be an error.
    pub fn for_each(&self, block: &Block, mut each: impl FnMut(&Candidate<'_>)) {
        self.matcher.for_each_candidate(block.bytes(), |found| {
            each(&Candidate {
                number: block.first_line() + found.number as u64,
                at: found.at.start,
                text: found.line,
                is_marked: found.marked,
                patterns: &self.patterns,
                of_line: found.patterns,
            });
        });
    }
}

impl Candidate<'_> {
    /// Whether a pattern may match it.
    pub fn may_be_wanted(&self) -> bool {
        self.of_rules().next().is_some()
    }

    /// Whether a pattern matches its message.
    pub fn is_wanted(&self, message: &str) -> bool {
        self.of_rules().any(|pattern| pattern.is_match(message))
    }

    /// Whether it may tell of a pod, or whose a container is.
    pub fn may_tell_owner(&self) -> bool {
        self.of_line.last().is_some_and(|index| *index as usize == self.patterns.len())
    }

    fn of_rules(&self) -> impl Iterator<Item = &Regex> {
        self.of_line.iter().filter_map(|index| self.patterns.get(*index as usize))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_branch_of_a_pattern_finds_its_lines() {
        let patterns =
            LinePatterns::new(&[Regex::new("^first branch|^second branch").expect("a pattern")], Writer::Program);
        let patterns = patterns.expect("fixed words");
        let block = Block::new(7, b"x first branch\nno word\nx second branch\nx an error\n".to_vec());
        let mut found = Vec::new();
        patterns.for_each(&block, |line| {
            let message = std::str::from_utf8(line.text).expect("text").trim_start_matches("x ");
            found.push((line.number, line.is_wanted(message), line.is_marked));
        });
        assert_eq!(found, [(7, true, false), (9, true, false), (10, false, true)]);
    }
}
