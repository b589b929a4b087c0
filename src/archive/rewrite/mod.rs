//! A new archive from an older one: what is sound and wanted of it, sealed. The older file is not touched.

mod copy;
mod drop_priority;
pub(in crate::archive) mod fit;
pub(in crate::archive) mod inherit;
mod line_blocks;
pub(in crate::archive) mod redact;
pub(in crate::archive) mod split;

use crate::archive::custody;
use crate::archive::encryption::Recipients;
use crate::archive::error::ArchiveError;
use crate::archive::format::{Act, ActKind, Outcome, Redaction, Redactions, Status};
use crate::archive::layout;
use crate::archive::read::Archive;
use crate::archive::write::entry::Target;
use crate::archive::write::signature::SigningKey;
use crate::archive::write::{ArchiveWriter, Sealed, top_folder};
use crate::redact::Redactor;
use crate::redact::names::Replacer;
use chrono::{DateTime, Utc};
use copy::{Copied, Copier};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// How an archive is made from another.
#[derive(Clone, Copy)]
pub struct RewriteOptions<'a> {
    /// Where the new one goes; its name is that of the top folder too.
    pub path: &'a Path,
    /// Whether a file there may be replaced.
    pub replace: bool,
    /// Name and version of this program, for the chain of custody.
    pub tool: &'a str,
    pub began_at: DateTime<Utc>,
    pub key: Option<&'a SigningKey>,
    /// For whom it is encrypted, if it is.
    pub recipients: Option<&'a Arc<Recipients>>,
}

/// What a copy is made without.
#[derive(Clone, Copy, Default)]
pub struct Without<'a> {
    /// Takes out credentials.
    pub credentials: Option<&'a Redactor>,
    /// Puts pseudonyms in the place of names.
    pub names: Option<&'a Replacer>,
}

/// What was made.
#[derive(Debug)]
pub struct Rewritten {
    pub sealed: Sealed,
    /// Entries that were copied.
    pub kept: usize,
    /// Entries that were damaged, and how.
    pub lost: BTreeMap<String, String>,
}

/// Makes a cut or damaged archive whole: copies every sound entry into a new, sealed one.
pub fn repair(older: &Archive, options: &RewriteOptions<'_>) -> Result<Rewritten, ArchiveError> {
    let note = |kept: usize, lost: usize| format!("kept {kept} entries, left {lost} that were damaged");
    rewrite(older, options, &BTreeMap::new(), &|kept, lost| (ActKind::Repair, note(kept, lost)))
}

/// Seals an archive that was written as a folder: what `meta/` says there of its own making stays.
pub fn seal(folder: &Archive, options: &RewriteOptions<'_>) -> Result<Rewritten, ArchiveError> {
    rewrite(folder, options, &BTreeMap::new(), &|_, _| (ActKind::Record, "was packed and sealed".to_owned()))
}

/// Copies all sound entries but those in `left_out`, which is by entry how and why its item ended so.
pub(super) fn rewrite(
    older: &Archive,
    options: &RewriteOptions<'_>,
    left_out: &BTreeMap<String, (Status, String)>,
    done: &dyn Fn(usize, usize) -> (ActKind, String),
) -> Result<Rewritten, ArchiveError> {
    let mut writer = options.begin(older)?;
    let mut copier = Copier::new(older);
    let (mut kept, mut lost) = (0, BTreeMap::new());
    for entry in copied(older).filter(|entry| !left_out.contains_key(*entry)) {
        match copier.copy(entry, &mut writer)? {
            Copied::Whole => kept += 1,
            Copied::Unreadable(why) => drop(lost.insert(entry.to_owned(), why)),
        }
    }
    let outcomes = older.outcomes().into_iter().map(|outcome| without(damaged(outcome, &lost), left_out));
    outcomes.collect::<Vec<Outcome>>().iter().try_for_each(|outcome| writer.outcome(outcome))?;
    redactions(older).iter().try_for_each(|redaction| writer.redaction(redaction))?;
    custody::of(older).into_iter().for_each(|act| writer.act(act));
    let (act, note) = done(kept, lost.len());
    writer.act(options.act(act, older, note));
    Ok(Rewritten { sealed: writer.seal(options.key)?, kept, lost })
}

impl RewriteOptions<'_> {
    fn begin(&self, older: &Archive) -> Result<ArchiveWriter, ArchiveError> {
        self.begin_without(older, None)
    }

    fn begin_without(&self, older: &Archive, redactor: Option<Redactor>) -> Result<ArchiveWriter, ArchiveError> {
        let folder = self.path.parent().unwrap_or(Path::new(""));
        let target = Target::new(top_folder(self.path), older.header()?.started_at, folder);
        let target = target.encrypted_to(self.recipients.cloned()).redacted_by(redactor);
        ArchiveWriter::create_beside(self.path, target, self.replace)
    }

    fn act(&self, act: ActKind, older: &Archive, note: String) -> Act {
        let of = Some(custody::origin(older));
        let (tool, began_at) = (self.tool.to_owned(), self.began_at);
        Act { act, tool, began_at, ended_at: Utc::now(), clocks: Vec::new(), of, note }
    }
}

/// The entries that a new archive takes as they are, the header first.
fn copied(older: &Archive) -> impl Iterator<Item = &str> {
    let others = older.entries().filter(|entry| *entry != layout::ARCHIVE && !layout::is_rewritten(entry));
    std::iter::once(layout::ARCHIVE).chain(others)
}

fn without(mut outcome: Outcome, left_out: &BTreeMap<String, (Status, String)>) -> Outcome {
    if let Some((status, why)) = outcome.entry.as_ref().and_then(|entry| left_out.get(entry)) {
        (outcome.status, outcome.why) = (*status, why.clone());
        (outcome.entry, outcome.bytes) = (None, 0);
    }
    outcome
}

/// The outcome of an item whose entry may be damaged.
pub(super) fn damaged(outcome: Outcome, lost: &BTreeMap<String, String>) -> Outcome {
    let why = outcome.entry.as_ref().and_then(|entry| lost.get(entry));
    match why.zip(outcome.entry.clone()) {
        None => outcome,
        Some((why, entry)) => {
            let why = format!("it had been collected, and was found damaged: {why}");
            without(outcome, &BTreeMap::from([(entry, (Status::Failed, why))]))
        }
    }
}

/// What was left out of an archive on purpose, sealed or not.
pub(super) fn redactions(older: &Archive) -> Vec<Redaction> {
    match older.record::<Redactions>(layout::REDACTIONS) {
        Some(sealed) => sealed.redactions,
        None => older.entries().filter(|e| layout::is_redactions_part(e)).flat_map(|e| older.all_records(e)).collect(),
    }
}
