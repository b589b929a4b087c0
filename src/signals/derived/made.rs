//! What kinds of derived signals share: which signals a parameter means, lengths of time, and how a signal is made of
//! what was found.

use super::super::merge::title;
use super::super::{Labels, Role, Rule, Signal};
use crate::evidence::FactId;
use crate::model::{Citation, End, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Deserializer, de::Error};

/// Signals by what the program does with them, or by their names: `{roles: [node-unready], names: [TargetDown]}`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Which {
    roles: Vec<Role>,
    names: Vec<String>,
}

impl Which {
    pub fn has(&self, signal: &Signal) -> bool {
        self.roles.iter().any(|role| signal.has(*role)) || self.names.contains(&signal.name)
    }

    /// The rules that it names, each of which has to be there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(String::as_str)
    }
}

/// Reads a length as `90s` or `5m`.
pub fn length<'de, D: Deserializer<'de>>(deserializer: D) -> Result<TimeDelta, D::Error> {
    let text = String::deserialize(deserializer)?;
    let length = humantime::parse_duration(&text).map_err(|error| D::Error::custom(format!("{text}: {error}")))?;
    TimeDelta::from_std(length).map_err(|error| D::Error::custom(format!("{text}: {error}")))
}

/// What was found of one signal.
pub struct Made {
    pub subject: Subject,
    pub node: Option<String>,
    pub from: Moment,
    pub last: DateTime<Utc>,
    pub end: End,
    pub count: u64,
    pub labels: Labels,
    /// At least one; each stays once, in the order given.
    pub evidence: Vec<Citation>,
    pub occurrences: Vec<FactId>,
    pub ended_by: Option<Citation>,
}

impl Made {
    /// A signal of a rule.
    pub fn signal(mut self, rule: &Rule) -> Signal {
        let mut known = std::collections::BTreeSet::new();
        self.evidence.retain(|citation| known.insert(*citation));
        self.occurrences.sort();
        self.occurrences.dedup();
        Signal {
            name: rule.name.clone(),
            family: rule.family.clone(),
            severity: rule.severity,
            roles: rule.roles,
            variant: rule.variant.clone(),
            title: title(&rule.title, &self.subject, self.node.as_deref(), &self.labels),
            subject: self.subject,
            node: self.node,
            from: self.from,
            last: self.last,
            end: self.end,
            episode: None,
            count: self.count,
            labels: self.labels,
            occurrences: self.occurrences,
            evidence: self.evidence,
            ended_by: self.ended_by,
        }
    }
}
