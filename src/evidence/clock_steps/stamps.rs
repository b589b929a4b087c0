//! Lines of a journal that go back in time: a journal is written in order, so its clock was set back between two of
//! them. Where it was set forward, nothing tells that from silence.

use super::super::findings::{Findings, Place};
use crate::archive::Block;
use crate::inputs::JournalForm;
use crate::logline::{klog, short_precise};
use crate::model::Citation;
use chrono::{DateTime, TimeDelta, Utc};

/// Journals that several wrote, or that were written while their disk stood still, are out of order by less.
const LEAST: TimeDelta = TimeDelta::seconds(2);

/// So many lines in a row must be of before. A single one that came late is no step.
const CONFIRMED_BY: u32 = 5;

/// A file that goes back more often is in no order of time, as one that was printed backwards.
const MOST_SETBACKS: usize = 16;

/// How much of a line is kept, of which the reader of a report sees less.
const MOST_KEPT: usize = 1024;

/// A clock that went back from one line to the next: the last line before it and the first one after.
#[derive(Clone, Debug)]
pub struct Setback {
    pub node: String,
    /// When they were written.
    pub at: [DateTime<Utc>; 2],
    pub evidence: [Citation; 2],
}

/// A line and when it was written.
#[derive(Clone, Debug)]
struct Stamped {
    number: u32,
    at: DateTime<Utc>,
    text: String,
}

/// The times of the lines of one journal, which are given block by block in their order.
#[derive(Debug)]
pub struct Stamps {
    node: String,
    form: JournalForm,
    /// The end of the window, which tells the year.
    to: DateTime<Utc>,
    /// The line with the latest time so far, as bytes with its number.
    highest: (u32, Vec<u8>),
    /// Lines that seem to be of before, in a row; the first of them, and how many there are.
    back: Option<(Stamped, u32)>,
    found: Vec<[Stamped; 2]>,
}

impl Stamps {
    /// Of a journal of this form; none of one whose lines several may have written, or whose times have no order.
    pub fn new(node: &str, form: JournalForm, to: DateTime<Utc>) -> Option<Self> {
        let is_of_one = !node.is_empty() && matches!(form, JournalForm::ShortPrecise | JournalForm::Klog);
        is_of_one.then(|| Self {
            node: node.to_owned(),
            form,
            to,
            highest: (0, Vec::new()),
            back: None,
            found: Vec::new(),
        })
    }

    /// Looks at the lines of the next block.
    pub fn look(&mut self, block: &Block) {
        if self.found.len() > MOST_SETBACKS {
            return;
        }
        for (number, line) in block.lines() {
            let Some(stamp) = self.stamp(line) else { continue };
            let known = self.stamp(&self.highest.1);
            // Stamps of one month and width are in the order of their bytes.
            let is_later = known.is_none_or(|known| known.get(..4) == stamp.get(..4) && known <= stamp);
            if is_later || !self.is_back(line) {
                self.rise_to(number, line);
            } else {
                self.went_back(number, line);
            }
        }
    }

    /// Tells of the setbacks that lasted.
    pub fn finish(self, place: Place, found: &mut Findings) {
        if self.found.len() > MOST_SETBACKS {
            return found.unreadable(place, "its lines are not in order of time, so steps of its clock cannot be told");
        }
        for [before, after] in self.found {
            let mut cite = |line: &Stamped| found.cite(Place { line: line.number, ..place }, &line.text);
            let evidence = [cite(&before), cite(&after)];
            found.setbacks.push(Setback { node: self.node.clone(), at: [before.at, after.at], evidence });
        }
    }

    /// The stamp of a line as bytes; none of a line that has none, as one that goes on with the line before.
    fn stamp<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        let (length, colons) = match self.form {
            JournalForm::Klog => (14, [8, 11]),
            _ => (15, [9, 12]),
        };
        let stamp = line.get(..length)?;
        colons.iter().all(|&at| stamp.get(at) == Some(&b':')).then_some(stamp)
    }

    /// Whether a line is of well before the highest; not where one of the two has no time.
    fn is_back(&self, line: &[u8]) -> bool {
        let Some((known, own)) = self.time(&self.highest.1).zip(self.time(line)) else { return false };
        known - own >= LEAST
    }

    fn rise_to(&mut self, number: u64, line: &[u8]) {
        let (highest, bytes) = &mut self.highest;
        *highest = u32::try_from(number).unwrap_or(u32::MAX);
        bytes.clear();
        bytes.extend_from_slice(line.get(..MOST_KEPT).unwrap_or(line));
        self.back = None;
    }

    fn went_back(&mut self, number: u64, line: &[u8]) {
        let Some(own) = self.stamped(number, line) else { return };
        let (first, lines) = self.back.take().map_or((own, 1), |(first, lines)| (first, lines + 1));
        if lines < CONFIRMED_BY {
            self.back = Some((first, lines));
            return;
        }
        let (highest, bytes) = std::mem::take(&mut self.highest);
        if let Some(before) = self.stamped(highest.into(), &bytes) {
            self.found.push([before, first]);
        }
        self.rise_to(number, line);
    }

    fn stamped(&self, number: u64, line: &[u8]) -> Option<Stamped> {
        let (number, text) =
            (u32::try_from(number).ok()?, String::from_utf8_lossy(line.get(..MOST_KEPT).unwrap_or(line)).into_owned());
        Some(Stamped { number, at: self.time(line)?, text })
    }

    fn time(&self, line: &[u8]) -> Option<DateTime<Utc>> {
        match self.form {
            JournalForm::Klog => klog::time(line)?.until(self.to),
            _ => short_precise::time(line, self.to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to() -> DateTime<Utc> {
        "2026-11-21T08:00:00Z".parse().expect("a time")
    }

    fn journal(seconds: &[i64]) -> String {
        let at = |second: &i64| to() - TimeDelta::hours(1) + TimeDelta::seconds(*second);
        seconds.iter().map(|second| short_precise::line(at(second), "node-1", "kubelet[7]", b"x\n  y")).collect()
    }

    /// The numbers of the lines before and after each setback, if the text comes in blocks of so many lines.
    fn found(text: &str, lines: usize) -> Vec<[u32; 2]> {
        let mut stamps = Stamps::new("node-1", JournalForm::ShortPrecise, to()).expect("a journal");
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        for (block, at) in all.chunks(lines.max(1)).zip((0..).step_by(lines.max(1))) {
            stamps.look(&Block::new(at + 1, block.concat().into_bytes()));
        }
        stamps.found.iter().map(|pair| pair.each_ref().map(|line| line.number)).collect()
    }

    #[test]
    fn a_clock_that_was_set_back_shows_between_two_lines() {
        // Each entry has two lines.
        let text = journal(&[0, 10, 20, 130, 12, 13, 14, 15, 16, 17]);
        assert_eq!(found(&text, 100), [[7, 9]]);
        let one = journal(&[0, 10, 20, 130, 12, 131, 132, 133, 134, 135]);
        assert_eq!(found(&one, 100), Vec::<[u32; 2]>::new(), "one line that came late");
        let near = journal(&[0, 10, 9, 9, 9, 9, 9, 9, 9]);
        assert_eq!(found(&near, 100), Vec::<[u32; 2]>::new());
        let forward = journal(&[0, 10, 2000, 2001, 2002, 2003, 2004, 2005]);
        assert_eq!(found(&forward, 100), Vec::<[u32; 2]>::new(), "or silence");
        let twice = journal(&[100, 0, 1, 2, 3, 4, 5, 200, 50, 51, 52, 53, 54, 55]);
        assert_eq!(found(&twice, 100), [[1, 3], [15, 17]]);
    }

    #[test]
    fn a_journal_that_was_printed_backwards_tells_no_steps() {
        let seconds: Vec<i64> = (0..2000).rev().map(|second| second * 3).collect();
        let mut stamps = Stamps::new("node-1", JournalForm::ShortPrecise, to()).expect("a journal");
        stamps.look(&Block::new(1, journal(&seconds).into_bytes()));
        let mut findings = Findings::default();
        stamps.finish(Place::of_line(0, to()), &mut findings);
        assert_eq!((findings.setbacks.len(), findings.unreadable.len()), (0, 1));
    }

    #[test]
    fn a_year_that_turns_is_no_setback() {
        let lines =
            ["Dec 31 23:59:59.5", "Jan  1 00:00:00.1", "Jan  1 00:00:00.2", "Jan  1 00:00:01", "Jan  1 00:00:02"];
        let text: String = lines.iter().map(|at| format!("{at} n kubelet: x\n")).collect();
        let mut stamps =
            Stamps::new("node-1", JournalForm::ShortPrecise, "2027-01-01T01:00:00Z".parse().expect("a time"))
                .expect("one");
        stamps.look(&Block::new(1, text.into_bytes()));
        assert!(stamps.found.is_empty());
    }

    proptest! {
        #[test]
        fn any_lines_are_survived_and_blocks_do_not_show(seconds in prop::collection::vec(0_i64..300, 0..60), odd in "\\PC{0,40}", lines in 1_usize..9) {
            let text = format!("{}{odd}\n{}", journal(&seconds), journal(&seconds));
            prop_assert_eq!(found(&text, lines), found(&text, 1000));
        }
    }
}
