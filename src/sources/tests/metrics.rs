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
