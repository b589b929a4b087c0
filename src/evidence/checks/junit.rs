//! Results of tests as JUnit XML, which test runners and CI write: one run in each `testcase`.
//!
//! The elements and attributes are those that Ant's formatter writes and others follow (apache/ant,
//! taskdefs/optional/junit/XMLJUnitResultFormatter.java): `testsuite` with `timestamp` and `time`, `testcase` with
//! `classname`, `name` and `time`, in it `failure`, `error` or `skipped`. Only a suite says when it began; when its cases
//! ran is that and the times before each, in the order of the file. A `timestamp` without a zone is nobody's but Ant's own,
//! which writes GMT (DateUtils.java, `createDateFormat`), or that of a machine whose `user.timezone` is UTC.

use super::lines::Lines;
use super::{CheckOutcome, CheckRun, MOST_RUNS, cut, times};
use crate::evidence::findings::{Findings, Place};
use crate::model::Citation;
use chrono::{DateTime, TimeDelta, Utc};
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};
use std::collections::BTreeMap;

/// The deepest nesting that is read.
const MOST_DEPTH: usize = 64;

/// The properties of a suite that say something of all its cases.
const PROPERTIES: [&str; 4] = ["ant.version", "user.timezone", "namespace", "release"];

/// How much longer its cases may have taken together than their suite, where they ran one after the other, in seconds.
const ROUNDED: f64 = 1.0;

/// Reads all suites. What cannot be read costs itself: a case without an order in time, or the rest of a broken file.
pub fn read(bytes: &[u8], place: Place, found: &mut Findings) {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    let (mut lines, mut line) = (Lines::new(text.as_bytes()), 1);
    let mut open = Open::default();
    loop {
        let begins = reader.buffer_position();
        let event = match reader.read_event() {
            Ok(Event::Eof) => break,
            Ok(event) => event,
            Err(error) => {
                found.unreadable(Place { line: lines.of_place(begins), ..place }, error);
                break;
            }
        };
        if matches!(event, Event::Start(_) | Event::Empty(_)) {
            line = lines.of_place(begins);
        }
        let place = Place { line, ..place };
        if let Err(why) = open.event(&event, place, found) {
            found.unreadable(place, why);
            break;
        }
    }
    open.close_all(found);
}

/// The elements that are open.
#[derive(Default)]
struct Open {
    depth: usize,
    suites: Vec<Suite>,
    case: Option<Case>,
    /// The text of a failure is being read.
    is_told: bool,
    runs: usize,
}

struct Suite {
    place: Place,
    depth: usize,
    timestamp: String,
    seconds: Option<f64>,
    properties: BTreeMap<&'static str, String>,
    cases: Vec<Case>,
}

struct Case {
    place: Place,
    what: String,
    timestamp: String,
    seconds: Option<f64>,
    outcome: CheckOutcome,
    error: String,
}

impl Open {
    fn event(&mut self, event: &Event<'_>, place: Place, found: &mut Findings) -> Result<(), String> {
        match event {
            Event::Start(element) => {
                self.depth += 1;
                if self.depth > MOST_DEPTH {
                    return Err(format!("more than {MOST_DEPTH} elements in each other"));
                }
                self.begin(element, place)?;
            }
            Event::Empty(element) => {
                self.depth += 1;
                self.begin(element, place)?;
                self.end(element.local_name().as_ref(), found);
            }
            Event::End(element) => self.end(element.local_name().as_ref(), found),
            Event::Text(text) if self.is_told => self.tell(text),
            Event::CData(text) if self.is_told => self.tell(text),
            // What it declares is expanded by nobody here.
            Event::DocType(_) => return Err("a document type is declared, which results of tests have not".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn begin(&mut self, element: &BytesStart<'_>, place: Place) -> Result<(), String> {
        let number = |name: &str| attribute(element, name).replace(',', "").parse::<f64>().ok();
        let seconds = number("time").filter(|seconds| (0.0..1e8).contains(seconds));
        let timestamp = attribute(element, "timestamp");
        match element.local_name().as_ref() {
            "testsuite" => self.suites.push(Suite {
                place,
                depth: self.depth,
                timestamp,
                seconds,
                properties: BTreeMap::new(),
                cases: Vec::new(),
            }),
            "property" if self.case.is_none() => {
                let name = attribute(element, "name");
                let known = PROPERTIES.iter().find(|known| **known == name);
                if let (Some(name), Some(suite)) = (known, self.suites.last_mut()) {
                    suite.properties.insert(name, attribute(element, "value"));
                }
            }
            "testcase" => {
                self.runs += 1;
                if self.runs > MOST_RUNS {
                    return Err(format!("no run after the first {MOST_RUNS} is read"));
                }
                let words = [attribute(element, "classname"), attribute(element, "name")];
                let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| !word.is_empty()).collect();
                let what = if words.is_empty() { "test".to_owned() } else { cut(&words.join(" ")) };
                let (outcome, error) = (CheckOutcome::Passed, String::new());
                self.case = Some(Case { place, what, timestamp, seconds, outcome, error });
            }
            "failure" | "error" => {
                if let Some(case) = &mut self.case {
                    case.outcome = CheckOutcome::Failed;
                    let message = [attribute(element, "message"), attribute(element, "type")];
                    if case.error.is_empty() {
                        case.error = message.into_iter().find(|text| !text.is_empty()).unwrap_or_default();
                    }
                    self.is_told = case.error.is_empty();
                }
            }
            "skipped" => {
                if let Some(case) = &mut self.case {
                    case.outcome = CheckOutcome::Unknown;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&mut self, text: &str) {
        if let Some(case) = &mut self.case
            && let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty())
        {
            case.error = cut(line);
            self.is_told = false;
        }
    }

    fn end(&mut self, name: &str, found: &mut Findings) {
        match name {
            "testsuite" if self.suites.last().is_some_and(|suite| suite.depth == self.depth) => {
                self.suites.pop().into_iter().for_each(|suite| suite.close(found));
            }
            "testcase" => {
                if let (Some(case), Some(suite)) = (self.case.take(), self.suites.last_mut()) {
                    suite.cases.push(case);
                }
            }
            "failure" | "error" => self.is_told = false,
            _ => {}
        }
        self.depth = self.depth.saturating_sub(1);
    }

    /// What a broken file left open.
    fn close_all(self, found: &mut Findings) {
        self.suites.into_iter().for_each(|suite| suite.close(found));
    }
}

impl Suite {
    /// Its cases as runs.
    fn close(self, found: &mut Findings) {
        if self.cases.is_empty() {
            return;
        }
        let is_utc = self.is_utc();
        let began = when(&self.timestamp, is_utc);
        let took: f64 = self.cases.iter().filter_map(|case| case.seconds).sum();
        // They ran at the same time: when each did is not written.
        let are_parallel = self.seconds.is_some_and(|seconds| took > seconds + ROUNDED);
        let whole = seconds(self.seconds.unwrap_or(took));
        let Self { properties, cases, place, timestamp, .. } = self;
        let property = |name| properties.get(name).map(|text| cut(text)).filter(|text| !text.is_empty());
        let mut before = 0.0;
        let mut undated = 0_usize;
        for case in cases {
            let from = when(&case.timestamp, is_utc);
            let begins = match (from, began) {
                (Some(from), _) => Some((from, from + seconds(case.seconds.unwrap_or(0.0)))),
                (None, Some(began)) if are_parallel => Some((began, began + whole)),
                (None, Some(began)) => {
                    let from = began + seconds(before);
                    before = (before + case.seconds.unwrap_or(0.0)).clamp(0.0, LONGEST_S);
                    Some((from, began + seconds(before)))
                }
                (None, None) => None,
            };
            let Some((from, to)) = begins else {
                undated += 1;
                continue;
            };
            let (namespace, release) = (property("namespace"), property("release"));
            let Case { place, what, outcome, error, .. } = case;
            let run = CheckRun {
                from: Some(from),
                to,
                outcome,
                what,
                namespace,
                release,
                error: cut(&error),
                citation: Citation::default(),
            };
            let citation = found.cite(place, &said(&run));
            found.checks.push(CheckRun { citation, ..run });
        }
        if undated > 0 {
            let cases = if undated == 1 { "1 test case is" } else { &format!("{undated} test cases are") };
            let why = match timestamp.is_empty() {
                true => "the suite says no time".to_owned(),
                false => format!("the suite's time has no zone: {:?}", cut(&timestamp)),
            };
            found.unreadable(place, format!("{cases} not read: {why}"));
        }
    }

    /// Whether times without a zone are known to be of UTC.
    fn is_utc(&self) -> bool {
        let zone = self.properties.get("user.timezone").map(String::as_str);
        match zone {
            Some(zone) if ["UTC", "GMT", "Etc/UTC", "Etc/GMT", "Z"].contains(&zone) => true,
            _ => self.properties.contains_key("ant.version"),
        }
    }
}

/// A run in words, as it is quoted.
fn said(run: &CheckRun) -> String {
    let outcome = match run.outcome {
        CheckOutcome::Passed => "passed",
        CheckOutcome::Failed => "failed",
        CheckOutcome::Unknown => "skipped",
    };
    let error = if run.error.is_empty() { String::new() } else { format!(": {}", run.error) };
    format!("{} {outcome}{error}", run.what)
}

fn when(text: &str, is_utc: bool) -> Option<DateTime<Utc>> {
    times::read(text).or_else(|| times::read(&format!("{}Z", text.trim())).filter(|_| is_utc && !text.is_empty()))
}

/// No test takes longer; sums of more would leave the calendar.
const LONGEST_S: f64 = 1e6;

fn seconds(seconds: f64) -> TimeDelta {
    TimeDelta::from_std(std::time::Duration::try_from_secs_f64(seconds.clamp(0.0, LONGEST_S)).unwrap_or_default())
        .unwrap_or_default()
}

/// The value of an attribute; empty where there is none.
fn attribute(element: &BytesStart<'_>, name: &str) -> String {
    // Looking for repeated names would cost the square of their number.
    let mut attributes = element.attributes();
    let found = attributes.with_checks(false).flatten().find(|one| one.key.local_name().as_ref() == name);
    let value = found.and_then(|one| one.normalized_value(XmlVersion::Implicit1_0).ok().map(|text| cut(&text)));
    value.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(text: &str) -> Findings {
        let mut found = Findings::default();
        read(text.as_bytes(), Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        found
    }

    fn runs(found: &Findings) -> Vec<(String, CheckOutcome, u32)> {
        let time = |run: &CheckRun| {
            format!("{} {}", run.from.unwrap_or_default().format("%H:%M:%S%.f"), run.to.format("%H:%M:%S%.f"))
        };
        found.checks.iter().map(|run| (time(run), run.outcome, run.citation.line)).collect()
    }

    // As pytest 8 writes it: src/_pytest/junitxml.py, with the offset of its time since 8.?; the message as an attribute.
    const PYTEST: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<testsuites><testsuite name=\"pytest\" errors=\"0\" failures=\"1\" skipped=\"1\" \
        tests=\"3\" time=\"12.500\" timestamp=\"2026-11-21T17:00:23.500000+01:00\" hostname=\"ci\">\
        <testcase classname=\"tests.test_api\" name=\"test_get\" time=\"2.000\" />\n\
        <testcase classname=\"tests.test_api\" name=\"test_post[&lt;a&gt;]\" time=\"10.25\"><failure message=\"assert 503 == 200&#10;x\">def test</failure></testcase>\n\
        <testcase classname=\"tests.test_api\" name=\"test_put\" time=\"0.0\"><skipped type=\"pytest.skip\" message=\"no\"/></testcase></testsuite></testsuites>";

    #[test]
    fn cases_are_runs_one_after_the_other() {
        use CheckOutcome::*;
        let found = read_all(PYTEST);
        let expected = [
            ("16:00:23.500 16:00:25.500".to_owned(), Passed, 2),
            ("16:00:25.500 16:00:35.750".to_owned(), Failed, 3),
            ("16:00:35.750 16:00:35.750".to_owned(), Unknown, 4),
        ];
        assert_eq!(runs(&found), expected);
        let failed = &found.checks[1];
        assert_eq!(
            (failed.what.as_str(), failed.error.as_str()),
            ("tests.test_api test_post[<a>]", "assert 503 == 200\nx")
        );
        assert!(found.unreadable.is_empty());
    }

    #[test]
    fn cases_that_took_longer_than_their_suite_ran_at_once() {
        let found = read_all(&PYTEST.replace("time=\"12.500\"", "time=\"10.500\""));
        assert_eq!(found.checks[2].to, found.checks[0].to);
        assert_eq!(runs(&found)[0].0, "16:00:23.500 16:00:34");
    }

    #[test]
    fn a_time_without_a_zone_is_one_only_where_its_writer_is_known() {
        let suite = |properties: &str| {
            format!(
                "<testsuite timestamp=\"2026-11-21T16:00:23\" time=\"1\"><properties>{properties}</properties>\
                 <testcase name=\"a\" time=\"1\"><error>\n  boom \nat x</error></testcase></testsuite>"
            )
        };
        let found = read_all(&suite(""));
        assert!(found.checks.is_empty());
        assert!(
            found.facts.quote(found.unreadable[0]).contains("1 test case is not read: the suite's time has no zone")
        );
        for known in
            ["<property name=\"ant.version\" value=\"1.10\"/>", "<property name=\"user.timezone\" value=\"UTC\"/>"]
        {
            let found = read_all(&suite(&format!("{known}<property name=\"namespace\" value=\"ci\"/>")));
            assert_eq!(runs(&found), [("16:00:23 16:00:24".to_owned(), CheckOutcome::Failed, 1)]);
            assert_eq!((found.checks[0].error.as_str(), found.checks[0].namespace.as_deref()), ("boom", Some("ci")));
        }
        assert!(read_all(&suite("<property name=\"user.timezone\" value=\"Europe/Berlin\"/>")).checks.is_empty());
    }

    #[test]
    fn nothing_is_expanded_and_a_broken_file_keeps_what_came() {
        let bomb = "<!DOCTYPE lolz [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><testsuites>&b;</testsuites>";
        assert!(read_all(bomb).facts.quote(read_all(bomb).unreadable[0]).contains("document type"));
        let found = read_all(PYTEST.split("<skipped").next().expect("a part"));
        assert_eq!(found.checks.len(), 2);
        let deep = "<a>".repeat(100_000);
        assert!(!read_all(&deep).unreadable.is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), marks in "(<testsuite|<testcase|</testsuite>|<failure|/>|>| time=\"|1|e9|\"| timestamp=\"2026-11-21T16:00:23Z\"|&lt;|<!\\[CDATA\\[|\\]\\]>){0,30}") {
            read_all(&text);
            read_all(&marks);
        }
    }
}
