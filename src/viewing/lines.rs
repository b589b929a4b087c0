//! The lines of logs with their times.

use super::choice::Choice;
use crate::archive::ArchiveError;
use crate::inputs::Inputs;
use crate::log_templates::{Dated, Log, Logs, Source};
use chrono::{DateTime, Utc};
use serde::Serialize;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogLine {
    /// Its own time, or that of the last line before it that has one; none at the beginning of a log.
    pub at: Option<DateTime<Utc>>,
    /// Which of the chosen logs it is of.
    #[serde(skip)]
    pub log: u32,
    /// From 1.
    pub line: u64,
    /// What was written, without what a journal or runtime put before it.
    pub text: String,
}

/// The logs that a person means: by name of a unit, node, pod or container, and by their choice.
pub fn chosen_logs<'a>(logs: &'a Logs<'_>, name: Option<&str>, choice: &Choice) -> Vec<&'a Log> {
    let is_meant = |log: &&Log| match &log.source {
        Source::Node { node, .. } => choice.takes_node(node),
        Source::Container { namespace, pod, .. } => choice.takes_pod(namespace, pod),
    };
    logs.all.iter().filter(|log| name.is_none_or(|name| log.source.is_called(name))).filter(is_meant).collect()
}

/// Gives each line of a log that is of the chosen time, until no more is wanted.
pub fn each_line(
    (inputs, log, number): (&Inputs, &Log, u32),
    choice: &Choice,
    each: &mut dyn FnMut(LogLine, &Dated<'_>) -> bool,
) -> Result<(), ArchiveError> {
    let span = choice.span();
    log.lines(inputs, &mut |dated| {
        let is_then = dated.at.map_or(span.is_open(), |at| span.has(at));
        let line = || LogLine { at: dated.at, log: number, line: dated.line, text: dated.text.as_ref().to_owned() };
        !is_then || each(line(), dated)
    })
}
