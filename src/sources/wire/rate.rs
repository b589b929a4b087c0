//! A fixed rate of requests, and the turns that keep it.

use std::str::FromStr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// A number of requests a second, more than none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// Turns at this rate.
    pub fn pace(self) -> Option<Pace> {
        self.between().map(|between| Pace { between, next: Mutex::default() })
    }

    /// From one request to the next, at least a nanosecond and at most a day.
    fn between(self) -> Option<Duration> {
        let between = Duration::try_from_secs_f64(self.0.recip()).ok()?;
        (Duration::from_nanos(1)..=Duration::from_secs(24 * 60 * 60)).contains(&between).then_some(between)
    }
}

impl FromStr for Rate {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let rate = text.parse().ok().map(Self).filter(|rate| rate.between().is_some());
        rate.ok_or("write a number of requests a second above none, as 20 or 0.5")
    }
}

impl std::fmt::Display for Rate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Turns, one after another at a rate.
#[derive(Debug)]
pub struct Pace {
    between: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// Takes the next turn: when that is.
    pub fn turn(&self) -> Instant {
        let mut next = self.next();
        let turn = next.unwrap_or_else(Instant::now).max(Instant::now());
        *next = Some(turn + self.between);
        turn
    }

    /// How long so many turns take.
    pub fn over(&self, turns: u64) -> Duration {
        self.between.saturating_mul(u32::try_from(turns).unwrap_or(u32::MAX))
    }

    fn next(&self) -> MutexGuard<'_, Option<Instant>> {
        // No code that can panic runs under this lock.
        self.next.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive_numbers() {
        for bad in ["", "0", "-1", "nan", "inf", "1e-300", "1e300", "fast"] {
            assert!(bad.parse::<Rate>().is_err(), "{bad}");
        }
        let slow: Rate = "0.50".parse().expect("a rate");
        assert_eq!((slow.between(), slow.to_string().as_str()), (Some(Duration::from_secs(2)), "0.5"));
    }
}
