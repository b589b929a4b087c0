//! What a person wants to see of all there is: a namespace, pods by name or labels, a node.

use super::selector::Selector;
use super::span::Span;
use crate::archive::ArchiveError;
use crate::inputs::{Inputs, Kind};
use crate::objects::Pod;
use std::collections::{BTreeMap, BTreeSet};

/// It, in the words of the command line.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    pub namespace: Option<String>,
    pub selector: Option<Selector>,
    pub node: Option<String>,
    pub pod: Option<String>,
    pub span: Span,
}

/// It, with the pods that it means.
#[derive(Debug)]
pub struct Choice {
    asked: Asked,
    /// Pods by namespace and name, where labels or a node choose them.
    pods: Option<BTreeSet<(String, String)>>,
}

impl Choice {
    /// Looks up the pods where they are chosen by their labels or their node.
    pub fn of(asked: Asked, inputs: &Inputs) -> Result<Self, ArchiveError> {
        if asked.selector.is_none() && asked.node.is_none() {
            return Ok(Self { asked, pods: None });
        }
        let mut pods = BTreeSet::new();
        inputs.objects(
            |named| named.plural == "pods",
            |_, _, json| {
                let Ok(pod) = serde_json::from_slice::<Pod>(json) else { return };
                let by_labels = asked.selector.as_ref().is_none_or(|selector| selector.takes(&pod.metadata.labels));
                let by_node = asked.node.as_deref().is_none_or(|node| pod.node() == Some(node));
                if by_labels && by_node {
                    pods.insert((pod.metadata.namespace, pod.metadata.name));
                }
            },
        )?;
        Ok(Self { asked, pods: Some(pods) })
    }

    pub fn span(&self) -> Span {
        self.asked.span
    }

    /// Whether nothing is left out but by time.
    pub fn is_all(&self) -> bool {
        self.asked.namespace.is_none() && self.asked.pod.is_none() && self.pods.is_none()
    }

    pub fn takes_namespace(&self, namespace: &str) -> bool {
        self.asked.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
    }

    /// Whether a pod is meant; its name may be given by its beginning.
    pub fn takes_pod(&self, namespace: &str, name: &str) -> bool {
        let by_name = self.asked.pod.as_deref().is_none_or(|wanted| {
            wanted == name || wanted.split_once('/') == Some((namespace, name)) || is_beginning(name, wanted)
        });
        let is_chosen = |pods: &BTreeSet<_>| pods.contains(&(namespace.to_owned(), name.to_owned()));
        self.takes_namespace(namespace) && by_name && self.pods.as_ref().is_none_or(is_chosen)
    }

    /// Whether what is of a node itself is meant: nothing that is of pods or of a namespace was asked for.
    pub fn takes_node(&self, node: &str) -> bool {
        let of_pods = self.asked.namespace.is_some() || self.asked.pod.is_some() || self.asked.selector.is_some();
        !of_pods && self.asked.node.as_deref().is_none_or(|wanted| wanted == node)
    }

    /// Whether something of any kind is meant.
    pub fn takes(&self, kind: &str, namespace: &str, name: &str) -> bool {
        match kind {
            "Pod" => self.takes_pod(namespace, name),
            "Node" => self.takes_node(name),
            _ => self.pods.is_none() && self.asked.pod.is_none() && self.takes_namespace(namespace),
        }
    }

    /// The same of a subject as reports write it: `Pod/shop/api-0`, `Node/node-1`.
    pub fn takes_subject(&self, subject: &str) -> bool {
        let (kind, rest) = subject.split_once('/').unwrap_or((subject, ""));
        let (namespace, name) = rest.split_once('/').unwrap_or(("", rest));
        // A container is its pod's, as `Pod/shop/api-0/app`.
        self.takes(kind, namespace, name.split('/').next().unwrap_or(name))
    }

    /// Whether a component that reports for a node is meant by that node.
    pub fn takes_host(&self, host: &str) -> bool {
        self.asked.node.as_deref() == Some(host) && self.asked.selector.is_none() && self.asked.pod.is_none()
    }

    /// Whether a series is meant, by its labels; here the selector is of these.
    pub fn takes_series(&self, labels: &BTreeMap<String, String>) -> bool {
        let label = |name: &str| labels.get(name).map(String::as_str);
        let is = |wanted: &Option<String>, name: &str| wanted.is_none() || wanted.as_deref() == label(name);
        let is_on = |node: &str| {
            let host = |name: &str| label(name).map(|value| value.split(':').next().unwrap_or(value));
            label("node") == Some(node) || host("instance") == Some(node) || label("nodename") == Some(node)
        };
        is(&self.asked.namespace, "namespace")
            && self
                .asked
                .pod
                .as_deref()
                .is_none_or(|pod| label("pod").is_some_and(|name| name == pod || is_beginning(name, pod)))
            && self.asked.node.as_deref().is_none_or(is_on)
            && self.asked.selector.as_ref().is_none_or(|selector| selector.takes(labels))
    }

    /// Whether lines of an entry may be meant at all.
    pub fn takes_kind(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Log { of, .. } => self.takes_pod(&of.namespace, &of.pod),
            Kind::Journal { node, .. } => self.takes_node(node),
            Kind::Objects { .. } => true,
            _ => self.is_all(),
        }
    }
}

/// As kubectl describe takes it: the beginning of a name, up to where a part of it ends.
fn is_beginning(name: &str, wanted: &str) -> bool {
    name.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('-'))
}
