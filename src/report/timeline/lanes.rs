//! Which lane a signal is drawn in, and the order of lanes: changes, control plane, nodes, pods by namespace,
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

/// The group and the lane's name in it.
pub fn lane_of(signal: &Signal) -> (Group, String) {
    let subject = &signal.subject;
    let group = match subject.kind() {
        _ if signal.has(Role::Change) => return (Group::Changes, with_kind(subject)),
        _ if signal.has(Role::Gap) => return (Group::Gaps, with_kind(subject)),
        _ if signal.has(Role::Detection) => Group::Alerts,
        _ if signal.has(Role::OutsideCheck) || signal.has(Role::Client) => Group::Checks,
        _ if signal.has(Role::Note) => Group::Notes,
        "Node" => Group::Nodes,
        "Pod" | "Container" => {
            let namespace = safe::clean(subject.namespace().unwrap_or("no namespace"), 80);
            let pod = pod_of(subject).map_or(subject.name(), |(_, pod)| pod);
            return (Group::Pods(namespace), safe::clean(workload_name(subject).unwrap_or(pod), 80));
        }
        "Service" | "Endpoints" | "EndpointSlice" | "Ingress" => Group::Services,
        "Cluster" | "Lease" | "APIService" => Group::ControlPlane,
        _ if signal.family == "control-plane" => Group::ControlPlane,
        _ if subject.namespace().is_some() => return (Group::Workloads, with_kind(subject)),
        _ => Group::Other,
    };
    let name = match (subject.namespace(), subject.name()) {
        (Some(namespace), name) => format!("{namespace}/{name}"),
        (None, "") => subject.kind().to_owned(),
        (None, name) => name.to_owned(),
    };
    (group, safe::clean(&name, 80))
}

/// `Deployment shop/api` of `Deployment/shop/api`.
fn with_kind(subject: &Subject) -> String {
    safe::clean(&subject.to_string().replacen('/', " ", 1), 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::builders;

    #[test]
    fn lanes() {
        let lane = |name: &str, subject: Subject| lane_of(&builders::signal(name, subject));
        assert_eq!(lane("NodeNotReady", Subject::node("node-1")), (Group::Nodes, "node-1".to_owned()));
        let pod = Subject::pod("shop", "api-7d9f8b6c5-x2k4p");
        assert_eq!(lane("OOMKilled", pod), (Group::Pods("shop".to_owned()), "api".to_owned()));
        let deployment = Subject::namespaced("Deployment", "shop", "api");
        assert_eq!(lane("ScalingReplicaSet", deployment), (Group::Changes, "Deployment shop/api".to_owned()));
        assert_eq!(lane("EtcdSlow", Subject::whole_cluster()), (Group::ControlPlane, "Cluster".to_owned()));
        let service = Subject::namespaced("Service", "shop", "api");
        assert_eq!(lane("NoReadyEndpoints", service), (Group::Services, "shop/api".to_owned()));
        assert_eq!(lane("AlertFiring", Subject::cluster("Alert", "Full")), (Group::Alerts, "Full".to_owned()));
    }
}
