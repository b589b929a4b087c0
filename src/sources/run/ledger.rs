//! Every item of a run: planned once, and with exactly one outcome at the end.
//!
//! A run that goes on with an older archive has two plans, which this makes one. Of each item of either there is one
//! outcome:
//! - What the older archive has, or knows that nobody can have, is settled: its outcome stands word for word, and it
//!   is not asked for. So it is with what this run has no reason to plan, as the log of a pod that is gone.
//! - What was missing and is planned again has the outcome of the second attempt; unless that brought nothing and the
//!   first had brought a part, which is still in the archive.
//! - What was missing and is not planned again is as missing as before, and its outcome stands too.
//! - Only an item that is given up for finer ones, in either run, has none.

use super::closing::Closing;
use super::node_breaker::NodeBreaker;
use crate::archive::format::{Outcome, Planned};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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

/// An item that somebody wants to have.
#[derive(Clone, Debug)]
pub struct ItemSpec {
    pub(super) source: &'static str,
    pub(super) subject: String,
    pub(super) breaker: Option<Arc<NodeBreaker>>,
    entry: Option<String>,
}

impl ItemSpec {
    pub fn new(source: &'static str, subject: impl Into<String>) -> Self {
        Self { source, subject: subject.into(), breaker: None, entry: None }
    }

    /// It is to come from this node, if from any.
    pub fn of_node(self, breaker: Option<Arc<NodeBreaker>>) -> Self {
        Self { breaker, ..self }
    }

    /// The entry it will be, where that is one and known beforehand.
    pub fn entry(self, path: impl Into<String>) -> Self {
        Self { entry: Some(path.into()), ..self }
    }

    fn planned(&self) -> Planned {
        Planned {
            source: self.source.to_owned(),
            subject: self.subject.clone(),
            node: self.breaker.as_ref().map(|breaker| breaker.node().to_owned()),
            entry: self.entry.clone(),
            replaced: false,
        }
    }
}

/// What is still to be recorded of an item.
#[derive(Debug)]
pub(super) enum Pending {
    /// How it goes. The outcome is that of an earlier attempt, which was in vain or brought a part of it.
    Open(Option<Box<Outcome>>),
    /// Nothing but the outcome it has in an older archive, if that is not recorded yet.
    Settled(Option<Box<Outcome>>),
}

/// Every item that was planned, until its outcome is taken away to be written. See the module.
#[derive(Debug)]
pub struct Ledger {
    progress: Arc<Progress>,
    state: Mutex<State>,
}

/// Source and subject of an item.
type Key = (String, String);

#[derive(Debug, Default)]
struct State {
    planned: Vec<Planned>,
    fresh: Vec<Outcome>,
    closing: Option<Closing>,
    /// What is settled, with its outcome until that is recorded or an item holds it.
    settled: BTreeMap<Key, Option<Box<Outcome>>>,
    /// What was missing and is not planned again so far.
    missing: BTreeMap<Key, Box<Outcome>>,
    /// The collectors that any older outcome is of.
    sources: BTreeSet<String>,
}

impl Ledger {
    pub fn new(progress: Arc<Progress>) -> Arc<Self> {
        Self::resuming(progress, &[])
    }

    /// A ledger that goes on where `older` ended.
    pub fn resuming(progress: Arc<Progress>, older: &[Outcome]) -> Arc<Self> {
        let mut state = State::default();
        for outcome in older {
            let key = (outcome.source.clone(), outcome.subject.clone());
            let outcome = Box::new(outcome.clone());
            state.sources.insert(outcome.source.clone());
            if outcome.status.is_missing() {
                // Should this run be cut as well, its archive still knows of what the older one lacked.
                state.planned.push(planned_before(&outcome));
                state.missing.insert(key, outcome);
            } else {
                state.settled.insert(key, Some(outcome));
            }
        }
        Arc::new(Self { progress, state: Mutex::new(state) })
    }

    /// Whether the older archive has items of the source and none of `specs`: they were given up for the finer ones it
    /// has.
    pub(super) fn were_replaced(&self, source: &str, specs: &[ItemSpec]) -> bool {
        let state = self.state();
        let is_known = |spec: &ItemSpec| {
            let key = (spec.source.to_owned(), spec.subject.clone());
            state.settled.contains_key(&key) || state.missing.contains_key(&key)
        };
        state.sources.contains(source) && !specs.iter().any(is_known)
    }

    /// Records what is settled, but for the items that are planned already, which do so themselves.
    pub fn keep(&self) {
        let mut state = self.state();
        let settled: Vec<Outcome> =
            state.settled.values_mut().filter_map(Option::take).map(|outcome| *outcome).collect();
        drop(state);
        self.progress.planned.fetch_add(settled.len() as u64, Ordering::Relaxed);
        settled.into_iter().for_each(|outcome| self.record(outcome));
    }

    /// Notes that an item is planned; gives what is to be recorded of it.
    pub(super) fn begin(&self, spec: &ItemSpec) -> Pending {
        let key = (spec.source.to_owned(), spec.subject.clone());
        let mut state = self.state();
        let pending = match state.settled.get_mut(&key) {
            Some(outcome) => Pending::Settled(outcome.take()),
            None => {
                state.planned.push(spec.planned());
                Pending::Open(state.missing.remove(&key))
            }
        };
        drop(state);
        if !matches!(pending, Pending::Settled(None)) {
            self.progress.planned.fetch_add(1, Ordering::Relaxed);
        }
        pending
    }

    /// Notes that an item was given up for finer ones.
    pub(super) fn replaced(&self, source: &str, subject: &str) {
        self.progress.planned.fetch_sub(1, Ordering::Relaxed);
        let (source, subject) = (source.to_owned(), subject.to_owned());
        self.state().planned.push(Planned { source, subject, node: None, entry: None, replaced: true });
    }

    /// Records what the older archive lacked and nobody has planned again. To be called when nothing more can be.
    pub fn end(&self) {
        let missing = std::mem::take(&mut self.state().missing);
        self.progress.planned.fetch_add(missing.len() as u64, Ordering::Relaxed);
        missing.into_values().for_each(|outcome| self.record(*outcome));
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

    /// Takes the items planned, and those given up for finer ones, since the last call, in their order. An item is
    /// always planned before its entry is sent to the writer.
    pub fn take_planned(&self) -> Vec<Planned> {
        std::mem::take(&mut self.state().planned)
    }

    /// Items planned that have no outcome yet.
    pub fn open_items(&self) -> u64 {
        self.progress.planned().saturating_sub(self.progress.recorded())
    }

    pub(super) fn record(&self, outcome: Outcome) {
        self.progress.bytes.fetch_add(outcome.bytes, Ordering::Relaxed);
        self.state().fresh.push(outcome);
        self.progress.recorded.fetch_add(1, Ordering::Relaxed);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that can panic runs under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn planned_before(outcome: &Outcome) -> Planned {
    Planned {
        source: outcome.source.clone(),
        subject: outcome.subject.clone(),
        node: outcome.node.clone(),
        entry: None,
        replaced: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::format::Status;
    use crate::sources::run::item::{Item, ItemOutcome};
    use proptest::prelude::*;

    fn older(subject: &str, status: Status, entry: Option<&str>) -> Outcome {
        Outcome {
            why: "as it was".into(),
            entry: entry.map(str::to_owned),
            node: Some("node-1".into()),
            bytes: u64::from(entry.is_some()),
            took_ms: 7,
            ..Outcome::new("a", subject, status, chrono::DateTime::UNIX_EPOCH)
        }
    }

    fn told(ledger: &Ledger) -> Vec<(String, Status, String)> {
        ledger.take().into_iter().map(|outcome| (outcome.subject, outcome.status, outcome.why)).collect()
    }

    fn fails(item: Item) {
        item.finish(ItemOutcome::new(Status::Denied, "again"));
    }

    #[test]
    fn what_is_settled_stands_word_for_word() {
        let log = older("log", Status::Collected, Some("e"));
        let ledger = Ledger::resuming(Arc::default(), &[log.clone(), older("all", Status::Absent, None)]);
        let all = ledger.expect("a", vec!["all".into()]).pop().expect("one");
        assert!(all.is_settled());
        ledger.keep();
        assert_eq!(ledger.take(), [log]);
        let item = ledger.plan(ItemSpec::new("a", "log"));
        assert!(item.is_settled());
        drop(item);
        fails(ledger.plan(ItemSpec::new("a", "log")));
        assert_eq!(ledger.take(), []);
        fails(all);
        assert_eq!(ledger.take(), [older("all", Status::Absent, None)]);
        assert_eq!((ledger.open_items(), ledger.take_planned()), (0, vec![]));
    }

    #[test]
    fn a_second_attempt_counts_unless_only_the_first_brought_something() {
        let part = older("part", Status::Timeout, Some("e"));
        let before = [part.clone(), older("none", Status::Timeout, None), older("gone", Status::Skipped, None)];
        let ledger = Ledger::resuming(Arc::default(), &before);
        ledger.keep();
        fails(ledger.plan(ItemSpec::new("a", "part")));
        fails(ledger.plan(ItemSpec::new("a", "none")));
        ledger.end();
        let as_it_was = "as it was".to_owned();
        assert_eq!(
            told(&ledger),
            [
                ("part".into(), Status::Timeout, as_it_was.clone()),
                ("none".into(), Status::Denied, "again".to_owned()),
                ("gone".into(), Status::Skipped, as_it_was),
            ]
        );
        let again = Ledger::resuming(Arc::default(), &[part]);
        again.plan(ItemSpec::new("a", "part")).finish(ItemOutcome::collected("e", 9));
        assert_eq!(told(&again), [("part".into(), Status::Collected, String::new())]);
    }

    #[test]
    fn what_was_replaced_by_finer_items_stays_so() {
        let ledger = Ledger::resuming(Arc::default(), &[older("log", Status::Timeout, None)]);
        let all = ledger.expect("a", vec!["all".into()]);
        ledger.keep();
        drop(all);
        ledger.end();
        assert_eq!(told(&ledger), [("log".into(), Status::Timeout, "as it was".to_owned())]);
        assert!(ledger.take_planned().iter().all(|item| item.subject == "log"), "an item without outcome is planned");
    }

    #[test]
    fn plans_are_written_down_with_what_becomes_of_them() {
        let ledger = Ledger::new(Arc::default());
        let breaker = Some(Arc::new(NodeBreaker::new("node-1", false)));
        let all = ledger.plan(ItemSpec::new("a", "all"));
        let log = ledger.plan(ItemSpec::new("a", "log").of_node(breaker).entry("logs/x"));
        all.expand();
        drop(log);
        let planned = |subject: &str, node: Option<&str>, entry: Option<&str>, replaced| Planned {
            source: "a".into(),
            subject: subject.into(),
            node: node.map(str::to_owned),
            entry: entry.map(str::to_owned),
            replaced,
        };
        assert_eq!(
            ledger.take_planned(),
            [
                planned("all", None, None, false),
                planned("log", Some("node-1"), Some("logs/x"), false),
                planned("all", None, None, true),
            ]
        );
    }

    proptest! {
        #[test]
        fn every_item_of_both_plans_has_one_outcome(
            before in proptest::collection::btree_map(0_u8..9, 0_usize..10, 0..9),
            fates in proptest::collection::btree_map(0_u8..12, 0_u8..4, 0..12),
        ) {
            let before: Vec<Outcome> = before
                .into_iter()
                .map(|(subject, status)| older(&subject.to_string(), Status::ALL[status], None))
                .collect();
            let ledger = Ledger::resuming(Arc::default(), &before);
            // The first three may be given up for finer ones, and so are planned first.
            let first = ledger.expect("a", (0..3).map(|subject| subject.to_string()).collect());
            ledger.keep();
            let is_one_of_first = |outcome: &&Outcome| matches!(outcome.subject.as_str(), "0" | "1" | "2");
            let was_replaced = !before.is_empty() && !before.iter().any(|outcome| is_one_of_first(&outcome));
            let mut expected: BTreeSet<String> = before.iter().map(|outcome| outcome.subject.clone()).collect();
            for (item, subject) in first.into_iter().zip(0_u8..) {
                match fates.get(&subject) {
                    Some(0) => { expected.remove(item.subject()); item.expand(); }
                    _ => {
                        expected.extend((!was_replaced).then(|| item.subject().to_owned()));
                        drop(item);
                    }
                }
            }
            for (subject, fate) in fates.into_iter().filter(|(subject, _)| *subject > 2) {
                let item = ledger.plan(ItemSpec::new("a", subject.to_string()));
                expected.insert(subject.to_string());
                match fate {
                    0 => drop(item),
                    1 => item.finish(ItemOutcome::collected("e", 1)),
                    _ => fails(item),
                }
            }
            ledger.end();
            let outcomes = ledger.take();
            let mut subjects: Vec<String> = outcomes.iter().map(|outcome| outcome.subject.clone()).collect();
            subjects.sort();
            prop_assert_eq!(subjects, expected.into_iter().collect::<Vec<_>>());
            for old in before.iter().filter(|old| !old.status.is_missing()) {
                let new = outcomes.iter().find(|outcome| outcome.subject == old.subject);
                prop_assert!(new.is_none_or(|new| new == old), "{:?}", new);
            }
            prop_assert_eq!(ledger.open_items(), 0);
            prop_assert_eq!(ledger.progress.planned(), outcomes.len() as u64);
        }
    }
}
