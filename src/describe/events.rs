//! The Events table at the end of a description, and which events belong in it.
//!
//! An event is judged by the object it names, never by its text. The table shows the events it is given: choosing them
//! is the caller's work, with [`regards_pod`] and [`regards_node`].

use chrono::{DateTime, Utc};
use k8s_openapi::api::core::v1::{Event, Node, Pod};
use serde_json::{Map, Value};

use super::age::{micro_moment, moment, since};
use super::text::Text;

/// Annotation whose value stands for the pod's uid in events about a static pod (k8s.io/api/core/v1,
/// `MirrorPodAnnotationKey`).
const MIRROR_POD: &str = "kubernetes.io/config.mirror";

/// Whether `kubectl describe pod` would list this event for this pod: same name, namespace and uid, where a mirror pod
/// goes by the uid of its file (kubectl pkg/describe/describe.go, `PodDescriber.Describe`).
pub fn regards_pod(event: &Event, pod: &Pod) -> bool {
    let about = &event.involved_object;
    let metadata = &pod.metadata;
    let mirror = metadata.annotations.as_ref().and_then(|annotations| annotations.get(MIRROR_POD));
    let uid = mirror.or(metadata.uid.as_ref()).map_or("", String::as_str);
    plain(&about.name) == plain(&metadata.name)
        && plain(&about.namespace) == plain(&metadata.namespace)
        && (uid.is_empty() || plain(&about.uid) == uid)
}

/// Whether `kubectl describe node` would list this event for this node: the kubelet signs with the node's name in place
/// of its uid, other components with the uid (kubectl pkg/describe/describe.go, `NodeDescriber.Describe`).
pub fn regards_node(event: &Event, node: &Node) -> bool {
    let about = &event.involved_object;
    let name = plain(&node.metadata.name);
    let uid = plain(&about.uid);
    plain(&about.kind) == "Node"
        && plain(&about.name) == name
        && plain(&about.namespace).is_empty()
        && (uid == name || uid == plain(&node.metadata.uid))
}

/// Whether `kubectl describe` would list this event for an object of another kind: same kind, name, namespace and uid, as
/// far as the object has each (client-go kubernetes/typed/core/v1/event_expansion.go, `GetFieldSelector`).
pub fn regards_object(event: &Event, kind: &str, object: &Map<String, Value>) -> bool {
    let about = &event.involved_object;
    let of_object = |field: &str| {
        let metadata = object.get("metadata").and_then(|metadata| metadata.get(field));
        metadata.and_then(Value::as_str).unwrap_or_default()
    };
    let uid = of_object("uid");
    plain(&about.kind) == kind
        && plain(&about.name) == of_object("name")
        && plain(&about.namespace) == of_object("namespace")
        && (uid.is_empty() || plain(&about.uid) == uid)
}

/// Writes the table (kubectl pkg/describe/describe.go, `DescribeEvents`).
///
/// `events` must be in the order in which the API server would list them; see [`listed`].
pub(super) fn table(text: &mut Text, mut events: Vec<&Event>, now: DateTime<Utc>) {
    if events.is_empty() {
        text.field(0, "Events", "<none>");
        return;
    }
    text.flush();
    // kubectl sorts unstably: among events of the same second its order is an accident, and here it is the list's.
    events.sort_by_key(|event| moment(event.last_timestamp.as_ref()));
    text.heading(0, "Events");
    text.line(1, "Type\tReason\tAge\tFrom\tMessage");
    text.line(1, "----\t------\t----\t----\t-------");
    for event in events {
        let (kind, reason) = (plain(&event.type_), plain(&event.reason));
        let message = plain(&event.message).trim();
        let (age, origin) = (age(event, now), origin(event));
        text.line(1, format_args!("{kind}\t{reason}\t{age}\t{origin}\t{message}"));
    }
}

/// The events in the order of their storage keys, which is the order of an API list.
pub(super) fn listed(events: &[Event]) -> Vec<&Event> {
    let mut listed: Vec<&Event> = events.iter().collect();
    listed.sort_by_cached_key(|event| {
        let metadata = &event.metadata;
        format!("{}/{}", plain(&metadata.namespace), plain(&metadata.name))
    });
    listed
}

/// When it happened, and for repeated events how often over how long.
fn age(event: &Event, now: DateTime<Utc>) -> String {
    let started = micro_moment(event.event_time.as_ref()).or_else(|| moment(event.first_timestamp.as_ref()));
    let first = since(started, now);
    let count = event.count.unwrap_or(0);
    if let Some(series) = &event.series {
        let last = since(micro_moment(series.last_observed_time.as_ref()), now);
        format!("{last} (x{} over {first})", series.count.unwrap_or(0))
    } else if count > 1 {
        let last = since(moment(event.last_timestamp.as_ref()), now);
        format!("{last} (x{count} over {first})")
    } else {
        first
    }
}

/// The component that reported it.
fn origin(event: &Event) -> &str {
    let source = event.source.as_ref().map_or("", |source| plain(&source.component));
    if source.is_empty() { plain(&event.reporting_component) } else { source }
}

fn plain(value: &Option<String>) -> &str {
    value.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(value: Value) -> Event {
        serde_json::from_value(value).unwrap_or_default()
    }

    fn rendered(events: &[Event]) -> String {
        let now = DateTime::from_timestamp(1_000, 0).unwrap_or_default();
        let mut text = Text::new();
        table(&mut text, listed(events), now);
        text.finish()
    }

    #[test]
    fn no_events_is_said() {
        assert_eq!(rendered(&[]), "Events:  <none>\n");
    }

    #[test]
    fn repeated_events_show_count_and_span() {
        let counted = json!({
            "metadata": {"name": "b"}, "involvedObject": {}, "type": "Warning", "reason": "BackOff", "count": 3,
            "firstTimestamp": "1970-01-01T00:15:00Z", "lastTimestamp": "1970-01-01T00:16:30Z",
            "source": {"component": "kubelet"}, "message": " again \n",
        });
        let series = json!({
            "metadata": {"name": "a"}, "involvedObject": {}, "type": "Normal", "reason": "Scheduled",
            "eventTime": "1970-01-01T00:14:00.000000Z", "reportingComponent": "default-scheduler",
            "series": {"count": 2, "lastObservedTime": "1970-01-01T00:16:39.500000Z"}, "message": "m",
        });
        assert_eq!(
            rendered(&[event(counted), event(series)]),
            "Events:\n\
             \x20 Type     Reason     Age                 From               Message\n\
             \x20 ----     ------     ----                ----               -------\n\
             \x20 Normal   Scheduled  0s (x2 over 2m40s)  default-scheduler  m\n\
             \x20 Warning  BackOff    10s (x3 over 100s)  kubelet            again\n"
        );
    }

    #[test]
    fn a_node_goes_by_uid_or_by_name() {
        let node: Node =
            serde_json::from_value(json!({"metadata": {"name": "node-1", "uid": "u"}})).unwrap_or_default();
        for (uid, expected) in [("u", true), ("node-1", true), ("other", false)] {
            let object = json!({"kind": "Node", "name": "node-1", "uid": uid});
            let found = event(json!({"metadata": {}, "involvedObject": object}));
            assert_eq!(regards_node(&found, &node), expected, "{uid}");
        }
    }

    #[test]
    fn a_mirror_pod_goes_by_its_annotation() {
        let pod: Pod = serde_json::from_value(json!({"metadata": {
            "name": "etcd", "namespace": "kube-system", "uid": "api",
            "annotations": {MIRROR_POD: "file"},
        }}))
        .unwrap_or_default();
        for (uid, expected) in [("file", true), ("api", false)] {
            let object = json!({"name": "etcd", "namespace": "kube-system", "uid": uid});
            let found = event(json!({"metadata": {}, "involvedObject": object}));
            assert_eq!(regards_pod(&found, &pod), expected, "{uid}");
        }
    }
}
