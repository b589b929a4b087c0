//! Telling names, in every form a name and its value have: JSON at any depth of escaping, YAML, logfmt, shell, flags
//! and their arguments, properties, HTTP headers, XML, the prints of Go, and sentences.

use super::finder::Finder;
use super::key::MARK;
use super::keyed_value::{LONGEST_HEAD, Name, Setting, value};
use super::lex::{Quote, Text, stamp};
use super::pair;
use super::words::LONGEST;
use memchr::memmem;

/// Looks at the name around the telling word from `start` to `end`.
pub(super) fn look(finder: &mut Finder<'_>, start: usize, end: usize) {
    if end <= finder.named || start < finder.covered {
        return;
    }
    let text = finder.text;
    let (first, last) = name_around(text, start, end);
    finder.named = last;
    // Of the annotations by which Helm's charts restart pods there is only a hash.
    let is_pseudonym = memmem::find(text.slice(first, last), MARK.as_bytes()).is_some();
    if is_pseudonym || text.slice(0, first).ends_with(b"checksum/") {
        return;
    }
    let quote = text.quote_at(last);
    let after = text.skip_blanks(quote.map_or(last, |(_, after)| after));
    let is_flag = text.at(first) == b'-';
    let next = text.at(after);
    let breaks = text.break_at(after).is_some();
    let blank = quote.is_none() && after > last;
    let follows =
        matches!(next, b':' | b'=') || breaks || (quote.is_some() && matches!(next, b',' | b'}')) || (blank && is_flag);
    let is_element = next == b'>' && text.before(first) == b'<';
    if !(follows || is_element) {
        return;
    }
    let Some(telling) = finder.judge(first, last) else { return };
    let name = Name { start: first, end: last, quote: quote.map(|(quote, _)| quote), telling };
    match next {
        b':' | b'=' => assigned(finder, name, after),
        b'>' => value(finder, name, after + 1, Setting::Field),
        _ if is_flag => argument(finder, name, after),
        _ => pair::look(finder, name, after),
    }
}

fn name_around(text: Text<'_>, start: usize, end: usize) -> (usize, usize) {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    let (mut first, mut last) = (start, end);
    while first > 0 && start - first <= LONGEST && is_name(text.before(first)) && !text.is_escaped_space(first - 1) {
        first -= 1;
    }
    while last - end <= LONGEST && is_name(text.at(last)) {
        last += 1;
    }
    (first, last)
}

/// `name: value` and `name=value`; the sign is at `sign`.
fn assigned(finder: &mut Finder<'_>, name: Name, sign: usize) {
    let text = finder.text;
    let is_colon = text.at(sign) == b':';
    let next = text.at(sign + 1);
    let start = match (is_colon, next) {
        (true, b'=') | (false, b'>') => sign + 2,
        (true, b':' | b'/') | (false, b'=' | b'~') => return,
        _ => sign + 1,
    };
    let begins_line = begins_line(text, name.start);
    let is_flag = text.at(name.start) == b'-';
    let blank_around = sign > name.end || text.skip_blanks(start) > start;
    let setting = match (is_colon, name.quote) {
        _ if begins_line => Setting::Line,
        (_, Some(_)) => Setting::Field,
        (false, None) if is_flag || !blank_around || text.at(text.skip_blanks(start)) == b'"' => Setting::Field,
        _ => Setting::Prose,
    };
    value(finder, name, start, setting);
}

/// Whether a name is the first in its line or its string, apart from what makes it an item or an assignment.
fn begins_line(text: Text<'_>, start: usize) -> bool {
    let mut at = text.quote_before(start).map_or(start, |(_, begins)| begins);
    let quoted = at < start;
    for word in [b"- ".as_slice(), b"export ", b"set ", b"ENV ", b"? ", b"#"] {
        let blanks = text.slice(at.saturating_sub(64), at).iter().rev().take_while(|byte| **byte == b' ').count();
        let (all, bare) = (at, at - blanks);
        let from = all.saturating_sub(word.len());
        at = if text.slice(from, all) == word { from } else { at };
        if is_line_start(text, bare) {
            return true;
        }
    }
    quoted
        && text.at(start - 1) == b'"'
        && !matches!(text.quote_at(start), Some((Quote::Double(_), _)))
        && !name_is_quoted(text, start)
        || is_line_start(text, at)
}

/// Whether the string that begins before `start` is a name alone, as in JSON.
fn name_is_quoted(text: Text<'_>, start: usize) -> bool {
    let name = text.slice(start, start + LONGEST);
    let length =
        name.iter().take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')).count();
    matches!(text.quote_at(start + length), Some((Quote::Double(_), _)))
}

fn is_line_start(text: Text<'_>, at: usize) -> bool {
    if text.before(at) == b'\n' || (at > 0 && text.is_escaped_space(at - 1)) {
        return true;
    }
    let start = text.real_line_start(at);
    at - start < LONGEST_HEAD && stamp(text.slice(start, at)) == at - start
}

/// The argument of a flag: the next item of a list in JSON or YAML, or the next word of a command.
fn argument(finder: &mut Finder<'_>, name: Name, after: usize) {
    let text = finder.text;
    let mut start = text.skip_blanks(if text.at(after) == b',' { after + 1 } else { after });
    if let Some(breaks) = text.break_at(start) {
        let Some(line) = text.next_line(start, breaks) else { return };
        start = text.skip_blanks(line.start);
        let is_item = text.starts_with(start, b"- ");
        start = if is_item { text.skip_blanks(start + 2) } else { start };
        if !is_item && text.at(after) != b',' {
            return;
        }
    }
    let first = text.quote_at(start).map_or(start, |(_, begins)| begins);
    if text.at(first) != b'-' {
        value(finder, name, start, Setting::Field);
    }
}
