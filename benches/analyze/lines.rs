//! What programs of a cluster write, line by line, without the header that journal or runtime put before it.

use crate::made::{Random, container_id, uid};
use std::fmt::Write as _;

/// Whose lines they are.
#[derive(Clone, Copy)]
pub enum Form {
    Kubelet,
    Containerd,
    Kernel,
    /// JSON of zap, as etcd writes it.
    Json,
    Logfmt,
    /// An access log.
    Access,
    /// Logback's form.
    Plain,
}

/// Pods of a node that its logs speak of.
const PODS: usize = 60;
/// Of a thousand lines, so many are matched by rules, and so many are errors that no rule knows. Containerd, the access
/// log and Logback's have no line of a rule.
const MATCHED: u64 = 16;
const ERRORS: u64 = 10;

/// What a line is about.
struct Pod {
    name: String,
    uid: String,
    container: String,
}

/// Writes lines with names and numbers from pools, as a node that does the same all day.
pub struct Speaker {
    pub random: Random,
    pods: Vec<Pod>,
    victim: Pod,
}

/// The time of day, with microseconds.
pub fn clock(micros: u64) -> String {
    let (second, micro) = (micros / 1_000_000, micros % 1_000_000);
    format!("{:02}:{:02}:{:02}.{micro:06}", 3 + second / 3600, second / 60 % 60, second % 60)
}

impl Speaker {
    pub fn new(node: u64, salt: u64) -> Self {
        let pod = |pod: u64| {
            let number = node << 16 | pod;
            let name = format!("api-{:05x}-{:04x}", number % 7919, (number * 31) & 0xffff);
            Pod { name, uid: uid(number), container: container_id(number) }
        };
        let pods = (0..PODS as u64).map(pod).collect();
        Self { random: Random::new(node << 8 | salt), pods, victim: pod(PODS as u64) }
    }

    /// One line with its line break.
    pub fn line(&mut self, text: &mut String, form: Form, micros: u64) {
        let of_thousand = self.random.below(1000);
        let index = usize::try_from(self.random.below(PODS as u64)).expect("small");
        // Taken out while a line is written, for the random numbers are of the same speaker.
        let pod = self.pods.swap_remove(index);
        let say: fn(&mut Self, &mut String, (Form, u64), &Pod) = match of_thousand {
            ..MATCHED => Self::matched,
            known if known < MATCHED + ERRORS => Self::error,
            _ => Self::usual,
        };
        say(self, text, (form, micros), &pod);
        text.push('\n');
        self.pods.push(pod);
    }

    fn usual(&mut self, text: &mut String, (form, micros): (Form, u64), pod: &Pod) {
        match form {
            Form::Kubelet => self.kubelet(text, micros, pod),
            Form::Containerd => self.containerd(text, micros, pod),
            Form::Kernel => self.kernel(text),
            Form::Json => self.json(text, micros),
            Form::Logfmt => self.logfmt(text, micros, pod),
            Form::Access => self.access(text, micros),
            Form::Plain => self.plain(text, micros, pod),
        }
    }

    fn kubelet(&mut self, text: &mut String, micros: u64, pod: &Pod) {
        let Pod { name, uid, container } = pod;
        klog(text, 'I', micros);
        let _ = match self.random.below(8) {
            0 => write!(
                text,
                "kubelet.go:2569] \"SyncLoop (PLEG): event for pod\" pod=\"shop/{name}\" event={{\"ID\":\"{uid}\",\"Type\":\"ContainerStarted\",\"Data\":\"{container}\"}}"
            ),
            1 => write!(
                text,
                "kubelet.go:2634] \"SyncLoop (probe)\" probe=\"readiness\" status=\"ready\" pod=\"shop/{name}\""
            ),
            2 => write!(
                text,
                "reconciler_common.go:251] \"operationExecutor.VerifyControllerAttachedVolume started for volume \\\"kube-api-access-{}\\\" (UniqueName: \\\"kubernetes.io/projected/{uid}-kube-api-access-{}\\\") pod \\\"{name}\\\" (UID: \\\"{uid}\\\") \" pod=\"shop/{name}\"",
                &uid.get(..5).unwrap_or_default(),
                &uid.get(..5).unwrap_or_default()
            ),
            3 => write!(
                text,
                "generic.go:358] \"Generic (PLEG): container finished\" podID=\"{uid}\" containerID=\"{container}\" exitCode=0"
            ),
            4 => write!(
                text,
                "pod_startup_latency_tracker.go:104] \"Observed pod startup duration\" pod=\"shop/{name}\" podStartSLOduration={}.{:03} firstStartedPulling=\"0001-01-01 00:00:00 +0000 UTC\" lastFinishedPulling=\"0001-01-01 00:00:00 +0000 UTC\"",
                self.random.below(9),
                self.random.below(1000)
            ),
            5 => write!(
                text,
                "kubelet_volumes.go:163] \"Cleaned up orphaned pod volumes dir\" podUID=\"{uid}\" path=\"/var/lib/kubelet/pods/{uid}/volumes\""
            ),
            6 => write!(
                text,
                "prober.go:107] \"Probe failed\" probeType=\"Readiness\" pod=\"shop/{name}\" podUID=\"{uid}\" containerName=\"app\" probeResult=\"failure\" output=\"HTTP probe failed with statuscode: {}\"",
                500 + self.random.below(4)
            ),
            _ => write!(
                text,
                "kubelet.go:2537] \"SyncLoop UPDATE\" source=\"api\" pods=[\"shop/{name}\"] resourceVersion={}",
                4_100_000 + micros / 10_000
            ),
        };
    }

    fn containerd(&mut self, text: &mut String, micros: u64, pod: &Pod) {
        let Pod { name, uid, container } = pod;
        let _ = write!(text, "time=\"2026-11-21T{}417Z\" level=info msg=", clock(micros));
        let _ = match self.random.below(5) {
            0 => write!(text, "\"StartContainer for \\\"{container}\\\" returns successfully\""),
            1 => write!(text, "\"shim disconnected\" id={container} namespace=k8s.io"),
            2 => write!(text, "\"Container exec \\\"{container}\\\" stdin closed\""),
            3 => write!(
                text,
                "\"CreateContainer within sandbox \\\"{container}\\\" for container &ContainerMetadata{{Name:app,Attempt:{},}}\"",
                self.random.below(5)
            ),
            _ => write!(
                text,
                "\"RunPodSandbox for &PodSandboxMetadata{{Name:{name},Uid:{uid},Namespace:shop,Attempt:0,}} returns sandbox id \\\"{container}\\\"\""
            ),
        };
    }

    fn kernel(&mut self, text: &mut String) {
        let (port, device) = (self.random.below(60), self.random.below(4000));
        let _ = match self.random.below(4) {
            0 => write!(text, "eth0: renamed from veth{device:08x}"),
            1 => write!(text, "cni0: port {port}(veth{device:08x}) entered forwarding state"),
            2 => write!(text, "IPv6: ADDRCONF(NETDEV_CHANGE): veth{device:08x}: link becomes ready"),
            _ => write!(
                text,
                "audit: type=1400 audit(1795230000.{port:03}:{device}): apparmor=\"ALLOWED\" operation=\"open\" profile=\"cri-containerd.apparmor.d\" name=\"/proc/{device}/stat\" pid={device} comm=\"app\""
            ),
        };
    }

    fn json(&mut self, text: &mut String, micros: u64) {
        let _ = write!(text, "{{\"level\":\"info\",\"ts\":\"2026-11-21T{}Z\",", clock(micros));
        let _ = match self.random.below(4) {
            0 => write!(
                text,
                "\"caller\":\"mvcc/kvstore_compaction.go:69\",\"msg\":\"finished scheduled compaction\",\"compact-revision\":{},\"took\":\"{}ms\",\"hash\":{}}}",
                700_000 + micros / 1_000_000,
                self.random.below(90),
                self.random.below(1 << 32)
            ),
            1 => write!(
                text,
                "\"caller\":\"http/server.go:212\",\"msg\":\"request handled\",\"method\":\"GET\",\"path\":\"/api/v1/orders/{}\",\"status\":200,\"duration_ms\":{},\"errors\":0,\"trace_id\":\"{:016x}\",\"user_agent\":\"okhttp/4.12.0\"}}",
                self.random.below(5000),
                self.random.below(300),
                self.random.next()
            ),
            2 => write!(
                text,
                "\"caller\":\"queue/consumer.go:88\",\"msg\":\"message consumed\",\"topic\":\"orders\",\"partition\":{},\"offset\":{},\"lag\":{}}}",
                self.random.below(12),
                9_000_000 + micros / 1000,
                self.random.below(40)
            ),
            _ => write!(
                text,
                "\"caller\":\"etcdserver/server.go:1490\",\"msg\":\"saved snapshot\",\"snapshot-index\":{}}}",
                30_000 + micros / 100_000
            ),
        };
    }

    fn logfmt(&mut self, text: &mut String, micros: u64, pod: &Pod) {
        let _ = write!(text, "ts=2026-11-21T{}Z caller=", clock(micros));
        let _ = match self.random.below(4) {
            0 => write!(
                text,
                "head.go:1355 level=info component=tsdb msg=\"Head GC completed\" duration={}.{:06}ms",
                self.random.below(900),
                self.random.below(1_000_000)
            ),
            1 => write!(
                text,
                "compact.go:579 level=info component=tsdb msg=\"write block\" mint=1795{} maxt=1795{} ulid=01J{:020X}",
                self.random.below(1000),
                self.random.below(1000),
                self.random.next()
            ),
            2 => write!(
                text,
                "transfer.go:41 level=debug msg=\"posting booked\" account={} amount={}.{:02} currency=EUR failed=0 pod={}",
                self.random.below(3000),
                self.random.below(900),
                self.random.below(100),
                pod.name
            ),
            _ => write!(
                text,
                "pool.go:130 level=info msg=\"connection taken from the pool\" open={} idle={} waited=0s",
                self.random.below(50),
                self.random.below(20)
            ),
        };
    }

    fn access(&mut self, text: &mut String, micros: u64) {
        let (second, path) = (micros / 1_000_000, self.random.below(400));
        let _ = write!(
            text,
            "10.244.{}.{} - - [21/Nov/2026:{:02}:{:02}:{:02} +0000] \"{} /shop/items/{path}?page={} HTTP/1.1\" {} {} \"-\" \"{}\" {}.{:03}",
            self.random.below(8),
            self.random.below(250),
            3 + second / 3600,
            second / 60 % 60,
            second % 60,
            self.random.one_of(&["GET", "GET", "GET", "POST"]),
            self.random.below(9),
            self.random.one_of(&["200", "200", "200", "304", "404"]),
            self.random.below(9000),
            self.random.one_of(&["kube-probe/1.34", "Mozilla/5.0 (X11; Linux x86_64)", "Go-http-client/2.0"]),
            self.random.below(2),
            self.random.below(1000)
        );
    }

    fn plain(&mut self, text: &mut String, micros: u64, pod: &Pod) {
        let _ = write!(
            text,
            "2026-11-21 {} INFO 1 --- [nio-8080-exec-{}] ",
            clock(micros).get(..12).unwrap_or_default(),
            self.random.below(20)
        );
        let _ = match self.random.below(3) {
            0 => write!(
                text,
                "c.e.shop.OrderController : Order {} accepted for customer {}",
                self.random.below(90_000),
                self.random.below(4000)
            ),
            1 => write!(
                text,
                "o.h.SQL : select o.id, o.customer_id, o.total, o.state from orders o where o.id = {} and o.state <> 'FAILED'",
                self.random.below(90_000)
            ),
            _ => write!(
                text,
                "c.e.shop.StockClient : Stock of item {} asked of {}: {} left, retry policy none",
                self.random.below(700),
                pod.name,
                self.random.below(80)
            ),
        };
    }

    fn matched(&mut self, text: &mut String, (form, micros): (Form, u64), pod: &Pod) {
        let (name, number) = (&pod.name, self.random.below(90_000));
        let _ = match form {
            Form::Kubelet => {
                klog(text, 'E', micros);
                match number % 4 {
                    0 => write!(
                        text,
                        "controller.go:195] \"Failed to update lease\" err=\"Put \\\"https://10.0.0.1:6443/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1?timeout=10s\\\": context deadline exceeded\""
                    ),
                    1 => write!(
                        text,
                        "log.go:32] \"ListPodSandbox with filter from runtime service failed\" err=\"rpc error: code = DeadlineExceeded desc = context deadline exceeded\" filter=\"nil\""
                    ),
                    2 => write!(
                        text,
                        "kubelet_node_status.go:548] \"Error updating node status, will retry\" err=\"error getting node \\\"node-1\\\": Get \\\"https://10.0.0.1:6443/api/v1/nodes/node-1?timeout=10s\\\": dial tcp 10.0.0.1:6443: connect: connection refused\""
                    ),
                    _ => write!(
                        text,
                        "kubelet.go:2412] \"Skipping pod synchronization\" err=\"PLEG is not healthy: pleg was last seen active 3m{}.{number}s ago; threshold is 3m0s\"",
                        number % 60
                    ),
                }
            }
            Form::Kernel => {
                // Always the same pod: one that is killed again and again, not as many as there are lines.
                let cgroup = format!("/kubepods/burstable/pod{}/{}", self.victim.uid, self.victim.container);
                write!(
                    text,
                    "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset={},mems_allowed=0,oom_memcg={cgroup},task_memcg={cgroup},task=app,pid={number},uid=0",
                    self.victim.container
                )
            }
            Form::Json => write!(
                text,
                "{{\"level\":\"warn\",\"ts\":\"2026-11-21T{}Z\",\"caller\":\"etcdserver/util.go:170\",\"msg\":\"apply request took too long\",\"took\":\"{number}ms\",\"expected-duration\":\"100ms\",\"prefix\":\"read-only range \",\"request\":\"key:\\\"/registry/pods/shop/{name}\\\" \",\"response\":\"range_response_count:1 size:{number}\"}}",
                clock(micros)
            ),
            Form::Logfmt => write!(
                text,
                "ts=2026-11-21T{}Z caller=main.go:91 level=error msg=\"leaderelection lost\" holder={name}",
                clock(micros)
            ),
            Form::Containerd | Form::Access | Form::Plain => return self.usual(text, (form, micros), pod),
        };
    }

    fn error(&mut self, text: &mut String, (form, micros): (Form, u64), pod: &Pod) {
        let (Pod { name, uid, container }, number) = (pod, self.random.below(90_000));
        let time = clock(micros);
        let _ = match form {
            Form::Kubelet => {
                klog(text, 'E', micros);
                write!(
                    text,
                    "pod_workers.go:1324] \"Error syncing pod, skipping\" err=\"failed to \\\"StartContainer\\\" for \\\"app\\\" with CrashLoopBackOff: \\\"back-off 5m0s restarting failed container=app pod={name}_shop({uid})\\\"\" pod=\"shop/{name}\" podUID=\"{uid}\""
                )
            }
            Form::Containerd => write!(
                text,
                "time=\"2026-11-21T{time}417Z\" level=error msg=\"ContainerStatus for \\\"{container}\\\" failed\" error=\"an error occurred when try to find container \\\"{container}\\\": not found\""
            ),
            Form::Kernel => write!(text, "nf_conntrack: nf_conntrack: table full, dropping packet"),
            Form::Json => write!(
                text,
                "{{\"level\":\"error\",\"ts\":\"2026-11-21T{time}Z\",\"caller\":\"queue/consumer.go:97\",\"msg\":\"message {number} could not be decoded\",\"error\":\"unexpected end of JSON input\",\"attempt\":{}}}",
                number % 5
            ),
            Form::Logfmt => write!(
                text,
                "ts=2026-11-21T{time}Z caller=pool.go:171 level=error msg=\"query failed\" err=\"dial tcp 10.96.0.{}:5432: connect: connection refused\" account={number}",
                number % 250
            ),
            Form::Access => write!(
                text,
                "2026/11/21 {} [error] 29#29: *{number} connect() failed (111: Connection refused) while connecting to upstream, client: 10.244.1.{}, server: shop, request: \"GET /shop/items/{number} HTTP/1.1\", upstream: \"http://10.244.3.7:8080/shop/items/{number}\"",
                time.get(..8).unwrap_or_default(),
                number % 250
            ),
            Form::Plain => write!(
                text,
                "2026-11-21 {} ERROR 1 --- [nio-8080-exec-{}] c.e.shop.OrderController : Order {number} could not be booked: java.net.SocketTimeoutException: Read timed out",
                time.get(..12).unwrap_or_default(),
                number % 20
            ),
        };
    }
}

/// klog's header.
fn klog(text: &mut String, letter: char, micros: u64) {
    let _ = write!(text, "{letter}1121 {}     914 ", clock(micros));
}
