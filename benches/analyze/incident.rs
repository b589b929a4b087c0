//! An incident made to cascade: cells of four nodes and eight workloads, in each of which memory runs out on one node,
//! another goes silent, probes fail, a Service loses its endpoints and the one that calls it too, and a rollout cannot
//! pull its image. Pods that leave one cell arrive on a node of another, so that all of it hangs together. A cell has
//! 500 events and about 100 signals.

use crate::made::{Entry, at, container_id, time, uid};
use crate::objects::{self, Node, Pod, State};
use chrono::SecondsFormat;
use k8s_forensics::archive::{Content, layout};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Events of a cell.
const OF_CELL: usize = 500;
/// Seconds from one cell's trouble to the next one's, where a larger incident takes longer.
const STEP: usize = 60;
/// Seconds from the first cell's trouble to the last one's, where it does not.
const SPAN: usize = 1800;
/// When the first begins, in seconds after the window's begin.
const FIRST: i64 = 4000;
const NODES: usize = 4;
const WORKLOADS: usize = 8;
const REPLICAS: usize = 3;
/// Pods that leave a node arrive where memory runs out so many seconds after the trouble began where they left.
const MOVED: usize = 360;

/// The texts of an archive, by path.
#[derive(Default)]
struct Texts(BTreeMap<String, String>);

impl Texts {
    fn line(&mut self, path: String, line: &str) {
        let text = self.0.entry(path).or_default();
        text.push_str(line);
        text.push('\n');
    }

    fn object(&mut self, namespace: Option<&str>, plural: &str, line: &str) {
        self.line(layout::objects(namespace, plural), line);
    }
}

/// Whose workloads the cells' pods are of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Workloads {
    /// Each cell has a namespace with workloads of its own.
    Many,
    /// All cells are of the same eight, whose Services have as many pods as the incident makes, and all of it happens
    /// in half an hour.
    Few,
}

/// Entries with about `events` events, in whole cells.
pub fn entries(events: usize, workloads: Workloads) -> Vec<Entry<'static>> {
    let cells = events.div_ceil(OF_CELL).max(1);
    let mut texts = Texts::default();
    for number in 0..cells {
        Cell::new(number, cells, workloads).tell(&mut texts);
    }
    let of_log = |path: &str| if path.ends_with(".log") { Content::Log } else { Content::Json };
    texts.0.into_iter().map(|(path, text)| Entry::of(path.clone(), of_log(&path), text)).collect()
}

struct Cell {
    number: usize,
    /// The cell where pods arrive that leave this one.
    arrival: usize,
    /// The number of the first cell with the same workloads.
    team: usize,
    namespace: String,
    /// When its trouble begins.
    begin: i64,
    nodes: Vec<Node>,
    pods: Vec<Pod>,
    /// Events written so far.
    events: usize,
}

impl Cell {
    fn new(number: usize, cells: usize, workloads: Workloads) -> Self {
        let (team, step) = match workloads {
            Workloads::Many => (number, STEP as f64),
            Workloads::Few => (0, SPAN as f64 / cells as f64),
        };
        let namespace = format!("team-{team:03}");
        let nodes: Vec<Node> = (0..NODES).map(|node| Node::new(node_name(number, node))).collect();
        let begin = FIRST + (number as f64 * step) as i64;
        let arrival = (number + (MOVED as f64 / step).ceil() as usize) % cells;
        let mut pods = Vec::new();
        for workload in 0..WORKLOADS {
            for replica in 0..REPLICAS {
                let identity = (number * 64 + workload * 8 + replica) as u64;
                let node = node_name(number, (workload + replica) % NODES);
                pods.push(Pod::new(&namespace, workload, identity, (node, begin - 3000)));
            }
        }
        Self { number, arrival, team, namespace, begin, nodes, pods, events: 0 }
    }

    fn tell(mut self, texts: &mut Texts) {
        self.memory(texts);
        self.silence(texts);
        self.probes(texts);
        self.service(texts);
        self.rollout(texts);
        self.jobs(texts);
        self.objects(texts);
    }

    fn seconds(&self, offset: i64) -> i64 {
        self.begin + offset
    }

    /// The pods on a node of this cell, by their place in `pods`.
    fn on(&self, node: usize) -> Vec<usize> {
        let name = node_name(self.number, node);
        let pods = self.pods.iter().enumerate().filter(|(_, pod)| pod.node.as_deref() == Some(name.as_str()));
        pods.map(|(place, _)| place).collect()
    }

    fn event(&mut self, texts: &mut Texts, offset: i64, about: &About<'_>, (reason, message): (&str, &str)) {
        self.events += 1;
        let number = self.number * 100_000 + self.events;
        let About { kind, namespace, name, uid, host, container } = about;
        let field = container.map(|name| format!("\"fieldPath\":\"spec.containers{{{name}}}\",")).unwrap_or_default();
        let place = if namespace.is_empty() { "default" } else { namespace };
        let about = format!(
            "\"involvedObject\":{{\"kind\":\"{kind}\",{field}\"namespace\":\"{namespace}\",\"name\":\"{name}\",\"uid\":\"{uid}\"}}"
        );
        let stamp = time(self.seconds(offset));
        let exact = at(self.seconds(offset)).to_rfc3339_opts(SecondsFormat::Micros, true);
        let times = match reason {
            "Scheduled" | "FailedScheduling" => {
                format!("\"firstTimestamp\":null,\"lastTimestamp\":null,\"eventTime\":\"{exact}\"")
            }
            _ => format!(
                "\"firstTimestamp\":\"{stamp}\",\"lastTimestamp\":\"{stamp}\",\"count\":1,\"eventTime\":null,\"source\":{{\"component\":\"kubelet\",\"host\":\"{host}\"}}"
            ),
        };
        let managed = format!(
            "\"managedFields\":[{{\"manager\":\"kubelet\",\"operation\":\"Update\",\"apiVersion\":\"v1\",\"time\":\"{stamp}\",\"fieldsType\":\"FieldsV1\",\"fieldsV1\":{{\"f:count\":{{}},\"f:involvedObject\":{{}},\"f:message\":{{}},\"f:reason\":{{}}}}}}]"
        );
        let line = format!(
            "{{\"metadata\":{{\"name\":\"{name}.{number:016x}\",\"namespace\":\"{place}\",\"uid\":\"{}\",\"creationTimestamp\":\"{stamp}\",{managed}}},{about},\"reason\":\"{reason}\",\"message\":{},{times},\"type\":\"Normal\"}}",
            crate::made::uid(number as u64 ^ 0xE0_0000_0000),
            serde_json::Value::from(message)
        );
        texts.object(Some(place), "events", &line);
    }

    fn of_pod(&mut self, texts: &mut Texts, offset: i64, pod: usize, event: (&str, &str)) {
        let Some(pod) = self.pods.get(pod) else { return };
        let (name, uid, host) = (pod.name.clone(), pod.uid.clone(), pod.node.clone().unwrap_or_default());
        let namespace = self.namespace.clone();
        let of_container = !matches!(event.0, "Evicted" | "Scheduled" | "FailedScheduling" | "TaintManagerEviction");
        let container = of_container.then_some("app");
        let about = About { kind: "Pod", namespace: &namespace, name: &name, uid: &uid, host: &host, container };
        self.event(texts, offset, &about, event);
    }

    fn of_node(&mut self, texts: &mut Texts, offset: i64, node: usize, event: (&str, &str)) {
        let name = node_name(self.number, node);
        let about = About { kind: "Node", namespace: "", name: &name, uid: &name, host: &name, container: None };
        self.event(texts, offset, &about, event);
    }

    fn journal(&self, texts: &mut Texts, offset: i64, (node, unit): (usize, &str), message: &str) {
        let (name, process) = (node_name(self.number, node), if unit == "kernel" { "" } else { "[914]" });
        let stamp = at(self.seconds(offset)).format("%b %d %H:%M:%S%.6f");
        let line = format!("{stamp} {name} {unit}{process}: {message}");
        texts.line(layout::journal(&name, unit), &line);
    }

    /// A pod of the same workload, made because another is going, and what is said of it until it runs.
    fn replacement(&mut self, texts: &mut Texts, offset: i64, of: usize, node: String) {
        let Some(old) = self.pods.get(of) else { return };
        let (workload, identity) = (old.workload, (self.number * 64 + self.pods.len()) as u64 ^ 0x55_0000);
        let pod = Pod::new(&self.namespace, workload, identity, (node.clone(), self.seconds(offset)));
        let (name, set, place) = (pod.name.clone(), pod.set.clone(), self.pods.len());
        self.pods.push(pod);
        let namespace = self.namespace.clone();
        let about =
            About { kind: "ReplicaSet", namespace: &namespace, name: &set, uid: &set, host: "", container: None };
        self.event(texts, offset, &about, ("SuccessfulCreate", &format!("Created pod: {name}")));
        let assigned = format!("Successfully assigned {namespace}/{name} to {node}");
        self.of_pod(texts, offset, place, ("Scheduled", &assigned));
        self.of_pod(texts, offset + 1, place, ("Pulled", "Container image registry.example/app:v1 already present"));
        self.of_pod(texts, offset + 1, place, ("Created", "Created container: app"));
        self.of_pod(texts, offset + 2, place, ("Started", "Started container app"));
    }

    /// Memory runs out on the first node: two pods are killed, two evicted, one finds no node, and it is cordoned.
    fn memory(&mut self, texts: &mut Texts) {
        let pods = self.on(0);
        for (turn, place) in pods.iter().take(2).enumerate() {
            let offset = 2 * turn as i64;
            let Some(pod) = self.pods.get_mut(*place) else { continue };
            let (uid, container) = (pod.uid.clone(), container_id(pod.identity));
            pod.state = State::Restarted { reason: "OOMKilled", exit_code: 137, at: self.begin + offset };
            let of_pod = format!("/kubepods/burstable/pod{uid}/{container}");
            let kill = format!(
                "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={container},mems_allowed=0,oom_memcg=/kubepods,task_memcg={of_pod},task=app,pid=4711,uid=0"
            );
            self.journal(texts, offset, (0, "kernel"), &kill);
            for again in 0..6 {
                let back_off = "Back-off restarting failed container app in pod";
                self.of_pod(texts, offset + 5 + 12 * again, *place, ("BackOff", back_off));
            }
            self.of_pod(texts, offset + 90, *place, ("Started", "Started container app"));
        }
        self.of_node(texts, 5, 0, ("EvictionThresholdMet", "Attempting to reclaim memory"));
        self.of_node(texts, 6, 0, ("NodeHasInsufficientMemory", "Node status is now: NodeHasInsufficientMemory"));
        for place in pods.iter().skip(2).take(2) {
            let message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 57028Ki. Container app was using 1516156Ki, request is 0, has larger consumption of memory. ";
            self.of_pod(texts, 8, *place, ("Evicted", message));
            self.of_pod(texts, 8, *place, ("Killing", "Stopping container app"));
            if let Some(pod) = self.pods.get_mut(*place) {
                pod.state = State::Evicted { at: self.begin + 8 };
            }
            self.replacement(texts, 9, *place, node_name(self.number, 3));
        }
        self.of_node(texts, 60, 0, ("NodeNotSchedulable", "Node status is now: NodeNotSchedulable"));
        self.of_node(texts, 320, 0, ("NodeHasSufficientMemory", "Node status is now: NodeHasSufficientMemory"));
        self.of_node(texts, 400, 0, ("NodeSchedulable", "Node status is now: NodeSchedulable"));
        // The scheduler counts every such node against each of them: few, lest there be a link for each pair.
        if self.team == self.number || self.number.is_multiple_of(8) {
            self.pending(texts);
        }
    }

    fn pending(&mut self, texts: &mut Texts) {
        let identity = self.number as u64 ^ 0x99_0000;
        let mut pod = Pod::new(&self.namespace, 1, identity, (String::new(), self.begin + 20));
        (pod.node, pod.state) = (None, State::Pending);
        self.pods.push(pod);
        let message = "0/4 nodes are available: 1 node(s) had untolerated taint {node.kubernetes.io/memory-pressure: }, 1 node(s) had untolerated taint {node.kubernetes.io/unreachable: }, 1 node(s) were unschedulable. preemption: 0/4 nodes are available.";
        for again in 0..4 {
            self.of_pod(texts, 20 + 60 * again, self.pods.len() - 1, ("FailedScheduling", message));
        }
    }

    /// The second node goes silent and is booted; its pods are deleted and made anew elsewhere.
    fn silence(&mut self, texts: &mut Texts) {
        let lease = "E1121 controller.go:195] \"Failed to update lease\" err=\"context deadline exceeded\"";
        let pleg = "E1121 kubelet.go:2412] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m2.37s ago; threshold is 3m0s\"";
        self.journal(texts, 20, (1, "kubelet"), pleg);
        self.journal(texts, 25, (1, "kubelet"), lease);
        self.of_node(texts, 30, 1, ("NodeNotReady", "Node status is now: NodeNotReady"));
        let elsewhere = node_name(self.arrival, 0);
        for place in self.on(1) {
            let deletion = "Marking for deletion Pod";
            self.of_pod(texts, 31, place, ("NodeNotReady", "Node is not ready"));
            self.of_pod(texts, 330, place, ("TaintManagerEviction", deletion));
            if let Some(pod) = self.pods.get_mut(place) {
                pod.state = State::Gone;
            }
            self.replacement(texts, 332, place, elsewhere.clone());
        }
        self.of_node(texts, 420, 1, ("Starting", "Starting kubelet."));
        self.of_node(texts, 421, 1, ("Rebooted", "Node has been rebooted, boot id: 3d8c"));
        self.of_node(texts, 422, 1, ("NodeReady", "Node status is now: NodeReady"));
        self.of_node(texts, 425, 1, ("RegisteredNode", "Node event: Registered Node in Controller"));
    }

    /// On the other two nodes liveness probes fail, and containers are started again and again.
    fn probes(&mut self, texts: &mut Texts) {
        let pods: Vec<usize> = self.on(2).into_iter().chain(self.on(3)).collect();
        for (turn, place) in pods.into_iter().filter(|place| *place < 5 * REPLICAS).take(9).enumerate() {
            let offset = 40 + 3 * turn as i64;
            for again in 0..4 {
                let readiness = "Readiness probe failed: HTTP probe failed with statuscode: 503";
                let liveness = "Liveness probe failed: HTTP probe failed with statuscode: 500";
                self.of_pod(texts, offset + 10 * again, place, ("Unhealthy", readiness));
                self.of_pod(texts, offset + 1 + 10 * again, place, ("Unhealthy", liveness));
            }
            let killing = "Container app failed liveness probe, will be restarted";
            self.of_pod(texts, offset + 32, place, ("Killing", killing));
            for again in 0..5 {
                let back_off = "Back-off restarting failed container app in pod";
                self.of_pod(texts, offset + 40 + 15 * again, place, ("BackOff", back_off));
            }
            self.of_pod(texts, offset + 130, place, ("Started", "Started container app"));
            if let Some(pod) = self.pods.get_mut(place) {
                pod.state = State::Restarted { reason: "Error", exit_code: 137, at: self.begin + offset + 34 };
            }
        }
    }

    /// All pods of a workload fail their probes, then those of the one that calls it.
    fn service(&mut self, texts: &mut Texts) {
        for (workload, begin) in [(5, 60), (6, 70), (7, 80)] {
            let called = objects::address(self.team, workload - 1);
            let message =
                format!("Readiness probe failed: nc: can't connect to remote host ({called}): Connection refused");
            for place in workload * REPLICAS..(workload + 1) * REPLICAS {
                for again in 0..4 {
                    self.of_pod(texts, begin + 10 * again, place, ("Unhealthy", &message));
                }
                let ready = self.begin + 300;
                self.pods.get_mut(place).into_iter().for_each(|pod| pod.ready = ready);
            }
        }
    }

    /// A rollout whose image is not there.
    fn rollout(&mut self, texts: &mut Texts) {
        let (namespace, name) = (self.namespace.clone(), objects::workload(0));
        let set = format!("{name}-{}", objects::NEW_TEMPLATE);
        let about =
            About { kind: "Deployment", namespace: &namespace, name: &name, uid: &name, host: "", container: None };
        let message = format!("Scaled up replica set {set} from 0 to 2");
        self.event(texts, 100, &about, ("ScalingReplicaSet", &message));
        for turn in 0..2 {
            let (node, identity) = (node_name(self.number, 2 + turn), (self.number * 2 + turn) as u64 ^ 0x77_0000);
            let mut pod = Pod::new(&namespace, 0, identity, (node.clone(), self.seconds(101)));
            let place = self.pods.len();
            let assigned = format!("Successfully assigned {namespace}/{} to {node}", pod.name);
            (pod.set, pod.state) = (set.clone(), State::NoImage);
            self.pods.push(pod);
            self.of_pod(texts, 101, place, ("Scheduled", &assigned));
            for again in 0..5 {
                let offset = 102 + 40 * again;
                let failed = "Failed to pull image \"registry.example/app:v2\": rpc error: code = NotFound";
                self.of_pod(texts, offset, place, ("Pulling", "Pulling image \"registry.example/app:v2\""));
                self.of_pod(texts, offset + 1, place, ("Failed", failed));
                self.of_pod(texts, offset + 1, place, ("Failed", "Error: ErrImagePull"));
                let back_off = "Back-off pulling image \"registry.example/app:v2\"";
                self.of_pod(texts, offset + 12, place, ("BackOff", back_off));
            }
        }
    }

    /// What goes on as always, until the cell has its events.
    fn jobs(&mut self, texts: &mut Texts) {
        let namespace = self.namespace.clone();
        for turn in 0.. {
            let (name, node) = (format!("report-{turn:04}-{:05x}", self.number), node_name(self.number, 3));
            let id = uid((self.number * 1000 + turn) as u64 ^ 0x33_0000_0000);
            for (reason, message) in [
                ("Pulled", "Container image registry.example/report:v7 already present on machine"),
                ("Created", "Created container: report"),
                ("Started", "Started container report"),
            ] {
                if self.events >= OF_CELL {
                    return;
                }
                let about = About {
                    kind: "Pod",
                    namespace: &namespace,
                    name: &name,
                    uid: &id,
                    host: &node,
                    container: Some("report"),
                };
                self.event(texts, 5 * turn as i64 - 200, &about, (reason, message));
            }
        }
    }

    fn objects(&self, texts: &mut Texts) {
        let namespace = Some(self.namespace.as_str());
        for pod in self.pods.iter().filter(|pod| !matches!(pod.state, State::Gone)) {
            texts.object(namespace, "pods", &pod.object());
        }
        for node in &self.nodes {
            texts.object(None, "nodes", &node.object());
        }
        if self.team != self.number {
            return;
        }
        for workload in 0..WORKLOADS {
            texts.object(namespace, "services", &objects::service(&self.namespace, self.number, workload));
            for (plural, object) in objects::controllers(&self.namespace, workload, self.seconds(700)) {
                texts.object(namespace, plural, &object);
            }
        }
    }
}

struct About<'a> {
    kind: &'a str,
    namespace: &'a str,
    name: &'a str,
    uid: &'a str,
    host: &'a str,
    container: Option<&'a str>,
}

fn node_name(cell: usize, node: usize) -> String {
    let mut name = String::new();
    let _ = write!(name, "node-{cell:03}-{node}");
    name
}
