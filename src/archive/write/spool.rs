//! Records that are needed once more, in another order, when the archive is sealed. Until then they wait as lines of
//! JSON in a file without a name beside the archive, a few of them in memory: there may be hundreds of thousands.
//!
//! What is in memory at the end is where each stands and what it is sorted by.

use crate::archive::scratch::{Scratch, ScratchFile};
use serde::de::DeserializeOwned;
use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::marker::PhantomData;

/// Lines are gathered to so many bytes before they go to the file.
const AT_ONCE: usize = 1 << 16;

/// Records of one kind that only grow.
#[derive(Debug)]
pub(super) struct Spool<T> {
    file: ScratchFile,
    /// Lines that are not in the file yet.
    fresh: Vec<u8>,
    of: PhantomData<fn() -> T>,
}

impl<T: Serialize + DeserializeOwned> Spool<T> {
    /// None so far; what is too much for memory waits in `scratch`.
    pub fn new(scratch: &Scratch) -> Self {
        Self { file: scratch.file(), fresh: Vec::new(), of: PhantomData }
    }

    /// Takes a record. An error is one of the disk.
    pub fn push(&mut self, record: &T) -> io::Result<()> {
        let line = line(record)?;
        self.push_line(&line)
    }

    /// Takes a record as the line that [`line()`] made of it.
    pub fn push_line(&mut self, line: &[u8]) -> io::Result<()> {
        self.fresh.extend_from_slice(line);
        if self.fresh.len() >= AT_ONCE { self.flush() } else { Ok(()) }
    }

    /// Gives every record to `take`, in the order in which they came.
    pub fn each(&mut self, mut take: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.lines(|_, line| take(serde_json::from_slice(line)?))
    }

    /// Ends the growing. `key` is what the records are to be sorted by, asked once of each in the order in which they
    /// came; of equals, the first to come is the first.
    pub fn sorted<K: Ord>(mut self, mut key: impl FnMut(T) -> K) -> io::Result<Sorted<T>> {
        let mut keys: Vec<(K, Spot)> = Vec::new();
        self.lines(|spot, line| {
            keys.push((key(serde_json::from_slice(line)?), spot));
            Ok(())
        })?;
        keys.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Sorted { file: self.file, spots: keys.into_iter().map(|(_, spot)| spot).collect(), of: PhantomData })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(&self.fresh)?;
        self.fresh.clear();
        Ok(())
    }

    /// Every line with its end, and where it stands. More can be taken afterwards.
    fn lines(&mut self, mut take: impl FnMut(Spot, &[u8]) -> io::Result<()>) -> io::Result<()> {
        self.flush()?;
        self.file.rewind()?;
        let mut reader = BufReader::with_capacity(AT_ONCE, &mut self.file);
        let (mut line, mut at) = (Vec::new(), 0);
        while reader.read_until(b'\n', &mut line)? > 0 {
            take(Spot { at, bytes: line.len() }, &line)?;
            at += line.len() as u64;
            line.clear();
        }
        self.file.seek(SeekFrom::End(0)).map(drop)
    }
}

#[derive(Clone, Copy, Debug)]
struct Spot {
    at: u64,
    bytes: usize,
}

/// The records in their order.
#[derive(Debug)]
pub(super) struct Sorted<T> {
    file: ScratchFile,
    spots: Vec<Spot>,
    of: PhantomData<fn() -> T>,
}

impl<T: DeserializeOwned> Sorted<T> {
    /// Gives every record to `take`.
    pub fn each(&mut self, mut take: impl FnMut(T) -> io::Result<()>) -> io::Result<()> {
        self.lines(|line| take(serde_json::from_slice(line)?))
    }

    /// Gives every record to `take` as the line that it is, with its end.
    pub fn lines(&mut self, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        self.file.rewind()?;
        // Most of what follows in the order came soon after: it is read together.
        let mut reader = BufReader::new(&mut self.file);
        let (mut line, mut at) = (Vec::new(), 0_u64);
        for spot in &self.spots {
            let distance = spot.at.checked_signed_diff(at).ok_or(io::ErrorKind::InvalidInput)?;
            reader.seek_relative(distance)?;
            line.clear();
            let count = Read::by_ref(&mut reader).take(spot.bytes as u64).read_to_end(&mut line)?;
            at = spot.at + count as u64;
            take(&line)?;
        }
        Ok(())
    }

    /// The records as a sequence, to be serialised one after another.
    pub fn sequence(self) -> Sequence<T> {
        Sequence(std::cell::RefCell::new(self))
    }
}

/// Records that are read while they are serialised.
pub(super) struct Sequence<T>(std::cell::RefCell<Sorted<T>>);

impl<T: Serialize + DeserializeOwned> Serialize for Sequence<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut records = self.0.borrow_mut();
        let mut sequence = serializer.serialize_seq(Some(records.spots.len()))?;
        let mut failed = None;
        let read = records.each(|record| {
            sequence.serialize_element(&record).map_err(|error| {
                failed = Some(error);
                io::Error::other("it cannot be serialised")
            })
        });
        match (failed, read) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => sequence.end(),
        }
    }
}

/// A record as a line.
pub(super) fn line(record: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(record)?;
    line.push(b'\n');
    Ok(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn spool(records: &[(String, u8)], in_memory: usize) -> Spool<(String, u8)> {
        let file = Scratch::new(&std::env::temp_dir()).file_with(in_memory);
        let mut spool = Spool { file, fresh: Vec::new(), of: PhantomData };
        records.iter().for_each(|record| spool.push(record).expect("room on the disk"));
        spool
    }

    proptest! {
        #[test]
        fn what_was_taken_comes_in_order(
            records in proptest::collection::vec((".{0,30}", 0_u8..9), 0..50),
            more in proptest::collection::vec((".{0,9}", 0_u8..9), 0..9),
            in_memory in 0_usize..600,
        ) {
            let mut spool = spool(&records, in_memory);
            let mut seen = Vec::new();
            spool.each(|record| { seen.push(record); Ok(()) }).expect("a file");
            prop_assert_eq!(&seen, &records);
            more.iter().for_each(|record| spool.push(record).expect("room on the disk"));
            let mut all: Vec<_> = records.into_iter().chain(more).collect();
            all.sort_by_key(|(_, number)| *number);
            let mut sorted = spool.sorted(|(_, number)| number).expect("a file");
            let (mut seen, mut text) = (Vec::new(), Vec::new());
            sorted.each(|record| { seen.push(record); Ok(()) }).expect("a file");
            sorted.lines(|line| { text.extend_from_slice(line); Ok(()) }).expect("a file");
            prop_assert_eq!(&seen, &all);
            let lines: Vec<u8> = all.iter().flat_map(|record| line(record).expect("a record")).collect();
            prop_assert_eq!(text, lines);
            let sequence = serde_json::to_string_pretty(&sorted.sequence()).expect("records");
            prop_assert_eq!(sequence, serde_json::to_string_pretty(&all).expect("records"));
        }
    }

    #[test]
    fn many_are_on_the_disk() {
        let records: Vec<_> = (0..20_000).map(|number: u32| (format!("{number:0>90}"), 0)).collect();
        let spool = spool(&records, crate::archive::scratch::IN_MEMORY);
        assert!(spool.file.is_rolled() && spool.fresh.len() < AT_ONCE);
    }

    #[test]
    fn a_disk_that_fails_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut spool = Spool::<String>::new(&Scratch::new(&folder.path().join("not-there")));
        let told = (0..20).map(|_| spool.push(&"x".repeat(AT_ONCE))).find_map(Result::err);
        assert_eq!(told.expect("no such folder").kind(), io::ErrorKind::NotFound);
    }
}
