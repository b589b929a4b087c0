//! What rules make of records one by one, before anything else is known: for whoever has to act at once.
//!
//! No span, no end, no phase of a pod's life, and nothing that only several records together tell.

use super::dispatch::{Part, Target};
use super::{Catalogue, Rule};
use crate::evidence::{Fact, Facts};

impl Catalogue {
    /// Each fact with each rule that takes it for an occurrence, in order of the facts.
    pub fn told_by<'a>(&'a self, facts: &'a Facts) -> Vec<(Fact<'a>, &'a Rule)> {
        let dispatch = self.dispatch();
        let (mut told, mut targets) = (Vec::new(), Vec::<Target>::new());
        for fact in facts.iter() {
            targets.clear();
            dispatch.targets(&fact, &mut targets);
            targets.sort_unstable();
            targets.dedup();
            let looks = targets.iter().filter(|(_, part)| *part == Part::Looks);
            let rules = looks.filter_map(|(index, _)| self.rules.get(*index));
            told.extend(rules.filter(|rule| rule.captures(&fact).is_some()).map(|rule| (fact, rule)));
        }
        told
    }
}
