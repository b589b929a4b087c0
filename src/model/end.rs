//! How something that lasted came to its end.

use chrono::{DateTime, Utc};

/// The end of a span of time, as far as records tell. That it goes on is as much a statement as an end is; that nothing
/// is known of it is neither.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    At(DateTime<Utc>),
    /// It went on when the archive was made.
    Ongoing,
    /// No record tells.
    Unknown,
}
