//! Occurrences to signals: which of them are one, and when a state ended.

use super::{Rule, Signal};
use crate::evidence::{Evidence, Fact, Record};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A fact that a rule matched.
pub(super) struct Occurrence<'a> {
    pub fact: &'a Fact,
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
    let mut groups: BTreeMap<(Subject, Vec<Option<String>>), Vec<Occurrence<'_>>> = BTreeMap::new();
    for occurrence in found {
        let key = rule.key.iter().map(|label| occurrence.labels.get(label).cloned()).collect();
        groups.entry((occurrence.subject.clone(), key)).or_default().push(occurrence);
    }
    let gap = TimeDelta::from_std(rule.merge).unwrap_or(TimeDelta::MAX);
    let mut signals = Vec::new();
    for ((subject, _), occurrences) in groups {
        let ends: Vec<&Ending> = endings.iter().filter(|ending| ending.subject == subject).collect();
        let mut run: Vec<Occurrence<'_>> = Vec::new();
        let mut until = None;
        for occurrence in occurrences {
            let at = occurrence.at.time;
            let ended = |until: DateTime<Utc>| ends.iter().any(|end| until < end.at && end.at < at);
            if until.is_some_and(|until: DateTime<Utc>| at - until > gap || (at > until && ended(until))) {
                signals.extend(one(rule, &subject, std::mem::take(&mut run), &ends, evidence));
                until = None;
            }
            let last = occurrence.last.time;
            until = Some(until.map_or(last, |until| until.max(last)));
            run.push(occurrence);
        }
        signals.extend(one(rule, &subject, run, &ends, evidence));
    }
    signals
}

fn one(rule: &Rule, subject: &Subject, run: Vec<Occurrence<'_>>, ends: &[&Ending], scene: &Evidence) -> Option<Signal> {
    let first = run.first()?;
    let last = run.iter().map(|one| one.last.time).max()?;
    let noticed = u32::try_from(rule.noticed_after.as_millis()).unwrap_or(u32::MAX);
    let from = Moment::new(first.at.time, first.at.uncertainty_ms.max(noticed));
    let mut evidence: Vec<Citation> = run.iter().map(|one| one.fact.citation.clone()).collect();
    let end = ends.iter().find(|end| end.at >= last && end.at >= from.time);
    let to = match end {
        Some(end) => {
            evidence.push(end.citation.clone());
            Some(end.at)
        }
        // Whatever state a pod was in ended with the pod; of anything else, nothing says that it has ended.
        None if rule.is_state() => scene.topology.gone_at(subject).map(|gone| gone.max(last)),
        // A series that holds up to its last sample before the end holds still.
        None if run.iter().any(|one| lasts_to_the_end(one, scene)) => None,
        None => Some(last.min(scene.window.to.max(from.time))),
    };
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
    })
}

fn lasts_to_the_end(occurrence: &Occurrence<'_>, scene: &Evidence) -> bool {
    let steps = TimeDelta::milliseconds(2 * i64::from(occurrence.last.uncertainty_ms));
    matches!(occurrence.fact.record, Record::Series { .. }) && occurrence.last.time + steps >= scene.window.to
}

/// The same happening may be told by several kinds of record; each kind counts it, the largest count is nearest.
fn counted(run: &[Occurrence<'_>]) -> u64 {
    let mut by_kind: BTreeMap<&str, u64> = BTreeMap::new();
    for occurrence in run {
        *by_kind.entry(occurrence.fact.record.kind()).or_default() += occurrence.count;
    }
    by_kind.into_values().max().unwrap_or(1)
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
