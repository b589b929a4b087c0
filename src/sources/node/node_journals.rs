//! The journals of one node, whose jobs share what is decoded of its journal files: these are fetched once, by whoever
//! needs them first. What is decoded waits, packed, until the job of each journal takes it; when the last of them is
//! done, nothing is left.

use super::journal_decode::{self, Decoded};
use super::journal_files;
use super::journal_name::{JournalName, OF_UNITS};
use super::kept_logs;
use super::log_access::{self, LogAccess};
use super::{by_pod, by_ssh, units};
use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::wire::api::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// How the journal files of a node came.
enum Way {
    /// Nothing else was asked for in vain.
    Usual,
    Files,
    /// And why not otherwise.
    Pod(String),
}

impl Way {
    /// `why`, and by which way `journal` came.
    fn added(&self, journal: JournalName, why: &str) -> String {
        let way = match (self, journal) {
            // Nothing else can give the kernel's.
            (Self::Usual, _) | (Self::Files, JournalName::Kernel) => return why.to_owned(),
            (Self::Files, JournalName::Unit(_)) => {
                "from the node's journal files, as the kubelet's log query is switched off".to_owned()
            }
            (Self::Pod(problem), _) => format!("from the node's journal files by a pod, as {problem}"),
        };
        if why.is_empty() { way } else { format!("{why}; {way}") }
    }
}

/// What the jobs for one node share.
pub struct NodeJournals {
    pub node: String,
    /// What is wanted and not in an older archive.
    names: Vec<JournalName>,
    decoded: OnceCell<Result<(), Problem>>,
    ready: Mutex<BTreeMap<JournalName, Result<Decoded, String>>>,
}

impl NodeJournals {
    /// Those of `node` that have one of `names`.
    pub fn new(node: &str, names: Vec<JournalName>) -> Self {
        Self { node: node.to_owned(), names, decoded: OnceCell::new(), ready: Mutex::default() }
    }

    /// Ends `item` with what the node's journal files hold of `journal`. Whoever comes first fetches and decodes them,
    /// for all.
    pub async fn finish(&self, run: &Arc<Run>, journal: JournalName, item: Item) {
        if let Err(problem) = self.decoded.get_or_init(|| self.decode(run)).await {
            return self.fail(run, journal, problem.clone(), item).await;
        }
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).remove(&journal);
        let Decoded { mut outcome, entry } = match ready {
            Some(Ok(decoded)) => decoded,
            Some(Err(why)) => return item.finish(ItemOutcome::new(Status::Failed, why)),
            None => return item.finish(ItemOutcome::new(Status::Failed, "the journal files were not read for it")),
        };
        if let Some(entry) = entry {
            outcome.entry = Some(layout::journal(&self.node, journal.name()));
            outcome.bytes = entry.bytes();
            if run.writer.entry(entry).await.is_err() {
                return;
            }
            // What was left out of the middle of one that is too large is not told apart.
            let span: Option<kept_logs::Span> = outcome.from.zip(outcome.to);
            kept_logs::note(run, &layout::journal(&self.node, journal.name()), span.as_slice());
        }
        item.finish(outcome);
    }

    /// Ends `item` with `problem`, or with what comes by ssh in spite of it.
    pub async fn fail(&self, run: &Arc<Run>, journal: JournalName, problem: Problem, mut item: Item) {
        match &run.options.access.ssh {
            Some(ssh) => {
                // What comes now does not come from the kubelet.
                item.bypass_breaker();
                by_ssh::collect(run, ssh, (&self.node, journal), problem.into(), item).await;
            }
            None => run.fail(item, problem),
        }
    }

    async fn decode(&self, run: &Arc<Run>) -> Result<(), Problem> {
        let access = log_access::of(run, &self.node).await;
        let is_query_off = matches!(access, LogAccess::Nothing(_) | LogAccess::Files(_));
        let is_wanted = |journal: &JournalName| is_query_off || *journal == JournalName::Kernel;
        let names: Vec<JournalName> = self.names.iter().copied().filter(is_wanted).collect();
        let files = match access {
            LogAccess::Nothing(problem) => Err(problem),
            LogAccess::Files(_) => journal_files::fetch(run, &self.node).await.map_err(|problem| {
                let why = format!("the kubelet's log query is switched off, and {}", problem.why);
                Problem { why, ..problem }
            }),
            LogAccess::Query | LogAccess::Unknown => journal_files::fetch(run, &self.node).await,
        };
        let (files, way) = match (files, &run.node_pods) {
            (Err(problem), Some(pods)) if matches!(problem.status, Status::Absent | Status::Denied) => {
                let both = |other: Problem| Problem {
                    why: format!("{}; by a pod: {}", problem.why, other.why),
                    ..problem.clone()
                };
                let files = by_pod::fetch(run, pods, &self.node).await.map_err(both)?;
                (files, Way::Pod(problem.why))
            }
            (files, _) => (files?, if is_query_off { Way::Files } else { Way::Usual }),
        };
        let others: Vec<JournalName> = units::others().filter(|_| run.options.wants_id(OF_UNITS)).collect();
        let (window, profile) = (run.options.window, run.options.profile);
        let (target, node) = (run.writer.target().clone(), self.node.clone());
        let read = tokio::task::spawn_blocking(move || {
            let decoding = journal_decode::Decoding { target: &target, node: &node, window, profile };
            journal_decode::decode(files, &[names, others].concat(), &decoding)
        });
        let mut read = read.await.map_err(|_| Problem::new(Status::Failed, "the journal files could not be read"))?;
        for (journal, decoded) in &mut read {
            let whys = decoded.iter_mut().map(|decoded| &mut decoded.outcome.why);
            whys.for_each(|why| *why = way.added(*journal, why));
        }
        let (wanted, found) = read.into_iter().partition(|(journal, _)| self.names.contains(journal));
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        self.keep_found(run, found).await;
        Ok(())
    }

    /// Plans and keeps the journals of units that nobody knew the node to have. Of those that said nothing there is
    /// nothing to tell.
    async fn keep_found(&self, run: &Arc<Run>, found: BTreeMap<JournalName, Result<Decoded, String>>) {
        for (journal, decoded) in found {
            let Ok(Decoded { mut outcome, entry: Some(entry) }) = decoded else { continue };
            let item = run.ledger.plan(journal.spec(&self.node));
            if item.is_settled() {
                continue;
            }
            (outcome.entry, outcome.bytes) = (Some(layout::journal(&self.node, journal.name())), entry.bytes());
            if run.writer.entry(entry).await.is_err() {
                return;
            }
            item.finish(outcome);
        }
    }
}
