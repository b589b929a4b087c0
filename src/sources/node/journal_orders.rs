//! Orders for journals, by which two collectors, that of units and that of the kernel, share one set of journal files
//! of a node: it is large, and fetched at most once. The jobs of a node stand together in the queue.

use super::journal_name::{JournalName, OF_KERNEL, OF_UNITS};
use super::node_journals::NodeJournals;
use super::{by_ssh, log_query};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, or_end};
use crate::sources::run::job::{Job, Rank};
use std::sync::{Arc, Mutex, PoisonError};

/// What a collector wants of every node.
struct Order {
    items: Vec<Item>,
    names: &'static [JournalName],
}

/// The orders that have come in so far.
#[derive(Default)]
struct JournalOrders(Mutex<Vec<Order>>);

/// Replaces `items` by one for each of `names` of every node, once the nodes are known and every collector of
/// journals that this run wants has ordered; the last of them queues the work.
pub async fn plan(run: Arc<Run>, mut items: Vec<Item>, names: &'static [JournalName]) {
    let Some(nodes) = or_end(run.inventory.node_names.wait().await, &mut items) else { return };
    let orders = {
        let orders = run.shared.of::<JournalOrders>();
        let mut orders = orders.0.lock().unwrap_or_else(PoisonError::into_inner);
        orders.push(Order { items, names });
        let collectors = [OF_UNITS, OF_KERNEL];
        if orders.len() < collectors.into_iter().filter(|id| run.options.wants_id(id)).count() {
            return;
        }
        std::mem::take(&mut *orders)
    };
    let mut names: Vec<JournalName> = orders.iter().flat_map(|order| order.names).copied().collect();
    names.sort();
    let jobs: Vec<Job> = nodes.iter().flat_map(|node| jobs_of(&run, node, &names)).collect();
    orders.into_iter().flat_map(|order| order.items).for_each(Item::expand);
    run.pool.submit(jobs);
}

fn jobs_of(run: &Arc<Run>, node: &str, names: &[JournalName]) -> Vec<Job> {
    let breaker = run.breaker(node);
    let plan = |journal: &JournalName| (*journal, run.ledger.plan(journal.spec(node).of_node(Some(breaker.clone()))));
    let planned: Vec<(JournalName, Item)> = names.iter().map(plan).collect();
    let open = planned.iter().filter(|(_, item)| !item.is_settled()).map(|(journal, _)| *journal).collect();
    let journals = Arc::new(NodeJournals::new(node, open));
    let job = |(journal, item)| {
        let work = (run.clone(), journals.clone());
        let job = Job::new(Rank::Rotating, item, move |item| async move {
            let (run, journals) = work;
            match journal {
                JournalName::Kernel => journals.finish(&run, journal, item).await,
                JournalName::Unit(unit) => log_query::collect(run, journals, unit, item).await,
            }
        });
        let Some(ssh) = run.options.access.ssh.clone() else { return job };
        let (run, node) = (run.clone(), journals.node.clone());
        job.or_else(move |item, closing| async move {
            by_ssh::collect(&run, &ssh, (&node, journal), closing, item).await;
        })
    };
    planned.into_iter().map(job).collect()
}
