//! Answers of Prometheus: thousands of series over an hour, a few of them of targets that were down or of alerts.

use crate::made::{Entry, Random, at};
use k8s_forensics::archive::{Content, layout};
use std::fmt::Write as _;

/// Queries that `collect` asks, with the name of the metric and whether its samples count up.
const QUERIES: [(&str, &str, bool); 10] = [
    ("up", "up", false),
    ("alert-history", "ALERTS", false),
    ("container-memory", "container_memory_working_set_bytes", false),
    ("container-restarts", "kube_pod_container_status_restarts_total", true),
    ("container-throttling", "container_cpu_cfs_throttled_periods_total", true),
    ("pod-phase", "kube_pod_status_phase", false),
    ("deployment-unavailable", "kube_deployment_status_replicas_unavailable", false),
    ("node-conditions", "kube_node_status_condition", false),
    ("node-memory-available", "node_memory_MemAvailable_bytes", false),
    ("apiserver-latency", "apiserver_request_duration_seconds", false),
];
const STEP: i64 = 15;
const SAMPLES: i64 = 240;
/// The first sample, in seconds after the window's begin: the hour of the logs.
const FIRST: i64 = 3 * 3600;

/// `series` series in all, shared out evenly.
pub fn entries(series: usize) -> Vec<Entry<'static>> {
    let of_query = series / QUERIES.len();
    let entry = |(query, metric, counts)| {
        Entry::new(layout::metric(query), Content::Json, move |write| {
            write("{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[\n");
            for number in 0..of_query {
                let end = if number + 1 == of_query { "]}}\n" } else { ",\n" };
                write(&(one(metric, number, counts) + end));
            }
        })
    };
    QUERIES.into_iter().map(entry).collect()
}

fn one(metric: &str, number: usize, counts: bool) -> String {
    let mut random = Random::new(number as u64);
    let node = format!("node-{:03}-{}", number % 200, number % 4);
    let labels = match metric {
        "up" => format!("\"instance\":\"{node}:10250\",\"job\":\"kubelet\",\"node\":\"{node}\""),
        "ALERTS" => format!(
            "\"alertname\":\"KubeNodeNotReady\",\"alertstate\":\"firing\",\"node\":\"{node}\",\"severity\":\"warning\""
        ),
        _ => format!("\"namespace\":\"team-{:03}\",\"pod\":\"api-{number:05}\",\"node\":\"{node}\"", number % 200),
    };
    let mut text = format!("{{\"metric\":{{\"__name__\":\"{metric}\",{labels}}},\"values\":[");
    let mut value = random.below(1 << 28);
    for sample in 0..SAMPLES {
        let comma = if sample > 0 { "," } else { "" };
        value = match metric {
            // One target in fifty is down for some minutes.
            "up" => u64::from(!(number % 50 == 1 && (60..90).contains(&sample))),
            "ALERTS" => 1,
            _ if counts => value + random.below(3),
            _ => value + random.below(1 << 12) - (1 << 11).min(value),
        };
        let time = at(FIRST + STEP * sample).timestamp();
        let _ = write!(text, "{comma}[{time},\"{value}\"]");
        if metric == "ALERTS" && sample as usize > 20 + number % 40 {
            break;
        }
    }
    text + "]}"
}
