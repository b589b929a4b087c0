//! Times as the page's script takes them.

use chrono::{DateTime, Utc};

/// Milliseconds since 1970.
pub fn ms(time: DateTime<Utc>) -> i64 {
    time.timestamp_millis()
}
