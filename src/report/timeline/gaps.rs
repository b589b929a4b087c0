//! Where records are missing: times that a source was to cover and did not, in the lanes that they are about.

use super::clock::ms;
use super::lanes::{Whom, whom};
use super::sections::Layout;
use crate::evidence::{Outcome, Status};
use crate::model::Subject;
use crate::report::safe;
use crate::report::view::View;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub struct Gap {
    lane: usize,
    from: i64,
    to: i64,
    why: String,
}

/// More than these are drawn as these; the table of what is missing has all.
const MOST: usize = 2_000;

pub fn of_lanes(view: &View, layout: &Layout) -> Vec<Gap> {
    let lanes: BTreeMap<&Whom, usize> = layout.lanes.iter().enumerate().map(|(at, lane)| (&lane.whom, at)).collect();
    let window = view.evidence().window;
    let (from, to) = (ms(window.from), ms(window.to));
    let gap = |outcome: &Outcome| {
        let lane = *lanes.get(&about(outcome)?)?;
        let (from, to) = match outcome.status {
            Status::Truncated => (from, ms(outcome.from?)),
            status if status.is_missing() => (from, to),
            _ => return None,
        };
        let why = format!("{} {}: {}", outcome.source, outcome.status.name(), outcome.why);
        (from < to).then(|| Gap { lane, from, to, why: safe::clean(why.trim_end_matches(": "), 200) })
    };
    view.evidence().outcomes.iter().filter_map(gap).take(MOST).collect()
}

/// The node that it was to come from, or the object that its words begin with.
fn about(outcome: &Outcome) -> Option<Whom> {
    if let Some(node) = &outcome.node {
        return Some(whom(&Subject::node(node.as_str())));
    }
    let first = outcome.subject.split_whitespace().next()?;
    first.parse::<Subject>().ok().map(|subject| whom(&subject))
}
