//! How far a value reaches that no quotes close.

use super::finder::{Part, Put};
use super::lex::{Line, Text};

/// The longest name of a neighbour by which a value is seen to end, in bytes.
const LONGEST_NEIGHBOUR: usize = 40;
const MOST_LINES: usize = 1000;

/// What is part of a value that has no quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// Up to white space.
    Word,
    /// Blanks too, unless the next field follows one.
    Line,
    /// All up to the end of the line or string.
    WholeLine,
}

/// Where the value at `start` ends.
pub(super) fn end_of(text: Text<'_>, start: usize, reach: Reach) -> usize {
    let mut at = start;
    loop {
        let byte = text.at(at);
        let ends = match byte {
            b'\n' | b'\r' | b'"' => true,
            b' ' | b'\t' => reach == Reach::Word || (reach == Reach::Line && is_field(text, text.skip_blanks(at), 1)),
            b'\\' => {
                let run = text.backslashes_from(at);
                if text.at(at + run) == b'"' || text.escaped_space(at).is_some() {
                    true
                } else {
                    at += run;
                    continue;
                }
            }
            b'<' => text.at(at + 1) == b'/',
            b',' | b';' | b'&' | b')' | b'}' | b']' | b'>' | b'|' | b'\'' | b'`' => {
                reach != Reach::WholeLine && is_end(text, at)
            }
            _ => false,
        };
        if ends || at >= text.len() {
            let value = text.slice(start, at);
            return start + value.len() - value.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        }
        at += 1;
    }
}

/// Whether a closing character really closes: nothing follows it, or another field does. In connection strings its name
/// may have blanks, as in `User Id=`.
fn is_end(text: Text<'_>, at: usize) -> bool {
    let next = text.at(at + 1);
    let most_words = if text.at(at) == b';' { 3 } else { 1 };
    next.is_ascii_whitespace() || b"\"'`\\,;)}]>|".contains(&next) || is_field(text, at + 1, most_words)
}

/// Whether `name=` or `name: ` stands at `at`, with so many words at most.
fn is_field(text: Text<'_>, at: usize, most_words: usize) -> bool {
    let name = text.slice(at, at + LONGEST_NEIGHBOUR);
    let length = name
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b' '))
        .count();
    let name = name.get(..length).unwrap_or_default();
    let words = name.split(|byte| *byte == b' ').count();
    let is_name = name.iter().any(u8::is_ascii_alphabetic) && words <= most_words;
    is_name
        && match text.at(at + length) {
            // Padding of base64 is no assignment.
            b'=' => !matches!(text.at(at + length + 1), b'=' | b' ' | b'\n' | b'"' | b'\\'),
            b':' => words == 1 && matches!(text.at(at + length + 1), b' '),
            _ => false,
        }
}

/// The lines of a block after the line break at `at` that are indented deeper than `column`.
pub(super) fn block(text: Text<'_>, at: usize, column: usize) -> Vec<Part> {
    let (mut parts, mut at) = (Vec::new(), at);
    let Some(breaks) = text.break_at(at) else { return parts };
    for _ in 0..MOST_LINES {
        let Some(line) = text.next_line(at, breaks) else { break };
        let Line { start, end } = line;
        let blanks = text.slice(start, end).iter().take_while(|byte| **byte == b' ').count();
        let is_blank = start + blanks >= end;
        if !is_blank && blanks <= column {
            break;
        }
        if !is_blank {
            let put = if parts.is_empty() { Put::Pseudonym } else { Put::Nothing };
            parts.push(Part { start: start + blanks, end, put });
        }
        at = end;
    }
    parts
}
