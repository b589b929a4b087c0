//! What outside checks met: runs of success and of failure, one check at a time.

use crate::evidence::{CheckOutcome, Evidence, JoinedRun};
use crate::model::Citation;
use crate::report::times::{Clock, counted};
use chrono::{DateTime, Utc};

/// The runs of one check, in order of time.
#[derive(Debug)]
pub struct CheckView<'a> {
    pub name: &'a str,
    pub runs: &'a [JoinedRun],
    pub streaks: Vec<Streak<'a>>,
}

/// Runs with the same outcome, one after the other; those that tell nothing are left out.
#[derive(Debug)]
pub struct Streak<'a> {
    pub outcome: CheckOutcome,
    pub runs: Vec<&'a JoinedRun>,
}

/// All checks with a run that tells something, in order of their file and name.
pub fn checks(evidence: &Evidence) -> Vec<CheckView<'_>> {
    evidence.checks.chunk_by(|a, b| a.key() == b.key()).filter_map(CheckView::new).collect()
}

impl<'a> CheckView<'a> {
    fn new(runs: &'a [JoinedRun]) -> Option<Self> {
        let telling = runs.iter().filter(|one| one.run.outcome != CheckOutcome::Unknown);
        let mut streaks: Vec<Streak> = Vec::new();
        for one in telling {
            match streaks.last_mut().filter(|streak| streak.outcome == one.run.outcome) {
                Some(streak) => streak.runs.push(one),
                None => streaks.push(Streak { outcome: one.run.outcome, runs: vec![one] }),
            }
        }
        let name = runs.first()?.check.as_str();
        (!streaks.is_empty()).then_some(Self { name, runs, streaks })
    }

    /// How many of its runs ended so.
    pub fn count(&self, outcome: CheckOutcome) -> usize {
        self.runs.iter().filter(|one| one.run.outcome == outcome).count()
    }

    /// Passed and failed runs.
    pub fn telling(&self) -> usize {
        self.streaks.iter().map(|streak| streak.runs.len()).sum()
    }

    pub fn failed(&self) -> impl Iterator<Item = &'a JoinedRun> {
        self.runs.iter().filter(|one| one.run.outcome == CheckOutcome::Failed)
    }

    /// Runs that passed before their pods were ready.
    pub fn passed_early(&self) -> impl Iterator<Item = &'a JoinedRun> {
        self.runs.iter().filter(|one| one.run.outcome == CheckOutcome::Passed && one.waited_count > 0)
    }

    /// From when to when runs failed; none where none did.
    pub fn failing(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let mut failed = self.streaks.iter().filter(|streak| streak.outcome == CheckOutcome::Failed);
        let first = failed.next()?;
        Some((first.from(), failed.next_back().unwrap_or(first).to()))
    }

    /// The run whose end is taken for the beginning of the first that failed, as that does not say when it began.
    pub fn before_failing(&self) -> Option<&'a JoinedRun> {
        let first = self.failed().next().filter(|first| first.run.from.is_none() && first.began.is_some())?;
        self.runs.iter().take_while(|one| one.run.citation != first.run.citation).last()
    }

    /// `4 of 11 runs`, `none of 5 runs`, `The only run`.
    pub fn share(&self) -> String {
        if self.telling() == 1 && self.count(CheckOutcome::Failed) == 1 {
            return "The only run".to_owned();
        }
        let runs = counted(self.telling(), "run");
        match self.count(CheckOutcome::Failed) {
            0 => format!("none of {runs}"),
            failed => format!("{failed} of {runs}"),
        }
    }

    /// The failed runs as a sentence without its end: how many, when, and what was before and after.
    pub fn sentence(&self, clock: &Clock) -> String {
        let Some((from, to)) = self.failing() else { return String::new() };
        let streaks: Vec<&Streak> = self.streaks.iter().filter(|one| one.outcome == CheckOutcome::Failed).collect();
        let times = match streaks.len() {
            1 => String::new(),
            several => format!(" in {several} streaks"),
        };
        let times = match self.before_failing() {
            Some(_) => {
                format!("{times} between {}, when the run before ended, and {}", clock.time(from), clock.time(to))
            }
            None => format!("{times}, from {} to {}", clock.time(from), clock.time(to)),
        };
        let before = self.streaks.first().filter(|first| first.outcome == CheckOutcome::Passed);
        let after = self.streaks.last().filter(|last| last.outcome == CheckOutcome::Passed);
        let before = before.map(|one| format!("; {} had passed before", one.runs.len())).unwrap_or_default();
        let after = match after.filter(|_| self.streaks.len() > 1) {
            Some(one) => format!("; {} passed afterwards, until {}", one.runs.len(), clock.time(one.to())),
            None if self.telling() == 1 => String::new(),
            None => "; none has passed since".to_owned(),
        };
        format!("failed{times}{before}{after}")
    }
}

impl Streak<'_> {
    /// When the first of its runs began; its end where nothing says that.
    pub fn from(&self) -> DateTime<Utc> {
        self.runs.first().map(|one| one.began.unwrap_or(one.run.to)).unwrap_or_default()
    }

    /// When the last of its runs ended.
    pub fn to(&self) -> DateTime<Utc> {
        self.runs.last().map(|one| one.run.to).unwrap_or_default()
    }

    /// The rows of its runs.
    pub fn records(&self) -> impl Iterator<Item = Citation> {
        self.runs.iter().map(|one| one.run.citation)
    }
}
