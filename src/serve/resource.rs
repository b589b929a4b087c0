//! Which kinds are served: those that the cluster's own discovery named, each in the version in which it was listed, else
//! those of which there are objects.

use crate::objects::kinds;
use serde::Deserialize;
use std::collections::BTreeSet;

/// A kind, and how the API's paths name it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Resource {
    /// Empty for the core.
    pub group: String,
    pub version: String,
    pub plural: String,
    pub kind: String,
    pub singular: String,
    pub short: Vec<String>,
    pub categories: Vec<String>,
    pub namespaced: bool,
}

impl Resource {
    /// The plural with its group behind a dot, as an archive's paths have it.
    pub fn full(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// `v1` or `GROUP/VERSION`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// By its full plural and kind, with the names that kubectl knows of it.
    pub fn named(full: &str, kind: &str, version: &str, namespaced: bool) -> Self {
        let (plural, group) = full.split_once('.').unwrap_or((full, ""));
        Self {
            group: group.to_owned(),
            version: version.to_owned(),
            plural: plural.to_owned(),
            kind: kind.to_owned(),
            singular: kind.to_lowercase(),
            short: kinds::short_names(kind).map(str::to_owned).collect(),
            categories: Vec::new(),
            namespaced,
        }
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Told {
    items: Vec<Group>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Group {
    metadata: GroupName,
    versions: Vec<Version>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct GroupName {
    name: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Version {
    version: String,
    resources: Vec<Listed>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Listed {
    resource: String,
    response_kind: ListedKind,
    scope: String,
    singular_resource: String,
    verbs: Vec<String>,
    short_names: Vec<String>,
    categories: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ListedKind {
    kind: String,
}

/// What an aggregated discovery names that can be listed, in its order; each kind in the first version that has it, which
/// is the one it is collected in. Nothing where it is of the older form, which names groups alone.
pub fn told(discovery: &[u8]) -> Vec<Resource> {
    let told: Told = serde_json::from_slice(discovery).unwrap_or_default();
    let (mut seen, mut all) = (BTreeSet::new(), Vec::new());
    for group in told.items {
        for version in group.versions {
            for listed in version.resources {
                let is_named = is_plain(&listed.resource) && is_plain(&version.version);
                let is_listed = listed.verbs.iter().any(|verb| verb == "list");
                if is_named && is_listed && seen.insert((group.metadata.name.clone(), listed.resource.clone())) {
                    all.push(Resource {
                        group: group.metadata.name.clone(),
                        version: version.version.clone(),
                        plural: listed.resource,
                        kind: listed.response_kind.kind,
                        singular: listed.singular_resource,
                        short: listed.short_names,
                        categories: listed.categories,
                        namespaced: listed.scope == "Namespaced",
                    });
                }
            }
        }
    }
    all
}

/// Names become parts of paths.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_served_in_the_version_it_was_listed_in() {
        let told = told(
            br#"{"items":[{"metadata":{"name":"autoscaling"},"versions":[
            {"version":"v2","resources":[{"resource":"horizontalpodautoscalers","responseKind":{"kind":"HorizontalPodAutoscaler"},
             "scope":"Namespaced","verbs":["get","list"],"shortNames":["hpa"]},{"resource":"reviews","verbs":["create"]}]},
            {"version":"v1","resources":[{"resource":"horizontalpodautoscalers","verbs":["list"]}]}]}]}"#,
        );
        let [hpa] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(
            (hpa.full().as_str(), hpa.api_version().as_str()),
            ("horizontalpodautoscalers.autoscaling", "autoscaling/v2")
        );
        assert!(hpa.namespaced && hpa.short == ["hpa"]);
        assert_eq!(super::told(br#"{"kind":"APIGroupList","groups":[]}"#), []);
        assert_eq!(super::told(b"no JSON"), []);
    }
}
