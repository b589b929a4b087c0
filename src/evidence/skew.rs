//! How far the clock of a node was ahead of that of the API servers, from records in which both left a time.
//!
//! Readings of clocks say what one showed when the archive was made. What it showed during the incident, pairs of times
//! in one record tell, each with a bound:
//! - An event that a kubelet sends bears when it was first seen, by the node's clock, and when the API server made the
//!   object, which was later (`firstTimestamp` and `metadata.creationTimestamp`, Kubernetes API reference, Event).
//! - A pod bears when the API server bound it to its node, and when the kubelet took it, which was later (the condition
//!   PodScheduled and `status.startTime`, Kubernetes API reference, PodStatus).
//!
//! The one says by how much the node's clock was ahead at least, the other at most. However long sending and taking
//! lasted, they stay true; the quickest of each are the closest.

use crate::model::{Citation, Window};
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Both times of a pair are cut to whole seconds.
const WHOLE_MS: i64 = 1000;

/// A clock that is off by less is left as it is: what is read in whole seconds cannot tell it from one that is right.
const LEAST_MOVED_MS: i64 = 1000;

/// How much later than the quickest event the quickest of another minute may be sent for the clock to count as steady.
/// Kubelets send events within a second or so; all of a minute may be late where the API server was out of reach, but
/// that cannot be told from a clock that was set.
const STEADY_MS: i64 = 5000;

/// Bounds are kept for each of these, as a clock may be set in between.
const SPAN_SECONDS: i64 = 60;

/// The pairs of all nodes: for each, by the number of the span.
#[derive(Debug, Default)]
pub struct Pairs(BTreeMap<String, BTreeMap<i64, Bounds>>);

/// By how many milliseconds a clock was ahead, at least and at most, how many records say so, and which say it closest.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    least: i64,
    most: i64,
    records: usize,
    closest: [Option<Citation>; 2],
}

/// What records tell of the clock of a node that was off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// By the same amount as long as records tell.
    Steady(Skew),
    /// Some say that it was off, and others do not, or by how much else.
    Unsteady(Unsteady),
}

/// A clock that was not right all the time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsteady {
    pub node: String,
    /// The records that say the most of how far it was off.
    pub evidence: Vec<Citation>,
}

/// A clock that was off by the same amount as long as records tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skew {
    pub node: String,
    /// By how many milliseconds it was ahead of the API servers', at least and at most; less than nothing where it was
    /// behind.
    pub least_ms: i64,
    pub most_ms: i64,
    /// The records that tell, and the span of time that they are of, to the minute.
    pub records: usize,
    pub span: Window,
    /// Those of them that tell the least and the most.
    pub evidence: Vec<Citation>,
}

impl Pairs {
    /// An event that the kubelet of `node` sent: first seen by its clock, made by that of an API server.
    pub fn sent(&mut self, node: &str, (first_seen, made): (DateTime<Utc>, DateTime<Utc>), record: Citation) {
        let least = (first_seen - made).num_milliseconds() - WHOLE_MS;
        self.note(node, made, Bounds { least, most: i64::MAX, records: 1, closest: [Some(record), None] });
    }

    /// A pod that the kubelet of `node` took: bound by the clock of an API server, taken by its own.
    pub fn taken(&mut self, node: &str, (bound, taken): (DateTime<Utc>, DateTime<Utc>), record: Citation) {
        let most = (taken - bound).num_milliseconds() + WHOLE_MS;
        self.note(node, bound, Bounds { least: i64::MIN, most, records: 1, closest: [None, Some(record)] });
    }

    pub fn absorb(&mut self, other: Self) {
        for (node, spans) in other.0 {
            let known = self.0.entry(node).or_default();
            for (span, bounds) in spans {
                known.entry(span).and_modify(|known| *known = known.and(bounds)).or_insert(bounds);
            }
        }
    }

    /// The clocks that were off within `window` by what records tell.
    pub fn readings(&self, window: Window) -> Vec<Reading> {
        let [from, to] = [window.from, window.to].map(span_of);
        let reading = |(node, spans): (&String, &BTreeMap<i64, Bounds>)| {
            let within = || spans.range(from.min(to)..=to);
            let all = within().map(|(_, bounds)| *bounds).reduce(Bounds::and)?;
            if all.least < LEAST_MOVED_MS && all.most > -LEAST_MOVED_MS {
                return None;
            }
            let evidence: Vec<Citation> = all.closest.into_iter().flatten().collect();
            let is_known = all.least > i64::MIN && all.most < i64::MAX && all.least <= all.most;
            if !is_known || !within().all(|(_, one)| one.is_like(all)) {
                return Some(Reading::Unsteady(Unsteady { node: node.clone(), evidence }));
            }
            let (first, last) = (within().next()?, within().next_back()?);
            let span = Window::new(begin_of(*first.0), begin_of(*last.0 + 1));
            let Bounds { least, most, records, .. } = all;
            Some(Reading::Steady(Skew { node: node.clone(), least_ms: least, most_ms: most, records, span, evidence }))
        };
        self.0.iter().filter_map(reading).collect()
    }

    fn note(&mut self, node: &str, at: DateTime<Utc>, bounds: Bounds) {
        if !self.0.contains_key(node) {
            self.0.insert(node.to_owned(), BTreeMap::new());
        }
        if let Some(spans) = self.0.get_mut(node) {
            spans.entry(span_of(at)).and_modify(|known| *known = known.and(bounds)).or_insert(bounds);
        }
    }
}

impl Bounds {
    /// Whether the events of a minute tell about the same as those of all. A pod may be taken late at any time.
    fn is_like(self, all: Self) -> bool {
        self.least == i64::MIN || self.least.abs_diff(all.least) <= STEADY_MS.unsigned_abs()
    }

    /// What both allow. Of records that say the same, the first in order of place counts as the closest.
    fn and(self, other: Self) -> Self {
        let [(least, least_in), (other_least, other_least_in)] = [self, other].map(|one| (one.least, one.closest[0]));
        let [(most, most_in), (other_most, other_most_in)] = [self, other].map(|one| (one.most, one.closest[1]));
        let (least, Reverse(least_in)) = (least, Reverse(least_in)).max((other_least, Reverse(other_least_in)));
        let (most, most_in) = (most, most_in).min((other_most, other_most_in));
        Self { least, most, records: self.records + other.records, closest: [least_in, most_in] }
    }
}

impl Skew {
    /// What is taken from times by this clock: the middle of what is possible.
    pub fn middle(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.least_ms + (self.most_ms - self.least_ms) / 2)
    }

    /// How far the truth may lie from the middle.
    pub fn either_way_ms(&self) -> i64 {
        (self.most_ms - self.least_ms + 1) / 2
    }
}

/// The clocks that were off by the same amount, and the nodes of the others.
pub fn told_apart(readings: Vec<Reading>) -> (Vec<Skew>, Vec<Unsteady>) {
    let (mut steady, mut unsteady) = (Vec::new(), Vec::new());
    for reading in readings {
        match reading {
            Reading::Steady(skew) => steady.push(skew),
            Reading::Unsteady(one) => unsteady.push(one),
        }
    }
    (steady, unsteady)
}

fn span_of(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(SPAN_SECONDS)
}

fn begin_of(span: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(span.saturating_mul(SPAN_SECONDS), 0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).expect("a time")
    }

    fn window() -> Window {
        Window::new(at(0), at(3600))
    }

    #[test]
    fn the_quickest_of_each_kind_bound_it() {
        let mut pairs = Pairs::default();
        for latency in [40, 1, 7] {
            pairs.sent("node-1", (at(600 + 120), at(600 + latency)), Citation::default());
            pairs.taken("node-1", (at(700), at(700 + 120 + latency)), Citation::default());
        }
        pairs.sent("node-2", (at(600), at(601)), Citation::default());
        pairs.taken("node-2", (at(600), at(601)), Citation::default());
        let readings = pairs.readings(window());
        let [Reading::Steady(skew)] = readings.as_slice() else { panic!("{readings:?}") };
        assert_eq!((skew.node.as_str(), skew.least_ms, skew.most_ms, skew.records), ("node-1", 118_000, 122_000, 6));
        assert_eq!((skew.middle(), skew.either_way_ms()), (TimeDelta::seconds(120), 2000));
    }

    fn unsteady(pairs: &Pairs) -> bool {
        matches!(pairs.readings(window()).as_slice(), [Reading::Unsteady(one)] if one.node == "node-1")
    }

    #[test]
    fn one_bound_alone_moves_nothing_and_neither_does_a_clock_that_was_set() {
        let mut pairs = Pairs::default();
        pairs.sent("node-1", (at(720), at(600)), Citation::default());
        assert!(unsteady(&pairs), "it may have been ahead by any more");
        pairs.taken("node-1", (at(700), at(821)), Citation::default());
        assert!(matches!(pairs.readings(window()).as_slice(), [Reading::Steady(_)]));
        pairs.taken("node-1", (at(1200), at(1201)), Citation::default());
        assert!(unsteady(&pairs), "it was right by then");
        let before = pairs.readings(Window::new(at(0), at(900)));
        assert!(
            matches!(before.as_slice(), [Reading::Steady(_)]),
            "what was outside of the window tells nothing of it"
        );
    }

    /// Events that were sent as if the clock were right bound it from one side only; but all of them late by as much as
    /// it was off later, to the second, is no delay.
    #[test]
    fn a_clock_that_jumped_in_the_window_is_unsteady() {
        let mut pairs = Pairs::default();
        for second in 0..60 {
            pairs.sent("node-1", (at(100 + second), at(100 + second)), Citation::default());
            pairs.sent("node-1", (at(900 + second + 90), at(900 + second)), Citation::default());
        }
        pairs.taken("node-1", (at(930), at(1021)), Citation::default());
        assert!(unsteady(&pairs));
        let mut back = Pairs::default();
        back.sent("node-1", (at(100), at(100)), Citation::default());
        back.taken("node-1", (at(900), at(601)), Citation::default());
        assert!(unsteady(&back));
    }

    proptest! {
        /// Whatever a clock is off by and however long things take, the truth is within the bounds.
        #[test]
        fn the_truth_is_within_the_bounds(
            off in -400_000_i64..400_000,
            latencies in prop::collection::vec((0_i64..90_000, 0_i64..90_000, 0_i64..3_000_000), 1..8),
        ) {
            let mut pairs = Pairs::default();
            let cut = |ms: i64| at(ms.div_euclid(1000));
            for (sending, taking, when) in latencies {
                pairs.sent("a", (cut(when + off), cut(when + sending)), Citation::default());
                pairs.taken("a", (cut(when), cut(when + taking + off)), Citation::default());
            }
            for reading in pairs.readings(Window::new(at(-4000), at(4000))) {
                let Reading::Steady(skew) = reading else { continue };
                prop_assert!((skew.least_ms..=skew.most_ms).contains(&off), "{skew:?}");
                prop_assert!((skew.middle().num_milliseconds() - off).abs() <= skew.either_way_ms());
            }
        }
    }
}
