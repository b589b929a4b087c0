//! `flapping`: two opposite records of one subject, again and again.
//!
//! Events of the same text are folded into one with a count, so what is counted is how often each of both was said.

use super::super::look::{Look, WrittenLook};
use super::super::{Labels, Rule, Signal};
use super::made::{Made, length};
use crate::evidence::{Evidence, Fact, FactId};
use crate::model::{End, Subject};
use chrono::TimeDelta;
use serde::Deserialize;
use std::collections::BTreeMap;

/// As it is written: the records of either side, and how many changes from one to the other there have to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    one: Vec<WrittenLook>,
    other: Vec<WrittenLook>,
    changes: u64,
    #[serde(deserialize_with = "length")]
    within: TimeDelta,
}

#[derive(Debug, Deserialize)]
#[serde(try_from = "Written")]
pub struct Parameters {
    sides: [Vec<Look>; 2],
    changes: u64,
    /// In this time on average at most.
    within: TimeDelta,
}

impl TryFrom<Written> for Parameters {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let looks =
            |written: Vec<WrittenLook>| written.into_iter().map(Look::new).collect::<Result<Vec<Look>, String>>();
        Ok(Self {
            sides: [looks(written.one)?, looks(written.other)?],
            changes: written.changes,
            within: written.within,
        })
    }
}

impl Parameters {
    /// The kinds of subject that its records are about.
    pub fn kinds(&self) -> Vec<&str> {
        self.sides.iter().flatten().filter_map(Look::kinds).flatten().collect()
    }
}

/// How many changes there were.
pub const LABELS: [&str; 1] = ["changes"];

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut found: BTreeMap<&Subject, [Vec<(FactId, Fact<'_>)>; 2]> = BTreeMap::new();
    for (id, fact) in evidence.facts.numbered_from(0).filter(|(_, fact)| fact.last.time >= evidence.window.from) {
        let [is_one, is_other] =
            parameters.sides.each_ref().map(|looks| looks.iter().any(|look| look.matches(&fact).is_some()));
        if is_one || is_other {
            let [one, other] = found.entry(fact.subject).or_default();
            if is_one { one } else { other }.push((id, fact));
        }
    }
    signals.extend(
        found.into_iter().filter_map(|(subject, sides)| made(subject, sides, parameters)).map(|made| made.signal(rule)),
    );
}

fn made(subject: &Subject, [one, other]: [Vec<(FactId, Fact<'_>)>; 2], parameters: &Parameters) -> Option<Made> {
    let told = |side: &[(FactId, Fact<'_>)]| side.iter().map(|(_, fact)| fact.count).sum::<u64>();
    // From one to the other and back, as often as the rarer was said; the first change may be half of that.
    let changes = (2 * told(&one).min(told(&other))).saturating_sub(1);
    let mut all = [one, other].concat();
    all.sort_by_key(|(id, fact)| (fact.at.time, *id));
    let (_, first) = *all.first()?;
    let last = all.iter().map(|(_, fact)| fact.last.time).max()?;
    let times = i32::try_from(changes / parameters.changes.max(1)).unwrap_or(i32::MAX);
    let is_fast = times > 0 && last - first.at.time <= parameters.within * times;
    is_fast.then(|| Made {
        subject: subject.clone(),
        node: first.node.map(str::to_owned),
        from: first.at,
        last,
        end: End::Unknown,
        count: changes,
        labels: [("changes", changes.to_string())].into_iter().collect::<Labels>(),
        evidence: all.iter().map(|(_, fact)| fact.citation).collect(),
        occurrences: all.iter().map(|(id, _)| *id).collect(),
        ended_by: None,
    })
}
