//! The columns of kinds that whoever runs a cluster looks at, see [`kinds`](super::kinds).

use super::Cell::{Containers, Count, Images, Labels, Of, OrNone, OrUnset, Size, Text, Truth};
use super::column::{AGE, Column, NAME, NARROW, WIDE};
use super::{network, policy, state, storage};

/// What the API server shows of kinds of its own without columns.
const CREATED: &[Column] = &[NAME, ("Created At", NARROW, Text("/metadata/creationTimestamp"))];

pub const KINDS: &[(&str, &[Column])] = &[
    (
        "apiservices.apiregistration.k8s.io",
        &[NAME, ("Service", NARROW, Of(network::api_service)), ("Available", NARROW, Of(state::available)), AGE],
    ),
    (
        "certificatesigningrequests.certificates.k8s.io",
        &[
            NAME,
            AGE,
            ("SignerName", NARROW, OrNone("/spec/signerName")),
            ("Requestor", NARROW, Text("/spec/username")),
            ("RequestedDuration", NARROW, Of(policy::requested_duration)),
            ("Condition", NARROW, Of(policy::request_state)),
        ],
    ),
    ("clusterrolebindings.rbac.authorization.k8s.io", BINDING),
    ("clusterroles.rbac.authorization.k8s.io", CREATED),
    (
        "controllerrevisions.apps",
        &[NAME, ("Controller", NARROW, Of(state::controller)), ("Revision", NARROW, Count("/revision")), AGE],
    ),
    (
        "csidrivers.storage.k8s.io",
        &[
            NAME,
            ("AttachRequired", NARROW, Truth("/spec/attachRequired", true)),
            ("PodInfoOnMount", NARROW, Truth("/spec/podInfoOnMount", false)),
            ("StorageCapacity", NARROW, Truth("/spec/storageCapacity", false)),
            ("TokenRequests", NARROW, Of(storage::token_requests)),
            ("RequiresRepublish", NARROW, Truth("/spec/requiresRepublish", false)),
            ("Modes", NARROW, Of(storage::driver_modes)),
            AGE,
        ],
    ),
    ("csinodes.storage.k8s.io", &[NAME, ("Drivers", NARROW, Size("/spec/drivers")), AGE]),
    (
        "csistoragecapacities.storage.k8s.io",
        &[NAME, ("StorageClassName", NARROW, Text("/storageClassName")), ("Capacity", NARROW, OrUnset("/capacity"))],
    ),
    ("customresourcedefinitions.apiextensions.k8s.io", CREATED),
    (
        "flowschemas.flowcontrol.apiserver.k8s.io",
        &[
            NAME,
            ("PriorityLevel", NARROW, Text("/spec/priorityLevelConfiguration/name")),
            ("MatchingPrecedence", NARROW, Count("/spec/matchingPrecedence")),
            ("DistinguisherMethod", NARROW, OrNone("/spec/distinguisherMethod/type")),
            AGE,
            ("MissingPL", NARROW, Of(policy::missing_level)),
        ],
    ),
    (
        "ingressclasses.networking.k8s.io",
        &[
            NAME,
            ("Controller", NARROW, Text("/spec/controller")),
            ("Parameters", NARROW, Of(network::class_parameters)),
            AGE,
        ],
    ),
    ("ipaddresses.networking.k8s.io", &[NAME, ("ParentRef", NARROW, Of(network::parent)), AGE]),
    ("limitranges", CREATED),
    ("mutatingwebhookconfigurations.admissionregistration.k8s.io", WEBHOOKS),
    (
        "podtemplates",
        &[
            NAME,
            ("Containers", NARROW, Containers("/template/spec/containers")),
            ("Images", NARROW, Images("/template/spec/containers")),
            ("Pod Labels", NARROW, Labels("/template/metadata/labels")),
        ],
    ),
    (
        "priorityclasses.scheduling.k8s.io",
        &[
            NAME,
            ("Value", NARROW, Count("/value")),
            ("Global-Default", NARROW, Truth("/globalDefault", false)),
            AGE,
            ("PreemptionPolicy", NARROW, Text("/preemptionPolicy")),
        ],
    ),
    (
        "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
        &[
            NAME,
            ("Type", NARROW, Text("/spec/type")),
            ("NominalConcurrencyShares", NARROW, OrNone("/spec/limited/nominalConcurrencyShares")),
            ("Queues", NARROW, OrNone("/spec/limited/limitResponse/queuing/queues")),
            ("HandSize", NARROW, OrNone("/spec/limited/limitResponse/queuing/handSize")),
            ("QueueLengthLimit", NARROW, OrNone("/spec/limited/limitResponse/queuing/queueLengthLimit")),
            AGE,
        ],
    ),
    ("resourceclaims.resource.k8s.io", &[NAME, ("State", NARROW, Of(state::claim)), AGE]),
    ("resourcequotas", &[NAME, ("Request", NARROW, Of(policy::requests)), ("Limit", NARROW, Of(policy::limits)), AGE]),
    (
        "resourceslices.resource.k8s.io",
        &[
            NAME,
            ("Node", NARROW, Text("/spec/nodeName")),
            ("Driver", NARROW, Text("/spec/driver")),
            ("Pool", NARROW, Text("/spec/pool/name")),
            AGE,
        ],
    ),
    ("rolebindings.rbac.authorization.k8s.io", BINDING),
    ("roles.rbac.authorization.k8s.io", CREATED),
    ("runtimeclasses.node.k8s.io", &[NAME, ("Handler", NARROW, Text("/handler")), AGE]),
    ("servicecidrs.networking.k8s.io", &[NAME, ("CIDRs", NARROW, Of(network::cidrs)), AGE]),
    (
        "validatingadmissionpolicies.admissionregistration.k8s.io",
        &[NAME, ("Validations", NARROW, Size("/spec/validations")), ("ParamKind", NARROW, Of(policy::param_kind)), AGE],
    ),
    (
        "validatingadmissionpolicybindings.admissionregistration.k8s.io",
        &[NAME, ("PolicyName", NARROW, Text("/spec/policyName")), ("ParamRef", NARROW, Of(policy::param_name)), AGE],
    ),
    ("validatingwebhookconfigurations.admissionregistration.k8s.io", WEBHOOKS),
    (
        "volumeattachments.storage.k8s.io",
        &[
            NAME,
            ("Attacher", NARROW, Text("/spec/attacher")),
            ("PV", NARROW, Text("/spec/source/persistentVolumeName")),
            ("Node", NARROW, Text("/spec/nodeName")),
            ("Attached", NARROW, Truth("/status/attached", false)),
            AGE,
        ],
    ),
];

const BINDING: &[Column] = &[
    NAME,
    ("Role", NARROW, Of(policy::role)),
    AGE,
    ("Users", WIDE, Of(policy::users)),
    ("Groups", WIDE, Of(policy::groups)),
    ("ServiceAccounts", WIDE, Of(policy::accounts)),
];

const WEBHOOKS: &[Column] = &[NAME, ("Webhooks", NARROW, Size("/webhooks")), AGE];
