//! The limiter of requests, so that servers in distress are spared: permits for those under way, and a fixed rate
//! where one was given.
//!
//! The number of permits follows the distress of the API server, by additive increase and multiplicative decrease
//! (AIMD, as TCP has it). It is halved where the server refuses a request (429), or where the 95th percentile of the
//! times to the first byte passes a second; one permit is added for every round of good answers while at least half of
//! the permits are in use (so does `AIMDLimit` of Netflix/concurrency-limits, whose decrease is a factor of its own).
//! As in TCP, there is one decrease a round: an answer to what was asked before the last one says nothing of it.
//!
//! Only what the API server does itself tells how it is: a slow kubelet or Prometheus behind its proxy does not, though
//! a refusal does, wherever it was met. An answer from behind the proxy that is no refusal counts as a good one.

use super::rate::{Pace, Rate};
use super::timeouts::Timeouts;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep, sleep_until};

/// The most requests under way at a time.
pub const MOST: usize = 32;
/// A time to the first byte that tells of distress if more than one of [`OF`] is longer: the 95th percentile.
const SLOW: Duration = Duration::from_secs(1);
const OF: usize = 20;
/// How many of the latest answers are judged, and how many there must be at least.
const LATEST: usize = 60;
const LEAST: usize = 20;
/// The permits are not halved twice within this.
const ROUND: Duration = Duration::from_secs(1);

/// Who answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The API server itself.
    Server,
    /// A kubelet or a pod behind it.
    Behind,
    /// A server that is reached without it.
    Other,
}

/// Told when a task begins to wait for its turn to ask, and when it no longer does.
pub trait Waits: Send + Sync {
    fn begin(&self);
    fn end(&self);
}

tokio::task_local! {
    /// Who is told of the waits of a task.
    pub static WAITS: Arc<dyn Waits>;
}

/// A wait, until it is dropped.
struct Wait(Arc<dyn Waits>);

impl Wait {
    fn begin() -> Option<Self> {
        WAITS
            .try_with(|waits| {
                waits.begin();
                Self(waits.clone())
            })
            .ok()
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        self.0.end();
    }
}

/// What a run may ask at a time, shared by all who ask. See the module.
#[derive(Debug)]
pub struct RequestLimiter {
    timeouts: Timeouts,
    permits: Arc<Semaphore>,
    state: Mutex<State>,
    pace: Option<Pace>,
}

#[derive(Debug)]
struct State {
    limit: usize,
    /// Places that are taken away as soon as whoever has them gives them back.
    owed: usize,
    /// Good answers since the limit was last changed.
    good: usize,
    lowered_at: Option<Instant>,
    /// Until when the server does not want to be asked again.
    resting_until: Option<Instant>,
    /// Whether each of the latest answers of the server itself was slow.
    slow: VecDeque<bool>,
}

impl Default for RequestLimiter {
    fn default() -> Self {
        Self::new(Timeouts::default(), None)
    }
}

impl RequestLimiter {
    pub fn new(timeouts: Timeouts, rate: Option<Rate>) -> Self {
        let state = State {
            limit: MOST,
            owed: 0,
            good: 0,
            lowered_at: None,
            resting_until: None,
            slow: VecDeque::with_capacity(LATEST),
        };
        Self {
            timeouts,
            permits: Arc::new(Semaphore::new(MOST)),
            state: Mutex::new(state),
            pace: rate.and_then(Rate::pace),
        }
    }

    pub fn timeouts(&self) -> &Timeouts {
        &self.timeouts
    }

    /// How long so many requests take at the rate that was given, if one was.
    pub fn at_least(&self, requests: u64) -> Duration {
        self.pace.as_ref().map(|pace| pace.over(requests)).unwrap_or_default()
    }

    /// How many requests may be under way now.
    pub fn limit(&self) -> usize {
        self.state().limit
    }

    /// Waits for a permit, and for the turn at the given rate.
    pub async fn enter(self: &Arc<Self>) -> Permit {
        let _wait = Wait::begin();
        // The semaphore is never closed.
        let permit = self.permits.clone().acquire_owned().await.ok();
        let permit = Permit { limiter: self.clone(), permit };
        if let Some(pace) = &self.pace {
            sleep_until(pace.turn()).await;
        }
        permit
    }

    /// Notes how a request of `whose` went that left at `asked`: its code, and none if no answer came in time.
    pub fn heard(&self, whose: Whose, asked: Instant, code: Option<u16>) {
        if whose == Whose::Other {
            return;
        }
        let now = Instant::now();
        let is_slow = whose == Whose::Server && now - asked > SLOW;
        let mut state = self.state();
        if state.lowered_at.is_some_and(|lowered| asked < lowered) {
            return;
        }
        if whose == Whose::Server {
            if state.slow.len() == LATEST {
                state.slow.pop_front();
            }
            state.slow.push_back(is_slow);
        }
        if code == Some(429) || state.is_distressed() {
            if state.lowered_at.is_none_or(|lowered| now - lowered >= ROUND) {
                self.halve(&mut state, now);
            }
        } else if code.is_some() && !is_slow {
            self.count_good(&mut state, now);
        }
    }

    /// Notes that the server does not want to be asked again for so long: until then no permit is added.
    pub fn rest(&self, wait: Duration) {
        let until = Instant::now().checked_add(wait);
        let mut state = self.state();
        state.resting_until = state.resting_until.max(until);
    }

    /// Waits before a question is asked again.
    pub async fn sleep(&self, wait: Duration) {
        let _wait = Wait::begin();
        sleep(wait).await;
    }

    fn halve(&self, state: &mut State, now: Instant) {
        let limit = (state.limit / 2).max(1);
        let cut = state.limit - limit;
        state.owed += cut - self.permits.forget_permits(cut);
        (state.limit, state.good, state.lowered_at) = (limit, 0, Some(now));
        state.slow.clear();
    }

    fn count_good(&self, state: &mut State, now: Instant) {
        let in_use = (state.limit + state.owed).saturating_sub(self.permits.available_permits());
        let is_resting = state.resting_until.is_some_and(|until| now < until);
        if state.limit == MOST || is_resting || in_use * 2 < state.limit {
            return;
        }
        state.good += 1;
        if state.good < state.limit {
            return;
        }
        match state.owed {
            0 => self.permits.add_permits(1),
            _ => state.owed -= 1,
        }
        state.limit += 1;
        state.good = 0;
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Whether the 95th percentile of the latest times is too long.
    fn is_distressed(&self) -> bool {
        self.slow.len() >= LEAST && self.slow.iter().filter(|slow| **slow).count() * OF > self.slow.len()
    }
}

/// The right to have one request under way; given back when it is dropped.
#[derive(Debug)]
pub struct Permit {
    limiter: Arc<RequestLimiter>,
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        if state.owed > 0
            && let Some(permit) = self.permit.take()
        {
            state.owed -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn limiter() -> Arc<RequestLimiter> {
        Arc::default()
    }

    /// One request that takes `seconds` and ends with `code`.
    async fn ask(limiter: &Arc<RequestLimiter>, whose: Whose, seconds: f64, code: u16) {
        let permit = limiter.enter().await;
        let asked = Instant::now();
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
        limiter.heard(whose, asked, Some(code));
        drop(permit);
    }

    /// So many at once, as many times.
    async fn rounds(limiter: &Arc<RequestLimiter>, times: usize, whose: Whose, (seconds, code): (f64, u16)) {
        for _ in 0..times {
            let asked = (0..limiter.limit()).map(|_| ask(limiter, whose, seconds, code));
            futures_util::future::join_all(asked).await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_halves_once_a_round_and_never_to_none() {
        let limiter = limiter();
        rounds(&limiter, 1, Whose::Server, (0.5, 429)).await;
        assert_eq!(limiter.limit(), 16);
        rounds(&limiter, 1, Whose::Behind, (0.2, 429)).await;
        assert_eq!(limiter.limit(), 16, "within a second of the last");
        rounds(&limiter, 1, Whose::Behind, (1.0, 429)).await;
        assert_eq!(limiter.limit(), 8);
        rounds(&limiter, 9, Whose::Server, (1.0, 429)).await;
        assert_eq!(limiter.limit(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_server_halves_and_a_slow_kubelet_does_not() {
        let limiter = limiter();
        rounds(&limiter, 3, Whose::Behind, (9.0, 200)).await;
        rounds(&limiter, 3, Whose::Other, (9.0, 429)).await;
        rounds(&limiter, 3, Whose::Server, (0.9, 200)).await;
        assert_eq!(limiter.limit(), 32);
        rounds(&limiter, 1, Whose::Server, (1.5, 200)).await;
        assert_eq!(limiter.limit(), 16);
        rounds(&limiter, 1, Whose::Server, (1.5, 200)).await;
        assert_eq!(limiter.limit(), 16, "16 answers are too few to judge by");
        rounds(&limiter, 1, Whose::Server, (1.5, 200)).await;
        assert_eq!(limiter.limit(), 8);
    }

    #[tokio::test(start_paused = true)]
    async fn one_slow_answer_of_twenty_is_none() {
        let limiter = limiter();
        for number in 0..200 {
            ask(&limiter, Whose::Server, if number % 25 == 24 { 2.0 } else { 0.1 }, 200).await;
        }
        assert_eq!(limiter.limit(), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn places_come_back_one_by_one_while_they_are_in_use() {
        let limiter = limiter();
        for _ in 0..2 {
            rounds(&limiter, 1, Whose::Server, (1.1, 429)).await;
        }
        assert_eq!(limiter.limit(), 8);
        rounds(&limiter, 1, Whose::Server, (0.1, 200)).await;
        assert!((8..10).contains(&limiter.limit()), "{}", limiter.limit());
        let before = limiter.limit();
        for _ in 0..100 {
            ask(&limiter, Whose::Server, 0.1, 200).await;
        }
        assert_eq!(limiter.limit(), before, "nobody tried whether there is room for more");
        rounds(&limiter, 60, Whose::Behind, (0.1, 200)).await;
        assert_eq!(limiter.limit(), 32);
        assert_eq!(limiter.permits.available_permits(), 32);
    }

    #[tokio::test(start_paused = true)]
    async fn no_place_is_added_while_the_server_rests() {
        let limiter = limiter();
        rounds(&limiter, 1, Whose::Server, (0.1, 429)).await;
        limiter.rest(Duration::from_secs(10));
        limiter.rest(Duration::from_secs(3));
        rounds(&limiter, 20, Whose::Server, (0.4, 200)).await;
        assert_eq!(limiter.limit(), 16);
        tokio::time::sleep(Duration::from_secs(3)).await;
        rounds(&limiter, 4, Whose::Server, (0.4, 200)).await;
        assert!(limiter.limit() > 16);
        limiter.rest(Duration::MAX);
    }

    #[tokio::test(start_paused = true)]
    async fn a_rate_is_kept_over_all() {
        let limiter = Arc::new(RequestLimiter::new(Timeouts::default(), Some("2.5".parse().expect("a rate"))));
        let begun = Instant::now();
        let all = (0..26).map(|_| async { drop(limiter.enter().await) });
        futures_util::future::join_all(all).await;
        assert_eq!(begun.elapsed().as_secs(), 10);
    }

    proptest! {
        #[test]
        fn never_more_under_way_than_allowed(steps in proptest::collection::vec((0_u8..4, 0_u64..1500), 0..200)) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            runtime.expect("a runtime").block_on(async {
                let limiter = limiter();
                let mut held: VecDeque<(Permit, Instant)> = VecDeque::new();
                for (step, millis) in steps {
                    tokio::time::sleep(Duration::from_millis(millis)).await;
                    let before = held.len();
                    match step {
                        0 | 1 => {
                            let permit = tokio::time::timeout(Duration::from_millis(1), limiter.enter()).await;
                            let asked = Instant::now();
                            assert_eq!(permit.is_ok(), before < limiter.limit());
                            held.extend(permit.ok().map(|permit| (permit, asked)));
                        }
                        _ => {
                            if let Some((_place, asked)) = held.pop_front() {
                                limiter.heard(Whose::Server, asked, Some(if step == 2 { 200 } else { 429 }));
                            }
                        }
                    }
                    assert!((1..=MOST).contains(&limiter.limit()));
                }
                held.clear();
                assert_eq!(limiter.permits.available_permits(), limiter.limit());
            });
        }
    }
}
