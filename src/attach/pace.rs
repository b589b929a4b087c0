//! How long is waited before something is tried again.

use chrono::{DateTime, Utc};
use std::time::Duration;

/// How often and how long to wait for a host that is busy or fails.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// Before the second try; twice as long before each further one.
    pub first: Duration,
    /// How often at most, the first time included.
    pub tries: u32,
    /// The longest that a host may ask to wait each time.
    pub longest: Duration,
    /// How long a connection may take.
    pub connect: Duration,
    /// How long an answer may take.
    pub answer: Duration,
    /// How long sending a file may take.
    pub send: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(1),
            tries: 5,
            longest: Duration::from_secs(60),
            connect: Duration::from_secs(10),
            answer: Duration::from_secs(60),
            send: Duration::from_secs(600),
        }
    }
}

impl Pace {
    /// How long to wait after try number `tried`, counted from one; nothing where that was the last, or where the host
    /// asks for longer than is waited.
    pub(super) fn wait(&self, tried: u32, asked: Option<Duration>) -> Option<Duration> {
        let wait = asked.unwrap_or_else(|| self.first.saturating_mul(1 << tried.saturating_sub(1).min(16)));
        (tried < self.tries && wait <= self.longest).then_some(wait)
    }
}

/// What `Retry-After` asks for: seconds, or a time (RFC 9110, 10.2.3).
pub(super) fn asked_for(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTime::parse_from_rfc2822(header).ok()?;
    Some((until.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

/// How long it is until a time in seconds since 1970, as `X-RateLimit-Reset` of GitHub has it.
pub(super) fn until(header: &str, now: DateTime<Utc>) -> Option<Duration> {
    let until = DateTime::from_timestamp(header.trim().parse().ok()?, 0)?;
    Some((until - now).to_std().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_longer_each_time_and_ends() {
        let pace = Pace::default();
        let waits: Vec<Option<u64>> = (1..=6).map(|tried| pace.wait(tried, None).map(|wait| wait.as_secs())).collect();
        assert_eq!(waits, [Some(1), Some(2), Some(4), Some(8), None, None]);
        assert_eq!(pace.wait(1, Some(Duration::from_secs(30))), Some(Duration::from_secs(30)));
        assert_eq!(pace.wait(1, Some(Duration::from_secs(61))), None);
        assert_eq!(pace.wait(5, Some(Duration::ZERO)), None);
    }

    #[test]
    fn a_host_asks_in_seconds_or_with_a_time() {
        let now = DateTime::parse_from_rfc3339("2026-11-28T03:00:00Z").unwrap().to_utc();
        assert_eq!(asked_for("7", now), Some(Duration::from_secs(7)));
        assert_eq!(asked_for("Sat, 28 Nov 2026 03:00:09 GMT", now), Some(Duration::from_secs(9)));
        assert_eq!(asked_for("Sat, 28 Nov 2026 02:00:00 GMT", now), Some(Duration::ZERO));
        assert_eq!(asked_for("soon", now), None);
        assert_eq!(until("1795834805", now), Some(Duration::from_secs(5)));
        assert_eq!(until("0", now), Some(Duration::ZERO));
    }
}
