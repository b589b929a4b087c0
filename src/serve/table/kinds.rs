//! The columns of each kind, as an API server gives them to `kubectl get` (kubernetes 1.34,
//! pkg/printers/internalversion/printers.go, and for kinds that have none there `rest.NewDefaultTableConvertor`).

use super::Cell::{
    self, Containers, Count, Images, Labels, Name, Of, OrNone, OrUnset, Selector, Shown, Size, Text, Truth,
};
use super::column::{AGE, Column, NAME, NARROW, WIDE};
use super::{admin_kinds, network, policy, state, storage};

/// What is shown of kinds that nobody describes.
pub const ANY: &[Column] = &[NAME, AGE];

const TEMPLATE: &str = "/spec/template/spec/containers";
const JOB_TEMPLATE: &str = "/spec/jobTemplate/spec/template/spec/containers";

/// The columns of a kind by its plural with its group; none where the API server has none for it.
pub fn columns(full: &str) -> Option<&'static [Column]> {
    let (_, columns) = KINDS.iter().chain(admin_kinds::KINDS).find(|(plural, _)| *plural == full)?;
    Some(columns)
}

const KINDS: &[(&str, &[Column])] = &[
    ("configmaps", &[NAME, ("Data", NARROW, Of(storage::data)), AGE]),
    (
        "cronjobs.batch",
        &[
            NAME,
            ("Schedule", NARROW, Text("/spec/schedule")),
            ("Timezone", NARROW, OrNone("/spec/timeZone")),
            ("Suspend", NARROW, Of(state::suspended)),
            ("Active", NARROW, Size("/status/active")),
            ("Last Schedule", NARROW, Of(state::last_schedule)),
            AGE,
            ("Containers", WIDE, Containers(JOB_TEMPLATE)),
            ("Images", WIDE, Images(JOB_TEMPLATE)),
            ("Selector", WIDE, Selector("/spec/jobTemplate/spec/selector")),
        ],
    ),
    (
        "daemonsets.apps",
        &[
            NAME,
            ("Desired", NARROW, Count("/status/desiredNumberScheduled")),
            ("Current", NARROW, Count("/status/currentNumberScheduled")),
            ("Ready", NARROW, Count("/status/numberReady")),
            ("Up-to-date", NARROW, Count("/status/updatedNumberScheduled")),
            ("Available", NARROW, Count("/status/numberAvailable")),
            ("Node Selector", NARROW, Labels("/spec/template/spec/nodeSelector")),
            AGE,
            ("Containers", WIDE, Containers(TEMPLATE)),
            ("Images", WIDE, Images(TEMPLATE)),
            ("Selector", WIDE, Selector("/spec/selector")),
        ],
    ),
    (
        "deployments.apps",
        &[
            NAME,
            ("Ready", NARROW, Shown(0)),
            ("Up-to-date", NARROW, Count("/status/updatedReplicas")),
            ("Available", NARROW, Count("/status/availableReplicas")),
            AGE,
            ("Containers", WIDE, Containers(TEMPLATE)),
            ("Images", WIDE, Images(TEMPLATE)),
            ("Selector", WIDE, Selector("/spec/selector")),
        ],
    ),
    ("endpoints", &[NAME, ("Endpoints", NARROW, Of(network::endpoints)), AGE]),
    (
        "endpointslices.discovery.k8s.io",
        &[
            NAME,
            ("AddressType", NARROW, Text("/addressType")),
            ("Ports", NARROW, Of(network::slice_ports)),
            ("Endpoints", NARROW, Of(network::slice_endpoints)),
            AGE,
        ],
    ),
    (
        "events",
        &[
            ("Last Seen", NARROW, Of(state::last_seen)),
            ("Type", NARROW, Text("/type")),
            ("Reason", NARROW, Text("/reason")),
            ("Object", NARROW, Of(state::involved)),
            ("Subobject", WIDE, Text("/involvedObject/fieldPath")),
            ("Source", WIDE, Of(state::source)),
            ("Message", NARROW, Of(state::message)),
            ("First Seen", WIDE, Of(state::first_seen)),
            ("Count", WIDE, Of(state::count)),
            ("Name", WIDE, Name),
        ],
    ),
    (
        "horizontalpodautoscalers.autoscaling",
        &[
            NAME,
            ("Reference", NARROW, Shown(0)),
            ("Targets", NARROW, Of(policy::targets)),
            ("MinPods", NARROW, OrUnset("/spec/minReplicas")),
            ("MaxPods", NARROW, Count("/spec/maxReplicas")),
            ("Replicas", NARROW, Count("/status/currentReplicas")),
            AGE,
        ],
    ),
    (
        "ingresses.networking.k8s.io",
        &[
            NAME,
            ("Class", NARROW, OrNone("/spec/ingressClassName")),
            ("Hosts", NARROW, Of(network::hosts)),
            ("Address", NARROW, Of(network::balancer)),
            ("Ports", NARROW, Of(network::ingress_ports)),
            AGE,
        ],
    ),
    (
        "jobs.batch",
        &[
            NAME,
            ("Status", NARROW, Shown(0)),
            ("Completions", NARROW, Shown(1)),
            ("Duration", NARROW, Shown(2)),
            AGE,
            ("Containers", WIDE, Containers(TEMPLATE)),
            ("Images", WIDE, Images(TEMPLATE)),
            ("Selector", WIDE, Selector("/spec/selector")),
        ],
    ),
    ("leases.coordination.k8s.io", &[NAME, ("Holder", NARROW, Text("/spec/holderIdentity")), AGE]),
    ("namespaces", &[NAME, ("Status", NARROW, Text("/status/phase")), AGE]),
    ("networkpolicies.networking.k8s.io", &[NAME, ("Pod-Selector", NARROW, Selector("/spec/podSelector")), AGE]),
    (
        "nodes",
        &[
            NAME,
            ("Status", NARROW, Shown(0)),
            ("Roles", NARROW, Shown(1)),
            AGE,
            ("Version", NARROW, Text("/status/nodeInfo/kubeletVersion")),
            ("Internal-IP", WIDE, Of(network::internal_ip)),
            ("External-IP", WIDE, Of(network::external_ip)),
            ("OS-Image", WIDE, Cell::OrUnknown("/status/nodeInfo/osImage")),
            ("Kernel-Version", WIDE, Cell::OrUnknown("/status/nodeInfo/kernelVersion")),
            ("Container-Runtime", WIDE, Cell::OrUnknown("/status/nodeInfo/containerRuntimeVersion")),
        ],
    ),
    (
        "persistentvolumeclaims",
        &[
            NAME,
            ("Status", NARROW, Shown(0)),
            ("Volume", NARROW, Text("/spec/volumeName")),
            ("Capacity", NARROW, Shown(2)),
            ("Access Modes", NARROW, Shown(3)),
            ("StorageClass", NARROW, Of(storage::class)),
            ("VolumeAttributesClass", NARROW, OrUnset("/spec/volumeAttributesClassName")),
            AGE,
            ("VolumeMode", WIDE, OrUnset("/spec/volumeMode")),
        ],
    ),
    (
        "persistentvolumes",
        &[
            NAME,
            ("Capacity", NARROW, Shown(0)),
            ("Access Modes", NARROW, Shown(1)),
            ("Reclaim Policy", NARROW, Shown(2)),
            ("Status", NARROW, Of(state::phase)),
            ("Claim", NARROW, Shown(4)),
            ("StorageClass", NARROW, Of(storage::class)),
            ("VolumeAttributesClass", NARROW, OrUnset("/spec/volumeAttributesClassName")),
            ("Reason", NARROW, Text("/status/reason")),
            AGE,
            ("VolumeMode", WIDE, OrUnset("/spec/volumeMode")),
        ],
    ),
    (
        "poddisruptionbudgets.policy",
        &[
            NAME,
            ("Min Available", NARROW, Shown(0)),
            ("Max Unavailable", NARROW, Shown(1)),
            ("Allowed Disruptions", NARROW, Count("/status/disruptionsAllowed")),
            AGE,
        ],
    ),
    (
        "pods",
        &[
            NAME,
            ("Ready", NARROW, Shown(0)),
            ("Status", NARROW, Shown(1)),
            ("Restarts", NARROW, Shown(2)),
            AGE,
            ("IP", WIDE, OrNone("/status/podIPs/0/ip")),
            ("Node", WIDE, OrNone("/spec/nodeName")),
            ("Nominated Node", WIDE, OrNone("/status/nominatedNodeName")),
            ("Readiness Gates", WIDE, Of(state::readiness_gates)),
        ],
    ),
    ("replicasets.apps", REPLICAS),
    ("replicationcontrollers", CONTROLLER),
    ("serviceaccounts", &[NAME, ("Secrets", NARROW, Size("/secrets")), AGE]),
    (
        "services",
        &[
            NAME,
            ("Type", NARROW, Text("/spec/type")),
            ("Cluster-IP", NARROW, OrNone("/spec/clusterIPs/0")),
            ("External-IP", NARROW, Of(network::service_address)),
            ("Port(s)", NARROW, Shown(3)),
            AGE,
            ("Selector", WIDE, Labels("/spec/selector")),
        ],
    ),
    (
        "statefulsets.apps",
        &[
            NAME,
            ("Ready", NARROW, Shown(0)),
            AGE,
            ("Containers", WIDE, Containers(TEMPLATE)),
            ("Images", WIDE, Images(TEMPLATE)),
        ],
    ),
    (
        "storageclasses.storage.k8s.io",
        &[
            ("Name", NARROW, Of(storage::class_name)),
            ("Provisioner", NARROW, Text("/provisioner")),
            ("ReclaimPolicy", NARROW, Cell::Or("/reclaimPolicy", "Delete")),
            ("VolumeBindingMode", NARROW, Cell::Or("/volumeBindingMode", "Immediate")),
            ("AllowVolumeExpansion", NARROW, Truth("/allowVolumeExpansion", false)),
            AGE,
        ],
    ),
];

const REPLICAS: &[Column] = &[
    NAME,
    ("Desired", NARROW, Cell::Or("/spec/replicas", "1")),
    ("Current", NARROW, Count("/status/replicas")),
    ("Ready", NARROW, Count("/status/readyReplicas")),
    AGE,
    ("Containers", WIDE, Containers(TEMPLATE)),
    ("Images", WIDE, Images(TEMPLATE)),
    ("Selector", WIDE, Selector("/spec/selector")),
];

const CONTROLLER: &[Column] = &[
    NAME,
    ("Desired", NARROW, Count("/spec/replicas")),
    ("Current", NARROW, Count("/status/replicas")),
    ("Ready", NARROW, Count("/status/readyReplicas")),
    AGE,
    ("Containers", WIDE, Containers(TEMPLATE)),
    ("Images", WIDE, Images(TEMPLATE)),
    ("Selector", WIDE, Labels("/spec/selector")),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_stand_in_order_and_once() {
        for kinds in [KINDS, admin_kinds::KINDS] {
            assert!(kinds.is_sorted_by(|a, b| a.0 < b.0));
        }
        assert!(columns("pods").is_some_and(|columns| columns.len() == 9) && columns("widgets.example.io").is_none());
    }
}
