//! The description of a node.
//!
//! Percentages are of what the node can allocate. Whether pods fit is not judged; only what they ask for is summed up.

use chrono::{DateTime, Utc};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::{Event, Node, NodeSpec, NodeStatus, Pod};

use super::age::{micro_moment, moment, rfc1123, since};
use super::events;
use super::fields::{self, text_of};
use super::quantity::{Amount, Amounts, canonical};
use super::resources::{self, Quantities};
use super::text::Text;

/// Prefix of labels that name a role (kubectl pkg/describe/describe.go, `LabelNodeRolePrefix`).
const ROLE_PREFIX: &str = "node-role.kubernetes.io/";

/// Label whose value names a role (kubectl pkg/describe/describe.go, `NodeLabelRole`).
const ROLE_LABEL: &str = "kubernetes.io/role";

/// What `kubectl describe node` prints for this node (kubectl pkg/describe/describe.go, `describeNode`).
///
/// `pods` may hold pods of any node and phase: those that run elsewhere or have ended are left out. `events` are those
/// that regard the node (see [`regards_node`](super::regards_node)), in any order; `now` is the moment ages count to.
pub fn node(node: &Node, lease: Option<&Lease>, pods: &[Pod], events: &[Event], now: DateTime<Utc>) -> String {
    let (no_spec, no_status) = (NodeSpec::default(), NodeStatus::default());
    let spec = node.spec.as_ref().unwrap_or(&no_spec);
    let status = node.status.as_ref().unwrap_or(&no_status);
    let mut text = Text::new();
    identity(&mut text, node, spec);
    lease_fields(&mut text, node, lease);
    conditions(&mut text, status);
    capacity(&mut text, status);
    system(&mut text, spec, status);
    let running = running_pods(node, pods);
    let allocatable = allocatable(status);
    pod_table(&mut text, &running, &allocatable, now);
    allocated(&mut text, &running, &allocatable);
    events::table(&mut text, listed_events(node, events), now);
    text.finish()
}

fn identity(text: &mut Text, node: &Node, spec: &NodeSpec) {
    let metadata = &node.metadata;
    text.field(0, "Name", text_of(&metadata.name));
    let mut roles: Vec<&str> = metadata
        .labels
        .iter()
        .flatten()
        .filter_map(|(key, value)| match key.strip_prefix(ROLE_PREFIX) {
            Some(role) => Some(role),
            None => (key == ROLE_LABEL).then_some(value.as_str()),
        })
        .filter(|role| !role.is_empty())
        .collect();
    roles.sort_unstable();
    roles.dedup();
    let roles = roles.join(",");
    text.field(0, "Roles", if roles.is_empty() { "<none>" } else { &roles });
    fields::labels(text, "Labels", metadata.labels.as_ref());
    fields::annotations(text, metadata.annotations.as_ref());
    let created = moment(metadata.creation_timestamp.as_ref());
    text.field(0, "CreationTimestamp", rfc1123(created));
    fields::taints(text, spec.taints.as_ref());
    text.field(0, "Unschedulable", spec.unschedulable.unwrap_or(false));
}

/// The lease; without one, what kubectl says when the API server has none either.
fn lease_fields(text: &mut Text, node: &Node, lease: Option<&Lease>) {
    let Some(lease) = lease else {
        let name = text_of(&node.metadata.name);
        let reason = format!("leases.coordination.k8s.io \"{name}\" not found");
        text.field(0, "Lease", format_args!("Failed to get lease: {reason}"));
        return;
    };
    let spec = lease.spec.clone().unwrap_or_default();
    let shown = |time| micro_moment(time).map_or("<unset>".to_owned(), |moment| rfc1123(Some(moment)));
    text.heading(0, "Lease");
    let holder = spec.holder_identity.as_deref().unwrap_or("<unset>");
    text.field(1, "HolderIdentity", holder);
    text.field(1, "AcquireTime", shown(spec.acquire_time.as_ref()));
    text.field(1, "RenewTime", shown(spec.renew_time.as_ref()));
}

/// Conditions; all cells but the last end in a blank, as kubectl's do.
fn conditions(text: &mut Text, status: &NodeStatus) {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    if conditions.is_empty() {
        return;
    }
    let titles = ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"];
    text.heading(0, "Conditions");
    text.line(1, titles.join("\t"));
    text.line(1, titles.map(|title| "-".repeat(title.len())).join("\t"));
    for condition in conditions {
        let heartbeat = rfc1123(moment(condition.last_heartbeat_time.as_ref()));
        let transition = rfc1123(moment(condition.last_transition_time.as_ref()));
        let cells = [
            condition.type_.as_str(),
            &condition.status,
            &heartbeat,
            &transition,
            text_of(&condition.reason),
            text_of(&condition.message),
        ];
        text.line(1, cells.join(" \t"));
    }
}

fn capacity(text: &mut Text, status: &NodeStatus) {
    text.heading(0, "Addresses");
    for address in status.addresses.iter().flatten() {
        text.field(1, &address.type_, &address.address);
    }
    let groups = [("Capacity", &status.capacity), ("Allocatable", &status.allocatable)];
    for (title, quantities) in groups {
        let Some(quantities) = quantities.as_ref().filter(|map| !map.is_empty()) else {
            continue;
        };
        text.heading(0, title);
        for (name, quantity) in quantities {
            text.field(1, name, canonical(quantity));
        }
    }
}

fn system(text: &mut Text, spec: &NodeSpec, status: &NodeStatus) {
    let info = status.node_info.clone().unwrap_or_default();
    text.heading(0, "System Info");
    text.fields(
        1,
        &[
            ("Machine ID", &info.machine_id),
            ("System UUID", &info.system_uuid),
            ("Boot ID", &info.boot_id),
            ("Kernel Version", &info.kernel_version),
            ("OS Image", &info.os_image),
            ("Operating System", &info.operating_system),
            ("Architecture", &info.architecture),
            ("Container Runtime Version", &info.container_runtime_version),
            ("Kubelet Version", &info.kubelet_version),
            ("Kube-Proxy Version", &info.kube_proxy_version),
        ],
    );
    let networks = spec.pod_cidrs.as_deref().unwrap_or_default().join(",");
    for (name, value) in
        [("PodCIDR", text_of(&spec.pod_cidr)), ("PodCIDRs", &networks), ("ProviderID", text_of(&spec.provider_id))]
    {
        if !value.is_empty() {
            text.field(0, name, value);
        }
    }
}

/// The node's pods that have not ended, in the order of an API list.
fn running_pods<'a>(node: &Node, pods: &'a [Pod]) -> Vec<&'a Pod> {
    let node_name = text_of(&node.metadata.name);
    let is_here = |pod: &Pod| {
        let spec = pod.spec.as_ref();
        spec.is_some_and(|spec| text_of(&spec.node_name) == node_name)
    };
    let has_ended = |pod: &Pod| {
        let phase = pod.status.as_ref().map_or("", |status| text_of(&status.phase));
        matches!(phase, "Succeeded" | "Failed")
    };
    let mut running: Vec<&Pod> = pods.iter().filter(|pod| is_here(pod) && !has_ended(pod)).collect();
    running.sort_by_cached_key(|pod| {
        let (namespace, name) = (&pod.metadata.namespace, &pod.metadata.name);
        format!("{}/{}", text_of(namespace), text_of(name))
    });
    running
}

/// What percentages refer to: allocatable amounts, or the capacity if none are reported.
fn allocatable(status: &NodeStatus) -> Amounts {
    let reported = |map: &&Quantities| !map.is_empty();
    let allocatable = status.allocatable.as_ref().filter(reported);
    resources::amounts(allocatable.or(status.capacity.as_ref()))
}

/// The pods and their share of the node (kubectl pkg/describe/describe.go, `describeNodeResource`).
fn pod_table(text: &mut Text, pods: &[&Pod], allocatable: &Amounts, now: DateTime<Utc>) {
    text.field(0, "Non-terminated Pods", format_args!("({} in total)", pods.len()));
    let titles = ["Namespace", "Name", "", "CPU Requests", "CPU Limits", "Memory Requests", "Memory Limits", "Age"];
    text.line(1, titles.join("\t"));
    text.line(1, titles.map(|title| "-".repeat(title.len())).join("\t"));
    for pod in pods {
        let (requests, limits) = (resources::pod_requests(pod), resources::pod_limits(pod));
        let mut cells =
            vec![text_of(&pod.metadata.namespace).to_owned(), text_of(&pod.metadata.name).to_owned(), String::new()];
        for resource in ["cpu", "memory"] {
            // Unlike the totals below, kubectl does not guard this division.
            cells.push(share(resource, &requests, allocatable, false));
            cells.push(share(resource, &limits, allocatable, false));
        }
        cells.push(since(moment(pod.metadata.creation_timestamp.as_ref()), now));
        text.line(1, cells.join("\t"));
    }
}

/// Totals per resource: the three standard ones, huge pages, then extended resources without percentages.
fn allocated(text: &mut Text, pods: &[&Pod], allocatable: &Amounts) {
    let (mut requests, mut limits) = (Amounts::new(), Amounts::new());
    for pod in pods {
        resources::add_all(&mut requests, &resources::pod_requests(pod));
        resources::add_all(&mut limits, &resources::pod_limits(pod));
    }
    text.heading(0, "Allocated resources");
    text.line(1, "(Total limits may be over 100 percent, i.e., overcommitted.)");
    text.line(1, "Resource\tRequests\tLimits");
    text.line(1, "--------\t--------\t------");
    let standard = ["cpu", "memory", "ephemeral-storage"];
    let others = || {
        let names = allocatable.keys().map(String::as_str);
        names.filter(|name| !standard.contains(name) && *name != "pods")
    };
    let is_huge = |name: &&str| name.starts_with("hugepages-");
    for name in standard.into_iter().chain(others().filter(is_huge)) {
        let request = share(name, &requests, allocatable, true);
        let limit = share(name, &limits, allocatable, true);
        text.line(1, format_args!("{name}\t{request}\t{limit}"));
    }
    for name in others().filter(|name| !is_huge(name)) {
        let shown = |amounts: &Amounts| amounts.get(name).map_or("0".to_owned(), Amount::text);
        let (request, limit) = (shown(&requests), shown(&limits));
        text.line(1, format_args!("{name}\t{request}\t{limit}"));
    }
}

/// An amount and its percentage of the node.
///
/// Go leaves the percentage of nothing to the processor; unguarded, it comes out here as on arm64 (0 or the largest
/// number), where amd64 would print the smallest number.
fn share(name: &str, amounts: &Amounts, allocatable: &Amounts, guarded: bool) -> String {
    let measure = |amounts: &Amounts| {
        amounts.get(name).map_or(0, |amount| match name {
            "cpu" => amount.thousandths(),
            _ => amount.units(),
        })
    };
    let whole = measure(allocatable);
    let fraction = if guarded && whole == 0 { 0.0 } else { measure(amounts) as f64 / whole as f64 * 100.0 };
    let amount = amounts.get(name).map_or("0".to_owned(), Amount::text);
    format!("{amount} ({}%)", fraction as i64)
}

/// Events under the node's uid first, then those under its name: kubectl asks for them in this order.
fn listed_events<'a>(node: &Node, events: &'a [Event]) -> Vec<&'a Event> {
    let mut listed = events::listed(events);
    let uid = text_of(&node.metadata.uid);
    listed.sort_by_key(|event| text_of(&event.involved_object.uid) != uid);
    listed
}
