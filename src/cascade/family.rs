//! Jobs that are runs of the same, and pods that are copies of the same.

use crate::evidence::Topology;
use crate::model::{Subject, starred};

/// The Jobs that a Job is one of: those of its CronJob, or those whose names differ from its own by numbers, hashes and
/// drawn parts only. As `Jobs of CronJob/shop/report`, `Jobs shop/build-*`.
pub(super) fn of_job(topology: &Topology, job: &Subject) -> String {
    match topology.top_of(job) {
        top if top != job => format!("Jobs of {top}"),
        _ => format!("Jobs {}/{}", job.namespace().unwrap_or_default(), run(job.name())),
    }
}

/// The name of a run without what tells it from others: `build-*` of `build-4711` and of `build-9f41c2`.
fn run(name: &str) -> String {
    let parts = name.split('-').enumerate().map(|(place, part)| match place > 0 && is_hash(part) {
        true => "*".to_owned(),
        false => starred(part),
    });
    parts.collect::<Vec<_>>().join("-")
}

/// Whether a part of a name is a shortened hash or was drawn: hexadecimal, or of the letters that controllers draw from,
/// with letters and digits both.
fn is_hash(part: &str) -> bool {
    let is_hex = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let has = |wanted: fn(&u8) -> bool| part.bytes().any(|byte| wanted(&byte));
    part.len() >= 5 && (is_hex || is_drawn(part)) && has(u8::is_ascii_digit) && has(u8::is_ascii_lowercase)
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
    fn runs_are_alike_whatever_tells_them_apart() {
        let of = |name: &str| of_job(&Topology::default(), &Subject::namespaced("Job", "ci", name));
        for name in ["run-r-9f41c2", "run-r-0b7d5e", "run-r-6632a"] {
            assert_eq!(of(name), "Jobs ci/run-r-*", "{name}");
        }
        assert_eq!(of("build-4711"), "Jobs ci/build-*");
        assert_eq!(of("render-1120-s13"), "Jobs ci/render-*-s*");
        assert_eq!(of("wave12-export"), "Jobs ci/wave*-export", "a word with its number stays");
        assert_ne!(of("migrate-orders"), of("migrate-stocks"));
        assert_ne!(of("sync-b2bshop"), of("sync-b2cshop"));
    }

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
