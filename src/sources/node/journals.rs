//! Journals of the kubelet and the container runtime, by the kubelet's log query.
//!
//! What an answer is must be read from its text: the kubelet answers 200 with an HTML listing where the query is
//! switched off, with a sentence where it knows no such unit, and with a journal that simply ends where its own limit
//! of 30 s cut it off. `untilTime` is never sent: kubelets read it, and then format `sinceTime` in its place
//! (openshift/kubernetes#1579). The window's end is cut here. Lines stay as `journalctl -o short-precise` printed
//! them, in UTC and without a year.

use super::log_cut::{LogCut, Seen, Stamp};
use crate::archive::format::Status;
use crate::archive::{ArchiveError, Content, EntryBuilder, layout};
use crate::model::{Subject, Window};
use crate::sources::run::Run;
use crate::sources::run::item::{Ended, Item};
use crate::sources::run::ledger::Wanted;
use crate::sources::run::per_node;
use crate::sources::wire::api::{Answer, Broken, Patience, Problem, escaped};
use crate::sources::wire::status::quoted;
use crate::sources::{Permission, Profile, Source};
use chrono::{DateTime, Datelike, NaiveDateTime, SecondsFormat, TimeDelta, Utc};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

pub static SOURCE: Source = Source {
    id: "journals",
    title: "Journals of kubelet and container runtime",
    why: "what the node itself did and saw; nothing in the API holds it",
    permissions: &[Permission::new("", "nodes/proxy", &["get"])],
    paths: &["nodes/NODE/journal/UNIT.log"],
    profile: Profile::Quick,
    cap: 32 * 1024 * 1024,
    expect: |options| options.expected(&SOURCE, "journals of all nodes"),
    run: |run, items| Box::pin(per_node::plan(run, items, UNITS, wanted, ask)),
};

/// Units asked for on every node; a node has one of the runtimes.
const UNITS: &[&str] = &["kubelet", "containerd", "docker", "crio"];
/// The kubelet ends journalctl after 30 s without a word; an answer that took this long may have been cut.
const SUSPICIOUS: Duration = Duration::from_secs(29);
/// The kubelet's limit and something for the way.
const PATIENCE: Patience = Patience { idle: Duration::from_secs(15), whole: Duration::from_secs(35) };
/// A journal that begins later than the window by more than this may have been cut by the node's time zone.
const LATE: TimeDelta = TimeDelta::minutes(2);
/// The zone farthest behind UTC: the kubelet sends the window's start without a zone, and journalctl reads it in the
/// node's.
const FARTHEST_BEHIND: TimeDelta = TimeDelta::hours(12);

fn wanted(node: &str, unit: &&str) -> Wanted {
    Wanted::new(SOURCE.id, format!("{} unit {unit}", Subject::node(node))).entry(layout::journal(node, unit))
}

/// What one question brought.
struct Got {
    entry: EntryBuilder,
    seen: Seen,
    broken: Option<Problem>,
    took: Duration,
}

async fn ask(run: Arc<Run>, node: String, unit: &'static &'static str, item: Item) {
    let window = run.options.window;
    let first = match query(&run, &node, unit, Some(window.from)).await {
        Ok(got) => got,
        Err(Ok(problem)) => return run.fail(item, refined(problem)),
        Err(Err(error)) => return item.finish(Ended::new(Status::Failed, error.to_string())),
    };
    let answer = kind_of(&first.seen);
    let again = match answer {
        // A file in place of a journal cannot be asked for a part of it.
        Text::NotWithOptions => query(&run, &node, unit, None).await.ok(),
        Text::Journal | Text::NoEntries if begins_late(&first.seen, window) => {
            query(&run, &node, unit, Some(window.from - FARTHEST_BEHIND)).await.ok().filter(|again| {
                again.broken.is_none() && again.took < SUSPICIOUS && again.seen.lines > first.seen.lines
            })
        }
        _ => None,
    };
    let got = again.unwrap_or(first);
    finish(&run, &node, unit, got, item).await;
}

fn begins_late(seen: &Seen, window: Window) -> bool {
    seen.first.is_none_or(|first| first - window.from > LATE)
}

async fn query(
    run: &Run,
    node: &str,
    unit: &str,
    since: Option<DateTime<Utc>>,
) -> Result<Got, Result<Problem, ArchiveError>> {
    let mut path = format!("/api/v1/nodes/{}/proxy/logs/?query={unit}", escaped(node));
    if let Some(since) = since {
        path.push_str(&format!("&sinceTime={}", escaped(&since.to_rfc3339_opts(SecondsFormat::Secs, true))));
    }
    let asked = Instant::now();
    let mut answer: Answer = run.api.get(&path, None, PATIENCE).await.map_err(Ok)?;
    let window = run.options.window;
    let cap = usize::try_from(run.options.cap(&SOURCE)).unwrap_or(usize::MAX);
    let mut cut = LogCut::new(short_precise_stamp(window.to), window, cap);
    let mut entry = EntryBuilder::new(run.sink.target(), layout::journal(node, unit), Content::Log).map_err(Err)?;
    let taken = answer
        .each(|data| -> Result<_, ArchiveError> {
            let more = cut.push(data, &mut |line| entry.write(line))?;
            Ok(if more { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        })
        .await;
    let broken = match taken {
        Ok(()) => None,
        Err(Broken::Off(problem)) => Some(problem),
        Err(Broken::Taker(error)) => return Err(Err(error)),
    };
    let seen = cut.end(&mut |line| entry.write(line)).map_err(Err)?;
    Ok(Got { entry, seen, broken, took: asked.elapsed() })
}

/// The kubelet says 405 where it serves no logs at all, and 404 where its handler is off.
fn refined(problem: Problem) -> Problem {
    match problem.code {
        Some(404 | 405) => {
            Problem { status: Status::Absent, why: format!("the kubelet serves no logs: {}", problem.why), ..problem }
        }
        _ => problem,
    }
}

async fn finish(run: &Arc<Run>, node: &str, unit: &str, got: Got, item: Item) {
    let Got { entry, seen, broken, took } = got;
    let mut ended = verdict(&seen, took);
    if let Some(problem) = &broken {
        ended.status = problem.status;
        ended.why = format!("{}; what came before is kept", problem.why);
    }
    let is_kept = seen.lines > 0 && (broken.is_some() || matches!(ended.status, Status::Collected | Status::Truncated));
    if is_kept {
        let Ok(entry) = entry.finish() else {
            return item.finish(Ended::new(Status::Failed, "the journal could not be compressed"));
        };
        ended.entry = Some(layout::journal(node, unit));
        ended.bytes = entry.bytes();
        if run.sink.entry(entry).await.is_err() {
            return;
        }
    }
    match broken {
        Some(problem) => run.fail_with(item, problem, ended),
        None => item.finish(ended),
    }
}

/// What the text of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Text {
    Journal,
    NoEntries,
    Listing,
    Unknown,
    NotWithOptions,
    Nothing,
    /// A log file of the unit's name, whose lines have times of their own form, or an error.
    Other,
}

fn kind_of(seen: &Seen) -> Text {
    let opening = String::from_utf8_lossy(&seen.opening).trim().to_ascii_lowercase();
    let last = String::from_utf8_lossy(&seen.unstamped).trim().to_ascii_lowercase();
    let says = |sentence: &str| opening.contains(sentence) || last.contains(sentence);
    if seen.any_stamp {
        return Text::Journal;
    }
    if opening.starts_with("<!doctype html") || opening.starts_with("<pre>") || opening.starts_with("<html") {
        Text::Listing
    } else if says("options present and query resolved to log files") || says("try without specifying options") {
        Text::NotWithOptions
    } else if says("log not found") || says("no such unit") || says("unit not found") {
        Text::Unknown
    } else if opening.starts_with("-- no entries --") || last.starts_with("-- no entries --") {
        Text::NoEntries
    } else if opening.is_empty() && last.is_empty() {
        Text::Nothing
    } else {
        Text::Other
    }
}

fn verdict(seen: &Seen, took: Duration) -> Ended {
    let with = |status, why: String| Ended { from: seen.first, to: seen.last, ..Ended::new(status, why) };
    let sentence = || quoted(if seen.unstamped.is_empty() { &seen.opening } else { &seen.unstamped });
    match kind_of(seen) {
        Text::Listing => with(
            Status::Absent,
            "the kubelet's log query is switched off: it answered with a listing of /var/log".to_owned(),
        ),
        Text::Unknown | Text::NotWithOptions => with(Status::Absent, format!("no such unit: {}", sentence())),
        Text::NoEntries | Text::Nothing => {
            with(Status::Empty, "the journal has no entry of it within the window".to_owned())
        }
        Text::Other if seen.lines > 1 => with(Status::Collected, String::new()),
        Text::Other => with(Status::Failed, format!("not a journal: {}", sentence())),
        Text::Journal if seen.lines == 0 => {
            with(Status::Empty, "the journal has no entry of it within the window".to_owned())
        }
        Text::Journal if took >= SUSPICIOUS => with(
            Status::Truncated,
            format!("it took {} s, and the kubelet cuts journals off after 30 s without saying so", took.as_secs()),
        ),
        Text::Journal if seen.partial => {
            with(Status::Truncated, "its last line is not complete: the kubelet cut it off".to_owned())
        }
        Text::Journal if seen.left_out_lines > 0 => with(Status::Truncated, seen.left_out()),
        Text::Journal => with(Status::Collected, String::new()),
    }
}

/// Reads `Nov 21 06:58:33.518248` at the beginning of a line, as a time in the year before `near`, or just after it.
pub fn short_precise_stamp(near: DateTime<Utc>) -> Stamp {
    Box::new(move |line| {
        let text = std::str::from_utf8(line.get(..22)?).ok()?;
        let with_year = |year: i32| {
            let time = NaiveDateTime::parse_from_str(&format!("{year} {text}"), "%Y %b %d %H:%M:%S%.f").ok()?;
            Some(time.and_utc())
        };
        let this = with_year(near.year());
        let next = with_year(near.year() + 1).filter(|time| *time - near < TimeDelta::days(2));
        let this = this.filter(|time| *time - near < TimeDelta::days(180));
        next.or(this).or_else(|| with_year(near.year() - 1))
    })
}

/// A time as journalctl prints it in its form short-precise.
pub fn short_precise(time: DateTime<Utc>) -> String {
    time.format("%b %d %H:%M:%S%.6f").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::NaiveDate;

    fn new_year(year: i32) -> DateTime<Utc> {
        NaiveDate::from_ymd_opt(year, 1, 1).and_then(|day| day.and_hms_opt(0, 0, 30)).expect("a date").and_utc()
    }

    fn check(body: &str) -> (Status, String) {
        let to = DateTime::parse_from_rfc3339("2026-11-21T07:30:00Z").expect("a time").to_utc();
        let window = Window::new(to - TimeDelta::hours(2), to);
        let mut cut = LogCut::new(short_precise_stamp(to), window, 10_000);
        let mut out = |_: &[u8]| -> Result<(), ()> { Ok(()) };
        cut.push(body.as_bytes(), &mut out).expect("no error");
        let seen = cut.end(&mut out).expect("no error");
        let ended = verdict(&seen, Duration::from_secs(1));
        (ended.status, ended.why)
    }

    const LINE: &str = "Nov 21 06:58:33.518248 node-1 kubelet: I1121 06:58:33.501922      74 flags.go:64] FLAG: --address=\"0.0.0.0\"\n";

    #[test]
    fn answers_are_told_apart_by_their_text() {
        assert_eq!(check(LINE), (Status::Collected, String::new()));
        assert_eq!(check(LINE.repeat(2).get(..200).unwrap_or_default()).0, Status::Truncated);
        let unit = "\noptions present and query resolved to log files for [docker]\ntry without specifying options\n";
        assert_eq!(check(unit).0, Status::Absent);
        assert_eq!(check("log not found for docker\n").0, Status::Absent);
        assert_eq!(check("-- No entries --\n").0, Status::Empty);
        assert_eq!(check("").0, Status::Empty);
        assert_eq!(check("no space left on device\n").0, Status::Failed);
    }

    #[test]
    fn listings_of_old_and_new_kubelets() {
        let new = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"journal/\">journal/</a>\n</pre>\n";
        let old = "<pre>\n<a href=\"journal/\">journal/</a>\n<a href=\"pods/\">pods/</a>\n</pre>\n";
        assert_eq!((check(new).0, check(old).0), (Status::Absent, Status::Absent));
    }

    #[test]
    fn the_year_is_the_one_that_fits() {
        let stamp = short_precise_stamp(new_year(2027));
        let read = |text: &str| stamp(text.as_bytes()).map(|time| time.year());
        assert_eq!(read("Dec 31 23:59:59.000001 node-1 kernel: x"), Some(2026));
        assert_eq!(read("Jan 01 00:00:10.000001 node-1 kernel: x"), Some(2027));
        assert_eq!(read("-- Boot 0123456789abcdef0123456789abcdef --"), None);
        let december = short_precise_stamp(new_year(2027) - TimeDelta::minutes(1));
        assert_eq!(december(b"Jan 01 00:00:10.000001 node-1 kernel: x").map(|time| time.year()), Some(2027));
    }

    #[test]
    fn times_are_written_as_they_are_read() {
        let time = new_year(2027);
        let written = format!("{} node-1 kernel: x", short_precise(time));
        assert_eq!(short_precise_stamp(time)(written.as_bytes()), Some(time));
    }
}
