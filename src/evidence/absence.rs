//! Whether not having seen something proves that it was not there.
//!
//! It does only where everything that would have shown it was asked for, and came whole, from the whole cluster.

use super::Evidence;
use crate::archive::format::Status;
use std::collections::BTreeSet;

/// Something that may be said not to have been there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absence {
    /// No pod, node or Service was hurt.
    Harm,
    /// Nothing was changed.
    Changes,
    /// No alert fired.
    Alerts,
}

impl Absence {
    pub const ALL: [Self; 3] = [Self::Harm, Self::Changes, Self::Alerts];

    pub fn name(self) -> &'static str {
        match self {
            Self::Harm => "harm",
            Self::Changes => "changes",
            Self::Alerts => "alerts",
        }
    }

    /// Source and subject of the items that would have shown it.
    fn witnesses(self) -> &'static [(&'static str, &'static str)] {
        match self {
            Self::Harm => &[
                ("objects", "endpointslices.discovery.k8s.io"),
                ("objects", "events"),
                ("objects", "nodes"),
                ("objects", "pods"),
                ("objects", "services"),
            ],
            Self::Changes => &[
                ("objects", "configmaps"),
                ("objects", "daemonsets.apps"),
                ("objects", "deployments.apps"),
                ("objects", "events"),
                ("objects", "replicasets.apps"),
                ("objects", "statefulsets.apps"),
            ],
            Self::Alerts => &[("prometheus", "alert-history")],
        }
    }
}

impl Evidence {
    /// What no archive of today can prove, whatever it holds: not every kind of change is read.
    fn never_whole(absence: Absence) -> Option<&'static str> {
        (absence == Absence::Changes).then_some("changes of other kinds of object")
    }

    /// What would have to be in the archive, whole, before the absence could be claimed; nothing where it can.
    ///
    /// A namespace's own lists do not count: what is absent from one namespace may stand in another.
    pub fn lacks_to_prove(&self, absence: Absence) -> Vec<&'static str> {
        let unreadable: BTreeSet<&str> = self.unreadable.iter().map(|one| self.path(one.entry)).collect();
        let is_read =
            |outcome: &super::Outcome| outcome.entry.as_deref().is_none_or(|entry| !unreadable.contains(entry));
        let came = |(source, subject): &(&str, &str)| {
            let of = |outcome: &&super::Outcome| outcome.source == *source && names(&outcome.subject, subject);
            let mut outcomes = self.outcomes.iter().filter(of).peekable();
            outcomes.peek().is_some()
                && outcomes.all(|one| matches!(one.status, Status::Collected | Status::Empty) && is_read(one))
        };
        let lacking = absence.witnesses().iter().filter(|witness| !came(witness)).map(|(_, subject)| *subject);
        lacking.chain(Self::never_whole(absence)).collect()
    }
}

/// Queries stand behind the server that was asked: `Prometheus monitoring/prometheus-operated: alert-history`.
fn names(outcome: &str, subject: &str) -> bool {
    outcome == subject || outcome.strip_suffix(subject).is_some_and(|server| server.ends_with(": "))
}
