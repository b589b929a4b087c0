//! What the answer to a log query is, which must be read from its text: it comes with 200 whatever it is.
//!
//! The sentences are those of pkg/kubelet/kubelet_server_journal.go of Kubernetes 1.27 to 1.36.

use super::file_server;
use super::log_cut::Seen;
use crate::archive::format::Status;
use crate::sources::run::item::ItemOutcome;
use crate::sources::wire::status::quoted;
use std::time::Duration;

/// The kubelet ends journalctl after 30 s without a word; an answer that took this long may have been cut.
const SUSPICIOUS: Duration = Duration::from_secs(29);

/// How the kubelet begins the last line of an answer that is an error, in small letters.
const ERRORS: [&str; 5] = [
    "error: journal output not available",
    "error getting log for ",
    "failed to get logging cmd: ",
    "failed to get gzip writer: ",
    "context error: ",
];

/// What the text of an answer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text {
    Journal,
    NoEntries,
    /// The query is switched off: its parameters were ignored, and this is the folder /var/log.
    Listing,
    Unknown,
    NotWithOptions,
    Nothing,
    /// A sentence that says what went wrong on the node; what came before it is not to be trusted as a log.
    Error,
    /// A log file of the unit's name, whose lines have times of their own form, or an error.
    Other,
}

/// What the text is that this was seen of.
pub fn kind_of(seen: &Seen) -> Text {
    let opening = String::from_utf8_lossy(&seen.opening).trim().to_ascii_lowercase();
    let last = String::from_utf8_lossy(&seen.unstamped).trim().to_ascii_lowercase();
    let says = |sentence: &str| opening.contains(sentence) || last.contains(sentence);
    if seen.any_stamp {
        return Text::Journal;
    }
    if opening.starts_with("<!doctype html") || opening.starts_with("<html") || file_server::is_listing(&seen.opening) {
        Text::Listing
    } else if says("options present and query resolved to log files") || says("try without specifying options") {
        Text::NotWithOptions
    } else if says("log not found") || says("no such unit") || says("unit not found") {
        Text::Unknown
    } else if ERRORS.iter().any(|error| last.starts_with(error)) {
        Text::Error
    } else if opening.starts_with("-- no entries --") || last.starts_with("-- no entries --") {
        Text::NoEntries
    } else if opening.is_empty() && last.is_empty() {
        Text::Nothing
    } else {
        Text::Other
    }
}

/// Why an answer that took this long, and whose last line may be incomplete, seems not to be all of it.
pub fn is_cut(is_partial: bool, took: Duration) -> Option<String> {
    if took >= SUSPICIOUS {
        let seconds = took.as_secs();
        return Some(format!("it took {seconds} s, and the kubelet cuts journals off after 30 s without saying so"));
    }
    is_partial.then(|| "its last line is not complete: the kubelet cut it off".to_owned())
}

/// How an item ends of which this came; `cut` says why its end may be missing.
pub fn verdict(seen: &Seen, cut: Option<String>) -> ItemOutcome {
    seen.telling(of_text(seen, cut))
}

fn of_text(seen: &Seen, cut: Option<String>) -> ItemOutcome {
    let with = |status, why: String| ItemOutcome { from: seen.first, to: seen.last, ..ItemOutcome::new(status, why) };
    let sentence = || quoted(if seen.unstamped.is_empty() { &seen.opening } else { &seen.unstamped });
    let no_entry = || with(Status::Empty, "the journal has no entry of it within the window".to_owned());
    match kind_of(seen) {
        Text::Listing => with(
            Status::Absent,
            "the kubelet's log query is switched off: it answered with a listing of /var/log".to_owned(),
        ),
        Text::Unknown | Text::NotWithOptions => with(Status::Absent, format!("no such unit: {}", sentence())),
        Text::NoEntries | Text::Nothing => no_entry(),
        // What is left of such a file may be torn off from what was left out.
        Text::Other | Text::Error if seen.api_audit > 0 => {
            with(Status::Failed, "not a journal: a file in its place, which is not kept".to_owned())
        }
        Text::Other if seen.lines > 1 => with(Status::Collected, String::new()),
        Text::Other | Text::Error => with(Status::Failed, format!("not a journal: {}", sentence())),
        Text::Journal if seen.lines == 0 => no_entry(),
        Text::Journal => match cut {
            Some(why) => with(Status::Truncated, why),
            None if seen.left_out_lines > 0 => with(Status::Truncated, seen.left_out()),
            None => with(Status::Collected, String::new()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::log_cut::LogCut;
    use super::super::stamp;
    use super::*;
    use crate::model::Window;
    use chrono::{DateTime, TimeDelta};

    fn check(body: &str) -> (Status, String) {
        let to = DateTime::parse_from_rfc3339("2026-11-21T07:30:00Z").expect("a time").to_utc();
        let window = Window::new(to - TimeDelta::hours(2), to);
        let mut cut = LogCut::new(stamp::of_journal(to), window, 10_000);
        let mut out = |_: &[u8]| -> Result<(), ()> { Ok(()) };
        cut.push(body.as_bytes(), &mut out).expect("no error");
        let seen = cut.end(&mut out).expect("no error");
        let outcome = verdict(&seen, is_cut(seen.partial, Duration::from_secs(1)));
        (outcome.status, outcome.why)
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
    fn an_answer_of_thirty_seconds_may_be_cut() {
        assert_eq!(is_cut(false, Duration::from_millis(28_900)), None);
        assert!(is_cut(false, Duration::from_millis(29_100)).is_some_and(|why| why.contains("30 s")));
    }

    #[test]
    fn listings_of_old_and_new_kubelets() {
        let new = "<!doctype html>\n<meta name=\"viewport\" content=\"width=device-width\">\n<pre>\n<a href=\"journal/\">journal/</a>\n</pre>\n";
        let old = "<pre>\n<a href=\"journal/\">journal/</a>\n<a href=\"pods/\">pods/</a>\n</pre>\n";
        assert_eq!((check(new).0, check(old).0), (Status::Absent, Status::Absent));
    }
}
