//! The window under investigation, and how times are printed.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

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
