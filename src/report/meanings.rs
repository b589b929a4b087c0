//! What the rules that were used say of what they found: for whoever opens a signal, and wants to know what it means and
//! where that is known from.

use crate::cascade::{Analysis, Links};
use crate::signals::{Bound, Catalogue, Signal};
use std::collections::{BTreeMap, BTreeSet};

/// Of signals and links that occur.
#[derive(Debug, Default)]
pub struct Meanings {
    /// By the name of the signal.
    pub signals: BTreeMap<String, Meaning>,
    /// Where each link is known from, by its id.
    pub links: BTreeMap<String, String>,
}

/// What the catalogue says of a signal.
#[derive(Debug, Default)]
pub struct Meaning {
    pub explanation: String,
    /// When it misleads; may be empty.
    pub false_alarms: String,
    pub source: String,
    /// What to ask, as templates.
    pub questions: Vec<String>,
    /// Between which values it is seen in series.
    pub bounds: Vec<Bound>,
}

impl Meanings {
    pub fn new(catalogue: &Catalogue, links: &Links, signals: &[Signal], analysis: &Analysis) -> Self {
        let names: BTreeSet<&str> = signals.iter().map(|signal| signal.name.as_str()).collect();
        let others = analysis.alternatives.iter().map(|one| &one.edge);
        let used: BTreeSet<&str> = analysis.edges.iter().chain(others).map(|edge| edge.link.as_str()).collect();
        let of_rules = names.into_iter().filter_map(|name| catalogue.rule(name)).map(|rule| {
            let meaning = Meaning {
                explanation: rule.explanation.clone(),
                false_alarms: rule.false_alarms.clone(),
                source: rule.source.clone(),
                questions: rule.questions.clone(),
                bounds: rule.bounds().collect(),
            };
            (rule.name.clone(), meaning)
        });
        let used = links.links.iter().filter(|link| used.contains(link.id.as_str()));
        Self { signals: of_rules.collect(), links: used.map(|link| (link.id.clone(), link.source.clone())).collect() }
    }
}
