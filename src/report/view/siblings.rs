//! Which signals of a cascade share a line: those that differ only in the pod of a workload, with all below them.

use super::Numbered;
use super::causes::{Cause, Causes};
use crate::cascade::Grade;
use crate::model::Subject;
use crate::report::{names, times};
use std::collections::{BTreeMap, BTreeSet};

/// Who stands under whom, and which subtrees look the same but for the pod they are about.
pub struct SiblingGroups<'a> {
    members: Vec<Numbered<'a>>,
    pub roots: Vec<usize>,
    children: Vec<Vec<usize>>,
    /// All effects, also those that stand under another cause.
    effects: Vec<BTreeSet<usize>>,
    /// Equal for members that differ only in their pod, whatever is below them.
    looks: Vec<Look<'a>>,
    /// Equal for members whose whole subtrees look the same.
    shapes: Vec<usize>,
}

/// Beginnings without a cause in common are the same one only this close to each other.
const BEGINNING_SECONDS: i64 = 60;

/// Signal, workload, and the link and grade from its cause.
type Look<'a> = (&'a str, String, Option<(&'a str, Grade)>);

impl<'a> SiblingGroups<'a> {
    pub fn new(members: &[Numbered<'a>], causes: &Causes<'a>, parents: &[Option<Cause<'a>>]) -> Self {
        let mut found = Self {
            members: members.to_vec(),
            roots: Vec::new(),
            children: vec![Vec::new(); members.len()],
            effects: vec![BTreeSet::new(); members.len()],
            looks: Vec::with_capacity(members.len()),
            shapes: vec![0; members.len()],
        };
        for (place, (signal, parent)) in members.iter().zip(parents).enumerate() {
            match parent.and_then(|(above, _)| found.children.get_mut(above)) {
                Some(siblings) => siblings.push(place),
                None => found.roots.push(place),
            }
            let link = parent.map(|(_, edge)| (edge.link.as_str(), edge.grade));
            found.looks.push((&signal.signal.name, names::workload_of(&signal.subject), link));
        }
        for (to, incoming) in causes.incoming.iter().enumerate() {
            for (from, _) in incoming {
                if let Some(effects) = found.effects.get_mut(*from) {
                    effects.insert(to);
                }
            }
        }
        found.name_shapes();
        found
    }

    pub fn children_of(&self, place: usize) -> &[usize] {
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
    pub fn groups(&self, siblings: &[usize]) -> Vec<Vec<usize>> {
        let mut groups: Vec<Group> = Vec::new();
        let mut by_shape: BTreeMap<Option<&usize>, usize> = BTreeMap::new();
        let mut siblings = siblings.to_vec();
        siblings.sort_unstable();
        for place in siblings {
            let shape = self.shapes.get(place);
            let known = by_shape.get(&shape).and_then(|known| groups.get_mut(*known));
            match known.filter(|group| self.may_join(group, place)) {
                Some(group) => self.join(group, place),
                None => {
                    by_shape.insert(shape, groups.len());
                    let mut group = Group::default();
                    self.join(&mut group, place);
                    groups.push(group);
                }
            }
        }
        self.join_leaves(&mut groups);
        let mut groups: Vec<Vec<usize>> = groups.into_iter().map(|group| group.places.into_iter().collect()).collect();
        groups.retain(|group| !group.is_empty());
        groups.sort();
        groups
    }

    /// The same thing happening twice to one subject stays two lines, and so do beginnings far apart in time.
    fn may_join(&self, group: &Group, place: usize) -> bool {
        let Some(joining) = self.members.get(place) else { return false };
        let is_root = self.looks.get(place).is_some_and(|(_, _, link)| link.is_none());
        let close = || {
            let last = group.places.last().and_then(|last| self.members.get(*last));
            last.is_some_and(|last| {
                times::between(last.from.time, joining.from.time).num_seconds().abs() <= BEGINNING_SECONDS
            })
        };
        !group.subjects.contains(&joining.subject) && (!is_root || close())
    }

    fn join(&self, group: &mut Group<'a>, place: usize) {
        group.places.insert(place);
        group.subjects.extend(self.members.get(place).map(|member| &member.signal.subject));
    }

    /// A leaf whose effects all stand under a sibling that looks like it joins that sibling.
    fn join_leaves(&self, groups: &mut [Group<'a>]) {
        let is_leaf = |place: &usize| self.children_of(*place).is_empty();
        let look = |group: &Group| group.places.first().and_then(|first| self.looks.get(*first));
        // Where those that look so stand, and all below them: what joins has nothing below.
        let mut hosts: BTreeMap<&Look, (usize, BTreeSet<usize>)> = BTreeMap::new();
        for (number, group) in groups.iter().enumerate().filter(|(_, group)| !group.places.iter().all(is_leaf)) {
            if let Some(look) = look(group) {
                let below = || group.places.iter().flat_map(|place| self.children_of(*place)).copied().collect();
                hosts.entry(look).or_insert_with(|| (number, below()));
            }
        }
        for number in 0..groups.len() {
            let Some(guest) = groups.get(number).filter(|group| group.places.iter().all(is_leaf)) else { continue };
            let Some((place, below)) = look(guest).and_then(|look| hosts.get(look)) else { continue };
            let Some(host) = groups.get(*place) else { continue };
            let fits = |place: &usize| {
                self.effects.get(*place).is_some_and(|effects| effects.is_subset(below)) && self.may_join(host, *place)
            };
            if guest.places.iter().all(fits) {
                let guest = groups.get_mut(number).map(std::mem::take).unwrap_or_default();
                if let Some(host) = groups.get_mut(*place) {
                    guest.places.into_iter().for_each(|place| self.join(host, place));
                }
            }
        }
    }
}

/// Members that share a line.
#[derive(Default)]
struct Group<'a> {
    places: BTreeSet<usize>,
    subjects: BTreeSet<&'a Subject>,
}
