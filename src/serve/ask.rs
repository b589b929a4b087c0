//! What is asked: a path of the API and the query behind it.

use percent_encoding::percent_decode_str;
use std::collections::BTreeMap;

/// A request, without what HTTP needs of it.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: String,
    /// The parts between the slashes, decoded.
    pub path: Vec<String>,
    query: BTreeMap<String, String>,
    pub accept: String,
    pub body: Vec<u8>,
}

/// In which form objects are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Whole,
    /// As the columns of `kubectl get`.
    Table,
    /// Their metadata alone.
    Metadata,
}

impl Ask {
    /// Takes a path with its query apart.
    pub fn new(method: &str, path_and_query: &str, accept: &str) -> Self {
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        let path = path.split('/').filter(|part| !part.is_empty()).map(decoded).collect();
        let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(&key.replace('+', " ")), decoded(&value.replace('+', " ")))
        });
        let query = pairs.collect();
        Self { method: method.to_owned(), path, query, accept: accept.to_owned(), body: Vec::new() }
    }

    /// A parameter; none where it is absent or empty.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Whether a parameter is set, as Go reads it.
    pub fn is(&self, name: &str) -> bool {
        self.query.get(name).is_some_and(|value| !matches!(value.as_str(), "false" | "0" | "f" | "F" | "False"))
    }

    /// A whole number.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.query(name)?.parse().ok()
    }

    /// The first form that is accepted and known; none where only others are, as protobuf alone.
    pub fn form(&self) -> Option<Form> {
        if self.accept.is_empty() {
            return Some(Form::Whole);
        }
        self.accept.split(',').find_map(|one| {
            let mut parts = one.split(';').map(str::trim);
            if !matches!(parts.next()?, "application/json" | "application/*" | "*/*") {
                return None;
            }
            let is_v1 = !one.contains("v=v1beta1");
            match parts.find_map(|part| part.strip_prefix("as=")) {
                None => Some(Form::Whole),
                Some("Table") if is_v1 => Some(Form::Table),
                Some("PartialObjectMetadata" | "PartialObjectMetadataList") if is_v1 => Some(Form::Metadata),
                Some(_) => None,
            }
        })
    }

    /// Whether the newer discovery, which tells all at once, is accepted.
    pub fn wants_aggregated(&self) -> bool {
        self.accept.split(',').any(|one| {
            let has = |wanted: &str| one.split(';').any(|part| part.trim() == wanted);
            has("g=apidiscovery.k8s.io") && has("v=v2")
        })
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_taken_apart() {
        let ask = Ask::new("GET", "/api/v1/namespaces/shop/pods?labelSelector=app%3Dapi&limit=500&watch=", "");
        assert_eq!(ask.path, ["api", "v1", "namespaces", "shop", "pods"]);
        assert_eq!(
            (ask.query("labelSelector"), ask.number("limit"), ask.form()),
            (Some("app=api"), Some(500), Some(Form::Whole))
        );
        assert!(ask.is("watch") && !ask.is("follow") && ask.query("watch").is_none());
        let form = |accept: &str| Ask::new("GET", "/", accept).form();
        let table = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        assert_eq!(form(table), Some(Form::Table));
        assert_eq!(form("application/vnd.kubernetes.protobuf, application/json"), Some(Form::Whole));
        assert_eq!(form("application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"), Some(Form::Metadata));
        assert_eq!(form("application/vnd.kubernetes.protobuf"), None);
        let newer = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
        assert!(Ask::new("GET", "/apis", newer).wants_aggregated());
        let beta = "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        assert!(!Ask::new("GET", "/apis", beta).wants_aggregated());
    }
}
