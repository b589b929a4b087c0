//! When something happened, how exactly that is known, and the window under investigation.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// When something was first known, and how far from that its true beginning may lie.
///
/// Kubernetes writes most times in whole seconds, and every clock is a little off: that is `precision_ms`, on either
/// side. Many things begin before they are noticed: a silent node is marked after a grace period, a waiting container
/// is first seen in a snapshot, a sample stands for the time since the one before. That is `earlier_ms`, and it only
/// ever reaches back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    /// As recorded.
    pub time: DateTime<Utc>,
    /// Rounding and clocks: the record was made within this many milliseconds of `time`, on either side.
    pub precision_ms: u32,
    /// It may have begun this many milliseconds before it was recorded.
    pub earlier_ms: u32,
}

impl Moment {
    /// A time that is off by at most `precision_ms` on either side.
    pub fn new(time: DateTime<Utc>, precision_ms: u32) -> Self {
        Self { time, precision_ms, earlier_ms: 0 }
    }

    /// A time written in whole seconds.
    pub fn to_the_second(time: DateTime<Utc>) -> Self {
        Self::new(time, 1000)
    }

    /// A time written with fractions of a second.
    pub fn exact(time: DateTime<Utc>) -> Self {
        Self::new(time, 1)
    }

    /// The same, begun at `since` at the earliest.
    pub fn begun_after(self, since: DateTime<Utc>) -> Self {
        self.noticed_late(self.time - since)
    }

    /// The same, noticed up to `late` after it began.
    pub fn noticed_late(self, late: TimeDelta) -> Self {
        let late = u32::try_from(late.num_milliseconds().max(0)).unwrap_or(u32::MAX);
        Self { earlier_ms: self.earlier_ms.max(late), ..self }
    }

    /// The earliest time at which it may have begun.
    pub fn earliest(self) -> DateTime<Utc> {
        self.time - millis(self.precision_ms) - millis(self.earlier_ms)
    }

    /// The latest time at which it may have begun.
    pub fn latest(self) -> DateTime<Utc> {
        self.time + millis(self.precision_ms)
    }

    /// How far the true beginning may lie from `time`.
    pub fn uncertainty_ms(self) -> u32 {
        self.precision_ms.max(self.earlier_ms)
    }

    /// Whether this cannot have begun before `other`, as far as the two clocks tell.
    pub fn is_recorded_after(self, other: Self) -> bool {
        self.time - other.time > millis(self.precision_ms) + millis(other.precision_ms)
    }
}

fn millis(count: u32) -> TimeDelta {
    TimeDelta::milliseconds(i64::from(count))
}

/// The time under investigation, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Window {
    pub fn new(from: DateTime<Utc>, to: DateTime<Utc>) -> Self {
        Self { from, to }
    }

    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        self.from <= time && time <= self.to
    }

    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }
}

/// UTC, RFC 3339, cut to whole seconds: how quotations show the times of their records.
pub fn to_the_second(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// UTC, RFC 3339, whole seconds unless there are fractions: how every time is printed.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    let form = if time.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    time.to_rfc3339_opts(form, true)
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
    fn order_is_only_what_two_clocks_allow() {
        let (early, late) = (Moment::to_the_second(at(100)), Moment::exact(at(102)));
        assert!(late.is_recorded_after(early) && !early.is_recorded_after(late));
        assert!(!Moment::exact(at(101)).is_recorded_after(early));
    }
}
