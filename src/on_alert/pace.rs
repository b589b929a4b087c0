//! When an alert is worth another collection: one at a time, one in so long, and one for a group since it fires.
//!
//! What was done before is told by the Jobs themselves, so that it holds when this program is started anew.

use super::webhook::Firing;
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};

/// How often, and how far back.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// At least so long from one collection to the next.
    pub cooldown: TimeDelta,
    /// So long before the alert began the window begins: what led to it was earlier.
    pub before: TimeDelta,
    /// The window is no longer than this, however long the alert has fired.
    pub longest: TimeDelta,
}

/// A Job that was started for an alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    pub name: String,
    pub created: DateTime<Utc>,
    /// [`group_id`] of its alerts.
    pub group: String,
    pub state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Complete,
    Failed,
}

/// A group's key as a value of a label: some of its SHA-256, in hexadecimal.
pub fn group_id(key: &str) -> String {
    short_hash(&[key])
}

/// The first ten bytes of the SHA-256 of `parts`, in hexadecimal.
pub fn short_hash(parts: &[&str]) -> String {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part).chain_update([0]));
    hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect()
}

impl Pace {
    /// Why nothing is to be collected for `firing` now, if so, by the Jobs there are.
    pub fn why_not(&self, firing: &Firing, jobs: &[Started], now: DateTime<Utc>) -> Option<String> {
        if let Some(job) = jobs.iter().find(|job| job.state == State::Running) {
            return Some(format!("Job {} has not ended", job.name));
        }
        let group = group_id(&firing.group);
        let is_of_group =
            |job: &&Started| job.group == group && job.created >= firing.since && job.state == State::Complete;
        if let Some(job) = jobs.iter().find(is_of_group) {
            return Some(format!("Job {} collected since this group of alerts fires", job.name));
        }
        let last = jobs.iter().max_by_key(|job| job.created)?;
        let ago = now - last.created;
        (ago < self.cooldown).then(|| {
            format!(
                "Job {} began {} s ago, and the next may after {} s (--cooldown)",
                last.name,
                ago.num_seconds().max(0),
                self.cooldown.num_seconds()
            )
        })
    }

    /// Where the window begins for alerts that began at `since`.
    pub fn from(&self, since: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
        // A clock that is ahead says of an alert that it will begin.
        let from = since.min(now) - self.before;
        from.max(now - self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace =
        Pace { cooldown: TimeDelta::minutes(30), before: TimeDelta::minutes(20), longest: TimeDelta::hours(6) };

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::days(365) + TimeDelta::minutes(minute)
    }

    fn firing(group: &str, since: i64) -> Firing {
        Firing { group: group.to_owned(), since: at(since), alerts: Default::default() }
    }

    fn job(group: &str, created: i64, state: State) -> Started {
        Started { name: format!("job-{created}"), created: at(created), group: group_id(group), state }
    }

    #[test]
    fn one_at_a_time_one_in_so_long_and_one_for_a_group() {
        let why = |firing: &Firing, jobs: &[Started], now| PACE.why_not(firing, jobs, at(now)).unwrap_or_default();
        assert_eq!(why(&firing("a", 0), &[], 1), "");
        let running = job("b", 0, State::Running);
        assert!(why(&firing("a", 0), &[running], 100).contains("has not ended"));
        let done = [job("a", 2, State::Complete)];
        assert!(why(&firing("a", 0), &done, 300).contains("since this group"), "it is repeated while it fires");
        assert!(why(&firing("b", 0), &done, 31).contains("began 1740 s ago"));
        assert_eq!(why(&firing("b", 0), &done, 32), "");
        assert_eq!(why(&firing("a", 50), &done, 51), "", "it was resolved meanwhile, and fires anew");
        let failed = [job("a", 2, State::Failed)];
        assert!(why(&firing("a", 0), &failed, 3).contains("--cooldown"));
        assert_eq!(why(&firing("a", 0), &failed, 40), "", "a Job that failed has collected nothing");
        let older = [job("b", 60, State::Complete), job("b", 0, State::Complete)];
        assert!(why(&firing("a", 60), &older, 61).contains("job-60"), "the last counts, wherever it stands");
    }

    #[test]
    fn the_window_begins_before_the_alert_and_is_bounded() {
        assert_eq!(PACE.from(at(100), at(105)), at(80));
        assert_eq!(PACE.from(at(0), at(1000)), at(640));
        assert_eq!(PACE.from(at(110), at(105)), at(85));
    }

    #[test]
    fn a_group_is_known_by_a_short_word() {
        assert_eq!(group_id("{}:{alertname=\"A\"}").len(), 20);
        assert_ne!(group_id("a"), group_id("b"));
        assert_ne!(short_hash(&["ab", "c"]), short_hash(&["a", "bc"]));
    }
}
