//! What `kubectl describe` would have printed, of every node and of every pod that is not plainly healthy.
//!
//! Rendered from the lists that were fetched anyway, without a request. Objects are read one by one, where `known`
//! says that they stand: one that cannot be read costs only itself. What plainly healthy means, `health` says.

use super::known::{Known, identity};
use crate::archive::format::Status;
use crate::archive::{Content, layout};
use crate::describe;
use crate::model::Subject;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome, or_end};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::{Deadlines, Permission, Profile, Source};
use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "describes",
    title: "Descriptions of nodes and of pods that are not healthy",
    why: "the first thing an operator asks for, ready to read",
    permissions: &[
        Permission::new("", "events,nodes,pods", &["list"]),
        Permission::new("coordination.k8s.io", "leases", &["list"]),
    ],
    paths: &["describe/nodes/NODE.txt", "describe/namespaces/NAMESPACE/pods/POD.txt"],
    profile: Profile::Quick,
    cap: 16 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "all nodes and pods that are not healthy"),
    run: |run, items| Box::pin(plan(run, items)),
};

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let (pods, nodes, leases, events) = tokio::join!(
        run.inventory.pods.wait(),
        run.inventory.nodes.wait(),
        run.inventory.leases.wait(),
        run.inventory.events.wait(),
    );
    if pods.is_err() && nodes.is_err() {
        or_end(pods, &mut items);
        return;
    }
    let other_pods = match &pods {
        Err(closing) => Some(format!("without pods: {}", closing.why)),
        Ok(_) if run.options.namespaces.is_empty() => None,
        Ok(_) => Some("of its pods, only those of the namespaces that were asked for".to_owned()),
    };
    let no_events = events.as_ref().err().map(|closing| format!("without events: {}", closing.why));
    let (pods, leases, events) = (pods.unwrap_or_default(), leases.unwrap_or_default(), events.unwrap_or_default());
    let window = run.options.window;
    let known = tokio::task::spawn_blocking(move || Known::new(pods, leases, events, window));
    // It ends early only with the whole run.
    let Ok(known) = known.await else { return };
    let known = Arc::new(known);
    let lacks = |other: Option<String>| [other, no_events.clone()].into_iter().flatten().collect::<Vec<String>>();
    let mut jobs = Vec::new();
    let nodes = nodes.unwrap_or_default();
    for number in 0..nodes.len() {
        let name = nodes.get(number).map(|node| identity(&node).name).unwrap_or_default();
        let name = if name.is_empty() { format!("number {number}") } else { name };
        let (subject, entry) = (Subject::node(&name), layout::describe_node(&name));
        let item = run.ledger.plan(ItemSpec::new(SOURCE.id, subject.to_string()).entry(&entry));
        jobs.push(job(&run, item, Task { entry, lacks: lacks(other_pods.clone()) }, {
            let (known, nodes) = (known.clone(), nodes.clone());
            move |now| described_node(&known, &nodes.get(number).map_err(unread)?, now)
        }));
    }
    for (number, at) in known.unwell.iter().map(|at| (*at as usize, *at)) {
        let metadata = known.pods.get(number).map(|pod| identity(&pod)).unwrap_or_default();
        let name = if metadata.name.is_empty() { format!("number {at}") } else { metadata.name };
        let (subject, entry) =
            (Subject::pod(&metadata.namespace, &name), layout::describe_pod(&metadata.namespace, &name));
        let item = run.ledger.plan(ItemSpec::new(SOURCE.id, subject.to_string()).entry(&entry));
        jobs.push(job(&run, item, Task { entry, lacks: lacks(None) }, {
            let known = known.clone();
            move |now| described_pod(&known, &known.pods.get(number).map_err(unread)?, now)
        }));
    }
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

/// What is to be described.
struct Task {
    entry: String,
    /// What the description would hold besides.
    lacks: Vec<String>,
}

/// The objects are read when it is their turn: only as many are in memory as jobs are under way.
fn job(
    run: &Arc<Run>,
    item: Item,
    task: Task,
    describe: impl FnOnce(DateTime<Utc>) -> Result<String, String> + Send + 'static,
) -> Job {
    let run = run.clone();
    let now = Utc::now();
    Job::new(Rank::Kept, item, move |item| async move {
        let text = describe(now);
        finish(&run, item, task, text).await;
    })
}

fn unread(error: std::io::Error) -> String {
    format!("the working copy of the list cannot be read: {error}")
}

async fn finish(run: &Run, item: Item, Task { entry, lacks }: Task, text: Result<String, String>) {
    let text = match text {
        Ok(text) => text,
        Err(why) => return item.finish(ItemOutcome::new(Status::Failed, why)),
    };
    let Some(mut outcome) = run.store(&entry, Content::Log, text.as_bytes()).await else { return };
    if !lacks.is_empty() && outcome.status == Status::Collected {
        (outcome.status, outcome.why) = (Status::Truncated, lacks.join("; "));
    }
    item.finish(outcome);
}

fn described_node(known: &Known, node: &str, now: DateTime<Utc>) -> Result<String, String> {
    let node: Node = read(node)?;
    let name = node.metadata.name.as_deref().unwrap_or_default();
    let mut events: Vec<Event> = known.events_about("Node", "", name);
    events.retain(|event| describe::regards_node(event, &node));
    let (lease, pods): (Option<Lease>, Vec<Pod>) = (known.lease_of(name), known.pods_of(name));
    Ok(describe::node(&node, lease.as_ref(), &pods, &events, now))
}

fn described_pod(known: &Known, pod: &str, now: DateTime<Utc>) -> Result<String, String> {
    let pod: Pod = read(pod)?;
    let of = |text: &Option<String>| text.clone().unwrap_or_default();
    let mut events: Vec<Event> = known.events_about("Pod", &of(&pod.metadata.namespace), &of(&pod.metadata.name));
    events.retain(|event| describe::regards_pod(event, &pod));
    Ok(describe::pod(&pod, &events, now))
}

fn read<T: DeserializeOwned>(object: &str) -> Result<T, String> {
    serde_json::from_str(object).map_err(|error| format!("the object cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Window;
    use crate::sources::run::inventory::Objects;

    #[test]
    fn warned_about_is_described_and_bad_objects_cost_only_themselves() {
        let pod = |name: &str| {
            format!(
                r#"{{"metadata":{{"name":"{name}","namespace":"shop"}},"spec":{{"nodeName":"node-1","containers":[]}},"status":{{"phase":"Succeeded"}}}}"#
            )
        };
        let event = r#"{"involvedObject":{"kind":"Pod","namespace":"shop","name":"b"},"type":"Warning","lastTimestamp":"2026-11-21T07:12:31Z"}"#;
        let (first, second) = (pod("a"), pod("b"));
        let at = DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc();
        let window = Window::new(at, at + chrono::TimeDelta::hours(1));
        let pods = Objects::of([first.as_str(), second.as_str(), r#"{"spec":7}"#]);
        let known = Known::new(pods, Objects::default(), Objects::of([event]), window);
        assert_eq!(known.unwell, [1, 2]);
        let described = |number| described_pod(&known, &known.pods.get(number).expect("a pod"), at);
        assert!(described(1).expect("a pod").contains("shop"));
        assert!(described(2).is_err());
    }
}
