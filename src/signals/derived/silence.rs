//! `silence`: what a node wrote stops, and others notice that it is gone. Between the last line and the first sign of
//! others it stopped, which nobody wrote down.
//!
//! The journals alone prove nothing: a node with nothing to do writes nothing. So something must say that it was gone
//! while it was silent, the silence must be longer than the pauses it made before, and nothing else may tell that the
//! machine went on. Where journals did not come, or did not come whole, nothing is said.

use super::super::{Labels, Rule, Signal};
use super::made::{Made, Which, length};
use crate::evidence::{Activity, Evidence, Pod, Written};
use crate::logline::unit;
use crate::model::{Citation, End, Subject};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Whose silence it is, and what tells that it was one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Parameters {
    /// Classes or names of the units that have to be silent; none for all of a node whose journals came.
    #[serde(default)]
    units: Vec<String>,
    /// A unit of this class must be among them: it would have written if it could.
    #[serde(default)]
    with: Option<String>,
    /// What says, about the node and within the silence, that it was gone.
    told_by: Which,
    /// What says, about the node and soon after the silence, that it came back.
    #[serde(default)]
    over_by: Which,
    /// What else of the node may be the first sign: the earliest bounds it.
    #[serde(default)]
    noticed_by: Which,
    /// The same of pods elsewhere that are made to call a Service all of whose pods were on the node.
    #[serde(default)]
    noticed_by_callers: Which,
    /// What explains such a silence already.
    #[serde(default)]
    unless: Which,
    /// How long it was silent at least before anybody said so.
    #[serde(deserialize_with = "length")]
    at_least: TimeDelta,
    /// How many times as long as the longest pause before it has to be at least.
    #[serde(default)]
    times: i32,
}

/// The label of when the last line was written, and of when others noticed first and by what.
pub const LABELS: [&str; 4] = ["last_line", "noticed", "sign", "writer"];

/// Fewer lines tell no usual rate.
const FEWEST_LINES: u64 = 20;
/// A kubelet that says itself that its node is not ready writes that down at that moment.
const SAYS_SO: TimeDelta = TimeDelta::seconds(2);
/// How long after it writes again a node is reported to have rebooted at most: within a few updates of its status.
const BACK_WITHIN: TimeDelta = TimeDelta::minutes(3);

impl Parameters {
    /// The rules that it names.
    pub fn names(&self) -> Vec<&str> {
        let which = [&self.told_by, &self.over_by, &self.noticed_by, &self.noticed_by_callers, &self.unless];
        which.into_iter().flat_map(Which::names).collect()
    }
}

pub fn add(rule: &Rule, parameters: &Parameters, evidence: &Evidence, signals: &mut Vec<Signal>) {
    let mut journals: BTreeMap<&Subject, Vec<&Activity>> = BTreeMap::new();
    for activity in evidence.activities.iter().filter(|one| one.subject.is("Node")) {
        journals.entry(&activity.subject).or_default().push(activity);
    }
    let mut found = Vec::new();
    for (node, journals) in journals {
        let view = View { rule, parameters, evidence, signals, node, journals };
        found.extend(view.signals());
    }
    signals.extend(found);
}

/// One node, and all that may tell of it.
struct View<'a> {
    rule: &'a Rule,
    parameters: &'a Parameters,
    evidence: &'a Evidence,
    signals: &'a [Signal],
    node: &'a Subject,
    journals: Vec<&'a Activity>,
}

/// A time without a line.
#[derive(Clone, Copy)]
struct Silence {
    before: Written,
    /// None where none was written until the journals were asked for.
    after: Option<Written>,
}

impl Silence {
    /// Its end; where it has none, when it was noticed.
    fn to(&self, noticed: DateTime<Utc>) -> DateTime<Utc> {
        self.after.map_or(noticed, |after| after.at.time)
    }
}

impl<'a> View<'a> {
    fn signals(&self) -> Vec<Signal> {
        let of_units = |one: &&&Activity| {
            let units = &self.parameters.units;
            units.is_empty() || units.iter().any(|name| unit::is(&one.writer, name))
        };
        let silent: Vec<&Activity> = self.journals.iter().filter(of_units).copied().collect();
        if silent.iter().map(|one| one.lines).sum::<u64>() < FEWEST_LINES || self.writers(&silent).next().is_none() {
            return Vec::new();
        }
        let about = |signal: &&Signal| signal.subject == *self.node;
        let mut found: BTreeMap<Citation, (Silence, Vec<&'a Signal>)> = BTreeMap::new();
        for told in self.signals.iter().filter(about) {
            let silence = match (self.parameters.told_by.has(told), self.parameters.over_by.has(told)) {
                (true, _) => self.around(&silent, told.from.time).filter(|one| self.is_told(&silent, one, told)),
                (false, true) => self.before(&silent, told.from.time),
                (false, false) => None,
            };
            if let Some(silence) = silence.filter(|one| self.is_one(one, told)) {
                found.entry(silence.before.citation).or_insert((silence, Vec::new())).1.push(told);
            }
        }
        let made = |(silence, mut told): (Silence, Vec<&'a Signal>)| {
            told.sort_by_key(|one| (one.from.time, &one.name));
            let made = self.made(&silent, silence, &told)?;
            (made.from.time >= self.evidence.window.from).then(|| made.signal(self.rule))
        };
        found.into_values().filter_map(made).collect()
    }

    /// The journals of those that would have written if they could.
    fn writers<'j>(&'j self, silent: &'j [&'a Activity]) -> impl Iterator<Item = &'j Activity> {
        let is_it = |one: &&&Activity| self.parameters.with.as_ref().is_none_or(|class| unit::is(&one.writer, class));
        silent.iter().filter(is_it).copied()
    }

    /// The silence of all journals around a time.
    fn around(&self, silent: &[&Activity], at: DateTime<Utc>) -> Option<Silence> {
        let sides: Option<Vec<[Option<Written>; 2]>> = silent.iter().map(|one| one.silence_at(at)).collect();
        let sides = sides?;
        let before = sides.iter().filter_map(|[before, _]| *before).max_by_key(|one| one.at.time)?;
        let after = sides.iter().filter_map(|[_, after]| *after).min_by_key(|one| one.at.time);
        // A journal that ends proves a silence only where it is known to have been asked for later.
        let is_known = after.is_some() || silent.iter().all(|one| one.asked.is_some_and(|asked| asked > at));
        is_known.then_some(Silence { before, after })
    }

    /// Whether what is told of the node was told of one that was silent, and not by itself.
    fn is_told(&self, silent: &[&Activity], silence: &Silence, told: &Signal) -> bool {
        let at = told.from.time;
        let (from, to) = (silence.before.at.time, silence.to(at));
        let earlier = |one: &Activity| {
            let pauses = one.pauses.iter().filter(|[_, after]| after.at.time <= from);
            pauses.map(|[before, after]| after.at.time - before.at.time).max().unwrap_or_default()
        };
        let usual = self.writers(silent).map(earlier).min().unwrap_or_default();
        let is_long = to - from >= usual * self.parameters.times;
        let says_so = silence.after.is_some_and(|after| after.at.time < told.from.latest() + SAYS_SO);
        at - from >= self.parameters.at_least && is_long && !says_so
    }

    /// The last silence that was over shortly before a time.
    fn before(&self, silent: &[&Activity], at: DateTime<Utc>) -> Option<Silence> {
        let pauses = self.writers(silent).flat_map(|one| &one.pauses);
        let is_near = |[_, after]: &&[Written; 2]| after.at.time <= at + SAYS_SO && at - after.at.time <= BACK_WITHIN;
        let middles =
            pauses.filter(is_near).map(|[before, after]| before.at.time + (after.at.time - before.at.time) / 2);
        let silences = middles.filter_map(|middle| self.around(silent, middle));
        let is_long = |one: &Silence| one.to(at) - one.before.at.time >= self.parameters.at_least;
        silences.filter(is_long).max_by_key(|one| one.before.at.time)
    }

    /// Whether nothing explains it otherwise, and nothing on the node went on.
    fn is_one(&self, silence: &Silence, told: &Signal) -> bool {
        let (from, to) = (silence.before.at.time, silence.to(told.from.time));
        let half = (to - from) / 2;
        let overlap = |a: DateTime<Utc>, b: DateTime<Utc>| b.min(to) - a.max(from);
        let explained = self.signals.iter().filter(|one| one.subject == *self.node && self.parameters.unless.has(one));
        let is_explained = explained.map(|one| overlap(one.from.time, one.until().unwrap_or(to))).any(|far| far > half);
        let steps = self.evidence.clock_steps.iter().filter(|step| step.node == self.node.name());
        let is_set = steps.map(|step| step.between()).any(|(first, last)| first <= to && last >= from);
        let goes_on = |log: &Activity| {
            let is_around = log.first.at.time <= from && log.last.at.time >= to;
            let ends_within = log.last.at.time > from + SAYS_SO && log.last.at.time < to;
            ends_within || (is_around && log.longest < half)
        };
        // Of a machine that stopped nothing writes; where only some units are meant, others may.
        let logs = self.evidence.activities.iter().filter(|_| self.parameters.units.is_empty());
        let is_alive = logs.filter(|log| self.is_here(log)).any(goes_on);
        !is_explained && !is_set && !is_alive
    }

    /// Whether a log is of a pod on the node.
    fn is_here(&self, log: &Activity) -> bool {
        let topology = &self.evidence.topology;
        let of_uid = log.uid.as_deref().and_then(|uid| topology.pod_by_uid(uid));
        let pod = of_uid.or_else(|| topology.pod_at(&log.subject, log.last.at.time));
        log.subject.is("Pod") && pod.is_some_and(|pod| pod.node.as_deref() == Some(self.node.name()))
    }

    /// The signal of a silence, which these tell of in their order.
    fn made(&self, silent: &[&Activity], silence: Silence, told: &[&'a Signal]) -> Option<Made> {
        let before = silence.before;
        let first = *told.first()?;
        let sign = self.first_sign(before.at.time, first);
        // It may have been noticed only when it wrote again.
        let after = silence.after.filter(|after| after.at.time < sign.from.time);
        let from = after.map_or(sign.from, |after| after.at).recorded().begun_after(before.at.time);
        let writer = silent.iter().find(|one| one.entry == before.citation.entry).map(|one| one.writer.clone());
        let clock = |at: DateTime<Utc>| at.format("%H:%M:%S").to_string();
        let values = [
            clock(before.at.time),
            clock(from.time),
            if after.is_some() { "its own next line".to_owned() } else { format!("{} of {}", sign.name, sign.subject) },
            writer.unwrap_or_default(),
        ];
        // The first is the one that the time is of.
        let signs = || std::iter::once(sign).chain(told.iter().copied());
        let noticed = after.map(|after| after.citation).or_else(|| sign.evidence.first().copied());
        let evidence = noticed.into_iter().chain([before.citation]);
        let evidence = evidence.chain(signs().flat_map(|one| one.evidence.iter().copied())).collect();
        let occurrences = signs().filter_map(|one| one.occurrences.first().copied()).collect();
        Some(Made {
            subject: self.node.clone(),
            node: Some(self.node.name().to_owned()),
            from,
            last: silence.to(first.from.time).max(from.time),
            end: silence.after.map_or(End::Ongoing, |after| End::At(after.at.time.max(from.time))),
            count: 1,
            labels: LABELS.into_iter().zip(values).collect::<Labels>(),
            evidence,
            occurrences,
            ended_by: silence.after.map(|after| after.citation),
        })
    }

    /// The first that any other noticed after the last line.
    fn first_sign(&self, from: DateTime<Utc>, told: &'a Signal) -> &'a Signal {
        let is_then = |one: &&Signal| one.from.time > from && one.from.time < told.from.time;
        let is_sign = |one: &&Signal| {
            self.parameters.noticed_by.has(one) && self.is_of_node(one)
                || self.parameters.noticed_by_callers.has(one) && self.calls_here(one, from)
        };
        let signs = self.signals.iter().filter(is_then).filter(is_sign);
        signs.min_by_key(|one| (one.from.time, &one.subject)).unwrap_or(told)
    }

    /// Whether a signal is of the node itself: about it, or about an address of it that is of no pod.
    fn is_of_node(&self, signal: &Signal) -> bool {
        let node = self.node.name();
        let named = signal.label("node").or_else(|| self.evidence.topology.node_named(signal.label("instance")?));
        signal.subject == *self.node || (named == Some(node) && signal.label("pod").is_none())
    }

    /// Whether a signal is of a pod elsewhere that calls a Service all of whose pods were here.
    fn calls_here(&self, signal: &Signal, at: DateTime<Utc>) -> bool {
        let (topology, node) = (&self.evidence.topology, self.node.name());
        let was_there = |pod: &&Pod| {
            let gone = pod.stopping.or(pod.last_seen.filter(|_| pod.object.is_none()));
            pod.arrived().is_some_and(|came| came <= at) && gone.is_none_or(|gone| gone >= at)
        };
        let is_elsewhere = topology.pod_at(&signal.subject, at).is_some_and(|pod| pod.node.as_deref() != Some(node));
        let is_all_here = |service: &Subject| {
            let mut nodes =
                topology.pods_of_service(service).filter(was_there).map(|pod| pod.node.as_deref()).peekable();
            nodes.peek().is_some() && nodes.all(|of| of == Some(node))
        };
        signal.subject.is("Pod") && is_elsewhere && topology.calls(&signal.subject).into_iter().any(is_all_here)
    }
}
