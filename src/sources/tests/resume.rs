//! Runs that go on with what an earlier one has.

use super::*;
use crate::archive::format::{Act, ActKind, ClockReading};
use crate::archive::layout;

type Asked = Arc<Mutex<Vec<String>>>;

const NODES: &str = concat!(
    r#"{"metadata":{"name":"node-1"},"status":{"conditions":[{"type":"Ready","status":"True"}]}},"#,
    r#"{"metadata":{"name":"node-2"},"status":{"conditions":[{"type":"Ready","status":"True"}]}}"#
);
const DATE: &str = "Date: Sat, 21 Nov 2026 07:12:31 GMT\r\n";

const SCHEDULER: &str = r#"{"metadata":{"name":"kube-scheduler-a","namespace":"kube-system","labels":{"component":"kube-scheduler"}},"spec":{"containers":[{"command":["kube-scheduler"]}]}}"#;

/// Two nodes with clocks, the pod on the first, a scheduler that can be asked, and a Prometheus.
fn larger(path: &str) -> Reply {
    match path.split('?').next().unwrap_or_default() {
        "/api/v1/nodes" => list("NodeList", NODES),
        "/api/v1/nodes/node-1/proxy/healthz" | "/api/v1/nodes/node-2/proxy/healthz" => {
            Reply::Answer(200, DATE, "ok".to_owned())
        }
        "/api/v1/namespaces/kube-system/pods" => list("PodList", SCHEDULER),
        path if path.contains("/https:kube-scheduler-a:10259/proxy/metrics") => ok("# HELP up x\nup 1\n"),
        path if path.contains("/https:kube-scheduler-a:10259/proxy/") => ok("[+]ping ok\n"),
        "/api/v1/services" => list(
            "ServiceList",
            r#"{"metadata":{"name":"prometheus-k8s","namespace":"monitoring"},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"web","port":9090}]}}"#,
        ),
        "/apis/discovery.k8s.io/v1/endpointslices" => list(
            "EndpointSliceList",
            r#"{"metadata":{"name":"x","namespace":"monitoring","labels":{"kubernetes.io/service-name":"prometheus-k8s"}},"endpoints":[{"addresses":["10.1.0.1"]}]}"#,
        ),
        path if path.starts_with("/api/v1/namespaces/monitoring/services/") => {
            ok(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}"#)
        }
        "/api/v1/nodes/node-2/proxy/logs/journal/" | "/api/v1/nodes/node-2/proxy/logs/pods/" => error(404, "no"),
        "/api/v1/nodes/node-2/proxy/logs/" if !path.contains("?query=") => ok("<pre>\n</pre>\n"),
        path if path.starts_with("/api/v1/nodes/node-2/proxy/logs/") => ok("log not found for x\n"),
        _ => healthy(path),
    }
}

/// The same, with node-1 silent and deployments forbidden.
fn wounded(path: &str) -> Reply {
    match path {
        _ if path.starts_with("/api/v1/nodes/node-1/") => error(503, "dial tcp 10.0.0.1:10250: connect: refused"),
        _ if path.starts_with("/apis/apps/v1/deployments") => error(403, "deployments is forbidden"),
        _ if path.contains("/proxy/api/v1/alerts") => error(503, "no"),
        _ => larger(path),
    }
}

async fn first(handle: fn(usize, &str) -> Reply) -> Ran {
    run(handle).await
}

/// Goes on with `ran`, and tells what was asked for.
async fn resumed(ran: &Ran, handle: fn(usize, &str) -> Reply) -> (Ran, Vec<String>) {
    let asked = Asked::default();
    let url = serve_listening(handle, asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let base = BaseArchive::open(&ran.folder.path().join("a.zip"), None).expect("an archive");
    let options = Options { resume: Some(base), ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, asked)
}

fn beyond_preflight(asked: &[String]) -> Vec<&str> {
    let preflight = ["/version", "/api/v1/namespaces/kube-system"];
    asked.iter().map(String::as_str).filter(|path| !preflight.contains(path)).collect()
}

#[tokio::test]
async fn nothing_is_asked_twice() {
    let whole = first(|_, path| larger(path)).await;
    let (again, asked) = resumed(&whole, |_, path| larger(path)).await;
    assert_eq!(beyond_preflight(&asked), Vec::<&str>::new());
    assert_eq!(again.outcomes, whole.outcomes);
    for entry in whole.archive.entries().filter(|entry| layout::CLOCKS == *entry || !entry.starts_with("meta/")) {
        assert_eq!(again.text(entry), whole.text(entry), "{entry}");
    }
    assert_eq!(again.text(layout::ARCHIVE), whole.text(layout::ARCHIVE));
}

#[tokio::test]
async fn a_cluster_without_prometheus_is_not_searched_again() {
    let whole = first(|_, path| healthy(path)).await;
    let (again, asked) = resumed(&whole, |_, path| healthy(path)).await;
    assert_eq!(beyond_preflight(&asked), Vec::<&str>::new());
    assert_eq!(again.outcomes, whole.outcomes);
}

#[tokio::test]
async fn only_what_was_missing_is_asked_for() {
    let wounded = first(|_, path| wounded(path)).await;
    let missing = |ran: &Ran| ran.outcomes.iter().filter(|outcome| outcome.status.is_missing()).count();
    assert!(missing(&wounded) >= 8, "{:?}", wounded.outcomes);
    let (again, asked) = resumed(&wounded, |_, path| larger(path)).await;
    assert_eq!(missing(&again), 0);
    let is_due = |path: &&str| {
        path.starts_with("/api/v1/nodes/node-1/proxy/")
            || path.starts_with("/api/v1/namespaces/shop/pods/api-0/log")
            || path.starts_with("/apis/apps/v1/deployments")
            || path.ends_with("/proxy/-/ready")
            || path.ends_with("/proxy/api/v1/alerts")
    };
    let asked = beyond_preflight(&asked);
    let undue: Vec<&&str> = asked.iter().filter(|path| !is_due(path)).collect();
    assert!(undue.is_empty(), "{undue:?}");
    let fresh = first(|_, path| larger(path)).await;
    let items = |ran: &Ran| -> Vec<String> {
        ran.outcomes.iter().map(|outcome| format!("{} {}", outcome.source, outcome.subject)).collect()
    };
    assert_eq!(items(&again), items(&fresh));
    for old in wounded.outcomes.iter().filter(|outcome| !outcome.status.is_missing()) {
        assert_eq!(again.of(&old.source, &old.subject), old);
    }
    let clocks = again.text(layout::CLOCKS);
    let endpoints: Vec<String> =
        clocks.lines().map(|line| serde_json::from_str::<ClockReading>(line).expect("a reading").endpoint).collect();
    assert_eq!(endpoints, ["Node/node-1", "Node/node-2"]);
}

#[tokio::test]
async fn the_chain_of_custody_grows() {
    let wounded = first(|_, path| wounded(path)).await;
    let (again, _) = resumed(&wounded, |_, path| larger(path)).await;
    let custody = again.text(layout::CUSTODY);
    let acts: Vec<Act> = custody.lines().map(|line| serde_json::from_str(line).expect("an act")).collect();
    let kinds: Vec<ActKind> = acts.iter().map(|act| act.act).collect();
    assert_eq!(kinds, [ActKind::Collect, ActKind::Resume]);
    let act = acts.last().expect("two");
    let of = act.of.as_ref().expect("it is of the first");
    assert_eq!((of.name.as_str(), of.sha256.as_ref()), ("a.zip", Some(&wounded.sha256)));
    let missing = wounded.outcomes.iter().filter(|outcome| outcome.status.is_missing()).count();
    let all = wounded.outcomes.len();
    assert_eq!(act.note, format!("kept {} of {all} items, asked for {missing}", all - missing));
    assert!(acts.iter().all(|act| act.began_at <= act.ended_at));
}

#[tokio::test]
async fn a_part_stands_where_the_second_attempt_brings_nothing() {
    let broken = first(|_, path| match path.split('?').next() {
        Some("/api/v1/namespaces/shop/pods/api-0/log") => Reply::Cut(format!("{} first\n", Utc::now().to_rfc3339())),
        _ => larger(path),
    })
    .await;
    let part = broken.of("pod-logs", LOG);
    assert!(part.status.is_missing() && part.entry.is_some(), "{part:?}");
    let (again, _) = resumed(&broken, |_, path| match path.split('?').next() {
        Some("/api/v1/namespaces/shop/pods/api-0/log") => error(500, "rpc error"),
        _ => larger(path),
    })
    .await;
    assert_eq!(again.of("pod-logs", LOG), part);
    assert!(again.text("logs/shop/api-0/app/current.log").contains(" first\n"));
    let (whole, _) = resumed(&again, |_, path| larger(path)).await;
    assert_eq!(whole.of("pod-logs", LOG).status, Status::Collected);
    assert!(whole.text("logs/shop/api-0/app/current.log").contains(" hello\n"));
}

#[tokio::test]
async fn without_a_server_all_stays_as_it_was() {
    let wounded = first(|_, path| wounded(path)).await;
    let (again, _) = resumed(&wounded, |_, _| Reply::Answer(503, "", String::new())).await;
    let items = |ran: &Ran| -> Vec<(String, bool)> {
        ran.outcomes.iter().map(|outcome| (outcome.subject.clone(), outcome.status.is_missing())).collect()
    };
    assert_eq!(items(&again), items(&wounded));
    let nothing = first(|_, _| Reply::Hang).await;
    let (whole, _) = resumed(&nothing, |_, path| larger(path)).await;
    let fresh = first(|_, path| larger(path)).await;
    assert_eq!(items(&whole), items(&fresh));
}

#[tokio::test]
async fn the_archive_of_another_cluster_is_refused() {
    let here = first(|_, path| healthy(path)).await;
    let url = serve(|_, path| match path {
        "/api/v1/namespaces/kube-system" => ok(r#"{"metadata":{"uid":"another"}}"#),
        _ => healthy(path),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let base = BaseArchive::open(&here.folder.path().join("a.zip"), None).expect("an archive");
    let options = Options { resume: Some(base), ..options(&folder) };
    let ended = collect(api(&url), None, options, Arc::default(), Box::pin(std::future::pending())).await;
    assert!(matches!(ended, Err(SourcesError::OtherCluster { .. })), "{ended:?}");
    assert_eq!(std::fs::read_dir(folder.path()).expect("it is there").count(), 0);
}
