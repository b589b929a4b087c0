//! Looks for what speaks against a link between two signals, by the keys of its relation and by time.

use super::Scene;
use super::link::{Against, Link, Side, Since, Then};
use super::relation::Key;
use super::timeline::Onsets;
use crate::signals::{Signal, template};
use std::collections::BTreeMap;

/// A signal that speaks against an edge, and what it says against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Its place in the list of signals.
    pub signal: usize,
    /// Half a sentence that goes on from "though".
    pub why: String,
}

/// The signals that may speak against a link, by the keys of the relations in which they would.
pub struct Counters<'a, 's> {
    scene: &'a Scene<'s>,
    rules: Vec<(&'a Against, BTreeMap<Key<'s>, Onsets>)>,
}

impl<'a, 's> Counters<'a, 's> {
    pub fn new(link: &'a Link, scene: &'a Scene<'s>) -> Self {
        let of = |rule: &'a Against| {
            let mut by_key: BTreeMap<Key<'s>, Vec<usize>> = BTreeMap::new();
            for index in scene.index.at(&rule.signals) {
                let Some(signal) = scene.signals.get(index) else { continue };
                for key in (rule.relation.as_cause)(scene, signal) {
                    by_key.entry(key).or_default().push(index);
                }
            }
            let onsets = |(key, indexes)| (key, Onsets::new(scene.signals, indexes));
            (rule, by_key.into_iter().map(onsets).collect())
        };
        Self { scene, rules: link.against.iter().map(of).collect() }
    }

    /// Whether something forbids that the one led to the other.
    pub fn forbid(&self, cause: &'s Signal, effect: &'s Signal) -> bool {
        self.rules.iter().any(|rule| rule.0.then == Then::NoEdge && self.first(rule, cause, effect).is_some())
    }

    /// What makes it less sure that the one led to the other.
    pub fn doubts(&self, cause: &'s Signal, effect: &'s Signal) -> Vec<Doubt> {
        let doubting = self.rules.iter().filter(|(rule, _)| rule.then == Then::LessSure);
        let said = |rule: &(&'a Against, BTreeMap<Key<'s>, Onsets>)| {
            let signal = self.first(rule, cause, effect)?;
            let subject = |end: &str| Some(if end == "from" { &cause.subject } else { &effect.subject }.to_string());
            // Its placeholders were looked at when the link was loaded.
            Some(Doubt { signal, why: template::filled(&rule.0.why, subject).unwrap_or_default() })
        };
        doubting.filter_map(said).collect()
    }

    /// The first signal that speaks against it by one rule.
    fn first(
        &self,
        (rule, by_key): &(&'a Against, BTreeMap<Key<'s>, Onsets>),
        cause: &'s Signal,
        effect: &'s Signal,
    ) -> Option<usize> {
        let end = if rule.of == Side::From { cause } else { effect };
        let (least, most) = rule.within;
        let from = effect.from.time.checked_sub_signed(most)?;
        let from = if rule.since == Since::Cause { from.max(cause.from.time) } else { from };
        let to = effect.from.time.checked_sub_signed(least)?;
        let keys = (rule.relation.causes)(self.scene, end);
        let within = keys.iter().filter_map(|key| by_key.get(key)).flat_map(|onsets| onsets.between(from, to));
        let speaks = |index: &usize| {
            let signal = self.scene.signals.get(*index);
            let is_other = |signal: &&Signal| !std::ptr::eq(*signal, cause) && !std::ptr::eq(*signal, effect);
            signal.filter(is_other).is_some_and(|signal| (rule.relation.ties)(self.scene, signal, end).is_some())
        };
        within.filter(speaks).min()
    }
}
