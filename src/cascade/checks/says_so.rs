//! The condition of the node says itself why it was not ready.
//!
//! pkg/kubelet/nodestatus/setters.go writes every reason into the message of Ready.

use super::{Case, Check, FactorClass, Found};
use crate::signals::Role;
use std::collections::BTreeSet;

pub const CHECK: Check = Check { id: "says-so", class: FactorClass::Detection, roles: &[Role::NodeUnready], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let mut said = BTreeSet::new();
    let mut found = Vec::new();
    for (index, signal) in case.each(&[Role::NodeUnready]) {
        let why = signal.label("because").filter(|_| signal.subject.is("Node"));
        if let Some(why) = why.filter(|_| said.insert(&signal.subject)) {
            let statement = format!("The condition Ready of {} said why it was not: {why}", signal.subject);
            found.push(Found::new(statement, vec![index]));
        }
    }
    found
}
