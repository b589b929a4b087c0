//! What an analysis says of an archive with versions of objects, which need no process to be made.

use serde_json::{Value, json};
use std::fs;
use std::path::Path;

use crate::inputs::report;
use k8s_forensics::report::schema::Report;

/// What is told of an archive with these entries, whole paths or the kinds of versions in the namespace `shop`.
fn analysed(entries: &[(&str, &[Value])]) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |path: &str, text: String| {
        let path = folder.path().join("recording").join(path);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    let header = json!({
        "format": {"major": 1, "minor": 2}, "tool": "k8s-forensics 0.1.0", "cluster": {"uid": "u"}, "options": {}, "clocks": [],
        "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T09:10:00Z", "started_at": "2026-11-20T09:00:00Z",
    });
    write("meta/archive.json", header.to_string());
    for (plural, lines) in entries {
        let lines: Vec<String> = lines.iter().map(Value::to_string).collect();
        let path =
            if plural.contains('/') { (*plural).to_owned() } else { format!("history/namespaces/shop/{plural}.jsonl") };
        write(&path, lines.join("\n") + "\n");
    }
    report(&[folder.path().join("recording")])
}

fn line(second: &str, kind: &str, uid: &str, rest: (&str, Value)) -> Value {
    let mut line = json!({"at": format!("2026-11-20T09:05:{second}Z"), "type": kind, "uid": uid});
    line[rest.0] = rest.1;
    line
}

fn event(second: &str, about: (&str, &str), (reason, note, kind): (&str, &str, &str)) -> Value {
    let at = format!("2026-11-20T09:05:{second}Z");
    let uid = format!("{reason}-{second}");
    let event = json!({
        "metadata": {"name": uid, "namespace": "shop", "uid": uid}, "reason": reason, "message": note, "type": kind, "count": 1,
        "involvedObject": {"kind": about.0, "namespace": "shop", "name": about.1}, "firstTimestamp": at, "lastTimestamp": at,
    });
    line(second, "ADDED", &uid, ("object", event))
}

fn written(by: &str, second: &str) -> Value {
    json!([{"manager": by, "operation": "Update", "time": format!("2026-11-20T09:05:{second}Z")}])
}

/// A Deployment that is made, and seconds later gets an image that is nowhere; a pod of it is deleted then.
fn told() -> Report {
    let web = |image: &str| json!({"spec": {"containers": [{"name": "app", "image": image}]}});
    let made = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "d", "managedFields": written("kubectl-create", "27")},
        "spec": {"replicas": 1, "template": web("web:1")}});
    let changed =
        json!({"metadata": {"managedFields": written("kubectl-set", "31")}, "spec": {"template": web("web:nope")}});
    let rolled = |hash: &str| format!("Scaled up replica set web-{hash} to 1");
    let deployments = [line("27", "ADDED", "d", ("object", made)), line("31", "MODIFIED", "d", ("patch", changed))];
    let events = [
        event("27", ("Deployment", "web"), ("ScalingReplicaSet", &rolled("98ff68979"), "Normal")),
        event("31", ("Deployment", "web"), ("ScalingReplicaSet", &rolled("5788d85c9b"), "Normal")),
        event(
            "33",
            ("Pod", "web-5788d85c9b-dnbfh"),
            ("Failed", "Failed to pull image \"web:nope\": not found", "Warning"),
        ),
        event("33", ("Pod", "web-5788d85c9b-dnbfh"), ("Failed", "Error: ErrImagePull", "Warning")),
    ];
    let pod = json!({"metadata": {"name": "web-5788d85c9b-dnbfh", "namespace": "shop", "uid": "p", "creationTimestamp": "2026-11-20T09:05:31Z",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "web-5788d85c9b", "controller": true}]},
        "spec": {"nodeName": "n1", "containers": [{"name": "app", "image": "web:nope"}]}, "status": {"phase": "Pending"}});
    let mark = |at: &str, grace: u32| json!({"deletionTimestamp": format!("2026-11-20T09:{at}Z"), "deletionGracePeriodSeconds": grace});
    let ended = json!({"phase": "Failed", "containerStatuses": [{"name": "app",
        "state": {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": "2026-11-20T09:05:50Z"}}}]});
    let pods = [
        line("31", "ADDED", "p", ("object", pod)),
        line("45", "MODIFIED", "p", ("patch", json!({"metadata": mark("06:15", 30)}))),
        line("51", "MODIFIED", "p", ("patch", json!({"status": ended}))),
        line("52", "DELETED", "p", ("patch", json!({"metadata": mark("05:52", 0)}))),
    ];
    analysed(&[("deployments.apps", &deployments), ("events", &events), ("pods", &pods)])
}

#[test]
fn a_rollout_is_told_with_its_own_change_and_not_with_one_just_before() {
    let report = told();
    let trigger = report.factors.iter().find(|factor| factor.id == "changed-first").expect("a trigger");
    assert!(trigger.statement.contains("mage of app from web:1 to web:nope"), "{}", trigger.statement);
    assert!(!trigger.statement.contains("created"), "{}", trigger.statement);
    let made =
        |signal: &&k8s_forensics::report::schema::SignalRow| signal.title.contains("was created, by kubectl create");
    let made = report.signals.iter().find(made).expect("a signal");
    assert_eq!(made.count, 1, "{made:?}");
}

#[test]
fn a_pod_that_somebody_deleted_did_not_fail() {
    let report = told();
    let failed: Vec<&str> = report
        .signals
        .iter()
        .filter(|signal| signal.signal == "PodFailed")
        .map(|signal| signal.title.as_str())
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn what_a_pod_was_in_when_it_was_deleted_ended_with_it() {
    let waits = json!({"phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason": "ContainersNotReady",
        "lastTransitionTime": "2026-11-20T09:05:10Z"}], "containerStatuses": [{"name": "app", "restartCount": 4, "ready": false,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container=app"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-20T09:05:10Z"}}}]});
    let pod = json!({"metadata": {"name": "worker", "namespace": "shop", "uid": "p", "creationTimestamp": "2026-11-20T09:01:00Z"},
        "spec": {"nodeName": "n1", "restartPolicy": "Always", "containers": [{"name": "app", "image": "worker:1"}]}, "status": waits});
    let mark = json!({"metadata": {"deletionTimestamp": "2026-11-20T09:05:52Z", "deletionGracePeriodSeconds": 0}});
    let pods = [line("12", "ADDED", "p", ("object", pod)), line("52", "DELETED", "p", ("patch", mark))];
    let report = analysed(&[("pods", &pods)]);
    let crashes: Vec<_> = report.signals.iter().filter(|signal| signal.signal == "CrashLoopBackOff").collect();
    assert!(!crashes.is_empty(), "{:?}", report.signals);
    for signal in crashes {
        assert!(signal.to.as_ref().is_some_and(|to| to.starts_with("2026-11-20T09:05:52")), "{signal:?}");
        let ended_by = signal.ended_by.as_ref().expect("a record of its end");
        assert!(ended_by.text.contains("was deleted"), "{ended_by:?}");
    }
}

#[test]
fn pods_that_were_deleted_with_their_workload_were_never_well_again() {
    let workload = json!({"metadata": {"name": "worker", "namespace": "shop", "uid": "d", "creationTimestamp": "2026-11-20T09:01:00Z"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "worker"}}}});
    let set = json!({"metadata": {"name": "worker-5d8f", "namespace": "shop", "uid": "r", "creationTimestamp": "2026-11-20T09:01:00Z",
        "ownerReferences": [{"kind": "Deployment", "name": "worker", "controller": true}]}, "spec": {"replicas": 1}});
    let pod = json!({"metadata": {"name": "worker-5d8f-x2x4z", "namespace": "shop", "uid": "p", "creationTimestamp": "2026-11-20T09:01:00Z",
        "ownerReferences": [{"kind": "ReplicaSet", "name": "worker-5d8f", "controller": true}]},
        "spec": {"nodeName": "n1", "restartPolicy": "Always", "containers": [{"name": "app", "image": "worker:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 4, "ready": false,
        "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s restarting failed container=app"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": "2026-11-20T09:05:10Z"}}}]}});
    let mark = json!({"metadata": {"deletionTimestamp": "2026-11-20T09:05:40Z", "deletionGracePeriodSeconds": 0}});
    let of = |is_deleted: bool| {
        let mut workloads = vec![line("12", "SYNC", "d", ("object", workload.clone()))];
        if is_deleted {
            workloads.push(line("39", "DELETED", "d", ("patch", json!({}))));
        }
        let pods =
            [line("12", "SYNC", "p", ("object", pod.clone())), line("40", "DELETED", "p", ("patch", mark.clone()))];
        let sets = [line("12", "SYNC", "r", ("object", set.clone()))];
        let report = analysed(&[("deployments.apps", &workloads), ("replicasets.apps", &sets), ("pods", &pods)]);
        let row = report.impact.iter().find(|row| row.what.contains("Deployment/shop/worker"));
        row.map(|row| (row.end.clone(), row.to.clone().unwrap_or_default())).expect("an impact")
    };
    let (end, to) = of(true);
    assert!(end == "deleted" && to.starts_with("2026-11-20T09:05:40"), "{end} {to}");
    assert_ne!(of(false).0, "deleted", "another pod was to come in its place");
}

/// The signals of one kind: subject, when it began, when it ended, how often.
fn times<'a>(report: &'a Report, signal: &str) -> Vec<(&'a str, &'a str, &'a str, u64)> {
    let of = report.signals.iter().filter(|row| row.signal == signal);
    let second = |time: &'a str| time.get(14..19).unwrap_or_default();
    of.map(|row| (&*row.subject, second(&row.from), row.to.as_deref().map_or("", second), row.count)).collect()
}

#[test]
fn what_a_container_went_through_is_told_and_not_its_last_state_alone() {
    let ended = |second: u32| {
        json!({"terminated": {"exitCode": 1, "reason": "Error", "startedAt": "2026-11-20T09:05:01Z",
            "finishedAt": format!("2026-11-20T09:05:{second:02}Z"), "containerID": format!("containerd://{second}")}})
    };
    let waits =
        json!({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container=app"}});
    let runs = |second: u32| json!({"running": {"startedAt": format!("2026-11-20T09:05:{second:02}Z")}});
    let status = |restarts: u32, state: &Value, last: &Value| json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": restarts, "state": state, "lastState": last}]});
    let none = json!({});
    let pod = json!({"metadata": {"name": "worker", "namespace": "shop", "uid": "p", "creationTimestamp": "2026-11-20T09:05:00Z"},
        "spec": {"nodeName": "n1", "restartPolicy": "Always", "containers": [{"name": "app", "image": "worker:1"}]},
        "status": status(0, &runs(1), &none)});
    let to = |second: &str, status: Value| line(second, "MODIFIED", "p", ("patch", json!({"status": status})));
    let pods = [
        line("01", "ADDED", "p", ("object", pod.clone())),
        to("05", status(0, &ended(5), &none)),
        to("06", status(1, &runs(6), &ended(5))),
        to("09", status(1, &ended(9), &ended(5))),
        to("10", status(1, &waits, &ended(9))),
        to("20", status(2, &runs(19), &ended(9))),
        to("30", status(2, &ended(30), &ended(9))),
        to("31", status(2, &waits, &ended(30))),
        to("50", status(3, &runs(50), &ended(30))),
    ];
    let mut fetched = pod.clone();
    fetched["status"] = status(3, &runs(50), &ended(30));
    let fetched = [fetched];
    let recorded: (&str, &[Value]) = ("pods", &pods);
    let both = [recorded, ("objects/namespaces/shop/pods.jsonl", &fetched)];
    for entries in [&[recorded][..], &both[..]] {
        let report = analysed(entries);
        let pod = "Pod/shop/worker";
        assert_eq!(times(&report, "ContainerTerminated"), [(pod, "05:05", "05:09", 2), (pod, "05:30", "05:30", 1)]);
        assert_eq!(times(&report, "CrashLoopBackOff"), [(pod, "05:10", "05:19", 1), (pod, "05:31", "05:50", 1)]);
    }
}

#[test]
fn a_pod_that_is_killed_at_the_end_of_its_grace_period_did_not_fail() {
    let killed = json!({"phase": "Failed", "containerStatuses": [{"name": "app", "restartCount": 0,
        "state": {"terminated": {"exitCode": 137, "reason": "Error", "finishedAt": "2026-11-20T09:05:22Z"}}}]});
    let pod = json!({"metadata": {"name": "web", "namespace": "shop", "uid": "p", "creationTimestamp": "2026-11-20T09:01:00Z"},
        "spec": {"nodeName": "n1", "restartPolicy": "Always", "containers": [{"name": "app", "image": "web:1"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"running": {"startedAt": "2026-11-20T09:01:01Z"}}}]}});
    let mark = |at: &str, grace: u32| json!({"deletionTimestamp": at, "deletionGracePeriodSeconds": grace});
    let severity = |is_deleted: bool| {
        let mut pods = vec![line("01", "SYNC", "p", ("object", pod.clone()))];
        if is_deleted {
            pods.push(line("20", "MODIFIED", "p", ("patch", json!({"metadata": mark("2026-11-20T09:05:22Z", 2)}))));
        }
        pods.push(line("23", "MODIFIED", "p", ("patch", json!({"status": killed}))));
        if is_deleted {
            pods.push(line("24", "DELETED", "p", ("patch", json!({"metadata": mark("2026-11-20T09:05:22Z", 0)}))));
        }
        let report = analysed(&[("pods", &pods)]);
        let killed = report.signals.iter().find(|row| row.signal == "ContainerTerminated(SIGKILL)");
        killed.map(|row| row.severity.clone()).expect("its end")
    };
    assert_eq!(severity(true), "info");
    assert_eq!(severity(false), "warning", "nobody had told it to end");
}

#[test]
fn a_node_that_was_not_ready_for_a_while_is_told() {
    let ready = |status: &str, reason: &str, second: &str| {
        json!({"conditions": [{"type": "Ready", "status": status, "reason": reason, "lastTransitionTime": format!("2026-11-20T09:05:{second}Z"),
            "message": "Kubelet stopped posting node status."}]})
    };
    let node = json!({"metadata": {"name": "n1", "uid": "n", "creationTimestamp": "2026-11-20T08:00:00Z"}, "status": ready("True", "KubeletReady", "00")});
    let to = |second: &str, status: Value| line(second, "MODIFIED", "n", ("patch", json!({"status": status})));
    let nodes = [
        line("01", "SYNC", "n", ("object", node)),
        to("20", ready("Unknown", "NodeStatusUnknown", "20")),
        to("45", ready("True", "KubeletReady", "45")),
    ];
    let report = analysed(&[("history/cluster/nodes.jsonl", &nodes)]);
    assert_eq!(times(&report, "NodeNotReady"), [("Node/n1", "05:20", "05:45", 1)]);
}

#[test]
fn a_service_without_endpoints_is_followed_through_its_slices() {
    let slice = |ready: bool| {
        json!({"metadata": {"name": "api-x", "namespace": "shop", "uid": "s", "labels": {"kubernetes.io/service-name": "api"}},
            "endpoints": [{"addresses": ["10.0.0.1"], "conditions": {"ready": ready}}]})
    };
    let to = |second: &str, ready: bool| {
        line(second, "MODIFIED", "s", ("patch", json!({"endpoints": slice(ready)["endpoints"]})))
    };
    let slices = [line("01", "SYNC", "s", ("object", slice(true))), to("10", false), to("45", true), to("50", false)];
    let service = Some("Endpoints/shop/api");
    let of = |lines: &[Value]| {
        let report = analysed(&[("endpointslices.discovery.k8s.io", lines)]);
        let of = report.signals.iter().filter(|row| row.signal == "NoReadyEndpoints" && Some(&*row.subject) == service);
        of.map(|row| (row.from.clone(), row.to.clone())).collect::<Vec<_>>()
    };
    let time = |second: &str| format!("2026-11-20T09:05:{second}Z");
    assert_eq!(of(&slices[..3]), [(time("10"), Some(time("45")))]);
    assert_eq!(of(&slices[..2]), [(time("10"), None)], "it goes on");
}

#[test]
fn each_time_that_a_lock_was_taken_is_told_once() {
    let lease = |second: &str, holder: &str, transitions: u32| {
        json!({"metadata": {"name": "operator", "namespace": "shop", "uid": "l"}, "spec": {"holderIdentity": holder,
            "leaseDurationSeconds": 15, "acquireTime": format!("2026-11-20T09:05:{second}.000000Z"), "leaseTransitions": transitions}})
    };
    let taken = |second: &str, holder: &str, transitions: u32| {
        line(second, "MODIFIED", "l", ("patch", lease(second, holder, transitions)))
    };
    let lines = [
        line("01", "SYNC", "l", ("object", lease("00", "operator-a", 4))),
        taken("20", "operator-b", 5),
        taken("40", "operator-a", 6),
        // As another segment begins.
        line("50", "SYNC", "l", ("object", lease("40", "operator-a", 6))),
    ];
    let report = analysed(&[("leases.coordination.k8s.io", &lines)]);
    let taken: Vec<&str> = report
        .signals
        .iter()
        .filter(|signal| signal.signal == "LeaderElection")
        .flat_map(|signal| &signal.evidence)
        .map(|row| &*row.text)
        .collect();
    let told = |second: &str, transitions: u32, holder: &str| {
        format!("acquireTime 2026-11-20T09:05:{second}.000000Z leaseTransitions {transitions} holderIdentity {holder}")
    };
    for (second, transitions, holder) in [("00", 4, "operator-a"), ("20", 5, "operator-b"), ("40", 6, "operator-a")] {
        let told = told(second, transitions, holder);
        assert_eq!(taken.iter().filter(|quote| quote.contains(&told)).count(), 1, "{told}: {taken:?}");
    }
    let changed = report.signals.iter().find(|signal| signal.title.contains("was changed"));
    assert!(changed.is_none(), "a lock is no configuration: {changed:?}");
}

#[test]
fn a_quota_that_was_put_is_a_change_with_both_values() {
    let quota = |pods: &str| json!({"spec": {"hard": {"pods": pods}}});
    let mut first = quota("20");
    first["metadata"] =
        json!({"name": "shop", "namespace": "shop", "uid": "q", "managedFields": written("kubectl-create", "01")});
    let mut second = quota("2");
    second["metadata"] = json!({"managedFields": written("kubectl-patch", "30")});
    let lines = [
        line("01", "SYNC", "q", ("object", first)),
        line("30", "MODIFIED", "q", ("patch", second)),
        line("50", "DELETED", "q", ("patch", json!({}))),
    ];
    let report = analysed(&[("resourcequotas", &lines)]);
    let told: Vec<&str> = report
        .signals
        .iter()
        .filter(|signal| signal.subject == "ResourceQuota/shop/shop")
        .map(|signal| signal.title.as_str())
        .collect();
    assert!(told.iter().any(|title| title.contains("was deleted")), "{told:?}");
    assert!(told.iter().any(|title| title.contains("pods") && title.contains("20") && title.contains('2')), "{told:?}");
}
