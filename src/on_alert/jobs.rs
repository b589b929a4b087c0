//! The two requests that this room makes: to list the Jobs of a namespace that it started, and to create one.

use super::pace::{Started, State};
use super::template::{GROUP_ID, STARTED_BY};
use k8s_openapi::api::batch::v1::Job;
use kube::api::{Api, ApiResource, DynamicObject, ListParams, PostParams};
use kube::{Client, Error};
use serde_json::Value;
use std::fmt;
use std::time::Duration;

/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(15);
/// As who fields are managed.
const MANAGER: &str = "k8s-forensics-on-alert";

/// The Jobs of a namespace.
pub struct Jobs {
    api: Api<DynamicObject>,
    namespace: String,
}

/// Why a request came to nothing.
#[derive(Debug)]
pub enum Fault {
    /// A Job of this name is there already.
    Exists,
    /// It will be so the next time, too.
    Refused(String),
    /// It may go well a little later.
    Unavailable(String),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("a Job of this name is there already"),
            Self::Refused(why) | Self::Unavailable(why) => f.write_str(why),
        }
    }
}

impl Jobs {
    pub fn new(client: Client, namespace: &str) -> Self {
        let api = Api::namespaced_with(client, namespace, &ApiResource::erase::<Job>(&()));
        Self { api, namespace: namespace.to_owned() }
    }

    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Those that were started from the template of this name.
    pub(super) async fn started(&self, template: &str) -> Result<Vec<Started>, Fault> {
        let chosen = ListParams::default().labels(&format!("{STARTED_BY}={template}"));
        let all = within(self.api.list(&chosen)).await?;
        Ok(all.items.iter().filter_map(started).collect())
    }

    /// Creates a Job.
    pub(super) async fn create(&self, job: Value) -> Result<(), Fault> {
        self.post(job, false).await
    }

    /// Has the API server judge a Job as if it were created: whether it is one, and whether we may.
    pub(super) async fn try_out(&self, job: Value) -> Result<(), Fault> {
        self.post(job, true).await
    }

    async fn post(&self, job: Value, dry_run: bool) -> Result<(), Fault> {
        let job: DynamicObject = serde_json::from_value(job).map_err(|error| Fault::Refused(error.to_string()))?;
        let params = PostParams { dry_run, field_manager: Some(MANAGER.to_owned()) };
        within(self.api.create(&params, &job)).await.map(drop)
    }
}

async fn within<T>(asked: impl Future<Output = kube::Result<T>>) -> Result<T, Fault> {
    match tokio::time::timeout(REQUEST, asked).await {
        Ok(answered) => answered.map_err(fault),
        Err(_) => Err(Fault::Unavailable(format!("no answer within {} s", REQUEST.as_secs()))),
    }
}

fn fault(error: Error) -> Fault {
    match error {
        Error::Api(status) => {
            let why = format!("{} {}: {}", status.code, status.reason, status.message);
            match status.code {
                409 => Fault::Exists,
                // An admission webhook that is down answers 500; limits of a quota (403) end by themselves, but a right
                // that is missing does not, and both are told apart by nothing but words.
                429 | 500.. => Fault::Unavailable(why),
                _ => Fault::Refused(why),
            }
        }
        other => Fault::Unavailable(other.to_string()),
    }
}

fn started(job: &DynamicObject) -> Option<Started> {
    let metadata = &job.metadata;
    let created = chrono::DateTime::parse_from_rfc3339(&metadata.creation_timestamp.as_ref()?.0.to_string()).ok()?;
    let group = metadata.labels.as_ref().and_then(|labels| labels.get(GROUP_ID)).cloned().unwrap_or_default();
    Some(Started { name: metadata.name.clone()?, created: created.to_utc(), group, state: state(&job.data) })
}

/// How it stands (kubernetes.io/docs/concepts/workloads/controllers/job, terminal conditions).
fn state(job: &Value) -> State {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array).into_iter().flatten();
    let is = |kind: &str| conditions.clone().any(|one| one["type"] == kind && one["status"] == "True");
    match (is("Complete"), is("Failed")) {
        (true, _) => State::Complete,
        (false, true) => State::Failed,
        (false, false) => State::Running,
    }
}
