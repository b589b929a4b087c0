//! A topology that is written down, for the examples that links carry.
//!
//! ```yaml
//! pods:
//!   - {pod: Pod/shop/a-1, node: node-1, owner: ReplicaSet/shop/a, labels: {app: a}, calls: [Service/shop/b]}
//!   - {pod: Pod/shop/c-1, mounts: [PersistentVolumeClaim/shop/data]}
//! workloads:
//!   - {workload: ReplicaSet/shop/a, owner: Deployment/shop/a, reads: [ConfigMap/shop/a]}
//! services:
//!   - {service: Service/shop/b, selects: {app: b}, address: 10.96.0.7}
//! apis: {APIService/v1beta1.metrics.k8s.io: Service/kube-system/metrics-server}
//! policies: {NetworkPolicy/shop/deny: {app: b}}
//! brought: {Deployment/shop/a: Release/shop/web}
//! webhooks: {policy.example: Service/policy/answers}
//! refers: {Certificate/shop/web: [Issuer/shop/ca]}
//! grants: {Role/shop/reader: system:serviceaccount:shop:a}
//! parameters: {registries: ConfigMap/platform/registries}
//! routes: {HTTPRoute/shop/web: shop.example.com}
//! objects: {Ingress/shop/web: {annotation group: public}}
//! ```

mod pod;

use super::super::absence::WholeLists;
use super::super::findings::{Findings, KubeletConfig, Policy, Service, Turnover, Webhook, Workload};
use super::super::published::Published;
use super::super::settings::{Budget, Grant, Parameters, Priority};
use super::super::{NodeTraits, ObjectTraits};
use super::Topology;
use crate::model::{Citation, Subject};
use crate::objects::{Container, EnvFrom, NameRef, PodSpec};
use chrono::{DateTime, TimeDelta, Utc};
use pod::{GivenPod, written};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is given. Times are durations since the beginning of the example, as `40s`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Given {
    pods: Vec<GivenPod>,
    workloads: Vec<GivenWorkload>,
    services: Vec<GivenService>,
    /// APIServices with the Service that answers for each.
    apis: BTreeMap<String, String>,
    /// NetworkPolicies with the labels of the pods that each is about.
    policies: BTreeMap<String, BTreeMap<String, String>>,
    /// Objects, with what brings each.
    brought: BTreeMap<String, String>,
    /// Webhooks that admit objects, with the Service that answers for each.
    webhooks: BTreeMap<String, String>,
    /// Objects, with what each refers to.
    refers: BTreeMap<String, Vec<String>>,
    /// PodDisruptionBudgets with the labels of the pods that each is about.
    budgets: BTreeMap<String, BTreeMap<String, String>>,
    /// Roles and ClusterRoles with the ServiceAccount that has each, by a RoleBinding of the same name in its namespace.
    grants: BTreeMap<String, String>,
    /// Admission policies, by their names, with the object that a binding gives each as parameters.
    parameters: BTreeMap<String, String>,
    /// Ingresses and routes with a host of each.
    routes: BTreeMap<String, String>,
    /// Routes with the Services to which they lead.
    #[serde(default)]
    leads: BTreeMap<String, Vec<String>>,
    /// PriorityClasses with their values.
    priorities: BTreeMap<String, i64>,
    /// Plurals of kinds of which all objects came, half an hour after the beginning.
    whole: Vec<String>,
    /// What kubelets run with, by node.
    kubelets: BTreeMap<String, GivenKubelet>,
    /// Whether nodes were ready at the end.
    nodes: BTreeMap<String, bool>,
    /// Labels and the version of the kubelet, by node.
    machines: BTreeMap<String, GivenMachine>,
    /// What objects of other kinds say of themselves.
    objects: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenMachine {
    labels: BTreeMap<String, String>,
    version: String,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct GivenKubelet {
    evicts_below: Option<String>,
    runtime_timeout: Option<String>,
    pressure_lasts: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "as they are written in the file, each on its own")]
struct GivenWorkload {
    workload: String,
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    replicas: Option<u64>,
    /// ConfigMaps and Secrets that its pods take their environment from.
    #[serde(default)]
    reads: Vec<String>,
    /// The specification of its pods, as the API writes it, in place of that.
    #[serde(default)]
    spec: Option<serde_json::Value>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    max_unavailable: Option<u64>,
    #[serde(default)]
    recreated: bool,
    #[serde(default)]
    ordered: bool,
    #[serde(default)]
    overlaps: bool,
    #[serde(default)]
    backoff_limit: Option<u64>,
    /// The name of its container.
    #[serde(default)]
    runs: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenService {
    service: String,
    #[serde(default)]
    selects: BTreeMap<String, String>,
    #[serde(default)]
    address: Option<String>,
    /// An address beside its own.
    #[serde(default)]
    takes: Option<String>,
}

/// What is given makes no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0} is no {1}")]
pub struct GivenError(String, &'static str);

impl Given {
    /// The topology, for an example that begins at `start`.
    pub fn topology(&self, start: DateTime<Utc>) -> Result<Topology, GivenError> {
        let mut found = Findings::default();
        for given in &self.pods {
            given.add(start, &mut found)?;
        }
        for given in &self.workloads {
            let env_from = given.reads.iter().map(|read| read_whole(read)).collect::<Result<_, _>>()?;
            let template = PodSpec {
                containers: vec![Container { env_from, ..runs(given.runs.as_deref()) }],
                ..PodSpec::default()
            };
            let workload = Workload {
                owner: given.owner.as_deref().map(subject).transpose()?,
                replicas: given.replicas,
                labels: given.labels.clone(),
                max_unavailable: given.max_unavailable,
                turnover: given.turnover(),
                overlaps: given.overlaps,
                backoff_limit: given.backoff_limit,
                template: given.spec.as_ref().map(written).transpose()?.unwrap_or(template),
                citation: Some(Citation::default()),
                ..Workload::default()
            };
            found.workloads.insert(subject(&given.workload)?, workload);
        }
        for given in &self.services {
            let service = subject(&given.service)?;
            let key = (service.namespace().unwrap_or_default().to_owned(), service.name().to_owned());
            let taken: Vec<String> = given.takes.iter().cloned().collect();
            let addresses = given.address.iter().chain(&taken).cloned().collect();
            let (selector, citation) = (given.selects.clone(), Some(Citation::default()));
            let known = Service { selector, addresses, taken, citation };
            found.services.insert(key, known);
        }
        for (api, service) in &self.apis {
            found.served.insert(subject(api)?, subject(service)?);
        }
        for (object, all) in &self.refers {
            let all = all.iter().map(|one| subject(one)).collect::<Result<_, _>>()?;
            found.refers.insert(subject(object)?, all);
        }
        for (route, host) in &self.routes {
            let (host, by) = (host.clone(), subject(route)?);
            let services = self.leads.get(route).into_iter().flatten().map(|one| subject(one));
            let services = services.collect::<Result<BTreeSet<_>, _>>()?;
            found.published.push(Published { host, by, services, citation: Citation::default() });
        }
        self.add_settings(start, &mut found)?;
        for (policy, about) in &self.policies {
            let selector = about.clone();
            found.policies.insert(subject(policy)?, Some(Policy { selector, ingress: true, egress: false }));
        }
        for (object, carrier) in &self.brought {
            found.carriers.entry(subject(object)?).or_default().insert(subject(carrier)?);
        }
        for (webhook, service) in &self.webhooks {
            found.webhooks.insert(webhook.clone(), answered_by(webhook, subject(service)?));
        }
        Ok(Topology::new(found))
    }
}

/// A webhook without whose answer nothing is admitted.
fn answered_by(webhook: &str, service: Subject) -> Webhook {
    Webhook {
        configuration: Subject::cluster("ValidatingWebhookConfiguration", webhook),
        policy: "Fail".to_owned(),
        timeout_s: 10,
        service: Some(service),
        citation: Citation::default(),
    }
}

impl Given {
    fn add_settings(&self, start: DateTime<Utc>, found: &mut Findings) -> Result<(), GivenError> {
        let whole: Vec<&str> = self.whole.iter().map(String::as_str).collect();
        found.settings.whole = WholeLists::at(&whole, start + TimeDelta::minutes(30));
        for (budget, about) in &self.budgets {
            let budget_of = Budget { selector: about.clone(), has_expressions: false };
            found.settings.budgets.insert(subject(budget)?, budget_of);
        }
        for (role, account) in &self.grants {
            let role = subject(role)?;
            let namespace = account.split(':').nth(2).unwrap_or_default();
            let binding = Subject::namespaced("RoleBinding", namespace, role.name());
            let accounts = [account.clone()].into_iter().collect();
            let grant = Grant { role: Some(role), accounts, citation: Citation::default() };
            found.settings.grants.insert(binding, grant);
        }
        for (policy, object) in &self.parameters {
            let object = subject(object)?;
            let objects = [(object.namespace().map(str::to_owned), object.name().to_owned())].into_iter().collect();
            let parameters = Parameters { kind: Some(object.kind().to_owned()), objects };
            found.settings.parameters.insert(policy.clone(), parameters);
        }
        for (class, value) in &self.priorities {
            let priority = Priority { value: *value, citation: Citation::default() };
            found.settings.priorities.insert(class.clone(), priority);
        }
        for (node, given) in &self.kubelets {
            let config = KubeletConfig {
                evicts_below: given.evicts_below.clone(),
                reserved_memory: Vec::new(),
                runtime_timeout: given.runtime_timeout.clone(),
                pressure_lasts: given.pressure_lasts.clone(),
                citation: Citation::default(),
            };
            found.kubelets.insert(node.clone(), config);
        }
        found.nodes.extend(self.nodes.clone());
        for (node, given) in &self.machines {
            let (labels, version) = (given.labels.clone(), given.version.clone());
            found.node_traits.insert(node.clone(), NodeTraits { labels, version, ..NodeTraits::default() });
        }
        for (object, attributes) in &self.objects {
            let traits =
                ObjectTraits { attributes: attributes.clone().into_iter().collect(), ..ObjectTraits::default() };
            found.object_traits.insert(subject(object)?, traits);
        }
        Ok(())
    }
}

impl GivenWorkload {
    fn turnover(&self) -> Turnover {
        match (self.recreated, self.ordered) {
            (true, _) => Turnover::Recreate,
            (_, true) => Turnover::InTurn,
            _ => Turnover::Rolling,
        }
    }
}

fn runs(name: Option<&str>) -> Container {
    Container { name: name.unwrap_or("app").to_owned(), ..Container::default() }
}

fn app() -> Container {
    runs(None)
}

fn read_whole(text: &str) -> Result<EnvFrom, GivenError> {
    let read = subject(text)?;
    let name = Some(NameRef { name: read.name().to_owned(), ..NameRef::default() });
    match read.kind() {
        "ConfigMap" => Ok(EnvFrom { config_map_ref: name, secret_ref: None }),
        "Secret" => Ok(EnvFrom { config_map_ref: None, secret_ref: name }),
        _ => Err(GivenError(text.to_owned(), "ConfigMap or Secret")),
    }
}

fn subject(text: &str) -> Result<Subject, GivenError> {
    text.parse().map_err(|_| GivenError(text.to_owned(), "subject"))
}

fn duration(text: &str) -> Result<TimeDelta, GivenError> {
    let duration = humantime::parse_duration(text).ok().and_then(|duration| TimeDelta::from_std(duration).ok());
    duration.ok_or_else(|| GivenError(text.to_owned(), "duration"))
}
