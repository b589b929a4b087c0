//! A telling name that is itself a value: `{"name":"DB_PASSWORD","value":"…"}` in either order and at any depth of
//! escaping, over lines, and as an item in YAML. What says `valueFrom` stays.

use super::finder::Finder;
use super::keyed_value::{self, Name, Setting};
use super::lex::{Quote, Text};

/// The longest value that is looked for before its name, in bytes.
const LONGEST: usize = 1 << 15;

/// Looks at a telling name after which, at `after`, no value stands.
pub(super) fn look(finder: &mut Finder<'_>, name: Name, after: usize) {
    let Some(key) = name_key_before(finder.text, name.start) else { return };
    if let Some(start) = value_after(finder.text, after) {
        return keyed_value::value(finder, Name { quote: None, ..name }, start, Setting::Line);
    }
    if let Some(Quote::Double(depth)) = name.quote {
        before(finder, name, key, depth);
    }
}

/// Where the key `name` of the value at `start` begins, with its quote.
fn name_key_before(text: Text<'_>, start: usize) -> Option<usize> {
    let value = text.quote_before(start).map_or(start, |(_, begins)| begins);
    let colon = space_before(text, value).checked_sub(1).filter(|at| text.at(*at) == b':')?;
    let end = space_before(text, colon);
    let (quoted, end) = text.quote_before(end).map_or((false, end), |(_, begins)| (true, begins));
    let key = [b"name".as_slice(), b"Name", b"key", b"Key"].into_iter().find_map(|key| {
        let start = end.checked_sub(key.len())?;
        text.starts_with(start, key).then_some(start)
    })?;
    if quoted {
        return text.quote_before(key).map(|(_, begins)| begins);
    }
    (!text.before(key).is_ascii_alphanumeric() || text.is_escaped_space(key - 1)).then_some(key)
}

/// Where the value of the key `value` begins that follows the name, perhaps on the next line.
fn value_after(text: Text<'_>, after: usize) -> Option<usize> {
    let mut at = if text.at(after) == b',' { text.skip_blanks(after + 1) } else { after };
    if let Some(breaks) = text.break_at(at) {
        at = text.skip_blanks(text.next_line(at, breaks)?.start);
    }
    let (quoted, key) = text.quote_at(at).map_or((false, at), |(_, begins)| (true, begins));
    let is_value = text.starts_with(key, b"value") || text.starts_with(key, b"Value");
    let end = is_value.then_some(key + b"value".len())?;
    let end = if quoted { text.quote_at(end)?.1 } else { end };
    let colon = text.skip_blanks(end);
    (text.at(colon) == b':').then_some(colon + 1)
}

/// `"value":"…",` right before the key at `key`.
fn before(finder: &mut Finder<'_>, name: Name, key: usize, depth: u32) {
    let text = finder.text;
    let Some(comma) = space_before(text, key).checked_sub(1).filter(|at| text.at(*at) == b',') else { return };
    let Some((Quote::Double(found), end)) = text.quote_before(space_before(text, comma)) else { return };
    if found != depth {
        return;
    }
    let Some(start) = string_start(finder, end, depth) else { return };
    let Some((_, open)) = text.quote_before(start) else { return };
    let Some(colon) = space_before(text, open).checked_sub(1).filter(|at| text.at(*at) == b':') else { return };
    let Some((_, end_of_key)) = text.quote_before(space_before(text, colon)) else { return };
    let word = text.slice(end_of_key.saturating_sub(5), end_of_key);
    if word.eq_ignore_ascii_case(b"value") {
        let covered = finder.covered;
        keyed_value::value(finder, Name { quote: Some(Quote::Double(depth)), ..name }, open, Setting::Field);
        finder.covered = finder.covered.max(covered);
    }
}

/// Where the string of this depth that ends before its quote at `end` begins.
fn string_start(finder: &mut Finder<'_>, end: usize, depth: u32) -> Option<usize> {
    let text = finder.text;
    let floor = end.saturating_sub(LONGEST);
    let mut at = end;
    while let Some(mark) = memchr::memrchr(b'"', text.slice(floor, at)).map(|found| floor + found) {
        finder.may_look(at - mark).then_some(())?;
        if text.backslashes_before(mark).trailing_ones() <= depth {
            return Some(mark + 1);
        }
        at = mark;
    }
    None
}

/// Before blanks and line breaks, real and escaped.
fn space_before(text: Text<'_>, index: usize) -> usize {
    let mut at = index;
    while index - at < 256 {
        let before = text.before(at);
        if at > 0 && matches!(before, b' ' | b'\t' | b'\n' | b'\r') {
            at -= 1;
        } else if at > 0 && text.is_escaped_space(at - 1) {
            at -= 1 + text.backslashes_before(at - 1);
        } else {
            break;
        }
    }
    at
}
