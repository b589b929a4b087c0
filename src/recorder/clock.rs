//! Whether the clock by which everything is dated went on as time did.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::{Duration, Instant};

/// Less than this may be the slewing of a clock, or a busy machine.
const LEAST: Duration = Duration::from_secs(2);
/// A program that did not run for so long was stopped.
const STOPPED: Duration = Duration::from_secs(10);

/// The clock when it was looked at last.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: DateTime<Utc>,
    steady: Instant,
}

/// What became of time between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Jump {
    /// The clock was set, forward or back, by so much.
    Set(TimeDelta),
    /// The clock went on, and this program did not.
    Stopped,
}

impl Clock {
    pub fn new(wall: DateTime<Utc>, steady: Instant) -> Self {
        Self { wall, steady }
    }

    /// When it was looked at last.
    pub fn last(&self) -> DateTime<Utc> {
        self.wall
    }

    /// Looks at it.
    pub fn look(&mut self, wall: DateTime<Utc>, steady: Instant) -> Option<Jump> {
        let before = std::mem::replace(self, Self { wall, steady });
        let passed = steady.saturating_duration_since(before.steady);
        let by_wall = wall - before.wall;
        let set = by_wall - TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX);
        if set.abs().to_std().is_ok_and(|set| set >= LEAST) {
            return Some(Jump::Set(set));
        }
        (passed >= STOPPED).then_some(Jump::Stopped)
    }
}

impl Jump {
    /// In words, as a reason why nothing was seen.
    pub fn why(self) -> String {
        match self {
            Self::Set(by) if by < TimeDelta::zero() => {
                format!("the clock of the machine that records was set back by {} s", -by.num_seconds())
            }
            Self::Set(by) => {
                format!(
                    "the clock of the machine that records was set forward by {} s, or the machine slept",
                    by.num_seconds()
                )
            }
            Self::Stopped => "the program that records was stopped; what changed meanwhile came late".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_stops_are_told_apart() {
        let (wall, steady) = (DateTime::UNIX_EPOCH, Instant::now());
        let look = |by_wall: i64, passed: u64| {
            let mut clock = Clock::new(wall, steady);
            clock.look(wall + TimeDelta::seconds(by_wall), steady + Duration::from_secs(passed))
        };
        assert_eq!([look(1, 1), look(2, 1), look(8, 8)], [None; 3]);
        assert_eq!(look(3600, 1), Some(Jump::Set(TimeDelta::seconds(3599))));
        assert_eq!(look(-3600, 1), Some(Jump::Set(TimeDelta::seconds(-3601))));
        assert_eq!(look(60, 60), Some(Jump::Stopped));
        assert!(Jump::Set(TimeDelta::seconds(-7)).why().contains("back by 7 s"));
    }
}
