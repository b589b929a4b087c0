//! How the subjects of two signals belong together. Links name these.
//!
//! A relation generates: it gives each signal keys, as a cause and as an effect, and what shares one may belong
//! together. So the causes of an effect are looked up, never searched for among all signals; `ties` then decides.

mod alert;
mod asked;
mod brought;
mod client;
mod configured;
mod control_plane;
mod marked;
mod member;
mod named;
mod node;
mod placement;
mod policy;
mod refusal;
mod room;
mod service;
mod serving;
mod since;
mod subject;
mod succession;
mod successor;
mod upstream;
mod workload;

use super::{Grade, Scene};
use crate::model::{Citation, Subject};
use crate::signals::Signal;
use std::borrow::Cow;

pub use named::missing;
pub use node::{VICTIM, Victims};
pub use placement::Departures;
pub use service::{BACKEND_OF, CALLS, FORMER_BACKEND_OF};

/// What two signals have in common, and how sure that makes their link.
pub struct RelationMatch {
    /// Better or worse than the link's own grade, if the records say so.
    pub grade: Option<Grade>,
    pub evidence: Vec<Citation>,
}

impl RelationMatch {
    fn plain() -> Option<Self> {
        Some(Self { grade: None, evidence: Vec::new() })
    }

    fn when(holds: bool) -> Option<Self> {
        if holds { Self::plain() } else { None }
    }

    fn graded(grade: Grade, evidence: Vec<Citation>) -> Option<Self> {
        Some(Self { grade: Some(grade), evidence })
    }

    /// The effect's own record says so.
    fn named_by(effect: &Signal) -> Option<Self> {
        Self::graded(Grade::Mechanism, effect.evidence.first().cloned().into_iter().collect())
    }
}

/// What a cause and its effect share. Each relation has keys of its own, which are compared with each other only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key<'a> {
    Any,
    /// A node, a word, whatever has one name.
    Name(Cow<'a, str>),
    Pair(&'a str, &'a str),
    Subject(Cow<'a, Subject>),
    /// A workload on a node.
    On(&'a str, Subject),
}

impl<'a> Key<'a> {
    fn name(name: &'a str) -> Self {
        Self::Name(Cow::Borrowed(name))
    }

    fn subject(subject: &'a Subject) -> Self {
        Self::Subject(Cow::Borrowed(subject))
    }

    fn made(subject: Subject) -> Self {
        Self::Subject(Cow::Owned(subject))
    }
}

type Keys = for<'a> fn(&Scene<'a>, &'a Signal) -> Vec<Key<'a>>;
type Matches = fn(&Scene<'_>, &Signal, &Signal) -> Option<RelationMatch>;

/// A relation that links may name.
#[derive(Clone, Copy)]
pub struct Relation {
    pub name: &'static str,
    /// Whether it can join a cause about the one kind of subject with an effect about the other.
    pub(super) joins: fn(&str, &str) -> bool,
    /// Under which keys a signal is found as a cause.
    pub(super) as_cause: Keys,
    /// Under which keys the causes of an effect are found.
    pub(super) causes: Keys,
    pub(super) ties: Matches,
    /// Causes that share a key with one effect may be tied to it with different grades.
    pub(super) grades_differ: bool,
}

impl std::fmt::Debug for Relation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All relations, in alphabetical order.
const ALL: &[Relation] = &[
    node::AGENT_MISSING,
    node::AGENT_NAMED,
    node::AGENT_OF,
    client::AGENT_OF_TUNNEL,
    alert::NAMES_NODE,
    alert::NAMES_POD,
    alert::NAMES_TARGET,
    serving::ANSWERS_FOR,
    serving::API_NAMED,
    placement::ARRIVED_ON,
    client::ASKS_AS,
    client::ASKS_AS_ACCOUNT,
    service::ASKS_API_SERVER,
    upstream::ASKED_BY,
    upstream::ASKS,
    asked::AWAITS_JOB,
    service::BACKEND_OF,
    serving::BACKEND_OF_NAMED,
    service::BACKEND_ON,
    serving::BEHIND_API,
    brought::BROUGHT_BY,
    named::CALLED_AFTER,
    service::CALLER_OF,
    service::CALLS,
    client::CARRIED_OUT_BY,
    configured::CHOSEN_BY,
    subject::CLUSTER,
    subject::CLUSTER_TO_NODE,
    configured::CONFIGURES_KUBELETS,
    configured::CONFIGURES_SERVER,
    workload::CONTROLS,
    placement::CROWDED_BY,
    configured::ENDPOINTS_OF,
    service::FORMER_BACKEND_OF,
    node::FREED_BY_NODE,
    policy::GOVERNS,
    configured::GRANTED_TO,
    policy::GUARDS,
    named::HOLDER_ON,
    asked::HOLDS_LOOKED_UP,
    named::HOST_NAMED,
    subject::IN_NAMESPACE,
    configured::KILLED_AS,
    alert::KUBELET_SCRAPED,
    node::LABEL_NAMES_NODE,
    successor::LETS_IN,
    service::LEAVES_EMPTY,
    refusal::LIMITS_GIVEN,
    policy::LIMITS_REQUESTS,
    succession::PRIORITY_OF_PREEMPTOR,
    succession::LEFT_IN_SET,
    asked::LOOKED_UP,
    succession::MADE_FROM,
    serving::MADE_WITHOUT,
    named::MAKES_SECRET,
    asked::MAKES_VARIABLES,
    configured::MAPS_ROLES,
    workload::MOUNTS,
    placement::MOVED_TO,
    named::NAMED_AFTER,
    successor::NAMESAKE,
    named::NAMED,
    since::NEW_IN_PLACE,
    since::NEW_ON_NODE,
    since::NEW_SINCE,
    node::NODE_OF,
    member::ODD_MEMBER,
    subject::OF_NAMESPACE,
    node::OF_OR_ON_NODE,
    succession::OTHER_SET,
    workload::OWNER,
    succession::OWNER_OF_SET,
    refusal::PARAMETERS_OF,
    member::PEER_NAMED,
    control_plane::KEEPS_ITS_STATE,
    control_plane::SERVES_THE_API,
    control_plane::LED_BY_LEASE,
    control_plane::UNREADY_OF_CLUSTER,
    control_plane::ADDS_NO_NODE,
    member::PEER_ON,
    member::SAME_PEER_NAMED,
    node::POOL_OF,
    succession::PREEMPTED_FOR,
    configured::PULLS_WITH,
    configured::PUTS_INTO,
    succession::READ_AT_START,
    asked::READ_BY_POD,
    workload::READS,
    succession::RECREATED_AS,
    named::REFERRED_TO_BY,
    refusal::REFUSED_BY,
    refusal::REFUSED_BY_QUOTA,
    workload::REMOVES,
    asked::RENAMED,
    since::REPORTED_BY,
    successor::REPLACED_BY,
    workload::ROLLED_AWAY,
    succession::SUCCEEDED_BY,
    workload::ROLLED_OUT_AS,
    placement::ROLLED_OUT_ON,
    succession::ROLLED_OUT_TO,
    configured::ROLLED_OUT_VICTIM,
    upstream::ROUTES,
    upstream::LEADS_TO_ASKED,
    upstream::BEHIND_ROUTE,
    refusal::RULES_NAMESPACE,
    policy::RULES_TRAFFIC,
    configured::RUNS_AS,
    workload::RUN_OF,
    succession::RUNS_AUTOSCALER,
    alert::SAME_ALERT,
    subject::SAME_CONTAINER,
    node::SAME_NODE,
    subject::SAME_SUBJECT,
    serving::SAME_WEBHOOK,
    asked::SCALES,
    asked::SHARE_OF,
    service::SELECTS,
    service::NEVER_SERVED,
    service::SERVES_NAMES,
    workload::SIBLING,
    asked::SIZES,
    configured::STALLS,
    configured::STANDARD_OF,
    service::TAKES_ADDRESS,
    succession::TAKES_OLD_PODS,
    room::TAKES_ROOM,
    node::TAINT_NAMED,
    asked::TOOK_NAME,
    refusal::USES_UP_QUOTA,
    node::VICTIM,
    client::WRITES_AS,
    client::WRITES_IN_RUNS,
    marked::WRITTEN_ON,
];

impl Relation {
    pub fn named(name: &str) -> Option<Self> {
        ALL.iter().find(|relation| relation.name == name).copied()
    }

    /// What links may write.
    pub fn names() -> Vec<&'static str> {
        ALL.iter().map(|relation| relation.name).collect()
    }
}
