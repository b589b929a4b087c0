//! One look at one text, and what it found to be hidden: what all matchers share, so that none has to know another.
//!
//! What matchers may look through in all is limited, so that hostile text costs no more than a few times its length.

use super::lex::{Quote, Text};
use super::rules::{Rules, Takes};
use super::words::Telling;
use memchr::memchr2_iter;
use std::collections::HashMap;

/// Bytes that matchers may look through beyond their own anchors, for each byte of the text.
const BUDGET: usize = 16;

/// A piece of text to hide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub start: usize,
    pub end: usize,
    pub put: Put,
}

/// What comes into its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    Pseudonym,
    /// In quotes of this depth, where there was a number.
    Quoted(u32),
    /// Nothing: it continues the part before.
    Nothing,
}

/// Parts that are hidden together or not at all.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub rule: usize,
    pub parts: Vec<Part>,
    /// What ends the last part, if the text ended before it did.
    pub open: Option<Quote>,
}

/// One look at one text.
pub(super) struct Finder<'a> {
    pub text: Text<'a>,
    pub rules: &'a Rules,
    pub groups: Vec<Group>,
    /// Keyed values up to here are hidden already.
    pub covered: usize,
    /// Names up to here were looked at.
    pub named: usize,
    /// Tokens and keys that begin before this were looked at with one before them.
    pub looked: usize,
    budget: usize,
    /// What names tell, of those that were met.
    judged: HashMap<&'a [u8], Option<Telling>>,
    parity: Parity,
}

impl<'a> Finder<'a> {
    /// A look at `text`; `odd` says whether it begins inside a string.
    pub fn new(text: &'a [u8], rules: &'a Rules, odd: bool) -> Self {
        let (groups, judged) = (Vec::new(), HashMap::new());
        let (budget, parity) = (text.len().saturating_mul(BUDGET), Parity { at: 0, odd });
        Self { text: Text(text), rules, groups, covered: 0, named: 0, looked: 0, budget, judged, parity }
    }

    pub fn hide(&mut self, rule: usize, start: usize, end: usize) {
        self.hide_parts(rule, vec![Part { start, end, put: Put::Pseudonym }]);
    }

    pub fn hide_parts(&mut self, rule: usize, parts: Vec<Part>) {
        if !parts.is_empty() {
            self.groups.push(Group { rule, parts, open: None });
        }
    }

    /// What the name between two places tells of its value.
    pub fn judge(&mut self, start: usize, end: usize) -> Option<Telling> {
        let name = self.text.slice(start, end);
        *self.judged.entry(name).or_insert_with(|| self.rules.words.judge(name))
    }

    pub fn takes(&self, rule: usize) -> Takes {
        self.rules.takes(rule)
    }

    /// Whether so much more may be looked through.
    pub fn may_look(&mut self, bytes: usize) -> bool {
        let may = self.budget >= bytes;
        self.budget = self.budget.saturating_sub(bytes);
        may
    }

    /// Whether a quote of this depth at `index` would open a string. It closes one if those before it say so.
    pub fn opens(&mut self, index: usize, depth: u32) -> bool {
        if depth == 0 {
            return !self.parity.odd_at(self.text, index);
        }
        let start = self.text.real_line_start(index).max(index.saturating_sub(1 << 16));
        if !self.may_look(index - start) {
            return false;
        }
        let (mut at, mut count) = (index, 0);
        while let Some(mark) = memchr::memrchr(b'"', self.text.slice(start, at)).map(|found| start + found) {
            let found = self.text.backslashes_before(mark).trailing_ones();
            if found < depth {
                break;
            }
            count += usize::from(found == depth);
            at = mark;
        }
        count % 2 == 0
    }
}

/// Whether a place is inside a string, from the quotes before it in its line. Places must not go back within a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parity {
    pub at: usize,
    pub odd: bool,
}

impl Parity {
    pub fn odd_at(&mut self, text: Text<'_>, index: usize) -> bool {
        if index < self.at {
            *self = Self { at: text.real_line_start(index), odd: false };
        }
        for found in memchr2_iter(b'"', b'\n', text.slice(self.at, index)) {
            let mark = self.at + found;
            if text.at(mark) == b'\n' {
                self.odd = false;
            } else if text.backslashes_before(mark).is_multiple_of(2) {
                self.odd = !self.odd;
            }
        }
        self.at = index;
        self.odd
    }
}
