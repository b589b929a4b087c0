//! A machine rebooted.

use super::{Case, Check, FactorClass, Found};
use crate::model::length;
use crate::signals::Role;

pub const CHECK: Check = Check { id: "reboot", class: FactorClass::Response, roles: &[Role::Reboot], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let onset = case.first_harm();
    let told = |index: usize| {
        let signal = case.signal(index).filter(|signal| signal.from.time >= onset)?;
        let after = length(signal.from.time - onset);
        let statement = format!("{}, seen {after} after the first harm", signal.title);
        Some(Found { statement, signals: vec![index], ..Found::default() })
    };
    case.with(&[Role::Reboot]).into_iter().filter_map(told).collect()
}
