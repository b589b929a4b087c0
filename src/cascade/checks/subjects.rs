//! The signals of a cascade by whom they are about, looked up once for all checks: a check that walked the whole cascade
//! for each of its pods would take the square of its size.

use crate::cascade::{Cascade, Scene};
use crate::model::{Severity, Subject};
use crate::signals::{Role, Signal};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Subjects<'a> {
    /// Places of signals, in order of time.
    signals: BTreeMap<&'a Subject, Vec<usize>>,
    workloads: BTreeMap<&'a Subject, Subject>,
    /// Those of harm to pods, by the workload of the pod.
    hurt: BTreeMap<Subject, Vec<usize>>,
    /// Subjects and their workloads.
    about: BTreeSet<Subject>,
}

impl<'a> Subjects<'a> {
    pub fn of(scene: &Scene<'a>, cascade: &Cascade) -> Self {
        let mut found = Self::default();
        for index in cascade.signals.iter().copied() {
            let Some(signal) = scene.signals.get(index) else { continue };
            let subject = &signal.subject;
            found.signals.entry(subject).or_default().push(index);
            let workload = found.workloads.entry(subject).or_insert_with(|| workload_of(scene, subject));
            if subject.is("Pod") && is_harm(signal) {
                found.hurt.entry(workload.clone()).or_default().push(index);
            }
        }
        found.about = found.workloads.iter().flat_map(|(subject, above)| [(*subject).clone(), above.clone()]).collect();
        found
    }

    /// The signals about a subject.
    pub fn signals(&self, of: &Subject) -> &[usize] {
        self.signals.get(of).map_or(&[], Vec::as_slice)
    }

    /// The workload of what a signal is about.
    pub fn workload(&self, of: &Subject) -> Option<&Subject> {
        self.workloads.get(of)
    }

    /// The signals that tell of harm to a workload's pods.
    pub fn hurt_pods(&self, of: &Subject) -> &[usize] {
        self.hurt.get(of).map_or(&[], Vec::as_slice)
    }

    /// Whether a signal is about it, or about something of this workload.
    pub fn has(&self, subject: &Subject) -> bool {
        self.about.contains(subject)
    }
}

/// The workload of a pod, and that of a ReplicaSet or a Job; anything else itself.
pub(super) fn workload_of(scene: &Scene<'_>, subject: &Subject) -> Subject {
    let above = || scene.topology.workload(subject).and_then(|known| known.owner.clone());
    scene.topology.workload_of(subject).or_else(above).unwrap_or_else(|| subject.clone())
}

/// Whether a signal tells of somebody who was hurt, not of how it was noticed.
pub(super) fn is_harm(signal: &Signal) -> bool {
    signal.severity >= Severity::Warning && !signal.has(Role::Detection)
}
