//! What chaos experiments took for the steady state, and what they did: it was done on purpose, and the draft says so.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::evidence::{CheckOutcome, Restart, Step, When};
use crate::report::markdown::Markdown;
use crate::report::times;
use crate::report::view::{Hypothesis, View};
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
        for asked in Hypothesis::all(one) {
            lines.push(hypothesis(&asked, references));
        }
        let done = one.steps.iter().filter(|step| step.is_of_method());
        lines.extend(done.take(size.items).map(|step| self::step(view, step, references)));
        lines.extend(one.restarts.iter().take(size.items).map(|restart| self::restart(view, restart, references)));
    }
    lines
}

/// Whether the hypothesis held at one time.
fn hypothesis(of: &Hypothesis<'_>, references: &mut References) -> Markdown {
    let missed: Vec<Markdown> = of.missed().take(4).map(missed).collect();
    let line = Markdown::new().say("Its hypothesis ").say(if of.held { "held " } else { "did not hold " });
    let line =
        line.say(of.when).say(": ").number(of.within_tolerance() as u64).say(" of ").number(of.probes.len() as u64);
    let line = line.say(" probes were within their tolerance");
    let line = if missed.is_empty() { line } else { line.say(", not ").then(&Markdown::list(&missed)) };
    line.then(&references.cite(of.probes.iter().map(|step| step.citation))).stop()
}

/// A probe beyond its tolerance, with what it said.
fn missed(step: &Step) -> Markdown {
    let line = Markdown::new().code(&step.name, NAME_CHARS);
    if step.error.is_empty() { line } else { line.say(", which said ").code(&step.error, SENTENCE_CHARS) }
}

/// How long a container was away, and when metrics knew of it.
fn restart(view: &View, of: &Restart, references: &mut References) -> Markdown {
    let time = |at| view.clock.time(times::shown(at));
    let line = Markdown::new().say("Container ").code(&of.container, NAME_CHARS).say(" of ");
    let line = line.code(&of.pod.to_string(), NAME_CHARS).say(" was told to stop at ").prose(&time(of.stopped.at), 40);
    let line = match of.ended {
        Some(ended) => line.say(", had ended at ").prose(&time(ended.at), 40),
        None => line,
    };
    let line = line.say(", was started again at ").prose(&time(of.started.at), 40);
    let took = |to| times::length(times::between(of.stopped.at, to));
    let line = match of.ready {
        Some(ready) => {
            let line = line.say(", and its pod was ready at ").prose(&time(ready.at), 40);
            line.say(": ").prose(&took(ready.at), 40).say(" from SIGTERM to serving")
        }
        None => {
            line.say(", ").prose(&took(of.started.at), 40).say(" after SIGTERM; when it served again is not recorded")
        }
    };
    let line = match of.counted {
        Some(counted) => {
            let line = line.say(". Its restart counter rose in the sample of ").prose(&time(counted.at), 40);
            let late = times::length(times::between(of.started.at, counted.at));
            line.say(", ").prose(&late, 40).say(" after that start")
        }
        None => line,
    };
    let marks = [Some(of.stopped), of.ended, Some(of.started), of.ready, of.counted];
    line.then(&references.cite(marks.into_iter().flatten().map(|mark| mark.citation))).stop()
}

fn step(view: &View, step: &Step, references: &mut References) -> Markdown {
    let line = Markdown::new().prose(&view.clock.time(step.from.trunc_subsecs(0)), 40);
    let line = match step.when {
        When::Within => line.say(" to ").prose(&view.clock.time(step.to), 40).say(", when is not said:"),
        When::Then => line,
    };
    let line = line.say(" ").say(step.kind()).say(" ");
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
