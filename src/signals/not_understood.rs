//! What looks like trouble and is claimed by no rule: warnings, conditions that are not as they should be, statuses of
//! failure, error lines, records that cannot be read. Grouped by their words over all subjects, so that nothing is
//! dropped in silence and nothing drowns the rest.

use super::{Role, Signal, polarity};
use crate::evidence::{Evidence, Fact, LineSeverity, Record, is_usual_wait, words};
use crate::model::{Citation, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Records with the same words that no rule understands.
#[derive(Clone, Debug, PartialEq)]
pub struct NotUnderstood {
    pub words: String,
    pub severity: Severity,
    pub count: u64,
    /// What a program said of itself; the API's own records weigh more.
    pub is_log: bool,
    /// First seen in the snapshot: it may be older than `from`.
    pub is_undated: bool,
    /// In order of their names.
    pub subjects: Vec<Subject>,
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The first of them, and the last where that is another record.
    pub evidence: Vec<Citation>,
}

/// All that was not understood, of facts that are neither claimed nor `explained`: what is fatal, then what the API says, then what programs say; the worst first, then the
/// most frequent.
pub fn not_understood(evidence: &Evidence, claimed: &[bool], explained: &Explained) -> Vec<NotUnderstood> {
    let mut groups: BTreeMap<String, NotUnderstood> = BTreeMap::new();
    for (fact, _) in evidence.facts.iter().zip(claimed).filter(|(_, claimed)| !**claimed) {
        let Some((said, severity)) = trouble(&fact, explained) else { continue };
        let names = [fact.subject.name(), fact.subject.namespace().unwrap_or_default()];
        add(&mut groups, words(&said, &names), severity, &fact);
    }
    for citation in &evidence.unreadable {
        let said = format!("record that cannot be read: {}", evidence.quote(*citation).text);
        let group = groups.entry(words(&said, &[])).or_insert_with(|| NotUnderstood {
            words: words(&said, &[]),
            severity: Severity::Warning,
            count: 0,
            is_log: true,
            // What cannot be read has no time that could be read.
            is_undated: true,
            subjects: Vec::new(),
            from: evidence.window.to,
            to: evidence.window.to,
            evidence: vec![*citation],
        });
        group.count += 1;
    }
    let mut found: Vec<NotUnderstood> = groups.into_values().collect();
    found.sort_by(|a, b| {
        let weight =
            |one: &NotUnderstood| (one.severity == Severity::Fatal, one.severity >= Severity::Warning, !one.is_log);
        (weight(b), b.severity, b.count, &a.words).cmp(&(weight(a), a.severity, a.count, &b.words))
    });
    found
}

fn add(groups: &mut BTreeMap<String, NotUnderstood>, words: String, severity: Severity, fact: &Fact<'_>) {
    let group = groups.entry(words.clone()).or_insert_with(|| NotUnderstood {
        words,
        severity,
        count: 0,
        is_log: matches!(fact.record, Record::ErrorLine { .. } | Record::Journal { .. } | Record::Log { .. }),
        is_undated: fact.is_undated(),
        subjects: Vec::new(),
        from: fact.at.time,
        to: fact.last.time,
        evidence: vec![fact.citation],
    });
    group.severity = group.severity.max(severity);
    group.count += fact.count;
    let last = match fact.record {
        Record::ErrorLine { last, .. } => last,
        _ => fact.citation,
    };
    // Facts come in order of their beginning, so the first of a group is the first.
    if fact.last.time >= group.to {
        group.to = fact.last.time;
        group.evidence.truncate(1);
        group.evidence.extend(Some(last).filter(|last| !group.evidence.contains(last)));
    }
    if let Err(place) = group.subjects.binary_search(fact.subject) {
        group.subjects.insert(place, fact.subject.clone());
    }
}

/// What a record says, if that is trouble.
fn trouble(fact: &Fact<'_>, explained: &Explained) -> Option<(String, Severity)> {
    match fact.record {
        Record::Event { reason, note, warning, .. } => {
            let severity = if warning { Severity::Warning } else { Severity::Info };
            let unknown = warning || !is_routine(reason);
            unknown.then(|| (said([reason, note]), severity))
        }
        Record::Condition { condition, status, reason, message } => {
            let bad = polarity::is_bad(fact.subject, condition, status) && !explained.summary(fact, condition, reason);
            let kind = fact.subject.kind();
            let what = format!("{kind} condition {condition} {status}");
            bad.then(|| (said([what.as_str(), reason, message]), Severity::Warning))
        }
        Record::Terminated { container, reason, exit_code, message, .. } => {
            let failed = exit_code != 0 && !explained.by_signal(fact.subject);
            let what = format!("container {container} terminated with exit code {exit_code}");
            failed.then(|| (said([what.as_str(), reason, message]), Severity::Warning))
        }
        Record::Waiting { reason, message, .. } => {
            let young = is_usual_wait(reason) && is_young(fact);
            let waits = !young && !explained.by_signal(fact.subject);
            waits.then(|| (said(["container waits", reason, message]), Severity::Warning))
        }
        Record::StatusReason { phase, reason, message } => {
            let kind = fact.subject.kind();
            let unexplained = !(phase == "Pending" && (is_young(fact) || explained.by_signal(fact.subject)));
            let reason = if reason == phase { "" } else { reason };
            unexplained.then(|| (said([format!("{kind} {phase}").as_str(), reason, message]), Severity::Warning))
        }
        Record::ErrorLine { source, words, severity, .. } => Some((format!("{source}: {words}"), of_line(severity))),
        Record::Journal { unit, message, severity: Some(severity) } => {
            Some((format!("{unit}: {message}"), of_line(severity)))
        }
        Record::Log { container, message, severity: Some(severity) } => {
            Some((format!("{container}: {message}"), of_line(severity)))
        }
        _ => None,
    }
}

/// The parts that say anything, with colons between.
fn said<'a>(parts: impl IntoIterator<Item = &'a (impl AsRef<str> + ?Sized + 'a)>) -> String {
    let parts: Vec<&str> = parts.into_iter().map(AsRef::as_ref).filter(|part| !part.is_empty()).collect();
    parts.join(": ")
}

/// Reasons of normal events that say no more than that a cluster works, one a line.
const ROUTINE: &str = include_str!("routine.txt");

/// Whether events of this reason tell of nothing that went wrong.
pub(super) fn is_routine(reason: &str) -> bool {
    ROUTINE.lines().any(|routine| routine == reason)
}

fn of_line(severity: LineSeverity) -> Severity {
    match severity {
        LineSeverity::Warning => Severity::Warning,
        LineSeverity::Error => Severity::Error,
        LineSeverity::Fatal => Severity::Fatal,
    }
}

/// A start takes its time: images, volumes, a network.
const A_START: TimeDelta = TimeDelta::seconds(60);

fn is_young(fact: &Fact<'_>) -> bool {
    fact.at.time - fact.at.earliest() < A_START
}

/// Conditions that only sum up what other records tell in detail.
const SUMMARIES: [&str; 9] = [
    "Available",
    "ContainersReady",
    "Initialized",
    "PodReadyToStartContainers",
    "PodScheduled",
    "Progressing",
    "Ready",
    "Failed",
    "FailureTarget",
];

/// Whose trouble the signals explain already.
pub struct Explained {
    subjects: BTreeSet<Subject>,
}

impl NotUnderstood {
    /// Whether it forbids to say that nothing was hurt. People who run clusters see hundreds of log lines a day that
    /// call themselves a warning.
    pub fn may_be_harm(&self) -> bool {
        self.severity >= if self.is_log { Severity::Error } else { Severity::Warning }
    }
}

impl Explained {
    pub fn new(evidence: &Evidence, signals: &[Signal]) -> Self {
        let mut subjects = BTreeSet::new();
        let is_known = |signal: &&Signal| signal.severity >= Severity::Warning && !signal.has(Role::Unrecognised);
        for signal in signals.iter().filter(is_known) {
            subjects.extend(evidence.topology.workload_of(&signal.subject));
            let owners = evidence.topology.pods_named(&signal.subject).filter_map(|pod| pod.owner.clone());
            subjects.extend(owners);
            subjects.insert(signal.subject.clone());
        }
        Self { subjects }
    }

    fn by_signal(&self, subject: &Subject) -> bool {
        self.subjects.contains(subject)
    }

    /// Whether the condition sums up what is known, or is that of a pod whose work is done.
    fn summary(&self, fact: &Fact<'_>, condition: &str, reason: &str) -> bool {
        let done = fact.subject.is("Pod") && reason == "PodCompleted";
        let known = SUMMARIES.contains(&condition) && !fact.subject.is("Node") && self.by_signal(fact.subject);
        done || known
    }
}
