//! Which templates tell most of an onset: those that are new or have vanished, then those whose rate changed, the worse
//! by their own word before the others.

use super::{Mined, Template};
use crate::logline::severity::LineSeverity;
use chrono::{DateTime, Utc};
use std::cmp::Reverse;

/// Above this, a change of rate is no chance, at one in twenty: the 0.95 quantile of chi-squared with one degree of
/// freedom, which the likelihood ratio follows.
const CHANGED: f64 = 3.84;

/// What was not seen again is missed where this is the chance at most that all of its sightings fall before the onset,
/// were it as likely at any time.
const MISSED: f64 = 0.05;

/// The fewest seconds in which it was written: two may be those of one start.
const FEWEST: f64 = 3.0;

/// What became of a template at the onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Not seen before.
    New,
    /// Not seen from then on, and too often before for that to be chance.
    Vanished,
    /// More often than before.
    More,
    /// Less often than before.
    Less,
    /// No change that could not be chance, or no onset to compare with.
    Same,
}

/// Lines per minute, before the onset and from it on; none of a side that the logs do not reach.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Rates {
    pub before: Option<f64>,
    pub after: Option<f64>,
}

/// A template, and how it stands to the onset.
#[derive(Clone, Debug)]
pub struct Ranked {
    pub template: Template,
    pub state: State,
    pub rates: Rates,
    /// The likelihood ratio (G) of a change of rate against none, counted in seconds in which it was written.
    pub change: f64,
}

/// Templates, those that tell most first.
#[derive(Debug)]
pub struct Summary {
    pub ranked: Vec<Ranked>,
    /// Minutes that the logs cover before the onset and from it on.
    pub minutes: [f64; 2],
}

impl Summary {
    /// Ranks what was mined with this onset.
    pub fn new(mined: &mut Mined, onset: Option<DateTime<Utc>>) -> Self {
        let minutes = minutes(mined.first(), mined.last(), onset);
        let templates = std::mem::take(&mut mined.templates);
        let mut ranked: Vec<Ranked> =
            templates.into_iter().map(|template| Ranked::new(template, minutes, onset.is_some())).collect();
        ranked.sort_by(|one, other| {
            let order = |of: &Ranked| (Reverse(of.weight()), Reverse(of.template.severity));
            let place = |of: &Ranked| (of.template.example.entry, of.template.example.line);
            let rest = |of: &Ranked| (Reverse(of.template.count), place(of));
            order(one)
                .cmp(&order(other))
                .then(other.change.total_cmp(&one.change))
                .then_with(|| rest(one).cmp(&rest(other)))
        });
        Self { ranked, minutes }
    }
}

/// Without an onset all of it counts as before.
fn minutes(first: Option<DateTime<Utc>>, last: Option<DateTime<Utc>>, onset: Option<DateTime<Utc>>) -> [f64; 2] {
    let (Some(first), Some(last)) = (first, last) else { return [0.0; 2] };
    let between = |from: DateTime<Utc>, to: DateTime<Utc>| (to - from).num_milliseconds().max(0) as f64 / 60_000.0;
    let onset = onset.map_or(last, |onset| onset.clamp(first, last));
    [between(first, onset), between(onset, last)]
}

impl Ranked {
    fn new(template: Template, minutes: [f64; 2], has_onset: bool) -> Self {
        let [before, after] = minutes;
        let [lines_before, lines_after] = template.lines.map(|lines| lines as f64);
        let rate = |lines: f64, minutes: f64| (minutes > 0.0).then(|| lines / minutes);
        let rates = Rates { before: rate(lines_before, before), after: rate(lines_after, after) };
        let seconds = template.seconds.map(|seconds| seconds as f64);
        let is_compared = has_onset && before > 0.0 && after > 0.0;
        let change = if is_compared { likelihood_ratio(seconds, minutes) } else { 0.0 };
        let state = if is_compared { state(template.lines, (seconds, minutes), change) } else { State::Same };
        Self { template, state, rates, change }
    }

    /// New and vanished ones weigh most, and of any state those that call themselves errors.
    fn weight(&self) -> u8 {
        let of_state = match self.state {
            State::New | State::Vanished => 4,
            State::More | State::Less => 2,
            State::Same => 0,
        };
        of_state
            + match self.template.severity {
                Some(LineSeverity::Error | LineSeverity::Fatal) => 3,
                Some(LineSeverity::Warning) => 1,
                None => 0,
            }
    }
}

fn state(lines: [u64; 2], ([seconds, _], [before, after]): ([f64; 2], [f64; 2]), change: f64) -> State {
    match lines {
        [0, 0] => State::Same,
        [0, _] => State::New,
        [_, 0] if seconds >= FEWEST && (before / (before + after)).powf(seconds) <= MISSED => State::Vanished,
        [_, 0] => State::Same,
        [few, many] if change >= CHANGED => {
            if many as f64 * before > few as f64 * after {
                State::More
            } else {
                State::Less
            }
        }
        _ => State::Same,
    }
}

/// Twice the logarithm of how much likelier two rates are than one, for a Poisson process seen so often in such times.
fn likelihood_ratio([before, after]: [f64; 2], [time, time_after]: [f64; 2]) -> f64 {
    let expected = |time: f64, whole: f64| (before + after) * time / whole;
    let term = |seen: f64, expected: f64| if seen > 0.0 { seen * (seen / expected).ln() } else { 0.0 };
    let whole = time + time_after;
    2.0 * (term(before, expected(time, whole)) + term(after, expected(time_after, whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_once_has_not_vanished() {
        let of = |lines, seconds| state(lines, (seconds, [10.0, 5.0]), likelihood_ratio(seconds, [10.0, 5.0]));
        assert_eq!(of([1, 0], [1.0, 0.0]), State::Same);
        // A start of a thousand lines in a second.
        assert_eq!(of([1000, 0], [1.0, 0.0]), State::Same);
        assert_eq!(of([7, 0], [7.0, 0.0]), State::Same);
        assert_eq!(of([8, 0], [8.0, 0.0]), State::Vanished);
        let early = |seconds| state([9, 0], ([seconds, 0.0], [1.0, 99.0]), 9.0);
        assert_eq!([early(1.0), early(2.0), early(3.0)], [State::Same, State::Same, State::Vanished]);
        assert_eq!(of([0, 1], [0.0, 1.0]), State::New);
        assert_eq!(of([20, 10], [20.0, 10.0]), State::Same);
        assert_eq!(of([20, 40], [20.0, 40.0]), State::More);
        assert_eq!(of([60, 2], [60.0, 2.0]), State::Less);
    }

    #[test]
    fn the_same_rate_is_no_change() {
        assert!(likelihood_ratio([20.0, 10.0], [10.0, 5.0]).abs() < 1e-9);
        assert!(likelihood_ratio([20.0, 0.0], [10.0, 10.0]) > 27.0);
    }
}
