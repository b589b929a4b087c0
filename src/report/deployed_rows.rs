//! Rows of `report.json` for revisions that were brought to objects.

use super::Analyzed;
use super::quotes::Rows;
use super::schema::{DeployedRow, LookedUpRow};
use crate::model::{Commit, LookedUp, rfc3339};

/// One for each, in order of time.
pub fn rows(of: &Analyzed, rows: &Rows<'_>) -> Vec<DeployedRow> {
    let row = |one: &crate::evidence::DeployedRevision| DeployedRow {
        at: rfc3339(one.at.time),
        subject: one.subject.to_string(),
        revision: one.revision.clone(),
        source: one.source.clone(),
        commit: one.commit.clone(),
        looked_up: one.commit.as_ref().and_then(|id| of.commits.found.get(id)).map(looked_up_row),
        evidence: vec![rows.one(one.citation)],
    };
    of.evidence.deployed.iter().map(row).collect()
}

fn looked_up_row(of: &LookedUp) -> LookedUpRow {
    let none =
        || LookedUpRow { repository: None, subject: None, committed_at: None, files: None, more_files: 0, error: None };
    match of {
        LookedUp::NotThere => none(),
        LookedUp::Broken { repository, why } => {
            LookedUpRow { repository: Some(repository.clone()), error: Some(why.clone()), ..none() }
        }
        LookedUp::Found { repository, commit } => {
            LookedUpRow { repository: Some(repository.clone()), ..commit_row(commit, none()) }
        }
    }
}

fn commit_row(commit: &Commit, none: LookedUpRow) -> LookedUpRow {
    LookedUpRow {
        subject: Some(commit.subject.clone()),
        committed_at: Some(rfc3339(commit.at)),
        files: commit.files.as_ref().map(|files| files.first.clone()),
        more_files: commit.files.as_ref().map_or(0, |files| files.beyond),
        ..none
    }
}
