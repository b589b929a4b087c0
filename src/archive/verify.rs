//! Whether an archive still is what was sealed.
//!
//! Every entry's content is hashed and compared with the manifest, the manifest with its own hash and with the sums,
//! the sums with their signature, and both directories of the zip with each other. Whoever can write the whole file can
//! make all of these agree again: only a signature says who sealed it.

use super::format::ManifestEntry;
use super::hash::{hashed, hex};
use super::layout;
use super::read::Archive;
use super::read::parts::Parts;
use super::read::soundness::Condition;
use super::write::signature::VerifyingKey;
use super::write::sums;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The file ends early, or its directory cannot be read.
    Cut,
    /// It was never sealed: there is nothing to compare with.
    Unsealed,
    /// Its content is not what the manifest says, or cannot be read.
    Altered,
    /// The manifest names it, and it is not there.
    Missing,
    /// It is there, and the manifest does not name it.
    Added,
    /// The zip around the entries is not as it was written.
    Container,
    /// The signature is missing, or not by this key.
    Signature,
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => "cut",
            Self::Unsealed => "unsealed",
            Self::Altered => "altered",
            Self::Missing => "missing",
            Self::Added => "added",
            Self::Container => "container",
            Self::Signature => "signature",
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    pub fault: Fault,
    /// The entry, where it is about one.
    pub entry: String,
    pub why: String,
}

/// What [`verify`] found.
#[derive(Debug)]
pub struct Verdict {
    /// In order; at most [`MOST`] of them.
    pub findings: Vec<Finding>,
    /// How many findings are not listed.
    pub more: usize,
    /// Entries and bytes whose content was read and agrees with the manifest.
    pub entries: usize,
    pub bytes: u64,
    /// The hash over all, as the manifest has it.
    pub sha256: Option<String>,
    /// Entries that are in other parts of a split archive.
    pub elsewhere: usize,
    /// Whether there is a signature, and it was checked if a key was given.
    pub signed: bool,
}

impl Verdict {
    pub fn is_sound(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Findings that are listed.
pub const MOST: usize = 1000;

/// Reads and compares everything, on up to `threads` threads.
pub fn verify(archive: &Archive, key: Option<&VerifyingKey>, threads: usize) -> Verdict {
    let mut found = Found::default();
    look_at_container(archive, &mut found);
    let entries: Vec<&str> = archive.entries().collect();
    let mut expected = Expected::new(archive, &entries);
    let sealed = expected.read_manifest(archive, &mut found);
    let sums = hashed(archive, layout::SUMS, &mut vec![0; 1 << 16]).ok();
    if sealed.as_ref().zip(sums).is_some_and(|(sealed, sums)| *sealed != sums.sha256) {
        found.add(Fault::Altered, layout::SUMS, "it is not what the manifest was made with");
    }
    let signed = check_signature(archive, key, &mut found);
    let (read, bytes) = expected.compare(archive, &entries, threads, &mut found);
    let Found { mut findings, more } = found;
    findings.sort();
    findings.dedup();
    Verdict { findings, more, entries: read, bytes, sha256: sealed, elsewhere: expected.elsewhere, signed }
}

/// The sums of as many entries as an archive may have by default.
const SUMS_LIMIT: u64 = 64 << 20;

#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    more: usize,
}

impl Found {
    fn add(&mut self, fault: Fault, entry: &str, why: impl Into<String>) {
        if self.findings.len() < MOST {
            self.findings.push(Finding { fault, entry: entry.to_owned(), why: why.into() });
        } else {
            self.more += 1;
        }
    }
}

fn look_at_container(archive: &Archive, found: &mut Found) {
    match archive.condition() {
        Condition::Sealed => {}
        Condition::Unsealed => found.add(Fault::Unsealed, "", "it has no manifest: the run that wrote it was ended"),
        Condition::Cut { entry, why, .. } => found.add(Fault::Cut, entry.as_deref().unwrap_or_default(), why),
    }
    found.more = archive.more_anomalies();
    for anomaly in archive.anomalies() {
        found.add(Fault::Container, anomaly.entry.as_deref().unwrap_or_default(), &anomaly.what);
    }
}

/// What the manifest says of each entry, in the order of the entries.
struct Expected {
    of: Vec<Option<(u64, [u8; 32])>>,
    /// What this part of a split archive has to hold; everything if it is none.
    here: Option<BTreeSet<String>>,
    elsewhere: usize,
    sealed: bool,
}

impl Expected {
    fn new(archive: &Archive, entries: &[&str]) -> Self {
        let parts = Parts::of(archive);
        let here = (!parts.is_whole()).then(|| parts.entries());
        Self { of: vec![None; entries.len()], here, elsewhere: 0, sealed: false }
    }

    /// Takes in the manifest, and checks it against its own hash. Gives that hash.
    fn read_manifest(&mut self, archive: &Archive, found: &mut Found) -> Option<String> {
        let mut all = Sha256::new();
        let read = archive.each_manifest_entry(|entry| {
            all.update(sums::line(&entry));
            self.take(archive, &entry, found);
        });
        match read {
            Ok(None) => None,
            Ok(Some(sha256)) => {
                self.sealed = true;
                if sha256 != hex(&all.finalize()) {
                    found.add(Fault::Altered, layout::MANIFEST, "its entries do not add up to its own hash");
                }
                Some(sha256)
            }
            Err(error) => {
                found.add(Fault::Altered, layout::MANIFEST, error.to_string());
                None
            }
        }
    }

    fn take(&mut self, archive: &Archive, entry: &ManifestEntry, found: &mut Found) {
        let is_here = self.here.as_ref().is_none_or(|here| here.contains(&entry.path));
        let place = archive.index_of(&entry.path);
        match place.and_then(|place| self.of.get_mut(place)) {
            None if is_here && !layout::is_in_every_part(&entry.path) => {
                found.add(Fault::Missing, &entry.path, format!("{} bytes were sealed", entry.bytes));
            }
            None => self.elsewhere += 1,
            Some(expected) => match unhex(&entry.sha256) {
                None => found.add(Fault::Altered, layout::MANIFEST, format!("no hash of {}", entry.path)),
                Some(_) if expected.is_some() => {
                    found.add(Fault::Altered, layout::MANIFEST, format!("it names {} twice", entry.path));
                }
                Some(sha256) => *expected = Some((entry.bytes, sha256)),
            },
        }
    }

    /// Hashes all entries. Gives how many agree, and their bytes.
    fn compare(&self, archive: &Archive, entries: &[&str], threads: usize, found: &mut Found) -> (usize, u64) {
        let next = AtomicUsize::new(0);
        let results = Mutex::new((0, 0, Found { findings: std::mem::take(&mut found.findings), more: found.more }));
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    let mut buffer = vec![0; 1 << 16];
                    while let Some((place, entry)) = claim(&next, entries) {
                        let judged = self.judge(archive, place, entry, &mut buffer);
                        // No code that can panic runs under this lock.
                        let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
                        match judged {
                            Ok(bytes) => (results.0, results.1) = (results.0 + 1, results.1 + bytes),
                            Err((fault, why)) => results.2.add(fault, entry, why),
                        }
                    }
                });
            }
        });
        let (read, bytes, all) = results.into_inner().unwrap_or_else(PoisonError::into_inner);
        *found = all;
        (read, bytes)
    }

    fn judge(&self, archive: &Archive, place: usize, entry: &str, buffer: &mut [u8]) -> Result<u64, (Fault, String)> {
        let content = hashed(archive, entry, buffer).map_err(|error| (Fault::Altered, error.to_string()))?;
        match self.of.get(place).copied().flatten() {
            Some((bytes, _)) if bytes != content.bytes => {
                Err((Fault::Altered, format!("{} bytes, {bytes} were sealed", content.bytes)))
            }
            Some((_, sha256)) if hex(&sha256) != content.sha256 => {
                Err((Fault::Altered, "its content is not what was sealed".to_owned()))
            }
            None if self.sealed && layout::is_in_manifest(entry) => {
                Err((Fault::Added, format!("{} bytes that were not sealed", content.bytes)))
            }
            _ => Ok(content.bytes),
        }
    }
}

fn claim<'a>(next: &AtomicUsize, entries: &[&'a str]) -> Option<(usize, &'a str)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    entries.get(place).map(|entry| (place, *entry))
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// Whether the archive is signed; with a key, whether by it.
fn check_signature(archive: &Archive, key: Option<&VerifyingKey>, found: &mut Found) -> bool {
    let signature = archive.read(layout::SIGNATURE, 1 << 16).ok();
    let Some(key) = key else { return signature.is_some() };
    match (&signature, archive.read(layout::SUMS, SUMS_LIMIT)) {
        (None, _) => found.add(Fault::Signature, "", "it is not signed"),
        (_, Err(error)) => found.add(Fault::Signature, layout::SUMS, error.to_string()),
        (Some(signature), Ok(sums)) => {
            if let Some(why) = key.refuses(&sums, &String::from_utf8_lossy(signature)) {
                found.add(Fault::Signature, layout::SIGNATURE, why);
            }
        }
    }
    signature.is_some()
}
