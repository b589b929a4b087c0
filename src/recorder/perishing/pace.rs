//! How often logs may be taken: a crash of a hundred pods is no reason to ask for a hundred logs at once.

use super::bound::Bound;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, VecDeque};

/// The time that is counted over.
const SPAN: TimeDelta = TimeDelta::minutes(1);
/// Logs of one workload in that time: its pods tell the same.
pub const OF_WORKLOAD: usize = 6;
/// Logs in all.
pub const OF_ALL: usize = 60;

/// What was let through in the last minute.
#[derive(Debug, Default)]
pub struct Pace {
    all: VecDeque<DateTime<Utc>>,
    of: BTreeMap<String, VecDeque<DateTime<Utc>>>,
}

impl Pace {
    /// Lets a log of `whose` through.
    ///
    /// # Errors
    /// It would be one too many; why.
    pub fn pass(&mut self, whose: &str, now: DateTime<Utc>) -> Result<(), Bound> {
        // What is dated after now was let through by a clock that has been set back since.
        let is_over = |at: &DateTime<Utc>| now - *at >= SPAN || *at > now;
        self.all.retain(|at| !is_over(at));
        self.of.retain(|_, times| {
            times.retain(|at| !is_over(at));
            !times.is_empty()
        });
        if self.all.len() >= OF_ALL {
            return Err(Bound::OfAll);
        }
        if self.of.get(whose).is_some_and(|times| times.len() >= OF_WORKLOAD) {
            return Err(Bound::OfWorkload);
        }
        self.all.push_back(now);
        self.of.entry(whose.to_owned()).or_default().push_back(now);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_workload_does_not_take_what_is_for_all() {
        let (mut pace, now) = (Pace::default(), DateTime::UNIX_EPOCH + TimeDelta::hours(1));
        let of_one = (0..20).filter(|_| pace.pass("ReplicaSet/shop/api", now).is_ok()).count();
        assert_eq!(of_one, OF_WORKLOAD);
        let others = (0..100).filter(|number| pace.pass(&format!("Pod/shop/{number}"), now).is_ok()).count();
        assert_eq!(others, OF_ALL - OF_WORKLOAD);
        assert_eq!(pace.pass("Pod/shop/more", now + TimeDelta::seconds(59)), Err(Bound::OfAll));
        assert_eq!(pace.pass("ReplicaSet/shop/api", now + SPAN), Ok(()));
        assert_eq!(pace.of.len(), 1, "the rest is forgotten");
        assert_eq!(pace.pass("ReplicaSet/shop/api", now - TimeDelta::hours(1)), Ok(()), "the clock was set back");
    }
}
