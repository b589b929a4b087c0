//! Lines of severity error or worse that no rule wants to see: counted by their words, so that none is dropped in
//! silence and a million of them take no more room than one.

use super::findings::Findings;
use super::line_severity::LineSeverity;
use super::words::words;
use super::{Fact, Record};
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// The error lines of one entry, which are all of one program.
pub struct ErrorLines<'a> {
    entry: &'a str,
    subject: Subject,
    node: Option<String>,
    /// The unit or container that wrote them.
    source: String,
    groups: BTreeMap<String, Group>,
}

/// A line of severity warning or worse.
#[derive(Clone, Copy)]
pub struct ErrorLine<'a> {
    pub number: u64,
    pub at: DateTime<Utc>,
    pub severity: LineSeverity,
    /// Without headers.
    pub message: &'a str,
    /// The whole of it.
    pub text: &'a str,
}

struct Group {
    severity: LineSeverity,
    count: u64,
    first: DateTime<Utc>,
    last: DateTime<Utc>,
    /// The first line and the last.
    citations: (Citation, Citation),
}

/// Words of an entry that are told apart. A log that says a different thing each time goes into one group after that.
const MOST_GROUPS: usize = 300;
const OTHERS: &str = "other lines of severity error";

impl<'a> ErrorLines<'a> {
    pub fn new(entry: &'a str, subject: Subject, node: Option<String>, source: &str) -> Self {
        Self { entry, subject, node, source: source.to_owned(), groups: BTreeMap::new() }
    }

    /// Counts a line.
    pub fn add(&mut self, line: ErrorLine<'_>) {
        let ErrorLine { number, at, severity, message, text } = line;
        let names = [self.subject.name(), self.subject.namespace().unwrap_or_default()];
        let mut words = words(message, &names);
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&words) {
            words = OTHERS.to_owned();
        }
        let citation = || Citation::new(self.entry, number, text);
        let group = self.groups.entry(words).or_insert_with(|| Group {
            severity,
            count: 0,
            first: at,
            last: at,
            citations: (citation(), citation()),
        });
        group.severity = group.severity.max(severity);
        group.count += 1;
        group.first = group.first.min(at);
        if at >= group.last {
            group.last = at;
            group.citations.1 = citation();
        }
    }

    /// Hands the groups over as facts.
    pub fn finish(self, found: &mut Findings) {
        for (words, group) in self.groups {
            found.facts.push(Fact {
                at: Moment::exact(group.first),
                last: Moment::exact(group.last),
                count: group.count,
                subject: self.subject.clone(),
                node: self.node.clone(),
                record: Record::ErrorLine {
                    source: self.source.clone(),
                    words,
                    severity: group.severity,
                    last: group.citations.1,
                },
                citation: group.citations.0,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u64, second: i64, severity: LineSeverity, message: &str) -> ErrorLine<'_> {
        let at = DateTime::from_timestamp(second, 0).expect("a time");
        ErrorLine { number, at, severity, message, text: message }
    }

    #[test]
    fn the_same_words_are_one_fact() {
        let mut lines = ErrorLines::new("nodes/a/journal/kubelet.log", Subject::node("a"), Some("a".into()), "kubelet");
        let at = |second| DateTime::from_timestamp(second, 0).expect("a time");
        lines.add(line(3, 10, LineSeverity::Error, "no lease for pod 17"));
        lines.add(line(9, 20, LineSeverity::Fatal, "no lease for pod 18"));
        let mut found = Findings::default();
        lines.finish(&mut found);
        let [fact] = found.facts.as_slice() else { panic!("{:?}", found.facts) };
        assert_eq!((fact.count, fact.at.time, fact.last.time, fact.citation.line), (2, at(10), at(20), 3));
        assert!(matches!(fact.record, Record::ErrorLine { severity: LineSeverity::Fatal, .. }));
    }

    #[test]
    fn a_log_of_ever_new_words_is_bounded() {
        let mut lines = ErrorLines::new("logs/a/b/c/current.log", Subject::pod("a", "b"), None, "c");
        for number in 0..2_000_u64 {
            let message = format!("{} went wrong", "x".repeat(usize::try_from(number % 1_000).expect("small") + 1));
            lines.add(line(number, 0, LineSeverity::Error, &message));
        }
        let mut found = Findings::default();
        lines.finish(&mut found);
        assert!(found.facts.len() <= MOST_GROUPS + 1);
        assert_eq!(found.facts.iter().map(|fact| fact.count).sum::<u64>(), 2_000);
    }
}
