//! An archive that lies elsewhere, as in an object store, and is read there piece by piece.
//!
//! This room knows neither stores nor networks: whoever does gives it a [`Ranged`].

use std::io;
use std::ops::Range;

/// Bytes of which any part can be asked for. Many threads ask at once.
pub trait Ranged: Send + Sync {
    /// How many there are, from when it was opened on.
    fn length(&self) -> u64;

    /// Bytes from `at` on, at least one unless `buffer` is empty or `at` is the end.
    ///
    /// The caller will go on to `until` if that is further than the buffer, so that as much may be read at once.
    fn read_at(&self, buffer: &mut [u8], at: u64, until: u64) -> io::Result<usize>;

    /// Small pieces, in order, that are read next: they may be fetched together. What was expected before is no more.
    fn expect(&self, pieces: &[Range<u64>]) -> io::Result<()>;
}
