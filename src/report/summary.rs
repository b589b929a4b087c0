//! The terminal's summary, one screen of it: what happened and whom it hurt, the cascade, what was not seen. And the
//! few lines of it that are printed after a collection.
//!
//! Every text of the cluster goes through `safe::terminal`; the caller adds where the files are.

use super::filled::Page;
use super::sentences::whole_sentences;
use super::view::{Branch, Grade, Proof, Tree, View, story};
use super::{Analyzed, names, safe, times};
use crate::cascade::{FactorClass, Impact};
use crate::evidence::{InputInfo, Status};
use crate::model::{End, Severity};
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;
use textwrap::core::display_width;

/// One screen holds all of it: each list is as long as that allows.
const INPUT_LINES: usize = 2;
const TREE_LINES: usize = 10;
const GAP_LINES: usize = 3;
const FACTOR_LINES: usize = 2;
const CHECK_LINES: usize = 2;
const UNKNOWN_LINES: usize = 3;
/// The longest statement in a sentence of the story, and the longest line of a list.
const STATEMENT_CHARS: usize = 200;
const LINE_CHARS: usize = 180;

/// The summary in lines of at most `width` columns; 100 is a good width.
pub fn write(of: &Analyzed, width: usize) -> String {
    let view = View::new(of);
    let mut page = Page::new(width);
    told(&view, &mut page);
    seen(&view, &mut page);
    if let Some(tree) = view.trees.first() {
        cascade(&view, tree, &mut page);
    }
    checks(&view, &mut page);
    contributed(&view, &mut page);
    page.heading("Beside it");
    others(&view, &mut page);
    not_understood(&view, &mut page);
    not_seen(&view, &mut page);
    next_steps(&view, &mut page);
    page.text
}

/// What is seen first after a collection, in at most ten lines of `width` columns: what seems to have happened, whom it
/// hurts, and what is missing.
pub fn first_look(of: &Analyzed, width: usize) -> String {
    let view = View::new(of);
    let mut page = Page::new(width);
    page.line(0, &format!("First look: {}", safe::terminal(&story::title(&view), LINE_CHARS)));
    if view.trees.is_empty() {
        page.line(2, &calm(&view));
    }
    let rows: Vec<&Impact> = view.impact.rows.iter().collect();
    for rows in story::kinds(&rows).iter().take(LOOK_HURT) {
        let end = match story::last_end(rows) {
            Some((row, End::At(_))) => row.became(),
            Some((_, End::Ongoing)) => "still so",
            _ => "when it ended is not recorded",
        };
        page.hanging("  hurt     ", 11, &format!("{}; {end}", safe::terminal(&story::clause(rows), LOOK_CHARS)));
    }
    match view.coverage.missing.len() {
        0 if view.has_plan() => page.hanging("  missing  ", 11, "nothing of what was planned"),
        0 => {}
        more => {
            let named = view.coverage.missing.iter().take(3);
            let named: Vec<String> =
                named.map(|one| format!("{} ({})", clean(one.source), one.status.name())).collect();
            let others = if more > named.len() { format!(" and {} more", more - named.len()) } else { String::new() };
            page.hanging("  missing  ", 11, &format!("{}{others}", named.join(", ")));
        }
    }
    let lines: Vec<&str> = page.text.lines().take(LOOK_LINES).collect();
    format!("{}\n", lines.join("\n"))
}

const LOOK_LINES: usize = 10;
const LOOK_HURT: usize = 3;
const LOOK_CHARS: usize = 150;

fn clean(text: &str) -> String {
    safe::terminal(text, 200)
}

/// What happened, in the sentences that the draft begins with.
fn told(view: &View, page: &mut Page) {
    page.line(0, &safe::terminal(&story::title(view), 300));
    page.text.push('\n');
    for sentence in story::sentences(view, STATEMENT_CHARS) {
        let text: String = sentence.into_iter().map(|part| part.text).collect();
        page.line(2, &held(&format!("{}.", safe::terminal(&text, 600))));
    }
    if view.trees.is_empty() {
        page.line(2, &calm(view));
    }
}

fn seen(view: &View, page: &mut Page) {
    let evidence = view.evidence();
    let (from, to) = (evidence.window.from, evidence.window.to);
    let length = times::length(times::between(from, to));
    let (from, to) = (view.clock.time(from), view.clock.time(to));
    page.text.push('\n');
    let context = evidence.header.cluster.context.as_deref().map(|name| format!(" of {}", clean(name)));
    let archive = clean(&evidence.archive);
    one_line(page, 2, &format!("Read: {archive}{}, {from} to {to} ({length})", context.unwrap_or_default()));
    for input in evidence.inputs.iter().filter(|input| input.is_foreign).take(INPUT_LINES) {
        page.line(2, &format!("Read: {}.", clean(&of_input(input))));
    }
    if view.of.signals.is_empty() {
        page.line(2, "No signals in what was collected.");
    }
}

/// A line that ends where the screen does: the draft has all of it.
fn one_line(page: &mut Page, indent: usize, words: &str) {
    // The mark of what is cut needs its own place.
    let room = page.width.saturating_sub(indent + 2);
    page.hanging(&" ".repeat(indent), indent, &safe::terminal(words, room).replace(' ', "\u{a0}"));
}

/// With what belongs together, numbers and their units, on one line.
fn held(text: &str) -> String {
    static LENGTH: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(\d) (ms|s|min|h|d)\b").ok());
    let hold = |length: &Regex| length.replace_all(text, "$1\u{a0}$2").into_owned();
    LENGTH.as_ref().map_or_else(|| text.to_owned(), hold)
}

/// What an input was recognised as, and how much of it was read.
fn of_input(input: &InputInfo) -> String {
    let read = format!("{} of {}: {} read", input.format, input.name, times::counted(input.read(), "file"));
    if input.unread.is_empty() {
        return read;
    }
    let reasons = input.unread.iter().map(|unread| format!("{} ({})", unread.why, unread.entries.len()));
    format!("{read}, {} not: {}", input.not_read(), reasons.collect::<Vec<_>>().join(", "))
}

fn cascade(view: &View, tree: &Tree, page: &mut Page) {
    page.heading(&format!("Cascade {} of {}", names::cascade_id(tree.number), view.trees.len()));
    let day = view.clock.day().map(|day| format!(", {day}")).unwrap_or_default();
    page.line(2, &format!("UTC{day}. M: tied by the records, K: known mechanism, o: order in time only."));
    for place in shown(view, tree) {
        if let Some(branch) = tree.branches.get(place) {
            tree_line(view, branch, page);
        }
    }
    let more = tree.branches.len().saturating_sub(TREE_LINES);
    if more > 0 {
        page.line(2, &format!("… and {more} more lines, in the draft"));
    }
}

/// The lines of the tree that are shown, by their places: the way to whom it hurt worst, then the first of all others.
fn shown(view: &View, tree: &Tree) -> BTreeSet<usize> {
    let mut shown = BTreeSet::new();
    for rows in story::kinds(&story::hurt(view)) {
        let signals: BTreeSet<usize> = rows.iter().flat_map(|row| row.signals.iter().copied()).collect();
        let tells = |branch: &Branch| branch.signals().any(|signal| signals.contains(&signal.index));
        let mut next = tree.branches.iter().position(tells);
        let mut path = Vec::new();
        while let Some(place) = next.filter(|place| !shown.contains(place)) {
            path.push(place);
            next = tree.branches.get(place).and_then(|branch| branch.parent);
        }
        if shown.len() + path.len() <= TREE_LINES {
            shown.extend(path);
        }
    }
    for place in 0..tree.branches.len() {
        let above = tree.branches.get(place).and_then(|branch| branch.parent);
        if shown.len() < TREE_LINES && above.is_none_or(|above| shown.contains(&above)) {
            shown.insert(place);
        }
    }
    shown
}

/// What outside checks met.
fn checks(view: &View, page: &mut Page) {
    if view.checks.is_empty() {
        return;
    }
    page.heading("What outside checks met");
    for check in view.checks.iter().take(CHECK_LINES) {
        let (share, sentence) = (check.share(), check.sentence(&view.clock));
        let sentence = if sentence.is_empty() { "failed" } else { &sentence };
        page.line(2, &format!("{share} of {} {sentence}.", clean(check.name)));
        let waits = check.failed().filter(|one| one.waited_count > 0).take(1);
        for one in waits {
            let time = view.clock.time(one.run.to);
            page.line(4, &format!("{time} {} {}.", clean(&one.run.what), clean(&one.outcome_in_words())));
        }
        let early = check.passed_early().count();
        if early > 0 {
            page.line(4, &format!("{} passed before the pods were ready.", times::counted(early, "run")));
        }
    }
    let more = view.checks.len().saturating_sub(CHECK_LINES);
    if more > 0 {
        page.line(2, &format!("… and {}, in the draft", times::counted(more, "more check")));
    }
}

/// One calm sentence, and what it rests on.
fn calm(view: &View) -> String {
    match view.absences.harm() {
        Proof::Whole => "Nothing failed: no pod, node or Service was seen to be hurt. That rests on events, pods, nodes, \
                         Services and endpoints of the whole cluster, which all came."
            .to_owned(),
        Proof::NotUnderstood => "No failure was recognised in events, pods, nodes, Services and endpoints of the whole \
                                 cluster, which came and were read. Some records are not understood; they are listed below."
            .to_owned(),
        Proof::Lacks(lacks) => {
            let lacks: Vec<String> = lacks.iter().map(|one| clean(one)).collect();
            let lacks = if lacks.is_empty() { String::new() } else { format!(" without {}", lacks.join(", ")) };
            format!("No failure was recognised. That there was none cannot be said{lacks}.")
        }
    }
}

/// What was not linked to the largest cascade.
fn others(view: &View, page: &mut Page) {
    let others = view.analysis().cascades.get(1..).unwrap_or_default();
    let Some(first) = others.first() else { return };
    let found = times::counted(others.len(), "finding");
    one_line(page, 2, &format!("Not linked to it: {found}, first {}", view.clock.shortened(&first.headline)));
}

/// What looks like trouble and is known to no rule, the worst first.
fn not_understood(view: &View, page: &mut Page) {
    let groups = &view.of.not_understood;
    let of_weight = groups.iter().filter(|group| group.severity >= Severity::Warning).count();
    if groups.is_empty() {
        return;
    }
    one_line(page, 2, &format!("Not understood: {}", times::counted(groups.len(), "kind of record")));
    for group in groups.iter().take(UNKNOWN_LINES.min(of_weight)) {
        let subject = group.subjects.first().map(|subject| format!(", {}", clean(&subject.to_string())));
        let subject = subject.unwrap_or_default();
        let more = group.subjects.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (time, count, words) = (view.when(group), group.count, clean(&group.words));
        one_line(page, 4, &format!("{time} {count} x {words} ({}{subject}{more})", group.severity));
    }
}

/// The factors by the part they played; their records are in the draft.
fn contributed(view: &View, page: &mut Page) {
    let factors = view.factors_of(0);
    // The first trigger is told already.
    let mut told = factors.iter().filter(|one| one.class != FactorClass::Trigger).take(FACTOR_LINES).peekable();
    if told.peek().is_none() {
        return;
    }
    page.heading("What contributed");
    for factor in told {
        let lead = format!("  {:<12}", factor.class.name());
        let said = view.clock.shortened(whole_sentences(&factor.statement, LINE_CHARS));
        page.hanging(&lead, display_width(&lead), &safe::terminal(&said, LINE_CHARS));
    }
}

fn letter(grade: Grade) -> char {
    match grade {
        Grade::Mechanism => 'M',
        Grade::Known => 'K',
        Grade::Order => 'o',
    }
}

fn tree_line(view: &View, branch: &Branch, page: &mut Page) {
    let signal = branch.signal;
    let time = view.clock.time(signal.began());
    let depth = branch.depth.min(page.width / 8);
    let arrow = branch.cause.map_or("* ".to_owned(), |edge| format!("{} ", letter(edge.grade)));
    let lead = format!("  {time:<9} {}{arrow}", "  ".repeat(depth));
    let alone = branch.alike.is_empty();
    let subject = if alone { signal.subject.to_string() } else { names::workload_of(&signal.subject) };
    let count = if branch.count() > 1 { format!(" (x\u{a0}{})", branch.count()) } else { String::new() };
    let also = match branch.also.len() {
        0 => String::new(),
        1 => ", one more cause".to_owned(),
        more => format!(", {more} more causes"),
    };
    let words = format!("{} {}{count}{also}", clean(&signal.name), clean(&subject));
    page.hanging(&lead, display_width(&lead) + 2, &words);
}

fn not_seen(view: &View, page: &mut Page) {
    for missing in view.coverage.missing.iter().take(GAP_LINES) {
        let first = missing.subjects.first().map(|subject| clean(subject)).unwrap_or_default();
        let more = missing.subjects.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let words = format!("Not seen: {} {}: {first}{more}", clean(missing.source), missing.status.name());
        one_line(page, 2, &words);
    }
    let more = view.coverage.missing.len().saturating_sub(GAP_LINES);
    if more > 0 {
        page.line(2, &format!("… and {more} more sources"));
    }
    match (view.coverage.missing.is_empty(), view.has_plan()) {
        (true, false) => page.line(2, "Nothing says what was to be collected, so what is missing cannot be told."),
        (true, true) => page.line(2, "All planned items came."),
        (false, _) => {}
    }
    if !view.coverage.not_read.is_empty() {
        let unread = view.coverage.not_read.iter();
        let sources: Vec<String> =
            unread.map(|(source, count)| format!("{} ({})", clean(source), times::counted(*count, "item"))).collect();
        one_line(page, 2, &format!("Came, but is read by no part of this analysis: {}", sources.join(", ")));
    }
}

fn next_steps(view: &View, page: &mut Page) {
    page.heading("Next");
    if !view.trees.is_empty() {
        page.line(2, "Hold the draft against its records, fill its blanks and strike what is wrong.");
    }
    // What has expired or was cut at a cap will not come back.
    if view.coverage.missing.iter().any(|missing| !matches!(missing.status, Status::Expired | Status::Truncated)) {
        page.line(2, "Collect what is missing while it still exists.");
    }
    if let Some(question) = view.analysis().questions.first() {
        page.line(2, &format!("First question: {}", clean(&view.clock.shortened(&question.question))));
    }
    if view.trees.is_empty() {
        page.line(2, "Check that the window holds what you are looking for.");
    }
}
