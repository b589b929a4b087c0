//! The signals at an end of a link: by name, all that play a role, or whatever hurts.
//!
//! ```yaml
//! from: [{role: own-words}, HeapExhausted]
//! to: [{any: harm}]
//! ```
//!
//! A name says which mechanism is meant; a role lets in every signal that plays it, also those that a later rule, or a
//! user's own, brings; `harm` is every signal that hurts ([`Signal::is_harm`](crate::signals::Signal::is_harm)).

use crate::signals::{Catalogue, Role, Rule, Signal};
use serde::Deserialize;

/// Which signals a link may lead from, or to.
#[derive(Clone, Debug, Default)]
pub struct Ends {
    pub names: Vec<String>,
    pub roles: Vec<Role>,
    pub harm: bool,
}

/// An item of the list as it is written.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Written {
    Name(String),
    Role(ByRole),
    Any(Any),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ByRole {
    role: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Any {
    any: Whatever,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Whatever {
    Harm,
}

impl Ends {
    /// Whether a signal may stand at this end, as far as it does so at any.
    pub fn take(&self, signal: &Signal) -> bool {
        let named = || self.names.contains(&signal.name);
        named() || self.roles.iter().any(|role| signal.has(*role)) || self.harm && signal.is_harm()
    }

    pub(super) fn new(written: Vec<Written>) -> Result<Self, String> {
        let mut ends = Self::default();
        for one in written {
            match one {
                Written::Name(name) => ends.names.push(name),
                Written::Role(ByRole { role }) => {
                    ends.roles.push(Role::named(&role).ok_or_else(|| format!("{role} is no role"))?);
                }
                Written::Any(Any { any: Whatever::Harm }) => ends.harm = true,
            }
        }
        Ok(ends)
    }

    /// Whether a rule's signals are meant there, by their name or by a role. What leads nowhere is meant by name alone.
    pub fn have(&self, rule: &Rule) -> bool {
        let plays = || rule.leads_nowhere.is_none() && self.roles.iter().any(|role| rule.roles.has(*role));
        self.names.contains(&rule.name) || plays()
    }

    /// The rules whose signals stand there, with what each is written as. A name without a rule, or a role that no rule
    /// has, is refused.
    pub(super) fn rules<'c>(&self, catalogue: &'c Catalogue) -> Result<Vec<(String, Vec<&'c Rule>)>, String> {
        let named = self.names.iter().map(|name| {
            let rule = catalogue.rule(name).ok_or_else(|| catalogue.no_signal(name))?;
            Ok((name.clone(), vec![rule]))
        });
        let playing = self.roles.iter().map(|role| {
            let rules: Vec<&Rule> = catalogue.rules.iter().filter(|rule| rule.roles.has(*role)).collect();
            let is_played =
                !rules.is_empty() || matches!(role, Role::Unrecognised | Role::ErrorLine | Role::ControllerAction);
            if is_played { Ok((role.to_string(), rules)) } else { Err(format!("no signal plays the role {role}")) }
        });
        let harm = self.harm.then(|| Ok(("harm".to_owned(), Vec::new())));
        named.chain(playing).chain(harm).collect()
    }

    /// As they are shown: names, then roles, then whatever hurts.
    pub fn words(&self) -> Vec<String> {
        let roles = self.roles.iter().map(|role| format!("role {role}"));
        self.names.iter().cloned().chain(roles).chain(self.harm.then(|| "any harm".to_owned())).collect()
    }
}
