//! What outside checks met: the section on impact begins with it, as it is the nearest to what users saw.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::evidence::{CheckOutcome, JoinedRun};
use crate::report::markdown::Markdown;
use crate::report::view::{CheckView, View};

pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    for check in view.checks.iter().take(size.items) {
        lines.push(share(view, check, references));
        for one in check.failed().take(size.items) {
            lines.push(failed(view, one, references));
        }
        let more = check.count(CheckOutcome::Failed).saturating_sub(size.items);
        if more > 0 {
            lines.push(
                Markdown::new().number(more as u64).say(" more failed runs are in ").code("report.json", 40).stop(),
            );
        }
        for one in check.passed_early().take(size.items) {
            lines.push(passed_early(view, one, references));
        }
    }
    lines
}

/// How many runs failed, when, and what was before and after.
fn share(view: &View, check: &CheckView, references: &mut References) -> Markdown {
    let line = Markdown::new().prose(&check.share(), 40).say(" of ").code(check.name, NAME_CHARS);
    if check.failing().is_none() {
        let records = check.streaks.iter().flat_map(|streak| streak.records());
        return line.say(" failed").then(&references.cite(records)).stop();
    }
    let records: Vec<_> =
        check.before_failing().into_iter().chain(check.failed()).map(|one| one.run.citation).collect();
    line.say(" ").prose(&check.sentence(&view.clock), SENTENCE_CHARS).then(&references.cite(records)).stop()
}

/// What one failed run waited for.
fn failed(view: &View, one: &JoinedRun, references: &mut References) -> Markdown {
    let line =
        Markdown::new().prose(&view.clock.time(one.run.to), 40).say(" ").code(&one.run.what, NAME_CHARS).say(" ");
    let line = line.prose(&one.outcome_in_words(), SENTENCE_CHARS);
    let line = match one.run.error.is_empty() {
        true => line,
        false => line.say("; it said ").code(&one.run.error, SENTENCE_CHARS),
    };
    waited(line, one, references)
}

fn passed_early(view: &View, one: &JoinedRun, references: &mut References) -> Markdown {
    let line = Markdown::new().prose(&view.clock.time(one.run.to), 40).say(" ").code(&one.run.what, NAME_CHARS);
    let line = line.say(" passed before ").number(one.waited_count as u64).say(" of the ").number(one.pods as u64);
    waited(line.say(" pods it made were ready"), one, references)
}

/// The pods that were not ready, each with its node, and the records of run and pods.
fn waited(line: Markdown, one: &JoinedRun, references: &mut References) -> Markdown {
    let pods = one.waited.iter().take(4).map(|waited| {
        let pod = Markdown::new().code(&waited.pod.to_string(), NAME_CHARS);
        match (&waited.node, &one.node) {
            (Some(node), None) => pod.say(" on ").code(node, NAME_CHARS),
            _ => pod,
        }
    });
    let pods: Vec<Markdown> = pods.collect();
    let line = if pods.is_empty() { line } else { line.say(": ").then(&Markdown::list(&pods)) };
    let line = if one.waited_count > 4 { line.say(" and others") } else { line };
    let records = one.waited.iter().filter_map(|waited| waited.evidence.first().copied());
    line.then(&references.cite(std::iter::once(one.run.citation).chain(records))).stop()
}
