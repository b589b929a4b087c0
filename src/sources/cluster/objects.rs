//! Objects of every kind the cluster has, as the API server sent them.
//!
//! An item is one kind, in one namespace where namespaces were asked for. Four kinds, which others wait for or which
//! perish, are asked for at once; the others when the API server has said which there are, see `discovered`. The lines
//! of an entry are the list's items byte for byte: they carry neither `apiVersion` nor `kind`, which the path tells.
//! Of kinds that are made to hold credentials, which `kinds` knows, only the metadata is asked for, so their values
//! never cross the wire; the names of their keys stand in `managedFields`. The last-applied annotation is left out of
//! every object.

use super::list_request::{DEADLINES, Keep, Request, SOURCE_ID, kept_requests};
use super::pending_lists::PendingLists;
use super::{discovered, inherited, listing, suspects};
use crate::sources::run::item::Item;
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::{Options, Run};
use crate::sources::{Permission, Profile, Source};
use std::collections::BTreeMap;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: SOURCE_ID,
    title: "Objects and events",
    why: "the state of everything, and the events, which expire within the hour",
    permissions: PERMISSIONS,
    paths: &["objects/cluster/PLURAL.jsonl", "objects/namespaces/NAMESPACE/PLURAL.jsonl"],
    profile: Profile::Quick,
    cap: u64::MAX,
    deadlines: DEADLINES,
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
