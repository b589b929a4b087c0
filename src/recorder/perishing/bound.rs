//! What keeps a log from being taken: a bound, or that it could not be had.

use crate::archive::format::Status;

/// Why a log was left out that was not asked for, or not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bound {
    OfAll,
    OfWorkload,
    OfSegment,
    Silent,
    Waiting,
    Ended,
    Unwritten,
}

impl Bound {
    pub const ALL: [Self; 7] =
        [Self::OfAll, Self::OfWorkload, Self::OfSegment, Self::Silent, Self::Waiting, Self::Ended, Self::Unwritten];

    /// In words, for people.
    pub fn why(self) -> &'static str {
        match self {
            Self::OfAll => "more than 60 within a minute",
            Self::OfWorkload => "more than 6 of one workload or node within a minute",
            Self::OfSegment => "more than 8 MiB in this archive",
            Self::Silent => "the kubelet of its node had just not answered",
            Self::Waiting => "as many waited as may",
            Self::Ended => "nobody asked for it any more",
            Self::Unwritten => "it could not be written",
        }
    }

    /// In a word, for metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::OfAll => "rate",
            Self::OfWorkload => "workload-rate",
            Self::OfSegment => "segment-bytes",
            Self::Silent => "silent-kubelet",
            Self::Waiting => "queue",
            Self::Ended => "ended",
            Self::Unwritten => "unwritten",
        }
    }
}

/// What [`of_answer`] may give.
pub const OF_ANSWERS: [&str; 4] = ["denied", "unanswered", "failed", "gone"];

/// In a word why nothing came of a log that was asked for; nothing where it is empty by right.
pub fn of_answer(status: Status) -> Option<&'static str> {
    let [denied, unanswered, failed, gone] = OF_ANSWERS;
    match status {
        Status::Denied => Some(denied),
        Status::Unreachable | Status::Timeout => Some(unanswered),
        Status::Failed | Status::Skipped => Some(failed),
        Status::Expired | Status::Absent => Some(gone),
        Status::Collected | Status::Truncated | Status::Empty => None,
    }
}
