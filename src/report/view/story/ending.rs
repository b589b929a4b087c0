//! When it ended, what went on, and what is not known.

use super::{Part, STEP_CHARS, Sentence, begun_with, ends_of, is_known, kinds, records_of, what};
use crate::cascade::Impact;
use crate::model::{End, Severity};
use crate::report::sentences::{brief, spoken};
use crate::report::view::{Numbered, View};
use crate::report::{quotes, times};
use crate::signals::Role;
use chrono::{DateTime, Utc};

/// When the last of those whom it hurt was well again, where that is recorded of any and none is still hurt.
pub fn last_well<'a>(hurt: &[&'a Impact]) -> Option<(&'a Impact, DateTime<Utc>)> {
    if hurt.iter().any(|row| row.end == End::Ongoing) {
        return None;
    }
    let ended =
        hurt.iter().filter_map(|row| if let End::At(at) = row.end { Some((*row, times::shown(at))) } else { None });
    ended.max_by_key(|(_, at)| *at)
}

/// When it was over for those whom it hurt, what went on, and what is not known.
pub fn ending(view: &View, hurt: &[&Impact], of_cascade: End) -> Sentence {
    // Where the whole of it is over, nobody is still hurt, whatever a row of it lacks; but who were told to be so first, are.
    let told = kinds(hurt).into_iter().next().unwrap_or_default();
    let is_over = |row: &Impact| matches!(of_cascade, End::At(_)) && !told.iter().any(|one| std::ptr::eq(*one, row));
    let ongoing = hurt.iter().copied().find(|row| row.end == End::Ongoing && !is_over(row));
    let all_known = hurt.iter().all(|row| row.end != End::Unknown);
    let well = last_well(hurt);
    let mut parts = vec![match (ongoing, well) {
        (Some(row), _) => {
            Part { text: format!("Not over when the window ended: {}", what(row)), records: records_of(row, row) }
        }
        (None, Some((row, at))) => {
            let at = view.clock.time(at);
            let text = match (all_known, row.ended_last.as_ref()) {
                (false, Some(last)) => {
                    format!("The last that is known to have been {} was {last}, at {at}", row.became())
                }
                (true, Some(last)) if row.is_given_up => {
                    format!("Of those that it hurt, the last was deleted at {at}: {last}")
                }
                _ if hurt.iter().any(|row| row.is_given_up) => {
                    format!("All that it hurt was well again, or deleted, at {at}")
                }
                _ => format!("All that it hurt was well again at {at}"),
            };
            Part { text, records: ends_of(row) }
        }
        (None, None) => over(view, of_cascade),
    }];
    if all_known && well.is_some() && of_cascade == End::Ongoing {
        parts.extend(going_on(view));
    }
    if ongoing.is_none() && well.is_some() {
        parts.extend(others_hurt(view));
    }
    parts.extend(unknown(view));
    parts
}

/// Who was still hurt at the end, without a link to the rest, where those with one were well again.
fn others_hurt(view: &View) -> Option<Part> {
    let still = view.impact.rows.iter().filter(|row| !row.linked && row.end == End::Ongoing);
    let row = still.min_by_key(|row| row.state)?;
    let text = format!("; at the end of the window, with no link to it: {}", what(row));
    Some(Part { text, records: records_of(row, row) })
}

/// The end of a cascade that hurt nobody by name.
fn over(view: &View, end: End) -> Part {
    let text = match end {
        End::At(at) => format!("The last of it ended at {}", view.clock.time(times::shown(at))),
        End::Ongoing => "Some of it still went on when the window ended".to_owned(),
        End::Unknown => "When it ended is not recorded".to_owned(),
    };
    let last = view.members().filter(|signal| signal.end == end && matches!(end, End::At(_)));
    Part { text, records: last.filter_map(|signal| signal.ended_by).take(1).collect() }
}

/// The worst that had not ended with the window, where those who were hurt were well again.
fn going_on(view: &View) -> Option<Part> {
    let is_seen = |signal: &Numbered<'_>| [Role::Alert, Role::Detection].iter().any(|role| signal.has(*role));
    let goes_on = |signal: &Numbered<'_>| signal.end == End::Ongoing && signal.severity >= Severity::Warning;
    let worst = view
        .members()
        .filter(|signal| goes_on(signal) && !is_seen(signal))
        .max_by_key(|signal| (signal.severity, std::cmp::Reverse(signal.index)))?;
    let said = spoken(&worst.title);
    let text = format!("; not seen to end: {}", brief(&said, STEP_CHARS));
    Some(Part { text, records: quotes::of_signal(worst.signal) })
}

/// What is not known, the weightiest alone.
fn unknown(view: &View) -> Option<Part> {
    let kinds = view.of.not_understood.iter().filter(|group| group.severity >= Severity::Warning).count();
    let text = match (is_known(view), kinds) {
        (false, _) => {
            // What is told to have begun it may stand before the first sign of harm.
            let onset = view.detection.onset.map(|onset| onset.index);
            let is_before = begun_with(view).is_some_and(|first| Some(first.index) != onset);
            let what = if is_before { "the first record of it" } else { "the first sign" };
            format!("; what led to {what} is not known")
        }
        (true, 0) => return None,
        (true, 1) => "; what 1 kind of warning means is not known".to_owned(),
        (true, kinds) => format!("; what {kinds} kinds of warnings mean is not known"),
    };
    Some(Part { text, records: Vec::new() })
}
