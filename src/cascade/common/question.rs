//! A question: these failed and those did not, so what do they have that the others have not.

use super::attributes::{self, AllPods, Attribute};
use super::comparison::{Comparison, Holders};
use super::population::{self, Population, Way};
use crate::evidence::{Pod, Topology};
use crate::model::{Citation, Interner};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// Of what kind they are, and how they failed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Pods(Way),
    Nodes,
    Containers,
    /// Of this kind.
    Objects(String),
    /// Of this check.
    Runs(String),
}

impl Kind {
    /// What those that failed are called.
    pub fn words(&self) -> String {
        match self {
            Self::Pods(way) => way.words().to_owned(),
            Self::Nodes => "nodes in trouble".to_owned(),
            Self::Containers => "failing containers".to_owned(),
            Self::Objects(kind) => format!("objects of the kind {kind} in trouble"),
            Self::Runs(check) => format!("failed runs of {check}"),
        }
    }
}

/// One of those that are compared: the numbers of its attributes, and its record.
#[derive(Clone, Debug, Default)]
pub struct Member {
    pub has: BTreeSet<u32>,
    pub record: Option<Citation>,
}

#[derive(Debug)]
pub struct Question {
    pub cascade: Option<usize>,
    pub kind: Kind,
    pub failing: Vec<Member>,
    pub healthy: Vec<Member>,
    /// What the healthy ones are called.
    pub others: &'static str,
    /// They are compared within one workload.
    pub is_workload: bool,
    /// One of the failing had started before.
    pub has_run: bool,
    /// Where none had, when the first of them came: who had come to a place before that was not to start there any more.
    pub since: Option<DateTime<Utc>>,
    /// Those of the failing, in order of onset.
    pub signals: Vec<usize>,
}

impl Question {
    /// Who has what; of one that failed alone only what its template brought is worth telling, so all else is not asked.
    pub fn compare(&self, table: &Table) -> Comparison {
        let mut found =
            Comparison::new(self.failing.iter().map(|one| &one.has), self.healthy.iter().map(|one| &one.has));
        if self.failing.len() < 2 {
            found.retain(|one| table.get(one).is_some_and(|one| self.is_brought(&one.0)));
        }
        found
    }

    /// That all of a few who failed are of one workload, or have what its template alone has, says no more than who failed;
    /// but of which class they are does, as others could be.
    fn is_no_news(&self, rank: usize) -> bool {
        matches!(self.kind, Kind::Pods(_)) && !self.is_workload && rank > RANK_OF_PLACES
    }

    fn is_brought(&self, attribute: &str) -> bool {
        let is_of_one =
            matches!(attribute, "template" | "config" | attributes::KEY | "volume" | "image" | attributes::IMAGE_ID);
        self.is_workload && matches!(self.kind, Kind::Pods(_)) && is_of_one
    }

    /// Of attributes that cannot be told apart, which is told first: what signals name, then what is nearest to the way
    /// in which they failed.
    pub fn rank(&self, attribute: &str, is_named: bool) -> usize {
        let is_waiting = self.kind == Kind::Pods(Way::Waiting);
        if matches!(self.kind, Kind::Objects(_)) {
            return attributes::rank_of_object(attribute);
        }
        match attribute {
            "volume" if is_named && !self.has_run => 0,
            "config" | attributes::KEY | "priorityClassName" if is_named => 1,
            "volume" if is_named => 2,
            _ if is_waiting && attribute.starts_with("node label ") => 3,
            "priorityClassName" if is_waiting => 4,
            attributes::IMAGE_ID => 4,
            "node" => 5,
            "zone" => 6,
            "template" if self.is_workload => 7,
            "owner" | "container" => 8,
            "template" => 9,
            "image" => 10,
            "config" | attributes::KEY => 11,
            "volume" => 12,
            "priorityClassName" => 13,
            _ if attributes::VERSIONS.contains(&attribute) => 14,
            _ if attribute.starts_with("node label ") => 15,
            AGE => 17,
            _ => 16,
        }
    }

    /// Of few, what separates them whole is told where it is compared within one workload, where signals name it, where
    /// it is a place and they failed by themselves, or where it alone would be more than chance. That the pods of one
    /// workload are not ready and others are is no news; and who is old and who is not, of few, is none either.
    pub fn is_telling(&self, (attribute, rank): (&str, usize), chance: f64) -> bool {
        // Nodes of a pool or zone are made alike.
        let is_kind_of_node = attribute == "zone" || attribute.starts_with("node label ");
        if self.kind == Kind::Nodes && is_kind_of_node && self.failing.len() > 1 && self.healthy.len() > 1 {
            return true;
        }
        if matches!(self.kind, Kind::Objects(_)) {
            return self.failing.len() + self.healthy.len() >= FEWEST_OBJECTS;
        }
        let is_place = rank <= RANK_OF_PLACES && self.kind != Kind::Pods(Way::Unready);
        let is_of_workload = self.is_workload && !attribute.starts_with("label ");
        let is_pods = matches!(self.kind, Kind::Pods(_));
        is_pods && attribute != AGE && (is_of_workload || rank <= RANK_OF_NAMED || is_place || chance <= CHANCE)
    }
}

/// Of fewer objects everything tells some of them apart.
const FEWEST_OBJECTS: usize = 4;

/// The most that is left to chance.
pub const CHANCE: f64 = 0.05;

/// The ranks up to which signals name a value, and up to which it is a place.
const RANK_OF_NAMED: usize = 2;
const RANK_OF_PLACES: usize = 6;

/// A change in words, and when it was.
pub type Dated = (String, DateTime<Utc>);

/// The workload of a pod.
pub const OWNER: &str = "owner";

/// That a pod came before or after a change.
pub const AGE: &str = "age";

/// Attributes by their numbers.
#[derive(Default)]
pub struct Table(Interner<Attribute>);

impl Table {
    pub fn numbers(&mut self, attributes: BTreeSet<Attribute>) -> BTreeSet<u32> {
        attributes.iter().map(|one| self.0.intern_shared(one)).collect()
    }

    pub fn get(&self, number: u32) -> Option<&Attribute> {
        self.0.get(number)
    }
}

/// What is found of one question.
pub struct Finding<'a> {
    pub first: &'a Attribute,
    pub held: &'a Holders,
    pub chance: f64,
    /// Attributes that the same ones have, in order of their ranks.
    pub also: Vec<&'a Attribute>,
}

/// What tells them apart best, where `tests` were made of all questions.
pub fn best<'a>(
    of: &Question,
    comparison: &'a Comparison,
    table: &'a Table,
    tests: usize,
    is_named: impl Fn(&Attribute) -> bool,
) -> Option<Finding<'a>> {
    let chance_of = comparison.chances();
    let rank = |one: &Attribute| of.rank(&one.0, is_named(one));
    let known = comparison.apart().filter_map(|(one, held)| Some((table.get(one)?, held, chance_of(held))));
    let apart: Vec<(&Attribute, &Holders, f64)> = known.collect();
    let (first, held, chance) = apart
        .iter()
        .copied()
        .min_by(|a, b| a.2.total_cmp(&b.2).then_with(|| (rank(a.0), a.0).cmp(&(rank(b.0), b.0))))?;
    let is_clean = held.0.len() == of.failing.len() && held.1.is_empty();
    let is_proven = (chance * tests as f64).min(1.0) <= CHANCE;
    let is_told = is_proven || is_clean && of.is_telling((&first.0, rank(first)), chance);
    let same = apart.iter().filter(|(one, other, _)| *other == held && *one != first);
    let mut also: Vec<&Attribute> = same.map(|(one, _, _)| *one).collect();
    if !is_told {
        return None;
    }
    also.sort_by_cached_key(|one| (rank(one), (*one).clone()));
    let is_of_owner = first.0 == OWNER || also.iter().any(|one| one.0 == OWNER);
    if is_proven || !(is_of_owner && of.is_no_news(rank(first))) {
        return Some(Finding { first, held, chance, also });
    }
    let class = also.iter().position(|one| attributes::is_class(&one.0))?;
    let first = std::mem::replace(also.get_mut(class)?, first);
    also.sort_by_cached_key(|one| (rank(one), (*one).clone()));
    Some(Finding { first, held, chance, also })
}

/// Attributes of a pod itself, and of where it stands.
type Known = (BTreeSet<u32>, BTreeSet<u32>);

/// What each pod has, looked up once.
pub struct Pods<'a> {
    topology: &'a Topology,
    all: AllPods,
    known: BTreeMap<(&'a str, &'a str, &'a str), Known>,
}

impl<'a> Pods<'a> {
    pub fn new(topology: &'a Topology) -> Self {
        Self { topology, all: AllPods::new(topology), known: BTreeMap::new() }
    }

    /// The question of a population. `changes` are those that the pods may have come before or after.
    pub fn ask(&mut self, of: &Population<'a>, changes: &[Dated], table: &mut Table) -> Question {
        let is_waiting = of.way == Way::Waiting;
        // Of what a pod was made from is told only where that is known of all.
        let all = || of.failing.iter().chain(&of.healthy);
        let has_spec = all().all(|pod| self.topology.spec_of(pod).is_some());
        let has_object = all().all(|pod| pod.object.is_some());
        let is_known = |attribute: &str| match attribute {
            attributes::IMAGE_ID => has_object,
            _ => has_spec || !attributes::is_of_template(attribute),
        };
        let mut member = |pod: &&'a Pod, is_apart: bool| {
            let (own, place) = self.of(pod, table);
            let mut has = own.clone();
            // Of one that waits, that is without the node that took it later.
            has.extend(place.iter().filter(|_| !is_apart));
            has.retain(|one| table.get(*one).is_some_and(|one| is_known(&one.0)));
            has.extend(table.numbers(age_of(pod, changes)));
            Member { has, record: pod.object.as_ref().map(|object| object.citation).or(pod.last_record) }
        };
        let failing = of.failing.iter().map(|pod| member(pod, is_waiting)).collect();
        let has_run = of.failing.iter().any(|pod| population::has_started_in_time(pod));
        let came = |pod: &&Pod| pod.created.or(pod.arrived());
        let since = of.failing.iter().filter_map(came).min().filter(|_| of.could_not_start && !has_run);
        let was_there = |pod: &&Pod| since.is_some_and(|since| came(pod).is_some_and(|came| came < since));
        // What healthy ones have is asked of them all: a pod that waited asks for labels, others stand on them.
        let healthy = of.healthy.iter().map(|pod| member(pod, was_there(pod))).collect();
        Question {
            cascade: Some(of.cascade),
            kind: Kind::Pods(of.way),
            failing,
            healthy,
            others: if of.is_workload {
                "others of the same workload that were well"
            } else {
                "others of the namespace that were well"
            },
            is_workload: of.is_workload,
            has_run,
            since,
            signals: of.signals.clone(),
        }
    }

    fn of(&mut self, pod: &'a Pod, table: &mut Table) -> &(BTreeSet<u32>, BTreeSet<u32>) {
        let (topology, all) = (self.topology, &self.all);
        self.known.entry((&pod.namespace, &pod.name, &pod.uid)).or_insert_with(|| {
            let own = table.numbers(attributes::of_pod(pod, topology, all));
            (own, table.numbers(attributes::of_place(pod, topology)))
        })
    }
}

/// Before or after each of the changes it came.
fn age_of(pod: &Pod, changes: &[Dated]) -> BTreeSet<Attribute> {
    let Some(came) = pod.created.or(pod.arrived()) else { return BTreeSet::new() };
    let side = |at| if came < at { "before" } else { "after" };
    changes.iter().map(|(what, at)| (AGE.to_owned(), format!("{} {what}", side(*at)))).collect()
}

/// Whether an object, written `Kind/namespace/name`, is one of those that texts name; a key of one also by itself, where
/// its kind stands beside it, as kubelets name it.
pub fn is_named(texts: &[String], (attribute, value): &Attribute) -> bool {
    let (value, key) = match value.split_once(' ') {
        Some((object, key)) if attribute == attributes::KEY => (object, Some(key)),
        _ => (value.as_str(), None),
    };
    let Some((_, name)) = value.rsplit_once('/') else { return false };
    let kind = value.split('/').next().unwrap_or_default();
    let words = |text: &str, wanted: &str| {
        text.split([' ', '/']).any(|word| word.trim_matches(|one: char| !one.is_alphanumeric()) == wanted)
    };
    texts
        .iter()
        .any(|text| text == value || words(text, name) || key.is_some_and(|key| words(text, key) && words(text, kind)))
}
