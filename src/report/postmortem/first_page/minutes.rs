//! When it began, was noticed, was answered and ended, with the time between.

use crate::cascade::{FactorClass, SHOWS_WITHIN};
use crate::model::{Citation, End};
use crate::report::markdown::Markdown;
use crate::report::postmortem::NAME_CHARS;
use crate::report::postmortem::references::References;
use crate::report::sentences::{brief, spoken};
use crate::report::view::{Means, Noticed, Numbered, View, story};
use crate::report::{quotes, times};
use crate::signals::Role;
use chrono::{DateTime, Utc};

/// A row, as cells.
#[derive(Default)]
pub struct Line {
    pub what: &'static str,
    pub time: String,
    pub lag: String,
    pub seen: String,
    pub record: String,
}

const FIRST: &str = "First sign";
const ALERT: &str = "First alert";
const PENDING: &str = "First alert pending";
const FIRING: &str = "First alert firing";
const BY_HAND: &str = "First change by hand after it";
const CHANGED: &str = "First change after it";
const ANSWERED: &str = "First change after it, and mitigation";
const MITIGATION: &str = "Mitigation";
const LAST_RESPONSE: &str = "Last response before the end";
const SEEN_CHARS: usize = 70;

/// The rows, in the order of an incident.
pub fn lines(view: &View, references: &mut References) -> Vec<Line> {
    let Some(onset) = view.detection.onset else {
        return vec![Line { what: FIRST, seen: unseen(FIRST, view), ..Line::default() }];
    };
    let mut lines: Vec<Line> = began(view, onset, references).into_iter().collect();
    lines.push(of_signal(view, FIRST, onset, references));
    // One that pends after another fired tells nothing of how soon it was noticed.
    let firing = view.detection.firing.as_ref();
    let pending = view.detection.pending.as_ref().filter(|seen| firing.is_none_or(|fired| seen.at <= fired.at));
    match (pending, firing) {
        (None, Some(_)) => lines.push(noticed(view, (FIRING, firing), references)),
        (None, None) => lines.push(Line { what: ALERT, seen: unseen(ALERT, view), ..Line::default() }),
        (pending, firing) => {
            for (what, seen) in [(PENDING, pending), (FIRING, firing)] {
                lines.push(noticed(view, (what, seen), references));
            }
        }
    }
    let (response, mitigation) = (response(view, references), mitigation(view, onset, references));
    match !mitigation.time.is_empty() && response.time == mitigation.time {
        true => lines.push(Line { what: ANSWERED, ..mitigation }),
        false => lines.extend([response, mitigation]),
    }
    lines.push(well_again(view, onset, references).unwrap_or_else(|| end(view, onset, references)));
    lines
}

/// What began it, where that was before the first sign.
fn began(view: &View, onset: Numbered<'_>, references: &mut References) -> Option<Line> {
    let trigger = view.factors(FactorClass::Trigger).next()?;
    let change = view.signals(&trigger.signals).find(|signal| signal.has(Role::Change))?;
    (!times::is_after(change.began(), onset.began()) && change.index != onset.index)
        .then(|| of_signal(view, "What began it", change, references))
}

fn of_signal(view: &View, what: &'static str, signal: Numbered<'_>, references: &mut References) -> Line {
    Line {
        what,
        time: view.clock.time(signal.began()),
        lag: lag(view, signal.began()),
        seen: seen(&signal.title).cell(),
        record: cited(references, &quotes::of_signal(signal.signal)),
    }
}

fn seen(title: &str) -> Markdown {
    Markdown::new().prose(brief(&spoken(title), SEEN_CHARS), 2 * SEEN_CHARS)
}

/// How long after the first sign, if it was after it.
fn lag(view: &View, at: DateTime<Utc>) -> String {
    let after = view.detection.onset.map(|onset| times::between(onset.began(), at));
    after.filter(|after| after.num_milliseconds() > 0).map(times::length).unwrap_or_default()
}

fn noticed(view: &View, (what, seen): (&'static str, Option<&Noticed>), references: &mut References) -> Line {
    let Some(seen) = seen else { return Line { what, seen: unseen(what, view), ..Line::default() } };
    // Most words name whom they are about.
    let words = match seen.what.contains(seen.subject.name()) {
        true => Markdown::new(),
        false => Markdown::new().code(&seen.subject.to_string(), NAME_CHARS).say(": "),
    };
    let words = words.prose(brief(seen.what, SEEN_CHARS), 2 * SEEN_CHARS);
    let words = if seen.is_linked { words } else { words.say("; no link found") };
    Line {
        what,
        time: view.clock.time(seen.at),
        lag: lag(view, seen.at),
        seen: words.cell(),
        record: cited(references, &seen.records),
    }
}

/// The first change after the first sign that is known to be by hand; else the first of all.
fn response(view: &View, references: &mut References) -> Line {
    let by_hand = view.changes_after().find(|change| change.means() == Some(Means::Hand));
    let Some(change) = by_hand else {
        // What a pipeline goes on with is no answer to it.
        let linked = view.detection.response.as_ref().filter(|seen| seen.is_linked);
        return noticed(view, (CHANGED, linked), references);
    };
    let subject = change.signal.subject.to_string();
    let words = Markdown::new().code(&subject, NAME_CHARS).say(": ");
    let what = change.what.trim_end_matches('.').strip_prefix(&format!("{subject}: ")).unwrap_or(change.what);
    Line {
        what: BY_HAND,
        time: view.clock.time(change.at),
        lag: lag(view, change.at),
        seen: words.prose(brief(what, SEEN_CHARS), 2 * SEEN_CHARS).cell(),
        record: cited(references, &change.records),
    }
}

/// The change with which it got better, where the analysis found one.
fn mitigation(view: &View, onset: Numbered<'_>, references: &mut References) -> Line {
    let changes = view.factors(FactorClass::Recovery).flat_map(|factor| view.signals(&factor.signals));
    let changes = changes.filter(|signal| signal.has(Role::Change) && times::is_after(signal.began(), onset.began()));
    match changes.min_by_key(|signal| (signal.began(), signal.index)) {
        Some(change) => of_signal(view, MITIGATION, change, references),
        None => match last_response(view, onset) {
            Some(response) => of_signal(view, LAST_RESPONSE, response, references),
            None => Line { what: MITIGATION, seen: "none known".to_owned(), ..Line::default() },
        },
    }
}

/// The last that was done before the last of those whom it hurt was well again, if that was soon after: it may have helped.
fn last_response<'a>(view: &'a View<'a>, onset: Numbered<'_>) -> Option<Numbered<'a>> {
    let hurt = story::hurt(view);
    let (_, well) = story::last_well(&hurt)?;
    let done = view.factors(FactorClass::Response).flat_map(|factor| view.signals(&factor.signals));
    let in_time = done.filter(|signal| {
        let at = signal.began();
        times::is_after(at, onset.began()) && at < well && well - at <= SHOWS_WITHIN
    });
    in_time.max_by_key(|signal| (signal.began(), signal.index))
}

/// When the last of those whom it hurt was well again.
fn well_again(view: &View, onset: Numbered<'_>, references: &mut References) -> Option<Line> {
    let hurt = story::hurt(view);
    let (row, at) = story::last_well(&hurt)?;
    (at > onset.began()).then(|| Line {
        what: if row.is_given_up { "End: last one deleted" } else { "End: last one well again" },
        time: view.clock.time(at),
        lag: lag(view, at),
        seen: row
            .ended_last
            .as_ref()
            .map(|last| Markdown::new().code(&last.to_string(), NAME_CHARS).cell())
            .unwrap_or_default(),
        record: references.cite(story::ends_of(row)).cell().trim_start().to_owned(),
    })
}

/// The numbers of the first two records.
fn cited(references: &mut References, records: &[Citation]) -> String {
    references.cite(records.iter().copied().take(2)).cell().trim_start().to_owned()
}

/// When the last state of the cascade ended.
fn end(view: &View, onset: Numbered<'_>, references: &mut References) -> Line {
    let what = "End";
    let seen = |words: &str| Line { what, seen: words.to_owned(), ..Line::default() };
    let Some(cascade) = view.largest() else { return seen("") };
    match cascade.end {
        End::At(at) => {
            let last = crate::report::postmortem::recovery::ended_last(view, cascade.end);
            Line {
                what,
                time: view.clock.time(at),
                lag: times::length(times::between(onset.began(), at)),
                seen: last.map(|signal| self::seen(&signal.title).cell()).unwrap_or_default(),
                record: cited(references, last.and_then(|signal| signal.ended_by).as_slice()),
            }
        }
        End::Ongoing => seen("not over when the window ended"),
        End::Unknown => seen("not recorded"),
    }
}

/// That something is not in the records, or that the records could not show it.
fn unseen(what: &str, view: &View) -> String {
    let proof = match what {
        FIRST => view.absences.harm(),
        ALERT | FIRING | PENDING => view.absences.alerts(),
        _ => view.absences.changes(),
    };
    let words = match (what, proof.is_whole()) {
        (FIRST, true) => "none: nothing failed",
        (FIRST, false) => "none recognised",
        (_, true) => "none",
        (ALERT | FIRING | PENDING, false) => "not known: alerts were not collected whole",
        (_, false) => "none recognised",
    };
    words.to_owned()
}
