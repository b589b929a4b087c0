//! Whether runs of a check failed at one time of day.

use super::question::{Kind, Member, Question, Table};
use crate::evidence::{CheckOutcome, JoinedRun};
use chrono::{TimeDelta, Timelike};
use std::collections::BTreeSet;

/// An hour comes again only after a day.
const SPAN: TimeDelta = TimeDelta::days(2);

/// The question of the runs of one check, where they were made on several days.
pub fn ask(runs: &[JoinedRun], table: &mut Table) -> Option<Question> {
    let known = || runs.iter().filter(|one| one.run.outcome != CheckOutcome::Unknown);
    let (first, last) = (known().map(|one| one.run.to).min()?, known().map(|one| one.run.to).max()?);
    if last - first < SPAN {
        return None;
    }
    let mut of = |is_failed: bool| -> Vec<Member> {
        let own = known().filter(|one| (one.run.outcome == CheckOutcome::Failed) == is_failed);
        let member = |one: &JoinedRun| {
            let hour = format!("{:02}:00 UTC", one.run.to.hour());
            Member { has: table.numbers(BTreeSet::from([(HOUR.to_owned(), hour)])), record: Some(one.run.citation) }
        };
        own.map(member).collect()
    };
    let (failing, healthy) = (of(true), of(false));
    Some(Question {
        cascade: None,
        kind: Kind::Runs(runs.first()?.check.clone()),
        failing,
        healthy,
        others: "that passed",
        is_workload: false,
        has_run: true,
        since: None,
        signals: Vec::new(),
    })
}

/// The hour of the day in which a run ended.
pub const HOUR: &str = "hour of day";
