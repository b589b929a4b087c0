//! Who was hit and for how long, how soon it was noticed, and what had been changed before.

use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size, checks, experiments, revision};
use crate::cascade::Impact;
use crate::model::{Citation, End};
use crate::report::markdown::Markdown;
use crate::report::times;
use crate::report::view::{Change, Means, Part, Proof, View, story};
use crate::signals::Signal;
use std::collections::BTreeSet;

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
    let more = kinds(view).saturating_sub(size.items);
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

/// The table in fewer words: those in one state are one row, with the names of the first two.
pub fn brief_table(view: &View, references: &mut References, most: usize) -> Vec<Row> {
    let rows: Vec<&Impact> = view.impact.rows.iter().collect();
    story::kinds(&rows).iter().take(most).filter_map(|rows| kind(view, rows, references)).collect()
}

/// How many rows the whole brief table has.
pub fn kinds(view: &View) -> usize {
    story::kinds(&view.impact.rows.iter().collect::<Vec<_>>()).len()
}

fn kind(view: &View, rows: &[&Impact], references: &mut References) -> Option<Row> {
    let first = rows.iter().min_by_key(|one| one.from.time)?;
    let (last, end) = story::last_end(rows)?;
    let count = rows.iter().flat_map(|one| &one.subjects).collect::<BTreeSet<_>>().len();
    // What they are counted among is the same for Services of one namespace, and another for each workload.
    let of = rows.iter().try_fold(0, |sum, one| Some(sum + one.of?)).filter(|_| rows.len() == 1);
    let count_in_words = Markdown::new().number(count as u64);
    let (from, until) = (view.clock.time(times::shown(first.from.time)), until(view, end));
    // The whole span is that of none of them.
    let (from, until) = match (story::is_apart(rows), end) {
        (false, _) => (from, until),
        (true, End::At(_)) => (format!("first {from}"), format!("last {until}")),
        (true, End::Ongoing) => (format!("first {from}"), format!("some {until}")),
        (true, End::Unknown) => (format!("first {from}"), format!("{until} of each")),
    };
    Some(Row {
        who: Markdown::new().prose(&story::clause(rows), SENTENCE_CHARS).cell(),
        how_many: of.map_or(count_in_words.clone(), |of| count_in_words.say(" of ").number(of as u64)).cell(),
        from,
        until,
        how_sure: if first.linked { "linked" } else { "no link found" }.to_owned(),
        record: references.cite(story::records_of(first, last)).cell().trim_start().to_owned(),
    })
}

fn until(view: &View, end: End) -> String {
    match end {
        End::At(end) => view.clock.time(times::shown(end)),
        End::Ongoing => "still going on".to_owned(),
        End::Unknown => "not recorded".to_owned(),
    }
}

fn row(view: &View, one: &Impact, references: &mut References) -> Row {
    Row {
        who: who(one).cell(),
        how_many: how_many(one).cell(),
        from: view.clock.time(times::shown(one.from.time)),
        until: until(view, one.end),
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

/// A change before the first sign, how long before, and what it has to do with the cascade.
pub fn change_line(view: &View, change: &Change<'_>, references: &mut References) -> Markdown {
    let line = Markdown::new()
        .prose(&view.clock.time(change.at), 40)
        .say(" ")
        .code(&change.signal.subject.to_string(), NAME_CHARS);
    // What is said of an object often begins with it.
    let named = change.signal.subject.to_string();
    let said = change.what.trim_end_matches('.').trim_start_matches(named.as_str()).trim_start_matches([':', ' ']);
    let line = line.say(": ").prose(said, SENTENCE_CHARS);
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
        Part::Before => "; known only to be earlier",
        Part::None => "; no link to the cascade was found",
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
