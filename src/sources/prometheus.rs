//! Ranges, alerts, rules and targets of every Prometheus in the cluster, and the alerts of every Alertmanager.
//!
//! They are reached through the API server's proxy for Services, so nothing has to be exposed, or directly where a
//! URL was given. Answers are kept as sent, with a
//! line break before every series. Of targets, the labels before relabelling and the query strings of URLs
//! are left out: they may hold credentials.

use super::api::{Api, Broken, Patience, Problem, escaped};
use super::item::{Ended, Item};
use super::monitoring::{self, Candidate, EndpointSlice, Service, Tool};
use super::pool::{Job, Rank};
use super::queries::{self, Query, SeriesLines};
use super::run::Run;
use super::{Permission, Source, connect, list};
use crate::archive::format::{Redaction, Status};
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

pub static SOURCE: Source = Source {
    id: "prometheus",
    title: "Metrics and alert history",
    why: "what led up to it, when which alert fired, and what nobody was told",
    permissions: &[
        Permission::new("", "services", &["list"]),
        Permission::new("", "services/proxy", &["get"]),
        Permission::new("discovery.k8s.io", "endpointslices", &["list"]),
    ],
    paths: &["metrics/QUERY.json", "metrics/{alertmanager,alerts,rules,targets}.json"],
    cap: 32 * 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "metrics of all Prometheus servers"),
    run: |run, items| Box::pin(plan(run, items)),
};

/// Questions at once to one server: it is a victim of many incidents itself.
const AT_ONCE: usize = 4;
/// How long a server may take to say that it is there.
const PROBE: Patience = Patience { idle: Duration::from_secs(10), whole: Duration::from_secs(10) };
/// A range query may take Prometheus a while; its own limit is two minutes.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(25), whole: Duration::from_secs(50) };
const LIST: usize = 64 * 1024 * 1024;
/// How much coarser a range is asked for when its answer was too large, and how often.
const COARSER: i64 = 4;
const COARSER_TIMES: u32 = 3;

/// A server to be asked.
struct Server {
    api: Api,
    tool: Tool,
    root: String,
    /// As outcomes name it.
    called: String,
    /// Goes behind the id of an entry, for all but the first server of its kind.
    suffix: String,
    places: Semaphore,
}

async fn plan(run: Arc<Run>, items: Vec<Item>) {
    match servers(&run).await {
        Err(problem) => {
            for item in items {
                run.fail(item, problem.clone());
            }
        }
        Ok(servers) if servers.is_empty() => {
            for item in items {
                item.finish(Ended::new(Status::Absent, "no Service looks like a Prometheus or an Alertmanager"));
            }
        }
        Ok(servers) => {
            // All are planned before the first is asked, so that an end in between leaves none out.
            let planned: Vec<_> = servers
                .into_iter()
                .map(|(server, ready)| {
                    let planned = questions(server.tool).into_iter().map(|question| {
                        let subject = format!("{}: {}", server.called, question.name());
                        (question, run.ledger.plan(SOURCE.id, subject, None))
                    });
                    (planned.collect::<Vec<_>>(), server, ready)
                })
                .collect();
            items.into_iter().for_each(Item::expand);
            let asked = planned.into_iter().map(|(planned, server, ready)| ask_all(&run, planned, server, ready));
            futures_util::future::join_all(asked).await;
        }
    }
}

async fn ask_all(run: &Arc<Run>, planned: Vec<(Question, Item)>, server: Server, ready: bool) {
    let problem = match ready {
        false => Some(Problem::new(Status::Unreachable, "the Service has no ready endpoint")),
        true => {
            let path =
                format!("{}{}", server.root, if server.tool == Tool::Prometheus { "/-/ready" } else { "/-/healthy" });
            // A server that says it is not ready, or does not know the question, is there.
            let answer = server.api.get(&path, None, PROBE).await.err();
            answer.filter(|problem| matches!(problem.status, Status::Unreachable | Status::Timeout | Status::Denied))
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
                ask(&run, &server, &question, item).await;
            })
        })
        .collect();
    run.pool.submit(jobs);
}

/// The servers to ask, and whether anything is ready behind each.
async fn servers(run: &Run) -> Result<Vec<(Server, bool)>, Problem> {
    if let Some(url) = &run.options.prometheus {
        let api = connect::plain(url.clone()).map_err(|error| Problem::new(Status::Failed, error.to_string()))?;
        let called = format!("Prometheus at {}", url.authority().map(ToString::to_string).unwrap_or_default());
        return Ok(vec![(server(api, Tool::Prometheus, String::new(), called, String::new()), true)]);
    }
    let services: Vec<Service> = list_all(run, "/api/v1", "services").await?;
    let mut servers = Vec::new();
    let found: Vec<(Tool, Vec<Candidate>)> = [Tool::Prometheus, Tool::Alertmanager]
        .into_iter()
        .map(|tool| (tool, monitoring::candidates(tool, &services)))
        .filter(|(_, found)| !found.is_empty())
        .collect();
    if found.is_empty() {
        return Ok(servers);
    }
    let slices: Vec<EndpointSlice> = list_all(run, "/apis/discovery.k8s.io/v1", "endpointslices").await?;
    for (tool, found) in found {
        for (number, (candidate, ready)) in monitoring::distinct(found, &slices).into_iter().enumerate() {
            let Candidate { namespace, name, root } = candidate;
            let suffix = if number == 0 { String::new() } else { format!("@{namespace}.{name}") };
            let called = format!("{} {namespace}/{name}", tool.name());
            servers.push((server(run.api.clone(), tool, root, called, suffix), ready));
        }
    }
    Ok(servers)
}

fn server(api: Api, tool: Tool, root: String, called: String, suffix: String) -> Server {
    Server { api, tool, root, called, suffix, places: Semaphore::new(AT_ONCE) }
}

/// All objects of a kind, whatever namespaces were asked for; only those where all may not be listed.
async fn list_all<T: DeserializeOwned>(run: &Run, root: &str, plural: &str) -> Result<Vec<T>, Problem> {
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
        let body = run.api.bytes(&format!("{path}?limit=500&continue={}", escaped(&resume)), None, LIST).await?;
        let page = list::split(&body).map_err(|why| Problem::new(Status::Failed, why))?;
        all.extend(page.items.iter().filter_map(|item| serde_json::from_str::<T>(item).ok()));
        if page.resume.is_empty() {
            return Ok(all);
        }
        resume = page.resume;
    }
}

/// One thing to ask a server for.
enum Question {
    Range(Query),
    /// An endpoint of its API, kept under this id.
    Whole {
        id: &'static str,
        path: &'static str,
    },
    Targets,
}

fn questions(tool: Tool) -> Vec<Question> {
    match tool {
        Tool::Alertmanager => vec![Question::Whole { id: "alertmanager", path: "/api/v2/alerts" }],
        Tool::Prometheus => {
            let whole = [
                Question::Whole { id: "alerts-now", path: "/api/v1/alerts" },
                Question::Whole { id: "rules", path: "/api/v1/rules" },
                Question::Targets,
            ];
            queries::all().into_iter().map(Question::Range).chain(whole).collect()
        }
    }
}

impl Question {
    fn name(&self) -> &str {
        match self {
            Self::Range(query) => &query.id,
            Self::Whole { id, .. } => id,
            Self::Targets => "targets",
        }
    }

    fn entry(&self, suffix: &str) -> String {
        match (self, suffix) {
            (Self::Whole { id: "alerts-now", .. }, "") => layout::ALERTS.to_owned(),
            (Self::Whole { id: "rules", .. }, "") => layout::RULES.to_owned(),
            (Self::Whole { id: "alertmanager", .. }, "") => layout::ALERTMANAGER.to_owned(),
            (Self::Targets, "") => layout::TARGETS.to_owned(),
            _ => layout::metric(&format!("{}{suffix}", self.name())),
        }
    }
}

async fn ask(run: &Arc<Run>, server: &Server, question: &Question, item: Item) {
    match question {
        Question::Range(query) => range(run, server, question, query, item).await,
        Question::Whole { path, .. } => {
            let path = format!("{}{path}", server.root);
            match copy(run, server, &path, &question.entry(&server.suffix)).await {
                Ok(copied) => finish(run, copied, String::new(), item).await,
                Err(problem) => run.fail(item, problem),
            }
        }
        Question::Targets => targets(run, server, &question.entry(&server.suffix), item).await,
    }
}

/// A range, coarser where it would be too large.
async fn range(run: &Arc<Run>, server: &Server, question: &Question, query: &Query, item: Item) {
    let window = run.options.window;
    let finest = queries::step(window);
    let mut step = finest;
    for _ in 0..=COARSER_TIMES {
        let path = format!(
            "{}/api/v1/query_range?query={}&start={}&end={}&step={step}",
            server.root,
            escaped(&query.promql),
            window.from.timestamp(),
            window.to.timestamp()
        );
        match copy(run, server, &path, &question.entry(&server.suffix)).await {
            Ok(copied) => {
                let why = if step > finest {
                    format!("one point every {step} s, as a finer answer exceeds {} bytes", SOURCE.cap)
                } else {
                    String::new()
                };
                return finish(run, copied, why, item).await;
            }
            Err(problem) if problem.status == Status::Truncated => step *= COARSER,
            Err(problem) => return run.fail(item, problem),
        }
    }
    item.finish(Ended::new(
        Status::Failed,
        format!("the answer exceeds {} bytes even at one point every {step} s", SOURCE.cap),
    ));
}

/// An answer on its way into the archive.
struct Copied {
    entry: EntryBuilder,
    head: Vec<u8>,
    tail: Vec<u8>,
}

/// How much of both ends of an answer is looked at: enough for its form and its warnings.
const END: usize = 4096;

/// Streams the answer to `path`; `Truncated` if it is too large.
async fn copy(run: &Run, server: &Server, path: &str, entry: &str) -> Result<Copied, Problem> {
    let broken = |error: ArchiveError| Problem::new(Status::Failed, error.to_string());
    let mut answer = server.api.get(path, None, PATIENCE).await?;
    let entry = EntryBuilder::new(run.sink.target(), entry, Content::Json).map_err(broken)?;
    let mut copied = Copied { entry, head: Vec::new(), tail: Vec::new() };
    let mut lines = SeriesLines::default();
    let taken = answer
        .each(|data| {
            let room = END.saturating_sub(copied.head.len());
            copied.head.extend_from_slice(data.get(..room).unwrap_or(data));
            copied.tail.extend_from_slice(data.get(data.len().saturating_sub(END)..).unwrap_or(data));
            let surplus = copied.tail.len().saturating_sub(END);
            copied.tail.drain(..surplus);
            copied.entry.write(&lines.push(data)).map_err(broken)?;
            match copied.entry.bytes() > SOURCE.cap {
                true => Err(Problem::new(Status::Truncated, "too large")),
                false => Ok(ControlFlow::Continue(())),
            }
        })
        .await;
    match taken {
        Ok(()) => {
            copied.entry.write(&lines.end()).map_err(broken)?;
            Ok(copied)
        }
        Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
    }
}

/// Keeps an answer that is one. `why` is said of it in any case.
async fn finish(run: &Run, copied: Copied, why: String, item: Item) {
    let (status, told) = verdict(&copied.head, &copied.tail);
    let whys: Vec<String> = [why, told].into_iter().filter(|why| !why.is_empty()).collect();
    let mut ended = Ended::new(status, whys.join("; "));
    if status == Status::Collected && !ended.why.is_empty() {
        ended.status = Status::Truncated;
    }
    if status != Status::Failed {
        let Ok(entry) = copied.entry.finish() else {
            return item.finish(Ended::new(Status::Failed, "the answer could not be compressed"));
        };
        (ended.entry, ended.bytes) = (Some(entry.path().to_owned()), entry.bytes());
        if run.sink.entry(entry).await.is_err() {
            return;
        }
    }
    item.finish(ended);
}

/// What an answer says of itself: whether it is one, whether it holds anything, and its warnings.
fn verdict(head: &[u8], tail: &[u8]) -> (Status, String) {
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let text = head.trim_start();
    let is_alertmanager = text.starts_with('[');
    if !text.starts_with(r#"{"status":"success""#) && !is_alertmanager {
        return (Status::Failed, format!("not an answer of Prometheus: {}", super::status::quoted(head.as_bytes())));
    }
    let is_empty = ["\"result\":[]", "\"alerts\":[]", "\"groups\":[]"]
        .iter()
        .any(|sign| text.find(sign).is_some_and(|at| at < 80));
    let warnings = tail.rfind(r#"],"warnings":["#).or_else(|| tail.rfind(r#"},"warnings":["#));
    let warnings = warnings.and_then(|at| tail.get(at + 2..)).map(|rest| super::status::quoted(rest.as_bytes()));
    match (is_empty || text.trim_end() == "[]", warnings) {
        (true, None) => (Status::Empty, "it has no such series within the window".to_owned()),
        (true, Some(warnings)) => (Status::Empty, format!("it has no such series within the window; {warnings}")),
        (false, warnings) => (Status::Collected, warnings.unwrap_or_default()),
    }
}

async fn targets(run: &Arc<Run>, server: &Server, entry: &str, item: Item) {
    let path = format!("{}/api/v1/targets?state=active", server.root);
    let limit = usize::try_from(SOURCE.cap).unwrap_or(usize::MAX);
    let answer = match server.api.get(&path, None, PATIENCE).await {
        Ok(answer) => answer.bytes(limit).await,
        Err(problem) => Err(problem),
    };
    let body = match answer {
        Ok(body) => body,
        Err(problem) => return run.fail(item, problem),
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return item.finish(Ended::new(Status::Failed, "not an answer of Prometheus"));
    };
    let count = without_credentials(&mut value);
    if count > 0 {
        let redaction = Redaction { rule: "target-urls".to_owned(), entry: entry.to_owned(), count };
        if run.sink.redaction(redaction).await.is_err() {
            return;
        }
    }
    if let Some(ended) = run.store(entry, Content::Json, value.to_string().as_bytes()).await {
        item.finish(ended);
    }
}

/// Takes labels before relabelling, and what follows a `?` in URLs, out of an answer about targets.
fn without_credentials(value: &mut Value) -> u64 {
    let mut count = 0;
    let targets = value.pointer_mut("/data/activeTargets").and_then(Value::as_array_mut);
    for target in targets.into_iter().flatten().filter_map(Value::as_object_mut) {
        count += u64::from(target.remove("discoveredLabels").is_some());
        for field in ["scrapeUrl", "globalUrl", "lastError"] {
            if let Some(Value::String(text)) = target.get_mut(field) {
                let (clean, cuts) = without_query_strings(text);
                count += cuts;
                *text = clean;
            }
        }
    }
    count
}

fn without_query_strings(text: &str) -> (String, u64) {
    let mut clean = String::with_capacity(text.len());
    let mut count = 0;
    let mut words = text.split_inclusive([' ', '"']);
    while let Some(word) = words.next() {
        match word.split_once('?').filter(|(before, _)| before.contains("://")) {
            Some((before, after)) => {
                count += 1;
                clean.push_str(before);
                clean.extend(after.chars().last().filter(|last| matches!(last, ' ' | '"')));
            }
            None => clean.push_str(word),
        }
    }
    (clean, count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(answer: &str) -> (Status, String) {
        verdict(answer.as_bytes(), answer.as_bytes())
    }

    #[test]
    fn answers_say_what_they_lack() {
        let series = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up"},"values":[[1795244313,"1"]]}]}}"#;
        assert_eq!(check(series), (Status::Collected, String::new()));
        let none = r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#;
        assert_eq!(check(none).0, Status::Empty);
        let warned = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[]}]},"warnings":["remote read: timeout"]}"#;
        let (status, why) = check(warned);
        assert!(status == Status::Collected && why.contains("remote read: timeout"), "{why}");
        assert_eq!(check("<html>Sign in</html>").0, Status::Failed);
        assert_eq!((check("[]\n").0, check(r#"[{"labels":{}}]"#).0), (Status::Empty, Status::Collected));
    }

    #[test]
    fn targets_lose_what_may_be_secret() {
        let mut value = serde_json::json!({"status":"success","data":{"activeTargets":[{
            "discoveredLabels":{"__param_token":"MARKER"},
            "labels":{"job":"x"},
            "scrapeUrl":"https://10.0.0.1/metrics?token=MARKER",
            "lastError":"Get \"https://10.0.0.1/metrics?token=MARKER\": dial tcp: what?"}]}});
        assert_eq!(without_credentials(&mut value), 3);
        let text = value.to_string();
        assert!(
            !text.contains("MARKER") && text.contains("dial tcp: what?") && text.contains(r#""job":"x""#),
            "{text}"
        );
    }
}
