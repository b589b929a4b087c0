//! The first `kubectl get pods -A` of a made-up archive: how long it takes, and the most memory that `serve` has.
//!
//!     cargo bench --features serve --bench serve -- --pods 5000
//!
//! Asked in plain HTTP as kubectl asks: discovery, then tables in pages of 500. Where there is a kubectl, it is timed too.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "it is a program for people who measure, and a missing field reads as null"
)]

#[path = "../tests/it/serve/client.rs"]
#[expect(dead_code, reason = "the tests ask for more")]
mod client;

use chrono::{DateTime, TimeDelta, Utc};
use client::{Serving, TABLE, serve};
use k8s_forensics::archive::format::{ClusterId, FORMAT, Header, Outcome, Status};
use k8s_forensics::archive::{ArchiveWriter, Content, EntryBuilder, Target, layout};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

const NAMESPACES: usize = 50;

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let pods =
        args.iter().position(|arg| arg == "--pods").and_then(|at| args.get(at + 1)?.parse().ok()).unwrap_or(5000);
    let folder = tempfile::tempdir().expect("a folder");
    let (archive, bytes) = archive(folder.path(), pods);
    println!("{pods} pods, {} MB of objects in an archive", bytes / 1_000_000);
    let began = Instant::now();
    let serving = serve(&archive);
    let listens = began.elapsed();
    serving.get("/api");
    serving.get("/apis");
    let (mut rows, mut next) = (0, String::new());
    loop {
        let page = serving.ask("GET", &format!("/api/v1/pods?limit=500&continue={next}"), TABLE).json();
        rows += page["rows"].as_array().map_or(0, Vec::len);
        match page["metadata"]["continue"].as_str() {
            Some(token) => next = token.to_owned(),
            None => break,
        }
    }
    assert_eq!(rows, pods);
    println!(
        "listens after {} ms, first table of all pods after {} ms, {} MiB at most",
        listens.as_millis(),
        began.elapsed().as_millis(),
        peak_mib(&serving)
    );
    let kubectl = |serving: &Serving| {
        let began = Instant::now();
        let mut command = Command::new("kubectl");
        let done = command.args(["get", "pods", "-A"]).env("KUBECONFIG", &serving.kubeconfig).output().ok()?;
        Some((done.stdout.split(|byte| *byte == b'\n').count(), began.elapsed().as_millis()))
    };
    match kubectl(&serving) {
        Some((lines, took)) => println!("kubectl get pods -A then: {lines} lines in {took} ms"),
        None => println!("there is no kubectl here"),
    }
    drop(serving);
    let began = Instant::now();
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let done = command.arg("serve").arg(&archive).args(["--", "kubectl", "get", "pods", "-A"]).output();
    if done.is_ok_and(|done| done.status.success()) {
        println!("serve ARCHIVE -- kubectl get pods -A, all of it: {} ms", began.elapsed().as_millis());
    }
}

/// The most memory that a server had, in MiB.
fn peak_mib(of: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", of.child.id())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default() / 1024
}

fn at() -> DateTime<Utc> {
    DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc()
}

/// An archive of pods that are as large as real ones, and the bytes of these.
fn archive(folder: &Path, pods: usize) -> (PathBuf, usize) {
    let path = folder.join("incident.zip");
    let mut writer = ArchiveWriter::create(&path, Target::new("incident", at(), folder), false).expect("a new file");
    let header = Header {
        format: FORMAT,
        tool: "k8s-forensics bench".into(),
        cluster: ClusterId::default(),
        from: at(),
        to: at() + TimeDelta::hours(1),
        started_at: at(),
        options: [].into(),
        clocks: Vec::new(),
    };
    writer.header(&header).expect("a header");
    let mut put = |entry: &str, text: &str| {
        let entry = EntryBuilder::whole(writer.target(), entry, Content::Json, text.as_bytes()).expect("an entry");
        writer.append(entry).expect("room");
    };
    let resource =
        json!({"resource": "pods", "responseKind": {"kind": "Pod"}, "scope": "Namespaced", "verbs": ["get", "list"]});
    let core = json!([{"metadata": {}, "versions": [{"version": "v1", "resources": [resource]}]}]);
    put(layout::API, &json!({"kind": "APIGroupDiscoveryList", "items": core}).to_string());
    put(layout::APIS, &json!({"kind": "APIGroupDiscoveryList", "items": []}).to_string());
    let mut bytes = 0;
    for namespace in 0..NAMESPACES {
        let name = format!("team-{namespace:02}");
        let of_namespace = (0..pods).filter(|number| number % NAMESPACES == namespace);
        let text: String = of_namespace.map(|number| format!("{}\n", pod(&name, number))).collect();
        bytes += text.len();
        put(&layout::objects(Some(&name), "pods"), &text);
    }
    let outcome = Outcome {
        bytes: bytes as u64,
        took_ms: 1,
        ..Outcome::new("objects", "pods", Status::Collected, at() + TimeDelta::hours(1))
    };
    writer.outcome(&outcome).expect("an outcome");
    (writer.seal(None).expect("a sealed archive").path, bytes)
}

fn pod(namespace: &str, number: usize) -> Value {
    let field =
        |path: usize| (format!("f:field-{path}"), json!({"f:name": {}, "f:value": {}, "f:from": {"f:key": {}}}));
    let fields: serde_json::Map<String, Value> = (0..50).map(field).collect();
    let env: Vec<Value> =
        (0..20).map(|one| json!({"name": format!("VARIABLE_{one}"), "value": format!("{number:016x}")})).collect();
    json!({
        "metadata": {
            "name": format!("app-{number:06}-{:05x}", number * 7919 % 99_991), "namespace": namespace,
            "uid": format!("00000000-0000-4000-8000-{number:012}"), "resourceVersion": (1000 + number).to_string(),
            "creationTimestamp": "2026-11-20T07:00:00Z", "labels": {"app": format!("app-{}", number % 10)},
            "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": fields}],
        },
        "spec": {"nodeName": format!("node-{}", number % 200), "containers": [{
            "name": "app", "image": "registry.example.com/app:1", "env": env,
            "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}},
        }]},
        "status": {"phase": "Running", "podIPs": [{"ip": format!("10.1.{}.{}", number / 250, number % 250)}],
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-20T07:00:10Z"}],
            "containerStatuses": [{"name": "app", "ready": true, "restartCount": 0, "image": "registry.example.com/app:1",
                "containerID": format!("containerd://{number:064x}"), "state": {"running": {"startedAt": "2026-11-20T07:00:05Z"}}}]},
    })
}
