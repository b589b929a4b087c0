//! Jira's text formatting notation, as descriptions and comments of Jira take it.
//!
//! What has a meaning there stands behind a backslash ("Text Formatting Notation Help", advanced formatting). A backslash
//! itself has no such form, as two of them are a new line, so it is a character reference, and so is what begins one.

use super::document::{Block, Inline, List};

/// A block, with an empty line after it.
pub fn write(block: &Block) -> String {
    match block {
        Block::Heading(level, line) => format!("h{level}. {}\n\n", inlines(line)),
        Block::Paragraph(line) => format!("{}\n\n", as_line(&inlines(line))),
        Block::List(list) => {
            let mut lines = String::new();
            push_list(&mut lines, list, "");
            lines + "\n"
        }
        Block::Table(rows) => table(rows),
        // Nothing in it is looked at but its own end.
        Block::Code { text, .. } => format!("{{noformat}}\n{}\n{{noformat}}\n\n", text.replace('{', "(")),
    }
}

fn table(rows: &[Vec<Vec<Inline>>]) -> String {
    let mut table = String::new();
    for (number, row) in rows.iter().enumerate() {
        // A head without a word is no head.
        if number == 0 && row.iter().all(Vec::is_empty) {
            continue;
        }
        let bar = if number == 0 { "||" } else { "|" };
        for cell in row {
            // A cell of nothing would end the row.
            let cell = if cell.is_empty() { " ".to_owned() } else { inlines(cell) };
            table.push_str(&format!("{bar}{cell}"));
        }
        table.push_str(bar);
        table.push('\n');
    }
    table + "\n"
}

fn push_list(lines: &mut String, list: &List, above: &str) {
    let marks = format!("{above}{}", if list.is_numbered { '#' } else { '*' });
    for item in &list.items {
        lines.push_str(&format!("{marks} {}\n", as_line(&inlines(&item.line))));
        item.below.iter().for_each(|below| push_list(lines, below, &marks));
    }
}

fn inlines(line: &[Inline]) -> String {
    let inline = |inline: &Inline| match inline {
        Inline::Text(text) => escaped(text),
        Inline::Code(text) => format!("{{{{{}}}}}", escaped(text)),
        Inline::Strong(text) => marked('*', text),
        Inline::Emphasis(text) => marked('_', text),
    };
    line.iter().map(inline).collect()
}

/// A text between two marks. Blanks that it begins with stand before them: a star and a blank begin an item of a list.
fn marked(mark: char, text: &str) -> String {
    let rest = text.trim_start();
    let blanks = text.strip_suffix(rest).unwrap_or_default();
    format!("{blanks}{mark}{}{mark}", escaped(rest))
}

/// A line whose first word would make a heading or a quotation of it, also behind blanks.
fn as_line(line: &str) -> String {
    let mark = line.trim_start().split_once('.').map(|(mark, _)| mark);
    let is_mark = mark.is_some_and(|mark| matches!(mark, "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "bq"));
    if is_mark { line.replacen('.', "\\.", 1) } else { line.to_owned() }
}

/// What has a meaning wherever it stands.
const MARKS: &str = "{}[]|*_?+^~!#@";
/// What is drawn as a face or a sign, in parentheses.
const SIGNS: &[&str] = &["!)", "?)", "/)", "x)", "+)", "-)", "i)", "y)", "n)", "on)", "off)", "*", "flag"];

/// `text` in which nothing is markup, a link, an issue or a face.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + text.len() / 4);
    let mut before = ' ';
    // Whether what was written since the last mark may be the key of a project.
    let mut is_key = false;
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        let after = rest.as_str();
        match character {
            '\\' => escaped.push_str("&#92;"),
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            _ => {
                // A character reference ends as a winking face begins.
                let is_face = character == ')' && escaped.ends_with(';');
                if MARKS.contains(character) || is_face || has_meaning_here((before, is_key), character, after) {
                    escaped.push('\\');
                }
                escaped.push(character);
            }
        }
        is_key = match character {
            'A'..='Z' => is_key || !before.is_ascii_alphanumeric(),
            '0'..='9' | '_' => is_key,
            _ => false,
        };
        before = character;
    }
    escaped
}

/// Whether a character that stands for itself in most places has a meaning between these; the second says whether what
/// is before it may be the key of a project.
fn has_meaning_here((before, is_key): (char, bool), character: char, after: &str) -> bool {
    let next = after.chars().next().unwrap_or(' ');
    match character {
        // A dash between letters is part of a name, unless it may be that of an issue's key.
        '-' => !before.is_alphanumeric() || !next.is_alphanumeric() || (is_key && next.is_ascii_digit()),
        '(' => SIGNS.iter().any(|sign| after.to_ascii_lowercase().starts_with(sign)),
        ':' => ")(DPp/".contains(next),
        ';' => next == ')',
        _ => false,
    }
}
