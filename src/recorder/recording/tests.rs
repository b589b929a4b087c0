//! A recording without a cluster: what was heard is read back from the archives that were written.

use super::super::follow::Scope;
use super::super::kinds::{self, Kind};
use super::super::perishing::{Judge, Order, WAITING};
use super::super::segment::seal_segment;
use super::*;
use crate::archive::format::Status;
use crate::archive::history::History;
use crate::archive::{Archive, layout};
use crate::sources::wire::api::Problem;
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::mpsc;

fn kind(plural: &str) -> &'static Kind {
    kinds::ALL.iter().find(|kind| kind.full_name() == plural).expect("a kind")
}

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + second, 0).expect("a time")
}

struct Made {
    folder: TempDir,
    recording: Recording,
    /// Logs that it asks for.
    asked: mpsc::Receiver<Order>,
    steady: Instant,
}

const PODS: usize = 0;
const EVENTS: usize = 1;
const NODES: usize = 2;

impl Made {
    fn new() -> Self {
        Self::of(&["pods", "events", "nodes"])
    }

    fn of(kinds: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let frame = Frame {
            root: folder.path().to_owned(),
            cluster: ClusterId::default(),
            clocks: Vec::new(),
            options: BTreeMap::new(),
            bounds: Bounds { keep: TimeDelta::hours(24), max_size: 1 << 20 },
            redactor: Redactor::anonymous().expect("the built-in rules"),
        };
        let of = |plural: &&str| {
            Watched::new(Scope { kind: kind(plural), namespace: None }, at(0), "the recording begins here")
        };
        let all: Vec<Watched> = kinds.iter().map(of).collect();
        let steady = Instant::now();
        let (orders, asked) = mpsc::channel(WAITING);
        let perishing = Perishing::new(Judge::for_tests(), orders);
        let mut recording = Recording::new(frame, (all, perishing), at(0), steady);
        recording.rotate(at(0)).expect("a segment");
        Self { folder, recording, asked, steady }
    }

    fn root(&self) -> &Path {
        self.folder.path()
    }

    fn hear(&mut self, second: i64, scope: usize, news: News) {
        self.recording.take(Message { scope, news }, at(second));
    }

    fn list(&mut self, second: i64, scope: usize, objects: &[Value]) {
        self.hear(second, scope, News::ListBegins);
        for object in objects {
            self.hear(second, scope, News::Listed(raw(object.to_string()).expect("JSON")));
        }
        self.hear(second, scope, News::ListEnds);
    }

    fn change(&mut self, second: i64, scope: usize, how: How, object: &Value) {
        self.hear(second, scope, News::Changed(how, raw(object.to_string()).expect("JSON")));
    }

    fn tick(&mut self, second: i64) -> bool {
        let passed = Duration::from_secs(u64::try_from(second).expect("later"));
        self.recording.tick(at(second), self.steady + passed)
    }

    /// The archive that is being written.
    fn open(&self) -> Archive {
        let folder = self.root().join(layout::open_segment(self.recording.current()));
        Archive::open(&folder).expect("an archive at any moment")
    }
}

fn pod(name: &str, revision: u32, phase: &str) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": revision.to_string()},
        "spec": {"containers": [{"name": "app", "image": "shop:1"}]}, "status": {"phase": phase}})
}

fn event(name: &str, revision: u32) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"), "resourceVersion": revision.to_string()},
        "reason": "Killing", "message": "Stopping container app"})
}

/// The lines of an entry: what each tells, and whether it is whole.
fn lines(archive: &Archive, entry: &str) -> Vec<String> {
    let mut all = Vec::new();
    let read = archive.lines(entry, |_, line| {
        let line: Value = serde_json::from_slice(line).expect("JSON");
        let form = ["object", "patch", "why"].into_iter().find(|name| line.get(*name).is_some()).unwrap_or("alone");
        let since = if line.get("from").is_some() { " since" } else { "" };
        all.push(format!("{} {form}{since}", line["type"].as_str().expect("a type")));
        true
    });
    read.expect("an entry");
    all
}

/// The phase of each pod at a time, by the archive.
fn phases(archive: &Archive, second: i64) -> Vec<String> {
    let text = archive.read(&layout::history(Some("shop"), "pods"), u64::MAX).expect("an entry");
    let history = History::at(at(second), text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
    let told = |pod: &Value| {
        Some(format!("{} {}", pod.pointer("/metadata/name")?.as_str()?, pod.pointer("/status/phase")?.as_str()?))
    };
    history.objects().filter_map(|(_, pod)| told(pod)).collect()
}

#[test]
fn versions_are_written_as_they_come_and_read_back_at_any_time() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Pending")]);
    made.change(5, PODS, How::Modified, &pod("api", 2, "Running"));
    made.change(6, PODS, How::Added, &pod("web", 3, "Pending"));
    made.change(9, PODS, How::Deleted, &pod("api", 4, "Failed"));
    made.change(9, PODS, How::Modified, &pod("web", 3, "Pending"));
    assert!(!made.tick(9));
    let archive = made.open();
    let entry = layout::history(Some("shop"), "pods");
    assert_eq!(
        lines(&archive, &entry),
        ["SYNC object", "GAP why since", "MODIFIED patch", "ADDED object", "DELETED patch"]
    );
    assert_eq!(phases(&archive, 4), ["api Pending"]);
    assert_eq!(phases(&archive, 8), ["api Running", "web Pending"]);
    assert_eq!(phases(&archive, 9), ["web Pending"]);
    assert_eq!(archive.header().expect("a header").to, at(9));
}

#[test]
fn each_segment_can_be_read_alone_and_sealed() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Pending")]);
    made.list(1, EVENTS, &[event("one", 2)]);
    made.list(1, NODES, &[]);
    made.change(2, PODS, How::Modified, &pod("api", 3, "Running"));
    let before = made.recording.rotate(at(300)).expect("a segment").expect("one before");
    made.change(301, PODS, How::Modified, &pod("api", 4, "Failed"));
    assert!(!made.tick(5));
    let second = made.open();
    assert_eq!(lines(&second, &layout::history(Some("shop"), "pods")), ["SYNC object", "MODIFIED patch"]);
    assert_eq!(phases(&second, 300), ["api Running"]);
    assert_eq!(second.bytes_of(&layout::history(Some("shop"), "events")), None, "events are not told again");
    let bytes = seal_segment(made.root(), &before).expect("a sealed segment");
    let path = made.root().join(layout::sealed_segment(&before));
    let first = Archive::open(&path).expect("an archive");
    assert_eq!(std::fs::metadata(&path).expect("a file").len(), bytes);
    assert!(crate::archive::verify::verify(&first, None, 1).is_sound());
    assert_eq!(lines(&first, &layout::history(Some("shop"), "events")), ["SYNC object", "GAP why since"]);
    let outcomes: Vec<_> = first.outcomes().into_iter().map(|one| (one.subject, one.status)).collect();
    let truncated = |subject: &str| (subject.to_owned(), Status::Truncated);
    let none = |subject: &str| (subject.to_owned(), Status::Empty);
    let [events, nodes, pods] = ["events", "nodes", "pods"].map(truncated);
    let [logs, readiness] = ["logs on trouble", "readiness of the API server"].map(none);
    let expected = [events, logs.clone(), nodes, pods, readiness.clone()];
    assert_eq!(outcomes, expected, "the first has the beginning");
    assert!(!made.root().join(layout::open_segment(&before)).exists());
    let of_second: Vec<_> = second.outcomes().into_iter().map(|one| (one.subject, one.status)).collect();
    let expected = [none("events"), logs, none("nodes"), ("pods".to_owned(), Status::Collected), readiness];
    assert_eq!(of_second, expected);
}

#[test]
fn usage_of_each_minute_is_a_version_and_no_cluster_needs_to_tell_it() {
    let usage = |name: &str, second: i64, cpu: &str| {
        json!({"metadata": {"name": name, "namespace": "shop", "creationTimestamp": at(second + 7).to_rfc3339()},
            "timestamp": at(second).to_rfc3339(), "window": "15s", "containers": [{"name": "app", "usage": {"cpu": cpu, "memory": "9Ki"}}]})
    };
    let mut made = Made::of(&["pods.metrics.k8s.io", "nodes.metrics.k8s.io"]);
    made.list(1, 0, &[usage("api", 0, "1m"), usage("web", 0, "2m")]);
    made.hear(1, 1, News::Lost(Problem::new(Status::Absent, "not found")));
    made.list(61, 0, &[usage("api", 60, "7m"), usage("web", 0, "2m")]);
    made.list(121, 0, &[usage("api", 120, "7m")]);
    // One that does not look at the clock for so long would have stood still.
    assert!(!(0..=122).any(|second| made.tick(second)));
    let archive = made.open();
    let entry = layout::history(Some("shop"), "pods.metrics.k8s.io");
    let told = lines(&archive, &entry);
    assert_eq!(
        told[2..],
        ["GAP why since", "MODIFIED patch", "MODIFIED patch", "DELETED alone"],
        "what is new of them"
    );
    let text = archive.read(&entry, u64::MAX).expect("an entry");
    let then = |second: i64| -> Vec<Value> {
        let history = History::at(at(second), text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()));
        history.objects().map(|(_, used)| used["containers"][0]["usage"]["cpu"].clone()).collect()
    };
    assert_eq!(
        (then(1), then(61), then(121)),
        (vec![json!("1m"), json!("2m")], vec![json!("7m"), json!("2m")], vec![json!("7m")])
    );
    let absent = archive.outcomes().into_iter().find(|one| one.subject == "nodes.metrics.k8s.io").expect("an outcome");
    assert_eq!((absent.status, absent.why.as_str()), (Status::Absent, "the cluster does not serve it"));
    assert_eq!(made.recording.vitals().scopes.len(), 1, "nor is it told of by metrics");
    made.hear(130, 0, News::Lost(Problem::new(Status::Unreachable, "no endpoints available")));
    let unseen = made.recording.vitals().scopes.remove(0).unseen.expect("it is not heard");
    assert!(unseen.is_refused, "the recorder is ready without it");
}

#[test]
fn what_changed_while_nothing_was_heard_is_told_with_the_gap() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Running"), pod("gone", 2, "Running"), pod("same", 3, "Running")]);
    made.hear(5, PODS, News::Lost(Problem::new(Status::Unreachable, "the answer broke off")));
    assert!(!made.tick(6));
    assert_eq!(
        made.open().outcomes().iter().find(|one| one.subject == "pods").map(|one| one.status),
        Some(Status::Unreachable)
    );
    made.list(8, PODS, &[pod("api", 7, "Failed"), pod("same", 3, "Running"), pod("new", 8, "Pending")]);
    assert!(!made.tick(9));
    let archive = made.open();
    let told = lines(&archive, &layout::history(Some("shop"), "pods"));
    let (mut first, after) = (told.clone(), told[4..].to_vec());
    first.truncate(4);
    first.sort();
    assert_eq!(first, ["GAP why since", "SYNC object", "SYNC object", "SYNC object"]);
    assert_eq!(after, ["MODIFIED patch since", "ADDED object since", "DELETED alone since", "GAP why since"]);
    let outcome = archive.outcomes().into_iter().find(|one| one.subject == "pods").expect("an outcome");
    assert!(outcome.why.contains(": the answer broke off"), "{}", outcome.why);
}

#[test]
fn another_run_tells_what_was_changed_and_what_went_since() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Running"), pod("gone", 2, "Running")]);
    made.list(1, EVENTS, &[event("one", 3)]);
    made.tick(2);
    let earlier = made.open();
    let mut later = Made::new();
    let header = earlier.header().expect("a header");
    later.recording.go_on(&earlier, &header);
    later.recording.rotate(at(60)).expect("a segment");
    later.list(61, PODS, &[pod("api", 9, "Failed")]);
    later.list(61, EVENTS, &[event("one", 3)]);
    assert!(!later.tick(5));
    let archive = later.open();
    assert_eq!(
        lines(&archive, &layout::history(Some("shop"), "pods"))[2..],
        ["MODIFIED patch since", "DELETED alone since", "GAP why since"]
    );
    assert_eq!(phases(&archive, 61), ["api Failed"]);
    assert_eq!(lines(&archive, &layout::history(Some("shop"), "events")), ["SYNC object", "GAP why since"]);
}

#[test]
fn a_clock_that_is_set_begins_another_segment() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Running")]);
    assert!(!made.tick(2));
    let passed = made.steady + Duration::from_secs(3);
    assert!(made.recording.tick(at(-3600), passed), "another segment is due");
    made.recording.rotate(at(-3600)).expect("a segment");
    assert!(made.recording.begun_at().is_some_and(|begun| begun == at(-3600)));
    assert_eq!(phases(&made.open(), -3600), ["api Running"]);
    let left = super::super::folder::seal_left(made.root(), made.recording.current());
    assert_eq!(left.problems, [""; 0]);
    let sealed = crate::archive::segments(made.root()).expect("a folder");
    let before = sealed.iter().find(|segment| segment.name.is_sealed).expect("the one before");
    let outcome = Archive::open(&before.path).expect("an archive").outcomes().remove(2);
    assert!(outcome.why.contains("was set back by 360"), "{}", outcome.why);
}

#[test]
fn what_cannot_be_written_is_a_gap_and_the_state_is_whole_after_it() {
    let mut made = Made::new();
    made.list(1, PODS, &[pod("api", 1, "Running")]);
    assert!(!made.tick(2));
    // A folder where a file is to be, as nothing keeps root from writing.
    let folder = made.root().join(layout::open_segment(made.recording.current()));
    let entry = folder.join(layout::history(Some("shop"), "pods"));
    std::fs::remove_file(&entry).expect("a file");
    std::fs::create_dir(&entry).expect("a folder");
    made.change(3, PODS, How::Modified, &pod("api", 2, "Failed"));
    assert!(made.tick(3), "another segment is due");
    assert!(made.recording.why_unwritten().is_some_and(|why| why.contains("pods.jsonl")));
    made.change(4, PODS, How::Modified, &pod("api", 3, "Succeeded"));
    made.recording.rotate(at(5)).expect("a segment");
    let archive = made.open();
    assert_eq!(lines(&archive, &layout::history(Some("shop"), "pods")), ["SYNC object", "GAP why since"]);
    assert_eq!(phases(&archive, 5), ["api Succeeded"]);
    assert!(made.recording.why_unwritten().is_none());
}

#[test]
fn segments_grow_longer_where_what_each_begins_with_is_much() {
    let bounds = Bounds { keep: TimeDelta::hours(24), max_size: 512_000_000 };
    let minutes = |packed: u64| bounds.length(TimeDelta::minutes(5), packed).num_minutes();
    // 24 hours in segments of 8 minutes are 180, with 1.4 MB each 256 MB: half of what may be kept.
    assert_eq!([0, 100_000, 1_422_000, u64::MAX].map(minutes), [5, 5, 7, 360]);
}

/// A pod whose container ended a second ago, and runs again.
fn crashed(second: i64) -> Value {
    let (started, finished) = (at(second - 20).to_rfc3339(), at(second - 1).to_rfc3339());
    let ended = json!({"exitCode": 1, "reason": "Error", "containerID": "containerd://1", "startedAt": started, "finishedAt": finished});
    json!({"metadata": {"name": "api", "namespace": "shop", "uid": "uid-api", "resourceVersion": second.to_string()},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
        "status": {"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 1, "containerID": "containerd://2",
            "state": {"running": {"startedAt": at(second).to_rfc3339()}}, "lastState": {"terminated": ended}}]}})
}

#[test]
fn a_log_that_was_asked_for_is_kept_without_credentials_and_goes_on_in_the_same_entry() {
    let mut made = Made::new();
    made.list(1, PODS, &[crashed(1)]);
    let order = made.asked.try_recv().expect("the log of the instance that ended");
    let entry = layout::pod_log("shop", "api", "app", layout::Instance::Previous);
    assert_eq!(order.what.entry(), entry);
    made.recording.log(order.answered("2026-11-18T11:06:40Z password=hunter2hunter2\n"), at(2));
    made.tick(3);
    let archive = made.open();
    let text = String::from_utf8(archive.read(&entry, u64::MAX).expect("an entry")).expect("text");
    assert!(text.starts_with("2026-11-18T11:06:40Z password=") && !text.contains("hunter2"), "{text}");
    let outcomes = archive.outcomes();
    let of = |subject: &str| outcomes.iter().find(|one| one.subject == subject).expect("an outcome");
    let log = of("Pod/shop/api container app, previous");
    assert_eq!(
        (log.source.as_str(), log.status, log.entry.as_deref()),
        ("pod-logs", Status::Collected, Some(entry.as_str()))
    );
    assert_eq!(log.why, "taken for ContainerTerminated");
    assert_eq!(of("logs on trouble").status, Status::Collected);
    let logs = made.recording.vitals().logs;
    assert_eq!(logs.taken, BTreeMap::from([("container", (1, text.len() as u64)), ("journal", (0, 0))]));
    assert_eq!(logs.left_out.len(), 22, "each counter is there from the beginning");
    made.change(4, PODS, How::Modified, &crashed(4));
    assert!(made.asked.try_recv().is_err(), "it is the same instance");
    let mut again = crashed(30);
    again["status"]["containerStatuses"][0]["lastState"]["terminated"]["containerID"] = json!("containerd://2");
    made.change(30, PODS, How::Modified, &again);
    let order = made.asked.try_recv().expect("the log of the next instance");
    made.recording.log(order.answered("2026-11-18T11:07:00Z the next\n"), at(31));
    made.recording.rotate(at(32)).expect("a segment");
    let sealed =
        seal_segment(made.root(), "segment-20261118T110640Z").map(|_| made.root().join("segment-20261118T110640Z.zip"));
    let archive = Archive::open(&sealed.expect("it is sealed")).expect("an archive");
    let text = String::from_utf8(archive.read(&entry, u64::MAX).expect("an entry")).expect("text");
    assert_eq!(text.lines().count(), 2, "{text}");
    made.tick(33);
    let outcomes = made.open().outcomes();
    let all = outcomes.iter().find(|one| one.subject == "logs on trouble").expect("an outcome");
    assert_eq!((all.status, all.why.as_str()), (Status::Empty, "no trouble was told"));
}
