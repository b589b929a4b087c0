//! What every kubelet tells of itself: its configuration, health, pods, and what they use.
//!
//! `metrics/cadvisor` is left out: it is by far the largest, and Prometheus mostly has it. The configuration names
//! files of keys but holds none; only two of its fields may hold a credential (KubeletConfiguration v1beta1 of
//! k8s.io/kubelet v0.34.4): the headers and the URL that static pods are fetched with. The values of the one and what
//! may be secret in the other are taken out. The rest holds names of pods, containers, images and volumes.

use crate::archive::format::Redaction;
use crate::archive::layout::{self, KubeletView};
use crate::model::Subject;
use crate::sources::run::Run;
use crate::sources::run::item::Item;
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::per_node;
use crate::sources::run::raw_response::{self, Form, RawResponse};
use crate::sources::wire::api;
use crate::sources::wire::urls;
use crate::sources::{Deadlines, Permission, Profile, Source};
use serde_json::Value;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "kubelet",
    title: "What kubelets tell of themselves",
    why: "how a node is configured, whether its kubelet is well, and which pods really run there and what they use",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &[
        "nodes/NODE/kubelet/configz.json",
        "nodes/NODE/kubelet/healthz.txt",
        "nodes/NODE/kubelet/metrics.txt",
        "nodes/NODE/kubelet/metrics-probes.txt",
        "nodes/NODE/kubelet/metrics-resource.txt",
        "nodes/NODE/kubelet/runningpods.json",
        "nodes/NODE/kubelet/stats-summary.json",
    ],
    profile: Profile::Quick,
    cap: 16 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "what the kubelets of all nodes tell"),
    run: |run, items| Box::pin(per_node::plan(run, items, ENDPOINTS, spec, collect)),
};

/// Something that a kubelet is asked for.
struct Endpoint {
    /// Below the kubelet's root.
    path: &'static str,
    view: KubeletView,
    form: Form,
}

/// Of k8s.io/kubernetes v1.34.4, pkg/kubelet/server/server.go. Where one is switched off, the kubelet answers 404 or
/// 405, which is `absent`.
const ENDPOINTS: &[Endpoint] = &[
    Endpoint { path: "healthz?verbose", view: KubeletView::Healthz, form: Form::Checks },
    Endpoint { path: "runningpods/", view: KubeletView::RunningPods, form: Form::Json("items") },
    Endpoint { path: "stats/summary", view: KubeletView::StatsSummary, form: Form::Json("node") },
    Endpoint { path: "metrics", view: KubeletView::Metrics, form: Form::Metrics },
    Endpoint { path: "metrics/probes", view: KubeletView::ProbeMetrics, form: Form::Metrics },
    Endpoint { path: "metrics/resource", view: KubeletView::ResourceMetrics, form: Form::Metrics },
    Endpoint { path: "configz", view: KubeletView::Configz, form: Form::Json(CONFIG) },
];

/// Under which the kubelet's configuration stands in `configz`.
const CONFIG: &str = "kubeletconfig";

fn spec(node: &str, endpoint: &Endpoint) -> ItemSpec {
    let subject = format!("{} {}", Subject::node(node), endpoint.path);
    ItemSpec::new(SOURCE.id, subject).entry(layout::kubelet(node, endpoint.view))
}

async fn collect(run: Arc<Run>, node: String, endpoint: &'static Endpoint, item: Item) {
    let path = format!("/api/v1/nodes/{}/proxy/{}", api::escaped(&node), endpoint.path);
    let entry = layout::kubelet(&node, endpoint.view);
    let mut response = raw_response::ask(&run, &path, endpoint.form, &SOURCE).await;
    if let (Ok(response), KubeletView::Configz) = (&mut response, endpoint.view) {
        for (rule, count) in redact(response) {
            let redaction = Redaction { rule: rule.to_owned(), entry: entry.clone(), count };
            if run.writer.redaction(redaction).await.is_err() {
                return;
            }
        }
    }
    raw_response::keep(&run, &entry, response, item).await;
}

/// Takes out of a configuration what may be a credential; gives the rules that applied, and how often each did.
fn redact(response: &mut RawResponse) -> Vec<(&'static str, u64)> {
    // What is no JSON has been refused before.
    let mut value: Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let mut counts = [("kubelet-static-pod-header", 0), ("kubelet-static-pod-url", 0)];
    let [(_, headers), (_, url)] = &mut counts;
    if let Some(config) = value.get_mut(CONFIG) {
        if let Some(Value::Object(header)) = config.get_mut("staticPodURLHeader") {
            *headers = header.len() as u64;
            header.values_mut().for_each(|value| *value = Value::Array(Vec::new()));
        }
        *url = config.get_mut("staticPodURL").map(urls::clean).unwrap_or_default();
    }
    let applied: Vec<_> = counts.into_iter().filter(|(_, count)| *count > 0).collect();
    if !applied.is_empty() {
        response.body = value.to_string().into_bytes();
    }
    applied
}
