//! The audit log where it was asked for: found by the flags of a static pod, read file by file, with no value and no name in
//! any byte.

use super::node::{below_logs, folder, time};
use super::*;
use std::io::Write;

const APISERVER: &str = r#"{"metadata":{"name":"kube-apiserver-node-1","namespace":"kube-system","labels":{"component":"kube-apiserver"}},"spec":{"nodeName":"node-1","containers":[{"name":"kube-apiserver","command":["kube-apiserver","--audit-log-path=/logs/audit.log"],"volumeMounts":[{"name":"audit","mountPath":"/logs"}]}],"volumes":[{"name":"audit","hostPath":{"path":"/var/log/kubernetes"}}]}}"#;
/// What no archive may hold.
const MARKS: [&str; 4] = ["bWlyYWJlbGxl", "mirabelle", "anna", "192.0.2.7"];

fn event(id: &str, stage: &str, verb: &str, minute: u32, rest: &str) -> String {
    format!(
        "{{\"kind\":\"Event\",\"apiVersion\":\"audit.k8s.io/v1\",\"level\":\"RequestResponse\",\"auditID\":\"{id}\",\"stage\":\"{stage}\",\"requestURI\":\"/x\",\"verb\":\"{verb}\",\"user\":{{\"username\":\"anna\"}},\"sourceIPs\":[\"192.0.2.7\"],{rest}\"requestReceivedTimestamp\":\"2026-11-21T07:{minute:02}:00.000000Z\",\"stageTimestamp\":\"2026-11-21T07:{minute:02}:01.000000Z\"}}\n"
    )
}

fn secret(id: &str, minute: u32) -> String {
    let rest = r#""objectRef":{"resource":"secrets","namespace":"shop","name":"db"},"responseStatus":{"code":200},"responseObject":{"kind":"Secret","metadata":{"name":"db"},"data":{"note":"bWlyYWJlbGxl"}},"#;
    event(id, "ResponseComplete", "update", minute, rest)
}

/// A read that begins in the file that was rotated and ends in the next, one that never ends, and writes in both.
fn node_with_audit(path: &str) -> Reply {
    let pods = r#""objectRef":{"resource":"pods","namespace":"shop"},"#;
    match below_logs(path) {
        Some("kubernetes/") => folder(&[
            "audit.log",
            "audit-2026-11-21T05-00-00.000.log.gz",
            "audit-2026-11-21T07-05-00.000.log.gz",
            "scheduler.log",
        ]),
        Some("kubernetes/audit-2026-11-21T07-05-00.000.log.gz") => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            let log = [
                secret("1", 1),
                event("2", "RequestReceived", "list", 4, pods),
                event("3", "RequestReceived", "list", 4, pods),
            ];
            packer.write_all(log.concat().as_bytes()).expect("memory");
            Reply::File(packer.finish().expect("memory"))
        }
        Some("kubernetes/audit.log") => Reply::Answer(
            200,
            "Last-Modified: Sat, 21 Nov 2026 07:20:05 GMT\r\n",
            [event("2", "ResponseComplete", "list", 6, pods), secret("4", 7)].concat(),
        ),
        Some(rest) if rest.starts_with("kubernetes") => error(404, "no"),
        _ if path.starts_with("/api/v1/pods?") => list("PodList", &format!("{POD},{APISERVER}")),
        _ => healthy(path),
    }
}

async fn ran(handle: impl Handle, redactor: Option<crate::redact::Redactor>) -> Ran {
    let url = serve(handle).await;
    let folder = tempfile::tempdir().expect("a folder");
    let window = Window::new(time("2026-11-21T06:30:00Z"), time("2026-11-21T07:30:00Z"));
    let options = Options { window, sources: vec![&crate::sources::node::audit::SOURCE], redactor, ..options(&folder) };
    run_with(&url, options, folder, std::future::pending()).await
}

fn check_marks(ran: &Ran) {
    for entry in ran.archive.entries() {
        let text = ran.text(entry);
        for mark in MARKS {
            assert!(!text.contains(mark), "{mark} is in {entry}: {text:.1000}");
        }
    }
}

#[tokio::test]
async fn the_log_of_an_api_server_comes_without_values_and_persons() {
    let rules = crate::redact::Rules::built_in().expect("rules");
    let key = crate::redact::Key::known([7; 32]);
    for redactor in [None, Some(crate::redact::Redactor::new(rules, key).expect("a redactor"))] {
        let ran = ran(|_, path| node_with_audit(path), redactor).await;
        check_marks(&ran);
        let rotated = ran.of("audit", "Node/node-1 audit log file audit-2026-11-21T07-05-00.000.log.gz");
        assert_eq!(rotated.status, Status::Collected, "{rotated:?}");
        assert!(
            rotated.why.contains("level RequestResponse, 2026-11-21T07:01:01Z to 2026-11-21T07:04:01Z"),
            "{rotated:?}"
        );
        assert!(rotated.why.ends_with("the log begins at 2026-11-21T07:01:01Z, after the window does"), "{rotated:?}");
        let first = ran.text("controlplane/audit/node-1/audit-2026-11-21t07-05-00.000.log.jsonl");
        assert!(first.lines().count() == 1 && first.contains(r#""data":{"note":"REDACTED-audit-"#), "{first}");
        let live = ran.of("audit", "Node/node-1 audit log file audit.log");
        assert_eq!((live.status, live.from), (Status::Collected, Some(time("2026-11-21T07:07:01Z"))));
        let last = ran.text("controlplane/audit/node-1/audit.log.jsonl");
        assert!(last.lines().count() == 2 && last.contains(r#""auditID":"3","stage":"RequestReceived""#), "{last}");
        assert!(last.contains(r#""user":{"username":"REDACTED-person-"#), "{last}");
        let reads = ran.text("controlplane/audit/node-1/reads.jsonl");
        assert!(reads.lines().count() == 1 && reads.contains(r#""class":"person""#), "{reads}");
    }
}

#[tokio::test]
async fn why_there_is_none_is_said() {
    let why = async |pod: &'static str, nodes: &'static str| {
        let ran = ran(
            move |_, path| match path.split('?').next() {
                Some("/api/v1/pods") => list("PodList", pod),
                Some(path) if below_logs(path).is_some() => error(404, "404 page not found"),
                Some("/api/v1/nodes") if !nodes.is_empty() => list("NodeList", nodes),
                _ => healthy(path),
            },
            None,
        )
        .await;
        let outcomes: Vec<&Outcome> = ran.outcomes.iter().filter(|outcome| outcome.source == "audit").collect();
        assert!(outcomes.iter().all(|outcome| outcome.status == Status::Absent), "{outcomes:?}");
        outcomes.iter().map(|outcome| outcome.why.clone()).collect::<Vec<_>>().join("; ")
    };
    let silent = r#"{"metadata":{"name":"a","namespace":"kube-system","labels":{"component":"kube-apiserver"}},"spec":{"nodeName":"node-1","containers":[{"name":"kube-apiserver","command":["kube-apiserver"]}]}}"#;
    assert!(why(silent, "").await.contains("no --audit-log-path"));
    assert!(why("", "").await.contains("no audit log is where it usually is"));
    let outside = r#"{"metadata":{"name":"a","namespace":"kube-system","labels":{"component":"kube-apiserver"}},"spec":{"nodeName":"node-1","containers":[{"name":"kube-apiserver","command":["kube-apiserver","--audit-log-path=/var/lib/audit/a.log"],"volumeMounts":[{"name":"v","mountPath":"/var/lib/audit"}]}],"volumes":[{"name":"v","hostPath":{"path":"/var/lib/audit"}}]}}"#;
    assert!(why(outside, "").await.contains("the kubelet"));
    let many = r#"{"metadata":{"name":"a1"}},{"metadata":{"name":"a2"}},{"metadata":{"name":"a3"}},{"metadata":{"name":"a4"}},{"metadata":{"name":"a5"}},{"metadata":{"name":"a6"}},{"metadata":{"name":"a7"}},{"metadata":{"name":"a8"}},{"metadata":{"name":"a9"}},{"metadata":{"name":"b1"}},{"metadata":{"name":"b2"}}"#;
    assert!(why("", many).await.contains("no node runs an API server"));
}

#[tokio::test]
async fn a_log_that_breaks_off_is_kept_and_called_so() {
    let ran = ran(
        |_, path| match below_logs(path) {
            Some("kubernetes/audit.log") => Reply::Cut(secret("4", 7) + "{\"kind\":\"Ev"),
            _ => node_with_audit(path),
        },
        None,
    )
    .await;
    check_marks(&ran);
    let live = ran.of("audit", "Node/node-1 audit log file audit.log");
    assert!(live.status.is_missing() && live.why.contains("what came before is kept"), "{live:?}");
    let last = ran.text("controlplane/audit/node-1/audit.log.jsonl");
    assert!(last.lines().count() == 1, "ends that did not come say nothing of requests: {last}");
}
