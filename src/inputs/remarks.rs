//! What the coverage says of files of an input beside what its format says of them: in which form a journal was, what
//! of a container could not be opened, what was passed over.

use super::format::About;
use super::formats::loose::SOURCE;
use super::journal_forms::Turned;
use super::kind::Kind;
use crate::archive::Archive;
use crate::archive::format::{Outcome, Status};
use std::collections::BTreeMap;

/// What journalctl prints where it finds nothing (systemd, src/journal/journalctl.c).
const NO_ENTRIES: &[u8] = b"-- No entries --";

/// Adds it to the outcomes; of an archive of ours there is nothing to add. `kinds` are those of the entries.
pub fn add(about: &mut About, kinds: &mut [Kind], files: &Archive, turned: &[Turned]) {
    if !files.is_foreign() {
        return;
    }
    for (entry, kind) in files.entries().zip(kinds) {
        if kind.is_unread() && is_without_entries(files, entry) {
            *kind = Kind::Custody;
            let of_entry = about.outcomes.iter_mut().filter(|one| one.entry.as_deref() == Some(entry));
            of_entry.for_each(|one| (one.status, one.why) = (Status::Empty, "journalctl found no entries".to_owned()));
        }
    }
    let mut of_entries: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for one in turned {
        of_entries.entry(&one.entry).or_default().push(&one.note);
    }
    let mut rest = Vec::new();
    for anomaly in files.anomalies() {
        match &anomaly.entry {
            Some(entry) if files.index_of(entry).is_some() => {
                of_entries.entry(entry).or_default().push(&anomaly.what);
            }
            Some(entry) => rest.push(outcome(about, entry, Status::Skipped, &anomaly.what)),
            None => rest.push(outcome(about, files.name(), Status::Truncated, &anomaly.what)),
        }
    }
    if files.more_anomalies() > 0 {
        let what = format!("{} more of its files are passed over or damaged", files.more_anomalies());
        rest.push(outcome(about, files.name(), Status::Truncated, &what));
    }
    for known in &mut about.outcomes {
        let Some(notes) = known.entry.as_deref().and_then(|entry| of_entries.get(entry)) else { continue };
        let said = (!known.why.is_empty()).then_some(known.why.as_str());
        known.why = said.into_iter().chain(notes.iter().copied()).collect::<Vec<_>>().join("; ");
    }
    about.outcomes.append(&mut rest);
    about.outcomes.sort_by(|a, b| (&a.source, &a.subject).cmp(&(&b.source, &b.subject)));
}

/// Whether all that an entry says is that there is nothing.
fn is_without_entries(files: &Archive, entry: &str) -> bool {
    let is_short = files.bytes_of(entry).is_some_and(|bytes| bytes <= NO_ENTRIES.len() as u64 + 2);
    is_short && files.read(entry, 64).is_ok_and(|text| text.trim_ascii() == NO_ENTRIES)
}

fn outcome(about: &About, subject: &str, status: Status, why: &str) -> Outcome {
    Outcome { why: why.to_owned(), ..Outcome::new(SOURCE, subject, status, about.header.to) }
}
