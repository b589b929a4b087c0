//! What the coverage says of files of an input beside what its format says of them: in which form a journal was, what
//! of a container could not be opened, what was passed over.

use super::format::About;
use super::formats::loose::SOURCE;
use super::journal_forms::Turned;
use crate::archive::Archive;
use crate::archive::format::{Outcome, Status};
use std::collections::BTreeMap;

/// Adds it to the outcomes; of an archive of ours there is nothing to add.
pub fn add(about: &mut About, files: &Archive, turned: &[Turned]) {
    if !files.is_foreign() {
        return;
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

fn outcome(about: &About, subject: &str, status: Status, why: &str) -> Outcome {
    Outcome {
        source: SOURCE.to_owned(),
        subject: subject.to_owned(),
        status,
        why: why.to_owned(),
        http_code: None,
        entry: None,
        node: None,
        from: None,
        to: None,
        bytes: 0,
        at: about.header.to,
        took_ms: 0,
    }
}
