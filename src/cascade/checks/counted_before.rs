//! A counter says that it had happened before.
//!
//! systemd.service(5): the journal has `restart counter is at N` for each restart of a unit.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check {
    id: "counted-before",
    class: FactorClass::Detection,
    roles: &[Role::NodeDistress, Role::LeaseLost, Role::ControlPlane, Role::NodeUnready],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |index: usize| {
        let signal: &Signal = case.signal(index)?;
        let (unit, restarts) = signal.label("unit").zip(signal.label("restarts"))?;
        let times: u64 = restarts.parse().ok()?;
        let subject = &signal.subject;
        if times < 2 || times <= signal.count {
            return None;
        }
        let statement = format!("The restart counter of {unit} on {subject} stood at {times}: it had happened before");
        let remedy = format!("An alert fires when {unit} of {subject} has been started again twice within a day");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.those(|signal| signal.subject.is("Node") && signal.label("unit").is_some())
        .into_iter()
        .filter_map(told)
        .collect()
}
