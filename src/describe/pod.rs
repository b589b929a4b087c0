//! The description of a pod.
//!
//! Prints what the pod object and its events say and looks nothing up: a volume's claim or a config map's content stay
//! references, as in kubectl.

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::{Event, Pod, PodSpec, PodStatus, TopologySpreadConstraint};

use super::age::{moment, rfc1123, since};
use super::container::{Container, containers};
use super::fields::{self, seccomp, set_field, text_of};
use super::text::Text;
use super::{events, resources, volume};

/// What `kubectl describe pod` prints for this pod (kubectl pkg/describe/describe.go, `describePod`).
///
/// `events` are those that regard the pod (see [`regards_pod`](super::regards_pod)), in any order; `now` is the moment
/// ages count to.
pub fn pod(pod: &Pod, events: &[Event], now: DateTime<Utc>) -> String {
    let (no_spec, no_status) = (PodSpec::default(), PodStatus::default());
    let spec = pod.spec.as_ref().unwrap_or(&no_spec);
    let status = pod.status.as_ref().unwrap_or(&no_status);
    let mut text = Text::new();
    identity(&mut text, pod, spec, status);
    state(&mut text, pod, status, now);
    network(&mut text, pod, spec, status);
    if let Some(requirements) = &spec.resources {
        text.heading(0, "Resources");
        resources::requirements(&mut text, requirements, 1);
    }
    all_containers(&mut text, pod, spec, status);
    conditions(&mut text, spec, status);
    volume::volumes(&mut text, spec.volumes.as_deref().unwrap_or_default());
    scheduling(&mut text, spec, status);
    events::table(&mut text, events::listed(events), now);
    text.finish()
}

fn identity(text: &mut Text, pod: &Pod, spec: &PodSpec, status: &PodStatus) {
    text.field(0, "Name", text_of(&pod.metadata.name));
    text.field(0, "Namespace", text_of(&pod.metadata.namespace));
    if let Some(priority) = spec.priority {
        text.field(0, "Priority", priority);
    }
    set_field(text, 0, "Priority Class Name", &spec.priority_class_name);
    set_field(text, 0, "Runtime Class Name", &spec.runtime_class_name);
    set_field(text, 0, "Service Account", &spec.service_account_name);
    match text_of(&spec.node_name) {
        "" => text.field(0, "Node", "<none>"),
        node => text.field(0, "Node", format_args!("{node}/{}", text_of(&status.host_ip))),
    }
    if let Some(start) = &status.start_time {
        text.field(0, "Start Time", rfc1123(moment(Some(start))));
    }
    fields::labels(text, "Labels", pod.metadata.labels.as_ref());
    fields::annotations(text, pod.metadata.annotations.as_ref());
}

fn state(text: &mut Text, pod: &Pod, status: &PodStatus, now: DateTime<Utc>) {
    let phase = text_of(&status.phase);
    match &pod.metadata.deletion_timestamp {
        Some(deleted) if !matches!(phase, "Failed" | "Succeeded") => {
            let lasting = since(moment(Some(deleted)), now);
            text.field(0, "Status", format_args!("Terminating (lasts {lasting})"));
            if let Some(seconds) = pod.metadata.deletion_grace_period_seconds {
                text.field(0, "Termination Grace Period", format_args!("{seconds}s"));
            }
        }
        _ => text.field(0, "Status", phase),
    }
    set_field(text, 0, "Reason", &status.reason);
    set_field(text, 0, "Message", &status.message);
}

fn network(text: &mut Text, pod: &Pod, spec: &PodSpec, status: &PodStatus) {
    let context = spec.security_context.as_ref();
    if let Some(profile) = context.and_then(|context| context.seccomp_profile.as_ref()) {
        seccomp(text, profile, 0, 0);
    }
    text.field(0, "IP", text_of(&status.pod_ip));
    match status.pod_ips.as_deref() {
        None | Some([]) => text.field(0, "IPs", "<none>"),
        Some(addresses) => {
            text.heading(0, "IPs");
            for address in addresses {
                text.field(1, "IP", &address.ip);
            }
        }
    }
    let owners = pod.metadata.owner_references.iter().flatten();
    if let Some(owner) = owners.into_iter().find(|owner| owner.controller == Some(true)) {
        text.field(0, "Controlled By", format_args!("{}/{}", owner.kind, owner.name));
    }
    set_field(text, 0, "NominatedNodeName", &status.nominated_node_name);
}

fn all_containers(text: &mut Text, pod: &Pod, spec: &PodSpec, status: &PodStatus) {
    let initial: Vec<Container> = spec.init_containers.iter().flatten().map(Container::from).collect();
    let main: Vec<Container> = spec.containers.iter().map(Container::from).collect();
    let ephemeral: Vec<Container> = spec.ephemeral_containers.iter().flatten().map(Container::from).collect();
    if !initial.is_empty() {
        let statuses = status.init_container_statuses.as_deref();
        containers(text, "Init Containers", &initial, statuses, pod);
    }
    let statuses = status.container_statuses.as_deref();
    containers(text, "Containers", &main, statuses, pod);
    if !ephemeral.is_empty() {
        let statuses = status.ephemeral_container_statuses.as_deref();
        containers(text, "Ephemeral Containers", &ephemeral, statuses, pod);
    }
}

/// Readiness gates and conditions; their cells end in a blank, as kubectl's do.
fn conditions(text: &mut Text, spec: &PodSpec, status: &PodStatus) {
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let gates = spec.readiness_gates.as_deref().unwrap_or_default();
    if !gates.is_empty() {
        text.heading(0, "Readiness Gates");
        text.line(1, "Type\tStatus");
    }
    for gate in gates {
        let met = conditions.iter().find(|condition| condition.type_ == gate.condition_type);
        let met = met.map_or("<none>", |condition| condition.status.as_str());
        text.line(1, format_args!("{} \t{met} ", gate.condition_type));
    }
    if !conditions.is_empty() {
        text.heading(0, "Conditions");
        text.line(1, "Type\tStatus");
    }
    for condition in conditions {
        text.line(1, format_args!("{} \t{} ", condition.type_, condition.status));
    }
}

fn scheduling(text: &mut Text, spec: &PodSpec, status: &PodStatus) {
    let recorded = text_of(&status.qos_class);
    let class = if recorded.is_empty() { resources::qos_class(spec) } else { recorded };
    text.field(0, "QoS Class", class);
    fields::labels(text, "Node-Selectors", spec.node_selector.as_ref());
    fields::tolerations(text, spec.tolerations.as_ref());
    let constraints = spec.topology_spread_constraints.as_deref().unwrap_or_default();
    let mut sorted: Vec<&TopologySpreadConstraint> = constraints.iter().collect();
    if sorted.is_empty() {
        return;
    }
    sorted.sort_by(|left, right| left.topology_key.cmp(&right.topology_key));
    let shown = sorted.into_iter().map(spread_constraint);
    fields::listing(text, "Topology Spread Constraints", shown);
}

fn spread_constraint(constraint: &TopologySpreadConstraint) -> String {
    let TopologySpreadConstraint { topology_key, when_unsatisfiable, max_skew, .. } = constraint;
    let mut shown = format!("{topology_key}:{when_unsatisfiable} when max skew {max_skew} is exceeded");
    if let Some(selector) = &constraint.label_selector {
        shown.push_str(" for selector ");
        shown.push_str(&fields::selector(selector));
    }
    shown
}
