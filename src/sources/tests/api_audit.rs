//! The API server's audit log, with bodies of Secrets, wherever a node or a container has it: nothing of it is kept, and
//! the outcomes say how much was left out.

use super::node::{below_logs, folder, ran, time};
use super::*;
use std::io::Write;

const EVENT: &str = r#"{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"9","stage":"ResponseComplete","requestURI":"/api/v1/namespaces/shop/secrets/db","verb":"get","user":{"username":"anna"},"responseObject":{"kind":"Secret","apiVersion":"v1","metadata":{"name":"db"},"data":{"note":"bWlyYWJlbGxl"}},"requestReceivedTimestamp":"2026-11-21T07:00:00.000000Z","stageTimestamp":"2026-11-21T07:00:00.004000Z","annotations":{"authorization.k8s.io/decision":"allow"}}"#;
const SYSCALL: &str = "type=SYSCALL msg=audit(1795244400.243:24287): arch=c000003e syscall=59 success=yes\n";
/// What the body holds, as it is there and decoded.
const MARKS: [&str; 2] = ["bWlyYWJlbGxl", "mirabelle"];

/// The whole of an archive, entry by entry, has nothing of the body.
fn check(ran: &Ran) {
    for entry in ran.archive.entries() {
        let text = String::from_utf8_lossy(&ran.archive.read(entry, u64::MAX).expect("a sound entry")).into_owned();
        for mark in MARKS.iter().chain(&["audit.k8s.io", "anna"]) {
            assert!(!text.contains(mark), "{mark} is in {entry}: {text:.1000}");
        }
    }
}

/// A node where the API server writes its audit log to auditd's file, and others gather it into theirs.
fn node_with_audit(path: &str) -> Reply {
    let written = "Last-Modified: Sat, 21 Nov 2026 07:20:05 GMT\r\n";
    let plain = |text: String| Reply::Answer(200, written, text);
    let (_, torn) = EVENT.split_at(240);
    let quoted = serde_json::to_string(EVENT).expect("JSON");
    match below_logs(path) {
        Some("") => folder(&[
            "syslog",
            "messages",
            "docker.log",
            "kern.log",
            "audit/",
            "kube-apiserver-audit.log",
            "kubernetes/",
            "kube-audit/",
        ]),
        Some("audit/audit.log") => {
            let large = EVENT.replace("bWlyYWJlbGxl", &"bWlyYWJlbGxl".repeat(120_000));
            plain(format!("{torn}\n{SYSCALL}{EVENT}\n{large}\n{SYSCALL}"))
        }
        Some("syslog") => {
            let torn = torn.replace("stageTimestamp", "x").replace("requestReceivedTimestamp", "y");
            plain(format!(
                "{torn}\nNov 21 07:00:00 n app: in\nNov 21 07:00:00 n kube-apiserver[9]: {EVENT}\n{torn}\nNov 21 07:20:00 n app: last\n"
            ))
        }
        Some("messages") => {
            let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            packer.write_all(EVENT.repeat(9).as_bytes()).expect("memory");
            Reply::File(packer.finish().expect("memory"))
        }
        Some("docker.log") => {
            plain(format!("{{\"log\":{quoted},\"stream\":\"stdout\",\"time\":\"2026-11-21T07:00:00Z\"}}\n"))
        }
        Some("kern.log") => Reply::File(EVENT.bytes().chain(*b"\n").flat_map(|byte| [byte, 0]).collect()),
        Some(rest) if rest.starts_with("?query=kubelet") => ok(format!(
            "Nov 21 07:00:00.000001 node-1 kubelet[8]: one\nNov 21 07:00:01.000001 node-1 kubelet[8]: {EVENT}\n"
        )),
        Some(rest) if rest.starts_with("?query=docker") => ok(format!("{torn}\nno time\n{EVENT}\n")),
        Some(rest) if rest.starts_with("?query=containerd") => ok(format!("{EVENT}\n{EVENT}\n")),
        _ if path.contains("/pods/api-0/log?") => {
            ok(format!("2026-11-21T07:00:00Z before\n2026-11-21T07:00:01Z {EVENT}\n2026-11-21T07:00:02Z after\n"))
        }
        _ => healthy(path),
    }
}

#[tokio::test]
async fn nothing_of_an_api_servers_audit_log_is_kept() {
    let (ran, asked) = ran(|_, path| node_with_audit(path)).await;
    check(&ran);
    let of = |file: &str| ran.of("var-log", &format!("Node/node-1 file {file}"));
    assert_eq!(ran.text("nodes/node-1/var-log/audit/audit.log"), SYSCALL.repeat(2));
    let audit = of("audit/audit.log");
    assert_eq!(audit.status, Status::Truncated);
    assert_eq!(audit.why, "1 line of more than 1 MiB left out; 2 lines of the API server's audit log left out");
    assert_eq!((audit.from, audit.to), (Some(time("2026-11-21T07:00:00Z")), Some(time("2026-11-21T07:00:00Z"))));
    assert_eq!(ran.text("nodes/node-1/var-log/syslog"), "Nov 21 07:00:00 n app: in\nNov 21 07:20:00 n app: last\n");
    assert_eq!(
        (of("syslog").status, of("syslog").why.as_str()),
        (
            Status::Collected,
            "2 lines left out that may be of the API server's audit log; 1 line of the API server's audit log left out"
        )
    );
    let refused = |file: &str| (of(file).status, of(file).why.as_str(), of(file).entry.as_deref());
    assert_eq!(refused("messages"), (Status::Failed, "it is packed, and no plain file", None));
    assert_eq!(refused("kern.log"), (Status::Failed, "it is no text", None));
    let only = "it has no line within the window; 1 line of the API server's audit log left out";
    assert_eq!(refused("docker.log"), (Status::Empty, only, None));
    for other in ["kube-apiserver-audit.log", "kubernetes", "kube-audit"] {
        assert!(
            asked.iter().filter(|path| path.contains("/proxy/logs/")).all(|path| !path.contains(other)),
            "{asked:?}"
        );
    }
}

#[tokio::test]
async fn journals_and_logs_of_containers_are_kept_without_it() {
    let (ran, _) = ran(|_, path| node_with_audit(path)).await;
    let left_out = "1 line of the API server's audit log left out";
    assert_eq!(ran.text("nodes/node-1/journal/kubelet.log"), "Nov 21 07:00:00.000001 node-1 kubelet[8]: one\n");
    let kubelet = ran.of("journals", "Node/node-1 unit kubelet");
    assert_eq!((kubelet.status, kubelet.why.as_str()), (Status::Collected, left_out));
    let containerd = ran.of("journals", "Node/node-1 unit containerd");
    assert_eq!((containerd.status, containerd.entry.as_deref()), (Status::Empty, None));
    assert!(containerd.why.ends_with("2 lines of the API server's audit log left out"), "{}", containerd.why);
    let docker = ran.of("journals", "Node/node-1 unit docker");
    assert_eq!((docker.status, docker.entry.as_deref()), (Status::Failed, None));
    assert_eq!(
        docker.why,
        "not a journal: a file in its place, which is not kept; 2 lines of the API server's audit log left out"
    );
    assert_eq!(
        ran.text("logs/shop/api-0/app/current.log"),
        "2026-11-21T07:00:00Z before\n2026-11-21T07:00:02Z after\n"
    );
    let log = ran.of("pod-logs", LOG);
    assert_eq!((log.status, log.why.as_str()), (Status::Collected, left_out));
}

/// As the runtime writes it, in parts.
#[tokio::test]
async fn files_of_containers_are_read_without_it() {
    const UID: &str = "4e77ad73-44eb-4aa4-986a-13fcd17312dd";
    let (first, second) = EVENT.split_at(200);
    let file = format!(
        "2026-11-21T07:00:00Z stdout F before\n2026-11-21T07:00:01Z stdout P {first}\n2026-11-21T07:00:01Z stdout F {second}\n2026-11-21T07:00:02Z stdout F after\n"
    );
    let quoted = serde_json::to_string(&format!("{EVENT}\n")).expect("JSON");
    let docker = format!("{{\"log\":{quoted},\"stream\":\"stdout\",\"time\":\"2026-11-21T07:00:00.5Z\"}}\n");
    let (ran, _) = ran(move |_: usize, path: &str| match below_logs(&path.replace(UID, "UID")) {
        Some("pods/") => folder(&[&format!("shop_gone-1_{UID}/")]),
        Some("pods/shop_gone-1_UID/") => folder(&["web/", "side/"]),
        Some("pods/shop_gone-1_UID/web/" | "pods/shop_gone-1_UID/side/") => folder(&["0.log"]),
        Some("pods/shop_gone-1_UID/web/0.log") => ok(file.clone()),
        Some("pods/shop_gone-1_UID/side/0.log") => ok(docker.clone()),
        _ => healthy(path),
    })
    .await;
    check(&ran);
    let words = ran.text(&format!("logs/shop/gone-1/web/deleted/{UID}/0.log"));
    assert_eq!(words, "2026-11-21T07:00:00Z before\n2026-11-21T07:00:02Z after\n");
    let of =
        |container: &str| ran.of("pod-files", &format!("Pod/shop/gone-1 ({UID}) container {container}, file 0.log"));
    assert_eq!(of("web").why, "its pod was not listed; 1 line of the API server's audit log left out");
    assert_eq!((of("side").status, of("side").entry.as_deref()), (Status::Empty, None));
}
