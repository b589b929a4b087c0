//! The times of a log's lines, not each of which bears one: those without are of after the dated line before them, and
//! of before the next.

use crate::logline::own;
use crate::logline::trace::Surrounded;
use crate::model::{Moment, Window};
use chrono::{DateTime, TimeDelta, Utc};

/// The dated lines around those that are asked for, in order. Each line is looked at twice at most.
#[derive(Debug)]
pub struct LineTimes<'a> {
    text: Surrounded<'a>,
    /// Lines are of no other time. Its end tells the year of times that have none.
    window: Window,
    /// How much ahead of UTC times are that say no zone.
    ahead: TimeDelta,
    /// Up to where the block was searched for the last dated line.
    upto: usize,
    last: Option<DateTime<Utc>>,
    /// Where the next dated line begins, if it is known, and its time.
    next: Option<(usize, Option<DateTime<Utc>>)>,
}

impl<'a> LineTimes<'a> {
    /// Of the block of `text`; times without a zone are so much `ahead` of UTC.
    pub fn new(text: Surrounded<'a>, window: Window, ahead: TimeDelta) -> Self {
        let last = lines(text.before).filter_map(|(_, line)| time(line, window.to, ahead)).last();
        Self { text, window, ahead, upto: 0, last, next: None }
    }

    /// When the line was written that begins at `at` in the block; lines are asked for in order.
    pub fn of(&mut self, at: usize, line: &[u8]) -> Moment {
        if let Some(own) = time(line, self.window.to, self.ahead) {
            return exact(own);
        }
        let passed = self.text.block.get(self.upto..at).unwrap_or_default();
        self.last = lines(passed).filter_map(|(_, line)| time(line, self.window.to, self.ahead)).last().or(self.last);
        self.upto = self.upto.max(at);
        let next = self.next_after(at);
        match (self.last, next) {
            (Some(last), next) => {
                let latest = next.unwrap_or(self.window.to).max(last);
                let open = u32::try_from((latest - last).num_milliseconds()).unwrap_or(u32::MAX);
                Moment { later_ms: exact(last).later_ms.max(open), ..exact(last) }
            }
            (None, next) => {
                let latest = next.unwrap_or(self.window.to);
                exact(latest).noticed_late((latest - self.window.from).max(TimeDelta::zero()))
            }
        }
    }

    fn next_after(&mut self, at: usize) -> Option<DateTime<Utc>> {
        if let Some((_, time)) = self.next.filter(|(begin, _)| *begin > at) {
            return time;
        }
        let (to, ahead) = (self.window.to, self.ahead);
        let dated = |text| lines(text).find_map(|(begin, line)| Some((begin, time(line, to, ahead)?)));
        let rest = self.text.block.get(at..).unwrap_or_default();
        let found = match dated(rest) {
            Some((begin, time)) => (at + begin, Some(time)),
            None => (usize::MAX, dated(self.text.after).map(|(_, time)| time)),
        };
        self.next = Some(found);
        found.1
    }
}

/// The time that a line bears.
fn time(line: &[u8], to: DateTime<Utc>, ahead: TimeDelta) -> Option<DateTime<Utc>> {
    own::time(line, to, ahead)
}

/// Loggers that write whole seconds cut the rest off.
fn exact(time: DateTime<Utc>) -> Moment {
    if time.timestamp_subsec_nanos() == 0 { Moment::to_the_second(time) } else { Moment::exact(time) }
}

/// Lines with where they begin.
fn lines(text: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    text.split_inclusive(|byte| *byte == b'\n').scan(0, |at, line| {
        let begin = *at;
        *at += line.len();
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        Some((begin, line.strip_suffix(b"\r").unwrap_or(line)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> DateTime<Utc> {
        format!("2026-11-21T07:00:{text}Z").parse().expect("a time")
    }

    fn window() -> Window {
        Window::new(at("00"), at("59"))
    }

    #[test]
    fn undated_lines_are_between_their_neighbours() {
        let block = b"first\n2026-11-21T07:00:10.5Z a\npanic: x\n\tgo on\n2026/11/21 07:00:20 b\nlast\n";
        let text = Surrounded { block, ..Surrounded::default() };
        let mut times = LineTimes::new(text, window(), TimeDelta::zero());
        let mut of = |line: &str| {
            let begin = block.windows(line.len()).position(|window| window == line.as_bytes()).expect("a line");
            let moment = times.of(begin, line.as_bytes());
            (moment.time, moment.earlier_ms, moment.later_ms)
        };
        assert_eq!(of("first"), (at("10.5"), 10_500, 0));
        assert_eq!(of("2026-11-21T07:00:10.5Z a"), (at("10.5"), 0, 0));
        assert_eq!(of("panic: x"), (at("10.5"), 0, 9_500));
        assert_eq!(of("\tgo on"), (at("10.5"), 0, 9_500));
        assert_eq!(of("2026/11/21 07:00:20 b"), (at("20"), 0, 999));
        assert_eq!(of("last"), (at("20"), 0, 39_000));
    }

    #[test]
    fn what_is_around_a_block_is_looked_at_too() {
        let (before, after) = (b"2026-11-21T07:00:10.5Z a\nx\n", b"y\n2026-11-21T07:00:11.5Z a\n");
        let of = |text| LineTimes::new(text, window(), TimeDelta::zero()).of(0, b"x");
        let moment = of(Surrounded { before, block: b"x\n", after });
        assert_eq!((moment.time, moment.later_ms), (at("10.5"), 1_000));
        // A log without any time is of the window.
        let moment = of(Surrounded { block: b"x\n", ..Surrounded::default() });
        assert_eq!((moment.time, moment.earlier_ms), (at("59"), 59_000));
    }

    proptest! {
        #[test]
        fn lines_asked_for_in_order_have_the_times_that_each_has_alone(text in "(2026-11-21T07:00:1[0-9]Z a\n|x\n){0,12}") {
            let text = Surrounded { block: text.as_bytes(), ..Surrounded::default() };
            let mut times = LineTimes::new(text, window(), TimeDelta::zero());
            for (begin, line) in lines(text.block) {
                prop_assert_eq!(times.of(begin, line), LineTimes::new(text, window(), TimeDelta::zero()).of(begin, line));
            }
        }
    }
}
