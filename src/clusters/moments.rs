//! Which of two moments of two clusters came first, by what was read of their clocks.

use super::Account;
use crate::model::{Gap, Moment};

/// How the clocks of two clusters compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// One machine read both: by how many milliseconds the first was ahead of the second, at least and at most.
    Read(i64, i64),
    /// They are taken to agree.
    Unread,
}

pub(super) fn clocks(first: &Account, second: &Account) -> Compared {
    let is_one_run = first.run.is_some() && first.run == second.run;
    match (first.clock_ahead_ms, second.clock_ahead_ms) {
        (Some([least, most]), Some([other_least, other_most])) if is_one_run => {
            Compared::Read(least - other_most, most - other_least)
        }
        _ => Compared::Unread,
    }
}

/// How long after a moment of one cluster that of another came.
pub(super) fn gap((of, from): (&Account, Moment), (other, to): (&Account, Moment)) -> Gap {
    let ahead = match clocks(of, other) {
        Compared::Read(least, most) => (least, most),
        Compared::Unread => (0, 0),
    };
    from.until_by_another(to, ahead)
}
