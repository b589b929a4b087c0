//! API audit logs as inputs: what they tell beside an archive and alone, in each form in which they are handed on, and
//! nothing of a person or of a value in any byte that is written.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

fn archive() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/memory-cascade/archive")
}

/// What must be in no output: a user in all its forms, an address, a group, and values.
const KEPT_BACK: [&str; 7] = [
    "jeannette",
    "quillfeather",
    "203.0.113.77",
    "sre-of-quillfeather",
    "marker-hunter2",
    "marker-swordfish",
    "JEANNETTE",
];

/// An event of a request that ended, as kube-apiserver v1.34 writes it.
fn event(id: u32, time: &str, (verb, resource, name): (&str, &str, &str), more: &Value) -> Value {
    let (resource, group) = resource.split_once('.').unwrap_or((resource, ""));
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let mut event = json!({
        "kind": "Event", "apiVersion": "audit.k8s.io/v1", "level": "RequestResponse",
        "auditID": format!("527a905d-11be-49be-b5e5-{id:012}"), "stage": "ResponseComplete",
        "requestURI": format!("/apis/{group}/v1/namespaces/platform/{resource}/{name}?fieldManager=kubectl-edit"),
        "verb": verb,
        "user": {"username": "jeannette@example.com", "uid": "aws-iam-authenticator:111122223333:JEANNETTE", "groups": ["sre-of-quillfeather"], "extra": {"sessionName": ["jeannette.quillfeather"]}},
        "impersonatedUser": {"username": "quillfeather"},
        "sourceIPs": ["203.0.113.77"], "userAgent": "kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9",
        "objectRef": {"resource": resource, "namespace": "platform", "name": name, "apiGroup": group, "apiVersion": "v1", "subresource": subresource},
        "responseStatus": {"metadata": {}, "code": 200},
        "requestReceivedTimestamp": format!("2026-11-21T{time}.100000Z"), "stageTimestamp": format!("2026-11-21T{time}.112345Z"),
        "annotations": {"authorization.k8s.io/decision": "allow", "authorization.k8s.io/reason": "RBAC: allowed by RoleBinding \"quillfeather\" to User \"jeannette\""},
    });
    for (field, value) in more.as_object().expect("an object") {
        event[field] = value.clone();
    }
    event
}

fn deployment(image: &str, secret: &str) -> Value {
    json!({"responseObject": {"kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "alerter", "namespace": "platform", "annotations": {"note": secret}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "app", "image": image, "args": ["--token", secret], "env": [{"name": "TOKEN", "value": secret}]}]}}}}})
}

fn events() -> Vec<Value> {
    let settings = |value: &str| json!({"requestObject": {"data": {"history-mb-per-worker": value}}, "responseObject": {"kind": "ConfigMap", "metadata": {"name": "alerter"}, "data": {"history-mb-per-worker": value}}});
    let denied = json!({"responseStatus": {"status": "Failure", "code": 403, "message": "admission webhook \"guard.example\" denied the request: jeannette may not set marker-hunter2"}});
    let secret = json!({"responseObject": {"kind": "Secret", "metadata": {"name": "token"}, "data": {"key": "marker-swordfish"}}});
    vec![
        event(1, "08:00:00", ("create", "deployments.apps", "alerter"), &deployment("alerter:1", "marker-hunter2")),
        event(2, "08:01:00", ("patch", "deployments.apps", "alerter"), &deployment("alerter:2", "marker-swordfish")),
        event(3, "08:02:00", ("create", "configmaps", "alerter"), &settings("marker-hunter2")),
        event(4, "08:03:00", ("patch", "configmaps", "alerter"), &settings("marker-swordfish")),
        event(5, "08:04:00", ("patch", "deployments.apps", "other"), &denied),
        event(6, "08:05:00", ("update", "secrets", "token"), &secret),
        event(7, "08:06:00", ("delete", "pods", "alerter-0"), &json!({})),
    ]
}

fn lines(events: &[Value]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

/// The files that were written, and what was printed.
fn written(inputs: &[PathBuf]) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("report");
    let done = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .arg("analyze")
        .args(inputs)
        .arg("-o")
        .arg(&out)
        .assert()
        .success();
    let mut all = String::from_utf8_lossy(&done.get_output().stdout).into_owned();
    all += &String::from_utf8_lossy(&done.get_output().stderr);
    for name in ["postmortem.md", "timeline.html", "report.json"] {
        let text = fs::read_to_string(out.join(name)).expect("a file");
        all += &if name == "timeline.html" { crate::page::with_data(&text) } else { text };
    }
    let report = fs::read_to_string(out.join("report.json")).expect("a file");
    (serde_json::from_str(&report).expect("JSON"), all)
}

fn signals(report: &Value) -> Vec<(String, String)> {
    let text = |signal: &Value, field: &str| signal[field].as_str().unwrap_or_default().to_owned();
    report["signals"].as_array().expect("signals").iter().map(|one| (text(one, "signal"), text(one, "title"))).collect()
}

const TOLD: [(&str, &str); 5] = [
    (
        "SpecChanged",
        "Deployment/platform/alerter: image of app from alerter:1 to alerter:2; annotation note, args of app, env[TOKEN].value of app changed, by a person with kubectl",
    ),
    ("ConfigChanged", "ConfigMap/platform/alerter: history-mb-per-worker changed, by a person with kubectl"),
    ("ConfigChanged", "Secret/platform/token: was written, by a person with kubectl"),
    (
        "WebhookDenied",
        "webhook guard.example denied a person with kubectl to patch deployments.apps (Deployment/platform/other)",
    ),
    ("PodDeleted", "Pod/platform/alerter-0 was deleted, by a person with kubectl"),
];

#[test]
fn each_form_tells_the_same_and_nothing_of_a_person_or_a_value() {
    let events = events();
    let in_texts =
        |wrap: &dyn Fn(&str) -> Value| events.iter().map(|event| wrap(&event.to_string())).collect::<Vec<Value>>();
    let forms = [
        ("audit.log", lines(&events)),
        ("cut.log", format!("eannette\"}}}}\n{}", lines(&events))),
        ("list.json", json!({"kind": "EventList", "apiVersion": "audit.k8s.io/v1", "metadata": {}, "items": events}).to_string()),
        ("export.log", events.iter().map(|event| format!("2026-11-21T08:10:00.000Z {event}\n")).collect()),
        ("cloudwatch.json", serde_json::to_string_pretty(&json!({"events": in_texts(&|text| json!({"logStreamName": "kube-apiserver-audit-1", "timestamp": 1_795_248_000_000_u64, "message": text}))})).expect("JSON")),
        ("azure.json", lines(&in_texts(&|text| json!({"category": "kube-audit-admin", "properties": {"log": text, "stream": "stdout"}})))),
        ("rows.json", Value::from(in_texts(&|text| json!({"Category": "kube-audit", "log_s": text}))).to_string()),
    ];
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in forms {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        let (report, all) = written(std::slice::from_ref(&path));
        let found = signals(&report);
        for (signal, title) in TOLD {
            assert!(found.contains(&(signal.to_owned(), title.to_owned())), "{name}: no {title:?} among {found:#?}");
        }
        for marker in KEPT_BACK {
            assert!(!all.contains(marker), "{name}: {marker} is in what was written");
        }
    }
}

#[test]
fn an_entry_of_cloud_logging_tells_who_by_kind() {
    let entry = json!({
        "insertId": "dc7605e6", "labels": {"authorization.k8s.io/decision": "allow"}, "logName": "projects/p/logs/cloudaudit.googleapis.com%2Factivity",
        "operation": {"first": true, "id": "dc7605e6-1e19-4571-8a7a-d23682efcea1", "last": true, "producer": "k8s.io"},
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "authenticationInfo": {"principalEmail": "jeannette@example.com"},
            "methodName": "io.k8s.apps.v1.deployments.patch", "requestMetadata": {"callerIp": "203.0.113.77", "callerSuppliedUserAgent": "kubectl/v1.34.1 (linux/amd64) kubernetes/93248f9"},
            "request": {"@type": "k8s.io/Patch", "spec": {"replicas": 0}}, "resourceName": "apps/v1/namespaces/platform/deployments/alerter", "serviceName": "k8s.io", "status": {}
        },
        "resource": {"labels": {"cluster_name": "the-cluster"}, "type": "k8s_cluster"}, "timestamp": "2026-11-21T08:00:00.304506Z",
    });
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("gke.json");
    fs::write(&path, serde_json::to_string_pretty(&json!([entry])).expect("JSON")).expect("a file");
    let (report, all) = written(&[path]);
    let title = "Deployment/platform/alerter: replicas was written, by a person with kubectl";
    assert!(signals(&report).contains(&("SpecChanged".to_owned(), title.to_owned())), "{:#?}", signals(&report));
    assert!(KEPT_BACK.iter().all(|marker| !all.contains(marker)));
}

#[test]
fn beside_an_archive_the_log_tells_its_changes_and_names_its_lines() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("audit.log");
    fs::write(&path, lines(&events())).expect("a file");
    let (report, all) = written(&[archive(), path]);
    let pod = report["signals"]
        .as_array()
        .expect("signals")
        .iter()
        .find(|one| one["signal"] == "PodDeleted")
        .expect("the deletion");
    let record = &pod["evidence"][0];
    assert_eq!((record["entry"].as_str(), record["line"].as_u64()), (Some("audit.log"), Some(7)), "{record}");
    assert!(all.contains("by a person with kubectl"));
    assert!(KEPT_BACK.iter().all(|marker| !all.contains(marker)));
}

/// A setting that was changed and two minutes later changed back is two changes, as the lab's API server recorded them and
/// `collect --audit` kept them; the values stay out, hashes and all.
#[test]
fn a_setting_changed_and_changed_back_is_two_changes() {
    let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/audit/memory-cascade.jsonl");
    let out = tempfile::tempdir().expect("a folder");
    let mut analyze = Command::cargo_bin("k8s-forensics").expect("the binary");
    let run = analyze.arg("analyze").arg(log).arg("-o").arg(out.path()).output().expect("a run");
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    let read = |file: &str| fs::read_to_string(out.path().join(file)).expect("a file of the report");
    let report: Value = serde_json::from_str(&read("report.json")).expect("JSON");
    let changes = report["changes"].as_array().expect("changes").iter();
    let of_map = changes.filter(|change| change["subject"] == "ConfigMap/platform/alerter");
    let told: Vec<String> =
        of_map.map(|change| format!("{} {}", change["at"], change["what"]).replace('"', "")).collect();
    let written = "history-mb-per-worker changed, by a person with kubectl";
    let expected = [
        "2026-11-27T08:00:09.868Z was created, by a person with kubectl".to_owned(),
        format!("2026-11-27T08:00:19.096Z {written}"),
        format!("2026-11-27T08:02:31.502Z {written}"),
    ];
    assert_eq!(told, expected);
    let restarts = |change: &&Value| {
        change["subject"] == "Deployment/platform/alerter"
            && change["what"] == "a restart of its pods was asked for, by a person with kubectl"
    };
    assert_eq!(report["changes"].as_array().expect("changes").iter().filter(restarts).count(), 2);
    for file in ["report.json", "postmortem.md", "timeline.html"] {
        let text = read(file);
        let text = if file == "timeline.html" { crate::page::with_data(&text) } else { text };
        assert!(!text.contains("REDACTED-"), "{file}");
    }
}
