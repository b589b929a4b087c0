//! A live cluster, read into an archive. Read-only: nothing but GET ever leaves this room, but for reviews of our
//! permissions, which store nothing, and for `node_pods`, which works only where it was allowed.
//!
//! [`ALL`] is the table of collectors. To add one: fill in the form [`Source`] in a file of its own, in the room of
//! whom it asks, and add it to the table. Its name for `--only` and `--skip`, its permissions and its outcomes follow.
//!
//! ```text
//! wire     one question and one answer: requests, limits on waiting, what an error means, what is taken out
//! run      one run: what is planned, in which order it is asked for, what became of it, the way into the archive
//! cluster  collectors that ask the API server       node     those that ask kubelets
//! metrics  those that ask Prometheus                node_pods  pods on nodes, where they were allowed
//! permissions  what we are allowed: reviewed before it is asked for, and told by `plan`
//! recording    the collector that asks nobody: what a recorder wrote down before
//! ```
//! `wire` knows nothing of a run; collectors know both; `run` knows of collectors only what [`Source`] says.

mod access;
mod cluster;
mod error;
mod metrics;
mod node;
mod node_pods;
mod permissions;
mod profile;
mod recorded_logs;
mod recorded_members;
mod recording;
mod run;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

pub use access::Access;
pub use cluster::kinds;
pub(crate) use cluster::members_answer;
pub use error::SourcesError;
pub use metrics::queries::{Query, all as range_queries, own as own_query};
pub use node::ssh::Ssh;
pub use node::units::reasons as other_units;
pub(crate) use node::{containers, lone_log};
pub use node_pods::{Allowed as NodePodsAllowed, Left, remove_all as remove_node_pods};
pub use permissions::{Attributes, Checked, Estimate, Extent, Grant, OnResource, Plan, Verdict, plan, rules};
pub use profile::Profile;
pub use run::base_archive::BaseArchive;
pub use run::checks::CheckFile;
pub use run::item::Closing;
pub(crate) use run::item::ItemOutcome;
pub use run::ledger::Progress;
pub(crate) use run::preflight::{Found, look};
pub use run::writer_handle::{Sealing, Size};
pub use run::{Options, RunSummary, collect};
pub use wire::connect::{Connection, KnownContext, connect, contexts, known_contexts};
pub use wire::login::Login;
pub use wire::namespaces::namespaces;
pub use wire::rate::Rate;
pub use wire::request_limiter::RequestLimiter;
pub use wire::target::{ActingAs, Target};
pub use wire::timeouts::{Deadlines, Timeouts};

use cluster::{clocks, components, control_plane, describes, members, objects, tables};
use futures_util::future::BoxFuture;
use metrics::prometheus;
use node::{audit, journals, kernel, kubelet, pod_files, pod_logs, var_log};
use run::Run;
use run::item::Item;
use std::sync::Arc;

/// A collector, as the form its author fills in.
#[derive(Debug)]
pub struct Source {
    /// Its name on the command line and in outcomes.
    pub id: &'static str,
    pub title: &'static str,
    /// What an incident's story lacks without it.
    pub why: &'static str,
    /// What a ClusterRole has to grant.
    pub permissions: &'static [Permission],
    /// Where in the archive its entries are; capitals stand for names.
    pub paths: &'static [&'static str],
    /// The least thorough profile that has it. Quick is without what is slow to get and will be there tomorrow.
    pub profile: Profile,
    /// The most bytes one entry may have, twice as many in a deep run; what is cut is said in the outcome.
    pub cap: u64,
    /// How long one of its questions may take; `--timeout` sets other limits.
    pub deadlines: Deadlines,
    /// The subjects planned before anything is known of the cluster: what is recorded if nothing ever is. Empty if
    /// there is nothing to do.
    pub expect: fn(&Options) -> Vec<String>,
    /// Replaces the items of `expect` by finer ones and queues the work on them.
    pub run: fn(Arc<Run>, Vec<Item>) -> BoxFuture<'static, ()>,
}

impl Source {
    /// Whether it runs only where it is asked for by its name, whatever the profile.
    pub fn is_on_request(&self) -> bool {
        self.id == audit::SOURCE.id
    }

    /// Whether it reads what is here already, so that a cluster which does not answer is no reason to end it.
    pub fn asks_nobody(&self) -> bool {
        self.permissions.is_empty()
    }
}

/// One rule of a ClusterRole.
#[derive(Debug)]
pub struct Permission {
    pub on: On,
    pub verbs: &'static [&'static str],
    pub at: Scope,
}

/// Where a [`Permission`] is needed, if it is on something that is in namespaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// In the namespaces that were asked for, or in all.
    Chosen,
    /// In all, whatever was asked for, or in those asked for if that is denied.
    Anywhere,
    /// In this one, whatever was asked for.
    Namespace(&'static str),
}

/// What a [`Permission`] is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum On {
    Resources {
        /// Empty for the core group.
        group: &'static str,
        /// Plurals with a comma between them; a subresource stands behind a slash.
        plurals: &'static str,
    },
    /// Paths that are no resource: `nonResourceURLs`.
    Urls(&'static [&'static str]),
}

impl Permission {
    const fn new(group: &'static str, plurals: &'static str, verbs: &'static [&'static str]) -> Self {
        Self { on: On::Resources { group, plurals }, verbs, at: Scope::Chosen }
    }

    const fn at(self, at: Scope) -> Self {
        Self { at, ..self }
    }

    const fn urls(paths: &'static [&'static str]) -> Self {
        Self { on: On::Urls(paths), verbs: &["get"], at: Scope::Chosen }
    }
}

/// Of the resources in [`Permission`]s, those that are in no namespace: a Role cannot grant them, and a run that has
/// nothing but a Role goes on without them. From k8s.io/kubernetes v1.34.4, `NamespaceScoped` in pkg/registry.
pub const CLUSTER_SCOPED: &[&str] = &[
    "apiservices",
    "certificatesigningrequests",
    "clusterrolebindings",
    "clusterroles",
    "clustertrustbundles",
    "csidrivers",
    "csinodes",
    "customresourcedefinitions",
    "deviceclasses",
    "devicetaintrules",
    "flowschemas",
    "ingressclasses",
    "ipaddresses",
    "mutatingadmissionpolicies",
    "mutatingadmissionpolicybindings",
    "mutatingwebhookconfigurations",
    "namespaces",
    "nodes",
    "nodes/proxy",
    "persistentvolumes",
    "podsecuritypolicies",
    "priorityclasses",
    "prioritylevelconfigurations",
    "resourceslices",
    "runtimeclasses",
    "servicecidrs",
    "storageclasses",
    "storageversionmigrations",
    "storageversions",
    "validatingadmissionpolicies",
    "validatingadmissionpolicybindings",
    "validatingwebhookconfigurations",
    "volumeattachments",
    "volumeattributesclasses",
];

/// What every run needs before any collector begins: see `preflight`.
pub static ALWAYS: &[Permission] =
    &[Permission::urls(&["/version"]), Permission::new("", "namespaces", &["get"]).at(Scope::Namespace("kube-system"))];

/// Every collector, in alphabetical order; the order of the work is that of `run::job::Rank`.
pub static ALL: &[&Source] = &[
    &audit::SOURCE,
    &clocks::SOURCE,
    &components::SOURCE,
    &control_plane::SOURCE,
    &describes::SOURCE,
    &journals::SOURCE,
    &kernel::SOURCE,
    &kubelet::SOURCE,
    &members::SOURCE,
    &objects::SOURCE,
    &pod_files::SOURCE,
    &pod_logs::SOURCE,
    &prometheus::SOURCE,
    &recording::SOURCE,
    &tables::SOURCE,
    &var_log::SOURCE,
];

impl Options {
    /// Whether `source` was asked for.
    fn wants(&self, source: &Source) -> bool {
        self.wants_id(source.id)
    }

    fn wants_id(&self, id: &str) -> bool {
        self.sources.iter().any(|wanted| wanted.id == id)
    }

    /// The most bytes that an entry of `source` may have.
    fn cap(&self, source: &Source) -> u64 {
        self.profile.cap(source.cap)
    }

    /// The one subject of a source that finds its items later, if it was asked for.
    fn expected(&self, source: &Source, subject: &str) -> Vec<String> {
        if self.wants(source) { vec![subject.to_owned()] } else { Vec::new() }
    }
}

#[cfg(test)]
mod table_tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_complete() {
        let ids: Vec<&str> = ALL.iter().map(|source| source.id).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(ids, sorted);
        for source in ALL {
            assert!(!source.title.is_empty() && !source.why.is_empty() && !source.paths.is_empty(), "{}", source.id);
            let verbs = source.permissions.iter().flat_map(|permission| permission.verbs);
            assert!(verbs.into_iter().all(|verb| matches!(*verb, "get" | "list")), "{} writes", source.id);
        }
    }
}
