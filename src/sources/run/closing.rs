//! The reason for which a node, or the whole run, is asked for nothing more.

use crate::archive::format::Status;
use crate::sources::wire::problem::Problem;

/// Why whatever is left is not asked for any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    pub status: Status,
    pub why: String,
}

impl Closing {
    pub fn new(status: Status, why: impl Into<String>) -> Self {
        Self { status, why: why.into() }
    }
}

impl From<Problem> for Closing {
    fn from(problem: Problem) -> Self {
        Self::new(problem.status, problem.why)
    }
}
