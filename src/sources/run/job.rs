//! The work for one item, with its rank: it waits in the queue, and the pool does it.

use super::closing::Closing;
use super::item::Item;
use futures_util::future::BoxFuture;

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

/// Work for one item. A pointer, as a hundred thousand may wait.
pub struct Job(Box<Task>);

struct Task {
    rank: Rank,
    item: Item,
    work: Work,
    otherwise: Option<Otherwise>,
}

type Otherwise = Box<dyn FnOnce(Item, Closing) -> BoxFuture<'static, ()> + Send>;
type Work = Box<dyn FnOnce(Item) -> BoxFuture<'static, ()> + Send>;

impl Job {
    pub fn new<F>(rank: Rank, item: Item, work: impl FnOnce(Item) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Self(Box::new(Task { rank, item, work: Box::new(move |item| Box::pin(work(item))), otherwise: None }))
    }

    pub(super) fn rank(&self) -> Rank {
        self.0.rank
    }

    pub(super) fn item(&self) -> &Item {
        &self.0.item
    }

    /// Starts the clock of its item; what it gives has still to be waited for.
    pub(super) fn begin(self) -> BoxFuture<'static, ()> {
        let Task { mut item, work, .. } = *self.0;
        item.begin();
        work(item)
    }

    /// What is done instead, past the kubelet, where the node's breaker has tripped before the work has begun.
    pub fn or_else<F>(mut self, work: impl FnOnce(Item, Closing) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.0.otherwise = Some(Box::new(move |item, closing| Box::pin(work(item, closing))));
        self
    }

    /// The job in place of this one, whose breaker has tripped.
    pub(super) fn replaced(self) -> Option<Self> {
        let Task { rank, mut item, otherwise, .. } = *self.0;
        let closing = item.breaker().and_then(|breaker| breaker.closing())?;
        let work = otherwise?;
        item.bypass_breaker();
        Some(Self(Box::new(Task { rank, item, work: Box::new(move |item| work(item, closing)), otherwise: None })))
    }
}
