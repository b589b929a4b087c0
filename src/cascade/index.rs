//! Signals by name, by role and by subject, so that what asks for those of one need not walk through all.

use super::link::Ends;
use super::timeline::Onsets;
use crate::model::Subject;
use crate::signals::{Catalogue, Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// The signals of each name, and of each role, of all subjects and by subject.
#[derive(Debug, Default)]
pub struct Index {
    by_name: BTreeMap<String, BTreeSet<usize>>,
    harm: Vec<usize>,
    /// Those that neither lead to anything nor follow from anything, so that they stand at no end by a role.
    nowhere: BTreeSet<usize>,
    by_role: BTreeMap<Role, BTreeMap<Subject, Onsets>>,
    of_role: BTreeMap<Role, Onsets>,
}

impl Index {
    pub fn new(catalogue: &Catalogue, signals: &[Signal]) -> Self {
        let mut found: BTreeMap<Role, BTreeMap<&Subject, Vec<usize>>> = BTreeMap::new();
        let mut by_name: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for (index, signal) in signals.iter().enumerate() {
            match by_name.get_mut(&signal.name) {
                Some(known) => _ = known.insert(index),
                None => _ = by_name.insert(signal.name.clone(), BTreeSet::from([index])),
            }
            for role in signal.roles.iter() {
                found.entry(role).or_default().entry(&signal.subject).or_default().push(index);
            }
        }
        let onsets = |subjects: BTreeMap<&Subject, Vec<usize>>| {
            let of = |(subject, indexes): (&Subject, Vec<usize>)| (subject.clone(), Onsets::new(signals, indexes));
            subjects.into_iter().map(of).collect()
        };
        let all =
            |subjects: &BTreeMap<&Subject, Vec<usize>>| Onsets::new(signals, subjects.values().flatten().copied());
        let of_role = found.iter().map(|(role, subjects)| (*role, all(subjects))).collect();
        let by_role = found.into_iter().map(|(role, subjects)| (role, onsets(subjects))).collect();
        let harm = (0..).zip(signals).filter(|(_, signal)| signal.is_harm()).map(|(index, _)| index).collect();
        let leads_nowhere = |name: &str| catalogue.rule(name).is_some_and(|rule| rule.leads_nowhere.is_some());
        let nowhere =
            by_name.iter().filter(|(name, _)| leads_nowhere(name)).flat_map(|(_, all)| all).copied().collect();
        Self { by_name, harm, nowhere, by_role, of_role }
    }

    /// The indexes of the signals that stand at an end of a link.
    pub fn at(&self, ends: &Ends) -> BTreeSet<usize> {
        let named = ends.names.iter().filter_map(|name| self.by_name.get(name)).flatten().copied();
        let playing = ends.roles.iter().flat_map(|role| self.with(*role));
        let harm = self.harm.iter().copied().filter(|_| ends.harm);
        named.chain(playing.chain(harm).filter(|index| !self.nowhere.contains(index))).collect()
    }

    /// The signals of whoever that have a role.
    pub fn all(&self, role: Role) -> Option<&Onsets> {
        self.of_role.get(&role)
    }

    /// The signals of `subject` that have a role.
    pub fn of(&self, role: Role, subject: &Subject) -> Option<&Onsets> {
        self.by_role.get(&role)?.get(subject)
    }

    /// The indexes of all signals that have a role, in order.
    pub fn with(&self, role: Role) -> Vec<usize> {
        let subjects = self.by_role.get(&role).into_iter().flat_map(BTreeMap::values);
        let mut all: Vec<usize> = subjects.flat_map(Onsets::all).collect();
        all.sort_unstable();
        all
    }
}
