//! What speaks against a link: a signal that must not be there where the link's mechanism is at work.
//!
//! ```yaml
//! against:
//!   - signals: [RemovingNode]
//!     relation: same-subject
//!     of: from
//!     within: [0s, 1h]
//!     since: cause
//!     then: no-edge
//!     why: "{from} was no longer a node of the cluster"
//! ```
//!
//! The signal stands to the end that `of` names as a cause of `relation` does to its effect; `within` is how long
//! before the link's effect it began, less than nothing for what came after it.

use super::{Ends, duration, ends};
use crate::cascade::relation::Relation;
use crate::signals::template::placeholders;
use crate::signals::{Catalogue, filled};
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::BTreeSet;

/// A signal that speaks against a link, and what becomes of the link then.
#[derive(Debug)]
pub struct Against {
    pub signals: Ends,
    pub relation: Relation,
    pub of: Side,
    /// How long before the link's effect it began, at least and at most.
    pub within: (TimeDelta, TimeDelta),
    pub since: Since,
    pub then: Then,
    /// Half a sentence that goes on from "though".
    pub why: String,
}

/// An end of a link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    #[default]
    From,
    To,
}

/// From when on a signal counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Since {
    /// Whenever it began within the time that is given.
    #[default]
    Ever,
    /// Only where it began no earlier than the link's cause.
    Cause,
}

/// What becomes of a link that something speaks against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Then {
    /// It is not claimed.
    NoEdge,
    /// It is claimed a grade lower, and what speaks against it is said.
    LessSure,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    signals: Vec<ends::Written>,
    relation: String,
    #[serde(default)]
    of: Side,
    within: [String; 2],
    #[serde(default)]
    since: Since,
    then: Then,
    why: String,
}

impl Against {
    pub(super) fn new(written: Written) -> Result<Self, String> {
        let [least, most] = &written.within;
        let within = (signed(least)?, signed(most)?);
        if within.0 > within.1 {
            return Err(format!("against: within: the least comes first, and {least} is more than {most}"));
        }
        filled([("against: why", &written.why)])?;
        let unknown = || format!("against: relation: {} is none of {}", written.relation, Relation::names().join(", "));
        Ok(Self {
            relation: Relation::named(&written.relation).ok_or_else(unknown)?,
            signals: Ends::new(written.signals).map_err(|why| format!("against: {why}"))?,
            of: written.of,
            within,
            since: written.since,
            then: written.then,
            why: written.why,
        })
    }

    /// Whether all that it names exists, and whether one of its signals can stand in its relation to its end of the link.
    pub(super) fn check(&self, catalogue: &Catalogue, (from, to): (&Ends, &Ends)) -> Result<(), String> {
        let end = if self.of == Side::From { from } else { to }.rules(catalogue)?;
        let end: BTreeSet<&str> = end.iter().flat_map(|(_, rules)| rules).flat_map(|rule| rule.kinds()).collect();
        for (name, rules) in self.signals.rules(catalogue)? {
            let mut own = rules.iter().flat_map(|rule| rule.kinds());
            if !own.any(|one| end.iter().any(|other| (self.relation.joins)(one, other))) {
                return Err(format!("against: relation: {} joins no {name} with that end", self.relation.name));
            }
        }
        match placeholders(&self.why)?.into_iter().find(|name| !matches!(name.as_str(), "from" | "to")) {
            Some(unknown) => Err(format!("against: why: {{{unknown}}} is neither from nor to")),
            None => Ok(()),
        }
    }
}

/// `0s`, `10m`, `-30s`.
fn signed(text: &str) -> Result<TimeDelta, String> {
    match text.strip_prefix('-') {
        Some(rest) => Ok(-duration(rest)?),
        None => duration(text),
    }
}
