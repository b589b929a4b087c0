//! Lines of text that nobody vouches for: whatever their length, memory is bounded.

use std::io::{self, BufRead};

/// Reads lines with a bound on each.
pub struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    number: u64,
    limit: usize,
}

impl<R: BufRead> Lines<R> {
    pub fn new(reader: R, limit: usize) -> Self {
        Self { reader, line: Vec::new(), number: 0, limit }
    }

    /// The next line and its number, without `\n` or `\r\n`; cut where it is longer than the limit.
    pub fn next_line(&mut self) -> io::Result<Option<(u64, &[u8])>> {
        self.line.clear();
        let mut any = false;
        loop {
            let chunk = self.reader.fill_buf()?;
            if chunk.is_empty() {
                break;
            }
            any = true;
            let end = memchr::memchr(b'\n', chunk);
            let piece = chunk.get(..end.unwrap_or(chunk.len())).unwrap_or_default();
            let room = self.limit.saturating_sub(self.line.len());
            self.line.extend_from_slice(piece.get(..room.min(piece.len())).unwrap_or_default());
            let used = end.map_or(chunk.len(), |end| end + 1);
            self.reader.consume(used);
            if end.is_some() {
                break;
            }
        }
        if !any {
            return Ok(None);
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        self.number += 1;
        Ok(Some((self.number, &self.line)))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Every line with its number.
    pub fn all(text: &[u8], limit: usize) -> Vec<(u64, Vec<u8>)> {
        let mut lines = Lines::new(text, limit);
        let mut found = Vec::new();
        while let Some((number, line)) = lines.next_line().expect("memory does not fail") {
            found.push((number, line.to_vec()));
        }
        found
    }

    #[test]
    fn long_lines_are_cut_and_the_next_one_is_whole() {
        assert_eq!(
            all(b"abcdef\nxy\r\n\nz", 3),
            [(1, b"abc".to_vec()), (2, b"xy".to_vec()), (3, b"".to_vec()), (4, b"z".to_vec())]
        );
    }

    proptest! {
        #[test]
        fn as_many_lines_as_there_are(text in "[ab\n]{0,80}") {
            let expected: Vec<Vec<u8>> = text.lines().map(|line| line.as_bytes().to_vec()).collect();
            let found: Vec<Vec<u8>> = all(text.as_bytes(), 100).into_iter().map(|(_, line)| line).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
