//! Several API servers, each asked at its own address.

use super::*;
use chrono::DateTime;

/// What the API server `number` lists, of which each has a state of its own where their revisions are not the same.
fn answers(path: &str, addresses: &[String], revision: u64) -> Reply {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    match path {
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices" => {
            let slices: Vec<String> = addresses.iter().map(|address| {
                let (host, port) = address.rsplit_once(':').expect("a port");
                format!(r#"{{"metadata":{{"name":"kubernetes"}},"ports":[{{"name":"https","port":{port}}}],"endpoints":[{{"addresses":["{host}"]}}]}}"#)
            }).collect();
            list("EndpointSliceList", &slices.join(","))
        }
        "/api/v1/nodes" | "/api/v1/pods" | "/api/v1/events"
            if query.starts_with("limit=1") && !query.contains("continue") && !query.starts_with("limit=500") =>
        {
            let exact = query.split('&').find_map(|part| part.strip_prefix("resourceVersion="));
            let revision = exact.map_or_else(|| revision.to_string(), str::to_owned);
            ok(format!(
                r#"{{"kind":"PartialObjectMetadataList","metadata":{{"resourceVersion":"{revision}","continue":"x","remainingItemCount":4}},"items":[{{"metadata":{{"uid":"u1"}}}}]}}"#
            ))
        }
        _ => healthy(path),
    }
}

fn members_only(folder: &tempfile::TempDir) -> Options {
    Options { sources: vec![&members::SOURCE], ..options(folder) }
}

#[tokio::test]
async fn each_is_asked_twice_and_at_one_revision() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let second = serve_listening(|_, path| answers(path, &[], 500), asked.clone()).await;
    let addresses = Arc::new(Mutex::new(vec![second.trim_start_matches("http://").to_owned()]));
    let known = addresses.clone();
    let first = serve(move |_, path| answers(path, &known.lock().expect("no panic under it"), 100)).await;
    addresses.lock().expect("no panic under it").push(first.trim_start_matches("http://").to_owned());
    let folder = tempfile::tempdir().expect("a folder");
    let options = members_only(&folder);
    let ran = run_with(&first, options, folder, std::future::pending()).await;
    let outcome = ran.of("members", "all API servers");
    assert_eq!((outcome.status, outcome.why.as_str()), (Status::Collected, ""));
    assert_eq!(outcome.entry.as_deref(), Some("controlplane/members.jsonl"));
    let rows: Vec<serde_json::Value> = ran
        .text("controlplane/members.jsonl")
        .lines()
        .map(|line| serde_json::from_str(line).expect("an answer"))
        .collect();
    let pods: Vec<(Option<u64>, Option<u64>, Option<u64>)> = rows
        .iter()
        .filter(|row| row["of"] == "pods")
        .map(|row| (row["at"].as_u64(), row["revision"].as_u64(), row["objects"].as_u64()))
        .collect();
    let (one, two, exact) = ((None, Some(100), Some(5)), (None, Some(500), Some(5)), (Some(100), Some(100), Some(5)));
    assert_eq!(pods, [one, two, exact, exact, one, two]);
    // Parsed, as their fractions have as many digits as they need, and text would put `.25Z` after `.251Z`.
    let time =
        |row: &serde_json::Value, key: &str| row[key].as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    for pair in rows.windows(2) {
        let (answered, asked) = (time(&pair[0], "answered_at"), time(&pair[1], "asked_at"));
        assert!(answered.is_some() && answered <= asked, "two at once: {pair:?}");
    }
    let asked = asked.lock().expect("no panic under it");
    assert!(
        asked.iter().any(|path| path == "/readyz?verbose") && asked.iter().all(|path| !path.contains("endpointslices"))
    );
}

#[tokio::test]
async fn one_that_cannot_be_reached_is_missed_only_where_others_can() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        listener.local_addr().expect("an address").to_string()
    };
    let second = serve(|_, path| answers(path, &[], 100)).await.trim_start_matches("http://").to_owned();
    for (addresses, status, said) in [
        (vec![gone.clone()], Status::Collected, "only asked where all else is asked"),
        (vec![gone.clone(), second], Status::Truncated, "no connection"),
    ] {
        let first = serve(move |_, path| answers(path, &addresses, 100)).await;
        let folder = tempfile::tempdir().expect("a folder");
        let options = members_only(&folder);
        let ran = run_with(&first, options, folder, std::future::pending()).await;
        let outcome = ran.of("members", "all API servers");
        assert!(outcome.status == status && outcome.why.contains(said) && outcome.why.contains(&gone), "{outcome:?}");
    }
}

/// Credentials go to no address whose certificate nobody checks.
#[tokio::test]
async fn nothing_is_sent_where_certificates_are_not_verified() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let second = serve_listening(|_, path| answers(path, &[], 100), asked.clone()).await;
    let addresses = vec![second.trim_start_matches("http://").to_owned()];
    let first = serve(move |_, path| answers(path, &addresses, 100)).await;
    let mut config = Config::new(first.parse().expect("a URL"));
    (config.default_retry, config.accept_invalid_certs) = (false, true);
    let client = Client::try_from(config.clone()).expect("a client");
    let api = Api::new(client, Arc::new(RequestLimiter::default())).made_by(Arc::new(config));
    let folder = tempfile::tempdir().expect("a folder");
    let options = members_only(&folder);
    let ran = run_as(api, options, folder, std::future::pending()).await;
    let outcome = ran.of("members", "all API servers");
    assert!(outcome.why.contains("certificates are not verified"), "{outcome:?}");
    assert!(asked.lock().expect("no panic under it").is_empty());
}

#[tokio::test]
async fn what_nobody_may_list_is_said() {
    let first = serve(|_, path| match path.split('?').next() {
        Some("/api/v1/nodes") if path.contains("limit=1") => error(403, "nodes is forbidden"),
        _ => answers(path, &[], 100),
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = members_only(&folder);
    let ran = run_with(&first, options, folder, std::future::pending()).await;
    let outcome = ran.of("members", "all API servers");
    assert_eq!((outcome.status, outcome.why.as_str()), (Status::Truncated, "nodes: nodes is forbidden"));
}
