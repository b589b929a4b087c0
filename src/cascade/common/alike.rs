//! The same failure in several groups: what hangs together by no link may still have a place, a version or a time in
//! common.

use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// What a failure is told apart by: the name of its signal, and why it was, as the record says.
type Why<'a> = (&'a str, Option<&'a str>, Option<&'a str>);

/// Failures that several groups have alike, in order of the first group, with their signals.
pub fn groups(signals: &[Signal], groups: &BTreeMap<usize, BTreeSet<usize>>) -> Vec<(usize, BTreeSet<usize>)> {
    let mut of_why: BTreeMap<Why<'_>, BTreeMap<usize, Vec<usize>>> = BTreeMap::new();
    for (group, members) in groups {
        for (index, signal) in members.iter().filter_map(|index| Some((*index, signals.get(*index)?))) {
            if let Some(why) = why(signal) {
                of_why.entry(why).or_default().entry(*group).or_default().push(index);
            }
        }
    }
    let several = of_why.into_values().filter(|by_group| by_group.len() > 1);
    let alike = several.filter_map(|by_group| {
        let first = *by_group.keys().next()?;
        Some((first, by_group.into_values().flatten().collect()))
    });
    let mut alike: Vec<(usize, BTreeSet<usize>)> = alike.collect();
    alike.sort();
    // One failure that is told by two signals of each is one question.
    let mut asked = BTreeSet::new();
    alike.retain(|(_, members)| asked.insert(subjects(signals, members)));
    alike
}

/// Why a pod failed, where its record says more than that it did.
fn why(signal: &Signal) -> Option<Why<'_>> {
    let is_start = [Role::NotStarted, Role::ImagePull, Role::PodRefused, Role::Evicted, Role::Stuck];
    let (cause, exit_code) = (signal.label("cause"), signal.label("exit_code"));
    let is_told = cause.is_some() || exit_code.is_some() || is_start.iter().any(|role| signal.has(*role));
    let is_harm = signal.severity >= Severity::Warning && signal.subject.its_pod().is_some();
    (is_told && is_harm).then_some((signal.name.as_str(), cause, exit_code))
}

fn subjects<'a>(signals: &'a [Signal], members: &BTreeSet<usize>) -> BTreeSet<&'a Subject> {
    members.iter().filter_map(|index| signals.get(*index)).map(|signal| &signal.subject).collect()
}
