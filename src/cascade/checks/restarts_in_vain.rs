//! A unit was started again and again, which changed nothing.
//!
//! systemd.service(5), Restart= and RestartSec=.

use super::{Case, Check, FactorClass, Found};
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check {
    id: "restarts-in-vain",
    class: FactorClass::Amplifier,
    roles: &[Role::NodeDistress, Role::NodeUnready, Role::LeaseLost],
    find,
};

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |index: usize| {
        let signal: &Signal = case.signal(index)?;
        let unit = signal.label("unit").filter(|_| signal.count > 1)?;
        let (subject, count) = (&signal.subject, signal.count);
        let statement = format!(
            "systemd started {unit} of {subject} again after each of {count} failures, and it failed each time: a restart does not mend it"
        );
        let remedy = format!("An alert fires when {unit} of {subject} fails twice in a row");
        Some(Found::new(statement, vec![index]).mended(remedy))
    };
    case.those(|signal| signal.is_harm() && signal.subject.is("Node") && signal.label("unit").is_some())
        .into_iter()
        .filter_map(told)
        .collect()
}
