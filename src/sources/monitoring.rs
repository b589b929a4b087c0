//! Finds Prometheus and Alertmanager among a cluster's Services, by the names and labels their usual installers give.

use super::api::escaped;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A Service, as far as it matters here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Service {
    pub metadata: Metadata,
    spec: Spec,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub name: String,
    pub namespace: String,
    labels: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Spec {
    r#type: String,
    #[serde(rename = "clusterIP")]
    cluster_ip: String,
    ports: Vec<Port>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Port {
    name: String,
    port: u16,
    app_protocol: String,
}

/// What a Service leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    Prometheus,
    Alertmanager,
}

impl Tool {
    pub fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "Prometheus",
            Self::Alertmanager => "Alertmanager",
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Alertmanager => "alertmanager",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Prometheus => 9090,
            Self::Alertmanager => 9093,
        }
    }

    /// Names that the usual installers give their Service.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Prometheus => &["prometheus", "prometheus-server", "prometheus-k8s", "prometheus-operated"],
            Self::Alertmanager => {
                &["alertmanager", "alertmanager-main", "alertmanager-operated", "prometheus-alertmanager"]
            }
        }
    }
}

/// A Service that looks like a tool, with the path of its HTTP API through the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub namespace: String,
    pub name: String,
    /// Ends without a slash.
    pub root: String,
    is_tls: bool,
}

/// What stands behind a [`Candidate`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Behind {
    Ready,
    /// Nothing is ready, but there is this pod, reached at this root: that of a node which is not ready may be well.
    Pod(String),
    Nothing,
}

/// The Services that look like `tool`, the surest first. Several may lead to the same pods: see [`distinct`].
pub fn candidates(tool: Tool, services: &[Service]) -> Vec<Candidate> {
    let mut found: Vec<(u8, Candidate)> = services
        .iter()
        .filter_map(|service| {
            let doubt = doubt(tool, service)?;
            let port = port(tool, service)?;
            let Metadata { name, namespace, .. } = &service.metadata;
            let is_tls = port.name.starts_with("https") || port.app_protocol == "https";
            let scheme = if is_tls { "https:" } else { "" };
            let (space, plain) = (escaped(namespace), escaped(name));
            let root = format!("/api/v1/namespaces/{space}/services/{scheme}{plain}:{}/proxy", port.port);
            Some((doubt, Candidate { namespace: namespace.clone(), name: name.clone(), root, is_tls }))
        })
        .collect();
    found.sort_by(|a, b| (a.0, &a.1.namespace, &a.1.name).cmp(&(b.0, &b.1.namespace, &b.1.name)));
    found.into_iter().map(|(_, candidate)| candidate).collect()
}

/// How unsure it is that `service` is `tool`; `None` if it is not. Headless ones come after those with an address.
fn doubt(tool: Tool, service: &Service) -> Option<u8> {
    if service.spec.r#type == "ExternalName" {
        return None;
    }
    let Metadata { name, labels, .. } = &service.metadata;
    let word = tool.word();
    let says = |label: &str| labels.get(label).is_some_and(|value| value == word);
    let is_operated = labels.get(&format!("operated-{word}")).is_some_and(|value| value == "true");
    let is_named = tool.names().contains(&name.as_str()) || name.ends_with(&format!("-stack-{word}"));
    let is_labelled = says("app.kubernetes.io/name") || says("app") || says("app.kubernetes.io/component");
    // The operator, its webhooks and exporters carry the same words in other places.
    let is_other = ["operator", "exporter", "adapter", "pushgateway", "webhook", "node-", "thanos"]
        .iter()
        .any(|other| name.contains(other) && !is_operated);
    if is_other || !(is_operated || is_named || is_labelled) {
        return None;
    }
    let headless = u8::from(service.spec.cluster_ip == "None");
    Some(headless + if is_named || is_operated { 0 } else { 2 })
}

fn port(tool: Tool, service: &Service) -> Option<&Port> {
    let ports = &service.spec.ports;
    let named = |name: &str| ports.iter().find(|port| port.name == name);
    let numbered = || ports.iter().find(|port| port.port == tool.port());
    let only = || if ports.len() == 1 { ports.first() } else { None };
    named("web").or_else(|| named("http-web")).or_else(numbered).or_else(|| named("http")).or_else(only)
}

/// The ready addresses behind a Service.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EndpointSlice {
    metadata: Metadata,
    endpoints: Option<Vec<Endpoint>>,
    ports: Option<Vec<EndpointPort>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EndpointPort {
    port: Option<u16>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Endpoint {
    addresses: Vec<String>,
    conditions: Conditions,
    #[serde(rename = "targetRef")]
    target: Option<Target>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Target {
    kind: String,
    name: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Conditions {
    /// Absent means ready (discovery.k8s.io/v1, `EndpointConditions`).
    ready: Option<bool>,
}

impl Candidate {
    fn slices<'a>(&self, slices: &'a [EndpointSlice]) -> impl Iterator<Item = &'a EndpointSlice> {
        let Self { namespace, name, .. } = self.clone();
        slices.iter().filter(move |slice| {
            let service = slice.metadata.labels.get("kubernetes.io/service-name");
            slice.metadata.namespace == namespace && service == Some(&name)
        })
    }

    fn ready_addresses(&self, slices: &[EndpointSlice]) -> BTreeSet<String> {
        let endpoints = self.slices(slices).flat_map(|slice| slice.endpoints.iter().flatten());
        endpoints
            .filter(|endpoint| endpoint.conditions.ready != Some(false))
            .flat_map(|e| e.addresses.clone())
            .collect()
    }

    fn any_pod(&self, slices: &[EndpointSlice]) -> Behind {
        for slice in self.slices(slices) {
            let port = slice.ports.iter().flatten().find_map(|port| port.port);
            let pods = slice.endpoints.iter().flatten().filter_map(|endpoint| endpoint.target.as_ref());
            if let (Some(port), Some(pod)) = (port, pods.into_iter().find(|target| target.kind == "Pod")) {
                let scheme = if self.is_tls { "https:" } else { "" };
                let (space, name) = (escaped(&self.namespace), escaped(&pod.name));
                return Behind::Pod(format!("/api/v1/namespaces/{space}/pods/{scheme}{name}:{port}/proxy"));
            }
        }
        Behind::Nothing
    }
}

/// One candidate for every set of pods: those that lead to an address already seen are left out, and so are those
/// that lead nowhere, if any leads somewhere.
pub fn distinct(candidates: Vec<Candidate>, slices: &[EndpointSlice]) -> Vec<(Candidate, Behind)> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut chosen = Vec::new();
    let mut idle = Vec::new();
    for candidate in candidates {
        let addresses = candidate.ready_addresses(slices);
        if addresses.is_empty() {
            let behind = candidate.any_pod(slices);
            idle.push((candidate, behind));
        } else if addresses.is_disjoint(&seen) {
            seen.extend(addresses);
            chosen.push((candidate, Behind::Ready));
        }
    }
    if chosen.is_empty() {
        // One with a pod, if any has.
        idle.sort_by_key(|(_, behind)| *behind == Behind::Nothing);
        idle.truncate(1);
        chosen = idle;
    }
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(name: &str, labels: &str, cluster_ip: &str, port: (&str, u16)) -> Service {
        let (port_name, port) = port;
        let text = format!(
            r#"{{"metadata":{{"name":"{name}","namespace":"monitoring","labels":{labels}}},"spec":{{"clusterIP":"{cluster_ip}","ports":[{{"name":"{port_name}","port":{port}}}]}}}}"#
        );
        serde_json::from_str(&text).expect("a service")
    }

    fn slice(name: &str, address: &str, ready: bool) -> EndpointSlice {
        let text = format!(
            r#"{{"metadata":{{"namespace":"monitoring","labels":{{"kubernetes.io/service-name":"{name}"}}}},"ports":[{{"name":"web","port":9090}}],"endpoints":[{{"addresses":["{address}"],"conditions":{{"ready":{ready}}},"targetRef":{{"kind":"Pod","name":"prometheus-0"}}}}]}}"#
        );
        serde_json::from_str(&text).expect("a slice")
    }

    #[test]
    fn services_of_the_usual_installers() {
        let services = [
            service("prometheus-operated", r#"{"operated-prometheus":"true"}"#, "None", ("web", 9090)),
            service("kube-prometheus-stack-prometheus", "{}", "10.0.0.1", ("http-web", 9090)),
            service("prometheus-server", r#"{"app.kubernetes.io/name":"prometheus"}"#, "10.0.0.2", ("http", 80)),
            service("prometheus-k8s", r#"{"app.kubernetes.io/name":"prometheus"}"#, "10.0.0.3", ("https", 9091)),
            service(
                "kube-prometheus-stack-operator",
                r#"{"app":"kube-prometheus-stack-operator"}"#,
                "10.0.0.4",
                ("https", 443),
            ),
            service(
                "prometheus-node-exporter",
                r#"{"app.kubernetes.io/name":"prometheus-node-exporter"}"#,
                "10.0.0.5",
                ("metrics", 9100),
            ),
            service("cache", "{}", "10.0.0.6", ("", 6379)),
        ];
        let roots: Vec<String> = candidates(Tool::Prometheus, &services).into_iter().map(|found| found.root).collect();
        let root = |rest: &str| format!("/api/v1/namespaces/monitoring/services/{rest}/proxy");
        assert_eq!(
            roots,
            [
                root("kube-prometheus-stack-prometheus:9090"),
                root("https:prometheus-k8s:9091"),
                root("prometheus-server:80"),
                root("prometheus-operated:9090"),
            ]
        );
        let operated = [service("alertmanager-operated", r#"{"operated-alertmanager":"true"}"#, "None", ("web", 9093))];
        assert_eq!(candidates(Tool::Alertmanager, &operated).len(), 1);
        assert_eq!(candidates(Tool::Prometheus, &operated), []);
    }

    #[test]
    fn services_of_the_same_pods_are_one() {
        let services = [
            service("prometheus-operated", r#"{"operated-prometheus":"true"}"#, "None", ("web", 9090)),
            service("prometheus-k8s", "{}", "10.0.0.3", ("web", 9090)),
        ];
        let found = candidates(Tool::Prometheus, &services);
        let slices = [slice("prometheus-operated", "10.1.0.1", true), slice("prometheus-k8s", "10.1.0.1", true)];
        let chosen = distinct(found.clone(), &slices);
        let names: Vec<(&str, &Behind)> = chosen.iter().map(|(one, behind)| (one.name.as_str(), behind)).collect();
        assert_eq!(names, [("prometheus-k8s", &Behind::Ready)]);
        let dead = [slice("prometheus-k8s", "10.1.0.1", false)];
        let root = "/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy".to_owned();
        let behind: Vec<Behind> = distinct(found.clone(), &dead).into_iter().map(|(_, behind)| behind).collect();
        assert_eq!(behind, [Behind::Pod(root)]);
        let behind: Vec<Behind> = distinct(found, &[]).into_iter().map(|(_, behind)| behind).collect();
        assert_eq!(behind, [Behind::Nothing]);
    }
}
