//! Descriptions: a pod and a node as the objects that they describe, and of every kind the events at the end.
//!
//! Source: kubectl, pkg/describe/describe.go. What a description leaves out, as the times of a pod's conditions and the
//! values of its volumes, is left out of the object too.

use super::{Place, Printed, event, events, occurrences};
use crate::evidence::findings::Findings;
use crate::evidence::{nodes, pods};
use crate::logline::kubectl::age::Age;
use crate::logline::kubectl::described::{self, Inner, Object};
use crate::objects::{
    Address, Condition, Container, ContainerState, ContainerStatus, Event, Meta, Node, NodeInfo, NodeSpec, NodeStatus,
    OwnerReference, Pod, PodSpec, PodStatus, Reference, Running, Terminated, Time, Waiting,
};
use chrono::{DateTime, Datelike};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Reads the descriptions of an entry.
pub fn read(text: &[u8], printed: Printed, place: Place, found: &mut Findings) {
    let text = String::from_utf8_lossy(text);
    let mut number = 0;
    for object in described::objects(&text) {
        number += 1;
        let place = Place { line: u32::try_from(object.line).unwrap_or(u32::MAX), ..place };
        let node = match object.kind {
            "Pod" => {
                let pod = pod(&object, printed);
                let node = pod.spec.node_name.clone();
                pods::add(place, pod, found);
                node
            }
            "Node" => {
                nodes::add(place, &self::node(&object), found);
                object.field("Name").unwrap_or_default().to_owned()
            }
            _ => String::new(),
        };
        read_events(&object, &node, printed, place, found);
    }
    if number == 0 {
        found.unreadable(place, "no description of a kind that is known");
    }
}

/// Reads the events at the end. The kubelet that reports them is that of the node that the object is on.
fn read_events(object: &Object<'_>, node: &str, printed: Printed, place: Place, found: &mut Findings) {
    let Some((columns, rows)) = object.table("Events") else { return };
    let at = |name: &str| columns.position(&[name]);
    let wanted = (at("Type"), at("Reason"), at("Age"), at("From"), at("Message"));
    let (Some(kind), Some(reason), Some(age), Some(from), Some(message)) = wanted else { return };
    let involved = Reference {
        kind: object.kind.to_owned(),
        namespace: object.field("Namespace").unwrap_or_default().to_owned(),
        name: object.field("Name").unwrap_or_default().to_owned(),
        ..Reference::default()
    };
    for (line, row) in rows {
        let place = Place { line: u32::try_from(line).unwrap_or(u32::MAX), ..place };
        let cells = columns.cells(row);
        let cell = |column: usize| cells.as_ref().and_then(|cells| cells.get(column).copied()).unwrap_or_default();
        if cells.is_none() || cell(reason).is_empty() {
            found.unreadable(place, "no row of the events above");
            continue;
        }
        let (first, last, count) = match occurrences(cell(age), printed) {
            Ok(times) => times,
            Err(why) => {
                found.unreadable(place, why);
                continue;
            }
        };
        let mut source = event::source(cell(from));
        if source.host.is_empty() && source.component == "kubelet" {
            node.clone_into(&mut source.host);
        }
        let container = event::container_in(cell(message)).filter(|_| object.kind == "Pod");
        let field_path = container.map(|name| format!("spec.containers{{{name}}}")).unwrap_or_default();
        let event = Event {
            kind: cell(kind).to_owned(),
            reason: cell(reason).to_owned(),
            message: cell(message).to_owned(),
            involved_object: Reference { field_path, ..involved.clone() },
            source,
            count,
            ..Event::default()
        };
        let citation = found.cite(place, row.trim());
        events::add(&event, (first, last), citation, found);
    }
}

/// A time as descriptions have it, of RFC 1123 with a zone. The zero time is none.
fn time(text: &str) -> Time {
    DateTime::parse_from_rfc2822(text).ok().map(|at| at.to_utc()).filter(|at| at.year() > 1)
}

/// Name and namespace, labels, and the times that a description says of an object itself.
fn meta(object: &Object<'_>) -> Meta {
    let text = |field: &str| object.field(field).unwrap_or_default().to_owned();
    let label = |text: &str| text.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let labels: BTreeMap<String, String> = object.values("Labels").into_iter().filter_map(label).collect();
    let owner = object.field("Controlled By").and_then(|owner| owner.split_once('/'));
    let owner = owner.map(|(kind, name)| OwnerReference { kind: kind.into(), name: name.into(), controller: true });
    Meta {
        name: text("Name"),
        namespace: text("Namespace"),
        creation_timestamp: object.field("CreationTimestamp").and_then(time),
        labels,
        owner_references: owner.into_iter().collect(),
        ..Meta::default()
    }
}

fn pod(object: &Object<'_>, printed: Printed) -> Pod {
    let text = |field: &str| object.field(field).unwrap_or_default().to_owned();
    let node = object.field("Node").map(|node| node.split('/').next().unwrap_or_default()).unwrap_or_default();
    let mut metadata = meta(object);
    let status = object.field("Status").unwrap_or_default();
    let mut phase = status;
    if let Some(lasts) = status.strip_prefix("Terminating") {
        // Its time to be deleted has come so long ago.
        let lasts = lasts.trim().strip_prefix("(lasts ").and_then(|text| text.strip_suffix(')'));
        metadata.deletion_timestamp = lasts.and_then(|text| printed.before(Age::of(text)?)).map(|moment| moment.time);
        let grace = object.field("Termination Grace Period").and_then(|text| text.strip_suffix('s')?.parse().ok());
        metadata.deletion_grace_period_seconds = grace;
        phase = "";
    }
    let (mut spec, mut pod_status) = (PodSpec::default(), PodStatus::default());
    for (section, is_init) in [("Init Containers", true), ("Containers", false), ("Ephemeral Containers", false)] {
        let (containers, statuses) = containers(object.below(section));
        if is_init {
            (spec.init_containers, pod_status.init_container_statuses) = (containers, statuses);
        } else {
            spec.containers.extend(containers);
            pod_status.container_statuses.extend(statuses);
        }
    }
    node.clone_into(&mut spec.node_name);
    phase.clone_into(&mut pod_status.phase);
    (pod_status.reason, pod_status.message) = (text("Reason"), text("Message"));
    pod_status.start_time = object.field("Start Time").and_then(time);
    pod_status.conditions =
        object.table("Conditions").into_iter().flat_map(|(_, rows)| rows).filter_map(turned).collect();
    Pod { metadata, spec, status: pod_status }
}

/// A condition of a pod: its type and status, and nothing more.
fn turned((_, row): (usize, &str)) -> Option<Condition> {
    let mut words = row.split_whitespace();
    let (kind, status) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Condition { kind, status, ..Condition::default() })
}

/// Where in the lines of containers one is.
#[derive(Default)]
struct Part<'a> {
    /// The field that the lines below belong to.
    field: &'a str,
    state: Option<&'a str>,
}

fn containers<'a>(lines: impl Iterator<Item = Inner<'a>>) -> (Vec<Container>, Vec<ContainerStatus>) {
    let (mut containers, mut statuses): (Vec<Container>, Vec<ContainerStatus>) = (Vec::new(), Vec::new());
    let mut part = Part::default();
    for line in lines {
        let Some((name, value)) = line.field() else { continue };
        if line.indent == 2 {
            containers.push(Container { name: name.to_owned(), ..Container::default() });
            statuses.push(ContainerStatus { name: name.to_owned(), ..ContainerStatus::default() });
            part = Part::default();
            continue;
        }
        let (Some(container), Some(status)) = (containers.last_mut(), statuses.last_mut()) else { continue };
        match line.indent {
            4 => {
                part = Part { field: name, state: None };
                field((name, value), container, status);
                let state = match name {
                    "State" => &mut status.state,
                    "Last State" => &mut status.last_state,
                    _ => continue,
                };
                *state = begun(value);
                part.state = Some(name);
            }
            6 => match (part.state, part.field) {
                (Some("State"), _) => of_state((name, value), &mut status.state),
                (Some(_), _) => of_state((name, value), &mut status.last_state),
                (None, "Requests") => drop(container.resources.requests.insert(name.to_owned(), json!(value))),
                (None, "Limits") => drop(container.resources.limits.insert(name.to_owned(), json!(value))),
                _ => {}
            },
            _ => {}
        }
    }
    (containers, statuses)
}

fn field((name, value): (&str, &str), container: &mut Container, status: &mut ContainerStatus) {
    match name {
        "Image" => value.clone_into(&mut container.image),
        "Image ID" => value.clone_into(&mut status.image_id),
        "Container ID" => value.clone_into(&mut status.container_id),
        "Ready" => status.ready = Some(value == "True"),
        "Restart Count" => status.restart_count = value.parse().unwrap_or_default(),
        "Restart Policy" => value.clone_into(&mut container.restart_policy),
        "Liveness" => container.liveness_probe = Some(probe(value)),
        "Readiness" => container.readiness_probe = Some(probe(value)),
        "Startup" => container.startup_probe = Some(probe(value)),
        _ => {}
    }
}

/// `http-get http://:8080/ delay=0s timeout=1s period=2s #success=1 #failure=3` (describeProbe).
fn probe(text: &str) -> Value {
    let number = |name: &str| {
        let word = text.split_whitespace().find_map(|word| word.strip_prefix(name))?;
        word.trim_end_matches('s').parse::<i64>().ok()
    };
    let fields = [
        ("initialDelaySeconds", "delay="),
        ("timeoutSeconds", "timeout="),
        ("periodSeconds", "period="),
        ("successThreshold", "#success="),
        ("failureThreshold", "#failure="),
    ];
    fields.into_iter().filter_map(|(field, name)| Some((field.to_owned(), json!(number(name)?)))).collect()
}

fn begun(word: &str) -> ContainerState {
    match word {
        "Waiting" => ContainerState { waiting: Some(Waiting::default()), ..ContainerState::default() },
        "Running" => ContainerState { running: Some(Running::default()), ..ContainerState::default() },
        "Terminated" => ContainerState { terminated: Some(Terminated::default()), ..ContainerState::default() },
        _ => ContainerState::default(),
    }
}

fn of_state((name, value): (&str, &str), state: &mut ContainerState) {
    if let Some(waiting) = &mut state.waiting {
        match name {
            "Reason" => value.clone_into(&mut waiting.reason),
            "Message" => value.clone_into(&mut waiting.message),
            _ => {}
        }
    }
    if let (Some(running), "Started") = (&mut state.running, name) {
        running.started_at = time(value);
    }
    if let Some(ended) = &mut state.terminated {
        match name {
            "Reason" => value.clone_into(&mut ended.reason),
            "Message" => value.clone_into(&mut ended.message),
            "Exit Code" => ended.exit_code = value.parse().unwrap_or_default(),
            "Started" => ended.started_at = time(value),
            "Finished" => ended.finished_at = time(value),
            _ => {}
        }
    }
}

fn node(object: &Object<'_>) -> Node {
    let text = |field: &str| object.field(field).unwrap_or_default().to_owned();
    let (columns, rows) = object.table("Conditions").unzip();
    let at = |name: &str| columns.as_ref().and_then(|columns| columns.position(&[name]));
    let places = ["Type", "Status", "LastHeartbeatTime", "LastTransitionTime", "Reason", "Message"].map(at);
    let condition = |(_, row): (usize, &str)| {
        let cells = columns.as_ref()?.cells(row)?;
        let [kind, status, beat, turned, reason, message] =
            places.map(|place| place.and_then(|place| cells.get(place).copied()).unwrap_or_default());
        let [kind, status, reason, message] = [kind, status, reason, message].map(str::to_owned);
        let (last_transition_time, last_heartbeat_time) = (time(turned), time(beat));
        let condition = Condition { kind, status, reason, message, ..Condition::default() };
        Some(Condition { last_transition_time, last_heartbeat_time, ..condition })
    };
    let inner = |section: &'static str, name: &str| {
        let mut fields = object.below(section).filter_map(|line| line.field());
        fields.find(|(field, _)| *field == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
    };
    let addresses = object.below("Addresses").filter_map(|line| line.field());
    let address = |(kind, address): (&str, &str)| Address { kind: kind.to_owned(), address: address.to_owned() };
    Node {
        metadata: meta(object),
        spec: NodeSpec {
            unschedulable: object.field("Unschedulable") == Some("true"),
            provider_id: text("ProviderID"),
        },
        status: NodeStatus {
            conditions: rows.into_iter().flatten().filter_map(condition).collect(),
            addresses: addresses.map(address).collect(),
            node_info: NodeInfo {
                machine_id: inner("System Info", "Machine ID"),
                system_uuid: inner("System Info", "System UUID"),
                kubelet_version: inner("System Info", "Kubelet Version"),
                container_runtime_version: inner("System Info", "Container Runtime Version"),
                kernel_version: inner("System Info", "Kernel Version"),
                os_image: inner("System Info", "OS Image"),
            },
        },
    }
}
