//! Finds Prometheus and Alertmanager among a cluster's Services, by the names and labels their usual installers give,
//! and, where there is no Prometheus, what answers the same questions in its place: see [`STAND_INS`].

use crate::sources::wire::api::escaped;
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
    annotations: BTreeMap<String, String>,
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

/// What answers the questions of a Prometheus and is none.
struct StandIn {
    /// The label that names it, and the value it has then.
    label: (&'static str, &'static str),
    /// Another label that has to be there, if any has.
    and: Option<(&'static str, &'static str)>,
    /// What the paths of the HTTP API of Prometheus begin with.
    prefix: &'static str,
}

const NAME: &str = "app.kubernetes.io/name";
const COMPONENT: &str = "app.kubernetes.io/component";

/// In the order of how sure they are, after every Prometheus.
static STAND_INS: &[StandIn] = &[
    // kube-thanos, and cluster-monitoring-operator of OpenShift.
    StandIn { label: (NAME, "thanos-query"), and: None, prefix: "" },
    // The Thanos chart of Bitnami.
    StandIn { label: (NAME, "thanos"), and: Some((COMPONENT, "query")), prefix: "" },
    // The operator of VictoriaMetrics.
    StandIn { label: (NAME, "vmsingle"), and: None, prefix: "" },
    StandIn { label: (NAME, "vmselect"), and: None, prefix: "/select/0/prometheus" },
    // Its charts.
    StandIn { label: (NAME, "victoria-metrics-single"), and: Some(("app", "server")), prefix: "" },
    StandIn {
        label: (NAME, "victoria-metrics-cluster"),
        and: Some(("app", "vmselect")),
        prefix: "/select/0/prometheus",
    },
    // The chart mimir-distributed. Where tenants are told apart, these answer 401 without X-Scope-OrgID.
    StandIn { label: (NAME, "mimir"), and: Some((COMPONENT, "gateway")), prefix: "/prometheus" },
    StandIn { label: (NAME, "mimir"), and: Some((COMPONENT, "nginx")), prefix: "/prometheus" },
    StandIn { label: (NAME, "mimir"), and: Some((COMPONENT, "query-frontend")), prefix: "/prometheus" },
];

/// The doubt that a stand-in begins at: above that of every Prometheus.
const STANDS_IN: u8 = 4;

/// A Service that looks like a tool, with the path of its HTTP API through the API server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub namespace: String,
    pub name: String,
    /// Ends without a slash.
    pub root: String,
    /// What follows the proxy in every root.
    prefix: &'static str,
    is_tls: bool,
    /// See [`STAND_INS`].
    stands_in: bool,
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
            let (doubt, prefix) = match doubt(tool, service) {
                Some(doubt) => (doubt, ""),
                None if tool == Tool::Prometheus => stand_in(service)?,
                None => return None,
            };
            let port = port(tool, service)?;
            let Metadata { name, namespace, .. } = &service.metadata;
            let is_tls = port.name.starts_with("https") || port.app_protocol == "https" || has_certificate(service);
            let scheme = if is_tls { "https:" } else { "" };
            let (space, plain) = (escaped(namespace), escaped(name));
            let root = format!("/api/v1/namespaces/{space}/services/{scheme}{plain}:{}/proxy{prefix}", port.port);
            Some((
                doubt,
                Candidate {
                    namespace: namespace.clone(),
                    name: name.clone(),
                    root,
                    prefix,
                    is_tls,
                    stands_in: doubt >= STANDS_IN,
                },
            ))
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

/// How unsure it is that `service` answers in place of a Prometheus, and with which prefix.
fn stand_in(service: &Service) -> Option<(u8, &'static str)> {
    let Service { metadata: Metadata { labels, .. }, spec } = service;
    let has = |(label, value): (&str, &str)| labels.get(label).is_some_and(|found| found == value);
    let at = STAND_INS.iter().position(|one| has(one.label) && one.and.is_none_or(has));
    let (at, one) = at.and_then(|at| Some((u8::try_from(at).ok()?, STAND_INS.get(at)?)))?;
    (spec.r#type != "ExternalName").then_some((STANDS_IN + 2 * at + u8::from(spec.cluster_ip == "None"), one.prefix))
}

/// Whether OpenShift gives it a certificate to serve with: the names of its ports do not say so.
fn has_certificate(service: &Service) -> bool {
    service.metadata.annotations.contains_key("service.beta.openshift.io/serving-cert-secret-name")
}

fn port(tool: Tool, service: &Service) -> Option<&Port> {
    let ports = &service.spec.ports;
    let named = |name: &str| ports.iter().find(|port| port.name == name);
    let numbered = || ports.iter().find(|port| port.port == tool.port());
    let only = || if ports.len() == 1 { ports.first() } else { None };
    named("web")
        .or_else(|| named("http-web"))
        .or_else(numbered)
        .or_else(|| named("http"))
        .or_else(|| named("http-metrics"))
        .or_else(only)
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
    target: Option<TargetRef>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct TargetRef {
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
                return Behind::Pod(format!(
                    "/api/v1/namespaces/{space}/pods/{scheme}{name}:{port}/proxy{}",
                    self.prefix
                ));
            }
        }
        Behind::Nothing
    }
}

/// One candidate for every set of pods: those that lead to an address already seen are left out, and so are those
/// that lead nowhere, if any leads somewhere. Of those that answer in place of a Prometheus there is at most one, and
/// none where there is a Prometheus: they hold the same series once more.
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
    let has_own = chosen.iter().any(|(candidate, _)| !candidate.stands_in);
    let mut stand_ins = 0;
    chosen.retain(|(candidate, _)| {
        stand_ins += usize::from(candidate.stands_in);
        !candidate.stands_in || (!has_own && stand_ins == 1)
    });
    chosen
}

#[cfg(test)]
mod tests;
