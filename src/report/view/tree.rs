//! A cascade as a tree that can be read from top to bottom.
//!
//! A signal with several causes stands once, under the strongest (then earliest) of them; the others are named
//! beside it. Signals that differ only in which pod of a workload they are about, with all that followed from them,
//! share a line.

use super::{Grade, names, severity};
use crate::model::Severity;
use crate::report::schema::{CascadeRow, EdgeRow, Report, SignalRow};
use std::collections::{BTreeMap, BTreeSet};

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

/// Who stands under whom, and which subtrees look the same but for the pod of a workload they are about.
struct Kin<'a> {
    roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    /// All effects, also those that stand under another cause.
    effects: Vec<BTreeSet<usize>>,
    /// Equal for members that differ only in their pod, whatever is below them.
    looks: Vec<Look<'a>>,
    /// Equal for members whose whole subtrees look the same.
    shapes: Vec<usize>,
}

/// Signal, workload, and the link and grade from its cause.
type Look<'a> = (&'a str, String, Option<(&'a str, &'a str)>);

impl<'a> Kin<'a> {
    fn new(members: &[&'a SignalRow], causes: &Causes<'a>, parents: &[Option<(usize, &'a EdgeRow)>]) -> Self {
        let mut kin = Self {
            roots: Vec::new(),
            children: vec![Vec::new(); members.len()],
            effects: vec![BTreeSet::new(); members.len()],
            looks: Vec::with_capacity(members.len()),
            shapes: vec![0; members.len()],
        };
        for (place, (signal, parent)) in members.iter().zip(parents).enumerate() {
            match parent.and_then(|(above, _)| kin.children.get_mut(above)) {
                Some(siblings) => siblings.push(place),
                None => kin.roots.push(place),
            }
            let link = parent.map(|(_, edge)| (edge.link.as_str(), edge.grade.as_str()));
            kin.looks.push((&signal.signal, names::workload_of(&signal.subject), link));
        }
        for (to, incoming) in causes.incoming.iter().enumerate() {
            for (from, _) in incoming {
                if let Some(effects) = kin.effects.get_mut(*from) {
                    effects.insert(to);
                }
            }
        }
        kin.name_shapes();
        kin
    }

    fn children_of(&self, place: usize) -> &[usize] {
        self.children.get(place).map(Vec::as_slice).unwrap_or_default()
    }

    /// Numbers the shapes from the leaves up, so that no depth is too deep.
    fn name_shapes(&mut self) {
        let mut order = self.roots.clone();
        let mut next = 0;
        while let Some(place) = order.get(next).copied() {
            order.extend(self.children_of(place));
            next += 1;
        }
        let mut numbers: BTreeMap<(Look, Vec<usize>), usize> = BTreeMap::new();
        for place in order.into_iter().rev() {
            let below = self.children_of(place).iter().filter_map(|child| self.shapes.get(*child).copied());
            let mut below: Vec<usize> = below.collect();
            below.sort_unstable();
            below.dedup();
            let Some(look) = self.looks.get(place).cloned() else { continue };
            let number = numbers.len() + 1;
            let number = *numbers.entry((look, below)).or_insert(number);
            if let Some(shape) = self.shapes.get_mut(place) {
                *shape = number;
            }
        }
    }

    /// Siblings in groups that share a line, in the order of their first members.
    fn groups(&self, siblings: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Vec<usize>> = Vec::new();
        let mut by_shape: BTreeMap<Option<&usize>, usize> = BTreeMap::new();
        let mut siblings = siblings.to_vec();
        siblings.sort_unstable();
        for place in siblings {
            let known = *by_shape.entry(self.shapes.get(place)).or_insert(groups.len());
            match groups.get_mut(known) {
                Some(group) => group.push(place),
                None => groups.push(vec![place]),
            }
        }
        self.join_leaves(&mut groups);
        groups.sort();
        groups
    }

    /// A leaf whose effects all stand under a sibling that looks like it joins that sibling.
    fn join_leaves(&self, groups: &mut Vec<Vec<usize>>) {
        let mut hosts: BTreeMap<Look, usize> = BTreeMap::new();
        for (number, group) in groups.iter().enumerate() {
            if let Some(first) = group.first().filter(|first| !self.children_of(**first).is_empty()) {
                hosts.entry(self.looks.get(*first).cloned().unwrap_or_default()).or_insert(number);
            }
        }
        for number in 0..groups.len() {
            let Some(group) =
                groups.get(number).filter(|group| group.iter().all(|place| self.children_of(*place).is_empty()))
            else {
                continue;
            };
            let look = group.first().and_then(|first| self.looks.get(*first));
            let Some(host) = look.and_then(|look| hosts.get(look)).copied() else { continue };
            let below: BTreeSet<usize> =
                groups.get(host).into_iter().flatten().flat_map(|place| self.children_of(*place)).copied().collect();
            if group.iter().all(|place| self.effects.get(*place).is_some_and(|effects| effects.is_subset(&below))) {
                let joining = groups.get_mut(number).map(std::mem::take).unwrap_or_default();
                if let Some(host) = groups.get_mut(host) {
                    host.extend(joining);
                    host.sort_unstable();
                }
            }
        }
        groups.retain(|group| !group.is_empty());
    }
}
