//! Services and their EndpointSlices: who stands behind a name, and whether anybody did at the end.

use super::findings::{Findings, Place, Service};
use super::{Fact, Record, published, releases};
use crate::model::{Moment, Subject, to_the_second};
use crate::objects::{Meta, or_default, parse_time};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Default, Deserialize)]
#[serde(default)]
struct ServiceObject {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: ServiceSpec,
    #[serde(deserialize_with = "or_default")]
    status: ServiceStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceSpec {
    #[serde(deserialize_with = "or_default")]
    selector: BTreeMap<String, String>,
    #[serde(rename = "clusterIP", deserialize_with = "or_default")]
    cluster_ip: String,
    #[serde(rename = "clusterIPs", deserialize_with = "or_default")]
    cluster_ips: Vec<String>,
    /// Addresses of nodes at which it answers as well.
    #[serde(rename = "externalIPs", deserialize_with = "or_default")]
    external_ips: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ServiceStatus {
    #[serde(deserialize_with = "or_default")]
    load_balancer: LoadBalancer,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct LoadBalancer {
    #[serde(deserialize_with = "or_default")]
    ingress: Vec<Ingress>,
}

/// Where a balancer takes traffic for the Service.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Ingress {
    #[serde(deserialize_with = "or_default")]
    ip: String,
    #[serde(deserialize_with = "or_default")]
    hostname: String,
}

/// Reads one Service.
pub fn read_service(place: Place, line: &[u8], found: &mut Findings) {
    let object: ServiceObject = match serde_json::from_slice(line) {
        Ok(object) => object,
        Err(error) => return found.unreadable(place, error),
    };
    let subject = Subject::of_object("Service", &object.metadata.namespace, &object.metadata.name);
    releases::note(&subject, &object.metadata, place, found);
    let mut addresses = object.spec.cluster_ips;
    addresses.push(object.spec.cluster_ip);
    let mut given_out = object.spec.external_ips;
    given_out.extend(object.status.load_balancer.ingress.into_iter().flat_map(|one| [one.ip, one.hostname]));
    let hosts = published::of_service(&subject, &object.metadata, given_out.iter().map(String::as_str));
    found.publish(place, &subject, hosts);
    given_out.retain(|address| !address.is_empty());
    addresses.extend(given_out.iter().cloned());
    addresses.retain(|address| !address.is_empty() && address != "None");
    addresses.sort();
    addresses.dedup();
    let citation = Some(found.cite(place, &subject.to_string()));
    let (namespace, name) = (object.metadata.namespace, object.metadata.name);
    let service = Service { selector: object.spec.selector, addresses, taken: given_out, citation };
    found.services.insert((namespace, name), service);
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Slice {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    endpoints: Vec<Endpoint>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    #[serde(deserialize_with = "or_default")]
    conditions: EndpointConditions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointConditions {
    ready: Option<bool>,
}

/// Reads all EndpointSlices of an entry together: a Service may have several, and is without ready addresses only
/// if all of them are.
pub fn read_slices(place: Place, lines: &[(u32, Vec<u8>)], found: &mut Findings) {
    struct State {
        ready: bool,
        number: u32,
        changed: Option<DateTime<Utc>>,
        created: Option<DateTime<Utc>>,
    }
    // A list may have those of several namespaces.
    let mut services: BTreeMap<(String, String), State> = BTreeMap::new();
    for (number, line) in lines {
        let slice: Slice = match serde_json::from_slice(line) {
            Ok(slice) => slice,
            Err(error) => {
                found.unreadable(Place { line: *number, ..place }, error);
                continue;
            }
        };
        let Some(service) = slice.metadata.labels.get("kubernetes.io/service-name") else { continue };
        // An absent `ready` is to be read as true (discovery.k8s.io/v1, EndpointConditions).
        let ready = slice.endpoints.iter().any(|endpoint| endpoint.conditions.ready.unwrap_or(true));
        let trigger = slice.metadata.annotations.get("endpoints.kubernetes.io/last-change-trigger-time");
        let changed = trigger.and_then(|text| parse_time(text));
        let new = State { ready: false, number: *number, changed: None, created: slice.metadata.creation_timestamp };
        let state = services.entry((slice.metadata.namespace, service.clone())).or_insert(new);
        state.ready |= ready;
        state.changed = state.changed.max(changed);
    }
    for ((namespace, service), state) in services.into_iter().filter(|(_, state)| !state.ready) {
        let subject = Subject::namespaced("Endpoints", &namespace, &service);
        // The trigger is the last change of Service or pods that the slice follows; without one, only the snapshot tells.
        let at = state.changed.map_or_else(|| place.since(state.created), Moment::to_the_second);
        let changed = state.changed.map(|at| format!(" last-change-trigger-time {}", to_the_second(at)));
        let changed = changed.unwrap_or_default();
        let text = format!("service-name {service} {namespace}{changed}: no endpoint with ready true");
        let citation = found.cite(Place { line: state.number, ..place }, &text);
        let record = Record::EndpointsWithoutReady;
        found.facts.push(Fact { at, last: place.now(), count: 1, subject: &subject, node: None, record, citation });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_not_ready_because_its_namesake_is() {
        let slice = |namespace: &str, ready: bool| {
            let meta = serde_json::json!({"namespace": namespace, "labels": {"kubernetes.io/service-name": "web"}});
            serde_json::json!({"metadata": meta, "endpoints": [{"conditions": {"ready": ready}}]}).to_string()
        };
        let lines = [(1, slice("a", false).into_bytes()), (1, slice("b", true).into_bytes())];
        let mut found = Findings::default();
        read_slices(Place::of_line(0, DateTime::UNIX_EPOCH), &lines, &mut found);
        let subjects: Vec<String> = found.facts.iter().map(|fact| fact.subject.to_string()).collect();
        assert_eq!(subjects, ["Endpoints/a/web"]);
    }
}
