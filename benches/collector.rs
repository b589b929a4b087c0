//! What `collect` needs for a cluster of any size: a made-up API server, and the program run against it as a child.
//!
//!     cargo bench --bench collector -- --nodes 200 --pods 10000 --events 20000
//!     cargo bench --bench collector -- --nodes 5000 --pods 100000 --events 200000 [--skip describes,pod-logs]
//!
//! Prints peak memory (`VmHWM`), processor and wall time of the child. `--program PATH` runs
//! another build of it; what is none of these goes to `collect` as it is. The server makes every object when it is asked for it and keeps none; it honours pages, speaks
//! HTTP/1.1 with a thread for each connection, and knows nothing of watches or writes. Linux only.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Pods of one namespace.
const OF_NAMESPACE: usize = 100;
/// The clock ticks in a second of `/proc/PID/stat`: 100 on every Linux that Rust runs on.
const TICKS: f64 = 100.0;

fn main() {
    let (cluster, program, rest) = arguments();
    let cluster = Arc::new(cluster);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let server = cluster.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let server = server.clone();
            std::thread::spawn(move || server.serve(stream));
        }
    });
    let home = tempfile::tempdir().expect("a folder");
    let (kubeconfig, out) = (home.path().join("kubeconfig"), home.path().join("made-up.zip"));
    let text = format!(
        "{{apiVersion: v1, kind: Config, current-context: made-up, contexts: [{{name: made-up, context: {{cluster: c, \
         user: u}}}}], clusters: [{{name: c, cluster: {{server: \"http://{address}\"}}}}], users: [{{name: u, user: \
         {{token: none}}}}]}}"
    );
    fs::write(&kubeconfig, text).expect("room for it");
    let mut command = Command::new(program);
    command.args(["collect", "--deadline", "1h", "-o"]).arg(&out).args(rest);
    command.env("KUBECONFIG", &kubeconfig).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let (peak, processor, code) = watch(command.spawn().expect("the program"));
    let size = fs::metadata(&out).map_or(0, |file| file.len());
    println!("{} nodes, {} pods, {} events: exit code {code:?}", cluster.nodes, cluster.pods, cluster.events);
    println!(
        "peak {:.0} MB, processor {processor:.1} s, wall {:.1} s",
        peak as f64 / 1e3,
        begun.elapsed().as_secs_f64()
    );
    println!(
        "{} requests, at most {} answered at a time, archive {:.1} MB",
        cluster.asked.load(Ordering::Relaxed),
        cluster.most.load(Ordering::Relaxed),
        size as f64 / 1e6
    );
}

/// The cluster that was asked for, the program to run, and what is for `collect`.
fn arguments() -> (Cluster, String, Vec<String>) {
    let mut cluster = Cluster::default();
    let mut program = env!("CARGO_BIN_EXE_k8s-forensics").to_owned();
    let mut rest = Vec::new();
    // Cargo adds --bench.
    let mut args = std::env::args().skip(1).filter(|arg| arg != "--bench");
    while let Some(arg) = args.next() {
        let number = match arg.as_str() {
            "--nodes" => &mut cluster.nodes,
            "--pods" => &mut cluster.pods,
            "--events" => &mut cluster.events,
            "--program" => {
                program = args.next().expect("a path after --program");
                continue;
            }
            _ => {
                rest.push(arg);
                continue;
            }
        };
        *number =
            args.next().and_then(|number| number.parse().ok()).expect("a number after --nodes, --pods or --events");
    }
    (cluster, program, rest)
}

/// The child's peak memory in kB, its processor time in seconds, and how it ended.
fn watch(mut child: Child) -> (u64, f64, Option<i32>) {
    let (mut peak, mut processor) = (0, 0.0);
    loop {
        let read = |file: &str| fs::read_to_string(format!("/proc/{}/{file}", child.id())).unwrap_or_default();
        let status = read("status");
        let high =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = high.unwrap_or(peak);
        // After the name in brackets come the fields from the third on; the 14th and 15th are the times.
        let stat = read("stat");
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11).take(2));
        let ticks: f64 = fields.into_iter().flatten().filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        processor = f64::max(processor, ticks / TICKS);
        if let Some(status) = child.try_wait().expect("a child") {
            return (peak, processor, status.code());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A cluster that is made up as it is asked for.
struct Cluster {
    nodes: usize,
    pods: usize,
    events: usize,
    now: DateTime<Utc>,
    asked: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

impl Default for Cluster {
    fn default() -> Self {
        let none = AtomicUsize::default;
        Self {
            nodes: 200,
            pods: 10_000,
            events: 20_000,
            now: Utc::now(),
            asked: none(),
            under_way: none(),
            most: none(),
        }
    }
}

/// The first line of the next request, whose body is passed over.
fn head(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut first, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        match (line.is_empty(), &first) {
            (true, _) => break,
            (false, None) => first = Some(line.to_owned()),
            (false, Some(_)) => {
                let header = line.to_ascii_lowercase();
                length = header.strip_prefix("content-length: ").and_then(|it| it.parse().ok()).unwrap_or(length);
            }
        }
    }
    std::io::copy(&mut reader.by_ref().take(length), &mut std::io::sink()).ok()?;
    first
}

impl Cluster {
    fn serve(&self, stream: TcpStream) {
        let Ok(mut writer) = stream.try_clone() else { return };
        let mut reader = BufReader::new(stream);
        let mut body = String::new();
        while let Some(request) = head(&mut reader) {
            self.asked.fetch_add(1, Ordering::Relaxed);
            self.most.fetch_max(self.under_way.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            body.clear();
            let code = self.answer(request.split(' ').nth(1).unwrap_or_default(), &mut body);
            let date = Utc::now().format("%a, %d %b %Y %H:%M:%S GMT");
            let head = format!("HTTP/1.1 {code} X\r\nDate: {date}\r\nContent-Length: {}\r\n\r\n", body.len());
            let sent = writer.write_all(head.as_bytes()).and_then(|()| writer.write_all(body.as_bytes()));
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            // A client that has gone away needs no answer.
            if sent.is_err() {
                return;
            }
        }
    }

    /// Writes the answer to a request, and gives its code.
    fn answer(&self, path: &str, body: &mut String) -> u16 {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let below = path.split_once("/proxy/").map(|(_, below)| below);
        match (path, below) {
            ("/version", _) => body.push_str(r#"{"gitVersion":"v1.34.4"}"#),
            ("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", _) => {
                body.push_str(r#"{"status":{"allowed":true}}"#);
            }
            ("/api/v1/namespaces/kube-system", _) => body.push_str(r#"{"metadata":{"uid":"made-up"}}"#),
            ("/api/v1/nodes", _) => self.page(body, query, self.nodes, |body, at| self.node(body, at)),
            ("/api/v1/pods", _) => self.page(body, query, self.pods, |body, at| self.pod(body, at)),
            ("/api/v1/events" | "/apis/events.k8s.io/v1/events", _) => {
                self.page(body, query, self.events, |body, at| self.event(body, at));
            }
            ("/apis/coordination.k8s.io/v1/leases", _) => {
                self.page(body, query, self.nodes, |body, at| self.lease(body, at));
            }
            (_, Some("healthz")) => body.push_str("ok"),
            (_, Some("logs/")) if query.contains("query=kubelet") => self.journal(body),
            (_, Some("logs/")) => body.push_str("log not found for x\n"),
            (_, Some("logs/journal/")) => return 404,
            (_, Some("configz")) => body.push_str(r#"{"kubeletconfig":{"maxPods":110}}"#),
            (_, Some("stats/summary")) => body.push_str(r#"{"node":{"nodeName":"x"},"pods":[]}"#),
            (_, Some("runningpods/")) => body.push_str(r#"{"kind":"PodList","items":[]}"#),
            (_, Some(below)) if below.starts_with("metrics") => metrics(body),
            ("/metrics", _) => metrics(body),
            _ if path.ends_with("/log") => self.log(body),
            ("/livez" | "/readyz", _) => body.push_str("[+]ping ok\n"),
            ("/api", _) => body.push_str(r#"{"versions":["v1"]}"#),
            ("/apis", _) => body.push_str(r#"{"groups":[]}"#),
            ("/api/v1/secrets" | "/api/v1/configmaps", _) => {
                body.push_str(r#"{"kind":"PartialObjectMetadataList","metadata":{},"items":[]}"#);
            }
            _ if path.starts_with("/debug/") => body.push_str("PriorityLevelName, ActiveQueues\nsystem, 0\n"),
            _ => body.push_str(r#"{"kind":"List","apiVersion":"v1","metadata":{},"items":[]}"#),
        }
        200
    }

    /// The page of a list of `all` objects that `query` asks for.
    fn page(&self, body: &mut String, query: &str, all: usize, object: impl Fn(&mut String, usize)) {
        let number = |name: &str| {
            let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
            value.and_then(|value| value.parse::<usize>().ok())
        };
        let from = number("continue").unwrap_or(0).min(all);
        let to = all.min(from + number("limit").unwrap_or(all));
        let next = if to < all { to.to_string() } else { String::new() };
        let _ = write!(body, r#"{{"kind":"List","apiVersion":"v1","metadata":{{"continue":"{next}"}},"items":["#);
        for at in from..to {
            if at > from {
                body.push(',');
            }
            object(body, at);
        }
        body.push_str("]}");
    }

    fn time(&self, ago: i64) -> String {
        (self.now - TimeDelta::seconds(ago)).to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    fn node(&self, body: &mut String, at: usize) {
        let _ = write!(
            body,
            r#"{{"metadata":{{"name":"node-{at:05}","uid":"node-{at}","labels":{{"kubernetes.io/hostname":"node-{at:05}"}},"#
        );
        managed(body, 20);
        let beat = self.time(5);
        let _ = write!(
            body,
            r#"}},"spec":{{}},"status":{{"capacity":{{"cpu":"8","memory":"32Gi","pods":"110"}},"allocatable":{{"cpu":"8","memory":"32Gi","pods":"110"}},"conditions":[{{"type":"Ready","status":"True","reason":"KubeletReady","lastHeartbeatTime":"{beat}"}}],"images":["#
        );
        for image in 0..30 {
            let comma = if image > 0 { "," } else { "" };
            let _ =
                write!(body, r#"{comma}{{"names":["registry.example/team/image-{image}:v1.{at}"],"sizeBytes":{at}}}"#);
        }
        body.push_str("]}}");
    }

    fn pod(&self, body: &mut String, at: usize) {
        let (namespace, node) = (at / OF_NAMESPACE, at % self.nodes.max(1));
        let began = self.time(3600);
        let _ = write!(
            body,
            r#"{{"metadata":{{"name":"api-{at:06}","namespace":"ns-{namespace:05}","uid":"pod-{at}","creationTimestamp":"{began}","labels":{{"app":"api","pod-template-hash":"6d4cf56db6"}},"#
        );
        managed(body, 24);
        let _ = write!(
            body,
            r#"}},"spec":{{"nodeName":"node-{node:05}","containers":[{{"name":"app","image":"registry.example/team/api:v1","env":["#
        );
        for name in 0..20 {
            let comma = if name > 0 { "," } else { "" };
            let _ = write!(body, r#"{comma}{{"name":"SETTING_{name}","value":"value-{at}-{name}"}}"#);
        }
        let _ = write!(
            body,
            r#"],"resources":{{"limits":{{"memory":"256Mi"}}}}}}]}},"status":{{"phase":"Running","podIP":"10.1.2.3","startTime":"{began}","conditions":[{{"type":"Ready","status":"True","lastTransitionTime":"{began}"}}],"containerStatuses":[{{"name":"app","ready":true,"restartCount":0,"containerID":"containerd://{at:064x}","image":"registry.example/team/api:v1","state":{{"running":{{"startedAt":"{began}"}}}},"lastState":{{}}}}]}}}}"#
        );
    }

    fn event(&self, body: &mut String, at: usize) {
        // Spread over all pods, in order of namespace.
        let pod = at * self.pods.max(1) / self.events.max(1);
        let (namespace, seen) = (pod / OF_NAMESPACE, self.time(600));
        let _ = write!(
            body,
            r#"{{"metadata":{{"name":"api-{pod:06}.{at:08x}","namespace":"ns-{namespace:05}","uid":"event-{at}","#
        );
        managed(body, 6);
        let _ = write!(
            body,
            r#"}},"involvedObject":{{"kind":"Pod","namespace":"ns-{namespace:05}","name":"api-{pod:06}","uid":"pod-{pod}"}},"reason":"Pulled","message":"Container image registry.example/team/api:v1 already present on machine, number {at}","type":"Normal","count":1,"firstTimestamp":"{seen}","lastTimestamp":"{seen}"}}"#
        );
    }

    fn lease(&self, body: &mut String, at: usize) {
        let renewed = self.now.to_rfc3339_opts(SecondsFormat::Micros, true);
        let _ = write!(
            body,
            r#"{{"metadata":{{"name":"node-{at:05}","namespace":"kube-node-lease"}},"spec":{{"renewTime":"{renewed}"}}}}"#
        );
    }

    /// A few kB, as the kubelet hands out a container's log.
    fn log(&self, body: &mut String) {
        for line in 0..40 {
            let _ = writeln!(body, "{} GET /api/v1/things/{line} 200 in 12 ms, as always", self.time(400 - line));
        }
    }

    fn journal(&self, body: &mut String) {
        for line in 0..40 {
            let time = (self.now - TimeDelta::seconds(400 - line)).format("%b %d %H:%M:%S%.6f");
            let _ = writeln!(body, "{time} node kubelet[914]: I1121 kubelet.go:2410] \"SyncLoop\" number={line}");
        }
    }
}

/// `managedFields` of so many fields: about half of the bytes of what is stored in a cluster.
fn managed(body: &mut String, fields: usize) {
    body.push_str(r#""managedFields":[{"manager":"kubelet","operation":"Update","apiVersion":"v1","fieldsV1":{"#);
    for field in 0..fields {
        let comma = if field > 0 { "," } else { "" };
        let _ = write!(body, r#"{comma}"f:field-number-{field}":{{".":{{}},"f:name":{{}},"f:value":{{}}}}"#);
    }
    body.push_str("}}]");
}

fn metrics(body: &mut String) {
    body.push_str("# HELP made_up x\n# TYPE made_up counter\n");
    for series in 0..60 {
        let _ = writeln!(body, "made_up{{series=\"{series}\"}} {series}");
    }
}
