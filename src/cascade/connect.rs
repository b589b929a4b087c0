//! Tries every link on the signals it is for.

use super::link::{Link, Links, Pick};
use super::relation::Tie;
use super::{Edge, Grade, Scene};
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// A cause that a link found for a signal.
struct Candidate {
    from: usize,
    lag: TimeDelta,
    tie: Tie,
}

/// All edges that the links give; they may still form cycles.
pub fn edges(links: &Links, scene: &Scene<'_>) -> Vec<Edge> {
    let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, signal) in scene.signals.iter().enumerate() {
        by_name.entry(signal.name.as_str()).or_default().push(index);
    }
    let mut edges = Vec::new();
    let mut grouped: BTreeSet<(usize, &str)> = BTreeSet::new();
    for link in &links.links {
        let effects: BTreeSet<usize> =
            link.to.iter().filter_map(|name| by_name.get(name.as_str())).flatten().copied().collect();
        for to in effects {
            if link.group.as_deref().is_some_and(|group| grouped.contains(&(to, group))) {
                continue;
            }
            let causes = link.from.iter().filter_map(|name| by_name.get(name.as_str())).flatten();
            let candidates = causes.filter_map(|from| candidate(link, scene, *from, to)).collect();
            for chosen in choose(link.pick, candidates, scene) {
                if let Some(group) = &link.group {
                    grouped.insert((to, group));
                }
                edges.extend(edge(link, scene, to, chosen));
            }
        }
    }
    edges.sort_by(|a, b| (a.from, a.to, &a.link).cmp(&(b.from, b.to, &b.link)));
    edges
}

fn candidate(link: &Link, scene: &Scene<'_>, from: usize, to: usize) -> Option<Candidate> {
    if from == to {
        return None;
    }
    let (cause, effect) = (scene.signals.get(from)?, scene.signals.get(to)?);
    if !in_time(link, cause, effect) || !link.labels.hold(cause, effect) {
        return None;
    }
    let lag = effect.from.time - cause.from.time;
    link.relation.ties(scene, cause, effect).map(|tie| Candidate { from, lag, tie })
}

/// Whether the effect may have begun as long after the cause as the link says, within the bounds of both.
///
/// What is recorded in the wrong order by more than the two clocks allow is no cause and effect, unless the link's
/// cause works before it is noticed.
fn in_time(link: &Link, cause: &Signal, effect: &Signal) -> bool {
    let clock = TimeDelta::milliseconds(i64::from(cause.from.precision_ms));
    let begun = if link.before_noticed { cause.from.earliest() } else { cause.from.time - clock };
    if effect.from.latest() < begun + link.lag.0 {
        return false;
    }
    // A lasting cause acts until it ends; what still goes on at the end of the window went on when the effect began.
    let until = cause.to.map_or(effect.from.time, |end| end.max(cause.from.time));
    let since = (effect.from.earliest() - until).min(effect.from.earliest() - (cause.from.time + clock));
    since <= link.lag.1
}

/// The order of the two is only a matter of how late the cause was noticed: the records alone would say otherwise.
fn is_turned_round(cause: &Signal, effect: &Signal) -> bool {
    cause.from.is_recorded_after(effect.from)
}

fn choose(pick: Pick, candidates: Vec<Candidate>, scene: &Scene<'_>) -> Vec<Candidate> {
    let mut best: BTreeMap<Option<&Subject>, Candidate> = BTreeMap::new();
    for candidate in candidates {
        let subject = scene.signals.get(candidate.from).map(|signal| &signal.subject);
        let key = if pick == Pick::NearestOfEach { subject } else { None };
        let better = best.get(&key).is_none_or(|known| rank(&candidate) < rank(known));
        if better {
            best.insert(key, candidate);
        }
    }
    best.into_values().collect()
}

/// Records that tie the two come first, then causes before the effect, then the nearest.
fn rank(candidate: &Candidate) -> (std::cmp::Reverse<Option<Grade>>, bool, i64, usize) {
    let lag = candidate.lag.num_milliseconds();
    (std::cmp::Reverse(candidate.tie.grade), lag < 0, lag.abs(), candidate.from)
}

fn edge(link: &Link, scene: &Scene<'_>, to: usize, chosen: Candidate) -> Option<Edge> {
    let (cause, effect) = (scene.signals.get(chosen.from)?, scene.signals.get(to)?);
    let mut evidence: Vec<Citation> = chosen.tie.evidence;
    // The first of each, which a sentence shows, then all that the two rest on.
    evidence.extend(cause.evidence.first().cloned());
    evidence.extend(effect.evidence.first().cloned());
    evidence.extend(cause.evidence.iter().chain(&effect.evidence).cloned());
    let mut seen = BTreeSet::new();
    evidence.retain(|citation| seen.insert((citation.entry.clone(), citation.line)));
    let grade = chosen.tie.grade.unwrap_or(link.grade);
    let why = link.why.replace("{from}", &cause.subject.to_string()).replace("{to}", &effect.subject.to_string());
    Some(Edge {
        from: chosen.from,
        to,
        link: link.id.clone(),
        relation: link.relation.name.to_owned(),
        lag_ms: chosen.lag.num_milliseconds(),
        grade: if is_turned_round(cause, effect) { grade.min(Grade::Known) } else { grade },
        why,
        bridge: link.bridge,
        evidence,
    })
}
