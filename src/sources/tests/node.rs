//! What kubelets answer in place of logs, and the ways round it.

use super::*;
use chrono::DateTime;
use std::io::Read;

/// Journal files as systemd-journal-remote wrote them from `tests/data/journal/export.txt`.
const JOURNAL: &[u8] = include_bytes!("../../../tests/data/journal/system.journal.gz");
const OLD_LISTING: &str = "<pre>\n<a href=\"journal/\">journal/</a>\n<a href=\"pods/\">pods/</a>\n</pre>\n";
const NEW_LISTING: &str = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"journal/\">journal/</a>\n</pre>\n";
const UNITS: [&str; 4] = ["kubelet", "containerd", "docker", "crio"];

pub fn time(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
}

/// A run over a window in the past, and every path that it asked for.
pub async fn ran_over(from: &str, to: &str, handle: impl Handle) -> (Ran, Vec<String>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let url = serve_listening(handle, asked.clone()).await;
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { window: Window::new(time(from), time(to)), ..options(&folder) };
    let ran = run_with(&url, options, folder, std::future::pending()).await;
    let asked = asked.lock().expect("no panic under it").clone();
    (ran, asked)
}

pub async fn ran(handle: impl Handle) -> (Ran, Vec<String>) {
    ran_over("2026-11-21T06:30:00Z", "2026-11-21T07:30:00Z", handle).await
}

fn unit<'a>(ran: &'a Ran, unit: &str) -> &'a Outcome {
    ran.of("journals", &format!("Node/node-1 unit {unit}"))
}

/// What is below /var/log of node-1 in `path`.
pub fn below_logs(path: &str) -> Option<&str> {
    path.strip_prefix("/api/v1/nodes/node-1/proxy/logs/")
}

pub fn folder(names: &[&str]) -> Reply {
    let links: String = names.iter().map(|name| format!("<a href=\"{name}\">{name}</a>\n")).collect();
    ok(format!("<pre>\n{links}</pre>\n"))
}

/// A node whose query is off, with a journal on its disk.
fn with_files(listing: &str, path: &str) -> Reply {
    match below_logs(path) {
        Some("journal/") => folder(&["d50164b9587cab73e417e5ce616bea4e/"]),
        Some("journal/d50164b9587cab73e417e5ce616bea4e/") => folder(&["system.journal", "user-1000.journal"]),
        Some("journal/d50164b9587cab73e417e5ce616bea4e/system.journal") => {
            let mut file = Vec::new();
            flate2::read::GzDecoder::new(JOURNAL).read_to_end(&mut file).expect("a journal");
            Reply::File(file)
        }
        Some(rest) if rest.is_empty() || rest.starts_with('?') => ok(listing),
        Some(_) => error(404, "404 page not found"),
        None => healthy(path),
    }
}

fn check_files(ran: &Ran, asked: &[String]) {
    // As `journalctl -u kubelet.service -o short-precise --utc` shows the file, but for the width of indentation.
    let kubelet = "Nov 21 07:00:00.500000 node-1 systemd[1]: Started kubelet: The Kubernetes Node Agent.\n\
        Nov 21 07:00:01.250000 node-1 kubelet[812]: I1121 07:00:01.200000     812 server.go:408] started\n\
        Nov 21 07:00:03.000000 node-1 kubelet[812]: panic: two\n    lines\n\
        Nov 21 07:00:04.000000 node-1 systemd-coredump[900]: Process 812 (kubelet) of user 0 dumped core.\n";
    assert_eq!(ran.text("nodes/node-1/journal/kubelet.log"), kubelet);
    let docker = ran.text("nodes/node-1/journal/docker.log");
    assert!(docker.contains(" dockerd[700]: time=") && docker.contains(" earlyoom[600]: oom score"), "{docker}");
    let kernel = ran.text("nodes/node-1/journal/kernel.log");
    assert_eq!(kernel, "Nov 21 07:00:06.000000 node-1 kernel: Out of memory: Killed process 900 (app)\n");
    let outcome = unit(ran, "kubelet");
    assert_eq!(
        (outcome.status, outcome.why.as_str()),
        (Status::Collected, "from the node's journal files, as the kubelet's log query is switched off")
    );
    assert_eq!((unit(ran, "crio").status, unit(ran, "containerd").status), (Status::Empty, Status::Absent));
    assert_eq!(ran.of("kernel", "Node/node-1").status, Status::Collected);
    assert_eq!(unit(ran, "earlyoom").entry.as_deref(), Some("nodes/node-1/journal/earlyoom.log"));
    assert!(ran.text("nodes/node-1/journal/earlyoom.log").contains(" earlyoom[600]: "));
    assert!(ran.outcomes.iter().all(|outcome| !outcome.subject.ends_with(" unit chronyd")), "nobody looked for it");
    let count = |end: &str| asked.iter().filter(|path| path.ends_with(end)).count();
    assert_eq!((count("/system.journal"), count("user-1000.journal")), (1, 0), "{asked:?}");
    assert_eq!(asked.iter().filter(|path| path.contains("?query=")).count(), 1, "one probe: {asked:?}");
}

#[tokio::test]
async fn journals_come_from_files_where_the_query_is_off() {
    let (old, asked) = ran(|_, path| with_files(OLD_LISTING, path)).await;
    check_files(&old, &asked);
    let (new, asked) = ran(|_, path| with_files(NEW_LISTING, path)).await;
    check_files(&new, &asked);
}

#[tokio::test]
async fn only_what_is_missing_is_read_from_files() {
    let (ran, asked) = ran(|_, path| match below_logs(path) {
        Some(rest) if rest.starts_with("?query=kubelet") => {
            ok("Nov 21 07:00:01.250000 node-1 kubelet[812]: by query\n")
        }
        Some(rest) if rest.starts_with('?') => ok("\nlog not found for x\n"),
        _ => with_files(NEW_LISTING, path),
    })
    .await;
    assert_eq!(ran.text("nodes/node-1/journal/kubelet.log"), "Nov 21 07:00:01.250000 node-1 kubelet[812]: by query\n");
    assert_eq!((unit(&ran, "kubelet").why.as_str(), unit(&ran, "docker").status), ("", Status::Absent));
    assert_eq!(ran.of("kernel", "Node/node-1").status, Status::Collected);
    assert_eq!(asked.iter().filter(|path| path.ends_with("/system.journal")).count(), 1);
    assert!(asked.iter().all(|path| !path.contains("untilTime")), "{asked:?}");
}

#[tokio::test]
async fn a_node_without_a_journal_on_its_disk_says_so() {
    let (ran, _) = ran(|_, path| match below_logs(path) {
        Some("journal/") => error(404, "404 page not found"),
        _ => with_files(OLD_LISTING, path),
    })
    .await;
    for name in UNITS {
        let outcome = unit(&ran, name);
        assert_eq!(
            (outcome.status, outcome.why.as_str()),
            (Status::Absent, "the kubelet's log query is switched off, and the node keeps no journal on its disk")
        );
    }
    assert_eq!(ran.of("kernel", "Node/node-1").status, Status::Absent);
}

#[tokio::test]
async fn a_damaged_journal_file_costs_itself() {
    let (ran, _) = ran(|_, path| match below_logs(path) {
        Some(rest) if rest.ends_with("/system.journal") => {
            let mut file = Vec::new();
            flate2::read::GzDecoder::new(JOURNAL).read_to_end(&mut file).expect("a journal");
            file.truncate(5000);
            Reply::File(file)
        }
        _ => with_files(OLD_LISTING, path),
    })
    .await;
    for outcome in [unit(&ran, "kubelet"), ran.of("kernel", "Node/node-1")] {
        assert_eq!((outcome.status, outcome.entry.as_deref()), (Status::Failed, None), "{outcome:?}");
    }
}

#[tokio::test]
async fn handlers_that_are_off_are_absent() {
    let (no_handler, _) = ran(|_, path| match below_logs(path) {
        Some(_) => Reply::Answer(405, "", "logs endpoint is disabled.".into()),
        None => healthy(path),
    })
    .await;
    let (no_route, _) = ran(|_, path| match below_logs(path) {
        Some(_) => Reply::Answer(404, "", "404 page not found".into()),
        None => healthy(path),
    })
    .await;
    for ran in [no_handler, no_route] {
        for outcome in UNITS.map(|name| unit(&ran, name)).into_iter().chain([ran.of("kernel", "Node/node-1")]) {
            assert_eq!(outcome.status, Status::Absent, "{outcome:?}");
            assert!(outcome.why.starts_with("the kubelet serves no logs: "), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_sentence_in_place_of_a_journal_is_no_journal() {
    let (ran, _) = ran(|_, path| match below_logs(path) {
        Some(rest) if rest.starts_with("?query=kubelet") => ok("\nerror: journal output not available\n"),
        _ => healthy(path),
    })
    .await;
    let outcome = unit(&ran, "kubelet");
    assert_eq!((outcome.status, outcome.entry.as_deref()), (Status::Failed, None));
    assert_eq!(outcome.why, "not a journal: error: journal output not available");
    assert_eq!(unit(&ran, "docker").status, Status::Absent);
}

fn since_of(path: &str) -> Option<&str> {
    path.split_once("sinceTime=").map(|(_, since)| since)
}

#[tokio::test]
async fn a_journal_that_was_cut_off_is_gone_on_with() {
    const LINES: [&str; 5] = [
        "Nov 21 06:30:01.000000 node-1 kubelet: a\n",
        "Nov 21 06:40:02.100000 node-1 kubelet: b\n",
        "Nov 21 06:40:02.200000 node-1 kubelet: b\n",
        "Nov 21 06:40:02.200000 node-1 kubelet: b\n",
        "Nov 21 07:00:00.000000 node-1 kubelet: c\n",
    ];
    let (ran, asked) = ran(|_, path| match (below_logs(path), since_of(path)) {
        (Some(rest), Some("2026-11-21T06%3A40%3A02Z")) if rest.starts_with("?query=kubelet") => {
            ok(LINES.get(1..).unwrap_or_default().concat())
        }
        (Some(rest), Some(_)) if rest.starts_with("?query=kubelet") => {
            ok(LINES.concat().get(..150).unwrap_or_default())
        }
        _ => healthy(path),
    })
    .await;
    assert_eq!(ran.text("nodes/node-1/journal/kubelet.log"), LINES.concat());
    let outcome = unit(&ran, "kubelet");
    assert_eq!((outcome.status, outcome.to), (Status::Collected, Some(time("2026-11-21T07:00:00Z"))));
    assert!(outcome.why.contains("asked for again"), "{outcome:?}");
    assert_eq!(asked.iter().filter(|path| path.contains("query=kubelet&sinceTime")).count(), 2);
}

#[tokio::test]
async fn a_journal_that_stays_cut_off_is_truncated() {
    let (ran, asked) = ran(|_, path| match below_logs(path) {
        Some(rest) if rest.starts_with("?query=kubelet") => {
            ok("Nov 21 06:30:01.000000 node-1 kubelet: a\nNov 21 06:40:01.000000 node-1 kubelet: b\nNov 21 06:4")
        }
        _ => healthy(path),
    })
    .await;
    let outcome = unit(&ran, "kubelet");
    assert_eq!(outcome.status, Status::Truncated);
    assert!(outcome.why.contains("cut it off"), "{outcome:?}");
    let kept = "Nov 21 06:30:01.000000 node-1 kubelet: a\n";
    assert!(ran.text("nodes/node-1/journal/kubelet.log").starts_with(kept));
    assert_eq!(asked.iter().filter(|path| path.contains("query=kubelet&sinceTime")).count(), 2);
}

#[tokio::test]
async fn the_window_is_found_on_a_node_west_of_utc_over_new_year() {
    // journalctl reads the start of the window as local time, which is five hours later there.
    let handle: fn(usize, &str) -> Reply = |_, path| match (below_logs(path), since_of(path)) {
        (Some(rest), Some("2026-12-31T23%3A30%3A00Z")) if rest.starts_with("?query=kubelet") => {
            ok("-- No entries --\n")
        }
        (Some(rest), Some("2026-12-31T11%3A30%3A00Z")) if rest.starts_with("?query=kubelet") => ok(
            "Dec 31 12:00:00.000000 n kubelet: early\nDec 31 23:59:59.000000 n kubelet: old\nJan 01 00:00:01.000000 n kubelet: new\nJan 01 00:40:00.000000 n kubelet: late\n",
        ),
        _ => healthy(path),
    };
    let (ran, _) = ran_over("2026-12-31T23:30:00Z", "2027-01-01T00:30:00Z", handle).await;
    assert_eq!(
        ran.text("nodes/node-1/journal/kubelet.log"),
        "Dec 31 23:59:59.000000 n kubelet: old\nJan 01 00:00:01.000000 n kubelet: new\n"
    );
    let outcome = unit(&ran, "kubelet");
    let span = (Some(time("2026-12-31T23:59:59Z")), Some(time("2027-01-01T00:00:01Z")));
    assert_eq!((outcome.from, outcome.to), span);
}

#[tokio::test]
async fn sentences_in_place_of_container_logs_are_no_logs() {
    let (ran, _) = ran(|_, path| match path.split('?').next() {
        Some("/api/v1/namespaces/shop/pods/api-0/log") => ok("unable to retrieve container logs for containerd://1"),
        _ => healthy(path),
    })
    .await;
    let log = ran.of("pod-logs", LOG);
    assert_eq!((log.status, log.entry.as_deref()), (Status::Expired, None));
}

/// The kubelet packs a journal only for an Accept-Encoding that is `gzip` and nothing else.
#[tokio::test]
async fn packed_journals_are_asked_for_in_the_only_form_kubelets_know() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.expect("a head"));
        }
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut packer, b"Nov 21 07:00:00.000000 n kubelet: a\n").expect("memory");
        let body = packer.finish().expect("memory");
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", body.len());
        stream.write_all(&[answer.as_bytes(), &body].concat()).await.expect("a client");
        String::from_utf8_lossy(&head).to_ascii_lowercase()
    });
    let body = api(&url).bytes("/x", None, Deadlines::USUAL, 1000).await.expect("an answer");
    assert_eq!(body, b"Nov 21 07:00:00.000000 n kubelet: a\n");
    let head = server.await.expect("no panic");
    assert!(head.contains("\r\naccept-encoding: gzip\r\n"), "{head}");
}

#[tokio::test]
async fn a_page_in_place_of_a_container_log_is_an_outcome() {
    let ran = run(|_, path| match path {
        _ if path.contains("/pods/api-0/log") => ok("<!doctype html>\n<title>Sign in</title>\n"),
        _ => healthy(path),
    })
    .await;
    let log = ran.of("pod-logs", LOG);
    assert_eq!((log.status, log.bytes, log.entry.as_deref()), (Status::Failed, 0, None), "{log:?}");
    assert!(!ran.archive.entries().any(|entry| entry.ends_with("current.log")), "it is in the archive");
}
