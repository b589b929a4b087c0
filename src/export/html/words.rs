//! Words in HTML.

use crate::report::hosts::Inline;
use crate::report::safe;
use std::collections::BTreeSet;

/// A line with its markup, in which records that have a row are linked.
pub fn inlines(line: &[Inline], records: &BTreeSet<String>) -> String {
    let inline = |inline: &Inline| match inline {
        Inline::Text(text) => linked(text, records),
        Inline::Code(text) => format!("<code>{}</code>", escaped(text)),
        Inline::Strong(text) => format!("<strong>{}</strong>", linked(text, records)),
        Inline::Emphasis(text) => format!("<em>{}</em>", linked(text, records)),
    };
    line.iter().map(inline).collect()
}

/// Text in which each record in brackets, as `[E1, E2]`, leads to its row.
fn linked(text: &str, records: &BTreeSet<String>) -> String {
    let mut written = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('[') {
        let Some((inside, after)) = after.split_once(']') else { break };
        written.push_str(&escaped(before));
        let names: Vec<&str> = inside.split(", ").collect();
        if names.iter().all(|name| record(name)) {
            let link = |name: &&str| match records.contains(*name) {
                true => format!("<a href=\"#{name}\">{name}</a>"),
                false => (*name).to_owned(),
            };
            written.push_str(&format!("[{}]", names.iter().map(link).collect::<Vec<_>>().join(", ")));
        } else {
            written.push_str(&format!("[{}]", escaped(inside)));
        }
        rest = after;
    }
    written + &escaped(rest)
}

/// Whether this is how a record is called: `E4`.
pub fn record(name: &str) -> bool {
    let digits = name.strip_prefix('E').unwrap_or_default();
    !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// Text as HTML has it, without characters that act on what is around them.
pub fn escaped(text: &str) -> String {
    safe::markup(text, |character| match character {
        '\n' | '\t' => character,
        _ if safe::is_unsafe(character) => char::REPLACEMENT_CHARACTER,
        _ => character,
    })
}
