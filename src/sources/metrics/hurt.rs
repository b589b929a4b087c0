//! Which workloads were hurt or changed within the window: those whose application is worth asking for.
//!
//! Hurt are those of a pod that is not plainly healthy (`health` says what that is), changed those of a pod that was made
//! within the window. Pods are told by the names that their controller gives them, so that those that are gone count too.

use crate::model::Window;
use crate::objects::Pod;
use crate::sources::cluster::known::Known;
use crate::sources::run::Run;
use crate::sources::run::inventory::Objects;
use crate::sources::run::item::Closing;
use std::collections::BTreeMap;

/// The most text that selects pods: it stands in URLs, some programs on whose way take 8 KiB of one.
const MOST_TEXT: usize = 3_000;

/// Pods whose metrics are asked for, as selectors of PromQL without their braces.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Pods {
    /// One for each namespace.
    pub selectors: Vec<String>,
    pub workloads: usize,
    /// Workloads that there was no room for.
    pub left_out: usize,
}

/// The pods of all workloads that were hurt or changed.
pub async fn pods(run: &Run) -> Result<Pods, Closing> {
    let (pods, events) = tokio::join!(run.inventory.pods.wait(), run.inventory.events.wait());
    let (pods, events, window) = (pods?, events.unwrap_or_default(), run.options.window);
    let selected = tokio::task::spawn_blocking(move || select(pods, events, window));
    // It ends early only with the whole run.
    Ok(selected.await.unwrap_or_default())
}

fn select(pods: Objects, events: Objects, window: Window) -> Pods {
    let known = Known::new(pods, Objects::default(), events, window);
    // Whether each was hurt, by namespace and the names of its pods.
    let mut workloads: BTreeMap<(String, String), bool> = BTreeMap::new();
    for (number, pod) in known.pods.iter().enumerate() {
        let Some(pod) = pod.ok().and_then(|pod| serde_json::from_str::<Pod>(&pod).ok()) else { continue };
        let is_hurt = u32::try_from(number).is_ok_and(|number| known.unwell.binary_search(&number).is_ok());
        let is_changed = pod.metadata.creation_timestamp.is_some_and(|made| window.contains(made));
        if let (true, Some(names)) = (is_hurt || is_changed, names(&pod)) {
            *workloads.entry((pod.metadata.namespace, names)).or_default() |= is_hurt;
        }
    }
    let mut ordered: Vec<(&(String, String), bool)> = workloads.iter().map(|(of, is_hurt)| (of, *is_hurt)).collect();
    ordered.sort_by_key(|(_, is_hurt)| !is_hurt);
    let mut by_namespace: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let (mut length, mut taken) = (0, 0);
    for ((namespace, names), _) in &ordered {
        let more =
            names.len() + 1 + if by_namespace.contains_key(namespace.as_str()) { 0 } else { namespace.len() + 24 };
        if length + more > MOST_TEXT {
            break;
        }
        (length, taken) = (length + more, taken + 1);
        by_namespace.entry(namespace).or_default().push(names);
    }
    let selectors =
        by_namespace.iter().map(|(namespace, names)| format!(r#"namespace="{namespace}",pod=~"{}""#, names.join("|")));
    Pods { selectors: selectors.collect(), workloads: taken, left_out: ordered.len() - taken }
}

/// A pattern of the names of all pods of the same workload: whatever its controller appends to its own (Kubernetes
/// documentation, "Deployment", "StatefulSet", "DaemonSet", "Jobs"). None for a name that is no name of Kubernetes,
/// which would have to be quoted.
fn names(pod: &Pod) -> Option<String> {
    let is_plain = |name: &str| {
        !name.is_empty()
            && name.bytes().all(|sign| sign.is_ascii_lowercase() || sign.is_ascii_digit() || b"-.".contains(&sign))
    };
    let meta = &pod.metadata;
    let pattern = match meta.controller() {
        None | Some(("Node", _)) => (meta.name.as_str(), ""),
        Some(("ReplicaSet", set)) => {
            let hash = meta.labels.get("pod-template-hash");
            let deployment = hash.and_then(|hash| set.strip_suffix(hash.as_str())?.strip_suffix('-'));
            deployment.map_or((set, "-[a-z0-9]+"), |deployment| (deployment, "-[a-z0-9]+-[a-z0-9]+"))
        }
        Some(("StatefulSet", set)) => (set, "-[0-9]+"),
        Some(("Job", job)) => (job, "(-[0-9]+)?-[a-z0-9]+"),
        Some((_, owner)) if meta.name.starts_with(owner) => (owner, "-[a-z0-9]+"),
        Some(_) => (meta.name.as_str(), ""),
    };
    let is_known = is_plain(pattern.0) && is_plain(&meta.namespace);
    is_known.then(|| format!("{}{}", pattern.0.replace('.', "[.]"), pattern.1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    fn pod(name: &str, owner: &str, made: &str, ready: bool) -> String {
        let owners = match owner.split_once('/') {
            Some((kind, name)) => format!(r#"[{{"kind":"{kind}","name":"{name}","controller":true}}]"#),
            None => "[]".to_owned(),
        };
        format!(
            r#"{{"metadata":{{"name":"{name}","namespace":"shop","creationTimestamp":"{made}","labels":{{"pod-template-hash":"76c4fbc4d8"}},"ownerReferences":{owners}}},"spec":{{"containers":[{{"name":"app"}}]}},"status":{{"phase":"Running","containerStatuses":[{{"name":"app","ready":{ready},"restartCount":0,"state":{{"running":{{}}}},"lastState":{{}}}}]}}}}"#
        )
    }

    fn selected(pods: &[String]) -> Pods {
        let from = DateTime::parse_from_rfc3339("2026-11-26T14:00:00Z").expect("a time").to_utc();
        let pods = Objects::of(pods.iter().map(String::as_str));
        select(pods, Objects::default(), Window::new(from, from + TimeDelta::hours(1)))
    }

    const BEFORE: &str = "2026-11-25T14:00:00Z";
    const WITHIN: &str = "2026-11-26T14:10:00Z";

    #[test]
    fn what_is_well_and_as_it_was_is_not_asked_for() {
        assert_eq!(
            selected(&[pod("catalog-76c4fbc4d8-lxp9g", "ReplicaSet/catalog-76c4fbc4d8", BEFORE, true)]),
            Pods::default()
        );
        assert_eq!(selected(&[]), Pods::default());
    }

    #[test]
    fn pods_are_named_as_their_controller_names_them() {
        let check = |name: &str, owner: &str| selected(&[pod(name, owner, WITHIN, true)]).selectors.join(";");
        let deployment = r#"namespace="shop",pod=~"catalog-[a-z0-9]+-[a-z0-9]+""#;
        assert_eq!(check("catalog-76c4fbc4d8-lxp9g", "ReplicaSet/catalog-76c4fbc4d8"), deployment);
        assert_eq!(check("db-0", "StatefulSet/db"), r#"namespace="shop",pod=~"db-[0-9]+""#);
        assert_eq!(check("log-x7f2p", "DaemonSet/log"), r#"namespace="shop",pod=~"log-[a-z0-9]+""#);
        assert_eq!(check("etcd-cp-1", "Node/cp-1"), r#"namespace="shop",pod=~"etcd-cp-1""#);
        assert_eq!(check("a.b", ""), r#"namespace="shop",pod=~"a[.]b""#);
        assert_eq!(check("a\\\"}", ""), "", "what would end the selector is left out");
    }

    #[test]
    fn the_hurt_come_first_where_there_is_no_room_for_all() {
        let all: Vec<String> =
            (0..200).map(|at| pod(&format!("workload-number-{at}"), "", WITHIN, at != 199)).collect();
        let pods = selected(&all);
        assert!(pods.workloads < 200 && pods.workloads + pods.left_out == 200, "{pods:?}");
        assert!(pods.selectors.join("").contains("workload-number-199") && pods.selectors.join("").len() < MOST_TEXT);
    }
}
