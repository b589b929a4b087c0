//! Retry amplification: a server answers late or with errors, its clients ask more for it, and then it has too many
//! requests: their repeats keep it from recovering.
//!
//! The order is what tells it from a flood that made the server slow: the slowness must be known to have come first.
//!
//! Source: Google, Site Reliability Engineering, chapter 22 (Addressing Cascading Failures); kubernetes documentation,
//! API Priority and Fairness.

use super::Motif;
use super::sight::{One, Sight, clock};
use crate::model::Order;
use crate::signals::Role;
use chrono::TimeDelta;

pub const NAME: &str = "retry-amplification";

/// Clients repeat within minutes at most: client-go waits 30 s at the longest between two tries of a watch.
const WITHIN: TimeDelta = TimeDelta::minutes(5);

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let (slow, throttled) = (sight.with(&[Role::ControlPlaneSlow]), sight.with(&[Role::Throttled]));
    let mut found: Vec<Motif> = Vec::new();
    for flood in sight.with(&[Role::Flood]) {
        // The first trouble that was near must have come before.
        let near =
            |one: &&One<'_>| one.1.last_seen() >= flood.1.from.time - WITHIN && one.1.from.time <= flood.1.from.time;
        let Some(first) = slow.iter().find(near) else { continue };
        let is_first = sight.scene.clocks.order(first.1.from, flood.1.from) == Order::Before;
        let refused = throttled.iter().find(|one| {
            let lag = one.1.from.time - flood.1.from.time;
            lag >= TimeDelta::zero() && lag <= WITHIN
        });
        let Some(refused) = refused.filter(|_| is_first) else { continue };
        let statement = format!(
            "Repeated requests made it worse: {} from {}; then {} from {}; and from {} {}",
            first.1.title,
            clock(first.1.from.time),
            flood.1.title,
            clock(flood.1.from.time),
            clock(refused.1.from.time),
            refused.1.title,
        );
        found.push(sight.motif(NAME, statement, &[*first, flood, *refused], &[]));
        if found.len() >= MOST {
            break;
        }
    }
    found
}

/// More floods than this are one story.
const MOST: usize = 2;
