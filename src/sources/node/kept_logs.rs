//! Which lines of logs and journals a run has, by their times: so that what else is added of the same logs has none twice.

use crate::archive::layout;
use crate::sources::run::Run;
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// From the first to the last line of a part of a log without a gap.
pub type Span = (DateTime<Utc>, DateTime<Utc>);

/// The logs that came. Kept only where something is to be added.
#[derive(Debug, Default)]
pub struct KeptLogs(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    entries: BTreeSet<String>,
    /// By container, whatever its entry is called, and by journal.
    spans: BTreeMap<String, Vec<Span>>,
}

/// Notes that these parts of a log are in the archive as `entry`.
pub fn note(run: &Run, entry: &str, spans: &[Span]) {
    if run.options.recording.is_some() {
        let known = run.shared.of::<KeptLogs>();
        let mut known = known.known();
        known.entries.insert(entry.to_owned());
        known.spans.entry(log_of(entry)).or_default().extend(spans);
    }
}

impl KeptLogs {
    /// Whether there is an entry so called.
    pub fn has(&self, entry: &str) -> bool {
        self.known().entries.contains(entry)
    }

    /// The parts that are there of the log that `entry` is of, or would be.
    pub fn spans(&self, entry: &str) -> Vec<Span> {
        self.known().spans.get(&log_of(entry)).cloned().unwrap_or_default()
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // No code that can panic runs under this lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the entries of one container have in common; a journal is an entry of its own.
fn log_of(entry: &str) -> String {
    let shown = layout::parse_pod_log(entry).map(|log| log.container);
    let container = shown.or_else(|| layout::parse_log_file(entry).map(|file| file.container));
    container.map_or_else(|| entry.to_owned(), |of| format!("{}/{}/{}", of.namespace, of.pod, of.name))
}
