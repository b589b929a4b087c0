//! A cascade as a tree that can be read from top to bottom.
//!
//! A signal with several causes stands once, under the strongest (then earliest) of them; the others are named
//! beside it. Effects that are alike and led to nothing share a line.

use super::{Grade, names, severity};
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

impl Branch<'_> {
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
        let mut branches = Vec::with_capacity(members.len());
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); members.len()];
        let mut open: Vec<(usize, Option<usize>)> = Vec::new();
        for (place, parent) in parents.iter().enumerate() {
            match parent.and_then(|(above, _)| children.get_mut(above)) {
                Some(siblings) => siblings.push(place),
                None => open.push((place, None)),
            }
        }
        open.reverse();
        while let Some((place, parent)) = open.pop() {
            let Some(signal) = members.get(place) else { continue };
            let cause = parents.get(place).copied().flatten().map(|(_, edge)| edge);
            let depth = parent.and_then(|above: usize| branches.get(above)).map_or(0, |above: &Branch| above.depth + 1);
            let also = causes.others(place, cause);
            let worst = severity(&signal.severity);
            branches.push(Branch { depth, parent, signal, alike: Vec::new(), cause, also, worst });
            let here = branches.len() - 1;
            let below = children.get(place).map(Vec::as_slice).unwrap_or_default();
            open.extend(below.iter().rev().map(|child| (*child, Some(here))));
        }
        let mut tree = Self { cascade, branches: folded(branches) };
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
struct Causes<'a> {
    incoming: Vec<Vec<(usize, &'a EdgeRow)>>,
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
            causes.sort_by_key(|(from, edge)| (std::cmp::Reverse(Grade::of(&edge.grade)), *from));
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

/// Joins leaves that differ only in which pod of a workload they are about.
fn folded(branches: Vec<Branch<'_>>) -> Vec<Branch<'_>> {
    let mut has_children = vec![false; branches.len()];
    for parent in branches.iter().filter_map(|branch| branch.parent) {
        if let Some(flag) = has_children.get_mut(parent) {
            *flag = true;
        }
    }
    let mut kept: Vec<Branch> = Vec::with_capacity(branches.len());
    let mut moved_to = vec![0; branches.len()];
    let mut leaders: BTreeMap<_, usize> = BTreeMap::new();
    for (place, mut branch) in branches.into_iter().enumerate() {
        branch.parent = branch.parent.and_then(|parent| moved_to.get(parent).copied());
        let leaf = !has_children.get(place).copied().unwrap_or(true);
        let key = leaf.then(|| {
            let link = branch.cause.map(|edge| (edge.link.as_str(), edge.grade.as_str()));
            (branch.parent, branch.signal.signal.as_str(), names::workload_of(&branch.signal.subject), link)
        });
        let leader = key.as_ref().and_then(|key| leaders.get(key)).and_then(|leader| kept.get_mut(*leader));
        if let Some(leader) = leader {
            leader.alike.push(branch.signal);
            continue;
        }
        if let Some(slot) = moved_to.get_mut(place) {
            *slot = kept.len();
        }
        if let Some(key) = key {
            leaders.insert(key, kept.len());
        }
        kept.push(branch);
    }
    kept
}
