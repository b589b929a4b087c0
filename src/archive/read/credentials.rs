//! What never passed a collector, without its credentials: by the same rules as everything that is collected.

use super::Archive;
use crate::archive::error::ArchiveError;
use crate::redact::{Redactor, Stream};
use std::convert::Infallible;
use std::io::{self, Read};
use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

/// Made once: the automaton of its rules costs more than a short text.
static REDACTOR: LazyLock<Result<Redactor, String>> =
    LazyLock::new(|| Redactor::anonymous().map_err(|error| error.to_string()));

/// Bytes that are read at once.
const PIECE: u64 = 64 << 10;

impl Archive {
    /// The same files, of which all that is read has a word for each credential: `REDACTED-RULE`. An entry has as many
    /// lines, and a line that was JSON is.
    pub fn without_credentials(&self) -> Self {
        Self { inside: Arc::clone(&self.inside), hides_credentials: true }
    }

    /// The same files as they were written, credentials and all.
    pub(crate) fn as_written(&self) -> Self {
        Self { inside: Arc::clone(&self.inside), hides_credentials: false }
    }

    /// The text that is its only entry, called `name`, without its credentials. A text of more than `most_bytes` is an
    /// error.
    pub fn text_without_credentials(&self, name: &str, most_bytes: u64) -> Result<Self, ArchiveError> {
        let entry = self.entries().next().unwrap_or_default();
        if self.bytes_of(entry).is_some_and(|bytes| bytes > most_bytes) {
            return Err(super::entry_error(entry, format!("more than {most_bytes} bytes")));
        }
        let text = self.without_credentials().read(entry, u64::MAX)?;
        let written = self.modified(entry).unwrap_or(SystemTime::UNIX_EPOCH);
        Self::text_from_bytes(text, name, written)
    }
}

/// A text on its way through the redactor.
pub(super) struct Hiding<'a> {
    reader: &'a mut dyn Read,
    /// None once all of it went through.
    stream: Option<Stream>,
    piece: Vec<u8>,
    /// What is ready, and how much of it was given.
    ready: Vec<u8>,
    given: usize,
}

impl<'a> Hiding<'a> {
    /// Fails where the rules cannot be loaded.
    pub fn new(reader: &'a mut dyn Read) -> io::Result<Self> {
        let redactor = REDACTOR.as_ref().map_err(|why| io::Error::other(why.clone()))?;
        Ok(Self { reader, stream: Some(redactor.stream()), piece: Vec::new(), ready: Vec::new(), given: 0 })
    }

    /// Puts more of the text through.
    fn fill(&mut self) -> io::Result<()> {
        (self.given, self.piece) = (0, std::mem::take(&mut self.piece));
        self.ready.clear();
        while self.ready.is_empty() {
            let Some(mut stream) = self.stream.take() else { return Ok(()) };
            self.piece.clear();
            Read::take(&mut *self.reader, PIECE).read_to_end(&mut self.piece)?;
            let mut out = |clean: &[u8]| -> Result<(), Infallible> {
                self.ready.extend_from_slice(clean);
                Ok(())
            };
            if self.piece.is_empty() {
                let Ok(_) = stream.end(&mut out);
            } else {
                let Ok(()) = stream.push(&self.piece, &mut out);
                self.stream = Some(stream);
            }
        }
        Ok(())
    }
}

impl Read for Hiding<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.given == self.ready.len() {
            self.fill()?;
        }
        let rest = self.ready.get(self.given..).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        let (now, room) = (rest.get(..count).unwrap_or_default(), buffer.get_mut(..count).unwrap_or_default());
        room.copy_from_slice(now);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form of GitHub's personal access tokens: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
    fn token() -> String {
        format!("ghp_{}", "a1B2c3D4e5F6".repeat(3))
    }

    fn files(text: &str) -> Archive {
        Archive::text_from_bytes(text.as_bytes().to_vec(), "jane.txt", SystemTime::UNIX_EPOCH).expect("a text")
    }

    #[test]
    fn a_credential_leaves_the_name_of_its_rule_and_no_hash() {
        let files = files(&format!("one\nused {} to push\npassword: Tr0ub4dor&3x!\n", token()));
        let without = files.text_without_credentials("notes.txt", 1 << 20).expect("a text");
        assert_eq!(without.entries().collect::<Vec<_>>(), ["notes.txt"]);
        let text = String::from_utf8(without.read("notes.txt", 1 << 20).expect("bytes")).expect("text");
        assert!(!text.contains("ghp_") && !text.contains("Tr0ub4dor"), "{text}");
        let marks: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("REDACTED-")).collect();
        let has_hash = |word: &&str| word.rsplit('-').next().is_some_and(|end| end.len() == 12);
        assert!(marks.len() == 2 && !marks.iter().any(has_hash), "{text}");
        assert_eq!(text.lines().count(), 3);
        assert!(files.text_without_credentials("notes.txt", 8).is_err());
    }

    #[test]
    fn whatever_is_read_passes_the_redactor_line_by_line() {
        let line = |number: usize| format!("line {number} used {} twice\n", token());
        let text: String = (0..40_000).map(line).collect();
        let (files, mut blocks) = (files(&text).without_credentials(), Vec::new());
        let read = files.blocks("jane.txt", |block| {
            blocks.extend_from_slice(block.bytes());
            Some(block)
        });
        read.expect("a text");
        let mut lines = 0;
        let all = files.lines("jane.txt", |number, line| {
            lines = number;
            let line = String::from_utf8_lossy(line);
            line.starts_with(&format!("line {} used REDACTED-", number - 1)) && line.ends_with(" twice")
        });
        assert_eq!((all.map_err(|error| error.to_string()), lines), (Ok(()), 40_000));
        assert_eq!(blocks, files.read("jane.txt", u64::MAX).expect("a text"));
        assert!(!String::from_utf8_lossy(&blocks).contains("ghp_"));
    }
}
