//! What nodes and objects of other kinds share with others of their kind.

use super::Topology;
use crate::evidence::{NodeTraits, ObjectTraits};
use crate::model::Subject;
use std::collections::BTreeMap;

/// So many objects of a kind are compared; of a kind of more, none, as each is one of very many that are made alike.
const MOST_OF_A_KIND: usize = 5_000;

impl Topology {
    /// Labels and versions of a node, where its object came.
    pub fn node_traits(&self, node: &str) -> Option<&NodeTraits> {
        self.node_traits.get(node)
    }

    /// Of every node whose object came, by its name.
    pub fn all_node_traits(&self) -> impl Iterator<Item = (&str, &NodeTraits)> {
        self.node_traits.iter().map(|(node, traits)| (node.as_str(), traits))
    }

    /// What an object of a kind without a reader of its own says of itself, where it came.
    pub fn object_traits(&self, object: &Subject) -> Option<&ObjectTraits> {
        self.object_traits.get(object)
    }

    /// Of every such object of a kind.
    pub fn all_object_traits<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a Subject, &'a ObjectTraits)> {
        self.object_traits.iter().filter(move |(object, _)| object.is(kind))
    }

    /// Labels of the namespace of an object, where it came.
    pub fn namespace_labels<'a>(&'a self, namespace: &str) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let traits = self.object_traits.get(&Subject::cluster("Namespace", namespace));
        let attributes = traits.into_iter().flat_map(|traits| &traits.attributes);
        let labels =
            attributes.filter_map(|(attribute, value)| Some((attribute.strip_prefix("label ")?, value.as_str())));
        // Its own name, as the API server labels it (documentation, Namespaces, Automatic labelling).
        labels.filter(|(label, _)| *label != "kubernetes.io/metadata.name")
    }
}

/// Without those of kinds of which there are very many.
pub fn of_few(mut all: BTreeMap<Subject, ObjectTraits>) -> BTreeMap<Subject, ObjectTraits> {
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    for object in all.keys() {
        *count.entry(object.kind().to_owned()).or_default() += 1;
    }
    all.retain(|object, _| count.get(object.kind()).is_none_or(|count| *count <= MOST_OF_A_KIND));
    all
}
