//! What a link asks of the labels at its ends.

use super::Ends;
use crate::signals::{Catalogue, Signal};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What the labels of the two signals must be.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LabelConditions {
    /// The cause has each of these labels, with one of the values.
    from: BTreeMap<String, Vec<String>>,
    /// The cause has none of these values.
    from_not: BTreeMap<String, Vec<String>>,
    /// The effect has each of these labels, with one of the values.
    to: BTreeMap<String, Vec<String>>,
    /// The effect has none of these values.
    to_not: BTreeMap<String, Vec<String>>,
    /// Where both have such a label, it is the same.
    agree: Vec<String>,
    /// Both have each of these labels, and a value of it in common.
    share: Vec<String>,
}

impl LabelConditions {
    /// Whether a signal may be a cause.
    pub fn hold_for_cause(&self, from: &Signal) -> bool {
        self.from.iter().all(|label| is(from, label)) && !self.from_not.iter().any(|label| is(from, label))
    }

    /// Whether a signal may be an effect.
    pub fn hold_for_effect(&self, to: &Signal) -> bool {
        self.to.iter().all(|label| is(to, label)) && !self.to_not.iter().any(|label| is(to, label))
    }

    /// Whether the two may belong together.
    pub fn agree(&self, from: &Signal, to: &Signal) -> bool {
        let agrees = |name: &String| match (from.label(name), to.label(name)) {
            (Some(a), Some(b)) => a == b,
            _ => true,
        };
        let is_shared = |name: &String| {
            let of_effect: BTreeSet<&str> = to.values(name).collect();
            from.values(name).any(|value| of_effect.contains(value))
        };
        self.agree.iter().all(agrees) && self.share.iter().all(is_shared)
    }

    /// Whether some signal at the end of each condition may carry its label.
    pub fn check(&self, catalogue: &Catalogue, from: &Ends, to: &Ends) -> Result<(), String> {
        let carried = |ends: &Ends, label: &String| {
            let mut rules = catalogue.rules.iter().filter(|rule| ends.have(rule));
            rules.any(|rule| catalogue.labels_of(&rule.name).contains(label))
        };
        let of_cause = self.from.keys().chain(self.from_not.keys()).chain(&self.agree).chain(&self.share);
        let of_effect = self.to.keys().chain(self.to_not.keys()).chain(&self.agree).chain(&self.share);
        let unknown = of_cause.filter(|label| !carried(from, label)).map(|label| (label, "from"));
        let mut unknown = unknown.chain(of_effect.filter(|label| !carried(to, label)).map(|label| (label, "to")));
        match unknown.next() {
            Some((label, end)) => Err(format!("no signal at its end {end} carries the label {label}")),
            None => Ok(()),
        }
    }
}

fn is(signal: &Signal, (name, values): (&String, &Vec<String>)) -> bool {
    signal.label(name).is_some_and(|value| values.iter().any(|one| one == value))
}

#[cfg(test)]
mod tests {
    use crate::cascade::link::Links;
    use crate::signals::Catalogue;

    #[test]
    fn a_label_that_is_to_be_shared_is_on_both_sides() {
        let catalogue = Catalogue::built_in().expect("the built-in catalogue");
        let text = |near: &str| {
            format!(
                "links: [{{id: l, from: [ImageRemoved], to: [ErrImagePull], relation: node-of, lag: [0s, 1h], \
                 labels: {{share: [image]}}, grade: known, why: '{{from}}', source: s, examples: {{\
                 given: {{pods: [{{pod: Pod/shop/a-1, node: node-1}}]}}, matches: [{{signals: [\
                 {{at: 0s, signal: ImageRemoved, subject: Node/node-1, labels: {{image: 'app:1'}}}}, \
                 {{at: 1m, signal: ErrImagePull, subject: Pod/shop/a-1, labels: {{image: 'app:1'}}}}]}}], \
                 near_misses: [{{signals: [\
                 {{at: 0s, signal: ImageRemoved, subject: Node/node-1, labels: {{image: 'app:1'}}}}, \
                 {{at: 1m, signal: ErrImagePull, subject: Pod/shop/a-1{near}}}]}}]}}}}]"
            )
        };
        for (near, count) in [("", 0), (", labels: {image: 'app:2'}", 0), (", labels: {image: 'app:1'}", 1)] {
            let mut links = Links { links: Vec::new(), replacing: Vec::new() };
            links.add(&[("own", &text(near))], &catalogue).expect("the link");
            assert_eq!(links.wrong_examples(&catalogue).len(), count, "near miss with {near:?}");
        }
    }
}
