//! What is counted of lines that look the same. Counts of parts of a log add up to those of the whole, however it was
//! cut.

use chrono::{DateTime, Utc};

/// The most bytes of an example that are kept.
const MOST_EXAMPLE: usize = 600;

/// A line by its place and its text, without what its journal or runtime put before it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Example {
    /// The number of its entry among all of the inputs.
    pub entry: u32,
    /// From 1.
    pub line: u32,
    pub text: Box<str>,
}

/// One sighting of a line.
#[derive(Clone, Copy, Debug)]
pub struct Sighting<'a> {
    pub entry: u32,
    pub line: u32,
    pub at: Option<DateTime<Utc>>,
    /// Whether it is not before the onset.
    pub is_after: bool,
    pub text: &'a str,
}

/// Lines that look the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub count: u64,
    /// Those with a time before the onset, and from it on.
    pub lines: [u64; 2],
    /// The seconds in which they were written, before and after: a program that starts, or tries again at once, writes
    /// in bursts.
    pub seconds: [u64; 2],
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    /// The second of the first line with a time, and its side of the onset.
    opened: Option<(i64, bool)>,
    /// The second of the last one.
    closed: Option<i64>,
    /// The first of them.
    pub example: Example,
}

impl Seen {
    pub fn once(sighting: Sighting<'_>) -> Self {
        let mut end = sighting.text.len().min(MOST_EXAMPLE);
        while !sighting.text.is_char_boundary(end) {
            end -= 1;
        }
        let text = sighting.text.get(..end).unwrap_or_default().into();
        let example = Example { entry: sighting.entry, line: sighting.line, text };
        let (count, none) = (0, None);
        let mut seen = Self {
            count,
            lines: [0; 2],
            seconds: [0; 2],
            first: None,
            last: None,
            opened: none,
            closed: None,
            example,
        };
        seen.add(sighting);
        seen
    }

    /// Counts a line that stands after all others of its entry.
    pub fn add(&mut self, sighting: Sighting<'_>) {
        self.count += 1;
        let Some(at) = sighting.at else { return };
        let (second, is_after) = (at.timestamp(), sighting.is_after);
        *side(&mut self.lines, is_after) += 1;
        if self.closed != Some(second) {
            *side(&mut self.seconds, is_after) += 1;
        }
        self.opened.get_or_insert((second, is_after));
        self.closed = Some(second);
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = Some(self.last.map_or(at, |last| last.max(at)));
    }

    /// Adds those of a later part of the log.
    pub fn absorb(&mut self, later: Self) {
        let is_shared = later.opened.filter(|(second, _)| self.closed == Some(*second));
        self.add_up(later.count, later.lines, later.seconds);
        if let Some((_, is_after)) = is_shared {
            let seconds = side(&mut self.seconds, is_after);
            *seconds = seconds.saturating_sub(1);
        }
        self.opened = self.opened.or(later.opened);
        self.closed = later.closed.or(self.closed);
        self.widen(later.first, later.last, later.example);
    }

    /// Adds lines that stand among these.
    pub fn join(&mut self, other: Self) {
        self.add_up(other.count, other.lines, other.seconds);
        self.widen(other.first, other.last, other.example);
    }

    fn add_up(&mut self, count: u64, lines: [u64; 2], seconds: [u64; 2]) {
        self.count += count;
        for (own, more) in self.lines.iter_mut().zip(lines).chain(self.seconds.iter_mut().zip(seconds)) {
            *own += more;
        }
    }

    fn widen(&mut self, first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>, example: Example) {
        self.first = self.first.into_iter().chain(first).min();
        self.last = self.last.max(last);
        if (example.entry, example.line) < (self.example.entry, self.example.line) {
            self.example = example;
        }
    }
}

fn side(of: &mut [u64; 2], is_after: bool) -> &mut u64 {
    let [before, after] = of;
    if is_after { after } else { before }
}

/// The times of an entry's lines, and the longest in which it said nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pace {
    pub first: Option<DateTime<Utc>>,
    pub last: Option<DateTime<Utc>>,
    pub lines: u64,
    pub silence: Option<Silence>,
    /// The time and number of its last line that has one.
    latest: Option<(DateTime<Utc>, u32)>,
    opened: Option<DateTime<Utc>>,
}

/// A time between two lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
    /// The line before it.
    pub line: u32,
}

impl Pace {
    /// The next line.
    pub fn add(&mut self, at: Option<DateTime<Utc>>, line: u32) {
        self.lines += 1;
        let Some(at) = at else { return };
        self.fall_silent(at);
        self.opened = self.opened.or(Some(at));
        self.latest = Some((at, line));
        self.first = Some(self.first.map_or(at, |first| first.min(at)));
        self.last = self.last.max(Some(at));
    }

    /// Adds a later part of the entry.
    pub fn absorb(&mut self, later: Self) {
        self.lines += later.lines;
        if let Some(at) = later.opened {
            self.fall_silent(at);
        }
        self.longest(later.silence);
        self.opened = self.opened.or(later.opened);
        self.latest = later.latest.or(self.latest);
        self.first = self.first.into_iter().chain(later.first).min();
        self.last = self.last.max(later.last);
    }

    fn fall_silent(&mut self, until: DateTime<Utc>) {
        if let Some((from, line)) = self.latest {
            self.longest(Some(Silence { from, to: until, line }));
        }
    }

    fn longest(&mut self, other: Option<Silence>) {
        let length = |one: &Silence| one.to - one.from;
        if let Some(other) = other.filter(|other| self.silence.as_ref().is_none_or(|own| length(other) > length(own))) {
            self.silence = Some(other);
        }
    }
}
