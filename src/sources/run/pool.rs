//! The pool that does the work, in the order in which evidence perishes, and never too much at a time.
//!
//! A [`Job`] holds its item, so a job that is thrown away is recorded. Jobs of a node wait until its kubelet has
//! answered a probe; if it does not, they are thrown away at once.

use super::closing::Closing;
use super::job::Job;
use super::node_breaker::NodeBreaker;
use super::queue::{Next, Queue};
use crate::archive::format::Status;
use crate::sources::wire::request_limiter::{RequestLimiter, WAITS};
use crate::sources::wire::timeouts::seconds;
use futures_util::future::BoxFuture;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// How often the limits are looked at.
const TICK: Duration = Duration::from_millis(500);

/// Asks a kubelet whether it is there, and resets or trips its breaker.
pub type Probe = Box<dyn Fn(Arc<NodeBreaker>) -> BoxFuture<'static, ()> + Send + Sync>;

/// The queue and those at work on it.
#[derive(Default)]
pub struct Pool {
    waiting: Mutex<Queue>,
    changed: Notify,
    complete: AtomicBool,
}

impl Pool {
    /// Queues jobs, which begin in order of rank, and within a rank in the order given. Those of settled items are
    /// dropped, so that whoever plans need not know what an older archive has.
    pub fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut waiting = self.waiting();
        jobs.into_iter().filter(|job| !job.item().is_settled()).for_each(|job| waiting.push(job));
        drop(waiting);
        self.changed.notify_one();
    }

    /// No more jobs will be submitted.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Works until the queue is empty and complete, or `stop` is cancelled. Either way nothing is left over.
    ///
    /// No more is begun at a time than `limiter` allows requests.
    pub async fn work(&self, probe: Probe, limiter: &RequestLimiter, stop: &CancellationToken) {
        let mut running = Running::default();
        let mut tick = tokio::time::interval(TICK);
        loop {
            if !stop.is_cancelled() {
                self.begin(&mut running, &probe, limiter);
            }
            if running.tasks.is_empty() && self.complete.load(Ordering::Acquire) && self.waiting().is_empty() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.changed.notified() => {}
                Some(_) = running.tasks.join_next() => {}
                _ = tick.tick() => running.enforce_limits(limiter.timeouts().node()),
            }
        }
        running.tasks.shutdown().await;
        self.abandon();
    }

    /// Begins what can be.
    fn begin(&self, running: &mut Running, probe: &Probe, limiter: &RequestLimiter) {
        let left = std::mem::take(&mut *lock(&running.left));
        left.iter().for_each(|breaker| self.waiting().wake(breaker.node()));
        while running.tasks.len() < limiter.limit() {
            match self.next() {
                Next::Work(job) => running.start(job),
                Next::Probe(breaker) => {
                    breaker.probing();
                    running.probe(probe(breaker.clone()), breaker);
                }
                Next::Nothing => break,
            }
        }
    }

    /// Throws away what is queued; each item records why.
    pub fn abandon(&self) {
        let left = std::mem::take(&mut *self.waiting());
        drop(left);
    }

    fn next(&self) -> Next {
        let mut refused = Vec::new();
        let next = self.waiting().next(&mut refused);
        let instead: Vec<Job> = refused.into_iter().filter_map(Job::replaced).collect();
        let is_idle = matches!(next, Next::Nothing) && !instead.is_empty();
        instead.into_iter().for_each(|job| self.waiting().push(job));
        if is_idle { self.next() } else { next }
    }

    fn waiting(&self) -> MutexGuard<'_, Queue> {
        // No code that can panic runs under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What has begun.
#[derive(Default)]
struct Running {
    tasks: JoinSet<()>,
    breakers: Vec<(Arc<NodeBreaker>, AbortHandle)>,
    /// The breakers of which something has ended since they were last looked at.
    left: Left,
}

type Left = Arc<Mutex<Vec<Arc<NodeBreaker>>>>;

impl Running {
    fn start(&mut self, job: Job) {
        let breaker = job.item().breaker().cloned();
        let visit = breaker.clone().map(|breaker| {
            breaker.enter();
            Visit { breaker, is_work: true, left: self.left.clone() }
        });
        let doing = job.begin();
        let waits = breaker.clone();
        let handle = self.tasks.spawn(async move {
            match waits {
                Some(breaker) => WAITS.scope(breaker, doing).await,
                None => doing.await,
            }
            drop(visit);
        });
        self.breakers.extend(breaker.map(|breaker| (breaker, handle)));
    }

    fn probe(&mut self, asked: BoxFuture<'static, ()>, breaker: Arc<NodeBreaker>) {
        let visit = Visit { breaker, is_work: false, left: self.left.clone() };
        self.tasks.spawn(async move {
            asked.await;
            drop(visit);
        });
    }

    /// Ends what runs for a node whose breaker has tripped or has had its time.
    fn enforce_limits(&mut self, limit: Duration) {
        self.breakers.retain(|(_, handle)| !handle.is_finished());
        for (breaker, handle) in &self.breakers {
            if breaker.busy() > limit {
                let why = format!("the {} for node {} were used up", seconds(limit), breaker.node());
                breaker.trip(Closing::new(Status::Timeout, why));
            }
            if breaker.closing().is_some() {
                handle.abort();
            }
        }
    }
}

fn lock(left: &Left) -> MutexGuard<'_, Vec<Arc<NodeBreaker>>> {
    // No code that can panic runs under this lock.
    left.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Work for a node, or a probe of it, from its beginning to its end, however it ends.
struct Visit {
    breaker: Arc<NodeBreaker>,
    is_work: bool,
    left: Left,
}

impl Drop for Visit {
    fn drop(&mut self) {
        if self.is_work {
            self.breaker.leave();
        }
        lock(&self.left).push(self.breaker.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::run::item::ItemOutcome;
    use crate::sources::run::job::Rank;
    use crate::sources::run::ledger::{ItemSpec, Ledger};

    fn job(ledger: &Arc<Ledger>, rank: Rank, subject: &str, breaker: Option<Arc<NodeBreaker>>) -> Job {
        Job::new(rank, ledger.plan(ItemSpec::new("test", subject).of_node(breaker)), |item| async {
            item.finish(ItemOutcome::collected("entry", 1));
        })
    }

    fn subjects(ledger: &Ledger) -> Vec<(String, Status)> {
        ledger.take().into_iter().map(|outcome| (outcome.subject, outcome.status)).collect()
    }

    #[tokio::test]
    async fn work_goes_by_rank_and_dead_nodes_cost_nothing() {
        let ledger = Ledger::new(Arc::default());
        let (pool, dead, live) =
            (Pool::default(), Arc::new(NodeBreaker::new("dead", true)), Arc::new(NodeBreaker::new("live", false)));
        pool.submit([
            job(&ledger, Rank::Lasting, "object", None),
            job(&ledger, Rank::Rotating, "log of the dead", Some(dead)),
            job(&ledger, Rank::Rotating, "log", Some(live)),
            job(&ledger, Rank::First, "events", None),
        ]);
        pool.complete();
        let probe: Probe = Box::new(|breaker| {
            Box::pin(async move {
                match breaker.node() {
                    "dead" => breaker.trip(Closing::new(Status::Unreachable, "silent")),
                    _ => breaker.answered(),
                }
            })
        });
        pool.work(probe, &RequestLimiter::default(), &CancellationToken::new()).await;
        assert_eq!(ledger.open_items(), 0);
        let mut all = subjects(&ledger);
        assert_eq!(all.first().map(|(subject, _)| subject.as_str()), Some("events"));
        all.sort();
        let dead = all.iter().find(|(subject, _)| subject == "log of the dead");
        assert_eq!(dead.map(|(_, status)| *status), Some(Status::Unreachable));
    }

    #[tokio::test]
    async fn another_way_is_taken_past_a_tripped_breaker() {
        let ledger = Ledger::new(Arc::default());
        let (pool, dead) = (Pool::default(), Arc::new(NodeBreaker::new("dead", false)));
        let by_gate = job(&ledger, Rank::Rotating, "journal", Some(dead.clone())).or_else(|item, closing| async move {
            item.finish(ItemOutcome::new(Status::Truncated, format!("another way, as {}", closing.why)));
        });
        pool.submit([by_gate, job(&ledger, Rank::Rotating, "log", Some(dead))]);
        pool.complete();
        let probe: Probe = Box::new(|breaker| {
            Box::pin(async move { breaker.trip(Closing::new(Status::Unreachable, "it is silent")) })
        });
        pool.work(probe, &RequestLimiter::default(), &CancellationToken::new()).await;
        let mut outcomes: Vec<_> =
            ledger.take().into_iter().map(|outcome| (outcome.subject, outcome.why, outcome.node)).collect();
        outcomes.sort();
        let node = Some("dead".to_owned());
        let ways = ["another way, as it is silent", "it is silent"].map(str::to_owned);
        let [first, second] = ways;
        assert_eq!(outcomes, [("journal".to_owned(), first, node.clone()), ("log".to_owned(), second, node)]);
    }

    #[tokio::test]
    async fn stopping_records_what_was_left() {
        let ledger = Ledger::new(Arc::default());
        let (pool, stop) = (Pool::default(), CancellationToken::new());
        let hang = Job::new(Rank::First, ledger.plan(ItemSpec::new("test", "hangs")), |item| async move {
            std::future::pending::<()>().await;
            drop(item);
        });
        let waiting =
            (0..100).map(|_| job(&ledger, Rank::Lasting, "later", Some(Arc::new(NodeBreaker::new("n", true)))));
        pool.submit([hang].into_iter().chain(waiting));
        ledger.close(Closing::new(Status::Skipped, "interrupted"));
        stop.cancel();
        pool.work(Box::new(|_| Box::pin(std::future::pending())), &RequestLimiter::default(), &stop).await;
        assert_eq!(ledger.open_items(), 0);
        assert!(ledger.take().iter().all(|outcome| outcome.why == "interrupted"));
    }
}
