//! The largest cascade in a few rows: what began it, whom it hurt, what led from the one to the other, when that was
//! noticed, and when the last of them was well again.

use super::Limits;
use crate::model::Severity;
use crate::report::markdown::Markdown;
use crate::report::names::workload_name;
use crate::report::postmortem::references::References;
use crate::report::postmortem::{NAME_CHARS, SENTENCE_CHARS};
use crate::report::sentences::{brief, spoken};
use crate::report::view::{Branch, Numbered, View, story};
use crate::report::{quotes, times};
use crate::signals::Role;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// A row, as cells.
pub struct Line {
    pub time: String,
    pub seen: String,
    pub record: String,
}

/// What is longer is cut at a clause where the record beside it is not quoted.
const SEEN_CHARS: usize = 90;
/// Of the kinds of harm, the rows of the first so many come before all others.
const HARM: usize = 4;

/// One row for each line of the cascade's tree, so that the same on many subjects is one, with their number.
pub fn lines(view: &View, references: &mut References, limits: Limits) -> Vec<Line> {
    let Some(tree) = view.trees.first() else { return Vec::new() };
    let harm = Harm::new(view);
    let mut chosen: Vec<&Branch> = tree.branches.iter().collect();
    chosen.sort_by_key(|branch| (harm.weight(branch), branch.signal.began(), branch.signal.index));
    // The same words a second time, as of another episode, tell nothing more; nor does the same on another pod.
    let mut told: BTreeSet<(String, &str)> = BTreeSet::new();
    chosen.retain(|branch| {
        let signal = branch.signal.signal;
        let of = workload_name(&signal.subject).map_or_else(|| signal.title.clone(), str::to_owned);
        told.insert((of, &signal.name))
    });
    let end = well_again(view, references);
    chosen.truncate(limits.timeline - usize::from(end.is_some()).min(limits.timeline));
    chosen.sort_by_key(|branch| (branch.signal.began(), branch.signal.index));
    let mut lines: Vec<(DateTime<Utc>, Line)> =
        chosen.into_iter().map(|branch| (branch.signal.began(), line(view, branch, references, limits))).collect();
    lines.extend(end);
    lines.sort_by_key(|(at, _)| *at);
    lines.into_iter().map(|(_, line)| line).collect()
}

/// The signals that tell who was hurt, by the place of their kind.
struct Harm {
    kinds: Vec<BTreeSet<usize>>,
}

impl Harm {
    fn new(view: &View) -> Self {
        let kinds = story::kinds(&story::hurt(view));
        let signals = |rows: &Vec<&crate::cascade::Impact>| rows.iter().flat_map(|row| row.signals.clone()).collect();
        Self { kinds: kinds.iter().take(HARM).map(signals).collect() }
    }

    /// What stays when not all fits, smallest first: what began it, then whom it hurt, then alerts, then the worst, then
    /// what led on.
    fn weight(&self, branch: &Branch) -> (Reverse<bool>, usize, Reverse<bool>, Reverse<Severity>, usize) {
        // What nothing led to and that is neither a change nor harm, such as a node that became ready, begins nothing.
        let is_told = branch.signal.severity >= Severity::Warning || branch.signal.has(Role::Change);
        let begins = branch.cause.is_none() && is_told;
        let is_of = |kind: &BTreeSet<usize>| branch.signals().any(|signal| kind.contains(&signal.index));
        let harm = self.kinds.iter().position(is_of).unwrap_or(HARM);
        let is_noticed = branch.signal.has(Role::Alert) && branch.signal.severity >= Severity::Warning;
        (Reverse(begins), harm, Reverse(is_noticed), Reverse(branch.signal.severity), branch.depth)
    }
}

fn line(view: &View, branch: &Branch, references: &mut References, limits: Limits) -> Line {
    let signal = branch.signal;
    let time = view.clock.time(signal.began());
    let title = spoken(&signal.title);
    let most = if limits.quote > 0 { SENTENCE_CHARS } else { SEEN_CHARS };
    let seen = Markdown::new().prose(brief(&title, most), SENTENCE_CHARS);
    let seen = match branch.alike.len() as u64 {
        0 => seen,
        more => seen.say(" (and ").number(more).say(" more)"),
    };
    // When a Service was left without an address, several records tell together.
    let most = if limits.quote > 0 || signal.has(Role::ServiceLost) { 2 } else { 1 };
    let cited = references.cite(quotes::of_signal(&signal).into_iter().take(most));
    let record = match (quotes::first_of(&signal), limits.quote) {
        (Some(first), 1..) => {
            let row = quotes::row(view.evidence(), first);
            Markdown::new().code(&row.text, limits.quote).then(&cited)
        }
        _ => cited,
    };
    Line { time: range(&signal).unwrap_or(time), seen: seen.cell(), record: record.cell().trim_start().to_owned() }
}

/// `16:01:25–16:03:26Z`, where it was noticed later than it may have begun, by a time that is known.
fn range(signal: &Numbered) -> Option<String> {
    let at = times::shown(signal.from.time);
    let earliest = times::shown(signal.from.earliest());
    let is_known = signal.from.earlier_ms < u32::MAX && (at - earliest).num_seconds() > 1;
    (is_known && earliest.date_naive() == at.date_naive())
        .then(|| format!("{}–{}", earliest.format("%H:%M:%S"), at.format("%H:%M:%SZ")))
        .or_else(|| signal.uncertainty().map(|bound| format!("{} {bound}", at.format("%H:%M:%SZ"))))
}

/// The other end of the story: when the last of those whom it hurt was well again.
fn well_again(view: &View, references: &mut References) -> Option<(DateTime<Utc>, Line)> {
    let hurt = story::hurt(view);
    let (row, at) = story::last_well(&hurt)?;
    let last = row.subjects.last()?.to_string();
    let seen = Markdown::new().say("the last that is known to be ").say(row.became()).say(": ").code(&last, NAME_CHARS);
    let record = references.cite(story::ends_of(row)).cell().trim_start().to_owned();
    Some((at, Line { time: view.clock.time(at), seen: seen.cell(), record }))
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
        more => line.say(" ").number(more as u64).say(" more are in the appendix."),
    }
}
