//! Jobs that are runs of the same, and pods that are copies of the same.

use crate::evidence::Topology;
use crate::model::{Subject, starred};

/// The Jobs that a Job is one of: those of its CronJob, or those whose names differ from its own by numbers only. As
/// `Jobs of CronJob/shop/report`, `Jobs shop/build-*`.
pub(super) fn of_job(topology: &Topology, job: &Subject) -> String {
    match topology.top_of(job) {
        top if top != job => format!("Jobs of {top}"),
        _ => format!("Jobs {}/{}", job.namespace().unwrap_or_default(), starred(job.name())),
    }
}

/// What a pod is a copy of: the workload that made it. If that is not known, its name without the part that controllers
/// draw at random. As `Deployment/shop/web`, `Pod/shop/web-6d4cf56db6`.
pub(super) fn of_pod(topology: &Topology, pod: &Subject) -> String {
    let workload = || topology.workload_of(pod).map(|workload| topology.top_of(&workload).to_string());
    let name = || match pod.name().rsplit_once('-') {
        Some((before, drawn)) if is_drawn(drawn) => format!("Pod/{}/{before}", pod.namespace().unwrap_or_default()),
        _ => pod.to_string(),
    };
    workload().unwrap_or_else(name)
}

/// Whether it is the end of a name that a controller drew: five letters and digits, none of which makes words
/// (kubernetes v1.34, staging/src/k8s.io/apiserver/pkg/storage/names/generate.go; apimachinery/pkg/util/rand).
fn is_drawn(end: &str) -> bool {
    end.len() == 5 && end.bytes().all(|byte| b"bcdfghjklmnpqrstvwxz2456789".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_without_its_end_stands_for_who_made_the_pod() {
        let topology = Topology::default();
        let of = |name: &str| of_pod(&topology, &Subject::namespaced("Pod", "shop", name));
        assert_eq!(of("relay-7c9f6d5b8-4kxzp"), of("relay-7c9f6d5b8-t8m2w"));
        assert_ne!(of("relay-7c9f6d5b8-4kxzp"), of("relay-5d8b7c6f99-t8m2w"));
        // `other` has vowels, so nobody drew it.
        assert_ne!(of("relay-other"), of("relay-4kxzp"));
        assert_ne!(of("db-0"), of("db-1"));
    }
}
