//! Cuts a log to a window and to a size while it streams by: whole lines, the beginning and the end kept.
//!
//! What falls out in the middle is named by a line of its own, `[k8s-forensics: … left out here …]`. Lines of the API
//! server's audit log fall out wherever they are, see `api_audit`, and are counted. Nothing else is changed.

use super::api_audit::{Follower, Found};
use super::stamp::Stamp;
use crate::model::{Window, rfc3339};
use crate::sources::run::item::ItemOutcome;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::VecDeque;

/// A line longer than this is treated as several.
const LINE: usize = 1024 * 1024;
/// Of the cap, what the end of a log gets.
const TAIL_PART: usize = 3;
/// How far beyond the window a line must be before the rest is not waited for: output of two streams is interleaved.
const SLACK_SECONDS: i64 = 5;

/// The cutter. What is to be kept comes out of [`LogCut::push`] and [`LogCut::end`] by way of `out`.
pub struct LogCut {
    stamp: Stamp,
    window: Window,
    head_left: usize,
    carry: Vec<u8>,
    tail: VecDeque<u8>,
    tail_lines: VecDeque<(usize, Option<DateTime<Utc>>)>,
    tail_cap: usize,
    inside: bool,
    past_end: bool,
    audit: Follower,
    seen: Seen,
}

/// What a log turned out to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Of the first and the last line kept that has a time.
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    /// Lines kept or left out for size; lines outside the window do not count.
    pub lines: u64,
    pub left_out_lines: u64,
    pub left_out_bytes: u64,
    /// Whether the last line lacks its line end.
    pub partial: bool,
    /// The beginning of the first line that came, inside the window or not.
    pub opening: Vec<u8>,
    /// The beginning of the last line without a time.
    pub unstamped: Vec<u8>,
    /// Whether any line had a time.
    pub any_stamp: bool,
    /// Lines within the window that were of the API server's audit log.
    pub api_audit: u64,
    left_out_from: Option<DateTime<Utc>>,
    left_out_to: Option<DateTime<Utc>>,
}

/// What is kept of a line in [`Seen`].
const OPENING: usize = 400;

impl LogCut {
    /// Keeps lines within `window`, at most `cap` bytes.
    pub fn new(stamp: Stamp, window: Window, cap: usize) -> Self {
        let tail_cap = cap / TAIL_PART;
        Self {
            stamp,
            window,
            head_left: cap - tail_cap,
            carry: Vec::new(),
            tail: VecDeque::new(),
            tail_lines: VecDeque::new(),
            tail_cap,
            // Lines before the first time belong to whatever follows.
            inside: true,
            past_end: false,
            audit: Follower::default(),
            seen: Seen::default(),
        }
    }

    /// Takes a piece of the log. Returns false once everything that follows is after the window.
    pub fn push<E>(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<bool, E> {
        let mut rest = piece;
        while let Some(end) = memchr::memchr(b'\n', rest) {
            let (line, after) = rest.split_at(end + 1);
            rest = after;
            if self.carry.is_empty() {
                self.line(line, out)?;
            } else {
                let mut whole = std::mem::take(&mut self.carry);
                whole.extend_from_slice(line);
                self.line(&whole, out)?;
                whole.clear();
                self.carry = whole;
            }
        }
        self.carry.extend_from_slice(rest);
        if self.carry.len() > LINE {
            let piece = std::mem::take(&mut self.carry);
            self.line(&piece, out)?;
        }
        Ok(!self.past_end)
    }

    /// The log has ended: what is left comes out, after the line that names what was left out.
    pub fn end<E>(mut self, out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<Seen, E> {
        let last = std::mem::take(&mut self.carry);
        if !last.is_empty() {
            self.line(&last, out)?;
            self.seen.partial = true;
        }
        if self.seen.left_out_lines > 0 {
            out(self.seen.marker().as_bytes())?;
        }
        let (front, back) = self.tail.as_slices();
        for part in [front, back] {
            if !part.is_empty() {
                out(part)?;
            }
        }
        Ok(self.seen)
    }

    /// Counts a line of the API server's audit log that its owner left out.
    pub fn leave_out_audit(&mut self) {
        self.seen.api_audit += 1;
    }

    fn line<E>(&mut self, line: &[u8], out: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let time = (self.stamp)(line);
        if let Some(time) = time {
            self.inside = self.window.contains(time);
            self.past_end |= (time - self.window.to).num_seconds() > SLACK_SECONDS;
        }
        let found = self.audit.look(line);
        if found != Found::Other {
            self.seen.api_audit += u64::from(found == Found::Begins && self.inside);
            return Ok(());
        }
        if self.seen.opening.is_empty() {
            self.seen.opening = beginning(line);
        }
        match time {
            Some(_) => self.seen.any_stamp = true,
            None => self.seen.unstamped = beginning(line),
        }
        if !self.inside {
            return Ok(());
        }
        self.seen.lines += 1;
        if time.is_some() {
            self.seen.first = self.seen.first.or(time);
            self.seen.last = time;
        }
        if line.len() <= self.head_left && self.tail_lines.is_empty() {
            self.head_left -= line.len();
            return out(line);
        }
        // From the first line that did not fit, everything belongs to the end.
        self.head_left = 0;
        self.tail.extend(line);
        self.tail_lines.push_back((line.len(), time));
        while self.tail.len() > self.tail_cap {
            let Some((bytes, time)) = self.tail_lines.pop_front() else { break };
            self.tail.drain(..bytes.min(self.tail.len()));
            self.seen.left_out_lines += 1;
            self.seen.left_out_bytes += bytes as u64;
            self.seen.left_out_from = self.seen.left_out_from.or(time);
            self.seen.left_out_to = time.or(self.seen.left_out_to);
        }
        Ok(())
    }
}

impl Seen {
    /// From when to when its lines are all there: in two parts, where some were left out of the middle.
    pub fn spans(&self) -> Vec<(DateTime<Utc>, DateTime<Utc>)> {
        let (Some(first), Some(last)) = (self.first, self.last) else { return Vec::new() };
        match (self.left_out_from, self.left_out_to) {
            (Some(from), Some(to)) if self.left_out_lines > 0 => {
                let just = TimeDelta::nanoseconds(1);
                vec![(first, from - just), (to + just, last)]
            }
            _ => vec![(first, last)],
        }
    }

    /// What was left out for size, as a reason; empty if nothing was.
    pub fn left_out(&self) -> String {
        if self.left_out_lines == 0 {
            return String::new();
        }
        let span = match (self.left_out_from, self.left_out_to) {
            (Some(from), Some(to)) => format!(", {} to {}", rfc3339(from), rfc3339(to)),
            _ => String::new(),
        };
        format!("{} lines ({} bytes{span}) left out of the middle", self.left_out_lines, self.left_out_bytes)
    }

    /// `ended`, with how much of the API server's audit log was left out, if any was.
    pub fn telling(&self, mut outcome: ItemOutcome) -> ItemOutcome {
        if self.api_audit > 0 {
            let lines = if self.api_audit == 1 { "line" } else { "lines" };
            let said = format!("{} {lines} of the API server's audit log left out", self.api_audit);
            outcome.why = if outcome.why.is_empty() { said } else { format!("{}; {said}", outcome.why) };
        }
        outcome
    }

    fn marker(&self) -> String {
        format!("[k8s-forensics: {} for size]\n", self.left_out())
    }
}

fn beginning(line: &[u8]) -> Vec<u8> {
    line.get(..OPENING).unwrap_or(line).to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::stamp;
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        DateTime::parse_from_rfc3339(text).expect("a time").to_utc()
    }

    fn window() -> Window {
        Window::new(at("2026-11-21T07:00:00Z"), at("2026-11-21T07:10:00Z"))
    }

    fn cut(pieces: &[&[u8]], cap: usize) -> (String, Seen, bool) {
        let mut kept = Vec::new();
        let mut out = |line: &[u8]| -> Result<(), ()> {
            kept.extend_from_slice(line);
            Ok(())
        };
        let mut cut = LogCut::new(stamp::of_container(), window(), cap);
        let mut more = true;
        for piece in pieces {
            more &= cut.push(piece, &mut out).expect("no error");
        }
        let seen = cut.end(&mut out).expect("no error");
        (String::from_utf8_lossy(&kept).into_owned(), seen, more)
    }

    #[test]
    fn lines_outside_the_window_go_with_what_belongs_to_them() {
        let log = b"2026-11-21T06:59:59.9Z early\n  of early\n2026-11-21T07:00:00Z in\n  of in\n2026-11-21T07:10:00.1Z late\n2026-11-21T09:10:06+02:00 later\n";
        let (kept, seen, more) = cut(&[log], 1000);
        assert_eq!(kept, "2026-11-21T07:00:00Z in\n  of in\n");
        assert_eq!((seen.lines, seen.first, seen.left_out_lines), (2, Some(at("2026-11-21T07:00:00Z")), 0));
        assert!(!more, "a line 6 s after the window ends it");
    }

    #[test]
    fn beginning_and_end_are_kept() {
        let log: String = (0..60).map(|i| format!("2026-11-21T07:00:{i:02}Z line\n")).collect();
        let (kept, seen, _) = cut(&[log.as_bytes()], 300);
        let lines: Vec<&str> = kept.lines().collect();
        assert_eq!(lines.first(), Some(&"2026-11-21T07:00:00Z line"));
        assert_eq!(lines.last(), Some(&"2026-11-21T07:00:59Z line"));
        let marker = "[k8s-forensics: 50 lines (1300 bytes, 2026-11-21T07:00:07Z to 2026-11-21T07:00:56Z) left out of the middle for size]";
        assert!(lines.contains(&marker), "{kept}");
        assert_eq!(seen.left_out_lines as usize + lines.len() - 1, 60);
    }

    #[test]
    fn lines_of_the_api_servers_audit_log_fall_out() {
        let body = "marker ".repeat(LINE / 3);
        let line = format!("2026-11-21T07:00:01Z {{\"apiVersion\":\"audit.k8s.io/v1\",\"x\":\"{body}\"}}\n");
        let log = format!("2026-11-21T07:00:00Z a\n{line}2026-11-21T07:00:02Z b\n");
        let pieces: Vec<&[u8]> = log.as_bytes().chunks(4097).collect();
        let (kept, seen, _) = cut(&pieces, 10 * LINE);
        assert_eq!(kept, "2026-11-21T07:00:00Z a\n2026-11-21T07:00:02Z b\n");
        assert_eq!((seen.lines, seen.api_audit), (2, 1));
        let only = cut(&[b"{\"apiVersion\":\"audit.k8s.io/v1\",\"x\":\"marker\"}"], 1000);
        assert_eq!((only.0.as_str(), only.1.api_audit, only.1.opening.is_empty()), ("", 1, true));
        assert!(only.1.unstamped.is_empty(), "it would be quoted");
    }

    #[test]
    fn a_last_line_without_its_end_is_partial() {
        let (kept, seen, _) = cut(&[b"2026-11-21T07:00:01Z a\n2026-11-21T07:0", b"0:02Z b"], 1000);
        assert_eq!(kept, "2026-11-21T07:00:01Z a\n2026-11-21T07:00:02Z b");
        assert!(seen.partial);
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(cuts in proptest::collection::vec(1_usize..40, 0..20), cap in 30_usize..2000) {
            let log: String = (0..40).map(|i| format!("2026-11-21T07:00:{i:02}Z {}\n", "x".repeat(i))).collect();
            let mut pieces = Vec::new();
            let mut rest = log.as_bytes();
            for at in cuts {
                let (piece, after) = rest.split_at(at.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            let whole = cut(&[log.as_bytes()], cap);
            prop_assert_eq!(cut(&pieces, cap), whole.clone());
            prop_assert!(whole.0.len() <= cap + 200);
        }
    }
}
