//! What is asked for and what is left out, by what was seen, without anybody who is asked.

use super::*;
use crate::recorder::kinds;
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, channel};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000 + second, 0).expect("a time")
}

struct Made {
    perishing: Perishing,
    asked: Receiver<Order>,
    redactor: Redactor,
}

impl Made {
    fn new() -> Self {
        let (orders, asked) = channel(WAITING);
        let perishing = Perishing::new(Judge::for_tests(), orders);
        Self { perishing, asked, redactor: Redactor::anonymous().expect("the built-in rules") }
    }

    /// The orders that an object is reason for.
    fn see(&mut self, second: i64, plural: &str, object: &Value) -> Vec<Order> {
        let kind = kinds::ALL.iter().find(|kind| kind.plural == plural).expect("a kind");
        let seen = Seen { kind, object: &object.to_string(), at: at(second) };
        let known = pod("api", "c-1", &running(second), &json!({})).to_string();
        self.perishing.look(seen, |uid| (uid == "uid-api").then(|| known.clone()));
        std::iter::from_fn(|| self.asked.try_recv().ok()).collect()
    }

    fn only(&mut self, second: i64, plural: &str, object: &Value) -> Order {
        let mut orders = self.see(second, plural, object);
        assert_eq!(orders.len(), 1, "{orders:?}");
        orders.pop().expect("one")
    }

    fn came(&mut self, second: i64, fetched: Fetched) -> Option<String> {
        let kept = self.perishing.came(fetched, &self.redactor, true, at(second));
        kept.iter().for_each(|kept| self.perishing.wrote(kept, true));
        kept.map(|kept| String::from_utf8(kept.text).expect("text"))
    }

    /// The reasons for which logs of containers were left out, with how many, since the program began.
    fn left_out(&self) -> Vec<(&'static str, u64)> {
        let all = self.perishing.vitals().left_out.iter();
        all.filter(|((of, _), logs)| *of == "container" && **logs > 0).map(|((_, why), logs)| (*why, *logs)).collect()
    }

    fn told(&self, second: i64) -> (Status, String) {
        let all = self.perishing.outcomes(at(0), at(second)).pop().expect("that of all");
        (all.status, all.why)
    }
}

fn pod(name: &str, id: &str, state: &Value, last: &Value) -> Value {
    json!({"metadata": {"name": name, "namespace": "shop", "uid": format!("uid-{name}"),
        "ownerReferences": [{"kind": "ReplicaSet", "name": "api-1", "controller": true}]},
        "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]}, "status": {"phase": "Running",
        "containerStatuses": [{"name": "app", "restartCount": 1, "containerID": id, "state": state, "lastState": last}]}})
}

fn running(second: i64) -> Value {
    json!({"running": {"startedAt": at(second).to_rfc3339()}})
}

fn ended(id: &str, second: i64) -> Value {
    let (started, finished) = (at(second - 20).to_rfc3339(), at(second).to_rfc3339());
    json!({"terminated": {"exitCode": 1, "reason": "Error", "containerID": id, "startedAt": started, "finishedAt": finished}})
}

fn event(reason: &str, message: &str, second: i64) -> Value {
    json!({"metadata": {"name": "one", "namespace": "shop", "uid": "e"}, "type": "Warning", "reason": reason, "message": message,
        "involvedObject": {"kind": "Pod", "namespace": "shop", "name": "api", "uid": "uid-api", "fieldPath": "spec.containers{app}"},
        "firstTimestamp": at(second).to_rfc3339(), "lastTimestamp": at(second).to_rfc3339()})
}

const KILLING: &str = "Container app failed liveness probe, will be restarted";

#[test]
fn what_ends_while_it_is_asked_for_is_asked_for_again_from_where_that_ended() {
    let mut made = Made::new();
    let first = made.only(0, "events", &event("Killing", KILLING, 0));
    assert!(!first.what.has_ended());
    assert!(made.see(1, "pods", &pod("api", "c-2", &running(1), &ended("c-1", 1))).is_empty(), "it is under way");
    assert_eq!(made.told(1), (Status::Truncated, "1 log was asked for and not here yet".to_owned()));
    let kept = made.came(2, first.answered("2026-11-18T11:06:40Z a\n"));
    assert_eq!(kept.as_deref(), Some("2026-11-18T11:06:40Z a\n"));
    let then = made.asked.try_recv().expect("the rest of it");
    assert!(then.what.has_ended() && then.seam.at() == Some(at(0)), "{then:?}");
    assert!(made.came(3, then.answered("2026-11-18T11:06:41Z b\n")).is_some());
    assert!(made.see(4, "pods", &pod("api", "c-2", &running(1), &ended("c-1", 1))).is_empty(), "it is whole");
    assert_eq!(made.told(4), (Status::Collected, String::new()));
}

#[test]
fn what_the_bounds_leave_out_is_told_until_it_is_taken() {
    let mut made = Made::new();
    let crashed = |number: usize| {
        let mut pod = pod(&format!("api-{number}"), "now", &running(0), &ended(&format!("c-{number}"), 0));
        pod["spec"]["nodeName"] = json!(format!("node-{number}"));
        pod
    };
    let orders: Vec<Order> = (0..9).flat_map(|number| made.see(0, "pods", &crashed(number))).collect();
    assert_eq!(orders.len(), pace::OF_WORKLOAD);
    orders.into_iter().for_each(|order| _ = made.came(1, order.answered("2026-11-18T11:06:40Z a\n")));
    let left_out = "3 logs were left out: more than 6 of one workload or node within a minute";
    assert_eq!(made.told(1), (Status::Truncated, left_out.to_owned()));
    for number in 0..9 {
        for order in made.see(61, "pods", &crashed(number)) {
            let large = format!("2026-11-18T11:06:40Z {}\n", "x".repeat(3 << 20));
            made.came(62, order.answered(&large));
        }
    }
    assert_eq!(made.told(62), (Status::Truncated, "1 log was left out: more than 8 MiB in this archive".to_owned()));
    assert_eq!(made.left_out(), [("segment-bytes", 1), ("workload-rate", 3)], "though they came later");
    let (logs, bytes) = made.perishing.vitals().taken["container"];
    assert!(logs == 8 && (6 << 20..7 << 20).contains(&bytes), "{logs} logs of {bytes} bytes");
    made.perishing.begin_segment();
    assert_eq!(made.told(63), (Status::Empty, "no trouble was told".to_owned()));
    assert!(made.see(64, "pods", &crashed(8)).is_empty(), "it had not come, and is not asked for again at once");
    assert_eq!(made.see(100, "pods", &crashed(8)).len(), 1);
}

#[test]
fn who_may_not_or_does_not_answer_is_not_asked_again_and_again() {
    let mut made = Made::new();
    let crashed = |name: &str| pod(name, "now", &running(0), &ended(name, 0));
    let order = made.only(0, "pods", &crashed("a"));
    made.came(1, order.failed(Status::Timeout, "no answer within 5 s"));
    assert!(made.see(2, "pods", &crashed("b")).is_empty());
    assert_eq!(made.told(2).1, "1 log was left out: the kubelet of its node had just not answered");
    let order = made.only(40, "pods", &crashed("b"));
    made.came(41, order.failed(Status::Denied, "not allowed: get pods/log"));
    assert!(made.see(42, "pods", &crashed("c")).is_empty());
    made.perishing.begin_segment();
    assert_eq!(made.told(42), (Status::Empty, "no trouble was told".to_owned()));
    assert!(made.see(43, "pods", &crashed("c")).is_empty());
    assert_eq!(made.told(43), (Status::Denied, "not allowed: get pods/log".to_owned()));
    assert!(made.see(44, "pods", &crashed("c")).is_empty());
    let counted = [("denied", 3), ("silent-kubelet", 1), ("unanswered", 1)];
    assert_eq!(made.left_out(), counted, "of each segment once");
    assert_eq!(made.see(400, "pods", &crashed("c")).len(), 1, "somebody may have mended it");
}

#[test]
fn a_node_in_trouble_is_asked_for_its_journals() {
    let mut made = Made::new();
    let node = |status: &str, second: i64| {
        json!({"metadata": {"name": "node-1", "uid": "n", "creationTimestamp": at(-9_000).to_rfc3339()}, "spec": {}, "status": {
            "nodeInfo": {"containerRuntimeVersion": "containerd://2.0.0"}, "conditions": [{"type": "Ready", "status": status,
            "reason": "NodeStatusUnknown", "message": "Kubelet stopped posting node status.", "lastTransitionTime": at(second).to_rfc3339()}]}})
    };
    assert!(made.see(0, "nodes", &node("True", -9_000)).is_empty());
    let orders = made.see(10, "nodes", &node("Unknown", 10));
    let entries: Vec<String> = orders.iter().map(|order| order.what.entry()).collect();
    assert_eq!(entries, ["nodes/node-1/journal/kubelet.log", "nodes/node-1/journal/containerd.log"]);
    orders.into_iter().for_each(|order| _ = made.came(11, order.failed(Status::Unreachable, "no route")));
    assert!(made.see(70, "nodes", &node("Unknown", 10)).is_empty(), "not again so soon");
    assert_eq!(made.see(140, "nodes", &node("Unknown", 10)).len(), 2);
}

#[test]
fn another_run_takes_nothing_that_the_run_before_took() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = folder.path().join(layout::pod_log("shop", "api", "app", layout::Instance::Previous));
    std::fs::create_dir_all(log.parent().expect("a folder")).expect("a folder");
    std::fs::create_dir_all(folder.path().join("meta")).expect("a folder");
    std::fs::write(&log, format!("{} a\n", at(100).to_rfc3339())).expect("a file");
    let header = json!({"format": {"major": 1, "minor": 2}, "tool": "", "cluster": {}, "options": {}, "clocks": [],
        "from": at(90), "to": at(110), "started_at": at(90)});
    std::fs::write(folder.path().join(layout::ARCHIVE), header.to_string()).expect("a file");
    let archive = Archive::open(folder.path()).expect("an archive");
    let mut made = Made::new();
    made.perishing.go_on(&archive, &archive.header().expect("a header"));
    let crashed = |id: &str, second| pod("api", "now", &running(second), &ended(id, second));
    assert!(made.see(120, "pods", &crashed("c-1", 80)).is_empty(), "that was for the run before to take");
    let order = made.only(121, "pods", &crashed("c-2", 105));
    assert_eq!(order.seam.at(), Some(at(100)), "it goes on where that ended");
    let order = made.only(160, "pods", &crashed("c-3", 150));
    assert_eq!(order.seam.at(), None, "it began later");
}
