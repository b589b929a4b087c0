//! How long anything may take: the defaults, what a user sets instead, and what it means for each question.

use std::time::Duration;

/// The connection, TLS included, is up within this.
const CONNECT: Duration = Duration::from_secs(5);
/// The longest silence within an answer, and before it.
const IDLE: Duration = Duration::from_secs(15);
/// The longest an answer may take as a whole; a list is one for each of its pages.
const ITEM: Duration = Duration::from_secs(30);
/// How long one node may keep us.
const NODE: Duration = Duration::from_secs(60);

/// The limits of a run on waiting, of which a user may set each by its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Timeouts {
    connect: Option<Duration>,
    idle: Option<Duration>,
    item: Option<Duration>,
    node: Option<Duration>,
}

impl Timeouts {
    /// The name of every limit, as [`set`](Self::set) knows it.
    pub const NAMES: [&str; 4] = ["connect", "idle", "item", "node"];

    /// Sets the limit of that name. False if there is no such limit.
    pub fn set(&mut self, name: &str, value: Duration) -> bool {
        let limit = match name {
            "connect" => &mut self.connect,
            "idle" => &mut self.idle,
            "item" => &mut self.item,
            "node" => &mut self.node,
            _ => return false,
        };
        *limit = Some(value);
        true
    }

    /// Until a connection must be up.
    pub fn connect(&self) -> Duration {
        self.connect.unwrap_or(CONNECT)
    }

    /// How long the kubelet of one node may be at work for us in all.
    pub fn node(&self) -> Duration {
        self.node.unwrap_or(NODE)
    }

    /// The limits of a question that by itself needs `own`.
    ///
    /// What was set replaces the default, and whatever a question needs beyond it: nobody waits longer than a user
    /// wants to. A question that needs less than the default, as a probe, keeps that as its most.
    pub fn bound(&self, own: Deadlines) -> Deadlines {
        Deadlines { idle: bound(own.idle, IDLE, self.idle), whole: bound(own.whole, ITEM, self.item) }
    }
}

fn bound(own: Duration, default: Duration, set: Option<Duration>) -> Duration {
    match set {
        Some(set) if own < default => own.min(set),
        Some(set) => set,
        None => own,
    }
}

/// The limits of one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The longest silence.
    pub idle: Duration,
    /// The longest time for all of it.
    pub whole: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        Self::USUAL
    }
}

impl Deadlines {
    /// What most questions need.
    pub const USUAL: Self = Self { idle: IDLE, whole: ITEM };

    /// In seconds.
    pub const fn of(idle: u64, whole: u64) -> Self {
        Self { idle: Duration::from_secs(idle), whole: Duration::from_secs(whole) }
    }

    /// For a question that is answered within `most` or not at all.
    pub const fn brief(most: Duration) -> Self {
        Self { idle: most, whole: most }
    }
}

/// A limit as reasons have it, in seconds.
pub fn seconds(limit: Duration) -> String {
    format!("{} s", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn secs(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn every_limit_has_a_name() {
        for name in Timeouts::NAMES {
            let mut timeouts = Timeouts::default();
            assert!(timeouts.set(name, secs(7)));
            assert_ne!(timeouts, Timeouts::default(), "{name}");
        }
        assert!(!Timeouts::default().set("deadline", secs(1)));
    }

    #[test]
    fn what_is_set_bounds_every_question() {
        let (plain, probe) = (Deadlines::default(), Deadlines::brief(secs(10)));
        let journal = Deadlines { idle: secs(15), whole: secs(35) };
        let mut timeouts = Timeouts::default();
        assert_eq!([plain, probe, journal].map(|own| timeouts.bound(own)), [plain, probe, journal]);
        timeouts.set("item", secs(4));
        assert_eq!([plain, probe, journal].map(|own| timeouts.bound(own).whole), [secs(4); 3]);
        assert_eq!(timeouts.bound(journal).idle, secs(15));
        timeouts.set("item", secs(300));
        assert_eq!([plain, probe, journal].map(|own| timeouts.bound(own).whole), [secs(300), secs(10), secs(300)]);
        timeouts.set("idle", secs(2));
        assert_eq!([plain, probe, journal].map(|own| timeouts.bound(own).idle), [secs(2); 3]);
    }

    #[test]
    fn limits_are_told_in_seconds() {
        assert_eq!((seconds(secs(30)), seconds(Duration::from_millis(1500))), ("30 s".to_owned(), "1.5 s".to_owned()));
    }
}
