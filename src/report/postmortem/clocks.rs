//! What is to be known of clocks: which were off, which were set, and what their times are worth.

use super::NAME_CHARS;
use super::references::References;
use crate::evidence::{ClockStep, Skew};
use crate::report::markdown::Markdown;
use crate::report::view::View;
use std::collections::BTreeSet;

/// More sentences on one thing are not read.
const MOST_STEPS: usize = 6;

/// What no bound of a time says.
pub(super) fn sentences(view: &View, references: &mut References) -> Vec<Markdown> {
    let nodes: BTreeSet<&str> = view.of.signals.iter().filter_map(|signal| signal.node.as_deref()).collect();
    let skews = view.evidence().skews.iter();
    let mut lines: Vec<Markdown> = skews.map(|skew| moved_sentence(view, skew, references)).collect();
    lines.extend(view.evidence().clock_steps.iter().take(MOST_STEPS).map(|step| set_sentence(view, step, references)));
    lines.extend(view.evidence().unsteady.iter().map(|one| {
        let line = Markdown::new().say("Times in events and pods of ").code(&format!("Node/{}", one.node), NAME_CHARS);
        let line = line.say(" show that its clock was not right all the time, but not by how much when: it may have been set meanwhile. Its times stand as they were recorded, so what they say of before and after is to be doubted");
        line.then(&references.cite(one.evidence.iter().copied())).stop()
    }));
    if nodes.len() > 1 || !lines.is_empty() {
        let stand = if view.evidence().skews.is_empty() { "Times stand" } else { "All other times stand" };
        lines.push(Markdown::new().say(stand).say(
            " as they were recorded. Clocks of different machines are compared as if they agreed; where readings rule that out, an order is told only if it is the same either way.",
        ));
    }
    lines
}

/// That a clock was set, and which of its times are to be doubted for it.
fn set_sentence(view: &View, step: &ClockStep, references: &mut References) -> Markdown {
    let by = Markdown::new().prose(&format!("{} s", step.by().num_milliseconds().abs() as f64 / 1000.0), 20);
    let way = if step.before < step.after { "forward" } else { "back" };
    let line = Markdown::new().say("The clock of ").code(&format!("Node/{}", step.node), NAME_CHARS).say(" was set ");
    let line = line
        .say(way)
        .say(if step.is_least { " by at least " } else { " by " })
        .then(&by)
        .say(", to ")
        .prose(&view.clock.time(step.after), 20);
    let line = match step.before < step.after {
        true => line.say(". Times that it showed before may be too early by as much, unless they are said to be moved"),
        false => line
            .say(". It showed the times from then to ")
            .prose(&view.clock.time(step.before), 20)
            .say(" twice: which record of them came first is not known, and earlier ones may be too late by as much, unless they are said to be moved"),
    };
    line.then(&references.cite(step.evidence.iter().copied())).stop()
}

/// By how much the times of a node were moved, and on what that rests.
fn moved_sentence(view: &View, skew: &Skew, references: &mut References) -> Markdown {
    let (side, back) = if skew.least_ms > 0 { ("ahead of", "back") } else { ("behind", "forward") };
    let [least, most] = [skew.least_ms.abs().min(skew.most_ms.abs()), skew.least_ms.abs().max(skew.most_ms.abs())];
    let seconds = |ms: i64| Markdown::new().prose(&format!("{} s", ms as f64 / 1000.0), 20);
    let line = Markdown::new().say("The clock of ").code(&format!("Node/{}", skew.node), NAME_CHARS).say(" was ");
    let line = line.then(&seconds(least)).say(" to ").then(&seconds(most)).say(" ").say(side);
    let line = line.say(" that of the API server, as both times in ").number(skew.records as u64);
    let line = line.say(" of its events and pods say, from ").prose(&view.clock.time(skew.span.from), 20);
    let line = line.say(" to ").prose(&view.clock.time(skew.span.to), 20).say(". Its times are moved ").say(back);
    let line = line.say(" by ").then(&seconds(skew.middle().num_milliseconds().abs()));
    let line = line.say(" here; records that are quoted bear them as they were written");
    line.then(&references.cite(skew.evidence.iter().copied())).stop()
}
