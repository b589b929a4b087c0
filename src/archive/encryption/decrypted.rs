//! The content of an age file, any part of it, without the rest and without a byte of it on the disk.
//!
//! age encrypts pieces of 64 KiB, each with a tag of its own, so that a piece can be read alone, and a file that was
//! cut is read up to its last whole piece. A piece that was altered reads as zeros: whatever is in it fails its own
//! checksum, and what is not stays readable, as in any damaged archive. Content without its tag is never handed out.

use super::identities::Identities;
use crate::archive::error::ArchiveError;
use crate::archive::read::shared_file::SharedFile;
use age::stream::StreamReader;
use age::{DecryptError, Decryptor};
use memchr::{memchr, memmem};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Content of a piece, and what its tag adds.
const PIECE: u64 = 64 << 10;
const SEALED_PIECE: u64 = PIECE + 16;
/// Behind the header is a nonce of so many bytes, which the content's key is made with.
const NONCE: usize = 16;
/// Readers that wait for their next use; each holds two pieces.
const WAITING: usize = 16;

/// An age file and the keys to it.
pub struct Decrypted {
    file: SharedFile,
    keys: Arc<Identities>,
    /// Of the content.
    length: u64,
    readers: Mutex<Vec<Reader>>,
}

/// A reader, and where in the content it stands.
struct Reader {
    stream: StreamReader<BufReader<SharedFile>>,
    at: u64,
}

impl Decrypted {
    /// Opens the age file `file`, which is called `path`, if one of `keys` fits.
    ///
    /// # Errors
    /// Where none does, or where it is not an age file of version 1.
    pub fn open(file: SharedFile, path: &Path, keys: &Arc<Identities>) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "read", path: path.to_owned(), source };
        let wrong = |why: &str| ArchiveError::NotDecrypted { path: path.to_owned(), why: why.to_owned() };
        let mut start = Vec::new();
        file.read_at(0, super::ARMOR.len(), &mut start).map_err(io)?;
        if start == super::ARMOR {
            return Err(wrong("it is wrapped as text for mail, which only age takes apart"));
        }
        let begin = content_begin(&file).map_err(io)?;
        let begin = begin.ok_or_else(|| wrong("its header is cut, too long, or none of age, version 1"))?;
        let mut opened = Self { file, keys: keys.clone(), length: 0, readers: Mutex::default() };
        let reader = opened.begin().map_err(|error| match error {
            DecryptError::NoMatchingKeys => wrong("it is for others: none of the identities given is a recipient"),
            DecryptError::Io(source) => io(source),
            other => wrong(&other.to_string()),
        })?;
        opened.length = opened.length_from(begin, reader).map_err(io)?;
        Ok(opened)
    }

    /// Of the content, in bytes; of a file that was cut, as much of it as there is.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Content at `at`, at least a byte of it unless `buffer` is empty or that is its end.
    pub fn read_at(&self, buffer: &mut [u8], at: u64) -> io::Result<usize> {
        let left = self.length.saturating_sub(at).min(PIECE - at % PIECE);
        let most = usize::try_from(left).unwrap_or_default().min(buffer.len());
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let mut reader = self.reader_at(at)?;
        match reader.read_at(at, buffer) {
            Ok(count) => {
                let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
                if readers.len() < WAITING {
                    readers.push(reader);
                }
                Ok(count)
            }
            // The reader is of no more use. The length was found without this piece.
            Err(error) if matches!(error.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) => {
                buffer.fill(0);
                Ok(buffer.len())
            }
            Err(error) => Err(error),
        }
    }

    /// A reader that stands at `at`, or is as good as any other.
    fn reader_at(&self, at: u64) -> io::Result<Reader> {
        let mut readers = self.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let same_piece = |reader: &Reader| reader.at / PIECE == at / PIECE;
        let best = readers.iter().position(|reader| reader.at == at).or_else(|| readers.iter().position(same_piece));
        match best.or_else(|| readers.len().checked_sub(1)) {
            Some(index) => Ok(readers.swap_remove(index)),
            None => {
                drop(readers);
                self.begin().map_err(io::Error::other)
            }
        }
    }

    fn begin(&self) -> Result<Reader, DecryptError> {
        // From other readers the library takes a header byte by byte, and begins anew with each.
        let stream = Decryptor::new_buffered(BufReader::new(self.file.from(0)))?.decrypt(self.keys.keys())?;
        Ok(Reader { stream, at: 0 })
    }

    /// How much content there is. The last piece counts if it is one: of a file that was cut, it is a part of one.
    fn length_from(&self, begin: u64, mut reader: Reader) -> io::Result<u64> {
        let sealed = self.file.length().saturating_sub(begin);
        let (pieces, rest) = (sealed / SEALED_PIECE, sealed % SEALED_PIECE);
        let whole = pieces * PIECE;
        let Some(content) = rest.checked_sub(SEALED_PIECE - PIECE).filter(|content| *content > 0) else {
            return Ok(whole);
        };
        match reader.read_at(whole, &mut [0]) {
            Ok(_) => Ok(whole + content),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(whole),
            Err(error) => Err(error),
        }
    }
}

impl Reader {
    /// Reads within the piece that `at` is in. After an error it is of no more use.
    fn read_at(&mut self, at: u64, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at != at {
            if at.is_multiple_of(PIECE) && self.at / PIECE != at / PIECE {
                // To go to where a piece begins, the library wants the end of the file, which one that was cut has
                // not. Into a piece it goes without, and from there back to its first byte.
                self.stream.seek(SeekFrom::Start(at + 1))?;
            }
            self.stream.seek(SeekFrom::Start(at))?;
        }
        self.at = at;
        let count = self.stream.read(buffer)?;
        self.at += count as u64;
        match count {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(count),
        }
    }
}

/// Where the content begins: behind the line of the header's own tag, and the nonce. None where there is no such line.
fn content_begin(file: &SharedFile) -> io::Result<Option<u64>> {
    let mut start = Vec::new();
    file.read_at(0, super::HEADER_BYTES, &mut start)?;
    let tag = memmem::find(&start, b"\n--- ");
    let end = tag.and_then(|tag| {
        let line = start.get(tag + 1..)?;
        Some(tag + 1 + memchr(b'\n', line)? + 1 + NONCE)
    });
    Ok(end.filter(|end| *end <= start.len()).map(|end| end as u64))
}
