//! An evicted pod used more than it had requested, and so was among the first to go.
//!
//! Kubernetes documentation, Node-pressure Eviction: pods whose usage exceeds their requests are evicted first.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "request-below-use", class: FactorClass::Latent, roles: &[Role::Evicted], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let told = |(index, signal): (usize, &Signal)| {
        // The kubelet names the container only where it used more than it had requested (pkg/kubelet/eviction/helpers.go).
        let ((usage, request), resource) =
            signal.label("usage").zip(signal.label("request")).zip(signal.label("resource"))?;
        let (pod, workload) = (&signal.subject, case.workload(&signal.subject));
        if !said.insert(workload.clone()) {
            return None;
        }
        let statement = format!(
            "{pod} used {usage} of {resource} and had requested {request}, so it was among the first to be evicted"
        );
        let remedy = format!("{workload} requests as much {resource} as it uses, as its highest usage of a week shows");
        Some(Found::new(statement, vec![index]).by(case, case.record_of(&workload)).mended(remedy))
    };
    case.each(&[Role::Evicted]).into_iter().filter_map(told).collect()
}
