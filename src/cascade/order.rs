//! An order of nodes in which every edge leads forward, kept while edges are added (Pearce and Kelly, A Dynamic
//! Topological Sort Algorithm for Directed Acyclic Graphs, 2007).
//!
//! petgraph's `Acyclic` does the same, but searches by recursion: a long chain of signals, which any archive may hold,
//! would overflow the stack.

use std::collections::BTreeSet;

/// Nodes from 0 on, at first in their own order.
#[derive(Debug)]
pub struct Order {
    position: Vec<usize>,
    to: Vec<Vec<usize>>,
    from: Vec<Vec<usize>>,
}

impl Order {
    pub fn new(nodes: usize) -> Self {
        Self { position: (0..nodes).collect(), to: vec![Vec::new(); nodes], from: vec![Vec::new(); nodes] }
    }

    /// Adds an edge, unless that would close a cycle; whether it was added.
    pub fn add(&mut self, from: usize, to: usize) -> bool {
        let (low, high) = (self.at(to), self.at(from));
        if low <= high {
            let after = self.reached(&self.to, to, |position| position <= high);
            if after.contains(&(high, from)) {
                return false;
            }
            let before = self.reached(&self.from, from, |position| position >= low);
            self.reorder(&before, &after);
        }
        push(&mut self.to, from, to);
        push(&mut self.from, to, from);
        true
    }

    fn at(&self, node: usize) -> usize {
        self.position.get(node).copied().unwrap_or_default()
    }

    /// The nodes that are reached from `start` by way of those whose position is wanted, by position.
    fn reached(&self, edges: &[Vec<usize>], start: usize, wanted: impl Fn(usize) -> bool) -> BTreeSet<(usize, usize)> {
        let mut seen = BTreeSet::from([(self.at(start), start)]);
        let mut pending = vec![start];
        while let Some(node) = pending.pop() {
            for next in edges.get(node).into_iter().flatten() {
                if wanted(self.at(*next)) && seen.insert((self.at(*next), *next)) {
                    pending.push(*next);
                }
            }
        }
        seen
    }

    /// Gives the places that both hold to the nodes of `before`, then to those of `after`.
    fn reorder(&mut self, before: &BTreeSet<(usize, usize)>, after: &BTreeSet<(usize, usize)>) {
        let places: BTreeSet<usize> = before.iter().chain(after).map(|(position, _)| *position).collect();
        for ((_, node), place) in before.iter().chain(after).zip(places) {
            if let Some(slot) = self.position.get_mut(*node) {
                *slot = place;
            }
        }
    }
}

fn push(edges: &mut [Vec<usize>], node: usize, other: usize) {
    if let Some(list) = edges.get_mut(node) {
        list.push(other);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The way that takes no thought: an edge is kept unless its end already reaches its start.
    fn kept_by_search(edges: &[(usize, usize)]) -> Vec<bool> {
        let mut kept: Vec<(usize, usize)> = Vec::new();
        let mut added = Vec::new();
        for (from, to) in edges {
            let (mut pending, mut seen) = (vec![*to], BTreeSet::new());
            while let Some(node) = pending.pop() {
                if seen.insert(node) {
                    pending.extend(kept.iter().filter(|(start, _)| *start == node).map(|(_, end)| *end));
                }
            }
            let is_new = !seen.contains(from);
            added.push(is_new);
            if is_new {
                kept.push((*from, *to));
            }
        }
        added
    }

    proptest! {
        #[test]
        fn keeps_the_edges_that_a_search_keeps(edges in proptest::collection::vec((0_usize..12, 0_usize..12), 0..60)) {
            let mut order = Order::new(12);
            let added: Vec<bool> = edges.iter().map(|(from, to)| order.add(*from, *to)).collect();
            prop_assert_eq!(added, kept_by_search(&edges));
        }
    }

    #[test]
    fn a_long_chain_is_no_trouble() {
        let count = 200_000;
        let mut order = Order::new(count);
        for node in 1..count {
            assert!(order.add(node - 1, node));
        }
        assert!(!order.add(count - 1, 0));
    }
}
