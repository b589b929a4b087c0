//! Notes: what people wrote in chat, in an incident's document or at the keyboard, with the time at which they did.
//!
//! They are looked for only where somebody said that a file holds them. Any text may: what in it has no time is counted
//! by its reader.

use super::checks::came;
use crate::archive::{Archive, ArchiveError};
use crate::inputs::columns::NoteColumns;
use crate::inputs::format::{About, Format, Opened, Start};
use crate::inputs::kind::{Kind, NoteForm};

pub const FORMAT: Format = Format { name: "notes", recognise, kind, open };

/// What a file of notes is called in a report, whatever its own name.
pub const NAME: &str = "notes";

/// What notes are in the coverage.
const SOURCE: &str = "notes";

fn recognise(files: &Archive) -> u8 {
    if files.is_plain() { 100 } else { 0 }
}

fn kind(_: &str, start: &Start<'_>) -> Kind {
    Kind::Notes(NoteColumns::of(start.bytes()).map_or(NoteForm::Text, NoteForm::Csv))
}

fn open(files: &Archive, kinds: Vec<Kind>) -> Result<Opened, ArchiveError> {
    Ok(Opened { about: About::beside(came(SOURCE, files)), kinds })
}
