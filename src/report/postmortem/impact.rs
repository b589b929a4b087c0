//! Who was hit and for how long, how soon it was noticed, and what had been changed before.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size, checks, experiments, revision};
use crate::report::markdown::Markdown;
use crate::report::names::workload_of;
use crate::report::view::{Means, Noticed, Part, Proof, View};
use crate::report::{quotes, times};
use crate::signals::Signal;
use std::collections::BTreeSet;

/// A row of the detection table, as cells.
#[derive(Default)]
pub struct Line {
    pub what: &'static str,
    pub time: String,
    pub lag: String,
    pub subject: String,
    pub record: String,
}

pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = experiments::lines(view, references, size);
    lines.extend(checks::lines(view, references, size));
    let of_checks = lines.len();
    for outage in view.impact.outages.iter().take(size.items) {
        let line =
            Markdown::new().code(&outage.signal.subject.to_string(), NAME_CHARS).say(" had no ready address from ");
        let line = line.prose(&view.clock.time(outage.signal.began()), 40);
        let line = match &outage.lasted {
            Some(lasted) => line.say(" for ").prose(lasted, 40),
            None => line.say(" to the end of the window"),
        };
        lines.push(line.then(&references.cite(quotes::of_signal(&outage.signal))).stop());
    }
    for impact in &view.impact.counts {
        let count = impact.hit.count();
        let words = if count == 1 { impact.kind.one } else { impact.kind.many };
        let groups: BTreeSet<String> = impact.hit.subjects().map(workload_of).collect();
        let names: Vec<Markdown> = groups.iter().take(4).map(|name| Markdown::new().code(name, NAME_CHARS)).collect();
        let line = Markdown::new().number(count as u64).say(" ").say(words).say(": ").then(&Markdown::list(&names));
        let line = if groups.len() > 4 { line.say(" and others") } else { line };
        lines.push(line.then(&references.cite(impact.hit.records())).stop());
    }
    for other in view.impact.others.iter().take(size.items) {
        let names: Vec<Markdown> =
            other.hit.subjects().take(4).map(|name| Markdown::new().code(&name.to_string(), NAME_CHARS)).collect();
        let line = Markdown::new().code(other.name, NAME_CHARS).say(": ").then(&Markdown::list(&names));
        let line = if other.hit.count() > 4 { line.say(" and others") } else { line };
        lines.push(line.then(&references.cite(other.hit.records())).stop());
    }
    if !view.of.not_understood.is_empty() {
        lines.push(Markdown::new().say("What the records under Not understood mean for users is not known."));
    }
    let proof = view.absences.harm();
    if lines.len() == of_checks {
        lines.push(no_harm(proof));
    } else if view.impact.outages.is_empty() && proof.is_whole() {
        lines
            .push(Markdown::new().say("No Service was without a ready address: its pods and endpoints were all seen."));
    }
    lines
}

/// That nothing was hurt, as far as that can be said.
pub fn no_harm(proof: Proof<'_>) -> Markdown {
    match proof {
        Proof::Whole => Markdown::new().say(
            "No pod, node or Service was seen to be hurt; events, pods, nodes, Services and endpoints of the whole cluster \
             were collected.",
        ),
        Proof::NotUnderstood => Markdown::new().say(
            "No failure was recognised in events, pods, nodes, Services and endpoints of the whole cluster, which were \
             collected and read. Some records are not understood; they are listed below.",
        ),
        Proof::Lacks(lacks) => {
            let line = Markdown::new().say("No failure was recognised. That there was none cannot be said");
            lacking(line, lacks)
        }
    }
}

/// `: that would take a, b and c, whole.`
pub fn lacking(line: Markdown, lacks: &[&str]) -> Markdown {
    let named: Vec<Markdown> = lacks.iter().take(8).map(|one| Markdown::new().prose(one, NAME_CHARS)).collect();
    if named.is_empty() {
        line.stop()
    } else {
        line.say("; it would take all of these: ").then(&Markdown::list(&named)).stop()
    }
}

/// `signal` on `subject`, as code.
pub fn named(signal: &Signal) -> Markdown {
    Markdown::new().code(&signal.name, NAME_CHARS).say(" on ").code(&signal.subject.to_string(), NAME_CHARS)
}

pub fn detection(view: &View, references: &mut References) -> Vec<Line> {
    let Some(onset) = view.detection.onset else {
        return vec![Line { what: "First sign", subject: unseen("First sign", view), ..Line::default() }];
    };
    let first = Line {
        what: "First sign",
        time: view.clock.time(onset.began()),
        lag: String::new(),
        subject: named(&onset).cell(),
        record: references.place(&quotes::of_signal(&onset)).cell(),
    };
    let mut noticed = |what, seen: &Option<Noticed>| match seen {
        None => Line { what, subject: unseen(what, view), ..Line::default() },
        Some(seen) => Line {
            what,
            time: view.clock.time(seen.at),
            lag: view.detection.lag(seen).unwrap_or_default(),
            subject: Markdown::new()
                .code(&seen.subject.to_string(), NAME_CHARS)
                .say(": ")
                .prose(seen.what, SENTENCE_CHARS)
                .say(if seen.is_linked { "" } else { UNLINKED })
                .cell(),
            record: references.place(&seen.records).cell(),
        },
    };
    vec![
        first,
        noticed(PENDING, &view.detection.pending),
        noticed(FIRING, &view.detection.firing),
        noticed("First change after it (a response?)", &view.detection.response),
    ]
}

/// That something is not in the records, or that the records could not show it.
fn unseen(what: &str, view: &View) -> String {
    let proof = match what {
        "First sign" => view.absences.harm(),
        FIRING | PENDING => view.absences.alerts(),
        _ => view.absences.changes(),
    };
    let words = match (what, proof.is_whole()) {
        ("First sign", true) => "none: nothing failed",
        ("First sign", false) => "none recognised",
        (_, true) => "none",
        (FIRING | PENDING, false) => "not known: what would show it was not collected whole",
        (_, false) => "none recognised; not every kind of change is read",
    };
    words.to_owned()
}

const UNLINKED: &str = "; no link to the cascade was found";
const PENDING: &str = "First alert pending";
const FIRING: &str = "First alert firing";

pub fn triggers(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines: Vec<Markdown> = Vec::new();
    for change in view.changes_before().take(size.items) {
        let line = Markdown::new()
            .prose(&view.clock.time(change.at), 40)
            .say(" ")
            .code(&change.signal.subject.to_string(), NAME_CHARS);
        let line = line.say(": ").prose(change.what.trim_end_matches('.'), SENTENCE_CHARS);
        let line = match change.means() {
            Some(Means::Hand) => line.say(" (by hand)"),
            Some(Means::Automation) => line.say(" (by automation)"),
            None => line,
        };
        let line = revision::add(line, change);
        let lag = view.detection.onset.map(|onset| times::between(change.at, onset.began()));
        let line = match lag {
            Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" before the first sign"),
            None => line,
        };
        let line = line.say(match change.part {
            Part::Member => "; part of the cascade",
            Part::Factor => "; a contributing factor below",
            Part::None => UNLINKED,
        });
        lines.push(line.then(&references.cite(change.records.iter().copied())).stop());
    }
    let more = view.changes_before().len().saturating_sub(size.items);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" earlier changes are in ").code("report.json", 40).stop());
    }
    if lines.is_empty() {
        let line = match view.absences.changes() {
            Proof::Whole | Proof::NotUnderstood => Markdown::new().say("No change before the first sign is recorded."),
            Proof::Lacks(lacks) => lacking(
                Markdown::new().say("No change before the first sign was seen. That there was none cannot be said"),
                lacks,
            ),
        };
        lines.push(line.say(" What was changed outside of the cluster?"));
    }
    lines
}
