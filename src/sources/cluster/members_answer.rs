//! What is kept of an API server's answers: numbers and one UID, no object.

use crate::archive::format::Status;
use crate::sources::wire::api::Problem;
use crate::sources::wire::status::{self, quoted};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The most checks that are named.
const CHECKS: usize = 20;

/// One answer, as the archive has it.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Answer {
    pub member: String,
    /// What was asked for: a kind, `readyz` or `metrics`.
    pub of: &'static str,
    pub asked_at: DateTime<Utc>,
    pub answered_at: DateTime<Utc>,
    /// The revision that was asked for; none where the newest was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<u64>,
    /// That of the list that came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<u64>,
    /// How many objects it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects: Option<u64>,
    /// The UID of the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// Checks of its readiness that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing: Option<Vec<String>>,
    /// How large it says that etcd's database is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_bytes: Option<f64>,
    /// When it was started, in seconds since 1970: by which two processes behind one address are told apart.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<f64>,
    /// Why there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl Answer {
    /// What `member` answered, just now.
    pub fn new(member: &str, of: &'static str, asked_at: DateTime<Utc>, answered: Result<Self, Problem>) -> Self {
        let answer = answered.unwrap_or_else(|problem| Self { problem: Some(problem.why), ..Self::default() });
        Self { member: member.to_owned(), of, asked_at, answered_at: Utc::now(), ..answer }
    }
}

#[derive(Deserialize)]
struct List {
    metadata: ListMeta,
    #[serde(default)]
    items: Option<Vec<Object>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMeta {
    resource_version: String,
    #[serde(default)]
    r#continue: String,
    remaining_item_count: Option<u64>,
}

#[derive(Deserialize)]
struct Object {
    metadata: ObjectMeta,
}

#[derive(Deserialize)]
struct ObjectMeta {
    #[serde(default)]
    uid: String,
}

/// Reads a page of one object. How many follow is told by whoever answers from etcd (`remainingItemCount`), and not
/// told by all.
pub fn list(body: &[u8]) -> Result<Answer, Problem> {
    let list: List = serde_json::from_slice(body)
        .map_err(|error| Problem::new(Status::Failed, format!("not a list ({error}): {}", quoted(body))))?;
    let items = list.items.unwrap_or_default();
    let rest = list.metadata.remaining_item_count.or(list.metadata.r#continue.is_empty().then_some(0));
    Ok(Answer {
        revision: list.metadata.resource_version.parse().ok(),
        objects: rest.map(|rest| rest.saturating_add(items.len() as u64)),
        first: items.into_iter().next().map(|object| object.metadata.uid),
        ..Answer::default()
    })
}

/// Reads the checks of readiness, which come with 500 where one fails.
pub fn checks(code: u16, body: &[u8]) -> Result<Answer, Problem> {
    let text = String::from_utf8_lossy(body);
    let failing = text.lines().filter_map(|line| line.strip_prefix("[-]")?.split_whitespace().next());
    let failing: Vec<String> = failing.take(CHECKS).map(|name| quoted(name.as_bytes())).collect();
    if failing.is_empty() && code != 200 {
        return Err(status::of_error(code, body));
    }
    Ok(Answer { failing: Some(failing), ..Answer::default() })
}

/// Reads how large etcd's database is and since when the process runs, of metrics in the text format of Prometheus. The
/// first was called `apiserver_storage_db_total_size_in_bytes` before Kubernetes 1.28 (k8s.io/apiserver v0.34.4,
/// pkg/storage/etcd3/metrics/metrics.go).
pub fn metrics(body: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(body);
    let value = |names: &[&str]| {
        let values = text.lines().filter_map(|line| {
            let rest = names.iter().find_map(|name| line.strip_prefix(name))?;
            rest.starts_with(['{', ' ']).then(|| rest.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
        });
        // One database for each etcd that is behind it; events may have one of their own.
        values.filter(|value| value.is_finite()).reduce(|sum, value| sum + value)
    };
    Answer {
        database_bytes: value(&["apiserver_storage_size_bytes", "apiserver_storage_db_total_size_in_bytes"]),
        started_at: value(&["process_start_time_seconds"]),
        ..Answer::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_tells_how_many_follow() {
        let read = |body: &str| list(body.as_bytes()).map(|answer| (answer.revision, answer.objects, answer.first));
        let page = r#"{"kind":"PartialObjectMetadataList","metadata":{"resourceVersion":"4211","continue":"eyJ2","remainingItemCount":40},"items":[{"metadata":{"name":"a","uid":"u1"}}]}"#;
        assert_eq!(read(page), Ok((Some(4211), Some(41), Some("u1".to_owned()))));
        let untold = page.replace(r#","remainingItemCount":40"#, "");
        assert_eq!(read(&untold), Ok((Some(4211), None, Some("u1".to_owned()))));
        assert_eq!(read(r#"{"metadata":{"resourceVersion":"7"},"items":null}"#), Ok((Some(7), Some(0), None)));
        assert!(read("<html>").is_err());
    }

    #[test]
    fn readiness_is_told_with_an_error_too() {
        let failing = |code, body: &str| checks(code, body.as_bytes()).map(|answer| answer.failing.unwrap_or_default());
        assert_eq!(failing(200, "[+]ping ok\nreadyz check passed\n"), Ok(vec![]));
        assert_eq!(failing(500, "[+]ping ok\n[-]etcd failed: reason withheld\n"), Ok(vec!["etcd".to_owned()]));
        assert!(failing(403, r#"{"message":"forbidden"}"#).is_err());
    }

    /// Lines of an API server of Kubernetes 1.34.
    #[test]
    fn metrics_tell_of_the_database_behind() {
        let text = "# HELP apiserver_storage_size_bytes [STABLE] Size\n# TYPE apiserver_storage_size_bytes gauge\napiserver_storage_size_bytes{storage_cluster_id=\"etcd-0\"} 2.379776e+06\nprocess_start_time_seconds 1.79570404837e+09\nprocess_start_time_seconds_other 4\n";
        let answer = metrics(text.as_bytes());
        assert_eq!((answer.database_bytes, answer.started_at), (Some(2_379_776.0), Some(1_795_704_048.37)));
        assert_eq!(metrics(b"\xff{ NaN").database_bytes, None);
    }
}
