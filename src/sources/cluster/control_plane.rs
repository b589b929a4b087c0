//! What the API server tells of itself: health, metrics and load of the API server, and the APIs it serves.
//!
//! Of API Priority and Fairness the priority levels and their queues are kept, which are numbers only. The third dump
//! (`dump_requests`) is not asked for: it has a row for every request that waits, with user names and request paths.
//! Discovery and metrics name kinds, resources and webhooks. API services and webhook configurations are objects, and
//! stand among them.
//!
//! The collector of objects waits for discovery, which therefore comes whether this was asked for or not, and first.

use super::objects;
use crate::archive::format::Status;
use crate::archive::layout;
use crate::sources::run::base_archive::BaseArchive;
use crate::sources::run::inventory::Awaited;
use crate::sources::run::item::{Closing, Item};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::raw_response::{self, Form};
use crate::sources::run::{Options, Run};
use crate::sources::{Deadlines, Permission, Profile, Source};
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "control-plane",
    title: "What the API server tells of itself",
    why: "whether the API server was well or overloaded, and what it serves",
    permissions: &[Permission::urls(&[
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/debug/api_priority_and_fairness/dump_priority_levels",
        "/debug/api_priority_and_fairness/dump_queues",
        "/livez",
        "/metrics",
        "/readyz",
        "/version",
    ])],
    paths: &[
        "controlplane/api.json",
        "controlplane/apis.json",
        "controlplane/apiserver.metrics.txt",
        "controlplane/livez.txt",
        "controlplane/priority-levels.csv",
        "controlplane/queues.csv",
        "controlplane/readyz.txt",
        "controlplane/version.json",
    ],
    profile: Profile::Quick,
    cap: 32 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect,
    run: |run, items| Box::pin(collect(run, items)),
};

/// Something that the API server is asked for.
struct Endpoint {
    path: &'static str,
    entry: &'static str,
    form: Form,
}

/// What changes fastest comes first. The dumps are of k8s.io/apiserver v0.34.4,
/// pkg/util/flowcontrol/apf_controller_debug.go.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "/livez?verbose", entry: layout::LIVEZ, form: Form::Checks },
    Endpoint { path: "/readyz?verbose", entry: layout::READYZ, form: Form::Checks },
    Endpoint {
        path: "/debug/api_priority_and_fairness/dump_priority_levels",
        entry: layout::PRIORITY_LEVELS,
        form: Form::Table("PriorityLevelName"),
    },
    Endpoint {
        path: "/debug/api_priority_and_fairness/dump_queues",
        entry: layout::QUEUES,
        form: Form::Table("PriorityLevelName"),
    },
    Endpoint { path: "/metrics", entry: layout::APISERVER_METRICS, form: Form::Metrics },
    Endpoint { path: "/version", entry: layout::VERSION, form: Form::Json("gitVersion") },
];

/// What the API server serves: the core group, and all others. Documents of some megabytes where there are thousands
/// of kinds.
const DISCOVERY: [Endpoint; 2] = [
    Endpoint { path: "/api", entry: layout::API, form: Form::Discovery },
    Endpoint { path: "/apis", entry: layout::APIS, form: Form::Discovery },
];

/// In the order in which [`collect`] takes the items.
fn expect(options: &Options) -> Vec<String> {
    let discovery = DISCOVERY.iter().filter(|_| options.wants(&SOURCE) || options.wants(&objects::SOURCE));
    let others = ENDPOINTS.iter().filter(|_| options.wants(&SOURCE));
    discovery.chain(others).map(|endpoint| format!("API server {}", endpoint.path)).collect()
}

async fn collect(run: Arc<Run>, items: Vec<Item>) {
    let mut items = items.into_iter();
    for (endpoint, item) in DISCOVERY.iter().zip(items.by_ref()) {
        discover(&run, endpoint, item).await;
    }
    let others = ENDPOINTS.iter().zip(items).map(|(endpoint, item)| {
        let run = run.clone();
        Job::new(Rank::Rotating, item, move |item| async move {
            let response = raw_response::ask(&run, endpoint.path, endpoint.form, &SOURCE).await;
            raw_response::keep(&run, endpoint.entry, response, item).await;
        })
    });
    run.pool.submit(others.collect::<Vec<_>>());
}

/// Has what is served told to whoever waits for it: what the server says now, or what an older archive has.
async fn discover(run: &Arc<Run>, endpoint: &'static Endpoint, item: Item) {
    if let Some(base) = run.options.resume.as_ref().filter(|_| item.is_settled()) {
        let told = told_before(base, endpoint.entry).await;
        waiting(run, endpoint).publish(told);
        return;
    }
    let own = run.clone();
    run.pool.submit([Job::new(Rank::First, item, move |item| async move {
        let response = raw_response::ask(&own, endpoint.path, endpoint.form, &SOURCE).await;
        let told =
            response.as_ref().map(|response| Arc::new(response.body.clone())).map_err(|problem| problem.clone().into());
        raw_response::keep(&own, endpoint.entry, response, item).await;
        waiting(&own, endpoint).publish(told);
    })]);
}

async fn told_before(base: &BaseArchive, entry: &'static str) -> Result<Arc<Vec<u8>>, Closing> {
    let archive = base.archive().clone();
    let read = tokio::task::spawn_blocking(move || archive.read(entry, SOURCE.cap));
    let failed =
        |why: String| Closing::new(Status::Failed, format!("the older archive's {entry} cannot be read: {why}"));
    let body = read.await.map_err(|error| failed(error.to_string()))?;
    body.map(Arc::new).map_err(|error| failed(error.to_string()))
}

fn waiting<'a>(run: &'a Run, endpoint: &Endpoint) -> &'a Awaited<Arc<Vec<u8>>> {
    if endpoint.entry == layout::API { &run.inventory.core_api } else { &run.inventory.apis }
}
