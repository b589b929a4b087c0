//! How it spread.

use super::{Part, STEP_CHARS, Sentence, begun_by_change, begun_with};
use crate::cascade::{FactorClass, Motif, motif_class};
use crate::report::sentences::{brief, spoken, whole_sentences};
use crate::report::view::{Branch, View};
use crate::report::{names, quotes};
use std::collections::BTreeSet;

/// The most steps from what began it to whom it hurt that are told.
const STEPS: usize = 2;

/// How it spread: the pattern that it shows, else the steps from what began it to whom it hurt.
pub fn course(view: &View, limit: usize) -> Option<Sentence> {
    // How it was seen is no part of how it went.
    let is_of_it = |motif: &&Motif| {
        let is_course = motif_class(motif) != FactorClass::Detection;
        is_course && motif.signals.iter().all(|signal| view.cascade_of(*signal) == Some(0))
    };
    if let Some(motif) = view.analysis().motifs.iter().find(is_of_it) {
        let said = view.clock.shortened(whole_sentences(&motif.statement, limit));
        return Some(vec![Part { text: said, records: motif.evidence.clone() }]);
    }
    let path = steps_to_harm(view);
    // What began it is told already, unless the way to whom it hurt began elsewhere.
    let begun = begun_with(view).map(|signal| signal.index);
    let is_told = path.first().is_some_and(|first| begun.is_none_or(|begun| begun == first.signal.index));
    let mut told: BTreeSet<String> =
        path.first().filter(|_| is_told).map(|first| first.signal.title.clone()).into_iter().collect();
    let mut steps: Vec<&Branch> = path.iter().copied().filter(|step| told.insert(step.signal.title.clone())).collect();
    if steps.len() < 2 {
        return None;
    }
    // The first sign is told with the change that it followed; what led up to it is no spreading.
    let onset = view.detection.onset.and_then(|onset| steps.iter().position(|step| step.signal.index == onset.index));
    if let Some(onset) = onset.filter(|onset| is_told && onset + 1 < steps.len()) {
        steps.drain(..onset + usize::from(begun_by_change(view).is_some()));
    }
    if steps.len() > STEPS {
        steps.drain(1..steps.len() + 1 - STEPS);
    }
    let mut parts: Vec<Part> = steps.iter().map(|step| step_of(step)).collect();
    for (place, part) in parts.iter_mut().enumerate() {
        part.text.insert_str(
            0,
            match place {
                0 if is_told => "It went on from there: ",
                0 => "Beside that: ",
                _ => "; then ",
            },
        );
    }
    Some(parts)
}

fn step_of(step: &Branch<'_>) -> Part {
    let said = spoken(&step.signal.title);
    let more = match step.alike.len() {
        0 => String::new(),
        more => format!(" (and {more} more of {})", names::workload_of(&step.signal.subject)),
    };
    let text = format!("{}{more}", brief(&said, STEP_CHARS));
    Part { text, records: quotes::first_of(step.signal.signal).into_iter().collect() }
}

/// The lines of the tree from what began it to who was hurt worst: of those hurt alike, to the farthest.
fn steps_to_harm<'a, 'b>(view: &'b View<'a>) -> Vec<&'b Branch<'a>> {
    let Some(tree) = view.trees.first() else { return Vec::new() };
    let worst = view.impact.rows.iter().find(|row| row.linked).map(|row| row.state);
    let hurt = view.impact.rows.iter().filter(|row| row.linked && Some(row.state) == worst);
    let hurt: BTreeSet<usize> = hurt.flat_map(|row| row.signals.iter().copied()).collect();
    let tells = |branch: &&Branch<'a>| branch.signals().any(|signal| hurt.contains(&signal.index));
    // Of several as far, the first.
    let mut next = tree.branches.iter().rev().filter(tells).max_by_key(|branch| branch.depth);
    let mut path = Vec::new();
    while let Some(branch) = next {
        path.push(branch);
        next = branch.parent.and_then(|parent| tree.branches.get(parent));
    }
    path.reverse();
    path
}
