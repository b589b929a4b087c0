//! A StatefulSet was changed, a pod of the new revision does not become ready, and so none of the others is replaced and
//! that one is not made anew when the change is taken back.
//!
//! Kubernetes documentation, StatefulSets, Forced rollback: with podManagementPolicy OrderedReady the broken pod has to be
//! deleted by hand.

use super::{Case, Check, FactorClass, Found};
use crate::evidence::Turnover;
use crate::model::Subject;
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "ordered-update", class: FactorClass::Latent, roles: &[Role::Change], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let sets = case.workloads.iter().filter(|one| one.is("StatefulSet"));
    sets.filter_map(|set| told(case, set)).collect()
}

fn told(case: &Case<'_>, set: &Subject) -> Option<Found> {
    let known = case
        .scene
        .topology
        .workload(set)
        .filter(|known| known.turnover == Turnover::InTurn && known.replicas > Some(1))?;
    let (changed, change) = case.each(&[Role::Change]).into_iter().find(|(_, one)| one.subject == *set)?;
    let keeps_from_work = |signal: &Signal| {
        [Role::NotStarted, Role::ImagePull, Role::RestartBackoff, Role::MountFailure, Role::Unready]
            .iter()
            .any(|role| signal.has(*role))
    };
    let hurt = case.subjects.hurt_pods(set).iter().copied();
    let hurt: Vec<usize> = hurt
        .filter(|index| case.signal(*index).is_some_and(|one| one.from.time > change.from.time && keeps_from_work(one)))
        .collect();
    let pod = &case.of(&hurt).min_by_key(|one| one.from.time)?.subject;
    let statement = format!(
        "{set} replaces its pods in order (podManagementPolicy OrderedReady): until {pod} is ready no other is replaced, and a broken {pod} is made anew only when it is deleted"
    );
    let remedy = format!("An alert fires when an update of {set} waits longer for a pod than that takes to be ready");
    let signals = [changed].into_iter().chain(hurt).collect();
    Some(Found::new(statement, signals).by(case, known.citation).mended(remedy))
}
