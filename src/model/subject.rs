//! Who a record is about: a Kubernetes object, one of its containers, an alert, or the cluster.
//!
//! Written `Kind/name`, `Kind/namespace/name` or `Container/namespace/pod/name`. There is no form for a person.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// An entity of the cluster. A copy is one more reference to the same name.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject(Arc<Parts>);

#[derive(PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Parts {
    kind: String,
    namespace: Option<String>,
    name: String,
}

impl Subject {
    /// A cluster-scoped entity, as `Node/node-1` or `Alert/KubeNodeNotReady`.
    pub fn cluster(kind: impl Into<String>, name: impl Into<String>) -> Self {
        Self(Arc::new(Parts { kind: kind.into(), namespace: None, name: name.into() }))
    }

    /// A namespaced entity, as `Pod/shop/api-0`.
    pub fn namespaced(kind: impl Into<String>, namespace: impl Into<String>, name: impl Into<String>) -> Self {
        let (kind, namespace, name) = (kind.into(), Some(namespace.into()), name.into());
        Self(Arc::new(Parts { kind, namespace, name }))
    }

    /// A cluster-scoped entity where `namespace` is empty, a namespaced one otherwise.
    ///
    /// Node events carry the namespace `default` although nodes have none; see [`Subject::of_object`].
    pub fn new(kind: impl Into<String>, namespace: &str, name: impl Into<String>) -> Self {
        if namespace.is_empty() { Self::cluster(kind, name) } else { Self::namespaced(kind, namespace, name) }
    }

    /// The entity an event or owner reference names. Kinds without a namespace lose the one that events carry.
    pub fn of_object(kind: &str, namespace: &str, name: &str) -> Self {
        const CLUSTER_SCOPED: [&str; 20] = [
            "APIService",
            "CSIDriver",
            "CSINode",
            "CertificateSigningRequest",
            "ClusterRole",
            "ClusterRoleBinding",
            "CustomResourceDefinition",
            "GatewayClass",
            "IngressClass",
            "MutatingWebhookConfiguration",
            "Namespace",
            "Node",
            "PersistentVolume",
            "PriorityClass",
            "RuntimeClass",
            "StorageClass",
            "ValidatingAdmissionPolicy",
            "ValidatingAdmissionPolicyBinding",
            "ValidatingWebhookConfiguration",
            "VolumeAttachment",
        ];
        if CLUSTER_SCOPED.contains(&kind) { Self::cluster(kind, name) } else { Self::new(kind, namespace, name) }
    }

    /// Whom a reference in words or in a specification of `whose` may mean. Whether a kind has namespaces is not known, so
    /// what is named without one may be in that of `whose`, or in none.
    pub fn referred_to(whose: &Self, kind: &str, namespace: Option<&str>, name: &str) -> Vec<Self> {
        let places = match (namespace, whose.namespace()) {
            (Some(named), _) => vec![named],
            (None, Some(own)) => vec![own, ""],
            (None, None) => vec![""],
        };
        let mut found: Vec<Self> = places.into_iter().map(|place| Self::of_object(kind, place, name)).collect();
        found.dedup();
        found
    }

    pub fn node(name: impl Into<String>) -> Self {
        Self::cluster("Node", name)
    }

    pub fn pod(namespace: impl Into<String>, name: impl Into<String>) -> Self {
        Self::namespaced("Pod", namespace, name)
    }

    /// The pod that it is, or is a container of.
    pub fn its_pod(&self) -> Option<Self> {
        match self.kind() {
            "Pod" => Some(self.clone()),
            "Container" => {
                let (pod, _) = self.name().split_once('/')?;
                Some(Self::pod(self.namespace()?, pod))
            }
            _ => None,
        }
    }

    /// The whole cluster, where a record is about nothing smaller.
    pub fn whole_cluster() -> Self {
        Self::cluster("Cluster", "")
    }

    pub fn kind(&self) -> &str {
        &self.0.kind
    }

    pub fn namespace(&self) -> Option<&str> {
        self.0.namespace.as_deref()
    }

    pub fn name(&self) -> &str {
        &self.0.name
    }

    pub fn is(&self, kind: &str) -> bool {
        self.0.kind == kind
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.0.namespace, self.0.name.as_str()) {
            (None, "") => f.write_str(&self.0.kind),
            (None, name) => write!(f, "{}/{name}", self.0.kind),
            (Some(namespace), name) => write!(f, "{}/{namespace}/{name}", self.0.kind),
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that names no subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no subject: that is Kind, Kind/name, Kind/namespace/name or Container/namespace/pod/name")]
pub struct SubjectError(String);

/// Reads the written form.
impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Self, SubjectError> {
        let parts: Vec<&str> = text.splitn(3, '/').collect();
        if parts.iter().any(|part| part.is_empty()) {
            return Err(SubjectError(text.to_owned()));
        }
        match parts.as_slice() {
            [kind] => Ok(Self::cluster(*kind, "")),
            [kind, name] => Ok(Self::cluster(*kind, *name)),
            [kind, namespace, name] => Ok(Self::namespaced(*kind, *namespace, *name)),
            _ => Err(SubjectError(text.to_owned())),
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
    fn written_forms_are_read() {
        for text in ["Node/node-1", "Pod/shop/api-0", "Cluster", "Container/shop/api-0/app"] {
            assert_eq!(text.parse::<Subject>().map(|subject| subject.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("Cluster".parse(), Ok(Subject::whole_cluster()));
        for text in ["", "Pod/", "/api-0", "Pod//api-0"] {
            assert_eq!(text.parse::<Subject>(), Err(SubjectError(text.to_owned())), "{text:?}");
        }
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
