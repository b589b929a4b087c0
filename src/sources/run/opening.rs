//! How the archive of a run begins: with a header of its own, or with what an older archive has.

use super::Options;
use super::preflight::Found;
use crate::archive::format::{Act, ActKind, ClusterId, FORMAT, Header, TOOL};
use crate::archive::{ArchiveWriter, Inheritance};
use crate::sources::SourcesError;
use chrono::{DateTime, Utc};

/// Refuses to go on with the archive of another cluster. One that is not known may be the same.
pub fn same_cluster(options: &Options, found: &ClusterId) -> Result<(), SourcesError> {
    let Some(base) = &options.resume else { return Ok(()) };
    match (base.header()?.cluster.uid, &found.uid) {
        (Some(older), Some(here)) if older != *here => Err(SourcesError::OtherCluster { older, here: here.clone() }),
        _ => Ok(()),
    }
}

/// A run's archive after its first entry.
pub struct Opened {
    /// What the chain of custody will say of this run when it has ended.
    pub act: Act,
    /// What is to come from an older archive yet.
    pub inheritance: Option<Inheritance>,
}

/// Writes what comes first.
pub fn begin(
    writer: &mut ArchiveWriter,
    options: &Options,
    found: Found,
    began_at: DateTime<Utc>,
) -> Result<Opened, SourcesError> {
    let act = Act {
        act: ActKind::Collect,
        tool: TOOL.to_owned(),
        began_at,
        ended_at: began_at,
        clocks: found.clocks.clone(),
        of: None,
        note: String::new(),
    };
    if let Some(base) = &options.resume {
        let inheritance = Some(Inheritance::begin(writer, base.archive(), &base.to_copy())?);
        let act = Act { act: ActKind::Resume, of: Some(base.origin()), note: base.note(), ..act };
        return Ok(Opened { act, inheritance });
    }
    writer.header(&Header {
        format: FORMAT,
        tool: TOOL.to_owned(),
        cluster: found.cluster,
        from: options.window.from,
        to: options.window.to,
        started_at: began_at,
        options: options.given.clone(),
        clocks: found.clocks,
    })?;
    Ok(Opened { act, inheritance: None })
}
