//! A pod was evicted for what it had written to its own disk, which is bounded.
//!
//! Past the sizeLimit of an emptyDir, or a limit of ephemeral storage, the kubelet evicts the whole pod
//! (pkg/kubelet/eviction/eviction_manager.go, `emptyDirLimitEviction`, `containerEphemeralStorageLimitEviction`).

use super::{Case, Check, FactorClass, Found};
use crate::model::Subject;
use crate::signals::Role;
use std::collections::BTreeMap;

pub const CHECK: Check = Check { id: "volume-bound", class: FactorClass::Latent, roles: &[Role::Evicted], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_bound: BTreeMap<(Subject, &str), Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::Evicted]).into_iter().filter(|(_, one)| one.variant() == Some("own-limit"))
    {
        let Some(what) = signal.label("what") else { continue };
        of_bound.entry((case.workload(&signal.subject), what)).or_default().push(index);
    }
    let told = |((workload, what), signals): ((Subject, &str), Vec<usize>)| {
        let statement = format!(
            "The disk that a pod of {workload} may use is bounded, and past that the whole pod is evicted: {what}"
        );
        let remedy =
            format!("An alert fires before a pod of {workload} has used what it may of its disk, shown by a test");
        Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy)
    };
    of_bound.into_iter().map(told).collect()
}
