//! Where quotes, strings, lines and escapes are in text that may be JSON in JSON in a log line.
//!
//! Everything is told from the backslashes before a character. A string of JSON within a string of JSON has its quotes
//! as `\"`, one deeper as `\\\"`: a quote of depth `d` has `2^d - 1` backslashes, after those of its own content, of
//! which there is a multiple of `2^(d+1)`. So the depth of a quote is the number of trailing ones of their count. A line
//! break is a real one, or `n` after `2^(d-1)` backslashes.

use memchr::{memchr, memchr2, memrchr};

/// The most blanks between a key and its value, as in the columns of `kubectl describe`.
const MOST_BLANKS: usize = 64;

/// The quote that opens or closes a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quote {
    /// `"` within this many strings.
    Double(u32),
    Single,
}

/// How the lines of a text end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Breaks {
    Real,
    /// `n` after this many backslashes.
    Escaped(usize),
}

/// A line without what a log put before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub start: usize,
    pub end: usize,
}

/// Bytes to look at; where there are none it reads a line break, at which everything ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a>(pub &'a [u8]);

impl<'a> Text<'a> {
    pub fn len(self) -> usize {
        self.0.len()
    }

    pub fn at(self, index: usize) -> u8 {
        self.0.get(index).copied().unwrap_or(b'\n')
    }

    /// The byte before `index`.
    pub fn before(self, index: usize) -> u8 {
        index.checked_sub(1).map_or(b'\n', |index| self.at(index))
    }

    /// The bytes from `start` to `end`, or as many of them as there are.
    pub fn slice(self, start: usize, end: usize) -> &'a [u8] {
        self.0.get(start..end.min(self.0.len())).unwrap_or_default()
    }

    pub fn starts_with(self, index: usize, word: &[u8]) -> bool {
        self.slice(index, index.saturating_add(word.len())) == word
    }

    pub fn backslashes_from(self, index: usize) -> usize {
        self.slice(index, self.len()).iter().take_while(|byte| **byte == b'\\').count()
    }

    pub fn backslashes_before(self, index: usize) -> usize {
        self.slice(0, index).iter().rev().take_while(|byte| **byte == b'\\').count()
    }

    /// The quote that begins at `index` with its backslashes, and where it ends.
    pub fn quote_at(self, index: usize) -> Option<(Quote, usize)> {
        let run = if self.at(index) == b'\\' { self.backslashes_from(index) } else { 0 };
        match self.at(index + run) {
            b'"' => Some((Quote::Double(run.trailing_ones()), index + run + 1)),
            b'\'' if run == 0 => Some((Quote::Single, index + 1)),
            _ => None,
        }
    }

    /// The quote that ends at `index`, and where its backslashes begin.
    pub fn quote_before(self, index: usize) -> Option<(Quote, usize)> {
        let mark = index.checked_sub(1)?;
        match self.at(mark) {
            b'"' => {
                let depth = self.backslashes_before(mark).trailing_ones();
                Some((Quote::Double(depth), mark - backslashes_of(depth)))
            }
            b'\'' => Some((Quote::Single, mark)),
            _ => None,
        }
    }

    /// Where the string of `quote` that goes on at `index` ends: before its closing quote, or that of a string around
    /// it, or a line break. At the end of the text it is not known.
    pub fn string_end(self, index: usize, quote: Quote) -> usize {
        match quote {
            Quote::Double(depth) => {
                let mut at = index;
                while let Some(found) = memchr2(b'"', b'\n', self.slice(at, self.len())) {
                    let mark = at + found;
                    let closes = self.backslashes_before(mark).min(mark - index).trailing_ones();
                    if self.at(mark) == b'\n' {
                        return mark;
                    }
                    if closes <= depth {
                        return mark - backslashes_of(closes);
                    }
                    at = mark + 1;
                }
                self.len()
            }
            Quote::Single => {
                memchr2(b'\'', b'\n', self.slice(index, self.len())).map_or(self.len(), |found| index + found)
            }
        }
    }

    /// Where the escaped white space that begins at `index` ends: backslashes with `n`, `r` or `t`.
    pub fn escaped_space(self, index: usize) -> Option<usize> {
        if self.at(index) != b'\\' {
            return None;
        }
        let run = self.backslashes_from(index);
        (run.is_power_of_two() && matches!(self.at(index + run), b'n' | b'r' | b't')).then_some(index + run + 1)
    }

    /// Whether the byte at `index` belongs to an escape, such as the `n` of `\n`.
    pub fn is_escaped_space(self, index: usize) -> bool {
        matches!(self.at(index), b'n' | b'r' | b't') && self.before(index) == b'\\'
    }

    /// Past blanks, of which there is no end in hostile text.
    pub fn skip_blanks(self, index: usize) -> usize {
        let blanks = self.slice(index, index.saturating_add(MOST_BLANKS));
        index + blanks.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
    }

    /// What kind of line break is at `index`, if there is one.
    pub fn break_at(self, index: usize) -> Option<Breaks> {
        match self.at(index) {
            b'\n' => (index < self.len()).then_some(Breaks::Real),
            b'\r' => (self.at(index + 1) == b'\n').then_some(Breaks::Real),
            b'\\' => {
                let run = self.backslashes_from(index);
                (run.is_power_of_two() && self.at(index + run) == b'n').then_some(Breaks::Escaped(run))
            }
            _ => None,
        }
    }

    /// The line after the line break at `at`, without what a log put before it; none after the last.
    pub fn next_line(self, at: usize, breaks: Breaks) -> Option<Line> {
        match breaks {
            Breaks::Real => {
                let newline = at + memchr(b'\n', self.slice(at, self.len()))?;
                let start = newline + 1;
                if start >= self.len() {
                    return None;
                }
                let end = self.real_line_end(start);
                Some(Line { start: start + stamp(self.slice(start, end)), end })
            }
            Breaks::Escaped(run) => {
                let begins = self.at(at) == b'\\' && self.at(at + run) == b'n';
                let start = at + run + 1;
                begins.then(|| Line { start, end: self.escaped_line_end(start, run) })
            }
        }
    }

    /// The line that ends with the line break before `start`, which is the beginning of a line.
    pub fn line_before(self, start: usize, breaks: Breaks) -> Option<Line> {
        match breaks {
            Breaks::Real => {
                let real = memrchr(b'\n', self.slice(0, start)).map_or(0, |found| found + 1);
                let end = real.checked_sub(1)?;
                let start = memrchr(b'\n', self.slice(0, end)).map_or(0, |found| found + 1);
                Some(Line { start: start + stamp(self.slice(start, end)), end })
            }
            Breaks::Escaped(run) => {
                let end = start.checked_sub(run + 1)?;
                let begins = self.at(end) == b'\\' && self.at(end + run) == b'n';
                begins.then(|| Line { start: self.escaped_line_start(end, run), end })
            }
        }
    }

    /// The line that holds `index`.
    pub fn line_of(self, index: usize, breaks: Breaks) -> Line {
        match breaks {
            Breaks::Real => {
                let (start, end) = (self.real_line_start(index), self.real_line_end(index));
                Line { start: start + stamp(self.slice(start, index)), end }
            }
            Breaks::Escaped(run) => {
                Line { start: self.escaped_line_start(index, run), end: self.escaped_line_end(index, run) }
            }
        }
    }

    pub fn real_line_start(self, index: usize) -> usize {
        memrchr(b'\n', self.slice(0, index)).map_or(0, |found| found + 1)
    }

    pub fn real_line_end(self, index: usize) -> usize {
        let end = memchr(b'\n', self.slice(index, self.len())).map_or(self.len(), |found| index + found);
        if end > index && self.before(end) == b'\r' { end - 1 } else { end }
    }

    /// Before the next `n` with exactly so many backslashes, or the end of the string around.
    fn escaped_line_end(self, start: usize, run: usize) -> usize {
        let mut at = start;
        while let Some(found) = memchr::memchr3(b'\\', b'"', b'\n', self.slice(at, self.len())) {
            let mark = at + found;
            let here = self.backslashes_from(mark);
            let next = self.at(mark + here);
            let closes = next == b'"' && here.trailing_ones() <= run.trailing_zeros();
            if self.at(mark) == b'\n' || (here == run && next == b'n') || closes {
                return mark;
            }
            at = mark + here + 1;
        }
        self.len()
    }

    /// After the last `n` with exactly so many backslashes, or the beginning of the string around.
    fn escaped_line_start(self, index: usize, run: usize) -> usize {
        let mut at = index;
        while let Some(found) = self.slice(0, at).iter().rposition(|byte| matches!(byte, b'n' | b'"' | b'\n')) {
            let here = self.backslashes_before(found);
            let opens = self.at(found) == b'"' && here.trailing_ones() <= run.trailing_zeros();
            if self.at(found) == b'\n' || (self.at(found) == b'n' && here == run) || opens {
                return found + 1;
            }
            at = found;
        }
        0
    }
}

/// Backslashes of a quote of this depth, without those of the content before it.
fn backslashes_of(depth: u32) -> usize {
    1_usize.checked_shl(depth).map_or(0, |power| power - 1)
}

/// Bytes of what a log puts before its lines: the time stamp of a container's log, as the API server or the files of
/// CRI have it, the head of a journal's line, and the header of klog.
pub(super) fn stamp(line: &[u8]) -> usize {
    let outer = container_stamp(line).or_else(|| journal_stamp(line)).unwrap_or_default();
    outer + klog_header(line.get(outer..).unwrap_or_default()).unwrap_or_default()
}

fn container_stamp(line: &[u8]) -> Option<usize> {
    let word = memchr(b' ', line.get(..line.len().min(40))?)?;
    let is_time = word >= 20 && line.get(4) == Some(&b'-') && line.get(10) == Some(&b'T') && line.first()?.is_ascii_digit();
    let rest = line.get(word + 1..)?;
    let is_cri = (rest.starts_with(b"stdout ") || rest.starts_with(b"stderr ")) && rest.get(8) == Some(&b' ');
    is_time.then_some(word + 1 + if is_cri { 9 } else { 0 })
}

/// `Nov 21 15:55:14.042607 node-1 kubelet[812]: `
fn journal_stamp(line: &[u8]) -> Option<usize> {
    let head = line.get(..line.len().min(160))?;
    let is_time = head.get(3) == Some(&b' ') && head.get(6) == Some(&b' ') && head.get(9) == Some(&b':');
    (is_time && head.first()?.is_ascii_uppercase()).then_some(())?;
    memchr::memmem::find(head, b": ").map(|found| found + 2)
}

/// `I1121 15:55:14.042607     812 kubelet.go:2187] `
fn klog_header(line: &[u8]) -> Option<usize> {
    let head = line.get(..line.len().min(160))?;
    let is_klog = matches!(head.first()?, b'I' | b'W' | b'E' | b'F') && head.get(5) == Some(&b' ');
    (is_klog && head.get(1..5)?.iter().all(u8::is_ascii_digit)).then_some(())?;
    memchr::memmem::find(head, b"] ").map(|found| found + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn depth_is_told_from_backslashes() {
        let depth = |text: &str| Text(text.as_bytes()).quote_at(0).map(|(quote, _)| quote);
        assert_eq!(depth(r#"""#), Some(Quote::Double(0)));
        assert_eq!(depth(r#"\""#), Some(Quote::Double(1)));
        assert_eq!(depth(r#"\\""#), Some(Quote::Double(0)));
        assert_eq!(depth(r#"\\\""#), Some(Quote::Double(2)));
        assert_eq!(depth("'"), Some(Quote::Single));
        assert_eq!(depth("x"), None);
    }

    #[test]
    fn strings_end_at_their_own_quote_or_one_around_them() {
        let end = |text: &str, depth| Text(text.as_bytes()).string_end(0, Quote::Double(depth));
        assert_eq!(end(r#"ab\"c"d"#, 0), 5);
        assert_eq!(end(r#"ab\\"c"d"#, 0), 4);
        assert_eq!(end(r#"ab\\\"c\"d"#, 1), 7);
        assert_eq!(end(r#"ab"c\"d"#, 1), 2);
        assert_eq!(end("ab\nc\"", 0), 2);
        assert_eq!(end("abc", 0), 3);
    }

    #[test]
    fn lines_are_found_in_every_form() {
        let text = Text(b"2026-11-21T15:55:14.042607808Z   a: b\n2026-11-21T15:55:15.042607808Z stdout F c\n");
        let first = text.line_of(35, Breaks::Real);
        assert_eq!(text.slice(first.start, first.end), b"  a: b");
        let second = text.next_line(first.end, Breaks::Real).expect("a second line");
        assert_eq!(text.slice(second.start, second.end), b"c");
        assert!(text.next_line(second.end, Breaks::Real).is_none());

        let text = Text(br#"{"a":"b: c\nd: \"e\"\nf"}"#);
        assert_eq!(text.break_at(10), Some(Breaks::Escaped(1)));
        let second = text.next_line(10, Breaks::Escaped(1)).expect("a second line");
        assert_eq!(text.slice(second.start, second.end), br#"d: \"e\""#);
        let first = text.line_before(second.start, Breaks::Escaped(1)).expect("the line before");
        assert_eq!(text.slice(first.start, first.end), b"b: c");
    }

    #[test]
    fn stamps_of_logs_are_known() {
        let rest = |line: &'static str| &line[stamp(line.as_bytes())..];
        assert_eq!(rest("2026-11-21T15:55:14.042607808Z x"), "x");
        assert_eq!(rest("Nov 21 15:55:14.042607 node-1 kubelet[812]: x"), "x");
        assert_eq!(rest("Nov 21 15:55:14 node-1 kubelet: I1121 15:55:14.042607     812 kubelet.go:2187] \"x\""), "\"x\"");
        assert_eq!(rest("a plain line: x"), "a plain line: x");
    }
}
