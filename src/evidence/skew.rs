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

use super::clock_steps::ClockStep;
use crate::model::{Citation, Window};
use chrono::{DateTime, TimeDelta, Utc};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

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

/// What records tell of the clocks of nodes.
#[derive(Debug, Default)]
pub struct Readings {
    /// Those that were off, each as long as it was not set.
    pub skews: Vec<Skew>,
    /// Nodes of whose clocks some records say that they were off, and others that they were not, or by how much else.
    pub unsteady: Vec<Unsteady>,
    /// Of times that may be of before a clock was set: how far they may be off.
    pub doubts: Vec<Doubt>,
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
    /// From when on it showed so, and until when, where it was set before or afterwards.
    shown: Shown,
}

/// Times that a clock showed while it was not set; the second is no more of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Shown {
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
}

/// Times that a clock showed about when it was set, and by how many milliseconds it may have been ahead then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    pub node: String,
    pub from: Option<DateTime<Utc>>,
    pub to: DateTime<Utc>,
    pub least_ms: i64,
    pub most_ms: i64,
}

/// A clock that was set by more showed another day before: such times are not of the window.
const MOST_DOUBTED: TimeDelta = TimeDelta::days(1);

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

    /// What records tell of clocks within `window`. A clock that was set is another one afterwards.
    pub fn readings(&self, window: Window, steps: &[ClockStep]) -> Readings {
        let mut readings = Readings::default();
        let nodes: BTreeSet<&str> =
            self.0.keys().chain(steps.iter().map(|step| &step.node)).map(String::as_str).collect();
        for node in nodes {
            let steps: Vec<&ClockStep> = steps.iter().filter(|step| step.node == node).collect();
            let mut shown = Shown { from: steps.last().map(|step| step.between().1), to: None };
            let mut ahead = self.reading(node, window, (shown, None), &mut readings);
            for (at, step) in steps.iter().enumerate().rev() {
                // What set it is taken to have set it right, where no record says otherwise.
                let (least, most) = ahead.unwrap_or((-WHOLE_MS, WHOLE_MS));
                let by = step.by().num_milliseconds();
                let before = at.checked_sub(1).and_then(|at| steps.get(at));
                shown = Shown { from: before.map(|step| step.between().1), to: Some(step.between().0) };
                let record = step.evidence.first().copied();
                let expected = Bounds { least: least - by, most: most - by, records: 0, closest: [record; 2] };
                ahead = self.reading(node, window, (shown, Some(expected)), &mut readings);
                readings.doubts.extend(Doubt::of(step, ahead.is_some()));
            }
        }
        readings.skews.sort_by(|a, b| (&a.node, a.span.from).cmp(&(&b.node, b.span.from)));
        readings
    }

    /// Adds what records tell of a clock between two times at which it was set, which may be `expected` of what it was
    /// afterwards. Gives by how much it was ahead, at least and at most, if they leave no doubt of that.
    fn reading(
        &self,
        node: &str,
        window: Window,
        (shown, expected): (Shown, Option<Bounds>),
        readings: &mut Readings,
    ) -> Option<(i64, i64)> {
        let first = shown.from.map_or(i64::MIN, |at| span_of(at) + 1).max(span_of(window.from));
        let last = shown.to.map_or(i64::MAX, |at| span_of(at) - 1).min(span_of(window.to));
        let spans = self.0.get(node).filter(|_| first <= last)?;
        let within = || spans.range(first..=last);
        let all = within().map(|(_, bounds)| *bounds).reduce(Bounds::and)?;
        let all = expected.map_or(all, |expected| all.completed(expected));
        if all.least < LEAST_MOVED_MS && all.most > -LEAST_MOVED_MS {
            return all.is_closed().then_some((all.least, all.most));
        }
        let evidence: Vec<Citation> = all.closest.into_iter().flatten().collect();
        let is_steady = all.is_closed() && within().all(|(_, one)| one.is_like(all));
        let ends = within().next().zip(within().next_back()).filter(|_| is_steady);
        let Some(((first, _), (last, _))) = ends else {
            match readings.unsteady.iter_mut().find(|one| one.node == node) {
                Some(known) => known.evidence.extend(evidence),
                None => readings.unsteady.push(Unsteady { node: node.to_owned(), evidence }),
            }
            return None;
        };
        let span = Window::new(begin_of(*first), begin_of(*last + 1));
        let (node, Bounds { least, most, records, .. }) = (node.to_owned(), all);
        readings.skews.push(Skew { node, least_ms: least, most_ms: most, records, span, evidence, shown });
        Some((least, most))
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

    /// These, and where they are open on one side, what a step says of that side, if the other is as it says.
    fn completed(self, step: Self) -> Self {
        let is_near = |own: i64, expected: i64| own.abs_diff(expected) <= STEADY_MS.unsigned_abs();
        let [own_least_in, own_most_in] = self.closest;
        let [least_in, most_in] = step.closest;
        match (self.least > i64::MIN, self.most < i64::MAX) {
            (true, false) if is_near(self.least, step.least) => {
                Self { most: step.most.max(self.least), closest: [own_least_in, most_in], ..self }
            }
            (false, true) if is_near(self.most, step.most) => {
                Self { least: step.least.min(self.most), closest: [least_in, own_most_in], ..self }
            }
            _ => self,
        }
    }

    /// Whether it is bounded on both sides, without a contradiction.
    fn is_closed(self) -> bool {
        self.least > i64::MIN && self.most < i64::MAX && self.least <= self.most
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

    /// Whether the clock was so when it showed a time.
    pub fn is_of(&self, shown: DateTime<Utc>) -> bool {
        self.shown.from.is_none_or(|from| from <= shown) && self.shown.to.is_none_or(|to| shown < to)
    }

    /// How far the truth may lie from the middle.
    pub fn either_way_ms(&self) -> i64 {
        (self.most_ms - self.least_ms + 1) / 2
    }
}

impl Doubt {
    /// Of what was read before a step, where nothing tells how far the clock was off by then; else of what may have been
    /// read before it or after, as a clock that was set back shows the same times twice.
    fn of(step: &ClockStep, is_known: bool) -> Option<Self> {
        let ahead_ms = -step.by().num_milliseconds();
        let (low, high) = step.between();
        let from = is_known.then_some(low);
        let is_open = !is_known || step.before > step.after;
        let doubt =
            Self { node: step.node.clone(), from, to: high, least_ms: ahead_ms.min(0), most_ms: ahead_ms.max(0) };
        (is_open && step.by().abs() <= MOST_DOUBTED).then_some(doubt)
    }
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
        let readings = pairs.readings(window(), &[]);
        let [skew] = readings.skews.as_slice() else { panic!("{readings:?}") };
        assert_eq!((skew.node.as_str(), skew.least_ms, skew.most_ms, skew.records), ("node-1", 118_000, 122_000, 6));
        assert_eq!((skew.middle(), skew.either_way_ms()), (TimeDelta::seconds(120), 2000));
    }

    fn unsteady(pairs: &Pairs) -> bool {
        let readings = pairs.readings(window(), &[]);
        matches!(readings.unsteady.as_slice(), [one] if one.node == "node-1" && readings.skews.is_empty())
    }

    #[test]
    fn one_bound_alone_moves_nothing_and_neither_does_a_clock_that_was_set() {
        let mut pairs = Pairs::default();
        pairs.sent("node-1", (at(720), at(600)), Citation::default());
        assert!(unsteady(&pairs), "it may have been ahead by any more");
        pairs.taken("node-1", (at(700), at(821)), Citation::default());
        assert_eq!(pairs.readings(window(), &[]).skews.len(), 1);
        pairs.taken("node-1", (at(1200), at(1201)), Citation::default());
        assert!(unsteady(&pairs), "it was right by then");
        let before = pairs.readings(Window::new(at(0), at(900)), &[]);
        assert_eq!(before.skews.len(), 1, "what was outside of the window tells nothing of it");
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

    /// A clock that was 90 s ahead until it was set at 600 s, by that of the API server, and right afterwards.
    fn set_back(steps: &[ClockStep]) -> Readings {
        let mut pairs = Pairs::default();
        for second in (0..500).step_by(20) {
            pairs.sent("node-1", (at(second + 90), at(second)), Citation::default());
            pairs.taken("node-1", (at(second), at(second + 90)), Citation::default());
            pairs.sent("node-1", (at(second + 800), at(second + 800)), Citation::default());
            pairs.taken("node-1", (at(second + 800), at(second + 800)), Citation::default());
        }
        pairs.readings(window(), steps)
    }

    #[test]
    fn a_clock_that_was_set_is_another_one_afterwards() {
        let step = ClockStep {
            node: "node-1".to_owned(),
            before: at(690),
            after: at(600),
            is_least: false,
            evidence: Vec::new(),
        };
        let readings = set_back(std::slice::from_ref(&step));
        let [skew] = readings.skews.as_slice() else { panic!("{readings:?}") };
        assert_eq!((skew.least_ms, skew.most_ms, readings.unsteady.len()), (89_000, 91_000, 0));
        assert!(skew.is_of(at(599)) && !skew.is_of(at(601)) && !skew.is_of(at(700)));
        let [doubt] = readings.doubts.as_slice() else { panic!("{readings:?}") };
        assert_eq!((doubt.from, doubt.to, doubt.least_ms, doubt.most_ms), (Some(at(600)), at(690), 0, 90_000));
        // Nothing tells that it was set: then nothing is moved.
        let unsaid = set_back(&[]);
        assert_eq!((unsaid.skews.len(), unsaid.unsteady.len()), (0, 1));
        // Without records of before, all of before is in doubt.
        let alone = Pairs::default().readings(window(), &[step]);
        assert!(matches!(alone.doubts.as_slice(), [doubt] if doubt.from.is_none() && doubt.most_ms == 90_000));
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
            for skew in pairs.readings(Window::new(at(-4000), at(4000)), &[]).skews {
                prop_assert!((skew.least_ms..=skew.most_ms).contains(&off), "{skew:?}");
                prop_assert!((skew.middle().num_milliseconds() - off).abs() <= skew.either_way_ms());
            }
        }
    }
}
