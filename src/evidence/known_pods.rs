//! All that is known of pods, alive or gone, gathered from whatever tells of them.

use super::Skew;
use super::pod_object::PodObject;
use crate::model::{Citation, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// All that is known of a pod, alive or gone.
#[derive(Clone, Debug, Default)]
pub struct Pod {
    pub namespace: String,
    pub name: String,
    pub uid: String,
    pub node: Option<String>,
    pub created: Option<DateTime<Utc>>,
    pub scheduled_at: Option<DateTime<Utc>>,
    pub first_seen: Option<DateTime<Utc>>,
    pub last_seen: Option<DateTime<Utc>>,
    /// The record it was last seen in.
    pub last_record: Option<Citation>,
    /// When each of its containers began its first life.
    pub started: ByContainer,
    /// How often each of its containers was started: as events tell, which expire, and as its status does.
    pub starts: Vec<Starts>,
    /// When the kubelet was told to stop it, or it was marked for deletion.
    pub stopping: Option<DateTime<Utc>>,
    /// When the first life of each of its containers was over at the latest, of those that were started again.
    pub restarted: ByContainer,
    /// How often one of its containers was started again, of the one that was so the most often.
    pub restarts: u32,
    /// The cluster ended it: an eviction, a taint of its node, a pod of higher priority.
    pub forced_out: bool,
    /// Its condition Ready, and since when it is so.
    pub ready: Option<(bool, DateTime<Utc>)>,
    /// The record that says so.
    pub ready_record: Option<Citation>,
    /// Whether that is by its node's clock.
    pub ready_by_node: bool,
    /// Direct controller: a ReplicaSet, StatefulSet, DaemonSet, Job.
    pub owner: Option<Subject>,
    /// Its object, where the archive has it; a pod known only from events has none.
    pub object: Option<PodObject>,
    /// What its node's clock tells of it, which may be off, until that is known.
    pub by_node: Seen,
    /// When lines named it, by the same clock: they may do so before it came and after it went, so this counts only
    /// where nothing else tells of it.
    pub named: Seen,
}

/// How often a container was started.
#[derive(Clone, Debug)]
pub struct Starts {
    container: Box<str>,
    by_events: u32,
    by_status: u32,
}

/// When a pod was seen, by one clock.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    first: Option<DateTime<Utc>>,
    /// With its record, where that is to be cited.
    last: Option<(DateTime<Utc>, Option<Citation>)>,
    stopping: Option<DateTime<Utc>>,
}

impl Seen {
    pub fn at(&mut self, at: DateTime<Utc>, record: Option<Citation>) {
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        if self.last.as_ref().is_none_or(|(last, known)| at > *last || (at == *last && known.is_none())) {
            self.last = Some((at, record));
        }
    }

    /// Notes that it was to end; the first word of it counts.
    pub fn told_to_stop(&mut self, at: DateTime<Utc>) {
        self.stopping = Some(self.stopping.map_or(at, |known| known.min(at)));
    }

    fn absorb(&mut self, other: Self) {
        other.first.into_iter().for_each(|at| self.at(at, None));
        other.last.into_iter().for_each(|(at, record)| self.at(at, record));
        other.stopping.into_iter().for_each(|at| self.told_to_stop(at));
    }
}

impl Pod {
    pub fn subject(&self) -> Subject {
        Subject::pod(&self.namespace, &self.name)
    }

    /// When it came to its node, as exactly as known.
    pub fn arrived(&self) -> Option<DateTime<Utc>> {
        self.scheduled_at.or(self.created).or(self.first_seen)
    }

    /// Whether only its end is known, and what told of that seconds before: it was there, and nothing tells since when.
    pub fn is_known_by_its_end(&self) -> bool {
        let told_of = self.scheduled_at.or(self.created).or(self.started.iter().map(|(_, at)| at).min());
        let ending = self.stopping.map(|stop| stop - TimeDelta::seconds(2));
        told_of.is_none() && ending.is_some() && self.first_seen >= ending
    }

    pub fn seen(&mut self, at: DateTime<Utc>) {
        self.first_seen = Some(self.first_seen.map_or(at, |first| first.min(at)));
        self.last_seen = Some(self.last_seen.map_or(at, |last| last.max(at)));
    }

    /// Notes a start of a container; the first one counts.
    pub fn container_started(&mut self, container: &str, at: DateTime<Utc>) {
        self.started.note(container, at);
    }

    /// Notes the end of a container's first life; the first word of it counts.
    pub fn container_restarted(&mut self, container: &str, at: DateTime<Utc>) {
        self.restarted.note(container, at);
    }

    /// Notes how often a container was started at least: as events tell, and as its status does.
    pub fn container_starts(&mut self, container: &str, by_events: u32, by_status: u32) {
        match self.starts.iter_mut().find(|one| *one.container == *container) {
            Some(known) => {
                known.by_events = known.by_events.max(by_events);
                known.by_status = known.by_status.max(by_status);
            }
            None => self.starts.push(Starts { container: container.into(), by_events, by_status }),
        }
    }

    /// Takes back what was the first start by events alone, where those of the starts before it have expired: it was started
    /// more often than they tell, and they begin long after it came. Its first life was over by then.
    fn forget_later_starts(&mut self) {
        let Some(came) = self.arrived() else { return };
        for one in std::mem::take(&mut self.starts) {
            // The status of one that was started twice at most tells of the first time itself.
            let is_untold = one.by_status > 2 && one.by_events < one.by_status;
            let Some(first) = self.started.of(&one.container).filter(|at| is_untold && *at - came > LONGEST_START)
            else {
                continue;
            };
            self.started.forget(&one.container);
            self.container_restarted(&one.container, first);
        }
    }

    /// Notes that it was to end; the first word of it counts.
    pub fn told_to_stop(&mut self, at: DateTime<Utc>) {
        self.stopping = Some(self.stopping.map_or(at, |known| known.min(at)));
    }

    /// Notes when its controller made it.
    pub fn made(&mut self, at: DateTime<Utc>) {
        self.created.get_or_insert(at);
        self.seen(at);
    }

    /// Notes that something on its node named it.
    pub fn named_by(&mut self, node: Option<&str>, at: Option<DateTime<Utc>>) {
        if self.node.is_none() {
            self.node = node.map(str::to_owned);
        }
        at.into_iter().for_each(|at| self.named.at(at, None));
    }

    /// Notes the record of a time.
    pub fn seen_in(&mut self, at: DateTime<Utc>, record: Citation) {
        if self.last_seen.is_none_or(|last| at >= last) {
            self.last_record = Some(record);
        }
        self.seen(at);
    }

    fn absorb(&mut self, other: Self) {
        if other.last_seen > self.last_seen {
            self.last_record = other.last_record;
        }
        self.node = self.node.take().or(other.node);
        self.ready_by_node |= other.ready_by_node;
        self.ready = self.ready.or(other.ready);
        self.ready_record = self.ready_record.or(other.ready_record);
        other.started.iter().for_each(|(container, at)| self.container_started(container, at));
        other.stopping.into_iter().for_each(|at| self.told_to_stop(at));
        other.restarted.iter().for_each(|(container, at)| self.container_restarted(container, at));
        self.restarts = self.restarts.max(other.restarts);
        other.starts.iter().for_each(|one| self.container_starts(&one.container, one.by_events, one.by_status));
        self.forced_out |= other.forced_out;
        self.created = self.created.or(other.created);
        self.scheduled_at = self.scheduled_at.or(other.scheduled_at);
        self.owner = self.owner.take().or(other.owner);
        self.object = self.object.take().or(other.object);
        for at in [other.first_seen, other.last_seen].into_iter().flatten() {
            self.seen(at);
        }
        self.by_node.absorb(other.by_node);
        self.named.absorb(other.named);
    }

    /// Brings what its node's clock tells, which was ahead by so much when it showed a time, to what others do.
    fn settle(&mut self, ahead: impl Fn(DateTime<Utc>) -> TimeDelta) {
        let right = |at: DateTime<Utc>| at - ahead(at);
        let Seen { first, last, stopping } = std::mem::take(&mut self.by_node);
        first.into_iter().for_each(|at| self.seen(right(at)));
        match last {
            Some((at, Some(record))) => self.seen_in(right(at), record),
            Some((at, None)) => self.seen(right(at)),
            None => {}
        }
        stopping.into_iter().for_each(|at| self.told_to_stop(right(at)));
        let named = std::mem::take(&mut self.named);
        if self.first_seen.is_none() {
            let times = named.first.into_iter().chain(named.last.map(|(at, _)| at));
            times.for_each(|at| self.seen(right(at)));
        }
        if let Some((_, since)) = self.ready.as_mut().filter(|_| self.ready_by_node) {
            *since = right(*since);
        }
        if let Some(finished) = self.object.as_mut().and_then(|object| object.finished.as_mut()) {
            *finished = right(*finished);
        }
        self.started.each(right);
        self.restarted.each(right);
    }
}

/// The earliest time that was noted of each container of a pod, of which there are few.
#[derive(Clone, Debug, Default)]
pub struct ByContainer(Vec<(Box<str>, DateTime<Utc>)>);

impl ByContainer {
    pub fn note(&mut self, container: &str, at: DateTime<Utc>) {
        match self.0.iter_mut().find(|(name, _)| **name == *container) {
            Some((_, known)) => *known = at.min(*known),
            None => {
                self.0.reserve_exact(1);
                self.0.push((container.into(), at));
            }
        }
    }

    /// Puts another time in the place of each.
    fn each(&mut self, right: impl Fn(DateTime<Utc>) -> DateTime<Utc>) {
        self.0.iter_mut().for_each(|(_, at)| *at = right(*at));
    }

    fn forget(&mut self, container: &str) {
        self.0.retain(|(name, _)| **name != *container);
    }

    pub fn of(&self, container: &str) -> Option<DateTime<Utc>> {
        self.iter().find(|(name, _)| *name == container).map(|(_, at)| at)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, DateTime<Utc>)> {
        self.0.iter().map(|(name, at)| (name.as_ref(), *at))
    }

    pub fn times(&self) -> impl Iterator<Item = DateTime<Utc>> {
        self.iter().map(|(_, at)| at)
    }
}

/// As long as a rollout may take to get on (documentation, Deployments, `progressDeadlineSeconds`).
const LONGEST_START: TimeDelta = TimeDelta::minutes(10);

/// Pods by namespace, name and UID: a StatefulSet gives the same name to one pod after another.
#[derive(Debug, Default)]
pub struct Pods(BTreeMap<(String, String, String), Pod>);

impl Pods {
    /// The pod called so, made if it is not known yet.
    pub fn entry(&mut self, namespace: &str, name: &str, uid: &str) -> &mut Pod {
        let key = (namespace.to_owned(), name.to_owned(), uid.to_owned());
        self.0.entry(key).or_insert_with(|| Pod {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
            ..Pod::default()
        })
    }

    pub fn absorb(&mut self, other: Self) {
        for (key, pod) in other.0 {
            match self.0.get_mut(&key) {
                Some(known) => known.absorb(pod),
                None => drop(self.0.insert(key, pod)),
            }
        }
    }

    /// Brings what the clocks of their nodes tell to what others do.
    pub fn settle(&mut self, skews: &[Skew]) {
        for pod in self.0.values_mut() {
            let of_node = |skew: &&Skew| pod.node.as_deref() == Some(&skew.node);
            let skews: Vec<&Skew> = skews.iter().filter(of_node).collect();
            pod.settle(|at| skews.iter().find(|skew| skew.is_of(at)).map_or(TimeDelta::zero(), |skew| skew.middle()));
        }
    }

    /// All pods. What was said of a pod without its UID (the taint manager's events have none) goes to the one of that
    /// name that was there at the time.
    pub fn into_vec(mut self) -> Vec<Pod> {
        let nameless: Vec<Pod> = self.0.values().filter(|pod| pod.uid.is_empty()).cloned().collect();
        for pod in nameless {
            let said = pod.first_seen;
            let namesakes = (pod.namespace.clone(), pod.name.clone(), String::new())..;
            let of_name = self.0.range_mut(namesakes).map(|(_, other)| other).skip(1);
            let of_name = of_name.take_while(|other| other.namespace == pod.namespace && other.name == pod.name);
            // The last to have come by then; of those that all came later, the first.
            let there = |other: &Pod| other.arrived().is_none_or(|at| said.is_none_or(|said| at <= said));
            let best = of_name.max_by_key(|other| {
                let at = other.arrived().map_or(0, |at| at.timestamp());
                (there(other), if there(other) { at } else { -at })
            });
            if let Some(best) = best {
                let key = (pod.namespace.clone(), pod.name.clone(), String::new());
                best.absorb(pod);
                self.0.remove(&key);
            }
        }
        self.unite_generated();
        let mut all: Vec<Pod> = self.0.into_values().collect();
        all.iter_mut().for_each(Pod::forget_later_starts);
        all
    }

    /// Makes one pod of those that bear a generated name: five letters or digits by chance are not met twice
    /// (apiserver, pkg/storage/names/generate.go), so that records with another UID are of the same, as of a copy that
    /// somebody wrote or made anonymous.
    fn unite_generated(&mut self) {
        let is_generated = |pod: &Pod| {
            let owner = pod.owner.as_ref().filter(|_| pod.object.is_some());
            owner.is_some_and(|owner| ["DaemonSet", "Job", "ReplicaSet"].contains(&owner.kind()))
        };
        let whole = self.0.iter().filter(|(_, pod)| is_generated(pod)).map(|(key, _)| key.clone());
        for key in whole.collect::<Vec<_>>() {
            // It may be part of another by now.
            if !self.0.contains_key(&key) {
                continue;
            }
            let namesakes = self.0.range((key.0.clone(), key.1.clone(), String::new())..);
            let of_name =
                namesakes.map(|(other, _)| other).take_while(|other| (&other.0, &other.1) == (&key.0, &key.1));
            let others: Vec<_> = of_name.filter(|other| **other != key).cloned().collect();
            for other in others.iter().filter_map(|other| self.0.remove(other)).collect::<Vec<_>>() {
                if let Some(pod) = self.0.get_mut(&key) {
                    pod.absorb(other);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
