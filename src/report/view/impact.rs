//! Who was hit: Services without an address, and counts of pods and nodes by what happened to them.
//!
//! Only signals of the largest cascade count; what is separate from it is another incident.

use super::{names, severity};
use crate::model::Severity;
use crate::report::schema::{EvidenceRow, Report, SignalRow};
use crate::report::times;
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub struct Impact<'a> {
    pub outages: Vec<Outage<'a>>,
    pub tolls: Vec<Toll<'a>>,
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
    pub fn is_about_nodes(&self) -> bool {
        self.kinds == NODE
    }
}

const POD: &[&str] = &["Pod", "Container"];
const NODE: &[&str] = &["Node"];

static TOLL_KINDS: [TollKind; 10] = [
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
        signals: &["Evicted", "Evicted(admission)", "TaintManagerEviction", "Preempted"],
        kinds: POD,
    },
    TollKind {
        one: "pod was killed by its liveness probe",
        many: "pods were killed by their liveness probe",
        signals: &["Killing"],
        kinds: POD,
    },
    TollKind {
        one: "pod restarted again and again",
        many: "pods restarted again and again",
        signals: &["CrashLoopBackOff", "BackOff"],
        kinds: POD,
    },
    TollKind {
        one: "pod was not ready",
        many: "pods were not ready",
        signals: &["Unhealthy(readiness)", "NotReady", "ContainersNotReady"],
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
        let largest = report.cascades.first().map(|cascade| cascade.id.as_str());
        let of_largest = |signal: &&SignalRow| largest.is_some() && signal.cascade.as_deref() == largest;
        let signals: Vec<&SignalRow> = report.signals.iter().filter(of_largest).collect();
        let outages =
            signals.iter().filter(|signal| NO_ADDRESS.contains(&signal.signal.as_str())).map(|signal| Outage {
                subject: &signal.subject,
                from: &signal.from,
                lasted: signal.to.as_deref().and_then(|to| times::between(&signal.from, to)).map(times::length),
                evidence: &signal.evidence,
            });
        let tolls = TOLL_KINDS.iter().filter_map(|kind| toll(kind, &signals));
        Self { outages: outages.collect(), tolls: tolls.collect() }
    }
}

fn toll<'a>(kind: &'static TollKind, signals: &[&'a SignalRow]) -> Option<Toll<'a>> {
    let mut seen = BTreeSet::new();
    let mut toll = Toll { kind, subjects: Vec::new(), evidence: Vec::new() };
    for signal in signals {
        let bad = severity(&signal.severity) >= Severity::Warning;
        let right = bad
            && kind.signals.contains(&signal.signal.as_str())
            && kind.kinds.contains(&names::kind_of(&signal.subject));
        if right && seen.insert(pod_of(&signal.subject)) {
            toll.subjects.push(&signal.subject);
            toll.evidence.extend(signal.evidence.first());
        }
    }
    (!toll.subjects.is_empty()).then_some(toll)
}

/// Two containers of a pod are one pod.
fn pod_of(subject: &str) -> &str {
    match subject.strip_prefix("Container/") {
        Some(rest) => rest.rsplit_once('/').map_or(rest, |(pod, _)| pod),
        None => subject.strip_prefix("Pod/").unwrap_or(subject),
    }
}
