//! What an API server says that it serves, in either of the two forms it says it in.
//!
//! Aggregated discovery (KEP-3352) has all groups and kinds in one answer: `apidiscovery.k8s.io/v2` from Kubernetes
//! 1.30 on, `v2beta1` from 1.26. Older servers name groups and versions, and have to be asked for the kinds of each.
//! A server that knows neither of the first two answers in the old form, as they are asked for in one `Accept`
//! (k8s.io/client-go v0.34.4, discovery/discovery_client.go). Nothing here asks anything; names that could not be a
//! part of a path are left out.

use super::status::quoted;
use serde::Deserialize;

/// Asks for the newest form the server knows.
pub const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// Kinds, or versions of groups, that one answer may name. Clusters with many operators have some thousands; each kind
/// becomes a list to ask for.
const MOST: usize = 20_000;

/// A group of kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Empty for the core group.
    pub name: String,
    /// The preferred one first.
    pub versions: Vec<Version>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    pub name: String,
    pub serves: Serves,
}

/// What is known of a version's kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Serves {
    Kinds(Vec<Resource>),
    /// Whoever serves them did not answer when the API server asked last; these it knows from before
    /// (k8s.io/kube-aggregator v0.34.4, pkg/apiserver/handler_discovery.go).
    Stale(Vec<Resource>),
    /// They have to be asked for: `/apis/GROUP/VERSION`.
    NotTold,
}

/// A kind that can be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resource {
    pub plural: String,
    pub namespaced: bool,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    kind: String,
    /// Of `APIGroupDiscoveryList`.
    items: Option<Vec<WholeGroup>>,
    /// Of `APIGroupList`.
    groups: Option<Vec<NamedGroup>>,
    /// Of `APIVersions`, the core group.
    versions: Option<Vec<String>>,
    /// Of `APIResourceList`.
    resources: Option<Vec<NamedResource>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WholeGroup {
    metadata: super::list::IdentityMeta,
    versions: Option<Vec<WholeVersion>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WholeVersion {
    version: String,
    freshness: String,
    resources: Option<Vec<WholeResource>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WholeResource {
    resource: String,
    scope: String,
    verbs: Option<Vec<String>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NamedGroup {
    name: String,
    versions: Option<Vec<NamedVersion>>,
    preferred_version: Option<NamedVersion>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedVersion {
    version: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct NamedResource {
    /// With a slash, a subresource.
    name: String,
    namespaced: bool,
    verbs: Option<Vec<String>>,
}

/// The groups in an answer to `/api` or `/apis`. The error quotes what came instead.
pub fn groups(body: &[u8]) -> Result<Vec<Group>, String> {
    let wire = read(body)?;
    let groups: Vec<Group> = match wire.kind.as_str() {
        "APIGroupDiscoveryList" => wire.items.unwrap_or_default().into_iter().map(whole_group).collect(),
        "APIGroupList" => wire.groups.unwrap_or_default().into_iter().map(named_group).collect(),
        "APIVersions" => vec![not_told(String::new(), wire.versions.unwrap_or_default())],
        _ => return Err(format!("the answer names no groups: {}", quoted(body))),
    };
    let kinds = |version: &Version| match &version.serves {
        Serves::Kinds(resources) | Serves::Stale(resources) => resources.len().max(1),
        Serves::NotTold => 1,
    };
    if groups.iter().flat_map(|group| &group.versions).map(kinds).sum::<usize>() > MOST {
        return Err(format!("the answer names more than {MOST} kinds"));
    }
    let is_plain_group = |group: &Group| group.name.is_empty() || is_plain(&group.name);
    Ok(groups.into_iter().filter(is_plain_group).collect())
}

/// The kinds in an answer to `/api/VERSION` or `/apis/GROUP/VERSION`.
pub fn resources(body: &[u8]) -> Result<Vec<Resource>, String> {
    let wire = read(body)?;
    if wire.kind != "APIResourceList" {
        return Err(format!("the answer names no kinds: {}", quoted(body)));
    }
    let resource = |found: NamedResource| listable(found.name, found.namespaced, found.verbs);
    let resources: Vec<Resource> = wire.resources.unwrap_or_default().into_iter().filter_map(resource).collect();
    if resources.len() > MOST { Err(format!("the answer names more than {MOST} kinds")) } else { Ok(resources) }
}

/// Each kind once, with the version to ask for it in: the preferred one, or the first that has it. A group's kinds
/// are not all in its preferred version, as `cronjobs` are not in `batch/v1` of Kubernetes 1.20.
pub fn preferred(versions: Vec<(String, Vec<Resource>)>) -> Vec<(String, Resource)> {
    let mut seen = std::collections::BTreeSet::new();
    let all = versions
        .into_iter()
        .flat_map(|(version, resources)| resources.into_iter().map(move |resource| (version.clone(), resource)));
    all.filter(|(_, resource)| seen.insert(resource.plural.clone())).collect()
}

fn read(body: &[u8]) -> Result<Wire, String> {
    serde_json::from_slice(body).map_err(|error| format!("the answer cannot be read ({error}): {}", quoted(body)))
}

fn whole_group(group: WholeGroup) -> Group {
    let versions = group.versions.unwrap_or_default().into_iter().filter(|version| is_plain(&version.version));
    let version = |found: WholeVersion| {
        let resource =
            |found: WholeResource| listable(found.resource, found.scope.as_str() == "Namespaced", found.verbs);
        let resources = found.resources.unwrap_or_default().into_iter().filter_map(resource).collect();
        let serves = if found.freshness == "Stale" { Serves::Stale(resources) } else { Serves::Kinds(resources) };
        Version { name: found.version, serves }
    };
    Group { name: group.metadata.name, versions: versions.map(version).collect() }
}

fn named_group(group: NamedGroup) -> Group {
    let preferred = group.preferred_version.map(|version| version.version);
    let others = group.versions.unwrap_or_default().into_iter().map(|version| version.version);
    let others = others.filter(|version| Some(version) != preferred.as_ref()).collect::<Vec<_>>();
    not_told(group.name, preferred.into_iter().chain(others).collect())
}

fn not_told(name: String, versions: Vec<String>) -> Group {
    let versions = versions.into_iter().filter(|version| is_plain(version));
    Group { name, versions: versions.map(|name| Version { name, serves: Serves::NotTold }).collect() }
}

/// A kind that can be listed; subresources, and what can only be created or got, are none.
fn listable(plural: String, namespaced: bool, verbs: Option<Vec<String>>) -> Option<Resource> {
    let lists = verbs.into_iter().flatten().any(|verb| verb == "list");
    (lists && is_plain(&plural)).then_some(Resource { plural, namespaced })
}

/// Whether it is a name of the API: a DNS subdomain (RFC 1123), as Kubernetes wants of groups and plurals.
fn is_plain(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        !label.is_empty() && label.bytes().all(is_inner)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn resource(plural: &str, namespaced: bool) -> Resource {
        Resource { plural: plural.into(), namespaced }
    }

    fn version(name: &str, serves: Serves) -> Version {
        Version { name: name.into(), serves }
    }

    #[test]
    fn all_in_one_answer() {
        let body = br#"{"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","metadata":{},"items":[
            {"metadata":{"name":"apps","creationTimestamp":null},"versions":[{"version":"v1","freshness":"Current","resources":[
                {"resource":"deployments","responseKind":{"group":"","version":"","kind":"Deployment"},"scope":"Namespaced","singularResource":"deployment","verbs":["create","list"],"subresources":[{"subresource":"scale","verbs":["get"]}]},
                {"resource":"reviews","scope":"Cluster","verbs":["create"]},
                {"resource":"odd","scope":"Cluster","verbs":null}]}]},
            {"metadata":{"name":"metrics.k8s.io"},"versions":[{"version":"v1beta1","freshness":"Stale"}]}]}"#;
        assert_eq!(
            groups(body).expect("groups"),
            [
                Group {
                    name: "apps".into(),
                    versions: vec![version("v1", Serves::Kinds(vec![resource("deployments", true)]))]
                },
                Group { name: "metrics.k8s.io".into(), versions: vec![version("v1beta1", Serves::Stale(Vec::new()))] },
            ]
        );
    }

    #[test]
    fn one_after_the_other() {
        let core = groups(br#"{"kind":"APIVersions","versions":["v1"],"serverAddressByClientCIDRs":[]}"#);
        let not_told = |name: &str, versions: &[&str]| Group {
            name: name.into(),
            versions: versions.iter().map(|name| version(name, Serves::NotTold)).collect(),
        };
        assert_eq!(core.expect("a group"), [not_told("", &["v1"])]);
        let body = br#"{"kind":"APIGroupList","apiVersion":"v1","groups":[{"name":"batch","versions":[{"groupVersion":"batch/v1beta1","version":"v1beta1"},{"groupVersion":"batch/v1","version":"v1"}],"preferredVersion":{"groupVersion":"batch/v1","version":"v1"}}]}"#;
        assert_eq!(groups(body).expect("groups"), [not_told("batch", &["v1", "v1beta1"])]);
        let body = br#"{"kind":"APIResourceList","groupVersion":"batch/v1","resources":[{"name":"jobs","namespaced":true,"kind":"Job","verbs":["get","list"]},{"name":"jobs/status","namespaced":true,"kind":"Job","verbs":["get","list"]}]}"#;
        assert_eq!(resources(body).expect("kinds"), [resource("jobs", true)]);
    }

    #[test]
    fn a_kind_is_taken_once_in_the_preferred_version_that_has_it() {
        let versions = vec![
            ("v1".to_owned(), vec![resource("jobs", true)]),
            ("v1beta1".to_owned(), vec![resource("jobs", true), resource("cronjobs", true)]),
        ];
        assert_eq!(
            preferred(versions),
            [("v1".to_owned(), resource("jobs", true)), ("v1beta1".to_owned(), resource("cronjobs", true))]
        );
    }

    #[test]
    fn other_answers_are_errors() {
        for body in [&b"<html>Sign in</html>"[..], br#"{"kind":"Status","message":"no"}"#, b"[]", b"{}"] {
            assert!(groups(body).is_err() && resources(body).is_err(), "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_left_out() {
        for name in ["", "..", "a/b", "a?b", "A", "a..b", "ä", "a b"] {
            assert!(!is_plain(name), "{name}");
        }
        let body = br#"{"kind":"APIGroupList","groups":[{"name":"../x","versions":[{"version":"v1"}]},{"name":"a","versions":[{"version":"../.."}]}]}"#;
        assert_eq!(groups(body).expect("groups"), [Group { name: "a".into(), versions: Vec::new() }]);
    }

    #[test]
    fn a_flood_of_kinds_is_refused() {
        let all = |count: usize| {
            let kinds: Vec<String> =
                (0..count).map(|number| format!(r#"{{"name":"k{number}","verbs":["list"]}}"#)).collect();
            let kinds = kinds.join(",");
            let whole = kinds.replace("\"name\"", "\"resource\"");
            (
                format!(r#"{{"kind":"APIResourceList","resources":[{kinds}]}}"#),
                format!(
                    r#"{{"kind":"APIGroupDiscoveryList","items":[{{"metadata":{{"name":"a"}},"versions":[{{"version":"v1","resources":[{whole}]}}]}}]}}"#
                ),
            )
        };
        let (list, whole) = all(MOST);
        assert!(resources(list.as_bytes()).is_ok() && groups(whole.as_bytes()).is_ok());
        let (list, whole) = all(MOST + 1);
        assert!(resources(list.as_bytes()).is_err() && groups(whole.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn whatever_comes_is_taken_or_refused(body in proptest::collection::vec(any::<u8>(), 0..200), cut in 0_usize..300) {
            let whole = br#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"a.b"},"versions":[{"version":"v1","freshness":"Stale","resources":[{"resource":"c","scope":"Cluster","verbs":["list"]}]}]}]}"#;
            let mut changed = whole.to_vec();
            let at = cut.min(changed.len());
            changed.splice(at..at, body.iter().copied());
            for bytes in [body.as_slice(), changed.as_slice(), whole.get(..at).unwrap_or_default()] {
                let _ = resources(bytes);
                for group in groups(bytes).unwrap_or_default() {
                    prop_assert!(group.name.is_empty() || is_plain(&group.name));
                    prop_assert!(group.versions.iter().all(|version| is_plain(&version.name)));
                }
            }
        }
    }
}
