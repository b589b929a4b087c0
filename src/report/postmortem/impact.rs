//! Who was hit and for how long, how soon it was noticed, and what had been changed before.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size, checks, experiments, recovery, revision};
use crate::cascade::Impact;
use crate::model::{Citation, End};
use crate::report::markdown::Markdown;
use crate::report::view::{Change, Means, Noticed, Part, Proof, View};
use crate::report::{quotes, times};
use crate::signals::Signal;

/// A row of the detection table, as cells.
#[derive(Default)]
pub struct Line {
    pub what: &'static str,
    pub time: String,
    pub lag: String,
    pub subject: String,
    pub record: String,
}

/// A row of the impact table, as cells.
pub struct Row {
    pub who: String,
    pub how_many: String,
    pub from: String,
    pub until: String,
    pub how_sure: String,
    pub record: String,
}

/// What outside checks met, where the rest of the table is, and what is said where it is empty.
pub fn beside(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = experiments::lines(view, references, size);
    lines.extend(checks::lines(view, references, size));
    lines.truncate(size.items);
    let more = view.impact.rows.len().saturating_sub(size.items);
    if more > 0 {
        let line = Markdown::new().number(more as u64);
        lines.push(line.say(if more == 1 { " more row is" } else { " more rows are" }).say(" in the appendix."));
    }
    let has_checks = !lines.is_empty();
    lines.extend(nobody(view, has_checks));
    lines
}

/// What is said where the records name nobody who was hurt.
pub fn nobody(view: &View, has_checks: bool) -> Option<Markdown> {
    match () {
        () if !view.impact.rows.is_empty() => None,
        () if view.largest().is_some() => Some(Markdown::new().say("The records name nobody whom it hurt.")),
        () if has_checks => None,
        () => Some(no_harm(view.absences.harm())),
    }
}

/// What outside checks met, and what the table cannot say.
pub fn lines(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = experiments::lines(view, references, size);
    lines.extend(checks::lines(view, references, size));
    let of_checks = lines.len();
    let rows = &view.impact.rows;
    let more = rows.len().saturating_sub(size.items);
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" more rows are in ").code("report.json", 40).stop());
    }
    if !view.of.not_understood.is_empty() {
        lines.push(Markdown::new().say("What the records under Not understood mean for users is not known."));
    }
    let nobody = nobody(view, lines.len() > of_checks);
    if nobody.is_none() && view.impact.outages.is_empty() && view.absences.harm().is_whole() {
        lines
            .push(Markdown::new().say("No Service was without a ready address: its pods and endpoints were all seen."));
    }
    lines.extend(nobody);
    lines
}

pub fn table(view: &View, references: &mut References, size: Size) -> Vec<Row> {
    view.impact.rows.iter().take(size.items).map(|one| row(view, one, references)).collect()
}

/// The first rows of the table in fewer words: without names, and with no more than whether a link was found.
pub fn brief_table(view: &View, references: &mut References, most: usize) -> Vec<Row> {
    let in_brief = |one: &Impact, references: &mut References| Row {
        who: Markdown::new().prose(&one.what(), SENTENCE_CHARS).cell(),
        how_sure: if one.linked { "linked" } else { "no link found" }.to_owned(),
        ..row(view, one, references)
    };
    view.impact.rows.iter().take(most).map(|one| in_brief(one, references)).collect()
}

fn row(view: &View, one: &Impact, references: &mut References) -> Row {
    Row {
        who: who(one).cell(),
        how_many: how_many(one).cell(),
        from: view.clock.time(times::shown(one.from.time)),
        until: match one.end {
            End::At(end) => view.clock.time(times::shown(end)),
            End::Ongoing => "still going on".to_owned(),
            End::Unknown => "not recorded".to_owned(),
        },
        how_sure: how_sure(one).cell(),
        record: references.cite(first_and_last(one)).cell().trim_start().to_owned(),
    }
}

/// What happened to whom, with the names of the first few.
fn who(one: &Impact) -> Markdown {
    let line = Markdown::new().prose(&one.what(), SENTENCE_CHARS);
    let names: Vec<Markdown> =
        one.subjects.iter().take(NAMED).map(|name| Markdown::new().code(&name.to_string(), NAME_CHARS)).collect();
    let more = one.subjects.len().saturating_sub(names.len());
    let line = line.say(": ").then(&Markdown::list(&names));
    if more > 0 { line.say(" and ").number(more as u64).say(" more") } else { line }
}

fn how_many(one: &Impact) -> Markdown {
    let line = Markdown::new().number(one.subjects.len() as u64);
    match one.of {
        Some(of) => line.say(" of ").number(of as u64),
        None => line,
    }
}

/// How well the times are known, and what ties it to the cascade.
fn how_sure(one: &Impact) -> Markdown {
    let line =
        Markdown::new().say(if one.linked { "linked to the cascade" } else { "at the same time; no link was found" });
    let line = match times::uncertainty(one.from.earlier_ms) {
        Some(bound) if one.from.earlier_ms < u32::MAX => {
            line.say("; it may have begun ").prose(&bound, 20).say(" earlier")
        }
        Some(_) => line.say("; it may have begun at any time before"),
        None => line,
    };
    match one.in_place {
        0 => line,
        1 => line.say("; 1 that came in their place fared no better"),
        more => line.say("; ").number(more as u64).say(" that came in their place fared no better"),
    }
}

/// The records of a beginning and of an end, the first and the last of all before the others.
fn first_and_last(one: &Impact) -> Vec<Citation> {
    let all = &one.evidence;
    let middle = all.get(1..all.len().saturating_sub(1)).unwrap_or_default();
    let ends = all.first().into_iter().chain(all.last().filter(|_| all.len() > 1));
    ends.chain(middle.first()).chain(middle.last().filter(|_| middle.len() > 1)).copied().collect()
}

/// Who was hurt the most, `most` rows of them, in one sentence; none where the records name nobody.
pub fn sentence(view: &View, references: &mut References, most: usize) -> Option<Markdown> {
    let hurt = hurt(view, references, most);
    (!hurt.is_empty()).then(|| Markdown::new().say("Who was hurt: ").then(&Markdown::list(&hurt)).stop())
}

/// Who was hurt the most, `most` rows of them, each from when to when.
pub fn hurt(view: &View, references: &mut References, most: usize) -> Vec<Markdown> {
    let linked = view.impact.rows.iter().any(|one| one.linked);
    let rows = view.impact.rows.iter().filter(|one| one.linked == linked).take(most);
    let said = rows.map(|one| {
        let line = Markdown::new().prose(&one.what(), SENTENCE_CHARS);
        let line = match one.of {
            Some(_) => line.say(" (").then(&how_many(one)).say(")"),
            None => line,
        };
        let line = line.say(" from ").prose(&view.clock.time(times::shown(one.from.time)), 40);
        let line = match one.end {
            End::At(end) => line.say(" to ").prose(&view.clock.time(times::shown(end)), 40),
            End::Ongoing => line.say(" to the end of the window"),
            End::Unknown => line.say("; its end is not recorded"),
        };
        line.then(&references.cite(first_and_last(one)))
    });
    said.collect()
}

/// Names shown of a row.
const NAMED: usize = 3;

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

/// When it began, was noticed, was answered and ended, with the time between.
pub fn minutes(view: &View, references: &mut References) -> Vec<Line> {
    let Some(onset) = view.detection.onset else {
        return vec![Line { what: "First sign", subject: unseen("First sign", view), ..Line::default() }];
    };
    let first = Line {
        what: "First sign",
        time: view.clock.time(onset.began()),
        lag: String::new(),
        subject: named(&onset).cell(),
        record: cited(references, &quotes::of_signal(&onset)),
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
                .prose(seen.what, NAME_CHARS)
                .say(if seen.is_linked { "" } else { UNLINKED })
                .cell(),
            record: cited(references, &seen.records),
        },
    };
    vec![
        first,
        noticed(PENDING, &view.detection.pending),
        noticed(FIRING, &view.detection.firing),
        noticed("First change after it (a response?)", &view.detection.response),
        end(view, references),
    ]
}

/// The numbers of the first two records.
fn cited(references: &mut References, records: &[Citation]) -> String {
    references.cite(records.iter().copied().take(2)).cell().trim_start().to_owned()
}

/// When the last state of the cascade ended.
fn end(view: &View, references: &mut References) -> Line {
    let what = "End";
    let Some(cascade) = view.largest() else { return Line { what, ..Line::default() } };
    match cascade.end {
        End::At(at) => {
            let last = recovery::ended_last(view, cascade.end);
            let lag = view.detection.onset.map(|onset| times::length(times::between(onset.began(), at)));
            Line {
                what,
                time: view.clock.time(at),
                lag: lag.unwrap_or_default(),
                subject: last.map(|signal| named(&signal).cell()).unwrap_or_default(),
                record: cited(references, last.and_then(|signal| signal.ended_by).as_slice()),
            }
        }
        End::Ongoing => Line { what, subject: "still going on at the end of the window".to_owned(), ..Line::default() },
        End::Unknown => Line { what, subject: "not recorded".to_owned(), ..Line::default() },
    }
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

/// A change before the first sign, how long before, and what it has to do with the cascade.
pub fn change_line(view: &View, change: &Change<'_>, references: &mut References) -> Markdown {
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
        Some(lag) if lag.num_milliseconds() == 0 => line.say(", in the moment of the first sign"),
        Some(lag) => line.say(", ").prose(&times::length(lag), 40).say(" before the first sign"),
        None => line,
    };
    let line = line.say(match change.part {
        Part::Member => "; part of the cascade",
        Part::Factor => "; a contributing factor",
        Part::None => UNLINKED,
    });
    line.then(&references.cite(change.records.iter().copied())).stop()
}

pub fn triggers(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines: Vec<Markdown> = Vec::new();
    for change in view.changes_before().take(size.items) {
        lines.push(change_line(view, change, references));
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
