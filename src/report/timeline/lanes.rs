//! Which lane a signal is drawn in, and the order of lanes: changes, control plane, nodes, pods by namespace,
//! services, workloads, alerts, gaps.

use crate::report::safe;
use crate::report::view::{kind_of, namespace_of, workload_of};

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
            Self::Gaps => "Gaps in the records".to_owned(),
            Self::Other => "Other".to_owned(),
        }
    }
}

/// The group and the lane's name in it.
pub fn lane_of(layer: &str, subject: &str) -> (Group, String) {
    let kind = kind_of(subject);
    let name = || safe::clean(subject.split_once('/').map_or(subject, |(_, name)| name), 80);
    let group = match (layer, kind) {
        ("change", _) => return (Group::Changes, with_kind(subject)),
        ("gap", _) => return (Group::Gaps, with_kind(subject)),
        (_, "Alert") | ("metric", _) => Group::Alerts,
        (_, "Node") => Group::Nodes,
        (_, "Pod" | "Container") => {
            let namespace = safe::clean(namespace_of(subject).unwrap_or("no namespace"), 80);
            let workload = workload_of(subject);
            let workload = workload.rsplit('/').next().unwrap_or_default();
            let workload = workload.strip_suffix("-*").unwrap_or(workload);
            return (Group::Pods(namespace), safe::clean(workload, 80));
        }
        (_, "Service" | "Endpoints" | "EndpointSlice" | "Ingress") => Group::Services,
        ("control-plane", _) | (_, "Cluster" | "Lease" | "APIService") => Group::ControlPlane,
        _ if namespace_of(subject).is_some() => return (Group::Workloads, with_kind(subject)),
        _ => Group::Other,
    };
    (group, name())
}

/// `Deployment shop/api` of `Deployment/shop/api`.
fn with_kind(subject: &str) -> String {
    safe::clean(&subject.replacen('/', " ", 1), 80)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lanes() {
        assert_eq!(lane_of("node", "Node/node-1"), (Group::Nodes, "node-1".to_owned()));
        assert_eq!(lane_of("pod", "Pod/shop/api-7d9f8b6c5-x2k4p"), (Group::Pods("shop".to_owned()), "api".to_owned()));
        assert_eq!(lane_of("change", "Deployment/shop/api"), (Group::Changes, "Deployment shop/api".to_owned()));
        assert_eq!(lane_of("control-plane", "Cluster"), (Group::ControlPlane, "Cluster".to_owned()));
        assert_eq!(lane_of("network", "Service/shop/api"), (Group::Services, "shop/api".to_owned()));
    }
}
