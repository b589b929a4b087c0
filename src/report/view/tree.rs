//! A cascade as a tree that can be read from top to bottom.
//!
//! A signal with several causes stands once, under the strongest (then earliest) of them; the others are named
//! beside it. Signals that differ only in which pod of a workload they are about, with all that followed from them,
//! share a line.

use super::kin::Kin;
use super::{Grade, severity};
use crate::model::Severity;
use crate::report::schema::{CascadeRow, EdgeRow, Report, SignalRow};
use std::collections::BTreeMap;

pub struct Tree<'a> {
    pub cascade: &'a CascadeRow,
    /// Parents before their children, children in order of time.
    pub branches: Vec<Branch<'a>>,
}

/// One line of a [`Tree`].
pub struct Branch<'a> {
    pub depth: usize,
    /// Place of the parent in [`Tree::branches`].
    pub parent: Option<usize>,
    pub signal: &'a SignalRow,
    /// Signals of the same kind on the same workload with the same cause, after the first.
    pub alike: Vec<&'a SignalRow>,
    /// What ties it to its parent.
    pub cause: Option<&'a EdgeRow>,
    /// Links from its other causes.
    pub also: Vec<&'a EdgeRow>,
    /// The worst of what is below it, and itself.
    pub worst: Severity,
}

impl<'a> Branch<'a> {
    fn ids(&self) -> Vec<&'a str> {
        std::iter::once(self.signal).chain(self.alike.iter().copied()).map(|signal| signal.id.as_str()).collect()
    }

    /// How often it was seen, on all that share the line.
    pub fn count(&self) -> u64 {
        self.alike.iter().fold(self.signal.count, |sum, signal| sum.saturating_add(signal.count))
    }
}

impl<'a> Tree<'a> {
    pub fn new(report: &'a Report, cascade: &'a CascadeRow, signals: &BTreeMap<&'a str, &'a SignalRow>) -> Self {
        let members: Vec<&SignalRow> =
            cascade.signals.iter().filter_map(|id| signals.get(id.as_str()).copied()).collect();
        let causes = Causes::new(report, &members);
        let parents = causes.parents();
        let kin = Kin::new(&members, &causes, &parents);
        let mut branches: Vec<Branch> = Vec::with_capacity(members.len());
        let mut open: Vec<(Vec<usize>, Option<usize>)> =
            kin.groups(&kin.roots).into_iter().rev().map(|group| (group, None)).collect();
        while let Some((group, parent)) = open.pop() {
            let above = parent.and_then(|above| branches.get(above));
            let depth = above.map_or(0, |above| above.depth + 1);
            let beside: Vec<&str> = above.map(Branch::ids).unwrap_or_default();
            let Some((leader, alike)) = group.split_first() else { continue };
            let Some(signal) = members.get(*leader).copied() else { continue };
            let cause = parents.get(*leader).copied().flatten().map(|(_, edge)| edge);
            let mut also = causes.others(*leader, cause);
            also.retain(|edge| !beside.contains(&edge.from.as_str()));
            let alike: Vec<&SignalRow> = alike.iter().filter_map(|place| members.get(*place).copied()).collect();
            let worst = alike.iter().map(|row| severity(&row.severity)).fold(severity(&signal.severity), Severity::max);
            branches.push(Branch { depth, parent, signal, alike, cause, also, worst });
            let here = branches.len() - 1;
            let below: Vec<usize> = group.iter().flat_map(|place| kin.children_of(*place)).copied().collect();
            open.extend(kin.groups(&below).into_iter().rev().map(|group| (group, Some(here))));
        }
        let mut tree = Self { cascade, branches };
        tree.carry_worst_up();
        tree
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

/// The links inside a cascade, by the place of their effect among its members.
pub struct Causes<'a> {
    pub incoming: Vec<Vec<(usize, &'a EdgeRow)>>,
}

impl<'a> Causes<'a> {
    fn new(report: &'a Report, members: &[&'a SignalRow]) -> Self {
        let places: BTreeMap<&str, usize> =
            members.iter().enumerate().map(|(place, row)| (row.id.as_str(), place)).collect();
        let mut incoming = vec![Vec::new(); members.len()];
        for edge in &report.edges {
            let (Some(from), Some(to)) = (places.get(edge.from.as_str()), places.get(edge.to.as_str())) else {
                continue;
            };
            if let Some(causes) = incoming.get_mut(*to).filter(|_| from != to) {
                causes.push((*from, edge));
            }
        }
        for causes in &mut incoming {
            causes.sort_by_key(|(from, edge)| (std::cmp::Reverse(Grade::named(&edge.grade)), *from));
        }
        Self { incoming }
    }

    /// The chosen cause of each member, so that no member is its own ancestor whatever the links say.
    fn parents(&self) -> Vec<Option<(usize, &'a EdgeRow)>> {
        let mut parents: Vec<Option<(usize, &'a EdgeRow)>> = vec![None; self.incoming.len()];
        for (place, causes) in self.incoming.iter().enumerate() {
            let chosen = causes.iter().find(|(from, _)| {
                let mut above = Some(*from);
                while let Some(ancestor) = above.filter(|ancestor| *ancestor != place) {
                    above = parents.get(ancestor).copied().flatten().map(|(from, _)| from);
                }
                above.is_none()
            });
            if let Some(parent) = parents.get_mut(place) {
                *parent = chosen.copied();
            }
        }
        parents
    }

    fn others(&self, place: usize, chosen: Option<&EdgeRow>) -> Vec<&'a EdgeRow> {
        let all = self.incoming.get(place).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .map(|(_, edge)| *edge)
            .filter(|edge| !chosen.is_some_and(|chosen| std::ptr::eq(chosen, *edge)))
            .collect()
    }
}
