//! Which lane a signal is drawn in, and the order of groups of them: changes, control plane, nodes, pods by namespace,
//! services, workloads, alerts, outside checks, notes, gaps.

use crate::model::Subject;
use crate::report::names::{pod_of, workload_name};
use crate::report::safe;
use crate::signals::{Role, Signal};

/// Lanes of one group stand together under its heading. The order of the variants is that of the page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Changes,
    ControlPlane,
    Nodes,
    Pods(String),
    Services,
    Workloads,
    Alerts,
    Checks,
    Notes,
    Gaps,
    Other,
}

impl Group {
    pub fn title(&self) -> String {
        match self {
            Self::Changes => "Changes".to_owned(),
            Self::ControlPlane => "Control plane".to_owned(),
            Self::Nodes => "Nodes".to_owned(),
            Self::Pods(namespace) => format!("Pods in {namespace}"),
            Self::Services => "Services".to_owned(),
            Self::Workloads => "Workloads".to_owned(),
            Self::Alerts => "Alerts and metrics".to_owned(),
            Self::Checks => "Outside checks".to_owned(),
            Self::Notes => "What people wrote".to_owned(),
            Self::Gaps => "Gaps in the records".to_owned(),
            Self::Other => "Other".to_owned(),
        }
    }
}

/// Whom a lane is about. Pods of one workload share one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whom {
    /// `Node`, `Pods`, `Deployment` and so on.
    pub kind: String,
    /// Empty where it has none.
    pub namespace: String,
    pub name: String,
}

/// Where a signal stands: the group and whom its lane is about.
pub fn lane_of(signal: &Signal) -> (Group, Whom) {
    let subject = &signal.subject;
    (group_of(signal), whom(subject))
}

fn group_of(signal: &Signal) -> Group {
    let subject = &signal.subject;
    match subject.kind() {
        _ if signal.has(Role::Gap) => Group::Gaps,
        _ if signal.has(Role::Change) => Group::Changes,
        _ if signal.has(Role::Detection) => Group::Alerts,
        _ if signal.has(Role::OutsideCheck) || signal.has(Role::Client) => Group::Checks,
        _ if signal.has(Role::Note) => Group::Notes,
        "Node" => Group::Nodes,
        "Pod" | "Container" => Group::Pods(safe::clean(subject.namespace().unwrap_or("no namespace"), NAME)),
        "Service" | "Endpoints" | "EndpointSlice" | "Ingress" => Group::Services,
        "Cluster" | "Lease" | "APIService" => Group::ControlPlane,
        _ if signal.family == "control-plane" => Group::ControlPlane,
        _ if subject.namespace().is_some() => Group::Workloads,
        _ => Group::Other,
    }
}

/// Longer names are cut.
const NAME: usize = 80;

pub fn whom(subject: &Subject) -> Whom {
    let (kind, name) = match pod_of(subject) {
        Some((_, pod)) => ("Pods", workload_name(subject).unwrap_or(pod)),
        None if subject.name().is_empty() => (subject.kind(), subject.kind()),
        // What is behind a Service goes by its name.
        None if matches!(subject.kind(), "Endpoints" | "EndpointSlice") => ("Service", subject.name()),
        None => (subject.kind(), subject.name()),
    };
    Whom {
        kind: safe::clean(kind, NAME),
        namespace: safe::clean(subject.namespace().unwrap_or_default(), NAME),
        name: safe::clean(name, NAME),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::builders;

    #[test]
    fn lanes() {
        let lane = |name: &str, subject: Subject| {
            let (group, whom) = lane_of(&builders::signal(name, subject));
            (group, format!("{} {}/{}", whom.kind, whom.namespace, whom.name))
        };
        let at = |group, whom: &str| (group, whom.to_owned());
        assert_eq!(lane("NodeNotReady", Subject::node("node-1")), at(Group::Nodes, "Node /node-1"));
        let pod = Subject::pod("shop", "api-7d9f8b6c5-x2k4p");
        assert_eq!(lane("OOMKilled", pod), at(Group::Pods("shop".to_owned()), "Pods shop/api"));
        let deployment = Subject::namespaced("Deployment", "shop", "api");
        assert_eq!(lane("ScalingReplicaSet", deployment), at(Group::Changes, "Deployment shop/api"));
        assert_eq!(lane("EtcdSlow", Subject::whole_cluster()), at(Group::ControlPlane, "Cluster /Cluster"));
        let service = Subject::namespaced("Endpoints", "shop", "api");
        assert_eq!(lane("NoReadyEndpoints", service), at(Group::Services, "Service shop/api"));
        assert_eq!(lane("AlertFiring", Subject::cluster("Alert", "Full")), at(Group::Alerts, "Alert /Full"));
    }
}
