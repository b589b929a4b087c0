//! Who was hit: Services without an address, and counts of pods and nodes by what happened to them.
//!
//! Every signal counts, also one that nothing was linked to.

use super::Numbered;
use crate::model::{Citation, Severity, Subject};
use crate::report::{names, quotes, times};
use crate::signals::{Role, Signal};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub struct Impact<'a> {
    pub outages: Vec<Outage<'a>>,
    pub counts: Vec<ImpactCount<'a>>,
    /// What none of the counts covers, by signal.
    pub others: Vec<Other<'a>>,
}

/// A time in which a Service had no ready address.
#[derive(Debug)]
pub struct Outage<'a> {
    pub signal: Numbered<'a>,
    /// None while it goes on at the end of the window.
    pub lasted: Option<String>,
}

/// How many subjects something happened to.
#[derive(Debug)]
pub struct ImpactCount<'a> {
    pub kind: &'static ImpactKind,
    pub hit: Hit<'a>,
}

/// A signal that has no sentence of its own among the counts.
#[derive(Debug)]
pub struct Other<'a> {
    pub name: &'a str,
    pub hit: Hit<'a>,
}

/// Those that were hit, each once, in order of first appearance, and the first signal of each.
#[derive(Debug, Default)]
pub struct Hit<'a> {
    seen: BTreeSet<Whom<'a>>,
    signals: Vec<&'a Signal>,
}

impl<'a> Hit<'a> {
    fn add(&mut self, signal: &'a Signal) {
        if self.seen.insert(whom(&signal.subject)) {
            self.signals.push(signal);
        }
    }

    pub fn count(&self) -> usize {
        self.signals.len()
    }

    pub fn subjects(&self) -> impl Iterator<Item = &'a Subject> {
        self.signals.iter().map(|signal| &signal.subject)
    }

    /// When it happened to the first of them.
    pub fn from(&self) -> Option<DateTime<Utc>> {
        self.signals.iter().map(|signal| signal.from.time).min()
    }

    /// When the first that happened to each was over; none while any goes on.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        let ends: Option<Vec<DateTime<Utc>>> = self.signals.iter().map(|signal| signal.until()).collect();
        ends?.into_iter().max()
    }

    /// The first record of each.
    pub fn records(&self) -> impl Iterator<Item = Citation> {
        self.signals.iter().filter_map(|signal| quotes::first_of(signal))
    }
}

/// Kind, namespace and name.
type Whom<'a> = (&'a str, Option<&'a str>, &'a str);

/// Two containers of a pod are one pod.
fn whom(subject: &Subject) -> Whom<'_> {
    match names::pod_of(subject) {
        Some((namespace, pod)) => ("Pod", Some(namespace), pod),
        None => (subject.kind(), subject.namespace(), subject.name()),
    }
}

#[derive(Debug)]
pub struct ImpactKind {
    /// What one and what several are called.
    pub one: &'static str,
    pub many: &'static str,
    counts: fn(&Signal) -> bool,
    of: Of,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Nodes,
    Pods,
}

impl ImpactKind {
    fn counts(&self, signal: &Signal) -> bool {
        let of = match self.of {
            Of::Nodes => signal.subject.is("Node"),
            Of::Pods => names::pod_of(&signal.subject).is_some(),
        };
        of && (self.counts)(signal)
    }

    pub fn is_about_nodes(&self) -> bool {
        self.of == Of::Nodes
    }
}

static IMPACT_KINDS: [ImpactKind; 15] = [
    ImpactKind {
        one: "node was not ready",
        many: "nodes were not ready",
        counts: |signal| signal.has(Role::NodeUnready),
        of: Of::Nodes,
    },
    ImpactKind {
        one: "node was under pressure",
        many: "nodes were under pressure",
        counts: |signal| signal.has(Role::Pressure) || signal.has(Role::Shortage) && !signal.has(Role::MemoryKill),
        of: Of::Nodes,
    },
    ImpactKind {
        one: "node had kills by the kernel for memory",
        many: "nodes had kills by the kernel for memory",
        counts: |signal| signal.has(Role::MemoryKill),
        of: Of::Nodes,
    },
    ImpactKind {
        one: "pod was on a node that was not ready",
        many: "pods were on a node that was not ready",
        counts: |signal| signal.has(Role::NodeUnready),
        of: Of::Pods,
    },
    ImpactKind {
        one: "node rebooted",
        many: "nodes rebooted",
        counts: |signal| signal.has(Role::Reboot),
        of: Of::Nodes,
    },
    ImpactKind {
        one: "pod was killed for memory",
        many: "pods were killed for memory",
        counts: |signal| signal.has(Role::MemoryKill),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod was evicted",
        many: "pods were evicted",
        counts: |signal| signal.has(Role::Evicted),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod was marked for deletion, for a taint of its node",
        many: "pods were marked for deletion, for a taint of their node",
        counts: |signal| signal.has(Role::TaintEviction),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod failed for good",
        many: "pods failed for good",
        counts: |signal| signal.has(Role::PodFailed),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod had an image that could not be pulled",
        many: "pods had images that could not be pulled",
        counts: |signal| signal.has(Role::ImagePull),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod was killed by its liveness probe",
        many: "pods were killed by their liveness probe",
        counts: |signal| signal.has(Role::ProbeKill),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod failed its liveness or startup probe",
        many: "pods failed their liveness or startup probe",
        counts: |signal| signal.has(Role::ProbeFailure) && signal.variant() != Some(READINESS),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod restarted again and again",
        many: "pods restarted again and again",
        counts: |signal| signal.has(Role::RestartBackoff),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod failed its readiness probe",
        many: "pods failed their readiness probe",
        counts: |signal| signal.has(Role::ProbeFailure) && signal.variant() == Some(READINESS),
        of: Of::Pods,
    },
    ImpactKind {
        one: "pod waited for a node",
        many: "pods waited for a node",
        counts: |signal| signal.has(Role::SchedulingFailure),
        of: Of::Pods,
    },
];

const READINESS: &str = "readiness";

impl<'a> Impact<'a> {
    pub fn new(signals: &'a [Signal]) -> Self {
        let mut impact = Self::default();
        let mut counts: Vec<Hit> = IMPACT_KINDS.iter().map(|_| Hit::default()).collect();
        let mut others: BTreeMap<&str, usize> = BTreeMap::new();
        for signal in Numbered::all(signals).filter(|signal| signal.severity >= Severity::Warning) {
            let mut told = signal.has(Role::ServiceLost);
            if told {
                impact.outages.push(outage(signal));
            }
            for (_, hit) in IMPACT_KINDS.iter().zip(&mut counts).filter(|(kind, _)| kind.counts(signal.signal)) {
                hit.add(signal.signal);
                told = true;
            }
            // How it was seen is not what was hurt, and runs are told one check at a time.
            if told || signal.has(Role::Detection) || signal.has(Role::OutsideCheck) {
                continue;
            }
            let name = signal.signal.name.as_str();
            let place = *others.entry(name).or_insert(impact.others.len());
            if place == impact.others.len() {
                impact.others.push(Other { name, hit: Hit::default() });
            }
            if let Some(other) = impact.others.get_mut(place) {
                other.hit.add(signal.signal);
            }
        }
        let counts = IMPACT_KINDS.iter().zip(counts).filter(|(_, hit)| hit.count() > 0);
        impact.counts = counts.map(|(kind, hit)| ImpactCount { kind, hit }).collect();
        impact
    }
}

fn outage(signal: Numbered<'_>) -> Outage<'_> {
    let lasted = signal.until().map(|to| times::length(times::between(signal.from.time, to)));
    Outage { signal, lasted }
}
