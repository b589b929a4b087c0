//! A planned item: a value that ends in exactly one outcome.
//!
//! Whoever plans something holds an [`Item`]; the only ways to be rid of it are [`Item::finish`], which records how
//! it went, [`Item::expand`], which replaces it by finer ones, and dropping it, which records why it was not done:
//! the node's gate was closed, the API server went away, the run was ended. So nothing planned can go unrecorded.

use super::gate::Gate;
use crate::archive::format::{Outcome, Status};
use chrono::{DateTime, Utc};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

/// Why whatever is left is not asked for any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub status: Status,
    pub why: String,
}

impl Closing {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

/// How far a run is; read by whoever shows it, from any thread.
#[derive(Debug, Default)]
pub struct Progress {
    planned: AtomicU64,
    recorded: AtomicU64,
    bytes: AtomicU64,
}

impl Progress {
    /// Items planned so far; it grows as pods and nodes become known.
    pub fn planned(&self) -> u64 {
        self.planned.load(Ordering::Relaxed)
    }

    /// Items that have an outcome.
    pub fn recorded(&self) -> u64 {
        self.recorded.load(Ordering::Relaxed)
    }

    /// Bytes collected, before compression.
    pub fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }
}

/// Every item that was planned, until its outcome is taken away to be written.
#[derive(Debug)]
pub struct Ledger {
    progress: Arc<Progress>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    fresh: Vec<Outcome>,
    closing: Option<Closing>,
}

impl Ledger {
    pub fn new(progress: Arc<Progress>) -> Arc<Self> {
        Arc::new(Self { progress, state: Mutex::default() })
    }

    /// Plans an item of `source`. `gate` is the node it is to come from, where it is a node's to give.
    pub fn plan(self: &Arc<Self>, source: &'static str, subject: impl Into<String>, gate: Option<Arc<Gate>>) -> Item {
        self.progress.planned.fetch_add(1, Ordering::Relaxed);
        Item { ledger: self.clone(), source, subject: subject.into(), gate, begun: Instant::now(), open: true }
    }

    /// From now on, what is dropped is recorded with this reason. The first reason stands.
    pub fn close(&self, closing: Closing) {
        self.state().closing.get_or_insert(closing);
    }

    pub fn closing(&self) -> Option<Closing> {
        self.state().closing.clone()
    }

    /// Takes the outcomes recorded since the last call. An entry is always sent to the writer before the outcome
    /// that names it is recorded.
    pub fn take(&self) -> Vec<Outcome> {
        std::mem::take(&mut self.state().fresh)
    }

    /// Items planned that have no outcome yet.
    pub fn open_items(&self) -> u64 {
        self.progress.planned().saturating_sub(self.progress.recorded())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, outcome: Outcome) {
        self.progress.bytes.fetch_add(outcome.bytes, Ordering::Relaxed);
        self.state().fresh.push(outcome);
        self.progress.recorded.fetch_add(1, Ordering::Relaxed);
    }
}

/// What was told, or, where it was not, nothing: then all of `items` end with the reason.
pub fn or_end<T>(told: Result<T, Closing>, items: &mut Vec<Item>) -> Option<T> {
    match told {
        Ok(told) => Some(told),
        Err(closing) => {
            items.drain(..).for_each(|item| item.finish(Ended::new(closing.status, closing.why.clone())));
            None
        }
    }
}

/// How an item ended, without what the item knows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub status: Status,
    pub why: String,
    pub http_code: Option<u16>,
    pub entry: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub bytes: u64,
}

impl Ended {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self { status, why: why.into(), http_code: None, entry: None, from: None, to: None, bytes: 0 }
    }

    /// It is in the archive, whole, as `entry`.
    pub fn collected(entry: impl Into<String>, bytes: u64) -> Self {
        Self { entry: Some(entry.into()), bytes, ..Self::new(Status::Collected, "") }
    }

    pub fn code(mut self, code: Option<u16>) -> Self {
        self.http_code = code;
        self
    }
}

/// Something that is to be in the archive. See the module.
#[derive(Debug)]
#[must_use = "an item that is dropped counts as not done"]
pub struct Item {
    ledger: Arc<Ledger>,
    source: &'static str,
    subject: String,
    gate: Option<Arc<Gate>>,
    begun: Instant,
    open: bool,
}

impl Item {
    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn gate(&self) -> Option<&Arc<Gate>> {
        self.gate.as_ref()
    }

    /// Starts the clock of `took_ms`, which otherwise runs from the planning.
    pub fn begin(&mut self) {
        self.begun = Instant::now();
    }

    pub fn finish(mut self, ended: Ended) {
        self.record(ended);
    }

    /// Gives the item up for finer ones, planned in its place.
    pub fn expand(mut self) {
        self.open = false;
        self.ledger.progress.planned.fetch_sub(1, Ordering::Relaxed);
    }

    fn record(&mut self, ended: Ended) {
        if !std::mem::replace(&mut self.open, false) {
            return;
        }
        self.ledger.record(Outcome {
            source: self.source.to_owned(),
            subject: std::mem::take(&mut self.subject),
            status: ended.status,
            why: ended.why,
            http_code: ended.http_code,
            entry: ended.entry,
            node: self.gate.as_ref().map(|gate| gate.node().to_owned()),
            from: ended.from,
            to: ended.to,
            bytes: ended.bytes,
            at: Utc::now(),
            took_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if self.open {
            let closing = self.gate.as_ref().and_then(|gate| gate.closing()).or_else(|| self.ledger.closing());
            let closing = closing.unwrap_or_else(|| Closing::new(Status::Skipped, "the run ended before it was done"));
            self.record(Ended::new(closing.status, closing.why));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ledger() -> Arc<Ledger> {
        Ledger::new(Arc::default())
    }

    #[test]
    fn a_dropped_item_says_why() {
        let ledger = ledger();
        drop(ledger.plan("a", "early", None));
        ledger.close(Closing::new(Status::Unreachable, "gone"));
        ledger.close(Closing::new(Status::Skipped, "later"));
        drop(ledger.plan("a", "late", None));
        let gate = Arc::new(Gate::new("node-1", false));
        gate.close(Closing::new(Status::Timeout, "slow"));
        drop(ledger.plan("a", "of a node", Some(gate)));
        let ended: Vec<_> =
            ledger.take().into_iter().map(|outcome| (outcome.status, outcome.why, outcome.node)).collect();
        assert_eq!(
            ended,
            [
                (Status::Skipped, "the run ended before it was done".to_owned(), None),
                (Status::Unreachable, "gone".to_owned(), None),
                (Status::Timeout, "slow".to_owned(), Some("node-1".to_owned())),
            ]
        );
    }

    proptest! {
        #[test]
        fn planned_is_recorded(fates in proptest::collection::vec(0_u8..4, 0..50)) {
            let ledger = ledger();
            let mut planned = 0;
            for fate in fates {
                let item = ledger.plan("a", "b", None);
                match fate {
                    0 => { item.finish(Ended::collected("e", 1)); planned += 1; }
                    1 => { drop(item); planned += 1; }
                    2 => item.expand(),
                    _ => {
                        let two = [ledger.plan("a", "c", None), ledger.plan("a", "d", None)];
                        item.expand();
                        drop(two);
                        planned += 2;
                    }
                }
            }
            prop_assert_eq!(ledger.take().len(), planned);
            prop_assert_eq!(ledger.open_items(), 0);
            prop_assert_eq!(ledger.progress.planned(), planned as u64);
        }
    }
}
