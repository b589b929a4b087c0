//! Confluence's storage format: XHTML, with macros of its own for what is shown as it stands.
//!
//! See "Confluence Storage Format" in Atlassian's documentation. A page's body is a piece of XML without a root.

use super::document::{Block, Inline, List};
use crate::report::safe;

/// A block, with a line feed at its end.
pub fn write(block: &Block) -> String {
    match block {
        Block::Heading(level, line) => format!("<h{level}>{}</h{level}>\n", inlines(line)),
        Block::Paragraph(line) => format!("<p>{}</p>\n", inlines(line)),
        Block::List(list) => format!("{}\n", self::list(list)),
        Block::Table(rows) => table(rows),
        Block::Code { text, .. } => format!(
            "<ac:structured-macro ac:name=\"code\"><ac:plain-text-body><![CDATA[{}]]></ac:plain-text-body>\
             </ac:structured-macro>\n",
            in_cdata(text)
        ),
    }
}

fn table(rows: &[Vec<Vec<Inline>>]) -> String {
    let mut table = String::from("<table><tbody>\n");
    for (number, row) in rows.iter().enumerate() {
        // A head without a word is no head.
        if number == 0 && row.iter().all(Vec::is_empty) {
            continue;
        }
        let tag = if number == 0 { "th" } else { "td" };
        let cells: String = row.iter().map(|cell| format!("<{tag}>{}</{tag}>", inlines(cell))).collect();
        table.push_str(&format!("<tr>{cells}</tr>\n"));
    }
    table + "</tbody></table>\n"
}

fn list(list: &List) -> String {
    let tag = if list.is_numbered { "ol" } else { "ul" };
    let items = list.items.iter().map(|item| {
        let below: String = item.below.iter().map(self::list).collect();
        format!("<li>{}{below}</li>", inlines(&item.line))
    });
    format!("<{tag}>{}</{tag}>", items.collect::<String>())
}

fn inlines(line: &[Inline]) -> String {
    let inline = |inline: &Inline| match inline {
        Inline::Text(text) => escaped(text),
        Inline::Code(text) => format!("<code>{}</code>", escaped(text)),
        Inline::Strong(text) => format!("<strong>{}</strong>", escaped(text)),
        Inline::Emphasis(text) => format!("<em>{}</em>", escaped(text)),
    };
    line.iter().map(inline).collect()
}

/// Text as XML has it.
fn escaped(text: &str) -> String {
    safe::markup(text, allowed)
}

/// Text of a CDATA section, which its own end would end.
fn in_cdata(text: &str) -> String {
    text.chars().map(allowed).collect::<String>().replace("]]>", "]]]]><![CDATA[>")
}

/// XML has no place for some characters, not even escaped (XML 1.0, 2.2).
fn allowed(character: char) -> char {
    match u32::from(character) {
        0x9 | 0xa | 0xd | 0x20..=0xd7ff | 0xe000..=0xfffd | 0x1_0000.. => character,
        _ => char::REPLACEMENT_CHARACTER,
    }
}
