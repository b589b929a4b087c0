//! Occurrences to signals: which of them are one, and when a state ended.

use super::over::{self, Over};
use super::{Rule, Signal};
use crate::evidence::{Evidence, Fact, Record};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A fact that a rule matched.
#[derive(Clone)]
pub(super) struct Occurrence<'a> {
    pub fact: &'a Fact,
    /// Which of the rule's looks it satisfied.
    pub look: usize,
    pub at: Moment,
    pub last: Moment,
    pub count: u64,
    pub subject: Subject,
    pub labels: BTreeMap<String, String>,
    pub node: Option<String>,
}

/// A fact that ends a rule's state.
pub(super) struct Ending {
    pub subject: Subject,
    pub at: DateTime<Utc>,
    pub citation: Citation,
}

/// A report that quotes more of the same tells nothing more; the count does.
const QUOTED: usize = 6;

/// Joins the occurrences of one rule, which are in order of time.
pub(super) fn join(rule: &Rule, found: Vec<Occurrence<'_>>, endings: &[Ending], evidence: &Evidence) -> Vec<Signal> {
    let mut signals = Vec::new();
    for (subject, occurrences) in grouped(rule, found) {
        let ends: Vec<&Ending> = endings.iter().filter(|ending| ending.subject == subject).collect();
        for run in runs(rule, occurrences, &ends) {
            signals.extend(one(rule, &subject, run, &ends, evidence));
        }
    }
    signals
}

type Key = Vec<Option<String>>;

/// Two records of one happening are no further apart.
const AT_ONCE: TimeDelta = TimeDelta::seconds(2);

/// Occurrences by subject and by the labels that tell them apart. Records that lack such a label go to the group of
/// their subject that has one at the same time, or to the only one.
fn grouped<'a>(rule: &Rule, found: Vec<Occurrence<'a>>) -> Vec<(Subject, Vec<Occurrence<'a>>)> {
    let mut by_subject: BTreeMap<Subject, BTreeMap<Key, Vec<Occurrence<'a>>>> = BTreeMap::new();
    for occurrence in found {
        let key = rule.key.iter().map(|label| occurrence.labels.get(label).cloned()).collect();
        by_subject.entry(occurrence.subject.clone()).or_default().entry(key).or_default().push(occurrence);
    }
    let mut groups = Vec::new();
    for (subject, mut by_key) in by_subject {
        let unlabelled: Key = vec![None; rule.key.len()];
        if by_key.len() > 1
            && let Some(without) = by_key.remove(&unlabelled)
        {
            for occurrence in without {
                let at = occurrence.at.time;
                let far = |group: &Vec<Occurrence<'_>>| group.iter().map(|one| (one.at.time - at).abs()).min();
                let nearest = by_key.iter().filter_map(|(key, group)| Some((far(group)?, key.clone()))).min();
                let only = by_key.len() == 1;
                let key = nearest.filter(|(far, _)| only || *far <= AT_ONCE).map_or(unlabelled.clone(), |(_, key)| key);
                by_key.entry(key).or_default().push(occurrence);
            }
            by_key.values_mut().for_each(|group| group.sort_by_key(|occurrence| occurrence.at.time));
        }
        groups.extend(by_key.into_values().map(|occurrences| (subject.clone(), occurrences)));
    }
    groups
}

/// Occurrences that are one signal.
struct Run<'a> {
    occurrences: Vec<Occurrence<'a>>,
    last: DateTime<Utc>,
    /// The snapshot shows that it still goes on.
    goes_on: bool,
}

/// Occurrences in order of time, in runs: apart where they are far from each other, or where something ended the state
/// between them.
fn runs<'a>(rule: &Rule, occurrences: Vec<Occurrence<'a>>, ends: &[&Ending]) -> Vec<Run<'a>> {
    let gap = TimeDelta::from_std(rule.merge).unwrap_or(TimeDelta::MAX);
    let (undated, dated): (Vec<_>, Vec<_>) = occurrences.into_iter().partition(|one| one.fact.is_undated());
    let mut runs: Vec<Run<'a>> = Vec::new();
    for occurrence in dated {
        let (at, last) = (occurrence.at.time, occurrence.last.time);
        let ended = |until: DateTime<Utc>| at > until && ends.iter().any(|end| until < end.at && end.at < at);
        match runs.last_mut().filter(|run| at - run.last <= gap && !ended(run.last)) {
            Some(run) => {
                run.last = run.last.max(last);
                run.occurrences.push(occurrence);
            }
            None => runs.push(Run { occurrences: vec![occurrence], last, goes_on: false }),
        }
    }
    for occurrence in undated {
        join_undated(&mut runs, occurrence, gap);
    }
    runs
}

/// What a snapshot shows without a time is no second occurrence of what other records date: it says that this goes on.
/// Where no record dates it, it stands for itself, with the bounds that it has.
fn join_undated<'a>(runs: &mut Vec<Run<'a>>, occurrence: Occurrence<'a>, gap: TimeDelta) {
    let goes_on = match &occurrence.fact.record {
        Record::Waiting { .. } | Record::Condition { .. } => true,
        Record::StatusReason { phase, .. } => phase != "Failed",
        _ => false,
    };
    match runs.last_mut().filter(|run| run.last + gap >= occurrence.at.earliest()) {
        Some(run) => {
            run.goes_on |= goes_on;
            run.occurrences.push(Occurrence { count: 0, ..occurrence });
        }
        None => runs.push(Run { last: occurrence.last.time, occurrences: vec![occurrence], goes_on }),
    }
}

fn one(rule: &Rule, subject: &Subject, run: Run<'_>, ends: &[&Ending], scene: &Evidence) -> Option<Signal> {
    let Run { occurrences: run, last, goes_on } = run;
    let first = run.first()?;
    let from = first.at.noticed_late(TimeDelta::from_std(rule.noticed_after).unwrap_or_default());
    let evidence: Vec<Citation> = run.iter().map(|one| one.fact.citation.clone()).collect();
    let end = ends.iter().find(|end| end.at >= last && end.at >= from.time).filter(|_| !goes_on);
    let gone = scene.topology.gone_at(subject);
    let to = match end {
        _ if goes_on => None,
        Some(end) => Some(end.at),
        // Whatever state a pod was in ended with the pod; of anything else, nothing says that it has ended.
        None if rule.is_state() => gone.map(|(gone, _)| gone.max(last)),
        // A series that holds up to its last sample before the end holds still.
        None if run.iter().any(|one| lasts_to_the_end(one, scene)) => None,
        None => Some(last.min(scene.window.to.max(from.time))),
    };
    let over = match to {
        None => Over::GoesOn,
        Some(_) if end.is_some() || rule.is_state() => Over::Ended,
        Some(_) => over::of_state(rule, subject, last, &scene.topology),
    };
    let to = to.filter(|_| over != Over::GoesOn);
    let mut labels = BTreeMap::new();
    for occurrence in &run {
        for (name, value) in &occurrence.labels {
            labels.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let node = run.iter().find_map(|one| one.node.clone());
    Some(Signal {
        name: rule.name.clone(),
        subject: subject.clone(),
        from,
        to,
        count: counted(&run),
        severity: rule.severity,
        layer: rule.family.clone(),
        title: title(&rule.title, subject, node.as_deref(), &labels),
        node,
        labels,
        evidence: quoted(evidence),
        over,
        ended_by: end
            .map(|end| end.citation.clone())
            .or_else(|| last_of(&run, to))
            .or_else(|| gone.filter(|(gone, _)| to == Some(*gone)).and_then(|(_, record)| record.cloned())),
    })
}

/// The record of the occurrence that was the last.
fn last_of(run: &[Occurrence<'_>], to: Option<DateTime<Utc>>) -> Option<Citation> {
    let last = run.iter().find(|one| Some(one.last.time) == to)?;
    Some(last.fact.citation.clone())
}

fn lasts_to_the_end(occurrence: &Occurrence<'_>, scene: &Evidence) -> bool {
    let steps = TimeDelta::milliseconds(2 * i64::from(occurrence.last.uncertainty_ms()));
    matches!(occurrence.fact.record, Record::Series { .. }) && occurrence.last.time + steps >= scene.window.to
}

/// The same happening may be told by several kinds of record; each kind counts it, the largest count is nearest.
fn counted(run: &[Occurrence<'_>]) -> u64 {
    let mut by_look: BTreeMap<usize, u64> = BTreeMap::new();
    for occurrence in run {
        let count = by_look.entry(occurrence.look).or_default();
        *count = count.saturating_add(occurrence.count);
    }
    by_look.into_values().max().unwrap_or(1)
}

/// The first ones and the last ones.
fn quoted(mut evidence: Vec<Citation>) -> Vec<Citation> {
    evidence.dedup_by(|a, b| a.entry == b.entry && a.line == b.line);
    if evidence.len() > QUOTED {
        evidence.drain(QUOTED / 2..evidence.len() - QUOTED / 2);
    }
    evidence
}

/// Fills `{label}`s in.
pub(super) fn title(
    template: &str,
    subject: &Subject,
    node: Option<&str>,
    labels: &BTreeMap<String, String>,
) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        match name {
            "subject" => out.push_str(&subject.to_string()),
            "name" => out.push_str(subject.name()),
            "namespace" => out.push_str(subject.namespace().unwrap_or_default()),
            "node" => out.push_str(node.unwrap_or("an unknown node")),
            label => out.push_str(labels.get(label).map_or("(unknown)", String::as_str)),
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}
