//! Pods that never were among the ready endpoints of their Services: whoever came in the place of one that served, and was
//! gone without having been ready, ended no outage.

use super::super::labels::SINCE;
use super::super::{Role, Signal};
use crate::evidence::{Evidence, Pod};
use crate::model::Subject;
use chrono::TimeDelta;
use std::collections::BTreeMap;

/// What tells of it, by pod.
pub struct NeverIn<'a> {
    evidence: &'a Evidence,
    /// That a pod could not start.
    not_started: BTreeMap<&'a Subject, Vec<&'a Signal>>,
    /// That a readiness probe failed, and not only until its first success.
    never_well: BTreeMap<&'a Subject, Vec<&'a Signal>>,
}

/// One whose readiness probe fails this soon after it came, and of which no record says that it was ever ready, has hardly
/// been so in between: a start takes a few seconds, and a probe asks every ten (documentation, Configure Probes).
const FIRST_FAILURE: TimeDelta = TimeDelta::seconds(30);

impl<'a> NeverIn<'a> {
    pub fn new(evidence: &'a Evidence, signals: &'a [Signal]) -> Self {
        let of = |is_it: &dyn Fn(&Signal) -> bool| {
            let mut found: BTreeMap<&Subject, Vec<&Signal>> = BTreeMap::new();
            for signal in signals.iter().filter(|signal| is_it(signal)) {
                found.entry(&signal.subject).or_default().push(signal);
            }
            found
        };
        Self {
            evidence,
            not_started: of(&|signal| signal.has(Role::NotStarted) || signal.has(Role::ImagePull)),
            never_well: of(&|signal| signal.has(Role::ProbeFailure) && signal.variant() == Some("readiness")),
        }
    }

    /// What shows that a pod that is gone was never ready.
    pub fn of(&self, pod: &Pod) -> Option<&'a Signal> {
        if pod.object.is_some() || self.evidence.topology.turns_of(pod).any(|turn| turn.ready) {
            return None;
        }
        self.never_started(pod).or_else(|| self.never_well(pod))
    }

    /// Why a pod never started. Its own events are all that is known of it: an event of a start is younger than that of its
    /// way to its node, so as a rule it would be there.
    fn never_started(&self, pod: &Pod) -> Option<&'a Signal> {
        pod.scheduled_at.filter(|_| pod.started.times().next().is_none())?;
        in_life(&self.not_started, pod)
    }

    /// Its readiness probe, of one that came while others of its workload were there, or in their place, of which nothing says
    /// that they never got well: those served before.
    fn never_well(&self, pod: &Pod) -> Option<&'a Signal> {
        let came = pod.scheduled_at.or(pod.created)?;
        let from_the_start =
            |signal: &&Signal| signal.label(SINCE).is_some() || signal.from.time - came <= FIRST_FAILURE;
        let workload = self.evidence.topology.workload_of_pod(pod)?;
        let mut others = self
            .evidence
            .topology
            .pods_of_workload(&workload)
            .filter(|other| (&other.name, &other.uid) != (&pod.name, &pod.uid));
        let served = others.any(|other| {
            let came_before =
                other.arrived().is_some_and(|at| at < came) || other.stopping.is_some_and(|at| at <= came);
            came_before && in_life(&self.never_well, other).is_none_or(|signal| signal.label(SINCE).is_none())
        });
        in_life(&self.never_well, pod).filter(from_the_start).filter(|_| served)
    }
}

/// The first of them in the life of a pod: one that bore its name before is another.
fn in_life<'a>(told: &BTreeMap<&'a Subject, Vec<&'a Signal>>, pod: &Pod) -> Option<&'a Signal> {
    let came = pod.arrived()?;
    let within =
        |signal: &&Signal| signal.from.time >= came && pod.last_seen.is_none_or(|last| signal.from.time <= last);
    let of_pod = told.get(&pod.subject()).into_iter().flatten().copied();
    of_pod.filter(within).min_by_key(|signal| signal.from.time)
}
