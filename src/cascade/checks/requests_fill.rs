//! What pods request was more than any node had left, so that a lost one could not be made up for.
//!
//! The scheduler compares requests with what is allocatable, whatever is used (Kubernetes documentation, Resource
//! Management for Pods and Containers).

use super::{Case, Check, FactorClass, Found};
use crate::evidence::containers;
use crate::model::Subject;
use crate::signals::Role;
use std::collections::{BTreeMap, BTreeSet};

pub const CHECK: Check =
    Check { id: "requests-fill", class: FactorClass::Latent, roles: &[Role::SchedulingFailure], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut of_workload: BTreeMap<Subject, Vec<usize>> = BTreeMap::new();
    for (index, signal) in case.each(&[Role::SchedulingFailure]) {
        if !short_of(case, index).is_empty() {
            of_workload.entry(case.workload(&signal.subject)).or_default().push(index);
        }
    }
    let found = |(workload, signals): (Subject, Vec<usize>)| {
        let topology = case.scene.topology;
        let first = *signals.first()?;
        let of_pod = || topology.spec_of(topology.pods_named(&case.signal(first)?.subject).last()?);
        let spec = topology.workload(&workload).map(|known| &known.template).or_else(of_pod)?;
        let requests = short_of(case, first).into_iter().flat_map(|resource| {
            let asked = containers(spec).filter_map(move |one| one.resources.requests.get(resource));
            asked.map(move |amount| {
                format!("{} of {resource}", amount.as_str().map_or(amount.to_string(), str::to_owned))
            })
        });
        let requests: Vec<String> = requests.collect();
        if requests.is_empty() {
            return None;
        }
        let requests = requests.join(" and ");
        let obstacle = case.signal(first)?.label("obstacle")?;
        let statement =
            format!("Each pod of {workload} requests {requests}, and the scheduler found too little left: {obstacle}");
        let remedy = format!("One node fewer still takes all pods of {workload}, by the sum of what is requested");
        Some(Found::new(statement, signals).by(case, case.record_of(&workload)).mended(remedy))
    };
    of_workload.into_iter().filter_map(found).collect()
}

/// The resources of which the scheduler said that nodes had too little.
fn short_of<'a>(case: &Case<'a>, index: usize) -> BTreeSet<&'a str> {
    let obstacles = case.signal(index).into_iter().flat_map(|signal| signal.values("obstacle"));
    let named = obstacles.flat_map(|obstacle| obstacle.split("Insufficient ").skip(1));
    named.filter_map(|rest| rest.split([',', ' ', '.', ';']).next()).filter(|one| !one.is_empty()).collect()
}
