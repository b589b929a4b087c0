//! The packed form of a fact, ninety bytes of numbers, and how a record becomes one.

use super::texts::Span;
use super::{LineSeverity, Record};
use crate::model::{Citation, Clock, Moment};
use chrono::{DateTime, Utc};

/// A fact whose names, subject and texts are numbers.
#[derive(Clone, Copy, Debug)]
pub struct Packed {
    /// In microseconds.
    pub at: i64,
    pub last: i64,
    /// The numbers of what the two say beside.
    pub at_doubt: u32,
    pub last_doubt: u32,
    pub count: u32,
    pub subject: u32,
    /// One more than the number of its name; 0 for none.
    pub node: u32,
    pub citation: Citation,
    pub kind: Kind,
    pub severity: Option<LineSeverity>,
    pub flag: bool,
    pub names: [u32; 3],
    pub message: Span,
    /// An exit code, a number of restarts, the bits of a value, another line.
    pub number: i64,
}

/// What a moment says beside its time. Most of a store's moments have one of a few, so each is kept once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Doubt {
    pub clock: Clock,
    pub earlier_ms: u32,
    pub later_ms: u32,
}

#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Event,
    Journal,
    Log,
    Condition,
    Terminated,
    Waiting,
    Running,
    StatusReason,
    State,
    ErrorLine,
    EndpointsWithoutReady,
    Change,
    Series,
    SeriesGap,
    Check,
    Note,
    Compared,
    Request,
    Missing,
}

impl Doubt {
    pub fn of(moment: Moment) -> Self {
        let Moment { clock, earlier_ms, later_ms, .. } = moment;
        Self { clock, earlier_ms, later_ms }
    }

    /// The moment with this doubt.
    pub fn at(self, micros: i64) -> Moment {
        let Self { clock, earlier_ms, later_ms } = self;
        let time = DateTime::<Utc>::from_timestamp_micros(micros).unwrap_or_default();
        Moment { time, clock, earlier_ms, later_ms }
    }
}

/// A record by the parts that are packed; what it does not have is empty.
pub struct Parts<'a> {
    pub kind: Kind,
    pub names: [&'a str; 3],
    pub message: &'a str,
    pub severity: Option<LineSeverity>,
    pub flag: bool,
    pub number: i64,
}

impl<'a> Parts<'a> {
    /// Of a series, the labels are kept apart: their number takes the place of the second name.
    pub fn of(record: Record<'a>) -> Self {
        match record {
            // A container's name is never empty, so an empty one stands for none.
            Record::Event { reason, note, warning, container, by } => {
                Self { flag: warning, ..Self::new(Kind::Event, [reason, container.unwrap_or_default(), by], note) }
            }
            Record::Journal { unit, message, severity } => {
                Self { severity, ..Self::new(Kind::Journal, [unit, "", ""], message) }
            }
            Record::Log { container, message, severity } => {
                Self { severity, ..Self::new(Kind::Log, [container, "", ""], message) }
            }
            Record::Condition { condition, status, reason, message } => {
                Self::new(Kind::Condition, [condition, status, reason], message)
            }
            Record::Terminated { container, init, reason, exit_code, message } => {
                Self { flag: init, number: exit_code, ..Self::new(Kind::Terminated, [container, reason, ""], message) }
            }
            Record::Waiting { container, reason, message } => {
                Self::new(Kind::Waiting, [container, reason, ""], message)
            }
            Record::Running { container, restarts } => Self {
                number: i64::try_from(restarts).unwrap_or(i64::MAX),
                ..Self::new(Kind::Running, [container, "", ""], "")
            },
            Record::StatusReason { phase, reason, message } => {
                Self::new(Kind::StatusReason, [phase, reason, ""], message)
            }
            Record::State { state, message } => Self::new(Kind::State, [state, "", ""], message),
            Record::ErrorLine { source, words, severity, last } => Self {
                severity: Some(severity),
                number: (u64::from(last.line) << 32 | u64::from(last.part)).cast_signed(),
                ..Self::new(Kind::ErrorLine, [source, "", ""], words)
            },
            Record::EndpointsWithoutReady => Self::new(Kind::EndpointsWithoutReady, [""; 3], ""),
            Record::Change { what, by, read, known } => {
                Self { flag: read, ..Self::new(Kind::Change, [by, known.name(), ""], what) }
            }
            Record::Series { query, value, .. } => {
                Self { number: value.to_bits().cast_signed(), ..Self::new(Kind::Series, [query, "", ""], "") }
            }
            Record::SeriesGap { query } => Self::new(Kind::SeriesGap, [query, "", ""], ""),
            Record::Check { step, outcome, node, runs } => Self::new(Kind::Check, [node, step, runs], outcome),
            Record::Note { author, text } => Self::new(Kind::Note, [author, "", ""], text),
            Record::Compared { what, container, message } => Self::new(Kind::Compared, [what, container, ""], message),
            Record::Request { what, client, asked, code, message } => {
                Self { number: code.into(), ..Self::new(Kind::Request, [what, client, asked], message) }
            }
            Record::Missing { source, status, why } => Self::new(Kind::Missing, [source, status, ""], why),
        }
    }

    fn new(kind: Kind, names: [&'a str; 3], message: &'a str) -> Self {
        Self { kind, names, message, severity: None, flag: false, number: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_takes_ninety_bytes() {
        assert!(size_of::<Packed>() <= 88, "{}", size_of::<Packed>());
    }
}
