//! What is left out of the cascade that is told, and why: nothing that failed is dropped in silence.
//!
//! What was over long before the window began is history: it is told with its time and record, makes no cascade, and is
//! no signal of this incident. Of the rest it is said what else failed without a link to the largest cascade, whether it
//! had begun before, and what of the largest cascade only time and neighbourhood tie to it.

use super::{Cascade, Edge, Grade, Links, Scene, connect, graph};
use crate::evidence::Evidence;
use crate::model::{Citation, End, Severity, Window, length, rfc3339};
use crate::signals::{Catalogue, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Why something is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// All of it was over long before the window began.
    Over,
    /// It had begun before the largest cascade did, and no link ties the two.
    Before,
    /// No link ties it to the largest cascade.
    Apart,
    /// Only time and neighbourhood tie it to the cascade that it stands in.
    OrderOnly,
}

impl Reason {
    /// As `report.json` writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Over => "over-before-the-window",
            Self::Before => "failing-before",
            Self::Apart => "no-link",
            Self::OrderOnly => "order-only",
        }
    }
}

/// Something that failed and is not told as part of the largest cascade.
#[derive(Clone, Debug, PartialEq)]
pub struct LeftOut {
    pub reason: Reason,
    /// What it was, when, and why it is left out: one sentence.
    pub statement: String,
    /// Indexes of its signals; none for history, which is no signal any more.
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// Events are kept for an hour unless an API server is told otherwise (kube-apiserver, `--event-ttl`): what was over an
/// hour before the window is known by chance, of what happened to be kept longer.
const LONG_BEFORE: TimeDelta = TimeDelta::hours(1);

/// The signals without those of cascades that were over long before the window, and these cascades.
///
/// What was no failure stays, whatever its time: an old change may act late. So does all that a link ties to something
/// in the window, or that goes on.
pub fn without_history(
    (catalogue, links): (&Catalogue, &Links),
    evidence: &Evidence,
    signals: Vec<Signal>,
) -> (Vec<Signal>, Vec<LeftOut>) {
    let begin = evidence.window.from - LONG_BEFORE;
    if !signals.iter().any(|signal| hurts(signal) && is_over(signal, begin)) {
        return (signals, Vec::new());
    }
    let known = (&evidence.topology, &evidence.clocks);
    let scene = Scene::new(catalogue, known, &signals, &super::Kill::all(catalogue, evidence, &signals));
    let edges = graph::without_cycles(&signals, connect::told(&links.links, &scene));
    let (cascades, _) = graph::cascades(&evidence.topology, &signals, edges);
    split(signals, &cascades, evidence.window)
}

/// Takes the failures of those cascades out that were over before the window.
fn split(signals: Vec<Signal>, cascades: &[Cascade], window: Window) -> (Vec<Signal>, Vec<LeftOut>) {
    let begin = window.from - LONG_BEFORE;
    let (mut gone, mut history) = (BTreeSet::new(), Vec::new());
    for cascade in cascades {
        let harm = cascade.signals.iter().filter_map(|index| Some((*index, signals.get(*index)?)));
        let harm: Vec<(usize, &Signal)> = harm.filter(|(_, signal)| hurts(signal)).collect();
        if harm.iter().all(|(_, signal)| is_over(signal, begin)) {
            gone.extend(harm.iter().map(|(index, _)| *index));
            let last = harm.iter().map(|(_, signal)| signal.last_seen()).max().unwrap_or(cascade.to);
            let statement = format!(
                "{}. The last of it is of {}, {} before the window begins",
                cascade.headline,
                rfc3339(last),
                length(window.from - last)
            );
            let evidence = harm.iter().filter_map(|(_, signal)| signal.evidence.first().copied()).take(MOST_CITED);
            history.push(LeftOut {
                reason: Reason::Over,
                statement,
                signals: Vec::new(),
                evidence: evidence.collect(),
            });
        }
    }
    let stays = |(index, signal): (usize, Signal)| (!gone.contains(&index)).then_some(signal);
    (signals.into_iter().enumerate().filter_map(stays).collect(), history)
}

/// So many records are cited of each.
const MOST_CITED: usize = 6;

fn hurts(signal: &Signal) -> bool {
    signal.severity >= Severity::Warning
}

/// Whether a signal's last sign was before a time, and it does not go on.
fn is_over(signal: &Signal, begin: DateTime<Utc>) -> bool {
    signal.end != End::Ongoing && signal.last_seen() < begin && signal.last < begin
}

/// What is not told as part of the largest cascade: the other cascades, and what only order ties to it.
pub fn find(signals: &[Signal], cascades: &[Cascade], edges: &[Edge]) -> Vec<LeftOut> {
    let Some(largest) = cascades.first() else { return Vec::new() };
    let mut found = by_order(signals, largest, edges);
    found.extend(cascades.iter().skip(1).map(|other| apart(signals, largest, other)));
    found
}

fn apart(signals: &[Signal], largest: &Cascade, other: &Cascade) -> LeftOut {
    let lead = largest.from - other.from;
    let (reason, why) = match lead > TimeDelta::zero() {
        true => (
            Reason::Before,
            format!("It had begun {} before, and no link ties it to the largest cascade", length(lead)),
        ),
        false => (Reason::Apart, "No link ties it to the largest cascade".to_owned()),
    };
    let evidence = other.first.iter().filter_map(|index| signals.get(*index)?.evidence.first().copied());
    LeftOut {
        reason,
        statement: format!("{}. {why}", other.headline),
        signals: other.signals.clone(),
        evidence: evidence.take(MOST_CITED).collect(),
    }
}

/// The failures of a cascade all of whose edges are of grade order, together.
fn by_order(signals: &[Signal], cascade: &Cascade, edges: &[Edge]) -> Vec<LeftOut> {
    let mut best: BTreeMap<usize, Grade> = BTreeMap::new();
    for edge in edges {
        for end in [edge.from, edge.to] {
            let grade = best.entry(end).or_insert(edge.grade);
            *grade = (*grade).max(edge.grade);
        }
    }
    let is_loose = |index: &usize| best.get(index) == Some(&Grade::Order) && signals.get(*index).is_some_and(hurts);
    let loose: Vec<usize> = cascade.signals.iter().copied().filter(is_loose).collect();
    let told = |index: &usize| {
        let signal = signals.get(*index)?;
        Some(LeftOut {
            reason: Reason::OrderOnly,
            statement: format!(
                "{}, at {}. Only time and neighbourhood tie it to the largest cascade",
                signal.title,
                rfc3339(signal.from.time)
            ),
            signals: vec![*index],
            evidence: signal.evidence.iter().take(1).copied().collect(),
        })
    };
    loose.iter().filter_map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::Story;
    use super::*;

    /// Two failures that nothing ties to each other, of which one led to another.
    const TWO: &str = "{given: {pods: [{pod: Pod/shop/a-1, node: n-1}, {pod: Pod/bank/b-1, node: n-2}]}, signals: [
      {at: 0s, signal: ErrImagePull, subject: Pod/bank/b-1, until: 1m},
      {at: 60s, signal: EvictionThresholdMet, subject: Node/n-1},
      {at: 61s, signal: Evicted, subject: Pod/shop/a-1}]}";

    #[test]
    fn what_failed_before_and_apart_is_named_with_the_reason() {
        let analysis = Story::new(TWO).analysis();
        let told: Vec<(&str, &[usize])> =
            analysis.left_out.iter().map(|one| (one.reason.name(), one.signals.as_slice())).collect();
        assert_eq!(told, [("failing-before", [0].as_slice())]);
        assert!(analysis.left_out.iter().all(|one| !one.evidence.is_empty()), "{:?}", analysis.left_out);
        let later = Story::new(&TWO.replace("at: 0s", "at: 62s")).analysis();
        assert_eq!(later.left_out.iter().map(|one| one.reason).collect::<Vec<_>>(), [Reason::Apart]);
    }

    #[test]
    fn failures_of_a_day_before_are_history_and_what_goes_on_is_not() {
        let split_at = |story: &str, hours: i64| {
            let story = Story::new(story);
            let analysis = story.analysis();
            let from = super::super::link::example::start() + TimeDelta::hours(hours);
            let window = Window::new(from, from + TimeDelta::hours(1));
            let (left, history) = split(story.signals.clone(), &analysis.cascades, window);
            (left.len(), history.len())
        };
        assert_eq!(split_at(TWO, 24), (0, 2));
        assert_eq!(split_at(TWO, 0), (3, 0), "within the window");
        assert_eq!(split_at(TWO, 1), (3, 0), "not long before it");
        let ongoing = TWO.replace("until: 1m", "goes_on: true");
        assert_eq!(split_at(&ongoing, 24), (1, 1), "one goes on");
        let change = TWO
            .replace("signal: ErrImagePull, subject: Pod/bank/b-1", "signal: ConfigChanged, subject: ConfigMap/bank/b");
        assert_eq!(split_at(&change, 24), (1, 1), "a change may act late");
    }
}
