//! The records of an entry, whatever form they are in.

use super::batch::{Batch, Gathered, Item};
use super::dump::{self, Piece};
use super::kind::ObjectForm;
use super::{json, yaml};
use crate::archive::{Archive, ArchiveError};
use std::io::BufReader;

/// How many times as long as a line an item of a list may be: it is indented.
const INDENTED: usize = 4;

/// Streams the objects of an entry to `each`; a batch that is given back is used again.
pub fn read(
    files: &Archive,
    entry: &str,
    form: ObjectForm,
    each: impl FnMut(Batch) -> Option<Batch>,
) -> Result<(), ArchiveError> {
    let most_bytes = most_bytes(files);
    match form {
        ObjectForm::Lines => lines(files, entry, each),
        ObjectForm::Json => of_list(files, entry, "items", each),
        ObjectForm::Yaml => in_batches(each, |add| {
            let mut reader = yaml::Reader::new(most_bytes, add);
            let read = files.lines(entry, |number, line| {
                reader.line(number, line);
                true
            });
            let broken =
                |error: std::io::Error| ArchiveError::Entry { entry: entry.to_owned(), why: error.to_string() };
            read.and(reader.finish().map_err(broken))
        }),
    }
}

/// Streams objects of JSON, and the items of the lists that they have under `key`, in the same way.
pub fn of_list(
    files: &Archive,
    entry: &str,
    key: &str,
    each: impl FnMut(Batch) -> Option<Batch>,
) -> Result<(), ArchiveError> {
    let most_bytes = most_bytes(files);
    in_batches(each, |add| files.with_reader(entry, |reader| json::read_under(reader, key, (1, most_bytes), add)))
}

/// Streams the parts of what `kubectl cluster-info dump` printed.
pub fn dump(files: &Archive, entry: &str, mut each: impl FnMut(Piece<'_>)) -> Result<(), ArchiveError> {
    let most_bytes = most_bytes(files);
    files.with_reader(entry, |reader| dump::read(BufReader::with_capacity(1 << 16, reader), most_bytes, &mut each))
}

fn most_bytes(files: &Archive) -> usize {
    files.limits().line_bytes.saturating_mul(INDENTED)
}

fn in_batches(
    mut each: impl FnMut(Batch) -> Option<Batch>,
    read: impl FnOnce(&mut dyn FnMut(Item)) -> Result<(), ArchiveError>,
) -> Result<(), ArchiveError> {
    let mut items = Gathered::new(|batch| drop(each(batch)));
    let result = read(&mut |item| items.add(item));
    items.hand_on();
    result
}

/// Streams the lines of an entry in the same way.
pub fn lines(files: &Archive, entry: &str, mut each: impl FnMut(Batch) -> Option<Batch>) -> Result<(), ArchiveError> {
    files.blocks(entry, |block| match each(Batch::Lines(block)) {
        Some(Batch::Lines(block)) => Some(block),
        _ => None,
    })
}
