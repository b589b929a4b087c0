//! How the recorder is: what of it is heard, what it has written, and what keeps it from that. In words for people and for
//! the kubelet, and as metrics.

use chrono::{DateTime, Utc};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

/// A recorder that has not looked at itself for so long stands still: it does so every second.
const STILL: Duration = Duration::from_secs(30);
/// What every metric's name begins with.
const PREFIX: &str = "k8s_forensics_recorder";

/// What is known of a recorder.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The API server has not answered yet.
    NotBegun,
    /// As it was then.
    At(Instant, Vitals),
}

/// How a recorder is.
#[derive(Clone, Debug)]
pub struct Vitals {
    pub scopes: Vec<ScopeVitals>,
    /// When all that had been heard was in the files.
    pub written_at: Option<DateTime<Utc>>,
    /// Why nothing can be written, if so.
    pub why_unwritten: Option<String>,
    pub logs: LogVitals,
}

/// What was taken of logs for trouble and what was left out, since the program began.
#[derive(Clone, Debug, Default)]
pub struct LogVitals {
    /// How many and how many bytes, by what they are of.
    pub taken: BTreeMap<&'static str, (u64, u64)>,
    /// How many, by what they are of and the reason.
    pub left_out: BTreeMap<(&'static str, &'static str), u64>,
}

/// How a kind is followed, in one namespace or all.
#[derive(Clone, Debug)]
pub struct ScopeVitals {
    /// As a role names it: `deployments.apps`.
    pub kind: String,
    /// Empty of all.
    pub namespace: String,
    pub objects: usize,
    /// Written since the program began: versions, and gaps.
    pub lines: u64,
    pub bytes: u64,
    /// Gaps that are over.
    pub gaps: u64,
    pub unseen: Option<Unseen>,
}

/// Why nothing is heard of a kind.
#[derive(Clone, Debug)]
pub struct Unseen {
    /// The API server does not let it be seen, or has no such kind: the rest is recorded nevertheless.
    pub is_refused: bool,
    pub why: String,
}

/// What is kept in the folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Kept {
    pub segments: u64,
    pub bytes: u64,
}

impl Seen {
    /// Whether it is alive: one that stands still may be started anew, which costs nothing but a gap.
    ///
    /// # Errors
    /// In words: it stands still.
    pub fn is_alive(&self, now: Instant) -> Result<(), String> {
        match self {
            Self::At(at, _) if now.duration_since(*at) > STILL => {
                Err(format!("nothing was done for {} s", now.duration_since(*at).as_secs()))
            }
            Self::NotBegun | Self::At(..) => Ok(()),
        }
    }

    /// Whether all that may be seen is seen and written.
    ///
    /// # Errors
    /// In words, a line each: what is not.
    pub fn is_ready(&self, now: Instant) -> Result<(), String> {
        self.is_alive(now)?;
        let Self::At(_, vitals) = self else { return Err("the API server has not answered yet".to_owned()) };
        let unwritten = vitals.why_unwritten.iter().map(|why| format!("nothing can be written: {why}"));
        let unseen = vitals.scopes.iter().filter_map(|scope| {
            let unseen = scope.unseen.as_ref().filter(|unseen| !unseen.is_refused)?;
            let of = if scope.namespace.is_empty() { "" } else { " of namespace " };
            Some(format!("{}{of}{}: {}", scope.kind, scope.namespace, unseen.why))
        });
        let lines: Vec<String> = unwritten.chain(unseen).collect();
        if lines.is_empty() { Ok(()) } else { Err(lines.join("\n")) }
    }

    /// As OpenMetrics writes it, which Prometheus reads.
    ///
    /// # Errors
    /// A label or number could not be written.
    pub fn metrics(&self, kept: Kept) -> Result<String, fmt::Error> {
        let mut registry = Registry::with_prefix(PREFIX);
        gauge(&mut registry, "segments", "Segments that are kept", None, kept.segments);
        gauge(&mut registry, "kept", "All that is kept", Some(Unit::Bytes), kept.bytes);
        if let Self::At(_, vitals) = self {
            vitals.register(&mut registry);
        }
        let mut written = String::new();
        text::encode(&mut written, &registry)?;
        Ok(written)
    }
}

/// The labels of a scope.
type Labels = Vec<(&'static str, String)>;

impl Vitals {
    fn register(&self, registry: &mut Registry) {
        let is_written = u64::from(self.why_unwritten.is_none());
        gauge(registry, "writable", "Whether what is heard can be written", None, is_written);
        if let Some(at) = self.written_at.and_then(|at| u64::try_from(at.timestamp()).ok()) {
            let help = "When all that had been heard was in the files";
            gauge(registry, "last_write_timestamp", help, Some(Unit::Seconds), at);
        }
        let (watched, objects) = (Family::<Labels, Gauge>::default(), Family::<Labels, Gauge>::default());
        let (lines, bytes) = (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
        let gaps = Family::<Labels, Counter>::default();
        for scope in &self.scopes {
            let labels = vec![("kind", scope.kind.clone()), ("namespace", scope.namespace.clone())];
            watched.get_or_create(&labels).set(i64::from(scope.unseen.is_none()));
            objects.get_or_create(&labels).set(i64::try_from(scope.objects).unwrap_or(i64::MAX));
            lines.get_or_create(&labels).inc_by(scope.lines);
            bytes.get_or_create(&labels).inc_by(scope.bytes);
            gaps.get_or_create(&labels).inc_by(scope.gaps);
        }
        registry.register("watched", "Whether what becomes of a kind is heard", watched);
        registry.register("objects", "Objects of a kind that are there", objects);
        registry.register("lines", "Versions and gaps that were written", lines);
        registry.register_with_unit("written", "Versions and gaps that were written, unpacked", Unit::Bytes, bytes);
        registry.register("gaps", "Times in which nothing was seen of a kind, that are over", gaps);
        self.logs.register(registry);
    }
}

impl LogVitals {
    fn register(&self, registry: &mut Registry) {
        let (taken, bytes) = (Family::<Labels, Counter>::default(), Family::<Labels, Counter>::default());
        for (of, (logs, kept)) in &self.taken {
            let labels = vec![("of", (*of).to_owned())];
            taken.get_or_create(&labels).inc_by(*logs);
            bytes.get_or_create(&labels).inc_by(*kept);
        }
        let left_out = Family::<Labels, Counter>::default();
        for ((of, reason), logs) in &self.left_out {
            left_out.get_or_create(&vec![("of", (*of).to_owned()), ("reason", (*reason).to_owned())]).inc_by(*logs);
        }
        registry.register("logs_taken", "Logs and parts of journals that were taken for trouble", taken);
        let help = "What is kept of logs that were taken for trouble, unpacked";
        registry.register_with_unit("logs_taken", help, Unit::Bytes, bytes);
        registry.register("logs_left_out", "Logs that were left out when there was trouble", left_out);
    }
}

fn gauge(registry: &mut Registry, name: &str, help: &str, unit: Option<Unit>, value: u64) {
    let gauge: Gauge = Gauge::default();
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
    match unit {
        Some(unit) => registry.register_with_unit(name, help, unit, gauge),
        None => registry.register(name, help, gauge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(kind: &str, unseen: Option<(bool, &str)>) -> ScopeVitals {
        let unseen = unseen.map(|(is_refused, why)| Unseen { is_refused, why: why.to_owned() });
        let (kind, namespace) = (kind.to_owned(), String::new());
        ScopeVitals { kind, namespace, objects: 7, lines: 9, bytes: 900, gaps: 2, unseen }
    }

    fn seen(at: Instant, scopes: Vec<ScopeVitals>, why_unwritten: Option<&str>) -> Seen {
        let written_at = DateTime::from_timestamp(1_795_939_200, 0);
        let logs = LogVitals {
            taken: BTreeMap::from([("container", (3, 4096))]),
            left_out: BTreeMap::from([(("journal", "denied"), 2)]),
        };
        Seen::At(at, Vitals { scopes, written_at, why_unwritten: why_unwritten.map(str::to_owned), logs })
    }

    #[test]
    fn what_is_refused_keeps_nobody_from_being_ready_and_what_broke_does() {
        let now = Instant::now();
        let denied = seen(now, vec![scope("secrets", Some((true, "not allowed")))], None);
        assert_eq!(denied.is_ready(now), Ok(()));
        let broken = seen(now, vec![scope("pods", Some((false, "cut")))], Some("the disk is full"));
        assert_eq!(broken.is_alive(now), Ok(()), "starting anew mends neither");
        assert_eq!(broken.is_ready(now), Err("nothing can be written: the disk is full\npods: cut".to_owned()));
        assert_eq!((Seen::NotBegun.is_alive(now), Seen::NotBegun.is_ready(now).is_err()), (Ok(()), true));
        let later = now + STILL + Duration::from_secs(1);
        assert_eq!(denied.is_alive(later), Err("nothing was done for 31 s".to_owned()));
    }

    #[test]
    fn metrics_are_written_in_the_form_of_prometheus() {
        let now = Instant::now();
        let one = seen(now, vec![scope("pods", None), scope("secrets", Some((true, "not allowed")))], None);
        let text = one.metrics(Kept { segments: 3, bytes: 4096 }).expect("text");
        for line in [
            "# TYPE k8s_forensics_recorder_written_bytes counter",
            "k8s_forensics_recorder_segments 3",
            "k8s_forensics_recorder_kept_bytes 4096",
            "k8s_forensics_recorder_writable 1",
            "k8s_forensics_recorder_last_write_timestamp_seconds 1795939200",
            "k8s_forensics_recorder_watched{kind=\"pods\",namespace=\"\"} 1",
            "k8s_forensics_recorder_watched{kind=\"secrets\",namespace=\"\"} 0",
            "k8s_forensics_recorder_objects{kind=\"pods\",namespace=\"\"} 7",
            "k8s_forensics_recorder_lines_total{kind=\"pods\",namespace=\"\"} 9",
            "k8s_forensics_recorder_written_bytes_total{kind=\"pods\",namespace=\"\"} 900",
            "k8s_forensics_recorder_gaps_total{kind=\"pods\",namespace=\"\"} 2",
            "# TYPE k8s_forensics_recorder_logs_taken counter",
            "# HELP k8s_forensics_recorder_logs_left_out Logs that were left out when there was trouble.",
            "k8s_forensics_recorder_logs_taken_total{of=\"container\"} 3",
            "# TYPE k8s_forensics_recorder_logs_taken_bytes counter",
            "k8s_forensics_recorder_logs_taken_bytes_total{of=\"container\"} 4096",
            "k8s_forensics_recorder_logs_left_out_total{of=\"journal\",reason=\"denied\"} 2",
            "# EOF",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
        }
        assert!(!Seen::NotBegun.metrics(Kept::default()).expect("text").contains("watched"));
    }
}
