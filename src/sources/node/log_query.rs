//! The kubelet's log query, asked for the journal of a unit.
//!
//! `untilTime` is never sent: kubelets read it, and then format `sinceTime` in its place (openshift/kubernetes#1579).
//! The window's end is cut here. Lines stay as `journalctl -o short-precise` printed them, in UTC and without a year.
//! An answer that the kubelet's limit of 30 s cut off is asked for again from its last line on.

use super::answers::{self, Text, kind_of, verdict};
use super::fetched_log::{FetchedLog, broken_off, keep};
use super::file_server;
use super::journal_name::{CAP, JournalName};
use super::log_access::{self, LogAccess};
use super::log_cut::{LogCut, Seen};
use super::node_journals::NodeJournals;
use super::overlap_joiner::OverlapJoiner;
use super::stamp;
use crate::archive::format::Status;
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use crate::model::Window;
use crate::sources::run::Run;
use crate::sources::run::item::{Item, ItemOutcome};
use crate::sources::run::node_breaker::NodeBreaker;
use crate::sources::wire::api::{Answer, Deadlines, Problem, escaped};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The kubelet ends an answer after 30 s.
pub const DEADLINES: Deadlines = Deadlines::of(15, 35);
/// A journal that begins later than the window by more than this may have been cut by the node's time zone.
const LATE: TimeDelta = TimeDelta::minutes(2);
/// The zone farthest behind UTC: the kubelet sends the window's start without a zone, and journalctl reads it in the
/// node's.
const FARTHEST_BEHIND: TimeDelta = TimeDelta::hours(12);
/// How often the missing end of a journal that was cut off is asked for.
const CONTINUATIONS: usize = 4;
/// Of the time that a node may keep us, after how much no further question is begun or waited for: what there is by
/// then has to reach the archive.
const NODE_TIME: Duration = Duration::from_secs(52);

/// Collects the journal of `unit`.
pub async fn collect(run: Arc<Run>, journals: Arc<NodeJournals>, unit: &'static str, item: Item) {
    match log_access::of(&run, &journals.node).await {
        LogAccess::Query | LogAccess::Unknown => ask(run, &journals, unit, item).await,
        LogAccess::Files(_) | LogAccess::Nothing(_) => journals.finish(&run, JournalName::Unit(unit), item).await,
    }
}

/// What the questions for one journal brought.
struct FetchedJournal {
    entry: EntryBuilder,
    seen: Seen,
    broken: Option<Problem>,
    /// Why the end of it may be missing.
    cut: Option<String>,
    /// How often it was asked for again from its last line on.
    continued: usize,
}

/// Nothing came, or it could not be kept.
enum Failure {
    Asking(Problem),
    Keeping(ArchiveError),
}

impl From<ArchiveError> for Failure {
    fn from(error: ArchiveError) -> Self {
        Self::Keeping(error)
    }
}

async fn ask(run: Arc<Run>, journals: &NodeJournals, unit: &'static str, item: Item) {
    let (window, node) = (run.options.window, journals.node.as_str());
    let request =
        JournalRequest { run: &run, node, unit, breaker: item.breaker().cloned(), earlier: TimeDelta::zero() };
    let first = match request.ask(true).await {
        Ok(fetched) => fetched,
        Err(Failure::Asking(problem)) => {
            return journals.fail(&run, JournalName::Unit(unit), file_server::refined(problem), item).await;
        }
        Err(Failure::Keeping(error)) => return item.finish(ItemOutcome::new(Status::Failed, error.to_string())),
    };
    let again = match kind_of(&first.seen) {
        // A file in place of a journal cannot be asked for a part of it.
        Text::NotWithOptions => request.ask(false).await.ok(),
        Text::Journal | Text::NoEntries if begins_late(&first.seen, window) => {
            let request = JournalRequest { earlier: FARTHEST_BEHIND, ..request };
            let again = request.ask(true).await.ok();
            again.filter(|again| again.broken.is_none() && again.cut.is_none() && again.seen.lines > first.seen.lines)
        }
        _ => None,
    };
    finish(&run, again.unwrap_or(first), item).await;
}

fn begins_late(seen: &Seen, window: Window) -> bool {
    seen.first.is_none_or(|first| first - window.from > LATE)
}

/// One journal to ask for.
struct JournalRequest<'a> {
    run: &'a Run,
    node: &'a str,
    unit: &'a str,
    breaker: Option<Arc<NodeBreaker>>,
    /// By how much earlier than wanted, for the time zone of the node.
    earlier: TimeDelta,
}

impl JournalRequest<'_> {
    /// Asks for the window, or without any option, until an answer is whole or there is no time for another.
    async fn ask(&self, with_options: bool) -> Result<FetchedJournal, Failure> {
        let window = self.run.options.window;
        let mut taker = Taker::new(self)?;
        let mut since = with_options.then_some(window.from);
        let (mut broken, mut cut, mut continued) = (None, None, 0);
        loop {
            let asked = Instant::now();
            match self.answer(since).await {
                Ok(answer) => broken = taker.take(answer).await?,
                Err(problem) if continued == 0 => return Err(Failure::Asking(problem)),
                Err(problem) => {
                    cut = cut.map(|cut| format!("{cut}; asked for the rest: {}", problem.why));
                    break;
                }
            }
            cut = answers::is_cut(taker.joiner.is_partial(), asked.elapsed());
            let is_done = cut.is_none() || broken.is_some() || taker.is_past_end || !with_options;
            if is_done || continued == CONTINUATIONS || self.time_left().is_zero() {
                break;
            }
            let Some(next) = taker.joiner.resume() else { break };
            since = Some(next);
            continued += 1;
        }
        match cut {
            Some(_) if taker.is_past_end => cut = None,
            Some(_) => taker.joiner.give_up(),
            None => {}
        }
        let (entry, seen) = taker.end()?;
        Ok(FetchedJournal { entry, seen, broken, cut, continued })
    }

    async fn answer(&self, since: Option<DateTime<Utc>>) -> Result<Answer, Problem> {
        let mut path = format!("/api/v1/nodes/{}/proxy/logs/?query={}", escaped(self.node), self.unit);
        if let Some(since) = since.map(|since| since - self.earlier) {
            path.push_str(&format!("&sinceTime={}", escaped(&since.to_rfc3339_opts(SecondsFormat::Secs, true))));
        }
        let deadlines = Deadlines { whole: DEADLINES.whole.min(self.time_left().max(DEADLINES.idle)), ..DEADLINES };
        self.run.api.get(&path, None, deadlines).await
    }

    fn time_left(&self) -> Duration {
        let busy = self.breaker.as_ref().map(|breaker| breaker.busy()).unwrap_or_default();
        NODE_TIME.saturating_sub(busy)
    }
}

/// Where answers go: joined without their overlap, cut to the window and the cap, into an entry.
struct Taker {
    joiner: OverlapJoiner,
    cut: LogCut,
    entry: EntryBuilder,
    is_past_end: bool,
}

impl Taker {
    fn new(request: &JournalRequest<'_>) -> Result<Self, ArchiveError> {
        let window = request.run.options.window;
        let cap = usize::try_from(request.run.options.profile.cap(CAP)).unwrap_or(usize::MAX);
        let path = layout::journal(request.node, request.unit);
        Ok(Self {
            joiner: OverlapJoiner::new(stamp::of_journal(window.to)),
            cut: LogCut::new(stamp::of_journal(window.to), window, cap),
            entry: EntryBuilder::new(request.run.writer.target(), path, Content::Log)?,
            is_past_end: false,
        })
    }

    async fn take(&mut self, mut answer: Answer) -> Result<Option<Problem>, ArchiveError> {
        let Self { joiner, cut, entry, is_past_end } = self;
        let taken = answer
            .each(|data| -> Result<_, ArchiveError> {
                let more = joiner.push(data, &mut |line| cut.push(line, &mut |line| entry.write(line)))?;
                *is_past_end |= !more;
                Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
            })
            .await;
        broken_off(taken)
    }

    fn end(mut self) -> Result<(EntryBuilder, Seen), ArchiveError> {
        let (cut, entry) = (&mut self.cut, &mut self.entry);
        self.joiner.end(&mut |line| cut.push(line, &mut |line| entry.write(line)))?;
        let entry = &mut self.entry;
        let seen = self.cut.end(&mut |line| entry.write(line))?;
        Ok((self.entry, seen))
    }
}

async fn finish(run: &Arc<Run>, fetched: FetchedJournal, item: Item) {
    let FetchedJournal { entry, seen, broken, cut, continued } = fetched;
    let mut outcome = verdict(&seen, cut);
    if continued > 0 && outcome.status == Status::Collected {
        let again = format!("it was cut off {continued} times, and asked for again from its last line on");
        outcome.why = if outcome.why.is_empty() { again } else { format!("{again}; {}", outcome.why) };
    }
    keep(run, FetchedLog { entry, lines: seen.lines, spans: seen.spans(), outcome, broken }, item).await;
}
