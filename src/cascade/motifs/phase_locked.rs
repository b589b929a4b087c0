//! Phase-locked recurrence: something fails again and again, each time right after the same CronJob has begun a run.
//!
//! Its parts: three times or more of the same trouble of one workload or node, each within a minute of a start of a run
//! of one CronJob, and starts so far apart that chance does not explain it.
//!
//! Source: kubernetes documentation, CronJob; analysis of published reports, rows 4 and 48.

use super::Motif;
use super::sight::{One, Sight, clock};
use crate::evidence::Pod;
use crate::model::{Subject, length};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::BTreeMap;

pub const NAME: &str = "phase-locked-recurrence";

/// What a run brings shows within this after it began.
const AFTER: TimeDelta = TimeDelta::seconds(60);
/// A start may be recorded so much later than what it did.
const BEFORE: TimeDelta = TimeDelta::seconds(5);
const TIMES: usize = 3;
/// The chance that so many onsets fall near starts by accident is at most one in so many.
const ONE_IN: f64 = 200.0;

pub fn find(sight: &Sight<'_>) -> Vec<Motif> {
    let runs = runs(sight);
    if runs.is_empty() {
        return Vec::new();
    }
    let mut trains: BTreeMap<(Subject, &str), Vec<One<'_>>> = BTreeMap::new();
    for (index, signal) in sight.scene.signals.iter().enumerate().filter(|(_, one)| one.is_harm()) {
        trains.entry((sight.workload(&signal.subject), signal.name.as_str())).or_default().push((index, signal));
    }
    let of = |((whom, _), train): (&(Subject, &str), &Vec<One<'_>>)| {
        let mut matching = runs.iter().filter(|(cron, _)| *cron != whom);
        matching.find_map(|(cron, starts)| locked(sight, (cron, starts), (whom, train)))
    };
    trains.iter().filter(|(_, train)| train.len() >= TIMES).filter_map(of).collect()
}

/// When runs of each CronJob began.
fn runs(sight: &Sight<'_>) -> BTreeMap<Subject, Vec<DateTime<Utc>>> {
    let mut found: BTreeMap<Subject, Vec<DateTime<Utc>>> = BTreeMap::new();
    let pods = sight.scene.topology.pods_by_workload().filter(|(workload, _)| workload.is("CronJob"));
    for (cron, pods) in pods {
        let mut by_job: BTreeMap<&Subject, DateTime<Utc>> = BTreeMap::new();
        for (job, at) in pods.filter_map(|pod| Some((pod.owner.as_ref()?, Pod::arrived(pod)?))) {
            let first = by_job.entry(job).or_insert(at);
            *first = at.min(*first);
        }
        let mut starts: Vec<DateTime<Utc>> = by_job.into_values().collect();
        starts.sort_unstable();
        if starts.len() >= TIMES {
            found.insert(cron.clone(), starts);
        }
    }
    found
}

fn locked(
    sight: &Sight<'_>,
    (cron, starts): (&Subject, &[DateTime<Utc>]),
    (whom, train): (&Subject, &[One<'_>]),
) -> Option<Motif> {
    let mut by_start: BTreeMap<DateTime<Utc>, One<'_>> = BTreeMap::new();
    for one in train {
        let after = starts.partition_point(|start| *start <= one.1.from.time + BEFORE);
        let start = after.checked_sub(1).and_then(|place| starts.get(place))?;
        // One that has nothing to do with a run speaks against all.
        if one.1.from.time - *start > AFTER {
            return None;
        }
        by_start.entry(*start).or_insert(*one);
    }
    let gaps = starts.iter().zip(starts.iter().skip(1)).map(|(a, b)| *b - *a);
    let shortest = gaps.min().filter(|gap| *gap > AFTER + BEFORE)?;
    let share = (AFTER + BEFORE).num_seconds() as f64 / shortest.num_seconds().max(1) as f64;
    let chance = (0..by_start.len()).fold(1.0, |chance, _| chance * share);
    if by_start.len() < TIMES || chance * ONE_IN > 1.0 {
        return None;
    }
    let all: Vec<One<'_>> = by_start.values().copied().collect();
    let latest = by_start.iter().map(|(start, one)| one.1.from.time - *start).max()?;
    let times: Vec<String> = by_start.values().map(|(_, one)| clock(one.from.time)).collect();
    let (_, first) = all.first()?;
    let statement = format!(
        "It recurs with {cron}: {} of {whom} began {} times ({}), each time within {} of the beginning of one of its {} runs, \
         which are at least {} apart",
        first.name,
        by_start.len(),
        times.join(", "),
        length(latest.max(TimeDelta::seconds(1))),
        starts.len(),
        length(shortest),
    );
    Some(sight.motif(NAME, statement, &all, &[]))
}
