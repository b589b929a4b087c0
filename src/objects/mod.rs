//! The few fields of Kubernetes objects that the program reads, typed: once for those that collect and those that
//! analyse.
//!
//! Reading a line into these is an order of magnitude faster than into a generic tree, and a field that an older or
//! newer cluster writes differently costs that field's default, not the object: `null` where a list, map or text
//! belongs is an empty one, and an unreadable time costs the time. Field names are those of the API (Kubernetes API
//! reference, core/v1, apps/v1, coordination.k8s.io/v1).

mod custom_kinds;
mod event;
pub mod kinds;
mod lease;
mod lenient;
mod meta;
mod node;
mod pod;
mod pod_status;
pub mod user;

pub use event::{Event, EventSeries, EventSource, Reference};
pub use lease::{Lease, LeaseSpec};
pub use lenient::{Time, lenient_count, lenient_time, or_default, parse_time};
pub use meta::{Condition, ManagedFields, Meta, OwnerReference, Typed};
pub use node::{Address, Node, NodeInfo, NodeSpec, NodeStatus};
pub use pod::{
    ClaimVolume, Container, EnvFrom, EnvVar, NameRef, Pod, PodSpec, Projected, ProjectedSource, Resources,
    SecretVolume, Spread, Toleration, ValueFrom, Volume, is_usual_wait,
};
pub use pod_status::{ContainerState, ContainerStatus, PodStatus, Running, Terminated, Waiting};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_null_or_odd_costs_no_more_than_its_field() {
        let line = r#"{"metadata":{"name":"a","namespace":null,"labels":null,"creationTimestamp":"yesterday","future":{}},
            "spec":{"containers":[{"name":"app","image":"i","env":null,"resources":null}],"initContainers":null},
            "status":{"phase":null,"conditions":null,"containerStatuses":[{"name":"app","state":null,"lastState":{}}]}}"#;
        let pod: Pod = serde_json::from_str(line).expect("a pod");
        assert_eq!((pod.metadata.name.as_str(), pod.metadata.creation_timestamp, pod.node()), ("a", None, None));
        assert_eq!((pod.spec.containers.len(), pod.status.container_statuses.len()), (1, 1));
        let bare: Pod = serde_json::from_str(r#"{"metadata":{"name":"a"},"spec":null,"status":null}"#).expect("a pod");
        assert_eq!((bare.status.phase.as_str(), bare.uids().next()), ("", None));
        serde_json::from_str::<Node>(r#"{"spec":null,"status":{"addresses":null}}"#).expect("a node");
        for time in ["7", "-7.5", "null", "true", r#""soon""#, r#"{"a":[1]}"#, "[[],{}]"] {
            let lease =
                format!(r#"{{"metadata":{{"name":"a"}},"spec":{{"renewTime":{time},"leaseDurationSeconds":40}}}}"#);
            let lease: Lease = serde_json::from_str(&lease).expect("a lease");
            assert_eq!((lease.spec.renew_time, lease.spec.lease_duration_seconds), (None, Some(40)), "{time}");
        }
    }

    #[test]
    fn a_static_pod_has_two_uids() {
        let pod = |meta: &str| serde_json::from_str::<Pod>(&format!(r#"{{"metadata":{{{meta}}}}}"#)).expect("a pod");
        let mirror = pod(r#""name":"etcd","uid":"mirror","annotations":{"kubernetes.io/config.hash":"static"}"#);
        assert_eq!(mirror.uids().collect::<Vec<_>>(), ["static", "mirror"]);
        assert_eq!(pod(r#""name":"a","uid":"one""#).uids().collect::<Vec<_>>(), ["one"]);
    }

    #[test]
    fn fields_of_a_writer_are_read_when_they_are_asked_for() {
        let written = r#"{"manager":"kubectl","time":"2026-11-21T07:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}}"#;
        let written: ManagedFields = serde_json::from_str(written).expect("a writer");
        assert!(written.fields().pointer("/f:spec/f:replicas").is_some());
        let none: ManagedFields = serde_json::from_str(r#"{"manager":"kubectl","fieldsV1":null}"#).expect("a writer");
        assert!(none.fields().is_null());
    }

    #[test]
    fn both_apis_tell_of_the_same_event() {
        let core = r#"{"reason":"Killing","message":"m","type":"Normal","count":3,"involvedObject":{"kind":"Pod","name":"a"},"lastTimestamp":"2026-11-21T07:00:00Z"}"#;
        let events = r#"{"reason":"Killing","note":"m","type":"Normal","deprecatedCount":"3","regarding":{"kind":"Pod","name":"a"},"deprecatedLastTimestamp":"2026-11-21T07:00:00Z"}"#;
        let read = |text: &str| serde_json::from_str::<Event>(text).expect("an event");
        let (core, events) = (read(core), read(events));
        assert_eq!((&core.message, core.count, core.last_timestamp), (&events.message, 3, events.last_timestamp));
        assert_eq!((core.involved_object.name.as_str(), events.count), ("a", 3));
    }
}
