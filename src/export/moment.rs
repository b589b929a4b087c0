//! Times as numbers. A report has them as RFC 3339 in UTC, and may have been written by anybody.

use super::read::Exported;
use chrono::DateTime;

/// Nanoseconds since 1970; none before it, after 2262, or for what is no time.
pub fn nanoseconds(time: &str) -> Option<u64> {
    let time = DateTime::parse_from_rfc3339(time).ok()?;
    u64::try_from(time.timestamp_nanos_opt()?).ok()
}

/// The window under investigation, in nanoseconds since 1970. Without one, what goes on has no end but its beginning.
pub fn window(of: &Exported) -> (u64, u64) {
    let from = nanoseconds(&of.archive.from).unwrap_or_default();
    (from, nanoseconds(&of.archive.to).unwrap_or_default().max(from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_numbers_or_none() {
        assert_eq!(nanoseconds("1970-01-01T00:00:01.5Z"), Some(1_500_000_000));
        for no_time in ["", "yesterday", "1960-01-01T00:00:00Z", "9999-01-01T00:00:00Z"] {
            assert_eq!(nanoseconds(no_time), None, "{no_time}");
        }
    }
}
