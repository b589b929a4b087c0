//! What nodes and pods used, for `kubectl top`: as the metrics API told it, to whoever collected or to a recorder each minute,
//! or from what kubelets told of themselves, which is what that API rests on.

use super::resource::Resource;
use super::shelf::Filling;
use crate::archive::layout::{self, KubeletView};
use crate::inputs::{Inputs, Kind, ObjectKind};
use crate::model::EntryId;
use serde::Deserialize;
use serde_json::json;

/// The API's group.
pub const GROUP: &str = "metrics.k8s.io";
const VERSION: &str = "v1beta1";

/// The kinds of it, where a kubelet told anything, or a recorder has what the metrics API did.
pub fn resources(inputs: &Inputs) -> Vec<Resource> {
    let mut entries = (0..inputs.len()).filter_map(|number| inputs.entry(EntryId(u32::try_from(number).ok()?)));
    let is_of_it = |kind: &Kind| match kind {
        Kind::History { plural, .. } | Kind::Objects { of: ObjectKind::Plural(plural), .. } => is_usage(plural),
        _ => false,
    };
    if summaries(inputs).next().is_none() && !entries.any(|entry| is_of_it(entry.kind)) {
        return Vec::new();
    }
    let one = |plural: &str, kind: &str, namespaced| Resource {
        short: Vec::new(),
        singular: String::new(),
        ..Resource::named(&format!("{plural}.{GROUP}"), kind, VERSION, namespaced)
    };
    vec![one("nodes", "NodeMetrics", false), one("pods", "PodMetrics", true)]
}

/// Whether a kind is of the group, by its plural with its group.
pub fn is_usage(full: &str) -> bool {
    full.split_once('.').is_some_and(|(_, group)| group == GROUP)
}

/// Paths of what kubelets told.
fn summaries(inputs: &Inputs) -> impl Iterator<Item = &str> {
    let paths = inputs.paths().iter().map(String::as_str);
    paths.filter(|path| layout::parse_kubelet(path).is_some_and(|(_, view)| view == KubeletView::StatsSummary))
}

#[derive(Deserialize)]
struct Summary {
    node: NodeUse,
    #[serde(default)]
    pods: Vec<PodUse>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NodeUse {
    node_name: String,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PodUse {
    pod_ref: PodRef,
    #[serde(default)]
    containers: Vec<ContainerUse>,
}

#[derive(Deserialize)]
struct PodRef {
    name: String,
    namespace: String,
}

#[derive(Deserialize)]
struct ContainerUse {
    name: String,
    cpu: Option<Cpu>,
    memory: Option<Memory>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Cpu {
    #[serde(default)]
    time: String,
    usage_nano_cores: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Memory {
    working_set_bytes: Option<u64>,
}

/// CPU and memory as the metrics server writes them; none where one of them was not told.
fn usage(cpu: &Option<Cpu>, memory: &Option<Memory>) -> Option<serde_json::Value> {
    let cores = cpu.as_ref()?.usage_nano_cores?;
    let bytes = memory.as_ref()?.working_set_bytes?;
    Some(json!({"cpu": format!("{cores}n"), "memory": format!("{}Ki", bytes / 1024)}))
}

/// Adds what kubelets told of nodes or pods.
pub fn fill(inputs: &Inputs, plural: &str, filling: &mut Filling) {
    for path in summaries(inputs) {
        let Some(entry) = inputs.find(path) else { continue };
        let read = entry.text().ok().and_then(|text| serde_json::from_slice::<Summary>(&text).ok());
        let Some(summary) = read else { continue };
        let time = |cpu: &Option<Cpu>| cpu.as_ref().map(|cpu| cpu.time.clone()).unwrap_or_default();
        let mut add = |kind: &str, metadata: serde_json::Value, at: String, used: (&str, serde_json::Value)| {
            let json = json!({
                "kind": kind, "apiVersion": format!("{GROUP}/{VERSION}"), "metadata": metadata, "timestamp": at,
                "window": "10s", used.0: used.1,
            });
            filling.add(json.to_string().as_bytes(), entry.fetched);
        };
        if plural == "nodes" {
            let NodeUse { node_name, cpu, memory } = &summary.node;
            if let Some(usage) = usage(cpu, memory) {
                add("NodeMetrics", json!({"name": node_name}), time(cpu), ("usage", usage));
            }
            continue;
        }
        for pod in &summary.pods {
            let containers: Vec<_> = pod
                .containers
                .iter()
                .filter_map(|one| Some(json!({"name": one.name, "usage": usage(&one.cpu, &one.memory)?})))
                .collect();
            let Some(first) = pod.containers.first().filter(|_| !containers.is_empty()) else { continue };
            let metadata = json!({"name": pod.pod_ref.name, "namespace": pod.pod_ref.namespace});
            add("PodMetrics", metadata, time(&first.cpu), ("containers", containers.into()));
        }
    }
}
