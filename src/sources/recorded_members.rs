//! What a recorder heard of the API server's readiness, into the entry that has what the API servers answered the run itself:
//! one line for each answer, in the order in which they were asked for, and none twice.
//!
//! A run that asks them writes the entry with both. Where it does not ask them or none answered, what was recorded stands
//! there alone, written when all else is done. Of more than an analysis compares the newest part is taken.

use super::recording::SOURCE;
use super::run::Run;
use super::run::item::ItemOutcome;
use super::run::ledger::ItemSpec;
use crate::archive::format::Status;
use crate::archive::recording::{READINESS, Recording};
use crate::archive::{Content, layout};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::task::spawn_blocking;

/// So many recorded answers are taken, the newest: two days of one each minute. An analysis compares 4,096 of an entry, and
/// those that the run got itself come last.
const MOST: usize = 3_000;
/// And within so many bytes, as many as the run's own may have.
const ROOM: u64 = 1024 * 1024;

/// Whether the entry is written.
#[derive(Debug, Default)]
struct Written(AtomicBool);

/// The answers of a run and of a recorder together.
#[derive(Debug)]
pub struct Joined {
    /// Whole lines.
    pub text: Vec<u8>,
    /// How the recorder's came, where there is a recording that has such.
    recorded: Option<ItemOutcome>,
}

impl Joined {
    /// Notes that the text was stored, or why not, and tells of the recorder's share.
    pub fn tell(self, run: &Run, stored: &ItemOutcome) {
        run.shared.of::<Written>().0.store(true, Ordering::Relaxed);
        let Some(recorded) = self.recorded else { return };
        let item = run.ledger.plan(ItemSpec::new(SOURCE.id, READINESS));
        let outcome = match stored.status {
            Status::Collected => recorded,
            _ => ItemOutcome::new(stored.status, stored.why.clone()),
        };
        if !item.is_settled() {
            item.finish(outcome);
        }
    }
}

/// Joins what the run was answered with what an archive that it goes on with has and with what was recorded.
pub async fn join(run: &Run, own: Vec<u8>) -> Joined {
    let base = run.options.resume.clone();
    let folder = run.options.recording.clone().filter(|_| run.options.wants_id(SOURCE.id));
    let (from, cluster) = (run.options.window.from, run.cluster.clone());
    let usual = own.clone();
    let joined = spawn_blocking(move || {
        // What cannot be opened is told where histories are taken.
        let recording = folder.and_then(|folder| Recording::open(&folder, from, cluster.as_deref()).ok());
        let recorded = recording.as_ref().map(|recording| Recorded::of(recording, from));
        // Of an archive that was cut it may not be there.
        let before = base.and_then(|base| base.archive().read(layout::MEMBERS, ROOM * 4).ok()).unwrap_or_default();
        let kept = recorded.iter().flat_map(|recorded| recorded.lines.iter().map(|(_, line)| line.as_slice()));
        let text = in_order(lines(&before).chain(kept).chain(lines(&own)));
        Joined {
            text,
            recorded: recording.zip(recorded).and_then(|(recording, recorded)| recorded.outcome(&recording)),
        }
    });
    joined.await.unwrap_or(Joined { text: usual, recorded: None })
}

/// Writes what was recorded, once all else is done, where the run has no answers of its own.
pub async fn keep(run: &Run) {
    if run.options.recording.is_none() || run.shared.of::<Written>().0.load(Ordering::Relaxed) {
        return;
    }
    let Joined { text, recorded } = join(run, Vec::new()).await;
    let Some(outcome) = recorded else { return };
    let item = run.ledger.plan(ItemSpec::new(SOURCE.id, READINESS));
    if item.is_settled() {
        return;
    }
    if run.options.resume.as_ref().is_some_and(|base| base.keeps(layout::MEMBERS)) {
        let why = "the archive that this one goes on with has answers of the API servers, and they stand as they are";
        return item.finish(ItemOutcome::new(Status::Skipped, why));
    }
    if text.is_empty() {
        return item.finish(outcome);
    }
    match run.store(layout::MEMBERS, Content::Json, &text).await {
        Some(stored) if stored.status == Status::Collected => item.finish(outcome),
        Some(stored) => item.finish(stored),
        None => {}
    }
}

/// What is read of an answer.
#[derive(Deserialize)]
struct Answer {
    asked_at: DateTime<Utc>,
    #[serde(default)]
    problem: Option<String>,
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// The lines in the order in which they were asked for, each once. What is no answer keeps its place at the beginning.
fn in_order<'a>(all: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut known = BTreeSet::new();
    let asked_at = |line: &[u8]| serde_json::from_slice::<Answer>(line).ok().map(|answer| answer.asked_at);
    let mut once: Vec<(Option<DateTime<Utc>>, &[u8])> =
        all.filter(|line| known.insert(*line)).map(|line| (asked_at(line), line)).collect();
    // Stable, so that answers of one moment stay in the order in which they came.
    once.sort_by_key(|(at, _)| *at);
    let mut text = Vec::new();
    for (_, line) in once {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text
}

/// What a recording has of it.
#[derive(Debug, Default)]
struct Recorded {
    /// Each once, in order of time.
    lines: BTreeSet<(DateTime<Utc>, Vec<u8>)>,
    bytes: u64,
    unanswered: u64,
    /// Why there was no answer the last time that there was none.
    problem: String,
    /// Answers left out, as there are so many.
    left_out: u64,
    /// Lines that are no answer.
    refused: u64,
    /// Why not all was read.
    unread: Option<String>,
}

impl Recorded {
    /// What it has since then.
    fn of(recording: &Recording, from: DateTime<Utc>) -> Self {
        let mut recorded = Self::default();
        let read = recording.readiness(|line| recorded.line(line, from, ROOM));
        recorded.unread = read.err().map(|error| error.to_string());
        recorded
    }

    fn line(&mut self, line: &[u8], from: DateTime<Utc>, room: u64) {
        let Ok(Answer { asked_at, problem }) = serde_json::from_slice(line) else {
            self.refused += 1;
            return;
        };
        if asked_at < from || !self.lines.insert((asked_at, line.to_vec())) {
            return;
        }
        if let Some(problem) = problem {
            self.unanswered += 1;
            self.problem = problem;
        }
        self.bytes += line.len() as u64 + 1;
        while self.lines.len() > MOST || self.bytes > room {
            let Some((_, oldest)) = self.lines.pop_first() else { break };
            self.bytes -= oldest.len() as u64 + 1;
            self.left_out += 1;
        }
    }

    /// How it came; nothing of a recorder that did not ask.
    fn outcome(self, recording: &Recording) -> Option<ItemOutcome> {
        let has_asked = recording.outcomes_of(READINESS).next().is_some() || !self.lines.is_empty();
        let to = recording.span().filter(|_| has_asked)?.1;
        let all = self.lines.len() as u64 + self.left_out;
        let mut whys = Vec::new();
        if self.unanswered > 0 {
            whys.push(format!("{} times there was no answer, last: {}", self.unanswered, self.problem));
        }
        if self.left_out > 0 {
            whys.push(format!("{} older answers were left out, as there are so many", self.left_out));
        }
        if self.refused > 0 {
            whys.push(format!("{} lines are no answers: they are damaged", self.refused));
        }
        let was_read = self.unread.is_none();
        whys.extend(self.unread);
        let status = match () {
            () if all == 0 && !was_read => Status::Failed,
            () if all == 0 && whys.is_empty() => Status::Empty,
            () if all > 0 && self.unanswered == all => Status::Unreachable,
            () if whys.is_empty() => Status::Collected,
            () => Status::Truncated,
        };
        whys.extend((status == Status::Empty).then(|| "there is none".to_owned()));
        let from = self.lines.first().map(|(at, _)| *at);
        Some(ItemOutcome { from, to: Some(to), bytes: self.bytes, ..ItemOutcome::new(status, whys.join("; ")) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u32) -> String {
        format!("2026-11-28T21:00:{second:02}Z")
    }

    fn line(second: u32, problem: &str) -> String {
        let problem = if problem.is_empty() { String::new() } else { format!(r#","problem":"{problem}""#) };
        format!(r#"{{"member":"a:6443","of":"readyz","asked_at":"{}"{problem}}}"#, at(second))
    }

    #[test]
    fn lines_stand_in_order_of_time_and_once() {
        let (first, second, third) = (line(1, ""), line(2, "no route"), line(3, ""));
        let all = [&third, &first, &second, &third, &first].map(|line| line.as_bytes());
        let text = String::from_utf8(in_order(all.into_iter())).expect("text");
        assert_eq!(text, format!("{first}\n{second}\n{third}\n"));
    }

    #[test]
    fn of_too_many_the_newest_are_taken() {
        let from = DateTime::parse_from_rfc3339(&at(2)).expect("a time").to_utc();
        let mut recorded = Recorded::default();
        for text in [line(1, "of before"), line(2, ""), line(3, "no route"), "{\"asked".to_owned()] {
            recorded.line(text.as_bytes(), from, 1000);
        }
        assert_eq!((recorded.lines.len(), recorded.unanswered, recorded.refused), (2, 1, 1));
        recorded.line(line(4, "").as_bytes(), from, 150);
        assert_eq!((recorded.lines.len(), recorded.left_out), (1, 2));
        assert!(recorded.bytes <= 150);
        (0..MOST + 5).for_each(|number| {
            recorded.line(format!(r#"{{"asked_at":"{}","number":{number}}}"#, at(5)).as_bytes(), from, u64::MAX);
        });
        assert_eq!(recorded.lines.len(), MOST);
    }
}
