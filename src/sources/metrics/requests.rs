//! The requests to one Prometheus or Alertmanager, and what its answers say of what they lack.

use super::monitoring::Tool;
use super::queries::{self, Query, SeriesLines};
use super::server::{DEADLINES, Server};
use crate::archive::format::{Redaction, Status};
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::wire::api::{Broken, Problem, escaped};
use serde_json::Value;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How much coarser a range is asked for when its answer was too large, and how often.
const COARSER: i64 = 4;
const COARSER_TIMES: u32 = 3;

/// One thing to ask a server for.
pub enum MetricsRequest {
    Range(Query),
    /// An endpoint of its API, kept under this id.
    Whole {
        id: &'static str,
        path: &'static str,
    },
    Targets,
}

/// Everything to ask a server of this kind for, with `own` queries of whoever collects.
pub fn requests(tool: Tool, own: &[Query]) -> Vec<MetricsRequest> {
    match tool {
        Tool::Alertmanager => vec![MetricsRequest::Whole { id: "alertmanager", path: "/api/v2/alerts" }],
        Tool::Prometheus => {
            let whole = [
                MetricsRequest::Whole { id: "alerts-now", path: "/api/v1/alerts" },
                MetricsRequest::Whole { id: "rules", path: "/api/v1/rules" },
                MetricsRequest::Targets,
            ];
            let ranges = queries::all().into_iter().chain(own.iter().cloned());
            ranges.map(MetricsRequest::Range).chain(whole).collect()
        }
    }
}

impl MetricsRequest {
    pub fn name(&self) -> &str {
        match self {
            Self::Range(query) => &query.id,
            Self::Whole { id, .. } => id,
            Self::Targets => "targets",
        }
    }

    /// Where its answer goes.
    pub fn entry(&self, suffix: &str) -> String {
        match (self, suffix) {
            (Self::Whole { id: "alerts-now", .. }, "") => layout::ALERTS.to_owned(),
            (Self::Whole { id: "rules", .. }, "") => layout::RULES.to_owned(),
            (Self::Whole { id: "alertmanager", .. }, "") => layout::ALERTMANAGER.to_owned(),
            (Self::Targets, "") => layout::TARGETS.to_owned(),
            _ => layout::metric(&format!("{}{suffix}", self.name())),
        }
    }
}

/// Asks, and keeps what comes.
pub async fn ask(run: &Arc<Run>, server: &Server, request: &MetricsRequest, item: Item) {
    match request {
        MetricsRequest::Range(query) => Box::pin(range(run, server, request, query, item)).await,
        MetricsRequest::Whole { path, .. } => {
            match copy(run, server, &[(*path).to_owned()], &request.entry(&server.suffix)).await {
                Ok(copied) => Box::pin(finish(run, copied, String::new(), item)).await,
                Err(problem) => run.fail(item, problem),
            }
        }
        MetricsRequest::Targets => targets(run, server, &request.entry(&server.suffix), item).await,
    }
}

/// A range, in several where it is long, and coarser where it would be too large.
async fn range(run: &Arc<Run>, server: &Server, request: &MetricsRequest, query: &Query, item: Item) {
    let window = run.options.window;
    let (finest, cap) = (queries::step(window), server.cap);
    let mut step = finest;
    for _ in 0..=COARSER_TIMES {
        let promql = escaped(&query.promql);
        let path = |(start, end)| format!("/api/v1/query_range?query={promql}&start={start}&end={end}&step={step}");
        let paths: Vec<String> = queries::ranges(window, step).into_iter().map(path).collect();
        match copy(run, server, &paths, &request.entry(&server.suffix)).await {
            Ok(mut copied) => {
                if let (true, Some(names)) = (copied.is_empty(), server.names(window).await) {
                    copied.explain(&names.explain(query));
                }
                let why = if step > finest {
                    format!("one point every {step} s, as a finer answer exceeds {cap} bytes")
                } else {
                    String::new()
                };
                return Box::pin(finish(run, copied, why, item)).await;
            }
            Err(problem) if problem.status == Status::Truncated => step *= COARSER,
            Err(problem) => return run.fail(item, problem),
        }
    }
    item.finish(ItemOutcome::new(
        Status::Failed,
        format!("the answer exceeds {cap} bytes even at one point every {step} s"),
    ));
}

/// Answers on their way into an entry of the archive.
struct Copied {
    entry: EntryBuilder,
    /// What each answer says of itself.
    told: Vec<(Status, String)>,
    /// The most bytes they may have.
    cap: u64,
}

/// How much of both ends of an answer is looked at: enough for its form and its warnings.
const END: usize = 4096;

/// Streams the answers to `paths`, one after another; `Truncated` if they are too large.
async fn copy(run: &Run, server: &Server, paths: &[String], entry: &str) -> Result<Copied, Problem> {
    let entry = EntryBuilder::new(run.writer.target(), entry, Content::Json).map_err(broken)?;
    let mut copied = Copied { entry, told: Vec::new(), cap: server.cap };
    for path in paths {
        copied.pour(server, path).await?;
    }
    Ok(copied)
}

fn broken(error: ArchiveError) -> Problem {
    Problem::new(Status::Failed, error.to_string())
}

impl Copied {
    fn is_empty(&self) -> bool {
        self.told.iter().all(|(status, _)| *status == Status::Empty)
    }

    /// Says why it is empty, in place of the sentence that says that it is.
    fn explain(&mut self, why: &str) {
        for (_, told) in &mut self.told {
            *told = told.replacen(NOTHING, why, 1);
        }
    }

    async fn pour(&mut self, server: &Server, path: &str) -> Result<(), Problem> {
        let mut answer = server.get(path, DEADLINES).await?;
        if !self.told.is_empty() {
            self.entry.write(b"\n").map_err(broken)?;
        }
        let (mut head, mut tail) = (Vec::new(), Vec::new());
        let mut lines = SeriesLines::default();
        let taken = answer
            .each(|data| {
                let room = END.saturating_sub(head.len());
                head.extend_from_slice(data.get(..room).unwrap_or(data));
                tail.extend_from_slice(data.get(data.len().saturating_sub(END)..).unwrap_or(data));
                let surplus = tail.len().saturating_sub(END);
                tail.drain(..surplus);
                self.entry.write(&lines.push(data)).map_err(broken)?;
                match self.entry.bytes() > self.cap {
                    true => Err(Problem::new(Status::Truncated, "too large")),
                    false => Ok(ControlFlow::Continue(())),
                }
            })
            .await;
        match taken {
            Ok(()) => {
                self.entry.write(&lines.end()).map_err(broken)?;
                self.told.push(verdict(&head, &tail));
                Ok(())
            }
            Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
        }
    }
}

/// What all answers say together: `Failed` if one is none, and `Empty` only if all are.
fn together(told: &[(Status, String)]) -> (Status, String) {
    let has = |status: &Status| told.iter().any(|told| told.0 == *status);
    let status = [Status::Failed, Status::Collected].into_iter().find(has).unwrap_or(Status::Empty);
    let mut whys: Vec<&str> = told.iter().filter(|told| told.0 == status).map(|told| told.1.as_str()).collect();
    whys.retain(|why| !why.is_empty());
    whys.dedup();
    (status, whys.join("; "))
}

/// Keeps an answer that is one. `why` is said of it in any case.
async fn finish(run: &Run, copied: Copied, why: String, item: Item) {
    let (status, told) = together(&copied.told);
    let whys: Vec<String> = [why, told].into_iter().filter(|why| !why.is_empty()).collect();
    let mut outcome = ItemOutcome::new(status, whys.join("; "));
    if status == Status::Collected && !outcome.why.is_empty() {
        outcome.status = Status::Truncated;
    }
    if status != Status::Failed {
        let Ok(entry) = copied.entry.finish() else {
            return item.finish(ItemOutcome::new(Status::Failed, "the answer could not be compressed"));
        };
        (outcome.entry, outcome.bytes) = (Some(entry.path().to_owned()), entry.bytes());
        if run.writer.entry(entry).await.is_err() {
            return;
        }
    }
    item.finish(outcome);
}

/// What is said of an answer without a series.
const NOTHING: &str = "it has no such series within the window";

/// What an answer says of itself: whether it is one, whether it holds anything, and its warnings.
fn verdict(head: &[u8], tail: &[u8]) -> (Status, String) {
    let (head, tail) = (String::from_utf8_lossy(head), String::from_utf8_lossy(tail));
    let text = head.trim_start();
    let is_alertmanager = text.starts_with('[');
    if !text.starts_with(r#"{"status":"success""#) && !is_alertmanager {
        return (
            Status::Failed,
            format!("not an answer of Prometheus: {}", crate::sources::wire::status::quoted(head.as_bytes())),
        );
    }
    let is_empty = ["\"result\":[]", "\"alerts\":[]", "\"groups\":[]"]
        .iter()
        .any(|sign| text.find(sign).is_some_and(|at| at < 80));
    let warnings = tail.rfind(r#"],"warnings":["#).or_else(|| tail.rfind(r#"},"warnings":["#));
    let warnings =
        warnings.and_then(|at| tail.get(at + 2..)).map(|rest| crate::sources::wire::status::quoted(rest.as_bytes()));
    match (is_empty || text.trim_end() == "[]", warnings) {
        (true, None) => (Status::Empty, NOTHING.to_owned()),
        (true, Some(warnings)) => (Status::Empty, format!("{NOTHING}; {warnings}")),
        (false, warnings) => (Status::Collected, warnings.unwrap_or_default()),
    }
}

async fn targets(run: &Arc<Run>, server: &Server, entry: &str, item: Item) {
    let limit = usize::try_from(server.cap).unwrap_or(usize::MAX);
    let answer = match server.get("/api/v1/targets?state=active", DEADLINES).await {
        Ok(answer) => answer.bytes(limit).await,
        Err(problem) => Err(problem),
    };
    let body = match answer {
        Ok(body) => body,
        Err(problem) => return run.fail(item, problem),
    };
    let Ok(mut value) = serde_json::from_slice::<Value>(&body) else {
        return item.finish(ItemOutcome::new(Status::Failed, "not an answer of Prometheus"));
    };
    let count = without_credentials(&mut value);
    if count > 0 {
        let redaction = Redaction { rule: "target-urls".to_owned(), entry: entry.to_owned(), count };
        if run.writer.redaction(redaction).await.is_err() {
            return;
        }
    }
    if let Some(outcome) = run.store(entry, Content::Json, value.to_string().as_bytes()).await {
        item.finish(outcome);
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
    for word in text.split_inclusive([' ', '"']) {
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
    fn answers_say_together_what_one_lacks() {
        let told = |statuses: &[Status]| {
            let told: Vec<_> = statuses.iter().map(|status| (*status, "a".to_owned())).collect();
            together(&told)
        };
        assert_eq!(told(&[Status::Empty, Status::Empty]), (Status::Empty, "a".to_owned()));
        assert_eq!(told(&[Status::Empty, Status::Collected]).0, Status::Collected);
        assert_eq!(told(&[Status::Collected, Status::Failed]).0, Status::Failed);
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
