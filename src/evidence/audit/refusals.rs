//! Requests that were refused or failed: by which code, by whom, of what kind.
//!
//! What the API server says of a refusal names users, and what a webhook says may hold anything; so only names of webhooks
//! and quotas, amounts of quotas and phrases of etcd are taken from it.

use super::class::Class;
use super::event::Event;
use crate::model::{EntryId, Subject};
use crate::objects::kinds;
use chrono::{DateTime, TimeDelta, Utc};
use regex::Regex;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// The word for what the API server itself could not do, whoever asked.
pub const FAILED: &str = "failed";

/// Refusals, those alike in one.
#[derive(Debug, Default)]
pub struct Refusals(BTreeMap<Refusal, Vec<Seen>>);

/// More kinds of refusals than one file tells apart.
const MOST: usize = 20_000;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refusal {
    /// In a word of this program.
    pub what: &'static str,
    pub code: u16,
    pub class: Arc<Class>,
    /// The object it was about, where that matters more than who asked.
    pub about: Option<Subject>,
    /// What the answer says of it, as far as it may be told.
    pub why: String,
}

/// When refusals that are alike were seen, and where the first of them stands.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
    pub count: u64,
    pub entry: EntryId,
    pub line: u32,
}

/// Refusals with more than this between them are told apart.
const APART: TimeDelta = TimeDelta::minutes(5);
/// More runs of one kind are told as one.
const MOST_RUNS: usize = 50;

impl Refusals {
    pub fn add(&mut self, refusal: Refusal, (entry, line): (EntryId, u32), at: DateTime<Utc>) {
        if self.0.len() < MOST || self.0.contains_key(&refusal) {
            let seen = Seen { first: at, last: at, count: 1, entry, line };
            put(self.0.entry(refusal).or_default(), seen);
        }
    }

    /// Adds those of another file.
    pub fn absorb(&mut self, other: Self) {
        for (refusal, mut runs) in other.0 {
            self.0.entry(refusal).or_default().append(&mut runs);
        }
    }

    /// Each kind of refusal, as often as it came again.
    pub fn runs(self) -> impl Iterator<Item = (Refusal, Seen)> {
        self.0.into_iter().flat_map(|(refusal, mut all)| {
            all.sort_by_key(|seen| (seen.first, seen.entry, seen.line));
            let mut runs = Vec::new();
            all.into_iter().for_each(|seen| put(&mut runs, seen));
            runs.into_iter().map(move |seen| (refusal.clone(), seen))
        })
    }
}

/// Adds to the last run, or begins one.
fn put(runs: &mut Vec<Seen>, seen: Seen) {
    let is_full = runs.len() >= MOST_RUNS;
    match runs.last_mut().filter(|run| is_full || (seen.first - run.last <= APART && run.first - seen.last <= APART)) {
        Some(run) => {
            if seen.first < run.first {
                (run.first, run.entry, run.line) = (seen.first, seen.entry, seen.line);
            }
            run.last = run.last.max(seen.last);
            run.count += seen.count;
        }
        None => runs.push(seen),
    }
}

/// The webhook that said no (staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/errors/statuserror.go).
static DENIED: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"admission webhook "([a-zA-Z0-9.-]{1,253})" denied the request"#).ok());
/// The webhook that did not answer (the same folder, and webhook/generic).
static UNANSWERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"failed calling webhook "([a-zA-Z0-9.-]{1,253})"(?:.*?(https://[a-z0-9.-]{1,253}\.svc)\b)?"#).ok()
});
/// plugin/pkg/admission/resourcequota/controller.go.
static QUOTA: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"exceeded quota: [a-z0-9.-]{1,253}, requested: [A-Za-z0-9./=,_-]{1,300}").ok());
/// What etcd, and whoever waits for it, say (etcd, server/etcdserver/errors; apiserver, pkg/endpoints/handlers).
const PHRASES: [&str; 8] = [
    "etcdserver: request timed out, possibly due to previous leader failure",
    "etcdserver: request timed out",
    "etcdserver: leader changed",
    "etcdserver: no leader",
    "etcdserver: mvcc: database space exceeded",
    "context deadline exceeded",
    "request did not complete within requested timeout",
    "http2: stream closed",
];

/// What a request that was refused tells; nothing where an object was only not there.
pub fn of(event: &Event, class: &Arc<Class>) -> Option<Refusal> {
    let name = |pattern: &LazyLock<Option<Regex>>| {
        let found = pattern.as_ref()?.captures(&event.message)?;
        found.get(1).or(found.get(0)).map(|part| part.as_str().trim_end_matches(',').to_owned())
    };
    let of_class =
        |what, why: &str| Refusal { what, code: event.code, class: class.clone(), about: None, why: why.to_owned() };
    let of_object = |what, why: String| Refusal { about: Some(about(event)), why, ..of_class(what, "") };
    if let Some(webhook) = name(&DENIED) {
        return Some(of_object("webhook-denied", format!("admission webhook \"{webhook}\" denied it")));
    }
    if let Some(webhook) = name(&UNANSWERED) {
        let found = UNANSWERED.as_ref().and_then(|pattern| pattern.captures(&event.message));
        let service = found.and_then(|found| found.get(2).map(|part| format!(": {}", part.as_str())));
        let why = format!("failed calling webhook \"{webhook}\"{}", service.unwrap_or_default());
        return Some(of_object("webhook-failed", why));
    }
    if let Some(quota) = name(&QUOTA) {
        return Some(of_object("quota-exceeded", quota));
    }
    let phrase = PHRASES.into_iter().find(|phrase| event.message.contains(phrase)).unwrap_or_default();
    match event.code {
        404 => None,
        429 if event.object.subresource == "eviction" => {
            Some(of_object("eviction-refused", "its disruption budget did not allow it".to_owned()))
        }
        429 => Some(of_class("throttled", phrase)),
        // What its checks of health answer is a state and no failure to answer.
        500.. if event.object.resource.is_empty() => Some(of_class("refused", "")),
        500.. => Some(of_class(FAILED, phrase)),
        409 => Some(of_class("conflict", "")),
        422 => Some(of_class("invalid", "")),
        _ => Some(of_class("refused", "")),
    }
}

/// The object, or where it has no name yet, all of its kind in its namespace.
fn about(event: &Event) -> Subject {
    let object = &event.object;
    let plural = object.plural();
    let kind = kinds::known_of_plural(&plural);
    match (object.name.as_str(), object.namespace.as_str()) {
        ("", "") => Subject::whole_cluster(),
        ("", namespace) => Subject::cluster("Namespace", namespace),
        (name, namespace) => Subject::of_object(kind, namespace, name),
    }
}
