//! The lists that are asked for: of which kind, in which namespace, and who else waits for them. Everything that
//! handles a list knows this, and nothing of the collector that plans it.

use super::known::NODE_LEASES;
use crate::sources::Options;
use crate::sources::wire::api::Deadlines;
use std::sync::Arc;

/// The id of the collector, in outcomes.
pub const SOURCE_ID: &str = "objects";
/// How long a list, or what tells which there are, may take.
pub const DEADLINES: Deadlines = Deadlines::USUAL;

/// A kind to list.
#[derive(Clone, Debug)]
pub struct Kind {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub plural: String,
    pub namespaced: bool,
    /// Ask for the metadata only: the rest may be secret.
    pub metadata_only: bool,
    /// Who else waits for the list.
    pub keep: Option<Keep>,
}

/// Lists that other collectors need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    Events,
    Leases,
    Nodes,
    Pods,
}

impl Kind {
    fn kept((group, plural, keep): (&str, &str, Keep)) -> Self {
        let (group, version, plural) = (group.to_owned(), "v1".to_owned(), plural.to_owned());
        Self { group, version, plural, namespaced: keep != Keep::Nodes, metadata_only: false, keep: Some(keep) }
    }

    /// Whether it is a webhook configuration, which holds URLs.
    pub fn is_webhook(&self) -> bool {
        self.group == "admissionregistration.k8s.io"
    }

    /// As the archive's paths have it: `deployments.apps`.
    pub fn full_name(&self) -> String {
        full_name(&self.group, &self.plural)
    }
}

/// As [`Kind::full_name`].
pub fn full_name(group: &str, plural: &str) -> String {
    if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") }
}

/// Those that others wait for, or that perish: asked for before anything is known of the cluster.
const KEPT: [(&str, &str, Keep); 4] = [
    ("", "events", Keep::Events),
    ("", "pods", Keep::Pods),
    ("", "nodes", Keep::Nodes),
    ("coordination.k8s.io", "leases", Keep::Leases),
];

/// The full names of the kinds that need no discovery.
pub fn kept_names() -> impl Iterator<Item = String> {
    KEPT.iter().map(|(group, plural, _)| full_name(group, plural))
}

/// Where events about nodes are, as nodes have no namespace.
const NODE_EVENTS: &str = "default";

/// One list to ask for.
#[derive(Clone, Debug)]
pub struct Request {
    pub kind: Arc<Kind>,
    pub namespace: Option<String>,
    pub field_selector: Option<&'static str>,
}

impl Request {
    /// As outcomes name it.
    pub fn subject(&self) -> String {
        let name = self.kind.full_name();
        match (&self.namespace, self.field_selector) {
            (None, _) => name,
            (Some(namespace), None) => format!("{name} of namespace {namespace}"),
            (Some(_), Some(_)) => format!("{name} of nodes"),
        }
    }

    /// Every list of `kind`: one of each namespace where namespaces were asked for.
    pub fn all(kind: Kind, namespaces: &[String]) -> Vec<Self> {
        let is_whole = !kind.namespaced || namespaces.is_empty();
        let whole = Self { kind: Arc::new(kind), namespace: None, field_selector: None };
        if is_whole {
            return vec![whole];
        }
        namespaces.iter().map(|namespace| Self { namespace: Some(namespace.clone()), ..whole.clone() }).collect()
    }
}

/// The lists of the kept kinds, with what tells of nodes, whatever namespaces were asked for.
pub fn kept_requests(options: &Options) -> Vec<Request> {
    let named = |name: &str| options.namespaces.is_empty() || options.namespaces.iter().any(|other| other == name);
    let requests = KEPT.into_iter().flat_map(|kept| {
        let mut requests = Request::all(Kind::kept(kept), &options.namespaces);
        let of_nodes = match kept {
            (.., Keep::Leases) if !named(NODE_LEASES) => Some((NODE_LEASES, None)),
            (.., Keep::Events) if !named(NODE_EVENTS) => Some((NODE_EVENTS, Some("involvedObject.kind=Node"))),
            _ => None,
        };
        let added = of_nodes.zip(requests.first().cloned()).map(|((namespace, field_selector), request)| Request {
            namespace: Some(namespace.to_owned()),
            field_selector,
            ..request
        });
        requests.extend(added);
        requests
    });
    requests.collect()
}
