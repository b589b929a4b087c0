//! The terminal's summary: what was seen, the cascade, what was not seen.
//!
//! Every text of the cluster goes through `safe::terminal`; the caller adds where the files are.

use super::filled::Page;
use super::view::{Branch, Grade, Proof, Tree, View};
use super::{Analyzed, names, quotes, safe, times};
use crate::evidence::{InputInfo, Status};
use crate::model::{End, Severity, rfc3339};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use std::collections::BTreeMap;
use textwrap::core::display_width;

const INPUT_LINES: usize = 8;
const TREE_LINES: usize = 40;
const GAP_LINES: usize = 8;
const FACTOR_LINES: usize = 12;
const OTHER_LINES: usize = 8;
const CHECK_LINES: usize = 8;
/// What decides often stands at the end of a message.
const QUOTE_CHARS: usize = 400;
const COMMON_LINES: usize = 5;
const UNKNOWN_LINES: usize = 6;

/// The summary in lines of at most `width` columns; 100 is a good width.
pub fn write(of: &Analyzed, width: usize) -> String {
    let view = View::new(of);
    let mut page = Page::new(width);
    seen(&view, &mut page);
    match view.trees.first() {
        Some(tree) => cascade(&view, tree, &mut page),
        None => nothing_failed(&view, &mut page),
    }
    common(&view, &mut page);
    checks(&view, &mut page);
    contributed(&view, &mut page);
    others(&view, &mut page);
    not_understood(&view, &mut page);
    not_seen(&view, &mut page);
    next_steps(&view, &mut page);
    page.text
}

fn clean(text: &str) -> String {
    safe::terminal(text, 200)
}

fn seen(view: &View, page: &mut Page) {
    let evidence = view.evidence();
    page.heading("What was seen");
    page.hanging("  Archive  ", 11, &clean(&evidence.archive));
    page.hanging("  Cluster  ", 11, &clean(&names::cluster(evidence)));
    let (from, to) = (evidence.window.from, evidence.window.to);
    let length = times::length(times::between(from, to));
    page.hanging("  Window   ", 11, &format!("{} to {}, {length}", rfc3339(from), rfc3339(to)));
    for input in evidence.inputs.iter().filter(|input| input.is_foreign).take(INPUT_LINES) {
        page.hanging("  Read     ", 11, &clean(&of_input(input)));
    }
    if view.of.signals.is_empty() {
        page.hanging("  Signals  ", 11, "none in what was collected");
        return;
    }
    page.text.push('\n');
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for signal in &view.of.signals {
        let place = match signal.severity {
            Severity::Fatal => 0,
            Severity::Error => 1,
            Severity::Warning => 2,
            Severity::Info => 3,
        };
        if let Some(count) = counts.entry(&signal.family).or_default().get_mut(place) {
            *count += 1;
        }
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(["Signals", "fatal", "error", "warning", "info"]);
    for (family, numbers) in counts.iter().take(20) {
        let cells = numbers.map(|number| if number == 0 { "·".to_owned() } else { number.to_string() });
        table.add_row(std::iter::once(safe::terminal(family, page.width.saturating_sub(40).min(24))).chain(cells));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    for line in table.lines() {
        page.text.push_str(&format!(" {}\n", line.trim_end()));
    }
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
    page.line(2, &clean(&tree.cascade.headline));
    let day = view.clock.day().map(|day| format!(" on {day}")).unwrap_or_default();
    page.line(
        2,
        &format!("Times are UTC{day}. M: the records tie both together, K: known mechanism, o: order in time only."),
    );
    page.text.push('\n');
    for branch in tree.branches.iter().take(TREE_LINES) {
        tree_line(view, branch, page);
    }
    let more = tree.branches.len().saturating_sub(TREE_LINES);
    if more > 0 {
        page.line(2, &format!("… and {more} more lines"));
    }
    let recovered = match tree.cascade.end {
        End::At(at) => format!("The last of it ended at {}.", view.clock.time(at)),
        End::Ongoing => "Some of it still went on at the end of the window.".to_owned(),
        End::Unknown => "When it ended is not recorded.".to_owned(),
    };
    page.text.push('\n');
    page.line(2, &recovered);
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
        let waits = check.failed().filter(|one| one.waited_count > 0).take(CHECK_LINES);
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
fn nothing_failed(view: &View, page: &mut Page) {
    page.heading("Cascade");
    match view.absences.harm() {
        Proof::Whole => page.line(
            2,
            "Nothing failed: no pod, node or Service was seen to be hurt. That rests on events, pods, nodes, Services and \
             endpoints of the whole cluster, which all came.",
        ),
        Proof::NotUnderstood => page.line(
            2,
            "No failure was recognised in events, pods, nodes, Services and endpoints of the whole cluster, which came and \
             were read. Some records are not understood; they are listed below.",
        ),
        Proof::Lacks(lacks) => {
            let lacks: Vec<String> = lacks.iter().map(|one| clean(one)).collect();
            let lacks = if lacks.is_empty() { String::new() } else { format!(" without {}", lacks.join(", ")) };
            page.line(2, &format!("No failure was recognised. That there was none cannot be said{lacks}."));
        }
    }
}

/// What was not linked to the largest cascade, each with the words of its record.
fn others(view: &View, page: &mut Page) {
    let others = view.analysis().cascades.get(1..).unwrap_or_default();
    if others.is_empty() {
        return;
    }
    page.heading("Other findings, not linked to it");
    for other in others.iter().take(OTHER_LINES) {
        page.line(2, &clean(&other.headline));
        if let Some(record) = view.first_records(other.first.get(..1).unwrap_or_default()).pop() {
            page.line(4, &safe::terminal(&quotes::row(view.evidence(), record).text, QUOTE_CHARS));
        }
    }
    let more = others.len().saturating_sub(OTHER_LINES);
    if more > 0 {
        page.line(2, &format!("… and {more} more, in the draft"));
    }
}

/// What looks like trouble and is known to no rule, the worst first.
fn not_understood(view: &View, page: &mut Page) {
    let groups = &view.of.not_understood;
    let of_weight = groups.iter().filter(|group| group.severity >= Severity::Warning).count();
    if groups.is_empty() {
        return;
    }
    page.heading("What was not understood");
    for group in groups.iter().take(UNKNOWN_LINES.min(of_weight)) {
        let subject = group.subjects.first().map(|subject| format!(", {}", clean(&subject.to_string())));
        let subject = subject.unwrap_or_default();
        let more = group.subjects.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let (time, count, words) = (view.when(group), group.count, clean(&group.words));
        page.line(2, &format!("{time} {count}\u{a0}x {words} ({}{subject}{more})", group.severity));
    }
    let shown = UNKNOWN_LINES.min(of_weight);
    match (shown, groups.len().saturating_sub(shown)) {
        (_, 0) => {}
        (0, lesser) => {
            page.line(2, &format!("{} of lesser weight, in the draft", times::counted(lesser, "kind of record")))
        }
        (_, more) => page.line(2, &format!("… and {}, in the draft", times::counted(more, "more kind of record"))),
    }
}

/// What those that failed share, and others do not.
fn common(view: &View, page: &mut Page) {
    if view.of.common.is_empty() {
        return;
    }
    page.heading("What the failing have in common");
    for one in view.of.common.iter().take(COMMON_LINES) {
        page.line(2, &safe::terminal(&one.statement, 600));
    }
}

/// The factors by the part they played; their records are in the draft.
fn contributed(view: &View, page: &mut Page) {
    if view.analysis().factors.is_empty() {
        return;
    }
    page.heading("What contributed");
    for factor in view.factors_of(0).iter().take(FACTOR_LINES) {
        let lead = format!("  {:<12}", factor.class.name());
        page.hanging(&lead, display_width(&lead), &safe::terminal(&factor.statement, 400));
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
    page.heading("What was not seen");
    for missing in view.coverage.missing.iter().take(GAP_LINES) {
        let first = missing.subjects.first().map(|subject| clean(subject)).unwrap_or_default();
        let more = missing.subjects.len().saturating_sub(1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let words = format!("{} {}: {first}{more}. {}", clean(missing.source), missing.status.name(), missing.limits);
        page.line(2, &words);
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
        page.line(2, &format!("Came, but is read by no part of this analysis: {}.", sources.join(", ")));
    }
}

fn next_steps(view: &View, page: &mut Page) {
    page.heading("Next");
    if !view.trees.is_empty() {
        page.line(
            2,
            "Read the cascade against its records, then edit the draft: fill its blanks and strike what is wrong.",
        );
    }
    // What has expired or was cut at a cap will not come back.
    if view.coverage.missing.iter().any(|missing| !matches!(missing.status, Status::Expired | Status::Truncated)) {
        page.line(2, "Collect what is missing while it still exists.");
    }
    if let Some(question) = view.analysis().questions.first() {
        page.line(2, &format!("First question: {}", clean(&question.question)));
    }
    if view.trees.is_empty() {
        page.line(2, "Check that the window holds what you are looking for.");
    }
}
