//! The longest pauses of a journal or a log, found without a look at every line: where a part of it was written within
//! less than the shortest pause that is kept, none of its lines can tell of a longer one.

use crate::archive::Block;
use crate::logline::{klog, short_precise, stamp};
use chrono::{DateTime, TimeDelta, Utc};
use memchr::{memchr, memchr_iter, memrchr};
use std::cmp::Reverse;

/// How much of a line is kept, of which the reader of a report sees less.
const MOST_KEPT: usize = 512;

/// How lines bear their times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamped {
    /// As journalctl prints them.
    Journal,
    /// klog's own header.
    Klog,
    /// RFC 3339 before the first space.
    Rfc3339,
}

/// Which pauses are kept.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    pub most: usize,
    /// Shorter ones are none.
    pub least: TimeDelta,
}

/// A line and when it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// From 1.
    pub number: u64,
    pub at: DateTime<Utc>,
    pub text: String,
}

/// The first line, the last one, and the longest pauses of lines that are given block by block in their order.
#[derive(Debug)]
pub struct Pauses {
    form: Stamped,
    /// The end of the window, which tells the year.
    to: DateTime<Utc>,
    kept: Kept,
    pub lines: u64,
    pub first: Option<Line>,
    pub last: Option<Line>,
    /// The lines before and after each.
    pub longest: Vec<[Line; 2]>,
}

/// A line that has a time, by where it begins in its block.
#[derive(Clone, Copy)]
struct Found {
    begin: usize,
    at: DateTime<Utc>,
}

impl Pauses {
    /// Of lines of this form; years that they do not say are those before `to`.
    pub fn new(form: Stamped, to: DateTime<Utc>, kept: Kept) -> Self {
        Self { form, to, kept, lines: 0, first: None, last: None, longest: Vec::new() }
    }

    /// Looks at the lines of the next block.
    pub fn look(&mut self, block: &Block) {
        self.lines += memchr_iter(b'\n', block.bytes()).count() as u64;
        let text = block.bytes();
        let Some(first) = self.first_from(text, 0, text.len()) else { return };
        let Some(last) = self.last_before(text, text.len(), 0) else { return };
        if let Some(before) = self.last.take() {
            let after = line(block, first);
            self.note([before, after]);
        }
        self.between(block, first, last);
        self.first.get_or_insert_with(|| line(block, first));
        self.last = Some(line(block, last));
    }

    /// Finds the pauses between two lines of a block.
    fn between(&mut self, block: &Block, first: Found, last: Found) {
        let mut parts = vec![(first, last)];
        while let Some((first, last)) = parts.pop() {
            if last.begin <= first.begin || last.at - first.at < self.least() {
                continue;
            }
            match self.middle(block.bytes(), first, last) {
                Some(middle) => parts.extend([(middle, last), (first, middle)]),
                None => self.note([line(block, first), line(block, last)]),
            }
        }
    }

    /// A line with a time between two others, about half way.
    fn middle(&self, text: &[u8], first: Found, last: Found) -> Option<Found> {
        let half = first.begin + (last.begin - first.begin) / 2;
        let behind = || {
            let next = half + memchr(b'\n', text.get(half..last.begin)?)? + 1;
            self.first_from(text, next, last.begin)
        };
        behind().or_else(|| self.last_before(text, half + 1, first.begin + 1))
    }

    /// The first line with a time that begins at `from` or later, and before `to`.
    fn first_from(&self, text: &[u8], from: usize, to: usize) -> Option<Found> {
        let mut begin = from;
        while begin < to {
            let rest = text.get(begin..)?;
            let end = memchr(b'\n', rest).unwrap_or(rest.len());
            if let Some(at) = self.time(rest.get(..end)?) {
                return Some(Found { begin, at });
            }
            begin += end + 1;
        }
        None
    }

    /// The last line with a time that begins at `from` or later, and before `to`.
    fn last_before(&self, text: &[u8], to: usize, from: usize) -> Option<Found> {
        let mut end = to;
        while end > from {
            let begin = memrchr(b'\n', text.get(..end - 1)?).map_or(0, |at| at + 1);
            if begin < from {
                return None;
            }
            let rest = text.get(begin..)?;
            let whole = memchr(b'\n', rest).unwrap_or(rest.len());
            if let Some(at) = self.time(rest.get(..whole)?) {
                return Some(Found { begin, at });
            }
            end = begin;
        }
        None
    }

    fn time(&self, line: &[u8]) -> Option<DateTime<Utc>> {
        match self.form {
            Stamped::Journal => short_precise::time(line, self.to),
            Stamped::Klog => klog::time(line)?.until(self.to),
            Stamped::Rfc3339 => stamp::leading_rfc3339(line),
        }
    }

    /// The length that a pause must have to be kept.
    fn least(&self) -> TimeDelta {
        let shortest = self.longest.last().filter(|_| self.longest.len() >= self.kept.most);
        shortest.map_or(self.kept.least, |pause| length(pause).max(self.kept.least))
    }

    fn note(&mut self, pause: [Line; 2]) {
        if length(&pause) < self.least() {
            return;
        }
        let [before, _] = &pause;
        let order = |pause: &[Line; 2]| (Reverse(length(pause)), pause[0].number);
        let place = self.longest.partition_point(|known| order(known) < (Reverse(length(&pause)), before.number));
        self.longest.insert(place, pause);
        self.longest.truncate(self.kept.most);
    }
}

fn length([before, after]: &[Line; 2]) -> TimeDelta {
    after.at - before.at
}

fn line(block: &Block, found: Found) -> Line {
    let text = block.bytes();
    let (before, rest) = text.split_at_checked(found.begin).unwrap_or((text, &[]));
    let line = rest.get(..memchr(b'\n', rest).unwrap_or(rest.len())).unwrap_or_default();
    let number = block.first_line() + memchr_iter(b'\n', before).count() as u64;
    let text = String::from_utf8_lossy(line.get(..MOST_KEPT).unwrap_or(line)).trim_end().to_owned();
    Line { number, at: found.at, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEPT: Kept = Kept { most: 3, least: TimeDelta::seconds(2) };

    fn to() -> DateTime<Utc> {
        "2026-11-21T08:00:00Z".parse().expect("a time")
    }

    fn journal(seconds: &[i64]) -> String {
        let at = |second: &i64| to() - TimeDelta::hours(1) + TimeDelta::seconds(*second);
        seconds.iter().map(|second| short_precise::line(at(second), "node-1", "kubelet[7]", b"x\n  y")).collect()
    }

    /// Length and first line of each pause, if the text comes in blocks of so many lines.
    fn found(text: &str, lines: usize) -> (u64, Vec<(i64, u64)>) {
        let mut pauses = Pauses::new(Stamped::Journal, to(), KEPT);
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        for (block, at) in all.chunks(lines.max(1)).zip((0..).step_by(lines.max(1))) {
            pauses.look(&Block::new(at + 1, block.concat().into_bytes()));
        }
        let of = |pause: &[Line; 2]| (length(pause).num_seconds(), pause[0].number);
        (pauses.lines, pauses.longest.iter().map(of).collect())
    }

    #[test]
    fn the_longest_pauses_are_found_with_the_lines_around_them() {
        // Each entry has two lines, the second without a time.
        let text = journal(&[0, 1, 2, 9, 10, 11, 14, 100, 101, 130, 131]);
        assert_eq!(found(&text, 100), (22, vec![(86, 13), (29, 17), (7, 5)]));
        assert_eq!(found(&text, 3).1, found(&text, 100).1);
        assert_eq!(found(&journal(&[0, 1, 2]), 100).1, []);
        assert_eq!(found("no time\n", 100), (1, vec![]));
    }

    #[test]
    fn first_and_last_are_lines_with_times() {
        let mut pauses = Pauses::new(Stamped::Rfc3339, to(), KEPT);
        let text = "x\n2026-11-21T07:00:01.5Z a\ny\n2026-11-21T07:00:09Z b\nz\n";
        pauses.look(&Block::new(1, text.as_bytes().to_vec()));
        let of = |line: &Option<Line>| line.as_ref().map(|line| (line.number, line.text.clone()));
        assert_eq!(of(&pauses.first), Some((2, "2026-11-21T07:00:01.5Z a".to_owned())));
        assert_eq!(of(&pauses.last), Some((4, "2026-11-21T07:00:09Z b".to_owned())));
        assert_eq!(pauses.longest.len(), 1);
    }

    proptest! {
        #[test]
        fn what_is_found_is_what_a_look_at_every_line_finds(
            steps in prop::collection::vec(0_i64..9, 1..80), lines in 1_usize..30
        ) {
            let seconds: Vec<i64> = steps.iter().scan(0, |at, step| { *at += step; Some(*at) }).collect();
            let mut all: Vec<(Reverse<i64>, u64)> = seconds.windows(2).zip(1_u64..).filter(|(pair, _)| pair[1] - pair[0] >= 2)
                .map(|(pair, entry)| (Reverse(pair[1] - pair[0]), entry * 2 - 1)).collect();
            all.sort();
            all.truncate(KEPT.most);
            let lengths: Vec<i64> = found(&journal(&seconds), lines).1.iter().map(|(length, _)| *length).collect();
            prop_assert_eq!(lengths, all.iter().map(|(length, _)| length.0).collect::<Vec<_>>());
        }

        #[test]
        fn any_text_is_survived(text in "(\\PC{0,30}\n){0,9}", lines in 1_usize..4) {
            let _ = found(&text, lines);
        }
    }
}
