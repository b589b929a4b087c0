//! The key of what waits on the disk while an encrypted archive is written. It is made for one archive, is in memory
//! only, and goes with the program: what a kill leaves on the disk is noise.
//!
//! ChaCha20 (RFC 8439) without a tag: whoever could change the files, which have no name, could change this program's
//! memory. Each file has a nonce of its own, and no byte of one is written twice, so no part of the key stream is used
//! for two texts.

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit, StreamCipher, StreamCipherSeek};
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A random key, and how many files have been encrypted with it.
pub struct ScratchKey {
    key: Arc<[u8; 32]>,
    files: AtomicU64,
}

impl ScratchKey {
    /// A new one. An error is one of the system's random numbers.
    pub fn random() -> io::Result<Self> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(io::Error::other)?;
        Ok(Self { key: Arc::new(key), files: AtomicU64::new(0) })
    }

    /// The cipher of one more file.
    pub fn next(&self) -> ScratchCipher {
        ScratchCipher { key: self.key.clone(), file: self.files.fetch_add(1, Ordering::Relaxed) }
    }
}

impl fmt::Debug for ScratchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScratchKey")
    }
}

/// Encrypts and decrypts one file.
#[derive(Clone)]
pub struct ScratchCipher {
    key: Arc<[u8; 32]>,
    file: u64,
}

impl ScratchCipher {
    /// Turns what is to stand `at` (in bytes from the start) into what it is on the disk, and back.
    ///
    /// # Errors
    /// Behind 256 GiB, where the key stream would begin anew.
    pub fn apply(&self, at: u64, bytes: &mut [u8]) -> io::Result<()> {
        let mut nonce = [0; 12];
        let (number, _) = nonce.split_at_mut(8);
        number.copy_from_slice(&self.file.to_le_bytes());
        let mut stream = ChaCha20::new(self.key.as_ref().into(), &nonce.into());
        let done = stream.try_seek(at).and_then(|()| stream.try_apply_keystream(bytes));
        done.map_err(|_| io::Error::new(io::ErrorKind::FileTooLarge, "more than 256 GiB wait beside the archive"))
    }
}

impl fmt::Debug for ScratchCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScratchCipher").field("file", &self.file).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_part_can_be_read_alone(text in proptest::collection::vec(any::<u8>(), 1..600), from in 0_usize..600) {
            let cipher = ScratchKey::random().expect("random numbers").next();
            let mut written = text.clone();
            cipher.apply(7, &mut written).expect("near the start");
            let from = from.min(text.len() - 1);
            let mut part = written[from..].to_vec();
            cipher.apply(7 + from as u64, &mut part).expect("near the start");
            prop_assert_eq!(&part, &text[from..]);
        }
    }

    #[test]
    fn no_two_files_share_a_key_stream() {
        let key = ScratchKey::random().expect("random numbers");
        let mut streams = [[0_u8; 64]; 3];
        streams.iter_mut().for_each(|zeros| key.next().apply(0, zeros).expect("near the start"));
        let other = ScratchKey::random().expect("random numbers");
        other.next().apply(0, &mut streams[2]).expect("near the start");
        assert!(streams[0] != streams[1] && streams[1] != streams[2] && streams[0] != [0; 64]);
        key.next().apply(1 << 39, &mut [0]).expect_err("the key stream would begin anew");
    }
}
