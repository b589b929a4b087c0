//! `serve` of a recorder's folder: the objects as they were at a time.

use super::client::{TABLE, names, serve_with};
use crate::recorder::views::recording;
use serde_json::Value;

const PODS: &str = "/api/v1/namespaces/shop/pods";

#[test]
fn a_recording_is_answered_from_as_of_a_time() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    let at = |options: &[&str]| serve_with(&folder.path().join("recording"), options);
    let then = at(&["--at", "09:03"]);
    let all = then.get(PODS);
    assert_eq!(names(&all.json()), ["api", "web"]);
    assert!(!all.head.to_lowercase().contains("warning:"), "all of then is here: {}", all.head);
    assert_eq!(all.json()["items"][0]["apiVersion"], "v1");
    let table = then.ask("GET", &format!("{PODS}/web"), TABLE).json();
    let cells = &table["rows"][0]["cells"];
    assert_eq!((&cells[2], &cells[4]), (&"Running".into(), &"4m".into()), "its age counts to then: {cells}");
    let last = at(&[]);
    assert_eq!(names(&last.get(PODS).json()), ["web"]);
    assert_eq!(last.get(&format!("{PODS}/api")).code, 404);
    assert_eq!(names(&last.get("/api/v1/namespaces/shop/events").json()), ["api.1"]);
}

/// As `kubectl top pods` asks.
#[test]
fn what_was_used_at_a_time_is_told_by_what_a_recorder_kept_of_it() {
    let folder = tempfile::tempdir().expect("a folder");
    recording(folder.path());
    for (at, used) in [("09:01:30", &["api 5m"] as &[&str]), ("09:03", &["api 900m", "web 7m"])] {
        let then = serve_with(&folder.path().join("recording"), &["--at", at]);
        let groups = then.get("/apis").json().to_string();
        assert!(groups.contains("metrics.k8s.io/v1beta1"), "{groups}");
        let list = then.get("/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods").json();
        assert_eq!(list["kind"], "PodMetricsList");
        let told = |pod: &Value| {
            format!("{} {}", pod["metadata"]["name"], pod["containers"][0]["usage"]["cpu"]).replace('"', "")
        };
        let told: Vec<String> = list["items"].as_array().expect("a list").iter().map(told).collect();
        assert_eq!(told, used, "{at}");
    }
}
