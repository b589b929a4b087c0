//! An object that is read by ranges, in blocks of which the last used are kept.
//!
//! It is read as it was when it was opened: a store that has another one by then is an error, never a mixture of both.

use super::address::{Address, Scheme};
use super::cache::Cache;
use super::fault::{Fault, Kind};
use super::place::{Access, Place, wait};
use crate::archive::{Ranged, Remote};
use bytes::Bytes;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, coalesce_ranges};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What is asked for at least: below, an answer takes as long to come as to be sent.
const BLOCK: u64 = 256 << 10;
/// What is asked for at most, where the reader goes on as far.
const AHEAD: u64 = 4 << 20;
/// Blocks that are kept: 64 MiB.
const MOST_BLOCKS: usize = 256;
/// Small pieces with no more between them come in one answer.
const GAP: u64 = 32 << 10;

/// What is to be done when the store fails within: the entry that is being read would be taken for a damaged one.
pub type OnFault = Box<dyn Fn(&Fault) + Send + Sync>;

/// How much a store was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub requests: u64,
    pub bytes: u64,
}

/// An object that is read where it lies.
pub struct Reading {
    object: Arc<Object>,
    length: u64,
    cache: Mutex<Cache>,
    expected: Mutex<BTreeMap<u64, Bytes>>,
    on_fault: OnFault,
}

struct Object {
    place: Place,
    path: Path,
    tag: Option<String>,
    requests: AtomicU64,
    bytes: AtomicU64,
}

impl Reading {
    /// Opens the object at `address`.
    ///
    /// # Errors
    /// Where there is none, or the store does not answer or allow it.
    pub fn open(address: &Address, access: &Access, on_fault: OnFault) -> Result<(Arc<Self>, Remote), Fault> {
        if address.key.is_empty() || address.scheme == Scheme::File {
            return Err(Fault::new(Kind::Settings, address, "it names a bucket, and no object in it"));
        }
        let place = Place::open(address, access)?;
        let path = place.path(&address.key)?;
        let (place, path, found) = wait(async move {
            let found = place.store.get_opts(&path, GetOptions::new().with_head(true)).await;
            let found = match found {
                Ok(found) => Ok(found.meta),
                // To this question there is no answer in words, so it is not known what is missing or refused.
                Err(error) if error.to_string().contains("status code: 4") => {
                    let first = GetOptions::new().with_range(Some(GetRange::Bounded(0..1)));
                    place.store.get_opts(&path, first).await.map(|found| found.meta)
                }
                Err(error) => Err(error),
            };
            (place, path, found)
        })?;
        let found = found.map_err(|error| Fault::of(&error, address, address))?;
        let (requests, bytes) = (AtomicU64::new(1), AtomicU64::new(0));
        let (written, length) = (found.last_modified.into(), found.size);
        let object = Arc::new(Object { place, path, tag: found.e_tag, requests, bytes });
        let (cache, expected) = (Mutex::new(Cache::new(MOST_BLOCKS)), Mutex::default());
        let reading = Arc::new(Self { object, length, cache, expected, on_fault });
        let name = PathBuf::from(address.to_string());
        Ok((Arc::clone(&reading), Remote { source: reading, name, written: Some(written) }))
    }

    /// How much was asked for so far.
    pub fn asked(&self) -> Asked {
        let count = |number: &AtomicU64| number.load(Ordering::Relaxed);
        Asked { requests: count(&self.object.requests), bytes: count(&self.object.bytes) }
    }

    fn failed(&self, fault: Fault) -> io::Error {
        (self.on_fault)(&fault);
        io::Error::other(fault)
    }

    /// The block with a number, from the cache or from the store with those behind it up to `until`.
    fn block(&self, number: u64, until: u64) -> io::Result<Bytes> {
        let start = number * BLOCK;
        let end = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(bytes) = cache.get(number) {
                return Ok(bytes);
            }
            let wanted = until.min(start + AHEAD).div_ceil(BLOCK).max(number + 1);
            let end = (number + 1..wanted).find(|next| cache.has(*next)).unwrap_or(wanted);
            (end * BLOCK).min(self.length)
        };
        let object = Arc::clone(&self.object);
        let bytes = wait(async move { object.range(start..end).await }).and_then(|read| read);
        let bytes = bytes.map_err(|fault| self.failed(fault))?;
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        let size = usize::try_from(BLOCK).unwrap_or(usize::MAX);
        let mut rest = bytes;
        let mut first = Bytes::new();
        for next in number.. {
            let block = rest.split_to(size.min(rest.len()));
            if block.is_empty() {
                break;
            }
            if next == number {
                first = block.clone();
            }
            // A part of a larger answer would keep all of it.
            cache.add(next, Bytes::copy_from_slice(&block));
        }
        Ok(first)
    }
}

impl Object {
    /// Bytes of it, all that were asked for.
    async fn range(&self, range: Range<u64>) -> Result<Bytes, Fault> {
        self.get(range).await.map_err(|error| Fault::of(&error, &self.place.address, &self.place.address))
    }

    async fn get(&self, range: Range<u64>) -> object_store::Result<Bytes> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.bytes.fetch_add(range.end.saturating_sub(range.start), Ordering::Relaxed);
        let options =
            GetOptions::new().with_range(Some(GetRange::Bounded(range.clone()))).with_if_match(self.tag.clone());
        let bytes = self.place.store.get_opts(&self.path, options).await?.bytes().await?;
        match bytes.len() as u64 == range.end - range.start {
            true => Ok(bytes),
            false => Err(object_store::Error::Generic { store: "range", source: "it is shorter than it was".into() }),
        }
    }
}

impl Ranged for Reading {
    fn length(&self) -> u64 {
        self.length
    }

    fn read_at(&self, buffer: &mut [u8], at: u64, until: u64) -> io::Result<usize> {
        if buffer.is_empty() || at >= self.length {
            return Ok(0);
        }
        if let Some(count) = copied(&self.expected.lock().unwrap_or_else(PoisonError::into_inner), buffer, at) {
            return Ok(count);
        }
        let until = until.max(at.saturating_add(buffer.len() as u64)).min(self.length);
        let block = self.block(at / BLOCK, until)?;
        let from = usize::try_from(at % BLOCK).unwrap_or(usize::MAX);
        io::Read::read(&mut block.get(from..).unwrap_or_default(), buffer)
    }

    fn expect(&self, pieces: &[Range<u64>]) -> io::Result<()> {
        let missing: Vec<Range<u64>> = {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            let is_there =
                |piece: &Range<u64>| cache.has(piece.start / BLOCK) && cache.has(piece.end.saturating_sub(1) / BLOCK);
            pieces.iter().filter(|piece| piece.start < piece.end && !is_there(piece)).cloned().collect()
        };
        let mut expected = BTreeMap::new();
        if !missing.is_empty() {
            let (object, asked) = (Arc::clone(&self.object), missing.clone());
            let fetched = wait(async move {
                let fetched = coalesce_ranges(&asked, |range| object.get(range), GAP).await;
                fetched.map_err(|error| Fault::of(&error, &object.place.address, &object.place.address))
            });
            let fetched = fetched.and_then(|fetched| fetched).map_err(|fault| self.failed(fault))?;
            let small = |bytes: Bytes| Bytes::copy_from_slice(&bytes);
            expected.extend(missing.iter().map(|piece| piece.start).zip(fetched.into_iter().map(small)));
        }
        *self.expected.lock().unwrap_or_else(PoisonError::into_inner) = expected;
        Ok(())
    }
}

/// Bytes of a piece that was fetched before it was asked for.
fn copied(expected: &BTreeMap<u64, Bytes>, buffer: &mut [u8], at: u64) -> Option<usize> {
    let (start, piece) = expected.range(..=at).next_back()?;
    let from = usize::try_from(at - start).ok()?;
    let mut rest = piece.get(from..).filter(|rest| !rest.is_empty())?;
    io::Read::read(&mut rest, buffer).ok()
}
