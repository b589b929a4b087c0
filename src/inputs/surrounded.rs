//! Blocks of lines with what stands before and behind each, for records of several lines that cross their edges.
//!
//! A block is handed on when enough is known of what follows it, so at most one of the usual size waits.

use super::Batch;
use crate::logline::trace::Surrounded;
use std::collections::VecDeque;

/// Some records, and the lines around them.
#[derive(Debug)]
pub struct Part {
    pub batch: Batch,
    /// Whole lines that stand before and behind it.
    before: Vec<u8>,
    after: Vec<u8>,
}

/// The batches of an entry on their way.
#[derive(Debug)]
pub struct Surrounding {
    /// How many bytes are wanted on each side.
    most: usize,
    before: Vec<u8>,
    waiting: VecDeque<Batch>,
    /// Bytes of those that wait.
    bytes: usize,
}

impl Part {
    /// The lines of the batch with those around them.
    pub fn text(&self) -> Surrounded<'_> {
        Surrounded { before: &self.before, block: bytes_of(&self.batch), after: &self.after }
    }
}

impl Surrounding {
    /// For batches of which so many bytes are to be known on each side.
    pub fn new(most: usize) -> Self {
        Self { most, before: Vec::new(), waiting: VecDeque::new(), bytes: 0 }
    }

    /// Takes the next batch.
    pub fn push(&mut self, batch: Batch) {
        self.bytes += bytes_of(&batch).len();
        self.waiting.push_back(batch);
    }

    /// Gives the first batch of which enough is known, or any if `is_last` says that no more will come.
    pub fn next(&mut self, is_last: bool) -> Option<Part> {
        let first = bytes_of(self.waiting.front()?).len();
        if !is_last && self.bytes - first < self.most {
            return None;
        }
        let batch = self.waiting.pop_front()?;
        self.bytes -= first;
        let mut after = Vec::new();
        for next in &self.waiting {
            let room = self.most - after.len();
            let bytes = bytes_of(next);
            let whole = bytes.get(..room).map_or(bytes, |start| upto_line(start));
            after.extend_from_slice(whole);
            if whole.len() < bytes.len() {
                break;
            }
        }
        let before = std::mem::take(&mut self.before);
        self.before = tail(&before, bytes_of(&batch), self.most);
        Some(Part { batch, before, after })
    }
}

/// Items of a list are no lines.
fn bytes_of(batch: &Batch) -> &[u8] {
    match batch {
        Batch::Lines(block) => block.bytes(),
        Batch::Items(_) => &[],
    }
}

/// The whole lines at the beginning.
fn upto_line(text: &[u8]) -> &[u8] {
    memchr::memrchr(b'\n', text).and_then(|end| text.get(..=end)).unwrap_or_default()
}

/// The last whole lines of two texts, in at most so many bytes.
fn tail(before: &[u8], block: &[u8], most: usize) -> Vec<u8> {
    let cut = |text: &[u8], most: usize| -> (Vec<u8>, bool) {
        match text.len().checked_sub(most).filter(|over| *over > 0) {
            None => (text.to_vec(), false),
            // A line begins where another ended just before.
            Some(over) => {
                let from = text.get(over - 1..).unwrap_or_default();
                let start = memchr::memchr(b'\n', from).map_or(from.len(), |end| end + 1);
                (from.get(start..).unwrap_or_default().to_vec(), true)
            }
        }
    };
    let (own, is_cut) = cut(block, most);
    if is_cut {
        return own;
    }
    let (mut joined, _) = cut(before, most - own.len());
    joined.extend_from_slice(&own);
    joined
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Block;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_block_comes_with_the_lines_around_it(
            lines in proptest::collection::vec("[ab]{0,6}", 1..40),
            cuts in proptest::collection::vec(1_usize..6, 1..20),
            most in 0_usize..24,
        ) {
            let lines: Vec<String> = lines.iter().map(|line| format!("{line}\n")).collect();
            let (mut surrounding, mut parts, mut rest) = (Surrounding::new(most), Vec::new(), lines.as_slice());
            let mut cuts = cuts.into_iter().cycle();
            while !rest.is_empty() {
                let (block, others) = rest.split_at(cuts.next().expect("an endless row").min(rest.len()));
                surrounding.push(Batch::Lines(Block::new(1, block.concat().into_bytes())));
                parts.extend(std::iter::from_fn(|| surrounding.next(false)));
                rest = others;
            }
            parts.extend(std::iter::from_fn(|| surrounding.next(true)));
            let whole = lines.concat().into_bytes();
            let mut at = 0;
            for part in &parts {
                let text = part.text();
                let (before, behind) = (&whole[..at], &whole[at + text.block.len()..]);
                prop_assert_eq!(text.block, &whole[at..at + text.block.len()]);
                prop_assert!(before.ends_with(text.before) && behind.starts_with(text.after));
                // All whole lines that there is room for.
                let fits = |side: &[u8], one: Option<&[u8]>| one.is_none_or(|line| side.len() + line.len() > most);
                let left = &before[..before.len() - text.before.len()];
                prop_assert!(fits(text.before, left.split_inclusive(|byte| *byte == b'\n').next_back()));
                prop_assert!(fits(text.after, behind[text.after.len()..].split_inclusive(|byte| *byte == b'\n').next()));
                prop_assert!(text.before.is_empty() || left.is_empty() || left.ends_with(b"\n"));
                at += text.block.len();
            }
            prop_assert_eq!(at, whole.len());
        }
    }
}
