//! Where an API server writes its audit log, as the pod that it runs in says.
//!
//! The flags are those of k8s.io/apiserver v0.34.4, pkg/server/options/audit.go, `AddFlags`. A path in the container is one
//! of the node by way of a mounted `hostPath`; where the flags come from a file, as in OpenShift, nothing is known here.

use crate::objects::or_default;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the log goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// Into this file of the node.
    File(String),
    /// To no file that can be read, and why.
    None(String),
}

/// An API server that runs in a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    pub node: String,
    /// Nothing where its flags do not tell.
    pub place: Option<Place>,
}

#[derive(Deserialize)]
struct Pod {
    #[serde(default, deserialize_with = "or_default")]
    metadata: Meta,
    #[serde(default, deserialize_with = "or_default")]
    spec: Spec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec {
    #[serde(deserialize_with = "or_default")]
    node_name: String,
    #[serde(deserialize_with = "or_default")]
    containers: Vec<Container>,
    #[serde(deserialize_with = "or_default")]
    volumes: Vec<Volume>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Container {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    command: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    args: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    volume_mounts: Vec<Mount>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Mount {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    mount_path: String,
    #[serde(deserialize_with = "or_default")]
    sub_path: String,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Volume {
    #[serde(deserialize_with = "or_default")]
    name: String,
    host_path: Option<HostPath>,
}

#[derive(Deserialize)]
struct HostPath {
    path: String,
}

/// Where API servers run; in other namespaces there may be those of other, virtual clusters.
const NAMESPACES: [&str; 2] = ["kube-system", "openshift-kube-apiserver"];

/// The API server in a pod, given as JSON; nothing of a pod without one.
pub fn of_pod(json: &str) -> Option<Server> {
    let Pod { metadata, spec } = serde_json::from_str(json).ok()?;
    if !NAMESPACES.contains(&metadata.namespace.as_str()) {
        return None;
    }
    let is_labelled = metadata.labels.get("component").is_some_and(|component| component == "kube-apiserver")
        || metadata.labels.get("app").is_some_and(|app| app == "openshift-kube-apiserver");
    let is_server = |container: &&Container| {
        container.words().any(|word| word.rsplit('/').next() == Some("kube-apiserver"))
            || (is_labelled && container.name == "kube-apiserver")
    };
    let container = spec.containers.iter().find(is_server)?;
    let words: Vec<&str> = container.words().collect();
    let is_of_file = words.iter().any(|word| word.starts_with("--openshift-config"));
    let place = match flag(&words, "audit-log-path") {
        None if is_of_file => None,
        None => Some(Place::None("its API server writes no audit log: it has no --audit-log-path".to_owned())),
        Some("-") => Some(Place::None(
            "its API server writes the audit log to its standard output, so it is in the log of its pod, and left out there"
                .to_owned(),
        )),
        Some(_) if flag(&words, "audit-log-format").is_some_and(|format| format == "legacy") => {
            Some(Place::None("its API server writes the audit log in the form legacy, which is not understood".to_owned()))
        }
        Some(path) => Some(container.on_node(path, &spec.volumes)),
    };
    (!spec.node_name.is_empty()).then_some(Server { node: spec.node_name, place })
}

/// The file that a program of the node writes to, by its command line.
pub fn of_program(line: &str) -> Option<String> {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    flag(&words, "audit-log-path").filter(|path| is_plain(path)).map(str::to_owned)
}

impl Container {
    /// Command and arguments word by word, also where a shell gets them as one.
    fn words(&self) -> impl Iterator<Item = &str> {
        self.command.iter().chain(&self.args).flat_map(|word| word.split_ascii_whitespace())
    }

    /// Where the path of the container is on the node.
    fn on_node(&self, path: &str, volumes: &[Volume]) -> Place {
        let below = |mount: &Mount| {
            let rest = path.strip_prefix(mount.mount_path.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with('/')).then(|| rest.to_owned())
        };
        let mounts = self.volume_mounts.iter().filter_map(|mount| Some((mount, below(mount)?)));
        let of_node = mounts.max_by_key(|(mount, _)| mount.mount_path.len()).and_then(|(mount, rest)| {
            let volume = volumes.iter().find(|volume| volume.name == mount.name)?;
            let root = volume.host_path.as_ref()?.path.trim_end_matches('/');
            let sub = mount.sub_path.trim_matches('/');
            Some(if sub.is_empty() { format!("{root}{rest}") } else { format!("{root}/{sub}{rest}") })
        });
        match of_node.filter(|path| is_plain(path)) {
            Some(path) => Place::File(path),
            None => Place::None(format!(
                "the audit log is at {path} in the pod of its API server, which is no folder of the node"
            )),
        }
    }
}

/// The last value of a flag: `--name=value` or `--name value`.
fn flag<'a>(words: &[&'a str], name: &str) -> Option<&'a str> {
    let of = |at: usize, word: &&'a str| {
        let rest = word.trim_start_matches('-').strip_prefix(name).filter(|_| word.starts_with('-'))?;
        match rest.strip_prefix('=') {
            Some(value) => Some(value),
            None if rest.is_empty() => words.get(at + 1).copied(),
            None => None,
        }
    };
    let found = words.iter().enumerate().filter_map(|(at, word)| of(at, word)).next_back()?;
    Some(found.trim_matches(['"', '\''])).filter(|value| !value.is_empty())
}

/// Whether a path is absolute and leads nowhere else than it says.
pub fn is_plain(path: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    path.strip_prefix('/')
        .is_some_and(|rest| rest.chars().all(is_plain) && rest.split('/').all(|part| !matches!(part, "" | "." | "..")))
}

/// Where audit logs are on nodes whose API server is no pod, or does not tell: OpenShift
/// (openshift/must-gather, collection-scripts/gather_audit_logs), Kubernetes' own example
/// (kubernetes.io/docs/tasks/debug/debug-cluster/audit), Talos (siderolabs/talos, pkg/machinery/constants,
/// `KubernetesAuditLogDir`). All are below /var/log.
pub const USUAL: [&str; 5] = [
    "/var/log/kube-apiserver/audit.log",
    "/var/log/kubernetes/audit/audit.log",
    "/var/log/kubernetes/audit.log",
    "/var/log/kubernetes/kube-apiserver-audit.log",
    "/var/log/audit/kube/kube-apiserver.log",
];

/// K3s and RKE2 (docs.rke2.io, "Audit policy"): the kubelet does not hand these out.
pub const USUAL_ELSEWHERE: [&str; 2] =
    ["/var/lib/rancher/rke2/server/logs/audit.log", "/var/lib/rancher/k3s/server/logs/audit.log"];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pod(command: &str, mount: &str, host: &str) -> String {
        format!(
            r#"{{"metadata":{{"name":"kube-apiserver-cp-1","namespace":"kube-system","labels":{{"component":"kube-apiserver","tier":"control-plane"}}}},"spec":{{"nodeName":"cp-1","containers":[{{"name":"kube-apiserver","command":{command},"volumeMounts":[{{"name":"ca","mountPath":"/etc/ssl/certs"}},{{"name":"audit","mountPath":"{mount}"}}]}}],"volumes":[{{"name":"ca","hostPath":{{"path":"/etc/ssl/certs","type":"DirectoryOrCreate"}}}},{{"name":"audit","hostPath":{{"path":"{host}","type":"DirectoryOrCreate"}}}}]}}}}"#
        )
    }

    fn place(pod: &str) -> Option<Place> {
        of_pod(pod).expect("an API server").place
    }

    fn file(path: &str) -> Option<Place> {
        Some(Place::File(path.to_owned()))
    }

    #[test]
    fn paths_in_containers_are_those_of_the_node() {
        let kubeadm = r#"["kube-apiserver","--advertise-address=10.0.0.1","--audit-policy-file=/etc/kubernetes/audit.yaml","--audit-log-path=/var/log/kubernetes/audit/audit.log"]"#;
        assert_eq!(
            place(&pod(kubeadm, "/var/log/kubernetes/audit/", "/var/log/kubernetes/audit/")),
            file("/var/log/kubernetes/audit/audit.log")
        );
        let words =
            r#"["/bin/sh","-c","exec /usr/local/bin/kube-apiserver --audit-log-path '/srv/audit/a.log' --v=2"]"#;
        assert_eq!(place(&pod(words, "/srv", "/data/logs")), file("/data/logs/audit/a.log"));
        let separate = r#"["kube-apiserver","--audit-log-path","/logs/audit.log"]"#;
        assert_eq!(place(&pod(separate, "/logs/audit.log", "/var/log/audit.log")), file("/var/log/audit.log"));
    }

    #[test]
    fn what_is_no_file_of_the_node_says_why() {
        let why = |command: &str, host: &str| match place(&pod(command, "/logs", host)) {
            Some(Place::None(why)) => why,
            other => panic!("{other:?}"),
        };
        assert!(why(r#"["kube-apiserver","--v=2"]"#, "/x").contains("no --audit-log-path"));
        assert!(why(r#"["kube-apiserver","--audit-log-path=-"]"#, "/x").contains("standard output"));
        assert!(why(r#"["kube-apiserver","--audit-log-path=/tmp/a.log"]"#, "/x").contains("no folder of the node"));
        assert!(why(r#"["kube-apiserver","--audit-log-path=/logs/a.log"]"#, "/var/../etc").contains("no folder"));
        let legacy = r#"["kube-apiserver","--audit-log-path=/logs/a.log","--audit-log-format=legacy"]"#;
        assert!(why(legacy, "/x").contains("legacy"));
    }

    #[test]
    fn programs_of_the_node_tell_by_their_command_line() {
        let line = "812 /usr/local/bin/kube-apiserver --audit-log-path=/srv/kubernetes/audit.log --v=2";
        assert_eq!(of_program(line), Some("/srv/kubernetes/audit.log".to_owned()));
        assert_eq!((of_program("812 kube-apiserver --audit-log-path log/audit.log"), of_program("")), (None, None));
    }

    #[test]
    fn flags_of_a_file_tell_nothing_and_other_pods_are_none() {
        let openshift = r#"["/bin/bash","-ec","exec hyperkube kube-apiserver --openshift-config=/etc/kubernetes/static-pod-resources/configmaps/config/config.yaml"]"#;
        assert_eq!(place(&pod(openshift, "/logs", "/var/log/kube-apiserver")), None);
        let other = r#"{"metadata":{"name":"etcd","namespace":"kube-system"},"spec":{"nodeName":"cp-1","containers":[{"name":"etcd","command":["etcd","--peers=kube-apiserver"]}]}}"#;
        assert_eq!((of_pod(other), of_pod("{}"), of_pod("no pod")), (None, None, None));
        let virtual_cluster = pod(r#"["kube-apiserver"]"#, "/logs", "/x").replace("kube-system", "tenant");
        assert_eq!(of_pod(&virtual_cluster), None);
    }

    proptest! {
        #[test]
        fn any_path_stays_on_the_node(path in "(/|\\.\\.|[a-z$;])*", host in "(/|\\.\\.|[a-z$;])*") {
            let command = format!(r#"["kube-apiserver","--audit-log-path=/logs{path}"]"#);
            if let Some(Place::File(path)) = place(&pod(&command, "/logs", &host)) {
                prop_assert!(is_plain(&path));
            }
        }
    }
}
