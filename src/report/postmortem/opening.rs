//! What a reader sees first: title, header table, how sure we are, and the summary in at most six sentences.

use super::clocks;
use super::impact;
use super::references::References;
use super::{NAME_CHARS, SENTENCE_CHARS, Size};
use crate::cascade::Reason;
use crate::evidence::InputInfo;
use crate::model::{Severity, rfc3339};
use crate::report::markdown::Markdown;
use crate::report::view::story::{self, Part, Sentence};
use crate::report::view::{Grade, Numbered, View};
use crate::report::{calibration, names, times};
use std::collections::BTreeMap;

/// What began it and whom it hurt most, as a person would say it.
pub fn title(view: &View) -> Markdown {
    Markdown::new().prose(&story::title(view), SENTENCE_CHARS)
}

const BLANK: &str = "_to fill in_";

pub fn header(view: &View) -> Vec<(&'static str, String)> {
    let evidence = view.evidence();
    let code = |text: &str| Markdown::new().code(text, NAME_CHARS).cell();
    let length = times::length(times::between(evidence.window.from, evidence.window.to));
    let window = window(view).say(" (").prose(&length, 40).say(")");
    let hash = evidence.sha256.as_deref().map_or_else(|| "none: the archive was never sealed".to_owned(), code);
    vec![
        ("Archive", code(&evidence.archive)),
        ("SHA-256", hash),
        ("Cluster", code(&names::cluster(evidence))),
        ("Window (UTC)", window.cell()),
        ("Drafted with", code(&view.of.tool)),
        ("Status", "Draft".to_owned()),
        ("Severity", BLANK.to_owned()),
        ("Owner", BLANK.to_owned()),
        ("Reviewers", BLANK.to_owned()),
    ]
}

/// `from to to`, as code.
fn window(view: &View) -> Markdown {
    let window = view.evidence().window;
    Markdown::new().code(&rfc3339(window.from), 40).say(" to ").code(&rfc3339(window.to), 40)
}

/// The box on coverage, links and times.
pub fn sure(view: &View, references: &mut References, size: Size) -> Vec<Markdown> {
    let mut lines = vec![coverage_sentence(view)];
    lines.extend(view.evidence().inputs.iter().filter(|input| input.is_foreign).take(size.items.min(8)).map(of_input));
    for missing in view.coverage.missing.iter().take(size.items.min(8)) {
        let line = Markdown::new()
            .say("Missing: ")
            .code(missing.source, NAME_CHARS)
            .say(", ")
            .prose(missing.status.name(), 40);
        let subjects: Vec<Markdown> =
            missing.subjects.iter().take(3).map(|subject| Markdown::new().code(subject, NAME_CHARS)).collect();
        let line = line.say(": ").then(&Markdown::list(&subjects));
        let more = missing.subjects.len().saturating_sub(subjects.len());
        let line = if more > 0 { line.say(" and ").number(more as u64).say(" more") } else { line };
        lines.push(line.stop().say(" ").say(missing.limits));
    }
    let more = view.coverage.missing.len().saturating_sub(size.items.min(8));
    if more > 0 {
        lines.push(Markdown::new().number(more as u64).say(" more sources lack something; see the appendix."));
    }
    lines.extend(not_understood_sentence(view));
    lines.extend(links_sentence(view));
    if !view.analysis().edges.is_empty() {
        lines.extend(calibration::sentence());
    }
    lines.extend(times_sentence(view));
    lines.extend(notes(view));
    lines.extend(clocks::sentences(view, references));
    lines
}

/// How sure the page is, in at most five lines; the appendix has the rest.
pub fn sure_in_short(view: &View) -> Vec<Markdown> {
    let items = |count: usize| Markdown::new().number(count as u64).say(if count == 1 { " item" } else { " items" });
    let missing = view.coverage.missing_items();
    let mut lines = Vec::new();
    if missing > 0 {
        let named: Vec<Markdown> = view
            .coverage
            .missing
            .iter()
            .take(3)
            .map(|one| Markdown::new().code(one.source, NAME_CHARS).say(" (").prose(one.status.name(), 40).say(")"))
            .collect();
        let line = items(missing).say(" came cut or not at all: ");
        let line = line.then(&Markdown::list(&named));
        lines.push(if view.coverage.missing.len() > 3 { line.say(" and others") } else { line }.stop());
    } else {
        lines.push(Markdown::new().say(if view.has_plan() {
            "All that was asked for came whole; what was never asked for is not known."
        } else {
            "Nothing is known to be cut; what was never collected is not known."
        }));
    }
    let records = view.of.not_understood.iter().filter(|group| group.severity >= Severity::Warning);
    let (kinds, count) = records.fold((0_u64, 0_u64), |(kinds, sum), one| (kinds + 1, sum.saturating_add(one.count)));
    if kinds > 0 {
        let line = Markdown::new().number(count).say(" warnings and errors of ").number(kinds);
        lines.push(line.say(" kinds are not understood; any may matter."));
    }
    lines.extend(graded(view));
    lines
}

/// How many links have each grade, and how often such links were right where the truth is known.
fn graded(view: &View) -> Option<Markdown> {
    let edges = &view.analysis().edges;
    let parts: Vec<Markdown> =
        [(Grade::Mechanism, " by their records"), (Grade::Known, " by mechanism"), (Grade::Order, " by time alone")]
            .into_iter()
            .filter_map(|(grade, words)| {
                let count = edges.iter().filter(|edge| edge.grade == grade).count() as u64;
                let line = Markdown::new().number(count).say(words);
                let line = match calibration::of(grade) {
                    Some(known) => {
                        line.say(" (right before: ").number(known.right).say(" of ").number(known.of).say(")")
                    }
                    None => line,
                };
                (count > 0).then_some(line)
            })
            .collect();
    (!parts.is_empty()).then(|| Markdown::new().say("Links: ").then(&Markdown::list(&parts)).stop())
}

pub fn coverage_sentence(view: &View) -> Markdown {
    let came = view.coverage.came;
    let line = Markdown::new().number(came).say(if came == 1 { " item" } else { " items" });
    let line =
        line.say(if view.has_plan() { " of the plan came whole and were read; " } else { " were read as a whole; " });
    let line = line.number(view.coverage.missing_items() as u64);
    let line = line.say(if view.has_plan() { " came cut or not at all" } else { " are known to be cut or missing" });
    let unread: usize = view.coverage.not_read.iter().map(|(_, count)| count).sum();
    let line = match unread {
        0 => line,
        unread => {
            let sources: Vec<Markdown> = view
                .coverage
                .not_read
                .iter()
                .map(|(source, count)| Markdown::new().number(*count as u64).say(" of ").code(source, NAME_CHARS))
                .collect();
            line.say("; ")
                .number(unread as u64)
                .say(" came and no part of this analysis reads them (")
                .then(&Markdown::list(&sources))
                .say(")")
        }
    };
    line.say(". What is absent here is only absent from what was collected and read.")
}

/// What an input that others made was recognised as, and how much of it was read.
fn of_input(input: &InputInfo) -> Markdown {
    let line = Markdown::new().code(&input.name, NAME_CHARS).say(" was read as ").prose(input.format, NAME_CHARS);
    let line = line.say(": ").number(input.read() as u64).say(if input.read() == 1 { " file" } else { " files" });
    let reasons = input.unread.iter().map(|unread| {
        let why = Markdown::new().prose(&unread.why.to_string(), NAME_CHARS).say(" (");
        why.number(unread.entries.len() as u64).say(")")
    });
    match input.not_read() {
        0 => line.stop(),
        count => {
            let reasons: Vec<Markdown> = reasons.collect();
            line.say(" read, ").number(count as u64).say(" not: ").then(&Markdown::list(&reasons)).stop()
        }
    }
}

/// What was not understood, in one sentence.
fn not_understood_sentence(view: &View) -> Option<Markdown> {
    let of = |severe: bool| {
        let groups = view.of.not_understood.iter();
        groups
            .filter(|group| (group.severity >= Severity::Warning) == severe)
            .fold((0_u64, 0_u64), |(groups, records), group| (groups + 1, records.saturating_add(group.count)))
    };
    let ((groups, records), (lesser, _)) = (of(true), of(false));
    if groups + lesser == 0 {
        return None;
    }
    let line = Markdown::new().number(records);
    let line = line.say(if records == 1 {
        " warning, failure or error line, of "
    } else {
        " warnings, failures and error lines, of "
    });
    let line = line.number(groups);
    let line = line.say(if groups == 1 { " kind, " } else { " kinds, " });
    let line = line.say(if records == 1 { "is not understood" } else { "are not understood" });
    let line = if lesser > 0 {
        line.say(", and besides them ")
            .number(lesser)
            .say(if lesser == 1 { " kind" } else { " kinds" })
            .say(" of lesser weight")
    } else {
        line
    };
    Some(line.say(". They are listed under Not understood; any of them may matter."))
}

fn links_sentence(view: &View) -> Option<Markdown> {
    let edges = &view.analysis().edges;
    let count = |grade| edges.iter().filter(|edge| edge.grade == grade).count() as u64;
    let total = edges.len() as u64;
    (total > 0).then(|| {
        let rests = if count(Grade::Mechanism) == 1 { " rests" } else { " rest" };
        let line = Markdown::new().say("Of ").number(total).say(if total == 1 { " link, " } else { " links, " });
        let line = line
            .number(count(Grade::Mechanism))
            .say(rests)
            .say(" on records that tie both ends together (mechanism), ");
        let line =
            line.number(count(Grade::Known)).say(" on a documented mechanism with the right place and lag (known), ");
        line.number(count(Grade::Order)).say(" on order in time and neighbourhood only (order).")
    })
}

/// What is to be known of inputs that came whole: those of one note together.
fn notes(view: &View) -> Vec<Markdown> {
    let mut noted: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    view.evidence().notes().for_each(|one| noted.entry(&one.why).or_default().push(&one.subject));
    let line = |(note, subjects): (&str, Vec<&str>)| {
        let named: Vec<Markdown> =
            subjects.iter().take(3).map(|subject| Markdown::new().code(subject, NAME_CHARS)).collect();
        let more = subjects.len().saturating_sub(named.len());
        let line = Markdown::new().say("Of ").then(&Markdown::list(&named));
        let line = if more > 0 { line.say(" and ").number(more as u64).say(" more") } else { line };
        line.say(": ").prose(note, SENTENCE_CHARS).stop()
    };
    noted.into_iter().map(line).collect()
}

fn times_sentence(view: &View) -> Option<Markdown> {
    let linked = Numbered::all(&view.of.signals).filter(|signal| view.cascade_of(signal.index).is_some());
    let worst = linked.max_by_key(|signal| signal.from.uncertainty_ms())?;
    let bound = times::uncertainty(worst.from.uncertainty_ms())?;
    let line = Markdown::new().say("The least exact onset is that of ").then(&impact::named(&worst));
    let late = worst.from.earlier_ms > 0;
    if late && i64::from(worst.from.earlier_ms) >= view.evidence().window.length().num_milliseconds() {
        return Some(line.say(", which may have begun at any time before it was seen."));
    }
    let line = if late { line.say(", which may have been up to ") } else { line.say(", within ") };
    let line = line.prose(&bound, 20);
    Some(if late { line.say(" earlier.") } else { line.say(" either way.") })
}

/// At most six sentences: which runs of a check failed, who was hurt, what the failing have in common, what began it, how it spread, how it ended and
/// what is not known.
pub fn summary(view: &View, references: &mut References) -> Vec<Markdown> {
    let told = story::sentences(view, STATEMENT_CHARS);
    let mut told: Vec<Markdown> = told.iter().map(|parts| sentence(parts, references)).collect();
    if view.largest().is_none() {
        told.extend(nothing_failed(view));
    }
    told
}

/// The longest statement of the analysis in the summary.
pub const STATEMENT_CHARS: usize = 260;

/// A sentence with what it cites.
pub fn sentence(parts: &Sentence, references: &mut References) -> Markdown {
    let cited = |line: Markdown, part: &Part| {
        // A part begins with a mark of its own where it is not the first.
        let (mark, text) = match part.text.strip_prefix("; ") {
            Some(rest) => ("; ", rest),
            None => ("", part.text.as_str()),
        };
        line.say(mark).prose(text, 2 * SENTENCE_CHARS).then(&references.cite(part.records.iter().copied()))
    };
    parts.iter().fold(Markdown::new(), cited).stop()
}

fn nothing_failed(view: &View) -> Vec<Markdown> {
    let calm = Markdown::new().say("From ").then(&window(view)).say(": ").then(&impact::no_harm(view.absences.harm()));
    let over = view.analysis().left_out.iter().filter(|one| one.reason == Reason::Over).count() as u64;
    let history = || {
        let line = Markdown::new().number(over).say(if over == 1 { " failure" } else { " failures" });
        line.say(" of long before the window had ended by then; they are in the appendix").stop()
    };
    std::iter::once(calm).chain((over > 0).then(history)).collect()
}
