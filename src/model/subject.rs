//! Who a record is about: a Kubernetes object, one of its containers, an alert, or the cluster.
//!
//! Written `Kind/name`, `Kind/namespace/name` or `Container/namespace/pod/name`. There is no form for a person.

use std::fmt;

/// An entity of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Subject {
    /// A cluster-scoped entity, as `Node/node-1` or `Alert/KubeNodeNotReady`.
    pub fn cluster(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), namespace: None, name: name.into() }
    }

    /// A namespaced entity, as `Pod/shop/api-0`.
    pub fn namespaced(kind: impl Into<String>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self { kind: kind.into(), namespace: Some(namespace.into()), name: name.into() }
    }

    /// A cluster-scoped entity where `namespace` is empty, a namespaced one otherwise.
    ///
    /// Node events carry the namespace `default` although nodes have none; see [`Subject::of_object`].
    pub fn new(kind: impl Into<String>, namespace: &str, name: impl Into<String>) -> Self {
        if namespace.is_empty() { Self::cluster(kind, name) } else { Self::namespaced(kind, namespace, name) }
    }

    /// The entity an event or owner reference names. Kinds without a namespace lose the one that events carry.
    pub fn of_object(kind: &str, namespace: &str, name: &str) -> Self {
        const CLUSTER_SCOPED: [&str; 5] = ["Node", "PersistentVolume", "Namespace", "StorageClass", "APIService"];
        if CLUSTER_SCOPED.contains(&kind) { Self::cluster(kind, name) } else { Self::new(kind, namespace, name) }
    }

    pub fn node(name: impl Into<String>) -> Self {
        Self::cluster("Node", name)
    }

    pub fn pod(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::namespaced("Pod", namespace, name)
    }

    /// The whole cluster, where a record is about nothing smaller.
    pub fn whole_cluster() -> Self {
        Self::cluster("Cluster", "")
    }

    pub fn kind(&self) -> &str {
        &self.kind
    }

    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is(&self, kind: &str) -> bool {
        self.kind == kind
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.namespace, self.name.as_str()) {
            (None, "") => f.write_str(&self.kind),
            (None, name) => write!(f, "{}/{name}", self.kind),
            (Some(namespace), name) => write!(f, "{}/{namespace}/{name}", self.kind),
        }
    }
}

/// A subject with `*` standing for any rest of a part, as truth files and rules write it: `Pod/shop/cache-*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectPattern(String);

impl SubjectPattern {
    pub fn new(pattern: impl Into<String>) -> Self {
        Self(pattern.into())
    }

    /// Whether `subject` is one of those meant.
    pub fn matches(&self, subject: &Subject) -> bool {
        wildcard(&self.0, &subject.to_string())
    }
}

impl fmt::Display for SubjectPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn wildcard(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
    let mut last_part = None;
    for part in parts {
        last_part = Some(part);
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or_default(),
            None => return false,
        }
    }
    match last_part {
        None => rest.is_empty(),
        Some(part) => part.is_empty() || text.ends_with(part),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_forms() {
        assert_eq!(Subject::node("node-1").to_string(), "Node/node-1");
        assert_eq!(Subject::pod("shop", "api-0").to_string(), "Pod/shop/api-0");
        assert_eq!(Subject::whole_cluster().to_string(), "Cluster");
        assert_eq!(Subject::of_object("Node", "default", "node-1").to_string(), "Node/node-1");
    }

    #[test]
    fn a_star_stands_for_any_rest() {
        let pattern = SubjectPattern::new("Pod/shop/cache-*");
        assert!(pattern.matches(&Subject::pod("shop", "cache-1")));
        assert!(!pattern.matches(&Subject::pod("shop", "api-1")));
        assert!(SubjectPattern::new("Pod/shop/*").matches(&Subject::pod("shop", "x")));
        assert!(SubjectPattern::new("Node/node-1").matches(&Subject::node("node-1")));
        assert!(!SubjectPattern::new("Node/node-1").matches(&Subject::node("node-11")));
    }
}
