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
