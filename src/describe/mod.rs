//! What `kubectl describe` would have printed, from objects fetched earlier: of nodes and pods with all that is known of
//! them, of every other kind as of a custom resource, field by field.
//!
//! The layout, the wording and the order of fields follow kubectl 1.34 (k8s.io/kubectl v0.34.4, pkg/describe) line for
//! line, so that an archived description reads like the one an operator knows. Nothing here talks to a cluster, reads
//! the clock or redacts anything: the caller brings objects that are safe to print and the moment ages count from.
//! Times are in UTC. A field that is absent is left out or empty where kubectl would have crashed on it.

mod age;
mod container;
mod environment;
mod events;
mod fields;
mod label;
mod node;
mod object;
mod pod;
mod probe;
mod quantity;
mod resources;
mod text;
mod volume;
mod volume_backend;

pub use age::{human_duration, short_human_duration};
pub use events::{regards_node, regards_object, regards_pod};
pub use node::node;
pub use object::object;
pub use pod::pod;

#[cfg(test)]
mod tests {
    use chrono::{DateTime, Utc};
    use k8s_openapi::api::core::v1::{Event, Node, Pod};
    use serde_json::Value;

    /// An input and what kubectl 1.34.4 printed for it.
    ///
    /// Most were recorded from a lab cluster during an incident, with `now` the second of the recording; events
    /// and the pods of `node-with-pods` are cut down to what a description reads. The `every-field` ones are made up, and
    /// their text was printed by kubectl's pkg/describe on a fake client.
    macro_rules! recorded {
        ($name:literal) => {
            (
                include_str!(concat!("../../tests/data/describe/", $name, ".json")),
                include_str!(concat!("../../tests/data/describe/", $name, ".txt")),
            )
        };
    }

    const PODS: [(&str, &str); 3] =
        [recorded!("pod-evicted"), recorded!("pod-oom-killed"), recorded!("pod-every-field")];

    const NODES: [(&str, &str); 3] =
        [recorded!("node-memory-pressure"), recorded!("node-with-pods"), recorded!("node-every-field")];

    fn part<T: serde::de::DeserializeOwned>(input: &Value, name: &str) -> T {
        serde_json::from_value(input[name].clone()).expect(name)
    }

    fn parsed(input: &str) -> (Value, Vec<Event>, DateTime<Utc>) {
        let input: Value = serde_json::from_str(input).expect("recorded JSON");
        let (events, now) = (part(&input, "events"), part(&input, "now"));
        (input, events, now)
    }

    #[test]
    fn recorded_pods_are_described_as_by_kubectl() {
        for (input, expected) in PODS {
            let (input, events, now) = parsed(input);
            let pod: Pod = part(&input, "object");
            assert!(events.iter().all(|event| super::regards_pod(event, &pod)));
            assert_eq!(super::pod(&pod, &events, now), expected);
        }
    }

    #[test]
    fn recorded_nodes_are_described_as_by_kubectl() {
        for (input, expected) in NODES {
            let (input, events, now) = parsed(input);
            let node: Node = part(&input, "object");
            let (lease, pods): (Option<_>, Vec<Pod>) = (part(&input, "lease"), part(&input, "pods"));
            assert!(events.iter().all(|event| super::regards_node(event, &node)));
            assert_eq!(super::node(&node, lease.as_ref(), &pods, &events, now), expected);
        }
    }

    #[test]
    fn any_object_is_described_as_by_kubectl() {
        let (input, expected) = recorded!("object-every-field");
        let (input, events, now) = parsed(input);
        let object = input["object"].as_object().expect("an object");
        assert!(events.iter().all(|event| super::regards_object(event, "Widget", object)));
        assert_eq!(super::object(object, &events, now), expected);
    }

    #[test]
    fn empty_objects_are_described_without_a_panic() {
        let now = DateTime::default();
        let events = [Event::default()];
        let pod = Pod::default();
        assert!(super::pod(&pod, &events, now).starts_with("Name:         \nNamespace:    \n"));
        let object = super::object(&serde_json::Map::new(), &events, now);
        assert!(object.starts_with("Name:         \nNamespace:    \n"), "{object}");
        let node = super::node(&Node::default(), None, &[pod], &events, now);
        assert!(node.contains("\nNon-terminated Pods:          (0 in total)\n"), "{node}");
    }
}
