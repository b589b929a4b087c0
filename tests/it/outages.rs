//! When a Service had no ready endpoint, as the records of its pods tell: also of those that are known by their events alone.

use crate::onsets::{Made, written};
use serde_json::json;

/// A Service and the two ReplicaSets of what it selects.
fn service() -> Made {
    let mut made = Made::default();
    let service =
        json!({"metadata": {"name": "a", "namespace": "shop", "uid": "s"}, "spec": {"selector": {"app": "a"}}});
    made.entries.insert("objects/namespaces/shop/services.jsonl".to_owned(), format!("{service}\n"));
    let set = |name: &str| {
        json!({"metadata": {"name": name, "namespace": "shop", "uid": name,
                "ownerReferences": [{"kind": "Deployment", "name": "a", "controller": true}]},
            "spec": {"replicas": 1, "template": {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": [{"name": "app",
                "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 30}}]}}}})
    };
    let sets = format!("{}\n{}\n", set("a-77"), set("a-88"));
    made.entries.insert("objects/namespaces/shop/replicasets.apps.jsonl".to_owned(), sets);
    made
}

/// With a pod of the newer set that came at one second and has been ready since another.
fn with_ready_pod(mut made: Made, created: i64, ready: i64) -> Made {
    made.pods.push(json!({
        "metadata": {"name": "a-88-ccccc", "namespace": "shop", "uid": "u-c", "labels": {"app": "a"}, "creationTimestamp": written(created),
            "ownerReferences": [{"kind": "ReplicaSet", "name": "a-88", "controller": true}]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "conditions": [
            {"type": "PodScheduled", "status": "True", "lastTransitionTime": written(created)},
            {"type": "Ready", "status": "True", "lastTransitionTime": written(ready)}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "state": {"running": {"startedAt": written(created + 2)}}}]},
    }));
    made
}

/// The only pod is replaced by another, which is gone by now too, and that one by a third.
fn replaced() -> Made {
    let set = |name| ["ReplicaSet", name];
    service()
        .event("Scheduled", ["Pod", "a-77-bbbbb"], (60, 1), "Successfully assigned shop/a-77-bbbbb to node-1")
        .event("Started", ["Pod", "a-77-bbbbb"], (62, 1), "Started container app")
        .event("SuccessfulDelete", set("a-77"), (600, 1), "Deleted pod: a-77-bbbbb")
        .event("Killing", ["Pod", "a-77-bbbbb"], (600, 1), "Stopping container app")
        .event("SuccessfulCreate", set("a-88"), (603, 1), "Created pod: a-88-ddddd")
        .event("Scheduled", SECOND, (603, 1), "Successfully assigned shop/a-88-ddddd to node-1")
        .event("SuccessfulCreate", set("a-88"), (2400, 1), "Created pod: a-88-ccccc")
}

const SECOND: [&str; 2] = ["Pod", "a-88-ddddd"];

#[test]
fn a_pod_that_never_started_and_is_gone_ends_no_outage() {
    let failed = "MountVolume.SetUp failed for volume \"data\" : mount failed";
    let waited = with_ready_pod(replaced().event("FailedMount", SECOND, (610, 20), failed), 2400, 2420);
    assert_eq!(waited.told("NoReadyEndpoints"), [("Endpoints/shop/a".to_owned(), 600, 600, Some(2420))]);
    let served = replaced().event("Started", SECOND, (606, 1), "Started container app");
    let served = with_ready_pod(served.event("Killing", SECOND, (2399, 1), "Stopping container app"), 2400, 2420);
    assert_eq!(served.told("NoReadyEndpoints"), [], "it served meanwhile");
}

#[test]
fn pods_that_came_in_the_place_of_others_and_never_got_well_are_no_endpoints() {
    let failing = "Readiness probe failed: HTTP probe failed with statuscode: 404";
    let started = replaced().event("Started", SECOND, (606, 1), "Started container app");
    let never = started.event("Unhealthy", SECOND, (610, 30), failing).event(
        "Killing",
        SECOND,
        (2399, 1),
        "Stopping container app",
    );
    let told = with_ready_pod(never, 2400, 2420).told("NoReadyEndpoints");
    assert_eq!(told, [("Endpoints/shop/a".to_owned(), 600, 600, Some(2420))]);
    // Nothing served before the first of them came: nobody lost anything.
    let first = service()
        .event("Scheduled", SECOND, (603, 1), "Successfully assigned shop/a-88-ddddd to node-1")
        .event("Started", SECOND, (606, 1), "Started container app")
        .event("Unhealthy", SECOND, (610, 30), failing)
        .event("Killing", SECOND, (2399, 1), "Stopping container app");
    assert_eq!(with_ready_pod(first, 2400, 2420).told("NoReadyEndpoints"), []);
}

#[test]
fn a_probe_that_failed_once_of_a_pod_that_stayed_ready_empties_no_service() {
    let failed = |ready| {
        let made = with_ready_pod(service(), 10, ready);
        let unhealthy = "Readiness probe failed: HTTP probe failed with statuscode: 503";
        made.event("Unhealthy", ["Pod", "a-88-ccccc"], (600, 1), unhealthy).told("NoReadyEndpoints")
    };
    assert_eq!(failed(20), []);
    let turned = failed(700);
    assert!(matches!(&turned[..], [(_, _, _, Some(700))]), "it turned not ready and was back: {turned:?}");
}
