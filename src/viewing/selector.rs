//! Selectors of labels, as kubectl takes them (apimachinery pkg/labels/selector.go, `Parse`).

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// What labels must be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Requirement {
    key: String,
    is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    There,
    NotThere,
    In(BTreeSet<String>),
    /// Not one of these, or not there.
    NotIn(BTreeSet<String>),
}

impl Selector {
    /// Whether these labels are as it wants them.
    pub fn takes(&self, labels: &BTreeMap<String, String>) -> bool {
        self.0.iter().all(|one| {
            let value = labels.get(&one.key);
            match &one.is {
                Is::There => value.is_some(),
                Is::NotThere => value.is_none(),
                Is::In(values) => value.is_some_and(|value| values.contains(value)),
                Is::NotIn(values) => !value.is_some_and(|value| values.contains(value)),
            }
        })
    }
}

impl FromStr for Selector {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = parts(text).into_iter().map(str::trim).filter(|part| !part.is_empty());
        let all: Vec<Requirement> = parts.map(requirement).collect::<Result<_, _>>()?;
        if all.is_empty() { Err(FORMS.to_owned()) } else { Ok(Self(all)) }
    }
}

const FORMS: &str =
    "write labels as app=api, app!=api, app, !app, app in (api, web) or app notin (api), with commas between";

/// The requirements, at the commas that stand in no parentheses.
fn parts(text: &str) -> Vec<&str> {
    let (mut parts, mut from, mut is_within) = (Vec::new(), 0, false);
    for (at, character) in text.char_indices() {
        match character {
            '(' => is_within = true,
            ')' => is_within = false,
            ',' if !is_within => {
                parts.push(text.get(from..at).unwrap_or_default());
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(text.get(from..).unwrap_or_default());
    parts
}

fn requirement(text: &str) -> Result<Requirement, String> {
    let one = |value: &str| BTreeSet::from([value.trim().to_owned()]);
    let (key, is) = if let Some((key, value)) = text.split_once("!=") {
        (key, Is::NotIn(one(value)))
    } else if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        (key, Is::In(one(value)))
    } else if let Some((key, values)) = text.split_once('(') {
        let values = values.strip_suffix(')').ok_or(FORMS)?;
        let values: BTreeSet<String> = values.split(',').map(|value| value.trim().to_owned()).collect();
        match key.trim().rsplit_once(char::is_whitespace) {
            Some((key, "in")) => (key, Is::In(values)),
            Some((key, "notin")) => (key, Is::NotIn(values)),
            _ => return Err(FORMS.to_owned()),
        }
    } else {
        match text.strip_prefix('!') {
            Some(key) => (key, Is::NotThere),
            None => (text, Is::There),
        }
    };
    let key = key.trim();
    let is_name = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if is_name { Ok(Requirement { key: key.to_owned(), is }) } else { Err(FORMS.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_are_read_as_by_kubectl() {
        let labels: BTreeMap<String, String> =
            [("app", "api"), ("tier", "back")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let takes = |text: &str| text.parse::<Selector>().expect(text).takes(&labels);
        for text in
            ["app=api", "app==api,tier", "app in (web, api),!zone", "zone!=a", "zone notin (a,b)", "tier!=front"]
        {
            assert!(takes(text), "{text}");
        }
        for text in ["app=web", "zone", "!app", "app notin (api)", "app in (web)", "app!=api"] {
            assert!(!takes(text), "{text}");
        }
        for text in ["", ",", "a b", "app in api", "app in (api", "=x", "app near (x)"] {
            assert!(text.parse::<Selector>().is_err(), "{text}");
        }
    }
}
