//! What entries hold that are packed by themselves, or are a tar or a zip again: the former are read as what they
//! unpack to, the latter give their own entries, in a folder of their name. One level deep, and no more.
//!
//! All of it counts towards the limits of the whole. What would exceed them stays as it is, and an anomaly says so.

use super::super::index::{EntryRecord, Index};
use super::super::limits::Limits;
use super::super::packing::{self, Packing, Unpacked};
use super::super::shared_file::SharedFile;
use super::super::soundness::{Anomalies, Condition};
use super::super::store::Store;
use super::{Container, IN_MEMORY, is_ours_by, start_of};
use crate::archive::error::Refusal;
use crate::archive::scratch::{Scratch, ScratchFile};
use std::collections::BTreeSet;
use std::io::{self, Seek, SeekFrom};

/// Looks into all entries. `index` is in order, and is so again.
pub fn look(store: &Store, mut index: Index, limits: &Limits, anomalies: &mut Anomalies) -> Result<Index, Refusal> {
    let mut nested = Nested::new(store, &index, limits);
    nested.find(anomalies)?;
    let Nested { found, packed, scratch, written, .. } = nested;
    set_packed(&mut index, &packed);
    let scratch = scratch.into_shared(written)?;
    let mut opened = BTreeSet::new();
    for one in found {
        if let Some(path) = one.open(&scratch, &mut index, limits, anomalies) {
            opened.insert(path);
        }
    }
    if opened.is_empty() {
        return Ok(index);
    }
    index.retain(|path, record| !(record.is_in_store() && opened.contains(path)));
    index.sorted_last(anomalies);
    let mut inner = Nested::new(store, &index, limits);
    inner.find_packed(anomalies);
    let packed = inner.packed;
    set_packed(&mut index, &packed);
    Ok(index)
}

/// An entry that is packed by itself.
struct Packed {
    path: String,
    packing: Packing,
    bytes: u64,
}

/// Gives each its packing. Both are in order of path.
fn set_packed(index: &mut Index, packed: &[Packed]) {
    let mut next = packed.iter().peekable();
    index.retain(|path, record| {
        if let Some(one) = next.next_if(|one| one.path == path) {
            record.packing = Some(one.packing);
            record.unpacked = one.bytes;
        }
        true
    });
}

/// An entry that is a container.
struct Found {
    path: String,
    container: Container,
    at: At,
}

enum At {
    File(SharedFile),
    Scratch { start: u64, length: u64 },
}

struct Nested<'a> {
    store: &'a Store,
    index: &'a Index,
    limits: &'a Limits,
    /// Bytes that may still come.
    room: u64,
    packed: Vec<Packed>,
    found: Vec<Found>,
    scratch: ScratchFile,
    written: u64,
}

impl<'a> Nested<'a> {
    fn new(store: &'a Store, index: &'a Index, limits: &'a Limits) -> Self {
        let room = limits.total_bytes.saturating_sub(index.total());
        let scratch = Scratch::of_system().file_with(IN_MEMORY);
        Self { store, index, limits, room, packed: Vec::new(), found: Vec::new(), scratch, written: 0 }
    }

    /// Finds all that is packed or a container.
    fn find(&mut self, anomalies: &mut Anomalies) -> Result<(), Refusal> {
        for record in self.index.records() {
            // What cannot be read shows when it is.
            let Ok(start) = self.store.read(self.index, record, start_of) else { continue };
            let packing = Packing::of(&start);
            let start = match packing {
                None => start,
                Some(packing) => self
                    .store
                    .read(self.index, record, |reader| start_of(&mut *packing.reader(reader)?))
                    .unwrap_or_default(),
            };
            match (Container::of(&start), packing) {
                (Some(Container::Zip), _) if is_ours_by(&start) => {
                    let what = "it is an archive of k8s-forensics and is not opened here: analyze it beside this input";
                    anomalies.of(self.index.path(record), what);
                }
                (Some(container), packing) => self.container(record, container, packing, anomalies)?,
                (None, Some(packing)) => self.packed(record, packing, anomalies),
                (None, None) => {}
            }
        }
        Ok(())
    }

    /// Finds what is packed in the entries of containers within.
    fn find_packed(&mut self, anomalies: &mut Anomalies) {
        for record in self.index.records().iter().filter(|record| !record.is_in_store()) {
            let Ok(start) = self.store.read(self.index, record, start_of) else { continue };
            if let Some(packing) = Packing::of(&start) {
                self.packed(record, packing, anomalies);
            }
        }
    }

    /// The most that an entry may unpack to.
    fn most(&self, record: &EntryRecord, packing: Option<Packing>) -> u64 {
        let of_packing = packing.map_or(u64::MAX, |packing| packing.most(record.size, self.limits));
        of_packing.min(self.limits.entry_bytes).min(self.room)
    }

    /// Finds out what an entry unpacks to.
    fn packed(&mut self, record: &EntryRecord, packing: Packing, anomalies: &mut Anomalies) {
        let (path, most) = (self.index.path(record), self.most(record, Some(packing)));
        let came = self.store.read(self.index, record, |reader| packing.unpack(reader, &mut io::sink(), most));
        let bytes = match came {
            Ok(Unpacked::Whole(bytes)) => bytes,
            Ok(Unpacked::Damaged(bytes, why)) => {
                let name = packing.name();
                anomalies.of(path, format!("its {name} is cut or damaged behind {bytes} unpacked bytes: {why}"));
                bytes
            }
            Ok(Unpacked::TooMuch) => {
                // What was unpacked for nothing counts, too: else many such entries would take any time.
                self.room = self.room.saturating_sub(most);
                return anomalies.of(path, format!("it is not unpacked: it comes to more than {most} bytes"));
            }
            Err(_) => return,
        };
        self.room = self.room.saturating_sub(bytes);
        self.packed.push(Packed { path: path.to_owned(), packing, bytes });
    }

    /// Keeps an entry that is a container where it can be read at any place.
    fn container(
        &mut self,
        record: &EntryRecord,
        container: Container,
        packing: Option<Packing>,
        anomalies: &mut Anomalies,
    ) -> Result<(), Refusal> {
        let path = self.index.path(record);
        if let Some(file) = self.store.file_of(self.index, record).filter(|_| packing.is_none()) {
            self.found.push(Found { path: path.to_owned(), container, at: At::File(file) });
            return Ok(());
        }
        let (most, start, scratch) = (self.most(record, packing), self.written, &mut self.scratch);
        let came = self.store.read(self.index, record, |reader| {
            let mut out = Counted { out: scratch, bytes: 0 };
            let came = match packing {
                Some(packing) => packing.unpack(reader, &mut out, most),
                None => packing::copy(reader, &mut out, most),
            };
            came.map(|came| (came, out.bytes))
        });
        let (came, written) = came?;
        self.written += written;
        let length = match came {
            Unpacked::Whole(bytes) => bytes,
            Unpacked::Damaged(bytes, why) => {
                anomalies.of(path, format!("it is cut or damaged behind {bytes} bytes: {why}"));
                bytes
            }
            Unpacked::TooMuch => {
                self.room = self.room.saturating_sub(most);
                self.written = self.scratch.seek(SeekFrom::Start(start))?;
                anomalies.of(path, format!("it is not opened: it comes to more than {most} bytes"));
                return Ok(());
            }
        };
        self.room = self.room.saturating_sub(length);
        self.found.push(Found { path: path.to_owned(), container, at: At::Scratch { start, length } });
        Ok(())
    }
}

/// Counts what is written.
struct Counted<'a> {
    out: &'a mut ScratchFile,
    bytes: u64,
}

impl io::Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.bytes += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl Found {
    /// Adds its entries to `index`, and returns its path if it was opened.
    fn open(
        self,
        scratch: &SharedFile,
        index: &mut Index,
        limits: &Limits,
        anomalies: &mut Anomalies,
    ) -> Option<String> {
        let file = match self.at {
            At::File(file) => file,
            At::Scratch { start, length } => scratch.part(start, length),
        };
        let mut own = Anomalies::default();
        let left = limits.total_bytes.saturating_sub(index.total());
        let limits = Limits { total_bytes: left, ..*limits };
        let opened = self.container.open(&file, &limits, &mut own);
        let result = match opened {
            Ok((inner, _)) if inner.records().is_empty() => Err("nothing in it can be read".to_owned()),
            Ok((inner, condition)) => {
                if let Condition::Cut { why, .. } = condition {
                    anomalies.of(&self.path, why);
                }
                let number = index.add_file(file).ok_or_else(|| "there are too many like it".to_owned());
                number.and_then(|number| {
                    index.absorb(&inner, &self.path, number, &limits).map_err(|what| what.to_string())
                })
            }
            Err(Refusal::Hostile(what)) => Err(what.to_string()),
            Err(Refusal::Io(error)) => Err(error.to_string()),
        };
        match result {
            Ok(()) => {
                own.kept.into_iter().for_each(|one| {
                    let within = one.entry.map_or_else(String::new, |entry| format!("{entry} in it: "));
                    anomalies.of(&self.path, format!("{within}{}", one.what));
                });
                Some(self.path)
            }
            Err(why) => {
                anomalies.of(&self.path, format!("it is not opened: {why}"));
                None
            }
        }
    }
}
