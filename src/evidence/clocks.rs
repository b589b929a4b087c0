//! How far the clocks of machines were off when the archive was made, as far as readings of them tell, and the order of
//! moments that were read from different clocks.
//!
//! A reading bounds how far one clock is ahead of another (docs/archive-format.md, "A clock reading"). All are brought
//! to the clock of the machine that collected, by way of the API server's where a reading is against that one. What a
//! clock did before it was read, nobody knows: it may have been set since. So one that was read to be off may have been
//! so all along, or not yet, and an order is known only where it is the same either way. A clock that may be right by
//! what was read of it is taken to be: that is what clusters see to. So is one that was not read, which is compared
//! with the others as the API server's would be.

use super::skew::Doubt;
use super::{Facts, Skew};
use crate::archive::format::ClockReading;
use crate::model::{Clock, Gap, Moment, Order};
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// The clocks that were read, against that of the machine that collected.
#[derive(Debug, Default)]
pub struct Clocks {
    read: BTreeMap<String, Bounds>,
    /// The same by the numbers that moments have, those of one store of facts.
    numbered: BTreeMap<Clock, Bounds>,
    /// What is taken for a clock that was not read.
    unread: Bounds,
    widest_ms: i64,
    /// The clocks whose times were moved to those of the API servers, and how far the truth may lie from there.
    moved: BTreeMap<Clock, i64>,
    /// Times that clocks showed about when they were set.
    doubted: BTreeMap<Clock, Vec<Doubt>>,
}

/// The least and the most that a clock was ahead, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Bounds {
    least: i64,
    most: i64,
}

/// How readings name the API server, as an endpoint and as a clock to compare with.
const API_SERVER: &str = "API server";
/// How they name the clocks of nodes, before the node's name: what a kubelet answered with, and what it wrote into its
/// lease.
const OF_NODES: [&str; 2] = ["Node/", "Lease/kube-node-lease/"];
/// A `Date` is in whole seconds (RFC 9110, 5.6.7).
const DATE_MS: i64 = 1000;

impl Clocks {
    /// What `readings` say together: those of the archive's header and of its list of clocks.
    pub fn new(readings: &[ClockReading]) -> Self {
        let mut clocks = Self::default();
        let direct = readings.iter().filter(|reading| reading.against.is_none());
        direct.for_each(|reading| clocks.note(&reading.endpoint, Bounds::of(reading)));
        if let Some(server) = clocks.read.get(API_SERVER).copied() {
            let by_server = readings.iter().filter(|reading| reading.against.as_deref() == Some(API_SERVER));
            by_server
                .for_each(|reading| clocks.note(&reading.endpoint, Bounds::of(reading).map(|own| own.beyond(server))));
        }
        clocks
    }

    /// The least and the most, in milliseconds, by which the API server's clock was ahead of that of the machine that
    /// collected; none where it was not read.
    pub fn api_server_ahead_ms(&self) -> Option<[i64; 2]> {
        self.read.get(API_SERVER).map(|bounds| [bounds.least, bounds.most])
    }

    /// The same clocks, for the moments of `facts`.
    pub fn numbered(self, facts: &Facts) -> Self {
        let names =
            self.read.keys().flat_map(|endpoint| OF_NODES.iter().filter_map(|kind| endpoint.strip_prefix(kind)));
        let nodes = names.filter_map(|name| Some((facts.known_clock(name)?, self.bounds_of_node(name)?)));
        let unread = self.read.get(API_SERVER).copied().unwrap_or_default();
        let numbered = nodes.chain([(Clock::ApiServer, unread), (Clock::Collector, Bounds::default())]).collect();
        Self { widest_ms: widest(&numbered), numbered, unread, ..self }
    }

    /// The same, where times by the clocks of `skews` were moved to those of the API servers.
    pub fn moved(mut self, facts: &Facts, skews: &[Skew]) -> Self {
        for skew in skews {
            if let Some(clock) = facts.known_clock(&skew.node) {
                self.numbered.insert(clock, self.unread);
                self.moved.insert(clock, skew.either_way_ms());
            }
        }
        let open: i64 = self.moved.values().map(|open| open * 2).max().unwrap_or_default();
        Self { widest_ms: widest(&self.numbered) + open, ..self }
    }

    /// The same, where some times by clocks that were set may be off.
    pub fn doubted(mut self, facts: &Facts, doubts: &[Doubt]) -> Self {
        for doubt in doubts {
            if let Some(clock) = facts.known_clock(&doubt.node) {
                self.doubted.entry(clock).or_default().push(doubt.clone());
                self.widest_ms += doubt.most_ms - doubt.least_ms;
            }
        }
        self
    }

    /// How long after `from` `to` came.
    pub fn gap(&self, from: Moment, to: Moment) -> Gap {
        if from.clock.is_same(to.clock) {
            return from.until(to);
        }
        let (least, most) = self.ahead(from.clock, to.clock);
        let [from_least, from_most] = self.doubt_of(from);
        let [to_least, to_most] = self.doubt_of(to);
        from.until_by_another(to, (least + from_least - to_most, most + from_most - to_least))
    }

    /// Whether `one` was before or after `other`.
    pub fn order(&self, one: Moment, other: Moment) -> Order {
        self.gap(one, other).order()
    }

    /// The most by which any gap may be longer or shorter for what was read of clocks.
    pub fn widest(&self) -> TimeDelta {
        TimeDelta::milliseconds(self.widest_ms)
    }

    /// Clocks that were ahead by at least and at most so many milliseconds.
    #[cfg(test)]
    pub fn given(ahead: impl IntoIterator<Item = (Clock, i64, i64)>) -> Self {
        let bounds = |(clock, least, most)| (clock, Bounds { least, most });
        let numbered = ahead.into_iter().map(bounds).collect();
        Self { widest_ms: widest(&numbered), numbered, ..Self::default() }
    }

    /// The least and the most by which one clock was ahead of another: by nothing, unless readings say that they cannot
    /// have agreed, or one of them was moved.
    fn ahead(&self, one: Clock, other: Clock) -> (i64, i64) {
        let open: i64 = [one, other].iter().filter_map(|clock| self.moved.get(clock)).sum();
        let [one, other] = [one, other].map(|clock| self.numbered.get(&clock).copied().unwrap_or(self.unread));
        let (least, most) = (one.least - other.most, one.most - other.least);
        if least <= 0 && most >= 0 { (-open, open) } else { (least.min(0) - open, most.max(0) + open) }
    }

    /// By how much a clock may have been ahead when it showed a time, beside what is known of it all the time.
    fn doubt_of(&self, moment: Moment) -> [i64; 2] {
        let doubts = self.doubted.get(&moment.clock).into_iter().flatten();
        let doubts =
            doubts.filter(|doubt| doubt.from.is_none_or(|from| from <= moment.time) && moment.time <= doubt.to);
        doubts.fold([0, 0], |[least, most], doubt| [least + doubt.least_ms, most + doubt.most_ms])
    }

    /// Of the clock of the node `name`: what its kubelet answered with, and what it wrote into its lease.
    fn bounds_of_node(&self, name: &str) -> Option<Bounds> {
        let found = OF_NODES.iter().filter_map(|kind| self.read.get(&format!("{kind}{name}")).copied());
        found.reduce(Bounds::together)
    }

    fn note(&mut self, endpoint: &str, bounds: Option<Bounds>) {
        let Some(bounds) = bounds else { return };
        let known = self.read.entry(endpoint.to_owned()).or_insert(bounds);
        *known = known.together(bounds);
    }
}

/// How far clocks were apart at most; by nothing where all may have been right, as then none is known to be off.
fn widest(clocks: &BTreeMap<Clock, Bounds>) -> i64 {
    let (least, most) = (clocks.values().map(|one| one.least), clocks.values().map(|one| one.most));
    let are_apart = least.clone().max() > most.clone().min();
    if are_apart { most.max().unwrap_or_default() - least.min().unwrap_or_default() } else { 0 }
}

impl Bounds {
    /// None of a reading whose own clock went back meanwhile.
    fn of(reading: &ClockReading) -> Option<Self> {
        let ClockReading { local_before, local_after, remote, .. } = reading;
        let whole = if remote.timestamp_subsec_nanos() == 0 { DATE_MS } else { 0 };
        let least = (*remote - *local_after).num_milliseconds() - 1;
        let most = (*remote - *local_before).num_milliseconds() + whole + 1;
        (local_before <= local_after).then_some(Self { least, most })
    }

    /// These, which are against a clock that is itself ahead by `other`.
    fn beyond(self, other: Self) -> Self {
        Self { least: self.least + other.least, most: self.most + other.most }
    }

    /// What both allow; where they contradict each other, as after a clock was set, what either allows.
    fn together(self, other: Self) -> Self {
        let (low, high) = (self.least.min(other.least), self.most.max(other.most));
        let (least, most) = (self.least.max(other.least), self.most.min(other.most));
        let (least, most) = if least <= most { (least, most) } else { (low, high) };
        Self { least, most }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, Utc};
    use proptest::prelude::*;

    fn time(text: &str) -> DateTime<Utc> {
        format!("2026-11-26T{text}Z").parse().expect("a time")
    }

    fn reading(endpoint: &str, [before, remote, after]: [&str; 3], against: Option<&str>) -> ClockReading {
        ClockReading {
            endpoint: endpoint.to_owned(),
            local_before: time(before),
            local_after: time(after),
            remote: time(remote),
            against: against.map(str::to_owned),
        }
    }

    #[test]
    fn a_node_is_ahead_by_what_all_readings_allow() {
        let asked = reading("Node/node-1", ["15:00:44.100", "15:00:46", "15:00:44.300"], None);
        let bounds = Clocks::new(std::slice::from_ref(&asked)).bounds_of_node("node-1");
        assert_eq!(bounds, Some(Bounds { least: 1699, most: 2901 }));
        let server = reading(API_SERVER, ["15:00:44", "15:00:44.500", "15:00:44.100"], None);
        // By its lease it was at least 2 s ahead of a server that is 0.4 to 0.5 s ahead.
        let lease =
            reading("Lease/kube-node-lease/node-1", ["15:00:00", "15:00:42.100", "15:00:40.100"], Some(API_SERVER));
        let both = Clocks::new(&[lease.clone(), asked, server]).bounds_of_node("node-1");
        assert_eq!(both, Some(Bounds { least: 2398, most: 2901 }));
        // What the server's clock says is not known without a reading of it.
        let alone = Clocks::new(&[lease]);
        assert_eq!((alone.bounds_of_node("node-1"), alone.bounds_of_node("node-2")), (None, None));
    }

    #[test]
    fn readings_that_contradict_each_other_allow_both() {
        let asked = |remote| reading("Node/node-1", ["15:00:44.100", remote, "15:00:44.101"], None);
        let clocks = Clocks::new(&[asked("15:00:44.200"), asked("15:01:44.200")]);
        assert_eq!(clocks.bounds_of_node("node-1"), Some(Bounds { least: 98, most: 60_101 }));
        let back = reading("Node/node-1", ["15:00:44", "15:00:44", "15:00:43"], None);
        assert_eq!(Clocks::new(&[back]).bounds_of_node("node-1"), None);
    }

    /// Moments of a store in which node-1 and node-2 have these numbers.
    fn on(node: u32, text: &str) -> Moment {
        Moment::exact(time(text)).by(Clock::Node(node))
    }

    /// Of node-1, whose clock was read to be a minute ahead, and of node-2, whose clock was read to be right.
    fn two() -> Clocks {
        let mut facts = Facts::default();
        assert_eq!(["node-1", "node-2"].map(|node| facts.clock_of(node)), [Clock::Node(0), Clock::Node(1)]);
        let asked = |node, remote| reading(node, ["15:00:44.100", remote, "15:00:44.300"], None);
        Clocks::new(&[asked("Node/node-1", "15:01:44.200"), asked("Node/node-2", "15:00:44.200")]).numbered(&facts)
    }

    #[test]
    fn a_clock_that_was_off_orders_what_is_so_either_way() {
        let clocks = two();
        let order = |ahead, right| clocks.order(on(0, ahead), on(1, right));
        // It was 14:58:59 or 14:59:59 by a clock that is right.
        assert_eq!(order("14:59:59", "15:00:00"), Order::Before);
        assert_eq!(order("15:01:02", "15:00:00"), Order::After);
        assert_eq!(order("15:00:30", "15:00:00"), Order::Unknown, "the record of the clock that is ahead came first");
        // By one clock, off or not, the records alone tell.
        assert_eq!(clocks.order(on(0, "15:00:01"), on(0, "15:00:02")), Order::Before);
        assert!(clocks.widest() >= TimeDelta::seconds(60));
    }

    #[test]
    fn clocks_that_may_agree_are_taken_to() {
        let clocks = two();
        let snapshot = |text| Moment::exact(time(text)).by(Clock::Collector);
        assert_eq!(clocks.order(on(1, "15:00:00.000"), snapshot("15:00:00.003")), Order::Before);
        // Nobody read the clock of node-3.
        assert_eq!(clocks.order(on(2, "15:00:30"), on(0, "15:00:00")), Order::After);
        assert_eq!(clocks.order(on(2, "15:00:30"), on(0, "15:01:00")), Order::Unknown, "not by that of node-1");
        assert_eq!(Clocks::default().widest(), TimeDelta::zero());
    }

    fn moment() -> impl Strategy<Value = Moment> {
        let clock = prop_oneof![
            (0..3_u32).prop_map(Clock::Node),
            Just(Clock::Unknown),
            Just(Clock::Collector),
            Just(Clock::ApiServer)
        ];
        let doubts = (0..5_000_u32, prop_oneof![Just(0_u32), Just(999), 0..3_000_u32]);
        (0..200_000_000_i64, clock, doubts).prop_map(|(micros, clock, (earlier_ms, later_ms))| {
            let time = time("15:00:00") + TimeDelta::microseconds(micros);
            Moment { time, clock, earlier_ms, later_ms }
        })
    }

    proptest! {
        #[test]
        fn an_order_read_from_the_other_end_is_turned_round(one in moment(), other in moment()) {
            let (clocks, there) = (two(), two().order(one, other));
            let back = match there {
                Order::Before => Order::After,
                Order::After => Order::Before,
                Order::Unknown => Order::Unknown,
            };
            prop_assert_eq!(clocks.order(other, one), back);
            let (there, back) = (clocks.gap(one, other), clocks.gap(other, one));
            prop_assert_eq!((there.least, there.most), (-back.most, -back.least));
        }

        /// Wherever within its bounds each of two was, by its own clock or by that of one that is right.
        #[test]
        fn what_is_before_is_so_anywhere_within_the_bounds(one in moment(), other in moment(), within in (0.0..=1.0, 0.0..=1.0)) {
            let truth = |moment: Moment, part: f64| {
                let (earlier, later) = (i64::from(moment.earlier_ms) * 1000, i64::from(moment.later_ms) * 1000);
                moment.time + TimeDelta::microseconds(-earlier + ((earlier + later) as f64 * part) as i64)
            };
            let (first, second) = (truth(one, within.0), truth(other, within.1));
            let minute = TimeDelta::seconds(60);
            let by_a_right_clock = |moment: Moment, at| if moment.clock == Clock::Node(0) { at - minute } else { at };
            let is_read = |moment: Moment| matches!(moment.clock, Clock::Node(0 | 1) | Clock::Collector);
            let gap = two().gap(one, other);
            let mut gaps = vec![second - first];
            if is_read(one) && is_read(other) {
                gaps.push(by_a_right_clock(other, second) - by_a_right_clock(one, first));
            }
            for true_gap in gaps {
                prop_assert!(gap.least <= true_gap && true_gap <= gap.most, "{gap:?} {true_gap}");
                prop_assert!(gap.order() != Order::Before || true_gap > TimeDelta::zero());
                prop_assert!(gap.order() != Order::After || true_gap < TimeDelta::zero());
            }
            prop_assert!(gap.most - gap.least >= TimeDelta::zero());
        }

        /// Whatever a clock is off by, the truth is within the bounds.
        #[test]
        fn the_truth_is_within_the_bounds(off in -90_000_000_i64..90_000_000, ways in prop::collection::vec((0_i64..3000, 0_i64..3000, 0_i64..60_000), 1..5)) {
            let readings: Vec<ClockReading> = ways.iter().map(|(there, back, later)| {
                let local_before = time("15:00:00") + TimeDelta::milliseconds(*later);
                let stamped = local_before + TimeDelta::milliseconds(there + off);
                let remote = DateTime::from_timestamp(stamped.timestamp(), 0).expect("a time");
                let local_after = local_before + TimeDelta::milliseconds(there + back);
                ClockReading { endpoint: "Node/a".to_owned(), local_before, local_after, remote, against: None }
            }).collect();
            let bounds = Clocks::new(&readings).bounds_of_node("a").expect("a reading");
            prop_assert!((bounds.least..=bounds.most).contains(&off), "{:?}", bounds);
        }
    }
}
