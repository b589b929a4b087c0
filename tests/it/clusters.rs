//! `analyze` of the archives of several clusters: a report for each, and what crosses them.

use assert_cmd::Command;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;

/// One cluster of a test, whose archive is written below a folder.
struct Cluster<'a> {
    name: &'a str,
    /// By how many seconds its API server's clock was ahead of the machine that collected.
    ahead_s: u32,
    objects: Vec<(&'a str, Vec<Value>)>,
    log: (&'a str, String),
}

impl Cluster<'_> {
    fn write(&self, folder: &Path) {
        let file = |path: &str, text: String| {
            let path = folder.join(self.name).join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let remote = format!("2026-11-20T10:00:{:02}Z", self.ahead_s);
        let header = json!({
            "format": {"major": 1, "minor": 1}, "tool": "k8s-forensics 0.1.0",
            "cluster": {"uid": format!("uid-of-{}", self.name), "version": "v1.34.0", "context": self.name},
            "from": "2026-11-20T09:00:00Z", "to": "2026-11-20T10:00:00Z", "started_at": "2026-11-20T10:00:00Z",
            "options": {"side-by-side": format!("1 of 2, in the run of 2026-11-20T10:00:00Z")},
            "clocks": [{"endpoint": "API server", "local_before": "2026-11-20T10:00:00Z",
                "local_after": "2026-11-20T10:00:00.010Z", "remote": remote}],
        });
        file("meta/archive.json", header.to_string());
        for (path, objects) in &self.objects {
            let lines: Vec<String> = objects.iter().map(Value::to_string).collect();
            file(&format!("objects/namespaces/{path}.jsonl"), lines.join("\n") + "\n");
        }
        file(&format!("logs/{}/current.log", self.log.0), self.log.1.clone());
    }
}

fn event(pod: (&str, &str), (reason, message): (&str, &str), (first, last): (&str, &str)) -> Value {
    json!({
        "metadata": {"name": format!("{}.{reason}", pod.1), "namespace": pod.0, "uid": format!("{}-{reason}", pod.1)},
        "involvedObject": {"kind": "Pod", "namespace": pod.0, "name": pod.1, "apiVersion": "v1"},
        "reason": reason, "message": message, "source": {"component": "kubelet", "host": "n1"}, "type": "Warning",
        "firstTimestamp": first, "lastTimestamp": last, "count": 9,
    })
}

fn pod((namespace, name): (&str, &str), app: &str) -> Value {
    json!({
        "metadata": {"name": name, "namespace": namespace, "uid": format!("uid-{name}"), "labels": {"app": app},
            "creationTimestamp": "2026-11-19T00:00:00Z"},
        "spec": {"nodeName": "n1", "containers": [{"name": app, "image": "registry.example.com/app:1"}]},
        "status": {"phase": "Running", "conditions": [
            {"type": "Ready", "status": "False", "reason": "ContainersNotReady", "lastTransitionTime": "2026-11-20T09:30:05Z"}]},
    })
}

/// The cluster of a database that others call by the name that its balancer has.
fn data(ahead_s: u32) -> Cluster<'static> {
    let service = json!({
        "metadata": {"name": "db", "namespace": "data",
            "annotations": {"external-dns.alpha.kubernetes.io/hostname": "db.example.com"}},
        "spec": {"type": "LoadBalancer", "clusterIP": "10.96.0.7", "selector": {"app": "db"}},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.9"}]}},
    });
    let failed = event(
        ("data", "db-0"),
        ("Unhealthy", "Readiness probe failed: no disk"),
        ("2026-11-20T09:30:00Z", "2026-11-20T09:58:00Z"),
    );
    Cluster {
        name: "data-eu",
        ahead_s,
        objects: vec![
            ("data/services", vec![service]),
            ("data/pods", vec![pod(("data", "db-0"), "db")]),
            ("data/events", vec![failed]),
        ],
        log: ("data/db-0/db", "2026-11-20T09:29:00.000000000Z checkpoint complete\n".to_owned()),
    }
}

/// A cluster whose pods call a host, which refuses them.
fn caller<'a>(name: &'a str, host: &str, ahead_s: u32) -> Cluster<'a> {
    let line = |second: u32| {
        format!(
            "2026-11-20T09:30:{second:02}.000000000Z Connection to {host} refused. Check that the hostname and port are correct\n"
        )
    };
    let failed = event(
        ("shop", "web-0"),
        ("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503"),
        ("2026-11-20T09:30:50Z", "2026-11-20T09:58:00Z"),
    );
    Cluster {
        name,
        ahead_s,
        objects: vec![("shop/pods", vec![pod(("shop", "web-0"), "web")]), ("shop/events", vec![failed])],
        log: ("shop/web-0/web", (30..50).step_by(5).map(line).collect()),
    }
}

/// What `analyze` of all of them says, and the folder it wrote to.
fn analyzed(clusters: &[Cluster<'_>]) -> (Value, String, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    clusters.iter().for_each(|cluster| cluster.write(folder.path()));
    let mut command = Command::cargo_bin("k8s-forensics").expect("the program");
    command.current_dir(folder.path()).args(["analyze", "-o", "report", "--json"]);
    let output = command.args(clusters.iter().map(|cluster| cluster.name)).output().expect("an end");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let markdown = fs::read_to_string(folder.path().join("report/clusters.md")).expect("a page");
    (serde_json::from_slice(&output.stdout).expect("JSON"), markdown, folder)
}

fn texts(crossings: &Value, field: &str) -> Vec<String> {
    let rows = crossings["crossings"].as_array().expect("a list");
    rows.iter().map(|row| row[field].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_call_is_led_to_what_answers_in_another_cluster() {
    for host in ["203.0.113.9:5432", "db.example.com:5432"] {
        let (found, markdown, folder) = analyzed(&[caller("shop-eu", host, 0), data(0)]);
        assert_eq!(
            (texts(&found, "pattern"), texts(&found, "grade")),
            (vec!["called".to_owned()], vec!["mechanism".to_owned()])
        );
        let statement = texts(&found, "statement").swap_remove(0);
        assert!(statement.contains("is Service/data/db of data-eu"), "{statement}");
        assert!(statement.contains("s before: "), "{statement}");
        for side in found["crossings"][0]["sides"].as_array().expect("sides") {
            let cluster = side["cluster"].as_str().expect("a name");
            for record in side["evidence"].as_array().expect("records") {
                let entry = folder.path().join(cluster).join(record["entry"].as_str().expect("a path"));
                let lines = fs::read_to_string(&entry).expect("the entry").lines().count() as u64;
                assert!(record["line"].as_u64().expect("a line") <= lines, "{record}");
            }
        }
        assert!(markdown.contains("A record of one names what failed in the other."), "{markdown}");
        for cluster in ["shop-eu", "data-eu"] {
            assert!(folder.path().join("report").join(cluster).join("postmortem.md").is_file());
        }
    }
}

#[test]
fn what_began_later_by_the_clocks_of_both_is_not_what_a_call_met() {
    // Its clock was fifty seconds behind: what it dates to half past nine was after the calls had begun to fail.
    let (found, ..) = analyzed(&[caller("shop-eu", "203.0.113.9:5432", 50), data(0)]);
    let statement = texts(&found, "statement").swap_remove(0);
    assert!(statement.contains("Nothing that failed in data-eu had to do with it"), "{statement}");
    assert_eq!(texts(&found, "grade"), ["order"]);
}

#[test]
fn a_host_outside_of_all_is_what_they_have_in_common() {
    let host = "db.elsewhere.example.com:5432";
    let (found, ..) = analyzed(&[caller("shop-eu", host, 0), caller("shop-us", host, 0), data(0)]);
    let statements = texts(&found, "statement");
    let wanted = "Calls to db.elsewhere.example.com failed in 2 of 3 clusters (shop-eu, shop-us)";
    assert!(statements.iter().any(|one| one.starts_with(wanted)), "{statements:?}");
    assert!(!statements.iter().any(|one| one.contains("is Service/data/db")), "{statements:?}");
}

#[test]
fn an_address_within_each_cluster_ties_nothing_together() {
    let (found, ..) = analyzed(&[caller("shop-eu", "10.96.0.7:5432", 0), data(0)]);
    assert_eq!(texts(&found, "grade"), ["order"], "both have such a Service address: {found}");
    assert!(!texts(&found, "statement").iter().any(|one| one.contains("10.96.0.7")));
}

#[test]
fn what_is_of_no_cluster_is_given_to_none() {
    let folder = tempfile::tempdir().expect("a folder");
    [caller("shop-eu", "203.0.113.9:5432", 0), data(0)].iter().for_each(|cluster| cluster.write(folder.path()));
    fs::write(folder.path().join("notes.md"), "09:31 the shop is slow\n").expect("notes");
    let mut command = Command::cargo_bin("k8s-forensics").expect("the program");
    command.current_dir(folder.path()).args(["analyze", "shop-eu", "data-eu", "--notes", "notes.md"]);
    let output = command.output().expect("an end");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("does not say of which of the clusters it is"), "{said}");
}
