//! The whole way from an archive to a report, in the order of the rooms.

use crate::archive::{Archive, ArchiveError};
use crate::cascade::{self, LinkError, Links};
use crate::evidence;
use crate::report::{self, schema::Report};
use crate::signals::{self, Catalogue, CatalogueError};

/// What an analysis is done with.
#[derive(Debug)]
pub struct Knowledge {
    pub catalogue: Catalogue,
    pub links: Links,
}

/// An analysis could not be done at all. Whatever is broken inside the archive is in the report instead.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Links(#[from] LinkError),
}

impl Knowledge {
    /// The built-in signals and links.
    pub fn built_in() -> Result<Self, AnalysisError> {
        Ok(Self { catalogue: Catalogue::built_in()?, links: Links::built_in()? })
    }
}

/// Analyses an archive on up to `threads` threads. The same archive gives the same report, however many.
pub fn analyze(archive: &Archive, knowledge: &Knowledge, threads: usize) -> Result<Report, AnalysisError> {
    let mut evidence = evidence::read(archive, &knowledge.catalogue.interest()?, threads)?;
    evidence.add(signals::series_facts(&knowledge.catalogue, &evidence));
    let detected = signals::detect(&knowledge.catalogue, &evidence);
    let not_understood = signals::not_understood(&evidence, &detected);
    let found = report::Found { signals: &detected.signals, not_understood: &not_understood };
    let analysis = cascade::analyze(&knowledge.catalogue, &knowledge.links, &evidence, &detected.signals);
    Ok(report::build(TOOL, &evidence, found, &analysis))
}

/// Name and version of this program, as archives and reports carry it.
pub const TOOL: &str = concat!("k8s-forensics ", env!("CARGO_PKG_VERSION"));
