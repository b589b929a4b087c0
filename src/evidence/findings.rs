//! What one archive entry gave: facts, and hints about who belongs to whom. Entries are read apart, then merged in
//! order of their paths, so that the number of threads cannot show.

use super::Facts;
use super::activity::Activity;
use super::audit;
use super::checks::{CheckRun, Engine, Experiment};
use super::clock_steps::Setback;
use super::known_pods::Pods;
use super::kubelet_pods::KubeletPods;
use super::node_names::NodeNames;
use super::node_traits::NodeTraits;
use super::notes::Raw;
use super::object_traits::ObjectTraits;
use super::published::{Hosts, Published};
use super::readiness::Turns;
use super::releases::{Brought, Carriers};
use super::revisions::Stored;
use super::series::Answer;
use super::settings::Settings;
use super::skew::Pairs;
use crate::archive::format::ClockReading;
use crate::model::{Citation, Clock, EntryId, Moment, Subject};
use crate::objects::PodSpec;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

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
    /// When they turned ready and not ready.
    pub turns: Turns,
    /// What kubelets said of pods by their names.
    pub by_kubelets: KubeletPods,
    pub workloads: BTreeMap<Subject, Workload>,
    /// Whose a pod or a ReplicaSet is, as events of its controller say: they outlive the objects.
    pub owners: BTreeMap<Subject, Subject>,
    pub services: BTreeMap<(String, String), Service>,
    /// Objects of the kinds that pods and claims name.
    pub referable: BTreeSet<Subject>,
    pub claims: BTreeMap<Subject, Claim>,
    /// What each object of a kind without a reader of its own refers to.
    pub refers: BTreeMap<Subject, BTreeSet<Subject>>,
    /// What each of them shares with others of its kind.
    pub object_traits: BTreeMap<Subject, ObjectTraits>,
    /// Under which hosts what runs here is reached from elsewhere.
    pub published: Vec<Published>,
    /// The Service that answers for an API, by its APIService.
    pub served: BTreeMap<Subject, Subject>,
    /// By their names.
    pub webhooks: BTreeMap<String, Webhook>,
    /// What objects of policy say.
    pub settings: Settings,
    /// The labels of the pods that each NetworkPolicy is about.
    pub policies: BTreeMap<Subject, Option<Policy>>,
    pub leases: Vec<Held>,
    /// What was pending or firing at the end.
    pub alerts: Vec<ActiveAlert>,
    /// By their nodes.
    pub kubelets: BTreeMap<String, KubeletConfig>,
    /// Whether each node was ready when the archive was made.
    pub nodes: BTreeMap<String, bool>,
    /// Labels and versions of nodes.
    pub node_traits: BTreeMap<String, NodeTraits>,
    /// What else nodes are called.
    pub node_names: NodeNames,
    /// Container ID to pod UID and container name.
    pub containers: BTreeMap<String, ContainerId>,
    pub clocks: Vec<ClockReading>,
    /// Times of nodes beside those of API servers.
    pub pairs: Pairs,
    /// Journals in which times go back.
    pub setbacks: Vec<Setback>,
    /// When journals and logs were written.
    pub activities: Vec<Activity>,
    /// The series of range answers.
    pub answers: Vec<Answer>,
    /// Audit logs of API servers, one of each file.
    pub audit: Vec<audit::Log>,
    /// The runs of outside checks.
    pub checks: Vec<CheckRun>,
    /// Chaos experiments.
    pub experiments: Vec<Experiment>,
    /// Objects that say when experiments were.
    pub engines: Vec<Engine>,
    /// Objects that keep templates.
    pub revisions: Vec<Stored>,
    /// What programs that bring releases to a cluster note of it.
    pub brought: Brought,
    /// Who brings each object, once all were read.
    pub carriers: Carriers,
    /// What people wrote.
    pub notes: Vec<Raw>,
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

/// How a controller replaces its pods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turnover {
    #[default]
    Rolling,
    /// All are ended before new ones are made: a Deployment with the strategy Recreate.
    Recreate,
    /// The next is made only once the one before is ready: a StatefulSet that is not Parallel.
    InTurn,
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
    /// How many of its pods a rolling update may take away before new ones are ready, of a Deployment.
    pub max_unavailable: Option<u64>,
    /// In which order its pods are replaced.
    pub turnover: Turnover,
    /// How long a new pod must have been ready before it counts, in seconds.
    pub min_ready_s: u64,
    /// Of a CronJob: a run begins while another goes on (concurrencyPolicy Allow).
    pub overlaps: bool,
    /// How many failed pods a Job, or each of a CronJob, makes anew, where it says.
    pub backoff_limit: Option<u64>,
    pub template: PodSpec,
    pub citation: Option<Citation>,
}

/// An alert that was pending or firing.
#[derive(Debug)]
pub struct ActiveAlert {
    /// With its state as the label `alertstate`.
    pub labels: BTreeMap<String, String>,
    pub at: Moment,
    pub last: Moment,
    pub citation: Citation,
}

/// What a lease tells.
#[derive(Debug)]
pub enum Held {
    /// Somebody took it over from another.
    Acquired { lease: Subject, at: DateTime<Utc>, message: String, citation: Citation },
    /// The program that leads renewed it for the last time before it was fetched; it lasts so long.
    Led {
        lease: Subject,
        at: DateTime<Utc>,
        seen: DateTime<Utc>,
        duration: TimeDelta,
        holder: String,
        citation: Citation,
    },
    /// A node renewed it for the last time before it was fetched; it lasts so long.
    Renewed { node: String, at: DateTime<Utc>, seen: DateTime<Utc>, duration: TimeDelta, citation: Citation },
}

/// What a NetworkPolicy is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// The labels of its pods, none for all of its namespace.
    pub selector: BTreeMap<String, String>,
    /// Whether it rules what comes to them, and what they send.
    pub ingress: bool,
    pub egress: bool,
}

/// How a kubelet keeps memory for what is no pod.
#[derive(Clone, Debug)]
pub struct KubeletConfig {
    /// The hard threshold of memory.available, as it is written.
    pub evicts_below: Option<String>,
    /// What is kept back for the system and for the kubelet, as it is written.
    pub reserved_memory: Vec<String>,
    /// How long it waits for an answer of its container runtime, as it is written (runtimeRequestTimeout).
    pub runtime_timeout: Option<String>,
    /// How long a pressure condition outlasts its cause, as it is written (evictionPressureTransitionPeriod).
    pub pressure_lasts: Option<String>,
    pub citation: Citation,
}

/// A webhook that admits objects.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub configuration: Subject,
    /// What happens without its answer: `Fail` or `Ignore`.
    pub policy: String,
    pub timeout_s: i64,
    /// Who answers, where it is a Service.
    pub service: Option<Subject>,
    pub citation: Citation,
}

/// A PersistentVolumeClaim.
#[derive(Clone, Debug)]
pub struct Claim {
    pub created: Option<DateTime<Utc>>,
    /// The name of its StorageClass; empty for none.
    pub class: String,
    /// It has no volume yet.
    pub is_pending: bool,
    pub citation: Citation,
}

#[derive(Clone, Debug, Default)]
pub struct Service {
    pub selector: BTreeMap<String, String>,
    pub addresses: Vec<String>,
    /// Of these, those that are not its own within the cluster.
    pub taken: Vec<String>,
    pub citation: Option<Citation>,
}

impl Findings {
    /// Keeps what a line says, as a reader of the report should see it.
    pub fn cite(&mut self, place: Place, text: &str) -> Citation {
        self.facts.cite(Citation { entry: place.entry, line: place.line, part: 0 }, text)
    }

    /// Keeps under which hosts an object says that it is reached.
    pub fn publish(&mut self, place: Place, by: &Subject, hosts: Hosts) {
        for (host, services) in hosts {
            let citation = self.cite(place, &format!("{by} publishes {host}"));
            self.published.push(Published { host, by: by.clone(), services, citation });
        }
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
        self.pods.absorb(other.pods);
        self.turns.absorb(other.turns);
        self.by_kubelets.absorb(other.by_kubelets);
        self.workloads.extend(other.workloads);
        self.owners.extend(other.owners);
        self.referable.extend(other.referable);
        self.claims.extend(other.claims);
        self.refers.extend(other.refers);
        self.object_traits.extend(other.object_traits);
        self.published.extend(other.published);
        self.served.extend(other.served);
        self.policies.extend(other.policies);
        self.leases.extend(other.leases);
        self.alerts.extend(other.alerts);
        self.kubelets.extend(other.kubelets);
        self.webhooks.extend(other.webhooks);
        self.settings.absorb(other.settings);
        self.nodes.extend(other.nodes);
        self.node_traits.extend(other.node_traits);
        self.node_names.absorb(other.node_names);
        self.services.extend(other.services);
        for (id, container) in other.containers {
            let known = self.containers.entry(id).or_default();
            known.container = known.container.take().or(container.container);
            if known.pod_uid.is_empty() {
                known.pod_uid = container.pod_uid;
            }
        }
        self.clocks.extend(other.clocks);
        self.pairs.absorb(other.pairs);
        self.setbacks.extend(other.setbacks);
        self.activities.extend(other.activities);
        self.answers.extend(other.answers);
        self.audit.extend(other.audit);
        self.checks.extend(other.checks);
        self.experiments.extend(other.experiments);
        self.engines.extend(other.engines);
        self.revisions.extend(other.revisions);
        self.brought.absorb(other.brought);
        self.notes.extend(other.notes);
        self.unread.extend(other.unread);
        self.unreadable.extend(other.unreadable);
    }

    /// Drops facts of events that another list has as well. What was seen last stays, as it counts the most; of those
    /// alike, that of the core list, which people know better.
    pub fn drop_repeated_events(&mut self, is_core_list: impl Fn(EntryId) -> bool) {
        let is_core = |index: &usize| self.facts.entry_at(*index).is_some_and(&is_core_list);
        let rank = |index: &usize| (self.facts.last_word(*index), is_core(index));
        let mut kept: BTreeMap<&str, usize> = BTreeMap::new();
        let mut repeated = BTreeSet::new();
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
