//! An archive within a size, so that it can be sent: what is missed least is left out, and its outcome says so.

use super::drop_priority::{self, Weighed};
use super::{RewriteOptions, Rewritten, rewrite};
use crate::archive::error::ArchiveError;
use crate::archive::format::{ActKind, Status};
use crate::archive::read::Archive;
use std::collections::BTreeMap;

/// What an entry costs besides its packed bytes and its name, which stands four times: both headers, and its lines in
/// sums and manifest, whose hashes do not compress below 32 bytes each.
const OVERHEAD: u64 = 30 + 46 + 2 * 28 + 2 * 40;
/// How often a smaller choice is tried where the first saved too little.
const TRIES: u32 = 4;

/// Copies `older` into a file of at most `limit` bytes, or the smallest there can be.
///
/// What is left out is chosen in the order of `drop_priority`: see docs/archive-format.md.
pub fn fit(older: &Archive, options: &RewriteOptions<'_>, limit: u64, size: u64) -> Result<Rewritten, ArchiveError> {
    let weighed: Vec<Weighed> = older.entries().map(|entry| weigh(older, entry)).collect();
    let all = drop_priority::to_leave_out(&weighed, u64::MAX).len();
    let mut excess = size.saturating_sub(limit);
    let mut tries = 0;
    loop {
        let left_out = drop_priority::to_leave_out(&weighed, excess);
        let why = format!("left out to keep the archive within {limit} bytes");
        let note = format!("{why}: {} entries", left_out.len());
        let is_least = left_out.len() == all;
        let left_out: BTreeMap<_, _> =
            left_out.into_iter().map(|entry| (entry, (Status::Skipped, why.clone()))).collect();
        let options = RewriteOptions { replace: options.replace || tries > 0, ..*options };
        let rewritten = rewrite(older, &options, &left_out, &|_, _| (ActKind::Fit, note.clone()))?;
        tries += 1;
        if rewritten.sealed.bytes <= limit || is_least || tries == TRIES {
            return Ok(rewritten);
        }
        excess += (rewritten.sealed.bytes - limit) * 5 / 4;
    }
}

fn weigh(archive: &Archive, entry: &str) -> Weighed {
    let name = (archive.top().len() + 1 + entry.len()) as u64;
    Weighed { path: entry.to_owned(), bytes: archive.packed_bytes_of(entry).unwrap_or_default() + 4 * name + OVERHEAD }
}
