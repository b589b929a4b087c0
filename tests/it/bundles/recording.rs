//! A recorded incident as other tools could have collected it, and how they print objects.

use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A list of objects of the recording.
pub struct List {
    pub namespace: Option<String>,
    /// With its group.
    pub plural: String,
    pub items: Vec<Value>,
}

/// What of a recording other tools have, too.
pub struct Recording {
    pub lists: Vec<List>,
    /// Namespace, pod, container and what it printed, with the API's timestamps.
    pub logs: Vec<([String; 3], String)>,
    /// Node, unit and lines.
    pub journals: Vec<([String; 2], String)>,
}

/// Version and kind of what the recording has lists of.
const KINDS: [(&str, &str, &str); 12] = [
    ("configmaps", "v1", "ConfigMap"),
    ("cronjobs.batch", "batch/v1", "CronJob"),
    ("deployments.apps", "apps/v1", "Deployment"),
    ("endpointslices.discovery.k8s.io", "discovery.k8s.io/v1", "EndpointSlice"),
    ("events", "v1", "Event"),
    ("jobs.batch", "batch/v1", "Job"),
    ("leases.coordination.k8s.io", "coordination.k8s.io/v1", "Lease"),
    ("namespaces", "v1", "Namespace"),
    ("nodes", "v1", "Node"),
    ("pods", "v1", "Pod"),
    ("replicasets.apps", "apps/v1", "ReplicaSet"),
    ("services", "v1", "Service"),
];

const SCENARIO: &str = "memory-cascade";

pub fn archive() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(SCENARIO).join("archive")
}

pub fn entries(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        match fs::read_dir(&path) {
            Ok(items) => open.extend(items.map(|item| item.expect("an item").path())),
            Err(_) => found.push(path.strip_prefix(folder).expect("below").to_string_lossy().into_owned()),
        }
    }
    found.sort();
    found
}

impl Recording {
    pub fn read() -> Self {
        let mut recording = Self { lists: Vec::new(), logs: Vec::new(), journals: Vec::new() };
        for entry in entries(&archive()) {
            let text = || fs::read_to_string(archive().join(&entry)).expect("an entry");
            let parts: Vec<&str> = entry.split('/').collect();
            match parts.as_slice() {
                ["objects", "cluster", list] => recording.list(None, list, &text()),
                ["objects", "namespaces", namespace, list] => recording.list(Some(namespace), list, &text()),
                ["logs", namespace, pod, container, "current.log"] => {
                    let of = [namespace, pod, container].map(|name| (*name).to_owned());
                    recording.logs.push((of, text()));
                }
                ["nodes", node, "journal", unit] => {
                    let of = [(*node).to_owned(), unit.trim_end_matches(".log").to_owned()];
                    recording.journals.push((of, text()));
                }
                _ => {}
            }
        }
        recording
    }

    fn list(&mut self, namespace: Option<&str>, list: &str, text: &str) {
        let plural = list.trim_end_matches(".jsonl");
        if let Some((_, api_version, kind)) = KINDS.iter().find(|(known, ..)| *known == plural) {
            let item = |line: &str| {
                let mut item: Value = serde_json::from_str(line).expect("an object");
                (item["apiVersion"], item["kind"]) = (json!(api_version), json!(kind));
                item
            };
            let items = text.lines().map(item).collect();
            self.lists.push(List { namespace: namespace.map(str::to_owned), plural: plural.to_owned(), items });
        }
    }
}

impl List {
    pub fn kind(&self) -> (&'static str, &'static str) {
        let (_, api_version, kind) = KINDS.iter().find(|(plural, ..)| *plural == self.plural).expect("a known kind");
        (api_version, kind)
    }

    /// Plural and group.
    pub fn names(&self) -> (&str, &str) {
        self.plural.split_once('.').unwrap_or((&self.plural, ""))
    }

    /// As Go prints a list of typed objects, which say no kind.
    pub fn typed(&self) -> String {
        let (api_version, kind) = self.kind();
        let items = pretty(&json!(self.bare()));
        format!("{{\n  \"kind\": \"{kind}List\",\n  \"apiVersion\": \"{api_version}\",\n  \"items\": {items}\n}}")
    }

    pub fn bare(&self) -> Vec<Value> {
        let mut items = self.items.clone();
        for item in &mut items {
            item.as_object_mut().expect("an object").retain(|key, _| key != "kind" && key != "apiVersion");
        }
        items
    }

    pub fn yaml(&self, items: &[Value]) -> String {
        let (api_version, kind) = self.kind();
        let mut text = format!("---\napiVersion: {api_version}\nitems:\n");
        items.iter().for_each(|item| text.push_str(&yaml(item, 2).replacen("  ", "- ", 1)));
        format!("{text}kind: {kind}List\nmetadata:\n  resourceVersion: \"7\"\n")
    }
}

/// An object as YAML, its outermost fields indented by so much.
pub fn yaml(value: &Value, indent: usize) -> String {
    let fields = value.as_object().expect("an object").iter();
    let quoted = |key: &String| match key.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        true => key.clone(),
        false => json!(key).to_string(),
    };
    let line = |(key, value): (&String, &Value)| match value {
        Value::Object(inner) if !inner.is_empty() => {
            format!("{:indent$}{}:\n{}", "", quoted(key), yaml(value, indent + 2))
        }
        value => format!("{:indent$}{}: {value}\n", "", quoted(key)),
    };
    fields.map(line).collect()
}

pub fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).expect("JSON")
}
