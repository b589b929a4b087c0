//! Ranges of a Prometheus in the cluster.

use super::*;

const SERVICE: &str = r#"{"metadata":{"name":"prometheus-k8s","namespace":"m"},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"web","port":9090}]}}"#;
const SLICE: &str = r#"{"metadata":{"name":"x","namespace":"m","labels":{"kubernetes.io/service-name":"prometheus-k8s"}},"endpoints":[{"addresses":["10.1.0.1"],"conditions":{"ready":true}}]}"#;
const PROXY: &str = "/api/v1/namespaces/m/services/prometheus-k8s:9090/proxy/";

/// Whether `head` asks a server with the data of several tenants without saying whose it wants.
pub fn lacks_its_tenant(head: &str, path: &str) -> bool {
    path.contains("/services/mimir-") && !head.to_ascii_lowercase().contains("\r\nx-scope-orgid: shop\r\n")
}

#[tokio::test]
async fn a_server_of_several_tenants_is_told_whose_data_is_meant() {
    let url = serve(|_, path| match path.split('?').next().unwrap_or_default() {
        "/api/v1/services" => list(
            "ServiceList",
            r#"{"metadata":{"name":"mimir-gateway","namespace":"m","labels":{"app.kubernetes.io/name":"mimir","app.kubernetes.io/component":"gateway"}},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"http-metrics","port":80}]}}"#,
        ),
        "/apis/discovery.k8s.io/v1/endpointslices" => {
            list("EndpointSliceList", &SLICE.replace("prometheus-k8s", "mimir-gateway"))
        }
        path if path.contains("/services/mimir-") => {
            ok(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}"#)
        }
        _ => healthy(path),
    })
    .await;
    for (tenant, status) in [(None, Status::Denied), (Some("shop"), Status::Collected)] {
        let folder = tempfile::tempdir().expect("a folder");
        let tenant = tenant.map(http::HeaderValue::from_static);
        let options = Options { sources: vec![&prometheus::SOURCE], tenant, ..options(&folder) };
        let ran = run_with(&url, options, folder, std::future::pending()).await;
        let up = ran.of("prometheus", "Prometheus m/mimir-gateway: up");
        assert_eq!(up.status, status, "{up:?}");
        assert_eq!(up.why.contains("--prometheus-tenant"), status == Status::Denied, "{up:?}");
    }
}

#[tokio::test]
async fn a_long_window_is_asked_for_in_parts_that_follow_each_other() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let url = serve_listening(
        |_, path| match path.split('?').next().unwrap_or_default() {
            "/api/v1/services" => list("ServiceList", SERVICE),
            "/apis/discovery.k8s.io/v1/endpointslices" => list("EndpointSliceList", SLICE),
            path if path.starts_with(PROXY) => {
                ok(r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}}"#)
            }
            _ => healthy(path),
        },
        asked.clone(),
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let now = Utc::now();
    let window = Window::new(now - TimeDelta::days(30), now);
    let options = Options { window, sources: vec![&prometheus::SOURCE], ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let up = ran.of("prometheus", "Prometheus m/prometheus-k8s: up");
    assert_eq!((up.status, up.why.as_str()), (Status::Collected, ""));
    let asked = asked.lock().expect("no panic under it");
    assert_eq!(asked.iter().filter(|path| path.contains("query=up&") && path.ends_with("step=60")).count(), 4);
    let text = ran.text("metrics/up.json");
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"metric\":")).count(), 4);
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"status\":")).count(), 4);
}

#[tokio::test]
async fn an_empty_answer_says_whether_it_could_have_been_another() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let url = serve_listening(
        |_, path| match path.split('?').next().unwrap_or_default() {
            "/api/v1/services" => list("ServiceList", SERVICE),
            "/apis/discovery.k8s.io/v1/endpointslices" => list("EndpointSliceList", SLICE),
            path if path.ends_with("/api/v1/label/__name__/values") => ok(r#"{"status":"success","data":["up"]}"#),
            path if path.starts_with(PROXY) => ok(r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#),
            _ => healthy(path),
        },
        asked.clone(),
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { sources: vec![&prometheus::SOURCE], ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let up = ran.of("prometheus", "Prometheus m/prometheus-k8s: up");
    let why = "it has up within the window, but nothing that the query asks for";
    assert_eq!((up.status, up.why.as_str()), (Status::Empty, why));
    let alerts = ran.of("prometheus", "Prometheus m/prometheus-k8s: alert-history");
    assert_eq!((alerts.status, alerts.why.as_str()), (Status::Empty, "it has no ALERTS within the window"));
    let asked = asked.lock().expect("no panic under it");
    assert_eq!(asked.iter().filter(|path| path.contains("__name__")).count(), 1);
}

/// A pod that is not ready, whose metrics a server has, and what it answers to which question.
fn shop(path: &str) -> Reply {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let below = path.strip_prefix(PROXY).unwrap_or_default();
    let answer = |data: &str| ok(format!(r#"{{"status":"success","data":{data}}}"#));
    match below {
        "api/v1/label/__name__/values" if query.contains("match") => {
            answer(r#"["http_requests_total","jobs_total","up","orders_total"]"#)
        }
        "api/v1/metadata" => answer(r#"{"orders_total":[{"type":"counter","help":"","unit":""}]}"#),
        "api/v1/series" => answer(
            r#"[{"__name__":"http_requests_total","pod":"api-0","code":"200"},{"__name__":"http_requests_total","pod":"api-0","code":"500"},{"__name__":"orders_total","pod":"api-0"}]"#,
        ),
        "api/v1/query_range" if query.contains("query=sum%28&") => {
            let why = r#"{"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:5: parse error: unclosed left parenthesis"}"#;
            Reply::Answer(400, "", why.to_owned())
        }
        "api/v1/query_range" => answer(r#"{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1"]]}]}"#),
        "" => match path {
            "/api/v1/services" => list("ServiceList", SERVICE),
            "/apis/discovery.k8s.io/v1/endpointslices" => list("EndpointSliceList", SLICE),
            "/api/v1/pods" => list("PodList", &POD.replace(r#""ready":true"#, r#""ready":false"#)),
            _ => healthy(path),
        },
        _ => answer("[]"),
    }
}

#[tokio::test]
async fn metrics_of_what_was_hurt_are_found() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let url = serve_listening(|_, path| shop(path), asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { sources: vec![&prometheus::SOURCE], ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let found: Vec<&str> =
        ran.outcomes.iter().filter_map(|outcome| outcome.subject.split_once(": app-")).map(|(_, name)| name).collect();
    assert_eq!(found, ["http_requests_total"], "jobs_total is of no known type, and orders_total tells no status");
    let requests = ran.of("prometheus", "Prometheus m/prometheus-k8s: app-http_requests_total");
    assert_eq!(
        (requests.status, requests.entry.as_deref()),
        (Status::Collected, Some("metrics/app-http_requests_total.json"))
    );
    let asked = asked.lock().expect("no panic under it");
    let wanted = "query=http_requests_total%7Bnamespace%3D%22shop%22%2Cpod%3D~%22api-0%22%7D&";
    assert!(asked.iter().any(|path| path.contains(wanted)), "{asked:?}");
}

#[tokio::test]
async fn where_nothing_is_hurt_nothing_beyond_is_asked() {
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let url = serve_listening(
        |_, path| match path {
            "/api/v1/pods" => healthy(path),
            _ if path.starts_with("/api/v1/pods?") => healthy(path),
            _ => shop(path),
        },
        asked.clone(),
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { sources: vec![&prometheus::SOURCE], ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let apps = ran.of("prometheus", "Prometheus m/prometheus-k8s: metrics of applications");
    assert_eq!((apps.status, apps.why.as_str()), (Status::Absent, "no workload was hurt or changed within the window"));
    let asked = asked.lock().expect("no panic under it");
    assert!(asked.iter().all(|path| !path.contains("match%5B%5D") && !path.contains("/api/v1/metadata")), "{asked:?}");
}

#[tokio::test]
async fn a_query_of_ones_own_is_an_item_and_its_error_is_told() {
    let url = serve(|_, path| shop(path)).await;
    let folder = tempfile::tempdir().expect("a folder");
    let queries = ["orders=sum(orders_total)", "broken=sum("].map(|text| own_query(text).expect("a query"));
    let options = Options { sources: vec![&prometheus::SOURCE], queries: queries.into(), ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let orders = ran.of("prometheus", "Prometheus m/prometheus-k8s: orders");
    assert_eq!((orders.status, orders.entry.as_deref()), (Status::Collected, Some("metrics/orders.json")));
    let broken = ran.of("prometheus", "Prometheus m/prometheus-k8s: broken");
    assert!(broken.status == Status::Failed && broken.why.contains("unclosed left parenthesis"), "{broken:?}");
}
