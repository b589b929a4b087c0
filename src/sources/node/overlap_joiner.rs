//! The overlap of answers, each of which goes on where the one before was cut off: what came twice is left out.
//!
//! The kubelet takes whole seconds, so an answer that goes on begins with entries of the last second that came already.
//! Entries are taken as wholes, a line with a time and those without that follow it: the last one of an answer that was
//! cut off may lack lines, so it is dropped and comes with the next.

use super::stamp::Stamp;
use chrono::{DateTime, SubsecRound, Utc};
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

/// An entry longer than this is not waited for, in bytes: it comes out in pieces.
const ENTRY: usize = 1024 * 1024;
/// How many different entries of one second are remembered; of more, some may stand twice in what is joined.
const REMEMBERED: usize = 1 << 16;

/// Gives the whole entries of one answer after the other, each once. See the module.
pub struct OverlapJoiner {
    stamp: Stamp,
    /// What came of the line, and before it of the entry, that is not complete yet.
    line: Vec<u8>,
    entry: Vec<u8>,
    /// The second of the last entry that came out, and how often each entry of it came.
    second: Option<DateTime<Utc>>,
    recent: HashMap<u64, u32>,
    /// In an overlap, until an entry comes that is new: the second to reach, and the entries of it that are known.
    known: Option<(DateTime<Utc>, HashMap<u64, u32>)>,
    /// New entries since the last overlap.
    fresh: u64,
}

/// Where an answer ended: the second of its last entry, and how often each entry of that came.
#[derive(Clone, Debug, Default)]
pub struct Seam(Option<(DateTime<Utc>, HashMap<u64, u32>)>);

impl Seam {
    /// The second of the last entry; none where there was no entry.
    pub fn at(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref().map(|(second, _)| *second)
    }
}

impl OverlapJoiner {
    pub fn new(stamp: Stamp) -> Self {
        Self::after(stamp, Seam::default())
    }

    /// Leaves out what came before `seam`.
    pub fn after(stamp: Stamp, Seam(known): Seam) -> Self {
        let (second, recent) = known.clone().unzip();
        let (line, entry, recent) = (Vec::new(), Vec::new(), recent.unwrap_or_default());
        Self { stamp, line, entry, second, recent, known, fresh: 0 }
    }

    /// Where it ended.
    pub fn seam(&self) -> Seam {
        Seam(self.second.map(|second| (second, self.recent.clone())))
    }

    /// Takes a piece of an answer; whole entries that are new come out. `out` tells whether it wants more, and so does
    /// this.
    pub fn push<E>(&mut self, piece: &[u8], out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let mut more = true;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            self.line.extend_from_slice(part);
            if part.ends_with(b"\n") || self.line.len() > ENTRY {
                more &= self.take_line(out)?;
            }
        }
        Ok(more)
    }

    /// Whether the answer so far ends within a line.
    pub fn is_partial(&self) -> bool {
        !self.line.is_empty()
    }

    /// Prepares for an answer that goes on: from when to ask for it. `None` if the last answer brought nothing new to
    /// go on from.
    pub fn resume(&mut self) -> Option<DateTime<Utc>> {
        let second = self.second.filter(|_| self.fresh > 0)?;
        self.line.clear();
        self.entry.clear();
        self.fresh = 0;
        self.known = Some((second, self.recent.clone()));
        Some(second)
    }

    /// The last answer was cut off and there is none after it: its last entry is dropped if it may be one that came
    /// before.
    pub fn give_up(&mut self) {
        if self.known.is_some() {
            self.line.clear();
            self.entry.clear();
        }
    }

    /// There is no further answer: what is left comes out, complete or not.
    pub fn end<E>(&mut self, out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<(), E> {
        self.take_line(out)?;
        self.take_entry(out)?;
        Ok(())
    }

    fn take_line<E>(&mut self, out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let line = std::mem::take(&mut self.line);
        let begins_entry = (self.stamp)(&line).is_some();
        let is_full = self.entry.len() + line.len() > ENTRY;
        let more = if begins_entry || is_full { self.take_entry(out)? } else { true };
        self.entry.extend_from_slice(&line);
        Ok(more)
    }

    fn take_entry<E>(&mut self, out: &mut impl FnMut(&[u8]) -> Result<bool, E>) -> Result<bool, E> {
        let entry = std::mem::take(&mut self.entry);
        if entry.is_empty() || !self.is_new(&entry) {
            return Ok(true);
        }
        out(&entry)
    }

    fn is_new(&mut self, entry: &[u8]) -> bool {
        // Text without a time is no entry of a journal, and stands at the beginning of an answer only.
        let Some(time) = (self.stamp)(entry).map(|time| time.trunc_subsecs(0)) else { return self.known.is_none() };
        let hash = hash_of(entry);
        if self.is_known(time, hash) {
            return false;
        }
        self.fresh += 1;
        if self.second != Some(time) {
            self.second = Some(time);
            self.recent.clear();
        }
        if self.recent.len() < REMEMBERED || self.recent.contains_key(&hash) {
            *self.recent.entry(hash).or_default() += 1;
        }
        true
    }

    fn is_known(&mut self, time: DateTime<Utc>, hash: u64) -> bool {
        let Some((second, known)) = &mut self.known else { return false };
        if time < *second {
            return true;
        }
        if let Some(count) = known.get_mut(&hash).filter(|count| time == *second && **count > 0) {
            *count -= 1;
            return true;
        }
        if time > *second {
            self.known = None;
        }
        false
    }
}

fn hash_of(entry: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    entry.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::super::stamp;
    use super::*;
    use crate::logline::short_precise;
    use chrono::TimeDelta;
    use proptest::prelude::*;

    fn start() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2026-11-21T07:00:00Z").expect("a time").to_utc()
    }

    /// A journal of one line for each of these offsets in milliseconds; equal lines are possible.
    fn journal(millis: &[i64]) -> Vec<String> {
        let line = |at: &i64| short_precise::line(start() + TimeDelta::milliseconds(*at), "n", "k", b"a\nb");
        millis.iter().map(line).collect()
    }

    /// Reads `lines` in answers that are each cut after so many bytes, until one is whole.
    fn read(lines: &[String], cuts: &[usize]) -> String {
        let mut joiner = OverlapJoiner::new(stamp::of_journal(start() + TimeDelta::hours(1)));
        let (mut kept, mut since) = (Vec::new(), start() - TimeDelta::days(1));
        let stamp = stamp::of_journal(start() + TimeDelta::hours(1));
        let mut out = |line: &[u8]| -> Result<bool, ()> {
            kept.extend_from_slice(line);
            Ok(true)
        };
        for cut in cuts.iter().copied().chain([usize::MAX]) {
            let from = lines.iter().filter(|line| stamp(line.as_bytes()).is_none_or(|time| time >= since));
            let answer: String = from.cloned().collect();
            let answered = answer.as_bytes().get(..cut).unwrap_or(answer.as_bytes());
            joiner.push(answered, &mut out).expect("no error");
            if answered.len() == answer.len() {
                break;
            }
            match joiner.resume() {
                Some(next) => since = next,
                None => {
                    joiner.give_up();
                    break;
                }
            }
        }
        joiner.end(&mut out).expect("no error");
        String::from_utf8(kept).expect("text")
    }

    #[test]
    fn nothing_is_lost_or_doubled_at_a_seam() {
        let lines = journal(&[100, 1200, 1300, 1300, 1300, 1900, 2000]);
        let whole = lines.concat();
        let line = lines.first().map_or(0, String::len);
        for cut in [line * 2, line * 4, line * 4 + 5, line * 5 + 30] {
            assert_eq!(read(&lines, &[cut]), whole, "cut after {cut}");
        }
    }

    #[test]
    fn what_came_before_a_seam_does_not_come_again() {
        let lines = journal(&[100, 1200, 1300, 1300, 1900, 2000]);
        let stamp = || stamp::of_journal(start() + TimeDelta::hours(1));
        let read = |seam: Seam, lines: &[String]| {
            let (mut joiner, mut kept) = (OverlapJoiner::after(stamp(), seam), Vec::new());
            let mut out = |line: &[u8]| -> Result<bool, ()> {
                kept.extend_from_slice(line);
                Ok(true)
            };
            joiner.push(lines.concat().as_bytes(), &mut out).expect("no error");
            joiner.end(&mut out).expect("no error");
            (String::from_utf8(kept).expect("text"), joiner.seam())
        };
        let (first, seam) = read(Seam::default(), &lines[..3]);
        assert_eq!((first, seam.at()), (lines[..3].concat(), Some(start() + TimeDelta::seconds(1))));
        let (nothing, seam) = read(seam, &lines[..3]);
        assert_eq!(nothing, "");
        let (rest, seam) = read(seam, &lines);
        assert_eq!(rest, lines[3..].concat(), "of two equal ones, the one that is new");
        assert_eq!(read(seam, &lines).0, "");
    }

    #[test]
    fn what_brings_nothing_new_is_not_gone_on_with() {
        let mut joiner = OverlapJoiner::new(stamp::of_journal(start()));
        let mut out = |_: &[u8]| -> Result<bool, ()> { Ok(true) };
        assert_eq!(joiner.resume(), None);
        let lines = journal(&[100, 200]);
        joiner.push(lines.concat().as_bytes(), &mut out).expect("no error");
        assert_eq!(joiner.resume(), Some(start()));
        joiner.push(lines.concat().as_bytes(), &mut out).expect("no error");
        assert_eq!(joiner.resume(), None);
    }

    proptest! {
        #[test]
        fn any_cuts_give_the_same_journal(
            mut millis in proptest::collection::vec(0_i64..8000, 1..60),
            cuts in proptest::collection::vec(1_usize..4000, 0..6),
        ) {
            millis.sort_unstable();
            let lines = journal(&millis);
            let read = read(&lines, &cuts);
            prop_assert!(lines.concat().starts_with(&read), "{read}");
            if cuts.iter().all(|cut| *cut > 60 * 20) {
                prop_assert_eq!(read, lines.concat());
            }
        }
    }
}
