//! Notes as a text: Markdown, or what was copied out of a chat. A note is a line that begins with a time, whatever list,
//! table or brackets it stands in; indented lines behind it belong to it.

use super::stamp::{self, Said, Stamp};
use super::{MOST_NOTES, MOST_TEXT_CHARS, Written, author};
use crate::inputs::NoteColumns;
use std::borrow::Cow;

/// Lines at the top of a file in which a zone may be said for all of it.
const TOP_LINES: u32 = 30;

/// What was found in a text.
#[derive(Default)]
pub struct Found<'a> {
    pub notes: Vec<Written<'a>>,
    /// Lines with a time that says too little, and why.
    pub refused: Vec<(u32, &'static str)>,
    /// Lines that say something and bear no time.
    pub untimed: usize,
    /// There were more notes than are read.
    pub is_cut: bool,
}

/// Reads all lines.
pub fn read(text: &str) -> Found<'_> {
    let mut reader = Reader::default();
    for (number, line) in (1..).zip(text.lines()) {
        reader.line(number, line);
        if reader.found.notes.len() > MOST_NOTES {
            reader.found.notes.pop();
            reader.found.is_cut = true;
            break;
        }
    }
    reader.found
}

/// Who is named behind a time at the beginning of a line, whether or not the time says enough for a note.
pub fn named(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter_map(|line| {
        let bare = bare(line);
        let (_, rest) = Stamp::read(bare.text)?;
        author::split(behind(rest), bare.is_bracketed).0
    })
}

#[derive(Default)]
struct Reader<'a> {
    found: Found<'a>,
    said: Said,
    /// Of the table that is being read.
    columns: Option<NoteColumns>,
    /// How far the line of the last note is indented, while lines may belong to it.
    open: Option<usize>,
}

/// A line without what marks it as an item of something.
struct Bare<'a> {
    text: &'a str,
    indent: usize,
    is_heading: bool,
    /// Its time stands in brackets, as chats print it.
    is_bracketed: bool,
}

impl<'a> Reader<'a> {
    fn line(&mut self, number: u32, line: &'a str) {
        let bare = bare(line);
        if line.trim_start().starts_with('|') && self.row(number, line) {
            self.open = None;
            return;
        }
        if !line.trim_start().starts_with('|') {
            self.columns = None;
        }
        match Stamp::read(bare.text) {
            Some((stamp, rest)) if !bare.is_heading || !rest.trim().is_empty() => {
                let (author, text) = author::split(behind(rest), bare.is_bracketed);
                self.open = self.note(number, (stamp, author, text)).then_some(bare.indent);
            }
            _ => self.other(number, line, &bare),
        }
    }

    /// Whether a note was made of it.
    fn note(&mut self, line: u32, (stamp, author, text): (Stamp, Option<&'a str>, &'a str)) -> bool {
        let text = text.trim();
        if text.is_empty() {
            return false;
        }
        match stamp.at(self.said) {
            Ok((at, to)) => {
                let has_seconds = stamp.has_seconds;
                self.found.notes.push(Written { line, at, to, has_seconds, author, text: Cow::Borrowed(text) });
                true
            }
            Err(why) => {
                self.found.refused.push((line, why));
                false
            }
        }
    }

    /// A line that begins with no time: it may say the day or the zone, or go on with the note before.
    fn other(&mut self, number: u32, line: &'a str, bare: &Bare<'a>) {
        let words = bare.text.trim();
        if words.is_empty() {
            self.open = None;
            return;
        }
        let is_day = bare.is_heading || stamp::is_day_alone(words);
        if let Some(day) = stamp::day_of(words).filter(|_| is_day) {
            self.said.day = Some(day);
        }
        let speaks_of_times = || words.to_ascii_lowercase().contains("time") && number <= TOP_LINES;
        if let Some(zone) = stamp::zone_of(words).filter(|_| is_day || speaks_of_times()) {
            self.said.zone = Some(zone);
        }
        if is_day {
            self.open = None;
            return;
        }
        match self.open.filter(|indent| bare.indent > *indent).and_then(|_| self.found.notes.last_mut()) {
            Some(note) => {
                let text = note.text.to_mut();
                if text.len() < MOST_TEXT_CHARS {
                    text.push('\n');
                    text.push_str(line.trim());
                }
            }
            None => {
                self.open = None;
                let says_something = words.contains(char::is_alphanumeric);
                self.found.untimed += usize::from(says_something);
            }
        }
    }

    /// A row of a table; false where no heading said what its columns are.
    fn row(&mut self, number: u32, line: &'a str) -> bool {
        let cells: Vec<&str> = cells(line);
        let Some(columns) = self.columns else {
            self.columns = NoteColumns::of_headings(cells.iter().copied());
            if let Some(columns) = self.columns
                && let Some(zone) = cells.get(columns.time).and_then(|heading| stamp::zone_of(heading))
            {
                self.said.zone = Some(zone);
            }
            return self.columns.is_some();
        };
        let cell = |column: usize| cells.get(column).map_or("", |cell| bare(cell).text);
        if line.chars().all(|one| "|-: \t\r".contains(one)) {
            return true;
        }
        let day = columns.day.and_then(|column| stamp::day_of(cell(column)));
        let before = self.said;
        self.said.day = day.or(before.day);
        let author = columns.author.map(|column| cell(column).trim()).filter(|author| !author.is_empty());
        match Stamp::read(cell(columns.time)) {
            Some((stamp, _)) => {
                self.note(number, (stamp, author, cells.get(columns.text).copied().unwrap_or_default()));
            }
            None => self.found.untimed += 1,
        }
        self.said = before;
        true
    }
}

/// The cells of a row: a bar behind a backslash ends none.
fn cells(line: &str) -> Vec<&str> {
    let line = line.trim();
    let line = line.strip_prefix('|').unwrap_or(line);
    let (mut cells, mut from, mut is_escaped) = (Vec::new(), 0, false);
    for (at, one) in line.char_indices() {
        if one == '|' && !is_escaped {
            cells.push(line.get(from..at).unwrap_or_default().trim());
            from = at + 1;
        }
        is_escaped = one == '\\' && !is_escaped;
    }
    let last = line.get(from..).unwrap_or_default().trim();
    if !last.is_empty() {
        cells.push(last);
    }
    cells
}

/// A line without the marks of headings, lists, quotations, tables and emphasis before its first word.
fn bare(line: &str) -> Bare<'_> {
    let mut text = line.trim();
    let indent = line.len() - line.trim_start().len();
    let (mut is_heading, mut is_bracketed) = (false, false);
    loop {
        let before = text.len();
        for mark in ["- [ ] ", "- [x] ", "* ", "- ", "+ ", "• ", "> ", "**", "__", "`", "*", "|", "(", ">"] {
            text = text.strip_prefix(mark).unwrap_or(text).trim_start();
        }
        if let Some(rest) = text.strip_prefix('#') {
            (text, is_heading) = (rest.trim_start(), true);
        }
        // Not `[link](…)`, but that begins with no time.
        if let Some(rest) = text.strip_prefix('[') {
            (text, is_bracketed) = (rest, true);
        }
        let digits = text.find(|one: char| !one.is_ascii_digit()).unwrap_or(0);
        if (1..4).contains(&digits)
            && let Some(rest) = text.get(digits..).and_then(|rest| rest.strip_prefix(". ").or(rest.strip_prefix(") ")))
        {
            text = rest.trim_start();
        }
        if text.len() == before {
            return Bare { text, indent, is_heading, is_bracketed };
        }
    }
}

/// What stands behind a time, without what parts the two.
fn behind(rest: &str) -> &str {
    let is_mark = |one: char| one.is_whitespace() || "])}*_`|:-–—,".contains(one);
    let text = rest.trim_start_matches(is_mark);
    // The mark of a list or of emphasis may be what the text begins with.
    let cut = rest.len() - text.len();
    let kept =
        rest.get(..cut).and_then(|marks| marks.find(" **").or_else(|| marks.find(" `")).or_else(|| marks.find(" _")));
    kept.and_then(|at| rest.get(at + 1..)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> (Vec<String>, Vec<u32>, usize) {
        let found = read(text);
        let notes = found.notes.iter().map(|note| {
            let at = note.at.format("%dT%H:%M:%S");
            format!("{} {at} {}: {}", note.line, note.author.unwrap_or("-"), note.text)
        });
        (notes.collect(), found.refused.iter().map(|(line, _)| *line).collect(), found.untimed)
    }

    #[test]
    fn lists_headings_and_lines_of_markdown() {
        let text = "# Incident 2026-11-21\n\nAll times UTC.\n\n- 03:15 @jane: restarted node-2\n  and waited\n\
                    * **03:20** Bob Roe: pods are back: all of them\n1. 03:25 — no more errors\nunrelated\n\
                    ## 2026-11-22\n> 00:05Z on-call: closed\n- [ ] 00:10 `kubectl get pods` is fine\n2026-11-22T01:00+01:00 — late\n";
        let (notes, refused, untimed) = told(text);
        let expected = [
            "5 21T03:15:00 @jane: restarted node-2\nand waited",
            "7 21T03:20:00 Bob Roe: pods are back: all of them",
            "8 21T03:25:00 -: no more errors",
            "11 22T00:05:00 on-call: closed",
            "12 22T00:10:00 -: `kubectl get pods` is fine",
            "13 22T00:00:00 -: late",
        ];
        assert_eq!(notes, expected);
        assert_eq!((refused.len(), untimed), (0, 2), "the line on the zone, and the unrelated one");
    }

    #[test]
    fn what_says_no_day_or_no_zone_is_refused_with_its_line() {
        assert_eq!(
            told("- 03:15 UTC a: x\n- 2026-11-21 03:15 b: y\n- 2026-11-21 03:15Z c: z"),
            (vec!["3 21T03:15:00 c: z".into()], vec![1, 2], 0)
        );
    }

    #[test]
    fn what_chats_print() {
        let text = "--- 2026-11-21 (UTC) ---\n[03:15] jane: restarted it\n[03:16:07] <bob> kubelet: is up\n[2026-11-21 04:00:00] Kim Li: ok\n<jane> without a time\n";
        let (notes, _, untimed) = told(text);
        assert_eq!(
            notes,
            ["2 21T03:15:00 jane: restarted it", "3 21T03:16:07 bob: kubelet: is up", "4 21T04:00:00 Kim Li: ok"]
        );
        assert_eq!(untimed, 1);
    }

    #[test]
    fn tables_by_their_headings() {
        let text = "2026-11-21\n\n| Time (UTC) | What happened | Who |\n|---|:---|--|\n| 03:15 | a \\| b | jane |\n| later | c | bob |\n\n03:20 x\n";
        let (notes, refused, untimed) = told(text);
        assert_eq!(notes, ["5 21T03:15:00 jane: a \\| b", "8 21T03:20:00 -: x"]);
        assert_eq!((refused.len(), untimed), (0, 1));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in any::<String>(), marks in "[-*#>|\\[\\]()0-9:. \nZUTC@a—]{0,120}") {
            read(&text);
            read(&marks);
        }
    }
}
