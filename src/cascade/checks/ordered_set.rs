//! A StatefulSet makes no second pod of a name before the first is gone, so no two of them ran.
//!
//! Kubernetes documentation, StatefulSets, Deployment and Scaling Guarantees; Force Delete StatefulSet Pods.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check =
    Check { id: "ordered-set", class: FactorClass::Luck, roles: &[Role::TaintEviction, Role::NodeUnready], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        let topology = case.scene.topology;
        let owner =
            topology.pods_named(&signal.subject).last()?.owner.clone().filter(|owner| owner.is("StatefulSet"))?;
        let stop =
            case.scene.index.of(Role::ToldToStop, &signal.subject).into_iter().flat_map(|told| told.all()).last();
        let until = case.signal(stop?)?.from.time;
        let came_between = case
            .scene
            .index
            .of(Role::Arrival, &signal.subject)
            .into_iter()
            .flat_map(|all| all.between(signal.from.time, until))
            .next()
            .is_some();
        if until <= signal.from.time || came_between {
            return None;
        }
        let pod = &signal.subject;
        let statement =
            format!("{owner} made no second {pod} while the first might still run, so no two of it ran at once");
        Some(Found::new(statement, vec![index]))
    };
    case.each(&[Role::TaintEviction]).into_iter().filter_map(told).collect()
}
