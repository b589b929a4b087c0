//! A file of journald as it lies in /var/log/journal (systemd, docs/JOURNAL_FILE_FORMAT.md), read by the crate sdjournal.

use super::fields::Fields;
use sdjournal::{EntryRef, Journal};
use std::path::Path;

/// Whether a file begins so.
pub fn is_form(start: &[u8]) -> bool {
    start.starts_with(b"LPKSHHRH")
}

/// What the copy of a file has to be called for the crate to take it for one.
pub const NAME: &str = "x.journal";

/// The file in a folder of its own, opened.
pub fn open(folder: &Path) -> Result<Journal, String> {
    Journal::open_dir(folder).map_err(|error| error.to_string())
}

/// Gives each entry to `each`, in order of time; none where one cannot be read. `each` returns whether to go on.
pub fn each(journal: &Journal, mut each: impl FnMut(Option<Fields>) -> bool) -> Result<(), String> {
    for entry in journal.query().iter().map_err(|error| error.to_string())? {
        if !each(entry.ok().map(|entry| fields(&entry))) {
            break;
        }
    }
    Ok(())
}

fn fields(entry: &EntryRef) -> Fields {
    let mut fields = Fields::default();
    // Of a field that is there several times the first counts, as it does in the other forms.
    let mut values: Vec<(&str, &[u8])> = entry.iter_fields().collect();
    values.reverse();
    values.iter().for_each(|(name, value)| fields.set(name.as_bytes(), value));
    fields.set_micros(entry.realtime_usec());
    fields
}
