//! The plan of what is asked of every node alike: one item and one job for each thing of each node.

use super::Run;
use super::item::{Item, or_end};
use super::job::{Job, Rank};
use super::ledger::ItemSpec;
use std::sync::Arc;

/// Replaces `items` by one for each of `things` of every node, once the nodes are known, and queues `work` on each.
/// `spec` names a thing of a node; the node's breaker is added here.
///
/// If the list of nodes did not come, `items` end with the reason.
pub async fn plan<T, F>(
    run: Arc<Run>,
    mut items: Vec<Item>,
    things: &'static [T],
    spec: fn(&str, &T) -> ItemSpec,
    work: fn(Arc<Run>, String, &'static T, Item) -> F,
) where
    T: Sync,
    F: Future<Output = ()> + Send + 'static,
{
    let Some(nodes) = or_end(run.inventory.node_names.wait().await, &mut items) else { return };
    let mut jobs = Vec::new();
    for node in nodes.iter() {
        for thing in things {
            let item = run.ledger.plan(spec(node, thing).of_node(Some(run.breaker(node))));
            let (run, node) = (run.clone(), node.clone());
            jobs.push(Job::new(Rank::Rotating, item, move |item| work(run, node, thing, item)));
        }
    }
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}
