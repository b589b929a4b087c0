//! A segment while it is written: an archive that is a folder still. What is in it is good at any moment: files of
//! versions only grow by whole lines, and what is said of it all takes the place of what was said before.

use super::error::RecordError;
use crate::archive::format::{Act, ActKind, Header, Outcome, Planned, Redaction, TOOL};
use crate::archive::{Archive, RewriteOptions, layout, seal};
use crate::redact::Counts;
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// As many bytes may wait for the next time that all is written.
const MOST_WAITING: usize = 1 << 20;

/// A segment that grows.
pub struct Segment {
    root: PathBuf,
    folder: PathBuf,
    name: String,
    header: Header,
    /// Lines by the entry that they are for.
    fresh: BTreeMap<String, Vec<u8>>,
    waiting: usize,
    /// How many bytes each entry has.
    entries: BTreeMap<String, u64>,
    redacted: BTreeMap<(String, String), u64>,
}

impl Segment {
    /// Begins a segment in `root`, at the time at which `header` says that it begins.
    pub fn begin(root: &Path, header: Header, planned: &[Planned]) -> Result<Self, RecordError> {
        let unused = |number: &u32| {
            let name = layout::segment(header.from, *number);
            let files = [layout::open_segment(&name), layout::sealed_segment(&name)];
            !files.iter().any(|file| root.join(file).exists())
        };
        let name = layout::segment(header.from, (1..).find(unused).unwrap_or_default());
        let folder = root.join(layout::open_segment(&name));
        // It has no name that anybody reads until its header is there.
        let new = root.join("new");
        drop(fs::remove_dir_all(&new));
        let segment = Self {
            root: root.to_owned(),
            folder: new.clone(),
            name,
            header,
            fresh: BTreeMap::new(),
            waiting: 0,
            entries: BTreeMap::new(),
            redacted: BTreeMap::new(),
        };
        segment.make_folder(&new.join("meta"))?;
        segment.replace(layout::ARCHIVE, &pretty(&segment.header)?)?;
        segment.replace(&layout::planned_part(1), &lines(planned)?)?;
        let act = Act {
            act: ActKind::Record,
            tool: TOOL.to_owned(),
            began_at: segment.header.from,
            ended_at: segment.header.from,
            clocks: segment.header.clocks.clone(),
            of: None,
            note: String::new(),
        };
        segment.replace(layout::CUSTODY, &lines(&[act])?)?;
        fs::rename(&new, &folder).map_err(|source| RecordError::io("rename", &new, source))?;
        Ok(Self { folder, ..segment })
    }

    /// Without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn begun_at(&self) -> DateTime<Utc> {
        self.header.from
    }

    /// The entries that it has so far, and those that it will have.
    pub fn entries(&self) -> BTreeSet<&str> {
        self.entries.keys().chain(self.fresh.keys()).map(String::as_str).collect()
    }

    /// Bytes of all lines so far.
    pub fn bytes(&self) -> u64 {
        self.entries.values().sum()
    }

    /// Notes what was taken out of what goes to `entry`.
    pub fn redacted(&mut self, entry: &str, counts: &Counts) {
        for (rule, count) in counts {
            *self.redacted.entry((rule.clone(), entry.to_owned())).or_default() += count;
        }
    }

    /// Takes a line with its end. It is in the file when [`write`](Self::write) returns, or before.
    pub fn line(&mut self, entry: &str, line: &[u8]) -> Result<(), RecordError> {
        self.waiting += line.len();
        match self.fresh.get_mut(entry) {
            Some(lines) => lines.extend_from_slice(line),
            None => drop(self.fresh.insert(entry.to_owned(), line.to_vec())),
        }
        if self.waiting >= MOST_WAITING { self.write_lines() } else { Ok(()) }
    }

    /// Adds whole lines to an entry that is no history. Whatever happens, all of them are there or none.
    pub fn add(&mut self, entry: &str, text: &[u8]) -> Result<(), RecordError> {
        let path = self.folder.join(entry);
        let mut whole = match fs::read(&path) {
            Ok(known) => known,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(source) => return Err(RecordError::io("read", &path, source)),
        };
        whole.extend_from_slice(text);
        self.replace(entry, &whole)?;
        self.entries.insert(entry.to_owned(), whole.len() as u64);
        Ok(())
    }

    /// Brings all lines to the files, and says of the segment that it reaches to `now` and has `outcomes`.
    pub fn write(&mut self, now: DateTime<Utc>, outcomes: &[Outcome]) -> Result<(), RecordError> {
        self.write_lines()?;
        self.header.to = now.max(self.header.from);
        if !self.redacted.is_empty() {
            let all = self.redacted.iter().map(|((rule, entry), count)| Redaction {
                rule: rule.clone(),
                entry: entry.clone(),
                count: *count,
            });
            self.replace(&layout::redactions_part(1), &lines(&all.collect::<Vec<_>>())?)?;
        }
        self.replace(&layout::outcomes_part(1), &lines(outcomes)?)?;
        self.replace(layout::ARCHIVE, &pretty(&self.header)?)
    }

    fn write_lines(&mut self) -> Result<(), RecordError> {
        self.waiting = 0;
        for (entry, lines) in std::mem::take(&mut self.fresh) {
            let path = self.folder.join(&entry);
            if !self.entries.contains_key(&entry) {
                self.make_folder(path.parent().unwrap_or(&self.folder))?;
            }
            let mut options = OpenOptions::new();
            options.append(true).create(true);
            private(&mut options);
            let written = options.open(&path).and_then(|mut file| file.write_all(&lines));
            written.map_err(|source| RecordError::io("write", &path, source))?;
            *self.entries.entry(entry).or_default() += lines.len() as u64;
        }
        Ok(())
    }

    /// Puts `bytes` in the place of `entry` at once, so that it is whole at any moment.
    fn replace(&self, entry: &str, bytes: &[u8]) -> Result<(), RecordError> {
        let (path, new) = (self.folder.join(entry), self.root.join("writing"));
        self.make_folder(path.parent().unwrap_or(&self.folder))?;
        let written = create(&new).and_then(|mut file| {
            file.write_all(bytes)?;
            file.sync_data()
        });
        written.and_then(|()| fs::rename(&new, &path)).map_err(|source| RecordError::io("write", &path, source))
    }

    fn make_folder(&self, folder: &Path) -> Result<(), RecordError> {
        make_folder(folder).map_err(|source| RecordError::io("make", folder, source))
    }
}

/// Objects of a segment's beginning that are packed out at a time.
pub const AT_ONCE: usize = 256;

/// Writes lines and empties them. Whether that went well.
pub fn write_lines(
    segment: &mut Option<Segment>,
    unwritten: &mut Option<(DateTime<Utc>, String)>,
    lines: &mut Vec<(String, Vec<u8>)>,
    now: DateTime<Utc>,
) -> bool {
    for (entry, line) in lines.drain(..) {
        let Some(open) = segment else { return false };
        if let Err(error) = open.line(&entry, &line) {
            *segment = None;
            unwritten.get_or_insert((now, error.to_string()));
            return false;
        }
    }
    true
}

/// Packs and seals the segment `name`, which nothing is written to any more, and removes its folder. Gives its size.
pub fn seal_segment(root: &Path, name: &str) -> Result<u64, RecordError> {
    let folder = root.join(layout::open_segment(name));
    let path = root.join(layout::sealed_segment(name));
    let archive = Archive::open(&folder)?;
    let options =
        RewriteOptions { path: &path, replace: true, tool: TOOL, began_at: Utc::now(), key: None, recipients: None };
    let rewritten = seal(&archive, &options)?;
    if let Some((entry, why)) = rewritten.lost.first_key_value() {
        return Err(RecordError::io("read", &folder.join(entry), io::Error::other(why.clone())));
    }
    fs::remove_dir_all(&folder).map_err(|source| RecordError::io("remove", &folder, source))?;
    Ok(rewritten.sealed.bytes)
}

/// A folder that only its owner may look into.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A file that only its owner may read, emptied if it is there.
pub fn create(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    options.open(path)
}

fn private(options: &mut OpenOptions) {
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
    #[cfg(not(unix))]
    let _ = options;
}

fn pretty(record: &impl Serialize) -> Result<Vec<u8>, RecordError> {
    let text = serde_json::to_vec_pretty(record).map_err(io::Error::from);
    text.map_err(|source| RecordError::io("write", Path::new(layout::ARCHIVE), source))
}

fn lines<T: Serialize>(records: &[T]) -> Result<Vec<u8>, RecordError> {
    let mut text = Vec::new();
    for record in records {
        let line = serde_json::to_vec(record).map_err(io::Error::from);
        text.extend(line.map_err(|source| RecordError::io("write", Path::new("meta"), source))?);
        text.push(b'\n');
    }
    Ok(text)
}
