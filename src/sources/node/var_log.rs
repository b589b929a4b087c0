//! Plain log files of nodes: what syslog, auditd and programs without a journal write to /var/log.
//!
//! They are kept as they are, cut to the window where the form of their times is known. Times without a zone are the
//! node's: how far it is from UTC is seen from the last line and when the file was written; where that does not fit, as
//! much more is kept as the zone may be off. Audit logs of the API server are not taken, also where such a file is one or
//! has lines of one: they may hold objects whole, with the values of Secrets. See `plain`.

use super::file_server::{self, Listed};
use super::log_access::{self, LogAccess};
use super::log_cut::{LogCut, Seen};
use super::plain::{Look, Sieve};
use super::stamp;
use super::tail::Tail;
use crate::archive::format::Status;
use crate::archive::{Content, EntryBuilder, PreparedEntry, layout};
use crate::logline::plain;
use crate::model::{Subject, Window, rfc3339};
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::job::{Job, Rank};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::run::node_breaker::NodeBreaker;
use crate::sources::run::per_node;
use crate::sources::wire::api::{Broken, Deadlines, Problem};
use crate::sources::{Permission, Profile, Source};
use chrono::{DateTime, TimeDelta, Utc};
use std::io::{self, Write};
use std::ops::ControlFlow;
use std::sync::Arc;

pub static SOURCE: Source = Source {
    id: "var-log",
    title: "Plain log files of nodes",
    why: "the kernel, the kubelet or the runtime of a node that writes to files, as those without a persistent journal do",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["nodes/NODE/var-log/FILE"],
    profile: Profile::Standard,
    cap: 10 * 1024 * 1024,
    deadlines: Deadlines::USUAL,
    expect: |options| options.expected(&SOURCE, "plain log files of all nodes"),
    run: |run, items| Box::pin(per_node::plan(run, items, &[()], spec, search)),
};

/// Files that are taken where a node has them, as components below /var/log.
const FILES: [&[&str]; 7] = [
    &["audit", "audit.log"],
    &["containerd.log"],
    &["docker.log"],
    &["kern.log"],
    &["kubelet.log"],
    &["messages"],
    &["syslog"],
];
/// Of one file so many bytes wait on the disk, the last that came.
const WAITING: u64 = 64 * 1024 * 1024;
/// The most that a zone is ahead of UTC, or behind it.
const FARTHEST: TimeDelta = TimeDelta::hours(14);

type File = &'static [&'static str];

fn spec(node: &str, (): &()) -> ItemSpec {
    ItemSpec::new(SOURCE.id, format!("{} plain log files", Subject::node(node)))
}

/// Sees which files the node has, and queues the reading of each.
async fn search(run: Arc<Run>, node: String, (): &(), item: Item) {
    let listed = match log_access::of(&run, &node).await {
        LogAccess::Files(listed) => Ok(listed.to_vec()),
        LogAccess::Nothing(problem) => Err(problem),
        LogAccess::Query | LogAccess::Unknown => file_server::list(&run, &node, &[]).await,
    };
    let listed = match listed {
        Ok(listed) => listed,
        Err(problem) => return run.fail(item, problem),
    };
    let is_there = |file: &&File| match **file {
        [name] => listed.contains(&Listed::File((*name).to_owned())),
        [folder, ..] => listed.contains(&Listed::Folder((*folder).to_owned())),
        [] => false,
    };
    let breaker = run.breaker(&node);
    let jobs: Vec<Job> = FILES.iter().filter(is_there).map(|file| job(&run, &breaker, file)).collect();
    match jobs.is_empty() {
        true => item.finish(ItemOutcome::new(Status::Absent, "the node has no plain log file that is known")),
        false => item.expand(),
    }
    run.pool.submit(jobs);
}

fn job(run: &Arc<Run>, breaker: &Arc<NodeBreaker>, file: File) -> Job {
    let subject = format!("{} file {}", Subject::node(breaker.node()), file.join("/"));
    let spec =
        ItemSpec::new(SOURCE.id, subject).of_node(Some(breaker.clone())).entry(layout::var_log(breaker.node(), file));
    let (run, breaker) = (run.clone(), breaker.clone());
    let item = run.ledger.plan(spec);
    Job::new(Rank::Rotating, item, move |item| async move { read(&run, breaker.node(), file, item).await })
}

async fn read(run: &Arc<Run>, node: &str, file: File, item: Item) {
    let (mut tail, modified) = match fetch(run, node, file).await {
        Ok(Some(fetched)) => fetched,
        Ok(None) => return item.finish(ItemOutcome::new(Status::Empty, "it was last written before the window")),
        Err(problem) => return run.fail(item, problem),
    };
    let (window, cap) = (run.options.window, run.options.cap(&SOURCE));
    let (path, target) = (layout::var_log(node, file), run.writer.target().clone());
    let cut = tokio::task::spawn_blocking(move || {
        let look = Look::at(&mut tail, modified.unwrap_or(window.to))?;
        if let Some(why) = look.refusal() {
            return Ok((None, ItemOutcome::new(Status::Failed, why)));
        }
        let entry = EntryBuilder::new(&target, path, Content::Log).map_err(io::Error::other)?;
        cut(&mut tail, (look, Sieve::new(look, file)), modified, (window, cap), entry)
    });
    let (entry, mut outcome) = match cut.await {
        Ok(Ok(cut)) => cut,
        Ok(Err(error)) => return item.finish(ItemOutcome::new(Status::Failed, error.to_string())),
        Err(_) => return item.finish(ItemOutcome::new(Status::Failed, "the file could not be read")),
    };
    if let Some(entry) = entry {
        (outcome.entry, outcome.bytes) = (Some(layout::var_log(node, file)), entry.bytes());
        if run.writer.entry(entry).await.is_err() {
            return;
        }
    }
    item.finish(outcome);
}

/// The end of a file and when it was written; `None` if that was before the window.
async fn fetch(run: &Run, node: &str, file: File) -> Result<Option<(Tail, Option<DateTime<Utc>>)>, Problem> {
    let failed = |error: std::io::Error| Problem::new(Status::Failed, format!("temporary file: {error}"));
    let mut answer = file_server::open(run, node, file, SOURCE.deadlines).await?;
    let modified = answer.modified;
    if modified.is_some_and(|modified| modified < run.options.window.from) {
        return Ok(None);
    }
    let mut tail = Tail::new(WAITING).map_err(failed)?;
    let taken = answer
        .each(|data| {
            tail.write(data).map_err(failed)?;
            Ok(ControlFlow::Continue(()))
        })
        .await;
    match taken {
        Ok(()) => Ok(Some((tail, modified))),
        Err(Broken::Off(problem) | Broken::Taker(problem)) => Err(problem),
    }
}

/// The lines of `tail` within `window`, and how its item ends.
fn cut(
    tail: &mut Tail,
    (look, mut sieve): (Look, Sieve),
    modified: Option<DateTime<Utc>>,
    (window, cap): (Window, u64),
    mut entry: EntryBuilder,
) -> io::Result<(Option<PreparedEntry>, ItemOutcome)> {
    // By the clock that stamped its lines, which need not be ours.
    let written = modified.unwrap_or(window.to);
    let zone = match (look.last_local, modified) {
        (None, _) => Some(TimeDelta::zero()),
        (Some(last), Some(modified)) => plain::zone(last, modified),
        (Some(_), None) => None,
    };
    let wide = || Window::new(window.from - FARTHEST, window.to + FARTHEST);
    let span = zone.map_or_else(wide, |_| window);
    let cap = usize::try_from(cap).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(stamp::of_plain(written, zone.unwrap_or_default()), span, cap);
    sieve.each(tail, written, |line| cut.push(line, &mut |line| entry.write_all(line)))?;
    let seen = cut.end(&mut |line| entry.write_all(line))?;
    let outcome = seen.telling(verdict(&seen, &sieve, zone, tail.is_cut()));
    let entry = if seen.lines > 0 { Some(entry.finish().map_err(io::Error::other)?) } else { None };
    Ok((entry, outcome))
}

fn verdict(seen: &Seen, sieve: &Sieve, zone: Option<TimeDelta>, is_cut: bool) -> ItemOutcome {
    // Of a zone that is not known, the times would be off.
    let (from, to) = zone.map_or((None, None), |_| (seen.first, seen.last));
    let with = |status, why: Vec<String>| ItemOutcome { from, to, ..ItemOutcome::new(status, why.join("; ")) };
    let reaches = || seen.first.map_or_else(String::new, |first| format!(" before {}", rfc3339(first)));
    let (torn, odd) = sieve.said();
    let mut lost: Vec<String> = Vec::new();
    lost.extend(is_cut.then(|| format!("what it had{} was too much to fetch", reaches())));
    lost.extend((seen.left_out_lines > 0).then(|| seen.left_out()));
    lost.extend(odd);
    let note = match zone {
        _ if seen.lines == 0 => None,
        _ if !seen.any_stamp => Some("its times are of no known form: it is not cut to the window"),
        None => Some("its times are the node's, whose zone is not known: it is cut 14 h wider than the window"),
        Some(_) => None,
    };
    let notes = note.map(str::to_owned).into_iter().chain(torn);
    match (seen.lines, lost.is_empty()) {
        (0, _) => {
            let empty = "it has no line within the window".to_owned();
            with(Status::Empty, std::iter::once(empty).chain(notes).collect())
        }
        (_, true) => with(Status::Collected, notes.collect()),
        (_, false) => with(Status::Truncated, lost.into_iter().chain(notes).collect()),
    }
}
