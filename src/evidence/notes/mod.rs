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
use crate::model::{Citation, EntryId, Moment, Subject};
use chrono::{DateTime, Utc};
use people::{Authors, People};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
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

/// A note with the names that are in it. It leaves this room without them.
#[derive(Debug)]
pub struct Raw {
    entry: EntryId,
    line: u32,
    at: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    has_seconds: bool,
    author: Option<String>,
    text: String,
}

/// Reads the notes of one file. Nothing of a line that is not understood is repeated: it may hold a name.
pub fn read(bytes: &[u8], form: NoteForm, place: Place, found: &mut Findings) {
    match form {
        NoteForm::Text => {
            let text = String::from_utf8_lossy(bytes);
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            keep(text::read(text), place, found);
        }
        NoteForm::Csv(columns) => {
            let (rows, error) = csv::read(bytes, columns);
            keep(csv::found(&rows, columns), place, found);
            if error.is_some() {
                found.unreadable(place, "the table breaks off behind the last row that was read");
            }
        }
    }
}

/// The words of the names of those who wrote notes, in small letters; of roles and programs none.
///
/// For whoever checks a text of their own before others read it: nothing else is to be made of them.
pub fn names_in_notes(text: &str) -> Vec<String> {
    let mut authors = Authors::default();
    let of_notes = text::read(text).notes;
    let all = of_notes.iter().filter_map(|one| one.author).chain(text::named(text));
    all.for_each(|author| authors.add_person(author));
    let words: BTreeSet<&String> = authors.words().collect();
    words.into_iter().cloned().collect()
}

/// A text as far as it may be told, and not so far that a name is cut in two: names are looked for in what is left.
fn short(text: &str) -> &str {
    let Some((end, _)) = text.char_indices().nth(4 * MOST_TEXT_CHARS) else { return text };
    let head = text.get(..end).unwrap_or_default();
    head.rfind(char::is_whitespace).and_then(|at| head.get(..at)).unwrap_or_default()
}

fn keep(read: Found<'_>, place: Place, found: &mut Findings) {
    let raw = read.notes.into_iter().map(|one| Raw {
        entry: place.entry,
        line: one.line,
        at: one.at,
        to: one.to,
        has_seconds: one.has_seconds,
        author: one.author.map(str::to_owned),
        text: short(&one.text).to_owned(),
    });
    found.notes.extend(raw);
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

/// The notes of all files with roles in the place of names, in order of time.
///
/// One author has one label within a file, and no other has it; in other files the name is hidden all the same.
pub fn settled(raw: &[Raw], facts: &mut Facts) -> Vec<Note> {
    let mut of_file: BTreeMap<EntryId, Authors> = BTreeMap::new();
    for one in raw {
        one.author.iter().for_each(|author| of_file.entry(one.entry).or_default().add(author));
    }
    let words: BTreeSet<String> = of_file.values().flat_map(Authors::words).cloned().collect();
    let mut taken = 0;
    let mut labelled = |authors: Authors| authors.labelled(&words, &mut taken);
    let of_file: BTreeMap<EntryId, People> = of_file.into_iter().map(|(entry, all)| (entry, labelled(all))).collect();
    let of_others = Authors::default().labelled(&words, &mut taken);
    let mut notes: Vec<Note> =
        raw.iter().map(|one| one.hidden(of_file.get(&one.entry).unwrap_or(&of_others), facts)).collect();
    notes.sort_by_key(|note| (note.at.time, note.citation));
    notes
}

impl Raw {
    fn hidden(&self, people: &People, facts: &mut Facts) -> Note {
        let text: String = people.hidden(&self.text).chars().take(MOST_TEXT_CHARS).collect();
        let author = self.author.as_ref().map(|author| people.author(author).to_owned()).unwrap_or_default();
        let said = if author.is_empty() { text.clone() } else { format!("{author}: {text}") };
        let citation = facts.cite(Citation { entry: self.entry, line: self.line, part: 0 }, &said);
        let at = match self.has_seconds {
            true => Moment::to_the_second(self.at),
            false => Moment { later_ms: 59_999, ..Moment::exact(self.at) },
        };
        let subject = Subject::cluster("Note", self.line.to_string());
        Note { at, to: self.to, author, text, subject, citation }
    }
}

/// Finds the nodes and pods that texts name: a note is about the one it names, else about itself.
pub fn name_subjects(notes: &mut [Note], topology: &Topology, path: impl Fn(&Note) -> String) {
    if notes.is_empty() {
        return;
    }
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

    /// The notes of files, and the rest that was found.
    fn read_files(files: &[&str]) -> (Vec<Note>, Findings) {
        let mut found = Findings::default();
        for (number, text) in (0..).zip(files) {
            let form = NoteColumns::of(text.as_bytes()).map_or(NoteForm::Text, NoteForm::Csv);
            let place = Place { entry: EntryId(number), ..Place::of_line(0, DateTime::UNIX_EPOCH) };
            read(text.as_bytes(), form, place, &mut found);
        }
        (settled(&std::mem::take(&mut found.notes), &mut found.facts), found)
    }

    fn read_all(text: &str) -> (Vec<Note>, Findings) {
        read_files(&[text])
    }

    #[test]
    fn a_name_of_one_file_is_hidden_in_the_others() {
        let (notes, _) = read_files(&[
            "2026-11-21T03:15Z Jane Doe: x\n",
            "2026-11-21T03:16Z Bob: Jane did it\n",
            "2026-11-21T03:17Z bob and Jane\n",
        ]);
        let texts: Vec<_> = notes.iter().map(|note| (note.author.as_str(), note.text.as_str())).collect();
        assert_eq!(texts, [("person A", "x"), ("person B", "[a person] did it"), ("", "[a person] and [a person]")]);
    }

    #[test]
    fn a_table_of_notes_quotes_texts_and_names_nobody() {
        let (notes, found) = read_all(
            "time;author;text\n2026-11-21T03:15:00Z;Jane Doe;\"Jane drained node-2; asked @bob\"\n2026-11-21 03:16;bob;ok\n",
        );
        let told: Vec<_> =
            notes.iter().map(|note| (note.author.as_str(), note.text.as_str(), note.citation.line)).collect();
        assert_eq!(told, [("person A", "[person A] drained node-2; asked [a person]", 2)]);
        assert_eq!(found.facts.quote(notes[0].citation), "person A: [person A] drained node-2; asked [a person]");
        let said: Vec<_> = found.unreadable.iter().map(|one| (one.line, found.facts.quote(*one))).collect();
        assert!(said.len() == 1 && said[0].0 == 3 && said[0].1.contains("no time zone"), "{said:?}");
    }

    #[test]
    fn a_heading_says_the_zone_and_a_column_the_day() {
        let (notes, found) = read_all("Date,Time (UTC),Note\n2026-11-21,03:15,x\n,03:16,y\n");
        let notes: Vec<_> = notes.iter().map(|note| (note.at.time.to_rfc3339(), note.at.later_ms)).collect();
        assert_eq!(notes, [("2026-11-21T03:15:00+00:00".to_owned(), 59_999)]);
        assert_eq!(found.unreadable.len(), 1);
    }

    #[test]
    fn a_long_word_costs_no_more_than_its_length() {
        let long = "a.".repeat(200_000);
        let found = read_all(&format!("2026-11-21\n03:15 UTC jane: {long} b\n"));
        assert!(format!("{found:?}").len() < 200_000);
    }

    proptest! {
        #[test]
        fn no_note_names_its_author(name in "[A-Z][a-z]{3,8}", text in "[a-z ]{0,30}") {
            let (notes, found) = read_all(&format!("2026-11-21\n03:15 UTC {name}: {text} @{name} {name}.\n"));
            for note in &notes {
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
