//! Text in blocks of whole lines, which several threads can look at apart.

use std::io::{self, Read};

/// Some whole lines of an entry.
#[derive(Debug, Default)]
pub struct Block {
    first_line: u64,
    bytes: Vec<u8>,
}

impl Block {
    /// Lines with their breaks, of which the first has this number.
    pub fn new(first_line: u64, bytes: Vec<u8>) -> Self {
        Self { first_line, bytes }
    }

    /// The number of its first line, from 1.
    pub fn first_line(&self) -> u64 {
        self.first_line
    }

    /// Its lines with their breaks; the last may lack one.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Its lines with their numbers, without `\n` or `\r\n`.
    pub fn lines(&self) -> impl Iterator<Item = (u64, &[u8])> {
        let mut rest = Some(self.bytes.strip_suffix(b"\n").unwrap_or(&self.bytes));
        let lines = std::iter::from_fn(move || {
            let text = rest?;
            let (line, behind) = match memchr::memchr(b'\n', text) {
                Some(end) => (text.get(..end)?, text.get(end + 1..)),
                None => (text, None),
            };
            rest = behind;
            Some(line.strip_suffix(b"\r").unwrap_or(line))
        });
        (self.first_line..).zip(lines)
    }
}

/// Reads `reader` to its end in blocks of up to `limit` bytes. A longer line is cut, as it is where lines are read
/// alone. `each` may give a block back, whose memory is then used again.
pub fn read(mut reader: &mut dyn Read, limit: usize, mut each: impl FnMut(Block) -> Option<Block>) -> io::Result<()> {
    let limit = limit.max(1);
    let mut line = 1;
    let mut rest: Vec<u8> = Vec::new();
    let mut spare: Option<Vec<u8>> = None;
    let mut skipping = false;
    loop {
        let mut bytes = spare.take().unwrap_or_default();
        bytes.clear();
        bytes.append(&mut rest);
        let room = limit.saturating_sub(bytes.len());
        // A little more, so that nothing is moved only to find the end.
        bytes.reserve(room + 64);
        let read = Read::take(&mut reader, room as u64).read_to_end(&mut bytes)?;
        if skipping {
            let Some(end) = memchr::memchr(b'\n', &bytes) else {
                if read == 0 {
                    return Ok(());
                }
                spare = Some(bytes);
                continue;
            };
            bytes.drain(..=end);
            skipping = false;
        }
        let is_last = read < room;
        match memchr::memrchr(b'\n', &bytes) {
            _ if is_last => {}
            Some(end) => rest.extend_from_slice(bytes.get(end + 1..).unwrap_or_default()),
            None => skipping = true,
        }
        bytes.truncate(bytes.len() - rest.len());
        if skipping {
            bytes.push(b'\n');
        }
        if !bytes.is_empty() {
            let lines = memchr::memchr_iter(b'\n', &bytes).count() as u64;
            spare = each(Block::new(line, bytes)).map(|block| block.bytes);
            line += lines;
        }
        if is_last {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::tests::all;
    use super::*;
    use proptest::prelude::*;

    const BLOCK: usize = 1 << 20;

    fn in_blocks(text: &[u8], limit: usize) -> Vec<(u64, Vec<u8>)> {
        let mut found = Vec::new();
        let mut reader = text;
        read(&mut reader, limit, |block| {
            found.extend(block.lines().map(|(number, line)| (number, line.to_vec())));
            Some(block)
        })
        .expect("memory does not fail");
        found
    }

    #[test]
    fn a_line_longer_than_a_block_is_cut_and_the_next_is_whole() {
        let mut text = vec![b'x'; 3 * BLOCK];
        text.extend_from_slice(b"\nnext\r\n\nlast");
        let found = in_blocks(&text, BLOCK);
        let lengths: Vec<(u64, usize)> = found.iter().map(|(number, line)| (*number, line.len())).collect();
        assert_eq!(lengths, [(1, BLOCK), (2, 4), (3, 0), (4, 4)]);
    }

    proptest! {
        #[test]
        fn lines_are_what_stands_between_breaks(text in "[ab\r\n]{0,30}") {
            let whole = text.strip_suffix('\n').unwrap_or(&text);
            let lines = whole.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line).as_bytes());
            let expected: Vec<(u64, &[u8])> = (7..).zip(lines).collect();
            let block = Block::new(7, text.clone().into_bytes());
            prop_assert_eq!(block.lines().collect::<Vec<_>>(), expected);
        }

        #[test]
        fn the_same_lines_as_read_alone(lines in proptest::collection::vec((0_usize..400_000, "[a-z\r]{0,3}"), 0..24)) {
            let mut text = Vec::new();
            for (length, end) in &lines {
                text.resize(text.len() + length, b'y');
                text.extend_from_slice(end.as_bytes());
                text.push(b'\n');
            }
            prop_assert_eq!(in_blocks(&text, BLOCK), all(&text, BLOCK));
        }
    }
}
