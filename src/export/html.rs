//! The draft as one page to be printed, or kept as a PDF: no script, nothing fetched, and nothing in it acts.
//!
//! It is made of the Markdown, as people have edited it, by the parser that the forms for trackers use; whatever markup a
//! text of the cluster has is text in it. `[E4]` leads to its row among the records.

mod chart;
mod words;

use crate::report::hosts::{Block, Document, Inline, List};
use ct_codecs::{Base64, Encoder};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{self, Write};
use words::{escaped, inlines, record};

/// Set for A4 and for Letter alike: the width is the paper's.
const STYLE: &str = include_str!("html/print.css");

pub fn write(draft: &str, out: &mut dyn Write) -> io::Result<()> {
    let document = Document::read(draft);
    let records = records(&document);
    let title = document.blocks.iter().find_map(|block| match block {
        Block::Heading(1, line) => Some(plain(line)),
        _ => None,
    });
    let hash = Base64::encode_to_string(Sha256::digest(STYLE.as_bytes())).map_err(io::Error::other)?;
    let policy = format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'");
    writeln!(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>",
        escaped(&policy),
        escaped(title.as_deref().unwrap_or("Postmortem"))
    )?;
    for block in &document.blocks {
        out.write_all(self::block(block, &records).as_bytes())?;
    }
    writeln!(out, "</main>\n</body>\n</html>")
}

/// Numbers of records that have a row, which begins with them.
fn records(document: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for block in &document.blocks {
        if let Block::Table(rows) = block {
            let first = rows.iter().filter_map(|row| row.first()).map(|cell| plain(cell));
            found.extend(first.filter(|words| record(words)));
        }
    }
    found
}

fn block(block: &Block, records: &BTreeSet<String>) -> String {
    match block {
        Block::Heading(level, line) => {
            let class = if plain(line) == "Appendix" { " class=\"appendix\"" } else { "" };
            format!("<h{level}{class}>{}</h{level}>\n", inlines(line, records))
        }
        Block::Paragraph(line) => format!("<p>{}</p>\n", inlines(line, records)),
        Block::List(list) => format!("{}\n", self::list(list, records)),
        Block::Table(rows) => table(rows, records),
        Block::Code { language, text } if language == "mermaid" => chart::write(text),
        Block::Code { text, .. } => format!("<pre>{}</pre>\n", escaped(text)),
    }
}

fn list(list: &List, records: &BTreeSet<String>) -> String {
    let tag = if list.is_numbered { "ol" } else { "ul" };
    let items = list.items.iter().map(|item| {
        let below: String = item.below.iter().map(|list| self::list(list, records)).collect();
        format!("<li>{}{below}</li>\n", inlines(&item.line, records))
    });
    format!("<{tag}>\n{}</{tag}>", items.collect::<String>())
}

/// The first row is repeated on each page.
fn table(rows: &[Vec<Vec<Inline>>], records: &BTreeSet<String>) -> String {
    let mut seen = BTreeSet::new();
    let mut row = |cells: &Vec<Vec<Inline>>, tag: &str| {
        let id = cells.first().map(|cell| plain(cell)).filter(|words| record(words) && seen.insert(words.clone()));
        let id = id.map(|id| format!(" id=\"{id}\"")).unwrap_or_default();
        let cells = cells.iter().map(|cell| format!("<{tag}>{}</{tag}>", inlines(cell, records)));
        format!("<tr{id}>{}</tr>\n", cells.collect::<String>())
    };
    let Some((head, body)) = rows.split_first() else { return String::new() };
    // A head without a word is no head.
    let head = match head.iter().all(Vec::is_empty) {
        true => String::new(),
        false => format!("<thead>\n{}</thead>\n", row(head, "th")),
    };
    let body: String = body.iter().map(|cells| row(cells, "td")).collect();
    format!("<table>\n{head}<tbody>\n{body}</tbody>\n</table>\n")
}

/// A line without its markup.
fn plain(line: &[Inline]) -> String {
    let text = |inline: &Inline| match inline {
        Inline::Text(text) | Inline::Code(text) | Inline::Strong(text) | Inline::Emphasis(text) => text.clone(),
    };
    line.iter().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_text_has_is_text() {
        let hostile = "# <script>alert(1)</script>\n\n`<img src=x onerror=alert(1)>` and \" onload=\"x [go](javascript:alert(1)) \u{202e}evil\n\n\
             | a | </td></table><script>alert(2)</script> |\n|---|---|\n| E1 | &lt;b&gt; |\n\n```mermaid\nflowchart TD\nn0[\"</pre><script>x</script>\"]\n```\n\n\
             ```\n</pre><iframe src=//x>\n```\n\n- E2 <style>@import url(//x)</style>\n";
        let mut out = Vec::new();
        write(hostile, &mut out).expect("memory");
        let page = String::from_utf8(out).expect("text");
        let (head, body) = page.split_once("</head>").expect("a head");
        assert_eq!(head.matches("<script").count() + head.matches("<style").count(), 1);
        let opened =
            body.match_indices('<').filter_map(|(at, _)| body.get(at + 1..)).filter(|rest| !rest.starts_with('/'));
        for tag in opened.map(|rest| rest.split(['>', ' ']).next().unwrap_or_default()) {
            let known = [
                "body", "main", "h1", "p", "code", "table", "thead", "tbody", "tr", "th", "td", "pre", "ul", "li", "a",
                "br",
            ];
            assert!(known.contains(&tag), "{tag} in {body}");
        }
        assert!(!body.contains("href=\"j") && !body.contains('\u{202e}') && !body.contains("\" onload"), "{body}");
    }
}
