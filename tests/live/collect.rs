//! `collect` on a cluster that is whole but has had an incident: everything must come.

use crate::lab::Lab;
use crate::process::{Ended, folder};
use crate::sealed::{content, exit_code, objects, open_sealed, text};
use k8s_forensics::archive::Archive;
use k8s_forensics::archive::format::Outcome;
use k8s_forensics::archive::layout::{self, Instance, KubeletView};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

/// An archive of the incident `memory-cascade`, made when the first test asks for it.
pub fn memory_cascade(lab: &Lab) -> (PathBuf, &'static Ended) {
    static ENDED: OnceLock<Ended> = OnceLock::new();
    let file = folder().join("memory-cascade.zip");
    let ended = ENDED.get_or_init(|| {
        let incident = lab.incident("memory-cascade").unwrap_or_else(|why| panic!("{why}"));
        eprintln!("live tests: collecting the incident from {} to {}", incident.onset, incident.end);
        // From a run before this one.
        let _ = std::fs::remove_file(&file);
        lab.collect(&file, &["--since", "30m"])
    });
    (file, ended)
}

pub fn takes_everything_after_an_incident(lab: &Lab) {
    let (file, ended) = memory_cascade(lab);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.took <= Duration::from_secs(25), "took {:?}\n{ended}", ended.took);
    let archive = open_sealed(&file);
    assert_eq!(exit_code(&archive.outcomes()), 0);
    for plural in ["nodes", "namespaces"] {
        assert!(!objects(&archive, plural).is_empty(), "no {plural}");
    }
    for plural in ["pods", "events", "deployments.apps", "replicasets.apps", "services"] {
        let there = objects(&archive, plural).iter().any(|object| object["metadata"]["namespace"] == "platform");
        assert!(there, "no {plural} of the namespace with the incident");
    }
}

/// Of every container of every pod there is a log, or an outcome that says why not; of the run before its last
/// restart too.
pub fn has_every_container_log(lab: &Lab) {
    let (file, _) = memory_cascade(lab);
    let archive = open_sealed(&file);
    let pods = objects(&archive, "pods");
    let uids: Vec<&Value> = pods.iter().map(|pod| &pod["metadata"]["uid"]).collect();
    let live = lab.items(&["pods", "-A"]).unwrap_or_else(|why| panic!("{why}"));
    let collected_at = archive.header().expect("it was read before").started_at.to_rfc3339();
    let older = live.iter().filter(|pod| pod["metadata"]["creationTimestamp"].as_str() < Some(&collected_at));
    for pod in older {
        assert!(uids.contains(&&pod["metadata"]["uid"]), "this pod is not in the archive: {}", pod["metadata"]["name"]);
    }
    let unexplained = unexplained_logs(&archive, &pods);
    assert!(unexplained.is_empty(), "neither log nor outcome: {unexplained:#?}");
    let printed = archive.entries().filter(|entry| layout::parse_pod_log(entry).is_some()).count();
    assert!(printed > 0, "no logs");
}

/// Container runs of `pods` that no outcome tells of.
fn unexplained_logs(archive: &Archive, pods: &[Value]) -> Vec<String> {
    let outcomes = archive.outcomes();
    let mut unexplained = Vec::new();
    for pod in pods {
        for (container, restarts) in containers(pod) {
            let instances = [Some(Instance::Current), (restarts > 0).then_some(Instance::Previous)];
            for instance in instances.into_iter().flatten() {
                if log_outcome(&outcomes, pod, &container, instance).is_none() {
                    unexplained.push(format!("{} {container} {}", pod["metadata"]["name"], instance.name()));
                }
            }
        }
    }
    unexplained
}

/// The outcome of a container's log. Its subject is as `Pod/shop/api-0 init container copy, previous`.
pub fn log_outcome<'a>(
    outcomes: &'a [Outcome],
    pod: &Value,
    container: &str,
    instance: Instance,
) -> Option<&'a Outcome> {
    let name = |field: &str| pod["metadata"][field].as_str().unwrap_or_default();
    let begin = format!("Pod/{}/{} ", name("namespace"), name("name"));
    let end = format!("container {container}, {}", instance.name());
    outcomes.iter().find(|outcome| outcome.subject.starts_with(&begin) && outcome.subject.ends_with(&end))
}

/// Names of a pod's containers of all kinds, with how often each was restarted.
pub fn containers(pod: &Value) -> Vec<(String, u64)> {
    let list = |of: &str, field: &str| pod[of][field].as_array().cloned().unwrap_or_default();
    let named = ["containers", "initContainers", "ephemeralContainers"].map(|field| list("spec", field)).concat();
    let states = ["containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses"]
        .map(|field| list("status", field))
        .concat();
    let restarts = |name: &Value| {
        states.iter().find(|state| &state["name"] == name).and_then(|state| state["restartCount"].as_u64())
    };
    let with_restarts = named.iter().map(|container| {
        let name = &container["name"];
        (name.as_str().unwrap_or_default().to_owned(), restarts(name).unwrap_or(0))
    });
    with_restarts.collect()
}

pub fn has_the_journals_of_all_nodes(lab: &Lab) {
    let (file, _) = memory_cascade(lab);
    let archive = open_sealed(&file);
    for node in ["node-1", "node-2"] {
        for unit in ["kubelet", "containerd", "kernel"] {
            let entry = layout::journal(node, unit);
            assert!(archive.bytes_of(&entry) > Some(0), "no {entry}");
        }
    }
    let kernel = ["node-1", "node-2"].map(|node| text(&archive, &layout::journal(node, "kernel"))).concat();
    assert!(kernel.contains("oom-kill") || kernel.contains("Killed process"), "no kernel journal tells of a kill");
}

pub fn has_what_kubelets_and_the_control_plane_tell(lab: &Lab) {
    let (file, _) = memory_cascade(lab);
    let archive = open_sealed(&file);
    for node in objects(&archive, "nodes") {
        let node = node["metadata"]["name"].as_str().unwrap_or_default();
        // A kubelet without probes has no metrics of them.
        for view in KubeletView::ALL.into_iter().filter(|view| *view != KubeletView::ProbeMetrics) {
            let entry = layout::kubelet(node, view);
            assert!(archive.bytes_of(&entry) > Some(0), "no {entry}");
        }
    }
    for entry in [layout::LIVEZ, layout::READYZ, layout::APISERVER_METRICS, layout::PRIORITY_LEVELS, layout::APIS] {
        assert!(archive.bytes_of(entry) > Some(0), "no {entry}");
    }
    assert!(text(&archive, layout::LIVEZ).contains("[+]etcd ok"));
    assert!(!objects(&archive, "apiservices.apiregistration.k8s.io").is_empty(), "no API services");
}

pub fn has_metrics_and_alert_history(lab: &Lab) {
    let (file, _) = memory_cascade(lab);
    let archive = open_sealed(&file);
    for entry in [layout::ALERTS, layout::RULES, layout::TARGETS] {
        assert!(archive.bytes_of(entry).is_some(), "no {entry}");
    }
    let ranges: Vec<Value> = archive
        .entries()
        .filter(|entry| layout::parse_metric(entry).is_some())
        .map(|entry| {
            serde_json::from_slice(&content(&archive, entry)).unwrap_or_else(|error| panic!("{entry}: {error}"))
        })
        .collect();
    let series = |range: &Value| range["data"]["result"].as_array().cloned().unwrap_or_default();
    let filled = ranges.iter().filter(|range| !series(range).is_empty()).count();
    assert!(filled >= 5, "{filled} of {} ranges have series", ranges.len());
    let names: Vec<Value> = ranges.iter().flat_map(series).map(|one| one["metric"]["__name__"].clone()).collect();
    assert!(names.iter().any(|name| name == "ALERTS"), "no alert history");
}

/// Outcomes of what was a node's to give and did not come.
pub fn missing_of<'a>(outcomes: &'a [Outcome], node: &str) -> Vec<&'a Outcome> {
    let of_node = |outcome: &&Outcome| outcome.node.as_deref() == Some(node);
    outcomes.iter().filter(of_node).filter(|outcome| outcome.status.is_missing()).collect()
}
