//! Facts to signals: what the records mean, one subject and one span of time each.
//!
//! A signal is an entry of the catalogue (`catalogue/FAMILY.yaml`), tried on the facts that it may match; occurrences of the same
//! signal on the same subject that follow each other closely are one. The few signals that no single record shows
//! are derived from others, in `derived`. A rule never fails; it matches or it does not.

mod ascii;
mod at_once;
mod catalogue;
mod contradicted;
mod derived;
mod detect;
mod dispatch;
mod example;
mod hosts;
mod labels;
mod lives;
mod look;
mod matching;
mod mention;
mod merge;
mod named_cause;
mod not_understood;
mod origin;
mod phrase;
mod place;
mod polarity;
mod role;
mod rule;
mod shape;
mod state;
pub mod template;
mod unrecognised;
mod validate;
mod written_example;

pub use catalogue::{Catalogue, CatalogueError, Remark, nearest};
pub use detect::{Detected, detect};
pub use labels::{Labels, as_uid};
pub use lives::{LONGEST_RESTART, taken_out};
pub use mention::LABEL as NAMES;
pub use named_cause::{NamedCause, named_causes};
pub use not_understood::{Explained, NotUnderstood, not_understood};
pub use origin::Origin;
pub use phrase::{BECAUSE, CAUSE, CAUSE_WHAT, CAUSE_WHOM, Phrase, Phrases};
pub(crate) use place::{line_of, mistake};
pub use role::{Role, Roles};
pub(crate) use rule::filled;
pub use rule::{Rule, SubjectFrom};
pub use shape::{Bound, add_facts as add_series_facts};
pub use unrecognised::{REPORTER, of_no_rule};

use crate::evidence::FactId;
use crate::model::{Citation, End, Moment, Severity, Subject};
use chrono::{DateTime, Utc};

/// Records of a signal at each end that statements rest on.
const FEW: usize = 3;

/// Something abnormal, or something that explains it, about one subject over one span of time.
#[derive(Clone, Debug, PartialEq)]
pub struct Signal {
    /// The catalogue's name, as `OOMKilled` or `Unhealthy(readiness)`.
    pub name: String,
    pub subject: Subject,
    /// The first sign, and how much earlier it may have begun.
    pub from: Moment,
    /// The last sign of it.
    pub last: DateTime<Utc>,
    pub end: End,
    /// Which of several times it is that the subject was in such trouble, with pauses between.
    pub episode: Option<Episode>,
    pub count: u64,
    pub severity: Severity,
    /// The catalogue's family.
    pub family: String,
    /// What the program does with it.
    pub roles: Roles,
    /// Which of several of its kind, as `readiness` of probes.
    pub variant: Option<String>,
    /// One sentence.
    pub title: String,
    pub node: Option<String>,
    /// What the records said beside: captured by the rule, or fields of the record.
    pub labels: Labels,
    /// Every record of it, in order of time; of what was derived from other signals, their first.
    pub occurrences: Vec<FactId>,
    /// Where those records stand: at least one. What of them is quoted is for `report` to choose.
    pub evidence: Vec<Citation>,
    /// The record that tells of its end, or of its last occurrence, where one does.
    pub ended_by: Option<Citation>,
}

/// One of several times of the same trouble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// From 1, in order of time.
    pub number: usize,
    pub of: usize,
}

impl Signal {
    pub fn has(&self, role: Role) -> bool {
        self.roles.has(role)
    }

    /// Whether somebody or something was hurt, and not only watched, or told so.
    pub fn is_harm(&self) -> bool {
        self.severity >= Severity::Warning && !self.has(Role::Detection) && !self.has(Role::Client)
    }

    pub fn variant(&self) -> Option<&str> {
        self.variant.as_deref()
    }

    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.first(name)
    }

    /// All values of a label, in order of time.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.labels.all(name)
    }

    /// A few of its records, from its begin and its end: what a statement about it rests on.
    pub fn first_and_last(&self) -> impl Iterator<Item = Citation> {
        let (all, last) = (self.evidence.as_slice(), self.evidence.len().saturating_sub(FEW).max(FEW));
        let ends = [all.get(..FEW.min(all.len())), all.get(last..)];
        ends.into_iter().flatten().flatten().copied()
    }

    /// Until when it is known to have lasted: to its end, or to its last sign where its end is not recorded. None
    /// while it goes on.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self.end {
            End::At(end) => Some(end),
            End::Unknown => Some(self.last),
            End::Ongoing => None,
        }
    }

    /// The last time that it is dated to: that of its beginning, while it goes on.
    pub fn last_seen(&self) -> DateTime<Utc> {
        self.until().map_or(self.from.time, |until| until.max(self.from.time))
    }

    /// The template of a question or an action with its placeholders filled, `of` being whom it is about; none where
    /// the records do not have what it speaks of.
    pub fn fill(&self, template: &str, of: &Subject) -> Option<String> {
        template::filled(template, |name| match name {
            "name" => Some(of.name().to_owned()),
            "namespace" => Some(of.namespace().unwrap_or_default().to_owned()),
            "node" => Some(self.node.as_deref().unwrap_or("the node").to_owned()),
            "subject" => Some(of.to_string()),
            label => self.label(label).map(str::to_owned),
        })
    }

    /// The name without its qualifier: `Unhealthy` of `Unhealthy(readiness)`.
    pub fn base_name(&self) -> &str {
        self.name.split_once('(').map_or(self.name.as_str(), |(base, _)| base)
    }
}
