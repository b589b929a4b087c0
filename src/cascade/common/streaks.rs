//! Whether runs of a check failed in streaks.

use super::Common;
use super::exact_test::{Factorials, streaks};
use super::told::in_words;
use crate::evidence::{CheckOutcome, JoinedRun};
use crate::model::rfc3339;

/// A check whose failed runs followed each other, or are too many to have done so by chance.
pub fn of_check(runs: &[JoinedRun]) -> Option<Common> {
    let known: Vec<&JoinedRun> = runs.iter().filter(|one| one.run.outcome != CheckOutcome::Unknown).collect();
    let is_failed = |one: &&JoinedRun| one.run.outcome == CheckOutcome::Failed;
    let failed: Vec<&JoinedRun> = known.iter().copied().filter(is_failed).collect();
    let passed = known.len() - failed.len();
    if failed.len() < 2 || passed == 0 {
        return None;
    }
    let rows: Vec<&[&JoinedRun]> = known.chunk_by(|a, b| is_failed(a) == is_failed(b)).collect();
    let longest = rows.iter().filter(|row| row.first().is_some_and(is_failed)).max_by_key(|row| row.len())?;
    let chance = streaks(rows.len(), (failed.len(), passed), &Factorials::new(known.len()));
    if chance > 0.05 {
        return None;
    }
    let (first, last) = (longest.first()?.run.to, longest.last()?.run.to);
    let check = &longest.first()?.check;
    let (count, all) = (failed.len(), known.len());
    let failing_rows = rows.iter().filter(|row| row.first().is_some_and(is_failed)).count();
    let how = if failing_rows == 1 {
        "one after the other".to_owned()
    } else {
        format!("in {failing_rows} streaks, the longest of {}", longest.len())
    };
    let statement = format!(
        "{count} of {all} runs of {check} failed, {how}, from {} to {}; if runs failed independently of each other, \
         so few streaks would have a probability of {} (exact runs test)",
        rfc3339(first),
        rfc3339(last),
        in_words(chance)
    );
    Some(Common {
        cascade: None,
        statement,
        attribute: "streak".to_owned(),
        value: check.clone(),
        key: None,
        failing: (longest.len(), count),
        healthy: (0, passed),
        p: in_words(chance),
        is_proven: true,
        also: Vec::new(),
        signals: Vec::new(),
        evidence: longest.iter().map(|one| one.run.citation).collect(),
    })
}

/// The node on which the pods of every failed run waited, and of no passed one.
pub fn node_of_check(runs: &[JoinedRun]) -> Option<Common> {
    let known = || runs.iter().filter(|one| one.run.outcome != CheckOutcome::Unknown);
    let failed: Vec<&JoinedRun> = known().filter(|one| one.run.outcome == CheckOutcome::Failed).collect();
    let node = failed.first()?.node.as_ref()?;
    let is_on = |one: &&&JoinedRun| one.node.as_ref() == Some(node);
    let (with, passed) = (failed.iter().filter(is_on).count(), known().count() - failed.len());
    let check = &failed.first()?.check;
    if with < failed.len() || with < 2 || passed == 0 {
        return None;
    }
    let statement = format!(
        "all {with} failed runs of {check} waited for pods that were on {node} alone; the other {passed} passed"
    );
    let waited = failed.iter().flat_map(|one| one.waited.iter().flat_map(|waited| waited.evidence.first().copied()));
    let evidence = failed.iter().map(|one| one.run.citation).chain(waited).collect();
    Some(Common {
        cascade: None,
        statement,
        attribute: "node".to_owned(),
        value: node.clone(),
        key: None,
        failing: (with, failed.len()),
        healthy: (0, passed),
        p: String::new(),
        is_proven: false,
        also: Vec::new(),
        signals: Vec::new(),
        evidence,
    })
}
