//! Signals by role and subject, so that what asks for those of one subject need not walk through all.

use super::timeline::Onsets;
use crate::model::Subject;
use crate::signals::{Role, Signal};
use std::collections::BTreeMap;

/// The signals of each role, of all subjects and by subject.
#[derive(Debug, Default)]
pub struct Index {
    by_role: BTreeMap<Role, BTreeMap<Subject, Onsets>>,
    of_role: BTreeMap<Role, Onsets>,
}

impl Index {
    pub fn new(signals: &[Signal]) -> Self {
        let mut found: BTreeMap<Role, BTreeMap<&Subject, Vec<usize>>> = BTreeMap::new();
        for (index, signal) in signals.iter().enumerate() {
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
        Self { by_role: found.into_iter().map(|(role, subjects)| (role, onsets(subjects))).collect(), of_role }
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
