//! How the archive of a run begins: with a header of its own.

use super::SourcesError;
use super::preflight::Found;
use super::run::Options;
use crate::archive::ArchiveWriter;
use crate::archive::format::{Act, ActKind, FORMAT, Header};
use chrono::{DateTime, Utc};

const TOOL: &str = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));

/// Writes what comes first, and returns what the chain of custody will say of this run when it has ended.
pub fn begin(
    writer: &mut ArchiveWriter,
    options: &Options,
    found: Found,
    began_at: DateTime<Utc>,
) -> Result<Act, SourcesError> {
    let act = Act {
        act: ActKind::Collect,
        tool: TOOL.to_owned(),
        began_at,
        ended_at: began_at,
        clocks: found.clocks.clone(),
        of: None,
        note: String::new(),
    };
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
    Ok(act)
}
