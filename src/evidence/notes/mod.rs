//! Notes: what people wrote of what they saw and did, quoted as it stood and with roles in the place of names.
//!
//! A note is a record of what somebody wrote, not of what was so: nothing is concluded from it.

mod author;
mod csv;
mod people;
mod roles;
mod stamp;
mod text;

use super::findings::{Findings, Place};
use super::{Fact, Facts, Record, Topology};
use crate::inputs::NoteForm;
use crate::model::{Citation, Moment, Subject};
use chrono::{DateTime, Utc};
use people::Authors;
use std::borrow::Cow;
use std::collections::BTreeMap;
use text::Found;

/// The most notes that are read of one input.
const MOST_NOTES: usize = 20_000;

/// The longest text that is kept of one note, in characters.
const MOST_TEXT_CHARS: usize = 4_000;

/// How many lines that cannot be read are told one by one.
const MOST_TOLD: usize = 1_000;

/// A note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    pub at: Moment,
    /// Of a span, when it ended.
    pub to: Option<DateTime<Utc>>,
    /// A role, never a name: `on-call`, `person A`; empty where no author stands there.
    pub author: String,
    /// As it stands in the file, with roles in brackets for names.
    pub text: String,
    /// The one node or pod that the text names, or the note itself.
    pub subject: Subject,
    pub citation: Citation,
}

/// A note as it stands in its file.
struct Written<'a> {
    line: u32,
    at: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    has_seconds: bool,
    author: Option<&'a str>,
    text: Cow<'a, str>,
}

/// Reads the notes of one file. Nothing of a line that is not understood is repeated: it may hold a name.
pub fn read(bytes: &[u8], form: NoteForm, place: Place, found: &mut Findings) {
    match form {
        NoteForm::Text => {
            let text = String::from_utf8_lossy(bytes);
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            keep(&text::read(text), place, found);
        }
        NoteForm::Csv(columns) => {
            let (rows, error) = csv::read(bytes, columns);
            keep(&csv::found(&rows, columns), place, found);
            if error.is_some() {
                found.unreadable(place, "the table breaks off behind the last row that was read");
            }
        }
    }
}

fn keep(read: &Found<'_>, place: Place, found: &mut Findings) {
    let mut authors = Authors::default();
    read.notes.iter().filter_map(|note| note.author).for_each(|author| authors.add(author));
    let people = authors.labelled();
    for one in &read.notes {
        let text: String = people.hidden(&one.text).chars().take(MOST_TEXT_CHARS).collect();
        let author = one.author.map(|author| people.author(author).to_owned()).unwrap_or_default();
        let said = if author.is_empty() { text.clone() } else { format!("{author}: {text}") };
        let place = Place { line: one.line, ..place };
        let citation = found.cite(place, &said);
        let at = if one.has_seconds {
            Moment::to_the_second(one.at)
        } else {
            Moment { later_ms: 59_999, ..Moment::exact(one.at) }
        };
        let subject = Subject::cluster("Note", format!("{}", one.line));
        found.notes.push(Note { at, to: one.to, author, text, subject, citation });
    }
    for (line, why) in read.refused.iter().take(MOST_TOLD) {
        found.unreadable(Place { line: *line, ..place }, why);
    }
    if let Some(more) = read.refused.len().checked_sub(MOST_TOLD).filter(|more| *more > 0) {
        found.unreadable(place, format!("{more} further lines have a time that says too little"));
    }
    if read.untimed > 0 {
        let lines = if read.untimed == 1 { "1 line begins" } else { &format!("{} lines begin", read.untimed) };
        found.unreadable(place, format!("{lines} with no time that can be read, and stand in no report"));
    }
    if read.is_cut {
        found.unreadable(place, format!("no note after the first {MOST_NOTES} is read"));
    }
}

/// Finds the nodes and pods that texts name: a note is about the one it names, else about itself. In order of time.
pub fn settle(notes: &mut [Note], topology: &Topology, path: impl Fn(&Note) -> String) {
    if notes.is_empty() {
        return;
    }
    notes.sort_by_key(|note| (note.at.time, note.citation));
    let mut objects: BTreeMap<&str, Option<Subject>> = BTreeMap::new();
    for pod in topology.pods() {
        let mut add = |name, subject: Subject| {
            let known = objects.entry(name).or_insert_with(|| Some(subject.clone()));
            if known.as_ref() != Some(&subject) {
                *known = None;
            }
        };
        add(pod.name.as_str(), pod.subject());
        pod.node.as_deref().into_iter().for_each(|node| add(node, Subject::node(node)));
    }
    for note in notes {
        let is_in_name = |one: char| one.is_alphanumeric() || matches!(one, '-' | '.');
        let words = note.text.split(|one| !is_in_name(one)).map(|word| word.trim_matches(['.', '-']));
        let mut named = words.filter_map(|word| {
            let known = objects.get(word).cloned();
            known.or_else(|| topology.is_node_ready(word).map(|_| Some(Subject::node(word))))?
        });
        let one = named.next().filter(|first| named.all(|other| other == *first));
        note.subject = one.unwrap_or_else(|| Subject::cluster("Note", path(note)));
    }
}

/// Tells the notes as facts.
pub fn tell(notes: &[Note], facts: &mut Facts) {
    for Note { at, to, author, text, subject, citation } in notes {
        let last = to.map_or(*at, |to| Moment { time: to, ..*at });
        let record = Record::Note { author, text };
        facts.push(Fact { at: *at, last, count: 1, subject, node: None, record, citation: *citation });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::NoteColumns;
    use proptest::prelude::*;

    fn read_all(text: &str) -> Findings {
        let mut found = Findings::default();
        let form = NoteColumns::of(text.as_bytes()).map_or(NoteForm::Text, NoteForm::Csv);
        read(text.as_bytes(), form, Place::of_line(0, DateTime::UNIX_EPOCH), &mut found);
        found
    }

    #[test]
    fn a_table_of_notes_quotes_texts_and_names_nobody() {
        let found = read_all(
            "time;author;text\n2026-11-21T03:15:00Z;Jane Doe;\"Jane drained node-2; asked @bob\"\n2026-11-21 03:16;bob;ok\n",
        );
        let notes: Vec<_> =
            found.notes.iter().map(|note| (note.author.as_str(), note.text.as_str(), note.citation.line)).collect();
        assert_eq!(notes, [("person A", "[person A] drained node-2; asked [a person]", 2)]);
        assert_eq!(found.facts.quote(found.notes[0].citation), "person A: [person A] drained node-2; asked [a person]");
        let said: Vec<_> = found.unreadable.iter().map(|one| (one.line, found.facts.quote(*one))).collect();
        assert!(said.len() == 1 && said[0].0 == 3 && said[0].1.contains("no time zone"), "{said:?}");
    }

    #[test]
    fn a_heading_says_the_zone_and_a_column_the_day() {
        let found = read_all("Date,Time (UTC),Note\n2026-11-21,03:15,x\n,03:16,y\n");
        let notes: Vec<_> = found.notes.iter().map(|note| (note.at.time.to_rfc3339(), note.at.later_ms)).collect();
        assert_eq!(notes, [("2026-11-21T03:15:00+00:00".to_owned(), 59_999)]);
        assert_eq!(found.unreadable.len(), 1);
    }

    proptest! {
        #[test]
        fn no_note_names_its_author(name in "[A-Z][a-z]{3,8}", text in "[a-z ]{0,30}") {
            let found = read_all(&format!("2026-11-21\n03:15 UTC {name}: {text} @{name} {name}.\n"));
            for note in &found.notes {
                let quoted = format!("{} {} {}", note.author, note.text, found.facts.quote(note.citation)).to_lowercase();
                let words: Vec<&str> = quoted.split(|one: char| !one.is_alphanumeric()).collect();
                prop_assert!(!words.contains(&name.to_lowercase().as_str()), "{quoted}");
            }
        }

        #[test]
        fn any_notes_are_survived(text in any::<String>(), rows in any::<String>()) {
            read_all(&text);
            read_all(&format!("time,author,text\n{rows}"));
        }
    }
}
