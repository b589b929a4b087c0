//! Services as the usual installers make them, and what is found among them.

use super::*;

fn service(name: &str, labels: &str, cluster_ip: &str, port: (&str, u16)) -> Service {
    let (port_name, port) = port;
    let text = format!(
        r#"{{"metadata":{{"name":"{name}","namespace":"monitoring","labels":{labels}}},"spec":{{"clusterIP":"{cluster_ip}","ports":[{{"name":"{port_name}","port":{port}}}]}}}}"#
    );
    serde_json::from_str(&text).expect("a service")
}

fn slice(name: &str, address: &str, ready: bool) -> EndpointSlice {
    let text = format!(
        r#"{{"metadata":{{"namespace":"monitoring","labels":{{"kubernetes.io/service-name":"{name}"}}}},"ports":[{{"name":"web","port":9090}}],"endpoints":[{{"addresses":["{address}"],"conditions":{{"ready":{ready}}},"targetRef":{{"kind":"Pod","name":"prometheus-0"}}}}]}}"#
    );
    serde_json::from_str(&text).expect("a slice")
}

#[test]
fn services_of_the_usual_installers() {
    let services = [
        service("prometheus-operated", r#"{"operated-prometheus":"true"}"#, "None", ("web", 9090)),
        service("kube-prometheus-stack-prometheus", "{}", "10.0.0.1", ("http-web", 9090)),
        service("prometheus-server", r#"{"app.kubernetes.io/name":"prometheus"}"#, "10.0.0.2", ("http", 80)),
        service("prometheus-k8s", r#"{"app.kubernetes.io/name":"prometheus"}"#, "10.0.0.3", ("https", 9091)),
        service(
            "kube-prometheus-stack-operator",
            r#"{"app":"kube-prometheus-stack-operator"}"#,
            "10.0.0.4",
            ("https", 443),
        ),
        service(
            "prometheus-node-exporter",
            r#"{"app.kubernetes.io/name":"prometheus-node-exporter"}"#,
            "10.0.0.5",
            ("metrics", 9100),
        ),
        service("cache", "{}", "10.0.0.6", ("", 6379)),
    ];
    let roots: Vec<String> = candidates(Tool::Prometheus, &services).into_iter().map(|found| found.root).collect();
    let root = |rest: &str| format!("/api/v1/namespaces/monitoring/services/{rest}/proxy");
    assert_eq!(
        roots,
        [
            root("kube-prometheus-stack-prometheus:9090"),
            root("https:prometheus-k8s:9091"),
            root("prometheus-server:80"),
            root("prometheus-operated:9090"),
        ]
    );
    let operated = [service("alertmanager-operated", r#"{"operated-alertmanager":"true"}"#, "None", ("web", 9093))];
    assert_eq!(candidates(Tool::Alertmanager, &operated).len(), 1);
    assert_eq!(candidates(Tool::Prometheus, &operated), []);
}

#[test]
fn services_of_the_same_pods_are_one() {
    let services = [
        service("prometheus-operated", r#"{"operated-prometheus":"true"}"#, "None", ("web", 9090)),
        service("prometheus-k8s", "{}", "10.0.0.3", ("web", 9090)),
    ];
    let found = candidates(Tool::Prometheus, &services);
    let slices = [slice("prometheus-operated", "10.1.0.1", true), slice("prometheus-k8s", "10.1.0.1", true)];
    let chosen = distinct(found.clone(), &slices);
    let names: Vec<(&str, &Behind)> = chosen.iter().map(|(one, behind)| (one.name.as_str(), behind)).collect();
    assert_eq!(names, [("prometheus-k8s", &Behind::Ready)]);
    let dead = [slice("prometheus-k8s", "10.1.0.1", false)];
    let root = "/api/v1/namespaces/monitoring/pods/prometheus-0:9090/proxy".to_owned();
    let behind: Vec<Behind> = distinct(found.clone(), &dead).into_iter().map(|(_, behind)| behind).collect();
    assert_eq!(behind, [Behind::Pod(root)]);
    let behind: Vec<Behind> = distinct(found, &[]).into_iter().map(|(_, behind)| behind).collect();
    assert_eq!(behind, [Behind::Nothing]);
}

/// A Service as an installer makes it: whose it is, the object, and the end of the root it is reached at.
struct Installed(&'static str, &'static str, Option<&'static str>);

/// Labels, annotations and ports are those of the manifests and charts named.
const INSTALLED: &[Installed] = &[
    Installed(
        "kube-prometheus, manifests/prometheus-service.yaml",
        r#"{"metadata":{"name":"prometheus-k8s","namespace":"m","labels":{"app.kubernetes.io/component":"prometheus","app.kubernetes.io/instance":"k8s","app.kubernetes.io/name":"prometheus"}},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"web","port":9090},{"name":"reloader-web","port":8080}]}}"#,
        Some("prometheus-k8s:9090/proxy"),
    ),
    Installed(
        "cluster-monitoring-operator, assets/prometheus-k8s/service.yaml",
        r#"{"metadata":{"name":"prometheus-k8s","namespace":"m","annotations":{"service.beta.openshift.io/serving-cert-secret-name":"prometheus-k8s-tls"},"labels":{"app.kubernetes.io/component":"prometheus","app.kubernetes.io/name":"prometheus","app.kubernetes.io/part-of":"openshift-monitoring"}},"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1","ports":[{"name":"web","port":9091},{"name":"metrics","port":9092}]}}"#,
        Some("https:prometheus-k8s:9091/proxy"),
    ),
    Installed(
        "cluster-monitoring-operator, assets/thanos-querier/service.yaml",
        r#"{"metadata":{"name":"thanos-querier","namespace":"m","annotations":{"service.beta.openshift.io/serving-cert-secret-name":"thanos-querier-tls"},"labels":{"app.kubernetes.io/component":"query-layer","app.kubernetes.io/name":"thanos-query"}},"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1","ports":[{"name":"web","port":9091},{"name":"tenancy","port":9092},{"name":"tenancy-rules","port":9093},{"name":"metrics","port":9094}]}}"#,
        Some("https:thanos-querier:9091/proxy"),
    ),
    Installed(
        "kube-thanos, examples/all/manifests/thanos-query-service.yaml",
        r#"{"metadata":{"name":"thanos-query","namespace":"m","labels":{"app.kubernetes.io/component":"query-layer","app.kubernetes.io/instance":"thanos-query","app.kubernetes.io/name":"thanos-query"}},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"grpc","port":10901},{"name":"http","port":9090}]}}"#,
        Some("thanos-query:9090/proxy"),
    ),
    Installed(
        "operator of VictoriaMetrics, VMSingle",
        r#"{"metadata":{"name":"vmsingle-stack","namespace":"m","labels":{"app.kubernetes.io/name":"vmsingle","app.kubernetes.io/instance":"stack","managed-by":"vm-operator"}},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"http","port":8429}]}}"#,
        Some("vmsingle-stack:8429/proxy"),
    ),
    Installed(
        "chart victoria-metrics-cluster, vmselect-service.yaml",
        r#"{"metadata":{"name":"victoria-metrics-cluster-vmselect","namespace":"m","labels":{"app":"vmselect","app.kubernetes.io/name":"victoria-metrics-cluster"}},"spec":{"clusterIP":"10.0.0.1","ports":[{"name":"http","port":8481}]}}"#,
        Some("victoria-metrics-cluster-vmselect:8481/proxy/select/0/prometheus"),
    ),
    Installed(
        "chart victoria-metrics-cluster, vmstorage-service.yaml",
        r#"{"metadata":{"name":"victoria-metrics-cluster-vmstorage","namespace":"m","labels":{"app":"vmstorage","app.kubernetes.io/name":"victoria-metrics-cluster"}},"spec":{"clusterIP":"None","ports":[{"name":"http","port":8482}]}}"#,
        None,
    ),
    Installed(
        "chart mimir-distributed, query-frontend-svc.yaml",
        r#"{"metadata":{"name":"x-mimir-query-frontend","namespace":"m","labels":{"app.kubernetes.io/name":"mimir","app.kubernetes.io/component":"query-frontend"}},"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1","ports":[{"name":"http-metrics","port":8080},{"name":"grpc","port":9095}]}}"#,
        Some("x-mimir-query-frontend:8080/proxy/prometheus"),
    ),
    Installed(
        "chart mimir-distributed, gateway-svc.yaml",
        r#"{"metadata":{"name":"x-mimir-gateway","namespace":"m","labels":{"app.kubernetes.io/name":"mimir","app.kubernetes.io/component":"gateway"}},"spec":{"type":"ClusterIP","clusterIP":"10.0.0.1","ports":[{"name":"http-metrics","port":80}]}}"#,
        Some("x-mimir-gateway:80/proxy/prometheus"),
    ),
];

fn installed() -> impl Iterator<Item = (&'static str, Service, Option<String>)> {
    INSTALLED.iter().map(|Installed(whose, text, rest)| {
        let root = rest.map(|rest| format!("/api/v1/namespaces/m/services/{rest}"));
        (*whose, serde_json::from_str(text).expect("a service"), root)
    })
}

#[test]
fn services_as_installers_make_them() {
    for (whose, service, root) in installed() {
        let found = candidates(Tool::Prometheus, std::slice::from_ref(&service));
        assert_eq!(found.first().map(|found| found.root.clone()), root, "{whose}");
        assert_eq!(candidates(Tool::Alertmanager, &[service]), [], "{whose}");
    }
}

#[test]
fn one_stands_in_where_no_prometheus_answers() {
    let services: Vec<Service> =
        installed().map(|(_, service, _)| service).filter(|one| !one.metadata.annotations.is_empty()).collect();
    let named = |name: &str, address: &str, ready: bool| {
        let text = format!(
            r#"{{"metadata":{{"namespace":"m","labels":{{"kubernetes.io/service-name":"{name}"}}}},"endpoints":[{{"addresses":["{address}"],"conditions":{{"ready":{ready}}}}}]}}"#
        );
        serde_json::from_str::<EndpointSlice>(&text).expect("a slice")
    };
    let names = |services: &[Service], is_ready: bool| -> Vec<String> {
        let slices = [
            named("prometheus-k8s", "10.1.0.1", is_ready),
            named("thanos-querier", "10.1.0.2", true),
            named("x-mimir-gateway", "10.1.0.3", true),
        ];
        let found = distinct(candidates(Tool::Prometheus, services), &slices);
        found.into_iter().map(|(candidate, _)| candidate.name).collect()
    };
    assert_eq!(names(&services, true), ["prometheus-k8s"]);
    assert_eq!(names(&services, false), ["thanos-querier"]);
    let all: Vec<Service> = installed().map(|(_, service, _)| service).collect();
    assert_eq!(names(&all, false), ["thanos-querier"]);
}
