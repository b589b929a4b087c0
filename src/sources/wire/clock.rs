//! What time it was where an answer comes from.

use crate::archive::format::ClockReading;
use chrono::{DateTime, Utc};

/// The clock of whoever answered, beside ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// The `Date` header: of the server, or of whom it asked for us where it is a proxy.
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) local_before: DateTime<Utc>,
    pub(super) local_after: DateTime<Utc>,
}

impl Clock {
    /// As a reading of `endpoint`, if it told its time.
    pub fn reading(self, endpoint: impl Into<String>) -> Option<ClockReading> {
        let Self { date, local_before, local_after } = self;
        Some(ClockReading { endpoint: endpoint.into(), local_before, local_after, remote: date?, against: None })
    }
}
