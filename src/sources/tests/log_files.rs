//! Logs that only a node's files have: rotated ones, and those of pods that are gone.

use super::node::{below_logs, folder, ran, time};
use super::*;
use std::io::Write;

const UID: &str = "4e77ad73-44eb-4aa4-986a-13fcd17312dd";
const HASH: &str = "0123456789abcdef0123456789abcdef";

/// api-0 with its UID, and a static pod's mirror.
fn pods() -> Reply {
    let api = POD.replacen(r#""name":"api-0""#, r#""name":"api-0","uid":"listed""#, 1);
    let mirror = format!(
        r#"{{"metadata":{{"name":"etcd-node-1","namespace":"kube-system","uid":"mirror","annotations":{{"kubernetes.io/config.hash":"{HASH}"}}}},"spec":{{"nodeName":"node-1","containers":[{{"name":"etcd"}}]}}}}"#
    );
    list("PodList", &format!("{api},{mirror}"))
}

fn packed(text: &str) -> Reply {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packer.write_all(text.as_bytes()).expect("memory");
    Reply::File(packer.finish().expect("memory"))
}

fn node_with_logs(path: &str) -> Reply {
    let Some(below) = below_logs(path) else {
        return if path.starts_with("/api/v1/pods?") { pods() } else { healthy(path) };
    };
    let below = below.replace(UID, "UID").replace(HASH, "HASH");
    match below.as_str() {
        "pods/" => folder(&[
            "shop_api-0_listed/",
            "shop_gone-1_4e77ad73-44eb-4aa4-986a-13fcd17312dd/",
            "kube-system_etcd-node-1_0123456789abcdef0123456789abcdef/",
            "other/",
        ]),
        "pods/shop_api-0_listed/app/" => folder(&[
            "4.log",
            "5.log",
            "6.log",
            "6.log.20261121-070500",
            "6.log.20261121-065000.gz",
            "6.log.20261120-010000",
        ]),
        "pods/shop_api-0_listed/app/4.log" => Reply::Answer(
            200,
            "Last-Modified: Sat, 21 Nov 2026 05:00:00 GMT\r\n",
            "2026-11-21T05:00:00Z stdout F old\n".into(),
        ),
        "pods/shop_api-0_listed/app/6.log.20261121-070500" => ok(
            "2026-11-21T06:50:00Z stdout F one\n2026-11-21T06:55:00Z stderr P tw\n2026-11-21T06:55:00Z stderr F o\n2026-11-21T08:00:00Z stdout F after\n",
        ),
        "pods/shop_api-0_listed/app/6.log.20261121-065000.gz" => {
            packed("2026-11-21T06:00:00Z stdout F before\n2026-11-21T06:40:00Z stdout F packed\n")
        }
        "pods/shop_gone-1_UID/" => folder(&["web/", "side/"]),
        "pods/shop_gone-1_UID/web/" => folder(&["0.log", "1.log"]),
        "pods/shop_gone-1_UID/web/0.log" => {
            ok("{\"log\":\"last words\\n\",\"stream\":\"stdout\",\"time\":\"2026-11-21T07:00:00.5Z\"}\n")
        }
        "pods/shop_gone-1_UID/web/1.log" => error(404, "404 page not found"),
        "pods/shop_gone-1_UID/side/" => folder(&["0.log"]),
        "pods/shop_gone-1_UID/side/0.log" => ok("<html>Sign in</html>\n"),
        "pods/kube-system_etcd-node-1_HASH/etcd/" => folder(&["0.log"]),
        _ => healthy(path),
    }
}

#[tokio::test]
async fn files_that_the_api_does_not_show_are_read() {
    let (ran, asked) = ran(|_, path| node_with_logs(path)).await;
    let folder = "logs/shop/api-0/app/rotated";
    assert_eq!(
        ran.text(&format!("{folder}/6.20261121-070500.log")),
        "2026-11-21T06:50:00Z one\n2026-11-21T06:55:00Z two\n"
    );
    assert_eq!(ran.text(&format!("{folder}/6.20261121-065000.log")), "2026-11-21T06:40:00Z packed\n");
    let packed = ran.of("pod-files", "Pod/shop/api-0 container app, file 6.log.20261121-065000.gz");
    assert_eq!((packed.status, packed.from), (Status::Collected, Some(time("2026-11-21T06:40:00Z"))));
    let old = ran.of("pod-files", "Pod/shop/api-0 container app, file 4.log");
    assert_eq!(
        (old.status, old.why.as_str()),
        (Status::Empty, "it was last written at 2026-11-21T05:00:00Z, before the window")
    );
    let words = ran.text(&format!("logs/shop/gone-1/web/deleted/{UID}/0.log"));
    assert_eq!(words, "2026-11-21T07:00:00.5Z last words\n");
    let of_gone = |rest: &str| ran.of("pod-files", &format!("Pod/shop/gone-1 ({UID}) container {rest}"));
    assert_eq!(of_gone("web, file 0.log").status, Status::Collected);
    assert_eq!(of_gone("web, file 1.log").status, Status::Expired);
    assert_eq!(
        (of_gone("side, file 0.log").status, of_gone("side, file 0.log").entry.as_deref()),
        (Status::Failed, None)
    );
    for shown in ["/6.log", "/5.log", "/6.log.20261120-010000", "/etcd/0.log"] {
        assert!(asked.iter().all(|path| !path.ends_with(shown)), "{shown}: {asked:?}");
    }
}

#[tokio::test]
async fn other_namespaces_are_left_alone() {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let url = serve_listening(
        |_, path| match path {
            _ if path.starts_with("/api/v1/namespaces/other/pods?") => list("PodList", ""),
            _ => node_with_logs(path),
        },
        asked.clone(),
    )
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { namespaces: vec!["other".to_owned()], ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    assert_eq!(ran.of("pod-files", "Node/node-1 log files").status, Status::Empty);
    let asked = asked.lock().expect("no panic under it");
    assert!(asked.iter().all(|path| !path.contains("/logs/pods/shop")), "{asked:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_listed_costs_itself() {
    let (ran, _) = ran(|_, path| match below_logs(path) {
        Some("pods/shop_api-0_listed/app/") => error(500, "input/output error"),
        _ => node_with_logs(path),
    })
    .await;
    let failed = ran.of("pod-files", "Pod/shop/api-0 (listed) log files");
    assert_eq!((failed.status, failed.why.as_str()), (Status::Failed, "input/output error"));
    assert!(ran.text(&format!("logs/shop/gone-1/web/deleted/{UID}/0.log")).contains("last words"));
}

#[tokio::test]
async fn a_node_without_such_files_says_so() {
    let (none, _) = ran(|_, path| match below_logs(path) {
        Some("pods/") => folder(&["shop_api-0_listed/"]),
        Some("pods/shop_api-0_listed/app/") => folder(&["0.log"]),
        _ if path.starts_with("/api/v1/pods?") => pods(),
        _ => healthy(path),
    })
    .await;
    assert_eq!(none.of("pod-files", "Node/node-1 log files").status, Status::Empty);
    let (off, _) = ran(|_, path| match below_logs(path) {
        Some(_) => Reply::Answer(405, "", "logs endpoint is disabled.".into()),
        None => healthy(path),
    })
    .await;
    let off = off.of("pod-files", "Node/node-1 log files");
    assert!(off.status == Status::Absent && off.why.starts_with("the kubelet serves no logs"), "{off:?}");
}

/// A node five hours behind UTC whose syslog was written at the end of the window.
fn node_with_files(path: &str) -> Reply {
    let written = "Last-Modified: Sat, 21 Nov 2026 07:20:05 GMT\r\n";
    match below_logs(path) {
        Some("") => folder(&["syslog", "kern.log", "docker.log", "messages", "audit/", "nginx/", "dpkg.log"]),
        Some("syslog") => Reply::Answer(
            200,
            written,
            "Nov 21 01:00:00 n app: before\nNov 21 02:00:00 n app: in\n of in\nNov 21 02:20:00 n app: last\n".into(),
        ),
        Some("kern.log") => {
            Reply::Answer(200, written, "Nov 20 10:00:00 n kernel: far\nNov 21 05:07:00 n kernel: in or not\n".into())
        }
        Some("docker.log") => Reply::Answer(
            200,
            written,
            "time=\"2026-11-21T05:00:00Z\" level=info msg=before\ntime=\"2026-11-21T07:00:00Z\" level=info msg=in\n"
                .into(),
        ),
        Some("messages") => Reply::Answer(200, "Last-Modified: Sat, 21 Nov 2026 05:00:00 GMT\r\n", "old\n".into()),
        Some("audit/audit.log") => Reply::Answer(200, written, "no time\nnone here\n".into()),
        _ => healthy(path),
    }
}

#[tokio::test]
async fn plain_files_are_cut_to_the_window_by_the_times_they_have() {
    let (ran, asked) = ran(|_, path| node_with_files(path)).await;
    let of = |file: &str| ran.of("var-log", &format!("Node/node-1 file {file}"));
    assert_eq!(
        ran.text("nodes/node-1/var-log/syslog"),
        "Nov 21 02:00:00 n app: in\n of in\nNov 21 02:20:00 n app: last\n"
    );
    assert_eq!((of("syslog").status, of("syslog").from), (Status::Collected, Some(time("2026-11-21T07:00:00Z"))));
    let kernel = ran.text("nodes/node-1/var-log/kern.log");
    assert_eq!(kernel, "Nov 21 05:07:00 n kernel: in or not\n");
    assert!(of("kern.log").why.contains("whose zone is not known") && of("kern.log").from.is_none());
    assert_eq!(ran.text("nodes/node-1/var-log/docker.log"), "time=\"2026-11-21T07:00:00Z\" level=info msg=in\n");
    assert_eq!(of("messages").status, Status::Empty);
    assert_eq!(ran.text("nodes/node-1/var-log/audit/audit.log"), "no time\nnone here\n");
    assert!(of("audit/audit.log").why.contains("no known form"));
    assert!(asked.iter().all(|path| !path.contains("nginx") && !path.ends_with("/dpkg.log")), "{asked:?}");
}

/// A node that has the log of api-0, which is running, in a file.
fn node_with_log(path: &str, file: impl FnOnce() -> Reply) -> Reply {
    match below_logs(path) {
        Some("pods/shop_api-0_listed/app/0.log") => file(),
        _ if path.contains("/pods/api-0/log?") => ok("2026-11-21T07:00:00Z by the API\n"),
        _ if path.starts_with("/api/v1/pods?") => pods(),
        _ => healthy(path),
    }
}

const CURRENT: &str = "logs/shop/api-0/app/current.log";

fn by_api(asked: &[String]) -> usize {
    asked.iter().filter(|path| path.contains("/pods/api-0/log?")).count()
}

#[tokio::test]
async fn the_log_of_a_running_container_is_its_file() {
    let written = "2026-11-21T06:00:00Z stdout F before\n2026-11-21T07:00:00Z stdout P on\n2026-11-21T07:00:00Z stdout F e\n2026-11-21T07:00:01Z std";
    let (ran, asked) = ran(move |_: usize, path: &str| node_with_log(path, || ok(written))).await;
    assert_eq!(ran.text(CURRENT), "2026-11-21T07:00:00Z one\n");
    let outcome = ran.of("pod-logs", "Pod/shop/api-0 container app, current");
    assert_eq!((outcome.status, outcome.why.as_str()), (Status::Collected, ""));
    assert_eq!(by_api(&asked), 0, "{asked:?}");
}

#[tokio::test]
async fn where_there_is_no_file_the_log_comes_by_the_api() {
    let other: [fn() -> Reply; 5] = [
        || error(404, "404 page not found"),
        || error(403, "nodes \"node-1\" is forbidden"),
        || error(405, "method not allowed"),
        || ok("<html>Sign in</html>\n"),
        || ok("2026-11-21T07:00:00Z stdout F one\nof another form\n"),
    ];
    for other in other {
        let (ran, asked) = ran(move |_: usize, path: &str| node_with_log(path, other)).await;
        assert_eq!(by_api(&asked), 1, "{asked:?}");
        assert_eq!(ran.text(CURRENT), "2026-11-21T07:00:00Z by the API\n");
    }
}

#[tokio::test]
async fn a_large_file_is_read_from_the_window_on() {
    let large = |first: &str| {
        let line = "2026-11-21T07:00:01Z stdout F more\n";
        ok(format!("{first} stdout F first\n{}", line.repeat(1024 * 1024 / line.len() + 1)))
    };
    let (_, asked_before) =
        ran(move |_: usize, path: &str| node_with_log(path, || large("2026-11-21T06:00:00Z"))).await;
    assert_eq!(by_api(&asked_before), 1, "{asked_before:?}");
    let (ran, asked) = ran(move |_: usize, path: &str| node_with_log(path, || large("2026-11-21T07:00:00Z"))).await;
    assert_eq!(by_api(&asked), 0, "{asked:?}");
    assert!(ran.text(CURRENT).starts_with("2026-11-21T07:00:00Z first\n2026-11-21T07:00:01Z more\n"));
}
