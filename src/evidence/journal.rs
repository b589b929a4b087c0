//! Journals of a node's units and its kernel, and plain files of its syslog, which mostly have neither year nor zone.
//!
//! The kubelet is asked for UTC (its log query runs `journalctl --utc`), and the year is the latest up to the window's
//! end. Whose a line is says the journal, or in a plain file the line itself. Only lines of interest become facts;
//! lines that tell whose a container is are remembered whatever they say.

use super::error_lines::{ErrorLine, ErrorReader};
use super::findings::{Findings, Place};
use super::journal_pods;
use super::read::Candidate;
use super::{Fact, Record};
use crate::inputs::JournalForm;
use crate::logline::boot::Boot;
use crate::logline::severity::{self, LineSeverity, Writer};
use crate::logline::trace::Printing;
use crate::logline::unit::{self, UnitClass};
use crate::logline::{self, klog, message, plain, short_precise, syslog};
use crate::model::{Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::borrow::Cow;
use std::cell::LazyCell;

/// A journal line without its header.
#[derive(Debug, PartialEq, Eq)]
pub struct Line<'a> {
    pub at: DateTime<Utc>,
    /// On which machine, where the line says.
    pub host: &'a str,
    /// Who wrote it, where the line says.
    pub program: &'a str,
    /// What the program wrote.
    pub raw: &'a str,
    /// By how much its time may be wrong, where it was counted from a start of the kernel.
    pub error: TimeDelta,
}

/// The error lines of a block of a journal.
pub type Errors<'t> = ErrorReader<'t, 't, Journal<'t>>;

/// What journal reading needs to know beside the lines.
pub struct Journal<'a> {
    /// None where each line says its own.
    pub node: Option<Subject>,
    pub unit: &'a str,
    pub form: JournalForm,
    /// The end of the window, which tells the year.
    pub to: DateTime<Utc>,
}

impl Journal<'_> {
    /// Who wrote it, as far as it decides which words mean trouble.
    pub fn writer(&self) -> Writer {
        match self.form {
            JournalForm::Plain { .. } => Writer::Any,
            JournalForm::ShortPrecise | JournalForm::Klog => writer_of(self.unit),
        }
    }

    /// Reads a line that may be wanted; an error that no rule wants is counted in `errors`.
    pub fn read(&self, place: Place, line: &Candidate<'_>, errors: &mut Errors<'_>, found: &mut Findings) {
        let may_be_error = errors.may_be(line);
        if !may_be_error && !line.may_be_wanted() {
            return;
        }
        let text = logline::text(line.text);
        let parsed = match self.form {
            JournalForm::ShortPrecise => parse(&text, self.to, TimeDelta::zero()),
            JournalForm::Klog => parse_klog(&text, self.to),
            JournalForm::Plain { ahead_s, boot } => {
                parse_plain(&text, self.to, TimeDelta::seconds(ahead_s.into())).or_else(|| since_boot(&text, boot?))
            }
        };
        let Some(parsed) = parsed else {
            if may_be_error || line.is_wanted(&text) {
                let is_of_kernel = syslog::since_start(&text).is_some();
                found.unreadable(place, if is_of_kernel { SINCE_START } else { NO_TIME });
            }
            return;
        };
        let unit = self.unit_of(parsed.program);
        let severity = LazyCell::new(|| match writer_of(unit) {
            Writer::Kernel => severity::of_kernel(parsed.raw),
            Writer::Program | Writer::Any => severity::of_program(parsed.raw),
        });
        let trace = may_be_error.then(|| errors.trace(line, parsed.raw, severity.is_some())).flatten();
        let error = may_be_error.then(|| severity.or(trace.as_ref().map(|_| LineSeverity::Error))).flatten();
        // Most lines that have a word of errors are none.
        if error.is_none() && !line.may_be_wanted() {
            return;
        }
        let message = message::of(parsed.raw);
        let wanted = line.is_wanted(&message);
        if !wanted && error.is_none() {
            return;
        }
        let host = if self.node.is_none() { parsed.host } else { "" };
        let of_line = (!host.is_empty()).then(|| Subject::node(host));
        let Some(node) = self.node.as_ref().or(of_line.as_ref()) else {
            return found.unreadable(place, NO_NODE);
        };
        if let Some(severity) = error.filter(|_| !wanted) {
            let at = Moment::exact(parsed.at).within(parsed.error);
            let line = ErrorLine { number: place.line, host, at, severity, message: &message, text: &text };
            return errors.add(line, trace.as_ref());
        }
        let at = Moment::exact(parsed.at).within(parsed.error).by(found.facts.clock_of(node.name()));
        let citation = found.cite(place, &text);
        let (subject, node) = (node, Some(node.name()));
        let record = Record::Journal { unit, message: &message, severity: *severity };
        found.facts.push(Fact { at, last: at, count: 1, subject, node, record, citation });
    }

    /// Who wrote a line that names `program`, if it names any: in a plain file that program.
    fn unit_of<'a>(&'a self, program: &'a str) -> &'a str {
        let unit = match self.form {
            JournalForm::Plain { .. } if !program.is_empty() => program,
            _ => self.unit,
        };
        unit::writer(unit, program)
    }

    /// What was written in a line, behind the header of its form.
    fn printed_in<'a>(&self, line: &'a str) -> &'a str {
        match (self.form, syslog::split(line)) {
            (JournalForm::Klog, _) | (JournalForm::ShortPrecise, None) => line,
            (JournalForm::Plain { .. }, None) => plain::message(line),
            (_, Some(line)) => line.message,
        }
    }

    /// Learns which pods the kubelet had, whose a container is, and when a pod turned ready, from lines that name a pod.
    pub fn learn(&self, place: Place, line: &[u8], found: &mut Findings) {
        if self.writer() == Writer::Any || unit::is(self.unit, UnitClass::Kubelet.name()) {
            journal_pods::learn_container(line, found);
            let at = match self.form {
                JournalForm::ShortPrecise => short_precise::time(line, self.to),
                JournalForm::Klog => klog::time(line).and_then(|stamp| stamp.until(self.to)),
                JournalForm::Plain { .. } => None,
            };
            let node = self.node.as_ref().map(Subject::name);
            journal_pods::learn_pod(line, node, at, found);
            journal_pods::learn_turn(place, line, (node, at), found);
            node.into_iter().for_each(|node| found.by_kubelets.learn(line, node));
        }
    }
}

impl Printing for Journal<'_> {
    fn printed<'a>(&self, line: &'a [u8]) -> Cow<'a, str> {
        match logline::text(line) {
            Cow::Borrowed(text) => self.printed_in(text).into(),
            Cow::Owned(text) => self.printed_in(&text).to_owned().into(),
        }
    }
}

const NO_NODE: &str = "a line of interest that does not say on which node it was written";
const NO_TIME: &str = "a line of interest without a readable time";
const SINCE_START: &str =
    "a line of interest that says only how long after the start of its kernel it was, and no record says when that was";

/// Which words mean trouble in what a unit or program wrote.
fn writer_of(unit: &str) -> Writer {
    if unit::is(unit, UnitClass::Kernel.name()) { Writer::Kernel } else { Writer::Program }
}

/// Splits `Nov 21 06:58:33.518248 node-1 kubelet[74]: MESSAGE`, and klog's own header off the message.
pub fn parse(line: &str, to: DateTime<Utc>, ahead: TimeDelta) -> Option<Line<'_>> {
    let line = syslog::split(line)?;
    let at = line.at.until(to, ahead)?;
    Some(Line { at, host: line.host, program: line.program, raw: line.message, error: TimeDelta::zero() })
}

/// Splits a line of a plain file: one of syslog, or one that has a time but names no program.
fn parse_plain(line: &str, to: DateTime<Utc>, ahead: TimeDelta) -> Option<Line<'_>> {
    if let Some(line) = parse(line, to, ahead) {
        return Some(line);
    }
    let at = plain::utc(line.as_bytes(), to, ahead)?;
    let raw = plain::message(line);
    Some(Line { at, host: "", program: "", raw, error: TimeDelta::zero() })
}

/// Splits the kernel's seconds off a line that has no other time.
fn since_boot(line: &str, boot: Boot) -> Option<Line<'_>> {
    let (uptime, raw) = syslog::uptime(line)?;
    let (at, error) = boot.time(uptime)?;
    Some(Line { at, host: "", program: "", raw, error })
}

/// Splits klog's header off a line that has no other.
fn parse_klog(line: &str, to: DateTime<Utc>) -> Option<Line<'_>> {
    let at = klog::time(line.as_bytes())?.until(to)?;
    Some(Line { at, host: "", program: "", raw: line, error: TimeDelta::zero() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::Block;
    use crate::evidence::error_lines::ErrorLines;
    use crate::evidence::read::LinePatterns;
    use crate::logline::boot::Starts;
    use crate::logline::trace::Surrounded;
    use chrono::Datelike;
    use proptest::prelude::*;
    use regex::Regex;

    fn to() -> DateTime<Utc> {
        "2026-11-21T07:10:00Z".parse().expect("a time")
    }

    #[test]
    fn a_kubelet_line() {
        let line = r#"Nov 21 06:59:03.966415 node-1 kubelet: I1121 06:59:03.966286      74 eviction_manager.go:376] "Eviction manager: attempting to reclaim" resourceName="memory""#;
        let parsed = parse(line, to(), TimeDelta::zero()).expect("a line");
        assert_eq!(parsed.at.to_rfc3339(), "2026-11-21T06:59:03.966415+00:00");
        assert!(message::of(parsed.raw).starts_with("\"Eviction manager"));
    }

    #[test]
    fn a_plain_file_says_in_each_line_who_wrote_it() {
        let form = JournalForm::Plain { ahead_s: 3600, boot: None };
        let journal = Journal { node: Some(Subject::node("n")), unit: "syslog", form, to: to() };
        let read = |line| {
            let line = parse_plain(line, to(), TimeDelta::hours(1)).expect(line);
            (line.at.to_rfc3339(), journal.unit_of(line.program), message::of(line.raw).into_owned())
        };
        let at = "2026-11-21T06:00:01+00:00".to_owned();
        let cases = [
            ("Nov 21 07:00:01 n kernel: [4071.489871] Out of memory: Killed process 1 (a)", "kernel", "Out of memory"),
            ("2026-11-21T06:00:01+00:00 n kubelet[7]: I1121 07:00:01.5 7 a.go:1] \"x\"", "kubelet", "\"x\""),
            ("Nov 21 07:00:01 n systemd[1]: k3s.service: Failed with result 'exit-code'.", "systemd", "k3s.service"),
            ("I1121 07:00:01.000000    7 a.go:1] \"x\"", "syslog", "\"x\""),
            ("[Sat Nov 21 07:00:01 2026] Out of memory: Killed process 1 (a)", "syslog", "Out of memory"),
        ];
        for (line, unit, message) in cases {
            let found = read(line);
            assert_eq!((&found.0, found.1), (&at, unit), "{line}");
            assert!(found.2.starts_with(message), "{line}");
        }
    }

    #[test]
    fn the_kernels_seconds_count_from_its_start() {
        let mut starts = Starts::default();
        starts.line("Nov 21 07:00:10 n kernel: [  100.250000] eth0: link up", to(), TimeDelta::zero());
        let form = JournalForm::Plain { ahead_s: 0, boot: starts.last() };
        let line = "[  160.250000] Out of memory: Killed process 1 (a)";
        let mut found = read_lines(form, line.as_bytes());
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", found.facts) };
        assert_eq!(fact.at.time.to_rfc3339(), "2026-11-21T07:01:10+00:00");
        assert_eq!((fact.at.earlier_ms, fact.at.later_ms), (1_030, 1_030));
        // Nobody knows when it started.
        found = read_lines(JournalForm::Plain { ahead_s: 0, boot: None }, line.as_bytes());
        assert_eq!((found.facts.len(), found.unreadable.len()), (0, 1));
    }

    #[test]
    fn bytes_that_are_no_text_hide_nothing_beside_them() {
        // A name in Latin-1, as the kernel prints what a process calls itself.
        let found = read_lines(
            JournalForm::ShortPrecise,
            b"Nov 21 07:00:01.5 n kernel: Out of memory: Killed process 1 (caf\xe9) total-vm\n",
        );
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", found.facts) };
        let Record::Journal { message, .. } = fact.record else { panic!("{:?}", fact.record) };
        assert_eq!(message, "Out of memory: Killed process 1 (caf\u{fffd}) total-vm");
    }

    /// The lines of a journal of which a pattern knows some.
    fn read_lines(form: JournalForm, text: &[u8]) -> Findings {
        let pattern = Regex::new(r"^Out of memory: Killed process \d+ \((?P<process>[^)]+)\)").expect("a pattern");
        let patterns = LinePatterns::new(&[pattern], Writer::Kernel).expect("fixed words");
        let block = Block::new(1, text.to_vec());
        let journal = Journal { node: Some(Subject::node("n")), unit: "kernel", form, to: to() };
        let lines = ErrorLines::new(Subject::node("n"), None, "kernel");
        let mut errors =
            ErrorReader::new(lines, Surrounded { block: block.bytes(), ..Surrounded::default() }, &journal);
        let mut found = Findings::default();
        let place = |line: &Candidate<'_>| Place::of_line(u32::try_from(line.number).expect("small"), to());
        patterns.for_each(&block, |line| journal.read(place(line), line, &mut errors, &mut found));
        found
    }

    #[test]
    fn the_year_turns() {
        let to = "2027-01-01T00:10:00Z".parse().expect("a time");
        let parsed = parse("Dec 31 23:59:59.000001 n kernel: hello", to, TimeDelta::zero()).expect("a line");
        assert_eq!(parsed.at.year(), 2026);
        assert_eq!(parse("Jan  1 00:00:01.5 n kernel: x", to, TimeDelta::zero()).expect("a line").at.year(), 2027);
    }

    #[test]
    fn a_pod_that_a_line_names_by_its_uid_is_known_though_nothing_else_tells_of_it() {
        let journal =
            Journal { node: Some(Subject::node("node-1")), unit: "kubelet", form: JournalForm::ShortPrecise, to: to() };
        // As kubelets v1.34 write it, recorded in fixtures/runtime-lockup.
        let line = r#"Nov 21 06:58:54.5 node-1 kubelet: I1121 06:58:54.5 92 prober.go:120] "Probe failed" probeType="Readiness" pod="shop/api-0" podUID="52c8526c-b52b-4c02-bb70-bc1f9d563345" containerName="app""#;
        let known = |line: &str| {
            let mut found = Findings::default();
            journal.learn(Place::of_line(1, to()), line.as_bytes(), &mut found);
            found.pods.settle(&[]);
            let seen = |pod: crate::evidence::Pod| {
                (pod.name, pod.uid, pod.node.unwrap_or_default(), pod.last_seen.map(|at| at.to_rfc3339()))
            };
            found.pods.into_vec().into_iter().map(seen).next()
        };
        let (name, uid, node, seen) = known(line).expect("a pod");
        assert_eq!(
            (name.as_str(), uid.as_str(), node.as_str()),
            ("api-0", "52c8526c-b52b-4c02-bb70-bc1f9d563345", "node-1")
        );
        assert_eq!(seen.as_deref(), Some("2026-11-21T06:58:54.500+00:00"));
        let without_quotes = line
            .replace("podUID=\"52c8526c-b52b-4c02-bb70-bc1f9d563345\"", "podUID=52c8526c-b52b-4c02-bb70-bc1f9d563345");
        assert_eq!(known(&without_quotes).map(|(_, uid, ..)| uid), Some(uid));
        for other in [line.replace("pod=\"shop/api-0\"", "image=\"x\""), line.replace("shop/", "")] {
            assert_eq!(known(&other), None, "{other}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(line in "\\PC{0,200}") {
            let _ = parse(&line, to(), TimeDelta::zero());
        }
    }
}
