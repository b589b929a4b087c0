//! Container logs with the kubelet's timestamps: `2026-11-21T06:58:33.518248123Z MESSAGE`.

use super::error_lines::{ErrorLine, ErrorLines};
use super::findings::{Findings, Place};
use super::line_severity::{self, Writer};
use super::object::parse_time;
use super::{Fact, Record};
use crate::archive::layout::Container;
use crate::model::{Citation, Moment, Subject};
use regex::bytes::Regex;

/// A container's log.
pub struct Log<'a> {
    pub of: Container,
    /// Which lines become facts.
    pub interest: &'a Regex,
}

impl Log<'_> {
    /// Reads one line. Lines of interest become facts, other errors are counted in `errors`.
    pub fn read(&self, place: Place<'_>, line: &[u8], errors: &mut ErrorLines<'_>, found: &mut Findings) {
        let wanted = self.interest.is_match(line);
        if !wanted && !line_severity::is_suspicious(line, Writer::Program) {
            return;
        }
        let text = String::from_utf8_lossy(line);
        let stamped = text.split_once(' ').and_then(|(stamp, message)| Some((parse_time(stamp)?, message)));
        let Some((at, message)) = stamped else {
            return found.unreadable(place.entry, place.line, "a line of interest without a readable time");
        };
        let severity = line_severity::of_program(message);
        if !wanted {
            if let Some(severity) = severity {
                errors.add(ErrorLine { number: place.line, at, severity, message, text: &text });
            }
            return;
        }
        let at = Moment::exact(at);
        found.facts.push(Fact {
            at,
            last: at,
            count: 1,
            subject: Subject::pod(&self.of.namespace, &self.of.pod),
            node: None,
            record: Record::Log { container: self.of.name.clone(), message: message.to_owned(), severity },
            citation: Citation::new(place.entry, place.line, &text),
        });
    }
}
