//! The logs that a recorder took when there was trouble, into the archive: last of all, when it is known which lines the run
//! itself has, so that none is there twice and none is missing because a kubelet did not answer.
//!
//! A log stands at the path that the recorder has it at. Where the run has an entry of its own there, what is added stands
//! beside that.

use super::node::kept_logs::{KeptLogs, Span};
use super::node::stamp::{self, Stamp};
use super::node::{lone_log, pod_logs};
use super::recording::SOURCE;
use super::run::Run;
use super::run::item::ItemOutcome;
use super::run::ledger::ItemSpec;
use crate::archive::format::Status;
use crate::archive::recording::{LOGS, Recording};
use crate::archive::{Content, EntryBuilder, PreparedEntry, Target, layout};
use crate::model::{Subject, rfc3339};
use chrono::{DateTime, Utc};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// So many reasons for which logs were left out are told.
const MOST_TOLD: usize = 5;

/// What there is of each.
const TAKEN: &str = "what a recorder took of it when there was trouble";

/// One log that is added.
struct Added {
    source: &'static str,
    subject: String,
    entry: Option<PreparedEntry>,
    outcome: ItemOutcome,
}

/// What is to be added to.
struct Wanted {
    folder: PathBuf,
    from: DateTime<Utc>,
    cluster: Option<String>,
    namespaces: Vec<String>,
    target: Target,
    kept: Arc<KeptLogs>,
    /// Bytes of all of them.
    room: u64,
}

/// Adds what the run does not have of them, once all else is done.
pub async fn keep(run: &Run) {
    let Some(folder) = run.options.recording.clone().filter(|_| run.options.wants_id(SOURCE.id)) else { return };
    let wanted = Wanted {
        folder,
        from: run.options.window.from,
        cluster: run.cluster.clone(),
        namespaces: run.options.namespaces.clone(),
        target: run.writer.target().clone(),
        kept: run.shared.of::<KeptLogs>(),
        room: run.options.cap(&SOURCE),
    };
    // What cannot be opened is told where histories are taken.
    let Ok(added) = spawn_blocking(move || wanted.all()).await else { return };
    for Added { source, subject, entry, outcome } in added {
        let spec = ItemSpec::new(source, subject);
        let spec = outcome.entry.iter().fold(spec, |spec, entry| spec.entry(entry.clone()));
        let item = run.ledger.plan(spec);
        if item.is_settled() {
            continue;
        }
        if let Some(entry) = entry
            && run.writer.entry(entry).await.is_err()
        {
            return;
        }
        item.finish(outcome);
    }
}

impl Wanted {
    fn all(mut self) -> Vec<Added> {
        let Ok(recording) = Recording::open(&self.folder, self.from, self.cluster.as_deref()) else {
            return Vec::new();
        };
        let mut added: Vec<Added> = Vec::new();
        for path in recording.logs() {
            let is_wanted = layout::parse_pod_log(path)
                .is_none_or(|log| self.namespaces.is_empty() || self.namespaces.contains(&log.container.namespace));
            if is_wanted {
                added.extend(self.one(&recording, path));
            }
        }
        let bytes = added.iter().map(|one| one.outcome.bytes).sum();
        added.extend(self.said(&recording, bytes));
        added
    }

    /// The lines of a log that are not there; nothing where all are.
    fn one(&mut self, recording: &Recording, path: &str) -> Option<Added> {
        let name = self.beside(path);
        let mut lines = Lines::new(self.kept.spans(path), self.from, self.room);
        let mut entry = EntryBuilder::new(&self.target, name.clone(), Content::ContainerLog).ok()?;
        let mut written = Ok(());
        let is_journal = layout::parse_journal(path).is_some();
        let read = recording.log_lines(path, |until, line| {
            let stamp = if is_journal { stamp::of_journal(until) } else { stamp::of_container() };
            if lines.takes(&stamp, line) {
                written = entry.write(line).and_then(|()| entry.write(b"\n"));
            }
            written.is_ok()
        });
        let problem = read.and(written).err().map(|error| error.to_string());
        let problem = problem.or_else(|| lines.is_full.then(|| "there was no room for more".to_owned()));
        if lines.bytes == 0 && problem.is_none() {
            return None;
        }
        self.room = self.room.saturating_sub(lines.bytes);
        let (source, subject) = item(path)?;
        // What follows its last line is not known: it says nothing of how long the log goes on.
        let status = if lines.bytes == 0 { Status::Failed } else { Status::Truncated };
        let why = problem.map_or_else(|| TAKEN.to_owned(), |problem| format!("{TAKEN}; {problem}"));
        let outcome = ItemOutcome {
            entry: (lines.bytes > 0).then_some(name),
            from: lines.first,
            to: lines.last,
            bytes: lines.bytes,
            ..ItemOutcome::new(status, why)
        };
        let entry = if lines.bytes > 0 { Some(entry.finish().ok()?) } else { None };
        Some(Added { source, subject, entry, outcome })
    }

    /// `path`, or one of the same log where the run has an entry so called.
    fn beside(&self, path: &str) -> String {
        if !self.kept.has(path) {
            return path.to_owned();
        }
        let of_journal = || layout::parse_journal(path).map(|(node, unit)| layout::recorded_journal(&node, &unit));
        let log = layout::parse_pod_log(path);
        let of_log =
            log.map(|log| layout::log_file(&log.container, None, &format!("recorded-{}", log.instance.name())));
        of_log.or_else(of_journal).unwrap_or_else(|| path.to_owned())
    }

    /// What the recorder says that it left out, and why.
    fn said(&self, recording: &Recording, bytes: u64) -> Option<Added> {
        let (begin, to) = recording.span()?;
        let mut statuses: Vec<Status> = Vec::new();
        let mut whys: Vec<String> = Vec::new();
        for outcome in recording.outcomes_of(LOGS) {
            statuses.push(outcome.status);
            if !matches!(outcome.status, Status::Empty | Status::Collected) {
                let from = outcome.from.unwrap_or(outcome.at);
                whys.push(format!("from {} to {}: {}", rfc3339(from), rfc3339(outcome.at), outcome.why));
            }
        }
        // A recorder of an earlier version took none.
        let last = *statuses.last()?;
        let status = match () {
            () if last == Status::Denied => last,
            () if !whys.is_empty() => Status::Truncated,
            () if bytes > 0 || statuses.contains(&Status::Collected) => Status::Collected,
            () => Status::Empty,
        };
        // The newest are of most interest.
        let more = whys.len().saturating_sub(MOST_TOLD);
        let mut whys = whys.split_off(more);
        whys.extend((more > 0).then(|| format!("and {more} times before")));
        whys.extend((status == Status::Empty).then(|| "no trouble was told".to_owned()));
        let outcome = ItemOutcome {
            from: Some(begin.max(self.from)),
            to: Some(to),
            bytes,
            ..ItemOutcome::new(status, whys.join("; "))
        };
        Some(Added { source: SOURCE.id, subject: LOGS.to_owned(), entry: None, outcome })
    }
}

/// As outcomes name a log of the recorder's, beside those of the same source that the run asked for.
fn item(path: &str) -> Option<(&'static str, String)> {
    if let Some(log) = layout::parse_pod_log(path) {
        let layout::Container { namespace, pod, name } = &log.container;
        let subject =
            format!("{} container {name}, {}, as recorded", Subject::pod(namespace, pod), log.instance.name());
        return Some((pod_logs::SOURCE.id, subject));
    }
    let (node, unit) = layout::parse_journal(path)?;
    Some((lone_log::OF_UNITS, format!("{} unit {unit}, as recorded", Subject::node(&node))))
}

/// Chooses the lines that are added.
struct Lines {
    known: Vec<Span>,
    from: DateTime<Utc>,
    room: u64,
    /// Whether the last line that had a time was taken: what follows without one belongs to it.
    takes: bool,
    first: Option<DateTime<Utc>>,
    last: Option<DateTime<Utc>>,
    bytes: u64,
    is_full: bool,
}

impl Lines {
    fn new(known: Vec<Span>, from: DateTime<Utc>, room: u64) -> Self {
        Self { known, from, room, takes: false, first: None, last: None, bytes: 0, is_full: false }
    }

    fn takes(&mut self, stamp: &Stamp, line: &[u8]) -> bool {
        if let Some(at) = stamp(line) {
            let is_known = self.known.iter().any(|(first, last)| (*first..=*last).contains(&at));
            self.takes = at >= self.from && !is_known;
            if self.takes {
                self.first = self.first.or(Some(at));
                self.last = Some(at);
            }
        }
        let bytes = line.len() as u64 + 1;
        self.is_full |= self.takes && self.bytes + bytes > self.room;
        let takes = self.takes && !self.is_full;
        self.bytes += if takes { bytes } else { 0 };
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_run_has_is_not_added_and_what_it_lacks_is() {
        let at = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let known = vec![(at("2026-11-28T21:00:02.5Z"), at("2026-11-28T21:00:03Z"))];
        let mut lines = Lines::new(known, at("2026-11-28T21:00:01Z"), 100);
        let stamp = stamp::of_container();
        let log = "2026-11-28T21:00:00Z before the window\n  of that\n2026-11-28T21:00:02.4Z lost since\n  of that
2026-11-28T21:00:02.5Z there\n  of that\n2026-11-28T21:00:03Z there\n2026-11-28T21:00:03.1Z lost\n2026-11-28T21:00:03.2Z there is no room for all that";
        let taken: Vec<&str> = log.lines().filter(|line| lines.takes(&stamp, line.as_bytes())).collect();
        assert_eq!(taken, ["2026-11-28T21:00:02.4Z lost since", "  of that", "2026-11-28T21:00:03.1Z lost"]);
        assert_eq!((lines.first, lines.is_full), (Some(at("2026-11-28T21:00:02.4Z")), true));
    }
}
