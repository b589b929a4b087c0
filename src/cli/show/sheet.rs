//! Rows as a person or a program wants them: a table in which no name is broken, JSON, YAML, or JSON lines.

use super::super::failure::Failure;
use super::super::terminal::{self, Colour};
use super::choose::Form;
use k8s_forensics::viewing::yaml;
use serde::Serialize;
use std::fmt::Write;
use textwrap::core::display_width;

/// As many rows of one JSON or YAML document are made in memory.
pub const MOST_HELD: usize = 100_000;
/// Columns between two cells.
const GAP: usize = 3;
/// Where a last cell has no more room than this behind the others, it goes below them.
const LEAST: usize = 40;
/// How far it is indented then.
const INDENT: usize = 4;

/// A table. Only its last column may be long; cells are made harmless when they are added.
pub struct Sheet {
    header: Vec<String>,
    rows: Vec<(Vec<String>, Option<Colour>)>,
}

impl Sheet {
    pub fn new<'a>(header: impl IntoIterator<Item = &'a str>) -> Self {
        Self { header: header.into_iter().map(str::to_owned).collect(), rows: Vec::new() }
    }

    pub fn add(&mut self, cells: &[String], colour: Option<Colour>) {
        self.rows.push((cells.iter().map(|cell| terminal::harmless_line(cell)).collect(), colour));
    }

    /// As text, in so many columns; as wide as it is where nobody looks.
    pub fn text(&self, width: Option<usize>) -> String {
        let count = self.header.len();
        let lead = count.saturating_sub(1);
        let widest = |column: usize| {
            let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(column)).chain(self.header.get(column));
            cells.map(|cell| display_width(cell)).max().unwrap_or_default()
        };
        let widths: Vec<usize> = (0..lead).map(widest).collect();
        let before: usize = widths.iter().map(|width| width + GAP).sum();
        let mut text = String::new();
        let header = (&self.header, Some(Colour::Grey));
        for (cells, colour) in std::iter::once(header).chain(self.rows.iter().map(|(cells, colour)| (cells, *colour))) {
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                let _ = write!(line, "{cell}{}", " ".repeat(width + GAP - display_width(cell)));
            }
            let last = cells.get(lead).map(String::as_str).unwrap_or_default();
            let lines = match width.filter(|width| before + display_width(last) > *width) {
                None => vec![format!("{line}{last}")],
                Some(width) => wrapped(&line, last, before, width),
            };
            for line in lines {
                let _ = writeln!(text, "{}", terminal::painted(line.trim_end(), colour));
            }
        }
        text
    }
}

/// A line whose last cell does not fit: behind the others, or below them where there is no room.
fn wrapped(line: &str, last: &str, before: usize, width: usize) -> Vec<String> {
    let (first, indent) = match width.saturating_sub(before) >= LEAST {
        true => (line.to_owned(), before),
        false => (String::new(), INDENT),
    };
    let options = textwrap::Options::new(width.saturating_sub(indent).max(1))
        .break_words(false)
        .word_separator(textwrap::WordSeparator::AsciiSpace)
        .word_splitter(textwrap::WordSplitter::NoHyphenation)
        .wrap_algorithm(textwrap::WrapAlgorithm::FirstFit);
    let mut lines: Vec<String> =
        textwrap::wrap(last, options).iter().map(|part| format!("{}{part}", " ".repeat(indent))).collect();
    match (first.is_empty(), lines.first_mut()) {
        (false, Some(one)) => *one = format!("{first}{}", one.trim_start()),
        _ => lines.insert(0, line.to_owned()),
    }
    lines
}

/// Prints rows: `data` for programs, `sheet` for people.
pub fn print<T: Serialize>(form: Form, data: &[T], sheet: impl FnOnce() -> Sheet) -> Result<(), Failure> {
    match form {
        Form::Json => terminal::print_json(&data),
        Form::Jsonl => terminal::print_json_lines(data),
        Form::Yaml => terminal::print_yaml(&yaml(&serde_json::to_value(data).unwrap_or_default())),
        Form::Table | Form::Wide => print_sheet(&sheet()),
    }
}

/// Prints a table, in as many columns as the terminal has.
pub fn print_sheet(sheet: &Sheet) -> Result<(), Failure> {
    let width = terminal::stdout_is_watched().then(terminal::width);
    terminal::print_data(&sheet.text(width))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sheet(rows: &[[&str; 2]]) -> Sheet {
        let mut sheet = Sheet::new(["NAME", "MESSAGE"]);
        rows.iter().for_each(|row| sheet.add(&row.map(str::to_owned), None));
        sheet
    }

    #[test]
    fn names_stay_whole_and_only_the_last_column_is_wrapped() {
        let rows = [["a-name-of-a-pod", &"word ".repeat(12)], ["b", "\u{1b}[2J\nx"]];
        let told = sheet(&rows).text(Some(60));
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!(lines[0], "NAME              MESSAGE");
        assert_eq!(lines[1], "a-name-of-a-pod   word word word word word word word word");
        assert!(lines[2].starts_with(&" ".repeat(18)) && lines[2].trim() == "word word word word");
        assert_eq!(lines[3], "b                 \\u{1b}[2J x");
        let told = sheet(&rows).text(Some(50));
        assert!(
            told.lines().nth(1) == Some("a-name-of-a-pod")
                && told.lines().nth(2).is_some_and(|line| line.starts_with("    word"))
        );
        let name = "n".repeat(80);
        assert!(sheet(&[["a", &name]]).text(Some(40)).contains(&name));
        assert_eq!(sheet(&rows).text(None).lines().count(), 3);
    }
}
