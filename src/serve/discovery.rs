//! What there is to be asked for, as clients find it out: `/api`, `/apis` and what is below, in the older form, one
//! document for each group, and in the newer, all at once.

use super::answer::{Answer, Refusal};
use super::ask::Ask;
use super::resource::Resource;
use super::store::Store;
use crate::archive::layout;
use serde_json::{Map, Value, json};

/// What is done with objects here.
const VERBS: [&str; 3] = ["get", "list", "watch"];

/// The content type of the newer form.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

/// Kinds that are answered and not stored: who asks may know what is allowed here.
pub const REVIEWS: [(&str, &str); 2] =
    [("selfsubjectaccessreviews", "SelfSubjectAccessReview"), ("selfsubjectrulesreviews", "SelfSubjectRulesReview")];

/// The group of these.
pub const AUTHORIZATION: &str = "authorization.k8s.io";

/// `/version`: the cluster's own, where it is known.
pub fn version(store: &Store) -> Answer {
    match store.document(layout::VERSION) {
        Some(version) => Answer::text(200, "application/json", version),
        None => {
            let version = store.inputs().header().cluster.version.unwrap_or_default();
            let mut parts = version.trim_start_matches('v').split('.');
            let mut part = || parts.next().unwrap_or_default().to_owned();
            let (major, minor) = (part(), part());
            Answer::json(&json!({"major": major, "minor": minor, "gitVersion": version}))
        }
    }
}

/// `/api`.
pub fn core(store: &Store, ask: &Ask) -> Answer {
    if ask.wants_aggregated() {
        return aggregated(store, true);
    }
    Answer::json(&json!({"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}))
}

/// `/apis`.
pub fn groups(store: &Store, ask: &Ask) -> Answer {
    if ask.wants_aggregated() {
        return aggregated(store, false);
    }
    let groups: Vec<Value> = versions(store).iter().map(|(group, versions)| group_document(group, versions)).collect();
    Answer::json(&json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}))
}

/// `/apis/GROUP`.
pub fn group(store: &Store, name: &str) -> Result<Answer, Refusal> {
    let all = versions(store);
    let (group, versions) = all.iter().find(|(group, _)| group == name).ok_or_else(Refusal::no_path)?;
    let mut document = group_document(group, versions);
    if let Some(document) = document.as_object_mut() {
        document.insert("kind".to_owned(), "APIGroup".into());
        document.insert("apiVersion".to_owned(), "v1".into());
    }
    Ok(Answer::json(&document))
}

/// `/api/v1` and `/apis/GROUP/VERSION`.
pub fn kinds(store: &Store, group: &str, version: &str) -> Result<Answer, Refusal> {
    let of = store.resources().iter().filter(|one| one.group == group && one.version == version);
    let mut resources: Vec<Value> = of.map(listed).collect();
    if group == AUTHORIZATION && version == "v1" {
        resources.extend(REVIEWS.iter().map(|(plural, kind)| {
            json!({"name": plural, "singularName": "", "namespaced": false, "kind": kind, "verbs": ["create"]})
        }));
    }
    if resources.is_empty() {
        return Err(Refusal::no_path());
    }
    let of = if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") };
    Ok(Answer::json(
        &json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": of, "resources": resources}),
    ))
}

fn listed(of: &Resource) -> Value {
    let mut listed = json!({
        "name": of.plural, "singularName": of.singular, "namespaced": of.namespaced, "kind": of.kind, "verbs": VERBS,
    });
    add_names(&mut listed, of);
    listed
}

/// Names are left out where there are none.
fn add_names(document: &mut Value, of: &Resource) {
    let Some(document) = document.as_object_mut() else { return };
    for (field, names) in [("shortNames", &of.short), ("categories", &of.categories)] {
        if !names.is_empty() {
            document.insert(field.to_owned(), json!(names));
        }
    }
}

/// Groups but the core, with their versions, in the order in which the cluster named them.
fn versions(store: &Store) -> Vec<(String, Vec<String>)> {
    let mut groups: Vec<(String, Vec<String>)> = Vec::new();
    let named = store.resources().iter().map(|one| (one.group.as_str(), one.version.as_str()));
    for (group, version) in named.chain([(AUTHORIZATION, "v1")]).filter(|(group, _)| !group.is_empty()) {
        match groups.iter_mut().find(|(known, _)| known == group) {
            Some((_, versions)) if versions.iter().all(|known| known != version) => versions.push(version.to_owned()),
            Some(_) => {}
            None => groups.push((group.to_owned(), vec![version.to_owned()])),
        }
    }
    groups
}

fn group_document(group: &str, versions: &[String]) -> Value {
    let one = |version: &String| json!({"groupVersion": format!("{group}/{version}"), "version": version});
    let versions: Vec<Value> = versions.iter().map(one).collect();
    json!({"name": group, "versions": versions, "preferredVersion": versions.first()})
}

fn aggregated(store: &Store, is_core: bool) -> Answer {
    let groups = if is_core { vec![(String::new(), vec!["v1".to_owned()])] } else { versions(store) };
    let items: Vec<Value> = groups
        .iter()
        .map(|(group, versions)| {
            let versions: Vec<Value> =
                versions.iter().map(|version| aggregated_version(store, group, version)).collect();
            let metadata = if group.is_empty() { json!({}) } else { json!({"name": group}) };
            json!({"metadata": metadata, "versions": versions})
        })
        .collect();
    let document = json!({
        "kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items,
    });
    Answer::text(200, AGGREGATED, document.to_string().into_bytes())
}

fn aggregated_version(store: &Store, group: &str, version: &str) -> Value {
    let of = store.resources().iter().filter(|one| one.group == group && one.version == version);
    let kind = |kind: &str| json!({"group": group, "version": version, "kind": kind});
    let mut resources: Vec<Value> = of
        .map(|one| {
            let scope = if one.namespaced { "Namespaced" } else { "Cluster" };
            let mut document = json!({
                "resource": one.plural, "responseKind": kind(&one.kind), "scope": scope,
                "singularResource": one.singular, "verbs": VERBS,
            });
            add_names(&mut document, one);
            document
        })
        .collect();
    if group == AUTHORIZATION {
        resources.extend(REVIEWS.iter().map(|(plural, name)| {
            json!({"resource": plural, "responseKind": kind(name), "scope": "Cluster", "singularResource": "", "verbs": ["create"]})
        }));
    }
    let mut document = Map::new();
    document.insert("version".to_owned(), version.into());
    document.insert("resources".to_owned(), resources.into());
    document.insert("freshness".to_owned(), "Current".into());
    document.into()
}
