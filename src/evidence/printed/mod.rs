//! What kubectl printed for people: tables of `get` and `events`, and what `describe` says.
//!
//! Times there are ages, counted from when the text was printed: what the text says of that, else when its file was last
//! written. An age is as coarse as it was printed, and the moments of facts say so. Where nobody knows when it was
//! printed, what has an age alone is not read, and that is said.

mod described;
mod event;
mod row;

use super::events;
use super::findings::{Findings, Place};
use crate::inputs::Entry;
use crate::logline::kubectl::age::{Age, Seen};
use crate::logline::kubectl::prompt::Asked;
use crate::logline::kubectl::tables::{self, Line, Of, Row, Tables};
use crate::model::{Clock, Moment};
use crate::objects::{Event, parse_time};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

pub use described::read as read_described;

/// Kubectl takes ages from its clock, and a file is written a little after: it may have been so much earlier.
const SLACK: TimeDelta = TimeDelta::seconds(2);

/// Why a row with ages tells nothing.
const UNDATED: &str = "its ages count from when it was printed, and nothing says when that was";

/// When a text was printed, by whoever kept it.
#[derive(Clone, Copy, Debug)]
pub struct Printed(Option<DateTime<Utc>>);

impl Printed {
    /// Of an entry whose file may say when it was written, as `is_dated` tells.
    pub fn of(entry: &Entry<'_>, is_dated: bool) -> Self {
        Self(is_dated.then_some(entry.fetched))
    }

    /// When something was that has this age: not after the time of the moment, and as much earlier as the age leaves
    /// open.
    fn before(self, age: Age) -> Option<Moment> {
        let (latest, earliest) = age.before(self.0?)?;
        let at = Moment::to_the_second(latest).by(Clock::Collector);
        Some(at.begun_after(earliest.checked_sub_signed(SLACK)?))
    }

    /// The earliest time that an age leaves open.
    fn earliest(self, age: Option<&str>) -> Option<DateTime<Utc>> {
        Some(self.before(Age::of(age?)?)?.earliest())
    }
}

/// An event of a table, until the namespace of the whole table is known.
struct Told<'a> {
    event: Event,
    times: (Moment, Moment),
    table: usize,
    place: Place,
    text: &'a str,
}

/// Reads the tables of an entry.
pub fn read_tables(text: &[u8], printed: Printed, place: Place, found: &mut Findings) {
    let text = String::from_utf8_lossy(text);
    let (mut tables, mut told, mut namespaces) = (Tables::default(), Vec::new(), BTreeMap::new());
    for (number, line) in (1_u32..).zip(text.lines()) {
        let place = Place { line: number, ..place };
        let row = match tables.line(line) {
            Line::Row(row) => row,
            Line::Broken => {
                found.unreadable(place, "no row of the table above");
                continue;
            }
            Line::Beside => continue,
        };
        let printed = row.printed.map_or(printed, |at| Printed(Some(at)));
        if let Of::Events = row.of {
            match event::of_row(&row, printed) {
                Ok((event, times)) => {
                    if let Some(namespace) = namespace(&row).or_else(|| event::namespace_in(&event)) {
                        namespaces.entry(row.table).or_insert(namespace);
                    }
                    told.push(Told { event, times, table: row.table, place, text: line });
                }
                Err(why) => found.unreadable(place, why),
            }
            continue;
        }
        let Some(at) = printed.0 else {
            found.unreadable(place, UNDATED);
            continue;
        };
        row::read(&row, printed, Place { fetched: at, ..place }, line, found);
    }
    for Told { mut event, times, table, place, text } in told {
        // A table without a column for it is of one namespace.
        let about = &mut event.involved_object;
        if about.namespace.is_empty() && about.kind != "Node" {
            about.namespace = namespaces.get(&table).cloned().unwrap_or_default();
        }
        let citation = found.cite(place, text.trim());
        events::add(&event, times, citation, found);
    }
}

/// The namespace that a row's table is of, where the command above says it.
fn namespace(row: &Row<'_>) -> Option<String> {
    match row.asked {
        Asked::Of(namespace) if !row.has(tables::NAMESPACE) => Some(namespace.clone()),
        _ => None,
    }
}

/// When something was that a cell tells of: an age, or a time of its own.
fn moment(cell: &str, printed: Printed) -> Result<Option<Moment>, &'static str> {
    if let Some(at) = parse_time(cell) {
        return Ok(Some(Moment::to_the_second(at)));
    }
    match Age::of(cell) {
        Some(age) if printed.0.is_some() => Ok(printed.before(age)),
        Some(_) => Err(UNDATED),
        None => Ok(None),
    }
}

/// When an event was seen first and last, and how often.
fn occurrences(cell: &str, printed: Printed) -> Result<(Moment, Moment, u64), &'static str> {
    const NO_TIME: &str = "an event without any time";
    if let Some(seen) = Seen::of(cell) {
        let last = printed.before(seen.last).ok_or(UNDATED)?;
        let first = seen.first.and_then(|first| printed.before(first)).filter(|first| first.time < last.time);
        return Ok((first.unwrap_or(last), last, seen.count));
    }
    let at = moment(cell, printed)?.ok_or(NO_TIME)?;
    Ok((at, at, 1))
}

#[cfg(test)]
mod tests;
