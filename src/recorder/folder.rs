//! The folder that is recorded into: who may, what is there from before, and what has to go.

use super::error::RecordError;
use super::segment::{self, seal_segment};
use crate::archive::format::Header;
use crate::archive::{Archive, layout, segments};
use chrono::{DateTime, TimeDelta, Utc};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

/// So many are removed at a time for their age: each time one is added, so that their number falls, and a clock that is
/// wrong costs no more than these.
const AT_ONCE_FOR_AGE: usize = 2;

/// A folder that nobody else records into.
pub struct Folder {
    root: PathBuf,
    /// The system gives the lock up with the process, however that ends.
    _lock: File,
}

/// How much is kept.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// For how long.
    pub keep: TimeDelta,
    /// At most so many bytes.
    pub max_size: u64,
}

impl Bounds {
    /// How long a segment is to be: as asked, or longer where what each begins with would be more than half of what may be
    /// kept. `packed` is how many bytes that takes once it is sealed.
    pub fn length(self, asked: TimeDelta, packed: u64) -> TimeDelta {
        let of_kept = u128::from(packed) * 2 * 1000 / u128::from(self.max_size.max(1));
        let of_kept = i64::try_from(of_kept).unwrap_or(i64::MAX);
        let needed = self.keep.num_seconds().saturating_mul(of_kept) / 1000;
        let longest = (self.keep / 4).max(asked);
        TimeDelta::try_seconds(needed).unwrap_or(longest).clamp(asked, longest)
    }
}

impl Folder {
    /// Makes the folder if it is not there, and claims it.
    pub fn claim(root: &Path) -> Result<Self, RecordError> {
        segment::make_folder(root).map_err(|source| RecordError::io("make", root, source))?;
        let path = root.join("record.lock");
        let lock = segment::create(&path).map_err(|source| RecordError::io("write", &path, source))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(RecordError::InUse { path: root.to_owned() }),
            Err(TryLockError::Error(source)) => Err(RecordError::io("lock", &path, source)),
        }
    }

    /// The last segment that can be read, with its header.
    pub fn last(&self) -> Option<(Archive, Header)> {
        let segments = segments(&self.root).ok()?;
        segments.iter().rev().find_map(|segment| {
            let archive = Archive::open(&segment.path).ok()?;
            let header = archive.header().ok()?;
            Some((archive, header))
        })
    }
}

/// What became of segments that were left unsealed.
#[derive(Debug, Default)]
pub struct SealedLeft {
    /// Bytes before they were packed, and then.
    pub unpacked: u64,
    pub packed: u64,
    /// Why others could not be sealed.
    pub problems: Vec<String>,
}

/// Seals what was left unsealed but for the segment `current`: what it was rotated away from, what a kill left, and what
/// could not be sealed before.
pub fn seal_left(root: &Path, current: &str) -> SealedLeft {
    let all = segments(root).unwrap_or_default();
    let mut done = SealedLeft::default();
    for segment in all.iter().filter(|segment| segment.name.name != current) {
        if segment.name.is_sealed {
            // It was killed between the two: what cannot be removed is tried again the next time.
            drop(fs::remove_dir_all(root.join(layout::open_segment(&segment.name.name))));
            continue;
        }
        let unpacked = size(&segment.path);
        match seal_segment(root, &segment.name.name) {
            Ok(packed) => (done.unpacked, done.packed) = (done.unpacked + unpacked, done.packed + packed),
            Err(error) => done.problems.push(format!("{} stays a folder: {error}", segment.name.name)),
        }
    }
    done
}

/// Removes the oldest segments while there is more than `bounds` say; never `current`. An error is one of looking; what
/// cannot be removed is tried again the next time.
pub fn drop_old(root: &Path, bounds: Bounds, now: DateTime<Utc>, current: &str) -> Result<(), RecordError> {
    let all = segments(root).map_err(|source| RecordError::io("look into", root, source))?;
    let sizes: Vec<u64> = all.iter().map(|segment| size(&segment.path)).collect();
    let mut total: u64 = sizes.iter().sum();
    let mut for_age = 0;
    for (place, segment) in all.iter().enumerate() {
        if segment.name.name == current {
            continue;
        }
        // It ends where the next one begins.
        let end = all.get(place + 1).map_or(now, |next| next.name.begin);
        let is_old = now - end > bounds.keep && for_age < AT_ONCE_FOR_AGE;
        if total <= bounds.max_size && !is_old {
            break;
        }
        for_age += usize::from(total <= bounds.max_size);
        let removed =
            if segment.name.is_sealed { fs::remove_file(&segment.path) } else { fs::remove_dir_all(&segment.path) };
        if removed.is_ok() {
            total -= sizes.get(place).copied().unwrap_or_default();
        }
    }
    Ok(())
}

/// The bytes of a file, or of all files below a folder. What cannot be looked at counts for nothing.
pub fn size(path: &Path) -> u64 {
    let Ok(metadata) = fs::symlink_metadata(path) else { return 0 };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let items = fs::read_dir(path).into_iter().flatten().flatten();
    items.map(|item| size(&item.path())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(root: &Path) -> Vec<String> {
        segments(root).expect("a folder").into_iter().map(|segment| segment.name.name).collect()
    }

    #[test]
    fn the_oldest_go_first_and_a_wrong_clock_costs_little() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        for minute in 10..16 {
            fs::write(root.join(format!("segment-20261128T21{minute}00Z.zip")), [0; 100]).expect("a file");
        }
        let at = |minutes: i64| {
            DateTime::parse_from_rfc3339("2026-11-28T21:10:00Z").expect("a time").to_utc() + TimeDelta::minutes(minutes)
        };
        let bounds = |minutes, max_size| Bounds { keep: TimeDelta::minutes(minutes), max_size };
        let current = "segment-20261128T211500Z";
        drop_old(root, bounds(10, 1000), at(6), current).expect("a folder");
        assert_eq!(names(root).len(), 6);
        drop_old(root, bounds(60, 500), at(6), current).expect("a folder");
        assert_eq!(names(root).first().map(String::as_str), Some("segment-20261128T211100Z"));
        // By a clock that is a year ahead all of them are old.
        drop_old(root, bounds(60, 1000), at(525_600), current).expect("a folder");
        assert_eq!(names(root).first().map(String::as_str), Some("segment-20261128T211300Z"));
        drop_old(root, bounds(60, 0), at(6), current).expect("a folder");
        assert_eq!(names(root), [current]);
    }

    #[test]
    fn a_folder_is_recorded_into_by_one_only() {
        let folder = tempfile::tempdir().expect("a folder");
        let first = Folder::claim(folder.path()).expect("nobody else");
        assert!(matches!(Folder::claim(folder.path()), Err(RecordError::InUse { .. })));
        drop(first);
        assert!(Folder::claim(folder.path()).is_ok());
    }
}
