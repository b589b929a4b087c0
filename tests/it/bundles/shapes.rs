//! The shapes that other tools give to what they collect; the layouts are those that the formats name their sources of.

use super::recording::{List, Recording, pretty, yaml};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A bundle: its files by path.
pub type Files = BTreeMap<String, String>;

/// What a bundle has of the recording, for the same from our archive.
pub struct Bundle {
    pub format: &'static str,
    pub files: Files,
    /// Which plurals.
    pub plurals: &'static [&'static str],
    pub has_logs: bool,
    pub has_journals: bool,
}

const ALL: &[&str] = &[
    "configmaps",
    "cronjobs.batch",
    "deployments.apps",
    "endpointslices.discovery.k8s.io",
    "events",
    "jobs.batch",
    "leases.coordination.k8s.io",
    "namespaces",
    "nodes",
    "pods",
    "replicasets.apps",
    "services",
];

pub fn must_gather(of: &Recording) -> Bundle {
    let top = "must-gather.local.1234567890/quay-io-openshift-release-sha256-0a1b";
    let mut files = Files::new();
    for list in &of.lists {
        let (plural, group) = list.names();
        let group = if group.is_empty() { "core" } else { group };
        match &list.namespace {
            Some(namespace) => {
                files.insert(format!("{top}/namespaces/{namespace}/{group}/{plural}.yaml"), list.yaml(&list.items));
            }
            None => files.extend(list.items.iter().map(|item| {
                let name = item["metadata"]["name"].as_str().expect("a name");
                (
                    format!("{top}/cluster-scoped-resources/{group}/{plural}/{name}.yaml"),
                    format!("---\n{}", yaml(item, 0)),
                )
            })),
        }
        if list.plural == "pods" {
            let namespace = list.namespace.as_deref().expect("a namespace");
            files.extend(list.items.iter().map(|pod| {
                let name = pod["metadata"]["name"].as_str().expect("a name");
                (format!("{top}/namespaces/{namespace}/pods/{name}/{name}.yaml"), format!("---\n{}", yaml(pod, 0)))
            }));
        }
    }
    for ([namespace, pod, container], text) in &of.logs {
        let path = format!("{top}/namespaces/{namespace}/pods/{pod}/{container}/{container}/logs/current.log");
        files.insert(path, text.clone());
    }
    // The journals of all nodes in one, line by line in order of their bytes.
    let mut units: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for ([_, unit], text) in &of.journals {
        units.entry(unit).or_default().extend(text.lines());
    }
    for (unit, mut lines) in units {
        lines.sort_unstable();
        files.insert(format!("{top}/host_service_logs/masters/{unit}_service.log"), lines.join("\n"));
    }
    files.insert(format!("{top}/version"), "openshift/must-gather\n4.16.0\n".to_owned());
    let timestamp = "2026-11-21 08:07:57.927676252 +0000 UTC m=+0.1\n2026-11-21 08:07:58.5 +0000 UTC m=+0.7\n";
    files.insert("must-gather.local.1234567890/timestamp".to_owned(), timestamp.to_owned());
    Bundle { format: "must-gather", files, plurals: ALL, has_logs: true, has_journals: true }
}

pub fn support_bundle(of: &Recording) -> Bundle {
    let top = "support-bundle-2026-11-21T08_07_58";
    let mut files = Files::new();
    for list in &of.lists {
        let (plural, _) = list.names();
        let path = match &list.namespace {
            Some(namespace) => format!("{top}/cluster-resources/{plural}/{namespace}.json"),
            None => format!("{top}/cluster-resources/{plural}.json"),
        };
        let (api_version, kind) = list.kind();
        let typed = json!({"kind": format!("{kind}List"), "apiVersion": api_version, "items": list.items});
        files.insert(path, pretty(&typed));
    }
    for ([namespace, pod, container], text) in &of.logs {
        files.insert(format!("{top}/cluster-resources/pods/logs/{namespace}/{pod}/{container}.log"), text.clone());
        files.insert(
            format!("{top}/cluster-resources/pods/logs/{namespace}/{pod}/{container}-previous.log"),
            "\n\n".into(),
        );
    }
    let forbidden = json!(["configmaps is forbidden: User \"a\" cannot list resource \"configmaps\""]);
    files.insert(format!("{top}/cluster-resources/secrets-errors.json"), pretty(&forbidden));
    files.insert(format!("{top}/cluster-resources/pods-errors.json"), "null".to_owned());
    let version = json!({"info": {"gitVersion": "v1.34.4"}, "string": "v1.34.4"});
    files.insert(format!("{top}/cluster-info/cluster_version.json"), pretty(&version));
    Bundle { format: "support bundle", files, plurals: ALL, has_logs: true, has_journals: false }
}

const DUMPED: &[&str] = &["deployments.apps", "events", "nodes", "pods", "replicasets.apps", "services"];

fn sections(of: &Recording, namespace: &str, pod: &str) -> String {
    let logs = of.logs.iter().filter(|([of, name, _], _)| of == namespace && name == pod);
    let section = |([namespace, pod, container], text): &([String; 3], String)| {
        let of = format!("logs for container {container} of pod {namespace}/{pod} ====\n");
        format!("==== START {of}{text}==== END {of}")
    };
    logs.map(section).collect()
}

pub fn cluster_info(of: &Recording, print: fn(&List) -> String, ending: &str) -> Bundle {
    let mut files = Files::new();
    for list in of.lists.iter().filter(|list| DUMPED.contains(&list.plural.as_str())) {
        let (plural, _) = list.names();
        let folder = list.namespace.as_ref().map(|namespace| format!("{namespace}/")).unwrap_or_default();
        files.insert(format!("dump/{folder}{plural}.{ending}"), print(list));
        if let Some(namespace) = &list.namespace {
            let empty = json!({"kind": "ReplicationControllerList", "apiVersion": "v1", "metadata": {}, "items": null});
            files.insert(format!("dump/{namespace}/replication-controllers.{ending}"), pretty(&empty));
        }
    }
    for ([namespace, pod, _], _) in &of.logs {
        files.insert(format!("dump/{namespace}/{pod}/logs.txt"), sections(of, namespace, pod));
    }
    Bundle { format: "cluster-info dump", files, plurals: DUMPED, has_logs: true, has_journals: false }
}

/// The same as it is printed.
pub fn printed(of: &Recording, print: fn(&List) -> String, format: &'static str) -> Bundle {
    let mut text = String::new();
    let lists = || of.lists.iter().filter(|list| DUMPED.contains(&list.plural.as_str()));
    lists().filter(|list| list.namespace.is_none()).for_each(|list| text.push_str(&(print(list) + "\n")));
    let namespaces: BTreeSet<&String> = lists().filter_map(|list| list.namespace.as_ref()).collect();
    for namespace in namespaces {
        lists()
            .filter(|list| list.namespace.as_ref() == Some(namespace))
            .for_each(|list| text.push_str(&(print(list) + "\n")));
        let pods: BTreeSet<&str> =
            of.logs.iter().filter(|([of, ..], _)| of == namespace).map(|([_, pod, _], _)| pod.as_str()).collect();
        pods.iter().for_each(|pod| text.push_str(&sections(of, namespace, pod)));
    }
    let files = Files::from([("dump.txt".to_owned(), text)]);
    Bundle { format, files, plurals: DUMPED, has_logs: true, has_journals: false }
}

pub fn sonobuoy(of: &Recording) -> Bundle {
    let mut files = Files::new();
    for list in &of.lists {
        let (plural, group) = list.names();
        let group = if group.is_empty() { "core" } else { group };
        let folder = list.namespace.as_ref().map_or("cluster".to_owned(), |namespace| format!("ns/{namespace}"));
        files.insert(format!("resources/{folder}/{group}_v1_{plural}.json"), json!(list.bare()).to_string());
    }
    for ([namespace, pod, container], text) in &of.logs {
        files.insert(format!("podlogs/{namespace}/{pod}/logs/{container}.txt"), text.clone());
    }
    files.insert("serverversion.json".to_owned(), json!({"gitVersion": "v1.34.4"}).to_string());
    files.insert("plugins/e2e/sonobuoy_results.yaml".to_owned(), "name: e2e\nstatus: passed\n".to_owned());
    Bundle { format: "Sonobuoy results", files, plurals: ALL, has_logs: true, has_journals: false }
}

/// Of a node that has a kubeconfig, as a control plane's.
pub fn sosreport(of: &Recording) -> Bundle {
    let mut files = Files::new();
    for node in ["node-1", "node-2"] {
        let top = format!("sosreport-{node}-2026-11-21-abcdefg");
        let journals = of.journals.iter().filter(|([of, _], _)| of == node);
        let mut lines: Vec<&str> = journals.flat_map(|(_, text)| text.lines()).collect();
        lines.sort_unstable();
        files.insert(format!("{top}/sos_commands/logs/journalctl_--no-pager"), lines.join("\n"));
        files.insert(format!("{top}/sos_commands/host/hostname"), format!("{node}\n"));
    }
    let top = "sosreport-node-1-2026-11-21-abcdefg/sos_commands/kubernetes/cluster-info";
    for list in &of.lists {
        let (plural, _) = list.names();
        let printed =
            json!({"apiVersion": "v1", "items": list.items, "kind": "List", "metadata": {"resourceVersion": ""}});
        let path = match &list.namespace {
            Some(namespace) => format!("{top}/{namespace}/kubectl_get_-o_json_--namespace_{namespace}_{plural}"),
            None => format!("{top}/kubectl_get_-o_json_{plural}"),
        };
        files.insert(path, pretty(&printed));
    }
    for ([namespace, pod, container], text) in &of.logs {
        let name = format!("kubectl_--namespace_{namespace}_logs_{pod}_-c_{container}");
        files.insert(format!("{top}/{namespace}/podlogs/{pod}/{name}"), text.clone());
    }
    Bundle { format: "sosreport", files, plurals: ALL, has_logs: true, has_journals: true }
}

fn each_object(of: &Recording, path: impl Fn(&List, &str) -> String) -> Files {
    let objects = of.lists.iter().flat_map(|list| list.items.iter().map(move |item| (list, item)));
    let file = |(list, item): (&List, &Value)| {
        let name = item["metadata"]["name"].as_str().expect("a name");
        (path(list, name), yaml(item, 0))
    };
    objects.map(file).collect()
}

pub fn crust_gather(of: &Recording) -> Bundle {
    let mut files = each_object(of, |list, name| {
        let (api_version, kind) = list.kind();
        let (version, kind) = (api_version.replace('/', "-"), kind.to_lowercase());
        match &list.namespace {
            Some(namespace) => format!("crust-gather/namespaces/{namespace}/{version}/{kind}/{name}.yaml"),
            None => format!("crust-gather/cluster/{version}/{kind}/{name}.yaml"),
        }
    });
    for ([namespace, pod, container], text) in &of.logs {
        files.insert(format!("crust-gather/namespaces/{namespace}/v1/pod/{pod}/{container}/current.log"), text.clone());
    }
    for ([node, unit], text) in &of.journals {
        files.insert(format!("crust-gather/cluster/v1/node/{node}/{unit}/current.log"), text.clone());
    }
    Bundle { format: "crust-gather", files, plurals: ALL, has_logs: true, has_journals: true }
}

pub fn kubectl_gather(of: &Recording) -> Bundle {
    let mut files = each_object(of, |list, name| {
        let (plural, group) = list.names();
        let group = if group.is_empty() { String::new() } else { format!("{group}/") };
        match &list.namespace {
            Some(namespace) => format!("gather.20261121/c1/namespaces/{namespace}/{group}{plural}/{name}.yaml"),
            None => format!("gather.20261121/c1/cluster/{group}{plural}/{name}.yaml"),
        }
    });
    for ([namespace, pod, container], text) in &of.logs {
        files.insert(
            format!("gather.20261121/c1/namespaces/{namespace}/pods/{pod}/{container}/current.log"),
            text.clone(),
        );
    }
    files.insert(
        "gather.20261121/gather.log".to_owned(),
        "2026-11-21T08:07:58.000Z\tINFO\tgather\tgathered\n".to_owned(),
    );
    Bundle { format: "kubectl-gather", files, plurals: ALL, has_logs: true, has_journals: false }
}

pub fn support_bundle_kit(of: &Recording) -> Bundle {
    let mut files = Files::new();
    for list in &of.lists {
        let (plural, _) = list.names();
        let version = list.kind().0;
        let folder =
            list.namespace.as_ref().map_or("cluster".to_owned(), |namespace| format!("namespaced/{namespace}"));
        files.insert(format!("bundle/yamls/{folder}/{version}/{plural}.yaml"), list.yaml(&list.bare()));
    }
    for ([namespace, pod, container], text) in &of.logs {
        files.insert(format!("bundle/logs/{namespace}/{pod}/{container}.log"), text.clone());
    }
    let about = "projectName: Longhorn\nkubernetesVersion: v1.34.4\nbundleCreatedAt: \"2026-11-21T08:07:58Z\"\n";
    files.insert("bundle/metadata.yaml".to_owned(), about.to_owned());
    Bundle { format: "support-bundle-kit", files, plurals: ALL, has_logs: true, has_journals: false }
}
