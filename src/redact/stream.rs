//! Text through a window of fixed size: what comes out does not depend on how the input was cut into pieces.
//!
//! The window is looked at when it is full, and at the end. What begins in its last part waits for the next one, so
//! that whatever is hidden was seen with at least `MARGIN` bytes after it; before it, `CONTEXT` bytes stay known. A value
//! that no window holds is dropped up to its end, however far that is.

use super::Engine;
use super::by_kind::{BY_KIND, Values};
use super::finder::{Group, Parity, Part, Put};
use super::key::MARK;
use super::lex::{Quote, Text};
use super::matchers;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Bytes that are looked at together, and the most that a stream holds beside its context.
const WINDOW: usize = 1 << 20;
const MARGIN: usize = 1 << 17;
const CONTEXT: usize = 1 << 13;

/// How many credentials were hidden, by the id of the rule that found them.
pub type Counts = BTreeMap<String, u64>;

/// One text on its way through. Nothing but `end` gives out its last part.
pub struct Stream {
    engine: Arc<Engine>,
    /// What the text goes through first, if it is of objects of a kind that has such values.
    values: Option<Values>,
    /// Context, then what was not given out yet.
    buffer: Vec<u8>,
    /// Bytes of the buffer that were given out.
    done: usize,
    /// Whether the buffer begins inside a string.
    odd: bool,
    /// What ends a value that is being dropped.
    dropping: Option<Quote>,
    hidden: BTreeMap<usize, u64>,
}

/// A part with what comes into its place.
struct Replacement {
    start: usize,
    end: usize,
    rule: usize,
    by: String,
}

impl Stream {
    pub(super) fn new(engine: Arc<Engine>, values: Option<Values>) -> Self {
        Self { engine, values, buffer: Vec::new(), done: 0, odd: false, dropping: None, hidden: BTreeMap::new() }
    }

    /// Takes more of the text, and gives to `out` what is ready.
    pub fn push<E>(&mut self, bytes: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let Some(mut values) = self.values.take() else { return self.take(bytes, out) };
        let taken = values.push(bytes, &mut |clean| self.take(clean, out));
        self.values = Some(values);
        taken
    }

    fn take<E>(&mut self, bytes: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let room = (WINDOW + self.done).saturating_sub(self.buffer.len());
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() >= self.done + WINDOW {
                self.pass_on(MARGIN, out)?;
            }
        }
        Ok(())
    }

    /// Gives the rest to `out`, and says what was hidden.
    pub fn end<E>(mut self, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<Counts, E> {
        let by_kind = match self.values.take() {
            Some(values) => values.end(&mut |clean| self.take(clean, out))?,
            None => 0,
        };
        self.pass_on(0, out)?;
        let rules = &self.engine.rules;
        let mut counts: Counts = self.hidden.iter().map(|(rule, count)| (rules.id(*rule).to_owned(), *count)).collect();
        counts.extend((by_kind > 0).then(|| (BY_KIND.to_owned(), by_kind)));
        Ok(counts)
    }

    /// Gives out all but the last `margin` bytes.
    fn pass_on<E>(&mut self, margin: usize, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let buffer = std::mem::take(&mut self.buffer);
        let text = Text(&buffer);
        let given = self.cut_and_give(text, margin, out);
        self.buffer = buffer;
        self.forget();
        given
    }

    fn cut_and_give<E>(
        &mut self,
        text: Text<'_>,
        margin: usize,
        out: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if let Some(quote) = self.dropping {
            let end = text.string_end(self.done, quote);
            if end >= text.len() && margin > 0 {
                self.done = before_backslashes(text, self.done);
                return Ok(());
            }
            (self.done, self.dropping) = (end, None);
        }
        let limit = text.len().saturating_sub(margin).max(self.done);
        let mut groups = matchers::look_at(text.0, &self.engine.rules, &self.engine.anchors, self.odd);
        groups.sort_by_key(|group| group.parts.iter().map(|part| part.start).min());
        let (mut cut, mut replacements) = (limit, Vec::new());
        for group in groups {
            let start = group.parts.iter().map(|part| part.start).min().unwrap_or_default();
            if start >= cut && margin > 0 {
                break;
            }
            let end = group.parts.iter().map(|part| part.end).max().unwrap_or_default();
            cut = cut.max(end);
            if end >= text.len() && margin > 0 && group.open.is_some() {
                self.dropping = group.open;
                cut = before_backslashes(text, start);
            }
            self.resolve(text, &group, &mut replacements);
        }
        replacements.sort_by_key(|replacement| (replacement.start, std::cmp::Reverse(replacement.end)));
        self.give(text, &replacements, cut, out)
    }

    /// Makes the pseudonyms of a group. One that stands for several parts is made from all of them.
    fn resolve(&self, text: Text<'_>, group: &Group, replacements: &mut Vec<Replacement>) {
        let mut parts = group.parts.as_slice();
        while let Some((first, rest)) = parts.split_first() {
            let more = rest.iter().take_while(|part| part.put == Put::Nothing).count();
            let (all, after) = parts.split_at(more + 1);
            parts = after;
            if is_pseudonym(text.slice(first.start, first.end)) {
                continue;
            }
            let secret: Vec<u8> = all.iter().flat_map(|part| text.slice(part.start, part.end)).copied().collect();
            let pseudonym = self.engine.key.pseudonym(self.engine.rules.id(group.rule), &secret);
            for (index, Part { start, end, .. }) in all.iter().copied().enumerate() {
                let by = match (index, first.put) {
                    (0, Put::Quoted(depth)) => quoted(&pseudonym, depth),
                    (0, _) => pseudonym.clone(),
                    _ => String::new(),
                };
                replacements.push(Replacement { start, end, rule: group.rule, by });
            }
        }
    }

    fn give<E>(
        &mut self,
        text: Text<'_>,
        replacements: &[Replacement],
        cut: usize,
        out: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut parity = Parity { at: 0, odd: self.odd };
        let began = self.done;
        for Replacement { start, end, rule, by } in replacements {
            if *start < began || *end <= self.done {
                continue;
            }
            let (start, end) = within_string(text, &mut parity, (*start).max(self.done), (*end).min(cut.max(*start)));
            if start >= end {
                continue;
            }
            out(text.slice(self.done, start))?;
            if !by.is_empty() {
                out(by.as_bytes())?;
                *self.hidden.entry(*rule).or_default() += 1;
            }
            for _ in text.slice(start, end).iter().filter(|byte| **byte == b'\n') {
                out(b"\n")?;
            }
            self.done = end;
        }
        out(text.slice(self.done, cut))?;
        self.done = self.done.max(cut);
        Ok(())
    }

    /// Drops what was given out, but for the context.
    fn forget(&mut self) {
        let drop = self.done.saturating_sub(CONTEXT);
        let text = Text(&self.buffer);
        // Quotes of earlier lines tell nothing.
        let line = text.real_line_start(drop);
        let mut parity = Parity { at: line, odd: self.odd && line == 0 };
        self.odd = parity.odd_at(text, drop);
        self.buffer.drain(..drop);
        self.done -= drop;
    }
}

/// Whether a part is hidden already. Marks such as the `=` of `Bearer =…` may stand before the pseudonym: with it the value
/// is long enough to be taken for a credential, and without it was not.
fn is_pseudonym(part: &[u8]) -> bool {
    let marks = part.iter().take_while(|byte| byte.is_ascii_punctuation()).count();
    part.get(marks..).is_some_and(|rest| rest.starts_with(MARK.as_bytes()))
}

/// The end of the text, or before the backslashes there, which may belong to a quote that comes.
fn before_backslashes(text: Text<'_>, start: usize) -> usize {
    let end = text.len();
    let run = text.backslashes_before(end);
    if end.saturating_sub(run) > start { end - run } else { end }
}

/// `start` and `end` so that what is between them can go from a string and leave it one: no escape is cut, and its
/// closing quote stays.
fn within_string(text: Text<'_>, parity: &mut Parity, start: usize, end: usize) -> (usize, usize) {
    if !parity.odd_at(text, start) {
        return (start, end);
    }
    let mut start = start;
    if !text.backslashes_before(start).is_multiple_of(2) {
        start += if text.at(start) == b'u' { 5 } else { 1 };
    }
    let mut at = start;
    let mut end = end;
    while let Some(found) = memchr::memchr(b'"', text.slice(at, end)) {
        if text.backslashes_before(at + found).is_multiple_of(2) {
            end = at + found;
            break;
        }
        at += found + 1;
    }
    if end > start && !text.backslashes_before(end).min(end - start).is_multiple_of(2) {
        end -= 1;
    }
    (start, end)
}

fn quoted(pseudonym: &str, depth: u32) -> String {
    let mark = "\\".repeat(1_usize.checked_shl(depth).map_or(0, |power| power - 1)) + "\"";
    format!("{mark}{pseudonym}{mark}")
}
