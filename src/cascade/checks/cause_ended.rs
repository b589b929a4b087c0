//! What the cascade began with ended by itself, as its own record says.
//!
//! The kernel and the kubelet write when they have an answer again.

use super::{Case, Check, FactorClass, Found};
use crate::model::{End, rfc3339};
use crate::signals::{Role, Signal};

pub const CHECK: Check =
    Check { id: "cause-ended", class: FactorClass::Recovery, roles: &[Role::NodeDistress, Role::ControlPlane], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |index: usize| {
        let signal: &Signal = case.signal(index)?;
        let is_cause = signal.has(Role::NodeDistress) || signal.has(Role::ControlPlane);
        let End::At(at) = signal.end else { return None };
        if !is_cause || signal.has(Role::NodeUnready) || at <= signal.from.time || at <= case.first_harm() {
            return None;
        }
        // Of what only came again and again nothing says that it ended.
        let by = signal.ended_by.filter(|by| !signal.evidence.contains(by))?;
        let statement = format!("{}: that ended at {}, as its own record says", signal.title, rfc3339(at));
        Some(Found::new(statement, vec![index]).by(case, [by]))
    };
    case.cascade.first.iter().filter_map(|index| told(*index)).collect()
}
