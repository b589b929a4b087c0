//! What one archive entry gave: facts, and hints about who belongs to whom. Entries are read apart, then merged in
//! order of their paths, so that the number of threads cannot show.

use super::Facts;
use super::series::Answer;
use crate::archive::format::ClockReading;
use crate::model::{Citation, Clock, EntryId, Moment, Subject};
use crate::objects::{Container, PodSpec};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// Where in the archive something is read.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    pub entry: EntryId,
    pub line: u32,
    /// When the entry was fetched: the moment by which anything without a time of its own was there.
    pub fetched: DateTime<Utc>,
}

impl Place {
    /// When the entry was fetched.
    pub fn now(&self) -> Moment {
        Moment::to_the_second(self.fetched).by(Clock::Collector)
    }

    /// The same of what has no time of its own: it began at any time since `since`, as the object was made.
    pub fn since(&self, since: Option<DateTime<Utc>>) -> Moment {
        self.now().begun_after(since.unwrap_or(DateTime::UNIX_EPOCH))
    }
}

#[cfg(test)]
impl Place {
    /// A line of an entry that does not matter.
    pub fn of_line(line: u32, fetched: DateTime<Utc>) -> Self {
        Self { entry: EntryId(0), line, fetched }
    }
}

/// The harvest of one entry, or of all.
#[derive(Debug, Default)]
pub struct Findings {
    pub facts: Facts,
    /// UID of an event and the index of its fact: the same event may stand in the lists of both event APIs.
    pub event_ids: Vec<(String, usize)>,
    pub pods: Pods,
    pub workloads: BTreeMap<Subject, Workload>,
    /// Whose a pod or a ReplicaSet is, as events of its controller say: they outlive the objects.
    pub owners: BTreeMap<Subject, Subject>,
    pub services: BTreeMap<(String, String), Service>,
    /// Whether each node was ready when the archive was made.
    pub nodes: BTreeMap<String, bool>,
    /// Container ID to pod UID and container name.
    pub containers: BTreeMap<String, ContainerId>,
    pub clocks: Vec<ClockReading>,
    /// The series of range answers.
    pub answers: Vec<Answer>,
    /// Entries that came and that nothing here reads.
    pub unread: Vec<EntryId>,
    /// Records that cannot be read; what is quoted of each says why. They are evidence too: of what was not seen.
    pub unreadable: Vec<Citation>,
}

/// Whose a container ID is. The name is not always known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContainerId {
    pub pod_uid: String,
    pub container: Option<String>,
}

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
    /// When the kubelet was told to stop it, or it was marked for deletion.
    pub stopping: Option<DateTime<Utc>>,
    /// When the first life of each of its containers was over at the latest, of those that were started again.
    pub restarted: ByContainer,
    /// The cluster ended it: an eviction, a taint of its node, a pod of higher priority.
    pub forced_out: bool,
    /// Its condition Ready, and since when it is so.
    pub ready: Option<(bool, DateTime<Utc>)>,
    /// Direct controller: a ReplicaSet, StatefulSet, DaemonSet, Job.
    pub owner: Option<Subject>,
    /// Its object, where the archive has it; a pod known only from events has none.
    pub object: Option<PodObject>,
}

#[derive(Clone, Debug)]
pub struct PodObject {
    pub labels: BTreeMap<String, String>,
    pub spec: PodSpec,
    /// Whether all was well with it when the archive was made, as far as its status says.
    pub is_well: Option<bool>,
    /// When its last container ended, of a pod whose phase says that none will run again.
    pub finished: Option<DateTime<Utc>>,
    pub citation: Citation,
}

impl Pod {
    pub fn subject(&self) -> Subject {
        Subject::pod(&self.namespace, &self.name)
    }

    /// When it came to its node, as exactly as known.
    pub fn arrived(&self) -> Option<DateTime<Utc>> {
        self.scheduled_at.or(self.created).or(self.first_seen)
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

    /// Notes that it was to end; the first word of it counts.
    pub fn told_to_stop(&mut self, at: DateTime<Utc>) {
        self.stopping = Some(self.stopping.map_or(at, |known| known.min(at)));
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
        self.ready = self.ready.or(other.ready);
        other.started.iter().for_each(|(container, at)| self.container_started(container, at));
        other.stopping.into_iter().for_each(|at| self.told_to_stop(at));
        other.restarted.iter().for_each(|(container, at)| self.container_restarted(container, at));
        self.forced_out |= other.forced_out;
        self.created = self.created.or(other.created);
        self.scheduled_at = self.scheduled_at.or(other.scheduled_at);
        self.owner = self.owner.take().or(other.owner);
        self.object = self.object.take().or(other.object);
        for at in [other.first_seen, other.last_seen].into_iter().flatten() {
            self.seen(at);
        }
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
        self.0.into_values().collect()
    }
}

/// A controller of pods, or a controller of those.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    pub owner: Option<Subject>,
    pub created: Option<DateTime<Utc>>,
    pub replicas: Option<u64>,
    /// When all pods of its last rollout had been ready, of a Deployment.
    pub rolled_out_at: Option<DateTime<Utc>>,
    pub labels: BTreeMap<String, String>,
    pub template: PodSpec,
    pub template_annotations: BTreeMap<String, String>,
    pub citation: Option<Citation>,
}

#[derive(Clone, Debug, Default)]
pub struct Service {
    pub selector: BTreeMap<String, String>,
    pub addresses: Vec<String>,
    pub citation: Option<Citation>,
}

impl Findings {
    /// Keeps what a line says, as a reader of the report should see it.
    pub fn cite(&mut self, place: Place, text: &str) -> Citation {
        self.facts.cite(Citation { entry: place.entry, line: place.line, part: 0 }, text)
    }

    pub fn unreadable(&mut self, place: Place, why: impl std::fmt::Display) {
        let citation = self.cite(place, &why.to_string());
        self.unreadable.push(citation);
    }

    /// Gives back the room that was kept for more. Everything that was read waits for the rest before it is joined.
    pub fn close(&mut self) {
        self.facts.close();
        self.event_ids.shrink_to_fit();
    }

    /// Makes room for all of these at once: lists that grow step by step end twice as large.
    pub fn reserve<'a>(&mut self, others: impl Iterator<Item = &'a Self> + Clone) {
        self.facts.reserve(others.clone().map(|other| other.facts.len()).sum());
        self.event_ids.reserve_exact(others.map(|other| other.event_ids.len()).sum());
    }

    /// Adds what another entry gave.
    pub fn absorb(&mut self, other: Self) {
        let offset = self.facts.len();
        self.facts.absorb(other.facts);
        self.event_ids.extend(other.event_ids.into_iter().map(|(uid, index)| (uid, index + offset)));
        for (key, pod) in other.pods.0 {
            match self.pods.0.get_mut(&key) {
                Some(known) => known.absorb(pod),
                None => {
                    self.pods.0.insert(key, pod);
                }
            }
        }
        self.workloads.extend(other.workloads);
        self.owners.extend(other.owners);
        self.nodes.extend(other.nodes);
        self.services.extend(other.services);
        for (id, container) in other.containers {
            let known = self.containers.entry(id).or_default();
            known.container = known.container.take().or(container.container);
            if known.pod_uid.is_empty() {
                known.pod_uid = container.pod_uid;
            }
        }
        self.clocks.extend(other.clocks);
        self.answers.extend(other.answers);
        self.unread.extend(other.unread);
        self.unreadable.extend(other.unreadable);
    }

    /// Drops facts of events that another list has as well. What was seen last stays, as it counts the most; of those
    /// alike, that of the core list, which people know better.
    pub fn drop_repeated_events(&mut self, is_core_list: impl Fn(EntryId) -> bool) {
        let is_core = |index: &usize| self.facts.entry_at(*index).is_some_and(&is_core_list);
        let rank = |index: &usize| (self.facts.last_word(*index), is_core(index));
        let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
        let mut repeated = std::collections::BTreeSet::new();
        for (uid, index) in self.event_ids.iter().filter(|(uid, _)| !uid.is_empty()) {
            let known = kept.entry(uid).or_insert(*index);
            if rank(known) < rank(index) {
                repeated.insert(std::mem::replace(known, *index));
            } else if known != index {
                repeated.insert(*index);
            }
        }
        self.facts.retain(|index| !repeated.contains(&index));
        self.event_ids = Vec::new();
    }
}

/// Every container of a pod, init ones first.
pub fn containers(spec: &PodSpec) -> impl Iterator<Item = &Container> {
    spec.init_containers.iter().chain(&spec.containers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_without_a_uid_goes_to_the_namesake_that_was_there() {
        let at = |second| DateTime::from_timestamp(second, 0);
        let mut pods = Pods::default();
        for (uid, created) in [("u-1", 100), ("u-2", 200)] {
            pods.entry("shop", "api-0", uid).created = at(created);
        }
        let said = pods.entry("shop", "api-0", "");
        said.forced_out = true;
        said.seen(at(150).expect("a time"));
        pods.entry("shop", "alone", "").forced_out = true;
        let all = pods.into_vec();
        let forced: Vec<(&str, &str)> =
            all.iter().filter(|pod| pod.forced_out).map(|pod| (pod.name.as_str(), pod.uid.as_str())).collect();
        assert_eq!((all.len(), forced), (3, vec![("alone", ""), ("api-0", "u-1")]));
    }
}
