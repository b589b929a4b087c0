//! The circuit breaker of one node, so that a kubelet that is silent costs a run one probe and not a timeout for each
//! question: it is probed before the first question, and again after a doubt.
//!
//! A breaker that has tripped stays so. Whatever was to come from the node is recorded with its reason.

use super::closing::Closing;
use crate::sources::wire::request_limiter::Waits;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The kubelet of one node.
#[derive(Debug)]
pub struct NodeBreaker {
    node: String,
    suspect: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    breaker: BreakerState,
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
enum BreakerState {
    /// To be probed before anything is asked.
    Unknown,
    Probing,
    Passing,
    Tripped(Closing),
}

/// What the runner may do with work for a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Ask.
    Granted,
    /// Probe first. Suspects (not ready, or without a fresh lease) are probed when nothing else is left to begin.
    Probe { suspect: bool },
    /// Wait for the probe, or for a free place.
    Wait,
    /// Do not ask any more.
    Refused,
}

/// Two questions in a row without an answer trip a breaker whose probe is forbidden.
const FAILURES_WITHOUT_PROBE: u32 = 2;

impl NodeBreaker {
    pub fn new(node: impl Into<String>, suspect: bool) -> Self {
        let state = State {
            breaker: BreakerState::Unknown,
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

    pub fn admission(&self, places: usize) -> Admission {
        let state = self.state();
        match state.breaker {
            BreakerState::Unknown => Admission::Probe { suspect: self.suspect },
            BreakerState::Probing => Admission::Wait,
            BreakerState::Passing if state.running < places => Admission::Granted,
            BreakerState::Passing => Admission::Wait,
            BreakerState::Tripped(_) => Admission::Refused,
        }
    }

    /// Notes that a probe is under way.
    pub fn probing(&self) {
        let mut state = self.state();
        if state.breaker == BreakerState::Unknown {
            state.breaker = BreakerState::Probing;
        }
    }

    /// The kubelet answered.
    pub fn answered(&self) {
        let mut state = self.state();
        state.failures = 0;
        if !matches!(state.breaker, BreakerState::Tripped(_)) {
            state.breaker = BreakerState::Passing;
        }
    }

    /// The probe is forbidden: nothing is known, so questions are asked.
    pub fn go_unprobed(&self) {
        self.state().mute = true;
        self.answered();
    }

    /// The first reason stands.
    pub fn trip(&self, closing: Closing) {
        let mut state = self.state();
        if !matches!(state.breaker, BreakerState::Tripped(_)) {
            state.breaker = BreakerState::Tripped(closing);
        }
    }

    /// A question got no answer: probe again before the next.
    pub fn doubt(&self, closing: impl FnOnce() -> Closing) {
        let mut state = self.state();
        state.failures += 1;
        if state.breaker == BreakerState::Passing {
            state.breaker = match state.mute {
                false => BreakerState::Unknown,
                true if state.failures >= FAILURES_WITHOUT_PROBE => BreakerState::Tripped(closing()),
                true => BreakerState::Passing,
            };
        }
    }

    pub fn closing(&self) -> Option<Closing> {
        match &self.state().breaker {
            BreakerState::Tripped(closing) => Some(closing.clone()),
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

impl Waits for NodeBreaker {
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
        let breaker = NodeBreaker::new("node-1", false);
        let second = Duration::from_secs(1);
        breaker.enter();
        tokio::time::sleep(second).await;
        breaker.begin();
        tokio::time::sleep(7 * second).await;
        breaker.enter();
        tokio::time::sleep(second).await;
        breaker.end();
        breaker.leave();
        tokio::time::sleep(second).await;
        breaker.leave();
        assert_eq!(breaker.busy(), 3 * second);
    }

    #[test]
    fn a_doubt_asks_for_another_probe() {
        let breaker = NodeBreaker::new("node-1", false);
        assert_eq!(breaker.admission(1), Admission::Probe { suspect: false });
        breaker.probing();
        assert_eq!(breaker.admission(1), Admission::Wait);
        breaker.answered();
        assert_eq!(breaker.admission(1), Admission::Granted);
        breaker.enter();
        assert_eq!(breaker.admission(1), Admission::Wait);
        breaker.leave();
        breaker.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(breaker.admission(1), Admission::Probe { suspect: false });
        breaker.trip(Closing::new(Status::Unreachable, "y"));
        breaker.answered();
        assert_eq!(breaker.admission(1), Admission::Refused);
    }

    #[test]
    fn without_a_probe_two_failures_trip() {
        let breaker = NodeBreaker::new("node-1", false);
        breaker.go_unprobed();
        breaker.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(breaker.admission(1), Admission::Granted);
        breaker.doubt(|| Closing::new(Status::Unreachable, "x"));
        assert_eq!(breaker.admission(1), Admission::Refused);
    }
}
