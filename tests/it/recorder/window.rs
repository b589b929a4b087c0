//! `collect --recording`: the part of a recorder's folder since the window began, in an archive that tells it alone.

use super::api_server::ApiServer;
use super::process::tool;
use crate::request;
use chrono::{DateTime, SecondsFormat, Utc};
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::{Archive, layout};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder, and when what is recorded in it begins: half an hour ago.
struct Made {
    folder: tempfile::TempDir,
    begin: DateTime<Utc>,
}

/// A line of a history, with the second at which it was seen.
type Line = (i64, &'static str, &'static str, Value);

impl Made {
    fn new() -> Self {
        let begin = DateTime::from_timestamp(Utc::now().timestamp() - 1800, 0).expect("a time");
        Self { folder: tempfile::tempdir().expect("a folder"), begin }
    }

    fn at(&self, second: i64) -> String {
        let at = self.begin + chrono::TimeDelta::seconds(second);
        at.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn name(&self, second: i64) -> String {
        layout::segment(self.begin + chrono::TimeDelta::seconds(second), 1)
    }

    /// Writes a segment, open still, from one second to another.
    fn segment(&self, (from, to): (i64, i64), entries: &[(&str, &[Line])]) {
        let root = self.path("recording").join(layout::open_segment(&self.name(from)));
        let write = |path: &str, text: String| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let header = json!({
            "format": {"major": 1, "minor": 2}, "tool": "k8s-forensics 0.1.0", "cluster": {"uid": "cluster-1"}, "options": {},
            "clocks": [], "from": self.at(from), "to": self.at(to), "started_at": self.at(from),
        });
        write("meta/archive.json", header.to_string());
        let outcome = |subject: &str, status: &str, why: &str| {
            let outcome = json!({"source": "record", "subject": subject, "status": status, "why": why, "at": self.at(to),
                "from": self.at(from), "to": self.at(to), "bytes": 900, "took_ms": 1});
            format!("{outcome}\n")
        };
        let outcomes = [
            outcome("pods", "collected", ""),
            outcome("events", "collected", ""),
            outcome("secrets", "denied", "nothing was seen from a to b: secrets is forbidden"),
        ];
        write(&layout::outcomes_part(1), outcomes.concat());
        for (plural, lines) in entries {
            write(
                &format!("history/namespaces/shop/{plural}.jsonl"),
                lines.iter().map(|line| self.line(line)).collect(),
            );
        }
    }

    fn line(&self, (second, kind, uid, what): &Line) -> String {
        let mut line = json!({"at": self.at(*second), "type": kind, "uid": uid});
        line.as_object_mut().expect("an object").extend(what.as_object().cloned().unwrap_or_default());
        if *kind == "GAP" {
            line.as_object_mut().expect("an object").remove("uid");
            let from = line["from"].as_i64().expect("a second");
            line["from"] = json!(self.at(from));
        }
        format!("{line}\n")
    }

    fn collect(&self, from: i64, more: &[&str]) -> Output {
        let server = ApiServer::start();
        self.collect_by(&server.kubeconfig(self.folder.path()), from, more)
    }

    fn collect_by(&self, kubeconfig: &Path, from: i64, more: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        command.current_dir(self.folder.path()).arg("collect").arg("--kubeconfig");
        command.arg(kubeconfig).args(["--only", "record", "-o", "a.zip", "--force"]);
        command.args(["--no-look", "--from", &self.at(from)]).args(more);
        command.env("K8S_FORENSICS_RECORDING", self.path("recording")).output().expect("it runs")
    }

    /// The archive, with how an item of the recorder ended.
    fn archive(&self) -> Archive {
        Archive::open(&self.path("a.zip")).expect("an archive")
    }

    fn outcome(&self, subject: &str) -> Outcome {
        let all = self.archive().outcomes();
        let found = all.iter().find(|one| one.source == "record" && one.subject == subject);
        found.unwrap_or_else(|| panic!("no outcome of {subject}: {all:#?}")).clone()
    }

    fn show(&self, input: &str, args: &[&str]) -> (String, String) {
        let shown = tool(self.folder.path(), &[&["show", input], args].concat());
        (String::from_utf8(shown.stdout).expect("text"), String::from_utf8_lossy(&shown.stderr).into_owned())
    }

    /// Names and phases of the pods of a time.
    fn pods(&self, input: &str, second: i64) -> BTreeSet<String> {
        let (shown, said) = self.show(input, &["pods", "-o", "jsonl", "--at", &self.at(second)]);
        let told = |line: &str| {
            let pod: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line} {said}"));
            format!("{} {}", pod["metadata"]["name"], pod["status"]["phase"]).replace('"', "")
        };
        shown.lines().map(told).collect()
    }

    fn report(&self, inputs: &[&str]) -> Value {
        let analyzed = tool(self.folder.path(), &[&["analyze", "-o", "report", "--force"], inputs].concat());
        assert!(analyzed.status.success(), "{analyzed:?}");
        let text = fs::read(self.path("report/report.json")).expect("a report");
        serde_json::from_slice(&text).expect("JSON")
    }

    fn changes(&self, inputs: &[&str]) -> BTreeSet<String> {
        let changes = self.report(inputs)["changes"].as_array().cloned().unwrap_or_default();
        changes.iter().map(|one| format!("{} {} {}", one["at"], one["subject"], one["what"])).collect()
    }
}

fn pod(name: &str, phase: &str) -> Value {
    json!({"object": {"metadata": {"name": name, "namespace": "shop", "uid": name, "creationTimestamp": "2026-11-01T00:00:00Z"},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app", "image": "shop:1"}]}, "status": {"phase": phase}}})
}

fn phase(phase: &str) -> Value {
    json!({"patch": {"status": {"phase": phase}}})
}

fn event(made: &Made, second: i64, name: &str) -> Value {
    json!({"object": {"metadata": {"name": name, "namespace": "shop", "uid": name}, "type": "Warning", "reason": "BackOff",
        "message": format!("Back-off restarting failed container, {name}"), "count": 1,
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "gone", "uid": "gone"},
        "firstTimestamp": made.at(second), "lastTimestamp": made.at(second)}})
}

fn quota(pods: &str) -> Value {
    json!({"object": {"metadata": {"name": "space", "namespace": "shop", "uid": "q"}, "spec": {"hard": {"pods": pods}}}})
}

/// Two segments without a fault: a pod comes and goes, another is there before and after, a quota is changed and removed.
fn sound() -> Made {
    let made = Made::new();
    made.segment(
        (0, 300),
        &[
            (
                "pods",
                &[
                    (0, "SYNC", "api", pod("api", "Pending")),
                    (60, "MODIFIED", "api", phase("Running")),
                    (120, "ADDED", "gone", pod("gone", "Running")),
                    (200, "GAP", "", json!({"from": 180, "why": "the watch broke"})),
                    (250, "DELETED", "gone", json!({})),
                ],
            ),
            (
                "events",
                &[(50, "ADDED", "early", event(&made, 50, "early")), (150, "ADDED", "late", event(&made, 150, "late"))],
            ),
            ("resourcequotas", &[(0, "SYNC", "q", quota("10"))]),
        ],
    );
    made.segment(
        (300, 1795),
        &[
            ("pods", &[(300, "SYNC", "api", pod("api", "Running")), (400, "MODIFIED", "api", phase("Failed"))]),
            (
                "resourcequotas",
                &[
                    (300, "SYNC", "q", quota("10")),
                    (350, "MODIFIED", "q", json!({"patch": {"spec": {"hard": {"pods": "5"}}}})),
                    (500, "DELETED", "q", json!({})),
                ],
            ),
        ],
    );
    made
}

#[test]
fn an_archive_tells_alone_what_the_recorder_has_of_its_window() {
    let made = sound();
    let ran = made.collect(90, &[]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    // Secrets were refused to the recorder, and that is missing.
    assert_eq!(ran.status.code(), Some(3), "{said}");
    let verified = tool(made.folder.path(), &["verify", "a.zip"]);
    assert!(verified.status.success(), "{verified:?}");
    let pods = made.outcome("pods");
    assert_eq!(
        (pods.status, pods.from, pods.to.map(|to| (to - made.begin).num_seconds())),
        (Status::Truncated, Some(made.begin + chrono::TimeDelta::seconds(90)), Some(1795))
    );
    assert!(pods.why.contains("the watch broke") && !pods.why.contains("begins"), "{}", pods.why);
    let quotas = made.outcome("resourcequotas");
    assert_eq!((quotas.status, quotas.why.as_str()), (Status::Collected, ""));
    let secrets = made.outcome("secrets");
    assert!(secrets.status == Status::Denied && secrets.bytes == 0, "{secrets:?}");
    for second in [90, 119, 130, 190, 260, 299, 300, 380, 1000] {
        assert_eq!(made.pods("a.zip", second), made.pods("recording", second), "{second}");
    }
    assert_eq!(made.pods("a.zip", 130), BTreeSet::from(["api Running".to_owned(), "gone Running".to_owned()]));
    let (_, said) = made.show("a.zip", &["pods", "--at", &made.at(190)]);
    assert!(said.contains("nothing was seen of it"), "{said}");
    let (_, said) = made.show("a.zip", &["pods", "--at", &made.at(80)]);
    assert!(said.contains("begins at"), "{said}");
    let (told, _) = made.show("a.zip", &["diff", "pod/api"]);
    assert!(told.contains("Running") && told.contains("Failed"), "{told}");
    let (events, _) = made.show("a.zip", &["events"]);
    assert!(events.contains("late") && !events.contains("early"), "{events}");
    let report = made.report(&["a.zip"]).to_string();
    assert!(report.contains("Pod/shop/gone"), "{report}");
}

#[test]
fn a_cluster_that_does_not_answer_costs_nothing_of_it_and_resuming_keeps_it() {
    let made = sound();
    // Nobody listens where somebody did.
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let ran = made.collect_by(&request::kubeconfig(made.folder.path(), port, "default"), 90, &[]);
    let said = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.code() == Some(3) && said.contains("ended early"), "{said}");
    assert!(made.outcome("pods").bytes > 0);
    assert_eq!(made.pods("a.zip", 130), made.pods("recording", 130));
    let histories = |archive: &Archive| {
        let of_history = archive.entries().filter(|entry| entry.starts_with("history/"));
        of_history.map(|entry| (entry.to_owned(), archive.read(entry, u64::MAX).expect("an entry"))).collect::<Vec<_>>()
    };
    let before = histories(&made.archive());
    fs::remove_dir_all(made.path("recording")).expect("a folder");
    let server = ApiServer::start();
    let kubeconfig = server.kubeconfig(made.folder.path()).display().to_string();
    let resumed = tool(made.folder.path(), &["collect", "--resume", "a.zip", "--kubeconfig", &kubeconfig, "--no-look"]);
    let again = Archive::open(&made.path("a-resumed.zip")).unwrap_or_else(|error| panic!("{error}: {resumed:?}"));
    assert!(before.len() == 3 && histories(&again) == before, "{before:?}");
}

#[test]
fn an_archive_and_the_folder_tell_the_same_changes_alone_and_together() {
    let made = sound();
    made.collect(90, &[]);
    let of_folder = made.changes(&["recording"]);
    assert!(
        of_folder.iter().any(|change| change.contains("ResourceQuota") && change.contains("was deleted")),
        "{of_folder:?}"
    );
    assert!(of_folder.len() >= 2, "{of_folder:?}");
    assert_eq!(made.changes(&["a.zip"]), of_folder);
    assert_eq!(made.changes(&["recording", "a.zip"]), of_folder);
}

#[test]
fn what_cannot_be_read_is_named_and_is_a_gap_and_so_is_what_was_not_written() {
    let made = Made::new();
    made.segment(
        (0, 300),
        &[("pods", &[(0, "SYNC", "old", pod("old", "Running")), (0, "SYNC", "api", pod("api", "Running"))])],
    );
    fs::write(made.path("recording").join(layout::sealed_segment(&made.name(300))), "PK\x03\x04 cut").expect("a file");
    let all: &[Line] = &[(600, "SYNC", "api", pod("api", "Failed")), (650, "ADDED", "web", pod("web", "Running"))];
    made.segment((600, 900), &[("pods", all)]);
    // The recorder writes a line just now.
    let open =
        made.path("recording").join(layout::open_segment(&made.name(600))).join("history/namespaces/shop/pods.jsonl");
    let whole = fs::read_to_string(&open).expect("a file");
    fs::write(&open, format!("{whole}{{\"at\":\"20")).expect("a file");
    made.collect(30, &[]);
    let damaged = made.outcome(&made.name(300));
    assert!(damaged.status == Status::Failed && damaged.why.contains("cannot be read"), "{damaged:?}");
    let pods = made.outcome("pods");
    assert!(pods.status == Status::Truncated && pods.why.contains(&made.name(300)), "{pods:?}");
    assert!(pods.why.contains("the recording ends there") && !pods.why.contains("lines tell nothing"), "{pods:?}");
    let lines = made.archive().read("history/namespaces/shop/pods.jsonl", u64::MAX).expect("an entry");
    let lines = String::from_utf8(lines).expect("text");
    let gone = lines.lines().find(|line| line.contains("DELETED")).unwrap_or_else(|| panic!("nothing went: {lines}"));
    assert!(gone.contains("\"old\"") && gone.contains(&made.at(300)) && gone.contains(&made.at(600)), "{gone}");
    assert_eq!(made.pods("a.zip", 700), BTreeSet::from(["api Failed".to_owned(), "web Running".to_owned()]));
    let (_, said) = made.show("a.zip", &["pods", "--at", &made.at(450)]);
    assert!(said.contains("nothing was seen of it"), "{said}");
}

#[test]
fn a_folder_that_tells_nothing_of_this_cluster_is_said_to() {
    let made = sound();
    for segment in fs::read_dir(made.path("recording")).expect("a folder").flatten() {
        let path = segment.path().join("meta/archive.json");
        let header = fs::read_to_string(&path).expect("a header").replace("cluster-1", "cluster-2");
        fs::write(path, header).expect("a file");
    }
    made.collect(90, &[]);
    let whole = made.outcome("recording");
    assert!(whole.status == Status::Absent && whole.why.contains("of another cluster"), "{whole:?}");
    made.collect(90, &["--recording", "nowhere"]);
    let whole = made.outcome("recording");
    assert!(whole.status == Status::Failed && whole.why.contains("nowhere cannot be looked into"), "{whole:?}");
    made.collect(90, &["--recording", ""]);
    assert!(made.archive().outcomes().iter().all(|one| one.source != "record"), "nothing was asked for");
}

#[test]
fn a_younger_recording_says_when_it_begins_and_one_namespace_has_its_own_alone() {
    let made = sound();
    let path = Path::new("recording").join(layout::open_segment(&made.name(300))).join("history/namespaces/bank");
    fs::create_dir_all(made.path("").join(&path)).expect("a folder");
    let line = made.line(&(310, "SYNC", "vault", pod("vault", "Running")));
    fs::write(made.path("").join(path).join("pods.jsonl"), line).expect("a file");
    made.collect(-600, &["-n", "shop"]);
    let pods = made.outcome("pods");
    assert!(pods.status == Status::Truncated && pods.from == Some(made.begin), "{pods:?}");
    assert!(pods.why.contains(&format!("the recording begins at {}", made.at(0))), "{pods:?}");
    let (_, said) = made.show("a.zip", &["pods", "--at", &made.at(-100)]);
    assert!(said.contains(&format!("the recording begins at {}", made.at(0))), "{said}");
    let entries: Vec<String> = made.archive().entries().map(str::to_owned).collect();
    assert!(entries.iter().any(|entry| entry == "history/namespaces/shop/pods.jsonl"), "{entries:?}");
    assert!(!entries.iter().any(|entry| entry.contains("bank")), "{entries:?}");
}
