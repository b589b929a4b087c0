//! Patterns over several signals. One file each; the table lists them.

mod failure_follows_pod;

use super::{Cascade, Scene};
use crate::model::Citation;

/// A pattern that was found.
#[derive(Clone, Debug, PartialEq)]
pub struct Motif {
    /// Its name, as `failure-follows-the-pod`.
    pub motif: String,
    /// One or two sentences.
    pub statement: String,
    /// Indexes of the signals it is seen in, in order of time.
    pub signals: Vec<usize>,
    /// The records of the times that the statement names, then those of the signals.
    pub evidence: Vec<Citation>,
}

type Find = fn(&Scene<'_>, &[Cascade]) -> Vec<Motif>;

const ALL: &[Find] = &[failure_follows_pod::find];

/// All motifs in the scene.
pub(super) fn find(scene: &Scene<'_>, cascades: &[Cascade]) -> Vec<Motif> {
    ALL.iter().flat_map(|find| find(scene, cascades)).collect()
}
