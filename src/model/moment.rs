//! When something happened: what was recorded, by whose clock, and how much earlier or later it may be.

use chrono::{DateTime, TimeDelta, Utc};

/// A recorded time, and how far from it the truth may lie by that same clock.
///
/// Kubernetes writes most times in whole seconds, which it cuts off and does not round: then it may be up to 999 ms
/// later, and no earlier. Many things begin before they are noticed: a silent node is marked after a grace period, a
/// waiting container is first seen in a snapshot, a sample stands for the time since the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Moment {
    /// As recorded.
    pub time: DateTime<Utc>,
    pub clock: Clock,
    /// It may have been so many milliseconds before.
    pub earlier_ms: u32,
    /// It may have been so many milliseconds after; what a millisecond has below is not counted.
    pub later_ms: u32,
}

/// Whose clock a time was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Clock {
    Unknown,
    /// The machine of a node, by the number of its name in the store that the moment is of.
    Node(u32),
    /// Any of the API servers, each of which may be on a machine of its own.
    ApiServer,
    /// A controller or a scheduler, on whichever machine led at the time.
    Component,
    /// A Prometheus server.
    Prometheus,
    /// A machine that collected.
    Collector,
}

/// Which of two moments came first. Two that may have been either way have no order, and whoever asks must say what
/// that means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Before,
    After,
    Unknown,
}

/// How long after one moment another came: at least and at most. Less than nothing where it came before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    pub least: TimeDelta,
    pub most: TimeDelta,
}

/// Times are kept to the microsecond: what a millisecond that is not counted may have below.
const BELOW_A_MILLISECOND: TimeDelta = TimeDelta::microseconds(999);

impl Clock {
    /// Whether two times of these were read from one and the same clock.
    pub fn is_same(self, other: Self) -> bool {
        match self {
            Self::Node(_) => self == other,
            // Each of these may be several: two archives may be of two machines that collected.
            Self::Collector | Self::ApiServer | Self::Component | Self::Prometheus | Self::Unknown => false,
        }
    }
}

impl Moment {
    /// A time written in whole seconds, the rest of which was cut off.
    pub fn to_the_second(time: DateTime<Utc>) -> Self {
        Self { later_ms: 999, ..Self::exact(time) }
    }

    /// A time written with fractions of a second.
    pub fn exact(time: DateTime<Utc>) -> Self {
        Self { time, clock: Clock::Unknown, earlier_ms: 0, later_ms: 0 }
    }

    /// The last of the samples that come every `step`: what it shows lasted until then, or up to a step less or more.
    pub fn sampled(time: DateTime<Utc>, step: TimeDelta) -> Self {
        Self { later_ms: millis(step), ..Self::exact(time).noticed_late(step) }
    }

    /// The same, read from `clock`.
    pub fn by(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// The same, wrong by up to so much.
    pub fn within(self, error: TimeDelta) -> Self {
        Self { later_ms: self.later_ms.max(millis(error)), ..self.noticed_late(error) }
    }

    /// The same, begun at `since` at the earliest.
    pub fn begun_after(self, since: DateTime<Utc>) -> Self {
        self.noticed_late(self.time - since)
    }

    /// The same, noticed up to `late` after it began.
    pub fn noticed_late(self, late: TimeDelta) -> Self {
        Self { earlier_ms: self.earlier_ms.max(millis(late)), ..self }
    }

    /// The same without what it was noticed late by: when it was recorded.
    pub fn recorded(self) -> Self {
        Self { earlier_ms: 0, ..self }
    }

    /// The earliest time at which it may have been, by whatever clock.
    pub fn earliest(self) -> DateTime<Utc> {
        self.time - self.allowance() - count(self.earlier_ms)
    }

    /// The latest time at which it may have been, by whatever clock.
    pub fn latest(self) -> DateTime<Utc> {
        self.time + self.allowance()
    }

    /// How far the truth may lie from `time`.
    pub fn uncertainty_ms(self) -> u32 {
        self.later_ms.saturating_add(1).max(self.earlier_ms)
    }

    /// What is allowed for on either side against another clock: as much as its writer leaves open. Clocks that agree to
    /// the second or the millisecond cannot be told from those that do not by times that are no finer.
    pub fn allowance(self) -> TimeDelta {
        count(self.later_ms) + TimeDelta::milliseconds(1)
    }

    /// How long after this `other` came, where both are of one clock.
    pub fn until(self, other: Self) -> Gap {
        let recorded = other.time - self.time;
        let later = |moment: Self| count(moment.later_ms) + BELOW_A_MILLISECOND;
        Gap {
            least: recorded - count(other.earlier_ms) - later(self),
            most: recorded + later(other) + count(self.earlier_ms),
        }
    }

    /// How long after this `other` came, where they are of two clocks, and this one's was ahead of the other's by at
    /// least and at most so many milliseconds.
    pub fn until_by_another(self, other: Self, (least, most): (i64, i64)) -> Gap {
        let recorded = other.time - self.time;
        let open = self.allowance() + other.allowance();
        Gap {
            least: recorded + TimeDelta::milliseconds(least) - count(other.earlier_ms) - open,
            most: recorded + TimeDelta::milliseconds(most) + count(self.earlier_ms) + open,
        }
    }
}

impl Gap {
    /// The order of the one to the other.
    pub fn order(self) -> Order {
        match () {
            () if self.least > TimeDelta::zero() => Order::Before,
            () if self.most < TimeDelta::zero() => Order::After,
            () => Order::Unknown,
        }
    }
}

fn count(milliseconds: u32) -> TimeDelta {
    TimeDelta::milliseconds(i64::from(milliseconds))
}

fn millis(length: TimeDelta) -> u32 {
    u32::try_from(length.num_milliseconds().max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(second, 0).expect("a time")
    }

    #[test]
    fn what_is_noticed_late_reaches_back_only() {
        let marked = Moment::to_the_second(at(100)).noticed_late(TimeDelta::seconds(60));
        assert_eq!((marked.earliest(), marked.latest()), (at(39), at(101)));
        assert_eq!(marked.uncertainty_ms(), 60_000);
        let seen = Moment::exact(at(100)).begun_after(at(40));
        assert_eq!(seen.earlier_ms, 60_000);
        assert_eq!(Moment::exact(at(100)).begun_after(at(400)).earlier_ms, 0);
    }

    #[test]
    fn whole_seconds_are_cut_and_not_rounded() {
        let cut = Moment::to_the_second(at(100)).by(Clock::Node(1));
        let exact = |millis| Moment::exact(at(0) + TimeDelta::milliseconds(millis)).by(Clock::Node(1));
        let order = |millis| cut.until(exact(millis)).order();
        assert_eq!(
            [99_998, 100_000, 100_999, 101_001].map(order),
            [Order::After, Order::Unknown, Order::Unknown, Order::Before]
        );
        // Two seconds that follow each other cannot be one moment.
        assert_eq!(cut.until(Moment::to_the_second(at(101))).order(), Order::Before);
    }

    #[test]
    fn only_what_is_surely_one_machine_is_one_clock() {
        assert!(Clock::Node(1).is_same(Clock::Node(1)) && !Clock::Collector.is_same(Clock::Collector));
        assert!(!Clock::Node(1).is_same(Clock::Node(2)));
        assert!(!Clock::Unknown.is_same(Clock::Unknown) && !Clock::ApiServer.is_same(Clock::ApiServer));
    }
}
