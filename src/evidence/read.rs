//! Walks the archive's entries, on as many threads as it may, and merges what they give in order of path.

use super::findings::{Findings, Place};
use super::journal::Journal;
use super::metrics::{Reader as MetricsReader, SeriesInterest};
use super::{Evidence, Topology, config, events, logs, nodes, outcomes, pods, revisions, services, workloads};
use crate::archive::layout::{self, Container};
use crate::archive::{Archive, ArchiveError};
use crate::model::Window;
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
    pub series: Vec<SeriesInterest>,
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
    facts.sort_by(|a, b| (a.at.time, &a.citation).cmp(&(b.at.time, &b.citation)));
    let mut unreadable = std::mem::take(&mut found.unreadable);
    unreadable.sort();
    let (archive, sha256) = (archive.name().to_owned(), archive.manifest_sha256().ok().flatten());
    Ok(Evidence {
        archive,
        sha256,
        header,
        window,
        facts,
        topology: Topology::new(found),
        outcomes: planned,
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
    let result = if let Some((_, plural)) = layout::parse_objects(entry) {
        read_objects(context, entry, &plural, &mut found)
    } else if let Some((node, unit)) = layout::parse_journal(entry) {
        let (interest, to) = (&context.interest.journal, context.window.to);
        let journal = Journal { entry, node: &node, unit: &unit, interest, to };
        each_line(context, entry, |number, line| journal.read(number, line, &mut found))
    } else if let Some(of) = container_of(entry) {
        let interest = &context.interest.logs;
        each_line(context, entry, |number, line| {
            logs::read(Place { entry, line: number }, &of, interest, line, &mut found)
        })
    } else if let Some(query) = layout::parse_metric(entry) {
        let mut reader = MetricsReader::new(entry, &query, &context.interest.series, context.window);
        let result = each_line(context, entry, |number, line| reader.line(number, line, &mut found));
        reader.finish(&mut found);
        result
    } else if entry == layout::OUTCOMES {
        each_line(context, entry, |number, line| outcomes::read(entry, number, line, &mut found))
    } else {
        Ok(())
    };
    if let Err(error) = result {
        found.unreadable(entry, 0, error);
    }
    found
}

/// Whose log `entry` is, one that the API showed or a file of its node.
fn container_of(entry: &str) -> Option<Container> {
    let shown = layout::parse_pod_log(entry).map(|log| log.container);
    shown.or_else(|| layout::parse_log_file(entry).map(|file| file.container))
}

fn each_line(context: &Context<'_>, entry: &str, mut read: impl FnMut(u64, &[u8])) -> Result<(), ArchiveError> {
    context.archive.lines(entry, |number, line| {
        if !line.is_empty() {
            read(number, line);
        }
        true
    })
}

fn read_objects(context: &Context<'_>, entry: &str, plural: &str, found: &mut Findings) -> Result<(), ArchiveError> {
    let snapshot = context.fetched.get(entry).copied().unwrap_or(context.window.to);
    let kind = match plural {
        "events" | "events.events.k8s.io" => {
            return each_line(context, entry, |number, line| events::read(entry, number, line, found));
        }
        "pods" => return each_line(context, entry, |number, line| pods::read(entry, number, line, snapshot, found)),
        "nodes" => return each_line(context, entry, |number, line| nodes::read(entry, number, line, found)),
        "services" => {
            return each_line(context, entry, |number, line| services::read_service(entry, number, line, found));
        }
        "endpointslices.discovery.k8s.io" => {
            let mut lines = Vec::new();
            each_line(context, entry, |number, line| lines.push((number, line.to_vec())))?;
            services::read_slices(entry, &lines, snapshot, found);
            return Ok(());
        }
        "configmaps" => "ConfigMap",
        "secrets" => "Secret",
        "deployments.apps" => "Deployment",
        "replicasets.apps" => "ReplicaSet",
        "statefulsets.apps" => "StatefulSet",
        "daemonsets.apps" => "DaemonSet",
        "jobs.batch" => "Job",
        "cronjobs.batch" => "CronJob",
        _ => return Ok(()),
    };
    let is_config = matches!(kind, "ConfigMap" | "Secret");
    each_line(context, entry, |number, line| match is_config {
        true => config::read(kind, entry, number, line, found),
        false => workloads::read(kind, entry, number, line, found),
    })
}
