//! Signals in order of onset, searched for those that may have led to something at a given time.
//!
//! A cause may have begun before it was noticed and may act long after its onset, so the order of onsets alone does not
//! bound the search. Two trees over that order do: of when each may have begun, and of how long each acts.

use crate::model::End;
use crate::signals::Signal;
use chrono::{DateTime, Utc};
use std::iter::successors;

/// Signals in order of onset.
#[derive(Debug)]
pub struct Onsets(Vec<(DateTime<Utc>, usize)>);

impl Onsets {
    /// Those of these signals, given by their indexes.
    pub fn new(signals: &[Signal], indexes: impl IntoIterator<Item = usize>) -> Self {
        let known = indexes.into_iter().filter_map(|index| Some((signals.get(index)?.from.time, index)));
        let mut onsets: Vec<(DateTime<Utc>, usize)> = known.collect();
        onsets.sort_unstable();
        onsets.dedup();
        Self(onsets)
    }

    /// The indexes of the signals with an onset from `from` to `to`, in order.
    pub fn between(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> impl Iterator<Item = usize> {
        let start = self.0.partition_point(|(time, _)| *time < from);
        self.0.iter().skip(start).take_while(move |(time, _)| *time <= to).map(|(_, index)| *index)
    }

    /// The indexes of all, in order.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = usize> {
        self.0.iter().map(|(_, index)| *index)
    }
}

/// Signals that may be causes, in order of onset.
#[derive(Debug)]
pub struct Timeline {
    onsets: Onsets,
    /// Until when each acts at the latest.
    until: Peaks,
    /// When each may have begun at the earliest, negated.
    begun: Peaks,
}

/// What a cause must be in time: to have begun by the one, and to act up to the other.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    pub begun_by: DateTime<Utc>,
    pub acts_until: DateTime<Utc>,
}

impl Timeline {
    /// A timeline of these signals, given by their indexes.
    pub fn new(signals: &[Signal], indexes: impl IntoIterator<Item = usize>) -> Self {
        let onsets = Onsets::new(signals, indexes);
        let known = || onsets.all().filter_map(|index| signals.get(index));
        let until = known().map(|signal| match signal.end {
            End::At(_) | End::Unknown => millis(signal.last_seen().max(signal.from.latest())) + 1,
            End::Ongoing => i64::MAX,
        });
        let begun = known().map(|signal| -millis(signal.from.earliest()));
        Self { until: Peaks::new(until.collect()), begun: Peaks::new(begun.collect()), onsets }
    }

    /// The signals within `bounds`, the nearest to `at` first: those with an onset up to then, backwards, then the
    /// later ones. The bounds are taken to the millisecond; who needs more compares again.
    pub fn nearest(&self, at: DateTime<Utc>, bounds: Bounds) -> impl Iterator<Item = usize> {
        let onsets = &self.onsets.0;
        let middle = onsets.partition_point(|(time, _)| (at - *time).num_milliseconds() >= 0);
        let (acts, begun) = (millis(bounds.acts_until), -(millis(bounds.begun_by) + 1));
        let earlier = successors(self.until.last_before(middle, acts), move |at| self.until.last_before(*at, acts));
        let later = successors(self.begun.first_from(middle, begun), move |at| self.begun.first_from(at + 1, begun));
        earlier.chain(later).filter_map(|place| onsets.get(place).map(|(_, index)| *index))
    }
}

fn millis(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}

/// Numbers in a fixed order, with the largest of each half, quarter and so on: finds the next one that is large enough
/// in the logarithm of their count.
#[derive(Debug)]
struct Peaks {
    /// Of a power of two, and larger than the count.
    leaves: usize,
    /// The root is at 1, and the two below `n` are at `2n` and `2n + 1`.
    nodes: Vec<i64>,
}

impl Peaks {
    fn new(values: Vec<i64>) -> Self {
        let leaves = (values.len() + 1).next_power_of_two();
        let mut nodes = vec![i64::MIN; leaves];
        nodes.extend(values);
        nodes.resize(2 * leaves, i64::MIN);
        let mut peaks = Self { leaves, nodes };
        for node in (1..leaves).rev() {
            let peak = peaks.at(2 * node).max(peaks.at(2 * node + 1));
            if let Some(slot) = peaks.nodes.get_mut(node) {
                *slot = peak;
            }
        }
        peaks
    }

    fn at(&self, node: usize) -> i64 {
        self.nodes.get(node).copied().unwrap_or(i64::MIN)
    }

    /// The last place before `end` that holds at least `least`.
    fn last_before(&self, end: usize, least: i64) -> Option<usize> {
        let mut node = self.leaves + end;
        while node > 1 {
            if !node.is_multiple_of(2) && self.at(node - 1) >= least {
                return Some(self.descend(node - 1, least, [1, 0]));
            }
            node /= 2;
        }
        None
    }

    /// The first place from `start` on that holds at least `least`.
    fn first_from(&self, start: usize, least: i64) -> Option<usize> {
        let mut node = self.leaves + start;
        if self.at(node) >= least {
            return Some(start);
        }
        while node > 1 {
            if node.is_multiple_of(2) && self.at(node + 1) >= least {
                return Some(self.descend(node + 1, least, [0, 1]));
            }
            node /= 2;
        }
        None
    }

    /// The place below `node` that holds at least `least`, in the order in which children are to be tried.
    fn descend(&self, mut node: usize, least: i64, [first, second]: [usize; 2]) -> usize {
        while node < self.leaves {
            node = 2 * node + if self.at(2 * node + first) >= least { first } else { second };
        }
        node - self.leaves
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_walk_finds(values in proptest::collection::vec(-20_i64..20, 0..40), place in 0_usize..40, least in -20_i64..20) {
            let peaks = Peaks::new(values.clone());
            let place = place.min(values.len());
            let large = |(_, value): &(usize, &i64)| **value >= least;
            let places = || values.iter().enumerate().filter(large).map(|(at, _)| at);
            prop_assert_eq!(peaks.last_before(place, least), places().take_while(|at| *at < place).last());
            prop_assert_eq!(peaks.first_from(place, least), places().find(|at| *at >= place));
        }
    }
}
