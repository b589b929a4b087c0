//! The quality of service class of pods, from what their containers ask for.

use crate::objects::PodSpec;

/// Its quality of service class (documentation, Pod Quality of Service Classes).
pub fn quality_of_service(spec: &PodSpec) -> &'static str {
    let mut all = spec.init_containers.iter().chain(&spec.containers);
    if all.clone().all(|one| one.resources.limits.is_empty() && one.resources.requests.is_empty()) {
        return "BestEffort";
    }
    let is_guaranteed = all.all(|one| {
        let (limits, requests) = (&one.resources.limits, &one.resources.requests);
        ["cpu", "memory"].iter().all(|resource| {
            limits.get(*resource).is_some_and(|limit| requests.get(*resource).is_none_or(|request| request == limit))
        })
    });
    if is_guaranteed { "Guaranteed" } else { "Burstable" }
}
