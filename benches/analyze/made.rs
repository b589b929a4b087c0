//! Archives made with the library's own writer. Their entries hold the same in every run: nothing in them is a clock's
//! or left to chance; only the order in which they are written is the threads'.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use k8s_forensics::archive::format::{ClusterId, FORMAT, Header};
use k8s_forensics::archive::{ArchiveWriter, Content, EntryBuilder, PreparedEntry, Target};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

/// Writes the text of an entry piece by piece.
type Fill<'a> = Box<dyn Fn(&mut dyn FnMut(&str)) + Send + Sync + 'a>;

/// An entry to be made.
pub struct Entry<'a> {
    path: String,
    content: Content,
    fill: Fill<'a>,
}

impl<'a> Entry<'a> {
    pub fn new(path: String, content: Content, fill: impl Fn(&mut dyn FnMut(&str)) + Send + Sync + 'a) -> Self {
        Self { path, content, fill: Box::new(fill) }
    }

    /// An entry whose text is there.
    pub fn of(path: String, content: Content, text: String) -> Self {
        Self::new(path, content, move |write| write(&text))
    }

    fn packed(&self, target: &Target) -> PreparedEntry {
        let mut entry = EntryBuilder::new(target, &self.path, self.content).expect("an entry");
        (self.fill)(&mut |text| entry.write(text.as_bytes()).expect("room for it"));
        entry.finish().expect("an entry")
    }
}

/// Makes an archive of `entries` at `path`, on `threads` threads.
pub fn archive(path: &Path, entries: &[Entry<'_>], threads: usize) {
    let target = Target::new("bench", at(0), path.parent().expect("a folder"));
    let mut writer = ArchiveWriter::create(path, target.clone(), true).expect("a file");
    writer.header(&header()).expect("a header");
    let next = AtomicUsize::new(0);
    let (sender, receiver) = mpsc::sync_channel(16);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            let (sender, next, target) = (sender.clone(), &next, &target);
            scope.spawn(move || {
                while let Some(entry) = entries.get(next.fetch_add(1, Ordering::Relaxed)) {
                    sender.send(entry.packed(target)).expect("the writer is there");
                }
            });
        }
        drop(sender);
        receiver.into_iter().for_each(|entry| writer.append(entry).expect("room for it"));
    });
    writer.seal(None).expect("a sealed archive");
}

fn header() -> Header {
    Header {
        format: FORMAT,
        tool: "bench".into(),
        cluster: ClusterId::default(),
        from: at(0),
        to: at(HOURS * 3600),
        started_at: at(HOURS * 3600),
        options: [].into(),
        clocks: Vec::new(),
    }
}

/// The window of every archive.
const HOURS: i64 = 8;

/// So many seconds after the window's begin.
pub fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_219_200, 0).expect("2026-11-21") + TimeDelta::seconds(seconds)
}

/// The same as the API writes it.
pub fn time(seconds: i64) -> String {
    at(seconds).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// Xorshift: the same numbers in every run.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ (seed + 1).wrapping_mul(0x2545_F491_4F6C_DD1D))
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn one_of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(words.len() as u64)).expect("small");
        words.get(index).copied().unwrap_or_default()
    }
}

/// A UID as the API server gives it, of a number.
pub fn uid(number: u64) -> String {
    let mut random = Random::new(number);
    let (high, low) = (random.next(), random.next());
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0xfff,
        low & 0xffff_ffff_ffff
    )
}

/// The 64 digits of a container's ID, of a number.
pub fn container_id(number: u64) -> String {
    let mut random = Random::new(number ^ 0xC0);
    (0..4).map(|_| format!("{:016x}", random.next())).collect()
}
