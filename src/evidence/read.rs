//! Walks the archive's entries, on as many threads as it may, and merges what they give in order of path.

use super::clocks::Clocks;
use super::error_lines::ErrorLines;
use super::findings::{Findings, Place};
use super::journal::Journal;
use super::logs::Log;
use super::series::{AnswerReader, SeriesStore};
use super::{
    Evidence, Topology, changes, config, events, kinds, nodes, outcomes, pods, revisions, services, status, workloads,
};
use crate::archive::layout::{self, Container};
use crate::archive::{Archive, ArchiveError};
use crate::model::{Subject, Window};
use chrono::{DateTime, Utc};
use regex::bytes::Regex;
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What of the bulk is worth a fact. Objects and events always are.
#[derive(Debug)]
pub struct Interest {
    pub journal: Regex,
    pub logs: Regex,
}

struct Context<'a> {
    archive: &'a Archive,
    interest: &'a Interest,
    window: Window,
    /// When each entry was fetched.
    fetched: BTreeMap<String, DateTime<Utc>>,
}

/// Reads the evidence, on `threads` threads; their number does not show in the result.
pub fn read(archive: &Archive, interest: &Interest, threads: usize) -> Result<Evidence, ArchiveError> {
    let header = archive.header()?;
    let window = Window::new(header.from, header.to);
    let planned = archive.outcomes();
    let fetched = planned.iter().filter_map(|outcome| Some((outcome.entry.clone()?, outcome.at))).collect();
    let context = Context { archive, interest, window, fetched };
    let entries: Vec<&str> = archive.entries().collect();
    let mut found = Findings::default();
    for harvest in harvest(&context, &entries, threads) {
        found.absorb(harvest);
    }
    found.drop_repeated_events();
    revisions::compare(&mut found);
    let mut facts = std::mem::take(&mut found.facts);
    super::sort(&mut facts);
    if window.to < window.from {
        found.unreadable(layout::ARCHIVE, 1, "the window ends before it begins");
    }
    let mut unreadable = std::mem::take(&mut found.unreadable);
    unreadable.sort();
    let mut unread = std::mem::take(&mut found.unread);
    unread.sort();
    let series = SeriesStore::new(std::mem::take(&mut found.answers));
    let clocks = Clocks::new(&[std::mem::take(&mut found.clocks), header.clocks.clone()].concat());
    let topology = Topology::new(found);
    changes::mark_read(&mut facts, &topology);
    let (archive, sha256) = (archive.name().to_owned(), archive.manifest_sha256().ok().flatten());
    Ok(Evidence {
        archive,
        sha256,
        header,
        window,
        facts,
        series,
        clocks,
        topology,
        outcomes: planned,
        unread,
        unreadable,
    })
}

fn harvest(context: &Context<'_>, entries: &[&str], threads: usize) -> Vec<Findings> {
    let next = AtomicUsize::new(0);
    let harvests: Mutex<BTreeMap<usize, Findings>> = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(entry) = entries.get(index) else { break };
                    let found = read_entry(context, entry);
                    // A poisoned lock means that another thread panicked; the scope passes that on.
                    if let Ok(mut harvests) = harvests.lock() {
                        harvests.insert(index, found);
                    }
                }
            });
        }
    });
    harvests.into_inner().unwrap_or_default().into_values().collect()
}

fn read_entry(context: &Context<'_>, entry: &str) -> Findings {
    let mut found = Findings::default();
    let result = match Content::of(entry) {
        Content::Objects(plural) => read_objects(context, entry, &plural, &mut found),
        Content::Journal { node, unit } => read_journal(context, entry, (&node, &unit), &mut found),
        Content::Log(of) => read_log(context, entry, of, &mut found),
        Content::Series { query, server } => {
            let mut reader = AnswerReader::new(entry, &query, &server);
            let result = each_line(context, entry, |place, line| {
                if let Err(why) = reader.line(place.line, line) {
                    found.unreadable(entry, place.line, why);
                }
            });
            found.answers.push(reader.finish());
            result
        }
        Content::Outcomes => {
            each_line(context, entry, |place, line| outcomes::read(entry, place.line, line, &mut found))
        }
        Content::Clocks => each_line(context, entry, |place, line| match serde_json::from_slice(line) {
            Ok(reading) => found.clocks.push(reading),
            Err(error) => found.unreadable(entry, place.line, error),
        }),
        Content::Custody => Ok(()),
        Content::Unread => {
            found.unread.push(entry.to_owned());
            Ok(())
        }
    };
    if let Err(error) = result {
        found.unreadable(entry, 0, error);
    }
    found
}

/// What an entry holds, as far as anything here reads it.
enum Content {
    Objects(String),
    Journal {
        node: String,
        unit: String,
    },
    Log(Container),
    /// The answer to a range query.
    Series {
        query: String,
        server: String,
    },
    Outcomes,
    Clocks,
    /// What the archive says of itself; read by those who open it.
    Custody,
    /// It came, and nothing here knows what it means.
    Unread,
}

impl Content {
    fn of(entry: &str) -> Self {
        if let Some((_, plural)) = layout::parse_objects(entry) {
            return Self::Objects(plural);
        }
        if let Some((node, unit)) = layout::parse_journal(entry) {
            return Self::Journal { node, unit };
        }
        if let Some(of) = container_of(entry) {
            return Self::Log(of);
        }
        if let Some((query, server)) = layout::parse_metric(entry) {
            return Self::Series { query, server };
        }
        match entry {
            layout::OUTCOMES => Self::Outcomes,
            layout::CLOCKS => Self::Clocks,
            entry if entry.starts_with("meta/") => Self::Custody,
            _ => Self::Unread,
        }
    }
}

/// Whose log `entry` is, one that the API showed or a file of its node.
fn container_of(entry: &str) -> Option<Container> {
    let shown = layout::parse_pod_log(entry).map(|log| log.container);
    shown.or_else(|| layout::parse_log_file(entry).map(|file| file.container))
}

fn each_line(context: &Context<'_>, entry: &str, mut read: impl FnMut(Place<'_>, &[u8])) -> Result<(), ArchiveError> {
    let fetched = context.fetched.get(entry).copied().unwrap_or(context.window.to);
    context.archive.lines(entry, |number, line| {
        if !line.is_empty() {
            read(Place { entry, line: number, fetched }, line);
        }
        true
    })
}

fn read_journal(
    context: &Context<'_>,
    entry: &str,
    (node, unit): (&str, &str),
    found: &mut Findings,
) -> Result<(), ArchiveError> {
    let journal = Journal { entry, node, unit, interest: &context.interest.journal, to: context.window.to };
    let mut errors = ErrorLines::new(entry, Subject::node(node), Some(node.to_owned()), unit);
    let result = each_line(context, entry, |place, line| journal.read(place.line, line, &mut errors, found));
    errors.finish(found);
    result
}

fn read_log(context: &Context<'_>, entry: &str, of: Container, found: &mut Findings) -> Result<(), ArchiveError> {
    let mut errors = ErrorLines::new(entry, Subject::pod(&of.namespace, &of.pod), None, &of.name);
    let log = Log { of, interest: &context.interest.logs };
    let result = each_line(context, entry, |place, line| log.read(place, line, &mut errors, found));
    errors.finish(found);
    result
}

/// Kinds that are read by what they are; all others by the status that every kind may have.
fn read_objects(context: &Context<'_>, entry: &str, plural: &str, found: &mut Findings) -> Result<(), ArchiveError> {
    if plural == "endpointslices.discovery.k8s.io" {
        let (mut lines, mut fetched) = (Vec::new(), context.window.to);
        each_line(context, entry, |place, line| {
            fetched = place.fetched;
            lines.push((place.line, line.to_vec()));
        })?;
        services::read_slices(entry, &lines, fetched, found);
        return Ok(());
    }
    let kind = kinds::of_plural(plural);
    each_line(context, entry, |place, line| match plural {
        "events" | "events.events.k8s.io" => events::read(place, line, found),
        "pods" => pods::read(place, line, found),
        "nodes" => nodes::read(place, line, found),
        "services" => services::read_service(place, line, found),
        "configmaps" | "secrets" => config::read(kind, place, line, found),
        "deployments.apps" | "replicasets.apps" | "statefulsets.apps" | "daemonsets.apps" | "jobs.batch"
        | "cronjobs.batch" => workloads::read(kind, place, line, found),
        _ => status::read(kind, place, line, found),
    })
}
