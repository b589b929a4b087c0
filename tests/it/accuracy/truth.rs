//! What an incident really was: the files `truth.yaml` beside the recordings, written by hand from their records.

use chrono::{DateTime, Utc};
use k8s_forensics::model::{Subject, SubjectPattern};
use serde::Deserialize;
use std::path::Path;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    pub summary: String,
    /// None where nothing began: a healthy cluster.
    #[serde(default)]
    pub trigger: Option<Trigger>,
    pub chain: Vec<Link>,
    pub edges: Vec<Edge>,
    pub factors: Vec<Factor>,
    /// What the failing share and the healthy do not.
    #[serde(default)]
    pub common: Vec<Common>,
    #[serde(default)]
    pub impact: Vec<Impact>,
    pub not: Vec<NotPart>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trigger {
    pub entity: String,
    pub what: String,
    #[serde(default)]
    pub at: Option<DateTime<Utc>>,
    /// Other entities that name the same.
    #[serde(default)]
    pub alias: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub entity: String,
    pub signal: String,
    /// Other names that would be as right.
    #[serde(default)]
    pub alias: Vec<String>,
    /// The onset lies within these, as far as it is known.
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
    /// Seen in some runs only.
    #[serde(default)]
    pub maybe: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edge {
    pub from: usize,
    pub to: usize,
    pub why: String,
}

/// The classes of contributing factors, as reports name them.
const CLASSES: [&str; 8] =
    ["trigger", "latent", "propagation", "amplifier", "detection", "response", "recovery", "luck"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    #[serde(default)]
    pub id: String,
    pub class: String,
    #[serde(default)]
    pub seen: Seen,
    /// What it is about.
    #[serde(default)]
    pub object: Option<String>,
    pub what: String,
}

/// Whether records can show a factor, or only people can tell of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Seen {
    #[default]
    Record,
    Ask,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common {
    pub attribute: String,
    pub value: String,
    #[serde(default)]
    pub of: Option<String>,
    /// How many of how many.
    #[serde(default)]
    pub failing: Option<[u64; 2]>,
    #[serde(default)]
    pub healthy: Option<[u64; 2]>,
    pub why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Impact {
    pub what: String,
    pub entity: String,
    #[serde(default)]
    pub count: Option<u64>,
    #[serde(default)]
    pub of: Option<u64>,
    #[serde(default)]
    pub from: Option<DateTime<Utc>>,
    #[serde(default)]
    pub to: Option<DateTime<Utc>>,
}

/// What is no part of it: a signal, an edge, or words that the draft must not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotPart {
    #[serde(default)]
    pub entity: Option<String>,
    #[serde(default)]
    pub signal: Option<String>,
    #[serde(default)]
    pub edge: Option<NotEdge>,
    /// A regular expression, in any case.
    #[serde(default)]
    pub says: Option<String>,
    pub why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotEdge {
    pub from: NotEnd,
    pub to: NotEnd,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotEnd {
    pub entity: String,
    pub signal: String,
}

impl Truth {
    /// The truth of the fixture in `folder`.
    pub fn of(folder: &Path) -> Self {
        let path = folder.join("truth.yaml");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let truth: Self = serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!truth.summary.is_empty(), "{}: a truth says what happened", path.display());
        for factor in &truth.factors {
            assert!(CLASSES.contains(&factor.class.as_str()), "{}: {} is no class", path.display(), factor.class);
        }
        for edge in &truth.edges {
            let known = edge.from < truth.chain.len() && edge.to < truth.chain.len() && !edge.why.is_empty();
            assert!(known, "{}: {edge:?} joins no links of the chain", path.display());
        }
        truth
    }
}

/// Whether a subject in its written form is one of those that a pattern means.
pub fn is_entity(pattern: &str, subject: &str) -> bool {
    subject.parse::<Subject>().is_ok_and(|subject| SubjectPattern::new(pattern).matches(&subject))
}
