//! The whole way from inputs to a report, in the order of the rooms.

pub mod compare;
mod knowledge;
mod new_messages;

use crate::archive::Archive;
pub use crate::archive::format::TOOL;
use crate::cascade::{self, LinkError};
use crate::evidence;
use crate::inputs::{InputError, Inputs};
use crate::model::Commits;
pub use crate::report::Analyzed;
use crate::report::Meanings;
use crate::repository::{self, Repository};
use crate::signals::{self, CatalogueError, Detected, Explained, Role, Signal};
pub use knowledge::{Knowledge, RuleFile, RuleFilesError, RuleRemark};
use std::sync::OnceLock;

/// An analysis could not be done at all. Whatever is broken inside the archive is in the report instead.
#[derive(Debug, thiserror::Error)]
pub enum AnalysisError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    #[error(transparent)]
    Links(#[from] LinkError),
    #[error("no threads to work on: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error(transparent)]
    Rules(#[from] RuleFilesError),
}

/// Analyses an archive on up to `threads` threads. The same archive gives the same result, however many.
pub fn analyze(archive: &Archive, knowledge: &Knowledge, threads: usize) -> Result<Analyzed, AnalysisError> {
    analyze_inputs(Inputs::try_from(archive)?, knowledge, threads)
}

/// Analyses several inputs together.
pub fn analyze_inputs(inputs: Inputs, knowledge: &Knowledge, threads: usize) -> Result<Analyzed, AnalysisError> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build()?;
    pool.install(|| analyze_on_threads(inputs, knowledge, threads))
}

fn analyze_on_threads(inputs: Inputs, knowledge: &Knowledge, threads: usize) -> Result<Analyzed, AnalysisError> {
    let mut evidence = evidence::read(&inputs, knowledge.interest()?, threads);
    signals::add_series_facts(&knowledge.catalogue, &mut evidence);
    let Detected { signals, claimed } = signals::detect(&knowledge.catalogue, &evidence);
    let explained = Explained::new(&evidence, &signals);
    let known = (&knowledge.catalogue, &knowledge.links);
    let (signals, history) = cascade::without_history(known, &evidence, signals);
    let named_causes = signals::named_causes(&knowledge.catalogue.phrases, &evidence, &signals);
    let mut analysis = cascade::analyze(&knowledge.catalogue, &knowledge.links, &evidence, &signals);
    analysis.left_out.extend(history);
    let told = analysis.cascades.iter().flat_map(|cascade| &cascade.signals).filter_map(|index| signals.get(*index));
    let not_understood = signals::not_understood(&evidence, &with_told(claimed, told), &explained);
    let meanings = Meanings::new(&knowledge.catalogue, &knowledge.links, &signals, &analysis);
    let common = cascade::common(&evidence, &signals, &analysis);
    analysis.factors.extend(cascade::factors_of_common(&evidence.topology, &common));
    let new_messages = new_messages::find(&inputs, &mut evidence, &signals, &analysis);
    let commits = Commits::default();
    let tool = TOOL.to_owned();
    let draft = OnceLock::new();
    Ok(Analyzed {
        tool,
        evidence,
        signals,
        named_causes,
        not_understood,
        analysis,
        meanings,
        common,
        new_messages,
        commits,
        draft,
    })
}

/// The facts that are claimed, and those that cascades tell of although no rule does.
fn with_told<'s>(mut claimed: Vec<bool>, told: impl Iterator<Item = &'s Signal>) -> Vec<bool> {
    let of_no_rule = [Role::Unrecognised, Role::ErrorLine, Role::ControllerAction];
    let is_of_no_rule = |signal: &&Signal| of_no_rule.iter().any(|role| signal.has(*role));
    for fact in told.filter(is_of_no_rule).flat_map(|signal| &signal.occurrences) {
        if let Some(is_claimed) = claimed.get_mut(fact.index()) {
            *is_claimed = true;
        }
    }
    claimed
}

/// Looks the commits that were brought to objects up in repositories, so that reports say what they changed.
pub fn look_up_commits(analyzed: &mut Analyzed, repositories: &[Repository]) {
    let ids = analyzed.evidence.deployed.iter().filter_map(|one| one.commit.as_deref());
    analyzed.commits = repository::look_up(repositories, ids);
}
