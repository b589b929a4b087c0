//! Which kinds are recorded. To record another, add its line.

use crate::archive::layout;
use crate::sources::wire::watch::Objects;

/// A kind that is watched.
#[derive(Debug)]
pub struct Kind {
    /// Empty for the core group.
    pub group: &'static str,
    pub version: &'static str,
    pub plural: &'static str,
    pub is_namespaced: bool,
    pub keep: Keep,
}

/// What is kept of the objects of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Every version.
    Versions,
    /// Every version of the metadata: the rest may be secret, and is not asked for.
    Metadata,
    /// Each as it came, whole, and not again at the beginning of each segment: there are many, each is small, and they are
    /// records themselves. That one expires is no news.
    Records,
}

impl Kind {
    const fn of(group: &'static str, plural: &'static str, keep: Keep) -> Self {
        Self { group, version: "v1", plural, is_namespaced: true, keep }
    }

    /// As the archive's paths have it: `deployments.apps`.
    pub fn full_name(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// Where its versions of a namespace are.
    pub fn entry(&self, namespace: &str) -> String {
        layout::history(Some(namespace).filter(|name| !name.is_empty()), &self.full_name())
    }

    /// Its objects, of one namespace or of all.
    pub fn objects(&self, namespace: Option<&str>) -> Objects {
        Objects::new((self.group, self.version, self.plural), namespace, self.keep == Keep::Metadata)
    }
}

/// Every kind that is recorded.
pub static ALL: &[Kind] = &[
    Kind::of("", "configmaps", Keep::Metadata),
    Kind::of("", "events", Keep::Records),
    Kind { is_namespaced: false, ..Kind::of("", "nodes", Keep::Versions) },
    Kind::of("", "pods", Keep::Versions),
    Kind::of("", "secrets", Keep::Metadata),
    Kind::of("", "services", Keep::Versions),
    Kind::of("apps", "daemonsets", Keep::Versions),
    Kind::of("apps", "deployments", Keep::Versions),
    Kind::of("apps", "replicasets", Keep::Versions),
    Kind::of("apps", "statefulsets", Keep::Versions),
    Kind { version: "v2", ..Kind::of("autoscaling", "horizontalpodautoscalers", Keep::Versions) },
    Kind::of("batch", "cronjobs", Keep::Versions),
    Kind::of("batch", "jobs", Keep::Versions),
    Kind::of("discovery.k8s.io", "endpointslices", Keep::Versions),
];
