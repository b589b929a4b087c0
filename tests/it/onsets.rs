//! What nobody logs: it is told from records that bracket it, and only where nothing else explains them.

use crate::fixture;
use crate::made::header;
use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::analysis;
use k8s_forensics::archive::{Archive, layout};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

/// An archive of an hour, from `header().from` on; times are seconds since then.
#[derive(Default)]
pub struct Made {
    pub entries: BTreeMap<String, String>,
    events: Vec<Value>,
    pub pods: Vec<Value>,
    /// Entries that came whole, and when they were asked for.
    whole: Vec<(String, i64)>,
}

fn at(seconds: i64) -> DateTime<Utc> {
    header().from + TimeDelta::seconds(seconds)
}

pub fn written(seconds: i64) -> String {
    at(seconds).format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Seconds from one to another, so many apart.
fn every(step: i64, from: i64, to: i64) -> Vec<i64> {
    (from..=to).filter(|second| (second - from) % step == 0).collect()
}

impl Made {
    /// A journal of node-1 with a line at each of these times.
    fn journal(self, unit: &str, times: &[i64], text: &str) -> Self {
        self.journal_of("node-1", unit, times, text)
    }

    fn journal_of(mut self, node: &str, unit: &str, times: &[i64], text: &str) -> Self {
        let line = |second: &i64| format!("{}.000001 {node} {unit}[7]: {text}\n", at(*second).format("%b %d %H:%M:%S"));
        let entry = self.entries.entry(format!("nodes/{node}/journal/{unit}.log")).or_default();
        let mut lines: Vec<String> = entry.lines().map(|line| format!("{line}\n")).collect();
        lines.extend(times.iter().map(line));
        lines.sort();
        *entry = lines.concat();
        self
    }

    fn log(mut self, pod: &str, times: &[i64]) -> Self {
        let line = |second: &i64| format!("{} working\n", at(*second).format("%Y-%m-%dT%H:%M:%S.000000001Z"));
        let entry = format!("logs/shop/{pod}/app/current.log");
        self.entries.insert(entry.clone(), times.iter().map(line).collect());
        self.whole(&entry, 3000)
    }

    /// It came whole, and was asked for then.
    fn whole(mut self, entry: &str, asked: i64) -> Self {
        self.whole.push((entry.to_owned(), asked));
        self
    }

    pub fn event(mut self, reason: &str, about: [&str; 2], (second, count): (i64, u64), message: &str) -> Self {
        let number = self.events.len();
        let namespace = if about[0] == "Node" { "" } else { "shop" };
        let of_container = ["Killing", "Started", "Unhealthy"].contains(&reason);
        let (component, path) = if of_container { ("kubelet", "spec.containers{app}") } else { ("a-controller", "") };
        self.events.push(json!({
            "metadata": {"name": format!("e.{number}"), "namespace": "shop", "uid": format!("e-{number}")},
            "involvedObject": {"kind": about[0], "name": about[1], "namespace": namespace, "fieldPath": path},
            "reason": reason, "message": message, "type": "Normal", "count": count, "source": {"component": component},
            "firstTimestamp": written(second), "lastTimestamp": written(second + 60 * i64::try_from(count - 1).expect("few")),
        }));
        self
    }

    /// A pod of a ReplicaSet on node-1, of which `status` is beside its conditions.
    fn pod(mut self, name: &str, owner: &str, scheduled: i64, status: Value) -> Self {
        let mut status = status;
        status["conditions"] =
            json!([{"type": "PodScheduled", "status": "True", "lastTransitionTime": written(scheduled)}]);
        self.pods.push(json!({
            "metadata": {"name": name, "namespace": "shop", "uid": format!("u-{name}"), "creationTimestamp": written(scheduled),
                "ownerReferences": [{"kind": "ReplicaSet", "name": owner, "controller": true}]},
            "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]},
            "status": status,
        }));
        self
    }

    /// The signals of this name: subject, how many seconds after the beginning it was at the earliest and as recorded,
    /// and the second of its end.
    pub fn told(&self, name: &str) -> Vec<(String, i64, i64, Option<i64>)> {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |entry: &str, text: &str| {
            let path = folder.path().join(entry);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        };
        let lines = |all: &[Value]| all.iter().map(|one| format!("{one}\n")).collect::<String>();
        self.entries.iter().for_each(|(entry, text)| write(entry, text));
        write("objects/namespaces/shop/events.jsonl", &lines(&self.events));
        write("objects/namespaces/shop/pods.jsonl", &lines(&self.pods));
        let outcome = |(entry, asked): &(String, i64)| {
            json!({"source": "journals", "subject": entry, "status": "collected", "entry": entry, "bytes": 1,
                "at": written(*asked), "took_ms": 0})
        };
        write("meta/outcomes.jsonl", &lines(&self.whole.iter().map(outcome).collect::<Vec<_>>()));
        write(layout::ARCHIVE, &serde_json::to_string(&header()).expect("a header"));
        let archive = Archive::open(folder.path()).expect("an archive");
        let analyzed = analysis::analyze(&archive, fixture::knowledge(), 2).expect("an analysis");
        let since = |time: DateTime<Utc>| (time - header().from).num_seconds();
        let of = |signal: &&k8s_forensics::signals::Signal| signal.name == name;
        let told = |signal: &k8s_forensics::signals::Signal| {
            let may_cite_one = ["HPAFlapping", "NoReadyEndpoints"].contains(&name);
            assert!(signal.evidence.len() >= 2 || may_cite_one, "{signal:?} cites both");
            let earliest = signal.from.time - TimeDelta::milliseconds(i64::from(signal.from.earlier_ms));
            let end = match signal.end {
                k8s_forensics::model::End::At(end) => Some(since(end)),
                _ => None,
            };
            (signal.subject.to_string(), since(earliest), since(signal.from.time), end)
        };
        analyzed.signals.iter().filter(of).map(told).collect()
    }
}

const NODE: [&str; 2] = ["Node", "node-1"];
const NOT_READY: &str = "Node node-1 status is now: NodeNotReady";
const QUIET: &str = "I1121 07:00:00.000000       7 kubelet.go:1] \"a line\"";

fn stopped(from: i64, to: i64, end: Option<i64>) -> Vec<(String, i64, i64, Option<i64>)> {
    vec![("Node/node-1".to_owned(), from, to, end)]
}

/// Its kubelet wrote every five seconds, but for the time between.
fn node(silent_from: i64, silent_to: i64) -> Made {
    let times = [every(5, 0, silent_from), every(5, silent_to, 1800)].concat();
    Made::default().journal("kubelet", &times, QUIET).journal("containerd", &every(60, 0, silent_from), "level=info")
}

#[test]
fn a_node_stopped_between_its_last_line_and_what_others_noticed() {
    let marked = node(600, 900).event("NodeNotReady", NODE, (650, 1), NOT_READY);
    assert_eq!(marked.told("NodeStopped"), stopped(600, 650, Some(900)));
    let rebooted = node(600, 640).event("Rebooted", NODE, (645, 1), "Node node-1 has been rebooted, boot id: 3d8c");
    assert_eq!(rebooted.told("NodeStopped"), stopped(600, 640, Some(640)));
    // Nothing of it came later, and its journals were asked for later.
    let gone = node(600, 10_000).event("NodeNotReady", NODE, (650, 1), NOT_READY);
    let asked = ["kubelet", "containerd"].map(|unit| format!("nodes/node-1/journal/{unit}.log"));
    let whole = asked.iter().fold(gone, |made, entry| made.whole(entry, 3000));
    assert_eq!(whole.told("NodeStopped"), stopped(600, 650, None));
}

#[test]
fn a_node_that_wrote_on_or_is_always_quiet_did_not_stop() {
    let none: Vec<(String, i64, i64, Option<i64>)> = Vec::new();
    let marked = |made: Made| made.event("NodeNotReady", NODE, (650, 1), NOT_READY).told("NodeStopped");
    assert_eq!(marked(node(600, 605)), none, "its kubelet wrote all along");
    assert_eq!(marked(node(600, 651)), none, "it says so itself");
    assert_eq!(marked(node(640, 900)), none, "it was marked before anybody could have missed it");
    let quiet = Made::default().journal("kubelet", &every(200, 0, 600), QUIET);
    let quiet = (0..10).fold(quiet, |made, _| made.journal("kubelet", &every(200, 0, 600), QUIET));
    assert_eq!(marked(quiet.journal("kubelet", &every(200, 860, 1800), QUIET)), none, "it paused as long before");
    let other = node(600, 900).journal("containerd", &every(20, 600, 900), "level=info");
    assert_eq!(marked(other), none, "its runtime wrote on");
    let running = json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 0,
        "state": {"running": {"startedAt": written(10)}}}]});
    let log = node(600, 900).pod("api-0", "api", 5, running).log("api-0", &every(10, 10, 1500));
    assert_eq!(marked(log), none, "a container on it wrote on");
    assert_eq!(marked(node(600, 10_000)), none, "nobody knows whether its journals came whole");
    assert_eq!(node(600, 900).told("NodeStopped"), none, "nobody missed it");
    assert_eq!(marked(Made::default()), none, "there are no journals of it");
}

const DOWN: &str =
    "E1121 07:00:00.000000       7 kubelet.go:2452] \"Skipping pod synchronization\" err=\"container runtime is down\"";
const DEADLINE: &str = "E1121 07:00:00.000000       7 log.go:32] \"Version from runtime service failed\" err=\"rpc error: code = DeadlineExceeded desc = context deadline exceeded\"";
const PLEG: &str = "E1121 07:00:00.000000       7 kubelet.go:2452] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m2.37s ago; threshold is 3m0s\"";

#[test]
fn a_runtime_stopped_between_its_last_line_and_the_first_call_without_an_answer() {
    let silent = || {
        let runtime = [every(10, 0, 600), every(10, 900, 1800)].concat();
        Made::default().journal("kubelet", &every(5, 0, 1800), QUIET).journal("containerd", &runtime, "level=info")
    };
    let told = |made: Made| made.told("ContainerRuntimeStopped");
    let found = told(silent().journal("kubelet", &[720], DEADLINE).journal("kubelet", &[740], DOWN));
    assert_eq!(found, stopped(600, 720, Some(900)));
    assert_eq!(told(silent().journal("kubelet", &[800], PLEG)), stopped(600, 800, Some(900)));
    assert_eq!(told(silent().journal("kubelet", &[720], DEADLINE)), [], "a single call that was too slow");
    let busy = Made::default().journal("kubelet", &every(5, 0, 1800), QUIET);
    let busy = busy.journal("containerd", &every(10, 0, 1800), "level=info").journal("kubelet", &[740], DOWN);
    assert_eq!(told(busy), [], "it wrote on");
    let whole = node(600, 900).event("NodeNotReady", NODE, (650, 1), NOT_READY).journal("kubelet", &[900], DOWN);
    assert_eq!(told(whole), [], "the node as a whole stood still");
}

fn running(started: i64) -> Value {
    json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 0,
        "state": {"running": {"startedAt": written(started)}}}]})
}

#[test]
fn a_program_that_wrote_steadily_fell_silent() {
    let silent = |made: Made| made.told("ContainerFellSilent");
    let pods = || Made::default().pod("a-1", "a", 5, running(10)).pod("a-2", "a", 5, running(10));
    let fell = || vec![("Pod/shop/a-1".to_owned(), 1800, 1800, None)];
    assert_eq!(silent(pods().log("a-1", &every(10, 10, 1800)).log("a-2", &every(10, 10, 2995))), fell());
    // Where it has no other, any on its node shows that lines arrive.
    let alone = || Made::default().pod("a-1", "a", 5, running(10)).pod("b-1", "b", 5, running(10));
    assert_eq!(silent(alone().log("a-1", &every(10, 10, 1800)).log("b-1", &every(10, 10, 2995))), fell());
    let none: Vec<(String, i64, i64, Option<i64>)> = Vec::new();
    let start: Vec<i64> = every(1, 10, 100);
    assert_eq!(silent(pods().log("a-1", &start).log("a-2", &every(10, 10, 2995))), none, "it wrote as it started");
    assert_eq!(
        silent(pods().log("a-1", &every(10, 10, 1800)).log("a-2", &every(10, 10, 1800))),
        none,
        "none writes on"
    );
    assert_eq!(silent(pods().log("a-1", &every(100, 10, 1800)).log("a-2", &every(10, 10, 2995))), none, "its pauses");
    let again = Made::default().pod("a-1", "a", 5, running(1900)).pod("a-2", "a", 5, running(10));
    assert_eq!(silent(again.log("a-1", &every(10, 10, 1800)).log("a-2", &every(10, 10, 2995))), none, "another life");
}

#[test]
fn a_pod_had_not_started_long_after_a_node_took_it() {
    let late = |made: Made| made.told("ContainerCreating");
    let pod = |status: Value| Made::default().pod("a-1", "a", 100, status);
    let waiting = json!({"phase": "Pending", "containerStatuses": [{"name": "app", "restartCount": 0,
        "state": {"waiting": {"reason": "ContainerCreating"}}}]});
    let told = |end| vec![("Pod/shop/a-1".to_owned(), 100, 100, end)];
    assert_eq!(
        late(pod(waiting.clone()).event("Scheduled", ["Pod", "a-1"], (100, 1), "Successfully assigned")),
        told(None)
    );
    let started =
        pod(running(400)).event("Scheduled", ["Pod", "a-1"], (100, 1), "Successfully assigned shop/a-1 to node-1");
    assert_eq!(late(started), told(Some(400)));
    assert_eq!(late(pod(running(150))), [], "it took less than a minute");
    let gone =
        || Made::default().event("Scheduled", ["Pod", "a-1"], (100, 1), "Successfully assigned shop/a-1 to node-1");
    let then = gone().event("Started", ["Pod", "a-1"], (400, 1), "Started container app");
    assert_eq!(late(then), told(Some(400)), "of one that is gone its events tell");
    let ended = gone().event("Killing", ["Pod", "a-1"], (400, 1), "Stopping container app");
    assert_eq!(late(ended), [], "whether it had started no record says");
    // The runs of a container that ended often are not its first.
    let again = json!({"phase": "Pending", "initContainerStatuses": [{"name": "wait", "restartCount": 9,
        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "startedAt": written(700), "finishedAt": written(701)}}}],
        "containerStatuses": [{"name": "app", "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}]});
    assert_eq!(late(pod(again)), [], "its first start is not known");
    let refused = json!({"phase": "Failed", "reason": "Evicted", "message": "The node had condition: [DiskPressure]."});
    let mut made = pod(refused);
    made.pods[0]["status"]["conditions"] = json!([
        {"type": "PodScheduled", "status": "True", "lastTransitionTime": written(100)},
        {"type": "Ready", "status": "False", "lastTransitionTime": written(101)}]);
    assert_eq!(late(made), [], "the node refused it");
}

#[test]
fn what_stands_beside_a_job_outlived_it() {
    let told = |code: i64, owner: &str, beside: Value| {
        let mut made = Made::default().pod(
            "a-1",
            "a",
            100,
            json!({"phase": "Running", "containerStatuses": [
            {"name": "app", "restartCount": 0, "state": {"terminated":
                {"exitCode": code, "reason": "Completed", "startedAt": written(110), "finishedAt": written(200)}}},
            {"name": "proxy", "restartCount": 0, "state": beside}]}),
        );
        made.pods[0]["metadata"]["ownerReferences"] =
            json!([{"apiVersion": "batch/v1", "kind": owner, "name": "a", "uid": "1", "controller": true}]);
        made.told("SidecarOutlivesJob")
    };
    let runs = || json!({"running": {"startedAt": written(105)}});
    let ended = json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": written(105), "finishedAt": written(210)}});
    assert_eq!(told(0, "Job", runs()), [("Pod/shop/a-1".to_owned(), 200, 200, None)]);
    assert_eq!(told(1, "Job", runs()), [], "what was to be done failed");
    assert_eq!(told(0, "ReplicaSet", runs()), [], "its pods are not to end");
    assert_eq!(told(0, "Job", ended), [], "it ended too");
}

fn restarted(at: i64) -> Value {
    json!({"phase": "Running", "containerStatuses": [{"name": "app", "restartCount": 1,
        "state": {"running": {"startedAt": written(at)}},
        "lastState": {"terminated": {"exitCode": 255, "reason": "Unknown", "startedAt": written(5), "finishedAt": written(at - 10)}}}]})
}

#[test]
fn containers_of_several_workloads_on_a_node_restarted_together() {
    let wave = |times: &[(&str, i64)]| {
        let pods = times.iter().enumerate();
        pods.fold(Made::default(), |made, (number, (owner, at))| {
            made.pod(&format!("{owner}-{number}"), owner, 5, restarted(*at))
        })
        .told("RestartWave")
    };
    let told = |from, to| vec![("Node/node-1".to_owned(), from, from, Some(to))];
    assert_eq!(wave(&[("a", 600), ("b", 605), ("c", 610), ("d", 640)]), told(600, 640));
    assert_eq!(wave(&[("z", 100), ("a", 600), ("a", 601), ("b", 605), ("c", 610), ("d", 640)]), told(600, 640));
    assert_eq!(wave(&[("a", 600), ("b", 605), ("c", 610)]), [], "of three");
    assert_eq!(wave(&[("a", 600), ("a", 605), ("a", 610), ("a", 611)]), [], "of one");
    assert_eq!(wave(&[("a", 600), ("b", 700), ("c", 800), ("d", 900)]), [], "one after the other");
}

#[test]
fn pods_of_one_controller_came_and_went_again_and_again() {
    let churn = |pods: i64, step: i64| {
        let failed = json!({"phase": "Failed", "reason": "Evicted"});
        let made = (0..pods).fold(Made::default(), |made, number| {
            let mut made = made.pod(&format!("a-{number}"), "a", 100 + step * number, failed.clone());
            let at = written(101 + step * number);
            let conditions =
                made.pods.last_mut().expect("a pod")["status"]["conditions"].as_array_mut().expect("a list");
            conditions.push(json!({"type": "Ready", "status": "False", "lastTransitionTime": at}));
            made
        });
        made.told("PodsComeAndGo")
    };
    let told = || vec![("ReplicaSet/shop/a".to_owned(), 100, 100, None)];
    assert_eq!(churn(12, 2), told());
    assert_eq!(churn(30, 50), told());
    assert_eq!(churn(9, 2), [], "a few");
    assert_eq!(churn(12, 200), [], "in the course of an hour");
}

#[test]
fn what_turns_back_and_forth_flaps() {
    let node = |count: u64| {
        let made = Made::default().event("NodeNotReady", NODE, (600, count), NOT_READY);
        made.event("NodeReady", NODE, (630, count), "Node node-1 status is now: NodeReady").told("NodeFlapping")
    };
    let told = |kind: &str, from| vec![(kind.to_owned(), from, from, None)];
    assert_eq!(node(5), told("Node/node-1", 600));
    assert_eq!(node(1), [], "once");
    let hpa = ["HorizontalPodAutoscaler", "a"];
    let scaled = |up: u64, down: u64| {
        let made = Made::default().event(
            "SuccessfulRescale",
            hpa,
            (600, up),
            "New size: 6; reason: cpu resource utilization (percentage of request) above target",
        );
        made.event("SuccessfulRescale", hpa, (630, down), "New size: 2; reason: All metrics below target")
            .told("HPAFlapping")
    };
    assert_eq!(scaled(5, 5), told("HorizontalPodAutoscaler/shop/a", 600));
    assert_eq!(scaled(6, 1), [], "up, and once down");
}

/// Kubelets that had no answer at these times, each of its node.
fn unanswered(of: &[(&str, i64)]) -> Made {
    const ALL: [&str; 4] = ["node-1", "node-2", "node-3", "node-4"];
    let quiet =
        ALL.iter().fold(Made::default(), |made, node| made.journal_of(node, "kubelet", &every(60, 0, 1800), QUIET));
    of.iter().fold(quiet, |made, (node, second)| {
        let text = format!(
            "E1121 07:00:00.000000       7 kubelet_node_status.go:549] \"Error updating node status, will retry\" err=\"error \
             getting node \\\"{node}\\\": Get \\\"https://10.0.0.1:6443/api/v1/nodes/{node}?timeout=10s\\\": context deadline exceeded\""
        );
        made.journal_of(node, "kubelet", &[*second], &text)
    })
}

#[test]
fn what_most_kubelets_met_at_once_was_the_api_server_or_the_way_to_it() {
    let told = |made: Made| {
        made.told("APIServerUnreachable(everywhere)").into_iter().map(|one| (one.0, one.2)).collect::<Vec<_>>()
    };
    let met = told(unanswered(&[("node-1", 605), ("node-2", 610), ("node-3", 640)]));
    assert_eq!(met, [("Process/kube-apiserver".to_owned(), 605)]);
    assert_eq!(told(unanswered(&[("node-1", 605), ("node-2", 610)])), [], "two of four had one");
    assert_eq!(told(unanswered(&[("node-1", 605), ("node-2", 705), ("node-3", 805)])), [], "one after the other");
}

#[test]
fn what_pods_of_several_nodes_met_at_once_was_the_host_that_they_name() {
    let failed = |made: Made, pod: &str, second: i64, host: &str| {
        let text = format!(
            "Failed to pull image \"{host}/a:1\": failed to do request: Head \"https://{host}/v2/a/manifests/1\": dial tcp 192.0.2.7:443: i/o timeout"
        );
        made.event("Failed", ["Pod", pod], (second, 1), &text)
    };
    let two = |second: i64, host: &str| {
        let first = failed(Made::default(), "a-1", 600, "registry.example.com");
        failed(first, "b-1", second, host)
    };
    let told = |made: Made| made.told("HostUnreachable").into_iter().map(|one| one.0).collect::<Vec<_>>();
    assert_eq!(told(two(660, "registry.example.com")), ["Host/registry.example.com"]);
    assert_eq!(told(two(660, "ghcr.io")), [""; 0], "two hosts");
    assert_eq!(told(two(1500, "registry.example.com")), [""; 0], "at two times");
}
