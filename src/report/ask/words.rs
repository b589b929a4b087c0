//! Answers in words for a terminal, filled to its width and made harmless.

use super::steps::{Answer, Direction, Other, Step};
use super::{Graph, Path};
use crate::cascade::Grade;
use crate::report::filled::Page;
use crate::report::schema::{CheckedRow, ChecklistRow, EdgeRow, EvidenceRow, SignalRow};
use crate::report::{safe, times};

/// The longest piece of a record that is quoted: what decides often stands at its end.
const QUOTE_CHARS: usize = 180;
const CHARS: usize = 300;
/// Other signals of the same subject that are listed.
const MOST_OTHERS: usize = 10;

fn clean(text: &str) -> String {
    safe::terminal(text, CHARS)
}

/// The answer to `why` or `after`, in lines of at most `width` columns.
pub fn answer(of: &Answer<'_>, graph: &Graph<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    let Some((asked, behind)) = of.steps.split_first() else { return String::new() };
    asked_for(asked.signal, &mut page);
    asked.alternatives.iter().for_each(|other| alternative(other, 2, &mut page));
    for list in &of.checklists {
        checklist(list, &mut page);
    }
    tied(of, (asked.signal, behind), &mut page);
    others(of, &mut page);
    unseen(graph, &mut page);
    page.text
}

fn asked_for(signal: &SignalRow, page: &mut Page) {
    page.line(
        0,
        &format!("{} {}, {} ({})", clean(&signal.subject), clean(&signal.signal), span(signal), clean(&signal.id)),
    );
    page.line(2, &format!("{}.", clean(&signal.title)));
    record(signal.evidence.first(), 2, page);
}

fn tied(of: &Answer<'_>, (asked, behind): (&SignalRow, &[Step<'_>]), page: &mut Page) {
    page.heading(match of.direction {
        Direction::Causes => "What led to it",
        Direction::Effects => "What it led to",
    });
    if behind.is_empty() {
        let nothing = match (of.direction, &asked.cascade) {
            (Direction::Effects, _) => "Nothing in the records is known to have come of it.",
            (Direction::Causes, Some(_)) => {
                "Nothing in the records is known to have led to it: its cascade begins here."
            }
            (Direction::Causes, None) => {
                "Nothing in the records is known to have led to it, and it is part of no cascade."
            }
        };
        return page.line(2, nothing);
    }
    page.line(2, "M: the records tie both together, K: known mechanism, o: order in time only.");
    behind.iter().for_each(|one| step(one, of.direction, page));
    if of.more > 0 {
        page.line(2, &format!("… and {}; --all shows them", times::counted(of.more, "more step")));
    }
}

fn step(of: &Step<'_>, direction: Direction, page: &mut Page) {
    let Some(edge) = of.edge else { return };
    let indent = 2 + 2 * (of.depth - 1).min(page.width / 10);
    let lag = lag(edge.lag_ms, direction);
    let alike = match of.alike.len() {
        0 => String::new(),
        more => format!(", and {more} alike"),
    };
    let (id, name, subject) = (clean(&of.signal.id), clean(&of.signal.signal), clean(&of.signal.subject));
    let again = match (of.again, of.is_end && direction == Direction::Causes) {
        (true, _) => ", told above",
        (false, true) => "; nothing recorded led to it",
        (false, false) => "",
    };
    let lead = format!("{}{} ", " ".repeat(indent), letter(&edge.grade));
    let time = clock(&of.signal.from);
    page.hanging(&lead, indent + 4, &format!("{time} {name} {subject} ({id}), {lag}{alike}{again}"));
    if of.again {
        return;
    }
    page.line(indent + 2, &because(edge));
    records(of, edge, indent + 2, page);
    of.against.iter().for_each(|one| page.line(indent + 2, &format!("against: {one}")));
    of.alternatives.iter().for_each(|other| alternative(other, indent + 2, page));
}

/// The record of the signal, and the one that ties it to the other where that is a third.
fn records(of: &Step<'_>, edge: &EdgeRow, indent: usize, page: &mut Page) {
    let own = of.signal.evidence.first();
    record(own, indent, page);
    if Grade::named(&edge.grade) == Grade::Mechanism {
        let tie =
            edge.evidence.first().filter(|tie| own.is_none_or(|own| (&own.entry, own.line) != (&tie.entry, tie.line)));
        let tie =
            tie.filter(|tie| !of.signal.evidence.iter().any(|one| (&one.entry, one.line) == (&tie.entry, tie.line)));
        if tie.is_some() {
            page.line(indent, "tied by:");
            record(tie, indent, page);
        }
    }
}

fn alternative(other: &Other<'_>, indent: usize, page: &mut Page) {
    let Other { signal, edge } = other;
    let instead: Vec<String> = edge.instead_of.iter().map(|link| clean(link)).collect();
    let words = format!(
        "or: {} {} ({}), {}: {} [{}, not claimed: {} came first]. {} would decide.",
        clean(&signal.signal),
        clean(&signal.subject),
        clean(&signal.id),
        lag(edge.lag_ms, Direction::Causes),
        clean(edge.why.trim_end_matches('.')),
        clean(&edge.link),
        instead.join(", "),
        capital(&clean(&edge.decided_by)),
    );
    page.line(indent, &words);
    record(signal.evidence.first(), indent + 2, page);
}

/// Where a record stands and what it says; what was quoted before is only named.
fn record(row: Option<&EvidenceRow>, indent: usize, page: &mut Page) {
    let Some(row) = row else { return };
    let place = format!("{}:{}", clean(&row.entry), row.line);
    let quoted = format!("{place} {}", safe::terminal(&row.text, QUOTE_CHARS));
    match page.has_said(&quoted) {
        true => page.line(indent, &format!("{place}, quoted above")),
        false => page.line(indent, &quoted),
    }
}

/// The rows of a checklist, each with its record.
fn checklist(of: &ChecklistRow, page: &mut Page) {
    let until = of.to.as_deref().map_or("the end of the window".to_owned(), clock);
    page.heading(&clean(&format!("Not ready from {} to {until}, row by row", clock(&of.from))));
    for verdict in ["for", "against", "not recorded"] {
        grouped(&of.rows, verdict).iter().for_each(|rows| checked(rows, verdict, page));
    }
    let missing = of.rows.iter().filter(|row| row.verdict != "for" && row.verdict != "against").count();
    let speak = of.rows.iter().filter(|row| row.verdict == "for").count();
    let verdict = match (missing, speak) {
        (0, 0) => "Every row is answered, and none speaks for itself: the cause is none of these.".to_owned(),
        (0, _) => "Every row is answered.".to_owned(),
        (missing, _) => format!("{} not recorded, so nothing here is certain.", are(missing, "row")),
    };
    page.line(2, &verdict);
}

/// The rows with one verdict, those that say the same together.
fn grouped<'a>(rows: &'a [CheckedRow], verdict: &str) -> Vec<Vec<&'a CheckedRow>> {
    let mut groups: Vec<Vec<&CheckedRow>> = Vec::new();
    for row in rows.iter().filter(|row| row.verdict == verdict) {
        match groups.iter_mut().find(|group| group.first().is_some_and(|first| first.why == row.why)) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    groups
}

fn checked(rows: &[&CheckedRow], verdict: &str, page: &mut Page) {
    let Some(first) = rows.first() else { return };
    let what: Vec<String> = rows.iter().map(|row| clean(&row.what)).collect();
    let lead = format!("  {verdict:<13}");
    let place = first.evidence.first().map(|row| format!(" {}:{}", row.entry, row.line)).unwrap_or_default();
    let place = if verdict == "for" { String::new() } else { clean(&place) };
    let place = if place.is_empty() { place } else { format!(" ({place})") };
    page.hanging(&lead, 17, &format!("{}: {}{place}", what.join("; "), clean(&first.why)));
    if verdict == "for" {
        record(first.evidence.first(), 15, page);
    }
}

fn are(count: usize, noun: &str) -> String {
    format!("{} {}", times::counted(count, noun), if count == 1 { "is" } else { "are" })
}

fn others(of: &Answer<'_>, page: &mut Page) {
    if of.others.is_empty() {
        return;
    }
    page.heading(&format!("Other signals of {}", clean(&of.about)));
    let named = of.others.iter().take(MOST_OTHERS);
    let named: Vec<String> =
        named.map(|one| format!("{}\u{a0}{} ({})", clock(&one.from), clean(&one.signal), clean(&one.id))).collect();
    let more = of.others.len().saturating_sub(MOST_OTHERS);
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    page.line(2, &format!("{}{more}", named.join("; ")));
}

fn unseen(graph: &Graph<'_>, page: &mut Page) {
    let missing = graph.missing();
    if missing > 0 {
        page.text.push('\n');
        page.line(0, &format!("{} of the collection did not come: see the coverage.", times::counted(missing, "item")));
    }
}

/// The answer to `path`.
pub fn path(of: &Path<'_>, graph: &Graph<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    let (from, to) = (clean(&of.from), clean(&of.to));
    if of.signals.is_empty() {
        no_path(of, (&from, &to), &mut page);
        unseen(graph, &mut page);
        return page.text;
    }
    match of.reversed {
        true => page
            .line(0, &format!("{from} did not lead to {to}, as far as the records tell: it is the other way round.")),
        false => page.line(0, &format!("{from} led to {to}, in {}.", times::counted(of.edges.len(), "step"))),
    }
    page.line(0, "M: the records tie both together, K: known mechanism, o: order in time only.");
    for (place, signal) in of.signals.iter().enumerate() {
        if let Some(edge) = place.checked_sub(1).and_then(|before| of.edges.get(before)) {
            let words = because(edge);
            page.hanging(
                &format!("  {} ", letter(&edge.grade)),
                6,
                &format!("{}: {words}", lag(edge.lag_ms, Direction::Effects)),
            );
            super::steps::against(edge, graph).iter().for_each(|one| page.line(6, &format!("against: {one}")));
        }
        let (id, name, subject) = (clean(&signal.id), clean(&signal.signal), clean(&signal.subject));
        page.line(0, &format!("{} {name} {subject} ({id})", clock(&signal.from)));
        record(signal.evidence.first(), 4, &mut page);
    }
    unseen(graph, &mut page);
    page.text
}

fn no_path(of: &Path<'_>, (from, to): (&str, &str), page: &mut Page) {
    page.line(0, &format!("No chain of records leads from {from} to {to}, nor back."));
    let sides = of.cascades.each_ref().map(|side| match side.as_slice() {
        [] => "of no cascade".to_owned(),
        all => format!("of cascade {}", all.join(", ")),
    });
    let [one, other] = sides;
    page.line(2, &format!("{from} is {}, {to} is {}.", clean(&one), clean(&other)));
    for signal in &of.shared {
        let (id, name, subject) = (clean(&signal.id), clean(&signal.signal), clean(&signal.subject));
        page.line(2, &format!("Both come from {name} {subject} ({id}) at {}.", clock(&signal.from)));
        record(signal.evidence.first(), 4, page);
    }
}

/// The answer to `common`.
pub fn common(graph: &Graph<'_>, width: usize) -> String {
    let mut page = Page::new(width);
    match graph.kept.common.as_deref() {
        None => page.line(
            0,
            "This report was made by a version that did not look for what the failing have in common: analyze anew.",
        ),
        Some([]) => {
            page.line(0, "The failing share nothing that the others do not have as well, as far as the records tell.")
        }
        Some(rows) => {
            page.line(0, "What nearly all that failed share, and nearly none that did not:");
            for row in rows {
                page.line(2, &clean(&row.statement));
                let signals: Vec<String> = row.signals.iter().take(MOST_OTHERS).map(|id| clean(id)).collect();
                let more = row.signals.len().saturating_sub(MOST_OTHERS);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                page.line(
                    4,
                    &format!("{} {}: seen in {}{more}", clean(&row.attribute), clean(&row.value), signals.join(", ")),
                );
                let first = row.signals.first().and_then(|id| graph.signal(graph.place(id)?));
                record(first.and_then(|signal| signal.evidence.first()), 4, &mut page);
            }
        }
    }
    unseen(graph, &mut page);
    page.text
}

fn letter(grade: &str) -> char {
    match Grade::named(grade) {
        Grade::Mechanism => 'M',
        Grade::Known => 'K',
        Grade::Order => 'o',
    }
}

/// How far it lies from the signal that it is told with.
fn lag(lag_ms: i64, direction: Direction) -> String {
    let length = times::length_of_ms(lag_ms.saturating_abs());
    match (lag_ms, direction) {
        (0, _) => "at the same time".to_owned(),
        (1.., Direction::Causes) | (..0, Direction::Effects) => format!("{length} before"),
        _ => format!("{length} after"),
    }
}

fn span(signal: &SignalRow) -> String {
    let from = clean(&signal.from);
    match signal.to.as_deref() {
        Some(to) if to == signal.from => from,
        Some(to) => format!("{from} to {}", clock(to)),
        None => format!("{from}, and it goes on"),
    }
}

/// `14:03:22Z` of a time as reports write it; the text itself where it is none.
fn clock(time: &str) -> String {
    let short = time.split_once('T').map(|(_, clock)| clock.trim_end_matches('Z'));
    let short = short.map(|clock| clock.split('.').next().unwrap_or_default());
    clean(&short.map_or_else(|| time.to_owned(), |clock| format!("{clock}Z")))
}

/// The mechanism of an edge, and its link.
fn because(edge: &EdgeRow) -> String {
    format!("{}. [{}]", capital(&clean(edge.why.trim_end_matches('.'))), clean(&edge.link))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}
