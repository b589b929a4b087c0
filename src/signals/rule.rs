//! A rule of the catalogue as it is written, and as it is understood.

use super::look::{Look, WrittenLook};
use super::shape::SeriesLook;
use crate::model::Severity;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// An entry of `catalogue/FAMILY.yaml` as written. See CONTRIBUTING for the form.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenRule {
    pub name: String,
    /// One sentence; `{label}` stands for a label of the signal, and `{subject}`, `{name}`, `{node}` for what they say.
    pub title: String,
    pub severity: Severity,
    /// Where to look: any of these.
    #[serde(default)]
    pub look: Vec<WrittenLook>,
    /// `about` (the record's own subject), `node`, `pod` (the one whose UID the label `pod_uid` holds, else the
    /// record's own), or a subject with labels: `Alert/{alertname}`.
    #[serde(default)]
    pub subject: Option<String>,
    /// Labels that tell occurrences on one subject apart.
    #[serde(default)]
    pub key: Vec<String>,
    /// Occurrences further apart than this are signals of their own.
    #[serde(default)]
    pub merge: Option<String>,
    /// What ends the state. A rule with `ends` is a state, one without is an occurrence.
    #[serde(default)]
    pub ends: Vec<WrittenLook>,
    /// How long after its true onset such a thing is noticed at most.
    #[serde(default)]
    pub noticed_after: Option<String>,
    /// The rule, without a `look`, that takes over occurrences of a container's first start, before it was well once.
    #[serde(default)]
    pub while_starting: Option<String>,
    /// The rule, without a `look`, that takes over occurrences of a pod that is ended on purpose.
    #[serde(default)]
    pub while_ending: Option<String>,
    pub explanation: String,
    /// Document, KEP or code that the explanation rests on.
    pub source: String,
    #[serde(default)]
    pub questions: Vec<String>,
    pub examples: WrittenExamples,
}

/// Records that must match and near misses that must not, each in the form of [`super::example`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenExamples {
    pub matches: Vec<BTreeMap<String, serde_json::Value>>,
    pub near_misses: Vec<BTreeMap<String, serde_json::Value>>,
}

/// A rule ready to be tried on facts.
#[derive(Debug)]
pub struct Rule {
    pub name: String,
    pub family: String,
    pub title: String,
    pub severity: Severity,
    pub explanation: String,
    pub source: String,
    pub questions: Vec<String>,
    pub(super) looks: Vec<Look>,
    pub(super) ends: Vec<Look>,
    pub subject: SubjectFrom,
    pub(super) key: Vec<String>,
    pub(super) merge: Duration,
    pub(super) noticed_after: Duration,
    pub(super) while_starting: Option<String>,
    pub(super) while_ending: Option<String>,
    pub(super) examples: WrittenExamples,
}

/// Occurrences closer than this are one signal, unless the rule says otherwise.
const MERGE: Duration = Duration::from_secs(300);

/// How a rule finds its subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubjectFrom {
    /// The record's own.
    About,
    /// The node it happened on.
    Node,
    /// The pod whose UID the label `pod_uid` holds; the record's own subject where there is no such label.
    Pod,
    /// `Kind/{label}` or `Kind/{label}/{label}`.
    Template(String),
}

impl Rule {
    /// Understands what is written. The error names the rule and the part.
    pub(super) fn new(family: &str, written: WrittenRule) -> Result<Self, String> {
        let name = written.name;
        let broken = |part: &str, why: String| format!("rule {name}: {part}: {why}");
        let looks = |part: &'static str, written: Vec<WrittenLook>| -> Result<Vec<Look>, String> {
            written.into_iter().map(|look| Look::new(look).map_err(|why| broken(part, why))).collect()
        };
        let duration = |part: &'static str, text: Option<String>, default: Duration| match text {
            Some(text) => humantime::parse_duration(&text).map_err(|error| broken(part, error.to_string())),
            None => Ok(default),
        };
        let subject = match written.subject.as_deref() {
            None | Some("about") => SubjectFrom::About,
            Some("node") => SubjectFrom::Node,
            Some("pod") => SubjectFrom::Pod,
            Some(template) if template.contains('/') => SubjectFrom::Template(template.to_owned()),
            Some(other) => {
                return Err(broken("subject", format!("{other} is neither about, node, pod nor a template")));
            }
        };
        Ok(Self {
            family: family.to_owned(),
            looks: looks("look", written.look)?,
            ends: looks("ends", written.ends)?,
            merge: duration("merge", written.merge, MERGE)?,
            noticed_after: duration("noticed_after", written.noticed_after, Duration::ZERO)?,
            while_starting: written.while_starting,
            while_ending: written.while_ending,
            title: written.title,
            severity: written.severity,
            explanation: written.explanation,
            source: written.source,
            questions: written.questions,
            subject,
            key: written.key,
            examples: written.examples,
            name,
        })
    }

    /// Where it looks at series.
    pub(super) fn series_looks(&self) -> impl Iterator<Item = &SeriesLook> {
        self.looks.iter().chain(&self.ends).filter_map(Look::series)
    }

    /// Whether it is a state that lasts until something ends it.
    pub fn is_state(&self) -> bool {
        !self.ends.is_empty()
    }
}
