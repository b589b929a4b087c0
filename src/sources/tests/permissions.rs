//! Permissions that are known before anything is asked.

use super::serving::serve_judging;
use super::*;
use crate::sources::permissions::Attributes;

/// As a review that asks for `attributes`, and the answer to it.
fn is_about(review: &str, attributes: &str) -> bool {
    let review: serde_json::Value = serde_json::from_str(review).expect("JSON");
    let own = |path: &str| serde_json::to_value(Attributes::of_get(path).review().spec).expect("JSON");
    review["spec"] == own(attributes)
}

fn verdict(allowed: bool) -> Reply {
    Reply::Answer(201, "", format!(r#"{{"kind":"SelfSubjectAccessReview","status":{{"allowed":{allowed}}}}}"#))
}

async fn run_judged(handle: impl Handle, judge: impl Fn(&str) -> Reply + Send + Sync + 'static) -> (Ran, Vec<String>) {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let url = serve_judging(handle, judge, asked.clone()).await;
    let ran = run_against(&url, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, asked)
}

#[tokio::test]
async fn what_is_denied_is_never_asked_for() {
    let denied = |review: &str| {
        review.contains("\"proxy\"") || is_about(review, "/api/v1/secrets") || is_about(review, "/livez")
    };
    let (ran, asked) = run_judged(|_, path| healthy(path), move |review| verdict(!denied(review))).await;
    for (source, subject, permission) in [
        ("objects", "secrets", "list secrets"),
        ("control-plane", "API server /livez?verbose", "get /livez"),
        ("kubelet", "Node/node-1 healthz?verbose", "get nodes/proxy"),
        ("clocks", "Node/node-1", "get nodes/proxy"),
    ] {
        let outcome = ran.of(source, subject);
        assert_eq!((outcome.status, outcome.http_code), (Status::Denied, None), "{outcome:?}");
        assert_eq!(outcome.why, format!("not allowed to {permission}, says a SelfSubjectAccessReview"));
    }
    let asked_in_vain: Vec<&String> = asked
        .iter()
        .filter(|path| path.contains("/proxy/") || path.contains("/secrets") || path.starts_with("/livez"))
        .collect();
    assert!(asked_in_vain.is_empty(), "{asked_in_vain:?}");
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
}

#[tokio::test]
async fn what_is_allowed_in_a_part_is_asked_for_there() {
    let judge = |review: &str| {
        let is_log = review.contains("\"log\"");
        verdict(!is_log || review.contains("\"api-0\""))
    };
    let (ran, _) = run_judged(|_, path| healthy(path), judge).await;
    assert_eq!(ran.of("pod-logs", LOG).status, Status::Collected);
}

#[tokio::test]
async fn without_reviews_everything_is_asked_for() {
    let silent = |_: &str| Reply::Hang;
    let broken = |_: &str| Reply::Answer(200, "", "<html>".to_owned());
    let undecided = |_: &str| Reply::Answer(201, "", r#"{"status":{"evaluationError":"no webhook"}}"#.to_owned());
    let began = std::time::Instant::now();
    let (silent, broken, undecided) = tokio::join!(
        run_judged(|_, path| healthy(path), silent),
        run_judged(|_, path| healthy(path), broken),
        run_judged(|_, path| healthy(path), undecided),
    );
    for (ran, _) in [silent, broken, undecided] {
        assert!(ran.outcomes.iter().all(|outcome| !outcome.status.is_missing()), "{:?}", ran.outcomes);
    }
    // One wait for all of them, not one for each.
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

/// A small cluster with a kind of its own and with a Prometheus.
fn furnished(path: &str) -> Reply {
    match path.split('?').next().unwrap_or_default() {
        "/apis" => ok(r#"{"kind":"APIGroupDiscoveryList","items":[{"metadata":{"name":"example.com"},"versions":[
            {"version":"v1","resources":[{"resource":"widgets","scope":"Namespaced","verbs":["list"]},
            {"resource":"gadgets","scope":"Cluster","verbs":["list"]}]}]}]}"#),
        "/api/v1/services" => list(
            "ServiceList",
            r#"{"metadata":{"name":"prometheus-k8s","namespace":"monitoring"},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"web","port":9090}]}}"#,
        ),
        _ => healthy(path),
    }
}

async fn planned(options: &Options, judge: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Plan {
    let url = serve_judging(|_, path| furnished(path), judge, Arc::default()).await;
    plan(api(&url), None, options, Extent::Estimate).await.expect("a plan")
}

/// Whatever a run asks for, its plan has: no collector asks for more than the table and the options say.
#[tokio::test]
async fn a_plan_has_whatever_a_run_asks_for() {
    let all: Vec<&'static Source> = ALL.to_vec();
    let some = |ids: &[&str]| ALL.iter().copied().filter(|source| ids.contains(&source.id)).collect::<Vec<_>>();
    let cases: [(&[&str], Vec<&'static Source>); 5] = [
        (&[], all.clone()),
        (&["shop", "other"], all),
        (&[], some(&["pod-logs"])),
        (&["shop"], some(&["components", "journals"])),
        (&[], some(&["prometheus", "clocks"])),
    ];
    for (namespaces, sources) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let namespaces = namespaces.iter().map(|name| (*name).to_owned()).collect();
        let options = Options { namespaces, sources, ..options(&folder) };
        let plan = planned(&options, |_| verdict(true)).await;
        assert!(plan.is_allowed(), "{:?}", plan.permissions);
        let asked: Arc<Mutex<Vec<String>>> = Arc::default();
        let url = serve_listening(|_, path| furnished(path), asked.clone()).await;
        run_with(&url, options, folder, std::future::pending()).await;
        let asked = asked.lock().expect("no panic under it").clone();
        let has = |attributes: &Attributes| plan.permissions.iter().any(|checked| checked.attributes == *attributes);
        let unforeseen: Vec<&String> =
            asked.iter().filter(|path| !Attributes::of_get(path).widest_first().iter().any(has)).collect();
        // A kubelet is probed before the logs of its pods are asked for, if that is allowed: no role is for that.
        let unforeseen: Vec<_> = unforeseen.into_iter().filter(|path| !path.ends_with("/proxy/healthz")).collect();
        assert!(asked.len() > 5 && unforeseen.is_empty(), "{unforeseen:?}");
    }
}

#[tokio::test]
async fn a_plan_says_what_is_denied() {
    let folder = tempfile::tempdir().expect("a folder");
    let plan = planned(&options(&folder), |review| verdict(!is_about(review, "/apis/example.com/v1/gadgets"))).await;
    let of = |path: &str| {
        let attributes = Attributes::of_get(path);
        let found = plan.permissions.iter().find(|checked| checked.attributes == attributes);
        found.map(|checked| checked.verdict.clone())
    };
    assert_eq!(of("/apis/example.com/v1/gadgets"), Some(Verdict::Denied(String::new())));
    assert_eq!(of("/apis/example.com/v1/widgets"), Some(Verdict::Allowed));
    assert!(!plan.is_allowed());
    assert!(plan.roles.contains("  - apiGroups: [\"example.com\"]\n    resources:\n      - gadgets # objects, tables\n      - widgets # objects, tables\n    verbs: [list]\n"), "{}", plan.roles);
    let estimate = plan.estimate.expect("it was asked for");
    assert_eq!((estimate.nodes, estimate.pods, estimate.containers), (1, 1, 1));
}

#[tokio::test]
async fn a_plan_for_namespaces_is_roles_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { namespaces: vec!["on".into(), "shop".into()], ..options(&folder) };
    let plan = planned(&options, |review| verdict(review.contains("\"namespace\":\"shop\""))).await;
    let documents: Vec<serde_json::Value> = serde_saphyr::from_multiple(&plan.roles).expect("YAML");
    let namespaces: Vec<&str> =
        documents.iter().filter_map(|document| document["metadata"]["namespace"].as_str()).collect();
    assert_eq!(namespaces, ["on", "shop"]);
    assert!(documents.iter().all(|document| document["kind"] == "Role"), "{}", plan.roles);
    let left_out: Vec<&str> = plan.roles.lines().filter(|line| line.starts_with('#')).collect();
    assert!(left_out.concat().contains("get nodes/proxy"), "{}", plan.roles);
    let allowed: Vec<&Checked> =
        plan.permissions.iter().filter(|checked| checked.verdict == Verdict::Allowed).collect();
    let is_in_shop =
        |checked: &Checked| matches!(&checked.attributes, Attributes::Resource(on) if on.namespace == "shop");
    assert!(!allowed.is_empty() && allowed.iter().all(|checked| is_in_shop(checked)), "{allowed:?}");
}
