//! `show ARCHIVE logs`, as it is typed: what a log of any size says, on one screen.

use crate::fixture;
use assert_cmd::Command;
use k8s_forensics::analysis;
use k8s_forensics::archive::Limits;
use k8s_forensics::inputs::{Input, Inputs};
use k8s_forensics::log_templates::{self, Logs};
use std::fs;
use std::path::{Path, PathBuf};

const DOCKER: &str = "nodes/node-2/journal/docker.log";

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name).join("archive")
}

/// What the command prints on stdout and stderr, and whether it was content.
fn shown(input: &Path, args: &[&str]) -> (String, String, bool) {
    let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let output = tool.arg("show").arg(input).arg("logs").args(args).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr), output.status.success())
}

/// The line that a template cites, in the recording.
fn cited<'a>(page: &'a str, words: &str) -> &'a str {
    let mut lines = page.lines().skip_while(|line| !line.contains(words));
    let told = lines.find(|line| line.contains(".log:")).expect("it is cited");
    told.rsplit(' ').next().unwrap_or_default()
}

#[test]
fn what_a_docker_daemon_says_after_a_lockup_comes_first() {
    let (page, _, _) = shown(&fixture("docker-lockup"), &["--summary", "docker"]);
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[0].starts_with(&format!("{DOCKER}: 2,609 lines, ")), "{page}");
    assert!(lines[1].starts_with("Onset 2026-11-21T16:0"), "{page}");
    let silence = "Longest silence 3 min 11 s, 16:01:25Z to 16:04:36Z, after nodes/node-2/journal/docker.log:1543";
    assert!(lines[..5].contains(&silence), "{page}");
    let first = lines[..10].join("\n");
    assert!(first.contains("new      error   docker: stream copy error: reading from a closed fifo"), "{first}");
    let kinds = lines.iter().filter(|line| line.contains(" a minute, ")).count();
    assert!(kinds <= 60, "{kinds}");
    assert!(lines.last().is_some_and(|line| line.starts_with("and ")), "{page}");
    assert!(lines.iter().all(|line| line.chars().count() <= 100), "{page}");
    let (path, number) = cited(&page, "stream copy error").rsplit_once(':').expect("a line");
    assert_eq!(path, DOCKER);
    let log = fs::read_to_string(fixture("docker-lockup").join(DOCKER)).expect("a journal");
    let line = log.lines().nth(number.parse::<usize>().expect("a number") - 1).expect("there is such a line");
    assert!(line.contains("stream copy error"), "{line}");
}

#[test]
fn a_pod_a_node_and_a_time_can_be_named() {
    let of = |args: &[&str]| shown(&fixture("docker-lockup"), args);
    let (page, _, _) = of(&["--summary", "node-2", "--onset", "2026-11-21T16:04:30Z"]);
    assert!(page.contains("Onset 2026-11-21T16:04:30Z, as given"), "{page}");
    assert!(page.lines().next().is_some_and(|line| line.starts_with("3 logs: ")), "{page}");
    let (page, _, _) = of(&["--summary", "node-2/docker", "--onset", "2027-01-01T00:00:00Z"]);
    assert!(page.contains("no line is after it") && !page.contains("\nnew "), "{page}");
    let (page, _, _) = of(&["docker"]);
    assert!(page.lines().any(|line| line.contains(DOCKER) && line.contains("2,609")), "{page}");
    let (_, said, is_well) = of(&["--summary", "dokcer"]);
    assert!(!is_well && said.contains("units containerd, docker, kernel, kubelet"), "{said}");
    let (_, said, is_well) = of(&["--onset", "2026-11-21T16:04:30Z"]);
    assert!(!is_well && said.contains("--summary"), "{said}");
}

#[test]
fn without_a_cascade_no_onset_is_made_up() {
    let (page, said, _) = shown(&fixture("healthy-quiet"), &["--summary", "kubelet"]);
    assert!(page.contains("Onset: none"), "{page}{said}");
    assert!(!page.contains("\nnew ") && !page.contains(" → "), "{page}");
}

#[test]
fn a_loose_file_will_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("docker.log");
    fs::copy(fixture("docker-lockup").join(DOCKER), &path).expect("a copy");
    let (page, said, _) = shown(&path, &["--summary", "--onset", "2026-11-21T16:01:26Z"]);
    assert!(page.contains("stream copy error"), "{page}{said}");
}

#[test]
fn threads_do_not_show() {
    let input = Input::open(&fixture("memory-cascade"), Limits::default(), None).expect("an archive");
    let inputs = Inputs::from(input);
    let logs = Logs::of(&inputs);
    let all: Vec<_> = logs.all.iter().collect();
    let mined = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| log_templates::mine(&logs, &all, "2026-11-21T08:02:00Z".parse().ok()))
    };
    let (one, three) = (mined(1), mined(3));
    assert!(one.templates.len() > 50);
    assert_eq!((one.templates, one.paces), (three.templates, three.paces));
}

/// What a workload says once it is hurt stands in the report, and what its pods always say at their start does not.
#[test]
fn what_hurt_workloads_began_to_say_is_told() {
    let told = |name: &str| -> Vec<(String, String)> {
        let input = Input::open(&fixture(name), Limits::default(), None).expect("an archive");
        let knowledge = fixture::knowledge();
        let report = analysis::analyze_inputs(Inputs::from(input), knowledge, 2).expect("an analysis").report();
        report.new_messages.iter().map(|one| (one.workload.clone(), one.evidence[0].text.to_string())).collect()
    };
    let has = |name: &str, workload: &str, text: &str| {
        let told = told(name);
        assert!(told.iter().any(|(who, what)| who == workload && what.contains(text)), "{name}: {told:?}");
    };
    has("bad-rollout", "Deployment/shop/pricing", "FATAL: PRICE_TABLE is not set");
    has("chaos-toolkit", "Deployment/storefront/catalog", "SIGTERM received");
    has("delayed-setting", "Deployment/postal/counter", "no answer from sorting");
    assert_eq!(told("healthy-rollout"), []);
}
