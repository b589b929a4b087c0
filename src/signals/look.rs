//! Where a rule looks: one kind of record, and what its fields must say.
//!
//! Patterns are regular expressions; their named groups become labels of the signal.

use super::shape::SeriesLook;
use crate::evidence::{Fact, Record};
use regex::Regex;
use serde::Deserialize;
use std::collections::BTreeMap;

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
    endpoints_without_ready: Option<WrittenText>,
    change: Option<WrittenText>,
    series: Option<SeriesLook>,
    series_gap: Option<WrittenText>,
    missing: Option<WrittenText>,
    set: BTreeMap<String, String>,
}

/// What a record's fields must be. Every field that is written must agree.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenText {
    /// Any of these: an event's or status's reason, a unit's name, a condition's type, a missing item's source.
    any: Vec<String>,
    /// Kinds of subject.
    kind: Vec<String>,
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
            ("endpoints-without-ready", written.endpoints_without_ready),
            ("change", written.change),
            ("series-gap", written.series_gap),
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
        let pattern = text.text.as_deref().map(Regex::new).transpose().map_err(|error| error.to_string())?;
        if pattern.is_none() && matches!(record, "journal" | "log") {
            return Err("a journal or log needs a text to match".to_owned());
        }
        let not_pattern = text.not_text.as_deref().map(Regex::new).transpose().map_err(|error| error.to_string())?;
        Ok(Self { record, text, pattern, not_pattern, series, set: written.set })
    }

    /// The pattern of lines, if this look is at lines of `record`.
    pub fn line_pattern(&self, record: &str) -> Option<&str> {
        (self.record == record).then(|| self.pattern.as_ref().map(Regex::as_str)).flatten()
    }

    /// Everything that a record is compared with: the pattern, and words that a field must be.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let WrittenText { any, kind, status, reason, .. } = &self.text;
        let words = [any, kind, status, reason].into_iter().flatten().map(String::as_str);
        let series = self.series.iter().flat_map(SeriesLook::texts);
        self.pattern.as_ref().map(Regex::as_str).into_iter().chain(words).chain(series)
    }

    /// What it wants of a series, if it looks at one.
    pub fn series(&self) -> Option<&SeriesLook> {
        self.series.as_ref()
    }

    /// The labels of a fact that matches.
    pub fn matches(&self, fact: &Fact) -> Option<BTreeMap<String, String>> {
        let unwanted = self.text.not_name.iter().any(|name| name == fact.subject.name());
        if fact.record.kind() != self.record || !one_of(&self.text.kind, fact.subject.kind()) || unwanted {
            return None;
        }
        let mut labels = BTreeMap::new();
        let text = self.fields(&fact.record, &mut labels)?;
        if self.not_pattern.as_ref().is_some_and(|pattern| pattern.is_match(&text)) {
            return None;
        }
        if let Some(pattern) = &self.pattern {
            let captures = pattern.captures(&text)?;
            for name in pattern.capture_names().flatten() {
                if let Some(value) = captures.name(name).filter(|value| !value.is_empty()) {
                    labels.insert(name.to_owned(), value.as_str().to_owned());
                }
            }
        }
        labels.extend(self.set.clone());
        Some(labels)
    }

    /// Checks the fields beside the text, notes those worth a label, and gives the text.
    fn fields(&self, record: &Record, labels: &mut BTreeMap<String, String>) -> Option<String> {
        let mut label = |name: &str, value: &str| {
            if !value.is_empty() {
                labels.insert(name.to_owned(), value.to_owned());
            }
        };
        let want = &self.text;
        match record {
            Record::Event { reason, note, container, .. } => {
                container.iter().for_each(|container| label("container", container));
                one_of(&want.any, reason).then(|| note.clone())
            }
            Record::Journal { unit, message, .. } => one_of(&want.any, unit).then(|| message.clone()),
            Record::Log { container, message, .. } => {
                label("container", container);
                one_of(&want.any, container).then(|| message.clone())
            }
            Record::Condition { condition, status, reason, message } => {
                label("reason", reason);
                let all = one_of(&want.any, condition) && one_of(&want.status, status) && one_of(&want.reason, reason);
                all.then(|| message.clone())
            }
            Record::Terminated { container, init, reason, exit_code, message } => {
                label("container", container);
                label("exit_code", &exit_code.to_string());
                label("reason", reason);
                let code = want.exit_code.is_empty() || want.exit_code.contains(exit_code);
                let code = code && !want.not_exit_code.contains(exit_code);
                let all = one_of(&want.any, reason) && code && want.init.is_none_or(|wanted| wanted == *init);
                all.then(|| message.clone())
            }
            Record::Waiting { container, reason, message } => {
                label("container", container);
                one_of(&want.any, reason).then(|| message.clone())
            }
            Record::Running { container, restarts } => {
                label("container", container);
                label("restarts", &restarts.to_string());
                (*restarts >= want.restarts.unwrap_or(0)).then(String::new)
            }
            Record::StatusReason { phase, reason, message } => {
                label("phase", phase);
                one_of(&want.any, reason).then(|| message.clone())
            }
            // Nothing looks for these: they are what no rule wants.
            Record::ErrorLine { .. } => None,
            Record::EndpointsWithoutReady => Some(String::new()),
            Record::Change { what, by, read } => {
                label("what", what);
                let known = |one: &String| by.get(..one.len()).is_some_and(|start| start.eq_ignore_ascii_case(one));
                (*read || want.read_or_by.is_empty() || want.read_or_by.iter().any(known)).then(|| what.clone())
            }
            Record::Series { query, labels: found, value } => self.series_matches(query, found, *value).then(|| {
                found.iter().for_each(|(name, value)| label(name, value));
                String::new()
            }),
            Record::SeriesGap { query, .. } => one_of(&want.any, query).then(String::new),
            Record::Missing { source, why, .. } => {
                label("source", source);
                one_of(&want.any, source).then(|| why.clone())
            }
        }
    }

    fn series_matches(&self, query: &str, labels: &BTreeMap<String, String>, value: f64) -> bool {
        let wants = |series: &SeriesLook| {
            let label = |name: &str| labels.get(name).map(String::as_str);
            series.query() == query && series.holds(value) && series.is_of(label)
        };
        self.series.as_ref().is_some_and(wants)
    }
}

fn one_of(wanted: &[String], found: &str) -> bool {
    wanted.is_empty() || wanted.iter().any(|one| one == found)
}
