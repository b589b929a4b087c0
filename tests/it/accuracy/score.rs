//! How much of the truth a report found, and what it says that is not so.
//!
//! An edge of a report counts where both its ends are signals of the truth; a path through signals that the truth does
//! not mention counts as one edge.

use super::truth::{Factor, Impact as ImpactTruth, Link, NotEnd, NotPart, Seen, Truth, is_entity};
use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::report::schema::{FactorRow, ImpactRow, Report, SignalRow};
use regex::RegexBuilder;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Shares of what the truth has, and what was said too much. A share of nothing is none.
#[derive(Debug, Default)]
pub struct Score {
    pub chain: Share,
    /// Of the edges that the report claims between signals of the truth.
    pub edges_right: Share,
    /// Of the edges of the truth.
    pub edges_found: Share,
    /// Factors that records can show, by class and object.
    pub factors: Share,
    /// Factors that only people can tell of: whether they are asked.
    pub asked: Share,
    pub trigger: Share,
    pub common: Share,
    pub impact: Share,
    /// Claimed edges between signals of the truth, by grade: right and all.
    pub by_grade: BTreeMap<String, Share>,
    /// What the truth says is not so, and the report says.
    pub wrong: Vec<String>,
    pub missed: Vec<String>,
}

/// What the figures of a [`Score`] are called, in the order of [`Score::shares`].
pub const SHARES: [&str; 8] =
    ["chain", "edges right", "edges found", "factors", "asked", "trigger", "common", "impact"];

impl Score {
    /// Counts what another counted, too.
    pub fn add(&mut self, other: Self) {
        for (sum, share) in [
            (&mut self.chain, other.chain),
            (&mut self.edges_right, other.edges_right),
            (&mut self.edges_found, other.edges_found),
            (&mut self.factors, other.factors),
            (&mut self.asked, other.asked),
            (&mut self.trigger, other.trigger),
            (&mut self.common, other.common),
            (&mut self.impact, other.impact),
        ] {
            sum.add(share);
        }
        self.wrong.extend(other.wrong);
    }

    /// Every figure of it, but those by grade, which are of the claimed edges once more.
    pub fn shares(&self) -> [Share; 8] {
        let Self { chain, edges_right, edges_found, factors, asked, trigger, common, impact, .. } = *self;
        [chain, edges_right, edges_found, factors, asked, trigger, common, impact]
    }
}

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Share {
    pub part: usize,
    pub whole: usize,
}

impl Share {
    pub fn add(&mut self, other: Self) {
        self.part += other.part;
        self.whole += other.whole;
    }

    /// Whether the share is as large; one of nothing is.
    pub fn at_least(self, least: f64) -> bool {
        self.part as f64 >= least * self.whole as f64
    }

    fn count(&mut self, found: bool) {
        self.part += usize::from(found);
        self.whole += 1;
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.whole {
            0 => f.pad("-"),
            whole => f.pad(&format!("{:.2}", self.part as f64 / whole as f64)),
        }
    }
}

/// Which links of the chain a signal may be; several where the chain has the same thing twice.
type Matches = BTreeSet<usize>;

/// The score of `report`; `draft` is what it reads like.
pub fn score(truth: &Truth, report: &Report, draft: &str) -> Score {
    let mut score = Score::default();
    let matched: BTreeMap<&str, Matches> =
        report.signals.iter().map(|signal| (signal.id.as_str(), matches(truth, signal))).collect();
    chain(truth, &matched, &mut score);
    edges(truth, report, &matched, &mut score);
    for factor in &truth.factors {
        let found = match factor.seen {
            Seen::Record => report.factors.iter().any(|row| is_factor(factor, row, report)),
            Seen::Ask => is_asked(factor, report),
        };
        let share = if factor.seen == Seen::Record { &mut score.factors } else { &mut score.asked };
        share.count(found);
        if !found {
            score.missed.push(format!("factor {} {}: {}", factor.class, factor.id, factor.what));
        }
    }
    if let Some(trigger) = &truth.trigger {
        let is_named = names_trigger(truth, report);
        score.trigger.count(is_named);
        if !is_named {
            score.missed.push(format!("trigger {}: {}", trigger.entity, trigger.what));
        }
    }
    listed(truth, report, &mut score);
    score.wrong = wrong(truth, report, &matched, draft);
    score
}

fn chain(truth: &Truth, matched: &BTreeMap<&str, Matches>, score: &mut Score) {
    let found: Matches = matched.values().flatten().copied().collect();
    for (at, link) in truth.chain.iter().enumerate().filter(|(_, link)| !link.maybe) {
        score.chain.count(found.contains(&at));
        if !found.contains(&at) {
            score.missed.push(format!("signal {}", named(link, at)));
        }
    }
}

fn edges(truth: &Truth, report: &Report, matched: &BTreeMap<&str, Matches>, score: &mut Score) {
    let found: Matches = matched.values().flatten().copied().collect();
    let pairs = pairs(report, matched);
    let is_true = |from: &Matches, to: &Matches| {
        truth.edges.iter().any(|edge| from.contains(&edge.from) && to.contains(&edge.to))
    };
    // An edge between things that this run did not have is nobody's fault.
    let there = |at: usize| !truth.chain[at].maybe || found.contains(&at);
    for edge in truth.edges.iter().filter(|edge| there(edge.from) && there(edge.to)) {
        let seen = pairs.keys().any(|(from, to)| from.contains(&edge.from) && to.contains(&edge.to));
        score.edges_found.count(seen);
        if !seen {
            let ends = [edge.from, edge.to].map(|at| named(&truth.chain[at], at)).join(" -> ");
            score.missed.push(format!("edge {ends} ({})", edge.why));
        }
    }
    for ((from, to), grade) in &pairs {
        let right = is_true(from, to);
        score.edges_right.count(right);
        if let Some(grade) = grade {
            score.by_grade.entry(grade.clone()).or_default().count(right);
        }
        if !right {
            let names =
                |all: &Matches| all.iter().map(|at| named(&truth.chain[*at], *at)).collect::<Vec<_>>().join(" or ");
            score.missed.push(format!("not in the truth: {} -> {}", names(from), names(to)));
        }
    }
}

fn named(link: &Link, at: usize) -> String {
    format!("{at} {} {}", link.entity, link.signal)
}

/// Rounding of the truth's own bounds.
const ROUNDING: TimeDelta = TimeDelta::seconds(1);

fn matches(truth: &Truth, signal: &SignalRow) -> Matches {
    let onset: DateTime<Utc> = signal.from.parse().expect("times are RFC 3339");
    let earliest = onset - TimeDelta::milliseconds(i64::from(signal.earlier_ms)) - ROUNDING;
    let is = |link: &Link| {
        let names = std::iter::once(&link.signal).chain(&link.alias);
        let name = names.into_iter().any(|name| is_called(name, &signal.signal));
        let in_time = link.from.is_none_or(|from| onset + ROUNDING >= from) && link.to.is_none_or(|to| earliest <= to);
        name && in_time && is_entity(&link.entity, &signal.subject)
    };
    (0..truth.chain.len()).filter(|at| is(&truth.chain[*at])).collect()
}

/// A truth that names no variant takes any: `Killing` is also `Killing(stopping)`.
fn is_called(truth: &str, signal: &str) -> bool {
    let is_variant = || signal.strip_prefix(truth).is_some_and(|rest| rest.starts_with('('));
    truth == signal || is_variant()
}

/// Every pair of truth signals that the report connects, through none or more others; the grade of those that one edge
/// connects.
fn pairs(report: &Report, matched: &BTreeMap<&str, Matches>) -> BTreeMap<(Matches, Matches), Option<String>> {
    let mut after: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
    for edge in &report.edges {
        after.entry(&edge.from).or_default().push((&edge.to, &edge.grade));
    }
    let mut pairs = BTreeMap::new();
    for (start, from) in matched.iter().filter(|(_, matches)| !matches.is_empty()) {
        let direct = after.get(start).into_iter().flatten();
        let mut pending: Vec<(&str, Option<&str>)> = direct.map(|(to, grade)| (*to, Some(*grade))).collect();
        let mut seen = BTreeSet::new();
        while let Some((at, grade)) = pending.pop() {
            if !seen.insert(at) {
                continue;
            }
            match &matched[at] {
                to if to.is_empty() => pending.extend(after.get(at).into_iter().flatten().map(|(to, _)| (*to, None))),
                to if to == from => {}
                to => {
                    let known = pairs.entry((from.clone(), to.clone())).or_insert(None);
                    *known = known.take().or(grade.map(str::to_owned));
                }
            }
        }
    }
    pairs
}

/// Whether a factor of the report is the one of the truth: of its class, and about its object.
fn is_factor(factor: &Factor, row: &FactorRow, report: &Report) -> bool {
    let Some(object) = &factor.object else { return row.class == factor.class };
    let subjects =
        report.signals.iter().filter(|signal| row.signals.contains(&signal.id)).map(|signal| &signal.subject);
    let about = subjects.clone().any(|subject| is_entity(object, subject));
    row.class == factor.class && (about || row.statement.contains(bare(object)))
}

/// What of a pattern stands in any sentence about it: `shop/cart` of `Pod/shop/cart-*`.
fn bare(object: &str) -> &str {
    let name = object.split_once('/').map_or(object, |(_, name)| name);
    name.trim_end_matches('*').trim_end_matches('-')
}

fn is_asked(factor: &Factor, report: &Report) -> bool {
    report.questions.iter().any(|row| match &factor.object {
        Some(object) => is_entity(object, &row.about) || row.question.contains(bare(object)),
        None => row.about == factor.class,
    })
}

fn names_trigger(truth: &Truth, report: &Report) -> bool {
    let Some(trigger) = &truth.trigger else { return false };
    assert!(!trigger.what.is_empty(), "a trigger says what was done");
    // The first record of what was done may come minutes after it, but not before, and no half an hour.
    let in_time = |signal: &&SignalRow| {
        let onset: DateTime<Utc> = signal.from.parse().expect("times are RFC 3339");
        trigger.at.is_none_or(|at| (at - onset).abs() <= TimeDelta::minutes(10))
    };
    let of = |id: &String| report.signals.iter().find(|signal| signal.id == *id);
    let mut entities = std::iter::once(&trigger.entity).chain(&trigger.alias);
    entities.any(|entity| {
        report.factors.iter().filter(|row| row.class == "trigger").any(|row| {
            let signals = row.signals.iter().filter_map(of).filter(in_time);
            let about = signals.clone().any(|signal| is_entity(entity, &signal.subject));
            about || (signals.count() > 0 && !entity.contains('*') && row.statement.contains(entity.as_str()))
        })
    })
}

/// What the failing share, and who was hurt: lists of the report that it may not have yet.
fn listed(truth: &Truth, report: &Report, score: &mut Score) {
    let json = serde_json::to_value(report).expect("a report in JSON");
    let list = |name: &str| json.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    let text = |row: &Value, name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    for common in &truth.common {
        let is = |row: &Value| {
            let counts = |name: &str, wanted: Option<[u64; 2]>| {
                wanted.is_none_or(|wanted| row.get(name) == Some(&serde_json::json!(wanted)))
            };
            let first = text(row, "attribute") == common.attribute && text(row, "value") == common.value;
            // What the same ones have is told with it, and no record can tell which it is.
            let also = format!("{} {}", common.attribute, common.value);
            let told_with_it = || {
                text(row, "statement").contains(&format!("apart from {also}"))
                    || text(row, "statement").contains(&format!(", {also}"))
            };
            (first || told_with_it()) && counts("failing", common.failing) && counts("healthy", common.healthy)
        };
        let found = list("common").iter().any(is);
        score.common.count(found);
        if !found {
            let of = common.of.as_deref().unwrap_or("the failing");
            score.missed.push(format!("common {} {} of {of} ({})", common.attribute, common.value, common.why));
        }
    }
    for impact in &truth.impact {
        let found = report.impact.iter().any(|row| tells(row, impact, &report.archive.to));
        score.impact.count(found);
        if !found {
            score.missed.push(format!("impact {} {}", impact.entity, impact.what));
        }
    }
}

/// Whether a row tells of who was hurt, how many of how many, and when: of the pods by their names or by whose they are, of a
/// Service as such.
///
/// What goes on at the end of the window is told without an end, which is right if its end is not before that of the window.
fn tells(row: &ImpactRow, truth: &ImpactTruth, cut: &str) -> bool {
    let named = row.subjects.iter().filter(|subject| is_entity(&truth.entity, subject)).count();
    let service = truth.entity.strip_prefix("Service/").map(|name| format!("Service {name} "));
    let whose = service.unwrap_or_else(|| format!("{} ", truth.entity));
    let hit = if named == 0 && row.what.contains(&whose) { row.count } else { named };
    let at = |text: &str| text.parse::<DateTime<Utc>>().expect("times are RFC 3339");
    let earlier = TimeDelta::milliseconds(i64::from(row.earlier_ms));
    let from = truth.from.is_none_or(|wanted| {
        let late = at(&row.from) - wanted;
        late >= -EXACT && late <= EXACT + earlier
    });
    let goes_on = row.end == "goes-on" && row.to.is_none();
    let to = truth.to.is_none_or(|wanted| match row.to.as_deref() {
        Some(to) => (at(to) - wanted).abs() <= EXACT,
        None => goes_on && wanted >= at(cut) - EXACT,
    });
    let is = |wanted: Option<u64>, told: Option<usize>| {
        wanted.is_none_or(|wanted| told.map(|told| told as u64) == Some(wanted))
    };
    hit > 0 && is(truth.count, Some(hit)) && is(truth.of, row.of) && from && to
}

/// Times of who was hurt may be off by so much.
const EXACT: TimeDelta = TimeDelta::seconds(2);

/// What is said and is not so.
fn wrong(truth: &Truth, report: &Report, matched: &BTreeMap<&str, Matches>, draft: &str) -> Vec<String> {
    let its_own = |signal: &&SignalRow| !matched[signal.id.as_str()].is_empty();
    let cascades: BTreeSet<&str> =
        report.signals.iter().filter(its_own).filter_map(|signal| signal.cascade.as_deref()).collect();
    truth.not.iter().flat_map(|not| not_so(truth, not, report, &cascades, draft)).collect()
}

fn not_so(truth: &Truth, not: &NotPart, report: &Report, cascades: &BTreeSet<&str>, draft: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let is = |end: &NotEnd, signal: &SignalRow| {
        is_called(&end.signal, &signal.signal) && is_entity(&end.entity, &signal.subject)
    };
    if let (Some(entity), Some(name)) = (&not.entity, &not.signal) {
        let end = NotEnd { entity: entity.clone(), signal: name.clone() };
        for signal in report.signals.iter().filter(|signal| is(&end, signal)) {
            // Where there is a chain, being apart from it is right; where there is none, being bad at all is wrong.
            let inside = signal.cascade.as_deref().is_some_and(|id| truth.chain.is_empty() || cascades.contains(id));
            if inside {
                wrong.push(format!("{name} {}: {}", signal.subject, not.why));
            }
        }
    }
    if let Some(edge) = &not.edge {
        let ids = |end: &NotEnd| -> BTreeSet<&str> {
            report.signals.iter().filter(|signal| is(end, signal)).map(|signal| signal.id.as_str()).collect()
        };
        let (from, to) = (ids(&edge.from), ids(&edge.to));
        let joined = report.edges.iter().any(|one| from.contains(one.from.as_str()) && to.contains(one.to.as_str()));
        if joined {
            wrong.push(format!("{} -> {}: {}", edge.from.signal, edge.to.signal, not.why));
        }
    }
    if let Some(words) = &not.says {
        let pattern = RegexBuilder::new(words).case_insensitive(true).build().expect("a regular expression");
        wrong.extend(pattern.find(draft).map(|found| format!("says \"{}\": {}", found.as_str(), not.why)));
    }
    wrong
}
