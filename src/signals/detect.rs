//! Tries rules on the facts that they may match, and joins what belongs together into signals.

use super::labels::{LabelSets, SINCE};
use super::lives::{self, Failing, Phase};
use super::matching::{self, Matches};
use super::merge::{Ending, Joining, Occurrence};
use super::{Catalogue, Rule, Signal, contradicted, derived, unrecognised};
use crate::evidence::Evidence;
use crate::model::{Citation, Clock, Moment, Order, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What the rules made of the evidence.
pub struct Detected {
    /// In order of onset.
    pub signals: Vec<Signal>,
    /// For each fact, whether any rule knew what it means.
    pub claimed: Vec<bool>,
}

/// Tries each rule on the facts that it may match.
pub fn detect(catalogue: &Catalogue, evidence: &Evidence) -> Detected {
    let Matches { of_rule, labels, nodes, claimed } = matching::matches(catalogue, evidence);
    let mut detector = Detector { evidence, labels };
    let mut found: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
    let mut endings = Vec::new();
    for (rule, of_rule) in catalogue.rules.iter().zip(of_rule) {
        for (name, mut part) in detector.by_phase(rule, of_rule.occurrences) {
            found.entry(name).or_default().append(&mut part);
        }
        endings.push(of_rule.endings);
    }
    let of_rule = |(rule, endings): (&Rule, Vec<Ending>)| {
        let occurrences = found.get(rule.name.as_str()).map_or(&[][..], Vec::as_slice);
        Joining { rule, labels: &detector.labels, nodes: &nodes, evidence }.join(occurrences, endings)
    };
    let mut signals: Vec<Signal> = catalogue.rules.par_iter().zip(endings).flat_map_iter(of_rule).collect();
    signals
        .iter_mut()
        .filter(|signal| lives::was_killed_to_end(evidence, signal))
        .for_each(|signal| signal.severity = Severity::Info);
    contradicted::drop_contradicted(evidence, &mut signals);
    derived::add(catalogue, evidence, &mut signals);
    unrecognised::add(catalogue, evidence, &claimed, &mut signals);
    let ranks: BTreeMap<&str, usize> = catalogue.families().zip(0..).collect();
    signals.par_sort_by(|a, b| order(&ranks, a).cmp(&order(&ranks, b)));
    Detected { signals, claimed }
}

/// By time; of what is noted at the same moment, by the order of the families.
fn order<'a>(
    ranks: &BTreeMap<&str, usize>,
    signal: &'a Signal,
) -> (DateTime<Utc>, Option<usize>, &'a str, &'a Subject, &'a [Citation]) {
    (signal.from.time, ranks.get(signal.family.as_str()).copied(), &signal.name, &signal.subject, &signal.evidence)
}

struct Detector<'e> {
    evidence: &'e Evidence,
    labels: LabelSets,
}

impl Detector<'_> {
    /// The rule that each occurrence belongs to, by the part of its pod's life; both rules, where it stands for failures
    /// of the start and for later ones. What was so from the start on and never ended is marked: such a pod cannot have
    /// left anything.
    fn by_phase<'r>(&mut self, rule: &'r Rule, occurrences: Vec<Occurrence>) -> Vec<(&'r str, Vec<Occurrence>)> {
        let own = rule.name.as_str();
        let (Some(starting), Some(ending)) = (rule.while_starting.as_deref(), rule.while_ending.as_deref()) else {
            return vec![(own, occurrences)];
        };
        let mut runs: BTreeMap<(Subject, Option<String>), Vec<Occurrence>> = BTreeMap::new();
        for occurrence in occurrences {
            let container = self.labels.value(occurrence.labels, "container").map(str::to_owned);
            runs.entry((occurrence.subject.clone(), container)).or_default().push(occurrence);
        }
        let mut found: BTreeMap<&str, Vec<Occurrence>> = BTreeMap::new();
        for ((subject, container), mut occurrences) in runs {
            occurrences.sort_by_key(|occurrence| occurrence.at.time);
            for (phase, run) in self.phases(&subject, container.as_deref(), &occurrences) {
                for occurrence in run.iter().cloned() {
                    for (name, part) in self.placed(phase, occurrence, [own, starting, ending]) {
                        found.entry(name).or_default().push(part);
                    }
                }
            }
        }
        found.into_iter().collect()
    }

    /// Occurrences, which are in order of time, in runs without a pause, and the part of their pod's life that each is in.
    fn phases<'o>(
        &self,
        subject: &Subject,
        container: Option<&str>,
        occurrences: &'o [Occurrence],
    ) -> Vec<(Phase, &'o [Occurrence])> {
        let probe = occurrences.first().and_then(|one| self.labels.value(one.labels, "probe")).unwrap_or_default();
        let clock = occurrences.first().map_or(Clock::Unknown, |one| one.at.clock);
        let every = occurrences.iter().filter_map(apart).min();
        let failing = |from, to| Failing { subject, container, probe, from, to, every, clock };
        let (mut found, mut rest) = (Vec::new(), occurrences);
        while let Some(first) = rest.first() {
            let pause = lives::longest_pause(self.evidence, failing(first.at.time, first.at.time));
            let (from, to, length) = first_run(rest, pause);
            let (run, after) = rest.split_at(length);
            found.push((lives::phase(self.evidence, failing(from, to)), run));
            rest = after;
        }
        found
    }

    /// Whether all that an occurrence stands for was before a moment, as far as is known.
    fn was_over(&self, occurrence: &Occurrence, moment: Moment) -> bool {
        let last = Moment { time: occurrence.last, ..occurrence.at };
        match self.evidence.clocks.order(last, moment) {
            Order::Before => true,
            Order::After | Order::Unknown => false,
        }
    }

    /// An occurrence under the rule of its phase: the rule's own, that of a start, that of an end.
    fn placed<'r>(
        &mut self,
        phase: Phase,
        occurrence: Occurrence,
        [own, starting, ending]: [&'r str; 3],
    ) -> Vec<(&'r str, Occurrence)> {
        match phase {
            Phase::Living => vec![(own, occurrence)],
            Phase::Starting => vec![(starting, occurrence)],
            Phase::Ending => vec![(ending, occurrence)],
            Phase::NeverWell => {
                let labels = self.labels.with(occurrence.labels, SINCE, "start");
                vec![(own, Occurrence { labels, ..occurrence })]
            }
            Phase::StartThenLiving(again) if self.was_over(&occurrence, again) => vec![(starting, occurrence)],
            Phase::StartThenLiving(again) if occurrence.at.time >= again.time => vec![(own, occurrence)],
            Phase::StartThenLiving(again) => {
                // How many of them were before and how many after, nobody knows.
                let first = Occurrence { last: occurrence.at.time, count: 1, ..occurrence.clone() };
                let last = occurrence.last.max(again.time);
                let later = Occurrence { at: again, last, count: 1, ..occurrence };
                vec![(starting, first), (own, later)]
            }
        }
    }
}

/// How far apart those are on average that one occurrence stands for.
fn apart(occurrence: &Occurrence) -> Option<TimeDelta> {
    let gaps = i32::try_from(occurrence.count.checked_sub(1)?).ok().filter(|gaps| *gaps > 0)?;
    Some((occurrence.last - occurrence.at.time) / gaps)
}

/// Beginning, end and number of the first occurrences that follow each other without too long a pause: at least one, if
/// there is any.
fn first_run(occurrences: &[Occurrence], pause: TimeDelta) -> (DateTime<Utc>, DateTime<Utc>, usize) {
    let from = occurrences.first().map_or(DateTime::UNIX_EPOCH, |first| first.at.time);
    let (mut to, mut length) = (from, 0);
    for occurrence in occurrences {
        if length > 0 && occurrence.at.time - to > pause {
            break;
        }
        to = to.max(occurrence.last);
        length += 1;
    }
    (from, to, length)
}
