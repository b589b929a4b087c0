//! When something happened, how exactly that is known, and the window under investigation.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

/// A time with the bound of its error.
///
/// Kubernetes writes most times in whole seconds, so an event's moment is known to within one; a probe interval,
/// a scrape or another machine's clock makes it less exact still.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment {
    pub time: DateTime<Utc>,
    /// The true time lies within this many milliseconds of `time`, on either side.
    pub uncertainty_ms: u32,
}

impl Moment {
    pub fn new(time: DateTime<Utc>, uncertainty_ms: u32) -> Self {
        Self { time, uncertainty_ms }
    }

    /// A time written in whole seconds.
    pub fn to_the_second(time: DateTime<Utc>) -> Self {
        Self::new(time, 1000)
    }

    /// A time written with fractions of a second.
    pub fn exact(time: DateTime<Utc>) -> Self {
        Self::new(time, 1)
    }
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

/// UTC, RFC 3339, whole seconds unless there are fractions: how every time is printed.
pub fn rfc3339(time: DateTime<Utc>) -> String {
    let form = if time.timestamp_subsec_millis() == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    time.to_rfc3339_opts(form, true)
}
