//! The API server's audit log, only where it was asked for: who changed what and when, with what changed.
//!
//! Where it is, the pods of the API servers say, or it is at a usual place. Its files are read from the oldest that reaches
//! into the window to the one that is written to, and taken apart line by line before anything is written: see `event`.

mod actor;
mod body;
mod counts;
mod event;
mod file_name;
mod place;
mod projection;
mod take;
#[cfg(test)]
mod tests;
mod uri;
mod way;

use crate::archive::format::Status;
use crate::model::Subject;
use crate::objects::Node;
use crate::sources::node::by_ssh;
use crate::sources::node::ssh::Ssh;
use crate::sources::node_pods::NodePods;
use crate::sources::run::Run;
use crate::sources::run::inventory::Objects;
use crate::sources::run::item::{Closing, Item, ItemOutcome, or_end};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::node_breaker::NodeBreaker;
use crate::sources::wire::api::{Api, Deadlines, Problem};
use crate::sources::{Permission, Profile, Source};
use place::{Place, Server};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use way::{Log, Way};

pub static SOURCE: Source = Source {
    id: "audit",
    title: "Audit log of the API server",
    why: "who changed what and when, with the objects before and after, and the requests that never ended",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["controlplane/audit/NODE/FILE.jsonl", "controlplane/audit/NODE/reads.jsonl"],
    profile: Profile::Quick,
    cap: 16 * 1024 * 1024,
    // A file of a hundred megabytes comes through the API server.
    deadlines: Deadlines::of(15, 120),
    expect: |options| options.expected(&SOURCE, "audit logs of all API servers"),
    run: |run, items| Box::pin(plan(run, items)),
};

/// Where no node is known to run an API server, so many are asked at most.
const ASKED: usize = 10;
/// How nodes of the control plane are labelled (kubernetes.io/docs/reference/labels-annotations-taints), now and once.
const CONTROL_PLANE: [&str; 2] = ["node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master"];
/// What to do where the control plane is not of the cluster's nodes.
const PROVIDERS: &str = "no node runs an API server, and where a provider runs it, the provider has its audit log: export it \
                         (gcloud logging read, aws logs filter-log-events, the kube-audit category of Azure) and give the file to analyze";

async fn plan(run: Arc<Run>, mut items: Vec<Item>) {
    let (pods, nodes) = tokio::join!(run.inventory.pods.wait(), run.inventory.nodes.wait());
    let Some(nodes) = or_end(nodes, &mut items) else { return };
    // Without the list of pods the usual places are left.
    let places = places(&pods.unwrap_or_default(), &nodes);
    if places.is_empty() {
        return items.into_iter().for_each(|item| item.finish(ItemOutcome::new(Status::Absent, PROVIDERS)));
    }
    // The breakers are made when the list of nodes is published.
    let Some(_) = or_end(run.inventory.node_names.wait().await, &mut items) else { return };
    let job = |(node, place): (String, Option<Place>)| {
        let (run, breaker) = (run.clone(), run.breaker(&node));
        let spec = ItemSpec::new(SOURCE.id, subject(&node)).of_node(Some(breaker.clone()));
        let item = run.ledger.plan(spec);
        let (own, other) = ((run.clone(), breaker.clone(), place.clone()), (run, breaker, place));
        let work = Job::new(Rank::Kept, item, move |item| async move { search(own.0, own.1, own.2, item).await });
        work.or_else(move |item, closing| async move { past_kubelet(&other.0, &other.1, other.2, closing, item).await })
    };
    let jobs: Vec<Job> = places.into_iter().map(job).collect();
    items.into_iter().for_each(Item::expand);
    run.pool.submit(jobs);
}

fn subject(node: &str) -> String {
    format!("{} audit log", Subject::node(node))
}

/// The nodes that run an API server, or may, with the place of its log where that is known.
fn places(pods: &Objects, nodes: &Objects) -> BTreeMap<String, Option<Place>> {
    let servers = pods.iter().filter_map(|pod| place::of_pod(&pod.ok()?));
    let mut places: BTreeMap<String, Option<Place>> = servers.map(|Server { node, place }| (node, place)).collect();
    let nodes: Vec<Node> = nodes.iter().filter_map(|node| serde_json::from_str(&node.ok()?).ok()).collect();
    let is_labelled = |node: &&Node| CONTROL_PLANE.iter().any(|label| node.metadata.labels.contains_key(*label));
    for node in nodes.iter().filter(is_labelled) {
        places.entry(node.metadata.name.clone()).or_insert(None);
    }
    if places.is_empty() && nodes.len() <= ASKED {
        places.extend(nodes.into_iter().map(|node| (node.metadata.name, None)));
    }
    places
}

/// Looks for the log on one node, and queues the reading of it.
async fn search(run: Arc<Run>, breaker: Arc<NodeBreaker>, place: Option<Place>, item: Item) {
    let node = breaker.node();
    let paths: Vec<String> = match &place {
        Some(Place::None(why)) => return item.finish(ItemOutcome::new(Status::Absent, why.clone())),
        Some(Place::File(path)) => vec![path.clone()],
        None => place::USUAL.map(str::to_owned).to_vec(),
    };
    let why = match first(&run, node, &Way::Kubelet, &paths).await {
        Ok(Some(log)) => return queue(&run, node, log, item),
        Ok(None) if place.is_some() => {
            Problem::new(Status::Absent, format!("the kubelet hands out no {}", paths.join(", ")))
        }
        Ok(None) => Problem::new(Status::Absent, "no audit log is where it usually is below /var/log"),
        Err(problem) => problem,
    };
    let has_other_ways = run.options.access.ssh.is_some() || run.node_pods.is_some();
    match has_other_ways {
        true => past_kubelet(&run, &breaker, place, why.into(), item).await,
        false => run.fail(item, why),
    }
}

/// The first log that is there.
async fn first(run: &Run, node: &str, way: &Way<'_>, paths: &[String]) -> Result<Option<Log>, Problem> {
    let mut odd = None;
    for path in paths {
        match way.find(run, node, path).await {
            Ok(None) => {}
            Ok(found) => return Ok(found),
            // Of one place; whoever is silent or refuses does so at all of them.
            Err(problem) if problem.status == Status::Failed => odd = Some(problem),
            Err(problem) => return Err(problem),
        }
    }
    odd.map_or(Ok(None), Err)
}

/// Reads a log by its kubelet, in a job of its own: it may take longer than the kubelet of a node may keep us otherwise.
fn queue(run: &Arc<Run>, node: &str, log: Log, item: Item) {
    let Some(planned) = take::planned(run, node, &log, item) else { return };
    let (own, node) = (run.clone(), node.to_owned());
    let (counts, files) = planned;
    run.pool.submit([Job::new(Rank::Kept, counts, move |counts| async move {
        take::take(&own, &node, (&Way::Kubelet, &log), (counts, files)).await;
    })]);
}

/// Reads the log through a pod or by ssh, if those were allowed; `before` says why it did not come otherwise.
async fn past_kubelet(run: &Arc<Run>, breaker: &NodeBreaker, place: Option<Place>, before: Closing, item: Item) {
    let node = breaker.node();
    if let Some(Place::None(why)) = place {
        return item.finish(ItemOutcome::new(Status::Absent, why));
    }
    let came = match (&run.options.access.ssh, &run.node_pods) {
        (Some(ssh), _) => take_by_ssh(run, ssh, node, place, item).await,
        (None, Some(pods)) => take_by_pod(run, pods, node, place, item).await,
        (None, None) => return item.finish(ItemOutcome::new(before.status, before.why)),
    };
    if let Err((item, closing)) = came {
        // That there is none is known by now; what was to be the usual way tells more otherwise.
        let status = if closing.status == Status::Absent { Status::Absent } else { before.status };
        item.finish(ItemOutcome::new(status, format!("{}; {}", before.why, closing.why)));
    }
}

/// What did not come, and why.
type NotCome = (Item, Closing);

async fn take_by_ssh(run: &Arc<Run>, ssh: &Ssh, node: &str, place: Option<Place>, item: Item) -> Result<(), NotCome> {
    let address = match by_ssh::address_of(run, node).await {
        Ok(address) => address,
        Err(why) => return Err((item, Closing::new(Status::Failed, why))),
    };
    let paths: Vec<String> = match place {
        Some(Place::File(path)) => vec![path],
        _ => {
            let usual = place::USUAL.into_iter().chain(place::USUAL_ELSEWHERE).map(str::to_owned);
            way::flagged(run, ssh, &address).await.into_iter().chain(usual).collect()
        }
    };
    through(run, node, &Way::Ssh(ssh, address), &paths, item).await
}

async fn take_by_pod(
    run: &Arc<Run>,
    pods: &NodePods,
    node: &str,
    place: Option<Place>,
    item: Item,
) -> Result<(), NotCome> {
    let paths: Vec<String> = match place {
        Some(Place::File(path)) => vec![path],
        _ => place::USUAL.map(str::to_owned).to_vec(),
    };
    let reader = match pods.start(node).await {
        Ok(reader) => reader,
        Err(problem) => return Err((item, problem.into())),
    };
    let came = through(run, node, &Way::Pod(&reader), &paths, item).await;
    pods.remove(reader.job()).await;
    came
}

/// Takes the first log that is there.
async fn through(run: &Arc<Run>, node: &str, way: &Way<'_>, paths: &[String], item: Item) -> Result<(), NotCome> {
    match first(run, node, way, paths).await {
        Ok(Some(log)) => {
            if let Some(planned) = take::planned(run, node, &log, item) {
                take::take(run, node, (way, &log), planned).await;
            }
            Ok(())
        }
        Ok(None) => Err((item, Closing::new(Status::Absent, "no audit log was found in another way either"))),
        Err(problem) => Err((item, problem.into())),
    }
}

/// What a run would do, a sentence for each API server that is in a pod.
pub async fn told(api: &Api) -> Vec<String> {
    const PODS: &str = "/api/v1/namespaces/kube-system/pods?labelSelector=component%3Dkube-apiserver&limit=50";
    const LARGEST: usize = 8 << 20;
    #[derive(Deserialize)]
    struct List<'a> {
        #[serde(borrow)]
        items: Vec<&'a serde_json::value::RawValue>,
    }
    let body = match api.bytes(PODS, None, Deadlines::USUAL, LARGEST).await {
        Ok(body) => body,
        Err(problem) => return vec![format!("where the audit logs are is not known: {}", problem.why)],
    };
    let items = serde_json::from_slice::<List<'_>>(&body).map(|list| list.items).unwrap_or_default();
    let servers: Vec<Server> = items.iter().filter_map(|pod| place::of_pod(pod.get())).collect();
    if servers.is_empty() {
        return vec!["no API server is in a pod of kube-system: usual places are looked at".to_owned()];
    }
    let told = |Server { node, place }| match place {
        Some(Place::File(path)) if path.starts_with("/var/log/") => format!("{node}: {path}, by its kubelet"),
        Some(Place::File(path)) => format!("{node}: {path}, which only --ssh reads"),
        Some(Place::None(why)) => format!("{node}: {why}"),
        None => format!("{node}: usual places are looked at"),
    };
    servers.into_iter().map(told).collect()
}
