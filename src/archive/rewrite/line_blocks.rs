//! An entry in pieces of whole lines, whatever its size.

use crate::archive::error::ArchiveError;
use crate::archive::read::Archive;

/// A line that is longer is handed out in several pieces, none of which ends within a word.
const MOST: usize = 8 * 1024 * 1024;
/// Read at a time.
const STEP: usize = 64 * 1024;

/// Gives `entry` to `take`: lines with their ends. What is no UTF-8 comes with U+FFFD in its place.
///
/// # Errors
/// Of reading; what `take` says ends it, and comes back inside.
pub(super) fn each<E>(
    archive: &Archive,
    entry: &str,
    mut take: impl FnMut(&str) -> Result<(), E>,
) -> Result<Result<(), E>, ArchiveError> {
    archive.with_reader(entry, |reader| {
        let mut carry: Vec<u8> = Vec::new();
        let mut buffer = vec![0; STEP];
        loop {
            let count = reader.read(&mut buffer)?;
            carry.extend_from_slice(buffer.get(..count).unwrap_or_default());
            let end = match count {
                0 => carry.len(),
                _ => end_of_lines(&carry).unwrap_or_default(),
            };
            let rest = carry.split_off(end);
            let block = std::mem::replace(&mut carry, rest);
            if !block.is_empty()
                && let Err(error) = take(&String::from_utf8_lossy(&block))
            {
                return Ok(Err(error));
            }
            if count == 0 {
                return Ok(Ok(()));
            }
        }
    })
}

/// Where the last whole line ends; of a line that is too long, where a word does.
fn end_of_lines(text: &[u8]) -> Option<usize> {
    let is_end: fn(&u8) -> bool =
        if text.len() > MOST { |byte| matches!(byte, b'\n' | b' ' | b',') } else { |byte| *byte == b'\n' };
    let end = text.iter().rposition(is_end).map(|at| at + 1);
    end.or((text.len() > 2 * MOST).then_some(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_and_bounded() {
        assert_eq!(end_of_lines(b"a\nb c"), Some(2));
        assert_eq!(end_of_lines(b"a b"), None);
        let long = [vec![b'x'; MOST], b",yy".to_vec()].concat();
        assert_eq!(end_of_lines(&long), Some(MOST + 1));
        assert_eq!(end_of_lines(&vec![b'x'; 2 * MOST + 1]), Some(2 * MOST + 1));
    }
}
