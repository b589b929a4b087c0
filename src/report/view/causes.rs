//! The causes of each signal of a cascade, and which of them it stands under.

use super::Numbered;
use crate::cascade::Edge;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A cause, by its place among the members, and what ties it to its effect.
pub type Cause<'a> = (usize, &'a Edge);

/// The links inside a cascade, by the place of their effect among its members.
pub struct Causes<'a> {
    pub incoming: Vec<Vec<Cause<'a>>>,
}

impl<'a> Causes<'a> {
    pub fn new(members: &[Numbered<'a>], edges: &[&'a Edge]) -> Self {
        let places: BTreeMap<usize, usize> =
            members.iter().enumerate().map(|(place, member)| (member.index, place)).collect();
        let mut incoming = vec![Vec::new(); members.len()];
        for edge in edges {
            let (Some(from), Some(to)) = (places.get(&edge.from), places.get(&edge.to)) else { continue };
            if let Some(causes) = incoming.get_mut(*to).filter(|_| from != to) {
                causes.push((*from, *edge));
            }
        }
        for causes in &mut incoming {
            causes.sort_by_key(|(from, edge)| (Reverse(edge.grade), *from));
        }
        Self { incoming }
    }

    /// The chosen cause of each member: the first. Links have no cycles; should they have one, a member of it gets none, so
    /// that no member is its own ancestor.
    pub fn parents(&self) -> Vec<Option<Cause<'a>>> {
        let mut parents: Vec<Option<Cause>> = self.incoming.iter().map(|causes| causes.first().copied()).collect();
        // The member from which each was first reached on the way up: a way that meets itself is a cycle.
        let mut reached_from: Vec<Option<usize>> = vec![None; parents.len()];
        for start in 0..parents.len() {
            let mut at = start;
            while let Some(reached) = reached_from.get_mut(at).filter(|reached| reached.is_none()) {
                *reached = Some(start);
                match parents.get(at).copied().flatten() {
                    Some((above, _)) if reached_from.get(above).copied().flatten() == Some(start) => {
                        if let Some(parent) = parents.get_mut(above) {
                            *parent = None;
                        }
                    }
                    Some((above, _)) => at = above,
                    None => break,
                }
            }
        }
        parents
    }

    /// The links from its causes but the chosen one.
    pub fn others(&self, place: usize, chosen: Option<&Edge>) -> Vec<&'a Edge> {
        let all = self.incoming.get(place).map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .map(|(_, edge)| *edge)
            .filter(|edge| !chosen.is_some_and(|chosen| std::ptr::eq(chosen, *edge)))
            .collect()
    }
}
