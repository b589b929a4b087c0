//! A controller that was refused again and again waits longer and longer before its next try.
//!
//! Work queues of controllers wait 5 ms, and twice as long each time, up to 1000 s (client-go v0.34,
//! util/workqueue/default_rate_limiters.go).

use super::{Case, Check, FactorClass, Found};
use crate::model::rfc3339;
use crate::signals::{Role, Signal};

pub const CHECK: Check = Check { id: "create-backoff", class: FactorClass::Amplifier, roles: &[Role::Refused], find };

/// Fewer tries come within a second.
const MANY: u64 = 10;

fn find(case: &Case<'_>) -> Vec<Found> {
    let told = |(index, signal): (usize, &Signal)| {
        if signal.count < MANY {
            return None;
        }
        let (subject, count) = (&signal.subject, signal.count);
        let (from, last) = (rfc3339(signal.from.time), rfc3339(signal.last));
        let statement = format!(
            "{subject} was refused {count} times from {from} to {last}, and waits longer after each, so its pods come later than they could"
        );
        Some(Found::new(statement, vec![index]))
    };
    case.each(&[Role::Refused]).into_iter().filter_map(told).collect()
}
