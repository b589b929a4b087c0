//! What chaos experiments took for the steady state, and what they did: it was done on purpose, and the draft says so.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::evidence::{CheckOutcome, Experiment, Phase, Step};
use crate::report::markdown::Markdown;
use crate::report::view::View;
use chrono::SubsecRound;

pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    for one in view.evidence().experiments.iter().take(size.items) {
        let line = Markdown::new().say("The experiment ").code(&one.title, SENTENCE_CHARS).say(" began at ");
        let line = line.prose(&view.clock.time(one.from), 40);
        let line = match one.to {
            Some(to) => line.say(" and ended at ").prose(&view.clock.time(to), 40),
            None => line,
        };
        let line = line.say(", ").code(&one.status, 40);
        lines.push(line.then(&references.cite([one.citation])).stop());
        for (phase, when) in [(Phase::Before, "before"), (Phase::During, "meanwhile"), (Phase::After, "afterwards")] {
            lines.extend(hypothesis(one, (phase, when), references));
        }
        let done = one.steps.iter().filter(|step| matches!(step.phase, Phase::Method | Phase::Rollback));
        lines.extend(done.take(size.items).map(|step| self::step(view, step, references)));
    }
    lines
}

/// Whether the hypothesis held at one time; none where it was not asked.
fn hypothesis(of: &Experiment, (phase, when): (Phase, &'static str), references: &mut References) -> Option<Markdown> {
    let probes: Vec<&Step> = of.steps.iter().filter(|step| step.phase == phase).collect();
    let held = probes.iter().filter(|step| step.holds()).count();
    let missed: Vec<Markdown> = probes
        .iter()
        .filter(|step| !step.holds())
        .take(4)
        .map(|step| Markdown::new().code(&step.name, NAME_CHARS))
        .collect();
    if probes.is_empty() {
        return None;
    }
    let holds = missed.is_empty() && !of.missed.contains(&phase);
    let line = Markdown::new().say("Its hypothesis ").say(if holds { "held " } else { "did not hold " });
    let line = line.say(when).say(": ").number(held as u64).say(" of ").number(probes.len() as u64);
    let line = line.say(" probes were within their tolerance");
    let line = if missed.is_empty() { line } else { line.say(", not ").then(&Markdown::list(&missed)) };
    Some(line.then(&references.cite(probes.iter().map(|step| step.citation))).stop())
}

fn step(view: &View, step: &Step, references: &mut References) -> Markdown {
    let line =
        Markdown::new().prose(&view.clock.time(step.from.trunc_subsecs(0)), 40).say(" ").say(step.kind()).say(" ");
    let line = line.code(&step.name, NAME_CHARS).say(" ").say(step.outcome_in_words());
    let pods: Vec<Markdown> =
        step.pods.iter().take(4).map(|pod| Markdown::new().code(&pod.to_string(), NAME_CHARS)).collect();
    let line = match pods.is_empty() {
        true => line,
        false => line.say(if step.is_action { " on " } else { ", about " }).then(&Markdown::list(&pods)),
    };
    let line = match step.error.is_empty() || step.outcome != CheckOutcome::Failed {
        true => line,
        false => line.say("; it said ").code(&step.error, SENTENCE_CHARS),
    };
    let line = match step.exit_code.filter(|code| *code != 0) {
        Some(code) => line.say("; the command that it ran ended with exit code ").prose(&code.to_string(), 20),
        None => line,
    };
    line.then(&references.cite([step.citation])).stop()
}
