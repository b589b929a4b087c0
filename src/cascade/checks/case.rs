//! One cascade as checks look at it: its signals, whom they touch, and what else is recorded of those.

pub(super) use super::subjects::is_harm;
use super::subjects::{Subjects, workload_of};
use crate::cascade::touching::AFTER;
use crate::cascade::{Cascade, Edge, Motif, Scene};
use crate::evidence::Pod;
use crate::model::{Citation, End, Severity, Subject, Window};
use crate::signals::{Role, Roles, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// What is recorded of those that a cascade touches this long before its first signal may still belong to it.
const BEFORE: TimeDelta = TimeDelta::minutes(10);

/// What was done during an incident and helped shows by then, as a Deployment that made no progress for so long has failed
/// (documentation, Deployments, progressDeadlineSeconds).
pub const SHOWS_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// What checks look at.
pub(super) struct Case<'a> {
    pub scene: &'a Scene<'a>,
    pub window: Window,
    pub cascade: &'a Cascade,
    pub edges: Vec<&'a Edge>,
    /// What each of its signals led to, by those edges.
    pub led_to: BTreeMap<usize, Vec<usize>>,
    pub motifs: Vec<&'a Motif>,
    pub roles: Roles,
    /// Its signals by whom they are about.
    pub subjects: Subjects<'a>,
    /// The workloads whose pods were hurt, or that were hurt themselves, or that stand behind a Service that was.
    pub workloads: BTreeSet<Subject>,
    /// What was hurt, and those workloads with their last pods.
    pub touched: BTreeSet<Subject>,
    /// Changes after the first harm, outside of the cascade, of what those that were hurt depend on.
    pub touching: Vec<usize>,
}

/// What a check found.
#[derive(Default)]
pub(super) struct Found {
    pub statement: String,
    pub signals: Vec<usize>,
    /// The first records of the signals where it is empty.
    pub evidence: Vec<Citation>,
    pub remedy: Option<String>,
    /// Its place among those of its class, where the table does not give it.
    pub order: (usize, usize),
}

impl Found {
    /// A statement about signals, which rests on their first records.
    pub fn new(statement: String, signals: Vec<usize>) -> Self {
        Self { statement, signals, ..Self::default() }
    }

    /// The same, resting on these records first.
    pub fn by(self, case: &Case<'_>, records: impl IntoIterator<Item = Citation>) -> Self {
        let firsts = case.of(&self.signals).filter_map(|signal| signal.evidence.first().copied()).take(4);
        let mut evidence: Vec<Citation> = records.into_iter().chain(firsts).collect();
        let mut seen = BTreeSet::new();
        evidence.retain(|citation| seen.insert(*citation));
        Self { evidence, ..self }
    }

    /// The same, with what is true once it is mended.
    pub fn mended(self, remedy: String) -> Self {
        Self { remedy: Some(remedy), ..self }
    }
}

impl<'a> Case<'a> {
    pub fn new(
        scene: &'a Scene<'a>,
        window: Window,
        cascade: &'a Cascade,
        edges: Vec<&'a Edge>,
        motifs: Vec<&'a Motif>,
    ) -> Self {
        let signals = || cascade.signals.iter().filter_map(|index| scene.signals.get(*index));
        let roles = signals().flat_map(|signal| signal.roles.iter()).collect();
        let (workloads, touched) = (BTreeSet::new(), BTreeSet::new());
        let subjects = Subjects::of(scene, cascade);
        let touching = Vec::new();
        let mut led_to: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        edges.iter().for_each(|edge| led_to.entry(edge.from).or_default().push(edge.to));
        let mut case =
            Self { scene, window, cascade, edges, led_to, motifs, roles, subjects, workloads, touched, touching };
        let hurt: BTreeSet<&Subject> = signals().filter(|signal| is_harm(signal)).map(|one| &one.subject).collect();
        for subject in hurt {
            let behind = case.service(subject);
            let behind = behind.iter().flat_map(|service| scene.topology.workloads_of_service(service)).cloned();
            case.workloads.extend(behind.chain([case.workload(subject)]).filter(|one| !one.is("Node")));
            case.touched.insert(subject.clone());
        }
        let pods = case.workloads.iter().flat_map(|one| scene.topology.last_pods_of(one, cascade.to));
        let pods: Vec<Subject> = pods.map(Pod::subject).collect();
        case.touched.extend(case.workloads.iter().cloned().chain(pods));
        case
    }

    pub fn has(&self, roles: &[Role]) -> bool {
        roles.is_empty() || roles.iter().any(|role| self.roles.has(*role))
    }

    pub fn signal(&self, index: usize) -> Option<&'a Signal> {
        self.scene.signals.get(index)
    }

    pub fn of(&self, indexes: &[usize]) -> impl Iterator<Item = &'a Signal> {
        indexes.iter().filter_map(|index| self.signal(*index))
    }

    /// Its signals that are wanted, in order of time.
    pub fn those(&self, wanted: impl Fn(&Signal) -> bool) -> Vec<usize> {
        let is_wanted = |index: &&usize| self.signal(**index).is_some_and(&wanted);
        self.cascade.signals.iter().filter(is_wanted).copied().collect()
    }

    /// Its signals with one of these roles.
    pub fn with(&self, roles: &[Role]) -> Vec<usize> {
        self.those(|signal| roles.iter().any(|role| signal.has(*role)))
    }

    /// The same, each with its index.
    pub fn each(&self, roles: &[Role]) -> Vec<(usize, &'a Signal)> {
        self.with(roles).into_iter().filter_map(|index| Some((index, self.signal(index)?))).collect()
    }

    /// The signals with a role of those that the cascade touches, in it or not, from some minutes before it to its last
    /// sign; in order of time.
    pub fn around(&self, role: Role) -> Vec<(usize, &'a Signal)> {
        self.recorded(role, self.touched.iter())
    }

    /// The same of some subjects.
    pub fn recorded<'s>(&self, role: Role, of: impl Iterator<Item = &'s Subject>) -> Vec<(usize, &'a Signal)> {
        let (from, to) = (self.cascade.from - BEFORE, self.cascade.to + AFTER);
        let known = of.filter_map(|subject| self.scene.index.of(role, subject));
        let found: BTreeSet<usize> = known.flat_map(|onsets| onsets.between(from, to)).collect();
        found.into_iter().filter_map(|index| Some((index, self.signal(index)?))).collect()
    }

    pub fn first_harm(&self) -> DateTime<Utc> {
        let hurts = self.of(&self.cascade.signals).filter(|signal| signal.severity >= Severity::Warning);
        hurts.map(|signal| signal.from.time).min().unwrap_or(self.cascade.from)
    }

    /// For how long the cascade is known to have gone on after a time.
    pub fn went_on_after(&self, at: DateTime<Utc>) -> TimeDelta {
        let end = match self.cascade.end {
            End::At(end) => end.max(self.cascade.to),
            End::Ongoing => self.window.to.max(self.cascade.to),
            End::Unknown => self.cascade.to,
        };
        end - at
    }

    /// Whether what was done then may have helped: it is not known to have gone on for longer than that takes to show.
    pub fn may_have_helped(&self, at: DateTime<Utc>) -> bool {
        self.went_on_after(at) <= SHOWS_WITHIN
    }

    /// The signals that led to harm.
    pub fn led_to_harm(&self) -> BTreeSet<usize> {
        let of_harm = self.edges.iter().filter(|edge| self.signal(edge.to).is_some_and(is_harm));
        of_harm.map(|edge| edge.from).collect()
    }

    /// Everything that a signal led to, in at most some steps.
    pub fn reached_from(&self, index: usize) -> BTreeSet<usize> {
        const STEPS: usize = 6;
        let (mut seen, mut front) = (BTreeSet::new(), vec![index]);
        for _ in 0..STEPS {
            let led = front.iter().filter_map(|one| self.led_to.get(one)).flatten().copied();
            front = led.filter(|one| seen.insert(*one)).collect();
        }
        seen
    }

    /// The nodes that were in trouble themselves, with the signals that say so.
    pub fn hurt_nodes(&self) -> BTreeMap<&'a str, Vec<usize>> {
        let mut nodes: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for index in self.those(|signal| signal.subject.is("Node") && is_harm(signal)) {
            let node = self.signal(index).and_then(|signal| signal.node.as_deref());
            node.into_iter().for_each(|node| nodes.entry(node).or_default().push(index));
        }
        nodes
    }

    /// The last pods of the workloads that were hurt, each with its workload, in order of workload and arrival.
    pub fn pods(&self) -> impl Iterator<Item = (&Subject, &'a Pod)> {
        let to = self.cascade.to;
        let of = move |workload| self.scene.topology.last_pods_of(workload, to).map(move |pod| (workload, pod));
        self.workloads.iter().flat_map(of)
    }

    /// The two signals of an edge.
    pub fn ends(&self, edge: &Edge) -> Option<(&'a Signal, &'a Signal)> {
        Some((self.signal(edge.from)?, self.signal(edge.to)?))
    }

    /// What the catalogue says would keep a signal from coming again.
    pub fn own_remedy(&self, signal: &Signal) -> Option<String> {
        let action = self.scene.catalogue.rule(&signal.name)?.actions.first()?;
        signal.fill(action, &self.workload(&signal.subject))
    }

    /// The workload of a pod, and that of a ReplicaSet or a Job; anything else itself.
    pub fn workload(&self, subject: &Subject) -> Subject {
        self.subjects.workload(subject).cloned().unwrap_or_else(|| workload_of(self.scene, subject))
    }

    /// The Service that endpoints are of.
    pub fn service(&self, endpoints: &Subject) -> Option<Subject> {
        let is_one = endpoints.is("Endpoints") || endpoints.is("Service");
        let namespace = endpoints.namespace().filter(|_| is_one)?;
        Some(Subject::namespaced("Service", namespace, endpoints.name()))
    }

    /// The node of a signal about a pod: where the pod of its time stood.
    pub fn node_at(&self, signal: &'a Signal) -> Option<&'a str> {
        let topology = self.scene.topology;
        let pod = topology.pod_at(&signal.subject, signal.from.time).and_then(|pod| pod.node.as_deref());
        // Of several pods of one name that of another time tells nothing.
        pod.or_else(|| signal.node.as_deref().filter(|_| topology.pods_named(&signal.subject).count() < 2))
    }

    /// Where a workload's own object, or that of a pod of it, stands.
    pub fn record_of(&self, workload: &Subject) -> Option<Citation> {
        let topology = self.scene.topology;
        let own = topology.workload(workload).and_then(|known| known.citation);
        let of_pod = || {
            let pods = topology.last_pods_of(workload, self.cascade.to);
            pods.filter_map(|pod| pod.object.as_ref()).map(|object| object.citation).next()
        };
        own.or_else(of_pod)
    }
}

/// Whether a pod was there at a time, as far as is known.
pub(super) fn was_there(pod: &Pod, at: DateTime<Utc>) -> bool {
    let had_come = pod.created.or(pod.arrived()).is_none_or(|come| come <= at);
    had_come && (pod.object.is_some() || pod.last_seen.is_none_or(|last| last + ROUNDING > at))
}

/// Events bear whole seconds.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

/// Several names in a sentence: a few, and how many there are beside them.
pub(super) fn names<T: std::fmt::Display>(all: impl IntoIterator<Item = T>) -> String {
    const FEW: usize = 4;
    let all: Vec<String> = all.into_iter().map(|one| one.to_string()).collect();
    let few = all.get(..FEW.min(all.len())).unwrap_or_default();
    match (all.len().saturating_sub(FEW), few) {
        (0, [first, middle @ .., last]) => {
            let before: Vec<&str> = [first].into_iter().chain(middle).map(String::as_str).collect();
            format!("{} and {last}", before.join(", "))
        }
        (0, _) => few.join(", "),
        (more, _) => format!("{} and {more} more", few.join(", ")),
    }
}
