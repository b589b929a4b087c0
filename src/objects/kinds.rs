//! The kinds behind the plurals that the API's paths use. Items of a list do not say their kind where it is built in;
//! those of custom resources do.

/// The group of what pods and nodes use.
const USAGE: &str = "metrics.k8s.io";

/// Kubernetes API reference, v1.34, in alphabetical order of the plural with its group.
const BUILT_IN: &[(&str, &str)] = &[
    ("apiservices.apiregistration.k8s.io", "APIService"),
    ("certificatesigningrequests.certificates.k8s.io", "CertificateSigningRequest"),
    ("clusterrolebindings.rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("clusterroles.rbac.authorization.k8s.io", "ClusterRole"),
    ("configmaps", "ConfigMap"),
    ("controllerrevisions.apps", "ControllerRevision"),
    ("cronjobs.batch", "CronJob"),
    ("csidrivers.storage.k8s.io", "CSIDriver"),
    ("csinodes.storage.k8s.io", "CSINode"),
    ("csistoragecapacities.storage.k8s.io", "CSIStorageCapacity"),
    ("customresourcedefinitions.apiextensions.k8s.io", "CustomResourceDefinition"),
    ("daemonsets.apps", "DaemonSet"),
    ("deployments.apps", "Deployment"),
    ("endpoints", "Endpoints"),
    ("endpointslices.discovery.k8s.io", "EndpointSlice"),
    ("events", "Event"),
    ("events.events.k8s.io", "Event"),
    ("flowschemas.flowcontrol.apiserver.k8s.io", "FlowSchema"),
    ("horizontalpodautoscalers.autoscaling", "HorizontalPodAutoscaler"),
    ("ingressclasses.networking.k8s.io", "IngressClass"),
    ("ingresses.networking.k8s.io", "Ingress"),
    ("ipaddresses.networking.k8s.io", "IPAddress"),
    ("jobs.batch", "Job"),
    ("leases.coordination.k8s.io", "Lease"),
    ("limitranges", "LimitRange"),
    ("mutatingwebhookconfigurations.admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
    ("namespaces", "Namespace"),
    ("networkpolicies.networking.k8s.io", "NetworkPolicy"),
    ("nodes", "Node"),
    ("persistentvolumeclaims", "PersistentVolumeClaim"),
    ("persistentvolumes", "PersistentVolume"),
    ("poddisruptionbudgets.policy", "PodDisruptionBudget"),
    ("pods", "Pod"),
    ("podtemplates", "PodTemplate"),
    ("priorityclasses.scheduling.k8s.io", "PriorityClass"),
    ("prioritylevelconfigurations.flowcontrol.apiserver.k8s.io", "PriorityLevelConfiguration"),
    ("replicasets.apps", "ReplicaSet"),
    ("replicationcontrollers", "ReplicationController"),
    ("resourceclaims.resource.k8s.io", "ResourceClaim"),
    ("resourcequotas", "ResourceQuota"),
    ("resourceslices.resource.k8s.io", "ResourceSlice"),
    ("rolebindings.rbac.authorization.k8s.io", "RoleBinding"),
    ("roles.rbac.authorization.k8s.io", "Role"),
    ("runtimeclasses.node.k8s.io", "RuntimeClass"),
    ("secrets", "Secret"),
    ("serviceaccounts", "ServiceAccount"),
    ("servicecidrs.networking.k8s.io", "ServiceCIDR"),
    ("services", "Service"),
    ("statefulsets.apps", "StatefulSet"),
    ("storageclasses.storage.k8s.io", "StorageClass"),
    ("validatingadmissionpolicies.admissionregistration.k8s.io", "ValidatingAdmissionPolicy"),
    ("validatingadmissionpolicybindings.admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding"),
    ("validatingwebhookconfigurations.admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ("volumeattachments.storage.k8s.io", "VolumeAttachment"),
];

/// What kubectl takes for a kind, for those that have a short name (`kubectl api-resources`, v1.34).
const SHORT: &[(&str, &str)] = &[
    ("cj", "CronJob"),
    ("cm", "ConfigMap"),
    ("crd", "CustomResourceDefinition"),
    ("crds", "CustomResourceDefinition"),
    ("csr", "CertificateSigningRequest"),
    ("deploy", "Deployment"),
    ("ds", "DaemonSet"),
    ("ep", "Endpoints"),
    ("ev", "Event"),
    ("hpa", "HorizontalPodAutoscaler"),
    ("ing", "Ingress"),
    ("limits", "LimitRange"),
    ("netpol", "NetworkPolicy"),
    ("no", "Node"),
    ("ns", "Namespace"),
    ("pc", "PriorityClass"),
    ("pdb", "PodDisruptionBudget"),
    ("po", "Pod"),
    ("pv", "PersistentVolume"),
    ("pvc", "PersistentVolumeClaim"),
    ("quota", "ResourceQuota"),
    ("rc", "ReplicationController"),
    ("rs", "ReplicaSet"),
    ("sa", "ServiceAccount"),
    ("sc", "StorageClass"),
    ("sts", "StatefulSet"),
    ("svc", "Service"),
];

/// Kind of an object, and the plural by which the API's paths name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub kind: String,
    /// With its group behind a dot, where it has one. The kind itself where it is not built in and the object was not
    /// listed under its plural.
    pub plural: String,
    /// Its API's, as far as that is known: empty for the core.
    pub group: String,
}

impl Named {
    /// By what an object says of itself, or a list of its items.
    pub fn of_kind(api_version: &str, kind: &str) -> Self {
        let group = api_version.split_once('/').map_or("", |(group, _)| group).to_owned();
        Self { kind: kind.to_owned(), plural: plural_of(api_version, kind).unwrap_or(kind).to_owned(), group }
    }

    /// By the plural under which it was listed.
    pub fn of_plural(plural: &str) -> Self {
        let group = plural.split_once('.').map_or("", |(_, group)| group).to_owned();
        Self { kind: of_plural(plural).to_owned(), plural: plural.to_owned(), group }
    }

    /// Whether a person who writes `word` may mean it, as kubectl understands words for kinds: the kind, its plural or a
    /// short name, in any case, with `.GROUP` or `.VERSION.GROUP` behind it or without.
    pub fn answers_to(&self, word: &str) -> bool {
        let (name, group) = word.split_once('.').unwrap_or((word, ""));
        let is = |one: &str| one.eq_ignore_ascii_case(name);
        let short = SHORT.iter().any(|(short, kind)| *kind == self.kind && is(short));
        let resource = self.plural.split_once('.').map_or(self.plural.as_str(), |(resource, _)| resource);
        // The plural of a custom resource is not known where objects only say their kind.
        let guessed =
            || resource == self.kind && name.strip_suffix('s').is_some_and(|one| one.eq_ignore_ascii_case(resource));
        // What pods and nodes use is asked for with its group: without it people mean the pods and nodes.
        let of_group = (group.is_empty() && self.group != USAGE)
            || group == self.group
            || group.split_once('.').is_some_and(|(_, group)| group == self.group);
        of_group && (short || is(&self.kind) || is(resource) || guessed())
    }
}

/// The kind of a plural; the plural itself where it is not built in.
pub fn of_plural(plural: &str) -> &str {
    let found = BUILT_IN.binary_search_by_key(&plural, |(plural, _)| plural);
    found.ok().and_then(|place| BUILT_IN.get(place)).map_or(plural, |(_, kind)| kind)
}

/// The kind of a plural, of widely used custom resources too; the plural itself of others.
pub fn known_of_plural(plural: &str) -> &str {
    super::custom_kinds::of_plural(plural).unwrap_or_else(|| of_plural(plural))
}

/// The kind that is built in and called so in any case, as tables of events have it in lower case.
pub fn of_word(word: &str) -> Option<&'static str> {
    BUILT_IN.iter().map(|(_, kind)| *kind).find(|kind| kind.eq_ignore_ascii_case(word))
}

/// The plural with its group of a kind that is built in; `api_version` is `v1` or `GROUP/VERSION`.
pub fn plural_of(api_version: &str, kind: &str) -> Option<&'static str> {
    let group = api_version.split_once('/').map_or("", |(group, _)| group);
    let of_group = |plural: &str| plural.split_once('.').map_or("", |(_, group)| group) == group;
    BUILT_IN.iter().find(|(plural, known)| *known == kind && of_group(plural)).map(|(plural, _)| *plural)
}

/// The short names of a kind.
pub fn short_names(kind: &str) -> impl Iterator<Item = &'static str> {
    SHORT.iter().filter(move |(_, known)| *known == kind).map(|(short, _)| *short)
}

/// The built-in kind that a word means, see [`Named::answers_to`]; the core's first.
pub fn built_in(word: &str) -> Option<Named> {
    let named = |plural: &str| Some(Named::of_plural(plural)).filter(|named| named.answers_to(word));
    let of_core = |is_core: bool| {
        let plurals = BUILT_IN.iter().map(|(plural, _)| *plural).filter(move |plural| plural.contains('.') != is_core);
        plurals.filter_map(named).next()
    };
    of_core(true).or_else(|| of_core(false))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plurals_are_found() {
        assert!(BUILT_IN.is_sorted());
        assert_eq!(of_plural("apiservices.apiregistration.k8s.io"), "APIService");
        assert_eq!(of_plural("namespaces"), "Namespace");
        assert_eq!(of_plural("widgets.example.io"), "widgets.example.io");
        assert_eq!(plural_of("v1", "Event"), Some("events"));
        assert_eq!(plural_of("events.k8s.io/v1", "Event"), Some("events.events.k8s.io"));
        assert_eq!(plural_of("apps/v1", "Deployment"), Some("deployments.apps"));
        assert_eq!(plural_of("serving.knative.dev/v1", "Service"), None);
    }

    #[test]
    fn words_of_kubectl_are_understood() {
        let deployment = Named::of_kind("apps/v1", "Deployment");
        let words = ["deploy", "Deployment", "deployment", "deployments", "deployments.apps", "deploy.apps"];
        for word in words.into_iter().chain(["deployment.apps", "deployments.v1.apps"]) {
            assert!(deployment.answers_to(word), "{word}");
        }
        assert!(!deployment.answers_to("deployments.example.io") && !deployment.answers_to("po"));
        let usage = Named::of_plural("pods.metrics.k8s.io");
        assert!(!usage.answers_to("pods") && usage.answers_to("pods.metrics.k8s.io"));
        let widget = Named::of_plural("widgets.example.io");
        assert!(widget.answers_to("widgets") && !widget.answers_to("widget"));
        let widget = Named::of_kind("example.io/v1", "Widget");
        assert!(["widget", "widgets", "widgets.example.io"].iter().all(|word| widget.answers_to(word)));
        assert!(!widget.answers_to("widgets.example.com"));
        assert!(SHORT.iter().all(|(_, kind)| BUILT_IN.iter().any(|(_, known)| known == kind)));
    }
}
