//! Who was hit and for how long, how soon it was noticed, and what had been changed before.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::report::markdown::Markdown;
use crate::report::schema::{ChangeRow, EvidenceRow, SignalRow};
use crate::report::times;
use crate::report::view::{Noticed, Proof, View, workload_of};
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

pub fn lines<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let mut lines = Vec::new();
    for outage in view.impact.outages.iter().take(size.items) {
        let line = Markdown::new().code(outage.subject, NAME_CHARS).say(" had no ready address from ");
        let line = line.prose(&view.clock.time(outage.from), 40);
        let line = match &outage.lasted {
            Some(lasted) => line.say(" for ").prose(lasted, 40),
            None => line.say(" to the end of the window"),
        };
        lines.push(line.then(&references.cite(outage.evidence)).stop());
    }
    for toll in &view.impact.tolls {
        let count = toll.subjects.len();
        let words = if count == 1 { toll.kind.one } else { toll.kind.many };
        let groups: BTreeSet<String> = toll.subjects.iter().map(|subject| workload_of(subject)).collect();
        let names: Vec<Markdown> = groups.iter().take(4).map(|name| Markdown::new().code(name, NAME_CHARS)).collect();
        let line = Markdown::new().number(count as u64).say(" ").say(words).say(": ").then(&Markdown::list(&names));
        let line = if groups.len() > 4 { line.say(" and others") } else { line };
        lines.push(line.then(&references.cite(toll.evidence.iter().copied())).stop());
    }
    for other in view.impact.others.iter().take(size.items) {
        let names: Vec<Markdown> =
            other.subjects.iter().take(4).map(|name| Markdown::new().code(name, NAME_CHARS)).collect();
        let line = Markdown::new().code(other.signal, NAME_CHARS).say(": ").then(&Markdown::list(&names));
        let line = if other.subjects.len() > 4 { line.say(" and others") } else { line };
        lines.push(line.then(&references.cite(other.evidence.iter().copied())).stop());
    }
    if !view.report.not_understood.is_empty() {
        lines.push(Markdown::new().say("What the records under Not understood mean for users is not known."));
    }
    let proof = view.absences.harm();
    if lines.is_empty() {
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
pub fn lacking(line: Markdown, lacks: &[String]) -> Markdown {
    let named: Vec<Markdown> = lacks.iter().take(8).map(|one| Markdown::new().prose(one, NAME_CHARS)).collect();
    if named.is_empty() {
        line.stop()
    } else {
        line.say("; it would take all of these: ").then(&Markdown::list(&named)).stop()
    }
}

pub fn detection<'a>(view: &View<'a>, references: &mut References<'a>) -> Vec<Line> {
    let Some(onset) = view.detection.onset else {
        return vec![Line { what: "First sign", subject: unseen("First sign", view), ..Line::default() }];
    };
    let first = Line {
        what: "First sign",
        time: view.clock.time(&onset.from),
        lag: String::new(),
        subject: Markdown::new().code(&onset.signal, NAME_CHARS).say(" on ").code(&onset.subject, NAME_CHARS).cell(),
        record: references.place(&onset.evidence).cell(),
    };
    let mut noticed = |what, seen: Option<Noticed<'a>>| match seen {
        None => Line { what, subject: unseen(what, view), ..Line::default() },
        Some(seen) => Line {
            what,
            time: view.clock.time(seen.at),
            lag: view.detection.lag(&seen).unwrap_or_default(),
            subject: Markdown::new().code(seen.subject, NAME_CHARS).say(": ").prose(seen.what, SENTENCE_CHARS).cell(),
            record: references.place(seen.evidence).cell(),
        },
    };
    vec![
        first,
        noticed(PENDING, view.detection.pending),
        noticed(FIRING, view.detection.firing),
        noticed("First change after it (a response?)", view.detection.response),
    ]
}

/// Whether the change is part of the cascade, or is told a second time there: a new template and the rollout of it.
fn is_linked(view: &View, change: &ChangeRow) -> bool {
    let largest = view.report.cascades.first().map(|cascade| cascade.id.as_str());
    let same = |signal: &&SignalRow| {
        let near = times::between(&change.at, &signal.from).is_some_and(|apart| apart.num_seconds().abs() <= 5);
        change.signal.as_deref() == Some(signal.id.as_str())
            || (signal.layer == "change" && signal.subject == change.subject && near)
    };
    view.report
        .signals
        .iter()
        .filter(|signal| signal.cascade.is_some() && signal.cascade.as_deref() == largest)
        .any(|signal| same(&signal))
}

/// Whether a factor rests on the same record as the change.
fn is_a_factor(view: &View, change: &ChangeRow) -> bool {
    let same = |evidence: &EvidenceRow| {
        change.evidence.iter().any(|own| own.entry == evidence.entry && own.line == evidence.line)
    };
    let largest = view.report.cascades.first().map(|cascade| cascade.id.as_str());
    let factors = view.report.factors.iter().filter(|factor| Some(factor.cascade.as_str()) == largest);
    factors.flat_map(|factor| &factor.evidence).any(same)
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
        // Only firing alerts are read.
        (PENDING, _) => "not known",
        (_, true) => "none",
        (_, false) => "not known: what would show it was not collected whole",
    };
    words.to_owned()
}

const PENDING: &str = "First alert pending";
const FIRING: &str = "First alert firing";

pub fn triggers<'a>(view: &View<'a>, references: &mut References<'a>, size: Size) -> Vec<Markdown> {
    let changes = &view.detection.changes_before;
    let mut lines: Vec<Markdown> = Vec::new();
    for change in changes.iter().take(size.items) {
        let line = Markdown::new().prose(&view.clock.time(&change.at), 40).say(" ").code(&change.subject, NAME_CHARS);
        let line = line.say(": ").prose(change.what.trim_end_matches('.'), SENTENCE_CHARS);
        let lag = view.detection.onset.and_then(|onset| times::between(&change.at, &onset.from));
        let line = match lag {
            Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" before the first sign"),
            None => line,
        };
        let linked = is_linked(view, change);
        let line = match (linked, is_a_factor(view, change)) {
            (true, _) => line.say("; part of the cascade"),
            (false, true) => line.say("; a contributing factor below"),
            (false, false) => line.say("; no link to the cascade was found"),
        };
        lines.push(line.then(&references.cite(&change.evidence)).stop());
    }
    let more = changes.len().saturating_sub(size.items);
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
