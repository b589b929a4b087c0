//! A try that hangs keeps the name that the next one needs.
//!
//! containerd reserves the name of a sandbox until the call that makes it has ended (containerd v2.0,
//! internal/cri/server/sandbox_run.go).

use super::{Case, Check, FactorClass, Found};
use crate::signals::{CAUSE, Role};

pub const CHECK: Check =
    Check { id: "name-reserved", class: FactorClass::Amplifier, roles: &[Role::RuntimeHung], find };

fn find(case: &Case<'_>) -> Vec<Found> {
    let is_kept = |causes: &str| causes == "name-reserved";
    let signals = case.those(|signal| signal.values(CAUSE).any(is_kept));
    let told = signals.first().and_then(|index| {
        let signal = case.signal(*index)?;
        let pod = &signal.subject;
        let statement = format!(
            "The name of {pod}'s sandbox stayed reserved by a try that hung, so later tries were refused for it"
        );
        let remedy = format!("{pod} starts within minutes of its node's runtime answering again, shown by a trial");
        Some(Found::new(statement, signals.clone()).mended(remedy))
    });
    told.into_iter().collect()
}
