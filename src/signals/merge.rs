//! Occurrences to signals: which of them are one, and when a state ended.

use super::labels::{LabelSets, Labels, LabelsId};
use super::phrase::{BECAUSE, LABELS};
use super::{Episode, Rule, Signal, state, template};
use crate::evidence::{Evidence, Fact, FactId, Known, Record};
use crate::model::{Citation, End, Moment, Names, Severity, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

/// A fact that a rule matched, or a part of what it stands for.
#[derive(Clone, Debug)]
pub(super) struct Occurrence {
    pub fact: FactId,
    /// Which of the rule's looks it satisfied.
    pub look: u16,
    pub at: Moment,
    pub last: DateTime<Utc>,
    pub count: u32,
    pub subject: Subject,
    pub labels: LabelsId,
    /// The number of its node's name.
    pub node: Option<u32>,
}

/// A fact that ends a rule's state.
#[derive(Debug)]
pub(super) struct Ending {
    pub subject: Subject,
    pub at: DateTime<Utc>,
    pub citation: Citation,
}

/// Joins the occurrences of one rule.
pub(super) struct Joining<'a> {
    pub rule: &'a Rule,
    pub labels: &'a LabelSets,
    /// Of nodes.
    pub nodes: &'a Names,
    pub evidence: &'a Evidence,
}

/// What tells the occurrences on one subject apart: the values of the rule's key labels.
type Key<'a> = Vec<Option<&'a str>>;

/// Two records of one happening are no further apart.
const AT_ONCE: TimeDelta = TimeDelta::seconds(2);

/// Occurrences that are one signal.
struct Run<'o> {
    occurrences: Vec<&'o Occurrence>,
    /// How many of them, the last ones, date nothing that others do not date.
    undated: usize,
    last: DateTime<Utc>,
    /// The snapshot shows that it still goes on.
    goes_on: bool,
}

/// Ends of a state of one subject, in order of time.
type Ends = [(DateTime<Utc>, Citation)];

impl Joining<'_> {
    /// The signals that the occurrences are.
    pub fn join(&self, found: &[Occurrence], endings: Vec<Ending>) -> Vec<Signal> {
        let mut found: Vec<&Occurrence> = found.iter().collect();
        found.sort_unstable_by(|a, b| {
            (&a.subject, a.at.time, a.fact, a.look).cmp(&(&b.subject, b.at.time, b.fact, b.look))
        });
        let mut ends: BTreeMap<Subject, Vec<(DateTime<Utc>, Citation)>> = BTreeMap::new();
        for ending in endings {
            ends.entry(ending.subject).or_default().push((ending.at, ending.citation));
        }
        ends.values_mut().for_each(|ends| ends.sort());
        let mut signals = Vec::new();
        for of_subject in found.chunk_by(|a, b| a.subject == b.subject) {
            let Some(subject) = of_subject.first().map(|one| &one.subject) else { continue };
            let ends = ends.get(subject).map_or(&[] as &Ends, Vec::as_slice);
            for occurrences in self.grouped(of_subject) {
                let runs = self.runs(occurrences, ends);
                let episodes: Vec<Signal> =
                    runs.into_iter().filter_map(|run| self.signal(subject, run, ends)).collect();
                signals.extend(self.numbered(episodes));
            }
        }
        signals
    }

    /// Signals of one trouble of one subject, in order of time, with the place of each among them.
    fn numbered(&self, episodes: Vec<Signal>) -> Vec<Signal> {
        let of = episodes.len();
        let is_trouble = self.rule.is_state() || self.rule.severity >= Severity::Warning;
        let episode = |number| (is_trouble && of > 1).then_some(Episode { number, of });
        (1..).zip(episodes).map(|(number, signal)| Signal { episode: episode(number), ..signal }).collect()
    }

    /// Occurrences on one subject by the labels that tell them apart. Records that lack such a label go to the group that
    /// has one at the same time, or to the only one.
    fn grouped<'o>(&self, found: &[&'o Occurrence]) -> Vec<Vec<&'o Occurrence>> {
        let mut by_key: BTreeMap<Key<'_>, Vec<&Occurrence>> = BTreeMap::new();
        for occurrence in found.iter().copied() {
            let key = self.rule.key.iter().map(|label| self.labels.value(occurrence.labels, label)).collect();
            by_key.entry(key).or_default().push(occurrence);
        }
        let unlabelled: Key<'_> = vec![None; self.rule.key.len()];
        if by_key.len() > 1
            && let Some(without) = by_key.remove(&unlabelled)
        {
            assign(without, &mut by_key, unlabelled);
        }
        by_key.into_values().collect()
    }

    /// Occurrences in order of time, in runs: apart where they are far from each other, where something ended the state between
    /// them, or where another pod came under the name.
    fn runs<'o>(&self, occurrences: Vec<&'o Occurrence>, ends: &Ends) -> Vec<Run<'o>> {
        let gap = TimeDelta::from_std(self.rule.merge).unwrap_or(TimeDelta::MAX);
        let is_undated = |one: &&Occurrence| self.fact(one).is_some_and(|fact| fact.is_undated());
        let (undated, dated): (Vec<_>, Vec<_>) = occurrences.into_iter().partition(is_undated);
        let mut runs: Vec<Run<'o>> = Vec::new();
        for occurrence in dated {
            let (at, last) = (occurrence.at.time, occurrence.last);
            let ended = |until: DateTime<Utc>| {
                let next = ends.get(ends.partition_point(|(end, _)| *end <= until));
                next.is_some_and(|(end, _)| *end < at)
            };
            let is_of_another = |last: DateTime<Utc>| self.is_another_pod(&occurrence.subject, (last, at));
            match runs.last_mut().filter(|run| at - run.last <= gap && !ended(run.last) && !is_of_another(run.last)) {
                Some(run) => {
                    run.last = run.last.max(last);
                    run.occurrences.push(occurrence);
                }
                None => runs.push(Run { occurrences: vec![occurrence], undated: 0, last, goes_on: false }),
            }
        }
        for occurrence in undated {
            self.join_undated(&mut runs, occurrence, gap);
        }
        runs
    }

    /// Whether a pod came under the name of another between two times, as those of a StatefulSet do.
    fn is_another_pod(&self, subject: &Subject, (before, after): (DateTime<Utc>, DateTime<Utc>)) -> bool {
        if !subject.is("Pod") {
            return false;
        }
        let created = self.evidence.topology.pods_named(subject).filter_map(|pod| pod.created);
        created.into_iter().any(|created| before < created && created < after)
    }

    /// What a snapshot shows without a time is no second occurrence of what other records date: it says that this goes
    /// on. Where no record dates it, it stands for itself, with the bounds that it has.
    fn join_undated<'o>(&self, runs: &mut Vec<Run<'o>>, occurrence: &'o Occurrence, gap: TimeDelta) {
        let goes_on = match self.fact(occurrence).map(|fact| fact.record) {
            Some(
                Record::Waiting { .. }
                | Record::Condition { .. }
                | Record::State { .. }
                | Record::EndpointsWithoutReady,
            ) => true,
            Some(Record::StatusReason { phase, .. }) => phase != "Failed",
            _ => false,
        };
        match runs.last_mut().filter(|run| run.last + gap >= occurrence.at.earliest()) {
            Some(run) => {
                run.goes_on |= goes_on;
                run.undated += 1;
                run.occurrences.push(occurrence);
            }
            None => {
                runs.push(Run { last: occurrence.last, occurrences: vec![occurrence], undated: 0, goes_on });
            }
        }
    }

    fn signal(&self, subject: &Subject, run: Run<'_>, ends: &Ends) -> Option<Signal> {
        let rule = self.rule;
        let first = run.occurrences.first()?;
        let from = first.at.noticed_late(TimeDelta::from_std(rule.noticed_after).unwrap_or_default());
        let told = first_end(ends, run.last.max(from.time)).filter(|_| !run.goes_on);
        let last = run.last.min(self.evidence.window.to.max(from.time));
        let end = match told {
            Some((at, _)) => End::At(*at),
            None => self.end(subject, &run, last),
        };
        let labels = self.labels.joined(self.telling(&run.occurrences).into_iter().map(|one| one.labels));
        let node = run.occurrences.iter().find_map(|one| self.nodes.get(one.node?));
        let signal = Signal {
            name: rule.name.clone(),
            subject: subject.clone(),
            from,
            last,
            end,
            count: counted(run.occurrences.get(..run.occurrences.len() - run.undated).unwrap_or_default()),
            severity: rule.severity,
            family: rule.family.clone(),
            roles: rule.roles,
            variant: rule.variant.clone(),
            title: title(&rule.title, subject, node.map(AsRef::as_ref), &labels) + &because(&rule.title, &labels),
            node: node.map(ToString::to_string),
            labels,
            occurrences: run.occurrences.iter().map(|one| one.fact).collect(),
            evidence: self.citations(&run.occurrences),
            episode: None,
            ended_by: None,
        };
        let told = told.map(|(_, citation)| *citation);
        let ended_by = told.or_else(|| self.gone_by(subject, signal.until()?));
        let ended_by = ended_by.or_else(|| self.last_of(&run.occurrences, signal.until()?));
        Some(Signal { ended_by, ..signal })
    }

    /// Occurrences in order of time; of a change that several records tell of, the one that tells the most comes first, so
    /// that it is the difference that is told and not that there was one.
    fn telling<'o>(&self, occurrences: &[&'o Occurrence]) -> Vec<&'o Occurrence> {
        let mut told = occurrences.to_vec();
        told.sort_by_key(|one| match self.fact(one).map(|fact| fact.record) {
            Some(Record::Change { known, .. }) => known,
            _ => Known::default(),
        });
        told
    }

    /// The end of a run whose end is not recorded, where its last sign within the window was at `last`.
    fn end(&self, subject: &Subject, run: &Run<'_>, last: DateTime<Utc>) -> End {
        let topology = &self.evidence.topology;
        // Whatever state a pod was in ended with the pod, also one that the last record of it shows it in; of anything else,
        // nothing says that it has ended.
        if self.rule.is_state() || run.goes_on {
            return topology.gone_at(subject).map_or(End::Ongoing, |(gone, _)| End::At(gone.max(run.last)));
        }
        // A series that holds up to its last sample before the end holds still.
        if run.occurrences.iter().any(|one| self.lasts_to_the_end(one)) {
            return End::Ongoing;
        }
        match state::is_over(self.rule, subject, run.last, topology) {
            Some(true) => End::At(last),
            Some(false) => End::Ongoing,
            None => End::Unknown,
        }
    }

    fn fact(&self, of: &Occurrence) -> Option<Fact<'_>> {
        self.evidence.facts.get(of.fact)
    }

    /// The records of occurrences, each line once in a row.
    fn citations(&self, run: &[&Occurrence]) -> Vec<Citation> {
        let mut found: Vec<Citation> = run.iter().filter_map(|one| Some(self.fact(one)?.citation)).collect();
        found.dedup_by(|a, b| a.is_same_line(*b));
        found
    }

    /// The record of the occurrence that was the last.
    fn last_of(&self, run: &[&Occurrence], until: DateTime<Utc>) -> Option<Citation> {
        let last = run.iter().find(|one| one.last == until)?;
        self.fact(last).map(|fact| fact.citation)
    }

    /// The record that tells that the subject went then.
    fn gone_by(&self, subject: &Subject, until: DateTime<Utc>) -> Option<Citation> {
        let (gone, record) = self.evidence.topology.gone_at(subject)?;
        record.filter(|_| gone == until).copied()
    }

    fn lasts_to_the_end(&self, occurrence: &Occurrence) -> bool {
        let lasts = |fact: &Fact<'_>| match fact.record {
            Record::Series { .. } => true,
            // What was still so when it was fetched.
            Record::StatusReason { .. } | Record::State { .. } | Record::EndpointsWithoutReady => {
                fact.last.time > fact.at.time
            }
            _ => false,
        };
        self.fact(occurrence).filter(lasts).is_some_and(|fact| {
            let steps = TimeDelta::milliseconds(2 * i64::from(fact.last.earlier_ms));
            occurrence.last + steps >= self.evidence.window.to
        })
    }
}

/// Gives each occurrence without a key to the group that has an occurrence at the same time, or to the only group.
fn assign<'o, 'k>(
    without: Vec<&'o Occurrence>,
    by_key: &mut BTreeMap<Key<'k>, Vec<&'o Occurrence>>,
    unlabelled: Key<'k>,
) {
    let only = by_key.len() == 1;
    let mut given: Vec<(Key<'k>, &Occurrence)> = Vec::new();
    for occurrence in without {
        let at = occurrence.at.time;
        let nearest = by_key.iter().filter_map(|(key, group)| Some((distance(group, at)?, key))).min();
        let key = nearest.filter(|(far, _)| only || *far <= AT_ONCE).map_or(&unlabelled, |(_, key)| key);
        given.push((key.clone(), occurrence));
    }
    for (key, occurrence) in given {
        by_key.entry(key).or_default().push(occurrence);
    }
    by_key.values_mut().for_each(|group| group.sort_by_key(|occurrence| occurrence.at.time));
}

/// How far the nearest occurrence of a group, which is in order of time, is from a time.
fn distance(group: &[&Occurrence], at: DateTime<Utc>) -> Option<TimeDelta> {
    let after = group.partition_point(|one| one.at.time < at);
    let near = [after.checked_sub(1), Some(after)].into_iter().flatten().filter_map(|index| group.get(index));
    near.map(|one| (one.at.time - at).abs()).min()
}

/// The first end at `time` or later.
fn first_end(ends: &Ends, time: DateTime<Utc>) -> Option<&(DateTime<Utc>, Citation)> {
    ends.get(ends.partition_point(|(at, _)| *at < time))
}

/// The same happening may be told by several kinds of record; each kind counts it, the largest count is nearest.
fn counted(run: &[&Occurrence]) -> u64 {
    let mut by_look: BTreeMap<u16, u64> = BTreeMap::new();
    for occurrence in run {
        let count = by_look.entry(occurrence.look).or_default();
        *count = count.saturating_add(u64::from(occurrence.count));
    }
    by_look.into_values().max().unwrap_or(1)
}

/// The most causes that a title tells of.
const CAUSES: usize = 2;

/// What the records say of the cause, for the end of a title that does not say it already.
fn because(template: &str, labels: &Labels) -> String {
    let speaks_of_it = LABELS.iter().any(|label| template.contains(&format!("{{{label}}}")));
    let said: Vec<&str> = labels.all(BECAUSE).take(CAUSES).collect();
    if said.is_empty() || speaks_of_it { String::new() } else { format!(": {}", said.join("; ")) }
}

/// Fills `{label}`s in.
pub(super) fn title(template: &str, subject: &Subject, node: Option<&str>, labels: &Labels) -> String {
    // Not every record says which one it was.
    let template = match labels.first("container") {
        Some(_) => template.to_owned(),
        None => {
            let of_init = template.replace("the init container {container}", "an init container");
            of_init.replace("container {container}", "a container")
        }
    };
    let value = |name: &str| match name {
        "subject" => subject.to_string(),
        "name" => subject.name().to_owned(),
        "namespace" => subject.namespace().unwrap_or_default().to_owned(),
        "node" => node.unwrap_or("an unknown node").to_owned(),
        label => labels.first(label).unwrap_or("(unknown)").to_owned(),
    };
    // Its braces were paired when the rule was loaded.
    template::filled(&template, |name| Some(value(name))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_the_container_where_the_record_does() {
        let pod = Subject::pod("shop", "api-0");
        let told = |template: &str, labels: Labels| title(template, &pod, None, &labels);
        let named = || [("container", "app".to_owned())].into_iter().collect::<Labels>();
        let template = "the image of container {container} of {name} could not be pulled";
        assert_eq!(told(template, named()), "the image of container app of api-0 could not be pulled");
        assert_eq!(told(template, Labels::default()), "the image of a container of api-0 could not be pulled");
        assert_eq!(told("the init container {container} failed", Labels::default()), "an init container failed");
        assert_eq!(told("{what} failed", Labels::default()), "(unknown) failed");
    }
}
