//! A text that waits in memory, packed: the JSON of an object takes about a third of its length.

use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use std::io::{Read, Write};

/// A text, packed.
#[derive(Clone, Debug, Default)]
pub struct PackedText(Box<[u8]>);

impl PackedText {
    pub fn new(text: &str) -> Self {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::new(3));
        // Writing to memory does not fail.
        let written = packer.write_all(text.as_bytes()).and_then(|()| packer.finish());
        Self(written.unwrap_or_default().into_boxed_slice())
    }

    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The text; none of one that was never made.
    pub fn text(&self) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut text = String::new();
        DeflateDecoder::new(self.0.as_ref()).read_to_string(&mut text).ok()?;
        Some(text)
    }
}
