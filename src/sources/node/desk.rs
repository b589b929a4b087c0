//! Plans the journals of all nodes: those of units and the kernel's, which two collectors want and one set of files
//! of a node may have to give.
//!
//! The jobs of a node stand together in the queue, and share what is decoded of its journal files. It waits, packed,
//! until the job of each journal takes it; when the last of them is done, nothing is left.

use super::journal_decode::{self, Decoded};
use super::journal_files;
use super::offer::{self, Offer};
use super::{by_pod, by_ssh, journals, kernel, units};
use crate::archive::format::Status;
use crate::archive::layout;
use crate::model::Subject;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome, or_end};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::pool::{Job, Rank};
use crate::sources::wire::api::Problem;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// A journal of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    Kernel,
    /// A unit of systemd, without `.service`.
    Unit(&'static str),
}

impl Target {
    /// As it is called in the archive.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Unit(unit) => unit,
        }
    }

    fn item_spec(self, node: &str) -> ItemSpec {
        let (source, subject) = match self {
            Self::Kernel => (kernel::SOURCE.id, Subject::node(node).to_string()),
            Self::Unit(unit) => (journals::SOURCE.id, format!("{} unit {unit}", Subject::node(node))),
        };
        ItemSpec::new(source, subject).entry(layout::journal(node, self.name()))
    }
}

/// What a collector wants of every node.
struct Order {
    items: Vec<Item>,
    targets: &'static [Target],
}

/// The orders that have come in so far.
#[derive(Default)]
struct Desk(Mutex<Vec<Order>>);

/// Replaces `items` by one for each of `targets` of every node, once the nodes are known and every collector of
/// journals that this run wants has ordered; the last of them queues the work.
pub async fn plan(run: Arc<Run>, mut items: Vec<Item>, targets: &'static [Target]) {
    let Some(nodes) = or_end(run.inventory.node_names.wait().await, &mut items) else { return };
    let orders = {
        let desk = run.shared.of::<Desk>();
        let mut orders = desk.0.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push(Order { items, targets });
        let collectors = [&journals::SOURCE, &kernel::SOURCE];
        if orders.len() < collectors.into_iter().filter(|source| run.options.wants(source)).count() {
            return;
        }
        std::mem::take(&mut *orders)
    };
    let mut targets: Vec<Target> = orders.iter().flat_map(|order| order.targets).copied().collect();
    targets.sort();
    let jobs: Vec<Job> = nodes.iter().flat_map(|node| jobs_of(&run, node, &targets)).collect();
    orders.into_iter().flat_map(|order| order.items).for_each(Item::expand);
    run.pool.submit(jobs);
}

fn jobs_of(run: &Arc<Run>, node: &str, targets: &[Target]) -> Vec<Job> {
    let breaker = run.breaker(node);
    let plan = |target: &Target| (*target, run.ledger.plan(target.item_spec(node).of_node(Some(breaker.clone()))));
    let planned: Vec<(Target, Item)> = targets.iter().map(plan).collect();
    let open = planned.iter().filter(|(_, item)| !item.is_settled()).map(|(target, _)| *target).collect();
    let journals = Arc::new(NodeJournals {
        node: node.to_owned(),
        targets: open,
        decoded: OnceCell::new(),
        ready: Mutex::default(),
    });
    let job = |(target, item)| {
        let work = (run.clone(), journals.clone());
        let job = Job::new(Rank::Rotating, item, move |item| async move {
            let (run, journals) = work;
            match target {
                Target::Kernel => journals.finish(&run, target, item).await,
                Target::Unit(unit) => journals::collect(run, journals, unit, item).await,
            }
        });
        let Some(ssh) = run.options.access.ssh.clone() else { return job };
        let (run, node) = (run.clone(), journals.node.clone());
        job.or_else(move |item, closing| async move {
            by_ssh::collect(&run, &ssh, (&node, target), closing, item).await;
        })
    };
    planned.into_iter().map(job).collect()
}

/// How the journal files of a node came.
enum Way {
    /// Nothing else was asked for in vain.
    Usual,
    Files,
    /// And why not otherwise.
    Pod(String),
}

impl Way {
    /// `why`, and by which way the journal of `target` came.
    fn added(&self, target: Target, why: &str) -> String {
        let way = match (self, target) {
            // Nothing else can give the kernel's.
            (Self::Usual, _) | (Self::Files, Target::Kernel) => return why.to_owned(),
            (Self::Files, Target::Unit(_)) => {
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
    targets: Vec<Target>,
    decoded: OnceCell<Result<(), Problem>>,
    ready: Mutex<BTreeMap<Target, Result<Decoded, String>>>,
}

impl NodeJournals {
    /// Ends `item` with what the node's journal files hold of `target`. Whoever comes first fetches and decodes them,
    /// for all.
    pub async fn finish(&self, run: &Arc<Run>, target: Target, item: Item) {
        if let Err(problem) = self.decoded.get_or_init(|| self.decode(run)).await {
            return self.fail(run, target, problem.clone(), item).await;
        }
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner).remove(&target);
        let Decoded { mut outcome, entry } = match ready {
            Some(Ok(decoded)) => decoded,
            Some(Err(why)) => return item.finish(ItemOutcome::new(Status::Failed, why)),
            None => return item.finish(ItemOutcome::new(Status::Failed, "the journal files were not read for it")),
        };
        if let Some(entry) = entry {
            outcome.entry = Some(layout::journal(&self.node, target.name()));
            outcome.bytes = entry.bytes();
            if run.writer.entry(entry).await.is_err() {
                return;
            }
        }
        item.finish(outcome);
    }

    /// Ends `item` with `problem`, or with what comes by ssh in spite of it.
    pub async fn fail(&self, run: &Arc<Run>, target: Target, problem: Problem, mut item: Item) {
        match &run.options.access.ssh {
            Some(ssh) => {
                // What comes now does not come from the kubelet.
                item.bypass_breaker();
                by_ssh::collect(run, ssh, (&self.node, target), problem.into(), item).await;
            }
            None => run.fail(item, problem),
        }
    }

    async fn decode(&self, run: &Arc<Run>) -> Result<(), Problem> {
        let offer = offer::of(run, &self.node).await;
        let is_query_off = matches!(offer, Offer::Nothing(_) | Offer::Files(_));
        let is_wanted = |target: &Target| is_query_off || *target == Target::Kernel;
        let targets: Vec<Target> = self.targets.iter().copied().filter(is_wanted).collect();
        let files = match offer {
            Offer::Nothing(problem) => Err(problem),
            Offer::Files(_) => journal_files::fetch(run, &self.node).await.map_err(|problem| {
                let why = format!("the kubelet's log query is switched off, and {}", problem.why);
                Problem { why, ..problem }
            }),
            Offer::Query | Offer::Unknown => journal_files::fetch(run, &self.node).await,
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
        let others: Vec<Target> = units::others().filter(|_| run.options.wants(&journals::SOURCE)).collect();
        let (window, profile) = (run.options.window, run.options.profile);
        let (target, node) = (run.writer.target().clone(), self.node.clone());
        let read = tokio::task::spawn_blocking(move || {
            let place = journal_decode::Place { target: &target, node: &node, window, profile };
            journal_decode::decode(files, &[targets, others].concat(), &place)
        });
        let mut read = read.await.map_err(|_| Problem::new(Status::Failed, "the journal files could not be read"))?;
        for (target, decoded) in &mut read {
            let whys = decoded.iter_mut().map(|decoded| &mut decoded.outcome.why);
            whys.for_each(|why| *why = way.added(*target, why));
        }
        let (wanted, found) = read.into_iter().partition(|(target, _)| self.targets.contains(target));
        *self.ready.lock().unwrap_or_else(PoisonError::into_inner) = wanted;
        self.keep_found(run, found).await;
        Ok(())
    }

    /// Plans and keeps the journals of units that nobody knew the node to have. Of those that said nothing there is
    /// nothing to tell.
    async fn keep_found(&self, run: &Arc<Run>, found: BTreeMap<Target, Result<Decoded, String>>) {
        for (target, decoded) in found {
            let Ok(Decoded { mut outcome, entry: Some(entry) }) = decoded else { continue };
            let item = run.ledger.plan(target.item_spec(&self.node));
            if item.is_settled() {
                continue;
            }
            (outcome.entry, outcome.bytes) = (Some(layout::journal(&self.node, target.name())), entry.bytes());
            if run.writer.entry(entry).await.is_err() {
                return;
            }
            item.finish(outcome);
        }
    }
}
