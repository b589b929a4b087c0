//! The runs of an outside check that failed: what whoever looks came for, so it is told first.

use super::{Part, Sentence};
use crate::evidence::{CheckOutcome, JoinedRun};
use crate::model::Citation;
use crate::report::view::{CheckView, Numbered, View};
use crate::signals::Role;
use std::collections::BTreeSet;

/// The most failed runs that are cited: the first ones and the last.
const CITED: usize = 3;

/// The check of which most runs failed, the first of several.
fn worst<'a, 'b>(view: &'b View<'a>) -> Option<&'b CheckView<'a>> {
    let failing = view.checks.iter().filter(|check| check.failing().is_some());
    failing.min_by_key(|check| std::cmp::Reverse(check.count(CheckOutcome::Failed)))
}

/// How many runs failed, without times.
pub fn failed(view: &View) -> Option<String> {
    worst(view).map(|check| format!("{} of {} failed", check.share(), check.name))
}

/// How many runs failed, from when to when, what was before and after, and on which node all of them waited for pods.
pub fn sentence(view: &View) -> Option<Sentence> {
    let check = worst(view)?;
    let failed: Vec<&JoinedRun> = check.failed().collect();
    let text = format!("{} of {} {}", check.share(), check.name, check.sentence(&view.clock));
    let first = check.before_failing().into_iter().chain(failed.iter().copied()).take(CITED);
    let records = first.chain(failed.last().copied()).map(|one| one.run.citation);
    let mut told = vec![Part { text, records: unique(records) }];
    told.extend(node(&failed).map(|(text, records)| Part { text: format!("; {text}"), records }));
    if view.largest().is_some() && !are_linked(view) {
        told.push(Part { text: "; no link to what follows was found".to_owned(), records: Vec::new() });
    }
    Some(told)
}

/// Whether one of the failed runs belongs to the largest cascade.
pub fn are_linked(view: &View) -> bool {
    let failed = Numbered::all(&view.of.signals).filter(|signal| signal.has(Role::OutsideCheck));
    failed.map(|signal| signal.index).any(|index| view.cascade_of(index) == Some(0))
}

/// On which node the pods were that were not ready, where it is one.
pub fn pods(view: &View) -> Option<String> {
    let failed: Vec<&JoinedRun> = worst(view)?.failed().collect();
    node(&failed).map(|(text, _)| text)
}

/// The node on which the pods were that were not ready, where it is the same for each run that waited for any.
fn node(failed: &[&JoinedRun]) -> Option<(String, Vec<Citation>)> {
    let waiting: Vec<&&JoinedRun> = failed.iter().filter(|one| one.waited_count > 0).collect();
    let nodes: BTreeSet<Option<&str>> = waiting.iter().map(|one| one.node.as_deref()).collect();
    let node = nodes.first().copied().flatten().filter(|_| nodes.len() == 1)?;
    let whose = match (waiting.len(), failed.len()) {
        (1, 1) => "the pods it waited for were".to_owned(),
        (some, all) if some == all => "the pods that each of them waited for were".to_owned(),
        (some, _) => format!("{some} of them waited for pods, which were"),
    };
    let records = waiting.iter().flat_map(|one| one.waited.first()).flat_map(|pod| pod.evidence.first()).take(CITED);
    Some((format!("{whose} all on {node}"), unique(records.copied())))
}

fn unique(records: impl Iterator<Item = Citation>) -> Vec<Citation> {
    let mut seen = BTreeSet::new();
    records.filter(|one| seen.insert(*one)).collect()
}
