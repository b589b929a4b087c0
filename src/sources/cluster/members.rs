//! What each API server tells of the same: so that those can be told apart that do not share one state.
//!
//! The EndpointSlice of the Service `kubernetes` has the address of every API server (k8s.io/kubernetes v1.34.4,
//! pkg/controlplane/reconcilers). Each is asked there, and where we ask all the rest, which may be a balancer before
//! them. The order is what matters: all are asked for the newest lists one after another, then for lists of one exact
//! revision, then for the newest again. So whoever reads the answers needs no guess at how fast the cluster changes.
//!
//! What etcd's members know of themselves (leader, raft term, their ids) they tell by gRPC alone, which takes a client
//! certificate; over HTTP with GET they give metrics, which `components` and Prometheus bring where they can. Of etcd
//! this asks through the API server: the revision that a quorum read gives, and how large it says its database is.

use super::listing::METADATA_ONLY;
use super::members_answer::{Answer, checks, list, metrics};
use crate::archive::format::Status;
use crate::archive::{Content, layout};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::wire::api::{Api, Problem, escaped};
use crate::sources::wire::connect;
use crate::sources::wire::status::CERTIFICATE;
use crate::sources::{Deadlines, Permission, Profile, Scope, Source, recorded_members};
use chrono::Utc;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub static SOURCE: Source = Source {
    id: "members",
    title: "What each API server tells of the same",
    why: "whether all of the control plane has one and the same state",
    permissions: &[
        Permission::new("", "events,nodes,pods", &["list"]),
        Permission::new("discovery.k8s.io", "endpointslices", &["list"]).at(Scope::Namespace("default")),
        Permission::urls(&["/metrics", "/readyz"]),
    ],
    paths: &["controlplane/members.jsonl"],
    profile: Profile::Standard,
    cap: 1024 * 1024,
    deadlines: Deadlines::brief(Duration::from_secs(8)),
    expect: |options| options.expected(&SOURCE, "all API servers"),
    run: |run, items| Box::pin(plan(run, items)),
};

const SLICES: &str = "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices?limit=20&labelSelector=kubernetes.io%2Fservice-name%3Dkubernetes";
/// The most that is read of it, and of one answer but metrics, in bytes.
const BYTES: usize = 1024 * 1024;
/// The most that is read of metrics.
const METRICS_BYTES: usize = 32 * 1024 * 1024;
/// The most API servers that are asked: there are three or five.
const MOST: usize = 9;
/// Kinds that every cluster has some of.
const KINDS: [&str; 3] = ["nodes", "pods", "events"];

async fn plan(run: Arc<Run>, items: Vec<Item>) {
    let jobs = items.into_iter().map(|item| {
        let run = run.clone();
        Job::new(Rank::Rotating, item, move |item| async move {
            // Boxed, because it is large.
            Box::pin(ask_all(&run, item)).await;
        })
    });
    run.pool.submit(jobs.collect::<Vec<_>>());
}

/// An API server.
struct Member {
    /// Its address, or that at which we ask.
    name: String,
    /// Where we ask all the rest.
    is_usual: bool,
    /// Why it is not asked any more.
    silent: Option<String>,
    api: Api,
}

async fn ask_all(run: &Arc<Run>, item: Item) {
    let addresses = match addresses(run).await {
        Ok(addresses) => addresses,
        Err(problem) => return run.fail(item, problem),
    };
    let mut asked = Asked { members: members(run, addresses).await, answers: Vec::new(), namespace: None };
    asked.namespace = run.options.namespaces.first().cloned();
    asked.readiness().await;
    asked.newest().await;
    asked.exact().await;
    asked.newest().await;
    asked.metrics().await;
    let mut text = String::new();
    for answer in &asked.answers {
        if let Ok(line) = serde_json::to_string(answer) {
            text.push_str(&line);
            text.push('\n');
        }
    }
    let (status, why) = told(&asked);
    let joined = recorded_members::join(run, text.into_bytes()).await;
    if let Some(stored) = run.store(layout::MEMBERS, Content::Json, &joined.text).await {
        let is_stored = stored.status == Status::Collected;
        joined.tell(run, &stored);
        item.finish(if is_stored { ItemOutcome { status, why, ..stored } } else { stored });
    }
}

/// How it went. Where none can be reached at its own address, that is how the network is; where some can, those that
/// cannot are missed. So is a kind that nobody listed.
fn told(Asked { members, answers, .. }: &Asked) -> (Status, String) {
    let unlisted = KINDS.into_iter().filter_map(|kind| {
        let mut of_kind = answers.iter().filter(|answer| answer.of == kind);
        let problem = of_kind.clone().find_map(|answer| answer.problem.as_ref())?;
        of_kind.all(|answer| answer.revision.is_none()).then(|| format!("{kind}: {problem}"))
    });
    let unlisted: Vec<String> = unlisted.collect();
    if !unlisted.is_empty() && members.iter().all(|member| member.silent.is_none()) {
        return (Status::Truncated, unlisted.join("; "));
    }
    let silent = members.iter().filter_map(|member| Some(format!("{}: {}", member.name, member.silent.as_ref()?)));
    let why = silent.collect::<Vec<_>>().join("; ");
    let is_any = members.iter().any(|member| !member.is_usual && member.silent.is_none());
    let is_usual_silent = members.iter().any(|member| member.is_usual && member.silent.is_some());
    match () {
        () if why.is_empty() => (Status::Collected, why),
        () if is_any || is_usual_silent => (Status::Truncated, why),
        () => (
            Status::Collected,
            format!("only asked where all else is asked, as no other address can be reached: {why}"),
        ),
    }
}

#[derive(Deserialize)]
struct Slices {
    #[serde(default)]
    items: Option<Vec<Slice>>,
}

#[derive(Deserialize)]
struct Slice {
    #[serde(default)]
    endpoints: Option<Vec<Endpoint>>,
    #[serde(default)]
    ports: Option<Vec<Port>>,
}

#[derive(Deserialize)]
struct Endpoint {
    #[serde(default)]
    addresses: Vec<String>,
}

#[derive(Deserialize)]
struct Port {
    port: Option<u16>,
}

/// The addresses of all API servers, in order, as `10.0.0.1:6443`.
async fn addresses(run: &Run) -> Result<Vec<String>, Problem> {
    let body = run.api.bytes(SLICES, None, SOURCE.deadlines, BYTES).await?;
    let slices: Slices = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(Status::Failed, format!("not a list of EndpointSlices: {error}")))?;
    let mut addresses = Vec::new();
    for slice in slices.items.into_iter().flatten() {
        let Some(port) = slice.ports.iter().flatten().find_map(|port| port.port) else { continue };
        for address in slice.endpoints.iter().flatten().flat_map(|endpoint| &endpoint.addresses) {
            // An address as anybody may write one goes into a URL.
            let Ok(address) = address.parse::<std::net::IpAddr>() else { continue };
            addresses.push(std::net::SocketAddr::new(address, port).to_string());
        }
    }
    addresses.sort();
    addresses.dedup();
    addresses.truncate(MOST);
    Ok(addresses)
}

/// The API servers at `addresses`, and where we ask all the rest first, unless that is one of them.
async fn members(run: &Run, addresses: Vec<String>) -> Vec<Member> {
    let usual = connect::address_of(&run.api).unwrap_or_else(|| "as configured".to_owned());
    let mut members = vec![Member { name: usual.clone(), is_usual: true, silent: None, api: run.api.clone() }];
    let others = addresses.into_iter().filter(|address| *address != usual).map(|name| async move {
        let (api, silent) = match reached(run, &name).await {
            Ok(api) => (api, None),
            Err(problem) => (run.api.clone(), Some(problem.why)),
        };
        Member { name, is_usual: false, silent, api }
    });
    members.extend(futures_util::future::join_all(others).await);
    members
}

/// A way to the API server at `address`: the first of the names that its certificate has.
async fn reached(run: &Run, address: &str) -> Result<Api, Problem> {
    let mut untrusted = Problem::new(Status::Absent, "how the API server is reached is not known");
    for name in connect::names_of_members(&run.api) {
        let api = connect::member(&run.api, address, &name)?;
        match api.answer("/version", None, SOURCE.deadlines).await {
            Err(problem) if problem.why.starts_with(CERTIFICATE) => untrusted = problem,
            Err(problem) => return Err(problem),
            Ok(_) => return Ok(api),
        }
    }
    Err(untrusted)
}

/// The API servers that are asked, and what they have answered so far.
struct Asked {
    members: Vec<Member>,
    answers: Vec<Answer>,
    /// Where all namespaces may not be listed: the one that is.
    namespace: Option<String>,
}

impl Asked {
    async fn readiness(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.silent.is_none()) {
            let asked_at = Utc::now();
            let answered = match member.api.answer("/readyz?verbose", None, SOURCE.deadlines).await {
                Ok(answer) => {
                    let code = answer.code;
                    answer.up_to(BYTES).await.and_then(|body| checks(code, &body))
                }
                Err(problem) => Err(problem),
            };
            self.answers.push(member.heard("readyz", asked_at, answered));
        }
    }

    /// Asks for the newest lists, which are read from etcd by its quorum.
    async fn newest(&mut self) {
        for kind in KINDS {
            let path = self.path(kind);
            for member in self.members.iter_mut().filter(|member| member.silent.is_none()) {
                self.answers.push(member.lists(kind, &path).await);
            }
        }
    }

    /// Asks for the lists of one revision, the oldest of those that came: that any that shares it has.
    async fn exact(&mut self) {
        let mut oldest: BTreeMap<&str, u64> = BTreeMap::new();
        for answer in &self.answers {
            let (Some(kind), Some(revision)) = (KINDS.into_iter().find(|kind| *kind == answer.of), answer.revision)
            else {
                continue;
            };
            oldest.entry(kind).and_modify(|known| *known = revision.min(*known)).or_insert(revision);
        }
        for (kind, revision) in oldest {
            let path = format!("{}&resourceVersion={revision}&resourceVersionMatch=Exact", self.path(kind));
            for member in self.members.iter_mut().filter(|member| member.silent.is_none()) {
                let answer = member.lists(kind, &path).await;
                self.answers.push(Answer { at: Some(revision), ..answer });
            }
        }
    }

    async fn metrics(&mut self) {
        for member in self.members.iter_mut().filter(|member| member.silent.is_none()) {
            let asked_at = Utc::now();
            let answered = member.api.bytes("/metrics", None, Deadlines::USUAL, METRICS_BYTES).await;
            let answered = answered.map(|body| metrics(&body));
            // It has answered all that is compared: one that does not tell of its metrics is not silent.
            self.answers.push(Answer::new(&member.name, "metrics", asked_at, answered));
        }
    }

    fn path(&self, kind: &str) -> String {
        match self.namespace.as_deref().filter(|_| kind != "nodes") {
            Some(namespace) => format!("/api/v1/namespaces/{}/{kind}?limit=1", escaped(namespace)),
            None => format!("/api/v1/{kind}?limit=1"),
        }
    }
}

impl Member {
    async fn lists(&mut self, kind: &'static str, path: &str) -> Answer {
        let asked_at = Utc::now();
        let answered = self.api.bytes(path, Some(METADATA_ONLY), SOURCE.deadlines, BYTES).await;
        let answered = answered.and_then(|body| list(&body));
        self.heard(kind, asked_at, answered)
    }

    /// The answer, after which whoever does not answer is not asked again.
    fn heard(
        &mut self,
        of: &'static str,
        asked_at: chrono::DateTime<Utc>,
        answered: Result<Answer, Problem>,
    ) -> Answer {
        if let Err(problem) = &answered
            && problem.is_silence()
        {
            self.silent = Some(format!("{of}: {}", problem.why));
        }
        Answer::new(&self.name, of, asked_at, answered)
    }
}
