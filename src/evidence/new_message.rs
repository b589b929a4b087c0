//! A kind of message that a workload had not written before it was hurt.

use crate::model::{Citation, Subject};
use chrono::{DateTime, Utc};

/// A kind of message in the logs of a workload's containers of one name, none of which stands there before the cascade
/// began that hurt it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewMessage {
    /// The place of that cascade among all.
    pub cascade: usize,
    /// The topmost controller of the pods, or a pod alone.
    pub workload: Subject,
    pub container: String,
    /// What its lines share, with `<*>` for what varies.
    pub words: String,
    /// The first of them.
    pub text: String,
    pub count: u64,
    /// When the first was written, where that is known.
    pub first: Option<DateTime<Utc>>,
    pub citation: Citation,
}
