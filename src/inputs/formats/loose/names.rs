//! Names of nodes and pods that loose files are believed to be of: those that objects and events beside them name.
//!
//! Content does not say whose a log is that a program wrote, nor of which node a kernel's messages are. The name of a
//! file or a folder may: it is believed where it is that of a pod or a node that the records beside it know.

use crate::archive::Archive;
use crate::inputs::kind::{Kind, LogOf};
use crate::inputs::records;
use crate::objects::{Meta, Reference, or_default};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// More names than a cluster has nodes or pods.
const MOST: usize = 200_000;

/// The names that records beside a file know.
#[derive(Debug, Default)]
pub struct Names {
    pub nodes: BTreeSet<String>,
    /// The namespaces in which a pod of a name is.
    pods: BTreeMap<String, BTreeSet<String>>,
}

/// The fields by which an object names pods and nodes: its own, or those of an event.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Naming {
    #[serde(deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    #[serde(alias = "regarding", deserialize_with = "or_default")]
    involved_object: Reference,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    #[serde(deserialize_with = "or_default")]
    node_name: String,
}

impl Names {
    /// Adds those that the objects of an entry name.
    pub fn read(&mut self, files: &Archive, entry: &str, kind: &Kind) {
        let Kind::Objects { form, of } = kind else { return };
        let of_all = of.of_all().map(|named| named.kind);
        let _ = records::read(files, entry, *form, |batch| {
            for (_, json) in batch.records() {
                let Ok(naming) = serde_json::from_slice::<Naming>(json) else { continue };
                let kind = of_all.as_deref().unwrap_or(&naming.kind);
                self.add(kind, &naming.metadata.namespace, &naming.metadata.name);
                let about = &naming.involved_object;
                self.add(&about.kind, &about.namespace, &about.name);
                self.add("Node", "", &naming.spec.node_name);
            }
            Some(batch)
        });
    }

    pub fn add(&mut self, kind: &str, namespace: &str, name: &str) {
        if name.is_empty() || self.nodes.len() + self.pods.len() >= MOST {
            return;
        }
        match kind {
            "Node" => drop(self.nodes.insert(name.to_owned())),
            "Pod" => drop(self.pods.entry(name.to_owned()).or_default().insert(namespace.to_owned())),
            _ => {}
        }
    }

    /// Whose log a file is by its path: `NAMESPACE/POD/CONTAINER.log`, `NAMESPACE/POD.log`, `POD.log`,
    /// `POD_CONTAINER.log` or `NAMESPACE_POD_CONTAINER.log`, of a pod that is known.
    pub fn log_of(&self, path: &str) -> Option<LogOf> {
        let mut folders = path.rsplit('/');
        let file = stem(folders.next()?);
        let (folder, above) = (folders.next().unwrap_or_default(), folders.next().unwrap_or_default());
        let of = |namespace: &str, pod: &str, container: &str| {
            let namespaces = self.pods.get(pod)?;
            let namespace = match namespaces.contains(namespace) {
                true => namespace,
                // A name that is in one namespace only.
                false => namespaces.first().filter(|_| namespaces.len() == 1)?,
            };
            let (pod, container) = (pod.to_owned(), container.to_owned());
            Some(LogOf { namespace: namespace.to_owned(), pod, uid: None, container })
        };
        if let Some(found) = of(above, folder, file).or_else(|| of(folder, file, "")) {
            return Some(found);
        }
        let parts: Vec<&str> = file.split('_').collect();
        match parts.as_slice() {
            [pod, container] => of(folder, pod, container).or_else(|| of(pod, container, "")),
            [namespace, pod, container] => of(namespace, pod, container).or_else(|| of(pod, namespace, container)),
            _ => None,
        }
    }

    /// The node whose name a part of a path is: a folder, or the file without its endings.
    pub fn node_of(&self, path: &str) -> Option<&str> {
        let is_named = |part: &str| {
            let found = self.nodes.get(part).or_else(|| self.nodes.get(stem(part)));
            found.or_else(|| self.nodes.get(without_word(stem(part))))
        };
        path.rsplit('/').find_map(is_named).map(String::as_str)
    }
}

/// A file's name without the endings that logs have, as `.log`, `.1`, `.txt`.
fn stem(file: &str) -> &str {
    let mut stem = file;
    while let Some((before, ending)) = stem.rsplit_once('.') {
        let is_ending = matches!(ending, "log" | "txt" | "out" | "json" | "jsonl" | "previous" | "current" | "dmesg")
            || !ending.is_empty() && ending.bytes().all(|byte| byte.is_ascii_digit());
        if !is_ending || before.is_empty() {
            break;
        }
        stem = before;
    }
    stem
}

/// `dmesg-node-3` and `node-3_dmesg` without the word and what joins it.
pub fn without_word(stem: &str) -> &str {
    let joins = ['-', '_', '.'];
    let before = stem.strip_prefix("dmesg").map(|rest| rest.trim_start_matches(joins));
    let behind = || stem.strip_suffix("dmesg").map(|rest| rest.trim_end_matches(joins));
    before.or_else(behind).unwrap_or(stem)
}

/// What a file is called without its endings and the word `dmesg`.
pub fn called(path: &str) -> &str {
    without_word(stem(path.rsplit('/').next().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_names_that_are_known_are_believed() {
        let mut names = Names::default();
        for (kind, namespace, name) in
            [("Pod", "shop", "web-0"), ("Pod", "test", "web-0"), ("Pod", "shop", "api-7"), ("Node", "", "node-3.lan")]
        {
            names.add(kind, namespace, name);
        }
        let log = |path: &str| names.log_of(path).map(|of| [of.namespace, of.pod, of.container].join("/"));
        let cases = [
            ("shop/web-0/app.log", Some("shop/web-0/app")),
            ("x/shop/web-0.log", Some("shop/web-0/")),
            ("api-7.log.1", Some("shop/api-7/")),
            ("api-7_app.log", Some("shop/api-7/app")),
            ("shop_web-0_app.previous.log", Some("shop/web-0/app")),
            ("web-0.log", None),
            ("other/web-0/app.log", None),
            ("app.log", None),
        ];
        for (path, expected) in cases {
            assert_eq!(log(path).as_deref(), expected, "{path}");
        }
        for path in ["node-3.lan/dmesg", "dmesg-node-3.lan.txt", "node-3.lan_dmesg.log", "x/node-3.lan.log"] {
            assert_eq!(names.node_of(path), Some("node-3.lan"), "{path}");
        }
        assert_eq!(names.node_of("node-4/dmesg"), None);
        assert_eq!(["dmesg", "node3.dmesg", "a/dmesg_node3.log"].map(called), ["", "node3", "node3"]);
    }

    proptest! {
        #[test]
        fn any_path_is_survived(path in "[a-z0-9_./-]{0,40}") {
            let mut names = Names::default();
            names.add("Pod", "a", "b");
            names.log_of(&path);
            names.node_of(&path);
            called(&path);
        }
    }
}
