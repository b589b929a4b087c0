//! Notes as a table, one in each row, their columns known by their headings.

use super::stamp::{self, Said, Stamp};
use super::text::Found;
use super::{MOST_NOTES, Written};
use crate::evidence::checks::times;
use crate::inputs::NoteColumns;
use chrono::FixedOffset;
use csv::{ByteRecord, ReaderBuilder, Trim};
use std::borrow::Cow;

/// Reads all rows. The error of a table that breaks off stands beside what was read until then.
pub fn read(bytes: &[u8], columns: NoteColumns) -> (Vec<Row>, Option<csv::Error>) {
    let mut table = ReaderBuilder::new();
    let table = table.delimiter(columns.separator).flexible(true).trim(Trim::All);
    let mut rows = Vec::new();
    for record in table.from_reader(bytes).into_byte_records() {
        match record {
            Ok(row) => rows.push(Row::new(&row, columns)),
            Err(error) => return (rows, Some(error)),
        }
        if rows.len() > MOST_NOTES {
            break;
        }
    }
    (rows, None)
}

/// The fields of a row that are read.
pub struct Row {
    line: u32,
    time: String,
    day: String,
    author: Option<String>,
    text: String,
}

impl Row {
    fn new(row: &ByteRecord, columns: NoteColumns) -> Self {
        let field = |column: usize| row.get(column).map(|field| String::from_utf8_lossy(field).trim().to_owned());
        let author = columns.author.and_then(field).filter(|author| !author.is_empty());
        Self {
            line: row.position().map_or(0, |position| u32::try_from(position.line()).unwrap_or(u32::MAX)),
            time: field(columns.time).unwrap_or_default(),
            day: columns.day.and_then(field).unwrap_or_default(),
            author,
            text: field(columns.text).unwrap_or_default(),
        }
    }
}

/// The notes of rows.
pub fn found(rows: &[Row], columns: NoteColumns) -> Found<'_> {
    let mut found = Found::default();
    let zone = FixedOffset::east_opt(0).filter(|_| columns.is_utc);
    for row in rows.iter().filter(|row| !row.text.is_empty()) {
        if found.notes.len() == MOST_NOTES {
            found.is_cut = true;
            break;
        }
        let at = match times::read(&row.time) {
            Some(at) => Ok((at, None, true)),
            None => match Stamp::read(&row.time) {
                Some((stamp, _)) => {
                    stamp.at(Said { day: stamp::day_of(&row.day), zone }).map(|(at, to)| (at, to, stamp.has_seconds))
                }
                None => Err("no time that can be read"),
            },
        };
        match at {
            Ok((at, to, has_seconds)) => {
                let (author, text) = (row.author.as_deref(), Cow::Borrowed(row.text.as_str()));
                found.notes.push(Written { line: row.line, at, to, has_seconds, author, text });
            }
            Err(why) => found.refused.push((row.line, why)),
        }
    }
    found
}
