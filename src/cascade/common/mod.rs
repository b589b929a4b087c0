//! What those that failed have in common, and others do not.
//!
//! Every attribute of the failing is tried (`attributes.rs`) against those that did not fail (`population.rs`). What
//! nearly all of the one and nearly none of the other have is a finding, with its counts and the probability that
//! chance alone would give them (`exact_test.rs`). It says what is common, never that it is the cause.

mod attributes;
mod exact_test;
mod population;
mod streaks;

use super::{Analysis, Cascade};
use crate::evidence::{Evidence, JoinedRun, Pod, Topology};
use crate::model::Citation;
use crate::signals::Signal;
use attributes::Attribute;
use exact_test::{Factorials, fisher};
use population::{Population, Troubles, Way};
use std::collections::{BTreeMap, BTreeSet};

/// What nearly all that failed have and nearly no others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    /// The cascade they failed in, by its place among them; none for runs of outside checks.
    pub cascade: Option<usize>,
    /// A sentence without its stop.
    pub statement: String,
    /// As `node`, `template`, `config`, `label KEY`; `streak` where they followed each other.
    pub attribute: String,
    pub value: String,
    /// How many of those that failed have it, and of how many.
    pub failing: (usize, usize),
    /// The same of those that did not fail.
    pub healthy: (usize, usize),
    /// The probability that chance alone would give this, corrected for the number of attributes tried; empty where
    /// none was computed.
    pub p: String,
    /// Chance is an unlikely explanation: `p` is at most 0.05.
    pub is_proven: bool,
    /// Attributes that the same ones have, with their values.
    pub also: Vec<(String, String)>,
    /// Indexes of signals.
    pub signals: Vec<usize>,
    pub evidence: Vec<Citation>,
}

/// All findings, in order of cascade; those of outside checks come last.
pub fn find(evidence: &Evidence, signals: &[Signal], analysis: &Analysis) -> Vec<Common> {
    let mut found = of_pods(&evidence.topology, signals, &analysis.cascades);
    let is_of_one = |a: &JoinedRun, b: &JoinedRun| {
        (a.run.citation.entry, &a.check, &a.run.namespace) == (b.run.citation.entry, &b.check, &b.run.namespace)
    };
    for runs in evidence.checks.chunk_by(is_of_one) {
        found.extend(streaks::of_check(runs));
        found.extend(streaks::node_of_check(runs));
    }
    found
}

fn of_pods(topology: &Topology, signals: &[Signal], cascades: &[Cascade]) -> Vec<Common> {
    let populations = Troubles::new(topology, signals).populations(cascades);
    let mut told: BTreeSet<(Vec<usize>, String, String)> = BTreeSet::new();
    let one = |population: &Population<'_>| {
        let names = Names::new(population, signals, cascades);
        best(population, topology, signals, &names)
    };
    let found = populations.iter().filter_map(|alternatives| alternatives.iter().find_map(one));
    found.filter(|one| told.insert((one.signals.clone(), one.attribute.clone(), one.value.clone()))).collect()
}

/// What signals of a cascade are about, or say.
struct Names(Vec<String>);

impl Names {
    fn new(population: &Population<'_>, signals: &[Signal], cascades: &[Cascade]) -> Self {
        let members = cascades.get(population.cascade).map(|cascade| cascade.signals.iter()).into_iter().flatten();
        let members: BTreeSet<usize> = members.chain(&population.signals).copied().collect();
        let subjects = members.into_iter().filter_map(|index| signals.get(index));
        Self(subjects.flat_map(|signal| [signal.subject.to_string(), signal.title.clone()]).collect())
    }

    /// Whether an object, written `Kind/namespace/name`, is one of them.
    fn has(&self, value: &str) -> bool {
        let Some((_, name)) = value.rsplit_once('/') else { return false };
        let is_whole = |word: &str| word.trim_matches(|one: char| !one.is_alphanumeric()) == name;
        self.0.iter().any(|text| text == value || text.split([' ', '/']).any(is_whole))
    }
}

/// Those that have an attribute: of the failing, and of the healthy, by their places.
type Holders = (BTreeSet<usize>, BTreeSet<usize>);

/// Of ten that failed, nine must have it, and of ten that did not, one may.
fn is_apart(with: (usize, usize), (failing, healthy): (usize, usize)) -> bool {
    with.0 * 10 >= failing * 9 && with.1 * 10 <= healthy
}

/// The most that is left to chance.
const CHANCE: f64 = 0.05;

fn best(of: &Population<'_>, topology: &Topology, signals: &[Signal], names: &Names) -> Option<Common> {
    let counts = (of.failing.len(), of.healthy.len());
    if counts.0 == 0 || counts.1 == 0 {
        return None;
    }
    let mut holders: BTreeMap<Attribute, Holders> = BTreeMap::new();
    let is_waiting = of.way == Way::Waiting;
    for (place, pod) in of.failing.iter().enumerate() {
        for one in attributes::of_pod(pod, is_waiting, topology) {
            holders.entry(one).or_default().0.insert(place);
        }
    }
    for (place, pod) in of.healthy.iter().enumerate() {
        // What healthy ones have is asked of them all: a pod that waited for a node asks for labels, others stand on it.
        for one in attributes::of_pod(pod, false, topology) {
            if let Some(known) = holders.get_mut(&one) {
                known.1.insert(place);
            }
        }
    }
    // What a pod was made from is compared only where that is known of all: not to know it is not to be without it.
    let is_known = of.failing.iter().chain(&of.healthy).all(|pod| topology.spec_of(pod).is_some());
    holders.retain(|(attribute, _), _| {
        is_known || matches!(attribute.as_str(), "node" | "zone" | "owner" | "template" | "namespace" | "node version")
    });
    let tried = holders.keys().map(|(attribute, _)| attribute).collect::<BTreeSet<_>>().len();
    let factorials = Factorials::new(counts.0 + counts.1);
    let rank = |(attribute, value): &Attribute| rank(of, attribute, names.has(value));
    let apart = holders.iter().filter(|(_, held)| is_apart((held.0.len(), held.1.len()), counts));
    let apart = apart.filter(|(attribute, _)| counts.0 > 1 || is_of_template(of, &attribute.0));
    let chance = |held: &Holders| fisher((held.0.len(), held.1.len()), counts, &factorials);
    let (first, held) = apart.clone().min_by(|a, b| {
        let of_chance = chance(a.1).total_cmp(&chance(b.1));
        of_chance.then_with(|| (rank(a.0), a.0).cmp(&(rank(b.0), b.0)))
    })?;
    let corrected = (chance(held) * tried as f64).min(1.0);
    let is_clean = held.0.len() == counts.0 && held.1.is_empty();
    if corrected > CHANCE && !(is_clean && is_telling(of, (first, rank(first)), chance(held))) {
        return None;
    }
    let mut also: Vec<Attribute> =
        apart.filter(|(one, same)| *same == held && *one != first).map(|(one, _)| one.clone()).collect();
    also.sort_by_cached_key(|one| (rank(one), one.clone()));
    let found = Found { first, with: (held.0.len(), held.1.len()), counts, chance: chance(held), tried, also };
    Some(found.told(of, signals))
}

/// Of few, what separates them whole is told where it is compared within one workload, where signals name it, where it
/// is a place and they failed by themselves, or where it alone would be more than chance. That the pods of one workload
/// are not ready and others are is no news.
fn is_telling(of: &Population<'_>, (attribute, rank): (&Attribute, usize), chance: f64) -> bool {
    let is_place = rank <= RANK_OF_PLACES && of.way != Way::Unready;
    (of.is_workload && !attribute.0.starts_with("label ")) || rank <= RANK_OF_NAMED || is_place || chance <= CHANCE
}

/// The ranks up to which signals name a value, and up to which it is a place.
const RANK_OF_NAMED: usize = 2;
const RANK_OF_PLACES: usize = 6;

/// Of a single pod only what its template brought is worth telling: all else it may be the only one to have.
fn is_of_template(of: &Population<'_>, attribute: &str) -> bool {
    of.is_workload && matches!(attribute, "template" | "config" | "secret" | "volume" | "image")
}

/// Of attributes that cannot be told apart, which is told first: what signals name, then what is nearest to the way in
/// which they failed.
fn rank(of: &Population<'_>, attribute: &str, is_named: bool) -> usize {
    let has_run = of.failing.iter().any(|pod| population::has_started_in_time(pod));
    match attribute {
        "volume" if is_named && !has_run => 0,
        "config" | "secret" | "priorityClassName" if is_named => 1,
        "volume" if is_named => 2,
        _ if of.way == Way::Waiting && attribute.starts_with("node label ") => 3,
        "priorityClassName" if of.way == Way::Waiting => 4,
        "node" => 5,
        "zone" => 6,
        "template" if of.is_workload => 7,
        "owner" => 8,
        "template" => 9,
        "image" => 10,
        "config" | "secret" => 11,
        "volume" => 12,
        "priorityClassName" => 13,
        "node version" | "node runtime" => 14,
        _ if attribute.starts_with("node label ") => 15,
        _ => 16,
    }
}

struct Found<'a> {
    first: &'a Attribute,
    with: (usize, usize),
    counts: (usize, usize),
    chance: f64,
    tried: usize,
    also: Vec<Attribute>,
}

/// The most undistinguished attributes that a sentence names.
const MOST_NAMED: usize = 3;

/// The most pods of each side whose records are cited.
const MOST_CITED: usize = 8;

impl Found<'_> {
    fn told(self, of: &Population<'_>, signals: &[Signal]) -> Common {
        let (attribute, value) = self.first.clone();
        let corrected = (self.chance * self.tried as f64).min(1.0);
        let firsts = of.signals.iter().filter_map(|index| signals.get(*index)?.evidence.first().copied());
        let of_pods = |pods: &[&Pod]| -> Vec<Citation> {
            let records = pods.iter().take(MOST_CITED);
            records.filter_map(|pod| pod.object.as_ref().map(|object| object.citation).or(pod.last_record)).collect()
        };
        let mut evidence: Vec<Citation> = firsts.take(MOST_CITED).collect();
        evidence.extend(of_pods(&of.failing));
        evidence.extend(of_pods(&of.healthy));
        evidence.dedup();
        Common {
            cascade: Some(of.cascade),
            statement: self.statement(of, corrected),
            attribute,
            value,
            failing: (self.with.0, self.counts.0),
            healthy: (self.with.1, self.counts.1),
            p: in_words(corrected),
            is_proven: corrected <= CHANCE,
            also: self.also,
            signals: of.signals.clone(),
            evidence,
        }
    }

    fn statement(&self, of: &Population<'_>, corrected: f64) -> String {
        let (failing, healthy) = self.counts;
        let mut said = format!("{} of {failing} {} {}", self.with.0, of.way.words(), shared(self.first));
        let others = if of.is_workload { "of the same workload" } else { "of the namespace" };
        said += &format!(", and {} of {healthy} others {others} that were well", self.with.1);
        if !self.also.is_empty() {
            let named: Vec<String> = self.also.iter().take(MOST_NAMED).map(written).collect();
            let more = self.also.len().saturating_sub(MOST_NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            said += &format!("; the records cannot tell that apart from {}{more}", named.join(", "));
        }
        let tried = self.tried;
        if corrected <= CHANCE {
            let chance = in_words(corrected);
            format!(
                "{said}; by chance alone this has a probability of {chance} (Fisher's exact test, corrected for {tried} attributes tried)"
            )
        } else {
            let chance = in_words(self.chance);
            format!(
                "{said}; so few cases prove nothing: one attribute does so by chance with a probability of {chance}, and {tried} were tried"
            )
        }
    }
}

fn written((attribute, value): &Attribute) -> String {
    format!("{attribute} {value}")
}

fn shared((attribute, value): &Attribute) -> String {
    match attribute.as_str() {
        "node" => format!("were on {value}"),
        "zone" => format!("were in zone {value}"),
        "namespace" => format!("were in namespace {value}"),
        "owner" => format!("belonged to {value}"),
        "template" => format!("were made from {value}"),
        "image" => format!("ran {value}"),
        "config" | "secret" => format!("read {value}"),
        "volume" => format!("mounted {value}"),
        _ => match attribute.strip_prefix("node label ") {
            Some(label) => format!("were on, or asked for, nodes of {label}={value}"),
            None => format!("had {attribute} {value}"),
        },
    }
}

/// A probability with two digits.
fn in_words(chance: f64) -> String {
    if chance >= 0.995 {
        "1".to_owned()
    } else if chance >= 0.01 {
        format!("{chance:.2}")
    } else if chance >= 0.0001 {
        format!("{chance:.4}")
    } else {
        "less than 0.0001".to_owned()
    }
}
