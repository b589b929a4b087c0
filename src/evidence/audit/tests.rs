//! Whole logs: lines as kube-apiserver v1.34 writes them, and what is told of them.

use super::*;
use crate::model::EntryId;
use proptest::prelude::*;
use serde_json::{Value, json};

/// An event of a request that ended.
fn event(id: u32, time: &str, user: &str, (verb, resource, name): (&str, &str, &str)) -> Value {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": format!("527a905d-11be-49be-b5e5-{id:012}"), "stage": "ResponseComplete",
        "requestURI": format!("/apis/{group}/v1/namespaces/shop/{resource}/{name}?fieldManager=kubectl"),
        "verb": verb,
        "user": {"username": user, "uid": "aws-iam-authenticator:111122223333:JANE", "groups": ["developers-of-jane"], "extra": {"sessionName": ["jane.doe"]}},
        "sourceIPs": ["203.0.113.7"], "userAgent": "kubectl/v1.34.1 (darwin/arm64) kubernetes/93248f9",
        "objectRef": {"resource": resource, "namespace": "shop", "name": name, "apiGroup": group, "apiVersion": "v1", "subresource": subresource},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": format!("2026-11-27T{time}.100000Z"), "stageTimestamp": format!("2026-11-27T{time}.112345Z"),
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "RBAC: allowed by ClusterRoleBinding \"jane-admin\" to User \"jane.doe\""},
    })
}

const JANE: &str = "jane.doe@example.com";

fn with(mut event: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().expect("an object") {
        event.as_object_mut().expect("an object").insert(name.clone(), value.clone());
    }
    event
}

fn refused(event: Value, code: u16, message: &str) -> Value {
    with(event, json!({"responseStatus": {"metadata": {}, "status": "Failure", "message": message, "code": code}}))
}

fn begun(event: Value) -> Value {
    let at = event.get("requestReceivedTimestamp").expect("a time").clone();
    with(event, json!({"stage": "RequestReceived", "responseStatus": null, "stageTimestamp": at}))
}

fn found(events: &[Value]) -> Findings {
    let mut found = Findings::default();
    let mut log = Log::new(EntryId(0));
    for (number, event) in (1..).zip(events) {
        log.line(number, event.to_string().as_bytes()).expect("an event");
    }
    found.audit.push(log);
    tell(&mut found);
    found
}

/// `TIME SUBJECT: what was told`, in the order of telling.
fn told(found: &Findings) -> Vec<String> {
    let said = |fact: Fact<'_>| {
        let at = fact.at.time.format("%T%.3f");
        match fact.record {
            Record::Change { what, .. } => format!("{at} {}: {what}", fact.subject),
            Record::Request { what, message, .. } => format!("{at} {} {what} ×{}: {message}", fact.subject, fact.count),
            _ => panic!("{fact:?}"),
        }
    };
    found.facts.iter().map(said).collect()
}

fn deployment(image: &str, replicas: u32) -> Value {
    json!({"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "api", "namespace": "shop", "generation": replicas},
        "spec": {"replicas": replicas, "template": {"spec": {"containers": [{"name": "app", "image": image, "env": [{"name": "PASSWORD", "value": "hunter2"}]}]}}}})
}

#[test]
fn each_write_is_a_change_by_a_kind_of_actor() {
    let api = ("patch", "deployments.apps", "api");
    let controller = "system:serviceaccount:kube-system:deployment-controller";
    let events = [
        with(
            event(1, "10:00:00", JANE, ("create", "deployments.apps", "api")),
            json!({"responseObject": deployment("shop/api:1", 3)}),
        ),
        with(event(2, "10:01:00", JANE, api), json!({"responseObject": deployment("shop/api:2", 3)})),
        // The controller writes its revision: nothing that anybody set differs.
        with(
            event(3, "10:01:01", controller, ("update", "deployments.apps", "api")),
            json!({"responseObject": deployment("shop/api:2", 3)}),
        ),
        event(4, "10:01:02", controller, ("update", "deployments.apps/status", "api")),
        with(
            event(
                5,
                "10:02:00",
                "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
                ("update", "deployments.apps/scale", "api"),
            ),
            json!({"responseObject": {"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": {"name": "api"}, "spec": {"replicas": 5}}}),
        ),
        event(6, "10:03:00", JANE, ("delete", "deployments.apps", "api")),
        event(7, "10:04:00", JANE, ("create", "pods/eviction", "api-0")),
        event(8, "10:04:01", JANE, ("create", "pods/exec", "api-0")),
        event(9, "10:04:02", "system:node:node-1", ("delete", "pods", "api-0")),
        with(
            event(10, "10:05:00", JANE, ("patch", "deployments.apps", "dry")),
            json!({"requestURI": "/apis/apps/v1/x?dryRun=All"}),
        ),
        event(11, "10:06:00", JANE, ("deletecollection", "pods", "")),
    ];
    assert_eq!(
        told(&found(&events)),
        [
            "10:00:00.100 Deployment/shop/api: was created, by a person with kubectl",
            "10:01:00.100 Deployment/shop/api: image of app from shop/api:1 to shop/api:2, by a person with kubectl",
            "10:02:00.100 Deployment/shop/api: replicas from 3 to 5, by the horizontal-pod-autoscaler",
            "10:03:00.100 Deployment/shop/api: was deleted, by a person with kubectl",
            "10:06:00.100 Namespace/shop: pods were deleted together, by a person with kubectl",
            "10:04:00.100 Pod/shop/api-0: its eviction was asked for, by a person with kubectl",
            "10:04:02.100 Pod/shop/api-0: was deleted, by node node-1",
        ]
    );
}

#[test]
fn without_bodies_of_answers_a_patch_tells_what_it_named() {
    let settings = ("patch", "configmaps", "settings");
    let events = [
        with(event(1, "10:00:00", JANE, settings), json!({"requestObject": {"data": {"history-mb-per-worker": "64"}}})),
        event(2, "10:30:00", JANE, ("update", "configmaps", "settings")),
        with(
            event(3, "10:40:00", JANE, ("patch", "deployments.apps", "api")),
            json!({"requestObject": {"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": "2026-11-27T10:40:00Z"}}}}}}),
        ),
    ];
    assert_eq!(
        told(&found(&events)),
        [
            "10:00:00.100 ConfigMap/shop/settings: history-mb-per-worker was written, by a person with kubectl",
            "10:30:00.100 ConfigMap/shop/settings: was written, by a person with kubectl",
            "10:40:00.100 Deployment/shop/api: a restart of its pods was asked for, by a person with kubectl",
        ]
    );
}

#[test]
fn of_an_object_that_is_applied_whole_items_are_named_and_labels_last() {
    let listener = |name: &str, port: u16| json!({"name": name, "port": port, "protocol": "HTTP"});
    let gateway = json!({
        "kind": "Gateway", "metadata": {"labels": {"team": "edge"}},
        "spec": {"gatewayClassName": "eg", "listeners": [listener("http", 80), listener("admin", 81)]},
    });
    let container = json!({"name": "app", "image": "shop/api:2"});
    let image = json!({"spec": {"template": {"spec": {"containers": [container]}}}});
    let applied = event(1, "10:00:00", JANE, ("patch", "gateways.gateway.networking.k8s.io", "public"));
    let set = event(2, "10:01:00", JANE, ("patch", "deployments.apps", "api"));
    let events = [with(applied, json!({"requestObject": gateway})), with(set, json!({"requestObject": image}))];
    let fields =
        "gatewayClassName, listeners[admin], listeners[http], label team were written, by a person with kubectl";
    assert_eq!(
        told(&found(&events)),
        [
            "10:01:00.100 Deployment/shop/api: image of app was written, by a person with kubectl".to_owned(),
            format!("10:00:00.100 Gateway/shop/public: {fields}"),
        ]
    );
}

#[test]
fn what_is_written_again_and_again_and_twice_in_the_logs_is_told_once() {
    let mut events: Vec<Value> = (0..50)
        .map(|n| {
            event(
                n,
                &format!("10:{n:02}:00"),
                "system:serviceaccount:ops:operator",
                ("update", "daemonsets.apps", "agent"),
            )
        })
        .collect();
    events.extend(events.clone());
    events.push(event(99, "10:50:00", "system:node:node-1", ("update", "leases.coordination.k8s.io", "node-1")));
    let found = found(&events);
    assert_eq!(told(&found), ["10:00:00.100 DaemonSet/shop/agent: was written, by ServiceAccount ops/operator"]);
    assert_eq!(found.facts.iter().map(|fact| fact.count).collect::<Vec<_>>(), [50]);
}

#[test]
fn refusals_are_told_without_what_the_answer_says_of_users() {
    let forbidden = r#"deployments.apps "api" is forbidden: User "jane.doe@example.com" cannot patch resource"#;
    let patch = ("patch", "deployments.apps", "api");
    let node = "system:node:node-1";
    let lease = ("update", "leases.coordination.k8s.io", "node-1");
    let events = [
        refused(event(1, "10:00:00", JANE, patch), 403, forbidden),
        refused(event(2, "10:00:01", JANE, patch), 403, forbidden),
        refused(
            event(3, "10:00:02", JANE, patch),
            403,
            r#"admission webhook "validate.policy.example" denied the request: jane.doe may not use password hunter2"#,
        ),
        refused(
            event(4, "10:00:03", JANE, ("create", "pods", "big")),
            403,
            r#"pods "big" is forbidden: exceeded quota: compute, requested: limits.memory=1Gi, used: limits.memory=4Gi, limited: limits.memory=4Gi"#,
        ),
        refused(
            event(5, "10:00:04", JANE, ("create", "pods/eviction", "api-0")),
            429,
            "Cannot evict pod as it would violate the pod's disruption budget.",
        ),
        refused(
            event(6, "10:00:05", node, lease),
            504,
            "Timeout: request did not complete within requested timeout - context deadline exceeded",
        ),
        refused(event(7, "10:00:06", node, ("get", "pods", "gone")), 404, r#"pods "gone" not found"#),
        refused(event(8, "10:00:07", node, ("list", "pods", "")), 429, "Too many requests, please try again later."),
        refused(
            event(9, "10:00:08", JANE, patch),
            500,
            r#"Internal error occurred: failed calling webhook "mutate.mesh.example": failed to call webhook: Post "https://mesh.guard.svc:443/mutate?timeout=10s": dial tcp 10.96.0.9:443: connect: connection refused"#,
        ),
        refused(event(10, "10:30:00", node, lease), 504, "etcdserver: request timed out"),
        with(
            refused(event(11, "10:40:00", node, ("get", "", "")), 500, ""),
            json!({"requestURI": "/readyz", "objectRef": null}),
        ),
    ];
    let found = found(&events);
    let mut told = told(&found);
    told.sort();
    assert_eq!(
        told,
        [
            "10:00:00.100 Client/kubectl refused ×2: patch deployments.apps by a person with kubectl was answered with 403",
            "10:00:02.100 Deployment/shop/api webhook-denied ×1: patch deployments.apps by a person with kubectl was answered with 403: admission webhook \"validate.policy.example\" denied it",
            "10:00:03.100 Pod/shop/big quota-exceeded ×1: create pods by a person with kubectl was answered with 403: exceeded quota: compute, requested: limits.memory=1Gi",
            "10:00:04.100 Pod/shop/api-0 eviction-refused ×1: create pods/eviction by a person with kubectl was answered with 429: its disruption budget did not allow it",
            "10:00:05.100 APIServer failed ×1: update leases.coordination.k8s.io by node node-1 was answered with 504: context deadline exceeded",
            "10:00:07.100 Node/node-1 throttled ×1: list pods by node node-1 was answered with 429",
            "10:00:08.100 Deployment/shop/api webhook-failed ×1: patch deployments.apps by a person with kubectl was answered with 500: failed calling webhook \"mutate.mesh.example\": https://mesh.guard.svc",
            "10:30:00.100 APIServer failed ×1: update leases.coordination.k8s.io by node node-1 was answered with 504: etcdserver: request timed out",
            "10:40:00.100 Node/node-1 refused ×1: get no resource by node node-1 was answered with 500",
        ]
    );
}

#[test]
fn a_request_without_its_end_is_told_where_the_log_goes_on() {
    let node = "system:node:node-1";
    let lease = ("update", "leases.coordination.k8s.io", "node-1");
    let stalled = [
        begun(event(1, "10:00:00", node, lease)),
        begun(event(2, "10:00:01", node, lease)),
        // It ended.
        begun(event(3, "10:00:02", node, lease)),
        with(event(3, "10:00:02", node, lease), json!({"stageTimestamp": "2026-11-27T10:00:59.9Z"})),
        // A watch lasts.
        begun(event(4, "10:00:03", node, ("watch", "pods", ""))),
        // Too near to the end of the log to tell.
        begun(event(5, "10:02:00", node, lease)),
        event(6, "10:02:30", node, ("get", "nodes", "node-1")),
    ];
    assert_eq!(
        told(&found(&stalled)),
        [
            "10:00:00.100 APIServer never-ended ×2: 2 requests to update leases.coordination.k8s.io by node node-1: the log has their beginning, goes on for more than 70 s, and has no end of them"
        ]
    );
    // Without the stage RequestReceived nothing is told.
    let ends = [event(1, "10:00:00", node, lease), event(2, "10:10:00", node, lease)];
    assert!(told(&found(&ends)).is_empty());
    let panicked = [with(event(1, "10:00:00", node, lease), json!({"stage": "Panic"}))];
    assert_eq!(told(&found(&panicked)).len(), 1);
}

#[test]
fn an_end_in_the_next_file_is_an_end() {
    let lease = ("update", "leases.coordination.k8s.io", "node-1");
    let of = |entry: u32, events: &[Value]| {
        let mut log = Log::new(EntryId(entry));
        for event in events {
            log.line(1, event.to_string().as_bytes()).expect("an event");
        }
        log
    };
    let first =
        of(0, &[begun(event(1, "10:00:00", "system:node:n", lease)), event(2, "10:05:00", "system:node:n", lease)]);
    let second = of(1, &[event(1, "10:00:00", "system:node:n", lease)]);
    let mut both = Findings { audit: vec![first, second], ..Findings::default() };
    tell(&mut both);
    assert!(told(&both).is_empty());
}

#[test]
fn slow_minutes_and_the_client_that_floods_are_told() {
    let mut events = Vec::new();
    let mut id = 0;
    for minute in 0..10 {
        let count = if minute == 7 { 700 } else { 20 };
        for request in 0..count {
            id += 1;
            let time = format!("10:{minute:02}:{:02}", request % 60);
            events.push(event(id, &time, "system:serviceaccount:ops:operator", ("list", "pods", "")));
        }
        for request in 0..20 {
            id += 1;
            let get = event(id, &format!("10:{minute:02}:{request:02}"), "system:node:n-1", ("get", "configmaps", "a"));
            let late = json!({"stageTimestamp": format!("2026-11-27T10:{minute:02}:58.1Z")});
            events.push(if minute == 4 { with(get, late) } else { get });
        }
    }
    assert_eq!(
        told(&found(&events)),
        [
            "10:04:00.100 APIServer slow ×20: 20 of 40 requests took longer than 1 s, the longest 58.0 s (get configmaps)",
            "10:07:00.100 ServiceAccount/ops/operator flood ×700: 700 requests in a minute, half of all or more, most to list pods; usually it sends 20",
        ]
    );
}

#[test]
fn what_our_own_archive_counts_of_reads_finds_the_client_that_floods() {
    let mut log = Log::new(EntryId(0));
    for minute in 0..10 {
        // As `collect --audit` writes it.
        let count = if minute == 7 { 9000 } else { 40 };
        let line = format!(
            r#"{{"minute":"2026-11-27T10:{minute:02}:00Z","class":"serviceaccount","user":"system:serviceaccount:ops:operator","program":"operator/v1","verb":"list","resource":"pods","code":200,"count":{count},"max_ms":12}}"#
        );
        log.counts(minute + 1, line.as_bytes()).expect("counts");
    }
    assert!(log.counts(11, b"{\"count\":-1}").is_err());
    log.counts(12, b"{}").expect("nothing of a minute");
    let mut found = Findings { audit: vec![log], ..Findings::default() };
    tell(&mut found);
    assert_eq!(
        told(&found),
        [
            "10:07:00.000 ServiceAccount/ops/operator flood ×9000: 9000 requests in a minute, half of all or more, most to list pods; usually it sends 40"
        ]
    );
}

#[test]
fn what_managed_fields_and_revisions_say_of_the_same_write_is_not_told_again() {
    let patch = with(
        event(1, "10:01:00", JANE, ("patch", "deployments.apps", "api")),
        json!({"requestObject": {"spec": {"replicas": 3}}}),
    );
    let mut log = Log::new(EntryId(0));
    log.line(1, patch.to_string().as_bytes()).expect("an event");
    let mut found = Findings { audit: vec![log], ..Findings::default() };
    let place = Place { entry: EntryId(1), line: 1, fetched: DateTime::UNIX_EPOCH };
    let subject = Subject::namespaced("Deployment", "shop", "api");
    for (time, what) in [
        ("10:01:00", "spec (replicas) was written by kubectl patch"),
        ("10:01:02", "rolled out anew: image of app from a to b"),
        ("10:09:00", "spec (replicas) was written by kubectl patch"),
    ] {
        let at = format!("2026-11-27T{time}Z").parse().expect("a time");
        let change =
            crate::evidence::changes::Change { at, what: what.to_owned(), by: "kubectl-patch", quote: String::new() };
        crate::evidence::changes::push(place, &subject, change, &mut found);
    }
    tell(&mut found);
    assert_eq!(
        told(&found),
        [
            "10:09:00.000 Deployment/shop/api: spec (replicas) was written by kubectl patch",
            "10:01:00.100 Deployment/shop/api: replicas was written, by a person with kubectl",
        ]
    );
}

#[test]
fn why_a_line_cannot_be_read_says_nothing_of_what_stands_in_it() {
    let line = r#"{"auditID":"a","stage":"ResponseComplete","user":"hunter2"}"#;
    let error = Log::new(EntryId(0)).line(1, line.as_bytes()).expect_err("no event");
    let why = unreadable(&error, line.as_bytes(), 1 << 20);
    assert!(why.contains("column") && !why.contains("hunter2"), "{why}");
    let error = Log::new(EntryId(0)).line(1, br#"{"auditID":"a"#).expect_err("cut");
    assert_eq!(unreadable(&error, b"{", 1 << 20), "an event of an audit log that was cut");
    assert!(unreadable(&error, b"{", 1).contains("more than 1 bytes"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn nothing_of_a_person_and_no_value_gets_out(name in "[a-z]{7,12}", secret in "[a-z]{13,20}", code in prop_oneof![Just(200_u16), Just(403), Just(409), Just(500)]) {
        let patch = event(1, "10:00:00", &format!("{name}@example.com"), ("patch", "secrets", "token"));
        let body = json!({"kind": "Secret", "metadata": {"name": "token", "annotations": {"a": secret}}, "data": {"key": secret}});
        let patch = with(patch, json!({"requestObject": body, "responseObject": body, "sourceIPs": [secret], "userAgent": format!("{name}-cli/1 ({secret})")}));
        let patch = with(patch, json!({"impersonatedUser": {"username": secret, "groups": [name]}}));
        let events = [refused(patch.clone(), code, &format!("User \"{name}\" said {secret}")), begun(with(patch, json!({"auditID": "b"}))), event(3, "10:30:00", "", ("get", "pods", "a"))];
        let found = found(&events);
        let all = format!("{:?}", found.facts);
        prop_assert!(!found.facts.is_empty());
        prop_assert!(!all.contains(&secret) && !all.contains(&name), "{all}");
    }
}
