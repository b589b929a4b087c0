//! Ranges, alerts, rules and targets of every Prometheus in the cluster, and the alerts of every Alertmanager.
//!
//! They are reached through the API server's proxy for Services, so nothing has to be exposed, or directly where a
//! URL was given. Answers are kept as sent, with a line break before every series. Of targets, the labels before
//! relabelling and the query strings of URLs are left out: they may hold credentials.

use super::app;
use super::monitoring::{self, Behind, Candidate, EndpointSlice, Service, Tool};
use super::requests::{MetricsRequest, ask, requests};
use super::server::{DEADLINES, SOURCE_ID, Server, Way};
use crate::archive::format::Status;
use crate::sources::cluster::inherited;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::{Deadlines, Problem, escaped};
use crate::sources::wire::connect;
use crate::sources::wire::list;
use crate::sources::{Permission, Profile, Scope, Source};
use serde::de::DeserializeOwned;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: SOURCE_ID,
    title: "Metrics and alert history",
    why: "what led up to it, when which alert fired, and what nobody was told",
    permissions: &[
        Permission::new("", "services", &["list"]).at(Scope::Anywhere),
        Permission::new("", "pods/proxy,services/proxy", &["get"]).at(Scope::Anywhere),
        Permission::new("discovery.k8s.io", "endpointslices", &["list"]).at(Scope::Anywhere),
    ],
    paths: &["metrics/QUERY.json", "metrics/app-METRIC.json", "metrics/{alertmanager,alerts,rules,targets}.json"],
    profile: Profile::Standard,
    cap: 32 * 1024 * 1024,
    deadlines: DEADLINES,
    expect: |options| options.expected(&SOURCE, "metrics of all Prometheus servers"),
    run: |run, items| Box::pin(plan(run, items)),
};

const LIST: usize = 64 * 1024 * 1024;
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
                    let planned = requests(server.tool, &run.options.queries).into_iter().map(|request| {
                        let subject = format!("{}: {}", server.called, request.name());
                        let entry = request.entry(&server.suffix);
                        (request, run.ledger.plan(ItemSpec::new(SOURCE.id, subject).entry(entry)))
                    });
                    let planned = planned.collect::<Vec<_>>();
                    let app = (server.tool == Tool::Prometheus).then(|| {
                        run.ledger.plan(ItemSpec::new(SOURCE.id, format!("{}: {}", server.called, app::CALLED)))
                    });
                    (Planned { requests: planned, app }, server, behind)
                })
                .collect();
            items.into_iter().for_each(Item::expand);
            let asked = planned.into_iter().map(|(planned, server, behind)| ask_all(&run, planned, server, behind));
            futures_util::future::join_all(asked).await;
        }
    }
}

/// What is to be asked of one server.
struct Planned {
    requests: Vec<(MetricsRequest, Item)>,
    /// Metrics of applications, which are still to be found; an Alertmanager has none.
    app: Option<Item>,
}

async fn ask_all(run: &Arc<Run>, planned: Planned, mut server: Server, behind: Behind) {
    let Planned { requests, app } = planned;
    let requests: Vec<_> = requests.into_iter().filter(|(_, item)| !item.is_settled()).collect();
    let app = app.filter(|item| !item.is_settled());
    if requests.is_empty() && app.is_none() {
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
        for item in requests.into_iter().map(|(_, item)| item).chain(app) {
            run.fail(item, Problem { why: format!("{}: {}", server.called, problem.why), ..problem.clone() });
        }
        return;
    }
    let server = Arc::new(server);
    submit(run, &server, requests);
    if let Some(item) = app {
        let found = app::find(run, &server, item).await;
        submit(run, &server, found);
    }
}

fn submit(run: &Arc<Run>, server: &Arc<Server>, requests: Vec<(MetricsRequest, Item)>) {
    let jobs: Vec<Job> = requests
        .into_iter()
        .map(|(request, item)| {
            let (run, server) = (run.clone(), server.clone());
            Job::new(Rank::Kept, item, move |item| async move {
                let Ok(_permit) = server.permits.acquire().await else { return };
                // Boxed, because it is large and there is one for every question.
                Box::pin(ask(&run, &server, &request, item)).await;
            })
        })
        .collect();
    run.pool.submit(jobs);
}

/// The servers to ask, and what is behind each.
async fn servers(run: &Run) -> Result<Vec<(Server, Behind)>, Problem> {
    let cap = run.options.cap(&SOURCE);
    if let Some(url) = &run.options.prometheus {
        let login = run.options.login.clone();
        let api = connect::plain(url.clone(), login.as_ref(), run.api.limiter())
            .map_err(|error| Problem::new(Status::Failed, error.to_string()))?;
        let called = format!("Prometheus at {}", url.authority().map(ToString::to_string).unwrap_or_default());
        let api = api.of_tenant(run.options.tenant.clone());
        let mut found = Server::new(api, Tool::Prometheus, String::new(), called, cap);
        found.way = Way::Direct(login);
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
            let mut server = Server::new(api, tool, root, called, cap);
            server.suffix = suffix;
            servers.push((server, behind));
        }
    }
    Ok(servers)
}

/// Whether the entries without a suffix are another server's in an older archive.
fn is_taken(run: &Run, tool: Tool, called: &str) -> bool {
    let Some(base) = &run.options.resume else { return false };
    let own = |request: &MetricsRequest| format!("{called}: {}", request.name());
    let all = requests(tool, &[]);
    all.iter().any(|request| base.subject_of(&request.entry("")).is_some_and(|of| of != own(request)))
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
