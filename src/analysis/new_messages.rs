//! What the containers that were hurt said that they had not said before: their logs are read once more, now that it is
//! known whose and from when on.
//!
//! The logs of a workload count together, so that what each new pod says at its start is not new.

use crate::cascade::{Analysis, Cascade};
use crate::evidence::{Evidence, NewMessage};
use crate::inputs::Inputs;
use crate::log_templates::{self, Log, Logs, Ranked, Source, State, Summary};
use crate::model::{Citation, EntryId, Severity, Subject};
use crate::signals::Signal;
use std::collections::{BTreeMap, BTreeSet};

/// What is read again at most, in bytes: a twentieth of a second on two cores.
const MOST_BYTES: u64 = 16 << 20;
/// The cascades that are looked at, the largest first.
const MOST_CASCADES: usize = 3;
/// The kinds of messages that are kept of one workload's containers of one name.
const MOST_OF_EACH: usize = 3;

/// The containers of a workload that bear one name.
type Group = (Subject, String);

/// Finds them, and keeps what is cited of each.
pub fn find(inputs: &Inputs, evidence: &mut Evidence, signals: &[Signal], of: &Analysis) -> Vec<NewMessage> {
    let logs = Logs::of(inputs);
    let by_group = by_group(&logs, evidence);
    let (mut room, mut done, mut found) = (MOST_BYTES, BTreeSet::new(), Vec::new());
    for (number, cascade) in of.cascades.iter().enumerate().take(MOST_CASCADES) {
        for workload in hurt(cascade, signals, evidence) {
            for (group, logs_of) in by_group.range((workload.clone(), String::new())..) {
                if group.0 != workload {
                    break;
                }
                let bytes: u64 = logs_of.iter().map(|log| log.bytes).sum();
                if bytes > room || !done.insert(group) {
                    continue;
                }
                room -= bytes;
                let mut mined = log_templates::mine(&logs, logs_of, Some(cascade.from));
                let summary = Summary::new(&mut mined, Some(cascade.from));
                let new = summary.ranked.iter().filter(|one| one.state == State::New).take(MOST_OF_EACH);
                found.extend(new.map(|ranked| message((number, group), ranked, evidence)));
            }
        }
    }
    found.sort_by_key(|one: &NewMessage| (one.cascade, one.first, one.citation));
    found
}

fn message((cascade, (workload, container)): (usize, &Group), ranked: &Ranked, evidence: &mut Evidence) -> NewMessage {
    let of = &ranked.template;
    let place = Citation { entry: EntryId(of.example.entry), line: of.example.line, part: 0 };
    NewMessage {
        cascade,
        workload: workload.clone(),
        container: container.clone(),
        words: of.text.clone(),
        text: of.example.text.to_string(),
        count: of.count,
        first: of.first,
        citation: evidence.facts.cite(place, &of.example.text),
    }
}

/// The workloads of the pods that a cascade hurt, the first to be hurt first.
fn hurt(cascade: &Cascade, signals: &[Signal], evidence: &Evidence) -> Vec<Subject> {
    let mut workloads = Vec::new();
    let signals = cascade.signals.iter().filter_map(|index| signals.get(*index));
    for signal in signals.filter(|signal| signal.severity >= Severity::Warning) {
        let Some(workload) = signal.subject.its_pod().map(|pod| workload_of(&pod, evidence)) else { continue };
        if !workloads.contains(&workload) {
            workloads.push(workload);
        }
    }
    workloads
}

/// A pod's topmost controller, or itself where it has none.
fn workload_of(pod: &Subject, evidence: &Evidence) -> Subject {
    evidence.topology.workload_of(pod).unwrap_or_else(|| pod.clone())
}

fn by_group<'a>(logs: &'a Logs<'_>, evidence: &Evidence) -> BTreeMap<Group, Vec<&'a Log>> {
    let mut groups: BTreeMap<Group, Vec<&Log>> = BTreeMap::new();
    for log in &logs.all {
        if let Source::Container { namespace, pod, container } = &log.source {
            let workload = workload_of(&Subject::pod(namespace, pod), evidence);
            groups.entry((workload, container.clone())).or_default().push(log);
        }
    }
    groups
}
