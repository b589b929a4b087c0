//! Lines that match a pattern, each with its entry and number.

use super::choice::Choice;
use crate::inputs::{Entry, Inputs, Kind};
use crate::log_templates::{Log, Logs};
use crate::model::EntryId;
use crate::objects::{Event, Reference};
use chrono::{DateTime, Utc};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hit {
    pub entry: String,
    /// From 1.
    pub line: u64,
    /// Of a line of a log, as far as it is known.
    pub at: Option<DateTime<Utc>>,
    /// The line, or what is around the first match of a long one.
    pub text: String,
    /// Where the matches are in the text, in bytes.
    #[serde(skip)]
    pub matches: Vec<(usize, usize)>,
}

/// The longest text of a hit, in characters; of a longer line so much stands before the first match at most.
const MOST_CHARS: usize = 400;
const BEFORE: usize = 120;

/// Gives every line that matches and is meant, in order of entries and lines, until no more is wanted. Gives the entries
/// that could not be read to their end, and why.
pub fn grep(
    inputs: &Inputs,
    pattern: &Regex,
    choice: &Choice,
    each: &mut dyn FnMut(Hit) -> bool,
) -> Vec<(String, String)> {
    let logs = Logs::of(inputs);
    let by_entry: BTreeMap<u32, &Log> = logs.all.iter().map(|log| (log.entry, log)).collect();
    let mut unreadable = Vec::new();
    let mut goes_on = true;
    for id in (0..inputs.len()).filter_map(|number| u32::try_from(number).ok()) {
        let Some(entry) = inputs.entry(EntryId(id)).filter(|entry| choice.takes_kind(entry.kind)) else { continue };
        if !goes_on {
            break;
        }
        let path = inputs.shown(entry.id);
        let mut give = |line: u64, at, text: &str| {
            goes_on = hit(pattern, (path, line, at), text).is_none_or(&mut *each);
            goes_on
        };
        let read = match by_entry.get(&id) {
            Some(log) => log.lines(inputs, &mut |dated| {
                let is_then = dated.at.map_or(choice.span().is_open(), |at| choice.span().has(at));
                !is_then || give(dated.line, dated.at, dated.whole)
            }),
            None => other(&entry, choice, &mut give),
        };
        unreadable.extend(read.err().map(|error| (path.to_owned(), error.to_string())));
    }
    unreadable
}

/// Takes a line by its number, with its time; false ends the search.
type Give<'a> = dyn FnMut(u64, Option<DateTime<Utc>>, &str) -> bool + 'a;

/// An entry that is no log. What says no time is of no chosen time.
fn other(entry: &Entry<'_>, choice: &Choice, give: &mut Give<'_>) -> Result<(), crate::archive::ArchiveError> {
    let is_objects = matches!(entry.kind, Kind::Objects { .. });
    if !is_objects && !choice.span().is_open() {
        return Ok(());
    }
    entry.lines(|number, bytes| {
        let at = match is_objects && !(choice.is_all() && choice.span().is_open()) {
            true => match meant(entry.kind, bytes, choice) {
                Some(at) => at,
                None => return true,
            },
            false => None,
        };
        give(number, at, &String::from_utf8_lossy(bytes))
    })
}

/// What of an object tells whether it is meant.
#[derive(Deserialize)]
struct Headed {
    metadata: Reference,
}

/// Whether an object on a line of its own is meant, and when it was, if it is an event.
fn meant(kind: &Kind, json: &[u8], choice: &Choice) -> Option<Option<DateTime<Utc>>> {
    let Kind::Objects { of, .. } = kind else { return None };
    let named = of.named(json).ok()?;
    if named.kind == "Event" {
        let event: Event = serde_json::from_slice(json).ok()?;
        let about = &event.involved_object;
        let last = event.series.last_observed_time.or(event.last_timestamp).or(event.event_time);
        let is_then = last.map_or(choice.span().is_open(), |last| {
            choice.span().overlaps(event.first_timestamp.unwrap_or(last), last)
        });
        return (choice.takes(&about.kind, &about.namespace, &about.name) && is_then).then_some(last);
    }
    let Headed { metadata } = serde_json::from_slice(json).ok()?;
    (choice.span().is_open() && choice.takes(&named.kind, &metadata.namespace, &metadata.name)).then_some(None)
}

/// A line as a hit; of a long one what is around its first match.
fn hit(pattern: &Regex, (entry, line, at): (&str, u64, Option<DateTime<Utc>>), whole: &str) -> Option<Hit> {
    let first = pattern.find(whole)?;
    let text = match whole.chars().nth(MOST_CHARS) {
        None => whole.to_owned(),
        Some(_) => {
            let before = whole.get(..first.start()).unwrap_or_default();
            let skipped = before.char_indices().rev().nth(BEFORE).map_or(0, |(at, _)| at);
            let rest = whole.get(skipped..).unwrap_or_default();
            let end = rest.char_indices().nth(MOST_CHARS).map_or(rest.len(), |(at, _)| at);
            let shown = rest.get(..end).unwrap_or_default();
            format!("{}{shown}{}", if skipped > 0 { "…" } else { "" }, if end < rest.len() { "…" } else { "" })
        }
    };
    let matches = pattern.find_iter(&text).map(|found| (found.start(), found.end())).collect();
    Some(Hit { entry: entry.to_owned(), line, at, text, matches })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_match_is_shown_of_a_long_line() {
        let line = format!("{}needle{}", "ä".repeat(1000), "b".repeat(1000));
        let pattern = Regex::new("needle").expect("a pattern");
        let found = hit(&pattern, ("a", 3, None), &line).expect("a hit");
        assert!(
            found.text.starts_with('…') && found.text.ends_with('…') && found.text.chars().count() == MOST_CHARS + 2
        );
        let matched: Vec<&str> = found.matches.iter().filter_map(|(from, to)| found.text.get(*from..*to)).collect();
        assert_eq!(matched, ["needle"]);
        assert_eq!(hit(&pattern, ("a", 3, None), "a needle").map(|hit| hit.text), Some("a needle".to_owned()));
        assert_eq!(hit(&pattern, ("a", 3, None), "none"), None);
    }
}
