//! Finds the causes of every signal, link by link, among those that share a key of the link's relation with it.

use super::against::Counters;
use super::link::{Link, Pick, Precedence, Recurs};
use super::relation::{Key, RelationMatch};
use super::timeline::{Bounds, Onsets, Timeline};
use super::{Edge, Grade, Scene};
use crate::evidence::Clocks;
use crate::model::{Citation, End, Order, Subject};
use crate::signals::{Role, Signal, template};
use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// A cause that a link found for a signal.
pub(super) struct Candidate {
    from: usize,
    lag: TimeDelta,
    tie: RelationMatch,
}

/// The edges that the links give; they may still form cycles.
///
/// A cause that recurs, and is recorded only after what it led to, tells why that goes on where something led to it.
/// Alone it would only stand as a beginning that came after the harm; but an end of a container that is held back from
/// starting is one of those for which it is, and says how they were.
pub fn told(links: &[Link], scene: &Scene<'_>) -> Vec<Edge> {
    let mut edges = edges(links, scene);
    let recurring: BTreeSet<&str> =
        links.iter().filter(|link| link.recurs == Recurs::Cause).map(|link| link.id.as_str()).collect();
    let effects: BTreeSet<usize> = edges.iter().map(|edge| edge.to).collect();
    // Nothing begins with what a program wrote in words that no rule knows.
    let leads = |edge: &&Edge| {
        let is_line = scene.signals.get(edge.from).is_some_and(|signal| signal.has(Role::ErrorLine));
        !is_line || effects.contains(&edge.from)
    };
    let led: BTreeSet<usize> = edges.iter().filter(leads).map(|edge| edge.to).collect();
    let is_meant = |edge: &Edge| !recurring.contains(edge.link.as_str()) || led.contains(&edge.from);
    edges.retain(|edge| !is_later(scene, edge) || is_meant(edge) || is_later_end(scene.signals, edge));
    edges
}

/// Whether its cause is known to have been recorded after its effect.
fn is_later(scene: &Scene<'_>, edge: &Edge) -> bool {
    let ends = scene.signals.get(edge.from).zip(scene.signals.get(edge.to));
    edge.lag_ms < 0 && ends.is_some_and(|(from, to)| scene.clocks.order(to.from, from.from) == Order::Before)
}

/// Whether it leads from an end of a container to its being held back from starting, which had begun before.
pub fn is_later_end(signals: &[Signal], edge: &Edge) -> bool {
    let has = |index: usize, role| signals.get(index).is_some_and(|signal| signal.has(role));
    edge.lag_ms < 0 && has(edge.from, Role::ContainerEnded) && has(edge.to, Role::RestartBackoff)
}

/// All edges that the links give: those of the links that know their mechanism, then what stands between a rollout and
/// what they know it to lead to, and then, for what none of them explains, those of the general ones.
pub fn edges(links: &[Link], scene: &Scene<'_>) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut grouped: BTreeSet<(usize, &str)> = BTreeSet::new();
    for link in links.iter().filter(|link| link.precedence == Precedence::Usual) {
        let is_open = |to: &usize| link.group.as_deref().is_none_or(|group| !grouped.contains(&(*to, group)));
        let found = edges_of(link, scene, is_open);
        if let Some(group) = &link.group {
            // A cause that recurs, and is recorded only after its effect, leaves room for one that is recorded before.
            let before = found.iter().filter(|edge| !is_later(scene, edge));
            grouped.extend(before.map(|edge| (edge.to, group.as_str())));
        }
        edges.extend(found);
    }
    let mut explained: BTreeSet<usize> = edges.iter().map(|edge| edge.to).collect();
    let otherwise: BTreeSet<usize> =
        edges.iter().filter(|edge| !is_rollout(scene, edge.from)).map(|edge| edge.to).collect();
    for link in links.iter().filter(|link| link.precedence == Precedence::OverRollout) {
        let found = edges_of(link, scene, |to| !otherwise.contains(to));
        edges.extend(found);
    }
    for link in links.iter().filter(|link| link.precedence == Precedence::Fallback) {
        let found = edges_of(link, scene, |to| !explained.contains(to));
        explained.extend(found.iter().map(|edge| edge.to));
        edges.extend(found);
    }
    edges.par_sort_by(|a, b| (a.from, a.to, &a.link).cmp(&(b.from, b.to, &b.link)));
    edges
}

/// Whether a signal tells of another program that runs now.
fn is_rollout(scene: &Scene<'_>, index: usize) -> bool {
    let is = |signal: &Signal| signal.has(Role::Rollout) || signal.has(Role::SpecChange);
    scene.signals.get(index).is_some_and(is)
}

/// The edges of one link to those effects that are open to it.
fn edges_of(link: &Link, scene: &Scene<'_>, is_open: impl Fn(&usize) -> bool) -> Vec<Edge> {
    let effects: Vec<usize> = scene.index.at(&link.to).into_iter().filter(is_open).collect();
    if effects.is_empty() {
        return Vec::new();
    }
    let causes = &Causes::new(link, scene);
    let of = |to: usize| causes.of(to).into_iter().filter_map(move |chosen| causes.edge(to, chosen));
    effects.into_par_iter().flat_map_iter(of).collect()
}

/// The signals that may be causes by a link, by the keys of its relation.
pub(super) struct Causes<'a, 's> {
    link: &'a Link,
    scene: &'a Scene<'s>,
    by_key: BTreeMap<Key<'s>, Timeline>,
    counters: Counters<'a, 's>,
}

impl<'a, 's> Causes<'a, 's> {
    pub(super) fn new(link: &'a Link, scene: &'a Scene<'s>) -> Self {
        let mut by_key: BTreeMap<Key<'s>, Vec<usize>> = BTreeMap::new();
        for index in scene.index.at(&link.from) {
            let Some(signal) = scene.signals.get(index).filter(|signal| link.labels.hold_for_cause(signal)) else {
                continue;
            };
            for key in (link.relation.as_cause)(scene, signal) {
                by_key.entry(key).or_default().push(index);
            }
        }
        let by_key = by_key.into_iter().map(|(key, indexes)| (key, Timeline::new(scene.signals, indexes))).collect();
        Self { link, scene, by_key, counters: Counters::new(link, scene) }
    }

    /// The causes of a signal that the link picks.
    pub(super) fn of(&self, to: usize) -> Vec<Candidate> {
        let (link, scene) = (self.link, self.scene);
        let Some(effect) = scene.signals.get(to).filter(|effect| link.labels.hold_for_effect(effect)) else {
            return Vec::new();
        };
        let mut best: BTreeMap<Option<&Subject>, Candidate> = BTreeMap::new();
        let keys: BTreeSet<Key<'s>> = (link.relation.causes)(scene, effect).into_iter().collect();
        for timeline in keys.iter().filter_map(|key| self.by_key.get(key)) {
            let mut nearest: Option<(bool, i64)> = None;
            for from in timeline.nearest(effect.from.time, bounds(link, scene, effect)) {
                let lag = scene.signals.get(from).map_or(TimeDelta::MAX, |cause| effect.from.time - cause.from.time);
                // No later one can be nearer, nor better where the key tells the grade.
                let is_decided = link.pick == Pick::Nearest && !link.relation.grades_differ;
                if is_decided && nearest.is_some_and(|nearest| nearest < distance(lag)) {
                    break;
                }
                let Some(found) = candidate(link, scene, from, to).filter(|_| !self.is_forbidden(from, to)) else {
                    continue;
                };
                nearest = nearest.or(Some(distance(lag)));
                let subject = scene.signals.get(from).map(|cause| &cause.subject);
                let slot = if matches!(link.pick, Pick::Nearest | Pick::First) { None } else { subject };
                let first = |one: &Candidate| (link.pick == Pick::First).then_some(std::cmp::Reverse(one.lag));
                let standing = |one: &Candidate| (!self.is_apt(one, effect), first(one), rank(one));
                if best.get(&slot).is_none_or(|known| standing(&found) < standing(known)) {
                    best.insert(slot, found);
                }
            }
        }
        if best.values().any(|one| self.is_apt(one, effect)) {
            best.retain(|_, one| self.is_apt(one, effect));
        }
        best.into_values().collect()
    }

    /// Whether a cause is one of those that the link would rather pick.
    fn is_apt(&self, candidate: &Candidate, effect: &Signal) -> bool {
        let Some(cause) = self.scene.signals.get(candidate.from) else { return false };
        match self.link.pick {
            Pick::Nearest | Pick::First | Pick::NearestOfEach => true,
            Pick::EachBefore => self.scene.clocks.order(cause.from, effect.from) == Order::Before,
            Pick::EachLasting => match (cause.until(), effect.until()) {
                (None, _) => true,
                (Some(_), None) => false,
                (Some(cause), Some(effect)) => cause + A_WHILE >= effect,
            },
        }
    }

    /// Whether something that is there says that the one did not lead to the other.
    fn is_forbidden(&self, from: usize, to: usize) -> bool {
        let ends = self.scene.signals.get(from).zip(self.scene.signals.get(to));
        ends.is_some_and(|(cause, effect)| self.counters.forbid(cause, effect))
    }

    fn edge(&self, to: usize, chosen: Candidate) -> Option<Edge> {
        let (cause, effect) = (self.scene.signals.get(chosen.from)?, self.scene.signals.get(to)?);
        let mut edge = edge(self.link, self.scene, to, chosen)?;
        edge.against = self.counters.doubts(cause, effect);
        for doubt in &edge.against {
            edge.grade = edge.grade.lower();
            edge.why.push_str(", though ");
            edge.why.push_str(&doubt.why);
            let record = self.scene.signals.get(doubt.signal).and_then(|signal| signal.evidence.first());
            edge.evidence.extend(record.filter(|record| !edge.evidence.contains(record)).copied());
        }
        Some(edge)
    }
}

/// A taint goes, and a pod is tried again, within so much of the end of what had held it (documentation, Taints and
/// Tolerations; kubernetes v1.34, pkg/scheduler/backend/queue: the longest back-off of a pod is 10 s).
const A_WHILE: TimeDelta = TimeDelta::seconds(15);

/// What the link demands of the times of a cause; [`in_time`] decides.
///
/// They hold for a cause of any clock, so they are as wide as clocks may be apart.
fn bounds(link: &Link, scene: &Scene<'_>, effect: &Signal) -> Bounds {
    let bound = |time: DateTime<Utc>, lag: TimeDelta| time.checked_sub_signed(lag);
    let widest = scene.clocks.widest();
    let most = most(link, scene, effect);
    Bounds {
        begun_by: bound(effect.from.latest(), least(link, effect) - widest).unwrap_or(DateTime::<Utc>::MIN_UTC),
        acts_until: bound(effect.from.earliest(), most + widest).unwrap_or(DateTime::<Utc>::MIN_UTC),
    }
}

/// The greatest lag. An effect that comes back may be recorded only as it was last, long after its first time.
fn most(link: &Link, scene: &Scene<'_>, effect: &Signal) -> TimeDelta {
    match link.recurs {
        Recurs::Effect => link.lag.1 + since_first(scene, effect),
        Recurs::No | Recurs::Cause => link.lag.1,
    }
}

/// How long before it the kubelet began to back off from starting the same container anew, where it did up to then.
fn since_first(scene: &Scene<'_>, effect: &Signal) -> TimeDelta {
    let (at, container) = (effect.from.time, effect.label("container"));
    let is_it = |one: &Signal| container.is_none() || one.label("container").is_none_or(|name| container == Some(name));
    let waits = scene.index.of(Role::RestartBackoff, &effect.subject).into_iter().flat_map(Onsets::all);
    let waits = waits.filter_map(|index| scene.signals.get(index)).take_while(|wait| wait.from.time <= at);
    let lasting = waits.filter(|wait| is_it(wait) && wait.until().is_none_or(|until| until + A_WHILE >= at));
    lasting.map(|wait| at - wait.from.time).max().unwrap_or_default()
}

/// The least lag. A cause that comes back may be recorded only as it was within the effect, which lasts.
fn least(link: &Link, effect: &Signal) -> TimeDelta {
    let lasts = match effect.end {
        End::Ongoing => TimeDelta::days(365),
        End::At(_) | End::Unknown => effect.last_seen() - effect.from.time,
    };
    match link.recurs {
        Recurs::Cause => link.lag.0 - lasts,
        Recurs::No | Recurs::Effect => link.lag.0,
    }
}

fn candidate(link: &Link, scene: &Scene<'_>, from: usize, to: usize) -> Option<Candidate> {
    let (cause, effect) = (scene.signals.get(from)?, scene.signals.get(to)?);
    let is_joined = || (link.relation.joins)(cause.subject.kind(), effect.subject.kind());
    if from == to || !in_time(link, scene, cause, effect) || !link.labels.agree(cause, effect) || !is_joined() {
        return None;
    }
    let lag = effect.from.time - cause.from.time;
    (link.relation.ties)(scene, cause, effect).map(|tie| Candidate { from, lag, tie })
}

/// Whether the effect may have begun as long after the cause as the link says, within the bounds of both.
///
/// What is recorded in the wrong order by more than the two clocks allow is no cause and effect, unless the link's
/// cause works before it is noticed.
fn in_time(link: &Link, scene: &Scene<'_>, cause: &Signal, effect: &Signal) -> bool {
    let clocks = scene.clocks;
    let begun = if link.before_noticed { cause.from } else { cause.from.recorded() };
    let gap = clocks.gap(begun, effect.from);
    if gap.most < least(link, effect) {
        return false;
    }
    // A lasting cause acts until it ends; what still goes on at the end of the window went on when the effect began.
    let until = match cause.end {
        End::At(_) | End::Unknown => cause.last_seen(),
        End::Ongoing => effect.from.time,
    };
    // Nothing says whose clock its end was read from, so the widest bounds hold for it.
    gap.least.min(effect.from.earliest() - clocks.widest() - until) <= most(link, scene, effect)
}

/// The order of the two is only a matter of how late the cause was noticed: the records alone would say otherwise.
fn is_turned_round(clocks: &Clocks, cause: &Signal, effect: &Signal) -> bool {
    match clocks.order(cause.from.recorded(), effect.from) {
        Order::After => true,
        Order::Before | Order::Unknown => false,
    }
}

/// Records that tie the two come first, then causes before the effect, then the nearest.
fn rank(candidate: &Candidate) -> (std::cmp::Reverse<Option<Grade>>, bool, i64, usize) {
    let (is_later, lag) = distance(candidate.lag);
    (std::cmp::Reverse(candidate.tie.grade), is_later, lag, candidate.from)
}

fn distance(lag: TimeDelta) -> (bool, i64) {
    let lag = lag.num_milliseconds();
    (lag < 0, lag.abs())
}

/// The edge from a cause that a link picked.
pub(super) fn edge(link: &Link, scene: &Scene<'_>, to: usize, chosen: Candidate) -> Option<Edge> {
    let (cause, effect) = (scene.signals.get(chosen.from)?, scene.signals.get(to)?);
    let mut evidence: Vec<Citation> = chosen.tie.evidence;
    // The first of each, which a sentence shows, then all that the two rest on.
    evidence.extend(cause.evidence.first().cloned());
    evidence.extend(effect.evidence.first().cloned());
    evidence.extend(cause.first_and_last().chain(effect.first_and_last()));
    let mut seen = BTreeSet::new();
    evidence.retain(|citation| seen.insert((citation.entry, citation.line)));
    let grade = chosen.tie.grade.unwrap_or(link.grade);
    let subject = |end: &str| Some(if end == "from" { &cause.subject } else { &effect.subject }.to_string());
    // Its placeholders were looked at when the link was loaded.
    let why = template::filled(&link.why, subject).unwrap_or_default();
    Some(Edge {
        from: chosen.from,
        to,
        link: link.id.clone(),
        relation: link.relation.name.to_owned(),
        lag_ms: chosen.lag.num_milliseconds(),
        grade: if is_turned_round(scene.clocks, cause, effect) { grade.min(Grade::Known) } else { grade },
        why,
        bridge: link.bridge,
        against: Vec::new(),
        evidence,
    })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Cause and effect of every edge of a link, found by trying all pairs that share a key.
    pub fn by_pairs(link: &Link, scene: &Scene<'_>) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let (causes, effects) = (scene.index.at(&link.from), scene.index.at(&link.to));
        for (to, effect) in scene.signals.iter().enumerate() {
            if !effects.contains(&to) || !link.labels.hold_for_effect(effect) {
                continue;
            }
            let keys = (link.relation.causes)(scene, effect);
            let mut candidates: Vec<(&Subject, Candidate)> = Vec::new();
            for (from, cause) in scene.signals.iter().enumerate() {
                let shares = || (link.relation.as_cause)(scene, cause).iter().any(|key| keys.contains(key));
                if causes.contains(&from) && link.labels.hold_for_cause(cause) && shares() {
                    candidates.extend(candidate(link, scene, from, to).map(|one| (&cause.subject, one)));
                }
            }
            candidates.sort_by_key(|(_, one)| rank(one));
            let mut seen = BTreeSet::new();
            candidates
                .retain(|(subject, _)| seen.insert(if link.pick == Pick::Nearest { None } else { Some(*subject) }));
            found.extend(candidates.into_iter().map(|(_, one)| (one.from, to)));
        }
        found.sort_unstable();
        found
    }
}
