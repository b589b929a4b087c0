//! `on-alert`: what it answers to Alertmanager, and what it asks of an API server.

mod api_server;
mod receiver;

use api_server::ApiServer;
use chrono::{DateTime, TimeDelta, Utc};
use receiver::{JOB, Receiver, TOKEN, basic, ended, notification};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(60), "gave up waiting for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn minutes_ago(minutes: i64) -> DateTime<Utc> {
    Utc::now() - TimeDelta::minutes(minutes)
}

/// Has the last Job end.
fn end_job(server: &ApiServer, how: &str) {
    server.with(|state| {
        let job = state.jobs.last_mut().expect("a Job");
        job["status"] = json!({"conditions": [{"type": how, "status": "True"}]});
    });
}

#[test]
fn an_alert_starts_a_job_of_the_template() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &["--before", "20m"]);
    let since = minutes_ago(5);
    assert_eq!(receiver.notify(&notification("{}:{a=\"b\"}", "KubeNodeNotReady", "firing", since)), 202);
    until("a Job", || server.with(|state| state.jobs.len() == 1));
    until("it says so", || receiver.says("KubeNodeNotReady: started Job evidence-alert-"));
    let job = server.with(|state| state.jobs[0].clone());
    assert!(job["metadata"]["name"].as_str().expect("a name").starts_with("evidence-alert-"), "{job}");
    assert_eq!(job["metadata"]["annotations"]["k8s-forensics.io/alert-group"], "{}:{a=\"b\"}");
    assert_eq!(job["metadata"]["annotations"]["k8s-forensics.io/alerts"], "KubeNodeNotReady");
    let variable = &job["spec"]["template"]["spec"]["containers"][0]["env"][0];
    assert_eq!(variable["name"], "K8SF_ALERT_FROM");
    let from: DateTime<Utc> = variable["value"].as_str().expect("a time").parse().expect("RFC 3339");
    assert!((since - from - TimeDelta::minutes(20)).num_seconds().abs() <= 1, "{from} of {since}");
    let asked = server.with(|state| state.asked.clone());
    let list =
        "GET /apis/batch/v1/namespaces/evidence/jobs?&labelSelector=k8s-forensics.io%2Fon-alert%3Devidence-alert";
    let create = "POST /apis/batch/v1/namespaces/evidence/jobs?";
    let is_one = |asked: &&String| !asked.starts_with(list) && !asked.starts_with(create);
    assert_eq!(asked.iter().filter(is_one).collect::<Vec<_>>(), Vec::<&String>::new(), "nothing else is asked");
    assert_eq!(asked.len(), 4, "a list and a dry run at the start, a list and a Job for the alert: {asked:?}");
    assert!(asked[1].contains("dryRun=All") && !asked[3].contains("dryRun"), "{asked:?}");
}

#[test]
fn only_what_matches_and_fires_starts_one_and_only_one_at_a_time() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &["--cooldown", "1h"]);
    let page = |group: &str, name: &str, status: &str| notification(group, name, status, minutes_ago(1));
    assert_eq!(receiver.notify(&page("a", "Watchdog", "firing")), 200);
    assert_eq!(receiver.notify(&page("a", "KubeNodeNotReady", "resolved")), 200);
    let mut ticket = page("a", "KubeNodeNotReady", "firing");
    ticket["alerts"][0]["labels"]["severity"] = json!("ticket");
    assert_eq!(receiver.notify(&ticket), 200);
    let first = page("a", "KubeNodeNotReady", "firing");
    assert_eq!(receiver.notify(&first), 202);
    until("a Job", || receiver.says("started Job"));
    assert_eq!(receiver.notify(&page("b", "TargetDown", "firing")), 202);
    until("the first is not done", || receiver.says("TargetDown: not collected: Job evidence-alert-"));
    assert!(receiver.says("has not ended"), "{}", receiver.told());
    end_job(&server, "Complete");
    assert_eq!(receiver.notify(&first), 202);
    until("its group was collected", || receiver.says("collected since this group of alerts fires"));
    assert_eq!(receiver.notify(&page("b", "TargetDown", "firing")), 202);
    until("it is too soon", || receiver.says("(--cooldown)"));
    assert_eq!(server.with(|state| state.jobs.len()), 1);
}

#[test]
fn what_was_started_before_counts_after_a_restart() {
    let server = ApiServer::start();
    let alert = notification("a", "KubeNodeNotReady", "firing", minutes_ago(1));
    let receiver = Receiver::start(&server, &["--cooldown", "0s"]);
    assert_eq!(receiver.notify(&alert), 202);
    until("a Job", || receiver.says("started Job"));
    end_job(&server, "Complete");
    drop(receiver);
    let receiver = Receiver::start(&server, &["--cooldown", "0s"]);
    assert_eq!(receiver.notify(&alert), 202);
    until("it is known", || receiver.says("collected since this group of alerts fires"));
    end_job(&server, "Failed");
    assert_eq!(receiver.notify(&alert), 202);
    until("a Job after one that failed", || server.with(|state| state.jobs.len() == 2));
}

#[test]
fn who_has_no_credentials_is_refused() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &[]);
    let alert = notification("a", "KubeNodeNotReady", "firing", minutes_ago(1)).to_string();
    for authorization in ["", "Bearer other", "Basic czNjcmV0", &format!("Basic {TOKEN}")] {
        let (code, head) = receiver.ask("POST", "/alerts", authorization, alert.as_bytes());
        assert_eq!(code, 401, "{authorization}");
        assert!(head.to_lowercase().contains("www-authenticate: bearer"), "{head}");
    }
    let pair = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(pair.path(), "alertmanager:open sesame\n").expect("a file");
    let receiver = Receiver::start(&server, &["--basic-file", &pair.path().to_string_lossy()]);
    let ask = |pair: &str| receiver.ask("POST", "/alerts", &basic(pair), alert.as_bytes()).0;
    assert_eq!((ask("alertmanager:open"), ask("alertmanager:open sesame")), (401, 202));
    let none = ended(&server, JOB, &["--bearer-file", "/nonexistent/token"]);
    assert_eq!(none.status.code(), Some(1));
    let both = ended(&server, JOB, &["--anyone", "--bearer-file", "/nonexistent/token"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn what_is_no_notification_is_refused_and_bounded() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &["--anyone"]);
    let ask = |method: &str, path: &str, body: &[u8]| receiver.ask(method, path, "", body).0;
    assert_eq!(ask("GET", "/healthz", b""), 200);
    assert_eq!(ask("POST", "/healthz", b""), 405);
    assert_eq!(ask("GET", "/alerts", b""), 405);
    assert_eq!(ask("POST", "/", b"{}"), 404);
    assert_eq!(ask("POST", "/alerts", b"not JSON"), 400);
    let mut newer = notification("a", "A", "firing", minutes_ago(1));
    newer["version"] = json!("5");
    assert_eq!(ask("POST", "/alerts", newer.to_string().as_bytes()), 400);
    assert_eq!(ask("POST", "/alerts", &vec![b' '; 1024 * 1024 + 1]), 413);
    assert_eq!(receiver.raw(b"\x16\x03\x01 TLS\r\n\r\n").0, 400);
    assert_eq!(ask("GET", "/healthz", b""), 200, "it goes on");
    assert_eq!(server.with(|state| state.jobs.len()), 0);
}

#[test]
fn an_api_server_that_fails_for_a_while_is_asked_again() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &[]);
    server.with(|state| state.failing.extend([(503, "ServiceUnavailable"), (500, "InternalError")]));
    let alert = notification("a", "KubeNodeNotReady", "firing", minutes_ago(1));
    assert_eq!(receiver.notify(&alert), 202, "Alertmanager does not wait for it");
    until("a Job", || server.with(|state| state.jobs.len() == 1));
    assert!(receiver.says("trying again in 1 s: 503 ServiceUnavailable"), "{}", receiver.told());
    end_job(&server, "Complete");
    // What will not go well later either is said, and the next alert is not kept waiting.
    server.with(|state| {
        state.jobs.clear();
        state.failing.push_back((403, "Forbidden"));
    });
    assert_eq!(receiver.notify(&alert), 202);
    until("it is told", || receiver.says("not collected: the API server refused it: 403 Forbidden"));
    assert_eq!(receiver.notify(&alert), 202);
    until("the next", || server.with(|state| state.jobs.len() == 1));
}

#[test]
fn what_would_fail_when_an_alert_comes_fails_at_the_start() {
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let server = ApiServer::start();
    server.with(|state| state.failing.push_back((403, "Forbidden")));
    let denied = ended(&server, JOB, &[]);
    assert_eq!(denied.status.code(), Some(1));
    assert!(said(&denied).contains("create and list on jobs"), "{}", said(&denied));
    let pod = ended(&server, &JOB.replace("kind: Job", "kind: Pod"), &[]);
    assert_eq!(pod.status.code(), Some(2));
    assert!(said(&pod).contains("it is no Job of batch/v1"), "{}", said(&pod));
    let matcher = ended(&server, JOB, &["--match", "severity"]);
    assert_eq!(matcher.status.code(), Some(2), "{}", said(&matcher));
    server.with(|state| state.failing.push_back((503, "ServiceUnavailable")));
    let receiver = Receiver::start(&server, &[]);
    assert!(receiver.says("was not asked whether Jobs can be started: 503"), "{}", receiver.told());
    let ended = std::process::Command::new("kill").args(["-TERM", &receiver.id().to_string()]).status();
    assert!(ended.is_ok_and(|ended| ended.success()));
    assert_eq!(receiver.end(), Some(0), "it ends when it is told to, as the first process of a pod has to");
}

/// What a text of an alert may do: stand in an annotation.
#[test]
fn hostile_alerts_steer_nothing() {
    let server = ApiServer::start();
    let receiver = Receiver::start(&server, &[]);
    let name = "\u{1b}]0;title\u{7}$(POD_NAME) --force\n{{ .Values }}";
    assert_eq!(receiver.notify(&notification(&"g".repeat(5000), name, "firing", minutes_ago(1))), 202);
    until("a Job", || receiver.says("started Job"));
    let job: Value = server.with(|state| state.jobs[0].clone());
    assert!(!job["spec"].to_string().contains("force"), "{job}");
    assert_eq!(job["metadata"]["annotations"]["k8s-forensics.io/alerts"], name);
    assert!(!receiver.told().contains('\u{1b}'), "{:?}", receiver.told());
}
