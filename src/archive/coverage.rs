//! What an archive holds and lacks, summed up from its outcomes. Pure: the same outcomes give the same summary.

use super::format::{Outcome, Status};
use std::collections::BTreeMap;

/// One collector's share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceCoverage {
    pub source: String,
    pub planned: usize,
    /// How many ended in each status; only those that occur.
    pub ended: BTreeMap<Status, usize>,
    pub bytes: u64,
}

/// Items that ended the same way for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    pub source: String,
    pub status: Status,
    pub why: String,
    /// The node they were to come from, if all of them were to come from one.
    pub node: Option<String>,
    pub items: Items,
}

/// How many subjects of a group are named; the archive has all of them.
const NAMED: usize = 4;

/// How many items, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Items {
    pub count: usize,
    /// The first subjects in order, at most four.
    pub first: Vec<String>,
}

impl Items {
    fn add(&mut self, subject: &str) {
        self.count += 1;
        self.name(subject);
    }

    fn name(&mut self, subject: &str) {
        if self.first.len() == NAMED && self.first.last().is_some_and(|last| last.as_str() <= subject) {
            return;
        }
        let at = self.first.partition_point(|before| before.as_str() <= subject);
        self.first.insert(at, subject.to_owned());
        self.first.truncate(NAMED);
    }

    fn join(&mut self, other: &Self) {
        self.count += other.count;
        other.first.iter().for_each(|subject| self.name(subject));
    }
}

/// The summary. It takes outcomes one by one and keeps none of them, so that it is small however many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    sources: BTreeMap<String, SourceCoverage>,
    /// What is missing or was cut.
    groups: BTreeMap<Group, Items>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    source: String,
    status: Status,
    why: String,
    node: Option<String>,
}

/// How many reasons of one source, node and status are told apart; more are summed up under the first.
const REASONS: usize = 3;

impl Coverage {
    pub fn of<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Self {
        let mut coverage = Self::default();
        outcomes.into_iter().for_each(|outcome| coverage.add(outcome));
        coverage
    }

    pub fn add(&mut self, outcome: &Outcome) {
        let Outcome { source, status, .. } = outcome;
        if !self.sources.contains_key(source) {
            let share = SourceCoverage { source: source.clone(), planned: 0, ended: BTreeMap::new(), bytes: 0 };
            self.sources.insert(source.clone(), share);
        }
        if let Some(share) = self.sources.get_mut(source) {
            share.planned += 1;
            share.bytes += outcome.bytes;
            *share.ended.entry(*status).or_default() += 1;
        }
        if status.is_missing() || *status == Status::Truncated {
            let (why, node) = (outcome.why.clone(), outcome.node.clone());
            let group = Group { source: source.clone(), status: *status, why, node };
            self.groups.entry(group).or_default().add(&outcome.subject);
        }
    }

    /// Every source in order of name.
    pub fn by_source(&self) -> impl Iterator<Item = &SourceCoverage> {
        self.sources.values()
    }

    /// How many items there are.
    pub fn planned(&self) -> usize {
        self.sources.values().map(|share| share.planned).sum()
    }

    /// Whether any item ended in a status that is `wanted`.
    pub fn any(&self, wanted: impl Fn(Status) -> bool) -> bool {
        self.sources.values().flat_map(|share| share.ended.keys()).any(|status| wanted(*status))
    }

    /// Everything that is missing, see [`Status::is_missing`], grouped by source, node, status and reason; the largest
    /// groups first.
    ///
    /// Where there would be more than three groups that differ in nothing but the reason, they are one, with the first
    /// reason as an example.
    pub fn missing(&self) -> Vec<Lack> {
        self.lacks(Status::is_missing)
    }

    /// What was cut, in the same way.
    pub fn cut(&self) -> Vec<Lack> {
        self.lacks(|status| status == Status::Truncated)
    }

    fn lacks(&self, wanted: impl Fn(Status) -> bool) -> Vec<Lack> {
        let groups = || self.groups.iter().filter(|(group, _)| wanted(group.status));
        let mut reasons: BTreeMap<Kind<'_>, usize> = BTreeMap::new();
        for (group, _) in groups() {
            *reasons.entry(group.kind()).or_default() += 1;
        }
        let mut summed: BTreeMap<(&str, Status, String, Option<&str>), Items> = BTreeMap::new();
        let mut examples: BTreeMap<Kind<'_>, String> = BTreeMap::new();
        for (group, items) in groups() {
            let (kind, why) = (group.kind(), &group.why);
            let why = match reasons.get(&kind) {
                Some(count) if *count > REASONS => {
                    examples.entry(kind).or_insert_with(|| format!("for {count} reasons, as: {why}")).clone()
                }
                _ => why.clone(),
            };
            summed.entry((&group.source, group.status, why, group.node.as_deref())).or_default().join(items);
        }
        let mut lacks: Vec<Lack> = summed
            .into_iter()
            .map(|((source, status, why, node), items)| Lack {
                source: source.to_owned(),
                status,
                why,
                node: node.map(str::to_owned),
                items,
            })
            .collect();
        lacks.sort_by_key(|lack| std::cmp::Reverse(lack.items.count));
        lacks
    }
}

/// What differs in nothing but the reason.
type Kind<'a> = (&'a str, Status, Option<&'a str>);

impl Group {
    fn kind(&self) -> Kind<'_> {
        (&self.source, self.status, self.node.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn outcome(source: &str, subject: &str, status: Status, why: &str, node: Option<&str>) -> Outcome {
        Outcome {
            why: why.into(),
            node: node.map(str::to_owned),
            bytes: 10,
            ..Outcome::new(source, subject, status, chrono::DateTime::UNIX_EPOCH)
        }
    }

    #[test]
    fn one_dead_node_is_one_group() {
        let mut outcomes: Vec<Outcome> = (0..60)
            .map(|i| {
                outcome("pod-logs", &format!("Pod/a/p-{i:02}"), Status::Unreachable, "kubelet silent", Some("node-1"))
            })
            .collect();
        outcomes.push(outcome(
            "journals",
            "Node/node-1 unit kubelet",
            Status::Unreachable,
            "kubelet silent",
            Some("node-1"),
        ));
        outcomes.push(outcome("journals", "Node/node-1 unit docker", Status::Absent, "no such unit", Some("node-1")));
        let coverage = Coverage::of(&outcomes);
        let lacks = coverage.missing();
        let counts: Vec<(&str, usize)> = lacks.iter().map(|lack| (lack.source.as_str(), lack.items.count)).collect();
        assert_eq!(counts, [("pod-logs", 60), ("journals", 1)]);
        assert_eq!(lacks[0].items.first, ["Pod/a/p-00", "Pod/a/p-01", "Pod/a/p-02", "Pod/a/p-03"]);
        assert_eq!(coverage.planned(), 62);
        assert!(coverage.any(|status| status == Status::Absent) && !coverage.any(|status| status == Status::Denied));
        let sources: Vec<&SourceCoverage> = coverage.by_source().collect();
        assert_eq!((sources[0].source.as_str(), sources[0].planned, sources[0].bytes), ("journals", 2, 20));
        assert_eq!(sources[0].ended.get(&Status::Absent), Some(&1));
    }

    #[test]
    fn many_reasons_are_one_group() {
        let denied = |i| outcome("objects", &format!("kind-{i}"), Status::Denied, &format!("{i} is forbidden"), None);
        let two: Vec<Outcome> = (0..2).map(denied).collect();
        assert_eq!(Coverage::of(&two).missing().len(), 2);
        let many: Vec<Outcome> = (0..9).map(denied).collect();
        let groups = Coverage::of(&many).missing();
        assert_eq!((groups.len(), groups[0].items.count), (1, 9));
        assert_eq!(groups[0].items.first, ["kind-0", "kind-1", "kind-2", "kind-3"]);
        assert!(Coverage::of(&many).cut().is_empty());
        assert_eq!(groups[0].why, "for 9 reasons, as: 0 is forbidden");
    }

    proptest! {
        #[test]
        fn the_order_of_outcomes_does_not_matter(
            made in proptest::collection::vec((0_usize..10, 0_u8..6, 0_u8..3, 0_u8..40), 0..60),
        ) {
            let mut outcomes: Vec<Outcome> = made
                .into_iter()
                .map(|(status, why, node, subject)| {
                    let node = (node > 0).then(|| format!("node-{node}"));
                    outcome("a", &format!("{subject:02}"), Status::ALL[status], &why.to_string(), node.as_deref())
                })
                .collect();
            let coverage = Coverage::of(&outcomes);
            outcomes.reverse();
            prop_assert_eq!(&coverage, &Coverage::of(&outcomes));
            let missing = outcomes.iter().filter(|outcome| outcome.status.is_missing()).count();
            prop_assert_eq!(coverage.missing().iter().map(|lack| lack.items.count).sum::<usize>(), missing);
            for lack in coverage.missing() {
                let named = lack.items.first;
                prop_assert!(named.is_sorted() && named.len() == lack.items.count.min(NAMED));
            }
        }
    }
}
