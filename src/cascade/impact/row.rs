//! Rows: subjects of one group in one state, put together.

use super::scope::Tie;
use super::state::State;
use crate::model::{Citation, End, Moment, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Some of a group were in one state.
#[derive(Clone, Debug, PartialEq)]
pub struct Impact {
    /// Whose they are, in words: `Deployment/shop/api`, `the Services of namespace shop`.
    pub whose: String,
    pub state: State,
    /// What they were in for a while before it, so that its words alone are not true of the whole time.
    pub before: Option<State>,
    /// In other words than those of the state, where a signal has them.
    pub words: Option<String>,
    /// Each once, in order of when it began.
    pub subjects: Vec<Subject>,
    /// How many of their group there were when it began; none where that is not known.
    pub of: Option<usize>,
    /// When it began for the first of them, and how much earlier it may have.
    pub from: Moment,
    /// The end of it for the last of them.
    pub end: End,
    /// Whose end was the last of those that are known.
    pub ended_last: Option<Subject>,
    /// The last that it happened to was deleted with its workload, and never well again.
    pub is_given_up: bool,
    /// The last sign of it.
    pub last: DateTime<Utc>,
    /// How many came in their place, and fared no better.
    pub in_place: usize,
    /// The cascade it is of; the lowest of several.
    pub cascade: usize,
    /// Whether links that rest on more than order in time tie it to the largest cascade.
    pub linked: bool,
    /// The signals that tell of it, by their indexes.
    pub signals: Vec<usize>,
    /// The records of its beginnings, then of its ends.
    pub evidence: Vec<Citation>,
}

impl Impact {
    /// Until when it is known to have lasted; none while it goes on.
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self.end {
            End::At(end) => Some(end),
            End::Unknown => Some(self.last.max(self.from.time)),
            End::Ongoing => None,
        }
    }

    /// What the last that it happened to was at its end.
    pub fn became(&self) -> &'static str {
        if self.is_given_up { "deleted" } else { "well again" }
    }

    /// `pods of Deployment/shop/api were not ready`.
    pub fn what(&self) -> String {
        match &self.words {
            Some(words) => words.clone(),
            None => format!("{} {}", self.whose, self.state_words(self.subjects.len() == 1)),
        }
    }

    /// What is said of one of them, or of several: `was evicted`, `were not ready, then evicted`.
    pub fn state_words(&self, one: bool) -> String {
        let words = self.state.words(one);
        let Some(before) = self.before else { return words.to_owned() };
        let then = words.strip_prefix("was ").or_else(|| words.strip_prefix("were ")).unwrap_or(words);
        format!("{}, then {then}", before.words(one))
    }

    /// Linked ones first, and Services that nobody answered for, linked or not: whoever asked them was hurt. Then by how
    /// much it hurts, how many, and when.
    pub(super) fn rank(&self) -> impl Ord {
        static NOBODY: std::sync::LazyLock<Subject> = std::sync::LazyLock::new(Subject::whole_cluster);
        let first = self.subjects.first().unwrap_or(&NOBODY);
        let is_beside = !self.linked && self.state != State::NoEndpoint;
        let many = std::cmp::Reverse(self.subjects.len());
        (is_beside, self.state, !self.linked, many, self.from.time, first, &self.whose)
    }
}

/// One subject in one state.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub subject: Subject,
    pub state: State,
    /// The first sign of that state; signs of another, no worse, may be earlier.
    pub state_from: DateTime<Utc>,
    /// The first sign of it, and of what came before: a failed probe, that it came.
    pub since: DateTime<Utc>,
    /// When it was sure, and how much earlier it may have been.
    pub from: Moment,
    /// When it turned not ready, where a record tells that; its probe had begun to fail before.
    pub out: Option<DateTime<Utc>>,
    pub end: End,
    /// It was deleted with its workload.
    pub is_given_up: bool,
    pub last: DateTime<Utc>,
    /// Who was well, or gone, at that end: the pod itself, or the last in its place.
    pub ended_with: Subject,
    pub in_place: usize,
    pub tie: Tie,
    pub signals: Vec<usize>,
    pub began_by: Vec<Citation>,
    pub ended_by: Vec<Citation>,
}

impl Span {
    pub fn until(&self) -> Option<DateTime<Utc>> {
        match self.end {
            End::At(end) => Some(end.max(self.from.time)),
            End::Unknown => Some(self.last.max(self.from.time)),
            End::Ongoing => None,
        }
    }
}

/// What fails for good does so at one moment: of a group within this is told together. As long as a Job waits at most before
/// it tries again, which is 10 s doubled up to six minutes, and once more (documentation, Jobs, Pod backoff failure policy).
const FOR_GOOD: TimeDelta = TimeDelta::minutes(10);

/// Spans of one group, put together where they are of one cascade, overlap, or are of what failed for good soon after.
pub(super) fn together(mut spans: Vec<Span>) -> Vec<Vec<Span>> {
    spans.sort_by(|a, b| (a.from.time, &a.subject).cmp(&(b.from.time, &b.subject)));
    let mut groups: Vec<Vec<Span>> = Vec::new();
    let mut of_cascade: BTreeMap<usize, usize> = BTreeMap::new();
    // The group that lasts the longest of all so far, and until when; none for one that goes on.
    let mut longest: Option<(usize, Option<DateTime<Utc>>)> = None;
    for span in spans {
        let over = longest.filter(|(_, until)| until.is_none_or(|until| span.from.time <= until));
        let known = of_cascade.get(&span.tie.cascade).copied().or(over.map(|(place, _)| place));
        let place = known.unwrap_or(groups.len());
        of_cascade.entry(span.tie.cascade).or_insert(place);
        let own_until = span.until().map(|until| if span.state.is_final() { until + FOR_GOOD } else { until });
        let is_longer = |(_, until): (usize, Option<DateTime<Utc>>)| {
            until.is_some_and(|known| own_until.is_none_or(|own| own > known))
        };
        if longest.is_none_or(is_longer) {
            longest = Some((place, own_until));
        }
        match groups.get_mut(place) {
            Some(group) => group.push(span),
            None => groups.push(vec![span]),
        }
    }
    groups
}

/// Who was not ready for longer than this before it came to worse was so for a time that people noticed.
const WELL_BEFORE: TimeDelta = TimeDelta::seconds(60);

/// Spans as one row.
pub(super) fn row(whose: String, spans: Vec<Span>, of: Option<usize>) -> Option<Impact> {
    let first = spans.iter().map(|span| span.from).min_by_key(|from| from.time)?;
    let since = first.time - spans.iter().map(|span| span.since).min()?;
    let from = Moment { earlier_ms: first.earlier_ms.max(since.num_milliseconds().try_into().unwrap_or(0)), ..first };
    let last = spans.iter().map(|span| span.last).max()?;
    let ends = || spans.iter().map(|span| span.end);
    let latest = ends().filter_map(|end| if let End::At(end) = end { Some(end) } else { None }).max();
    let end = match latest {
        _ if ends().any(|end| end == End::Ongoing) => End::Ongoing,
        Some(latest) if ends().all(|end| end != End::Unknown) => End::At(latest),
        _ => End::Unknown,
    };
    let is_last = |span: &&Span| latest.is_some_and(|latest| span.end == End::At(latest));
    let ended_last = spans.iter().find(is_last).map(|span| span.ended_with.clone());
    let mut seen: BTreeSet<&Subject> = BTreeSet::new();
    let subjects = spans.iter().map(|span| &span.subject).filter(|subject| seen.insert(subject)).cloned().collect();
    let signals: BTreeSet<usize> = spans.iter().flat_map(|span| span.signals.iter().copied()).collect();
    let began = spans.iter().flat_map(|span| span.began_by.iter().copied());
    let ended = spans.iter().flat_map(|span| span.ended_by.iter().copied());
    let mut cited: BTreeSet<Citation> = BTreeSet::new();
    let evidence = began.chain(ended).filter(|one| cited.insert(*one)).collect();
    let state = spans.iter().map(|span| span.state).min()?;
    let is_late = |span: &Span| span.state == state && span.state_from - span.from.time > WELL_BEFORE;
    let is_late = state.is_worse_than_unready() && spans.iter().all(is_late);
    Some(Impact {
        whose,
        state,
        before: is_late.then_some(State::NotReady),
        words: None,
        subjects,
        of,
        from,
        end,
        ended_last,
        is_given_up: spans.iter().any(|span| span.is_given_up && span.end == end),
        last: last.max(latest.unwrap_or(last)),
        in_place: spans.iter().map(|span| span.in_place).sum(),
        cascade: spans.iter().map(|span| span.tie.cascade).min()?,
        linked: spans.iter().any(|span| span.tie.linked),
        signals: signals.into_iter().collect(),
        evidence,
    })
}
