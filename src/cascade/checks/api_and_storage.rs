//! The API server can only do what its storage does: every write waits for etcd.
//!
//! Kubernetes documentation, Kubernetes Components: etcd is the store of all cluster data.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check =
    Check { id: "api-and-storage", class: FactorClass::Propagation, roles: &[Role::ControlPlane], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_api =
        |signal: &Signal| signal.subject.name().starts_with("kube-apiserver") && signal.has(Role::ControlPlane);
    let edge = case.edges.iter().find(|edge| {
        case.ends(edge)
            .is_some_and(|(from, to)| is_api(to) && from.has(Role::ControlPlane) && from.subject != to.subject)
    });
    let told = edge.and_then(|edge| {
        let (from, to) = case.ends(edge)?;
        let statement =
            format!("{} depends on {}, so whoever wrote to the API waited or failed with it", to.subject, from.subject);
        let remedy = format!("An alert on {} fires before writes of {} fail", from.subject, to.subject);
        Some(Found::new(statement, vec![edge.from, edge.to]).by(case, edge.evidence.iter().copied()).mended(remedy))
    });
    told.into_iter().collect()
}
