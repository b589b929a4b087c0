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
    /// In order.
    pub subjects: Vec<String>,
}

/// Every source in order of name.
pub fn by_source(outcomes: &[Outcome]) -> Vec<SourceCoverage> {
    let mut sources: BTreeMap<&str, SourceCoverage> = BTreeMap::new();
    for outcome in outcomes {
        let coverage = sources.entry(&outcome.source).or_insert_with(|| SourceCoverage {
            source: outcome.source.clone(),
            planned: 0,
            ended: BTreeMap::new(),
            bytes: 0,
        });
        coverage.planned += 1;
        coverage.bytes += outcome.bytes;
        *coverage.ended.entry(outcome.status).or_default() += 1;
    }
    sources.into_values().collect()
}

/// How many reasons of one source, node and status are told apart; more are summed up under the first.
const REASONS: usize = 3;

/// Everything whose status is `wanted`, grouped by source, node, status and reason; the largest groups first.
///
/// Where there would be more than three groups that differ in nothing but the reason, they are one, with the first
/// reason as an example.
pub fn lacks(outcomes: &[Outcome], wanted: impl Fn(Status) -> bool) -> Vec<Lack> {
    let mut groups: BTreeMap<(&str, Status, &str, Option<&str>), Vec<String>> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| wanted(outcome.status)) {
        let key = (outcome.source.as_str(), outcome.status, outcome.why.as_str(), outcome.node.as_deref());
        groups.entry(key).or_default().push(outcome.subject.clone());
    }
    let mut reasons: BTreeMap<(&str, Status, Option<&str>), usize> = BTreeMap::new();
    for (source, status, _, node) in groups.keys() {
        *reasons.entry((source, *status, *node)).or_default() += 1;
    }
    let mut summed: BTreeMap<(&str, Status, String, Option<&str>), Vec<String>> = BTreeMap::new();
    let mut examples: BTreeMap<(&str, Status, Option<&str>), String> = BTreeMap::new();
    for ((source, status, why, node), subjects) in groups {
        let kind = (source, status, node);
        let why = match reasons.get(&kind) {
            Some(count) if *count > REASONS => {
                examples.entry(kind).or_insert_with(|| format!("for {count} reasons, as: {why}")).clone()
            }
            _ => why.to_owned(),
        };
        summed.entry((source, status, why, node)).or_default().extend(subjects);
    }
    let mut lacks: Vec<Lack> = summed
        .into_iter()
        .map(|((source, status, why, node), mut subjects)| {
            subjects.sort();
            let node = node.map(str::to_owned);
            Lack { source: source.to_owned(), status, why, node, subjects }
        })
        .collect();
    lacks.sort_by_key(|lack| std::cmp::Reverse(lack.subjects.len()));
    lacks
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(source: &str, subject: &str, status: Status, why: &str, node: Option<&str>) -> Outcome {
        Outcome {
            source: source.into(),
            subject: subject.into(),
            status,
            why: why.into(),
            http_code: None,
            entry: None,
            node: node.map(str::to_owned),
            from: None,
            to: None,
            bytes: 10,
            at: chrono::DateTime::UNIX_EPOCH,
            took_ms: 0,
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
        let lacks = lacks(&outcomes, Status::is_missing);
        let counts: Vec<(&str, usize)> = lacks.iter().map(|lack| (lack.source.as_str(), lack.subjects.len())).collect();
        assert_eq!(counts, [("pod-logs", 60), ("journals", 1)]);
        let sources = by_source(&outcomes);
        assert_eq!((sources[0].source.as_str(), sources[0].planned, sources[0].bytes), ("journals", 2, 20));
        assert_eq!(sources[0].ended.get(&Status::Absent), Some(&1));
    }

    #[test]
    fn many_reasons_are_one_group() {
        let denied = |i| outcome("objects", &format!("kind-{i}"), Status::Denied, &format!("{i} is forbidden"), None);
        let two: Vec<Outcome> = (0..2).map(denied).collect();
        assert_eq!(lacks(&two, Status::is_missing).len(), 2);
        let many: Vec<Outcome> = (0..9).map(denied).collect();
        let groups = lacks(&many, Status::is_missing);
        assert_eq!((groups.len(), groups[0].subjects.len()), (1, 9));
        assert_eq!(groups[0].why, "for 9 reasons, as: 0 is forbidden");
    }
}
