//! Who had the archive, as far as programs go: what was done to it as a whole.

use super::format::{Act, ActKind, Origin};
use super::layout;
use super::read::Archive;
use super::read::soundness::Condition;

/// Every act, the oldest first. Of an archive that was never sealed, what can be told of how it was collected.
pub fn of(archive: &Archive) -> Vec<Act> {
    let acts: Vec<Act> = archive.all_records(layout::CUSTODY);
    let Ok(header) = archive.header() else { return acts };
    if !acts.is_empty() {
        return acts;
    }
    let ended_at = archive.outcomes().iter().map(|outcome| outcome.at).max().unwrap_or(header.started_at);
    let note = match archive.condition() {
        Condition::Sealed => String::new(),
        _ => "it was cut short: the end is that of its last outcome".to_owned(),
    };
    vec![Act {
        act: ActKind::Collect,
        tool: header.tool,
        began_at: header.started_at,
        ended_at: ended_at.max(header.started_at),
        clocks: header.clocks,
        of: None,
        note,
    }]
}

/// What names an archive in the custody of another.
pub(super) fn origin(archive: &Archive) -> Origin {
    Origin { name: archive.name().to_owned(), sha256: archive.manifest_sha256().ok().flatten() }
}
