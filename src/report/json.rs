//! The report as it is, for programs. Its schema is that of `schema.rs`.

use super::{Analyzed, build, safe};
use serde::Serialize;
use std::io::{self, BufWriter, Write};

/// Writes `report.json`, indented, with a line feed at its end. It is never in memory as a whole.
pub fn write(of: &Analyzed, out: &mut dyn Write) -> io::Result<()> {
    indented(out, |readable| build::written(of, &mut serde_json::Serializer::pretty(readable)).map(drop))
}

/// Writes something else in the same way.
pub fn write_value(of: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    indented(out, |readable| serde_json::to_writer_pretty(readable, of))
}

fn indented(
    out: &mut dyn Write,
    write: impl FnOnce(&mut dyn Write) -> Result<(), serde_json::Error>,
) -> io::Result<()> {
    // What is looked through comes in large pieces: serde_json writes a few bytes at a time.
    let mut readable = BufWriter::with_capacity(PIECE, Readable { out, cut: Vec::new() });
    write(&mut readable)?;
    readable.write_all(b"\n")?;
    readable.flush()
}

const PIECE: usize = 64 << 10;

/// Writes JSON with every character that acts in a terminal or an editor escaped.
struct Readable<'a> {
    out: &'a mut dyn Write,
    /// The first bytes of a character whose last are still to come.
    cut: Vec<u8>,
}

impl Write for Readable<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.cut.is_empty() && bytes.iter().all(|byte| matches!(byte, b'\n' | b' '..=b'~')) {
            self.out.write_all(bytes)?;
            return Ok(bytes.len());
        }
        self.cut.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.cut) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let rest = self.cut.split_off(whole);
        let text = std::mem::replace(&mut self.cut, rest);
        self.out.write_all(safe::json_for_eyes(&String::from_utf8_lossy(&text)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_come_in_pieces_are_whole() {
        let mut out = Vec::new();
        let mut readable = Readable { out: &mut out, cut: Vec::new() };
        for byte in "a é \u{202e} z\n".as_bytes() {
            readable.write_all(&[*byte]).expect("memory");
        }
        assert_eq!(String::from_utf8(out).expect("text"), "a é \\u202e z\n");
    }
}
