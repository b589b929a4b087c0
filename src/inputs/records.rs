//! The records of an entry, whatever form they are in.

use super::batch::{Batch, Gathered, Item};
use super::kind::ObjectForm;
use super::{list, yaml};
use crate::archive::{Archive, ArchiveError};

/// How many times as long as a line an item of a list may be: it is indented.
const INDENTED: usize = 4;

/// Streams the objects of an entry to `each`; a batch that is given back is used again.
pub fn read(
    files: &Archive,
    entry: &str,
    form: ObjectForm,
    each: impl FnMut(Batch) -> Option<Batch>,
) -> Result<(), ArchiveError> {
    match form {
        ObjectForm::Lines => lines(files, entry, each),
        ObjectForm::List => {
            let most_bytes = files.limits().line_bytes.saturating_mul(INDENTED);
            in_batches(each, |add| files.with_reader(entry, |reader| list::read(reader, most_bytes, add)))
        }
        ObjectForm::Yaml => in_batches(each, |add| {
            let text = files.read(entry, yaml::MOST_BYTES + 1)?;
            let items = yaml::items(&text)
                .map_err(|error| ArchiveError::Entry { entry: entry.to_owned(), why: error.to_string() })?;
            items.into_iter().for_each(add);
            Ok(())
        }),
    }
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
