//! Private keys in PEM (RFC 7468), whole, in one line with escapes, behind time stamps, indented, without an end, and
//! in base64 once more. Certificates and public keys stay.

use super::finder::{Finder, Part, Put};
use super::key::decoded;
use super::lex::{Breaks, Line, Text};
use memchr::memmem;

const MOST_LINES: usize = 400;
const LONGEST_LABEL: usize = 60;
const MOST_BYTES: usize = 1 << 16;
/// Longer than words are.
const LONG_RUN: usize = 24;
const DASHES: &[u8] = b"-----";

/// `-----BEGIN` in base64, whatever comes after.
const ENCODED: &[u8] = b"LS0tLS1CRUdJTi";

pub(super) fn look(finder: &mut Finder<'_>, rule: usize, start: usize) {
    let text = finder.text;
    if text.starts_with(start, ENCODED) {
        return look_encoded(finder, rule, start);
    }
    let label = start + b"-----BEGIN".len();
    let Some(dashes) = memmem::find(text.slice(label, label + LONGEST_LABEL), DASHES) else { return };
    let body = label + dashes + DASHES.len();
    if memmem::find(text.slice(label, label + dashes), b"PRIVATE KEY").is_none() {
        return;
    }
    let after = text.skip_blanks(body);
    let parts = match text.break_at(after) {
        Some(Breaks::Real) => on_lines(text, after),
        _ => in_line(text, body),
    };
    finder.hide_parts(rule, parts);
}

/// Each line on its own, so that what stands before it stays.
fn on_lines(text: Text<'_>, first_break: usize) -> Vec<Part> {
    let (mut parts, mut at) = (Vec::new(), first_break);
    while parts.len() < MOST_LINES {
        let Some(line) = text.next_line(at, Breaks::Real) else { break };
        match body_of(text, line) {
            Some((start, end)) if end > start => {
                let put = if parts.is_empty() { Put::Pseudonym } else { Put::Nothing };
                parts.push(Part { start, end, put });
            }
            Some(_) => {}
            None => break,
        }
        at = line.end;
    }
    parts
}

/// What of a line is the body of a key: base64 or one of the headers of RFC 1421. None of its end, or of other text.
fn body_of(text: Text<'_>, line: Line) -> Option<(usize, usize)> {
    let start = text.skip_blanks(line.start);
    let content = text.slice(start, line.end);
    let is_header = [b"Proc-Type: ".as_slice(), b"DEK-Info: ", b"Comment: ", b"Version: "]
        .iter()
        .any(|head| content.starts_with(head));
    if is_header {
        return Some((start, line.end));
    }
    let run = content.iter().take_while(|byte| is_base64(**byte)).count();
    let ends = start + run >= line.end || matches!(text.at(start + run), b'\\' | b'"' | b'\'' | b' ');
    let is_end = content.starts_with(DASHES) || content.starts_with(super::key::MARK.as_bytes());
    (ends && !is_end && (run > 0 || content.is_empty())).then_some((start, start + run))
}

/// Between the marks of one line with escaped line breaks.
fn in_line(text: Text<'_>, body: usize) -> Vec<Part> {
    let line = text.slice(body, text.real_line_end(body).min(body + MOST_BYTES));
    let is_body = |byte: &u8| is_base64(*byte) || matches!(byte, b'\\' | b' ' | b':' | b',' | b'-');
    let body_and_more = line.get(..memmem::find(line, DASHES).unwrap_or(line.len())).unwrap_or_default();
    let end = body_and_more.iter().take_while(|byte| is_body(byte)).count();
    let content = line.get(..end).unwrap_or_default();
    let hidden = content.iter().filter(|byte| is_base64(**byte)).count() > 0
        && memmem::find(content, super::key::MARK.as_bytes()).is_none();
    if hidden { vec![Part { start: body, end: body + end, put: Put::Pseudonym }] } else { among_others(line, body) }
}

/// Of a line in which other text stands between the lines of a key, as in `echo A; echo B`: every long run of base64 up
/// to the mark of the end, without which it may be anything.
fn among_others(line: &[u8], body: usize) -> Vec<Part> {
    let Some(content) = memmem::find(line, b"-----END ").and_then(|end| line.get(..end)) else { return Vec::new() };
    let mut parts = Vec::new();
    let mut at = 0;
    for run in content.chunk_by(|one, other| is_base64(*one) == is_base64(*other)) {
        let is_long = run.len() >= LONG_RUN && run.first().copied().is_some_and(is_base64);
        if is_long && !run.starts_with(super::key::MARK.as_bytes()) {
            let put = if parts.is_empty() { Put::Pseudonym } else { Put::Nothing };
            parts.push(Part { start: body + at, end: body + at + run.len(), put });
        }
        at += run.len();
    }
    parts
}

fn look_encoded(finder: &mut Finder<'_>, rule: usize, start: usize) {
    if start < finder.looked {
        return;
    }
    let parts = wrapped_base64(finder.text, start);
    finder.looked = parts.last().map_or(start, |part| part.end);
    let all: Vec<u8> = parts.iter().flat_map(|part| finder.text.slice(part.start, part.end)).copied().collect();
    // A log may have cut it: whole groups of four are enough.
    let whole = all.len() - all.len() % 4;
    let is_key = |bytes: Vec<u8>| memmem::find(&bytes, b"PRIVATE KEY").is_some();
    if decoded(all.get(..whole).unwrap_or_default()).is_some_and(is_key) {
        finder.hide_parts(rule, parts);
    }
}

/// A run of base64 that goes on over full lines.
pub(super) fn wrapped_base64(text: Text<'_>, start: usize) -> Vec<Part> {
    let (mut parts, mut at, mut width): (Vec<Part>, usize, usize) = (Vec::new(), start, MOST_BYTES);
    while parts.len() < MOST_LINES {
        let rest = text.slice(at, at + MOST_BYTES);
        let run = rest.iter().take_while(|byte| is_base64(**byte)).count();
        let breaks = text.break_at(at + run);
        let continues = !parts.is_empty();
        let ends = breaks.is_some() || at + run >= text.len() || matches!(text.at(at + run), b'"' | b'\'' | b'\\');
        if run == 0 || (continues && (!ends || run > width)) || rest.starts_with(super::key::MARK.as_bytes()) {
            break;
        }
        parts.push(Part { start: at, end: at + run, put: if continues { Put::Nothing } else { Put::Pseudonym } });
        let is_last = continues && run < width;
        width = run;
        let next = breaks.filter(|_| !is_last && run >= 40).and_then(|breaks| text.next_line(at + run, breaks));
        let Some(line) = next else { break };
        at = text.skip_blanks(line.start);
    }
    parts
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'_' | b'-')
}
