//! Takes values out of objects, one a line, by where they stand in them. Every other byte stays as it is.
//!
//! Keys stay, and so do `null`, `true`, `false`, the empty string and what was taken out before; numbers become strings.
//! What is no JSON, or deeper than any object is, cannot be told apart: from there on the line goes whole.

use super::paths::{Paths, Said, StateId};
use crate::redact::key::{Key, MARK};
use std::borrow::Cow;

/// As pseudonyms and redactions call what was found so.
pub const BY_KIND: &str = "by-kind";

/// The deepest nesting that is followed; the API server takes less.
const DEEPEST: usize = 10_000;

/// What is hidden of one line.
struct Walk<'a> {
    line: &'a [u8],
    at: usize,
    paths: &'a mut Paths,
    key: &'a Key,
    out: Vec<u8>,
    /// So much of the line is in `out`.
    copied: usize,
    hidden: u64,
    levels: Vec<Level>,
}

/// An object or a list that is not closed yet.
#[derive(Clone, Copy)]
struct Level {
    is_list: bool,
    /// Nothing of it came yet.
    is_new: bool,
    /// As what it came. What is said of a list is said of what it holds.
    value: Next,
}

/// A value that comes next.
#[derive(Clone, Copy)]
struct Next {
    /// It is an item of a list.
    is_item: bool,
    state: StateId,
    said: Said,
}

/// The rest of the line is not what it should be.
struct NoJson;

/// `line`, without its line break, with its values hidden; and how many were.
pub(super) fn hidden<'a>(line: &'a [u8], paths: &mut Paths, key: &Key) -> (Cow<'a, [u8]>, u64) {
    let mut walk = Walk { line, at: 0, paths, key, out: Vec::new(), copied: 0, hidden: 0, levels: Vec::new() };
    if walk.all().is_err() {
        let end = line.len() - line.iter().rev().take_while(|byte| byte.is_ascii_whitespace()).count();
        let start = walk.at.min(end);
        walk.put(start, end, "");
    }
    if walk.copied == 0 {
        return (line.into(), 0);
    }
    walk.out.extend_from_slice(line.get(walk.copied..).unwrap_or_default());
    (walk.out.into(), walk.hidden)
}

impl Walk<'_> {
    fn all(&mut self) -> Result<(), NoJson> {
        self.skip_blanks();
        if self.at >= self.line.len() {
            return Ok(());
        }
        let (state, said) = self.paths.begin();
        let mut next = Some(Next { is_item: false, state, said });
        while let Some(value) = next {
            self.value(value)?;
            next = self.after()?;
        }
        self.skip_blanks();
        if self.at < self.line.len() { Err(NoJson) } else { Ok(()) }
    }

    /// Takes a value, or the beginning of one.
    fn value(&mut self, next: Next) -> Result<(), NoJson> {
        let hides = next.said.hides && !next.said.keeps;
        self.skip_blanks();
        match self.byte() {
            bracket @ (b'{' | b'[') => {
                if self.levels.len() >= DEEPEST {
                    return Err(NoJson);
                }
                self.levels.push(Level { is_list: bracket == b'[', is_new: true, value: next });
                self.at += 1;
            }
            b'"' => {
                let start = self.at + 1;
                let end = self.string()?;
                if hides {
                    self.put(start, end, "");
                }
            }
            b'-' | b'0'..=b'9' => {
                let start = self.at;
                let is_part = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E');
                self.at += self.rest().iter().take_while(|byte| is_part(byte)).count();
                if hides {
                    self.put(start, self.at, "\"");
                }
            }
            _ => {
                let word =
                    [b"true".as_slice(), b"false", b"null"].into_iter().find(|word| self.rest().starts_with(word));
                self.at += word.ok_or(NoJson)?.len();
            }
        }
        Ok(())
    }

    /// Goes on to the next value, out of what ends here; none after the outermost.
    fn after(&mut self) -> Result<Option<Next>, NoJson> {
        loop {
            self.skip_blanks();
            let byte = self.byte();
            let Some(level) = self.levels.last_mut() else { return Ok(None) };
            if byte == if level.is_list { b']' } else { b'}' } {
                self.at += 1;
                self.levels.pop();
                continue;
            }
            if !std::mem::take(&mut level.is_new) {
                if byte != b',' {
                    return Err(NoJson);
                }
                self.at += 1;
            }
            let level = *level;
            return if level.is_list {
                Ok(Some(Next { is_item: true, ..level.value }))
            } else {
                self.member(level.value).map(Some)
            };
        }
    }

    /// Takes the name of a member of `object`.
    fn member(&mut self, object: Next) -> Result<Next, NoJson> {
        self.skip_blanks();
        if self.byte() != b'"' {
            return Err(NoJson);
        }
        let start = self.at + 1;
        let end = self.string()?;
        let written = self.line.get(start..end).unwrap_or_default();
        let (state, mut said) = self.paths.enter(object.state, &name(written), object.is_item);
        said.hides |= object.said.hides;
        self.skip_blanks();
        if self.byte() != b':' {
            return Err(NoJson);
        }
        self.at += 1;
        Ok(Next { is_item: false, state, said })
    }

    /// Passes over a string, and gives where its content ends.
    fn string(&mut self) -> Result<usize, NoJson> {
        let start = self.at;
        let mut at = start + 1;
        while let Some(found) = memchr::memchr2(b'"', b'\\', self.line.get(at..).unwrap_or_default()) {
            let mark = at + found;
            if self.line.get(mark) == Some(&b'"') {
                self.at = mark + 1;
                return Ok(mark);
            }
            at = mark + 2;
        }
        Err(NoJson)
    }

    /// Puts a pseudonym in the place of what is from `start` to `end`, with `quote` on both sides.
    fn put(&mut self, start: usize, end: usize, quote: &str) {
        let value = self.line.get(start..end).unwrap_or_default();
        if value.is_empty() || is_pseudonym(value) {
            return;
        }
        self.out.extend_from_slice(self.line.get(self.copied..start).unwrap_or_default());
        let pseudonym = self.key.pseudonym(BY_KIND, value);
        [quote, &pseudonym, quote].iter().for_each(|part| self.out.extend_from_slice(part.as_bytes()));
        self.copied = end;
        self.hidden += 1;
    }

    fn rest(&self) -> &[u8] {
        self.line.get(self.at..).unwrap_or_default()
    }

    /// What is next; at the end a byte that nothing begins with.
    fn byte(&self) -> u8 {
        self.line.get(self.at).copied().unwrap_or_default()
    }

    fn skip_blanks(&mut self) {
        self.at += self.rest().iter().take_while(|byte| byte.is_ascii_whitespace()).count();
    }
}

/// A name without its escapes.
fn name(written: &[u8]) -> Cow<'_, [u8]> {
    if !written.contains(&b'\\') {
        return written.into();
    }
    let quoted = [b"\"".as_slice(), written, b"\""].concat();
    serde_json::from_slice::<String>(&quoted).map_or(written.into(), |name| name.into_bytes().into())
}

/// Whether all of `value` is what stands for something already.
fn is_pseudonym(value: &[u8]) -> bool {
    let Some((rule, digits)) =
        value.strip_prefix(MARK.as_bytes()).and_then(|rest| rest.split_at_checked(rest.len().checked_sub(13)?))
    else {
        return false;
    };
    let is_rule = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
    !rule.is_empty()
        && rule.iter().all(is_rule)
        && digits.strip_prefix(b"-").is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}
