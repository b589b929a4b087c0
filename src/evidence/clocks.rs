//! How far the clocks of machines were off when the archive was made, as far as readings of them tell.
//!
//! A reading bounds how far one clock is ahead of another (docs/archive-format.md, "A clock reading"). All are brought
//! to the clock of the machine that collected, by way of the API server's where a reading is against that one. What a
//! clock did before it was read, nobody knows: it may have been set since.

use crate::archive::format::ClockReading;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The clocks that were read, against that of the machine that collected.
#[derive(Debug, Default)]
pub struct Clocks(BTreeMap<String, Bounds>);

/// How far a clock was ahead of that of the machine that collected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// When it was read last, by the clock it is compared with.
    pub at: DateTime<Utc>,
    /// Less than zero where it was behind.
    pub ahead_ms: i64,
    /// The truth is within so much of `ahead_ms`, on either side.
    pub uncertainty_ms: u32,
}

/// The least and the most that a clock was ahead, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    at: DateTime<Utc>,
    least: i64,
    most: i64,
}

/// How readings name the API server, as an endpoint and as a clock to compare with.
const API_SERVER: &str = "API server";
/// A `Date` is in whole seconds (RFC 9110, 5.6.7).
const DATE_MS: i64 = 1000;

impl Clocks {
    /// What `readings` say together: those of the archive's header and of its list of clocks.
    pub fn new(readings: &[ClockReading]) -> Self {
        let mut clocks = Self::default();
        let direct = readings.iter().filter(|reading| reading.against.is_none());
        direct.for_each(|reading| clocks.note(&reading.endpoint, Bounds::of(reading)));
        if let Some(server) = clocks.0.get(API_SERVER).copied() {
            let by_server = readings.iter().filter(|reading| reading.against.as_deref() == Some(API_SERVER));
            by_server
                .for_each(|reading| clocks.note(&reading.endpoint, Bounds::of(reading).map(|own| own.beyond(server))));
        }
        clocks
    }

    /// The clock of the node `name`: what its kubelet answered with, and what it wrote into its lease.
    pub fn of_node(&self, name: &str) -> Option<Offset> {
        let of = |endpoint: String| self.0.get(&endpoint).copied();
        let (asked, renewed) = (of(format!("Node/{name}")), of(format!("Lease/kube-node-lease/{name}")));
        let bounds = match (asked, renewed) {
            (Some(asked), Some(renewed)) => asked.together(renewed),
            (one, other) => one.or(other)?,
        };
        Some(bounds.offset())
    }

    fn note(&mut self, endpoint: &str, bounds: Option<Bounds>) {
        let Some(bounds) = bounds else { return };
        let known = self.0.entry(endpoint.to_owned()).or_insert(bounds);
        *known = known.together(bounds);
    }
}

impl Bounds {
    /// None of a reading whose own clock went back meanwhile.
    fn of(reading: &ClockReading) -> Option<Self> {
        let ClockReading { local_before, local_after, remote, .. } = reading;
        let whole = if remote.timestamp_subsec_nanos() == 0 { DATE_MS } else { 0 };
        let least = (*remote - *local_after).num_milliseconds() - 1;
        let most = (*remote - *local_before).num_milliseconds() + whole + 1;
        (local_before <= local_after).then_some(Self { at: *local_after, least, most })
    }

    /// These, which are against a clock that is itself ahead by `other`.
    fn beyond(self, other: Self) -> Self {
        Self { at: self.at, least: self.least + other.least, most: self.most + other.most }
    }

    /// What both allow; where they contradict each other, as after a clock was set, what either allows.
    fn together(self, other: Self) -> Self {
        let (low, high) = (self.least.min(other.least), self.most.max(other.most));
        let (least, most) = (self.least.max(other.least), self.most.min(other.most));
        let (least, most) = if least <= most { (least, most) } else { (low, high) };
        Self { at: self.at.max(other.at), least, most }
    }

    fn offset(self) -> Offset {
        let ahead_ms = self.least.midpoint(self.most);
        let uncertainty = ahead_ms.abs_diff(self.least).max(ahead_ms.abs_diff(self.most));
        Offset { at: self.at, ahead_ms, uncertainty_ms: u32::try_from(uncertainty).unwrap_or(u32::MAX) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
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
        let offset = Clocks::new(std::slice::from_ref(&asked)).of_node("node-1").expect("it was asked");
        assert_eq!((offset.at, offset.ahead_ms, offset.uncertainty_ms), (time("15:00:44.300"), 2300, 601));
        let server = reading(API_SERVER, ["15:00:44", "15:00:44.500", "15:00:44.100"], None);
        // By its lease it was at least 2 s ahead of a server that is 0.4 to 0.5 s ahead.
        let lease =
            reading("Lease/kube-node-lease/node-1", ["15:00:00", "15:00:42.100", "15:00:40.100"], Some(API_SERVER));
        let both = Clocks::new(&[lease.clone(), asked, server]).of_node("node-1").expect("it was asked");
        assert_eq!((both.ahead_ms - i64::from(both.uncertainty_ms), both.ahead_ms), (2397, 2649));
        // What the server's clock says is not known without a reading of it.
        let alone = Clocks::new(&[lease]);
        assert_eq!((alone.of_node("node-1"), alone.of_node("node-2")), (None, None));
    }

    #[test]
    fn readings_that_contradict_each_other_allow_both() {
        let asked = |remote| reading("Node/node-1", ["15:00:44.100", remote, "15:00:44.101"], None);
        let offset = Clocks::new(&[asked("15:00:44.200"), asked("15:01:44.200")]).of_node("node-1").expect("read");
        assert!(offset.ahead_ms - i64::from(offset.uncertainty_ms) <= 98, "{offset:?}");
        assert!(offset.ahead_ms + i64::from(offset.uncertainty_ms) >= 60_101, "{offset:?}");
        let back = reading("Node/node-1", ["15:00:44", "15:00:44", "15:00:43"], None);
        assert_eq!(Clocks::new(&[back]).of_node("node-1"), None);
    }

    proptest! {
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
            let offset = Clocks::new(&readings).of_node("a").expect("a reading");
            prop_assert!(offset.ahead_ms.abs_diff(off) <= u64::from(offset.uncertainty_ms), "{:?}", offset);
        }
    }
}
