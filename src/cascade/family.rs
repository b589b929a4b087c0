//! Jobs that are runs of the same.

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
