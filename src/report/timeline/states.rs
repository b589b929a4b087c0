//! How many of a workload's pods were ready, over time: what stands dimly behind the marks of its lane.

use super::clock::ms;
use super::lanes::{Whom, whom};
use super::sections::Layout;
use crate::evidence::Pod;
use crate::report::view::View;
use serde::Serialize;
use std::collections::BTreeMap;

/// From each time on so many pods were ready, of so many.
#[derive(Serialize)]
pub struct State {
    lane: usize,
    steps: Vec<(i64, i32, i32)>,
}

/// A workload that turned more often than this is drawn by its last turns.
const STEPS: usize = 400;
/// Pods of these are to be ready as long as they are there; those of Jobs are done one day.
const STANDING: [&str; 3] = ["ReplicaSet", "StatefulSet", "DaemonSet"];

pub fn of_lanes(view: &View, layout: &Layout) -> Vec<State> {
    let lanes: BTreeMap<&Whom, usize> = layout.lanes.iter().enumerate().map(|(at, lane)| (&lane.whom, at)).collect();
    let mut turns: BTreeMap<usize, BTreeMap<i64, (i32, i32)>> = BTreeMap::new();
    let topology = &view.evidence().topology;
    let is_standing = |pod: &&Pod| pod.owner.as_ref().is_some_and(|owner| STANDING.contains(&owner.kind()));
    for pod in topology.pods().iter().filter(is_standing) {
        let Some(lane) = lanes.get(&whom(&pod.subject())) else { continue };
        let turns = turns.entry(*lane).or_default();
        for (at, ready, there) in life(view, pod) {
            let sum = turns.entry(at).or_default();
            (sum.0, sum.1) = (sum.0 + ready, sum.1 + there);
        }
    }
    turns.into_iter().map(|(lane, turns)| State { lane, steps: summed(turns) }).collect()
}

/// What a pod adds to the number of those ready and of those there, and when.
fn life(view: &View, pod: &Pod) -> Vec<(i64, i32, i32)> {
    let evidence = view.evidence();
    let (from, to) = (ms(evidence.window.from), ms(evidence.window.to));
    let mut turns = evidence.topology.turns_of(pod).map(|turn| (ms(turn.at), turn.ready)).peekable();
    let came = pod.created.or(pod.arrived()).map_or(from, ms).max(from);
    // Where the first turn is away from being ready, it was ready until then.
    let mut ready = turns.peek().is_some_and(|(at, ready)| !*ready || *at <= came);
    let mut steps = vec![(came, i32::from(ready), 1)];
    for (at, now) in turns.skip_while(|(at, _)| *at <= came) {
        if now != ready {
            steps.push((at, if now { 1 } else { -1 }, 0));
            ready = now;
        }
    }
    let gone = match &pod.object {
        Some(object) => object.finished,
        None => pod.last_seen,
    };
    if let Some(gone) = gone.map(ms).filter(|gone| *gone < to) {
        steps.retain(|(at, ..)| *at <= gone);
        let (ready, there) = steps.iter().fold((0, 0), |sum, step| (sum.0 + step.1, sum.1 + step.2));
        steps.push((gone, -ready, -there));
    }
    steps
}

fn summed(turns: BTreeMap<i64, (i32, i32)>) -> Vec<(i64, i32, i32)> {
    let mut sum = (0, 0);
    let mut steps: Vec<(i64, i32, i32)> = turns
        .into_iter()
        .map(|(at, (ready, there))| {
            sum = (sum.0 + ready, sum.1 + there);
            (at, sum.0, sum.1)
        })
        .collect();
    steps.dedup_by_key(|(_, ready, there)| (*ready, *there));
    steps.drain(..steps.len().saturating_sub(STEPS));
    steps
}
