//! Where a rule looks, in words for people who read the catalogue.

use super::{Look, WrittenText};
use std::fmt;

impl fmt::Display for Look {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(series) = &self.series {
            return write!(f, "{series}");
        }
        let WrittenText { any, kind, status, reason, exit_code, not_exit_code, .. } = &self.text;
        f.write_str(what(self.record))?;
        listed(f, " ", any)?;
        listed(f, " with status ", status)?;
        listed(f, " and reason ", reason)?;
        listed(f, " of a ", kind)?;
        numbers(f, " with exit code ", exit_code)?;
        numbers(f, " with an exit code other than ", not_exit_code)?;
        match self.text.init {
            Some(true) => f.write_str(", of an init container")?,
            Some(false) => f.write_str(", of no init container")?,
            None => {}
        }
        if let Some(least) = self.text.restarts {
            write!(f, " that was started again {least} times or more")?;
        }
        if let Some(pattern) = &self.text.text {
            write!(f, " that says `{pattern}`")?;
        }
        match &self.text.not_text {
            Some(pattern) => write!(f, " and not `{pattern}`"),
            None => Ok(()),
        }
    }
}

/// The kind of record as people call it.
fn what(record: &str) -> &str {
    match record {
        "event" => "an event",
        "journal" => "a line in the journal of",
        "log" => "a line in the log of a container",
        "condition" => "a condition",
        "terminated" => "a container that ended",
        "waiting" => "a container that waits",
        "running" => "a container that runs",
        "status-reason" => "a status with the reason",
        "state" => "an object in the state",
        "endpoints-without-ready" => "a Service without a ready endpoint",
        "change" => "a change of an object",
        "series-gap" => "a gap in the samples of",
        "check" => "a step of an outside check",
        "note" => "a note that somebody wrote",
        "compared" => "readings that differ:",
        "request" => "requests that an audit log tells of:",
        "missing" => "what could not be collected:",
        other => other,
    }
}

fn listed(f: &mut fmt::Formatter<'_>, before: &str, words: &[String]) -> fmt::Result {
    if words.is_empty() { Ok(()) } else { write!(f, "{before}{}", words.join(" or ")) }
}

fn numbers(f: &mut fmt::Formatter<'_>, before: &str, numbers: &[i64]) -> fmt::Result {
    let words: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    listed(f, before, &words)
}
