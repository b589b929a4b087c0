//! Relations between a workload and the requests that its program makes.

use super::{Key, Relation, RelationMatch};
use crate::cascade::Scene;
use crate::signals::Signal;

/// From a workload to a record of a request whose client says that it is a program of the same name. A client says
/// `PROGRAM/VERSION (…)`, by default with the name of its own file (client-go, rest.DefaultKubernetesUserAgent).
pub const ASKS_AS: Relation = Relation {
    name: "asks-as",
    joins: |from, to| matches!(from, "DaemonSet" | "Deployment" | "StatefulSet") && matches!(to, "Node" | "Pod"),
    as_cause: |_, cause| {
        let is_workload = matches!(cause.subject.kind(), "DaemonSet" | "Deployment" | "StatefulSet");
        Some(cause.subject.name()).filter(|_| is_workload).map(Key::name).into_iter().collect()
    },
    causes: programs,
    ties: |_, _, to| RelationMatch::when(to.label("client").is_some()),
    grades_differ: false,
};

/// The programs that the requests of a record were made by.
fn programs<'a>(_: &Scene<'a>, effect: &'a Signal) -> Vec<Key<'a>> {
    let program = |client: &'a str| client.split(['/', ' ']).next().filter(|name| !name.is_empty());
    effect.values("client").filter_map(program).map(Key::name).collect()
}
