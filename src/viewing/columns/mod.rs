//! Objects in the columns of `kubectl get` 1.34 (kubernetes, pkg/printers/internalversion/printers.go): those of the kinds
//! that people look at in an incident; of every other kind name and age.

mod node;
mod pod;
mod workload;

use super::objects::Object;
use serde_json::Value;

/// What is shown of objects of one kind.
pub struct Columns {
    pub names: Vec<&'static str>,
    /// One cell for each name.
    pub cells: fn(&Object) -> Vec<String>,
    /// Beside these, where all is wanted.
    pub wide: &'static [&'static str],
    pub wide_cells: fn(&Object) -> Vec<String>,
}

/// A row of the table below.
type Row = (&'static str, &'static [&'static str], fn(&Object) -> Vec<String>);

/// Kinds by their plurals, with what stands between name and age.
const KINDS: &[Row] = &[
    ("cronjobs.batch", &["SCHEDULE", "SUSPEND", "ACTIVE", "LAST SCHEDULE"], workload::cron_job),
    ("daemonsets.apps", &["DESIRED", "CURRENT", "READY", "UP-TO-DATE", "AVAILABLE"], workload::daemon_set),
    ("deployments.apps", &["READY", "UP-TO-DATE", "AVAILABLE"], workload::deployment),
    ("horizontalpodautoscalers.autoscaling", &["REFERENCE", "MINPODS", "MAXPODS", "REPLICAS"], workload::autoscaler),
    ("jobs.batch", &["STATUS", "COMPLETIONS", "DURATION"], workload::job),
    ("leases.coordination.k8s.io", &["HOLDER"], |one| vec![or_none(one.text("/spec/holderIdentity"))]),
    ("namespaces", &["STATUS"], |one| vec![one.text("/status/phase").to_owned()]),
    ("nodes", &["STATUS", "ROLES"], node::cells),
    ("persistentvolumeclaims", &["STATUS", "VOLUME", "CAPACITY", "ACCESS MODES", "STORAGECLASS"], claim),
    ("persistentvolumes", &["CAPACITY", "ACCESS MODES", "RECLAIM POLICY", "STATUS", "CLAIM", "STORAGECLASS"], volume),
    ("poddisruptionbudgets.policy", &["MIN AVAILABLE", "MAX UNAVAILABLE", "ALLOWED DISRUPTIONS"], workload::budget),
    ("pods", &["READY", "STATUS", "RESTARTS"], pod::cells),
    ("replicasets.apps", &["DESIRED", "CURRENT", "READY"], workload::replica_set),
    ("services", &["TYPE", "CLUSTER-IP", "EXTERNAL-IP", "PORT(S)"], service),
    ("statefulsets.apps", &["READY"], workload::stateful_set),
];

/// Names of columns, and what gives their cells.
type Wide = (&'static [&'static str], fn(&Object) -> Vec<String>);

/// The columns of a kind, by its plural.
pub fn columns(plural: &str) -> Columns {
    let found = KINDS.iter().find(|(known, ..)| *known == plural);
    let (between, cells) =
        found.map_or((&[][..], (|_| Vec::new()) as fn(&Object) -> Vec<String>), |row| (row.1, row.2));
    let (wide, wide_cells): Wide = match plural {
        "pods" => (&["IP", "NODE"], pod::wide),
        "nodes" => (&["INTERNAL-IP", "OS-IMAGE", "KERNEL-VERSION", "CONTAINER-RUNTIME"], node::wide),
        _ => (&[], |_| Vec::new()),
    };
    // A node's version stands behind its age.
    let tail: &[&str] = if plural == "nodes" { &["AGE", "VERSION"] } else { &["AGE"] };
    let names = ["NAME"].iter().chain(between).chain(tail).copied().collect();
    Columns { names, cells, wide, wide_cells }
}

impl Columns {
    /// The cells of an object, as many as there are names and, where all is wanted, wide ones.
    pub fn row(&self, one: &Object, is_wide: bool) -> Vec<String> {
        let mut row = vec![one.name.clone()];
        row.extend((self.cells)(one));
        row.push(one.age());
        if one.named.plural == "nodes" {
            row.push(one.text("/status/nodeInfo/kubeletVersion").to_owned());
        }
        if is_wide {
            row.extend((self.wide_cells)(one));
        }
        row
    }

    /// The names above them.
    pub fn header(&self, is_wide: bool) -> Vec<&'static str> {
        let wide: &[&str] = if is_wide { self.wide } else { &[] };
        self.names.iter().chain(wide).copied().collect()
    }
}

fn or_none(text: &str) -> String {
    if text.is_empty() { "<none>".to_owned() } else { text.to_owned() }
}

/// A number or a text as it is written; empty where there is none.
fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(value) => value.to_string(),
    }
}

fn service(one: &Object) -> Vec<String> {
    let kind = one.text("/spec/type");
    let addresses = |pointer: &str| -> Vec<&str> { one.list(pointer).iter().filter_map(Value::as_str).collect() };
    let of_balancer = one.list("/status/loadBalancer/ingress").iter();
    let of_balancer = of_balancer.filter_map(|entry| entry.get("ip").or(entry.get("hostname"))?.as_str());
    let external = match kind {
        "ExternalName" => one.text("/spec/externalName").to_owned(),
        "LoadBalancer" => {
            let all: Vec<&str> = of_balancer.chain(addresses("/spec/externalIPs")).collect();
            if all.is_empty() { "<pending>".to_owned() } else { all.join(",") }
        }
        _ => or_none(&addresses("/spec/externalIPs").join(",")),
    };
    let port = |port: &Value| {
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
        let on_nodes = port.get("nodePort").and_then(Value::as_i64).filter(|port| *port > 0);
        let on_nodes = on_nodes.map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}{on_nodes}/{protocol}", plain(port.get("port")))
    };
    let ports: Vec<String> = one.list("/spec/ports").iter().map(port).collect();
    vec![kind.to_owned(), or_none(one.text("/spec/clusterIP")), external, or_none(&ports.join(","))]
}

/// Access modes as kubectl shortens them.
fn access_modes(modes: &[Value]) -> String {
    let short = |mode: &str| match mode {
        "ReadWriteOnce" => "RWO".to_owned(),
        "ReadOnlyMany" => "ROX".to_owned(),
        "ReadWriteMany" => "RWX".to_owned(),
        "ReadWriteOncePod" => "RWOP".to_owned(),
        other => other.to_owned(),
    };
    modes.iter().filter_map(Value::as_str).map(short).collect::<Vec<_>>().join(",")
}

fn claim(one: &Object) -> Vec<String> {
    let is_leaving = one.json.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null());
    let phase = if is_leaving { "Terminating" } else { one.text("/status/phase") };
    let volume = one.text("/spec/volumeName");
    // Before it is bound it has neither.
    let (capacity, modes) = match volume.is_empty() {
        true => (String::new(), String::new()),
        false => (plain(one.json.pointer("/status/capacity/storage")), access_modes(one.list("/status/accessModes"))),
    };
    let class = one.text("/spec/storageClassName").to_owned();
    vec![phase.to_owned(), volume.to_owned(), capacity, modes, class]
}

fn volume(one: &Object) -> Vec<String> {
    let claim = match (one.text("/spec/claimRef/namespace"), one.text("/spec/claimRef/name")) {
        (_, "") => String::new(),
        (namespace, name) => format!("{namespace}/{name}"),
    };
    vec![
        plain(one.json.pointer("/spec/capacity/storage")),
        access_modes(one.list("/spec/accessModes")),
        one.text("/spec/persistentVolumeReclaimPolicy").to_owned(),
        one.text("/status/phase").to_owned(),
        claim,
        one.text("/spec/storageClassName").to_owned(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::objects::kinds::Named;
    use chrono::DateTime;

    pub fn object(plural: &str, json: &str) -> Object {
        let json: Value = serde_json::from_str(json).expect("JSON");
        let name = json.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let fetched = DateTime::from_timestamp(1_795_276_800, 0).expect("a time");
        Object { named: Named::of_plural(plural), namespace: "shop".to_owned(), name, json, fetched }
    }

    #[test]
    fn every_kind_has_a_cell_for_each_name_whatever_it_holds() {
        for plural in KINDS.iter().map(|row| row.0).chain(["widgets.example.io"]) {
            for json in ["{}", r#"{"metadata":{"name":"a"},"spec":null,"status":[7]}"#] {
                let (columns, one) = (columns(plural), object(plural, json));
                for is_wide in [false, true] {
                    assert_eq!(columns.row(&one, is_wide).len(), columns.header(is_wide).len(), "{plural}");
                }
            }
        }
    }

    #[test]
    fn services_and_claims_look_as_with_kubectl() {
        let service = object(
            "services",
            r#"{"spec":{"type":"NodePort","clusterIP":"10.0.0.1","ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}}"#,
        );
        assert_eq!(super::service(&service), ["NodePort", "10.0.0.1", "<none>", "80:30080/TCP,53/UDP"]);
        let claim = object(
            "persistentvolumeclaims",
            r#"{"spec":{"volumeName":"v","storageClassName":"fast"},"status":{"phase":"Bound","capacity":{"storage":"1Gi"},"accessModes":["ReadWriteOnce"]}}"#,
        );
        assert_eq!(super::claim(&claim), ["Bound", "v", "1Gi", "RWO", "fast"]);
    }
}
