//! Which rules may match a fact: by the words that the patterns of lines require, by kind of record and the reason it
//! gives for everything else. So a fact costs what its own rules cost, however many others there are.

use super::Rule;
use super::look::Look;
use crate::evidence::{Fact, LineMatcher, Record};
use std::collections::BTreeMap;

/// A rule's looks for occurrences, or those for what ends its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    Looks,
    Ends,
}

/// A part of a rule, by the rule's place in the catalogue.
pub(super) type Target = (usize, Part);

/// The way from a fact to the rules that may match it.
#[derive(Debug)]
pub(super) struct Dispatch {
    /// By kind of record, then by word.
    by_word: BTreeMap<&'static str, BTreeMap<Box<str>, Vec<Target>>>,
    any_word: BTreeMap<&'static str, Vec<Target>>,
    lines: Option<LineMatcher>,
    /// The kind of line and the target of each of the matcher's patterns.
    of_pattern: Vec<(&'static str, Target)>,
}

impl Dispatch {
    pub fn new(rules: &[Rule]) -> Self {
        let mut dispatch =
            Self { by_word: BTreeMap::new(), any_word: BTreeMap::new(), lines: None, of_pattern: Vec::new() };
        let mut patterns = Vec::new();
        for (index, rule) in rules.iter().enumerate() {
            let looks = rule.looks.iter().map(|look| (look, Part::Looks));
            for (look, part) in looks.chain(rule.ends.iter().map(|look| (look, Part::Ends))) {
                dispatch.add(look, (index, part), &mut patterns);
            }
        }
        // Each was accepted when its rule was loaded.
        dispatch.lines = LineMatcher::new(patterns, []).ok();
        dispatch
    }

    fn add<'a>(&mut self, look: &'a Look, target: Target, patterns: &mut Vec<&'a str>) {
        let (record, words) = look.wanted();
        if let Some(pattern) = look.line_pattern(record).filter(|_| matches!(record, "journal" | "log")) {
            patterns.push(pattern.as_str());
            self.of_pattern.push((record, target));
        } else if words.is_empty() {
            self.any_word.entry(record).or_default().push(target);
        }
        for word in words {
            self.by_word.entry(record).or_default().entry(word.as_str().into()).or_default().push(target);
        }
    }

    /// The parts of rules that a fact may match, some more than once.
    pub fn targets(&self, fact: &Fact<'_>, found: &mut Vec<Target>) {
        let kind = fact.record.kind();
        if let Record::Journal { message, .. } | Record::Log { message, .. } = fact.record {
            let Some(lines) = &self.lines else { return };
            return lines.for_each_candidate(message.as_bytes(), |candidate| {
                let targets = candidate.patterns.iter().filter_map(|index| self.of_pattern.get(*index as usize));
                found.extend(targets.filter(|(record, _)| *record == kind).map(|(_, target)| *target));
            });
        }
        let word = match fact.record {
            Record::Event { reason, .. } | Record::Terminated { reason, .. } | Record::Waiting { reason, .. } => reason,
            Record::StatusReason { reason, .. } => reason,
            Record::Condition { condition, .. } => condition,
            Record::State { state, .. } => state,
            Record::Series { query, .. } | Record::SeriesGap { query } => query,
            Record::Missing { source, .. } => source,
            Record::Check { step, .. } => step,
            Record::Compared { what, .. } | Record::Request { what, .. } => what,
            _ => "",
        };
        let by_word = self.by_word.get(kind).and_then(|words| words.get(word)).into_iter().flatten();
        found.extend(by_word.chain(self.any_word.get(kind).into_iter().flatten()));
    }
}
