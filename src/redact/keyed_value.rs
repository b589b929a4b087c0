//! The value of a telling name: how far it reaches, and whether it is a credential by all that is known of it.

use super::extent::{self, Reach};
use super::finder::{Finder, Group, Part, Put};
use super::header;
use super::lex::{Quote, Text, stamp};
use super::pem::wrapped_base64;
use super::rules::Takes;
use super::value::{is_kept, is_number, is_object_name, is_random, is_word};
use super::words::{Strength, Telling};

/// From this length on base64 is taken for wrapped, if the next line goes on with it.
const WRAPPED: usize = 40;

/// Bytes before a name in which the beginning of its line is looked for.
pub(super) const LONGEST_HEAD: usize = 320;

/// A name, with what it tells and how it stands there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Name {
    pub start: usize,
    pub end: usize,
    /// The quote right after it.
    pub quote: Option<Quote>,
    pub telling: Telling,
}

/// How sure it is that what follows is a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// A field of a structure, an assignment, an argument.
    Field,
    /// A line of its own, such as in YAML and `.env` files, or the beginning of a string.
    Line,
    /// Words, which may be a sentence.
    Prose,
}

/// The value of `name` that begins at `start` or after blanks there.
pub(super) fn value(finder: &mut Finder<'_>, name: Name, start: usize, setting: Setting) {
    let text = finder.text;
    let start = text.skip_blanks(start);
    let takes = finder.takes(name.telling.rule);
    if let Some((quote, begins)) = text.quote_at(start) {
        return quoted(finder, name, quote, begins, start);
    }
    let is_block = matches!(text.at(start), b'|' | b'>');
    let after_mark =
        (start + 1..start + 4).find(|at| !matches!(text.at(*at), b'-' | b'+' | b'0'..=b'9')).unwrap_or(start);
    match text.at(start) {
        b'|' | b'>' if is_block && text.break_at(text.skip_blanks(after_mark)).is_some() => {
            let column = column(text, name.start);
            let parts = extent::block(text, text.skip_blanks(after_mark), column);
            hide_lines(finder, name, parts);
        }
        b'[' => elements(finder, name, start + 1),
        b'{' if takes != Takes::Whole || name.quote.is_some() => {}
        _ if text.break_at(start).is_some() => {
            if takes == Takes::Whole {
                let parts = extent::block(text, start, column(text, name.start));
                hide_lines(finder, name, parts);
            }
        }
        _ => unquoted(finder, name, start, setting),
    }
}

fn hide_lines(finder: &mut Finder<'_>, name: Name, parts: Vec<Part>) {
    let is_kept = |part: &&Part| !is_kept(finder.text.slice(part.start, part.end));
    if name.telling.strength == Strength::Sure && parts.first().as_ref().is_some_and(is_kept) {
        finder.covered = parts.last().map_or(finder.covered, |part| part.end);
        finder.hide_parts(name.telling.rule, parts);
    }
}

/// Blanks at the beginning of the line of a name, with the dash of an item.
fn column(text: Text<'_>, start: usize) -> usize {
    let floor = start.saturating_sub(LONGEST_HEAD);
    let mut at = start;
    while at > floor && text.before(at) != b'\n' && !text.is_escaped_space(at - 1) {
        at -= 1;
    }
    let line = at + stamp(text.slice(at, start));
    text.slice(line, start).iter().take_while(|byte| matches!(byte, b' ' | b'-')).count()
}

/// The strings of a list, or the words of one that Go printed.
fn elements(finder: &mut Finder<'_>, name: Name, start: usize) {
    let mut at = finder.text.skip_blanks(start);
    if finder.text.quote_at(at).is_none() {
        if !matches!(finder.text.at(at), b'{' | b'[' | b']') && finder.text.break_at(at).is_none() {
            unquoted(finder, name, at, Setting::Field);
        }
        return;
    }
    while let Some((quote, begins)) = finder.text.quote_at(at) {
        quoted(finder, name, quote, begins, at);
        let end = finder.text.string_end(begins, quote);
        let after = finder.text.quote_at(end).map_or(end, |(_, after)| after);
        at = finder.text.skip_blanks(after);
        if finder.text.at(at) != b',' {
            break;
        }
        at = finder.text.skip_blanks(at + 1);
    }
}

/// A value in quotes, of which the first is at `open`.
fn quoted(finder: &mut Finder<'_>, name: Name, quote: Quote, begins: usize, open: usize) {
    let text = finder.text;
    if let Quote::Double(depth) = quote {
        let is_key = matches!(name.quote, Some(Quote::Double(of_key)) if of_key <= depth);
        if !is_key && !finder.opens(open, depth) {
            return;
        }
    }
    let end = text.string_end(begins, quote);
    let closed = text.quote_at(end).is_some_and(|(found, _)| found == quote);
    if quote == Quote::Single && !closed {
        return unquoted(finder, name, begins, Setting::Field);
    }
    let (start, end) = match finder.takes(name.telling.rule) {
        Takes::Scheme => (header::after_scheme(text, begins).min(end), end),
        _ => (begins, end),
    };
    let content = text.slice(start, end);
    if judged(finder, name, content, Setting::Field) {
        let open = (end >= text.len()).then_some(quote);
        finder.covered = end;
        finder.groups.push(Group { rule: name.telling.rule, parts: vec![part(start, end)], open });
    }
}

fn unquoted(finder: &mut Finder<'_>, name: Name, start: usize, setting: Setting) {
    let text = finder.text;
    let takes = finder.takes(name.telling.rule);
    // In JSON only a number has no quotes; in YAML a line may have them around its key alone.
    if let Some(Quote::Double(depth)) = name.quote
        && (setting != Setting::Line || matches!(text.at(start), b'-' | b'0'..=b'9') || text.before(start) != b' ')
    {
        return number(finder, name, start, depth);
    }
    let (start, reach) = match (takes, setting) {
        (Takes::Scheme, _) => {
            let after = header::after_scheme(text, start);
            let is_signed = header::is_signed(text, start);
            (after, if is_signed { Reach::WholeLine } else { Reach::Word })
        }
        (Takes::Whole | Takes::Line, _) => (start, Reach::WholeLine),
        (Takes::Value, Setting::Line) => (start, Reach::Line),
        (Takes::Value, _) => (start, Reach::Word),
    };
    let mut end = extent::end_of(text, start, reach);
    if reach == Reach::Line && is_sentence(text, name.start, start, end) {
        return;
    }
    let setting = if takes == Takes::Scheme && text.before(start) == b' ' && setting == Setting::Prose {
        Setting::Prose
    } else {
        setting
    };
    if !judged(finder, name, text.slice(start, end), setting) {
        return;
    }
    let mut parts = vec![part(start, end)];
    if end - start >= WRAPPED && text.break_at(end).is_some() {
        let wrapped = wrapped_base64(text, start);
        if wrapped.first().is_some_and(|first| first.end == end) {
            parts = wrapped;
            end = parts.last().map_or(end, |part| part.end);
        }
    }
    let open = (end >= text.len()).then_some(Quote::Double(0));
    finder.covered = end;
    finder.groups.push(Group { rule: name.telling.rule, parts, open });
}

/// Whether a line is rather words about a credential: its value begins with a word and goes on, and neither an indent
/// nor capitals show that it is data.
fn is_sentence(text: Text<'_>, name: usize, start: usize, end: usize) -> bool {
    let value = text.slice(start, end);
    let Some(blank) = value.iter().position(|byte| *byte == b' ') else { return false };
    let is_capital = |at: usize| text.at(at).is_ascii_uppercase();
    let is_header = is_capital(name) && text.slice(name, start).contains(&b'-');
    let is_indented = matches!(text.before(name), b' ' | b'\t') && column(text, name) > 0;
    let is_assigned = text.slice(name, start).contains(&b'=');
    let is_data = is_assigned || is_indented || is_header || (is_capital(name) && is_capital(name + 1));
    !is_data && is_word(value.get(..blank).unwrap_or_default())
}

fn number(finder: &mut Finder<'_>, name: Name, start: usize, depth: u32) {
    let rest = finder.text.slice(start, start + 64);
    let end = start + rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let is_pin = end - start >= 4 && matches!(finder.text.at(end), b',' | b'}' | b' ' | b'\n' | b']' | b'\\');
    if is_pin && name.telling.strength == Strength::Sure {
        finder.covered = end;
        finder.hide_parts(name.telling.rule, vec![Part { start, end, put: Put::Quoted(depth) }]);
    }
}

/// Whether `value` is a credential, from all that is known.
fn judged(finder: &Finder<'_>, name: Name, value: &[u8], setting: Setting) -> bool {
    if is_kept(value) {
        return false;
    }
    match finder.takes(name.telling.rule) {
        Takes::Whole => return !value.starts_with(b"{}"),
        Takes::Line => return value.contains(&b'='),
        Takes::Scheme => return !is_word(value) && value.len() >= 4,
        Takes::Value => {}
    }
    let label = finder.text.slice(name.start, name.end);
    let in_capitals = !label.iter().any(u8::is_ascii_lowercase);
    if name.telling.strength == Strength::Hint {
        return is_random(value);
    }
    if is_object_name(value) && !in_capitals && finder.rules.keeps_names(name.telling.rule) {
        return false;
    }
    match setting {
        Setting::Prose => {
            value.len() >= 4 && !value.ends_with(b":") && !is_word(value) && !is_object_name(value) && !is_number(value)
        }
        Setting::Field | Setting::Line => true,
    }
}

fn part(start: usize, end: usize) -> Part {
    Part { start, end, put: Put::Pseudonym }
}
