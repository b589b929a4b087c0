//! What a request is judged by: what the API server makes of its method and path before it asks whether it is allowed.

use k8s_openapi::api::authorization::v1::{
    NonResourceAttributes, ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use std::fmt;

/// A verb, and what it is on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum Attributes {
    Resource(OnResource),
    /// `get` on a path that is no resource, as `/livez`.
    Url {
        path: String,
    },
}

/// As in `ResourceAttributes` of a review, empty stands for all: all namespaces, all names. The group of the core API is
/// empty as well.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct OnResource {
    pub verb: String,
    pub group: String,
    /// The plural.
    pub resource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub subresource: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub namespace: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
}

impl OnResource {
    /// `verb` on `resource`, which may have a subresource behind a slash, in all namespaces.
    pub fn new(verb: &str, group: &str, resource: &str) -> Self {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let [verb, group, resource, subresource] = [verb, group, resource, subresource].map(str::to_owned);
        Self { verb, group, resource, subresource, ..Self::default() }
    }

    /// The same in one namespace.
    pub fn in_namespace(&self, namespace: &str) -> Self {
        Self { namespace: namespace.to_owned(), ..self.clone() }
    }

    /// As a rule of a role has it: `pods/log`.
    pub fn of_rule(&self) -> String {
        if self.subresource.is_empty() {
            self.resource.clone()
        } else {
            format!("{}/{}", self.resource, self.subresource)
        }
    }

    /// As people have it: `deployments.apps`, `pods/log`.
    pub fn called(&self) -> String {
        if self.group.is_empty() { self.of_rule() } else { format!("{}.{}", self.of_rule(), self.group) }
    }
}

impl Attributes {
    /// Those of a GET of `path`, as `NewRequestInfo` has them (k8s.io/apiserver v0.34.4,
    /// pkg/endpoints/request/requestinfo.go). Nothing is watched here, and nothing listed by its name.
    pub fn of_get(path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let parts: Vec<String> =
            path.trim_matches('/').split('/').map(|part| percent_decode_str(part).decode_utf8_lossy().into()).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["api", _, first, rest @ ..] => Self::Resource(on_resource("", first, rest)),
            ["apis", group, _, first, rest @ ..] => Self::Resource(on_resource(group, first, rest)),
            _ => Self::Url { path: path.to_owned() },
        }
    }

    /// What includes these attributes, the widest first, themselves last: what is allowed in all namespaces is in each,
    /// and on all names on each.
    pub fn widest_first(&self) -> Vec<Self> {
        let Self::Resource(own) = self else { return vec![self.clone()] };
        let of_all_names = OnResource { name: String::new(), ..own.clone() };
        let mut all = vec![of_all_names.in_namespace(""), of_all_names, own.clone()];
        all.dedup();
        all.into_iter().map(Self::Resource).collect()
    }

    /// The question whether we are allowed what they say.
    pub fn review(&self) -> SelfSubjectAccessReview {
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        let spec = match self {
            Self::Resource(on) => SelfSubjectAccessReviewSpec {
                resource_attributes: Some(ResourceAttributes {
                    verb: some(&on.verb),
                    group: some(&on.group),
                    resource: some(&on.resource),
                    subresource: some(&on.subresource),
                    namespace: some(&on.namespace),
                    name: some(&on.name),
                    ..ResourceAttributes::default()
                }),
                ..SelfSubjectAccessReviewSpec::default()
            },
            Self::Url { path } => SelfSubjectAccessReviewSpec {
                non_resource_attributes: Some(NonResourceAttributes { path: some(path), verb: Some("get".to_owned()) }),
                ..SelfSubjectAccessReviewSpec::default()
            },
        };
        SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() }
    }
}

fn on_resource(group: &str, first: &str, rest: &[&str]) -> OnResource {
    let (namespace, parts) = match (first, rest) {
        ("namespaces", [namespace, rest @ ..]) if !rest.is_empty() => (*namespace, rest),
        // A namespace is in itself.
        ("namespaces", [namespace]) => (*namespace, [].as_slice()),
        _ => ("", [].as_slice()),
    };
    let parts: Vec<&str> =
        if parts.is_empty() { std::iter::once(first).chain(rest.iter().copied()).collect() } else { parts.to_vec() };
    let part = |at: usize| parts.get(at).copied().unwrap_or_default().to_owned();
    let verb = if parts.len() > 1 { "get" } else { "list" };
    OnResource {
        verb: verb.to_owned(),
        group: group.to_owned(),
        resource: part(0),
        subresource: part(2),
        namespace: namespace.to_owned(),
        name: part(1),
    }
}

impl fmt::Display for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url { path } => write!(f, "get {path}"),
            Self::Resource(on) => {
                write!(f, "{} {}", on.verb, on.called())?;
                match (on.name.as_str(), on.namespace.as_str()) {
                    ("", "") => Ok(()),
                    ("", namespace) => write!(f, " in namespace {namespace}"),
                    (name, "") => write!(f, " of {name}"),
                    (name, namespace) => write!(f, " of {namespace}/{name}"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(path: &str) -> String {
        Attributes::of_get(path).to_string()
    }

    #[test]
    fn paths_are_judged_as_the_api_server_does() {
        let cases = [
            ("/api/v1/pods?limit=500", "list pods"),
            ("/api/v1/namespaces/shop/pods?limit=500&continue=a%2Fb", "list pods in namespace shop"),
            ("/apis/apps/v1/namespaces/shop/deployments", "list deployments.apps in namespace shop"),
            ("/apis/metrics.k8s.io/v1beta1/nodes", "list nodes.metrics.k8s.io"),
            ("/api/v1/namespaces", "list namespaces"),
            ("/api/v1/namespaces/kube-system", "get namespaces of kube-system/kube-system"),
            ("/api/v1/nodes/node-1/proxy/logs/journal/?x=/pods/y", "get nodes/proxy of node-1"),
            ("/api/v1/namespaces/shop/pods/api-0/log?container=app", "get pods/log of shop/api-0"),
            ("/api/v1/namespaces/m/services/https:a:9090/proxy/api/v1/query", "get services/proxy of m/https:a:9090"),
            ("/api/v1/namespaces/a%2Fb/pods", "list pods in namespace a/b"),
            ("/livez?verbose", "get /livez"),
            ("/api", "get /api"),
            ("/apis/apps/v1", "get /apis/apps/v1"),
        ];
        for (path, expected) in cases {
            assert_eq!(told(path), expected, "{path}");
        }
    }

    #[test]
    fn the_widest_is_asked_first() {
        let widths = |path: &str| -> Vec<String> {
            Attributes::of_get(path).widest_first().iter().map(ToString::to_string).collect()
        };
        assert_eq!(
            widths("/api/v1/namespaces/shop/pods/api-0/log"),
            ["get pods/log", "get pods/log in namespace shop", "get pods/log of shop/api-0"]
        );
        assert_eq!(widths("/api/v1/nodes/n/proxy/healthz"), ["get nodes/proxy", "get nodes/proxy of n"]);
        assert_eq!(widths("/api/v1/pods"), ["list pods"]);
        assert_eq!(widths("/metrics"), ["get /metrics"]);
    }

    #[test]
    fn a_review_asks_for_what_they_say() {
        let review = |path| serde_json::to_value(Attributes::of_get(path).review().spec).expect("JSON");
        assert_eq!(
            review("/api/v1/namespaces/shop/pods/api-0/log"),
            serde_json::json!({"resourceAttributes": {"verb": "get", "resource": "pods", "subresource": "log",
                "namespace": "shop", "name": "api-0"}})
        );
        assert_eq!(
            review("/livez?verbose"),
            serde_json::json!({"nonResourceAttributes": {"verb": "get", "path": "/livez"}})
        );
    }

    proptest! {
        #[test]
        fn any_path_is_judged(path in "(/[a-z%/.:?&=0-9]{0,9}){0,8}") {
            let attributes = Attributes::of_get(&path);
            let wider = attributes.widest_first();
            prop_assert_eq!(wider.last(), Some(&attributes));
            prop_assert!((1..=3).contains(&wider.len()));
        }
    }
}
