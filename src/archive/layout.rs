//! Every path of the archive, as functions. With the folder of its name the only place with path strings.
//!
//! Paths are below the archive's top folder. Names from the cluster go through [`encoded`], so that no object name
//! can leave its folder or collide on a file system that folds case or forbids characters.

mod audit;
mod history;
mod logs;
mod rename;

pub use audit::{audit, audit_reads, parse_audit, parse_audit_reads};
pub use history::{SegmentName, history, open_segment, parse_history, parse_segment, sealed_segment, segment};
pub use logs::{Container, Instance, LogFile, PodLog, log_file, parse_log_file, parse_pod_log, pod_log};
pub use rename::{NameOf, renamed};

/// First entry: format, tool, cluster, window, options, clock readings.
pub const ARCHIVE: &str = "meta/archive.json";
/// One line per planned item. See [`outcomes_part`] for how they reach the disk before the end.
pub const OUTCOMES: &str = "meta/outcomes.jsonl";
/// One clock reading a line, of every node whose kubelet answered; the API server's is in [`ARCHIVE`].
pub const CLOCKS: &str = "meta/clocks.jsonl";
/// What was left out on purpose: rule, entry, count; never the value.
pub const REDACTIONS: &str = "meta/redactions.json";
/// What was done to the archive as a whole, the oldest first: the chain of custody.
pub const CUSTODY: &str = "meta/custody.jsonl";
/// The hashes of the manifest, for `sha256sum -c` in the unpacked top folder.
pub const SUMS: &str = "meta/SHA256SUMS";
/// A minisign signature of [`SUMS`].
pub const SIGNATURE: &str = "meta/SHA256SUMS.minisig";
/// Last entry: size and SHA-256 of every other.
pub const MANIFEST: &str = "meta/manifest.json";
/// The alerts that were pending or firing when asked.
pub const ALERTS: &str = "metrics/alerts.json";
pub const RULES: &str = "metrics/rules.json";
pub const TARGETS: &str = "metrics/targets.json";
/// The alerts an Alertmanager had when asked, with what silences or inhibits them.
pub const ALERTMANAGER: &str = "metrics/alertmanager.json";
/// Health checks of the API server, one a line.
pub const LIVEZ: &str = "controlplane/livez.txt";
pub const READYZ: &str = "controlplane/readyz.txt";
pub const VERSION: &str = "controlplane/version.json";
pub const APISERVER_METRICS: &str = "controlplane/apiserver.metrics.txt";
/// How busy each priority level of the API server is (API Priority and Fairness), and each of its queues.
pub const PRIORITY_LEVELS: &str = "controlplane/priority-levels.csv";
pub const QUEUES: &str = "controlplane/queues.csv";
/// What each API server answered to the same questions, one answer a line.
pub const MEMBERS: &str = "controlplane/members.jsonl";
/// Which APIs are served: the core group, and all others.
pub const API: &str = "controlplane/api.json";
pub const APIS: &str = "controlplane/apis.json";

const OUTCOME_PARTS: &str = "meta/outcomes/";
const PLANNED_PARTS: &str = "meta/planned/";
const REDACTIONS_PARTS: &str = "meta/redactions/";
const PARTS: &str = "meta/part-";

/// Whether `entry` is written anew when an archive is sealed, resumed or repaired, and not copied.
pub fn is_rewritten(entry: &str) -> bool {
    let is_a_part = is_planned_part(entry) || is_outcomes_part(entry) || is_redactions_part(entry);
    is_a_part || matches!(entry, OUTCOMES | REDACTIONS | CUSTODY) || !is_in_manifest(entry)
}

/// Whether the manifest lists `entry`: all but those that rest on it.
pub fn is_in_manifest(entry: &str) -> bool {
    !matches!(entry, MANIFEST | SUMS | SIGNATURE) && !is_part(entry)
}

/// Outcomes written while the run goes on, so that an archive cut short still has them; the sealed archive holds
/// all of them again in [`OUTCOMES`].
pub fn outcomes_part(number: u32) -> String {
    format!("{OUTCOME_PARTS}{number:04}.jsonl")
}

/// Whether `entry` is one of the [`outcomes_part`]s.
pub fn is_outcomes_part(entry: &str) -> bool {
    entry.starts_with(OUTCOME_PARTS)
}

/// What says that this is the part `number` (from 1) of an archive that was split into `of`.
pub fn part(number: u32, of: u32) -> String {
    format!("{PARTS}{number}-of-{of}.json")
}

/// Whether every part of a split archive holds `entry`: the header, and what is said of the whole.
pub fn is_in_every_part(entry: &str) -> bool {
    matches!(entry, ARCHIVE | OUTCOMES | REDACTIONS | CUSTODY) || !is_in_manifest(entry)
}

/// Whether `entry` is a [`part`] record. Parts that were joined again have several.
pub fn is_part(entry: &str) -> bool {
    entry.starts_with(PARTS)
}

/// Items planned, written before they are asked for.
pub fn planned_part(number: u32) -> String {
    format!("{PLANNED_PARTS}{number:04}.jsonl")
}

/// What was left out, written while the run goes on; the sealed archive holds it again in [`REDACTIONS`].
pub fn redactions_part(number: u32) -> String {
    format!("{REDACTIONS_PARTS}{number:04}.jsonl")
}

/// Whether `entry` is one of the [`redactions_part`]s.
pub fn is_redactions_part(entry: &str) -> bool {
    entry.starts_with(REDACTIONS_PARTS)
}

/// Whether `entry` is one of the [`planned_part`]s.
pub fn is_planned_part(entry: &str) -> bool {
    entry.starts_with(PLANNED_PARTS)
}

/// Objects of one kind: `plural` with its group behind a dot where it has one (`pods`, `deployments.apps`).
pub fn objects(namespace: Option<&str>, plural: &str) -> String {
    match namespace {
        None => format!("objects/cluster/{}.jsonl", encoded(plural)),
        Some(namespace) => format!("objects/namespaces/{}/{}.jsonl", encoded(namespace), encoded(plural)),
    }
}

/// The plural and namespace of an [`objects`] path.
pub fn parse_objects(entry: &str) -> Option<(Option<String>, String)> {
    let rest = entry.strip_prefix("objects/")?.strip_suffix(".jsonl")?;
    if let Some(plural) = rest.strip_prefix("cluster/") {
        return Some((None, decoded(plural)));
    }
    let (namespace, plural) = rest.strip_prefix("namespaces/")?.split_once('/')?;
    Some((Some(decoded(namespace)), decoded(plural)))
}

/// What the API server printed of a custom kind: its columns, then its rows, one a line.
pub fn table(plural: &str) -> String {
    format!("tables/{}.jsonl", encoded(plural))
}

pub fn describe_node(node: &str) -> String {
    format!("describe/nodes/{}.txt", encoded(node))
}

pub fn describe_pod(namespace: &str, pod: &str) -> String {
    format!("describe/namespaces/{}/pods/{}.txt", encoded(namespace), encoded(pod))
}

/// The journal of a unit (`kubelet`, `containerd`, …) or of the `kernel`.
pub fn journal(node: &str, unit: &str) -> String {
    format!("nodes/{}/journal/{}.log", encoded(node), encoded(unit))
}

/// What a recorder took of a journal that stands beside it.
pub fn recorded_journal(node: &str, unit: &str) -> String {
    format!("nodes/{}/journal/{}{RECORDED}.log", encoded(node), encoded(unit))
}

const RECORDED: &str = ".recorded";

/// The node and unit of a [`journal`] path, or a [`recorded_journal`] one.
pub fn parse_journal(entry: &str) -> Option<(String, String)> {
    let (node, rest) = entry.strip_prefix("nodes/")?.split_once('/')?;
    let unit = rest.strip_prefix("journal/")?.strip_suffix(".log")?;
    let unit = unit.strip_suffix(RECORDED).unwrap_or(unit);
    Some((decoded(node), decoded(unit)))
}

/// A plain log file of a node, by its components below /var/log.
pub fn var_log(node: &str, file: &[&str]) -> String {
    let file: Vec<String> = file.iter().map(|component| encoded(component)).collect();
    format!("nodes/{}/var-log/{}", encoded(node), file.join("/"))
}

/// The node of a [`var_log`] path, and the file below /var/log.
pub fn parse_var_log(entry: &str) -> Option<(String, String)> {
    let (node, rest) = entry.strip_prefix("nodes/")?.split_once('/')?;
    let file: Vec<String> = rest.strip_prefix("var-log/")?.split('/').map(decoded).collect();
    Some((decoded(node), file.join("/")))
}

/// What a kubelet tells of itself and of its pods.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KubeletView {
    /// The configuration it runs with.
    Configz,
    /// Its own health checks.
    Healthz,
    Metrics,
    ProbeMetrics,
    ResourceMetrics,
    /// The pods that its container runtime has, whatever the API server thinks.
    RunningPods,
    StatsSummary,
}

impl KubeletView {
    pub const ALL: [Self; 7] = [
        Self::Configz,
        Self::Healthz,
        Self::Metrics,
        Self::ProbeMetrics,
        Self::ResourceMetrics,
        Self::RunningPods,
        Self::StatsSummary,
    ];

    fn file(self) -> &'static str {
        match self {
            Self::Configz => "configz.json",
            Self::Healthz => "healthz.txt",
            Self::Metrics => "metrics.txt",
            Self::ProbeMetrics => "metrics-probes.txt",
            Self::ResourceMetrics => "metrics-resource.txt",
            Self::RunningPods => "runningpods.json",
            Self::StatsSummary => "stats-summary.json",
        }
    }
}

/// What the kubelet of `node` told.
pub fn kubelet(node: &str, view: KubeletView) -> String {
    format!("nodes/{}/kubelet/{}", encoded(node), view.file())
}

/// The node and view of a [`kubelet`] path.
pub fn parse_kubelet(entry: &str) -> Option<(String, KubeletView)> {
    let (node, rest) = entry.strip_prefix("nodes/")?.split_once('/')?;
    let file = rest.strip_prefix("kubelet/")?;
    let view = KubeletView::ALL.into_iter().find(|view| view.file() == file)?;
    Some((decoded(node), view))
}

/// What a pod of the control plane told: a scheduler, a controller manager or an etcd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ComponentView {
    Health,
    Metrics,
}

impl ComponentView {
    pub const ALL: [Self; 2] = [Self::Health, Self::Metrics];

    fn file(self) -> &'static str {
        match self {
            Self::Health => "health.txt",
            Self::Metrics => "metrics.txt",
        }
    }
}

/// What `pod`, in the namespace kube-system, told.
pub fn component(pod: &str, view: ComponentView) -> String {
    format!("controlplane/pods/{}/{}", encoded(pod), view.file())
}

/// The pod and view of a [`component`] path.
pub fn parse_component(entry: &str) -> Option<(String, ComponentView)> {
    let (pod, file) = entry.strip_prefix("controlplane/pods/")?.split_once('/')?;
    let view = ComponentView::ALL.into_iter().find(|view| view.file() == file)?;
    Some((decoded(pod), view))
}

/// What the ids of ranges begin with that are one metric of applications.
pub const APP_METRIC: &str = "app-";

/// One answer of Prometheus to the range query `id`.
pub fn metric(id: &str) -> String {
    format!("metrics/{}.json", encoded(id))
}

/// The query id of a [`metric`] path, and the server that answered: a further one has its name behind an `@`, that of
/// the first is empty.
pub fn parse_metric(entry: &str) -> Option<(String, String)> {
    let id = decoded(entry.strip_prefix("metrics/")?.strip_suffix(".json")?);
    let (query, server) = id.split_once('@').unwrap_or((&id, ""));
    let is_whole = matches!(query, "alertmanager" | "alerts" | "alerts-now" | "rules" | "targets");
    (!is_whole).then(|| (query.to_owned(), server.to_owned()))
}

/// Whether a path is that of [`ALERTS`], or of the alerts of a further server.
pub fn is_alerts(entry: &str) -> bool {
    let id = entry.strip_prefix("metrics/").and_then(|file| file.strip_suffix(".json")).map(decoded);
    id.is_some_and(|id| id == "alerts" || id.starts_with("alerts@"))
}

/// The runs of an outside check, in the form in which they were given.
pub fn check(name: &str) -> String {
    format!("checks/{}", encoded(name))
}

pub fn parse_check(entry: &str) -> Option<String> {
    let name = entry.strip_prefix("checks/").filter(|name| !name.contains('/'))?;
    Some(decoded(name))
}

/// A name as one path component: all but letters, digits, `.`, `-`, `_` percent-encoded, and a leading dot too.
///
/// Upper case is encoded as well: Kubernetes names have none, and file systems may fold it.
pub fn encoded(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
        if plain || (byte == b'.' && at > 0) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    if out.is_empty() { "%".to_owned() } else { out }
}

/// Undoes [`encoded`]; what is no such encoding is left as it stands.
pub fn decoded(component: &str) -> String {
    if component == "%" {
        return String::new();
    }
    let bytes = component.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let code = (byte == b'%').then(|| component.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(value) => {
                out.push(value);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths_read_back() {
        assert_eq!(parse_objects(&objects(None, "nodes")), Some((None, "nodes".into())));
        assert_eq!(
            parse_objects(&objects(Some("shop"), "deployments.apps")),
            Some((Some("shop".into()), "deployments.apps".into()))
        );
        assert_eq!(parse_journal(&journal("node-1", "kubelet")), Some(("node-1".into(), "kubelet".into())));
        assert_eq!(parse_journal(&recorded_journal("node-1", "kubelet")), Some(("node-1".into(), "kubelet".into())));
        assert_eq!((parse_metric(ALERTS), parse_metric(&metric("rules@monitoring.two"))), (None, None));
        assert_eq!(parse_metric(&metric("up@monitoring.two")), Some(("up".into(), "monitoring.two".into())));
        assert_eq!(parse_metric(&metric("up")), Some(("up".into(), String::new())));
        let file = var_log("node-1", &["audit", "audit.log"]);
        assert_eq!(parse_var_log(&file), Some(("node-1".into(), "audit/audit.log".into())));
        assert_eq!((parse_var_log(&journal("node-1", "kubelet")), parse_journal(&file)), (None, None));
        for view in KubeletView::ALL {
            assert_eq!(parse_kubelet(&kubelet("N/1", view)), Some(("N/1".into(), view)));
        }
        for view in ComponentView::ALL {
            assert_eq!(parse_component(&component("../x", view)), Some(("../x".into(), view)));
        }
        assert_eq!((parse_kubelet(&journal("node-1", "kubelet")), parse_component(LIVEZ)), (None, None));
        assert_eq!(parse_journal(&kubelet("node-1", KubeletView::Metrics)), None);
    }

    #[test]
    fn hostile_names_stay_one_component() {
        for name in ["..", ".", "", "a/b", "C:", "a\0b", "..\\x"] {
            let component = encoded(name);
            assert!(!component.contains(['/', '\\', ':', '\0']) && !component.starts_with('.'), "{component}");
            assert!(!component.is_empty());
        }
    }

    proptest! {
        #[test]
        fn any_name_reads_back(name in ".*") {
            prop_assert_eq!(decoded(&encoded(&name)), name);
        }
    }
}
