//! Rows as an API server makes them.

use super::{Cell, Table, kinds};
use crate::objects::kinds::Named;
use crate::viewing::Object;
use chrono::DateTime;
use serde_json::{Value, json};

fn object(full: &str, json: Value) -> Object {
    let name = json.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("a").to_owned();
    let fetched = DateTime::from_timestamp(1_795_276_800, 0).expect("a time");
    Object { named: Named::of_plural(full), namespace: "shop".to_owned(), name, json, fetched }
}

fn cells(full: &str, json: Value) -> Vec<Value> {
    Table::of(full, "v1", None, false).cells(&object(full, json))
}

fn shown(full: &str, json: Value) -> String {
    cells(full, json)
        .iter()
        .map(|cell| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned))
        .collect::<Vec<_>>()
        .join("|")
}

#[test]
fn rows_are_those_of_an_api_server() {
    let made = "2026-11-21T15:00:00Z";
    let deployment = json!({"metadata": {"name": "api", "creationTimestamp": made}, "spec": {"replicas": 2, "selector":
        {"matchLabels": {"app": "api"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["y", "x"]}]},
        "template": {"spec": {"containers": [{"name": "app", "image": "img:1"}, {"name": "b", "image": "img:2"}]}}},
        "status": {"readyReplicas": 1, "updatedReplicas": 2}});
    assert_eq!(shown("deployments.apps", deployment), "api|1/2|2|0|60m|app,b|img:1,img:2|a in (x,y),app=api");
    let service = json!({"metadata": {"creationTimestamp": made}, "spec": {"type": "LoadBalancer", "clusterIPs": ["10.0.0.1"],
        "ports": [{"port": 80, "nodePort": 30080, "protocol": "TCP"}], "selector": {"app": "api"}},
        "status": {"loadBalancer": {"ingress": [{"ip": "9.9.9.9"}, {"hostname": "8.example"}]}}});
    assert_eq!(shown("services", service), "a|LoadBalancer|10.0.0.1|8.example,9.9.9.9|80:30080/TCP|60m|app=api");
    let event = json!({"type": "Warning", "reason": "BackOff", "involvedObject": {"kind": "Pod", "name": "api-0"},
        "source": {"component": "kubelet", "host": "n1"}, "message": " back-off \n", "count": 3,
        "firstTimestamp": "2026-11-21T15:30:00Z", "lastTimestamp": "2026-11-21T15:59:30Z"});
    assert_eq!(shown("events", event), "30s|Warning|BackOff|pod/api-0||kubelet, n1|back-off|30m|3|a");
    let endpoints = json!({"subsets": [{"addresses": [{"ip": "10.0.0.1"}, {"ip": "10.0.0.2"}],
        "ports": [{"port": 80}, {"port": 81}]}]});
    assert_eq!(shown("endpoints", endpoints), "a|10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...|<unknown>");
    let scaler = json!({"spec": {"scaleTargetRef": {"kind": "Deployment", "name": "api"}, "maxReplicas": 5, "metrics":
        [{"type": "Resource", "resource": {"name": "cpu", "target": {"averageUtilization": 70}}}]}, "status": {"currentReplicas": 2}});
    assert_eq!(
        shown("horizontalpodautoscalers.autoscaling", scaler),
        "a|Deployment/api|cpu: <unknown>/70%|<unset>|5|2|<unknown>"
    );
    let quota = json!({"status": {"hard": {"limits.cpu": "4", "pods": "10"}, "used": {"pods": "3"}}});
    assert_eq!(shown("resourcequotas", quota), "a|pods: 3/10|limits.cpu: 0/4|<unknown>");
}

#[test]
fn custom_resources_have_the_columns_of_their_definition() {
    let definition = json!({"spec": {"versions": [{"name": "v1", "additionalPrinterColumns": [
        {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
        {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "priority": 1},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}]}]}});
    let table = Table::of("widgets.example.io", "v1", Some(&definition), false);
    let one = object(
        "widgets.example.io",
        json!({"metadata": {"creationTimestamp": "2026-11-21T15:58:00Z"}, "spec": {"size": 3}}),
    );
    assert_eq!(table.cells(&one), [json!("a"), Value::Null, json!(3), json!("2m")]);
    let names: Vec<Value> =
        table.definitions().as_array().expect("a list").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["Name", "Ready", "Size", "Age"]);
    let other = Table::of("widgets.example.io", "v2", Some(&definition), false);
    assert_eq!(other.cells(&one).len(), 2, "name and age");
}

#[test]
fn every_kind_has_a_cell_for_each_column_whatever_it_holds() {
    for full in
        ["pods", "nodes", "services", "endpoints", "resourcequotas", "events", "jobs.batch", "anything.example.io"]
    {
        for json in [json!({}), json!({"metadata": {"name": "a"}, "spec": null, "status": [7], "subsets": [1]})] {
            let table = Table::of(full, "v1", None, false);
            let columns = table.definitions().as_array().map_or(0, Vec::len);
            assert_eq!(table.cells(&object(full, json)).len(), columns, "{full}");
        }
    }
    assert!(kinds::ANY.iter().any(|(_, _, cell)| matches!(cell, Cell::Age)));
}
