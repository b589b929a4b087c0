//! A client of `serve` in plain HTTP, and an archive to be asked.

use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A server of an archive, which ends with it.
pub struct Serving {
    pub child: Child,
    pub kubeconfig: PathBuf,
    pub port: u16,
    pub token: String,
    _folder: tempfile::TempDir,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
pub struct Answer {
    pub code: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&self.body)))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

pub const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

pub fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).join("archive")
}

pub fn serve(archive: &Path) -> Serving {
    serve_with(archive, &[])
}

/// The same with further options.
pub fn serve_with(archive: &Path, options: &[&str]) -> Serving {
    let folder = tempfile::tempdir().expect("a folder");
    let kubeconfig = folder.path().join("kubeconfig");
    let mut child = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .args(["serve".as_ref(), archive.as_os_str(), "--kubeconfig".as_ref(), kubeconfig.as_os_str()])
        .args(options)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
    assert!(line.starts_with("export KUBECONFIG="), "{line}");
    let config = fs::read_to_string(&kubeconfig).expect("a kubeconfig");
    let server = config.split("http://127.0.0.1:").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let (port, token) = server.split_once('/').expect("a token");
    let (port, token) = (port.parse().expect("a port"), token.to_owned());
    Serving { child, kubeconfig, port, token, _folder: folder }
}

impl Serving {
    pub fn raw(&self, request: &str) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a limit");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut all = Vec::new();
        stream.read_to_end(&mut all).expect("an answer");
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
        let head = String::from_utf8_lossy(&all[..end]).into_owned();
        let code = head.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a code");
        let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
        let body = if chunked { unchunked(&all[end..]) } else { all[end..].to_vec() };
        Answer { code, head, body }
    }

    pub fn ask(&self, method: &str, path: &str, accept: &str) -> Answer {
        let (port, token) = (self.port, &self.token);
        self.raw(&format!(
            "{method} /{token}{path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        ))
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "application/json")
    }

    /// The cells of a table, with bars between them.
    pub fn rows(&self, path: &str) -> Vec<String> {
        let table = self.ask("GET", path, TABLE).json();
        assert_eq!(table["kind"], "Table", "{table}");
        let rows = table["rows"].as_array().expect("rows").iter();
        let cell = |cell: &Value| cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
        rows.map(|row| row["cells"].as_array().expect("cells").iter().map(cell).collect::<Vec<_>>().join("|")).collect()
    }
}

fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut all = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = usize::from_str_radix(&String::from_utf8_lossy(&rest[..end]), 16).expect("a size");
        if size == 0 {
            break;
        }
        all.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
    all
}

pub fn names(list: &Value) -> Vec<&str> {
    let items = list["items"].as_array().expect("items").iter();
    items.map(|one| one["metadata"]["name"].as_str().expect("a name")).collect()
}

/// Where an archive is put that is made here.
struct Made<'a>(&'a Path);

impl Made<'_> {
    /// A kind without a definition, as its API server printed it; one object came after that.
    fn printed(&self) {
        let gizmo = |name: &str| {
            let metadata = json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-11-26T14:00:00Z"});
            json!({"apiVersion": "example.io/v1alpha1", "kind": "Gizmo", "metadata": metadata}).to_string()
        };
        self.put("objects/namespaces/shop/gizmos.example.io.jsonl", [gizmo("new"), gizmo("old")].join("\n"));
        let columns = ["Name", "Spin", "Age"].map(|name| json!({"name": name, "type": "string", "priority": 0}));
        let columns = json!({"columnDefinitions": columns});
        let row = json!({"namespace": "shop", "name": "old", "cells": ["old", "left", "9m"]});
        self.put("tables/gizmos.example.io.jsonl", format!("{columns}\n{row}"));
    }

    fn put(&self, path: &str, text: impl std::fmt::Display) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, format!("{text}\n")).expect("a file");
    }

    /// What the cluster says that it has.
    fn discovery(&self) {
        let resource = |plural: &str, kind: &str, scope: &str| {
            json!({"resource": plural, "responseKind": {"kind": kind}, "scope": scope,
                "singularResource": kind.to_lowercase(), "verbs": ["get", "list"]})
        };
        let group = |name: &str, version: &str, resources: &[Value]| json!({"metadata": {"name": name}, "versions": [{"version": version, "resources": resources}]});
        let kinds = [("secrets", "Secret"), ("configmaps", "ConfigMap")];
        let core = group("", "v1", &kinds.map(|(plural, kind)| resource(plural, kind, "Namespaced")));
        let own = [("widgets", "Widget"), ("gizmos", "Gizmo")];
        let own = group("example.io", "v1alpha1", &own.map(|(plural, kind)| resource(plural, kind, "Namespaced")));
        let definition = resource("customresourcedefinitions", "CustomResourceDefinition", "Cluster");
        let definitions = group("apiextensions.k8s.io", "v1", &[definition]);
        let list = |items: &[Value]| json!({"kind": "APIGroupDiscoveryList", "items": items});
        self.put("controlplane/api.json", list(&[core]));
        self.put("controlplane/apis.json", list(&[own, definitions]));
    }
}

/// An archive with a custom kind and its definition, Secrets that were not allowed, and a list that was cut.
pub fn custom(folder: &Path) -> PathBuf {
    let made = Made(folder);
    made.discovery();
    let header = fs::read_to_string(fixture("bad-rollout").join("meta/archive.json")).expect("a header");
    made.put("meta/archive.json", header);
    let widgets = "objects/namespaces/shop/widgets.example.io.jsonl";
    let outcome = |subject: &str, status: &str, entry: Option<&str>| {
        let mut one = json!({"source": "objects", "subject": subject, "status": status, "bytes": 1, "took_ms": 1,
            "at": "2026-11-26T14:10:00Z", "why": "because"});
        if let Some(entry) = entry {
            one["entry"] = entry.into();
        }
        one.to_string()
    };
    let outcomes = [
        outcome("secrets", "denied", None),
        outcome("configmaps", "collected", None),
        outcome("widgets.example.io", "truncated", Some(widgets)),
        outcome("gizmos.example.io", "collected", None),
        outcome("customresourcedefinitions.apiextensions.k8s.io", "collected", None),
    ];
    made.put("meta/outcomes.jsonl", outcomes.join("\n"));
    let widget = |name: &str| {
        let metadata = json!({"name": name, "namespace": "shop", "creationTimestamp": "2026-11-26T14:00:00Z"});
        let status = json!({"conditions": [{"type": "Ready", "status": "True"}]});
        json!({"apiVersion": "example.io/v1alpha1", "kind": "Widget", "metadata": metadata, "status": status})
            .to_string()
    };
    made.put(widgets, [widget("a"), widget("b")].join("\n"));
    let settings = json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
        "metadata": {"name": "settings", "namespace": "shop"}});
    made.put("objects/namespaces/shop/configmaps.jsonl", settings);
    let columns = json!([
        {"name": "Ready", "type": "string", "jsonPath": ".status.conditions[?(@.type==\"Ready\")].status"},
        {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
    ]);
    let versions = json!([{"name": "v1alpha1", "additionalPrinterColumns": columns}]);
    let definition = json!({"metadata": {"name": "widgets.example.io"}, "spec": {"versions": versions}});
    made.put("objects/cluster/customresourcedefinitions.apiextensions.k8s.io.jsonl", definition);
    made.printed();
    folder.to_owned()
}
