//! A record, with the lines around it.

use crate::archive::ArchiveError;
use crate::inputs::Entry;
use std::collections::VecDeque;

/// The longest line around a record that is given, in characters. The record itself is given whole.
const MOST_CHARS: usize = 400;

/// Why there is no such record.
#[derive(Debug, thiserror::Error)]
pub enum NoRecord {
    #[error("the entry has {0} lines")]
    Lines(u64),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
}

/// A line (from 1) with as many before and after it, each with its number. Line 0 is the entry as a whole, of which the
/// first lines are given.
///
/// # Errors
///
/// The entry has no such line, or cannot be read as far as there.
pub fn surrounding(entry: &Entry<'_>, line: u64, context: u64) -> Result<Vec<(u64, String)>, NoRecord> {
    let (from, to) = match line {
        0 => (1, context.saturating_mul(2).saturating_add(1)),
        _ => (line.saturating_sub(context), line.saturating_add(context)),
    };
    let (mut found, mut last): (VecDeque<(u64, String)>, u64) = (VecDeque::new(), 0);
    let read = entry.lines(|number, bytes| {
        last = number;
        if number >= from && number <= to {
            let text = String::from_utf8_lossy(bytes);
            found.push_back((number, if number == line { text.into_owned() } else { cut(&text) }));
        }
        number < to
    });
    if found.is_empty() || (line > 0 && last < line) {
        read?;
        return Err(NoRecord::Lines(last));
    }
    Ok(found.into())
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
