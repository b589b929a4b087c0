//! Where a rule looks: one kind of record, and what its fields must say.
//!
//! Patterns are regular expressions; their named groups become labels of the signal.

mod in_words;
/// A pattern, or what is wrong with it as it was written.
fn compiled(pattern: &str) -> Result<Regex, String> {
    Regex::new(&ascii(pattern)).or_else(|_| Regex::new(pattern)).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests;

use super::ascii::ascii;
use super::labels::{self, RecordLabels};
use super::shape::SeriesLook;
use crate::evidence::{Fact, LineMatcher, Record};
use crate::logline::unit;
use regex::Regex;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// As written: exactly one of the record kinds, and labels to set.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub(super) struct WrittenLook {
    event: Option<WrittenText>,
    journal: Option<WrittenText>,
    log: Option<WrittenText>,
    condition: Option<WrittenText>,
    terminated: Option<WrittenText>,
    waiting: Option<WrittenText>,
    running: Option<WrittenText>,
    status_reason: Option<WrittenText>,
    state: Option<WrittenText>,
    endpoints_without_ready: Option<WrittenText>,
    change: Option<WrittenText>,
    series: Option<SeriesLook>,
    series_gap: Option<WrittenText>,
    check: Option<WrittenText>,
    note: Option<WrittenText>,
    compared: Option<WrittenText>,
    request: Option<WrittenText>,
    missing: Option<WrittenText>,
    set: BTreeMap<String, String>,
}

impl WrittenLook {
    /// Whether it is at an event, or at what an object's status says.
    pub(super) fn is_of_state(&self) -> bool {
        let Self { event, condition, terminated, waiting, running, status_reason, .. } = self;
        [event, condition, terminated, waiting, running, status_reason].iter().any(|look| look.is_some())
    }
}

/// What a record's fields must be. Every field that is written must agree.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenText {
    /// Any of these: an event's or status's reason, a state, a unit's class or name, a condition's type, a missing item's
    /// source, how readings differ, what came of requests.
    any: Vec<String>,
    /// Kinds of subject.
    kind: Vec<String>,
    /// Kinds that the subject must not be of.
    not_kind: Vec<String>,
    /// What the text must match: an event's note, a line, a message, what changed.
    text: Option<String>,
    /// A condition's status.
    status: Vec<String>,
    /// A condition's reason.
    reason: Vec<String>,
    exit_code: Vec<i64>,
    not_exit_code: Vec<i64>,
    /// Whether the container only prepares its pod.
    init: Option<bool>,
    /// What the text must not match.
    not_text: Option<String>,
    /// The changed object is read by a pod, or was written by a program whose name begins like one of these.
    read_or_by: Vec<String>,
    /// The programs that reported an event, as it names them.
    by: Vec<String>,
    /// Programs that must not have reported it.
    not_by: Vec<String>,
    /// Names of the subject.
    name: Vec<String>,
    /// Names that the subject must not have.
    not_name: Vec<String>,
    /// A running container that was started at least so often again.
    restarts: Option<u64>,
}

/// A look ready to be tried.
#[derive(Debug)]
pub(super) struct Look {
    record: &'static str,
    text: WrittenText,
    pattern: Option<Regex>,
    not_pattern: Option<Regex>,
    series: Option<SeriesLook>,
    set: BTreeMap<String, String>,
}

impl Look {
    pub fn new(written: WrittenLook) -> Result<Self, String> {
        let series = written.series;
        let kinds = [
            ("event", written.event),
            ("journal", written.journal),
            ("log", written.log),
            ("condition", written.condition),
            ("terminated", written.terminated),
            ("waiting", written.waiting),
            ("running", written.running),
            ("status-reason", written.status_reason),
            ("state", written.state),
            ("endpoints-without-ready", written.endpoints_without_ready),
            ("change", written.change),
            ("series-gap", written.series_gap),
            ("check", written.check),
            ("note", written.note),
            ("compared", written.compared),
            ("request", written.request),
            ("missing", written.missing),
        ];
        let mut given: Vec<(&'static str, WrittenText)> =
            kinds.into_iter().filter_map(|(kind, text)| Some((kind, text?))).collect();
        if series.is_some() {
            given.push(("series", WrittenText::default()));
        }
        let count = given.len();
        let (Some((record, text)), 1) = (given.pop(), count) else {
            return Err(format!("{count} kinds of record, where one is to be named"));
        };
        let pattern = text.text.as_deref().map(compiled).transpose()?;
        if matches!(record, "journal" | "log") {
            let text = text.text.as_deref().ok_or("a journal or log needs a text to match")?;
            // Lines are found by words that a pattern requires; one without any would be tried on every line.
            LineMatcher::new([text], []).map_err(|error| error.to_string())?;
        }
        if pattern.is_some() && matches!(record, "running" | "endpoints-without-ready" | "series-gap") {
            return Err(format!("a {record} has no text"));
        }
        let not_pattern = text.not_text.as_deref().map(compiled).transpose()?;
        Ok(Self { record, text, pattern, not_pattern, series, set: written.set })
    }

    /// The pattern of lines, if this look is at lines of `record`.
    pub fn line_pattern(&self, record: &str) -> Option<&Regex> {
        self.pattern.as_ref().filter(|_| self.record == record)
    }

    /// The words for units, if this look is at their journals: classes, or names of units that are of none.
    #[cfg(test)]
    pub fn units(&self) -> &[String] {
        if self.record == "journal" { &self.text.any } else { &[] }
    }

    /// Everything that a record is compared with: the pattern, and words that a field must be.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let WrittenText { any, kind, status, reason, .. } = &self.text;
        let words = [any, kind, status, reason].into_iter().flatten().map(String::as_str);
        let series = self.series.iter().flat_map(SeriesLook::texts);
        self.pattern.as_ref().map(Regex::as_str).into_iter().chain(words).chain(series)
    }

    /// Every label that a fact may get here: named groups, what is set, and what the kind of record gives.
    pub fn labels(&self) -> BTreeSet<&str> {
        let groups = self.pattern.iter().flat_map(|pattern| pattern.capture_names().flatten()).map(labels::of_group);
        let fields: &[&str] = match self.record {
            "event" | "log" | "waiting" | "compared" => &["container"],
            "condition" => &["reason"],
            "terminated" => &["container", "exit_code", "reason"],
            "running" => &["container", "restarts"],
            "status-reason" => &["phase"],
            "change" => &["what"],
            "check" => &["outcome", "node", "runs"],
            "note" => &["author", "said"],
            "request" => &["client", "asked", "code", "said"],
            "missing" => &["source"],
            _ => &[],
        };
        let series = self.series.iter().flat_map(|series| series.label_names());
        groups.chain(self.set.keys().map(String::as_str)).chain(fields.iter().copied()).chain(series).collect()
    }

    /// The kinds of subject whose records may match; none where it does not say.
    pub fn kinds(&self) -> Option<Vec<&str>> {
        let of_record = match self.record {
            "journal" => Some("Node"),
            "log" | "terminated" | "waiting" | "running" => Some("Pod"),
            "endpoints-without-ready" => Some("Endpoints"),
            _ => None,
        };
        match self.text.kind.as_slice() {
            [] => of_record.map(|kind| vec![kind]),
            kinds => Some(kinds.iter().map(String::as_str).collect()),
        }
    }

    /// Whether its records may be about a subject of this kind.
    pub fn may_be_about(&self, kind: &str) -> bool {
        self.kinds().is_none_or(|kinds| kinds.contains(&kind))
    }

    /// Whether it matches a condition whatever its reason and its words are.
    pub fn takes_any_reason(&self) -> bool {
        self.text.reason.is_empty() && self.pattern.is_none() && self.not_pattern.is_none()
    }

    /// Whether its records are there as long as what they show is so.
    pub fn shows_while_it_lasts(&self) -> bool {
        matches!(self.record, "series" | "endpoints-without-ready")
    }

    /// Whether its records say something in words, in which a phrase may stand.
    pub fn has_message(&self) -> bool {
        let mute =
            ["running", "endpoints-without-ready", "change", "series", "series-gap", "note", "compared", "missing"];
        !mute.contains(&self.record)
    }

    /// What it wants of a series, if it looks at one.
    pub fn series(&self) -> Option<&SeriesLook> {
        self.series.as_ref()
    }

    /// The record kind, and the words of which one must stand in its main field; none where any will do.
    pub fn wanted(&self) -> (&'static str, &[String]) {
        let words = match (self.record, &self.series) {
            (_, Some(series)) => series.query_words(),
            ("event" | "condition" | "terminated" | "waiting" | "status-reason" | "state", None) => {
                self.text.any.as_slice()
            }
            ("series-gap" | "missing" | "check" | "compared" | "request", None) => self.text.any.as_slice(),
            // The pattern of a line tells more than the name of its unit or container; others have no such field.
            _ => &[],
        };
        (self.record, words)
    }

    /// The labels of a fact that matches.
    pub fn matches<'a>(&'a self, fact: &Fact<'a>) -> Option<RecordLabels<'a>> {
        let unwanted = self.text.not_name.iter().any(|name| name == fact.subject.name())
            || self.text.not_kind.iter().any(|kind| fact.subject.is(kind))
            || !one_of(&self.text.name, fact.subject.name());
        if fact.record.kind() != self.record || !one_of(&self.text.kind, fact.subject.kind()) || unwanted {
            return None;
        }
        let mut labels = RecordLabels::default();
        let text = self.fields(fact.record, &mut labels)?;
        if self.not_pattern.as_ref().is_some_and(|pattern| pattern.is_match(text)) {
            return None;
        }
        if let Some(pattern) = &self.pattern {
            let captures = pattern.captures(text)?;
            for name in pattern.capture_names().flatten() {
                if let Some(value) = captures.name(name) {
                    labels.set(labels::of_group(name), labels::whole_words(text, value.range()));
                }
            }
        }
        for (name, value) in &self.set {
            labels.set(name, value.as_str());
        }
        Some(labels)
    }

    /// Checks the fields beside the text, notes those worth a label, and gives the text.
    fn fields<'a>(&self, record: Record<'a>, labels: &mut RecordLabels<'a>) -> Option<&'a str> {
        let want = &self.text;
        match record {
            Record::Event { reason, note, container, by, .. } => {
                labels.set("container", container.unwrap_or_default());
                let is_reporter = one_of(&want.by, by) && !want.not_by.iter().any(|one| one == by);
                (is_reporter && one_of(&want.any, reason)).then_some(note)
            }
            Record::Journal { unit, message, .. } => self.takes_unit(unit).then_some(message),
            Record::Log { container, message, .. } => {
                labels.set("container", container);
                one_of(&want.any, container).then_some(message)
            }
            Record::Condition { condition, status, reason, message } => {
                labels.set("reason", reason);
                let is_wanted = one_of(&want.status, status) && one_of(&want.reason, reason);
                (is_wanted && one_of(&want.any, condition)).then_some(message)
            }
            Record::Terminated { container, init, reason, exit_code, message } => {
                labels.set("container", container);
                labels.set("exit_code", exit_code.to_string());
                labels.set("reason", reason);
                let is_wanted = want.init.is_none_or(|wanted| wanted == init) && self.takes_exit_code(exit_code);
                (is_wanted && one_of(&want.any, reason)).then_some(message)
            }
            Record::Waiting { container, reason, message } => {
                labels.set("container", container);
                one_of(&want.any, reason).then_some(message)
            }
            Record::Running { container, restarts } => {
                labels.set("container", container);
                labels.set("restarts", restarts.to_string());
                (restarts >= want.restarts.unwrap_or(0)).then_some("")
            }
            Record::StatusReason { phase, reason, message } => {
                labels.set("phase", phase);
                one_of(&want.any, reason).then_some(message)
            }
            Record::State { state, message } => one_of(&want.any, state).then_some(message),
            // Nothing looks for these: they are what no rule wants.
            Record::ErrorLine { .. } => None,
            Record::EndpointsWithoutReady => Some(""),
            Record::Change { what, by, read, .. } => {
                labels.set("what", what);
                (read || self.takes_writer(by)).then_some(what)
            }
            Record::Series { query, labels: found, value } => self.series_matches(query, found, value).then(|| {
                found.iter().for_each(|(name, value)| labels.set(name, value.as_str()));
                ""
            }),
            Record::SeriesGap { query } => one_of(&want.any, query).then_some(""),
            Record::Check { .. }
            | Record::Note { .. }
            | Record::Compared { .. }
            | Record::Request { .. }
            | Record::Missing { .. } => self.fields_beside(record, labels),
        }
    }

    /// As [`fields`](Self::fields), of what stands beside the records of a cluster: what checks, comparisons and the
    /// collection itself say.
    fn fields_beside<'a>(&self, record: Record<'a>, labels: &mut RecordLabels<'a>) -> Option<&'a str> {
        let want = &self.text;
        match record {
            Record::Check { step, outcome, node, runs } => {
                labels.set("outcome", outcome);
                labels.set("node", node);
                labels.set("runs", runs);
                one_of(&want.any, step).then_some(outcome)
            }
            Record::Note { author, text } => {
                labels.set("author", if author.is_empty() { "somebody" } else { author });
                labels.set("said", text);
                Some(text)
            }
            Record::Compared { what, container, message } => {
                labels.set("container", container);
                one_of(&want.any, what).then_some(message)
            }
            Record::Request { what, client, asked, code, message } => {
                labels.set("client", client);
                labels.set("asked", asked);
                labels.set("code", code.to_string());
                labels.set("said", message);
                one_of(&want.any, what).then_some(message)
            }
            Record::Missing { source, why, .. } => {
                labels.set("source", source);
                one_of(&want.any, source).then_some(why)
            }
            _ => None,
        }
    }

    fn takes_unit(&self, unit: &str) -> bool {
        self.text.any.is_empty() || self.text.any.iter().any(|word| unit::is(unit, word))
    }

    fn takes_writer(&self, by: &str) -> bool {
        let is_known = |one: &String| by.get(..one.len()).is_some_and(|start| start.eq_ignore_ascii_case(one));
        self.text.read_or_by.is_empty() || self.text.read_or_by.iter().any(is_known)
    }

    fn takes_exit_code(&self, code: i64) -> bool {
        let want = &self.text;
        (want.exit_code.is_empty() || want.exit_code.contains(&code)) && !want.not_exit_code.contains(&code)
    }

    fn series_matches(&self, query: &str, labels: &BTreeMap<String, String>, value: f64) -> bool {
        let wants = |series: &SeriesLook| {
            let label = |name: &str| labels.get(name).map(String::as_str);
            series.query() == query && series.holds(value) && series.is_of(label) && series.is_shape(label)
        };
        self.series.as_ref().is_some_and(wants)
    }
}

fn one_of(wanted: &[String], found: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| one == found)
}
