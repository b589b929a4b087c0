//! Objects of every kind the cluster has, as the API server sent them.
//!
//! An item is one kind, in one namespace where namespaces were asked for. Four kinds, which others wait for or which
//! perish, are asked for at once; the others when the API server has said which there are, see `discovered`. The lines
//! of an entry are the list's items byte for byte: they carry neither `apiVersion` nor `kind`, which the path tells.
//! Of kinds that are made to hold credentials, which `kinds` knows, only the metadata is asked for, so their values
//! never cross the wire; the names of their keys stand in `managedFields`. The last-applied annotation is left out of
//! every object.

use super::known::NODE_LEASES;
use super::pending_lists::PendingLists;
use super::{discovered, inherited, listing, suspects};
use crate::sources::run::item::Item;
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::{Options, Run};
use crate::sources::{Deadlines, Permission, Profile, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "objects",
    title: "Objects and events",
    why: "the state of everything, and the events, which expire within the hour",
    permissions: PERMISSIONS,
    paths: &["objects/cluster/PLURAL.jsonl", "objects/namespaces/NAMESPACE/PLURAL.jsonl"],
    profile: Profile::Quick,
    cap: u64::MAX,
    deadlines: Deadlines::USUAL,
    expect,
    run: |run, items| Box::pin(collect(run, items)),
};

/// The kinds of Kubernetes itself: everything that can be listed in 1.34, with what only older or newer versions have,
/// but for what `kinds` leaves out. Custom resources are the cluster's own, and so are permissions on them.
static PERMISSIONS: &[Permission] = &[
    Permission::new(
        "",
        "configmaps,endpoints,events,limitranges,namespaces,nodes,persistentvolumeclaims,persistentvolumes,pods,\
         podtemplates,replicationcontrollers,resourcequotas,secrets,serviceaccounts,services",
        LIST,
    ),
    Permission::new(
        "admissionregistration.k8s.io",
        "mutatingadmissionpolicies,mutatingadmissionpolicybindings,mutatingwebhookconfigurations,\
         validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations",
        LIST,
    ),
    Permission::new("apiextensions.k8s.io", "customresourcedefinitions", LIST),
    Permission::new("apiregistration.k8s.io", "apiservices", LIST),
    Permission::new("apps", "controllerrevisions,daemonsets,deployments,replicasets,statefulsets", LIST),
    Permission::new("autoscaling", "horizontalpodautoscalers", LIST),
    Permission::new("batch", "cronjobs,jobs", LIST),
    Permission::new(
        "certificates.k8s.io",
        "certificatesigningrequests,clustertrustbundles,podcertificaterequests",
        LIST,
    ),
    Permission::new("coordination.k8s.io", "leasecandidates,leases", LIST),
    Permission::new("discovery.k8s.io", "endpointslices", LIST),
    Permission::new("flowcontrol.apiserver.k8s.io", "flowschemas,prioritylevelconfigurations", LIST),
    Permission::new("internal.apiserver.k8s.io", "storageversions", LIST),
    Permission::new("metrics.k8s.io", "nodes,pods", LIST),
    Permission::new("networking.k8s.io", "ingressclasses,ingresses,ipaddresses,networkpolicies,servicecidrs", LIST),
    Permission::new("node.k8s.io", "runtimeclasses", LIST),
    Permission::new("policy", "poddisruptionbudgets,podsecuritypolicies", LIST),
    Permission::new("rbac.authorization.k8s.io", "clusterrolebindings,clusterroles,rolebindings,roles", LIST),
    Permission::new(
        "resource.k8s.io",
        "deviceclasses,devicetaintrules,resourceclaims,resourceclaimtemplates,resourceslices",
        LIST,
    ),
    Permission::new("scheduling.k8s.io", "priorityclasses,workloads", LIST),
    Permission::new(
        "storage.k8s.io",
        "csidrivers,csinodes,csistoragecapacities,storageclasses,volumeattachments,volumeattributesclasses",
        LIST,
    ),
    Permission::new("storagemigration.k8s.io", "storageversionmigrations", LIST),
];

const LIST: &[&str] = &["list"];

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

/// The lists that others need, made even if objects were not asked for; and what stands for all kinds that the API
/// server will name.
fn expect(options: &Options) -> Vec<String> {
    let kept = kept_requests(options).into_iter().map(|request| request.subject());
    let others = discovered::SUBJECTS.iter().filter(|_| options.wants(&SOURCE)).map(|subject| (*subject).to_owned());
    kept.chain(others).collect()
}

async fn collect(run: Arc<Run>, mut items: Vec<Item>) {
    let requests = kept_requests(&run.options);
    let others = items.split_off(requests.len().min(items.len()));
    ask_for_kept(&run, requests, items).await;
    tokio::join!(suspects::make_breakers(&run), discovered::plan(&run, others));
}

async fn ask_for_kept(run: &Arc<Run>, requests: Vec<Request>, items: Vec<Item>) {
    let mut lists: BTreeMap<Keep, usize> = BTreeMap::new();
    for keep in requests.iter().filter_map(|request| request.kind.keep) {
        *lists.entry(keep).or_default() += 1;
    }
    let pending = |(keep, lists)| (keep, Arc::new(PendingLists::new(keep, lists, run.writer.target().scratch())));
    let all_pending: BTreeMap<Keep, Arc<PendingLists>> = lists.into_iter().map(pending).collect();
    let (settled, asked): (Vec<_>, Vec<_>) = requests.into_iter().zip(items).partition(|(_, item)| item.is_settled());
    let pending_of = |request: &Request| request.kind.keep.and_then(|keep| all_pending.get(&keep).cloned());
    let jobs: Vec<Job> = asked
        .into_iter()
        .map(|(request, item)| {
            let (run, pending) = (run.clone(), pending_of(&request));
            Job::new(Rank::First, item, move |item| async move {
                let ended = listing::list(&run, &request, item, pending.as_deref()).await;
                if let Some(pending) = pending {
                    pending.end(&run, ended);
                }
            })
        })
        .collect();
    run.pool.submit(jobs);
    for (request, _) in settled {
        if let (Some(base), Some(pending)) = (&run.options.resume, pending_of(&request)) {
            pending.end(run, inherited::list(base, &request, &pending).await);
        }
    }
}
