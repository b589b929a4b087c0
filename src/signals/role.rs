//! Roles: what the program does with a signal, whatever it is called.
//!
//! A catalogue entry names its roles (`roles: [unready, gone]`), and no other part of the program knows a signal by its
//! name. The name of a role in a file is that of its variant here, in kebab case.

use serde::{Deserialize, Serialize};

macro_rules! roles {
    ($($(#[doc = $doc:literal])+ $role:ident => $name:literal,)+) => {
        /// What a signal is to the rest of the program. One signal may have several.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Role {
            $($(#[doc = $doc])+ $role,)+
        }

        impl Role {
            /// All roles, in the order of this file.
            pub const ALL: &'static [Self] = &[$(Self::$role,)+];

            /// The name that files use.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$role => $name,)+
                }
            }
        }
    };
}

roles! {
    // What somebody or something did.

    /// Something was changed: it may be what a cascade began with, and is listed among the changes.
    Change => "change",
    /// Configuration that pods read was written: told with the rollout whose pods read it. Label `what`.
    ConfigChange => "config-change",
    /// A specification was written: told with the rollout that it caused. Label `what`.
    SpecChange => "spec-change",
    /// New pods of a workload were made: a trigger, and after the harm a way back. Label `replicaset`.
    Rollout => "rollout",
    /// A node was closed to new pods: how people respond to a node in trouble.
    Cordon => "cordon",
    /// A machine rebooted: a response, or harm by itself.
    Reboot => "reboot",
    /// A pod came to a node: it may have brought trouble with it.
    Arrival => "arrival",
    /// A container runs again: what a back-off delayed.
    Restart => "restart",
    /// A node may be used again: the cascade's node has recovered.
    NodeBack => "node-back",

    // Nodes.

    /// A resource of a node ran out at that moment; the label `shortage` says which, as `memory`. Who asked for it is
    /// looked for.
    Shortage => "shortage",
    /// A node reports that it is short, and keeps pods away as long as it does; `shortage` as above.
    Pressure => "pressure",
    /// A node is in trouble: a failure follows a pod where it begins on each node the pod comes to.
    NodeDistress => "node-distress",
    /// A node does not answer; on a pod: its node does not.
    NodeUnready => "node-unready",
    /// A subject was heard of for the last time at the earliest moment at which it may have begun.
    Silent => "silent",
    /// A kubelet could not tell the API server of its node.
    CannotReport => "cannot-report",
    /// A process was killed because memory ran out, on a node; on a pod: it lost one.
    MemoryKill => "memory-kill",

    // Pods.

    /// Takes its pod out of the ready endpoints of its Services until the pod is ready again.
    Unready => "unready",
    /// Ends its pod: it never comes back under its UID.
    Gone => "gone",
    /// The kubelet ended a pod, or refused it, for a shortage of its node. With the labels `resource` and `usage` it
    /// tells what the pod had taken.
    Evicted => "evicted",
    /// A pod was marked for deletion for a taint of its node: a StatefulSet can replace it only once the node is back.
    TaintEviction => "taint-eviction",
    /// A program took a pod from a node that was to go: harm only where the node was lost, and not given up.
    Drained => "drained",
    /// The kubelet refused a pod when it came to its node.
    PodRefused => "pod-refused",
    /// A pod could not be started, for something outside of its containers.
    NotStarted => "not-started",
    /// To be deleted, and still there.
    Stuck => "stuck",
    /// A pod failed for good.
    PodFailed => "pod-failed",
    /// A rollout made no progress for as long as it may take.
    RolloutStuck => "rollout-stuck",
    /// An image could not be pulled.
    ImagePull => "image-pull",
    /// A container runs another image than older ones that name it alike. Labels `image`; `digest` and `before`: what it
    /// runs and what they run.
    TagMoved => "tag-moved",
    /// No node would take a pod. Label `obstacle`: what the scheduler said of the nodes.
    SchedulingFailure => "scheduling-failure",
    /// A probe failed; the variant says which: `readiness`, `liveness`, `startup`. Those of one pod at one time see the
    /// same trouble.
    ProbeFailure => "probe-failure",
    /// The kubelet ends a container because a probe failed too often.
    ProbeKill => "probe-kill",
    /// The kubelet waits before a container's next start.
    RestartBackoff => "restart-backoff",

    /// The API server refused to make a pod. The label `webhook`, where there is one, names who did not answer.
    Refused => "refused",

    /// A Job was to fail.
    JobFailing => "job-failing",
    // What a pod meets on its way.

    /// A pod was ended to make room for one of higher priority.
    Preempted => "preempted",
    /// A kubelet ended a container because its pod was to go; what runs until then runs on.
    ToldToStop => "told-to-stop",
    /// A controller removed a pod of its own.
    PodRemoved => "pod-removed",
    /// A volume could not be attached.
    AttachRefused => "attach-refused",
    /// A volume could not be mounted.
    MountFailure => "mount-failure",
    /// A name could not be looked up.
    LookupFailed => "lookup-failed",
    /// A container was kept from the processor by its own limit.
    CpuThrottled => "cpu-throttled",
    /// A deletion for a taint was taken back in time.
    EvictionCancelled => "eviction-cancelled",
    /// Something was to be deleted and did not go. Labels `finalizers`, `api_group` say what it waits for.
    StuckDeletion => "stuck-deletion",
    /// A Job came to its end without success.
    JobOver => "job-over",
    /// A Job came to its end with success.
    JobDone => "job-done",

    // What a node, a network or the control plane does.

    /// A node is taken out of the cluster, or is announced to be.
    NodeTaken => "node-taken",
    /// No node was added where one was missing. Label `why`.
    NoScaleUp => "no-scale-up",
    /// An autoscaler asked for more nodes.
    ScaleUp => "scale-up",
    /// A container runtime does not answer its kubelet.
    RuntimeHung => "runtime-hung",
    /// A node's network has lost a part of itself, which its readiness need not show.
    NodeNetwork => "node-network",
    /// A program that watches a node reported it, not its kubelet.
    AgentReport => "agent-report",
    /// The kernel ended a whole group of processes for one.
    GroupKill => "group-kill",
    /// A kubelet could not free what it is to free before it evicts.
    ReclaimFailed => "reclaim-failed",
    /// Something of which there is a fixed number or size is used up.
    LimitReached => "limit-reached",
    /// The API server or its storage does not answer, or not in time.
    ControlPlane => "control-plane",
    /// A lease was not renewed in time.
    LeaseLost => "lease-lost",

    // Services and what watches.

    /// A Service had nobody ready to answer.
    ServiceLost => "service-lost",
    /// A run of an outside check failed: how many did, and when, is told from the runs themselves.
    OutsideCheck => "outside-check",
    /// What a client of the cluster was told: how it was seen from outside, never what it came from.
    Client => "client",
    /// What somebody wrote: it stands on the timeline whatever came of it.
    Note => "note",
    /// How monitoring saw it, not what was hurt.
    Detection => "detection",
    /// An alert; the variant says whether it was `pending` or `firing`. How soon it was noticed is measured by it.
    Alert => "alert",
    /// The archive lacks something: its questions are asked whatever failed.
    Gap => "gap",

    // What patterns over several signals are made of.

    /// A kubelet itself tells that it could not report to the API server: it was alive then.
    HeartbeatFailed => "heartbeat-failed",
    /// etcd or the API server answers late, or with errors of its own: whatever asks it is held up.
    ControlPlaneSlow => "control-plane-slow",
    /// A program of the control plane lost its lead, or nobody leads.
    LeaderLost => "leader-lost",
    /// Requests to a server became several times what they were.
    Flood => "flood",
    /// A server tells its clients to ask later, since it has too many requests.
    Throttled => "throttled",
    /// The cluster's resolver could not answer, or had no answer from the one that it asks.
    ResolverTrouble => "resolver-trouble",
    /// A program got no answer when it looked up a name.
    LookupFailure => "lookup-failure",
    /// The pods of a node have no network.
    NodeNetworkLost => "node-network-lost",
    /// A node became known to the cluster: it waits for its network as a matter of course.
    NodeJoined => "node-joined",
    /// A limit on how many there may be was reached: addresses, a quota.
    Ceiling => "ceiling",
    /// A volume could not be attached to the node of its pod.
    AttachFailure => "attach-failure",
    /// Work waits, and nothing shows that it goes on.
    Stalled => "stalled",
    /// A disruption budget kept a pod from being evicted, again and again.
    EvictionBlocked => "eviction-blocked",
    // What general links are made of: mechanisms that hold whatever the signal is called.

    /// A program writes in its own log what keeps it from its work.
    OwnWords => "own-words",
    /// A program wrote of an error, in words that no rule knows: told only as part of something.
    ErrorLine => "error-line",
    /// A container ended that was not to end.
    ContainerEnded => "container-ended",
    /// A condition or a warning under a reason that no rule knows, as its controller words it.
    Unrecognised => "unrecognised",
    /// Somebody's own controller says what it did, under a reason that no rule knows: told only as part of something.
    ControllerAction => "controller-action",
    /// The API server went on without the answer of what was to judge or change requests.
    FailedOpen => "failed-open",
    /// A disruption budget allows no eviction.
    ForbidsEviction => "forbids-eviction",
}

impl Role {
    /// The label that the program reads of a signal with this role.
    pub fn label(self) -> Option<&'static str> {
        match self {
            Self::ConfigChange | Self::SpecChange => Some("what"),
            Self::Rollout => Some("replicaset"),
            Self::Shortage | Self::Pressure => Some("shortage"),
            Self::SchedulingFailure => Some("obstacle"),
            _ => None,
        }
    }

    /// The variants that the program tells apart, of a role of which it does.
    pub fn variants(self) -> Option<&'static [&'static str]> {
        match self {
            Self::Alert => Some(&["pending", "firing"]),
            Self::ProbeFailure => Some(&["readiness", "liveness", "startup", "starting", "ending"]),
            _ => None,
        }
    }

    /// The role called so.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|role| role.name() == name).copied()
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

/// A set of roles.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Roles(u128);

impl Roles {
    pub fn has(self, role: Role) -> bool {
        self.0 & bit(role) != 0
    }

    /// In the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.iter().copied().filter(move |role| self.has(*role))
    }
}

const fn bit(role: Role) -> u128 {
    1 << role as u64
}

impl FromIterator<Role> for Roles {
    fn from_iter<I: IntoIterator<Item = Role>>(roles: I) -> Self {
        Self(roles.into_iter().fold(0, |bits, role| bits | bit(role)))
    }
}

impl std::fmt::Debug for Roles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_files() {
        assert!(Role::ALL.len() <= 128, "a set of roles has 128 places");
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).expect("a name"), role.name());
            assert_eq!(Role::named(role.name()), Some(*role));
        }
    }

    #[test]
    fn a_set_holds_what_was_put_in() {
        let roles: Roles = [Role::Gone, Role::Unready, Role::Gone].into_iter().collect();
        assert!(roles.has(Role::Gone) && roles.has(Role::Unready) && !roles.has(Role::Change));
        assert_eq!(roles.iter().collect::<Vec<_>>(), [Role::Unready, Role::Gone]);
        assert_eq!(format!("{roles:?}"), "{Unready, Gone}");
    }
}
