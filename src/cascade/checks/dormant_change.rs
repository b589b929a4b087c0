//! A change showed nothing until pods started anew, so nobody could see it when it was made.
//!
//! Analysis of published incidents, motif "delayed execution".

use super::read_at_start::{Dormant, dormant};
use super::{Case, Check, FactorClass, Found};
use crate::model::length;

pub const CHECK: Check = Check { id: "dormant-change", class: FactorClass::Detection, roles: &[], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let found = |one: Dormant<'_>| {
        let setting = &one.change.subject;
        let statement = format!(
            "The change of {setting} showed nothing for {}, until pods of {} started anew",
            length(one.waited),
            one.workload
        );
        let remedy = format!(
            "A change of {setting} is tried by a pod that starts with it before it is needed, as a check after each change shows"
        );
        Found::new(statement, vec![one.index]).mended(remedy)
    };
    dormant(case).into_iter().map(found).collect()
}
