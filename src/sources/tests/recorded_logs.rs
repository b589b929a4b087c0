//! Logs that a recorder took, beside those that a run takes itself: each line is there once, whoever has it.

use super::*;
use crate::archive::layout::{self, Instance};
use chrono::{DateTime, SecondsFormat};
use serde_json::json;
use std::path::Path;

/// The times of the lines, of which the API shows the last two.
fn times() -> [DateTime<Utc>; 3] {
    let now = Utc::now();
    [300, 200, 100].map(|seconds| now - TimeDelta::seconds(seconds))
}

fn lines(times: &[DateTime<Utc>]) -> String {
    times.iter().map(|at| format!("{} said\n", at.to_rfc3339_opts(SecondsFormat::Nanos, true))).collect()
}

/// A recording with these logs, or other entries.
pub fn recorded(folder: &Path, logs: &[(String, String)]) -> PathBuf {
    let root = folder.join("recording");
    let begin = Utc::now() - TimeDelta::minutes(10);
    let segment = root.join(layout::open_segment(&layout::segment(begin, 1)));
    let write = |path: &str, text: &str| {
        let path = segment.join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a file");
    };
    let header = json!({"format": {"major": 1, "minor": 2}, "tool": "", "cluster": {"uid": "cb78"}, "options": {}, "clocks": [],
        "from": begin, "to": Utc::now(), "started_at": begin});
    write(layout::ARCHIVE, &header.to_string());
    let said = json!({"source": "record", "subject": "logs on trouble", "status": "truncated", "from": begin, "to": Utc::now(),
        "why": "2 logs were left out: more than 60 within a minute", "at": Utc::now(), "took_ms": 1});
    write(&layout::outcomes_part(1), &format!("{said}\n"));
    logs.iter().for_each(|(path, text)| write(path, text));
    root
}

async fn collected(shown: Option<String>, logs: &[(String, String)]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let mut options = options(&folder);
    options.recording = Some(recorded(folder.path(), logs));
    let handle = move |_: usize, path: &str| match (path.contains("/api-0/log?"), &shown) {
        (true, Some(log)) => ok(log.clone()),
        (true, None) => error(404, "pods \"api-0\" not found"),
        (false, _) => healthy(path),
    };
    run_with(&serve(handle).await, options, folder, std::future::pending()).await
}

fn log(pod: &str, instance: Instance) -> String {
    layout::pod_log("shop", pod, "app", instance)
}

#[tokio::test]
async fn what_the_run_has_itself_is_not_there_twice() {
    let times = times();
    let (current, gone) = (log("api-0", Instance::Current), log("gone-0", Instance::Previous));
    let logs = [(current.clone(), lines(&times)), (gone.clone(), lines(&times))];
    let ran = collected(Some(lines(&times[1..])), &logs).await;
    assert_eq!(ran.text(&current), lines(&times[1..]));
    let beside = "logs/shop/api-0/app/rotated/recorded-current.log";
    assert_eq!(ran.text(beside), lines(&times[..1]));
    let outcome = ran.of("pod-logs", "Pod/shop/api-0 container app, current, as recorded");
    assert_eq!((outcome.status, outcome.entry.as_deref()), (Status::Truncated, Some(beside)));
    assert_eq!(ran.text(&gone), lines(&times));
    let said = ran.of("record", "logs on trouble");
    assert!(
        said.status == Status::Truncated && said.why.ends_with("2 logs were left out: more than 60 within a minute")
    );
    let all_there = [(current.clone(), lines(&times[1..]))];
    let ran = collected(Some(lines(&times)), &all_there).await;
    assert!(!ran.archive.entries().any(|entry| entry == beside), "nothing of it is missing");
}

#[tokio::test]
async fn what_the_run_did_not_get_is_there_as_it_was_recorded() {
    let times = times();
    let (current, journal) = (log("api-0", Instance::Current), layout::journal("node-1", "kubelet"));
    let at = times[0].format("%b %e %H:%M:%S%.6f");
    let of_kubelet = format!("{at} node-1 kubelet[74]: out of memory\n");
    let logs = [(current.clone(), lines(&times)), (journal.clone(), of_kubelet.clone())];
    let ran = collected(None, &logs).await;
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Expired);
    assert_eq!((ran.text(&current), ran.text(&journal)), (lines(&times), of_kubelet));
    assert_eq!(ran.of("journals", "Node/node-1 unit kubelet, as recorded").status, Status::Truncated);
}
