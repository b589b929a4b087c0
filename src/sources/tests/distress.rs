//! An API server, kubelets and a network in distress: whatever they do, the archive says what came and what did not.

use super::*;
use std::collections::BTreeSet;
use std::time::Instant;

/// How many questions every run asks before it plans anything.
const PREFLIGHT: usize = 2;

fn missing(ran: &Ran) -> Vec<&Outcome> {
    ran.outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect()
}

/// As [`run`], with limits on waiting as `item=2s`, in milliseconds.
async fn run_within(limits: &[(&str, u64)], handle: impl Handle) -> Ran {
    run_listening(limits, handle).await.0
}

/// As [`run_within`], and what was asked for in which order.
async fn run_listening(limits: &[(&str, u64)], handle: impl Handle) -> (Ran, Vec<String>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let (url, limiter) = (serve_listening(handle, asked.clone()).await, limiter(limits));
    let folder = tempfile::tempdir().expect("a folder");
    let options = options(&folder);
    let ran = run_as(api_with(&url, limiter), options, folder, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, asked)
}

fn limiter(limits: &[(&str, u64)]) -> RequestLimiter {
    let mut timeouts = Timeouts::default();
    for (name, millis) in limits {
        assert!(timeouts.set(name, Duration::from_millis(*millis)));
    }
    RequestLimiter::new(timeouts, None)
}

#[tokio::test]
async fn a_busy_server_is_asked_again_and_an_ill_one_costs_one_item() {
    let ran = run_within(&[("item", 2000)], |number, path| match path.split('?').next() {
        Some("/api/v1/services") => Reply::Answer(429, "Retry-After: 0\r\n", String::new()),
        Some("/api/v1/namespaces") if number % 2 == 0 => Reply::Answer(429, "Retry-After: 0\r\n", String::new()),
        Some("/apis/apps/v1/deployments") => error(500, "etcdserver: leader changed"),
        Some("/apis/batch/v1/jobs") => error(403, "jobs is forbidden"),
        _ => healthy(path),
    })
    .await;
    assert_eq!(ran.of("objects", "services").status, Status::Unreachable);
    let deployments = ran.of("objects", "deployments.apps");
    assert_eq!((deployments.status, deployments.why.as_str()), (Status::Failed, "etcdserver: leader changed"));
    assert_eq!(ran.of("objects", "jobs.batch").status, Status::Denied);
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
}

#[tokio::test]
async fn without_a_server_every_item_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(listener);
    let ran = run_against(&url, std::future::pending()).await;
    assert!(ran.outcomes.len() > ALL.len());
    for outcome in &ran.outcomes {
        assert_eq!(outcome.status, Status::Unreachable);
        assert!(outcome.why.contains("refused"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_accepts_and_never_answers_is_asked_once() {
    let (ran, asked) = run_listening(&[], |_, _| Reply::Hang).await;
    assert_eq!(asked, ["/version"]);
    for outcome in &ran.outcomes {
        assert_eq!(outcome.status, Status::Unreachable);
        assert!(outcome.why.contains("no answer within 6 s"), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_in_the_midst_ends_the_run() {
    let silent = |number, path: &str| if number <= PREFLIGHT { healthy(path) } else { Reply::Hang };
    let (ran, asked) = run_listening(&[("idle", 700)], silent).await;
    // What had begun by then, what began before the server was known to be silent, and whether it still is there.
    let at_once = RequestLimiter::default().limit();
    assert!(asked.len() <= PREFLIGHT + 2 * at_once + 1, "{}", asked.len());
    for outcome in &ran.outcomes {
        assert!(matches!(outcome.status, Status::Timeout | Status::Unreachable), "{outcome:?}");
        assert!(outcome.entry.is_none(), "{outcome:?}");
    }
    let events = ran.of("objects", "events");
    assert_eq!((events.status, events.why.as_str()), (Status::Timeout, "no answer within 0.7 s"));
}

#[tokio::test]
async fn a_slow_server_is_asked_less_and_all_comes() {
    let url = serve(|_, path| Reply::Late(Duration::from_millis(1200), Box::new(healthy(path)))).await;
    let folder = tempfile::tempdir().expect("a folder");
    let (api, options) = (api(&url), options(&folder));
    let limiter = api.limiter().clone();
    let ran = run_as(api, options, folder, std::future::pending()).await;
    assert!(missing(&ran).is_empty(), "{:?}", missing(&ran));
    assert!(limiter.limit() <= 16, "{}", limiter.limit());
}

#[tokio::test]
async fn a_server_that_wants_to_rest_is_let_rest_and_all_comes() {
    let begun = Instant::now();
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let busy = move |number, path: &str| match number {
        PREFLIGHT.. if begun.elapsed() < Duration::from_millis(1500) => {
            Reply::Answer(429, "Retry-After: 1\r\n", String::new())
        }
        _ => healthy(path),
    };
    let url = serve_listening(busy, asked.clone()).await;
    let ran = run_against(&url, std::future::pending()).await;
    assert!(missing(&ran).is_empty(), "{:?}", missing(&ran));
    let asked = asked.lock().expect("no panic under it").clone();
    let most = asked.iter().map(|path| asked.iter().filter(|other| *other == path).count()).max();
    assert!(most <= Some(4), "one thing was asked for {most:?} times");
}

/// A server that does not want to be asked for longer than the item may take is not asked again.
#[tokio::test]
async fn a_long_rest_ends_the_item_and_not_the_run() {
    let (ran, asked) = run_listening(&[("item", 3000)], |_, path| match path.split('?').next() {
        Some("/api/v1/services") => Reply::Answer(429, "Retry-After: 600\r\n", String::new()),
        _ => healthy(path),
    })
    .await;
    let services = ran.of("objects", "services");
    assert_eq!((services.status, services.http_code), (Status::Unreachable, Some(429)));
    // By two collectors, which ask for it in different words.
    let services: Vec<&String> = asked.iter().filter(|path| path.starts_with("/api/v1/services?")).collect();
    assert_eq!(services.iter().collect::<BTreeSet<_>>().len(), services.len(), "{services:?}");
    assert!(!services.is_empty());
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
}

#[tokio::test]
async fn a_server_that_only_fails_has_nothing_collected() {
    let ran =
        run(|number, path| if number <= PREFLIGHT { healthy(path) } else { error(500, "etcdserver: no leader") }).await;
    for outcome in &ran.outcomes {
        assert_eq!((outcome.status, outcome.entry.as_deref()), (Status::Failed, None), "{outcome:?}");
        assert!(outcome.why.contains("etcdserver: no leader"), "{outcome:?}");
    }
}

#[tokio::test]
async fn half_an_answer_is_never_called_whole() {
    let whole = run(|_, path| healthy(path)).await;
    for remainder in 0..3 {
        let ran = run(move |number, path| match healthy(path) {
            Reply::Answer(200, _, body) if number > PREFLIGHT && number % 3 == remainder => {
                let half = body.len() / 2;
                Reply::Cut(body.chars().take(half).collect())
            }
            reply => reply,
        })
        .await;
        assert!(!missing(&ran).is_empty());
        let collected = ran.outcomes.iter().filter(|outcome| outcome.status == Status::Collected);
        for entry in collected.filter_map(|outcome| outcome.entry.as_deref()) {
            let (text, of_whole) = (ran.text(entry), whole.text(entry));
            // The log has the time of the answer, and descriptions have ages.
            match entry.split('/').next() {
                Some("logs") => assert!(text.ends_with(" hello\n"), "{entry}: {text}"),
                Some("describe" | "meta") => {}
                _ => assert_eq!(text, of_whole, "{entry}"),
            }
        }
    }
}

#[tokio::test]
async fn reasons_name_the_limit_that_applied() {
    let ran = run_within(&[("idle", 400), ("item", 900)], |_, path| match path.split('?').next() {
        Some("/api/v1/services") => Reply::Stall("{".to_owned()),
        Some("/api/v1/persistentvolumes") => Reply::Drip,
        Some("/apis/batch/v1/jobs") => Reply::Late(Duration::from_secs(5), Box::new(healthy(path))),
        _ => healthy(path),
    })
    .await;
    let said = [
        ("services", "the answer stopped coming for 0.4 s"),
        ("persistentvolumes", "the answer was not complete after 0.9 s"),
        ("jobs.batch", "no answer within 0.4 s"),
    ];
    for (kind, why) in said {
        let outcome = ran.of("objects", kind);
        assert_eq!((outcome.status, outcome.why.as_str()), (Status::Timeout, why));
    }
}

#[tokio::test]
async fn a_rate_holds_for_all_that_is_asked() {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let url = serve_listening(|_, path| healthy(path), asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let sources = ALL.iter().copied().filter(|source| source.id == "objects").collect();
    let options = Options { sources, ..options(&folder) };
    let limiter = RequestLimiter::new(Timeouts::default(), Some("40".parse().expect("a rate")));
    let begun = Instant::now();
    let ran = run_as(api_with(&url, limiter), options, folder, std::future::pending()).await;
    let (took, asked) = (begun.elapsed(), asked.lock().expect("no panic under it").len());
    assert!(missing(&ran).is_empty() && asked >= 18, "{asked}");
    assert!(took.as_secs_f64() >= (asked - 1) as f64 / 40.0, "{asked} in {took:?}");
}

#[tokio::test]
async fn a_deep_run_keeps_what_a_standard_one_cuts() {
    let url = serve(|_, path| match path.split('?').next() {
        Some("/api/v1/namespaces/shop/pods/api-0/log") => {
            ok(format!("{} {}\n", Utc::now().to_rfc3339(), "x".repeat(1000)).repeat(12_000))
        }
        _ => healthy(path),
    })
    .await;
    for (profile, status) in [(Profile::Standard, Status::Truncated), (Profile::Deep, Status::Collected)] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = Options { profile, ..options(&folder) };
        let ran = run_with(&url, options, folder, std::future::pending()).await;
        assert_eq!(ran.of("pod-logs", LOG).status, status);
    }
}

const NODES: usize = 200;

/// Whether a node is silent, and whether it looks so: one of ten is, and of those every second is not ready.
fn fate(node: usize) -> (bool, bool) {
    (node.is_multiple_of(10), node.is_multiple_of(20))
}

/// A cluster of [`NODES`] with a pod on each, whose silent nodes hang if `is_wounded`.
fn many_nodes(path: &str, is_wounded: bool) -> Reply {
    let all = |object: &dyn Fn(usize) -> String| (0..NODES).map(object).collect::<Vec<_>>().join(",");
    let is_silent = path.split('/').filter_map(|part| part.strip_prefix("node-").or(part.strip_prefix("pod-")));
    let is_silent = is_silent.filter_map(|number| number.parse().ok()).any(|node| fate(node).0);
    match path.split('?').next().unwrap_or_default() {
        "/api/v1/nodes" => list(
            "NodeList",
            &all(&|node| {
                let ready = if is_wounded && fate(node).1 { "Unknown" } else { "True" };
                let name = format!("node-{node}");
                format!(
                    r#"{{"metadata":{{"name":"{name}"}},"status":{{"conditions":[{{"type":"Ready","status":"{ready}"}}]}}}}"#
                )
            }),
        ),
        "/api/v1/pods" => list(
            "PodList",
            &all(&|node| {
                let pod = POD.replace("api-0", &format!("pod-{node}"));
                pod.replace("node-1", &format!("node-{node}"))
            }),
        ),
        _ if is_silent && is_wounded && (path.contains("/proxy/") || path.contains("/log?")) => Reply::Hang,
        path if path.ends_with("/proxy/healthz") => ok("ok"),
        path if path.contains("/proxy/logs/") => ok("log not found for x\n"),
        path if path.ends_with("/log") => ok(format!("{} hello\n", Utc::now().to_rfc3339())),
        _ => healthy(path),
    }
}

/// A run against many nodes, how long it took, and what was asked for in which order.
async fn run_many(is_wounded: bool) -> (Ran, Duration, Vec<String>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let url = serve_listening(move |_, path| many_nodes(path, is_wounded), asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let is_wanted = |source: &&&Source| matches!(source.id, "clocks" | "journals" | "objects" | "pod-logs");
    let options = Options { sources: ALL.iter().filter(is_wanted).copied().collect(), ..options(&folder) };
    let begun = Instant::now();
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, begun.elapsed(), asked)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_tenth_of_the_nodes_in_a_black_hole_is_asked_once_and_costs_the_others_nothing() {
    let (whole, took, _) = run_many(false).await;
    let logs = |ran: &Ran| -> BTreeSet<String> {
        let collected = ran.outcomes.iter().filter(|outcome| outcome.source == "pod-logs");
        collected.filter(|outcome| outcome.status == Status::Collected).map(|log| log.subject.clone()).collect()
    };
    assert_eq!(logs(&whole).len(), NODES);
    let (wounded, took_wounded, asked) = run_many(true).await;
    // Nothing else proves that the silent are waited for together: one after another they would take 200 s.
    assert!(took_wounded < took + Duration::from_secs(60), "{took_wounded:?}, and {took:?} when whole");
    assert_eq!(logs(&wounded).len(), NODES - NODES / 10);
    for outcome in missing(&wounded) {
        let is_of_silent = outcome.node.as_deref().and_then(|node| node.strip_prefix("node-")?.parse().ok());
        assert!(is_of_silent.is_some_and(|node: usize| fate(node).0), "{outcome:?}");
        assert!(outcome.why.ends_with("does not answer: no answer within 8 s"), "{outcome:?}");
    }
    for node in (0..NODES).filter(|node| fate(*node).0) {
        let own = format!("/nodes/node-{node}/proxy/");
        let at: Vec<usize> = (0..asked.len()).filter(|at| asked[*at].contains(&own)).collect();
        assert_eq!(at.len(), 1, "node-{node} was asked {} times", at.len());
        // All that is left then are answers to what was asked before, and the other suspects.
        assert!(!fate(node).1 || at[0] * 10 > asked.len() * 9, "node-{node} was asked at {} of {}", at[0], asked.len());
    }
}
