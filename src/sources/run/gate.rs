//! Whether a node's kubelet is worth asking: it is probed before the first question, and again after a doubt.
//!
//! A gate that is closed costs nothing more: whatever was to come from the node is recorded with the gate's reason.

use super::item::Closing;
use crate::sources::wire::manners::Waits;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The kubelet of one node.
#[derive(Debug)]
pub struct Gate {
    node: String,
    suspect: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    stand: Stand,
    /// Whether the probe itself is forbidden, so that only answers to real questions tell.
    mute: bool,
    failures: u32,
    running: usize,
    /// Of those, how many wait for their turn to ask.
    waiting: usize,
    busy: Duration,
    busy_since: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stand {
    /// To be probed before anything is asked.
    Unknown,
    Probing,
    Open,
    Closed(Closing),
}

/// What the runner may do with work for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Passage {
    /// Ask.
    Open,
    /// Probe first. Suspects (not ready, or without a fresh lease) are probed when nothing else is left to begin.
    Probe { suspect: bool },
    /// Wait for the probe, or for a free place.
    Wait,
    /// Do not ask any more.
    Closed,
}

/// Two questions in a row without an answer close a gate whose probe is forbidden.
const FAILURES_WITHOUT_PROBE: u32 = 2;

impl Gate {
    pub fn new(node: impl Into<String>, suspect: bool) -> Self {
        let state = State {
            stand: Stand::Unknown,
            mute: false,
            failures: 0,
            running: 0,
            waiting: 0,
            busy: Duration::ZERO,
            busy_since: None,
        };
        Self { node: node.into(), suspect, state: Mutex::new(state) }
    }

    pub fn node(&self) -> &str {
        &self.node
    }

    pub fn passage(&self, places: usize) -> Passage {
        let state = self.state();
        match state.stand {
            Stand::Unknown => Passage::Probe { suspect: self.suspect },
            Stand::Probing => Passage::Wait,
            Stand::Open if state.running < places => Passage::Open,
            Stand::Open => Passage::Wait,
            Stand::Closed(_) => Passage::Closed,
        }
    }

    /// Notes that a probe is under way.
    pub fn probing(&self) {
        let mut state = self.state();
        if state.stand == Stand::Unknown {
            state.stand = Stand::Probing;
        }
    }

    /// The kubelet answered.
    pub fn open(&self) {
        let mut state = self.state();
        state.failures = 0;
        if !matches!(state.stand, Stand::Closed(_)) {
            state.stand = Stand::Open;
        }
    }

    /// The probe is forbidden: nothing is known, so questions are asked.
    pub fn open_unprobed(&self) {
        self.state().mute = true;
        self.open();
    }

    /// The first reason stands.
    pub fn close(&self, closing: Closing) {
        let mut state = self.state();
        if !matches!(state.stand, Stand::Closed(_)) {
            state.stand = Stand::Closed(closing);
        }
    }

    /// A question got no answer: probe again before the next.
    pub fn doubt(&self, closing: impl FnOnce() -> Closing) {
        let mut state = self.state();
        state.failures += 1;
        if state.stand == Stand::Open {
            state.stand = match state.mute {
                false => Stand::Unknown,
                true if state.failures >= FAILURES_WITHOUT_PROBE => Stand::Closed(closing()),
                true => Stand::Open,
            };
        }
    }

    pub fn closing(&self) -> Option<Closing> {
        match &self.state().stand {
            Stand::Closed(closing) => Some(closing.clone()),
            _ => None,
        }
    }

    /// Work for the node begins.
    pub fn enter(&self) {
        let mut state = self.state();
        state.running += 1;
        state.count();
    }

    /// Work for the node has ended.
    pub fn leave(&self) {
        let mut state = self.state();
        state.running = state.running.saturating_sub(1);
        state.count();
    }

    /// Whether work for the node is under way.
    #[cfg(test)]
    pub fn is_busy(&self) -> bool {
        self.state().running > 0
    }

    /// How long the node has been at work for us; our own waits for a turn do not count.
    pub fn busy(&self) -> Duration {
        let state = self.state();
        state.busy + state.busy_since.map(|since| since.elapsed()).unwrap_or_default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Starts or stops the clock, as somebody is at work or nobody is any more.
    fn count(&mut self) {
        if self.running > self.waiting {
            self.busy_since.get_or_insert_with(Instant::now);
        } else if let Some(since) = self.busy_since.take() {
            self.busy += since.elapsed();
        }
    }
}

impl Waits for Gate {
    fn begin(&self) {
        let mut state = self.state();
        state.waiting += 1;
        state.count();
    }

    fn end(&self) {
        let mut state = self.state();
        state.waiting = state.waiting.saturating_sub(1);
        state.count();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::Status;

    #[tokio::test(start_paused = true)]
    async fn waits_for_a_turn_are_not_the_nodes_time() {
        let gate = Gate::new("node-1", false);
        let second = Duration::from_secs(1);
        gate.enter();
        tokio::time::sleep(second).await;
        gate.begin();
        tokio::time::sleep(7 * second).await;
        gate.enter();
        tokio::time::sleep(second).await;
        gate.end();
        gate.leave();
        tokio::time::sleep(second).await;
        gate.leave();
        assert_eq!(gate.busy(), 3 * second);
    }

    #[test]
    fn a_doubt_asks_for_another_probe() {
        let gate = Gate::new("node-1", false);
        assert_eq!(gate.passage(1), Passage::Probe { suspect: false });
        gate.probing();
        assert_eq!(gate.passage(1), Passage::Wait);
        gate.open();
        assert_eq!(gate.passage(1), Passage::Open);
        gate.enter();
        assert_eq!(gate.passage(1), Passage::Wait);
        gate.leave();
        gate.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(gate.passage(1), Passage::Probe { suspect: false });
        gate.close(Closing::new(Status::Unreachable, "y"));
        gate.open();
        assert_eq!(gate.passage(1), Passage::Closed);
    }

    #[test]
    fn without_a_probe_two_failures_close() {
        let gate = Gate::new("node-1", false);
        gate.open_unprobed();
        gate.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(gate.passage(1), Passage::Open);
        gate.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(gate.passage(1), Passage::Closed);
    }
}
