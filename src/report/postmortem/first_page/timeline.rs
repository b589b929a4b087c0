//! The largest cascade in a few rows: what began it, the worst of what followed, and when that was noticed.

use super::Limits;
use crate::model::Severity;
use crate::report::markdown::Markdown;
use crate::report::names::workload_of;
use crate::report::postmortem::references::References;
use crate::report::postmortem::{NAME_CHARS, SENTENCE_CHARS};
use crate::report::quotes;
use crate::report::view::{Branch, View};
use crate::signals::Role;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A row, as cells.
pub struct Line {
    pub time: String,
    pub seen: String,
    pub record: String,
}

/// One row for each line of the cascade's tree, so that the same on many subjects is one, with their number.
pub fn lines(view: &View, references: &mut References, limits: Limits) -> Vec<Line> {
    let Some(tree) = view.trees.first() else { return Vec::new() };
    let mut chosen: Vec<&Branch> = tree.branches.iter().collect();
    chosen.sort_by_key(|branch| (weight(branch), branch.signal.began(), branch.signal.index));
    // The same words a second time, as of another episode, tell nothing more.
    let mut told: BTreeSet<&str> = BTreeSet::new();
    chosen.retain(|branch| told.insert(&branch.signal.signal.title));
    chosen.truncate(limits.timeline);
    chosen.sort_by_key(|branch| (branch.signal.began(), branch.signal.index));
    chosen.into_iter().map(|branch| line(view, branch, references, limits)).collect()
}

/// What stays when not all fits, smallest first: what began it, then alerts, then the worst, then what led on.
fn weight(branch: &Branch) -> (Reverse<bool>, Reverse<bool>, Reverse<Severity>, usize) {
    // What nothing led to and that is neither a change nor harm, such as a node that became ready, begins nothing.
    let is_told = branch.signal.severity >= Severity::Warning || branch.signal.has(Role::Change);
    let begins = branch.cause.is_none() && is_told;
    let is_noticed = branch.signal.has(Role::Alert) && branch.signal.severity >= Severity::Warning;
    (Reverse(begins), Reverse(is_noticed), Reverse(branch.signal.severity), branch.depth)
}

fn line(view: &View, branch: &Branch, references: &mut References, limits: Limits) -> Line {
    let signal = branch.signal;
    let time = view.clock.time(signal.began());
    let alike = branch.alike.len() as u64 + 1;
    let title = signal.title.trim_end_matches('.');
    let seen = Markdown::new().prose(title, SENTENCE_CHARS);
    let seen = match alike {
        1 => seen,
        _ => {
            let of = Markdown::new().code(&workload_of(&signal.subject), NAME_CHARS);
            seen.say(" (and ").number(alike - 1).say(" more of ").then(&of).say(")")
        }
    };
    let cited = references.cite(quotes::of_signal(&signal).into_iter().take(2));
    let record = match (quotes::first_of(&signal), limits.quote) {
        (Some(first), 1..) => {
            let row = quotes::row(view.evidence(), first);
            Markdown::new().code(&row.text, limits.quote).then(&cited)
        }
        _ => cited,
    };
    Line {
        time: signal.uncertainty().map_or_else(|| time.clone(), |bound| format!("{time} {bound}")),
        seen: seen.cell(),
        record: record.cell().trim_start().to_owned(),
    }
}

/// How much of the whole it is.
pub fn note(view: &View, shown: usize) -> Markdown {
    let Some(tree) = view.trees.first() else {
        return Markdown::new().say("No failure was recognised, so there is no course of one to tell.");
    };
    let line = match view.clock.day() {
        Some(day) => Markdown::new().say("All times are UTC, on ").prose(&day, 40).stop(),
        None => Markdown::new().say("All times are UTC."),
    };
    match tree.branches.len().saturating_sub(shown) {
        0 => line,
        more => line.say(" ").number(more as u64).say(" more lines of it are in the appendix."),
    }
}
