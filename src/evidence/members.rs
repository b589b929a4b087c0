//! Whether the API servers of a cluster tell of one and the same state, by what each answered to the same questions.
//!
//! Nothing here rests on how fast a cluster changes. A list without a resource version is read from etcd by its quorum,
//! so one that is asked for after another was answered cannot be of an older revision (Kubernetes documentation,
//! "Kubernetes API Concepts", "Semantics for get and list"; etcd documentation, "KV API guarantees": linearizability).
//! And a list at one exact resource version is the same whoever gives it. What is otherwise comes from members that do
//! not share one history; of which of them the true one is, nothing is said.

use super::findings::{Findings, Place};
use super::{Fact, Record};
use crate::model::{Clock, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most answers that are compared: far more than a collection asks for, and a recorder in two days.
const MOST: usize = 4_096;
/// Answers about readiness tell of the same moment within this. A run asks all members within a second, or waits up to eight for
/// one that does not answer; a recorder asks each minute, and what was not ready then may be since.
const AT_ONCE: TimeDelta = TimeDelta::seconds(10);

/// One answer.
#[derive(Clone, Debug, Deserialize)]
struct Answer {
    member: String,
    /// What was asked for: a kind, or the checks of its readiness.
    of: String,
    asked_at: DateTime<Utc>,
    answered_at: DateTime<Utc>,
    /// The resource version that was asked for; none where the newest was.
    #[serde(default)]
    at: Option<u64>,
    /// The one that came.
    #[serde(default)]
    revision: Option<u64>,
    /// How many objects there are.
    #[serde(default)]
    objects: Option<u64>,
    /// The UID of the first of them.
    #[serde(default)]
    first: Option<String>,
    /// Checks of its readiness that failed.
    #[serde(default)]
    failing: Option<Vec<String>>,
}

/// The answers, in the order in which they came.
#[derive(Default)]
pub struct Members(Vec<(Place, Answer)>);

impl Members {
    /// Takes one answer; what it tells beyond what is compared is passed over.
    pub fn line(&mut self, place: Place, line: &[u8]) -> Result<(), serde_json::Error> {
        let answer = serde_json::from_slice(line)?;
        if self.0.len() < MOST {
            self.0.push((place, answer));
        }
        Ok(())
    }

    /// Adds how they differ: of each member at most one fact of each sort.
    pub fn compare(&self, found: &mut Findings) {
        let mut told = BTreeSet::new();
        for (what, place, answer, message) in
            self.revisions().into_iter().chain(self.contents()).chain(self.readiness())
        {
            if told.insert((what, answer.member.as_str())) {
                tell(what, (place, answer), &message, found);
            }
        }
    }

    /// Lists of an older revision than one that had come before they were asked for.
    fn revisions(&self) -> Vec<Difference<'_>> {
        let mut newest: BTreeMap<&str, Vec<(&Answer, u64)>> = BTreeMap::new();
        let mut differences = Vec::new();
        for (place, answer) in &self.0 {
            let (Some(revision), None) = (answer.revision, answer.at) else { continue };
            let before = newest.entry(&answer.of).or_default();
            // In order of their revision, which a later answer adds to only if it is newer than all: the newest of those
            // that had come when this one was asked for is the last that had.
            let newer = before.iter().rev().find(|(other, _)| other.answered_at <= answer.asked_at);
            if let Some((other, newer)) = newer.filter(|(_, newer)| *newer > revision) {
                let Answer { member, of, .. } = answer;
                let message = format!(
                    "{member} listed {of} of revision {revision} after {} had listed those of revision {newer}",
                    other.member
                );
                differences.push(("revision", *place, answer, message));
            }
            if before.last().is_none_or(|(_, known)| revision > *known) {
                before.push((answer, revision));
            }
        }
        differences
    }

    /// Lists of one exact revision that are not the same.
    fn contents(&self) -> Vec<Difference<'_>> {
        let mut first: BTreeMap<(&str, u64), &Answer> = BTreeMap::new();
        let mut differences = Vec::new();
        for (place, answer) in &self.0 {
            let Some(at) = answer.at.filter(|at| answer.revision == Some(*at)) else { continue };
            let known = *first.entry((&answer.of, at)).or_insert(answer);
            let Answer { member, of, .. } = answer;
            let message = match (known.objects, answer.objects) {
                (Some(known_objects), Some(objects)) if known_objects != objects => {
                    format!("{member} lists {objects} {of} of revision {at}, and {} {known_objects}", known.member)
                }
                _ if known.first != answer.first => {
                    format!("{member} lists other {of} of revision {at} than {}", known.member)
                }
                _ => continue,
            };
            differences.push(("objects", *place, answer, message));
        }
        differences
    }

    /// Members that are not ready where another is, at the same moment. One that says both then was just changing.
    fn readiness(&self) -> Vec<Difference<'_>> {
        let checked = || self.0.iter().filter_map(|(place, answer)| Some((*place, answer, answer.failing.as_ref()?)));
        let told = checked().filter(|(_, _, failing)| !failing.is_empty()).filter_map(|(place, answer, failing)| {
            let at_once =
                || checked().map(|(_, other, failing)| (other, failing)).filter(|(other, _)| answer.is_near(other));
            let is_ready =
                |(other, failing): (&'_ Answer, &Vec<String>)| failing.is_empty() && other.member == answer.member;
            if at_once().any(is_ready) {
                return None;
            }
            let (ready, _) = at_once().find(|(other, failing)| failing.is_empty() && other.member != answer.member)?;
            let message = format!("{} is not ready ({}), and {} is", answer.member, failing.join(", "), ready.member);
            Some(("readiness", place, answer, message))
        });
        told.collect()
    }
}

impl Answer {
    /// Whether no more than a moment lies between this answer and another.
    fn is_near(&self, other: &Self) -> bool {
        other.asked_at - self.answered_at <= AT_ONCE && self.asked_at - other.answered_at <= AT_ONCE
    }
}

/// How an answer differs from another one.
type Difference<'a> = (&'static str, Place, &'a Answer, String);

fn tell(what: &str, (place, answer): (Place, &Answer), message: &str, found: &mut Findings) {
    let citation = found.cite(place, message);
    let seen = Moment::exact(answer.answered_at).by(Clock::Collector);
    // They may have differed for any time before they were asked.
    let at = seen.begun_after(DateTime::UNIX_EPOCH);
    let subject = &Subject::cluster("APIServer", &answer.member);
    let record = Record::Compared { what, container: "", message };
    found.facts.push(Fact { at, last: seen, count: 1, subject, node: None, record, citation });
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is told of answers in the form in which `collect` writes them.
    fn told(lines: &[String]) -> Vec<String> {
        let (mut members, mut found) = (Members::default(), Findings::default());
        for (number, line) in (1..).zip(lines) {
            let place = Place::of_line(number, DateTime::UNIX_EPOCH);
            members.line(place, line.as_bytes()).expect("an answer");
        }
        members.compare(&mut found);
        let shown = found.facts.iter().map(|fact| {
            let Record::Compared { what, message, .. } = fact.record else { panic!("{fact:?}") };
            assert!(fact.is_undated());
            format!("{} {what}, line {}: {message}", fact.subject, fact.citation.line)
        });
        shown.collect()
    }

    /// The answer of a member, asked at a second and answered within it.
    fn answer(member: &str, second: u32, rest: &str) -> String {
        format!(
            r#"{{"member":"{member}","of":"pods","asked_at":"2026-11-26T09:00:{second:02}.1Z","answered_at":"2026-11-26T09:00:{second:02}.9Z",{rest}}}"#
        )
    }

    fn newest(member: &str, second: u32, revision: u64) -> String {
        answer(member, second, &format!(r#""revision":{revision},"objects":9,"first":"u1""#))
    }

    #[test]
    fn a_member_that_is_behind_what_was_told_before_has_another_history() {
        let two =
            [newest("a:6443", 0, 100), newest("b:6443", 1, 500), newest("a:6443", 2, 103), newest("b:6443", 3, 501)];
        assert_eq!(
            told(&two),
            [
                "APIServer/a:6443 revision, line 3: a:6443 listed pods of revision 103 after b:6443 had listed those of revision 500"
            ]
        );
        // However fast a cluster writes, and whoever is asked first.
        let one = [newest("a:6443", 0, 100), newest("b:6443", 1, 90_000), newest("a:6443", 2, 90_000)];
        assert_eq!(told(&one), Vec::<String>::new());
        // One that was asked before the other had answered may be older.
        let together = [newest("b:6443", 1, 500), newest("a:6443", 1, 499), newest("c:6443", 2, 500)];
        assert_eq!(told(&together), Vec::<String>::new());
        // Of two that share an address, a balancer's.
        let behind_one = [newest("lb:443", 0, 700), newest("lb:443", 1, 20)];
        assert_eq!(told(&behind_one).len(), 1);
    }

    #[test]
    fn of_one_revision_there_is_one_list() {
        let exact = |member: &str, revision: u64, objects: u64, first: &str| {
            answer(member, 5, &format!(r#""at":100,"revision":{revision},"objects":{objects},"first":"{first}""#))
        };
        let same = [exact("a:6443", 100, 9, "u1"), exact("b:6443", 100, 9, "u1")];
        assert_eq!(told(&same), Vec::<String>::new());
        let fewer = [exact("a:6443", 100, 9, "u1"), exact("b:6443", 100, 7, "u1")];
        assert_eq!(
            told(&fewer),
            ["APIServer/b:6443 objects, line 2: b:6443 lists 7 pods of revision 100, and a:6443 9"]
        );
        let other = [exact("a:6443", 100, 9, "u1"), exact("b:6443", 100, 9, "u2")];
        assert_eq!(
            told(&other),
            ["APIServer/b:6443 objects, line 2: b:6443 lists other pods of revision 100 than a:6443"]
        );
        // A server that does not know what an exact revision is gives another, and is not compared.
        let newer = [exact("a:6443", 100, 9, "u1"), exact("b:6443", 104, 12, "u1")];
        assert_eq!(told(&newer), Vec::<String>::new());
    }

    #[test]
    fn one_that_is_not_ready_where_another_is_stands_out() {
        let checks = |member: &str, failing: &str| answer(member, 0, &format!(r#""failing":[{failing}]"#));
        let both = [checks("a:6443", ""), checks("b:6443", r#""etcd","etcd-readiness""#)];
        assert_eq!(
            told(&both),
            ["APIServer/b:6443 readiness, line 2: b:6443 is not ready (etcd, etcd-readiness), and a:6443 is"]
        );
        assert_eq!(told(&[checks("a:6443", r#""etcd""#), checks("b:6443", r#""etcd""#)]), Vec::<String>::new());
        let problem = answer("c:6443", 3, r#""problem":"no answer within 5s""#);
        assert_eq!(told(&[problem]), Vec::<String>::new());
    }

    /// A recorder's answers stand before those of a run.
    #[test]
    fn what_was_not_ready_at_another_time_differs_from_nobody() {
        let checks = |member: &str, second, failing: &str| answer(member, second, &format!(r#""failing":[{failing}]"#));
        let recovered = [checks("lb:443", 0, r#""etcd""#), checks("a:6443", 12, "")];
        assert_eq!(told(&recovered), Vec::<String>::new());
        let just_now = [checks("lb:443", 0, r#""etcd""#), checks("lb:443", 5, ""), checks("a:6443", 6, "")];
        assert_eq!(told(&just_now), Vec::<String>::new());
        let slow = [checks("a:6443", 0, ""), checks("b:6443", 9, r#""etcd""#)];
        assert_eq!(told(&slow).len(), 1);
    }

    proptest! {
        /// One history, asked in any order and as slowly as may be: no alarm.
        #[test]
        fn members_of_one_history_never_disagree(steps in prop::collection::vec((0_u8..3, 0_u64..1000), 1..50)) {
            let mut revision = 0;
            let lines: Vec<String> = (0_u32..).zip(&steps).map(|(second, (member, written))| {
                revision += written;
                newest(&format!("{member}:6443"), second % 60, revision)
            }).collect();
            prop_assert_eq!(told(&lines), Vec::<String>::new());
        }

        #[test]
        fn any_line_is_read_or_refused(line in ".*") {
            let _ = Members::default().line(Place::of_line(1, DateTime::UNIX_EPOCH), line.as_bytes());
        }
    }
}
