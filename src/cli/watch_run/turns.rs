//! The order of things: run, note, and where it failed collect, clean up, analyze; then the same again.

use super::ended;
use super::on_failure::OnFailure;
use super::run::{Order, Ran, Runner};
use super::runs_file::RunsFile;
use super::say;
use super::signals::{Ending, Signals};
use crate::cli::failure::Failure;
use std::time::Duration;
use tokio::time::Instant;

/// What a command finds in its environment: which run it is of, and how that ended.
const RUN: &str = "K8SF_RUN";
const STATUS: &str = "K8SF_RUN_STATUS";

/// How often it runs.
#[derive(Clone, Copy, Debug)]
pub struct Turns {
    pub every: Option<Duration>,
    /// None: until somebody ends it.
    pub most: Option<u32>,
    pub until_failure: bool,
}

/// What it runs with.
pub struct With {
    pub runner: Runner,
    pub runs: RunsFile,
    pub on_failure: OnFailure,
    pub signals: Signals,
}

impl Turns {
    /// Runs it as often as it is to run, and gives the exit status.
    pub async fn run(self, words: &[String], cleanup: Option<String>, mut with: With) -> Result<u8, Failure> {
        let mut failed = None;
        for number in 1_u32.. {
            let begun = Instant::now();
            let environment = [(RUN, number.to_string())];
            let order = Order { words, environment: &environment };
            let ran = match with.runner.run(&order, &mut with.signals).await {
                Ok(ran) => ran,
                Err(error) => {
                    let program = words.first().map(String::as_str).unwrap_or_default();
                    say(&format!("cannot run {program}: {error}"));
                    return Ok(ended::not_started(&error));
                }
            };
            let is_over = with.end_of_run(&ran, number, cleanup.as_deref()).await;
            if ran.ended.has_failed() {
                failed = Some(ran.ended.status());
            }
            let is_last = self.most.is_some_and(|most| number >= most) || self.until_failure && failed.is_some();
            if is_over.is_some() || is_last {
                return Ok(failed.unwrap_or_else(|| ran.ended.status()));
            }
            if let Some(signal) = with.pause(begun, self.every).await {
                return Ok(failed.unwrap_or_else(|| ended::of_signal(signal.number())));
            }
        }
        Ok(failed.unwrap_or_default())
    }
}

impl With {
    /// Notes a run, and does what is to be done after it. Gives the signal by which somebody ended all of it, or whatever
    /// stands for it.
    async fn end_of_run(&mut self, ran: &Ran, number: u32, cleanup: Option<&str>) -> Option<Ending> {
        if let Err(error) = self.runs.note(ran) {
            say(&format!("run {number} could not be noted: {error}"));
        }
        let was_interrupted = matches!(ran.ended, ended::Ended::Interrupted(_));
        let mut over = was_interrupted.then_some(Ending::Terminate);
        let mut archive = None;
        if ran.ended.has_failed() {
            say(&format!("run {number} of {} failed: {}", self.runs.what(), ran.ended.words(ran.took)));
            let collected = self.on_failure.collect(&self.runs, &mut self.signals).await;
            archive = collected.archive;
            over = over.or(collected.ended_by);
        }
        if let Some(cleanup) = cleanup {
            over = self.clean_up(cleanup, ran, number).await.or(over);
        }
        if let Some(archive) = archive {
            self.on_failure.analyze(&archive).await;
        }
        over
    }

    /// Runs the cleanup, whose exit status changes nothing. A signal meanwhile is its.
    async fn clean_up(&mut self, line: &str, ran: &Ran, number: u32) -> Option<Ending> {
        let shell = if cfg!(windows) { ["cmd", "/C"] } else { ["sh", "-c"] };
        let words: Vec<String> = shell.into_iter().chain([line]).map(str::to_owned).collect();
        let environment = [(RUN, number.to_string()), (STATUS, ran.ended.status().to_string())];
        let runner = Runner { timeout: None, captures: false, ..self.runner };
        let cleaned = runner.run(&Order { words: &words, environment: &environment }, &mut self.signals).await;
        match cleaned {
            Err(error) => say(&format!("the cleanup cannot be run: {error}")),
            Ok(cleaned) if cleaned.ended.has_failed() => {
                say(&format!("the cleanup failed: {}", cleaned.ended.words(cleaned.took)));
            }
            Ok(cleaned) if matches!(cleaned.ended, ended::Ended::Interrupted(_)) => return Some(Ending::Terminate),
            Ok(_) => {}
        }
        None
    }

    /// Waits for the next turn, or for a signal, which it gives.
    async fn pause(&mut self, begun: Instant, every: Option<Duration>) -> Option<Ending> {
        let next = begun + every.unwrap_or_default();
        tokio::select! {
            biased;
            signal = self.signals.next() => Some(signal),
            () = tokio::time::sleep_until(next) => None,
        }
    }
}
