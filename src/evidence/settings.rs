//! What objects of policy say of pods: which may be taken away on purpose, which comes first where there is no room,
//! and which get limits that they do not give themselves; and of which kinds all objects came, so that one that is
//! not there was not there.

use super::absence::WholeLists;
use crate::model::{Citation, Subject};
use std::collections::{BTreeMap, BTreeSet};

/// What was read of them.
#[derive(Debug, Default)]
pub struct Settings {
    /// PodDisruptionBudgets with the labels of the pods that each is about.
    pub budgets: BTreeMap<Subject, Budget>,
    /// PriorityClasses by their names.
    pub priorities: BTreeMap<String, Priority>,
    /// Namespaces with a LimitRange.
    pub limit_ranges: BTreeSet<String>,
    /// The lists that came whole.
    pub whole: WholeLists,
}

/// A PodDisruptionBudget.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    pub selector: BTreeMap<String, String>,
    /// It also selects by expressions, which are not read: it may be about any pod of its namespace.
    pub has_expressions: bool,
}

/// A PriorityClass.
#[derive(Clone, Debug)]
pub struct Priority {
    pub value: i64,
    pub citation: Citation,
}

impl Settings {
    pub fn absorb(&mut self, other: Self) {
        self.budgets.extend(other.budgets);
        self.priorities.extend(other.priorities);
        self.limit_ranges.extend(other.limit_ranges);
    }
}

/// The plurals of the kinds that say so.
pub const PLURALS: [&str; 3] = [BUDGETS, PRIORITIES, LIMIT_RANGES];
pub const BUDGETS: &str = "poddisruptionbudgets.policy";
pub const PRIORITIES: &str = "priorityclasses.scheduling.k8s.io";
pub const LIMIT_RANGES: &str = "limitranges";
