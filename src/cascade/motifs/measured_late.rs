//! Measurement-delay inversion: what came first is recorded later, because it is told by something that notices late.
//! Read by its times alone, the record has cause and effect the wrong way round.
//!
//! Its parts: an edge whose cause is recorded half a minute or more after its effect, and a source of the cause that
//! is known to notice by at least that much late.
//!
//! Source: prometheus documentation, scrape interval and the `for` of alerting rules; kubernetes documentation, Nodes,
//! Heartbeats.

use super::Motif;
use super::sight::{Sight, clock};
use crate::model::length;
use crate::signals::Role;
use chrono::TimeDelta;
use std::collections::BTreeSet;

pub const NAME: &str = "measured-late";

/// Less than this nobody would read as another order.
const LATE: TimeDelta = TimeDelta::seconds(30);
/// A bound that is wider than this says nothing of the order.
const WIDEST: TimeDelta = TimeDelta::minutes(15);

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let mut found = Vec::new();
    let mut told = BTreeSet::new();
    for edge in sight.edges() {
        let (Some(cause), Some(effect)) = (sight.signal(edge.from), sight.signal(edge.to)) else { continue };
        let late = cause.from.time - effect.from.time;
        let allowed = TimeDelta::milliseconds(i64::from(cause.from.earlier_ms));
        if late < LATE || late > allowed || allowed > WIDEST || effect.has(Role::Detection) || !told.insert(edge.from) {
            continue;
        }
        let statement = format!(
            "{} of {} is recorded at {}, {} after {} of {} at {}, and may have begun up to {} before it was noticed: the \
             records are not in the order of what happened",
            cause.name,
            cause.subject,
            clock(cause.from.time),
            length(late),
            effect.name,
            effect.subject,
            clock(effect.from.time),
            length(allowed),
        );
        found.push(sight.motif(NAME, statement, &[(edge.from, cause), (edge.to, effect)], &[]));
    }
    found
}
