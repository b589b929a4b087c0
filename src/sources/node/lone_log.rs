//! A log that is asked for by itself, outside of a run: what is about to be gone, for whoever watches a cluster.
//!
//! Asks as the collectors do and judges what came by their words, but for less: the last lines of a log, within a bound, and
//! none that an earlier answer has brought.

use super::answers;
use super::fetched_log::broken_off;
use super::file_server;
pub use super::journal_name::OF_UNITS;
use super::log_cut::{LogCut, Seen};
use super::overlap_joiner::OverlapJoiner;
pub use super::overlap_joiner::Seam;
use super::pod_logs::{self, UNVERIFIED, telling};
use super::stamp::{self, Stamp};
use crate::archive::format::Status;
use crate::archive::layout::Instance;
use crate::model::Window;
use crate::sources::run::item::ItemOutcome;
use crate::sources::wire::api::{Answer, Api, Deadlines, Problem, escaped};
use chrono::{DateTime, TimeDelta, Utc};
use std::convert::Infallible;
use std::ops::ControlFlow;
use tokio::time::Instant;

/// How long one may take: whoever asks has others to ask for, which are about to be gone too.
const DEADLINES: Deadlines = Deadlines::of(5, 15);
/// The clock of a node may be ahead of ours by as much.
const AHEAD: TimeDelta = TimeDelta::hours(24);

/// The log of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerLog {
    pub namespace: String,
    pub pod: String,
    pub container: String,
    pub instance: Instance,
}

/// How much of a log is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Most {
    /// The last lines.
    pub lines: usize,
    /// Of these the beginning and the end, where they are more.
    pub bytes: usize,
}

/// What came of a log.
#[derive(Debug)]
pub struct LoneLog {
    /// Whole lines; empty where nothing came.
    pub text: Vec<u8>,
    /// How it went, without an entry.
    pub outcome: ItemOutcome,
    /// From where another answer would go on.
    pub seam: Seam,
}

/// The id of the collector that takes logs of containers.
pub fn of_containers() -> &'static str {
    pod_logs::SOURCE.id
}

/// What the container of `log` printed after `seam`.
pub async fn of_container(api: &Api, log: &ContainerLog, most: Most, seam: Seam) -> LoneLog {
    let path = pod_logs::path([&log.namespace, &log.pod, &log.container], log.instance);
    let (answer, insecure) = match pod_logs::open(api, &format!("{path}&tailLines={}", most.lines), DEADLINES).await {
        Ok(opened) => opened,
        Err(problem) => return LoneLog::failed(problem, seam),
    };
    let window = Window::new(DateTime::UNIX_EPOCH, Utc::now() + AHEAD);
    let taken = take(answer, ([stamp::of_container(), stamp::of_container()], window), most, seam).await;
    let mut outcome = pod_logs::verdict(&taken.seen);
    if outcome.status == Status::Empty {
        let why = if taken.lines > 0 { "no line of it is new" } else { "it has no line" };
        outcome.why = why.to_owned();
    }
    if insecure {
        outcome.why = telling(&outcome.why, UNVERIFIED);
    }
    taken.judged(outcome, most)
}

/// What the journal of a unit of a node says since `since` and after `seam`, where the kubelet is asked for journals.
///
/// The kubelet is asked for the last lines and not for those since a time, which it may take for one of the node's zone.
pub async fn of_unit(api: &Api, (node, unit): (&str, &str), since: DateTime<Utc>, most: Most, seam: Seam) -> LoneLog {
    let path = format!("/api/v1/nodes/{}/proxy/logs/?query={unit}&tailLines={}", escaped(node), most.lines);
    let asked = Instant::now();
    let answer = match api.get(&path, None, DEADLINES).await {
        Ok(answer) => answer,
        Err(problem) => return LoneLog::failed(file_server::refined(problem), seam),
    };
    let window = Window::new(since, Utc::now() + AHEAD);
    let stamps = [stamp::of_journal(window.to), stamp::of_journal(window.to)];
    let taken = take(answer, (stamps, window), most, seam).await;
    let outcome = answers::verdict(&taken.seen, answers::is_cut(taken.seen.partial, asked.elapsed()));
    taken.judged(outcome, most)
}

impl Seam {
    /// Where a container's log ends that was kept.
    pub fn of_container_log(text: &[u8]) -> Self {
        Self::of_text(stamp::of_container(), text)
    }

    /// Where a journal ends that was kept until `to`.
    pub fn of_journal(text: &[u8], to: DateTime<Utc>) -> Self {
        Self::of_text(stamp::of_journal(to), text)
    }

    fn of_text(stamp: Stamp, text: &[u8]) -> Self {
        let mut joiner = OverlapJoiner::new(stamp);
        let mut out = |_: &[u8]| -> Result<bool, Infallible> { Ok(true) };
        let Ok(_) = joiner.push(text, &mut out);
        let Ok(()) = joiner.end(&mut out);
        joiner.seam()
    }
}

impl LoneLog {
    fn failed(problem: Problem, seam: Seam) -> Self {
        let outcome = ItemOutcome::new(problem.status, problem.why).code(problem.code);
        Self { text: Vec::new(), outcome, seam }
    }
}

/// An answer that was read.
struct Taken {
    text: Vec<u8>,
    seen: Seen,
    /// Lines that came, new or not.
    lines: usize,
    broken: Option<Problem>,
    seam: Seam,
}

async fn take(mut answer: Answer, (stamps, window): ([Stamp; 2], Window), most: Most, seam: Seam) -> Taken {
    let [of_joiner, of_cut] = stamps;
    let mut joiner = OverlapJoiner::after(of_joiner, seam);
    let mut cut = LogCut::new(of_cut, window, most.bytes);
    let (mut text, mut lines) = (Vec::new(), 0);
    let mut kept = |line: &[u8]| -> Result<(), Infallible> {
        text.extend_from_slice(line);
        Ok(())
    };
    let each = |data: &[u8]| -> Result<ControlFlow<()>, Infallible> {
        lines += memchr::memchr_iter(b'\n', data).count();
        joiner.push(data, &mut |entry| cut.push(entry, &mut kept))?;
        Ok(ControlFlow::Continue(()))
    };
    let Ok(broken) = broken_off(answer.each(each).await);
    let Ok(()) = joiner.end(&mut |entry| cut.push(entry, &mut kept));
    let Ok(seen) = cut.end(&mut kept);
    if !text.is_empty() && !text.ends_with(b"\n") {
        text.push(b'\n');
    }
    Taken { text, seen, lines, broken, seam: joiner.seam() }
}

impl Taken {
    /// With `outcome`, by which the text is kept or not: an error sentence or a page is no log.
    fn judged(self, mut outcome: ItemOutcome, most: Most) -> LoneLog {
        let Self { text, seen, lines, broken, seam } = self;
        let is_log = seen.lines > 0 && matches!(outcome.status, Status::Collected | Status::Truncated);
        // Where a line came that was known, there is none between.
        if is_log && lines >= most.lines && usize::try_from(seen.lines).is_ok_and(|new| new >= lines) {
            outcome.status = Status::Truncated;
            outcome.why = telling(&outcome.why, &format!("its last {} lines", most.lines));
        }
        if let Some(problem) = broken {
            outcome.status = if is_log { Status::Truncated } else { problem.status };
            outcome.why = telling(&outcome.why, &problem.why);
        }
        let text = if is_log { text } else { Vec::new() };
        outcome.bytes = text.len() as u64;
        LoneLog { text, outcome: seen.telling(outcome), seam }
    }
}
