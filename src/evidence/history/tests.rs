//! Versions as a recorder writes them, and what is told of them.

use super::*;
use crate::evidence::Record;
use crate::model::EntryId;
use serde_json::json;

fn time(second: u32) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + i64::from(second), 0).expect("a time")
}

/// A line of a history.
fn line(second: u32, kind: &str, uid: &str, rest: &Value) -> Vec<u8> {
    let mut line = json!({"at": time(second), "type": kind, "uid": uid});
    for (name, value) in rest.as_object().into_iter().flatten() {
        line.as_object_mut().expect("an object").insert(name.clone(), value.clone());
    }
    line.to_string().into_bytes()
}

fn whole(object: &Value) -> Value {
    json!({"object": object})
}

fn patch(patch: &Value) -> Value {
    json!({"patch": patch})
}

/// What is told of some segments: the objects to be read, by the line that each cites, and the changes.
struct Read {
    shown: Vec<(u32, Value)>,
    changes: Vec<String>,
    gone: usize,
    unreadable: usize,
}

fn read(plural: &str, kind: &str, segments: &[Vec<Vec<u8>>]) -> Read {
    let (mut versions, mut found, mut shown) = (Versions::new(plural, kind), Findings::default(), Vec::new());
    let mut number = 0;
    for (entry, lines) in segments.iter().enumerate() {
        for text in lines {
            number += 1;
            let place = Place { entry: EntryId(u32::try_from(entry).expect("few")), line: number, fetched: time(0) };
            shown.extend(versions.line(place, text, &mut found));
        }
        shown.extend(versions.end_segment(time(800), &mut found));
    }
    let (at_end, told) = versions.end(time(900), &mut found);
    shown.extend(at_end);
    let gone = told.gone.len();
    tell(told, &mut found);
    let what = |fact: crate::evidence::Fact<'_>| match fact.record {
        Record::Change { what, by, .. } => {
            Some(format!("{} {what} ({by}) {}", fact.subject, fact.at.time.timestamp() - 1_795_000_000))
        }
        _ => None,
    };
    let json = |shown: Shown| (shown.place.line, serde_json::from_str(&shown.json).expect("JSON"));
    Read {
        shown: shown.into_iter().map(json).collect(),
        changes: found.facts.iter().filter_map(what).collect(),
        gone,
        unreadable: found.unreadable.len(),
    }
}

fn deployment(replicas: u32, by: &str, second: u32) -> Value {
    json!({"metadata": {"name": "api", "namespace": "shop", "uid": "d", "managedFields":
        [{"manager": "helm", "operation": "Update", "time": time(1)}, {"manager": by, "operation": "Update", "time": time(second)}]},
        "spec": {"replicas": replicas}})
}

#[test]
fn a_change_between_two_versions_is_told_with_who_wrote_it() {
    let first = deployment(3, "kubectl-create", 2);
    let fields = deployment(0, "kubectl-scale", 20)["metadata"]["managedFields"].clone();
    let scaled = json!({"spec": {"replicas": 0}, "metadata": {"managedFields": fields}});
    let status = json!({"status": {"replicas": 0}});
    let segments = [
        vec![
            line(10, "SYNC", "d", &whole(&first)),
            line(21, "MODIFIED", "d", &patch(&scaled)),
            line(22, "MODIFIED", "d", &patch(&status)),
        ],
        // The next begins with what this one ended with.
        vec![line(
            300,
            "SYNC",
            "d",
            &whole(&{
                let mut object = deployment(0, "kubectl-scale", 20);
                object["status"] = json!({"replicas": 0});
                object
            }),
        )],
        vec![line(600, "DELETED", "d", &json!({}))],
    ];
    let told = read("deployments.apps", "Deployment", &segments[..2]);
    assert_eq!(told.changes, ["Deployment/shop/api replicas from 3 to 0, by kubectl scale (kubectl-scale) 20"]);
    assert_eq!(told.shown.len(), 1);
    assert_eq!((told.shown[0].0, &told.shown[0].1["status"]["replicas"]), (4, &json!(0)));
    // A removal names nobody. In a segment of its own it has no version before, and is not told of what is not known.
    let told = read("deployments.apps", "Deployment", &segments);
    assert_eq!((told.changes.len(), told.shown.len()), (1, 1));
    let mut ended = segments[0].clone();
    ended.push(line(30, "DELETED", "d", &json!({"from": time(25)})));
    let told = read("deployments.apps", "Deployment", &[ended]);
    assert_eq!(
        told.changes.last().map(String::as_str),
        Some("Deployment/shop/api was deleted, by whom a watch does not tell () 30")
    );
}

#[test]
fn a_pod_that_went_is_read_as_it_was_last() {
    let pod = |phase: &str| json!({"metadata": {"name": "api-1", "namespace": "shop", "uid": "p"}, "status": {"phase": phase}});
    let lines = vec![
        line(10, "ADDED", "p", &whole(&pod("Pending"))),
        line(11, "MODIFIED", "p", &patch(&json!({"status": {"phase": "Running"}}))),
        line(40, "DELETED", "p", &patch(&json!({"status": {"phase": "Failed"}}))),
        line(50, "ADDED", "q", &whole(&json!({"metadata": {"name": "api-2", "namespace": "shop", "uid": "q"}}))),
    ];
    let told = read("pods", "Pod", &[lines]);
    assert_eq!((told.gone, told.changes.len()), (1, 0), "what controllers make and remove is no change");
    let phases: Vec<_> = told
        .shown
        .iter()
        .map(|(line, pod)| (*line, pod["metadata"]["uid"].as_str(), pod["status"]["phase"].as_str()))
        .collect();
    assert_eq!(phases, [(3, Some("p"), Some("Failed")), (4, Some("q"), None)]);
}

#[test]
fn the_end_of_a_pod_is_the_end_of_its_life() {
    let mut found = Findings::default();
    let pod = br#"{"metadata":{"name":"api-1","namespace":"shop","uid":"p"},"spec":{"nodeName":"node-1"},"status":{"phase":"Running"}}"#;
    let place = Place::of_line(3, time(40));
    super::super::pods::read(place, pod, &mut found);
    let citation = found.cite(place, "Pod/shop/api-1 was deleted");
    let gone = Gone { namespace: "shop".into(), name: "api-1".into(), uid: "p".into(), at: time(40), citation };
    gone.end(&mut found.pods);
    let pod = found.pods.entry("shop", "api-1", "p");
    assert_eq!((pod.stopping, pod.last_seen), (Some(time(40)), Some(time(40))));
    assert_eq!(pod.object.as_ref().and_then(|object| object.finished), Some(time(40)));
}

#[test]
fn what_is_written_to_a_config_map_is_told_by_who_wrote_it() {
    let map = |writes: Value| json!({"metadata": {"name": "rules", "namespace": "shop", "uid": "c", "managedFields": writes}});
    let first = json!({"manager": "helm", "time": time(1), "fieldsV1": {"f:data": {"f:a": {}}}});
    let second = json!({"manager": "kubectl-patch", "time": time(20), "fieldsV1": {"f:data": {"f:b": {}}}});
    let both = json!([first, second]);
    let lines = vec![
        line(10, "SYNC", "c", &whole(&map(json!([first])))),
        line(21, "MODIFIED", "c", &patch(&json!({"metadata": {"managedFields": both}}))),
    ];
    let again = vec![line(300, "SYNC", "c", &whole(&map(both.clone())))];
    let told = read("configmaps", "ConfigMap", &[lines, again]);
    let managers: Vec<Vec<&str>> = told
        .shown
        .iter()
        .map(|(_, map)| {
            map["metadata"]["managedFields"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|write| write["manager"].as_str())
                .collect()
        })
        .collect();
    assert_eq!(managers, [vec!["helm"], vec!["kubectl-patch"], vec![]], "each write once");
}

#[test]
fn a_node_that_an_autoscaler_took_is_told() {
    let node = json!({"metadata": {"name": "node-9", "uid": "n"}, "spec": {"podCIDR": "10.0.0.0/24"}});
    let tainted = json!({"spec": {"unschedulable": true}, "metadata": {"managedFields": [{"manager": "cluster-autoscaler", "time": time(20)}]}});
    let lines = vec![
        line(10, "SYNC", "n", &whole(&node)),
        line(20, "MODIFIED", "n", &patch(&tainted)),
        line(30, "DELETED", "n", &json!({})),
    ];
    let told = read("nodes", "Node", &[lines]);
    assert_eq!(
        told.changes,
        [
            "Node/node-9 unschedulable set to true, by cluster-autoscaler (cluster-autoscaler) 20",
            "Node/node-9 was deleted, by whom a watch does not tell () 30",
        ]
    );
}

#[test]
fn what_cannot_be_known_is_not_guessed() {
    let lines = vec![
        line(10, "MODIFIED", "d", &patch(&json!({"spec": {"replicas": 1}}))),
        b"not a line".to_vec(),
        line(11, "GAP", "", &json!({"why": "the watch broke"})),
    ];
    let told = read("deployments.apps", "Deployment", &[lines]);
    assert_eq!((told.unreadable, told.changes.len(), told.shown.len()), (2, 0, 0));
    // A second recorder that begins with an older version than the first one told.
    let one = vec![
        line(10, "SYNC", "d", &whole(&deployment(1, "a", 2))),
        line(50, "MODIFIED", "d", &patch(&json!({"spec": {"replicas": 2}}))),
    ];
    let other = vec![line(40, "SYNC", "d", &whole(&deployment(1, "a", 2)))];
    let told = read("deployments.apps", "Deployment", &[one, other]);
    assert_eq!(told.changes.len(), 1, "{:?}", told.changes);
}

#[test]
fn a_pod_that_is_gone_is_read_with_its_first_mark() {
    let pod = json!({"metadata": {"name": "a-1", "namespace": "shop", "uid": "p"}, "status": {"phase": "Running"}});
    let marked = |grace: u32, at: u32| {
        patch(&json!({"metadata": {"deletionTimestamp": time(at), "deletionGracePeriodSeconds": grace}}))
    };
    let lines = vec![
        line(10, "SYNC", "p", &whole(&pod)),
        line(20, "MODIFIED", "p", &marked(30, 50)),
        line(30, "DELETED", "p", &marked(0, 30)),
    ];
    let told = read("pods", "Pod", &[lines]);
    let metadata = &told.shown[0].1["metadata"];
    assert_eq!((told.shown.len(), told.gone), (1, 1));
    assert_eq!(
        (&metadata["deletionTimestamp"], &metadata["deletionGracePeriodSeconds"]),
        (&json!(time(50)), &json!(30))
    );
}

#[test]
fn what_a_segment_does_not_begin_with_went_while_nothing_was_seen() {
    let named = |uid: &str| json!({"metadata": {"name": uid, "namespace": "shop", "uid": uid}});
    let sync = |second, uid: &str| line(second, "SYNC", uid, &whole(&named(uid)));
    // One between them cannot be read.
    let segments = [vec![sync(1, "api"), sync(1, "web")], vec![sync(850, "web")]];
    let pods = read("pods", "Pod", &segments);
    let names: Vec<&Value> = pods.shown.iter().map(|(_, pod)| &pod["metadata"]["name"]).collect();
    assert_eq!((pods.gone, names), (1, vec![&json!("api"), &json!("web")]), "what is known of it is read");
    let quotas = read("resourcequotas", "ResourceQuota", &segments);
    assert_eq!(quotas.changes.len(), 1, "{:?}", quotas.changes);
    assert!(
        quotas.changes.iter().all(|told| told.starts_with("ResourceQuota/shop/api was deleted")),
        "{:?}",
        quotas.changes
    );
    // The list had not come before it ended.
    let none = read("pods", "Pod", &[segments[0].clone(), vec![line(850, "ADDED", "new", &whole(&named("new")))]]);
    assert_eq!((none.gone, none.shown.len()), (0, 3), "of which nothing proves that it went");
}
