//! `serve` of a recorder's folder: the objects as they were at a time.

use super::client::{TABLE, names, serve_with};
use crate::recorder::views::recording;

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
