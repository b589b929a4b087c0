//! What the API server tells of itself: health, metrics and load of the API server, the APIs it serves, and whom it
//! asks before it stores an object.
//!
//! Of API Priority and Fairness the priority levels and their queues are kept, which are numbers only. The third dump
//! (`dump_requests`) is not asked for: it has a row for every request that waits, with user names and request paths.
//! Discovery lists and metrics name kinds, resources and webhooks. A webhook's `caBundle` is public; what may be a
//! credential in its URL is taken out. API services and webhook
//! configurations are objects, and stand among them.

use super::listing;
use super::objects::{Kind, Request};
use crate::archive::layout;
use crate::sources::run::item::Item;
use crate::sources::run::pool::{Job, Rank};
use crate::sources::run::whole::{self, Form};
use crate::sources::run::{Options, Run};
use crate::sources::{Permission, Source};
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "control-plane",
    title: "What the API server tells of itself",
    why: "whether the API server was well or overloaded, and which webhooks and API services stood in its way",
    permissions: &[
        Permission::urls(&[
            "/api",
            "/apis",
            "/debug/api_priority_and_fairness/dump_priority_levels",
            "/debug/api_priority_and_fairness/dump_queues",
            "/livez",
            "/metrics",
            "/readyz",
            "/version",
        ]),
        Permission::new(
            "admissionregistration.k8s.io",
            "mutatingwebhookconfigurations,validatingwebhookconfigurations",
            &["list"],
        ),
        Permission::new("apiregistration.k8s.io", "apiservices", &["list"]),
    ],
    paths: &[
        "controlplane/api.json",
        "controlplane/apis.json",
        "controlplane/apiserver.metrics.txt",
        "controlplane/livez.txt",
        "controlplane/priority-levels.csv",
        "controlplane/queues.csv",
        "controlplane/readyz.txt",
        "controlplane/version.json",
        "objects/cluster/apiservices.apiregistration.k8s.io.jsonl",
        "objects/cluster/mutatingwebhookconfigurations.admissionregistration.k8s.io.jsonl",
        "objects/cluster/validatingwebhookconfigurations.admissionregistration.k8s.io.jsonl",
    ],
    cap: 32 * 1024 * 1024,
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
    Endpoint { path: "/api", entry: layout::API, form: Form::Json("versions") },
    Endpoint { path: "/apis", entry: layout::APIS, form: Form::Json("groups") },
];

static KINDS: [Kind; 3] = [
    Kind::new("apiregistration.k8s.io", "v1", "apiservices").cluster(),
    Kind::new("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations").cluster(),
    Kind::new("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations").cluster(),
];

/// In the order in which [`collect`] takes the items.
fn expect(options: &Options) -> Vec<String> {
    if !options.wants(&SOURCE) {
        return Vec::new();
    }
    let endpoints = ENDPOINTS.iter().map(|endpoint| format!("API server {}", endpoint.path));
    let kinds = KINDS.iter().map(Kind::full_name);
    endpoints.chain(kinds).collect()
}

async fn collect(run: Arc<Run>, items: Vec<Item>) {
    let mut items = items.into_iter();
    let endpoints = ENDPOINTS.iter().zip(items.by_ref()).map(|(endpoint, item)| {
        let run = run.clone();
        Job::new(Rank::Rotating, item, move |item| async move {
            let got = whole::ask(&run, endpoint.path, endpoint.form, SOURCE.cap).await;
            whole::keep(&run, endpoint.entry, got, item).await;
        })
    });
    run.pool.submit(endpoints.collect::<Vec<_>>());
    let kinds = KINDS.iter().zip(items).map(|(kind, item)| {
        let (run, request) = (run.clone(), Request { kind, namespace: None, field_selector: None });
        Job::new(Rank::Lasting, item, move |item| async move {
            // Nobody else needs the list, and its outcome is recorded.
            let _ = listing::list(&run, &request, item, None).await;
        })
    });
    run.pool.submit(kinds.collect::<Vec<_>>());
}
