//! A pod that had been given up ran on beside its replacement.
//!
//! Kubernetes documentation, Nodes: a pod on an unreachable node is deleted in the API, and may run on until the node is
//! reached.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Pod;
use crate::model::rfc3339;
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "ran-twice", class: FactorClass::Amplifier, roles: &[Role::TaintEviction], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let topology = case.scene.topology;
        let mut stops = case.scene.index.of(Role::ToldToStop, &signal.subject).into_iter().flat_map(|told| told.all());
        let stop = stops.find(|stop| case.signal(*stop).is_some_and(|one| one.from.time > signal.from.time))?;
        let until = case.signal(stop)?.from.time;
        let owner = topology.pods_named(&signal.subject).last()?.owner.clone()?;
        let beside = |pod: &&Pod| {
            let started = pod.started.iter().map(|(_, at)| at).min().or(pod.scheduled_at);
            started.is_some_and(|at| at > signal.from.time && at < until) && pod.subject() != signal.subject
        };
        let other = topology.pods_of_owner(&owner).find(beside)?.subject();
        let (pod, at) = (&signal.subject, rfc3339(until));
        let statement = format!("{pod} was given up and ran until {at}, beside {other}, which had taken its place");
        let remedy = format!("Two pods of {owner} at once do no harm to what they write, shown by a test");
        Some(Found::new(statement, vec![index, stop]).mended(remedy))
    };
    case.each(&[Role::TaintEviction]).into_iter().filter_map(told).collect()
}
