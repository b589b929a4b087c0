//! What a recorder wrote down since the window began: the collector that asks nobody, but reads the recorder's folder.
//!
//! Of each kind and namespace there is one history in the archive, whatever segments it came from; `archive::recording` makes
//! it. How each kind came is told as the recorder tells it, under its name: what was not seen, from when to when and why. A
//! segment that cannot be read is an item of its own. Where there is too much, the newest part is taken.

use super::{Profile, Source};
use crate::archive::format::Status;
use crate::archive::recording::{self, Limits, MergeError, Merged, Recording, Scope, Unread, Unseen};
use crate::archive::{Content, EntryBuilder, PreparedEntry, Target, layout};
use crate::model::rfc3339;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::Deadlines;
use chrono::{DateTime, TimeDelta, Utc};
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::spawn_blocking;

pub static SOURCE: Source = Source {
    // As the recorder calls itself in its own archives, so that views need to know one name.
    id: recording::SOURCE,
    title: "What a recorder wrote down",
    why: "deleted pods, expired events, and the versions of objects before the last",
    permissions: &[],
    paths: &["controlplane/members.jsonl", "history/cluster/PLURAL.jsonl", "history/namespaces/NS/PLURAL.jsonl"],
    profile: Profile::Quick,
    cap: 32 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| match options.recording {
        Some(_) => options.expected(&SOURCE, "recording"),
        None => Vec::new(),
    },
    run: |run, items| Box::pin(keep(run, items)),
};

/// All histories together may take so many times what one may.
const ALL: u64 = 8;
/// Bytes of memory for the objects of one kind and namespace, packed: of about 25,000 pods.
const STATE: usize = 64 * 1024 * 1024;
/// How often half of the time is left out before nothing of a history is taken.
const TRIES: u32 = 6;
/// So many times in which nothing was seen are told one by one.
const MOST_TOLD: usize = 5;
/// How long the first list of a kind takes at most that is worth no word of its own.
const FIRST_LIST: TimeDelta = TimeDelta::seconds(5);
/// What is taken first, where there is not room for all.
const FIRST: [&str; 3] = ["events", "pods", "nodes"];
/// The group of what is taken last: each minute has all of it anew.
const LAST: &str = ".metrics.k8s.io";

/// One history, ready for the archive.
struct Taken {
    /// None where no line of it is of the window.
    entry: Option<PreparedEntry>,
    merged: Merged,
    /// Since when.
    from: DateTime<Utc>,
}

/// Tells a thread to end once nobody waits for it any more.
struct EndsOnDrop(Arc<AtomicBool>);

impl Drop for EndsOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

async fn keep(run: Arc<Run>, mut items: Vec<Item>) {
    let (Some(item), Some(folder)) = (items.pop(), run.options.recording.clone()) else { return };
    let (from, cluster) = (run.options.window.from, run.cluster.clone());
    let path = folder.clone();
    let opened = spawn_blocking(move || Recording::open(&path, from, cluster.as_deref())).await;
    let recording = match opened.map_err(io::Error::other).flatten() {
        Ok(recording) => Arc::new(recording),
        Err(error) => return item.finish(ItemOutcome::new(Status::Failed, unopened(&folder, &error))),
    };
    let ours = recording.unread().filter(|unread| !unread.is_of_another);
    let unread: Vec<Unread> = ours.cloned().collect();
    if recording.span().is_none() && unread.is_empty() {
        let why = match recording.unread().next() {
            Some(_) => "the recording is of another cluster",
            None => "the folder has no segment of a recorder",
        };
        return item.finish(ItemOutcome::new(Status::Absent, why));
    }
    let plan = |subject: &str| run.ledger.plan(ItemSpec::new(SOURCE.id, subject));
    for Unread { name, begin, why, .. } in unread {
        let why = format!("what was recorded then cannot be read: {why}");
        plan(&name).finish(ItemOutcome { from: Some(begin), ..ItemOutcome::new(Status::Failed, why) });
    }
    let mut scopes: Vec<(Item, Scope)> =
        recording.scopes().into_iter().map(|scope| (plan(&scope.subject), scope)).collect();
    item.expand();
    scopes.sort_by_key(|(_, scope)| place(&scope.subject));
    let mut room = run.options.cap(&SOURCE).saturating_mul(ALL);
    for (mut item, scope) in scopes {
        if item.is_settled() {
            continue;
        }
        item.begin();
        let Some(outcome) = keep_scope(&run, &recording, &scope, &mut room).await else { return };
        item.finish(outcome);
    }
}

/// When a scope has its turn.
fn place(subject: &str) -> usize {
    let first = FIRST.iter().position(|first| *first == subject);
    first.unwrap_or(FIRST.len() + usize::from(subject.contains(LAST)))
}

fn unopened(folder: &Path, error: &io::Error) -> String {
    // The rest of the path is of this machine, and the archive is for others.
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    format!("the recorder's folder {name} cannot be looked into: {error}")
}

/// Keeps the histories of a scope within `room`, of which what they take is taken. None where the run is over.
async fn keep_scope(run: &Arc<Run>, recording: &Arc<Recording>, scope: &Scope, room: &mut u64) -> Option<ItemOutcome> {
    let mut told = Told::new(run, recording);
    let chosen = &run.options.namespaces;
    let is_wanted = |entry: &&String| match layout::parse_history(entry) {
        Some((Some(namespace), _)) => chosen.is_empty() || chosen.contains(&namespace),
        _ => true,
    };
    for entry in scope.entries.iter().filter(is_wanted) {
        let (recording, target, path) = (Arc::clone(recording), run.writer.target().clone(), entry.clone());
        let bytes = run.options.cap(&SOURCE).min(*room);
        let stop = Arc::new(AtomicBool::new(false));
        let (_ends, times) = (EndsOnDrop(Arc::clone(&stop)), (run.options.window.from, Utc::now()));
        let taken = spawn_blocking(move || take(&recording, (&target, &path), times, (bytes, &stop))).await.ok()?;
        match taken {
            Ok(taken) => {
                *room = room.saturating_sub(taken.merged.bytes);
                told.came(entry, &taken);
                if let Some(prepared) = taken.entry {
                    run.writer.entry(prepared).await.ok()?;
                }
            }
            Err(error) => told.failed(entry, &error),
        }
    }
    Some(told.outcome(scope))
}

/// The history `path`, of all the time or, where that takes more than `bytes`, of the newest part of it.
fn take(
    recording: &Recording,
    (target, path): (&Target, &str),
    (from, now): (DateTime<Utc>, DateTime<Utc>),
    (bytes, stop): (u64, &AtomicBool),
) -> Result<Taken, MergeError> {
    let limits = Limits { bytes, state: STATE };
    for halved in 0..TRIES {
        let from = now - (now - from) / 2_i32.pow(halved);
        let mut builder = EntryBuilder::new(target, path, Content::Json)?;
        let merged = recording.merge(path, (from, now), (limits, stop), &mut |line| builder.write(line));
        match merged {
            Ok(merged) => {
                let entry = if merged.bytes > 0 { Some(builder.finish()?) } else { None };
                return Ok(Taken { entry, merged, from });
            }
            Err(MergeError::TooLarge(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Err(MergeError::TooLarge(bytes))
}

/// What is to be said of a scope.
struct Told {
    /// When the window begins.
    window: DateTime<Utc>,
    /// When the recording does.
    begin: Option<DateTime<Utc>>,
    from: Option<DateTime<Utc>>,
    to: Option<DateTime<Utc>>,
    whys: Vec<String>,
    unseen: Vec<Unseen>,
    bytes: u64,
    refused: u64,
    has_failed: bool,
}

impl Told {
    fn new(run: &Run, recording: &Recording) -> Self {
        let window = run.options.window.from;
        let (begin, to) = recording.span().unzip();
        let mut whys = Vec::new();
        if recording.left_out > 0 {
            whys.push(format!("{} older segments were left out, as there are so many", recording.left_out));
        }
        if let Some(begin) = begin.filter(|begin| *begin > window) {
            whys.push(format!("the recording begins at {}", rfc3339(begin)));
        }
        let from = begin.map(|begin| begin.max(window));
        Self { window, begin, from, to, whys, unseen: Vec::new(), bytes: 0, refused: 0, has_failed: false }
    }

    fn came(&mut self, entry: &str, taken: &Taken) {
        self.bytes += taken.merged.bytes;
        self.refused += taken.merged.refused;
        for unseen in &taken.merged.unseen {
            // That it begins is told already.
            let is_beginning = self.begin == Some(unseen.from) && unseen.to - unseen.from <= FIRST_LIST;
            if !is_beginning && !self.unseen.contains(unseen) {
                self.unseen.push(unseen.clone());
            }
        }
        if taken.from > self.window {
            self.whys
                .push(format!("{entry} begins at {}: it would be too large with what was before", rfc3339(taken.from)));
            self.from = self.from.max(Some(taken.from));
        }
    }

    fn failed(&mut self, entry: &str, error: &MergeError) {
        self.has_failed = true;
        self.whys.push(format!("{entry} is left out: {error}"));
    }

    fn outcome(mut self, scope: &Scope) -> ItemOutcome {
        let last = scope.last.as_ref();
        self.unseen.sort_by_key(|unseen| unseen.from);
        let told = self.unseen.iter().take(MOST_TOLD).map(|Unseen { from, to, why }| {
            format!("nothing was seen from {} to {}: {why}", rfc3339(*from), rfc3339(*to))
        });
        self.whys.extend(told);
        if self.unseen.len() > MOST_TOLD {
            self.whys.push(format!("and {} more gaps", self.unseen.len() - MOST_TOLD));
        }
        // What goes on is no line yet: the recorder tells it of the segment alone.
        let goes_on = last.and_then(|last| last.why.rsplit("nothing was seen from ").next()?.split_once(" on: "));
        self.whys.extend(goes_on.map(|(from, why)| format!("nothing was seen from {from} on: {why}")));
        if self.refused > 0 {
            self.whys.push(format!(
                "{} lines tell nothing: they are damaged, or what they change is not there",
                self.refused
            ));
        }
        let status = match last {
            _ if self.bytes == 0 && self.has_failed => Status::Failed,
            Some(last) if self.bytes == 0 && (last.status.is_missing() || last.status == Status::Absent) => last.status,
            _ if self.bytes == 0 => Status::Empty,
            _ if self.whys.is_empty() => Status::Collected,
            _ => Status::Truncated,
        };
        if self.bytes == 0 && status == Status::Empty {
            self.whys.push("there is none".to_owned());
        }
        ItemOutcome {
            from: self.from,
            to: self.to,
            bytes: self.bytes,
            http_code: last.and_then(|last| last.http_code).filter(|_| status.is_missing()),
            ..ItemOutcome::new(status, self.whys.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const EVENTS: &str = "history/namespaces/shop/events.jsonl";

    /// A recording of an event each second of a thousand.
    fn recorded(folder: &Path, begin: DateTime<Utc>) -> Recording {
        let segment = folder.join(layout::open_segment(&layout::segment(begin, 1)));
        std::fs::create_dir_all(segment.join("history/namespaces/shop")).expect("a folder");
        std::fs::create_dir_all(segment.join("meta")).expect("a folder");
        let at = |second| begin + TimeDelta::seconds(second);
        let header = json!({"format": {"major": 1, "minor": 2}, "tool": "", "cluster": {}, "options": {}, "clocks": [],
            "from": begin, "to": at(1000), "started_at": begin});
        std::fs::write(segment.join(layout::ARCHIVE), header.to_string()).expect("a file");
        let line = |second: i64| {
            let object = json!({"metadata": {"uid": second.to_string()}, "message": "x".repeat(20)});
            format!("{}\n", json!({"at": at(second), "type": "ADDED", "uid": second.to_string(), "object": object}))
        };
        std::fs::write(segment.join(EVENTS), (0..1000).map(line).collect::<String>()).expect("a file");
        Recording::open(folder, begin, None).expect("a folder")
    }

    #[test]
    fn what_there_is_most_of_comes_last() {
        let mut all = ["pods.metrics.k8s.io of namespace shop", "secrets", "pods", "events"];
        all.sort_by_key(|subject| place(subject));
        assert_eq!(all, ["events", "pods", "secrets", "pods.metrics.k8s.io of namespace shop"]);
    }

    #[test]
    fn where_there_is_too_much_the_newest_part_is_taken() {
        let folder = tempfile::tempdir().expect("a folder");
        let begin = DateTime::from_timestamp(1_795_000_000, 0).expect("a time");
        let (recording, end) = (recorded(folder.path(), begin), begin + TimeDelta::seconds(1000));
        let (target, stop) = (Target::new("a", end, folder.path()), AtomicBool::new(false));
        let of = |bytes| take(&recording, (&target, EVENTS), (begin, end), (bytes, &stop));
        let whole = of(1 << 20).expect("room for all");
        assert_eq!((whole.from, whole.entry.as_ref().map(PreparedEntry::bytes)), (begin, Some(whole.merged.bytes)));
        let part = of(whole.merged.bytes / 3).expect("room for a third");
        assert_eq!(part.from, end - TimeDelta::seconds(250));
        assert!(part.merged.bytes <= whole.merged.bytes / 3 && part.merged.bytes > whole.merged.bytes / 5);
        assert!(matches!(of(100), Err(MergeError::TooLarge(100))), "not even the last of it");
        let mut told = Told {
            window: begin,
            begin: None,
            from: Some(begin),
            to: Some(end),
            whys: Vec::new(),
            unseen: Vec::new(),
            bytes: 0,
            refused: 0,
            has_failed: false,
        };
        told.came(EVENTS, &part);
        let scope = Scope { subject: "events".to_owned(), entries: Vec::new(), last: None };
        let outcome = told.outcome(&scope);
        assert_eq!(
            (outcome.status, outcome.from, outcome.bytes),
            (Status::Truncated, Some(part.from), part.merged.bytes)
        );
        assert!(outcome.why.contains("begins at 2026-11-18T11:19:10Z: it would be too large"), "{}", outcome.why);
    }
}
