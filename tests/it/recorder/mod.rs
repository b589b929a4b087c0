//! `record`: what it writes down, what a kill costs, and that it says what it has not seen.

mod api_server;
mod perishing;
mod process;
mod reading;
pub mod views;
mod window;

use api_server::{ApiServer, EVENTS, PODS, SECRETS, State};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::{layout, segments};
use process::{Recorder, command, has_bytes, http_get, last_pods, lines, outcome, recording, tool, types, until};
use serde_json::{Value, json};
use std::fs;

const SHORT: &[&str] = &["--segment", "10s"];

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn pod(name: &str, phase: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-28T20:00:00Z"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "shop:1"}]}, "status": {"phase": phase}})
}

fn event(name: &str, message: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "creationTimestamp": "2026-11-28T20:00:00Z"},
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api", "uid": "uid-api"}, "type": "Warning",
        "firstTimestamp": "2026-11-28T20:00:00Z", "lastTimestamp": "2026-11-28T20:00:00Z", "reason": "BackOff", "message": message})
}

#[test]
fn what_becomes_of_objects_is_written_down_and_sealed_at_the_end() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.put(PODS, pod("api", "Pending"));
        // As metadata it would come without; what comes nevertheless is not known to be secret.
        state.put(SECRETS, json!({"metadata": {"name": "db", "namespace": "shop", "uid": "uid-db", "annotations":
            {"kubectl.kubernetes.io/last-applied-configuration": "{\"stringData\":{\"password\":\"MARKER-OF-A-SECRET\"}}"}}}));
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the list", || last_pods(folder.path()) == ["api Pending"]);
    server.with(|state| {
        state.put(PODS, pod("api", "Running"));
        state.put(EVENTS, event("one", "Back-off restarting failed container"));
        state.put(PODS, pod("web", "Pending"));
    });
    until("what changed", || last_pods(folder.path()) == ["api Running", "web Pending"]);
    server.with(|state| state.delete(PODS, "uid-api"));
    until("what is gone", || last_pods(folder.path()) == ["web Pending"]);
    assert_eq!(types(folder.path(), "pods"), ["SYNC", "GAP", "MODIFIED", "ADDED", "DELETED"]);
    assert!(lines(folder.path(), Some("shop"), "pods")[2]["patch"]["status"]["phase"] == "Running");
    until("the event", || types(folder.path(), "events") == ["ADDED"]);
    assert!(recorder.terminate().success());
    let sealed = segments(&recording(folder.path())).expect("a folder");
    assert_eq!((sealed.len(), sealed[0].name.is_sealed), (1, true));
    let file = sealed[0].path.to_str().expect("a name");
    let verified = tool(folder.path(), &["verify", file]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(tool(folder.path(), &["show", file, "coverage"]).status.success());
    assert!(!has_bytes(folder.path(), "MARKER-OF-A-SECRET"));
    let asked = server.with(|state| state.asked.clone());
    let of_secrets: Vec<_> =
        asked.iter().filter(|(target, _)| target.contains("secrets") || target.contains("configmaps")).collect();
    assert!(
        of_secrets.len() >= 4 && of_secrets.iter().all(|(_, accepts)| accepts.contains("as=PartialObjectMetadata")),
        "{of_secrets:?}"
    );
}

#[test]
fn a_kill_leaves_what_was_heard_and_another_run_goes_on() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| state.put(PODS, pod("api", "Pending")));
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the list", || last_pods(folder.path()) == ["api Pending"]);
    server.with(|state| state.put(PODS, pod("api", "Running")));
    until("what changed", || last_pods(folder.path()) == ["api Running"]);
    recorder.kill();
    assert_eq!(last_pods(folder.path()), ["api Running"], "it is an archive at once");
    let left = segments(&recording(folder.path())).expect("a folder").remove(0);
    assert!(!left.name.is_sealed);
    let shown = tool(folder.path(), &["show", left.path.to_str().expect("a name"), "coverage"]);
    assert!(shown.status.success(), "{shown:?}");
    server.with(|state| {
        state.delete(PODS, "uid-api");
        state.put(PODS, pod("web", "Running"));
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the list", || last_pods(folder.path()) == ["web Running"]);
    // It is written behind the lines.
    until("the outcome", || outcome(folder.path(), "pods").why.contains("the recorder did not run"));
    let gone = lines(folder.path(), Some("shop"), "pods").into_iter().find(|line| line["type"] == "DELETED");
    assert!(
        gone.is_some_and(|line| line["uid"] == "uid-api" && line["from"].is_string()),
        "what went meanwhile is told"
    );
    let gap =
        lines(folder.path(), Some("shop"), "pods").into_iter().rfind(|line| line["type"] == "GAP").expect("a gap");
    assert!(gap["from"].as_str() < gap["at"].as_str(), "{gap}");
    assert!(recorder.terminate().success());
    let all = segments(&recording(folder.path())).expect("a folder");
    assert!(all.len() == 2 && all.iter().all(|segment| segment.name.is_sealed), "{all:?}");
    assert!(!recording(folder.path()).join(layout::open_segment(&left.name.name)).exists());
}

#[test]
fn an_analysis_reads_the_segments_together() {
    const DEPLOYMENTS: &str = "/apis/apps/v1/deployments";
    const NODES: &str = "/api/v1/nodes";
    let deployment = |replicas: u32, by: &str| {
        json!({"metadata": {"name": "api", "namespace": "shop", "uid": "uid-deployment", "creationTimestamp": "2026-11-28T20:00:00Z",
            "managedFields": [{"manager": by, "operation": "Update", "time": chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)}]},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": "api"}}, "template": {"spec": {"containers": [{"name": "app", "image": "shop:1"}]}}}})
    };
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.put(NODES, json!({"metadata": {"name": "node-1", "uid": "uid-node", "creationTimestamp": "2026-11-28T20:00:00Z"}, "spec": {}}));
        state.put(DEPLOYMENTS, deployment(3, "helm"));
        state.put(PODS, pod("api", "Running"));
    });
    let kinds = [NODES, DEPLOYMENTS, PODS, EVENTS];
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watches", || server.are_watched(&kinds, 1));
    until("the lists", || types(folder.path(), "deployments.apps").len() == 2 && !last_pods(folder.path()).is_empty());
    assert!(recorder.terminate().success());
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watches anew", || server.are_watched(&kinds, 2));
    until("another segment", || types(folder.path(), "deployments.apps").len() == 4);
    server.with(|state| {
        state.put(DEPLOYMENTS, deployment(0, "kubectl-scale"));
        let mut expiring = event("one", "Back-off restarting failed container app in pod api");
        expiring["lastTimestamp"] = json!(chrono::Utc::now().to_rfc3339());
        expiring["firstTimestamp"] = expiring["lastTimestamp"].clone();
        state.put(EVENTS, expiring);
        state.delete(PODS, "uid-api");
        state.delete(EVENTS, "uid-one");
        state.delete(NODES, "uid-node");
    });
    until("it is written", || lines(folder.path(), None, "nodes").last().is_some_and(|line| line["type"] == "DELETED"));
    until("the event", || types(folder.path(), "events") == ["ADDED"]);
    assert!(recorder.terminate().success());
    let analyzed = tool(folder.path(), &["analyze", "recording", "-o", "report"]);
    assert!(analyzed.status.success(), "{analyzed:?}");
    let report = fs::read(folder.path().join("report/report.json")).expect("a report");
    let report: Value = serde_json::from_slice(&report).expect("JSON");
    let changes = report["changes"].as_array().expect("changes");
    let told: Vec<String> =
        changes.iter().map(|change| format!("{} {}", change["subject"], change["what"]).replace('"', "")).collect();
    assert!(
        told.iter().any(|change| change.contains("Deployment/shop/api")
            && change.contains("replicas from 3 to 0, by kubectl scale")),
        "{told:#?}"
    );
    assert!(
        told.iter()
            .any(|change| change.contains("Node/node-1")
                && change.contains("was deleted, by whom a watch does not tell")),
        "{told:#?}"
    );
    assert_eq!(told.iter().filter(|change| change.contains("replicas from 3 to 0")).count(), 1, "{told:#?}");
    let back_off =
        report["signals"].as_array().expect("signals").iter().find(|one| one["signal"] == "CrashLoopBackOff");
    assert!(back_off.is_some(), "what has expired is there: {}", report["signals"]);
    let coverage = report["coverage"].as_array().expect("coverage");
    let is_gap = |row: &Value| row["why"].as_str().is_some_and(|why| why.starts_with("nothing was seen from "));
    assert!(coverage.iter().any(|row| row["source"] == "record" && is_gap(row)), "{coverage:#?}");
}

#[test]
fn a_watch_that_breaks_goes_on_where_it_was_and_is_a_gap() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| state.put(PODS, pod("api", "Pending")));
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watch", || server.with(|state| state.times(PODS, true)) == 1);
    server.with(|state| {
        state.cut();
        state.put(PODS, pod("api", "Running"));
    });
    until("what changed meanwhile", || last_pods(folder.path()) == ["api Running"]);
    until("it says so", || recorder.says("pods: the answer broke off") && recorder.says("pods: watched again"));
    assert_eq!(server.with(|state| state.times(PODS, false)), 1, "it was not listed again");
    until("the gap", || types(folder.path(), "pods") == ["SYNC", "GAP", "GAP", "MODIFIED"]);
    // It is written behind the lines.
    until("the outcome", || {
        let told = outcome(folder.path(), "pods");
        told.status == Status::Unreachable && told.why.contains(": the answer broke off")
    });
}

#[test]
fn a_revision_that_is_forgotten_is_listed_again_and_is_a_gap() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.put(PODS, pod("api", "Pending"));
        state.put(PODS, pod("gone", "Running"));
    });
    let _recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watch", || server.with(|state| state.times(PODS, true)) == 1);
    server.with(|state| {
        state.put(PODS, pod("api", "Running"));
        state.delete(PODS, "uid-gone");
        state.forget();
        state.cut();
    });
    until("what there is", || last_pods(folder.path()) == ["api Running"]);
    until("the gap", || outcome(folder.path(), "pods").why.contains("too old resource version"));
    assert_eq!(server.with(|state| state.times(PODS, false)), 2);
    let gone = lines(folder.path(), Some("shop"), "pods").into_iter().find(|line| line["type"] == "DELETED");
    let gone = gone.expect("it is gone");
    assert!(gone["from"].as_str().is_some_and(|from| from < gone["at"].as_str().expect("a time")), "{gone}");
}

#[test]
fn what_may_not_be_seen_is_said_and_the_rest_is_recorded() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.denied.push(SECRETS.to_owned());
        state.put(PODS, pod("api", "Pending"));
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the list", || last_pods(folder.path()) == ["api Pending"]);
    until("it says so", || recorder.says("secrets: "));
    until("the outcome", || outcome(folder.path(), "secrets").status == Status::Denied);
    assert!(outcome(folder.path(), "secrets").why.contains("is forbidden"));
}

#[test]
fn what_is_used_is_listed_where_it_is_served_and_not_watched() {
    const USAGE: &str = "/apis/metrics.k8s.io/v1beta1/pods";
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.groups.insert("metrics.k8s.io".to_owned(), "v1beta1");
        state.put(
            USAGE,
            json!({"metadata": {"name": "api", "namespace": "shop", "uid": ""}, "timestamp": "2026-11-28T20:00:00Z", "window": "15s",
                "containers": [{"name": "app", "usage": {"cpu": "250m", "memory": "64Mi"}}]}),
        );
        state.denied.push("/apis/metrics.k8s.io/v1beta1/nodes".to_owned());
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the list", || types(folder.path(), "pods.metrics.k8s.io") == ["SYNC", "GAP"]);
    until("the outcome", || outcome(folder.path(), "nodes.metrics.k8s.io").status == Status::Denied);
    let used = &lines(folder.path(), Some("shop"), "pods.metrics.k8s.io")[0];
    assert_eq!((&used["uid"], &used["object"]["containers"][0]["usage"]["cpu"]), (&"shop/api".into(), &"250m".into()));
    assert!(recorder.terminate().success());
    assert_eq!(server.with(|state| (state.times(USAGE, false), state.times(USAGE, true))), (1, 0));
}

#[test]
fn segments_follow_each_other_and_the_oldest_go() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| state.put(PODS, pod("api", "Pending")));
    let options = [SHORT, &["--keep", "10s"]].concat();
    let recorder = Recorder::start(&server, folder.path(), &options);
    let first = || segments(&recording(folder.path())).ok().and_then(|all| all.into_iter().next());
    until("a segment", || first().is_some());
    let oldest = first().expect("a segment").name.name;
    until("the oldest is gone", || first().is_some_and(|now| now.name.name != oldest));
    until("what each begins with", || last_pods(folder.path()) == ["api Pending"]);
    assert!(recorder.terminate().success());
    let all = segments(&recording(folder.path())).expect("a folder");
    assert!(!all.is_empty() && all.iter().all(|segment| segment.name.is_sealed), "{all:?}");
}

#[test]
fn metrics_and_health_say_how_it_is() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.denied.push(SECRETS.to_owned());
        state.put(PODS, pod("api", "Pending"));
    });
    let recorder = Recorder::start(&server, folder.path(), &["--listen", "127.0.0.1:0"]);
    let address = recorder.listens_on();
    let ask = |path: &str| http_get(&address, path);
    let metric = |name: &str, kind: &str| {
        let line = format!("k8s_forensics_recorder_{name}{{kind=\"{kind}\",namespace=\"\"}} ");
        let found = ask("/metrics").1.lines().find_map(|known| known.strip_prefix(&line).map(str::to_owned));
        found.map_or(0, |number| number.parse::<u64>().expect("a number"))
    };
    until("all but what is refused is seen", || ask("/readyz").0 == 200);
    assert_eq!((metric("watched", "pods"), metric("watched", "secrets")), (1, 0));
    until("the pod", || metric("objects", "pods") == 1);
    let lines = metric("lines_total", "pods");
    server.with(|state| state.put(PODS, pod("web", "Pending")));
    until("another line", || metric("lines_total", "pods") > lines && metric("objects", "pods") == 2);
    // The first is from the beginning to the first list.
    assert_eq!(metric("gaps_total", "pods"), 1);
    server.with(State::cut);
    until("a gap", || metric("gaps_total", "pods") == 2);
    until("it is seen again", || ask("/readyz").0 == 200);
    assert_eq!((ask("/livez").0, ask("/elsewhere").0), (200, 404));
    assert!(ask("/metrics").1.ends_with("# EOF\n"));

    let second = tempfile::tempdir().expect("a folder");
    let taken = command(&server, second.path(), &["--listen", &address]).output().expect("it runs");
    let said = String::from_utf8_lossy(&taken.stderr).into_owned();
    assert!(taken.status.code() == Some(1) && said.contains("cannot listen on") && said.contains("--listen"), "{said}");
}

#[test]
fn a_folder_has_one_recorder_and_one_cluster() {
    let (server, folder) = (ApiServer::start(), folder());
    let recorder = Recorder::start(&server, folder.path(), &[]);
    let second = command(&server, folder.path(), &[]).output().expect("it runs");
    let said = String::from_utf8_lossy(&second.stderr).into_owned();
    assert!(second.status.code() == Some(1) && said.contains("another program records into"), "{said}");
    assert!(recorder.terminate().success());
    server.with(|state| "cluster-2".clone_into(&mut state.cluster));
    let other = command(&server, folder.path(), &[]).output().expect("it runs");
    let said = String::from_utf8_lossy(&other.stderr).into_owned();
    assert!(other.status.code() == Some(1) && said.contains("cluster-1") && said.contains("--context"), "{said}");
    let usage = command(&server, folder.path(), &["--keep", "1m"]).output().expect("it runs");
    assert_eq!(usage.status.code(), Some(2));
    let modes = fs::metadata(recording(folder.path())).expect("a folder");
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&modes.permissions()) & 0o777, 0o700);
}
