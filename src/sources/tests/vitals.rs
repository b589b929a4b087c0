//! What kubelets and the control plane tell of themselves, and what must not be taken for it.

use super::*;

const METRICS: &str = "# HELP up x\n# TYPE up gauge\nup 1\n";
const CHECKS: &str = "[+]ping ok\n[+]etcd ok\ncheck passed\n";
const CONTROL_PLANE: &str = "/api/v1/namespaces/kube-system/pods";

/// Whether [`healthy`] knows `path`.
pub fn is_asked(path: &str) -> bool {
    let is_of_kubelet = path.contains("/proxy/") && !path.contains("/proxy/logs/") && !path.ends_with("/proxy/healthz");
    let is_of_server = ["/livez", "/readyz", "/debug/", "/metrics"].iter().any(|begin| path.starts_with(begin));
    is_of_server || matches!(path, "/api" | "/apis") || (path.starts_with("/api/v1/nodes/") && is_of_kubelet)
}

pub fn healthy(path: &str) -> Reply {
    let (_, below) = path.split_once("/proxy/").unwrap_or(("", path));
    match below {
        "configz" => ok(
            r#"{"kubeletconfig":{"maxPods":110,"staticPodURL":"https://u:MARKER@h/x?t=MARKER","staticPodURLHeader":{"Authorization":["MARKER"]}}}"#,
        ),
        "stats/summary" => ok(r#"{"node":{"nodeName":"node-1"},"pods":[]}"#),
        "runningpods/" => ok(r#"{"kind":"PodList","items":[]}"#),
        "/livez" | "/readyz" => ok(CHECKS),
        "/api" => discovery::served(&[(
            "",
            "v1",
            "configmaps events namespaces/ nodes/ persistentvolumes/ pods secrets services",
        )]),
        "/apis" => discovery::served(&[
            ("apps", "v1", "daemonsets deployments replicasets statefulsets"),
            ("batch", "v1", "cronjobs jobs"),
            ("coordination.k8s.io", "v1", "leases"),
            ("discovery.k8s.io", "v1", "endpointslices"),
            ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations/"),
        ]),
        _ if below.starts_with("/debug/") => ok("PriorityLevelName, ActiveQueues\nsystem, 0\n"),
        _ => ok(METRICS),
    }
}

#[tokio::test]
async fn vitals_come_without_credentials() {
    let ran = run(|_, path| super::healthy(path)).await;
    let config = ran.of("kubelet", "Node/node-1 configz");
    assert_eq!(
        (config.status, config.entry.as_deref()),
        (Status::Collected, Some("nodes/node-1/kubelet/configz.json"))
    );
    let text = ran.text("nodes/node-1/kubelet/configz.json");
    assert_eq!(
        text,
        r#"{"kubeletconfig":{"maxPods":110,"staticPodURL":"https://h/x","staticPodURLHeader":{"Authorization":[]}}}"#
    );
    let redactions = ran.text("meta/redactions.json");
    for rule in ["kubelet-static-pod-header", "kubelet-static-pod-url"] {
        assert!(redactions.contains(rule), "{redactions}");
    }
    assert_eq!(ran.text("nodes/node-1/kubelet/metrics-probes.txt"), METRICS);
    assert_eq!(ran.text("controlplane/livez.txt"), CHECKS);
    assert_eq!(ran.of("components", "etcd").status, Status::Absent);
}

#[tokio::test]
async fn what_is_not_well_is_kept_and_what_is_something_else_is_not() {
    let ran = run(|_, path| match path {
        "/livez?verbose" => {
            Reply::Answer(500, "", "[+]ping ok\n[-]etcd failed: reason withheld\nlivez check failed".into())
        }
        "/readyz?verbose" => error(503, "apiserver is shutting down"),
        "/metrics" => ok("<html>Sign in</html>"),
        "/apis" => ok(r#"{"kind":"Status","message":"no"}"#),
        "/api/v1/nodes/node-1/proxy/metrics" => ok("log not found for metrics"),
        "/api/v1/nodes/node-1/proxy/runningpods/" => Reply::Answer(405, "", "Debug endpoints are disabled.".into()),
        "/api/v1/nodes/node-1/proxy/stats/summary" => error(403, "forbidden"),
        _ => super::healthy(path),
    })
    .await;
    let livez = ran.of("control-plane", "API server /livez?verbose");
    assert_eq!((livez.status, livez.http_code), (Status::Collected, Some(500)));
    assert!(livez.why.ends_with(": etcd") && ran.text("controlplane/livez.txt").contains("[-]etcd"), "{livez:?}");
    let bad = [
        ("control-plane", "API server /readyz?verbose", Status::Unreachable),
        ("control-plane", "API server /metrics", Status::Failed),
        ("control-plane", "API server /apis", Status::Failed),
        ("kubelet", "Node/node-1 metrics", Status::Failed),
        ("kubelet", "Node/node-1 runningpods/", Status::Absent),
        ("kubelet", "Node/node-1 stats/summary", Status::Denied),
    ];
    for (source, subject, status) in bad {
        let outcome = ran.of(source, subject);
        assert_eq!((outcome.status, outcome.entry.as_deref()), (status, None), "{outcome:?}");
    }
}

#[tokio::test]
async fn components_that_can_be_asked_are() {
    let ran = run(|_, path| match path {
        _ if path.starts_with(CONTROL_PLANE) && path.contains("labelSelector") => list(
            "PodList",
            r#"{"metadata":{"name":"etcd-a","namespace":"kube-system","labels":{"component":"etcd"}},"spec":{"containers":[{"command":["etcd","--listen-metrics-urls=http://127.0.0.1:2381"]}]}},{"metadata":{"name":"kube-scheduler-a","namespace":"kube-system","labels":{"component":"kube-scheduler"}},"spec":{"containers":[{"command":["kube-scheduler"]}]}}"#,
        ),
        "/api/v1/namespaces/kube-system/pods/https:kube-scheduler-a:10259/proxy/healthz?verbose" => ok(CHECKS),
        "/api/v1/namespaces/kube-system/pods/https:kube-scheduler-a:10259/proxy/metrics" => {
            error(403, "forbidden: User system:anonymous cannot get path /metrics")
        }
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations?limit=500" => list(
            "ValidatingWebhookConfigurationList",
            r#"{"metadata":{"name":"w"},"webhooks":[{"clientConfig":{"url":"https://u:MARKER@h/x"}}]}"#,
        ),
        _ => super::healthy(path),
    })
    .await;
    let health = ran.of("components", "Pod/kube-system/kube-scheduler-a healthz?verbose");
    assert_eq!(health.status, Status::Collected);
    assert_eq!(ran.text("controlplane/pods/kube-scheduler-a/health.txt"), CHECKS);
    for subject in
        ["Pod/kube-system/kube-scheduler-a metrics", "Pod/kube-system/etcd-a health", "kube-controller-manager"]
    {
        assert_eq!(ran.of("components", subject).status, Status::Absent);
    }
    let webhooks = ran.text("objects/cluster/validatingwebhookconfigurations.admissionregistration.k8s.io.jsonl");
    assert!(webhooks.contains("https://h/x") && !webhooks.contains("MARKER"), "{webhooks}");
    assert!(ran.text("meta/redactions.json").contains("webhook-url"));
}
