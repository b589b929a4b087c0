//! A cascade as a tree that can be read from top to bottom.
//!
//! A signal with several causes stands once, under the strongest (then earliest) of them; the others are named
//! beside it. Signals that differ only in which pod of a workload they are about, with all that followed from them,
//! share a line.

use super::causes::Causes;
use super::siblings::SiblingGroups;
use super::{Numbered, edges_of};
use crate::cascade::{Cascade, Edge};
use crate::model::Severity;
use crate::report::Analyzed;
use std::collections::BTreeSet;

pub struct Tree<'a> {
    /// Its place among the cascades.
    pub number: usize,
    /// Parents before their children, children in order of time.
    pub branches: Vec<Branch<'a>>,
    /// Signals that stand on the line of another.
    alike: BTreeSet<usize>,
}

/// One line of a [`Tree`].
pub struct Branch<'a> {
    pub depth: usize,
    /// Place of the parent in [`Tree::branches`].
    pub parent: Option<usize>,
    pub signal: Numbered<'a>,
    /// Signals of the same kind on the same workload with the same cause, after the first.
    pub alike: Vec<Numbered<'a>>,
    /// What ties it to its parent.
    pub cause: Option<&'a Edge>,
    /// Links from its other causes.
    pub also: Vec<&'a Edge>,
    /// The worst of what is below it, and itself.
    pub worst: Severity,
}

impl<'a> Branch<'a> {
    /// All signals of the line.
    pub fn signals(&self) -> impl Iterator<Item = Numbered<'a>> {
        std::iter::once(self.signal).chain(self.alike.iter().copied())
    }

    /// How often it was seen, on all that share the line.
    pub fn count(&self) -> u64 {
        self.alike.iter().fold(self.signal.count, |sum, signal| sum.saturating_add(signal.count))
    }
}

/// The trees of all cascades.
pub fn all<'a>(of: &'a Analyzed, cascade_of: &[Option<usize>]) -> Vec<Tree<'a>> {
    let edges = edges_of(&of.analysis, cascade_of);
    let cascades = of.analysis.cascades.iter().enumerate().zip(edges);
    cascades.map(|((number, cascade), edges)| Tree::new(of, (number, cascade), &edges)).collect()
}

impl<'a> Tree<'a> {
    fn new(of: &'a Analyzed, (number, cascade): (usize, &'a Cascade), edges: &[&'a Edge]) -> Self {
        let members: Vec<Numbered> =
            cascade.signals.iter().filter_map(|index| Numbered::of(&of.signals, *index)).collect();
        let causes = Causes::new(&members, edges);
        let parents = causes.parents();
        let siblings = SiblingGroups::new(&members, &causes, &parents);
        let mut tree = Self { number, branches: Vec::with_capacity(members.len()), alike: BTreeSet::new() };
        let mut open: Vec<(Vec<usize>, Option<usize>)> =
            siblings.groups(&siblings.roots).into_iter().rev().map(|group| (group, None)).collect();
        while let Some((group, parent)) = open.pop() {
            let above = parent.and_then(|above| tree.branches.get(above));
            let depth = above.map_or(0, |above| above.depth + 1);
            let beside: BTreeSet<usize> = above.into_iter().flat_map(Branch::signals).map(|one| one.index).collect();
            let Some((leader, alike)) = group.split_first() else { continue };
            let Some(signal) = members.get(*leader).copied() else { continue };
            let cause = parents.get(*leader).copied().flatten().map(|(_, edge)| edge);
            let mut also = causes.others(*leader, cause);
            also.retain(|edge| !beside.contains(&edge.from));
            let alike: Vec<Numbered> = alike.iter().filter_map(|place| members.get(*place).copied()).collect();
            tree.alike.extend(alike.iter().map(|one| one.index));
            let worst = alike.iter().map(|one| one.severity).fold(signal.severity, Severity::max);
            tree.branches.push(Branch { depth, parent, signal, alike, cause, also, worst });
            let here = tree.branches.len() - 1;
            let below: Vec<usize> = group.iter().flat_map(|place| siblings.children_of(*place)).copied().collect();
            open.extend(siblings.groups(&below).into_iter().rev().map(|group| (group, Some(here))));
        }
        tree.carry_worst_up();
        tree
    }

    /// Whether the signal stands on the line of another.
    pub fn is_alike(&self, index: usize) -> bool {
        self.alike.contains(&index)
    }

    fn carry_worst_up(&mut self) {
        for place in (0..self.branches.len()).rev() {
            let Some((parent, worst)) =
                self.branches.get(place).and_then(|branch| Some((branch.parent?, branch.worst)))
            else {
                continue;
            };
            if let Some(above) = self.branches.get_mut(parent) {
                above.worst = above.worst.max(worst);
            }
        }
    }
}
