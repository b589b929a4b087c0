//! Slack's mrkdwn. It has no tables and no headings, and no escape but for `&`, `<` and `>` (docs.slack.dev, "Formatting
//! message text"); so what else has a meaning there is shown as the character that looks most like it.

use super::document::{Block, Inline, List};

/// No line is longer, so that whoever posts it in blocks, which take 3,000 characters each, can cut between lines and has
/// half of each for edits.
const MOST_LINE: usize = 1_500;

/// A block, with an empty line after it.
pub fn write(block: &Block) -> String {
    let text = match block {
        Block::Heading(_, line) => heading(line),
        Block::Paragraph(line) => inlines(line),
        Block::List(list) => {
            let mut lines = Vec::new();
            push_list(&mut lines, list, 0);
            lines.join("\n")
        }
        Block::Table(rows) => table(rows),
        Block::Code { text, .. } => format!("```\n{}\n```", plain(text)),
    };
    let lines: Vec<String> = text.lines().map(wrapped).collect();
    format!("{}\n\n", lines.join("\n"))
}

/// A line in bold, in which nothing else can be marked.
fn heading(line: &[Inline]) -> String {
    let text: String = line.iter().map(|inline| plain(text_of(inline))).collect();
    format!("*{text}*")
}

fn text_of(inline: &Inline) -> &str {
    match inline {
        Inline::Text(text) | Inline::Code(text) | Inline::Strong(text) | Inline::Emphasis(text) => text,
    }
}

/// A line for each row: its first cell, then the others by the name of their column.
fn table(rows: &[Vec<Vec<Inline>>]) -> String {
    let Some((head, rows)) = rows.split_first() else { return String::new() };
    let mut lines = Vec::new();
    for row in rows {
        let cells = row.iter().zip(head).enumerate().filter(|(_, (cell, _))| !cell.is_empty());
        let cells = cells.map(|(number, (cell, name))| match number {
            0 => inlines(cell),
            _ if name.is_empty() => inlines(cell),
            _ => format!("{}: {}", inlines(name), inlines(cell)),
        });
        lines.push(format!("• {}", cells.collect::<Vec<_>>().join("; ")));
    }
    lines.join("\n")
}

fn push_list(lines: &mut Vec<String>, list: &List, depth: usize) {
    for (number, item) in list.items.iter().enumerate() {
        let mark = if list.is_numbered { format!("{}.", number + 1) } else { "•".to_owned() };
        lines.push(format!("{}{mark} {}", "    ".repeat(depth), inlines(&item.line)));
        item.below.iter().for_each(|below| push_list(lines, below, depth + 1));
    }
}

fn inlines(line: &[Inline]) -> String {
    let inline = |inline: &Inline| match inline {
        Inline::Text(text) => plain(text),
        Inline::Code(text) => code(text),
        Inline::Strong(text) => format!("*{}*", plain(text)),
        Inline::Emphasis(text) => format!("_{}_", plain(text)),
    };
    line.iter().map(inline).collect()
}

/// Words in which nothing has a meaning.
fn plain(text: &str) -> String {
    let marks = |character| match character {
        '*' => '∗',
        '_' => 'ˍ',
        '~' => '∼',
        '`' => 'ˋ',
        _ => character,
    };
    escaped(&text.chars().map(marks).collect::<String>())
}

/// A quotation, which only its own mark ends; one that fills a line is several.
fn code(text: &str) -> String {
    let mut pieces = vec![String::new()];
    for character in text.chars() {
        let length = pieces.last().map_or(0, String::len);
        if length >= MOST_LINE / 2 {
            pieces.push(String::new());
        }
        let shown = if character == '`' { "ˋ".to_owned() } else { escaped(&character.to_string()) };
        pieces.last_mut().into_iter().for_each(|last| last.push_str(&shown));
    }
    pieces.iter().map(|piece| format!("`{piece}`")).collect::<Vec<_>>().join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// A line in several, none of which is too long, cut at blanks outside of quotations.
fn wrapped(line: &str) -> String {
    let mut lines = vec![String::new()];
    let mut piece = String::new();
    let mut is_code = false;
    for word in line.split_inclusive(' ').chain([""]) {
        if !is_code && !piece.is_empty() {
            let last = lines.last().map_or(0, String::len);
            if last > 0 && last + piece.len() > MOST_LINE {
                lines.push(String::new());
            }
            lines.last_mut().into_iter().for_each(|last| last.push_str(&piece));
            piece.clear();
        }
        is_code ^= word.matches('`').count() % 2 == 1;
        piece.push_str(word);
    }
    // What is still open ends with the line.
    lines.last_mut().into_iter().for_each(|last| last.push_str(&piece));
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}
