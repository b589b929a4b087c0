//! What the side panel says of an opened mark beside its records: what such a signal means and where that is known from,
//! what to ask, and which other causes it may have had.

use super::chart::{lag, numbers};
use super::{NAME_CHARS, TEXT_CHARS};
use crate::cascade::Alternative;
use crate::report::safe;
use crate::report::view::View;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
pub struct Meaning {
    /// By the name of the signal.
    means: BTreeMap<String, Means>,
    /// What to ask, by signal.
    asks: BTreeMap<String, Vec<String>>,
    /// Where each link is known from.
    links: BTreeMap<String, String>,
    /// Causes that are not claimed, by signal, the best first.
    others: BTreeMap<String, Vec<Other>>,
}

#[derive(Serialize)]
struct Means {
    what: String,
    misleads: String,
    source: String,
}

/// A cause that another rule of the same group would have given.
#[derive(Serialize)]
struct Other {
    /// The number of its mark.
    from: usize,
    grade: &'static str,
    lag: String,
    why: String,
    link: String,
    /// The record that would decide.
    decides: String,
}

impl Meaning {
    pub fn new(view: &View) -> Self {
        let known = &view.of.meanings;
        let clean = |text: &str| safe::clean(text, TEXT_CHARS * 2);
        let means = known.signals.iter().map(|(name, one)| {
            let (what, misleads, source) = (&one.explanation, &one.false_alarms, &one.source);
            let [what, misleads, source] = [what, misleads, source].map(|text| clean(text));
            (safe::clean(name, 60), Means { what, misleads, source })
        });
        let asks = view.rows.iter().filter_map(|row| {
            let signal = row.signal;
            let templates = &known.signals.get(&signal.name)?.questions;
            let filled = templates.iter().filter_map(|one| signal.fill(one, &signal.subject)).map(|one| clean(&one));
            Some((signal.id(), filled.collect::<Vec<_>>())).filter(|(_, all)| !all.is_empty())
        });
        Self {
            means: means.collect(),
            asks: asks.collect(),
            links: known.links.iter().map(|(id, source)| (safe::clean(id, NAME_CHARS), clean(source))).collect(),
            others: others(view),
        }
    }
}

fn others(view: &View) -> BTreeMap<String, Vec<Other>> {
    let numbers = numbers(view);
    let mut others: BTreeMap<String, Vec<Other>> = BTreeMap::new();
    for Alternative { edge, decided_by, .. } in &view.analysis().alternatives {
        let (Some(from), Some(to)) = (numbers.get(&edge.from), view.signal(edge.to)) else { continue };
        others.entry(to.id()).or_default().push(Other {
            from: *from,
            grade: edge.grade.name(),
            lag: lag(edge.lag_ms),
            why: safe::clean(&edge.why, TEXT_CHARS),
            link: safe::clean(&edge.link, NAME_CHARS),
            decides: safe::clean(decided_by, TEXT_CHARS),
        });
    }
    others
}
