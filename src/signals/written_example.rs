//! Examples of a rule as they are written; [`super::example`] tries them.

use super::origin::Origin;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The fields of a record.
pub(super) type Written = BTreeMap<String, Value>;

/// Records that must match and near misses that must not, each in the form of [`super::example`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenExamples {
    pub matches: Vec<WrittenExample>,
    pub near_misses: Vec<WrittenExample>,
    /// Records that are near, and belong to another rule.
    #[serde(default)]
    pub others: Vec<WrittenExample>,
}

/// A record as a rule's examples have it.
#[derive(Debug, Deserialize)]
pub(super) struct WrittenExample {
    /// Where its form comes from.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// Of a record that belongs to another rule: which.
    #[serde(default)]
    pub is: Option<String>,
    #[serde(flatten)]
    pub record: Written,
}

impl WrittenExample {
    /// The subject that the record is about, as written.
    pub fn about(&self) -> Option<&str> {
        self.record.get("about")?.as_str()
    }

    /// What the record says, for people.
    pub fn text(&self) -> String {
        let shown = |(name, value): (&String, &Value)| match value.as_str() {
            Some(text) => format!("{name}: {text}"),
            None => format!("{name}: {value}"),
        };
        self.record.iter().map(shown).collect::<Vec<_>>().join(", ")
    }
}
