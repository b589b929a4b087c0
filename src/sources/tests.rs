//! Whole runs against an API server that misbehaves on command: what a real cluster does not do when asked to.

mod api_audit;
mod api_servers;
mod audit;
mod discovery;
mod distress;
#[cfg(feature = "encrypt")]
mod encrypted;
mod kept_checks;
mod log_files;
mod login;
mod metrics;
mod node;
mod permissions;
mod recorded_logs;
mod recorded_members;
mod resume;
mod serving;
mod tables;
mod vitals;

use super::*;
use crate::archive::coverage::Coverage;
use crate::archive::format::{Outcome, Status};
use crate::archive::{Archive, Limits};
use crate::model::Window;
use chrono::{TimeDelta, Utc};
use kube::{Client, Config};
use serving::{serve, serve_listening};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use wire::api::Api;

/// What the server does with a request.
enum Reply {
    /// A status code, headers of its own, and a body.
    Answer(u16, &'static str, String),
    /// 200 and a file that is no text.
    File(Vec<u8>),
    /// Announces more than it sends, and hangs up.
    Cut(String),
    /// Announces more than it sends, and sends no more.
    Stall(String),
    /// Announces more than it sends, one byte at a time.
    Drip,
    /// Another reply, after a while.
    Late(Duration, Box<Reply>),
    /// Nothing, ever.
    Hang,
}

/// Decides what to do with a request by its number, from one on, and its path.
trait Handle: Fn(usize, &str) -> Reply + Send + Sync + 'static {}

impl<H: Fn(usize, &str) -> Reply + Send + Sync + 'static> Handle for H {}

fn ok(body: impl Into<String>) -> Reply {
    Reply::Answer(200, "", body.into())
}

fn error(code: u16, message: &str) -> Reply {
    Reply::Answer(code, "", format!(r#"{{"kind":"Status","message":"{message}","code":{code}}}"#))
}

fn list(kind: &str, items: &str) -> Reply {
    ok(format!(r#"{{"kind":"{kind}","apiVersion":"v1","metadata":{{}},"items":[{items}]}}"#))
}

const NODE: &str = r#"{"metadata":{"name":"node-1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#;
const POD: &str = r#"{"metadata":{"name":"api-0","namespace":"shop"},"spec":{"nodeName":"node-1","containers":[{"name":"app"}]},"status":{"phase":"Running","containerStatuses":[{"name":"app","ready":true,"restartCount":0,"containerID":"containerd://1","state":{"running":{}},"lastState":{}}]}}"#;

/// A healthy cluster of one node and one pod, as small as can be.
fn healthy(path: &str) -> Reply {
    let queries = path.contains("?query=");
    let path = path.split('?').next().unwrap_or_default();
    match path {
        "/version" => ok(r#"{"gitVersion":"v1.34.4"}"#),
        _ if vitals::is_asked(path) => vitals::healthy(path),
        "/api/v1/namespaces/kube-system" => ok(r#"{"metadata":{"uid":"cb78"}}"#),
        "/api/v1/nodes" => list("NodeList", NODE),
        "/api/v1/pods" => list("PodList", POD),
        "/api/v1/secrets" | "/api/v1/configmaps" => list(
            "PartialObjectMetadataList",
            r#"{"kind":"PartialObjectMetadata","metadata":{"name":"x","namespace":"shop"}}"#,
        ),
        "/api/v1/nodes/node-1/proxy/healthz" => ok("ok"),
        "/api/v1/nodes/node-1/proxy/logs/journal/" | "/api/v1/nodes/node-1/proxy/logs/pods/" => error(404, "no"),
        "/api/v1/namespaces/shop/pods/api-0/log" => ok(format!("{} hello\n", Utc::now().to_rfc3339())),
        "/api/v1/nodes/node-1/proxy/logs/" if !queries => ok("<pre>\n</pre>\n"),
        _ if path.starts_with("/api/v1/nodes/node-1/proxy/logs/") => ok("log not found for x\n"),
        _ => list("List", ""),
    }
}

struct Ran {
    outcomes: Vec<Outcome>,
    archive: Archive,
    /// The hash over all its entries.
    sha256: String,
    folder: tempfile::TempDir,
}

impl Ran {
    fn of(&self, source: &str, subject: &str) -> &Outcome {
        let found = self.outcomes.iter().find(|outcome| outcome.source == source && outcome.subject == subject);
        found.unwrap_or_else(|| panic!("no outcome of {source} {subject}: {:?}", self.outcomes))
    }

    fn text(&self, entry: &str) -> String {
        String::from_utf8_lossy(&self.archive.read(entry, 1 << 20).unwrap_or_default()).into_owned()
    }
}

fn api(url: &str) -> Api {
    api_with(url, RequestLimiter::default())
}

fn api_with(url: &str, limiter: RequestLimiter) -> Api {
    let mut config = Config::new(url.parse().expect("a URL"));
    config.default_retry = false;
    let client = Client::try_from(config.clone()).expect("a client");
    Api::new(client, Arc::new(limiter)).made_by(Arc::new(config))
}

fn options(folder: &tempfile::TempDir) -> Options {
    let now = Utc::now();
    Options {
        window: Window::new(now - TimeDelta::hours(1), now + TimeDelta::minutes(5)),
        namespaces: Vec::new(),
        sources: ALL.iter().copied().filter(|source| !source.is_on_request()).collect(),
        profile: Profile::Standard,
        prometheus: None,
        login: None,
        tenant: None,
        queries: Vec::new(),
        deadline: Duration::from_secs(60),
        path: folder.path().join("a.zip"),
        replace: false,
        given: BTreeMap::new(),
        resume: None,
        recording: None,
        checks: Vec::new(),
        redactor: None,
        sealing: Sealing::default(),
        access: Access::default(),
    }
}

async fn run_against(url: &str, interrupted: impl Future<Output = String> + Send + 'static) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(&folder);
    run_with(url, options, folder, interrupted).await
}

async fn run_with(
    url: &str,
    options: Options,
    folder: tempfile::TempDir,
    interrupted: impl Future<Output = String> + Send + 'static,
) -> Ran {
    run_as(api(url), options, folder, interrupted).await
}

async fn run_as(
    api: Api,
    options: Options,
    folder: tempfile::TempDir,
    interrupted: impl Future<Output = String> + Send + 'static,
) -> Ran {
    let path: PathBuf = options.path.clone();
    let who = options.sealing.recipients.as_ref().and_then(|recipients| recipients.reader());
    let progress = Arc::<Progress>::default();
    let summary = collect(api, None, options, progress.clone(), Box::pin(interrupted)).await.expect("an archive");
    assert_eq!(progress.planned(), progress.recorded());
    let archive = Archive::open_as(&path, Limits::default(), who.as_ref()).expect("a sealed archive");
    let verdict = crate::archive::verify::verify(&archive, None, 1);
    assert!(verdict.is_sound(), "{:?}", verdict.findings);
    let mut outcomes = archive.outcomes();
    let (coverage, sha256) = (summary.sealed.coverage, summary.sealed.sha256);
    let key = |outcome: &Outcome| (outcome.source.clone(), outcome.subject.clone());
    outcomes.sort_by_key(key);
    assert_eq!(coverage, Coverage::of(&outcomes));
    assert_eq!(progress.recorded(), outcomes.len() as u64);
    for pair in outcomes.windows(2) {
        assert_ne!(key(&pair[0]), key(&pair[1]), "an item has two outcomes");
    }
    Ran { outcomes, archive, sha256, folder }
}

async fn run(handle: impl Handle) -> Ran {
    run_against(&serve(handle).await, std::future::pending()).await
}

const LOG: &str = "Pod/shop/api-0 container app, current";

#[tokio::test]
async fn a_healthy_cluster_is_collected_whole() {
    let ran = run(|_, path| healthy(path)).await;
    let missing: Vec<&Outcome> = ran.outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
    assert_eq!(ran.of("objects", "events").status, Status::Empty);
    assert_eq!(ran.of("kernel", "Node/node-1").status, Status::Absent);
    assert_eq!(ran.text("objects/namespaces/shop/pods.jsonl"), format!("{POD}\n"));
    assert!(ran.text("logs/shop/api-0/app/current.log").ends_with(" hello\n"));
}

#[tokio::test]
async fn secrets_of_a_server_that_ignores_what_was_asked_for_are_not_stored() {
    let ran = run(|_, path| match path.split('?').next() {
        Some("/api/v1/secrets") => {
            list("SecretList", r#"{"metadata":{"name":"x","namespace":"shop"},"data":{"k":"TUFSS0VS"}}"#)
        }
        Some("/api/v1/configmaps") => list(
            "PartialObjectMetadataList",
            r#"{"kind":"PartialObjectMetadata","metadata":{"name":"x","namespace":"shop"},"data":{"k":"TUFSS0VS"}}"#,
        ),
        _ => healthy(path),
    })
    .await;
    for kind in ["secrets", "configmaps"] {
        let outcome = ran.of("objects", kind);
        assert_eq!((outcome.status, outcome.entry.as_deref()), (Status::Failed, None));
    }
    for entry in ran.archive.entries() {
        assert!(!ran.text(entry).contains("TUFSS0VS"), "{entry}");
    }
}

#[tokio::test]
async fn answers_that_break_off_are_kept_and_called_so() {
    let ran = run(|_, path| match path.split('?').next() {
        Some("/api/v1/services") => Reply::Cut(r#"{"kind":"ServiceList","items":[{"#.to_owned()),
        Some("/api/v1/namespaces/shop/pods/api-0/log") => {
            Reply::Cut(format!("{} first\n{} sec", Utc::now().to_rfc3339(), Utc::now().to_rfc3339()))
        }
        _ => healthy(path),
    })
    .await;
    assert_eq!(ran.of("objects", "services").status, Status::Unreachable);
    let log = ran.of("pod-logs", LOG);
    assert!(log.status.is_missing() && log.why.contains("broke off"), "{log:?}");
    assert!(ran.text(log.entry.as_deref().expect("an entry")).contains(" first\n"));
}

#[tokio::test]
async fn long_lists_go_on_after_the_token_expired() {
    let ran = run(|_, path| {
        let event = |name: &str, resume: &str| {
            ok(format!(
                r#"{{"kind":"EventList","metadata":{{"continue":"{resume}"}},"items":[{{"metadata":{{"name":"{name}","namespace":"shop"}}}}]}}"#
            ))
        };
        match path.split_once("/api/v1/events?limit=500") {
            Some((_, "")) => event("a", "one"),
            Some((_, "&continue=one")) => {
                Reply::Answer(410, "", r#"{"kind":"Status","metadata":{"continue":"two"},"message":"too old"}"#.into())
            }
            Some((_, "&continue=two")) => event("b", "three"),
            Some(_) => Reply::Answer(410, "", r#"{"kind":"Status","message":"too old"}"#.into()),
            None => healthy(path),
        }
    })
    .await;
    let events = ran.of("objects", "events");
    assert_eq!((events.status, events.why.as_str()), (Status::Expired, "2 objects came, then: too old"));
    assert_eq!(ran.text("objects/namespaces/shop/events.jsonl").lines().count(), 2);
}

#[tokio::test]
async fn logs_come_without_the_right_to_probe_and_past_a_bad_certificate() {
    let ran = run(|_, path| match path {
        _ if path.starts_with("/api/v1/nodes/") => error(403, "nodes proxy is forbidden"),
        _ if path.contains("/log?") && !path.contains("insecureSkipTLSVerifyBackend=true") => {
            error(500, "Get https://10.0.0.1:10250/x: tls: failed to verify certificate: x509: unknown authority")
        }
        _ => healthy(path),
    })
    .await;
    let log = ran.of("pod-logs", LOG);
    assert_eq!(log.status, Status::Collected);
    assert!(log.why.contains("without verifying"), "{log:?}");
    assert_eq!(ran.of("journals", "Node/node-1 unit kubelet").status, Status::Denied);
}

#[tokio::test]
async fn a_prometheus_on_a_node_that_is_not_ready_is_reached_by_its_pod() {
    let ran = run(|_, path| match path.split('?').next().unwrap_or_default() {
        "/api/v1/services" => list(
            "ServiceList",
            r#"{"metadata":{"name":"prometheus-k8s","namespace":"monitoring"},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"web","port":9090}]}}"#,
        ),
        "/apis/discovery.k8s.io/v1/endpointslices" => list(
            "EndpointSliceList",
            r#"{"metadata":{"name":"x","namespace":"monitoring","labels":{"kubernetes.io/service-name":"prometheus-k8s"}},"ports":[{"name":"web","port":9090}],"endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":false},"targetRef":{"kind":"Pod","name":"prometheus-0"}}]}"#,
        ),
        path if path.starts_with("/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy/") => {
            ok(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}"#)
        }
        path if path.starts_with("/api/v1/namespaces/monitoring/services/") => error(503, "no endpoints available"),
        _ => healthy(path),
    })
    .await;
    let up = ran.of("prometheus", "Prometheus monitoring/prometheus-k8s: up");
    assert_eq!((up.status, up.entry.as_deref()), (Status::Collected, Some("metrics/up.json")));
    assert_eq!(ran.text("metrics/up.json").lines().count(), 2);
}

#[tokio::test]
async fn a_run_that_is_interrupted_is_sealed_and_says_so() {
    let ran = run_against(
        &serve(|_, path| match path {
            _ if path.starts_with("/version") || path.ends_with("kube-system") => healthy(path),
            _ if path.starts_with("/api/v1/events") => healthy(path),
            _ => Reply::Hang,
        })
        .await,
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            "interrupted by Ctrl-C".to_owned()
        },
    )
    .await;
    assert_eq!(ran.of("objects", "events").status, Status::Empty);
    let pods = ran.of("objects", "pods");
    assert_eq!((pods.status, pods.why.as_str()), (Status::Skipped, "interrupted by Ctrl-C"));
    assert_eq!(ran.of("pod-logs", "logs of all pods").status, Status::Skipped);
}

#[tokio::test]
async fn another_server_is_an_error_and_leaves_nothing() {
    let url = serve(|_, _| Reply::Answer(200, "", "<html>Sign in</html>".to_owned())).await;
    let folder = tempfile::tempdir().expect("a folder");
    let ended = collect(api(&url), None, options(&folder), Arc::default(), Box::pin(std::future::pending())).await;
    assert!(matches!(ended, Err(SourcesError::Config(_))), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}
