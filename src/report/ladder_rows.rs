//! Rows of `report.json` for the revisions of objects, and for what was changed.

use super::Analyzed;
use super::quotes::Rows;
use super::schema::{ChangeRow, LadderRow, RungRow};
use super::view::{self, Change};
use crate::evidence::DeployedRevision;
use crate::model::rfc3339;

/// What was changed, in order of time.
pub fn changes(changes: &[Change<'_>], rows: &Rows<'_>) -> Vec<ChangeRow> {
    let row = |change: &Change<'_>| ChangeRow {
        at: rfc3339(change.at),
        subject: change.signal.subject.to_string(),
        what: change.what.to_owned(),
        evidence: rows.of_statement(&change.records),
        signal: Some(change.signal.id()),
        known: change.known.name(),
        by: Some(change.by.to_owned()).filter(|by| !by.is_empty()),
        means: change.means().map(view::Means::name),
        revision: change.revision.map(|one| one.revision.clone()),
        commit: change.revision.and_then(|one| one.commit.clone()),
        source: change.revision.and_then(|one| one.source.clone()),
    };
    changes.iter().map(row).collect()
}

/// The revisions of what was changed, by object.
pub fn ladders(of: &Analyzed, changes: &[Change<'_>], rows: &Rows<'_>) -> Vec<LadderRow> {
    let rung = |rung: &view::Rung<'_>| {
        let of_revision = |part: fn(&DeployedRevision) -> Option<&String>| rung.revision.and_then(part).cloned();
        RungRow {
            at: rfc3339(rung.at),
            what: rung.what.map(str::to_owned),
            known: rung.known.name(),
            by: Some(rung.by.to_owned()).filter(|by| !by.is_empty()),
            revision: of_revision(|one| Some(&one.revision)),
            commit: of_revision(|one| one.commit.as_ref()),
            source: of_revision(|one| one.source.as_ref()),
            evidence: rows.of_statement(&rung.records),
        }
    };
    let ladders = view::ladders(of, changes);
    let row = |(subject, rungs): (&crate::model::Subject, &Vec<view::Rung<'_>>)| LadderRow {
        subject: subject.to_string(),
        rungs: rungs.iter().map(rung).collect(),
    };
    ladders.iter().map(|(subject, rungs)| row((subject, rungs))).collect()
}
