//! A planned item: a value that ends in exactly one outcome.
//!
//! Whoever plans something holds an [`Item`]; the only ways to be rid of it are [`Item::finish`], which records how
//! it went, [`Item::expand`], which replaces it by finer ones, and dropping it, which records why it was not done:
//! the node's breaker had tripped, the API server went away, the run was ended. So nothing planned can go unrecorded.
//! An item that an older archive has is settled: whatever becomes of it, its older outcome is what is recorded.

pub use super::closing::Closing;
use super::ledger::{ItemSpec, Ledger, Pending};
use super::node_breaker::NodeBreaker;
use crate::archive::format::{Outcome, Status};
use crate::sources::wire::api::Problem;
use chrono::{DateTime, Utc};
use std::sync::Arc;
use std::time::Instant;

/// What was told, or, where it was not, nothing: then all of `items` end with the reason.
pub fn or_end<T>(told: Result<T, Closing>, items: &mut Vec<Item>) -> Option<T> {
    match told {
        Ok(told) => Some(told),
        Err(closing) => {
            items.drain(..).for_each(|item| item.finish(ItemOutcome::new(closing.status, closing.why.clone())));
            None
        }
    }
}

/// How an item ended, without what the item knows itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemOutcome {
    pub status: Status,
    pub why: String,
    pub http_code: Option<u16>,
    pub entry: Option<String>,
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    pub bytes: u64,
}

impl ItemOutcome {
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

/// By which way an item is to come.
#[derive(Debug)]
enum Way {
    /// From no node.
    Straight,
    Through(Arc<NodeBreaker>),
    /// From the node of this breaker, which is of no account any more.
    Past(Arc<NodeBreaker>),
}

/// Something that is to be in the archive. Small, as a hundred thousand may wait. See the module.
#[derive(Debug)]
#[must_use = "an item that is dropped counts as not done"]
pub struct Item {
    ledger: Arc<Ledger>,
    source: &'static str,
    subject: Box<str>,
    way: Way,
    begun: Instant,
    pending: Pending,
}

impl Item {
    fn new(ledger: Arc<Ledger>, spec: ItemSpec, pending: Pending) -> Self {
        let ItemSpec { source, subject, breaker, .. } = spec;
        let way = breaker.map_or(Way::Straight, Way::Through);
        Self { ledger, source, subject: subject.into(), way, begun: Instant::now(), pending }
    }

    pub fn subject(&self) -> &str {
        &self.subject
    }

    pub fn breaker(&self) -> Option<&Arc<NodeBreaker>> {
        match &self.way {
            Way::Through(breaker) => Some(breaker),
            Way::Straight | Way::Past(_) => None,
        }
    }

    /// It is to come past the kubelet of its node from now on, if at all.
    pub fn bypass_breaker(&mut self) {
        if let Way::Through(breaker) | Way::Past(breaker) = std::mem::replace(&mut self.way, Way::Straight) {
            self.way = Way::Past(breaker);
        }
    }

    fn node(&self) -> Option<&str> {
        match &self.way {
            Way::Straight => None,
            Way::Through(breaker) | Way::Past(breaker) => Some(breaker.node()),
        }
    }

    /// Whether it need not be asked for.
    pub fn is_settled(&self) -> bool {
        matches!(self.pending, Pending::Settled(_))
    }

    /// Starts the clock of `took_ms`, which otherwise runs from the planning.
    pub fn begin(&mut self) {
        self.begun = Instant::now();
    }

    pub fn finish(mut self, outcome: ItemOutcome) {
        self.record(outcome);
    }

    /// Gives the item up for finer ones, planned in its place.
    pub fn expand(mut self) {
        if !matches!(self.close(), Pending::Settled(None)) {
            self.ledger.replaced(self.source, &self.subject);
        }
    }

    /// Nothing is to be recorded any more.
    fn close(&mut self) -> Pending {
        std::mem::replace(&mut self.pending, Pending::Settled(None))
    }

    fn record(&mut self, outcome: ItemOutcome) {
        let brought_nothing = outcome.status.is_missing() && outcome.entry.is_none() && outcome.bytes == 0;
        match self.close() {
            Pending::Open(Some(before)) if brought_nothing && (before.entry.is_some() || before.bytes > 0) => {
                self.ledger.record(*before);
            }
            Pending::Open(_) => {
                let outcome = self.complete(outcome);
                self.ledger.record(outcome);
            }
            Pending::Settled(older) => older.into_iter().for_each(|older| self.ledger.record(*older)),
        }
    }

    fn complete(&mut self, outcome: ItemOutcome) -> Outcome {
        Outcome {
            source: self.source.to_owned(),
            subject: std::mem::take(&mut self.subject).into(),
            status: outcome.status,
            why: outcome.why,
            http_code: outcome.http_code,
            entry: outcome.entry,
            node: self.node().map(str::to_owned),
            from: outcome.from,
            to: outcome.to,
            bytes: outcome.bytes,
            at: Utc::now(),
            took_ms: u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        }
    }
}

impl Ledger {
    /// Plans what a source expects before anything is known of the cluster. To be called before anything else is
    /// planned, and [`Ledger::keep`] after it.
    ///
    /// What was given up for finer items in the older archive may be again, and has no outcome otherwise.
    pub fn expect(self: &Arc<Self>, source: &'static str, subjects: Vec<String>) -> Vec<Item> {
        let specs: Vec<ItemSpec> = subjects.into_iter().map(|subject| ItemSpec::new(source, subject)).collect();
        let were_replaced = self.were_replaced(source, &specs);
        let plan = |spec| match were_replaced {
            true => Item::new(self.clone(), spec, Pending::Settled(None)),
            false => self.plan(spec),
        };
        specs.into_iter().map(plan).collect()
    }

    pub fn plan(self: &Arc<Self>, spec: ItemSpec) -> Item {
        let pending = self.begin(&spec);
        Item::new(self.clone(), spec, pending)
    }
}

impl From<Problem> for ItemOutcome {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status, problem.why).code(problem.code)
    }
}

impl Drop for Item {
    fn drop(&mut self) {
        if matches!(self.pending, Pending::Settled(None)) {
            return;
        }
        let closing = self.breaker().and_then(|breaker| breaker.closing()).or_else(|| self.ledger.closing());
        let closing = closing.unwrap_or_else(|| Closing::new(Status::Skipped, "the run ended before it was done"));
        self.record(ItemOutcome::new(closing.status, closing.why));
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
        drop(ledger.plan(ItemSpec::new("a", "early")));
        ledger.close(Closing::new(Status::Unreachable, "gone"));
        ledger.close(Closing::new(Status::Skipped, "later"));
        drop(ledger.plan(ItemSpec::new("a", "late")));
        let breaker = Arc::new(NodeBreaker::new("node-1", false));
        breaker.trip(Closing::new(Status::Timeout, "slow"));
        drop(ledger.plan(ItemSpec::new("a", "of a node").of_node(Some(breaker))));
        let outcomes: Vec<_> =
            ledger.take().into_iter().map(|outcome| (outcome.status, outcome.why, outcome.node)).collect();
        assert_eq!(
            outcomes,
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
                let item = ledger.plan(ItemSpec::new("a", "b"));
                match fate {
                    0 => { item.finish(ItemOutcome::collected("e", 1)); planned += 1; }
                    1 => { drop(item); planned += 1; }
                    2 => item.expand(),
                    _ => {
                        let two = ["c", "d"].map(|finer| ledger.plan(ItemSpec::new("a", finer)));
                        item.expand();
                        drop(two);
                        planned += 2;
                    }
                }
            }
            prop_assert_eq!(ledger.take().len(), planned);
            prop_assert_eq!(ledger.open_items(), 0);
        }
    }
}
