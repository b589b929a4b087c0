//! What the side panel shows once a mark is opened: its records with their neighbours, and the versions of its object. It
//! is packed apart from the chart, and unpacked when it is first asked for.

use super::clock::ms;
use super::meaning::Meaning;
use super::{NAME_CHARS, TEXT_CHARS};
use crate::evidence::TemplateChange;
use crate::model::{Citation, EntryId, Subject};
use crate::report::view::{self, View};
use crate::report::{quotes, safe};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
pub struct Bodies {
    /// By signal.
    records: BTreeMap<String, Vec<Record>>,
    /// By subject, in order of time.
    versions: BTreeMap<String, Vec<Version>>,
    #[serde(flatten)]
    meaning: Meaning,
}

#[derive(Serialize)]
struct Record {
    place: String,
    text: String,
    /// What was read of the same entry right before and after it.
    before: Vec<Line>,
    after: Vec<Line>,
}

#[derive(Serialize)]
struct Line {
    line: u32,
    text: String,
}

/// What an object was made at a time.
#[derive(Serialize)]
struct Version {
    at: i64,
    /// Its fields from what to what, in words.
    what: String,
    known: &'static str,
    by: String,
    revision: String,
    record: String,
    /// Its pod template before and after, a line for each field, where both are recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<[Vec<String>; 2]>,
}

/// From so many signals on each shows its first record alone, in fewer words, so that the page stays small.
const MANY: usize = 1_000;
const NEIGHBOURS: usize = 2;

impl Bodies {
    pub fn new(view: &View) -> Self {
        let many = view.rows.len() > MANY;
        let around = Around::new(view, many);
        let mut records = BTreeMap::new();
        for row in &view.rows {
            let cited = quotes::of_signal(&row.signal);
            let shown = cited.into_iter().take(if many { 1 } else { 4 }).enumerate();
            let all = shown.map(|(place, one)| record(view, one, (place == 0).then_some(&around), many)).collect();
            records.insert(row.signal.id(), all);
        }
        Self { records, versions: versions(view), meaning: Meaning::new(view) }
    }
}

fn record(view: &View, citation: Citation, around: Option<&Around>, many: bool) -> Record {
    let quote = quotes::row(view.evidence(), citation);
    let (before, after) = around.map(|around| around.of(view, citation)).unwrap_or_default();
    Record {
        place: safe::clean(&format!("{}:{}", quote.entry, quote.line), NAME_CHARS),
        text: safe::clean(&quote.text, if many { TEXT_CHARS / 2 } else { TEXT_CHARS }),
        before,
        after,
    }
}

/// The records that were read of each entry that is quoted first for a signal, in order of line.
struct Around(BTreeMap<EntryId, Vec<Citation>>);

impl Around {
    fn new(view: &View, none: bool) -> Self {
        let entries: BTreeSet<EntryId> = match none {
            true => BTreeSet::new(),
            false => view.rows.iter().filter_map(|row| quotes::first_of(&row.signal)).map(|one| one.entry).collect(),
        };
        let mut around: BTreeMap<EntryId, Vec<Citation>> = BTreeMap::new();
        for fact in view.evidence().facts.iter().filter(|fact| entries.contains(&fact.citation.entry)) {
            around.entry(fact.citation.entry).or_default().push(fact.citation);
        }
        for lines in around.values_mut() {
            lines.sort_unstable();
            lines.dedup_by(|a, b| a.is_same_line(*b));
        }
        Self(around)
    }

    fn of(&self, view: &View, citation: Citation) -> (Vec<Line>, Vec<Line>) {
        let lines = self.0.get(&citation.entry).map(Vec::as_slice).unwrap_or_default();
        let (before, rest) = lines.split_at(lines.partition_point(|one| one.line < citation.line));
        let after = rest.get(rest.partition_point(|one| one.line <= citation.line)..).unwrap_or_default();
        let line = |one: &Citation| {
            let quote = quotes::row(view.evidence(), *one);
            Line { line: one.line, text: safe::clean(&quote.text, TEXT_CHARS / 2) }
        };
        let before = before.get(before.len().saturating_sub(NEIGHBOURS)..).unwrap_or_default();
        (before.iter().map(line).collect(), after.iter().take(NEIGHBOURS).map(line).collect())
    }
}

fn versions(view: &View) -> BTreeMap<String, Vec<Version>> {
    let ladders = view::ladders(view.of, &view.changes);
    let version = |subject: &Subject, rung: &view::Rung<'_>| Version {
        template: template(view, subject, rung),
        at: ms(rung.at),
        what: safe::clean(rung.what.unwrap_or_default(), TEXT_CHARS),
        known: rung.known.name(),
        by: safe::clean(rung.by, NAME_CHARS),
        revision: safe::clean(rung.revision.map(|one| one.revision.as_str()).unwrap_or_default(), NAME_CHARS),
        record: rung.records.first().map(|one| place(view, *one)).unwrap_or_default(),
    };
    let name = |subject: &Subject| safe::clean(&subject.to_string(), NAME_CHARS);
    ladders
        .iter()
        .map(|(subject, rungs)| (name(subject), rungs.iter().map(|rung| version(subject, rung)).collect()))
        .collect()
}

/// What a change made of a pod template, as text.
fn template(view: &View, subject: &Subject, rung: &view::Rung<'_>) -> Option<[Vec<String>; 2]> {
    let is_of = |at: &Citation, one: &TemplateChange| (at.entry, at.line) == (one.entry, one.line);
    let all = view.evidence().templates.get(subject)?;
    let found =
        all.iter().find(|one| rung.what == Some(&one.what) && rung.records.iter().any(|record| is_of(record, one)))?;
    let clean = |lines: &[String]| lines.iter().map(|line| safe::clean(line, NAME_CHARS * 2)).collect();
    Some([clean(&found.before), clean(&found.after)])
}

fn place(view: &View, citation: Citation) -> String {
    safe::clean(&format!("{}:{}", view.evidence().path(citation.entry), citation.line), NAME_CHARS)
}
