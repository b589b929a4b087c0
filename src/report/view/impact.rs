//! Who was hit: Services without an address, and counts of pods and nodes by what happened to them.
//!
//! Every signal counts, also one that nothing was linked to.

use super::{names, severity};
use crate::model::Severity;
use crate::report::schema::{EvidenceRow, Report, SignalRow};
use crate::report::times;
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub struct Impact<'a> {
    pub outages: Vec<Outage<'a>>,
    pub tolls: Vec<Toll<'a>>,
    /// What none of the tolls counts, by signal.
    pub others: Vec<Other<'a>>,
}

/// A signal that has no sentence of its own among the tolls.
#[derive(Debug)]
pub struct Other<'a> {
    pub signal: &'a str,
    /// Each once, in order of first appearance.
    pub subjects: Vec<&'a str>,
    pub evidence: Vec<&'a EvidenceRow>,
}

/// A time in which a Service had no ready address.
#[derive(Debug)]
pub struct Outage<'a> {
    pub subject: &'a str,
    pub from: &'a str,
    /// None while it goes on at the end of the window.
    pub lasted: Option<String>,
    pub evidence: &'a [EvidenceRow],
}

/// How many subjects something happened to.
#[derive(Debug)]
pub struct Toll<'a> {
    pub kind: &'static TollKind,
    /// Each once, in order of first appearance.
    pub subjects: Vec<&'a str>,
    pub evidence: Vec<&'a EvidenceRow>,
}

#[derive(Debug)]
pub struct TollKind {
    /// What one and what several are called.
    pub one: &'static str,
    pub many: &'static str,
    signals: &'static [&'static str],
    kinds: &'static [&'static str],
}

impl TollKind {
    fn counts(&self, signal: &SignalRow) -> bool {
        self.signals.contains(&signal.signal.as_str()) && self.kinds.contains(&names::kind_of(&signal.subject))
    }

    pub fn is_about_nodes(&self) -> bool {
        self.kinds == NODE
    }
}

const POD: &[&str] = &["Pod", "Container"];
const NODE: &[&str] = &["Node"];

static TOLL_KINDS: [TollKind; 15] = [
    TollKind {
        one: "node was not ready",
        many: "nodes were not ready",
        signals: &["NodeNotReady", "NodeStatusUnknown"],
        kinds: NODE,
    },
    TollKind {
        one: "node was under pressure",
        many: "nodes were under pressure",
        signals: &["MemoryPressure", "DiskPressure", "PIDPressure", "EvictionThresholdMet"],
        kinds: NODE,
    },
    TollKind {
        one: "node had kills by the kernel for memory",
        many: "nodes had kills by the kernel for memory",
        signals: &["OOMKill", "SystemOOM"],
        kinds: NODE,
    },
    TollKind {
        one: "pod was on a node that was not ready",
        many: "pods were on a node that was not ready",
        signals: &["NodeNotReady"],
        kinds: POD,
    },
    TollKind { one: "node rebooted", many: "nodes rebooted", signals: &["Rebooted"], kinds: NODE },
    TollKind {
        one: "pod was killed for memory",
        many: "pods were killed for memory",
        signals: &["OOMKilled"],
        kinds: POD,
    },
    TollKind {
        one: "pod was evicted",
        many: "pods were evicted",
        signals: &["Evicted", "Evicted(admission)"],
        kinds: POD,
    },
    TollKind {
        one: "pod was marked for deletion, for a taint of its node",
        many: "pods were marked for deletion, for a taint of their node",
        signals: &["TaintManagerEviction"],
        kinds: POD,
    },
    TollKind { one: "pod failed for good", many: "pods failed for good", signals: &["PodFailed"], kinds: POD },
    TollKind {
        one: "pod had an image that could not be pulled",
        many: "pods had images that could not be pulled",
        signals: &["ErrImagePull"],
        kinds: POD,
    },
    TollKind {
        one: "pod was killed by its liveness probe",
        many: "pods were killed by their liveness probe",
        signals: &["Killing"],
        kinds: POD,
    },
    TollKind {
        one: "pod failed its liveness or startup probe",
        many: "pods failed their liveness or startup probe",
        signals: &["Unhealthy(liveness)", "Unhealthy(startup)"],
        kinds: POD,
    },
    TollKind {
        one: "pod restarted again and again",
        many: "pods restarted again and again",
        signals: &["CrashLoopBackOff", "BackOff"],
        kinds: POD,
    },
    TollKind {
        one: "pod failed its readiness probe",
        many: "pods failed their readiness probe",
        signals: &["Unhealthy(readiness)"],
        kinds: POD,
    },
    TollKind {
        one: "pod waited for a node",
        many: "pods waited for a node",
        signals: &["FailedScheduling", "Pending", "PodPending"],
        kinds: POD,
    },
];

const NO_ADDRESS: [&str; 2] = ["NoReadyEndpoints", "ServiceWithoutEndpoints"];

impl<'a> Impact<'a> {
    pub fn new(report: &'a Report) -> Self {
        let hurts = |signal: &&SignalRow| severity(&signal.severity) >= Severity::Warning;
        let signals: Vec<&SignalRow> = report.signals.iter().filter(hurts).collect();
        let outages =
            signals.iter().filter(|signal| NO_ADDRESS.contains(&signal.signal.as_str())).map(|signal| Outage {
                subject: &signal.subject,
                from: &signal.from,
                lasted: signal.to.as_deref().and_then(|to| times::between(&signal.from, to)).map(times::length),
                evidence: &signal.evidence,
            });
        let tolls = TOLL_KINDS.iter().filter_map(|kind| toll(kind, &signals));
        Self { outages: outages.collect(), tolls: tolls.collect(), others: others(&signals) }
    }
}

fn toll<'a>(kind: &'static TollKind, signals: &[&'a SignalRow]) -> Option<Toll<'a>> {
    let mut seen = BTreeSet::new();
    let mut toll = Toll { kind, subjects: Vec::new(), evidence: Vec::new() };
    for signal in signals {
        if kind.counts(signal) && seen.insert(pod_of(&signal.subject)) {
            toll.subjects.push(&signal.subject);
            toll.evidence.extend(signal.evidence.first());
        }
    }
    (!toll.subjects.is_empty()).then_some(toll)
}

/// What is bad and neither an outage nor counted by a toll; alerts and scrapes are how it was seen, not what was hurt.
fn others<'a>(signals: &[&'a SignalRow]) -> Vec<Other<'a>> {
    let mut found: Vec<Other<'a>> = Vec::new();
    for signal in signals {
        let told = NO_ADDRESS.contains(&signal.signal.as_str()) || TOLL_KINDS.iter().any(|kind| kind.counts(signal));
        if told || matches!(names::kind_of(&signal.subject), "Alert" | "Target") {
            continue;
        }
        let place = found.iter().position(|other| other.signal == signal.signal).unwrap_or_else(|| {
            found.push(Other { signal: &signal.signal, subjects: Vec::new(), evidence: Vec::new() });
            found.len() - 1
        });
        if let Some(other) = found.get_mut(place)
            && !other.subjects.contains(&signal.subject.as_str())
        {
            other.subjects.push(&signal.subject);
            other.evidence.extend(signal.evidence.first());
        }
    }
    found
}

/// Two containers of a pod are one pod.
fn pod_of(subject: &str) -> &str {
    match subject.strip_prefix("Container/") {
        Some(rest) => rest.rsplit_once('/').map_or(rest, |(pod, _)| pod),
        None => subject.strip_prefix("Pod/").unwrap_or(subject),
    }
}
