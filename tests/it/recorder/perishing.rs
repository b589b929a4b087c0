//! What a recorder takes when there is trouble, by an API server that refuses it, and what a kill leaves of it; and custom
//! kinds that come later. How it goes on a real one is tried in `tests/live/recorder.rs`.

use super::api_server::{ApiServer, PODS};
use super::process::{Recorder, archives, has_bytes, lines, outcome, recording, tool, until};
use super::{folder, pod};
use chrono::{SecondsFormat, TimeDelta, Utc};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::layout::{self, Instance};
use serde_json::{Value, json};
use std::path::Path;

const LOG: &str = "/api/v1/namespaces/shop/pods/api/log";

/// A pod whose container ended just now as the instance `id`, and runs again.
fn crashed(id: &str) -> Value {
    let at = |seconds| (Utc::now() - TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut pod = pod("api", "Running");
    let ended = json!({"exitCode": 1, "reason": "Error", "containerID": id, "startedAt": at(30), "finishedAt": at(2)});
    pod["status"]["containerStatuses"] = json!([{"name": "app", "restartCount": 1, "containerID": "containerd://now",
        "state": {"running": {"startedAt": at(1)}}, "lastState": {"terminated": ended}}]);
    pod
}

fn log_of(folder: &Path) -> String {
    let entry = layout::pod_log("shop", "api", "app", Instance::Previous);
    let texts = archives(folder).into_iter().filter_map(|archive| archive.read(&entry, u64::MAX).ok());
    texts.map(|text| String::from_utf8_lossy(&text).into_owned()).collect()
}

#[test]
fn the_log_of_what_fails_is_there_after_a_kill_and_no_line_of_it_twice() {
    let (server, folder) = (ApiServer::start(), folder());
    let log = "2026-11-28T20:00:00.1Z password=hunter2hunter2\n2026-11-28T20:00:00.2Z cannot go on\n";
    server.with(|state| {
        state.put(PODS, pod("api", "Running"));
        state.logs.insert(LOG.to_owned(), log.to_owned());
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watch", || server.are_watched(&[PODS], 1));
    server.with(|state| state.put(PODS, crashed("containerd://1")));
    until("the log", || log_of(folder.path()).contains("cannot go on"));
    recorder.kill();
    assert_eq!(log_of(folder.path()).lines().count(), 2, "it is whole at once");
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the watch anew", || server.are_watched(&[PODS], 2));
    // The same instance again, of a pod that has changed since.
    server.with(|state| {
        let mut again = crashed("containerd://1");
        again["metadata"]["labels"] = json!({"seen": "again"});
        state.put(PODS, again);
    });
    until("it was looked at", || {
        lines(folder.path(), Some("shop"), "pods").iter().any(|line| line.to_string().contains("again"))
    });
    assert!(recorder.terminate().success());
    let text = log_of(folder.path());
    assert_eq!(text.matches("cannot go on").count(), 1, "{text}");
    assert!(!has_bytes(folder.path(), "hunter2"));
    let shown = tool(folder.path(), &["show", "recording", "logs", "api", "--merge"]);
    assert!(String::from_utf8_lossy(&shown.stdout).contains("cannot go on"), "{shown:?}");
    let asked = server.with(|state| state.asked.clone());
    let logs: Vec<_> = asked.iter().filter(|(target, _)| target.starts_with(LOG)).collect();
    assert!(
        logs.iter().all(|(target, _)| target.contains("previous=true") && target.contains("tailLines=")),
        "{logs:?}"
    );
}

#[test]
fn who_may_not_read_logs_is_told_so_and_records_the_rest() {
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.denied.push(LOG.to_owned());
        state.put(PODS, crashed("containerd://1"));
    });
    let recorder = Recorder::start(&server, folder.path(), &[]);
    until("the refusal", || outcome(folder.path(), "logs on trouble").status == Status::Denied);
    assert_eq!(lines(folder.path(), Some("shop"), "pods").len(), 2);
    assert!(recorder.terminate().success());
    assert!(recording(folder.path()).is_dir());
}

#[test]
fn a_custom_kind_is_recorded_in_the_version_that_is_served_and_one_that_is_not_is_no_gap() {
    const APPLICATIONS: &str = "/apis/argoproj.io/v1alpha1/applications";
    let (server, folder) = (ApiServer::start(), folder());
    server.with(|state| {
        state.groups.insert("argoproj.io".to_owned(), "v1alpha1");
        let values = json!({"helm": {"values": "password: MARKER-OF-A-VALUE"}});
        state.put(
            APPLICATIONS,
            json!({"metadata": {"name": "shop", "namespace": "shop", "uid": "uid-shop"},
            "spec": {"source": values}, "status": {"sync": {"revision": "1c0ffee"}}}),
        );
    });
    let recorder = Recorder::start(&server, folder.path(), &["--listen", "127.0.0.1:0"]);
    until("the application", || lines(folder.path(), Some("shop"), "applications.argoproj.io").len() >= 2);
    until("the others", || outcome(folder.path(), "nodepools.karpenter.sh").status == Status::Absent);
    let absent = outcome(folder.path(), "nodepools.karpenter.sh");
    assert_eq!(absent.why, "the cluster does not serve it");
    assert!(!recorder.says("karpenter") && !has_bytes(folder.path(), "MARKER-OF-A-VALUE"), "{}", recorder.told());
    let (_, metrics) = super::http_get(&recorder.listens_on(), "/metrics");
    assert!(metrics.contains("applications.argoproj.io") && !metrics.contains("karpenter"), "{metrics}");
    let asked = server.with(|state| state.asked.clone());
    assert!(!asked.iter().any(|(target, _)| target.contains("karpenter")), "it is not asked for");
    assert!(recorder.terminate().success());
}
