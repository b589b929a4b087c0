//! Joins each run with the pods that it made: by its release, or by its namespace alone, within its time.

use super::pods::{Beginnings, PodsByRelease};
use super::{CheckOutcome, CheckRun, JoinedRun, MOST_WAITED, WaitedFor};
use crate::evidence::{Facts, Pod, Topology};
use crate::model::{EntryId, starred};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};

/// The most pods that are looked at for one run.
const MOST_PODS: usize = 500;

/// The runs with their pods: in order of their file and check, then of time.
pub fn join(runs: Vec<CheckRun>, topology: &Topology, facts: &Facts) -> Vec<JoinedRun> {
    if runs.is_empty() {
        return Vec::new();
    }
    let pods = PodsByRelease::new(topology);
    let beginnings = Beginnings::new(facts);
    let mut joined: Vec<JoinedRun> = told_once(runs).into_iter().map(alone).collect();
    joined.sort_by(|a, b| {
        a.key().cmp(&b.key()).then_with(|| (a.run.to, a.run.citation).cmp(&(b.run.to, b.run.citation)))
    });
    for check in joined.chunk_by_mut(|a, b| a.key() == b.key()) {
        let mut before = None;
        for one in check.iter_mut() {
            one.began = one.run.from.or(before);
            before = Some(one.run.to);
        }
        let made: Vec<Vec<&Pod>> = check.iter().map(|one| of_release(&pods, one)).collect();
        let is_by_release = made.iter().any(|pods| !pods.is_empty());
        for (one, named) in check.iter_mut().zip(made) {
            let made = if is_by_release { named } else { of_namespace(&pods, one) };
            wait(one, &made, &beginnings);
        }
    }
    joined
}

/// What tells one run from another: its times, how it ended, what was tried and where. What it said may have other
/// pseudonyms in another archive.
type Same = (Option<DateTime<Utc>>, DateTime<Utc>, CheckOutcome, String, Option<String>, Option<String>);

/// The runs without those of a file that another file has too: one that grows is in each archive that is made meanwhile,
/// and may be given beside them. Of two that have the same the first stays.
///
/// Each file is held against those with more runs, so it costs their number times that of the runs.
fn told_once(runs: Vec<CheckRun>) -> Vec<CheckRun> {
    let mut files: BTreeMap<EntryId, BTreeSet<Same>> = BTreeMap::new();
    for run in &runs {
        let CheckRun { from, to, outcome, what, namespace, release, .. } = run;
        let same = (*from, *to, *outcome, what.clone(), namespace.clone(), release.clone());
        files.entry(run.citation.entry).or_default().insert(same);
    }
    let mut largest: Vec<(EntryId, BTreeSet<Same>)> = files.into_iter().collect();
    largest.sort_by_key(|(entry, runs)| (std::cmp::Reverse(runs.len()), *entry));
    let mut kept: Vec<(EntryId, BTreeSet<Same>)> = Vec::new();
    for (entry, runs) in largest {
        if !kept.iter().any(|(_, more)| runs.is_subset(more)) {
            kept.push((entry, runs));
        }
    }
    let kept: BTreeSet<EntryId> = kept.into_iter().map(|(entry, _)| entry).collect();
    runs.into_iter().filter(|run| kept.contains(&run.citation.entry)).collect()
}

fn alone(run: CheckRun) -> JoinedRun {
    let check = starred(&run.what);
    JoinedRun { run, check, began: None, pods: 0, waited: Vec::new(), waited_count: 0, node: None }
}

fn of_release<'a>(pods: &PodsByRelease<'a>, of: &JoinedRun) -> Vec<&'a Pod> {
    let words = of.run.release.as_deref().unwrap_or(&of.run.what);
    let mut found = pods.named(words, (of.began, of.run.to));
    found.retain(|pod| of.run.namespace.as_ref().is_none_or(|namespace| *namespace == pod.namespace));
    found.truncate(MOST_PODS);
    found
}

/// Pods that came to the run's namespace while it ran. Without a namespace, or a beginning, any pod might be meant.
fn of_namespace<'a>(pods: &PodsByRelease<'a>, of: &JoinedRun) -> Vec<&'a Pod> {
    let (Some(namespace), Some(began)) = (&of.run.namespace, of.began) else { return Vec::new() };
    let came = pods.that_came((began, of.run.to)).take(MOST_PODS);
    came.filter(|pod| pod.namespace == *namespace).collect()
}

/// Notes which of the pods it made were not ready when it ended.
fn wait(of: &mut JoinedRun, made: &[&Pod], beginnings: &Beginnings<'_>) {
    of.pods = made.len();
    let at: DateTime<Utc> = of.run.to;
    for pod in made {
        let unready = match of.run.outcome {
            CheckOutcome::Failed => beginnings.unready(pod, at),
            CheckOutcome::Passed => beginnings.ready_later(pod, at),
            CheckOutcome::Unknown => None,
        };
        let Some((state, evidence)) = unready else { continue };
        of.waited_count += 1;
        if of.waited.len() < MOST_WAITED {
            of.waited.push(WaitedFor { pod: pod.subject(), node: pod.node.clone(), state, evidence });
        }
    }
    let nodes: BTreeSet<Option<&str>> = of.waited.iter().map(|one| one.node.as_deref()).collect();
    let is_one = of.waited_count > 0 && of.waited_count <= MOST_WAITED;
    let node = nodes.first().copied().flatten().filter(|_| nodes.len() == 1 && is_one);
    of.node = node.map(str::to_owned);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_grew_is_told_once() {
        let run = |entry: u32, second: i64| CheckRun {
            from: None,
            to: DateTime::from_timestamp(1_795_276_800 + second, 0).unwrap_or_default(),
            outcome: CheckOutcome::Failed,
            what: "smoke".to_owned(),
            namespace: None,
            release: None,
            error: format!("REDACTED-password-{entry}"),
            citation: crate::model::Citation { entry: EntryId(entry), ..Default::default() },
        };
        let told =
            |runs: Vec<CheckRun>| -> Vec<u32> { told_once(runs).iter().map(|run| run.citation.entry.0).collect() };
        assert_eq!(told(vec![run(0, 1), run(0, 2), run(1, 1), run(1, 2), run(1, 3)]), [1, 1, 1]);
        assert_eq!(told(vec![run(0, 1), run(1, 1)]), [0], "the first of two that are the same");
        assert_eq!(
            told(vec![run(0, 1), run(0, 2), run(1, 2), run(1, 3)]),
            [0, 0, 1, 1],
            "neither has all of the other"
        );
    }

    #[test]
    fn runs_of_one_check_differ_by_numbers() {
        assert_eq!(starred("install market-16 of 3"), "install market-* of *");
        assert_eq!(starred("GET /health"), "GET /health");
    }
}
