//! Lines of severity error or worse that no rule wants to see: counted by their words, so that none is dropped in
//! silence and a million of them take no more room than one. A stack trace is one line of them.

use super::findings::{Findings, Place};
use super::read::Candidate;
use super::words::words;
use super::{Fact, Record};
use crate::logline::severity::LineSeverity;
use crate::logline::trace::{Printing, Surrounded, Trace, Traces};
use crate::model::{Clock, Moment, Subject};
use std::collections::BTreeMap;

/// The error lines of one entry, which are all of one program.
#[derive(Debug)]
pub struct ErrorLines {
    subject: Subject,
    node: Option<String>,
    /// The unit or container that wrote them.
    source: String,
    /// By the host that wrote them, where the entry has lines of several, and their words.
    groups: BTreeMap<(String, String), Group>,
}

/// A line of severity warning or worse.
#[derive(Clone, Copy)]
pub struct ErrorLine<'a> {
    pub number: u32,
    /// The node that it names as its own, where the entry is of several.
    pub host: &'a str,
    pub at: Moment,
    pub severity: LineSeverity,
    /// Without headers.
    pub message: &'a str,
    /// The whole of it.
    pub text: &'a str,
}

/// The error lines of a block, as they are read.
pub struct ErrorReader<'t, 'a, P> {
    pub lines: ErrorLines,
    traces: Traces<'t, 'a, P>,
}

impl<'t, 'a, P: Printing> ErrorReader<'t, 'a, P> {
    /// Of the block of `text`, which is a part of a log that `printing` knows.
    pub fn new(lines: ErrorLines, text: Surrounded<'a>, printing: &'t P) -> Self {
        Self { lines, traces: Traces::new(text, printing) }
    }

    /// Whether a line may be an error by itself: it is marked, and goes on with no trace.
    pub fn may_be(&self, line: &Candidate<'_>) -> bool {
        line.is_marked && !self.traces.covers(line.at)
    }

    /// The trace of which a line is the head. `says`: what it says with its own header.
    pub fn trace(&mut self, line: &Candidate<'_>, says: &str, is_grave: bool) -> Option<Trace<'a>> {
        self.traces.begins(line.at, says, is_grave)
    }

    /// Counts a line, with the trace of which it is the head.
    pub fn add(&mut self, line: ErrorLine<'_>, trace: Option<&Trace<'_>>) {
        let Some(trace) = trace else { return self.lines.add(line, None) };
        let telling = trace.telling.map(|(behind, text)| {
            let number = line.number.saturating_add(u32::try_from(behind).unwrap_or(u32::MAX));
            (number, String::from_utf8_lossy(text).into_owned())
        });
        self.lines.add(ErrorLine { message: &trace.message, ..line }, telling);
    }
}

#[derive(Debug)]
struct Group {
    severity: LineSeverity,
    count: u64,
    first: Moment,
    last: Moment,
    /// Number and text of the first line and of the last.
    lines: [(u32, String); 2],
}

/// Words of an entry that are told apart. A log that says a different thing each time goes into one group after that.
const MOST_GROUPS: usize = 300;
const OTHERS: &str = "other lines of severity error";

impl ErrorLines {
    pub fn new(subject: Subject, node: Option<String>, source: &str) -> Self {
        Self { subject, node, source: source.to_owned(), groups: BTreeMap::new() }
    }

    /// Counts a line; of one that is the head of a trace, `telling` is the number and text of the line that tells most.
    pub fn add(&mut self, line: ErrorLine<'_>, telling: Option<(u32, String)>) {
        let ErrorLine { number, host, at, severity, message, text } = line;
        let names = [self.subject.name(), self.subject.namespace().unwrap_or_default()];
        let words = self.known((host.to_owned(), words(message, &names)));
        let line = || (number, text.to_owned());
        let (number, text) = telling.as_ref().map_or((number, text), |(number, text)| (*number, text.as_str()));
        let last = || (number, text.to_owned());
        let group = self.groups.entry(words).or_insert_with(|| Group {
            severity,
            count: 0,
            first: at,
            last: at,
            lines: [line(), last()],
        });
        group.severity = group.severity.max(severity);
        group.count += 1;
        group.first = earlier(group.first, at);
        if at.time >= group.last.time {
            group.last = at;
            let [_, last] = &mut group.lines;
            // Its memory is used again.
            last.0 = number;
            last.1.clear();
            last.1.push_str(text);
        }
    }

    /// The host and words under which a line is counted.
    fn known(&self, (host, words): (String, String)) -> (String, String) {
        let is_full =
            |known: &Self, of: &(String, String)| known.groups.len() >= MOST_GROUPS && !known.groups.contains_key(of);
        let (of, others) = ((host.clone(), words), (host, OTHERS.to_owned()));
        match (is_full(self, &of), self.groups.len() >= 2 * MOST_GROUPS && !self.groups.contains_key(&others)) {
            (false, _) => of,
            (true, false) => others,
            // More hosts than a cluster has.
            (true, true) => (String::new(), OTHERS.to_owned()),
        }
    }

    /// Adds the lines of a later part of the same entry.
    pub fn absorb(&mut self, later: Self) {
        for (words, new) in later.groups {
            let words = self.known(words);
            let Some(group) = self.groups.get_mut(&words) else {
                self.groups.insert(words, new);
                continue;
            };
            group.severity = group.severity.max(new.severity);
            group.count += new.count;
            group.first = earlier(group.first, new.first);
            if new.last.time >= group.last.time {
                group.last = new.last;
                let ([_, last], [_, new]) = (&mut group.lines, new.lines);
                *last = new;
            }
        }
    }

    /// Hands the groups over as facts.
    pub fn finish(self, place: Place, found: &mut Findings) {
        for ((host, words), group) in &self.groups {
            let (subject, node) = match host.as_str() {
                "" => (self.subject.clone(), self.node.as_deref()),
                host => (Subject::node(host), Some(host)),
            };
            let clock = node.map_or(Clock::Unknown, |node| found.facts.clock_of(node));
            let [first, last] = &group.lines;
            let mut cite = |(line, text): &(u32, String)| found.cite(Place { line: *line, ..place }, text);
            let citation = cite(first);
            let last = if last.0 == first.0 { citation } else { cite(last) };
            found.facts.push(Fact {
                at: group.first.by(clock),
                last: group.last.by(clock),
                count: group.count,
                subject: &subject,
                node,
                record: Record::ErrorLine { source: &self.source, words, severity: group.severity, last },
                citation,
            });
        }
    }
}

fn earlier(one: Moment, other: Moment) -> Moment {
    if other.time < one.time { other } else { one }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn line(number: u32, second: i64, severity: LineSeverity, message: &str) -> ErrorLine<'_> {
        let at = Moment::exact(DateTime::from_timestamp(second, 0).expect("a time"));
        ErrorLine { number, host: "", at, severity, message, text: message }
    }

    #[test]
    fn the_same_words_are_one_fact() {
        let mut lines = ErrorLines::new(Subject::node("a"), Some("a".into()), "kubelet");
        let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
        lines.add(line(3, 10, LineSeverity::Error, "no lease for pod 17"), None);
        lines.add(line(9, 20, LineSeverity::Fatal, "no lease for pod 18"), None);
        let mut found = Findings::default();
        lines.finish(Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        let [fact] = found.facts.iter().collect::<Vec<_>>()[..] else { panic!("{:?}", found.facts) };
        assert_eq!((fact.count, fact.at.time, fact.last.time, fact.citation.line), (2, at(10), at(20), 3));
        assert!(matches!(fact.record, Record::ErrorLine { severity: LineSeverity::Fatal, .. }));
    }

    #[test]
    fn a_log_of_ever_new_words_is_bounded() {
        let mut lines = ErrorLines::new(Subject::pod("a", "b"), None, "c");
        for number in 0..2_000_u32 {
            let message = format!("{} went wrong", "x".repeat(usize::try_from(number % 1_000).expect("small") + 1));
            lines.add(line(number, 0, LineSeverity::Error, &message), None);
        }
        let mut found = Findings::default();
        lines.finish(Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        assert!(found.facts.len() <= MOST_GROUPS + 1);
        assert_eq!(found.facts.iter().map(|fact| fact.count).sum::<u64>(), 2_000);
    }
}
