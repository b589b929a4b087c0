//! A log that a kubelet handed out, on its last step: into the archive, if it is one.

use super::kept_logs::{self, Span};
use crate::archive::EntryBuilder;
use crate::archive::format::Status;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::wire::api::{Broken, Problem};
use std::sync::Arc;

/// What has come of a log.
pub struct FetchedLog {
    pub entry: EntryBuilder,
    /// Lines within the window.
    pub lines: u64,
    /// From when to when all of them are there.
    pub spans: Vec<Span>,
    /// How its item ends by what was read.
    pub outcome: ItemOutcome,
    /// Why no more came, if it broke off.
    pub broken: Option<Problem>,
}

/// How a log that was handed over ended: why it broke off, if it did. The error is of whoever took it.
pub fn broken_off<E>(taken: Result<(), Broken<E>>) -> Result<Option<Problem>, E> {
    match taken {
        Ok(()) => Ok(None),
        Err(Broken::Off(problem)) => Ok(Some(problem)),
        Err(Broken::Taker(error)) => Err(error),
    }
}

/// Ends `item`. What came is an entry as far as it is a log: an error sentence or a login page never is.
pub async fn keep(run: &Arc<Run>, log: FetchedLog, item: Item) {
    let FetchedLog { entry, lines, spans, mut outcome, broken } = log;
    let is_log = lines > 0 && matches!(outcome.status, Status::Collected | Status::Truncated);
    if let Some(problem) = &broken {
        outcome.status = problem.status;
        outcome.why = if is_log { format!("{}; what came before is kept", problem.why) } else { problem.why.clone() };
    }
    if is_log {
        let Ok(entry) = entry.finish() else {
            return item.finish(ItemOutcome::new(Status::Failed, "the log could not be compressed"));
        };
        (outcome.entry, outcome.bytes) = (Some(entry.path().to_owned()), entry.bytes());
        let path = entry.path().to_owned();
        if run.writer.entry(entry).await.is_err() {
            return;
        }
        kept_logs::note(run, &path, &spans);
    }
    match broken {
        Some(problem) => run.fail_with(item, problem, outcome),
        None => item.finish(outcome),
    }
}
