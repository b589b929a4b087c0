//! The cascade as a Mermaid flowchart, small enough that every ticket system draws it without being asked.

use crate::report::names::workload_of;
use crate::report::safe;
use crate::report::view::{Branch, Grade, Tree, View};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// GitLab draws this many characters without a click.
const MOST_CHARACTERS: usize = 2_000;
/// More boxes cannot be read at a glance.
const MOST_BOXES: usize = 24;
/// Boxes looked at, the most important first.
const CANDIDATES: usize = 60;

pub struct Flowchart {
    pub text: String,
    /// Lines of the cascade that found no room in the chart.
    pub left_out: usize,
}

/// The chart of the largest cascade, or none where there is nothing to draw.
pub fn write(view: &View) -> Option<Flowchart> {
    let tree = view.trees.first().filter(|tree| tree.branches.len() > 1)?;
    let mut order: Vec<usize> = (0..tree.branches.len()).collect();
    order.sort_by_key(|place| tree.branches.get(*place).map(|branch| (Reverse(branch.worst), branch.depth, *place)));
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    let mut chart = String::new();
    for place in order.into_iter().filter(|place| !stands_alone(tree, *place)).take(CANDIDATES) {
        let mut wider = kept.clone();
        wider.extend(with_ancestors(tree, place));
        if wider.len() > MOST_BOXES {
            continue;
        }
        let drawn = draw(view, tree, &wider);
        if drawn.chars().count() <= MOST_CHARACTERS {
            (kept, chart) = (wider, drawn);
        }
    }
    let alone = (0..tree.branches.len()).filter(|place| stands_alone(tree, *place)).count();
    let left_out = tree.branches.len().saturating_sub(alone + kept.len());
    (kept.len() > 1).then_some(Flowchart { text: chart, left_out })
}

/// Nothing led to it and it led to nothing, so it has no place among arrows.
fn stands_alone(tree: &Tree, place: usize) -> bool {
    let has_cause = tree.branches.get(place).is_some_and(|branch| branch.parent.is_some());
    !has_cause && tree.branches.get(place + 1).is_none_or(|next| next.parent != Some(place))
}

fn with_ancestors(tree: &Tree, place: usize) -> Vec<usize> {
    let mut line = vec![place];
    let mut above = tree.branches.get(place).and_then(|branch| branch.parent);
    while let Some(parent) = above.filter(|_| line.len() <= MOST_BOXES) {
        line.push(parent);
        above = tree.branches.get(parent).and_then(|branch| branch.parent);
    }
    line
}

fn draw(view: &View, tree: &Tree, kept: &BTreeSet<usize>) -> String {
    let mut chart = vec!["flowchart TD".to_owned()];
    let mut arrows = Vec::new();
    let branches = || kept.iter().filter_map(|place| Some((*place, tree.branches.get(*place)?)));
    let places: BTreeMap<usize, usize> = branches().map(|(place, branch)| (branch.signal.index, place)).collect();
    for (place, branch) in branches() {
        chart.push(format!("n{place}[\"{}\"]", label(view, branch)));
        let also = branch.also.iter().filter_map(|edge| Some((*places.get(&edge.from)?, *edge)));
        for (from, edge) in branch.parent.zip(branch.cause).into_iter().chain(also) {
            let arrow = if edge.grade == Grade::Order { "-.->" } else { "-->" };
            arrows.push(format!("n{from} {arrow} n{place}"));
        }
    }
    chart.extend(arrows);
    chart.join("\n")
}

fn label(view: &View, branch: &Branch) -> String {
    let signal = safe::mermaid_label(&branch.signal.name, 40);
    let subject = match branch.alike.len() {
        0 => safe::mermaid_label(&branch.signal.subject.to_string(), 60),
        more => {
            let workload = workload_of(&branch.signal.subject).replace('*', "…");
            safe::mermaid_label(&format!("{} of {workload}", more + 1), 60)
        }
    };
    format!("{signal}<br/>{subject}<br/>{}", safe::mermaid_label(&view.clock.time(branch.signal.began()), 24))
}
