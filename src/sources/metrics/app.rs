//! Metrics of applications that were hurt or changed: which there are is found by asking, as every program has its own.
//!
//! Wanted are counters and histograms of requests. A metric is one if its name says so, `*_requests_total` and
//! `*_duration_seconds_{count,sum,bucket}` (Prometheus documentation, "Metric and label naming"), or if the server's
//! metadata says that it is a counter or a histogram, and in any case only if a label of it says how a request was
//! answered. They come as they are, each with all its labels, so that a counter that fell can be seen; what would be
//! too many series is left out, and said to be.

use super::hurt::{self, Pods};
use super::queries::Query;
use super::requests::MetricsRequest;
use super::server::{DEADLINES, Server};
use crate::archive::format::Status;
use crate::archive::layout::APP_METRIC;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::{Problem, escaped};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The item that stands for them until they are found.
pub const CALLED: &str = "metrics of applications";
/// The most series that one server is asked for, and the most metrics.
const SERIES: usize = 2_000;
const METRICS: usize = 60;
/// The most that is read of an answer to what there is, in bytes, and the most series it may have.
const BYTES: usize = 32 * 1024 * 1024;
const LISTED: usize = 20_000;
/// The most names of metrics in one question, in bytes: it is part of a URL.
const NAMES: usize = 2_500;
/// Labels by which programs say how a request was answered.
const STATUS: [&str; 8] = [
    "code",
    "status",
    "status_code",
    "http_status",
    "http_status_code",
    "response_code",
    "http_response_status_code",
    "grpc_code",
];

/// Finds the metrics to ask `server` for, and plans an item for each in place of `item`, which says why there is none.
pub async fn find(run: &Arc<Run>, server: &Server, item: Item) -> Vec<(MetricsRequest, Item)> {
    let end = |item: Item, status: Status, why: String| {
        item.finish(ItemOutcome::new(status, why));
        Vec::new()
    };
    let pods = match hurt::pods(run).await {
        Ok(pods) => pods,
        Err(closing) => {
            return end(item, closing.status, format!("which pods were hurt is not known: {}", closing.why));
        }
    };
    if pods.selectors.is_empty() {
        return end(item, Status::Absent, "no workload was hurt or changed within the window".to_owned());
    }
    let search = Search { run, server, pods: &pods };
    let found = match search.metrics().await {
        Ok(found) => found,
        Err(problem) => {
            run.fail(item, problem);
            return Vec::new();
        }
    };
    if found.is_empty() {
        let why = "it has no counter of requests with a status of what was hurt or changed".to_owned();
        return end(item, Status::Empty, why);
    }
    let planned = plan(run, server, &pods, chosen(found));
    match pods.left_out {
        0 => item.expand(),
        left => {
            let why = format!("of {} workloads; {left} more were hurt or changed", pods.workloads);
            item.finish(ItemOutcome::new(Status::Truncated, why));
        }
    }
    planned
}

/// An item for each metric. Those that are too many end at once.
fn plan(run: &Arc<Run>, server: &Server, pods: &Pods, metrics: Vec<Chosen>) -> Vec<(MetricsRequest, Item)> {
    let mut planned = Vec::new();
    for Chosen { name, series, is_within } in metrics {
        let request = MetricsRequest::Range(query(&name, pods));
        let subject = format!("{}: {}", server.called, request.name());
        let entry = request.entry(&server.suffix);
        let item = run.ledger.plan(ItemSpec::new(super::server::SOURCE_ID, subject).entry(entry));
        match (is_within, item.is_settled()) {
            (_, true) => {}
            (true, false) => planned.push((request, item)),
            (false, false) => {
                let why = format!(
                    "left out: with its {series} series there would be more than {SERIES}, or {METRICS} metrics"
                );
                item.finish(ItemOutcome::new(Status::Truncated, why));
            }
        }
    }
    planned
}

fn query(name: &str, pods: &Pods) -> Query {
    let parts: Vec<String> = pods.selectors.iter().map(|selector| format!("{name}{{{selector}}}")).collect();
    let why = "how requests to what was hurt or changed were answered".to_owned();
    Query { id: format!("{APP_METRIC}{name}"), promql: parts.join(" or "), why, serves: Vec::new() }
}

/// A metric, and how many series it has.
#[derive(Debug, PartialEq, Eq)]
struct Chosen {
    name: String,
    series: usize,
    /// There is room for it.
    is_within: bool,
}

/// Which of `found`, with how many series each has, there is room for: counters first, buckets last, as these are many.
fn chosen(found: BTreeMap<String, usize>) -> Vec<Chosen> {
    let mut found: Vec<(String, usize)> = found.into_iter().collect();
    let rank = |name: &str| match name {
        _ if name.ends_with("_total") => 0,
        _ if name.ends_with("_count") => 1,
        _ if name.ends_with("_bucket") => 3,
        _ => 2,
    };
    found.sort_by(|(a, _), (b, _)| (rank(a), a).cmp(&(rank(b), b)));
    let (mut all, mut metrics) = (0, 0);
    let room = |(name, series): (String, usize)| {
        let is_within = metrics < METRICS && all + series <= SERIES;
        if is_within {
            (all, metrics) = (all + series, metrics + 1);
        }
        Chosen { name, series, is_within }
    };
    found.into_iter().map(room).collect()
}

/// What is asked to find them.
struct Search<'a> {
    run: &'a Run,
    server: &'a Server,
    pods: &'a Pods,
}

/// An answer of Prometheus' HTTP API.
#[derive(Deserialize)]
struct Wire<T> {
    status: String,
    data: T,
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    r#type: String,
}

type Labels = BTreeMap<String, String>;

impl Search<'_> {
    /// Every metric that is wanted, and how many series it has.
    async fn metrics(&self) -> Result<BTreeMap<String, usize>, Problem> {
        let selectors: Vec<String> = self.pods.selectors.iter().map(|selector| format!("{{{selector}}}")).collect();
        let names: Vec<String> = self.ask("label/__name__/values", &selectors).await?;
        if names.is_empty() {
            return Ok(BTreeMap::new());
        }
        // A server that has none, as some that only speak the language, leaves the names to go by.
        let metadata: BTreeMap<String, Vec<Metadata>> = self.ask("metadata", &[]).await.unwrap_or_default();
        let of_type = |name: &str| metadata.get(name)?.first().map(|metadata| metadata.r#type.as_str());
        let candidates: Vec<&str> =
            names.iter().map(String::as_str).filter(|name| is_candidate(name, of_type)).collect();
        let mut series: BTreeMap<String, (usize, bool)> = BTreeMap::new();
        for names in in_parts(&candidates) {
            let by_name = format!(r#"__name__=~"{}""#, names.join("|"));
            let selectors: Vec<String> =
                self.pods.selectors.iter().map(|selector| format!("{{{by_name},{selector}}}")).collect();
            let listed: Vec<Labels> = self.ask(&format!("series?limit={LISTED}"), &selectors).await?;
            for labels in listed {
                let Some(name) = labels.get("__name__") else { continue };
                let known = series.entry(name.clone()).or_default();
                (known.0, known.1) = (known.0 + 1, known.1 || STATUS.iter().any(|status| labels.contains_key(*status)));
            }
        }
        Ok(wanted(series))
    }

    async fn ask<T: DeserializeOwned>(&self, what: &str, selectors: &[String]) -> Result<T, Problem> {
        let window = self.run.options.window;
        let (from, to) = (window.from.timestamp(), window.to.timestamp());
        let sign = if what.contains('?') { '&' } else { '?' };
        let mut path = format!("/api/v1/{what}{sign}start={from}&end={to}");
        for selector in selectors {
            path.push_str("&match%5B%5D=");
            path.push_str(&escaped(selector));
        }
        let body = self.server.get(&path, DEADLINES).await?.bytes(BYTES).await?;
        let answer: Result<Wire<T>, _> = serde_json::from_slice(&body);
        match answer {
            Ok(answer) if answer.status == "success" => Ok(answer.data),
            _ => Err(Problem::new(Status::Failed, format!("/api/v1/{what}: not an answer of Prometheus"))),
        }
    }
}

/// Those whose labels say how a request was answered, and all of a histogram or summary of which one does.
fn wanted(series: BTreeMap<String, (usize, bool)>) -> BTreeMap<String, usize> {
    let bases: BTreeSet<String> =
        series.iter().filter(|(_, (_, has))| *has).map(|(name, _)| base(name).to_owned()).collect();
    series.into_iter().filter(|(name, _)| bases.contains(base(name))).map(|(name, (count, _))| (name, count)).collect()
}

/// The metric that a series is a part of.
fn base(name: &str) -> &str {
    PARTS.iter().find_map(|part| name.strip_suffix(part)).unwrap_or(name)
}

const PARTS: [&str; 3] = ["_count", "_sum", "_bucket"];

/// Whether `name` may be of requests; `of_type` is what the server's metadata says of a metric.
fn is_candidate<'a>(name: &str, of_type: impl Fn(&str) -> Option<&'a str>) -> bool {
    let is_sign = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '_' | ':');
    let is_named = name.ends_with("_requests_total") || base(name).ends_with("_duration_seconds");
    // Exporters name the type of a counter with or without its ending (OpenMetrics 1.0, "Counter").
    let kind = of_type(base(name)).or_else(|| of_type(name)).or_else(|| of_type(name.strip_suffix("_total")?));
    // Of these nothing is an application's answer to anybody.
    let is_of_kubernetes = ["kube_", "container_", "kubelet_"].iter().any(|begin| name.starts_with(begin));
    name.chars().all(is_sign)
        && !is_of_kubernetes
        && (is_named || matches!(kind, Some("counter" | "histogram" | "summary")))
}

/// The names in parts, each short enough for a question.
fn in_parts<'a>(names: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut parts: Vec<Vec<&str>> = Vec::new();
    let mut length = NAMES;
    for name in names {
        if length + name.len() > NAMES {
            parts.push(Vec::new());
            length = 0;
        }
        length += name.len() + 1;
        if let Some(part) = parts.last_mut() {
            part.push(name);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_requests_is_known_by_its_name_or_its_type() {
        let types = BTreeMap::from([
            ("orders_total", "counter"),
            ("rpc", "counter"),
            ("temperature", "gauge"),
            ("latency", "histogram"),
        ]);
        let is_candidate = |name: &str| is_candidate(name, |name| types.get(name).copied());
        for name in [
            "http_requests_total",
            "a_request_duration_seconds_count",
            "a_request_duration_seconds_bucket",
            "orders_total",
            "rpc_total",
            "latency_sum",
        ] {
            assert!(is_candidate(name), "{name}");
        }
        for name in ["temperature", "unknown_total", "container_cpu_usage_seconds_total", "a{b}_requests_total", "up"] {
            assert!(!is_candidate(name), "{name}");
        }
    }

    #[test]
    fn only_what_says_how_it_was_answered_is_wanted() {
        let series = [
            ("a_requests_total", (4, true)),
            ("b_requests_total", (4, false)),
            ("a_duration_seconds_count", (2, true)),
            ("a_duration_seconds_sum", (2, false)),
            ("b_duration_seconds_bucket", (22, false)),
        ];
        let series = series.map(|(name, of)| (name.to_owned(), of)).into_iter().collect();
        let names: Vec<String> = wanted(series).into_keys().collect();
        assert_eq!(names, ["a_duration_seconds_count", "a_duration_seconds_sum", "a_requests_total"]);
    }

    #[test]
    fn there_is_room_for_counters_before_buckets() {
        let found = [("a_bucket", 1990), ("a_count", 20), ("b_total", 30), ("c_total", 1960)];
        let found = chosen(found.map(|(name, series)| (name.to_owned(), series)).into_iter().collect());
        let within: Vec<(&str, bool)> = found.iter().map(|one| (one.name.as_str(), one.is_within)).collect();
        assert_eq!(within, [("b_total", true), ("c_total", true), ("a_count", false), ("a_bucket", false)]);
        let many = (0..70).map(|at| (format!("m{at:02}_total"), 1)).collect();
        assert_eq!(chosen(many).iter().filter(|one| one.is_within).count(), METRICS);
    }

    #[test]
    fn a_question_is_no_longer_than_a_url_may_be() {
        let long = "a".repeat(1000);
        let parts = in_parts(&[long.as_str(); 5]);
        assert_eq!(parts.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(in_parts(&[]).is_empty());
    }

    #[test]
    fn a_query_asks_for_the_pods_of_each_namespace() {
        let selectors = vec![r#"namespace="a",pod=~"x-[0-9]+""#.to_owned(), r#"namespace="b",pod=~"y""#.to_owned()];
        let query = query("a_total", &Pods { selectors, workloads: 2, left_out: 0 });
        assert_eq!(query.id, "app-a_total");
        assert_eq!(query.promql, r#"a_total{namespace="a",pod=~"x-[0-9]+"} or a_total{namespace="b",pod=~"y"}"#);
    }
}
