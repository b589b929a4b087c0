//! The permissions that a run needs, and the collectors that need each.

use super::{Attributes, OnResource};
use crate::sources::cluster::list_request::{Kind, Request, kept_requests};
use crate::sources::cluster::listing;
use crate::sources::cluster::{objects, tables};
use crate::sources::metrics::prometheus;
use crate::sources::node_pods::Allowed;
use crate::sources::{ALL, ALWAYS, CLUSTER_SCOPED, On, Options, Permission, Scope};
use std::collections::{BTreeMap, BTreeSet};

/// Who needs what every run asks, whatever collectors it has.
pub const EVERY_RUN: &str = "every run";
/// Who needs what is done to pods on nodes.
pub const NODE_PODS: &str = "--allow-pods";
/// Who needs what removes those that a killed run has left.
pub const CLEANUP: &str = "cleanup";

/// Permissions, each with who needs it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs(pub BTreeMap<Attributes, BTreeSet<&'static str>>);

/// Where what may be [`Scope::Anywhere`] is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    Everywhere,
    /// In the namespaces that were asked for.
    Chosen,
}

impl Needs {
    /// What is needed before anything is known of the cluster but its version: all but the kinds that it tells of.
    pub fn of(options: &Options, reach: Reach, version: Option<&str>) -> Self {
        let mut needs = Self::default();
        ALWAYS.iter().for_each(|permission| needs.add_permission(EVERY_RUN, permission, options, reach));
        let listed = kept_requests(options);
        listed.iter().for_each(|request| needs.add_request(request));
        if options.wants(&objects::SOURCE) {
            for path in ["/api", "/api/*", "/apis", "/apis/*"] {
                needs.add(objects::SOURCE.id, Attributes::Url { path: path.to_owned() });
            }
        }
        for source in ALL.iter().filter(|source| options.wants(source)) {
            // The kinds are the cluster's own; and nobody in it is asked for a Prometheus outside.
            let is_outside = source.id == prometheus::SOURCE.id && options.prometheus.is_some();
            if source.id == objects::SOURCE.id || is_outside {
                continue;
            }
            for permission in source.permissions {
                needs.add_permission(source.id, permission, options, reach);
            }
        }
        if let Some(allowed) = &options.access.pods {
            of_pods(allowed, version).into_iter().for_each(|(user, on)| needs.add(user, Attributes::Resource(on)));
        }
        needs
    }

    /// Of these, what is got of each node, pod or Service as soon as those are known.
    pub fn of_details(options: &Options) -> Self {
        let Self(mut needs) = Self::of(options, Reach::Everywhere, None);
        needs.retain(|attributes, users| match attributes {
            Attributes::Resource(on) => !on.subresource.is_empty() && !users.contains(NODE_PODS),
            Attributes::Url { .. } => false,
        });
        Self(needs)
    }

    /// Adds the lists of `kinds`, those of custom ones as tables, too.
    pub fn add_kinds(&mut self, options: &Options, kinds: impl IntoIterator<Item = Kind>) {
        let takes_tables = options.wants(&tables::SOURCE) && options.wants(&objects::SOURCE);
        for request in kinds.into_iter().flat_map(|kind| Request::all(kind, &options.namespaces)) {
            self.add_request(&request);
            if takes_tables && tables::is_printed(&request.kind) {
                self.add(tables::SOURCE.id, Attributes::of_get(&listing::path(&request, 1, "")));
            }
        }
    }

    /// Adds the kinds of Kubernetes itself, where the cluster does not tell which it has.
    pub fn add_usual_kinds(&mut self, options: &Options) {
        for permission in objects::SOURCE.permissions {
            self.add_permission(objects::SOURCE.id, permission, options, Reach::Chosen);
        }
    }

    fn add_request(&mut self, request: &Request) {
        self.add(objects::SOURCE.id, Attributes::of_get(&listing::path(request, 1, "")));
    }

    fn add_permission(&mut self, user: &'static str, permission: &Permission, options: &Options, reach: Reach) {
        match permission.on {
            On::Urls(paths) => {
                paths.iter().for_each(|path| self.add(user, Attributes::Url { path: (*path).to_owned() }));
            }
            On::Resources { group, plurals } => {
                for (plural, verb) in
                    plurals.split(',').flat_map(|plural| permission.verbs.iter().map(move |verb| (plural, verb)))
                {
                    let on = OnResource::new(verb, group, plural);
                    // What is got of each node or pod is known from their list.
                    let lists = matches!(plural, "nodes/proxy" | "pods/log");
                    let list = lists.then(|| OnResource::new("list", "", &on.resource));
                    for on in std::iter::once(on).chain(list) {
                        self.add_placed(user, &on, (permission.at, reach), options);
                    }
                }
            }
        }
    }

    fn add_placed(&mut self, user: &'static str, on: &OnResource, at: (Scope, Reach), options: &Options) {
        let is_of_cluster = CLUSTER_SCOPED.contains(&on.of_rule().as_str()) && at.0 == Scope::Chosen;
        match at {
            (Scope::Namespace(namespace), _) => self.add(user, Attributes::Resource(on.in_namespace(namespace))),
            (Scope::Anywhere, Reach::Everywhere) => self.add(user, Attributes::Resource(on.clone())),
            _ if is_of_cluster || options.namespaces.is_empty() => self.add(user, Attributes::Resource(on.clone())),
            _ => {
                let placed = options.namespaces.iter().map(|namespace| on.in_namespace(namespace));
                placed.for_each(|on| self.add(user, Attributes::Resource(on)));
            }
        }
    }

    fn add(&mut self, user: &'static str, attributes: Attributes) {
        self.0.entry(attributes).or_default().insert(user);
    }
}

/// What pods on nodes need in a cluster of `version`, and removing them.
///
/// Exec by WebSocket begins with a GET and needs `get`; from Kubernetes 1.35 on it needs `create` as well
/// (`AuthorizePodWebsocketUpgradeCreatePermission`, <https://github.com/kubernetes/kubernetes/pull/134577>).
/// Where the version is not known both are named.
pub fn of_pods(allowed: &Allowed, version: Option<&str>) -> Vec<(&'static str, OnResource)> {
    let mut needs = vec![
        (NODE_PODS, OnResource::new("create", "batch", "jobs")),
        (NODE_PODS, OnResource::new("delete", "batch", "jobs")),
        (NODE_PODS, OnResource::new("list", "", "pods")),
        (NODE_PODS, OnResource::new("list", "", "events")),
        (NODE_PODS, OnResource::new("get", "", "pods/exec")),
        (CLEANUP, OnResource::new("list", "batch", "jobs")),
    ];
    if version.and_then(minor).is_none_or(|minor| minor >= 35) {
        needs.push((NODE_PODS, OnResource::new("create", "", "pods/exec")));
    }
    needs.into_iter().map(|(user, on)| (user, on.in_namespace(&allowed.namespace))).collect()
}

/// 34 of `v1.34.4`.
fn minor(version: &str) -> Option<u32> {
    let minor = version.strip_prefix("v1.")?.split(|c: char| !c.is_ascii_digit()).next()?;
    minor.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exec_needs_more_from_a_version_on() {
        let verbs = |version: Option<&str>| {
            let needs = of_pods(&Allowed::default(), version).into_iter();
            let exec = needs.filter(|(_, on)| on.subresource == "exec");
            exec.map(|(_, on)| on.verb).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(verbs(Some("v1.34.4")), "get");
        assert_eq!([verbs(Some("v1.35.0-eks-1")), verbs(Some("v1.36+")), verbs(None)], ["get create"; 3]);
    }
}
