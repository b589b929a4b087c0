//! Names that differ by numbers only: runs of a Job, releases of a test.

use crate::evidence::Topology;
use crate::model::Subject;

/// The Jobs that a Job is one of: those of its CronJob, or those whose names differ from its own by numbers only. As
/// `Jobs of CronJob/shop/report`, `Jobs shop/build-*`.
pub(super) fn of_job(topology: &Topology, job: &Subject) -> String {
    match topology.top_of(job) {
        top if top != job => format!("Jobs of {top}"),
        _ => format!("Jobs {}/{}", job.namespace().unwrap_or_default(), starred(job.name())),
    }
}

/// A name with a star for each number.
pub(super) fn starred(name: &str) -> String {
    let mut found = String::new();
    for character in name.chars() {
        match character.is_ascii_digit() {
            true if found.ends_with('*') => {}
            true => found.push('*'),
            false => found.push(character),
        }
    }
    found
}
