//! Entries of an older archive on their way into a new one: checked, and not compressed again.

use crate::archive::error::ArchiveError;
use crate::archive::hash::hashed;
use crate::archive::read::Archive;
use crate::archive::write::ArchiveWriter;
use crate::archive::write::entry::{Content, EntryBuilder};

/// Copies from one archive.
pub(super) struct Copier<'a> {
    older: &'a Archive,
    buffer: Vec<u8>,
}

/// Whether an entry could be copied.
pub(super) enum Copied {
    Whole,
    /// Its content is damaged, and so it was left behind.
    Unreadable(String),
}

impl<'a> Copier<'a> {
    pub fn new(older: &'a Archive) -> Self {
        Self { older, buffer: vec![0; 1 << 16] }
    }

    /// Appends `entry` to `newer`, if its content is sound. An error is one of writing.
    pub fn copy(&mut self, entry: &str, newer: &mut ArchiveWriter) -> Result<Copied, ArchiveError> {
        let Some((packed, mut data)) = self.older.packed(entry) else { return self.pack(entry, newer) };
        let manifest = match hashed(self.older, entry, &mut self.buffer) {
            Ok(manifest) => manifest,
            Err(error) => return Ok(Copied::Unreadable(error.to_string())),
        };
        newer.adopt(packed, &mut data, manifest)?;
        Ok(Copied::Whole)
    }

    /// Compresses an entry of a folder anew.
    fn pack(&mut self, entry: &str, newer: &mut ArchiveWriter) -> Result<Copied, ArchiveError> {
        let content = if entry.ends_with(".log") { Content::Log } else { Content::Json };
        let mut builder = EntryBuilder::new(newer.target(), entry, content)?;
        let buffer = &mut self.buffer;
        let read = self.older.with_reader(entry, |reader| {
            loop {
                match reader.read(buffer)? {
                    0 => return Ok(Ok(())),
                    count => {
                        if let Err(error) = builder.write(buffer.get(..count).unwrap_or_default()) {
                            return Ok(Err(error));
                        }
                    }
                }
            }
        });
        match read {
            Ok(written) => written?,
            Err(error) => return Ok(Copied::Unreadable(error.to_string())),
        }
        newer.append(builder.finish()?)?;
        Ok(Copied::Whole)
    }
}
