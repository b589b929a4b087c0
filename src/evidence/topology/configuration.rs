//! What configures a pod.

use crate::evidence::pod_object::containers;
use crate::model::Subject;
use crate::objects::PodSpec;
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
    found
}
