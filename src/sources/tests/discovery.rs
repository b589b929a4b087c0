//! Which kinds a server says it has, what is made of it, and lists that do not end as they should.

use super::*;
use serde_json::json;

/// Kinds that every server here may only be asked for the metadata of.
pub const MADE_FOR_CREDENTIALS: &[&str] = &["/secrets", "/configmaps", "/databasecredentials"];

/// Aggregated discovery: group, version, and plurals with a blank between; a slash marks those of the cluster.
pub fn served(groups: &[(&str, &str, &str)]) -> Reply {
    let resource = |plural: &str| {
        let scope = if plural.ends_with('/') { "Cluster" } else { "Namespaced" };
        json!({"resource": plural.trim_end_matches('/'), "scope": scope, "verbs": ["get", "list"]})
    };
    let group = |(group, version, plurals): &(&str, &str, &str)| {
        let resources: Vec<_> = plurals.split_whitespace().map(resource).collect();
        let version = json!({"version": version, "freshness": "Current", "resources": resources});
        json!({"metadata": {"name": group}, "versions": [version]})
    };
    let items: Vec<_> = groups.iter().map(group).collect();
    ok(json!({"kind": "APIGroupDiscoveryList", "items": items}).to_string())
}

fn objects_only(folder: &tempfile::TempDir) -> Options {
    Options { sources: vec![&objects::SOURCE], ..options(folder) }
}

async fn run_objects(handle: fn(usize, &str) -> Reply, namespaces: &[&str]) -> (Ran, Vec<String>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let url = serve_listening(handle, asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
    let options = Options { namespaces, ..objects_only(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, asked)
}

#[tokio::test]
async fn every_kind_comes_and_a_dead_api_costs_its_own() {
    let (ran, asked) = run_objects(
        |_, path| match path.split('?').next().unwrap_or_default() {
            "/apis" => ok(json!({"kind": "APIGroupDiscoveryList", "items": [
                {"metadata": {"name": "example.com"}, "versions": [
                    {"version": "v2", "resources": [
                        {"resource": "widgets", "scope": "Namespaced", "verbs": ["list"], "subresources": [{"subresource": "status", "verbs": ["get", "list"]}]},
                        {"resource": "databasecredentials", "scope": "Cluster", "verbs": ["list"]},
                        {"resource": "reviews", "scope": "Cluster", "verbs": ["create"]}]},
                    {"version": "v1", "resources": [
                        {"resource": "widgets", "scope": "Namespaced", "verbs": ["list"]},
                        {"resource": "gadgets", "scope": "Cluster", "verbs": ["list"]}]}]},
                {"metadata": {"name": "dead.example.com"}, "versions": [{"version": "v1", "freshness": "Stale"}]},
                {"metadata": {"name": "metrics.k8s.io"}, "versions": [{"version": "v1beta1", "freshness": "Stale"}]},
                {"metadata": {"name": "events.k8s.io"}, "versions": [
                    {"version": "v1", "resources": [{"resource": "events", "scope": "Namespaced", "verbs": ["list"]}]}]},
                {"metadata": {"name": "example.com"}, "versions": [
                    {"version": "v3", "resources": [{"resource": "widgets", "scope": "Namespaced", "verbs": ["list"]}]}]}
            ]})
            .to_string()),
            "/apis/dead.example.com/v1" => error(503, "service unavailable"),
            "/apis/metrics.k8s.io/v1beta1" => ok(
                r#"{"kind":"APIResourceList","resources":[{"name":"nodes","namespaced":false,"verbs":["get","list"]}]}"#,
            ),
            "/apis/metrics.k8s.io/v1beta1/nodes" => list("NodeMetricsList", r#"{"metadata":{"name":"node-1"}}"#),
            "/apis/example.com/v2/widgets" => list(
                "WidgetList",
                r#"{"metadata":{"name":"w","namespace":"shop","annotations":{"kubectl.kubernetes.io/last-applied-configuration":"MARKER"}},"spec":{"size":1.50}}"#,
            ),
            "/apis/example.com/v2/databasecredentials" => list(
                "PartialObjectMetadataList",
                r#"{"kind":"PartialObjectMetadata","apiVersion":"meta.k8s.io/v1","metadata":{"name":"c"}}"#,
            ),
            _ => healthy(path),
        },
        &[],
    )
    .await;
    assert_eq!(
        ran.text("objects/namespaces/shop/widgets.example.com.jsonl"),
        "{\"metadata\":{\"name\":\"w\",\"namespace\":\"shop\",\"annotations\":{}},\"spec\":{\"size\":1.50}}\n"
    );
    assert_eq!(ran.of("objects", "databasecredentials.example.com").status, Status::Collected);
    assert_eq!(ran.of("objects", "gadgets.example.com").status, Status::Empty);
    assert_eq!(ran.of("objects", "nodes.metrics.k8s.io").status, Status::Collected, "it answers again");
    let dead = ran.of("objects", "kinds of group dead.example.com");
    assert_eq!(
        (dead.status, dead.why.as_str(), dead.http_code),
        (Status::Unreachable, "/apis/dead.example.com/v1: service unavailable", Some(503))
    );
    let missing = ran.outcomes.iter().filter(|outcome| outcome.status.is_missing()).count();
    assert_eq!(missing, 1, "{:?}", ran.outcomes);
    for never in ["/v1/widgets", "/v3/widgets", "reviews", "/events.k8s.io/", "status"] {
        assert!(!asked.iter().any(|path| path.contains(never)), "{never} in {asked:?}");
    }
}

/// As Kubernetes 1.20 tells: every group and version by itself, and two groups with the same ingresses.
#[tokio::test]
async fn an_older_server_is_asked_group_by_group() {
    let (ran, asked) = run_objects(
        |_, path| match path.split('?').next().unwrap_or_default() {
            "/api" => ok(r#"{"kind":"APIVersions","versions":["v1"]}"#),
            "/api/v1" => ok(
                r#"{"kind":"APIResourceList","resources":[{"name":"pods","namespaced":true,"verbs":["list"]},{"name":"pods/log","namespaced":true,"verbs":["get"]},{"name":"componentstatuses","namespaced":false,"verbs":["list"]},{"name":"secrets","namespaced":true,"verbs":["list"]}]}"#,
            ),
            "/apis" => ok(
                r#"{"kind":"APIGroupList","groups":[{"name":"batch","versions":[{"version":"v1"},{"version":"v1beta1"}],"preferredVersion":{"version":"v1"}},{"name":"extensions","versions":[{"version":"v1beta1"}],"preferredVersion":{"version":"v1beta1"}},{"name":"networking.k8s.io","versions":[{"version":"v1"}]},{"name":"custom.example.com","versions":[{"version":"v1"}]}]}"#,
            ),
            "/apis/batch/v1" => {
                ok(r#"{"kind":"APIResourceList","resources":[{"name":"jobs","namespaced":true,"verbs":["list"]}]}"#)
            }
            "/apis/batch/v1beta1" => {
                ok(r#"{"kind":"APIResourceList","resources":[{"name":"cronjobs","namespaced":true,"verbs":["list"]}]}"#)
            }
            "/apis/extensions/v1beta1" | "/apis/networking.k8s.io/v1" => ok(
                r#"{"kind":"APIResourceList","resources":[{"name":"ingresses","namespaced":true,"verbs":["list"]}]}"#,
            ),
            "/apis/custom.example.com/v1" => ok("<html>Sign in</html>"),
            _ => healthy(path),
        },
        &[],
    )
    .await;
    for subject in ["jobs.batch", "cronjobs.batch", "ingresses.networking.k8s.io"] {
        assert_eq!(ran.of("objects", subject).status, Status::Empty);
    }
    assert_eq!(ran.of("objects", "secrets").status, Status::Collected);
    assert_eq!(ran.of("objects", "kinds of group custom.example.com").status, Status::Failed);
    assert!(asked.iter().any(|path| path.starts_with("/apis/batch/v1beta1/cronjobs?")), "{asked:?}");
    for never in ["/apis/extensions/v1beta1/", "componentstatuses", "pods/log"] {
        assert!(!asked.iter().any(|path| path.contains(never)), "{never} in {asked:?}");
    }
}

#[tokio::test]
async fn of_some_namespaces_kinds_come_for_each_and_the_clusters_once() {
    let (ran, _) = run_objects(
        |_, path| match path.split('?').next().unwrap_or_default() {
            "/apis" => served(&[("example.com", "v1", "widgets gadgets/")]),
            "/api" => served(&[("", "v1", "services")]),
            "/apis/example.com/v1/gadgets" => error(403, "gadgets is forbidden"),
            _ => healthy(path),
        },
        &["shop", "web"],
    )
    .await;
    for subject in ["widgets.example.com of namespace shop", "services of namespace web", "events of nodes"] {
        assert_eq!(ran.of("objects", subject).status, Status::Empty);
    }
    assert_eq!(ran.of("objects", "gadgets.example.com").status, Status::Denied);
}

#[tokio::test]
async fn without_discovery_what_others_wait_for_still_comes() {
    let ran = run(|_, path| match path {
        "/api" => error(403, "forbidden"),
        "/apis" => error(500, "no"),
        _ => healthy(path),
    })
    .await;
    assert_eq!(ran.of("objects", "kinds of the core group").status, Status::Denied);
    assert_eq!(ran.of("objects", "kinds of all other groups").status, Status::Failed);
    assert_eq!(ran.of("objects", "pods").status, Status::Collected);
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
}

#[tokio::test]
async fn what_others_wait_for_does_not_wait_for_discovery() {
    let handle: fn(usize, &str) -> Reply = |_, path| match path {
        "/api" | "/apis" => Reply::Hang,
        _ => healthy(path),
    };
    let ran = run_against(&serve(handle).await, async {
        tokio::time::sleep(Duration::from_secs(3)).await;
        "interrupted".to_owned()
    })
    .await;
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
    for subject in cluster::discovered::SUBJECTS {
        assert_eq!(ran.of("objects", subject).status, Status::Skipped);
    }
}

fn page(path: &str, names: &[&str], resume: &str) -> Option<Reply> {
    let items: Vec<_> = names.iter().map(|name| json!({"metadata": {"name": name, "namespace": "shop"}})).collect();
    path.starts_with("/api/v1/services?")
        .then(|| ok(json!({"kind": "ServiceList", "metadata": {"continue": resume}, "items": items}).to_string()))
}

#[tokio::test]
async fn a_list_that_leads_in_a_circle_ends() {
    let (ran, asked) = run_objects(
        |_, path| {
            match path.split_once("&continue=") {
                None => page(path, &["a"], "one"),
                Some((_, "one")) => page(path, &["b"], "two"),
                Some(_) => page(path, &["c"], "one"),
            }
            .unwrap_or_else(|| healthy(path))
        },
        &[],
    )
    .await;
    let services = ran.of("objects", "services");
    assert_eq!(
        (services.status, services.why.as_str()),
        (Status::Failed, "3 objects came, then: the server led back to a page that came before")
    );
    assert_eq!(asked.iter().filter(|path| path.starts_with("/api/v1/services")).count(), 3);
}

#[tokio::test]
async fn an_expired_list_that_gives_the_same_token_again_ends() {
    let (ran, asked) = run_objects(
        |_, path| match path.split_once("&continue=") {
            None => page(path, &["a"], "one").unwrap_or_else(|| healthy(path)),
            Some(_) => Reply::Answer(
                410,
                "",
                r#"{"kind":"Status","metadata":{"continue":"two"},"message":"too old","code":410}"#.into(),
            ),
        },
        &[],
    )
    .await;
    assert_eq!(ran.of("objects", "services").status, Status::Expired);
    assert_eq!(asked.iter().filter(|path| path.starts_with("/api/v1/services")).count(), 3);
}

#[tokio::test]
async fn after_a_large_page_fewer_objects_are_asked_for() {
    let (ran, asked) = run_objects(
        |_, path| {
            match path.contains("&continue=") {
                true => page(path, &["z"], ""),
                false => page(path, &["a", &"b".repeat(20 << 20)], "one"),
            }
            .unwrap_or_else(|| healthy(path))
        },
        &[],
    )
    .await;
    assert_eq!(ran.of("objects", "services").status, Status::Collected);
    let services: Vec<&str> =
        asked.iter().map(String::as_str).filter(|path| path.starts_with("/api/v1/services")).collect();
    assert_eq!(services, ["/api/v1/services?limit=500", "/api/v1/services?limit=1&continue=one"]);
}

#[tokio::test]
async fn a_server_that_knows_no_pages_sends_all_at_once() {
    let (ran, asked) = run_objects(
        |_, path| {
            let names: Vec<String> = (0..1200).map(|number| format!("s{number}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            page(path, &names, "").unwrap_or_else(|| healthy(path))
        },
        &[],
    )
    .await;
    assert_eq!(ran.of("objects", "services").status, Status::Collected);
    assert_eq!(ran.text("objects/namespaces/shop/services.jsonl").lines().count(), 1200);
    assert_eq!(asked.iter().filter(|path| path.starts_with("/api/v1/services")).count(), 1);
}
