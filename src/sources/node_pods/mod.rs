//! Pods on nodes that hand out their journals in no other way: the only thing that is ever created in a cluster, and
//! only where that was allowed.
//!
//! Each pod is that of a Job, so that it goes by itself if we are killed: the kubelet ends it after [`LIFE`], and the
//! Job controller removes it and the Job [`KEPT`] after that. A run removes its own at its end, [`remove_all`] those
//! that a killed one left.

mod manifest;
mod reader;

pub use reader::{File, Reader};

use crate::archive::format::Status;
use crate::sources::permissions::{Attributes, NODE_PODS, OnResource, of_pods};
use crate::sources::wire::api::{Api, Problem};
use crate::sources::wire::request_limiter::RequestLimiter;
use crate::sources::wire::status;
use futures_util::future::BoxFuture;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{Event, Pod};
use kube::api::{DeleteParams, ListParams, PostParams};
use kube::{Client, ResourceExt};
use std::collections::BTreeSet;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout, timeout_at};

/// How long a pod lives at most.
pub const LIFE: Duration = Duration::from_secs(180);
/// How long a Job and its pod can be looked at after that.
pub const KEPT: Duration = Duration::from_secs(60);
/// What every Job and pod is labelled with, beside the label that says what it is for.
pub const LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "k8s-forensics");
/// How long one request may take.
const REQUEST: Duration = Duration::from_secs(10);
/// How long a pod may take to run, its image's download included.
const START: Duration = Duration::from_secs(30);
/// How often is looked whether it does.
const LOOK: Duration = Duration::from_millis(500);
/// How long removing all may take at the end of a run.
const REMOVAL: Duration = Duration::from_secs(10);

/// That pods may be created, and which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    pub namespace: String,
    /// Any image with `sh`, `cat`, `find`, `stat` and `sleep`.
    pub image: String,
}

impl Default for Allowed {
    /// Where pods may mount folders of their node on most clusters, and the image of busybox.
    fn default() -> Self {
        Self { namespace: "kube-system".to_owned(), image: "busybox:1.37".to_owned() }
    }
}

/// Creates pods and removes them.
pub struct NodePods {
    api: Api,
    client: Client,
    limiter: Arc<RequestLimiter>,
    allowed: Allowed,
    /// Jobs that were created and not removed yet.
    jobs: Mutex<BTreeSet<String>>,
}

impl NodePods {
    pub fn new(api: &Api, allowed: Allowed) -> Self {
        Self { api: api.clone(), client: api.client(), limiter: api.limiter().clone(), allowed, jobs: Mutex::default() }
    }

    /// Starts a pod on `node` that can read its `/var/log`, and waits until it runs.
    ///
    /// Where a permission is denied that reading through it needs, no pod is made.
    pub async fn start(&self, node: &str) -> Result<Reader, Problem> {
        self.require().await?;
        let job = format!("k8s-forensics-{:016x}", RandomState::new().build_hasher().finish());
        let manifest = manifest::job(&job, node, &self.allowed)
            .map_err(|error| Problem::new(Status::Failed, format!("the Job cannot be written down: {error}")))?;
        // Noted before it is there, so that it is removed even if we never hear of it.
        self.jobs().insert(job.clone());
        let started = async {
            asked(&self.limiter, self.of::<Job>().create(&PostParams::default(), &manifest)).await?;
            self.wait(&job, Instant::now() + START).await
        };
        match started.await {
            Ok(pod) => Ok(Reader::new(self.of(), self.limiter.clone(), [pod, job])),
            Err(problem) => {
                self.remove(&job).await;
                Err(problem)
            }
        }
    }

    async fn require(&self) -> Result<(), Problem> {
        // Events only tell why there is no pod; and whether exec needs more than `get` depends on the version.
        let is_needed = |(user, on): &(&str, OnResource)| {
            *user == NODE_PODS && on.resource != "events" && !(on.subresource == "exec" && on.verb == "create")
        };
        for (_, on) in of_pods(&self.allowed, None).into_iter().filter(is_needed) {
            self.api.require(&Attributes::Resource(on)).await?;
        }
        Ok(())
    }

    /// The name of the pod of `job`, once it runs.
    async fn wait(&self, job: &str, until: Instant) -> Result<String, Problem> {
        let of_job = ListParams::default().labels(&format!("job-name={job}"));
        let mut last = String::from("no pod was made of its Job");
        loop {
            let pods = asked(&self.limiter, self.of::<Pod>().list(&of_job)).await?;
            match pods.items.first().map(manifest::PodProgress::of) {
                Some(manifest::PodProgress::Runs(pod)) => return Ok(pod),
                Some(manifest::PodProgress::Hopeless(why)) => {
                    return Err(Problem::new(Status::Failed, self.advised(&why)));
                }
                Some(manifest::PodProgress::Waits(why)) => last = why,
                None => last = self.refusal(job).await.unwrap_or(last),
            }
            if Instant::now() + LOOK > until {
                let why = format!("its pod did not run within {} s: {last}", START.as_secs());
                return Err(Problem::new(Status::Timeout, self.advised(&why)));
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Why no pod is made of `job`, as the Job controller's last event says.
    async fn refusal(&self, job: &str) -> Option<String> {
        let about = format!("involvedObject.kind=Job,involvedObject.name={job},reason=FailedCreate");
        let events = asked(&self.limiter, self.of::<Event>().list(&ListParams::default().fields(&about))).await.ok()?;
        let message = events.items.into_iter().filter_map(|event| event.message).next_back()?;
        Some(status::quoted(message.as_bytes()))
    }

    /// `why`, with what to do where that can be told.
    fn advised(&self, why: &str) -> String {
        let Allowed { namespace, image } = &self.allowed;
        if why.contains("ImagePull") || why.contains("InvalidImageName") {
            return format!("{why}; give an image that this cluster can pull in place of {image} with --pods-image");
        }
        if why.contains("violates PodSecurity") {
            return format!("{why}; give another namespace than {namespace} with --pods-namespace");
        }
        why.to_owned()
    }

    /// Removes the Job and its pod, whether or not it is there.
    pub async fn remove(&self, job: &str) {
        let is_gone = match asked(&self.limiter, self.of::<Job>().delete(job, &at_once())).await {
            Ok(_) => true,
            Err(problem) => problem.code == Some(404),
        };
        if is_gone {
            self.jobs().remove(job);
        }
    }

    /// Removes what this run has left, and gives the Jobs that could not be removed.
    pub async fn remove_own(&self) -> Vec<String> {
        let jobs: Vec<String> = self.jobs().iter().cloned().collect();
        let removing = futures_util::future::join_all(jobs.iter().map(|job| self.remove(job)));
        let _ = timeout(REMOVAL, removing).await;
        self.jobs().iter().cloned().collect()
    }

    fn of<K>(&self) -> kube::Api<K>
    where
        K: kube::Resource<Scope = k8s_openapi::NamespaceResourceScope>,
        K::DynamicType: Default,
    {
        kube::Api::namespaced(self.client.clone(), &self.allowed.namespace)
    }

    fn jobs(&self) -> MutexGuard<'_, BTreeSet<String>> {
        // No code that can panic runs under this lock.
        self.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A Job that was left, or could not be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Left {
    /// `NAMESPACE/NAME`.
    pub job: String,
    pub node: String,
    /// Why it is still there, if it is.
    pub why: Option<String>,
}

/// Removes all Jobs of runs that were killed, and their pods: those in `namespace`, or in all.
///
/// # Errors
///
/// Fails if they cannot be listed.
pub fn remove_all<'a>(api: &'a Api, namespace: Option<&'a str>) -> BoxFuture<'a, Result<Vec<Left>, Problem>> {
    Box::pin(removed(api, namespace))
}

async fn removed(api: &Api, namespace: Option<&str>) -> Result<Vec<Left>, Problem> {
    let client = api.client();
    let jobs: kube::Api<Job> = match namespace {
        Some(namespace) => kube::Api::namespaced(client.clone(), namespace),
        None => kube::Api::all(client.clone()),
    };
    let (label, value) = LABEL;
    let found = asked(api.limiter(), jobs.list(&ListParams::default().labels(&format!("{label}={value}")))).await?;
    let mut left = Vec::new();
    for job in found.items {
        let (space, name) = (job.namespace().unwrap_or_default(), job.name_any());
        let jobs: kube::Api<Job> = kube::Api::namespaced(client.clone(), &space);
        let removed = asked(api.limiter(), jobs.delete(&name, &at_once())).await;
        let why = removed.err().filter(|problem| problem.code != Some(404)).map(|problem| problem.why);
        left.push(Left { job: format!("{space}/{name}"), node: manifest::node_of(&job), why });
    }
    Ok(left)
}

/// The Job and its pod go together, and the pod without a wait: it has nothing to end in order.
fn at_once() -> DeleteParams {
    DeleteParams::background().grace_period(0)
}

/// One request with its limit, in its turn.
async fn asked<T>(limiter: &Arc<RequestLimiter>, request: impl Future<Output = kube::Result<T>>) -> Result<T, Problem> {
    let _place = limiter.enter().await;
    match timeout_at(Instant::now() + REQUEST, request).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(kube::Error::Api(error))) => {
            Err(status::of_error(error.code, &serde_json::to_vec(&error).unwrap_or_default()))
        }
        Ok(Err(error)) => Err(status::of_transport(&error, REQUEST)),
        Err(_) => Err(Problem::new(Status::Timeout, format!("no answer within {} s", REQUEST.as_secs()))),
    }
}
