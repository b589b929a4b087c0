//! When all members of a group that were there were out at the same time, from one pass over their times in order.

use crate::model::Citation;
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeSet;
use std::ops::Bound;

/// How long it takes at most until another is made in the place of one that ends: the default of
/// `terminationGracePeriodSeconds` (Kubernetes API reference, PodSpec).
pub const REPLACING: TimeDelta = TimeDelta::seconds(30);

/// One of the group.
pub struct Member {
    pub arrived: DateTime<Utc>,
    /// The last moment that it was there, where it went.
    pub until: Option<DateTime<Utc>>,
    /// The record of its arrival.
    pub told_by: Option<Citation>,
    /// When it was in for the first time, where that is known to have been later than its arrival.
    pub first_in: Option<Back>,
}

impl Member {
    /// From when on it may be in, as far as is known.
    fn comes(&self) -> Back {
        let arrival = || Back { at: self.arrived, told_by: self.told_by };
        self.first_in.clone().filter(|first| first.at > self.arrived).unwrap_or_else(arrival)
    }
}

/// A span in which one member was out.
pub struct Outage {
    /// Its place among the members.
    pub member: usize,
    pub from: DateTime<Utc>,
    /// None: it was not back by the end of the window, as far as records tell.
    pub to: Option<Back>,
}

/// When one was back, and the record that tells it.
#[derive(Clone, Debug, PartialEq)]
pub struct Back {
    pub at: DateTime<Utc>,
    pub told_by: Option<Citation>,
}

/// A span in which all were out.
#[derive(Debug, PartialEq)]
pub struct Span {
    pub from: DateTime<Utc>,
    pub to: Option<Back>,
    /// Places of outages: the first one of each member.
    pub witnesses: Vec<usize>,
}

/// The spans in order of time. Each begins with an outage, and ends when the first member is back or another comes in.
pub fn spans(members: &[Member], outages: &[Outage]) -> Vec<Span> {
    let arrivals = newcomers(members, outages);
    let mut sweep = Sweep::new(members.len());
    let mut spans: Vec<Span> = Vec::new();
    for changes in changes(members, outages).chunk_by(|a, b| (a.at, a.after) == (b.at, b.after)) {
        let Some(at) = changes.first().map(|change| change.at) else { continue };
        let mut began = false;
        for change in changes {
            began |= matches!(change.what, What::Begins(_));
            sweep.apply(change.what, outages);
        }
        if !began || !sweep.are_all_out() {
            continue;
        }
        if let Some(span) = spans.last_mut().filter(|span| span.to.as_ref().is_none_or(|to| at <= to.at)) {
            // Who came in the place of those that went, and was out at once, might have ended it.
            let is_next = |change: &&Change| at - span.from <= REPLACING && !change.after;
            span.witnesses.extend(changes.iter().filter(is_next).filter_map(|change| match change.what {
                What::Begins(place) if came_out(members, outages.get(place)?) => Some(place),
                _ => None,
            }));
            continue;
        }
        let newcomer = arrivals.get(arrivals.partition_point(|arrival| arrival.at <= at)).cloned();
        let back = sweep.first_back(at).and_then(|outage| outages.get(outage)?.to.clone());
        let to = back.into_iter().chain(newcomer).min_by_key(|end| end.at);
        spans.push(Span { from: at, to, witnesses: sweep.witnesses() });
    }
    spans
}

/// When members were in for the first time, in order of time: who is out when it comes is not in by that.
fn newcomers(members: &[Member], outages: &[Outage]) -> Vec<Back> {
    let out: BTreeSet<usize> = outages.iter().filter(|one| came_out(members, one)).map(|one| one.member).collect();
    let members = members.iter().enumerate().filter(|(place, _)| !out.contains(place));
    let mut arrivals: Vec<Back> = members.map(|(_, member)| member.comes()).collect();
    arrivals.sort_by_key(|arrival| (arrival.at, arrival.told_by));
    arrivals
}

/// Whether a member was out when it came.
fn came_out(members: &[Member], outage: &Outage) -> bool {
    let came = members.get(outage.member).map(|member| member.comes().at);
    came.is_some_and(|came| outage.from <= came && outage.to.as_ref().is_none_or(|to| to.at > came))
}

#[derive(Clone, Copy)]
enum What {
    Arrives(usize),
    Begins(usize),
    Leaves(usize),
    Ends(usize),
}

/// What is so from a moment on, or from just after it.
struct Change {
    at: DateTime<Utc>,
    after: bool,
    what: What,
}

/// All changes in order. A member is there, and out, at the first and at the last moment of it; one that comes is there once
/// it is in.
fn changes(members: &[Member], outages: &[Outage]) -> Vec<Change> {
    let mut changes = Vec::with_capacity(2 * (members.len() + outages.len()));
    for (place, member) in members.iter().enumerate() {
        let arrived = member.comes().at;
        if member.until.is_none_or(|until| arrived <= until) {
            changes.push(Change { at: arrived, after: false, what: What::Arrives(place) });
            changes.extend(member.until.map(|at| Change { at, after: true, what: What::Leaves(place) }));
        }
    }
    for (place, outage) in outages.iter().enumerate() {
        let to = outage.to.as_ref().map(|end| end.at);
        if to.is_none_or(|to| outage.from <= to) {
            changes.push(Change { at: outage.from, after: false, what: What::Begins(place) });
            changes.extend(to.map(|at| Change { at, after: true, what: What::Ends(place) }));
        }
    }
    changes.sort_by_key(|change| (change.at, change.after));
    changes
}

#[derive(Clone, Default)]
struct State {
    is_there: bool,
    /// The outages it is in.
    outages: BTreeSet<usize>,
}

impl State {
    /// Whether it is there, and whether it is there and out.
    fn counts(&self) -> (usize, usize) {
        (usize::from(self.is_there), usize::from(self.is_there && !self.outages.is_empty()))
    }
}

/// Who is there and who is out at one moment.
struct Sweep {
    states: Vec<State>,
    there: usize,
    out: usize,
    /// End and place of the outages that go on.
    ends: BTreeSet<(DateTime<Utc>, usize)>,
}

impl Sweep {
    fn new(members: usize) -> Self {
        Self { states: vec![State::default(); members], there: 0, out: 0, ends: BTreeSet::new() }
    }

    fn apply(&mut self, what: What, outages: &[Outage]) {
        match what {
            What::Arrives(member) => self.change(member, |state| state.is_there = true),
            What::Leaves(member) => self.change(member, |state| state.is_there = false),
            What::Begins(place) => {
                let Some(outage) = outages.get(place) else { return };
                self.ends.extend(outage.to.as_ref().map(|end| (end.at, place)));
                self.change(outage.member, |state| _ = state.outages.insert(place));
            }
            What::Ends(place) => {
                let Some(outage) = outages.get(place) else { return };
                outage.to.iter().for_each(|end| _ = self.ends.remove(&(end.at, place)));
                self.change(outage.member, |state| _ = state.outages.remove(&place));
            }
        }
    }

    fn change(&mut self, member: usize, how: impl FnOnce(&mut State)) {
        let Some(state) = self.states.get_mut(member) else { return };
        let before = state.counts();
        how(state);
        let after = state.counts();
        self.there = self.there + after.0 - before.0;
        self.out = self.out + after.1 - before.1;
    }

    fn are_all_out(&self) -> bool {
        self.there > 0 && self.there == self.out
    }

    /// The outage that is over first after a moment.
    fn first_back(&self, after: DateTime<Utc>) -> Option<usize> {
        let later = (Bound::Excluded((after, usize::MAX)), Bound::Unbounded);
        self.ends.range(later).next().map(|(_, place)| *place)
    }

    fn witnesses(&self) -> Vec<usize> {
        let there = self.states.iter().filter(|state| state.is_there);
        there.filter_map(|state| state.outages.first().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    #[test]
    fn who_is_out_when_it_comes_ends_no_outage() {
        let members = [member(0, None), member(12, None)];
        let outages = [outage(0, 11, None), outage(1, 12, None)];
        assert_eq!(found(&members, &outages), [(11, None, vec![0, 1])]);
    }

    fn member(arrived: i64, until: Option<i64>) -> Member {
        Member { arrived: at(arrived), until: until.map(at), told_by: None, first_in: None }
    }

    fn outage(member: usize, from: i64, to: Option<i64>) -> Outage {
        Outage { member, from: at(from), to: to.map(|to| Back { at: at(to), told_by: None }) }
    }

    /// Beginning, end and witnesses of each span.
    fn found(members: &[Member], outages: &[Outage]) -> Vec<(i64, Option<i64>, Vec<usize>)> {
        let seconds = |at: DateTime<Utc>| (at - DateTime::UNIX_EPOCH).num_seconds();
        let spans = spans(members, outages).into_iter();
        spans.map(|span| (seconds(span.from), span.to.map(|to| seconds(to.at)), span.witnesses)).collect()
    }

    #[test]
    fn one_that_is_in_keeps_the_group() {
        let members = [member(0, None), member(0, None)];
        assert_eq!(found(&members, &[outage(0, 10, None)]), []);
        assert_eq!(found(&members, &[outage(0, 10, Some(20)), outage(1, 21, None)]), []);
        let both = [outage(0, 10, Some(30)), outage(1, 20, Some(50))];
        assert_eq!(found(&members, &both), [(20, Some(30), vec![0, 1])]);
        // The last moment of one is the first of the other.
        assert_eq!(found(&members, &[outage(0, 10, Some(20)), outage(1, 20, None)]), [(20, None, vec![0, 1])]);
    }

    #[test]
    fn only_who_is_there_counts() {
        let late = [member(0, None), member(100, None)];
        assert_eq!(found(&late, &[outage(0, 10, None)]), [(10, Some(100), vec![0])]);
        let gone = [member(0, None), member(0, Some(5))];
        assert_eq!(found(&gone, &[outage(0, 10, None)]), [(10, None, vec![0])]);
        assert_eq!(found(&gone, &[outage(0, 5, None)]), []);
        assert_eq!(found(&[], &[]), []);
        // One that went before it came was never there.
        assert_eq!(found(&[member(20, Some(10))], &[outage(0, 25, None)]), []);
    }

    #[test]
    fn one_that_comes_is_in_once_it_is_ready() {
        let ready =
            |arrived, first| Member { first_in: Some(Back { at: at(first), told_by: None }), ..member(arrived, None) };
        let out = [outage(0, 10, None)];
        assert_eq!(found(&[member(0, None), ready(20, 27)], &out), [(10, Some(27), vec![0])]);
        assert_eq!(found(&[member(0, None), ready(20, 50), ready(30, 35)], &out), [(10, Some(35), vec![0])]);
        assert_eq!(
            found(&[member(0, None), ready(5, 50)], &out),
            [(10, Some(50), vec![0])],
            "it came before, and was not in"
        );
        // What was said of an earlier time is none of this arrival.
        assert_eq!(found(&[member(0, None), ready(20, 5)], &out), [(10, Some(20), vec![0])]);
    }

    #[test]
    fn spans_follow_each_other() {
        let outages = [outage(0, 10, Some(20)), outage(0, 15, Some(18)), outage(0, 30, Some(40))];
        assert_eq!(found(&[member(0, None)], &outages), [(10, Some(20), vec![0]), (30, Some(40), vec![2])]);
    }

    #[test]
    fn ten_thousand_of_them_take_no_square() {
        let members: Vec<Member> = (0..10_000).map(|_| member(0, None)).collect();
        let outages: Vec<Outage> = (0..10_000_usize)
            .flat_map(|one| (0..4).map(move |n| outage(one, n * 100 + (one as i64 % 50), None)))
            .collect();
        assert_eq!(found(&members, &outages).len(), 1);
    }
}
