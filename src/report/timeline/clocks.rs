//! Clocks that were off or set: what was taken from the times of a mark, and when a node's clock was set.

use super::clock::ms;
use super::lanes::{Whom, whom};
use super::sections::Layout;
use crate::evidence::Skew;
use crate::model::{Moment, Subject};
use crate::report::view::View;
use serde::Serialize;
use std::collections::BTreeMap;

/// By how much a time was moved, as its clock was off.
#[derive(Serialize)]
pub struct Moved {
    /// Milliseconds that its clock was ahead; less than nothing where it was behind.
    by: i64,
    /// How far the truth may lie from that, either way.
    either: i64,
}

/// A clock that was set.
#[derive(Serialize)]
pub struct SetClock {
    /// That of its node.
    lane: usize,
    at: i64,
    /// Milliseconds forward.
    by: i64,
}

/// More of them are not drawn; the draft tells the first.
const MOST: usize = 500;

/// What was taken from a time, if anything.
pub fn moved(view: &View, at: Moment) -> Option<Moved> {
    let evidence = view.evidence();
    let is_of =
        |skew: &&Skew| evidence.facts.known_clock(&skew.node) == Some(at.clock) && skew.is_of(at.time + skew.middle());
    let skew = evidence.skews.iter().find(is_of)?;
    Some(Moved { by: skew.middle().num_milliseconds(), either: skew.either_way_ms() })
}

/// The clocks that were set, in the lanes of their nodes.
pub fn set(view: &View, layout: &Layout) -> Vec<SetClock> {
    let lanes: BTreeMap<&Whom, usize> = layout.lanes.iter().enumerate().map(|(at, lane)| (&lane.whom, at)).collect();
    let set = view.evidence().clock_steps.iter().filter_map(|step| {
        let lane = *lanes.get(&whom(&Subject::node(step.node.as_str())))?;
        Some(SetClock { lane, at: ms(step.after), by: step.by().num_milliseconds() })
    });
    set.take(MOST).collect()
}
