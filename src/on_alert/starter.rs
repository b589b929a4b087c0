//! Takes what fires, one after another, and starts a Job where it is time for one.

use super::jobs::{Fault, Jobs};
use super::pace::Pace;
use super::template::Template;
use super::webhook::Firing;
use chrono::{SecondsFormat, Utc};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// How long an API server that does not answer is asked again for one alert.
const PATIENCE: Duration = Duration::from_secs(10 * 60);
/// Between two tries: at first, and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(15);

/// Starts Jobs.
pub struct Starter {
    jobs: Jobs,
    template: Template,
    pace: Pace,
    tell: fn(&str),
}

impl Starter {
    /// What happens is said to `tell`, a line each.
    pub fn new(jobs: Jobs, template: Template, pace: Pace, tell: fn(&str)) -> Self {
        Self { jobs, template, pace, tell }
    }

    /// Asks the API server for what will be asked for an alert, without starting anything: what is wrong with the template
    /// or with the rights is known before there is an alert. An API server that does not answer is told and no error.
    ///
    /// # Errors
    /// What would not go well later either.
    pub async fn try_out(&self) -> Result<(), String> {
        let now = Utc::now();
        let nothing = Firing { group: String::new(), since: now, alerts: BTreeSet::new() };
        let job = self.template.job(&nothing, now, &[]);
        let asked = match self.jobs.started(self.template.name()).await {
            Ok(_) => self.jobs.try_out(job).await,
            Err(fault) => Err(fault),
        };
        match asked {
            Ok(()) | Err(Fault::Exists) => Ok(()),
            Err(Fault::Refused(why)) => Err(why),
            Err(Fault::Unavailable(why)) => {
                (self.tell)(&format!("the API server was not asked whether Jobs can be started: {why}"));
                Ok(())
            }
        }
    }

    /// Goes on until nothing can come any more.
    pub async fn run(self, mut alerts: mpsc::Receiver<Firing>) {
        while let Some(firing) = alerts.recv().await {
            let told = self.start_in_time(&firing).await;
            let names = firing.alerts.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
            (self.tell)(&format!("{names}: {told}"));
        }
    }

    /// Starts a Job or says why not; asks again while the API server does not answer.
    async fn start_in_time(&self, firing: &Firing) -> String {
        let (until, mut wait) = (Instant::now() + PATIENCE, FIRST_WAIT);
        loop {
            let why = match self.start(firing).await {
                Ok(said) => return said,
                Err(Fault::Exists) => return "not collected: a Job for it is there already".to_owned(),
                Err(Fault::Refused(why)) => return format!("not collected: the API server refused it: {why}"),
                Err(Fault::Unavailable(why)) => why,
            };
            if Instant::now() + wait > until {
                return format!("not collected, and given up after {} s: {why}", PATIENCE.as_secs());
            }
            (self.tell)(&format!("no Job yet, trying again in {} s: {why}", wait.as_secs()));
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    async fn start(&self, firing: &Firing) -> Result<String, Fault> {
        let before = self.jobs.started(self.template.name()).await?;
        let now = Utc::now();
        if let Some(why) = self.pace.why_not(firing, &before, now) {
            return Ok(format!("not collected: {why}"));
        }
        let from = self.pace.from(firing.since, now);
        let job = self.template.job(firing, from, &before);
        let name = job.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default().to_owned();
        self.jobs.create(job).await?;
        let from = from.to_rfc3339_opts(SecondsFormat::Secs, true);
        Ok(format!("started Job {name} in {}, window from {from}", self.jobs.namespace()))
    }
}
