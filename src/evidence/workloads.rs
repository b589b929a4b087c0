//! Deployments, ReplicaSets, StatefulSets, DaemonSets, Jobs and CronJobs: conditions, templates, owners, changes.

use super::findings::{Findings, Place, Turnover, Workload};
use super::{changes, conditions, releases, revisions, stalls, status};
use crate::model::Subject;
use crate::objects::{Condition, Meta, PodSpec, Time, or_default};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    replicas: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    template: Template,
    #[serde(deserialize_with = "or_default")]
    strategy: Strategy,
    #[serde(rename = "minReadySeconds", deserialize_with = "or_default")]
    min_ready_seconds: u64,
    /// Of a StatefulSet.
    #[serde(rename = "updateStrategy", deserialize_with = "or_default")]
    update_strategy: Strategy,
    /// Of a Job: it is held.
    #[serde(deserialize_with = "or_default")]
    suspend: bool,
    /// Of a Job: how many failed pods it makes anew.
    #[serde(rename = "backoffLimit", deserialize_with = "or_default")]
    backoff_limit: Option<u64>,
    /// Of a CronJob: what is done where a run is due while another goes on.
    #[serde(rename = "concurrencyPolicy", deserialize_with = "or_default")]
    concurrency: String,
    /// Of a CronJob.
    #[serde(rename = "jobTemplate", deserialize_with = "or_default")]
    job: JobTemplate,
    /// Of a StatefulSet.
    #[serde(rename = "podManagementPolicy", deserialize_with = "or_default")]
    pod_management: String,
    /// Of a Job: who looks after it, where it is not the cluster's own controller.
    #[serde(rename = "managedBy", deserialize_with = "or_default")]
    managed_by: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobTemplate {
    #[serde(deserialize_with = "or_default")]
    spec: JobSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct JobSpec {
    #[serde(rename = "backoffLimit", deserialize_with = "or_default")]
    backoff_limit: Option<u64>,
}

/// Of a Deployment or StatefulSet (apps/v1 DeploymentStrategy, StatefulSetUpdateStrategy).
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Strategy {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    rolling_update: RollingUpdate,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RollingUpdate {
    #[serde(deserialize_with = "or_default")]
    max_unavailable: serde_json::Value,
    /// Of a StatefulSet: pods of lower numbers stay as they are.
    #[serde(deserialize_with = "or_default")]
    partition: u64,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Template {
    #[serde(deserialize_with = "or_default")]
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: PodSpec,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Status {
    #[serde(rename = "observedGeneration", deserialize_with = "or_default")]
    observed_generation: Option<i64>,
    /// How many pods are of the revision that is to be.
    #[serde(rename = "updatedReplicas", deserialize_with = "or_default")]
    updated_replicas: Option<u64>,
    #[serde(deserialize_with = "or_default")]
    conditions: Vec<Condition>,
    /// Of a Job: when its controller first looked at it.
    #[serde(rename = "startTime", deserialize_with = "or_default")]
    start_time: Time,
}

/// Reads one workload of `kind`.
pub fn read(kind: &str, place: Place, line: &[u8], found: &mut Findings) {
    let object: Object = match serde_json::from_slice(line) {
        Ok(object) => object,
        Err(error) => return found.unreadable(place, error),
    };
    let meta = &object.metadata;
    let subject = Subject::of_object(kind, &meta.namespace, &meta.name);
    let owner = conditions::Owner { place, subject: &subject, node: None, created: meta.creation_timestamp };
    object.status.conditions.iter().for_each(|one| conditions::read(&owner, one, found));
    status::still_terminating(&owner, meta, found);
    stalls::not_observed(&owner, meta, object.status.observed_generation, found);
    if kind == "StatefulSet" {
        stalls::not_updated(&owner, meta, updated(&object), found);
    }
    if kind == "Job" {
        let is_others = !matches!(object.spec.managed_by.as_str(), "" | "kubernetes.io/job-controller");
        let is_begun = object.status.start_time.is_some() || !object.status.conditions.is_empty();
        stalls::not_begun(&owner, meta, is_begun || object.spec.suspend || is_others, found);
    }
    releases::note(&subject, meta, place, found);
    let failed = object.status.conditions.iter().find(|one| one.kind == "Failed" && one.is_true());
    if let (Some(hook), Some(failed)) = (releases::hook(meta), failed) {
        let at = owner.turned(failed, found).unwrap_or_else(|| place.since(meta.creation_timestamp));
        hook.tell_failed(&owner, at, &format!("{} {}", failed.reason, failed.message), found);
    }
    match kind {
        "ReplicaSet" => revisions::note_set(&subject, meta, place, found),
        _ => changes::of_template(place, &subject, meta, found),
    }
    let owner = meta.controller().map(|(kind, name)| Subject::of_object(kind, &meta.namespace, name));
    // The controller sets this when every pod of the new ReplicaSet is available (pkg/controller/deployment/progress.go).
    let rolled_out = object.status.conditions.iter().find(|one| one.reason == "NewReplicaSetAvailable");
    let turnover = turnover(kind, &object.spec);
    let mut template = object.spec.template.spec;
    template.shrink();
    let workload = Workload {
        owner,
        rolled_out_at: rolled_out.and_then(|condition| condition.last_update_time),
        created: meta.creation_timestamp,
        replicas: object.spec.replicas,
        labels: object.spec.template.metadata.labels,
        max_unavailable: Some(kind)
            .filter(|kind| *kind == "Deployment" && object.spec.strategy.kind != "Recreate")
            .and_then(|_| max_unavailable(&object.spec.strategy, object.spec.replicas)),
        turnover,
        min_ready_s: object.spec.min_ready_seconds,
        overlaps: kind == "CronJob" && matches!(object.spec.concurrency.as_str(), "" | "Allow"),
        backoff_limit: object.spec.backoff_limit.or(object.spec.job.spec.backoff_limit),
        template,
        citation: Some(found.cite(place, &subject.to_string())),
    };
    found.workloads.insert(subject, workload);
}

/// In which order a controller replaces its pods (Kubernetes API reference, DeploymentStrategy and StatefulSetSpec).
fn turnover(kind: &str, spec: &Spec) -> Turnover {
    match kind {
        "StatefulSet" if spec.pod_management != "Parallel" => Turnover::InTurn,
        _ if spec.strategy.kind == "Recreate" => Turnover::Recreate,
        _ => Turnover::Rolling,
    }
}

/// How many pods of a StatefulSet are of the revision that is to be, and how many should be, where its controller has seen
/// its specification and replaces all of them.
fn updated(object: &Object) -> (Option<u64>, Option<u64>) {
    let strategy = &object.spec.update_strategy;
    let is_seen = object.status.observed_generation.is_some_and(|seen| object.metadata.generation == Some(seen));
    let in_order = strategy.kind != "OnDelete" && strategy.rolling_update.partition == 0;
    (object.status.updated_replicas, object.spec.replicas.filter(|_| is_seen && in_order))
}

/// How many pods a rolling update may take away before new ones are ready: a share is rounded down
/// (pkg/controller/deployment/util/deployment_util.go, `ResolveFenceposts`), and is a quarter where nothing is written
/// (pkg/apis/apps/v1/defaults.go, `SetDefaults_Deployment`).
fn max_unavailable(strategy: &Strategy, replicas: Option<u64>) -> Option<u64> {
    let of_share = |share: u64| Some(replicas?.checked_mul(share)? / 100);
    match &strategy.rolling_update.max_unavailable {
        serde_json::Value::Number(number) => number.as_u64(),
        serde_json::Value::String(share) => of_share(share.strip_suffix('%')?.parse().ok()?),
        _ => of_share(25),
    }
}
