//! Whether the API server calls itself ready, and how long it takes to say so: asked each minute, and kept in the form in which
//! `collect` keeps the same of each of its members (`controlplane/members.jsonl`).
//!
//! Whoever answers behind a balancer is one member here, under the name by which it is asked.

use super::watched::SOURCE;
use crate::archive::format::{Outcome, Planned, Status};
use crate::archive::recording::READINESS;
use crate::sources::members_answer::{self, Answer};
use crate::sources::wire::api::{Api, Deadlines, ERROR_BYTES};
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::sync::mpsc::Sender;
use tokio::time::{MissedTickBehavior, interval};

/// How often it is asked.
const EVERY: Duration = Duration::from_secs(60);
/// It is asked whether it is well, so it is not waited for.
const DEADLINES: Deadlines = Deadlines::brief(Duration::from_secs(10));

/// Asks for as long as somebody takes the answers, each a line.
pub async fn ask(api: Api, out: Sender<Answer>) {
    let member = api.config().and_then(|config| config.cluster_url.authority().map(ToString::to_string));
    let member = member.unwrap_or_else(|| "the API server".to_owned());
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        let asked_at = Utc::now();
        let answered = match api.answer("/readyz?verbose", None, DEADLINES).await {
            Ok(answer) => {
                let code = answer.code;
                let body = answer.up_to(ERROR_BYTES).await;
                body.and_then(|body| members_answer::checks(code, &body))
            }
            Err(problem) => Err(problem),
        };
        if out.send(Answer::new(&member, "readyz", asked_at, answered)).await.is_err() {
            return;
        }
    }
}

/// What a segment has of it.
#[derive(Debug, Default)]
pub struct Readiness {
    answers: u64,
    bytes: u64,
    unanswered: u64,
    problem: String,
}

impl Readiness {
    /// Notes an answer, which takes so many bytes.
    pub fn came(&mut self, answer: &Answer, bytes: usize) {
        self.bytes += bytes as u64;
        match &answer.problem {
            None => self.answers += 1,
            Some(problem) => {
                self.unanswered += 1;
                self.problem.clone_from(problem);
            }
        }
    }

    pub fn planned() -> Planned {
        let (source, subject) = (SOURCE.to_owned(), READINESS.to_owned());
        Planned { source, subject, node: None, entry: None, replaced: false }
    }

    /// How it stands in the segment that began at `begin`.
    pub fn outcome(&self, begin: DateTime<Utc>, now: DateTime<Utc>) -> Outcome {
        let (status, why) = match (self.answers, self.unanswered) {
            (0, 0) => (Status::Empty, "it was not time to ask".to_owned()),
            (_, 0) => (Status::Collected, String::new()),
            (0, _) => (Status::Unreachable, self.problem.clone()),
            (_, times) => (Status::Truncated, format!("{times} times there was no answer, last: {}", self.problem)),
        };
        Outcome {
            why,
            from: Some(begin),
            to: Some(now),
            bytes: self.bytes,
            took_ms: u64::try_from((now - begin).num_milliseconds()).unwrap_or_default(),
            ..Outcome::new(SOURCE, READINESS, status, now)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_answered_is_told() {
        let at = DateTime::UNIX_EPOCH;
        let mut readiness = Readiness::default();
        assert_eq!(readiness.outcome(at, at).status, Status::Empty);
        readiness.came(&Answer { failing: Some(vec!["etcd".to_owned()]), ..Answer::default() }, 100);
        let outcome = readiness.outcome(at, at);
        assert_eq!((outcome.status, outcome.bytes), (Status::Collected, 100), "that it is not ready is an answer");
        readiness.came(&Answer { problem: Some("no answer within 10 s".to_owned()), ..Answer::default() }, 50);
        let outcome = readiness.outcome(at, at);
        assert_eq!(outcome.why, "1 times there was no answer, last: no answer within 10 s");
        assert_eq!(outcome.status, Status::Truncated);
    }
}
