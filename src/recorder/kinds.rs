//! Which kinds are recorded. To record another, add its line.

use crate::archive::layout;
use crate::sources::wire::watch::Objects;

/// A kind that is watched.
#[derive(Debug)]
pub struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    /// Empty of a kind that others bring to a cluster, or do not: it is whichever the API server prefers.
    pub version: &'static str,
    pub plural: &'static str,
    pub is_namespaced: bool,
    pub keep: Keep,
    /// Objects in this namespace are left out; none if it is empty.
    pub but_in: &'static str,
}

/// What is kept of the objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Every version.
    Versions,
    /// Every version of the metadata: the rest may be secret, and is not asked for.
    Metadata,
    /// Every version in which something else changed than the time at which it was renewed: of a lock each in which another
    /// holds it (client-go v0.34, tools/leaderelection/resourcelock/leaselock.go).
    Transitions,
    /// Each as it came, whole, and not again at the beginning of each segment: there are many, each is small, and they are
    /// records themselves. That one expires is no news.
    Records,
    /// What was used up to a moment, of what is running: it is measured anew all the time, and cannot be watched. Each minute
    /// all of it is asked for. It has no UID and no version of its own, but a time (metrics-server 0c55838, pkg/api/pod.go).
    Usage,
}

/// What is read of usage at a time: that of some 30,000 pods.
const USAGE_BYTES: usize = 16 * 1024 * 1024;

impl Kind {
    const fn of(group: &'static str, plural: &'static str, keep: Keep) -> Self {
        Self { group, version: "v1", plural, is_namespaced: true, keep, but_in: "" }
    }

    const fn cluster(group: &'static str, plural: &'static str) -> Self {
        Self { is_namespaced: false, ..Self::of(group, plural, Keep::Versions) }
    }

    /// A custom kind, which the cluster may serve in some version.
    const fn custom(group: &'static str, plural: &'static str) -> Self {
        Self { version: "", ..Self::of(group, plural, Keep::Versions) }
    }

    /// What is used of processors and memory, where a cluster measures that.
    const fn usage(plural: &'static str) -> Self {
        Self { keep: Keep::Usage, ..Self::custom("metrics.k8s.io", plural) }
    }

    /// Whether what becomes of it can be watched.
    pub fn is_watched(&self) -> bool {
        self.keep != Keep::Usage
    }

    /// Whether a cluster may well be without it.
    pub fn is_custom(&self) -> bool {
        self.version.is_empty()
    }

    pub fn is_of_pods(&self) -> bool {
        self.group.is_empty() && self.plural == "pods"
    }

    /// As the archive's paths have it: `deployments.apps`.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Where its versions of a namespace are.
    pub fn entry(&self, namespace: &str) -> String {
        layout::history(Some(namespace).filter(|name| !name.is_empty()), &self.full_name())
    }

    /// Its objects in that version, of one namespace or of all.
    pub fn objects(&self, version: &str, namespace: Option<&str>) -> Objects {
        let all = Objects::new((self.group, version, self.plural), namespace, self.keep == Keep::Metadata);
        if self.is_watched() { all.but_in(self.but_in) } else { all.within(USAGE_BYTES) }
    }
}

/// Every kind that is recorded.
pub static ALL: &[Kind] = &[
    Kind::of("", "configmaps", Keep::Metadata),
    Kind::of("", "events", Keep::Records),
    Kind::of("", "limitranges", Keep::Versions),
    Kind::cluster("", "namespaces"),
    Kind::cluster("", "nodes"),
    Kind::of("", "persistentvolumeclaims", Keep::Versions),
    Kind::cluster("", "persistentvolumes"),
    Kind::of("", "pods", Keep::Versions),
    Kind::of("", "resourcequotas", Keep::Versions),
    Kind::of("", "secrets", Keep::Metadata),
    Kind::of("", "services", Keep::Versions),
    Kind::cluster("admissionregistration.k8s.io", "mutatingwebhookconfigurations"),
    Kind::cluster("admissionregistration.k8s.io", "validatingwebhookconfigurations"),
    Kind::cluster("apiregistration.k8s.io", "apiservices"),
    Kind::of("apps", "daemonsets", Keep::Versions),
    Kind::of("apps", "deployments", Keep::Versions),
    Kind::of("apps", "replicasets", Keep::Versions),
    Kind::of("apps", "statefulsets", Keep::Versions),
    Kind { version: "v2", ..Kind::of("autoscaling", "horizontalpodautoscalers", Keep::Versions) },
    Kind::custom("argoproj.io", "applications"),
    Kind::custom("argoproj.io", "rollouts"),
    Kind::custom("autoscaling.k8s.io", "verticalpodautoscalers"),
    Kind::of("batch", "cronjobs", Keep::Versions),
    Kind::of("batch", "jobs", Keep::Versions),
    Kind::custom("cluster.x-k8s.io", "machines"),
    // Each node renews its own every ten seconds, and has no other holder.
    Kind { but_in: "kube-node-lease", ..Kind::of("coordination.k8s.io", "leases", Keep::Transitions) },
    Kind::of("discovery.k8s.io", "endpointslices", Keep::Versions),
    Kind::custom("helm.toolkit.fluxcd.io", "helmreleases"),
    Kind { is_namespaced: false, ..Kind::custom("karpenter.sh", "nodeclaims") },
    Kind { is_namespaced: false, ..Kind::custom("karpenter.sh", "nodepools") },
    Kind::custom("keda.sh", "scaledobjects"),
    Kind::custom("kustomize.toolkit.fluxcd.io", "kustomizations"),
    Kind { is_namespaced: false, ..Kind::usage("nodes") },
    Kind::usage("pods"),
    Kind::of("networking.k8s.io", "ingresses", Keep::Versions),
    Kind::of("networking.k8s.io", "networkpolicies", Keep::Versions),
    Kind::of("policy", "poddisruptionbudgets", Keep::Versions),
    Kind::cluster("scheduling.k8s.io", "priorityclasses"),
    Kind::cluster("storage.k8s.io", "storageclasses"),
    Kind::cluster("storage.k8s.io", "volumeattachments"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_role_in_the_documentation_is_what_is_asked_for() {
        let page = include_str!("../../docs/record.md");
        let named = |line: &str, list: &str| -> Vec<String> {
            let list = line.split_once(&format!("{list}: [")).and_then(|(_, rest)| rest.split_once(']'));
            let names = list.map(|(names, _)| names).unwrap_or_default();
            names.split(", ").map(|name| name.trim_matches('"').to_owned()).collect()
        };
        let rules = page.lines().filter(|line| line.contains("verbs: [list"));
        let granted = rules.flat_map(|line| {
            let groups = named(line, "apiGroups");
            let group = groups.first().cloned().unwrap_or_default();
            let is_watched = named(line, "verbs") == ["list", "watch"];
            named(line, "resources").into_iter().map(move |plural| (group.clone(), plural, is_watched))
        });
        let asked: BTreeSet<(String, String, bool)> =
            ALL.iter().map(|kind| (kind.group.to_owned(), kind.plural.to_owned(), kind.is_watched())).collect();
        assert_eq!(granted.collect::<BTreeSet<_>>(), asked);
        assert_eq!(asked.len(), ALL.len(), "each is there once");
    }
}
