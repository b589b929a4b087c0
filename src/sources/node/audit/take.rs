//! The files of one audit log, one after another, into the archive.

use super::file_name::AuditFile;
use super::projection::{FileProjection, Projection, Seen};
use super::way::{Ended, Log, Way};
use super::{SOURCE, body, subject};
use crate::archive::format::{Redaction, Status};
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use crate::model::rfc3339;
use crate::redact::{Key, Redactor, Rules};
use crate::sources::node::fetched_log::{FetchedLog, keep};
use crate::sources::node::unpack::Unpack;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::ledger::ItemSpec;
use crate::sources::wire::api::Problem;
use chrono::TimeDelta;
use std::ops::ControlFlow;
use std::sync::Arc;

/// A log that begins within so much of the window has all of it.
const SLACK: TimeDelta = TimeDelta::minutes(1);

/// The items of a log: the counts, and each file.
pub type Planned = (Item, Vec<Item>);

/// Replaces `item`, which stands for the whole log, by one for each of its files and one for the counts; or ends it where
/// nothing of it reaches into the window.
pub fn planned(run: &Arc<Run>, node: &str, log: &Log, item: Item) -> Option<Planned> {
    if log.files.files.is_empty() {
        item.finish(ItemOutcome::new(
            Status::Empty,
            "its files are of before the window or after it, as their names say",
        ));
        return None;
    }
    let plan = |what: String, entry: String| run.ledger.plan(ItemSpec::new(SOURCE.id, what).entry(entry));
    let file =
        |file: &AuditFile| plan(format!("{} file {}", subject(node), file.name), layout::audit(node, &file.archived()));
    let files: Vec<Item> = log.files.files.iter().map(file).collect();
    let counts = plan(format!("{} counts of reads", subject(node)), layout::audit_reads(node));
    item.expand();
    Some((counts, files))
}

/// Reads all files, and ends the items.
pub async fn take(run: &Arc<Run>, node: &str, (way, log): (&Way<'_>, &Log), (counts, items): Planned) {
    let redactor = match redactor(run) {
        Ok(redactor) => redactor,
        Err(why) => {
            items
                .into_iter()
                .chain([counts])
                .for_each(|item| item.finish(ItemOutcome::new(Status::Failed, why.clone())));
            return;
        }
    };
    let mut projection = Projection::new(redactor, run.options.window, run.options.namespaces.clone());
    let last = items.len().saturating_sub(1);
    for (at, (file, item)) in log.files.files.iter().zip(items).enumerate() {
        if item.is_settled() {
            drop(item);
            continue;
        }
        match take_file(run, (node, &log.folder, file), way, (&mut projection, at == last)).await {
            Ok(mut fetched) => {
                if at == 0 {
                    say_beginning(run, log, &mut fetched);
                }
                let hidden = fetched.seen.hidden;
                keep(run, fetched.log, item).await;
                note_hidden(run, layout::audit(node, &file.archived()), hidden).await;
            }
            Err(error) => item.finish(ItemOutcome::new(Status::Failed, error.to_string())),
        }
    }
    store_counts(run, node, &projection, counts).await;
}

/// Counts the values that are not in an entry.
async fn note_hidden(run: &Run, entry: String, count: u64) {
    if count > 0 {
        // If the writer is gone the run ends, and says why.
        let _ = run.writer.redaction(Redaction { rule: body::VALUE.to_owned(), entry, count }).await;
    }
}

/// With redaction off, too, persons are not named and the values of kinds are not kept.
fn redactor(run: &Run) -> Result<Redactor, String> {
    if let Some(redactor) = &run.options.redactor {
        return Ok(redactor.clone());
    }
    let key = Key::random().map_err(|error| error.to_string())?;
    Rules::built_in().and_then(|rules| Redactor::new(rules, key)).map_err(|error| error.to_string())
}

/// A file that came, and what it was.
struct Fetched {
    log: FetchedLog,
    seen: Seen,
}

async fn take_file(
    run: &Run,
    (node, folder, file): (&str, &str, &AuditFile),
    way: &Way<'_>,
    (projection, is_last): (&mut Projection, bool),
) -> Result<Fetched, ArchiveError> {
    let path = layout::audit(node, &file.archived());
    let mut entry = EntryBuilder::new(run.writer.target(), path, Content::Json)?;
    let cap = usize::try_from(run.options.cap(&SOURCE)).unwrap_or(usize::MAX);
    let mut lines = projection.file(cap);
    let mut unpack = if file.is_packed() { Unpack::gzip() } else { Unpack::plain() };
    let ended = way
        .read(run, (node, folder, &file.name), SOURCE.deadlines, |data: &[u8]| {
            let more = unpack.push(data, &mut |data| lines.push(data, &mut |line| entry.write(line)))?;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
        .await?;
    let packing = unpack.problem();
    // Where the end of the log did not come, the ends of requests are in it.
    let is_whole = matches!(ended, Ended::Well) && packing.is_none();
    let seen = end(lines, is_last && is_whole, &mut entry)?;
    let mut outcome = match &ended {
        Ended::Before(modified) => {
            ItemOutcome::new(Status::Empty, format!("it was last written at {modified}, before the window"))
        }
        Ended::Well | Ended::BrokenOff(_) => verdict(&seen, packing),
    };
    if let Some(way) = way.told() {
        outcome.why = format!("{way}; {}", outcome.why);
    }
    let broken: Option<Problem> = match ended {
        Ended::BrokenOff(problem) => Some(problem),
        Ended::Well | Ended::Before(_) => None,
    };
    Ok(Fetched { log: FetchedLog { entry, lines: seen.lines, spans: Vec::new(), outcome, broken }, seen })
}

fn end(lines: FileProjection<'_>, is_end_of_log: bool, entry: &mut EntryBuilder) -> Result<Seen, ArchiveError> {
    match is_end_of_log {
        true => lines.end_of_log(&mut |line| entry.write(line)),
        false => Ok(lines.end()),
    }
}

fn verdict(seen: &Seen, packing: Option<String>) -> ItemOutcome {
    let with = |status, why: String| ItemOutcome { from: seen.from, to: seen.to, ..ItemOutcome::new(status, why) };
    if seen.first.is_none() && seen.unreadable > 0 {
        return with(Status::Failed, format!("no audit log in JSON: {} lines of another form", seen.unreadable));
    }
    let lacks: Vec<String> = packing.into_iter().chain(seen.lacks()).collect();
    match (lacks.is_empty(), seen.lines) {
        (false, _) => with(Status::Truncated, format!("{}; {}", lacks.join("; "), seen.told())),
        (true, 0) => with(Status::Empty, format!("no event within the window but what is counted; {}", seen.told())),
        (true, _) => with(Status::Collected, seen.told()),
    }
}

/// Says of the first file that was read what may lie before it.
fn say_beginning(run: &Run, log: &Log, fetched: &mut Fetched) {
    let outcome = &mut fetched.log.outcome;
    if log.files.too_many > 0 {
        outcome.why = format!("{} older files within the window left out; {}", log.files.too_many, outcome.why);
        if outcome.status == Status::Collected {
            outcome.status = Status::Truncated;
        }
        return;
    }
    let late = fetched.seen.first.filter(|first| *first > run.options.window.from + SLACK);
    if let Some(first) = late {
        outcome.why = format!("{}; the log begins at {}, after the window does", outcome.why, rfc3339(first));
    }
}

async fn store_counts(run: &Arc<Run>, node: &str, projection: &Projection, item: Item) {
    let counts = &projection.counts;
    if counts.is_empty() {
        return item.finish(ItemOutcome::new(Status::Empty, "no request within the window that changes nothing"));
    }
    let text: String = counts.lines().flat_map(|line| [line, "\n".to_owned()]).collect();
    let Some(outcome) = run.store(&layout::audit_reads(node), Content::Json, text.as_bytes()).await else { return };
    let mut whys = vec![format!("{} requests", counts.requests())];
    if counts.blurred > 0 {
        whys.push(format!("{} of them without program and resource, for size", counts.blurred));
    }
    if projection.given_up > 0 {
        whys.push(format!("the ends of {} were not waited for", projection.given_up));
    }
    item.finish(ItemOutcome { why: whys.join("; "), ..outcome });
}
