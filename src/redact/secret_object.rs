//! Objects of kind Secret, wherever one is printed: the values of `data` and `stringData` are hidden, their keys stay.

use super::finder::{Finder, Group, Part, Put};
use super::lex::{Breaks, Line, Quote, Text};
use super::value::is_kept;

/// The largest object that is looked for around its kind, in bytes: etcd takes no more than 1.5 MiB, logs much less.
const LARGEST: usize = 1 << 17;
const MOST_LINES: usize = 2000;

/// Looks at the word `Secret` at `start`.
pub(super) fn look(finder: &mut Finder<'_>, rule: usize, start: usize) {
    let (text, end) = (finder.text, start + b"Secret".len());
    if !text.starts_with(start, b"Secret") || text.at(end).is_ascii_alphanumeric() {
        return;
    }
    let Some((key, quote)) = kind_before(text, start) else { return };
    let parts = match quote {
        Some(depth) => in_json(finder, key, depth),
        None => in_yaml(finder, key, end),
    };
    // One group: what is at the end of a large one must not be taken for another object's.
    if !parts.is_empty() {
        finder.groups.push(Group { rule, parts, open: None });
    }
}

/// Where the key `kind` of the value at `start` begins, and the depth of its quotes if it has any.
fn kind_before(text: Text<'_>, start: usize) -> Option<(usize, Option<u32>)> {
    let value = text.quote_before(start).map_or(start, |(_, begins)| begins);
    let colon = blanks_before(text, value).checked_sub(1).filter(|at| text.at(*at) == b':')?;
    let end = blanks_before(text, colon);
    let (quote, end) = text.quote_before(end).map_or((None, end), |(quote, begins)| (Some(quote), begins));
    let key = end.checked_sub(4).filter(|key| text.starts_with(*key, b"kind"))?;
    match quote {
        Some(Quote::Double(depth)) => {
            let (_, begins) = text.quote_before(key)?;
            Some((begins, Some(depth)))
        }
        _ => (!text.before(key).is_ascii_alphanumeric() || text.is_escaped_space(key - 1)).then_some((key, None)),
    }
}

fn blanks_before(text: Text<'_>, index: usize) -> usize {
    let blanks = text.slice(index.saturating_sub(64), index).iter().rev().take_while(|byte| **byte == b' ').count();
    index - blanks
}

/// The values within the object in JSON that has its key `kind` at `key`.
fn in_json(finder: &mut Finder<'_>, key: usize, depth: u32) -> Vec<Part> {
    let Some(open) = object_start(finder, key, depth) else { return Vec::new() };
    let text = finder.text;
    let (mut parts, mut at, mut nesting, mut in_data) = (Vec::new(), open, 0_usize, false);
    let limit = (open + LARGEST).min(text.len());
    // The last string was a key of the object itself, `data` or `stringData`.
    let (mut data_key, mut after_colon) = (false, false);
    while at < limit {
        match text.at(at) {
            b'{' | b'[' => {
                nesting += 1;
                in_data = in_data || (nesting == 2 && data_key && after_colon);
                after_colon = false;
            }
            b'}' | b']' => {
                nesting = nesting.saturating_sub(1);
                in_data = in_data && nesting > 1;
                if nesting == 0 {
                    break;
                }
            }
            b':' => after_colon = true,
            b',' => after_colon = false,
            b'"' | b'\\' => {
                let Some((Quote::Double(found), begins)) = text.quote_at(at) else {
                    at += text.backslashes_from(at).max(1) + 1;
                    continue;
                };
                if found < depth {
                    break;
                }
                let end = text.string_end(begins, Quote::Double(depth));
                if in_data && after_colon && nesting == 2 && !is_kept(text.slice(begins, end)) {
                    parts.push(Part { start: begins, end, put: Put::Pseudonym });
                } else if nesting == 1 && !after_colon {
                    data_key = matches!(text.slice(begins, end), b"data" | b"stringData");
                }
                at = text.quote_at(end).map_or(end + 1, |(_, after)| after);
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    finder.may_look(at - open);
    parts
}

/// The brace that opens the object in which `key` is a key.
fn object_start(finder: &mut Finder<'_>, key: usize, depth: u32) -> Option<usize> {
    let text = finder.text;
    let floor = key.saturating_sub(LARGEST);
    let (mut at, mut nesting, mut in_string) = (key, 0_usize, false);
    while at > floor {
        let from = at.saturating_sub(1 << 12).max(floor);
        let found = text.slice(from, at).iter().rposition(|byte| matches!(byte, b'"' | b'{' | b'}'));
        let mark = from + found.unwrap_or_default();
        finder.may_look(at - mark).then_some(())?;
        at = mark;
        if found.is_none() {
            continue;
        }
        match text.at(mark) {
            b'"' => {
                let found = text.backslashes_before(mark).trailing_ones();
                if found < depth {
                    return None;
                }
                in_string ^= found == depth;
            }
            b'}' if !in_string => nesting += 1,
            b'{' if !in_string && nesting == 0 => return Some(mark),
            b'{' if !in_string => nesting -= 1,
            _ => {}
        }
    }
    None
}

/// The values within the document in YAML that has its key `kind` at `key`.
fn in_yaml(finder: &mut Finder<'_>, key: usize, end: usize) -> Vec<Part> {
    let text = finder.text;
    let breaks = text.break_at(end).or_else(|| break_before(text, key)).unwrap_or(Breaks::Real);
    let line = text.line_of(key, breaks);
    let column = indent(text, line);
    let mut first = line;
    let mut lines = 0;
    while let Some(above) = text.line_before(first.start, breaks) {
        let is_outside =
            !is_blank(text, above) && indent(text, above) < column || text.starts_with(above.start, b"---");
        lines += 1;
        if is_outside || lines > MOST_LINES || !finder.may_look(first.start - above.start) {
            break;
        }
        first = above;
    }
    let (mut parts, mut current, mut data_column) = (Vec::new(), Some(first), None);
    while let Some(line) = current {
        let here = indent(text, line);
        let is_outside = !is_blank(text, line) && here < column || text.starts_with(line.start, b"---");
        if line.start > key && is_outside || lines > 2 * MOST_LINES || !finder.may_look(line.end - line.start) {
            break;
        }
        lines += 1;
        let content = text.slice(content_start(text, line), line.end);
        if here == column && !is_blank(text, line) {
            data_column = (content.starts_with(b"data:") || content.starts_with(b"stringData:")).then_some(here);
        } else if data_column.is_some() {
            parts.extend(value_of(text, line, parts.last()));
        }
        current = text.break_at(line.end).and_then(|_| text.next_line(line.end, breaks));
    }
    parts
}

/// The value of `key: value`, or all of a line that continues one.
fn value_of(text: Text<'_>, line: Line, last: Option<&Part>) -> Option<Part> {
    let start = content_start(text, line);
    let content = text.slice(start, line.end);
    let is_key = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-' | b'"' | b'\'');
    let key = content.iter().take_while(|byte| is_key(byte)).count();
    let (from, put) = match content.get(key) {
        Some(b':') => (text.skip_blanks(start + key + 1), Put::Pseudonym),
        _ => (start, if last.is_some() { Put::Nothing } else { Put::Pseudonym }),
    };
    let value = text.slice(from, line.end);
    let is_block = matches!(value, [b'|' | b'>'] | [b'|' | b'>', _] | [b'|' | b'>', _, _]);
    if is_block || is_kept(value) {
        return None;
    }
    let quotes =
        usize::from(matches!(value.first(), Some(b'"' | b'\'')) && value.len() > 1 && value.first() == value.last());
    (line.end > from + 2 * quotes).then(|| Part { start: from + quotes, end: line.end - quotes, put })
}

/// How the lines before `index` end.
fn break_before(text: Text<'_>, index: usize) -> Option<Breaks> {
    let at = index.checked_sub(1).filter(|at| text.is_escaped_space(*at))?;
    Some(Breaks::Escaped(text.backslashes_before(at)))
}

/// Past the blanks and the dash of a list's item.
fn content_start(text: Text<'_>, line: Line) -> usize {
    let start = text.skip_blanks(line.start);
    if text.starts_with(start, b"- ") { text.skip_blanks(start + 1).min(line.end) } else { start.min(line.end) }
}

fn indent(text: Text<'_>, line: Line) -> usize {
    content_start(text, line) - line.start
}

fn is_blank(text: Text<'_>, line: Line) -> bool {
    text.slice(line.start, line.end).iter().all(u8::is_ascii_whitespace)
}
