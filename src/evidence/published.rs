//! The names and addresses under which what runs in a cluster is reached from elsewhere: those of balancers and external
//! addresses of Services, hosts of Ingresses and of the routes of the Gateway API, names that ExternalDNS was told, and
//! Services that are exported to a set of clusters (KEP-1645).

use crate::model::{Citation, Subject};
use crate::objects::Meta;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// As many as are kept of one object.
const MOST: usize = 64;

/// The annotation by which a Service or an Ingress asks for DNS names (kubernetes-sigs/external-dns, docs/annotations).
const DNS_NAMES: &str = "external-dns.alpha.kubernetes.io/hostname";

/// A name or an address, and what answers under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// A host name in lower case without a dot at its end, or an address.
    pub host: String,
    /// The object that says so.
    pub by: Subject,
    /// The Services that requests go to.
    pub services: BTreeSet<Subject>,
    pub citation: Citation,
}

/// What an object publishes: each host with the Services behind it.
pub type Hosts = BTreeMap<String, BTreeSet<Subject>>;

/// What a Service publishes: its addresses for others, which are not those within the cluster, and its DNS names.
pub fn of_service<'a>(service: &Subject, meta: &'a Meta, addresses: impl Iterator<Item = &'a str>) -> Hosts {
    let mut hosts = Hosts::new();
    addresses.chain(dns_names(meta)).for_each(|host| add(&mut hosts, host, Some(service.clone())));
    hosts
}

/// What an Ingress, a route, or an export of a Service publishes; nothing for other kinds.
pub fn of_object(whose: &Subject, meta: &Meta, spec: &Value) -> Hosts {
    let mut hosts = Hosts::new();
    match whose.kind() {
        "Ingress" => of_ingress(whose, meta, spec, &mut hosts),
        // Gateway API: spec.hostnames, and spec.rules[].backendRefs[].
        "HTTPRoute" | "GRPCRoute" | "TLSRoute" => {
            let services: Vec<Subject> = array(spec, "rules")
                .flat_map(|rule| array(rule, "backendRefs"))
                .filter_map(|backend| service(whose, text(backend, "namespace"), text(backend, "name")?))
                .collect();
            let names = array(spec, "hostnames").filter_map(Value::as_str).chain(dns_names(meta));
            names.for_each(|host| add_all(&mut hosts, host, &services));
        }
        // The name of a Service in all clusters of a set: SERVICE.NAMESPACE.svc.clusterset.local.
        "ServiceExport" => {
            let namespace = whose.namespace().unwrap_or_default();
            let host = format!("{}.{namespace}.svc.clusterset.local", whose.name());
            add(&mut hosts, &host, service(whose, None, whose.name()));
        }
        _ => {}
    }
    hosts
}

/// Ingress: spec.rules[].host, spec.rules[].http.paths[].backend.service.name, and spec.defaultBackend.
fn of_ingress(whose: &Subject, meta: &Meta, spec: &Value, hosts: &mut Hosts) {
    let backend = |of: &Value| service(whose, None, of.pointer("/service/name")?.as_str()?);
    let otherwise = spec.get("defaultBackend").and_then(backend);
    let mut all: Vec<Subject> = otherwise.into_iter().collect();
    for rule in array(spec, "rules") {
        let paths = rule.get("http").into_iter().flat_map(|http| array(http, "paths"));
        let services: Vec<Subject> = paths.filter_map(|path| backend(path.get("backend")?)).collect();
        text(rule, "host").into_iter().for_each(|host| add_all(hosts, host, &services));
        all.extend(services);
    }
    dns_names(meta).for_each(|host| add_all(hosts, host, &all));
}

fn service(whose: &Subject, namespace: Option<&str>, name: &str) -> Option<Subject> {
    let namespace = namespace.or_else(|| whose.namespace())?;
    Some(Subject::namespaced("Service", namespace, name))
}

fn dns_names(meta: &Meta) -> impl Iterator<Item = &str> {
    meta.annotations.get(DNS_NAMES).into_iter().flat_map(|names| names.split(',')).map(str::trim)
}

fn add_all(hosts: &mut Hosts, host: &str, services: &[Subject]) {
    add(hosts, host, None);
    services.iter().for_each(|one| add(hosts, host, Some(one.clone())));
}

/// A pattern (`*.example.com`) is no name that anybody calls.
fn add(hosts: &mut Hosts, host: &str, service: Option<Subject>) {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if host.is_empty() || host.contains('*') || (hosts.len() >= MOST && !hosts.contains_key(&host)) {
        return;
    }
    hosts.entry(host).or_default().extend(service);
}

fn array<'a>(of: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    of.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn text<'a>(of: &'a Value, field: &str) -> Option<&'a str> {
    of.get(field).and_then(Value::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn meta(names: &str) -> Meta {
        let annotations = json!({"annotations": {DNS_NAMES: names}});
        serde_json::from_value(annotations).expect("metadata")
    }

    fn told(hosts: Hosts) -> Vec<String> {
        let line = |(host, services): (String, BTreeSet<Subject>)| {
            let services: Vec<String> = services.iter().map(ToString::to_string).collect();
            format!("{host} {}", services.join(" "))
        };
        hosts.into_iter().map(line).collect()
    }

    #[test]
    fn hosts_lead_to_the_services_behind_them() {
        let ingress = json!({"rules": [
            {"host": "Shop.example.com.", "http": {"paths": [{"backend": {"service": {"name": "web"}}}]}},
            {"host": "*.example.com", "http": {"paths": [{"backend": {"service": {"name": "all"}}}]}},
        ]});
        let whose = Subject::namespaced("Ingress", "shop", "web");
        assert_eq!(told(of_object(&whose, &Meta::default(), &ingress)), ["shop.example.com Service/shop/web"]);
        let route = json!({"hostnames": ["api.example.com"], "rules": [{"backendRefs": [
            {"name": "api"}, {"name": "old", "namespace": "legacy"},
        ]}]});
        let whose = Subject::namespaced("HTTPRoute", "shop", "api");
        let services = "api.example.com Service/legacy/old Service/shop/api";
        assert_eq!(told(of_object(&whose, &Meta::default(), &route)), [services]);
        let whose = Subject::namespaced("ServiceExport", "data", "db");
        let exported = "db.data.svc.clusterset.local Service/data/db";
        assert_eq!(told(of_object(&whose, &Meta::default(), &Value::Null)), [exported]);
    }

    #[test]
    fn a_service_is_reached_by_its_balancer_and_by_names_it_asked_for() {
        let whose = Subject::namespaced("Service", "data", "db");
        let hosts = of_service(&whose, &meta("db.example.com, db2.example.com"), ["203.0.113.9"].into_iter());
        assert_eq!(
            told(hosts),
            ["203.0.113.9 Service/data/db", "db.example.com Service/data/db", "db2.example.com Service/data/db"]
        );
    }

    #[test]
    fn other_kinds_and_forms_publish_nothing() {
        let whose = Subject::namespaced("Certificate", "shop", "web");
        assert!(of_object(&whose, &Meta::default(), &json!({"hostnames": ["a.example.com"]})).is_empty());
        let whose = Subject::namespaced("Ingress", "shop", "web");
        for spec in [json!(null), json!({"rules": 5}), json!({"rules": [{"host": 5}, {"http": []}]})] {
            assert!(of_object(&whose, &Meta::default(), &spec).is_empty());
        }
    }
}
