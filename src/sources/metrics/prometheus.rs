//! Ranges, alerts, rules and targets of every Prometheus in the cluster, and the alerts of every Alertmanager.
//!
//! They are reached through the API server's proxy for Services, so nothing has to be exposed, or directly where a
//! URL was given. Answers are kept as sent, with a
//! line break before every series. Of targets, the labels before relabelling and the query strings of URLs
//! are left out: they may hold credentials.

use super::monitoring::{self, Behind, Candidate, EndpointSlice, Service, Tool};
use super::names::Names;
use super::questions::{Question, ask, questions};
use crate::archive::format::Status;
use crate::model::Window;
use crate::sources::cluster::inherited;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::{Answer, Api, Deadlines, Problem, escaped};
use crate::sources::wire::connect;
use crate::sources::wire::list;
use crate::sources::wire::status::NO_TENANT;
use crate::sources::{Login, Permission, Profile, Scope, Source};
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OnceCell, Semaphore};

pub static SOURCE: Source = Source {
    id: "prometheus",
    title: "Metrics and alert history",
    why: "what led up to it, when which alert fired, and what nobody was told",
    permissions: &[
        Permission::new("", "services", &["list"]).at(Scope::Anywhere),
        Permission::new("", "pods/proxy,services/proxy", &["get"]).at(Scope::Anywhere),
        Permission::new("discovery.k8s.io", "endpointslices", &["list"]).at(Scope::Anywhere),
    ],
    paths: &["metrics/QUERY.json", "metrics/{alertmanager,alerts,rules,targets}.json"],
    profile: Profile::Standard,
    cap: 32 * 1024 * 1024,
    deadlines: Deadlines::of(25, 50),
    expect: |options| options.expected(&SOURCE, "metrics of all Prometheus servers"),
    run: |run, items| Box::pin(plan(run, items)),
};

/// Questions at once to one server: it is a victim of many incidents itself.
const AT_ONCE: usize = 4;
/// How long a server may take to say that it is there.
const PROBE: Deadlines = Deadlines::brief(Duration::from_secs(10));
const LIST: usize = 64 * 1024 * 1024;
/// The most that is read of a list of metrics, in bytes; a metric is some 40.
const NAMES: usize = 16 * 1024 * 1024;

/// A server to be asked.
pub struct Server {
    api: Api,
    way: Way,
    tool: Tool,
    /// What its paths begin with.
    root: String,
    /// As outcomes name it.
    called: String,
    /// Goes behind the id of an entry, for all but the first server of its kind.
    pub suffix: String,
    places: Semaphore,
    names: OnceCell<Option<Names>>,
}

/// How a server is reached.
enum Way {
    /// Through the API server, which keeps our credentials for itself (`WithAuthentication` of k8s.io/apiserver takes
    /// the header out).
    Proxy,
    Direct(Option<Login>),
}

async fn plan(run: Arc<Run>, items: Vec<Item>) {
    let is_complete = run.options.resume.as_ref().is_some_and(|base| base.has_all_of(SOURCE.id));
    if is_complete && run.options.prometheus.is_none() {
        return items.into_iter().for_each(drop);
    }
    match servers(&run).await {
        Err(problem) => {
            for item in items {
                run.fail(item, problem.clone());
            }
        }
        Ok(servers) if servers.is_empty() => {
            for item in items {
                item.finish(ItemOutcome::new(Status::Absent, "no Service looks like a Prometheus or an Alertmanager"));
            }
        }
        Ok(servers) => {
            // All are planned before the first is asked, so that an end in between leaves none out.
            let planned: Vec<_> = servers
                .into_iter()
                .map(|(server, behind)| {
                    let planned = questions(server.tool).into_iter().map(|question| {
                        let subject = format!("{}: {}", server.called, question.name());
                        let entry = question.entry(&server.suffix);
                        (question, run.ledger.plan(ItemSpec::new(SOURCE.id, subject).entry(entry)))
                    });
                    (planned.collect::<Vec<_>>(), server, behind)
                })
                .collect();
            items.into_iter().for_each(Item::expand);
            let asked = planned.into_iter().map(|(planned, server, behind)| ask_all(&run, planned, server, behind));
            futures_util::future::join_all(asked).await;
        }
    }
}

async fn ask_all(run: &Arc<Run>, planned: Vec<(Question, Item)>, mut server: Server, behind: Behind) {
    let planned: Vec<_> = planned.into_iter().filter(|(_, item)| !item.is_settled()).collect();
    if planned.is_empty() {
        return;
    }
    // What an older archive says of endpoints may be out of date: the Service may lead somewhere by now.
    let leads_again = match (&run.options.resume, &behind) {
        (Some(_), Behind::Pod(_)) => server.is_silent(run).await.is_none(),
        _ => false,
    };
    let problem = match behind {
        Behind::Pod(_) if leads_again => None,
        Behind::Ready => server.is_silent(run).await,
        // Nothing runs there: that is no failure to reach it.
        Behind::Nothing => Some(Problem::new(Status::Absent, "nothing runs behind its Service")),
        // The API server reaches a pod also where its Service does not, as when its node is not ready.
        Behind::Pod(root) => {
            server.root = root;
            server.is_silent(run).await.map(|problem| {
                let no_endpoint = "the Service has no ready endpoint";
                let why = format!("{no_endpoint}, and neither does its pod answer: {}", problem.why);
                Problem { why, ..problem }
            })
        }
    };
    if let Some(problem) = problem {
        for (_, item) in planned {
            run.fail(item, Problem { why: format!("{}: {}", server.called, problem.why), ..problem.clone() });
        }
        return;
    }
    let server = Arc::new(server);
    let jobs: Vec<Job> = planned
        .into_iter()
        .map(|(question, item)| {
            let (run, server) = (run.clone(), server.clone());
            Job::new(Rank::Kept, item, move |item| async move {
                let Ok(_place) = server.places.acquire().await else { return };
                // Boxed, because it is large and there is one for every question.
                Box::pin(ask(&run, &server, &question, item)).await;
            })
        })
        .collect();
    run.pool.submit(jobs);
}

impl Server {
    /// Why it is not worth asking, if it is not.
    async fn is_silent(&self, run: &Run) -> Option<Problem> {
        let path = match self.tool {
            Tool::Prometheus => "/-/ready",
            Tool::Alertmanager => "/-/healthy",
        };
        let answer = self.get(path, PROBE).await;
        run.clocks.note(answer.iter().filter_map(|answer| answer.clock.reading(&self.called)));
        // A server that does not know the question is there.
        answer.err().filter(|problem| matches!(problem.status, Status::Unreachable | Status::Timeout | Status::Denied))
    }

    /// The metrics it has within `window`, asked for once; `None` if it does not tell.
    pub async fn names(&self, window: Window) -> Option<&Names> {
        let (from, to) = (window.from.timestamp(), window.to.timestamp());
        let path = format!("/api/v1/label/__name__/values?start={from}&end={to}");
        let ask = || async {
            let answer = self.get(&path, Deadlines::default()).await.ok()?;
            Names::read(&answer.bytes(NAMES).await.ok()?)
        };
        self.names.get_or_init(ask).await.as_ref()
    }

    /// Asks for `path` below the root. A reason never holds the credentials.
    pub async fn get(&self, path: &str, deadlines: Deadlines) -> Result<Answer, Problem> {
        let answer = self.api.get(&format!("{}{path}", self.root), None, deadlines).await;
        answer.map_err(|problem| Problem { why: self.way.why(&problem), ..problem })
    }
}

impl Way {
    /// Why a question was not answered, with what to do where credentials are to blame.
    fn why(&self, problem: &Problem) -> String {
        let why = match (self, problem.code) {
            (_, Some(401)) if problem.why.contains(NO_TENANT) => {
                "it has the data of several tenants (401: no org id): name the one with --prometheus-tenant"
            }
            (Self::Proxy, Some(401)) => {
                "it wants credentials (401), which the proxy of the API server does not pass on: give its URL with \
                 --prometheus and a token with --prometheus-bearer-file"
            }
            (Self::Direct(None), Some(401)) => {
                "it wants credentials (401): give them with --prometheus-bearer-file or --prometheus-basic-file"
            }
            (Self::Direct(Some(_)), Some(401)) => {
                "it does not accept the credentials (401): they may be another server's, or have expired"
            }
            (Self::Direct(Some(login)), _) => return login.hidden(&problem.why),
            _ => &problem.why,
        };
        why.to_owned()
    }
}

/// The servers to ask, and what is behind each.
async fn servers(run: &Run) -> Result<Vec<(Server, Behind)>, Problem> {
    if let Some(url) = &run.options.prometheus {
        let login = run.options.login.clone();
        let api = connect::plain(url.clone(), login.as_ref(), run.api.limiter())
            .map_err(|error| Problem::new(Status::Failed, error.to_string()))?;
        let called = format!("Prometheus at {}", url.authority().map(ToString::to_string).unwrap_or_default());
        let found = Server {
            way: Way::Direct(login),
            ..server(api.of_tenant(run.options.tenant.clone()), Tool::Prometheus, String::new(), called)
        };
        return Ok(vec![(found, Behind::Ready)]);
    }
    let services: Vec<Service> = list_all(run, &SERVICES).await?;
    let mut servers = Vec::new();
    let found: Vec<(Tool, Vec<Candidate>)> = [Tool::Prometheus, Tool::Alertmanager]
        .into_iter()
        .map(|tool| (tool, monitoring::candidates(tool, &services)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    if found.is_empty() {
        return Ok(servers);
    }
    let slices: Vec<EndpointSlice> = list_all(run, &SLICES).await?;
    for (tool, found) in found {
        for (number, (candidate, behind)) in monitoring::distinct(found, &slices).into_iter().enumerate() {
            let Candidate { namespace, name, root, .. } = candidate;
            let called = format!("{} {namespace}/{name}", tool.name());
            let is_first = number == 0 && !is_taken(run, tool, &called);
            let suffix = if is_first { String::new() } else { format!("@{namespace}.{name}") };
            let api = run.api.clone().of_tenant(run.options.tenant.clone());
            servers.push((Server { suffix, ..server(api, tool, root, called) }, behind));
        }
    }
    Ok(servers)
}

/// The first server of its kind, behind the API server's proxy.
fn server(api: Api, tool: Tool, root: String, called: String) -> Server {
    Server {
        api,
        way: Way::Proxy,
        tool,
        root,
        called,
        suffix: String::new(),
        places: Semaphore::new(AT_ONCE),
        names: OnceCell::new(),
    }
}

/// Whether the entries without a suffix are another server's in an older archive.
fn is_taken(run: &Run, tool: Tool, called: &str) -> bool {
    let Some(base) = &run.options.resume else { return false };
    let own = |question: &Question| format!("{called}: {}", question.name());
    let all = questions(tool);
    all.iter().any(|question| base.subject_of(&question.entry("")).is_some_and(|of| of != own(question)))
}

/// A kind to find servers with.
struct Listed {
    root: &'static str,
    plural: &'static str,
    /// The list of it in an archive.
    subject: &'static str,
}

const SERVICES: Listed = Listed { root: "/api/v1", plural: "services", subject: "services" };
const SLICES: Listed =
    Listed { root: "/apis/discovery.k8s.io/v1", plural: "endpointslices", subject: "endpointslices.discovery.k8s.io" };

/// All objects of a kind, whatever namespaces were asked for; only those where all may not be listed. An older
/// archive's, if it has that list.
async fn list_all<T: DeserializeOwned>(run: &Run, listed: &Listed) -> Result<Vec<T>, Problem> {
    if let Some(base) = &run.options.resume
        && let Some(objects) = inherited::all(base, listed.subject, run.writer.target().scratch()).await
    {
        return Ok(objects.iter().filter_map(|object| serde_json::from_str(&object.ok()?).ok()).collect());
    }
    let Listed { root, plural, .. } = listed;
    match list_one(run, &format!("{root}/{plural}")).await {
        Err(problem) if problem.status == Status::Denied && !run.options.namespaces.is_empty() => {
            let mut all = Vec::new();
            for namespace in &run.options.namespaces {
                all.extend(list_one(run, &format!("{root}/namespaces/{}/{plural}", escaped(namespace))).await?);
            }
            Ok(all)
        }
        other => other,
    }
}

async fn list_one<T: DeserializeOwned>(run: &Run, path: &str) -> Result<Vec<T>, Problem> {
    let mut all = Vec::new();
    let mut resume = String::new();
    loop {
        let page = format!("{path}?limit=500&continue={}", escaped(&resume));
        let body = run.api.bytes(&page, None, Deadlines::USUAL, LIST).await?;
        let page = list::split(&body).map_err(|why| Problem::new(Status::Failed, why))?;
        all.extend(page.items.iter().filter_map(|item| serde_json::from_str::<T>(item).ok()));
        if page.resume.is_empty() {
            return Ok(all);
        }
        resume = page.resume;
    }
}
