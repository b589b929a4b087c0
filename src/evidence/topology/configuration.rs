//! What configures a pod.

use crate::evidence::pod_object::containers;
use crate::model::Subject;
use crate::objects::{Container, PodSpec};
use std::collections::BTreeSet;

/// ConfigMaps and Secrets a pod of this specification reads.
pub fn configuration_of(spec: &PodSpec, namespace: &str) -> BTreeSet<Subject> {
    let mut found = BTreeSet::new();
    let mut add = |kind: &str, name: &str| {
        if !name.is_empty() {
            found.insert(Subject::namespaced(kind, namespace, name));
        }
    };
    for volume in &spec.volumes {
        volume.config_map.iter().for_each(|one| add("ConfigMap", &one.name));
        volume.secret.iter().for_each(|one| add("Secret", &one.secret_name));
        for source in volume.projected.iter().flat_map(|projected| &projected.sources) {
            source.config_map.iter().for_each(|one| add("ConfigMap", &one.name));
            source.secret.iter().for_each(|one| add("Secret", &one.name));
        }
    }
    for container in containers(spec) {
        for env in &container.env {
            env.value_from.config_map_key_ref.iter().for_each(|one| add("ConfigMap", &one.name));
            env.value_from.secret_key_ref.iter().for_each(|one| add("Secret", &one.name));
        }
        for env in &container.env_from {
            env.config_map_ref.iter().for_each(|one| add("ConfigMap", &one.name));
            env.secret_ref.iter().for_each(|one| add("Secret", &one.name));
        }
    }
    found.extend(containers(spec).flat_map(|container| watched(container, namespace)));
    found
}

/// What a program is told by its arguments to ask the API for by itself, as controllers are: `--configmap=NAMESPACE/NAME`,
/// `--tcp-services-configmap`, `--default-ssl-certificate` (ingress-nginx v1.11, pkg/flags/flags.go), `--configmap-name`.
/// What it writes its own status to is none of it.
fn watched<'a>(container: &'a Container, namespace: &'a str) -> impl Iterator<Item = Subject> + 'a {
    let words = || container.command.iter().chain(&container.args);
    let apart = words().zip(words().skip(1)).map(|(flag, value)| (flag.as_str(), value.as_str()));
    let joined = words().filter_map(|word| word.split_once('='));
    joined.chain(apart).filter_map(move |(flag, value)| {
        let flag = flag.strip_prefix("--")?;
        let is_config = ["configmap", "configmap-name", "config-map"].iter().any(|end| flag.ends_with(end));
        let kind = match flag {
            "default-ssl-certificate" => "Secret",
            _ if is_config && !flag.contains("status") => "ConfigMap",
            _ => return None,
        };
        // `$(POD_NAMESPACE)` is the pod's own (documentation, Define Dependent Environment Variables).
        let (of, name) = value.split_once('/').unwrap_or((namespace, value));
        let of = if of.starts_with("$(") { namespace } else { of };
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
        };
        (is_name(of) && is_name(name)).then(|| Subject::namespaced(kind, of, name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_name_what_a_controller_watches() {
        let of = |args: &[&str]| -> Vec<String> {
            let spec = serde_json::json!({"containers": [{"name": "controller", "args": args}]});
            let spec: PodSpec = serde_json::from_value(spec).expect("a specification");
            configuration_of(&spec, "edge").iter().map(Subject::to_string).collect()
        };
        assert_eq!(of(&["--configmap=$(POD_NAMESPACE)/nginx"]), ["ConfigMap/edge/nginx"]);
        assert_eq!(of(&["--tcp-services-configmap", "other/tcp"]), ["ConfigMap/other/tcp"]);
        assert_eq!(
            of(&["--configmap-name=paths", "--default-ssl-certificate=edge/tls"]),
            ["ConfigMap/edge/paths", "Secret/edge/tls"]
        );
        assert_eq!(
            of(&["--status-configmap=own", "--configmap=", "--configmap", "--v=2", "--config=/etc/a.yaml"]),
            [""; 0]
        );
    }
}
