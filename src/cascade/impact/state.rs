//! The states that somebody who is hurt can be in, and which signals tell of them.

use crate::signals::{Role, Signal};

/// What happened to those of a row. The order is that of how much it hurts: the first is told first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A Service without a ready endpoint.
    NoEndpoint,
    Evicted,
    /// Marked for deletion for a taint of its node.
    Marked,
    /// For good.
    Failed,
    RestartedOften,
    /// Its process or container ended, or the pod as a whole.
    Ended,
    NotReady,
    /// No node took it.
    NotScheduled,
    NotStarted,
    /// By the kubelet, when it came to its node.
    Refused,
    /// To be deleted, and still there.
    Stuck,
    /// Its pods could not be made.
    NotMade,
    /// Its new pods did not become available in time.
    RolloutStuck,
    /// A pod of which no worse is told, whose program logged errors.
    LoggedErrors,
    NodeNotReady,
    CannotReport,
    /// Short of memory, by its own account.
    MemoryPressure,
    DiskPressure,
    OtherPressure,
    /// The kernel killed processes for memory.
    Kills,
    Rebooted,
    /// A node with another trouble of its own.
    Trouble,
    /// What a signal says of something that serves others.
    Other,
}

impl State {
    /// What is said of one in it, and of several.
    pub fn words(self, one: bool) -> &'static str {
        let (single, many) = match self {
            Self::NoEndpoint => ("had no ready endpoint", "had no ready endpoint"),
            Self::Evicted => ("was evicted", "were evicted"),
            Self::Marked => (
                "was marked for deletion, for a taint of its node",
                "were marked for deletion, for a taint of their node",
            ),
            Self::Failed => ("failed for good", "failed for good"),
            Self::RestartedOften => ("restarted again and again", "restarted again and again"),
            Self::Ended => ("was ended", "were ended"),
            Self::NotReady => ("was not ready", "were not ready"),
            Self::NotScheduled => ("waited for a node", "waited for a node"),
            Self::NotStarted => ("could not start", "could not start"),
            Self::Refused => ("was refused by its node", "were refused by their node"),
            Self::Stuck => ("was to be deleted and did not go", "were to be deleted and did not go"),
            Self::NotMade => ("could not make its pods", "could not make their pods"),
            Self::RolloutStuck => ("made no progress with its rollout", "made no progress with their rollouts"),
            Self::LoggedErrors => ("logged errors", "logged errors"),
            Self::NodeNotReady => ("was not ready", "were not ready"),
            Self::CannotReport => ("could not report to the API server", "could not report to the API server"),
            Self::MemoryPressure => ("was short of memory", "were short of memory"),
            Self::DiskPressure => ("was short of disk", "were short of disk"),
            Self::OtherPressure => ("was under pressure", "were under pressure"),
            Self::Kills => ("had kills by the kernel for memory", "had kills by the kernel for memory"),
            Self::Rebooted => ("rebooted", "rebooted"),
            Self::Trouble => ("was in trouble", "were in trouble"),
            Self::Other => ("did not work", "did not work"),
        };
        if one { single } else { many }
    }

    /// Whether one in it serves again once it is ready again: these are told in one row, by the worst of them.
    pub(super) fn is_out(self) -> bool {
        matches!(
            self,
            Self::Evicted | Self::Marked | Self::Failed | Self::RestartedOften | Self::Ended | Self::NotReady
        )
    }

    /// Whether it may come long after its pod is not ready any more, and is told for the whole of that.
    pub(super) fn is_worse_than_unready(self) -> bool {
        matches!(self, Self::Evicted | Self::Marked | Self::Failed)
    }

    /// Whether nothing brings one in it back.
    pub(super) fn is_final(self) -> bool {
        matches!(self, Self::Failed | Self::Refused)
    }

    /// The state of a pod that a signal tells of.
    pub(super) fn of_pod(signal: &Signal) -> Option<Self> {
        let has = |role| signal.has(role);
        let first = [
            (Role::Stuck, Self::Stuck),
            (Role::PodRefused, Self::Refused),
            (Role::SchedulingFailure, Self::NotScheduled),
            (Role::NotStarted, Self::NotStarted),
            (Role::ImagePull, Self::NotStarted),
            (Role::Evicted, Self::Evicted),
            (Role::Drained, Self::Evicted),
            (Role::TaintEviction, Self::Marked),
            (Role::PodFailed, Self::Failed),
            (Role::RestartBackoff, Self::RestartedOften),
            (Role::MemoryKill, Self::Ended),
            (Role::ProbeKill, Self::Ended),
            (Role::NodeUnready, Self::NotReady),
            (Role::Gone, Self::Ended),
        ];
        let named = first.into_iter().find(|(role, _)| has(*role)).map(|(_, state)| state);
        named.or_else(|| has(Role::Unready).then_some(Self::NotReady))
    }

    /// The state of a node that a signal tells of.
    pub(super) fn of_node(signal: &Signal) -> Option<Self> {
        let has = |role| signal.has(role);
        let short = match signal.label("shortage") {
            Some("memory") => Self::MemoryPressure,
            Some("disk" | "ephemeral-storage") => Self::DiskPressure,
            _ => Self::OtherPressure,
        };
        match () {
            () if has(Role::NodeUnready) => Some(Self::NodeNotReady),
            () if has(Role::CannotReport) => Some(Self::CannotReport),
            () if has(Role::MemoryKill) => Some(Self::Kills),
            () if has(Role::Pressure) || has(Role::Shortage) => Some(short),
            () if has(Role::Reboot) => Some(Self::Rebooted),
            () if has(Role::NodeDistress) => Some(Self::Trouble),
            () => None,
        }
    }
}
