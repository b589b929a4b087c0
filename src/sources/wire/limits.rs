//! How long a question that has been asked may still take, and what is said where it took longer.

use super::problem::Problem;
use super::timeouts::{Deadlines, seconds};
use crate::archive::format::Status;
use tokio::time::Instant;

/// The limits of a question that has been asked.
#[derive(Clone, Copy)]
pub struct Limits {
    pub deadlines: Deadlines,
    pub deadline: Instant,
}

impl Limits {
    /// Until when something has to come.
    pub fn silent_until(&self) -> Instant {
        self.deadline.min(Instant::now() + self.deadlines.idle)
    }

    pub fn no_answer(&self) -> Problem {
        let limit = if self.is_over() { self.deadlines.whole } else { self.deadlines.idle };
        Problem::new(Status::Timeout, format!("no answer within {}", seconds(limit)))
    }

    pub fn stopped(&self) -> Problem {
        let why = match self.is_over() {
            true => format!("the answer was not complete after {}", seconds(self.deadlines.whole)),
            false => format!("the answer stopped coming for {}", seconds(self.deadlines.idle)),
        };
        Problem::new(Status::Timeout, why)
    }

    fn is_over(&self) -> bool {
        Instant::now() >= self.deadline
    }
}
