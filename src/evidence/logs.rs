//! Logs of containers and other programs: with the kubelet's timestamps, `2026-11-21T06:58:33.518248123Z MESSAGE`, as
//! runtimes write them, or as they were printed, with the times that a program writes itself or none.

use super::error_lines::{ErrorLine, ErrorReader};
use super::findings::{Findings, Place};
use super::line_times::LineTimes;
use super::read::Candidate;
use super::{Fact, Record};
use crate::inputs::LogForm;
use crate::logline::severity::{self, LineSeverity};
use crate::logline::trace::Printing;
use crate::logline::{self, container, message, own, stamp};
use crate::model::{Moment, Subject};
use crate::objects::parse_time;
use std::borrow::Cow;
use std::cell::{LazyCell, RefCell};

/// The error lines of a block of a log.
pub type Errors<'t> = ErrorReader<'t, 't, Log<'t>>;

/// A log.
pub struct Log<'a> {
    /// The pod, or a program that is of none.
    pub subject: Subject,
    /// Of a deleted pod, whose name another may have taken.
    uid: Option<&'a str>,
    pub container: &'a str,
    form: LogForm,
    /// Of lines that may bear no time.
    times: Option<RefCell<LineTimes<'a>>>,
}

impl<'a> Log<'a> {
    /// Of a pod or a program, with the UID of a deleted pod and the container, where they are known.
    pub fn new(
        subject: Subject,
        (uid, container): (Option<&'a str>, &'a str),
        form: LogForm,
        times: Option<LineTimes<'a>>,
    ) -> Self {
        Self { subject, uid, container, form, times: times.map(RefCell::new) }
    }

    /// Reads a line that may be wanted; an error that no rule wants is counted in `errors`.
    pub fn read(&self, place: Place, line: &Candidate<'_>, errors: &mut Errors<'_>, found: &mut Findings) {
        let may_be_error = errors.may_be(line);
        if !may_be_error && !line.may_be_wanted() {
            return;
        }
        let text = logline::text(line.text);
        let Some((moment, printed)) = self.stamped(&text, line) else {
            if may_be_error || line.is_wanted(&message::of(&text)) {
                found.unreadable(place, "a line of interest without a readable time");
            }
            return;
        };
        let at = moment.time;
        let severity = LazyCell::new(|| severity::of_program(&printed));
        let trace = may_be_error.then(|| errors.trace(line, &printed, severity.is_some())).flatten();
        let error = may_be_error.then(|| severity.or(trace.as_ref().map(|_| LineSeverity::Error))).flatten();
        // Most lines that have a word of errors are none.
        if error.is_none() && !line.may_be_wanted() {
            return;
        }
        let message = message::of(&printed);
        let wanted = line.is_wanted(&message);
        if !wanted && error.is_none() {
            return;
        }
        if let Some(uid) = self.uid {
            found
                .pods
                .entry(self.subject.namespace().unwrap_or_default(), self.subject.name(), uid)
                .by_node
                .at(at, None);
        }
        if let Some(severity) = error.filter(|_| !wanted) {
            let line = ErrorLine { number: place.line, host: "", at: moment, severity, message: &message, text: &text };
            return errors.add(line, trace.as_ref());
        }
        let at = moment;
        let citation = found.cite(place, &text);
        let record = Record::Log { container: self.container, message: &message, severity: *severity };
        found.facts.push(Fact { at, last: at, count: 1, subject: &self.subject, node: None, record, citation });
    }

    /// The time of a line, and what the container printed.
    fn stamped<'l>(&self, line: &'l str, candidate: &Candidate<'_>) -> Option<(Moment, Cow<'l, str>)> {
        match self.form {
            LogForm::Stamped => {
                let (stamp, message) = line.split_once(' ')?;
                Some((Moment::exact(parse_time(stamp)?), message.into()))
            }
            LogForm::Runtime => {
                let piece = container::piece(line.as_bytes())?;
                let text = logline::text(&piece.text).into_owned();
                Some((Moment::exact(parse_time(&piece.time)?), text.into()))
            }
            LogForm::Own { .. } => {
                let at = self.times.as_ref()?.borrow_mut().of(candidate.at, candidate.text);
                Some((at, own::message(line).into()))
            }
        }
    }
}

impl Printing for Log<'_> {
    fn printed<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        let text = match self.form {
            // What a runtime wrote as JSON is read as text, whatever bytes are in it.
            LogForm::Runtime if std::str::from_utf8(line).is_err() => {
                let text = logline::text(line);
                let piece = container::piece(text.as_bytes());
                Cow::Owned(piece.map_or_else(|| text.as_bytes().to_vec(), |piece| piece.text.into_owned()))
            }
            LogForm::Stamped | LogForm::Own { .. } if stamp::leading_rfc3339(line).is_some() => {
                let behind = memchr::memchr(b' ', line).and_then(|end| line.get(end + 1..));
                Cow::Borrowed(behind.unwrap_or_default())
            }
            LogForm::Stamped | LogForm::Own { .. } => Cow::Borrowed(line),
            LogForm::Runtime => container::piece(line).map_or(Cow::Borrowed(line), |piece| piece.text),
        };
        match text {
            Cow::Borrowed(text) => logline::text(text),
            Cow::Owned(text) => logline::text(&text).into_owned().into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::archive::Block;
    use crate::evidence::error_lines::ErrorLines;
    use crate::evidence::read::LinePatterns;
    use crate::logline::severity::Writer;
    use crate::logline::trace::Surrounded;

    use super::*;
    use chrono::DateTime;
    use regex::Regex;

    #[test]
    fn a_deleted_pod_is_known_by_the_uid_of_its_log() {
        let patterns =
            LinePatterns::new(&[Regex::new("cannot go on").expect("a pattern")], Writer::Program).expect("fixed words");
        let block = Block::new(1, b"2026-11-21T06:58:33.5Z cannot go on\n".to_vec());
        let pod = Subject::pod("shop", "api-0");
        let (lines, mut found) = (ErrorLines::new(pod.clone(), None, "app"), Findings::default());
        let log = Log::new(pod, (Some("u-1"), "app"), LogForm::Stamped, None);
        let mut errors = ErrorReader::new(lines, Surrounded { block: block.bytes(), ..Surrounded::default() }, &log);
        patterns
            .for_each(&block, |line| log.read(Place::of_line(1, DateTime::UNIX_EPOCH), line, &mut errors, &mut found));
        found.pods.settle(&[]);
        let known = found.pods.entry("shop", "api-0", "u-1");
        assert_eq!(known.last_seen.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-21T06:58:33.500+00:00"));
        assert_eq!(found.facts.len(), 1);
    }
}
