//! Does the work in the order in which evidence perishes, never too much at a time.
//!
//! A [`Job`] holds its item, so a job that is thrown away is recorded. Jobs of a node wait until its kubelet has
//! answered a probe; if it does not, they are thrown away at once.

use super::gate::{Gate, Passage};
use super::item::{Closing, Item};
use crate::archive::format::Status;
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;

/// Requests in flight to the API server.
const PLACES: usize = 32;
/// Of these, to one kubelet.
const NODE_PLACES: usize = 6;
/// How long one node may keep us.
const NODE_LIMIT: Duration = Duration::from_secs(60);
/// How often the limits are looked at.
const TICK: Duration = Duration::from_millis(500);

/// How soon something is gone: the order of the work.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rank {
    /// What everything else needs to be planned, and events, which expire within the hour.
    First,
    /// Logs of dead containers: gone with the next restart.
    Previous,
    /// Logs and journals: gone with the next rotation, or with the pod.
    Rotating,
    /// Prometheus keeps it for days.
    Kept,
    /// Objects that are still there tomorrow.
    Lasting,
}

/// Work for one item.
pub struct Job {
    rank: Rank,
    item: Item,
    work: Work,
}

type Work = Box<dyn FnOnce(Item) -> BoxFuture<'static, ()> + Send>;

impl Job {
    pub fn new<F>(rank: Rank, item: Item, work: impl FnOnce(Item) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self { rank, item, work: Box::new(move |item| Box::pin(work(item))) }
    }
}

/// Asks a kubelet whether it is there, and opens or closes its gate.
pub type Probe = Box<dyn Fn(Arc<Gate>) -> BoxFuture<'static, ()> + Send + Sync>;

/// The queue and those at work on it.
#[derive(Default)]
pub struct Pool {
    waiting: Mutex<Waiting>,
    changed: Notify,
    complete: AtomicBool,
}

#[derive(Default)]
struct Waiting {
    jobs: BTreeMap<(Rank, u64), Job>,
    next: u64,
}

enum Next {
    Work(Job),
    Probe(Arc<Gate>),
    Nothing,
}

impl Pool {
    /// Queues jobs, which begin in order of rank, and within a rank in the order given. Those of settled items are
    /// dropped, so that whoever plans need not know what an older archive has.
    pub fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut waiting = self.waiting();
        for job in jobs.into_iter().filter(|job| !job.item.is_settled()) {
            waiting.next += 1;
            let key = (job.rank, waiting.next);
            waiting.jobs.insert(key, job);
        }
        drop(waiting);
        self.changed.notify_one();
    }

    /// No more jobs will be submitted.
    pub fn complete(&self) {
        self.complete.store(true, Ordering::Release);
        self.changed.notify_one();
    }

    /// Works until the queue is empty and complete, or `stop` is cancelled. Either way nothing is left over.
    pub async fn work(&self, probe: Probe, stop: &CancellationToken) {
        let mut running = JoinSet::new();
        let mut gates = Vec::new();
        let mut tick = tokio::time::interval(TICK);
        loop {
            while running.len() < PLACES && !stop.is_cancelled() {
                match self.next() {
                    Next::Work(job) => start(&mut running, &mut gates, job),
                    Next::Probe(gate) => {
                        gate.probing();
                        let asked = probe(gate);
                        running.spawn(asked);
                    }
                    Next::Nothing => break,
                }
            }
            if running.is_empty() && self.complete.load(Ordering::Acquire) && self.waiting().jobs.is_empty() {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = self.changed.notified() => {}
                Some(_) = running.join_next() => {}
                _ = tick.tick() => enforce_limits(&mut gates),
            }
        }
        running.shutdown().await;
        self.abandon();
    }

    /// Throws away what is queued; each item records why.
    pub fn abandon(&self) {
        let left = std::mem::take(&mut self.waiting().jobs);
        drop(left);
    }

    fn next(&self) -> Next {
        let mut waiting = self.waiting();
        let mut suspect = None;
        let mut chosen = None;
        let mut closed = Vec::new();
        for (key, job) in &waiting.jobs {
            let Some(gate) = job.item.gate() else {
                chosen = Some(*key);
                break;
            };
            match gate.passage(NODE_PLACES) {
                Passage::Open => {
                    chosen = Some(*key);
                    break;
                }
                Passage::Probe { suspect: false } => return Next::Probe(gate.clone()),
                Passage::Probe { suspect: true } => suspect = suspect.or_else(|| Some(gate.clone())),
                Passage::Wait => {}
                Passage::Closed => closed.push(*key),
            }
        }
        for key in closed {
            waiting.jobs.remove(&key);
        }
        match (chosen.and_then(|key| waiting.jobs.remove(&key)), suspect) {
            (Some(job), _) => Next::Work(job),
            (None, Some(gate)) => Next::Probe(gate),
            (None, None) => Next::Nothing,
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // No code that can panic runs under this lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Work for a node, from its beginning to its end, however it ends.
struct Visit(Arc<Gate>);

impl Drop for Visit {
    fn drop(&mut self) {
        self.0.leave();
    }
}

fn start(running: &mut JoinSet<()>, gates: &mut Vec<(Arc<Gate>, AbortHandle)>, job: Job) {
    let Job { mut item, work, .. } = job;
    let gate = item.gate().cloned();
    item.begin();
    let visit = gate.clone().map(|gate| {
        gate.enter();
        Visit(gate)
    });
    let doing = work(item);
    let handle = running.spawn(async move {
        doing.await;
        drop(visit);
    });
    gates.extend(gate.map(|gate| (gate, handle)));
}

/// Ends what runs for a node that is closed or has had its time.
fn enforce_limits(gates: &mut Vec<(Arc<Gate>, AbortHandle)>) {
    gates.retain(|(_, handle)| !handle.is_finished());
    for (gate, handle) in gates.iter() {
        if gate.busy() > NODE_LIMIT {
            let why = format!("the {} s for node {} were used up", NODE_LIMIT.as_secs(), gate.node());
            gate.close(Closing::new(Status::Timeout, why));
        }
        if gate.closing().is_some() {
            handle.abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::run::item::Ended;
    use crate::sources::run::ledger::{Ledger, Wanted};

    fn job(ledger: &Arc<Ledger>, rank: Rank, subject: &str, gate: Option<Arc<Gate>>) -> Job {
        Job::new(rank, ledger.plan(Wanted::new("test", subject).of_node(gate)), |item| async {
            item.finish(Ended::collected("entry", 1));
        })
    }

    fn subjects(ledger: &Ledger) -> Vec<(String, Status)> {
        ledger.take().into_iter().map(|outcome| (outcome.subject, outcome.status)).collect()
    }

    #[tokio::test]
    async fn work_goes_by_rank_and_dead_nodes_cost_nothing() {
        let ledger = Ledger::new(Arc::default());
        let (pool, dead, live) =
            (Pool::default(), Arc::new(Gate::new("dead", true)), Arc::new(Gate::new("live", false)));
        pool.submit([
            job(&ledger, Rank::Lasting, "object", None),
            job(&ledger, Rank::Rotating, "log of the dead", Some(dead)),
            job(&ledger, Rank::Rotating, "log", Some(live)),
            job(&ledger, Rank::First, "events", None),
        ]);
        pool.complete();
        let probe: Probe = Box::new(|gate| {
            Box::pin(async move {
                match gate.node() {
                    "dead" => gate.close(Closing::new(Status::Unreachable, "silent")),
                    _ => gate.open(),
                }
            })
        });
        pool.work(probe, &CancellationToken::new()).await;
        assert_eq!(ledger.open_items(), 0);
        let mut all = subjects(&ledger);
        assert_eq!(all.first().map(|(subject, _)| subject.as_str()), Some("events"));
        all.sort();
        let dead = all.iter().find(|(subject, _)| subject == "log of the dead");
        assert_eq!(dead.map(|(_, status)| *status), Some(Status::Unreachable));
    }

    #[tokio::test]
    async fn stopping_records_what_was_left() {
        let ledger = Ledger::new(Arc::default());
        let (pool, stop) = (Pool::default(), CancellationToken::new());
        let hang = Job::new(Rank::First, ledger.plan(Wanted::new("test", "hangs")), |item| async move {
            std::future::pending::<()>().await;
            drop(item);
        });
        let waiting = (0..100).map(|_| job(&ledger, Rank::Lasting, "later", Some(Arc::new(Gate::new("n", true)))));
        pool.submit([hang].into_iter().chain(waiting));
        ledger.close(Closing::new(Status::Skipped, "interrupted"));
        stop.cancel();
        pool.work(Box::new(|_| Box::pin(std::future::pending())), &stop).await;
        assert_eq!(ledger.open_items(), 0);
        assert!(ledger.take().iter().all(|outcome| outcome.why == "interrupted"));
    }
}
