//! Applications of Argo CD: what was synced when and to which revision, object by object of the last sync
//! (argoproj/argo-cd, pkg/apis/application/v1alpha1/types.go).
//!
//! The last sync says of each object what kubectl's apply printed of it (gitops-engine, pkg/sync): `configured`,
//! `created`, `pruned` tell a change, `unchanged` that there was none, `serverside-applied` neither.

use super::{Reader, Revision, told, told_from};
use crate::evidence::findings::{Findings, Place};
use crate::model::{Clock, Moment, Subject, Window, to_the_second};
use crate::objects::{Meta, Time, lenient_count, lenient_time, or_default};
use serde::Deserialize;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Object {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: Spec,
    #[serde(deserialize_with = "or_default")]
    status: Status,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Spec {
    #[serde(deserialize_with = "or_default")]
    source: Source,
    #[serde(deserialize_with = "or_default")]
    sources: Vec<Source>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    #[serde(deserialize_with = "or_default")]
    history: Vec<Synced>,
    operation_state: Option<Operation>,
    #[serde(deserialize_with = "or_default")]
    health: Health,
    #[serde(deserialize_with = "or_default")]
    sync: Sync,
    #[serde(deserialize_with = "or_default")]
    resources: Vec<Resource>,
}

/// One sync of the history, which has those that succeeded.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Synced {
    #[serde(deserialize_with = "lenient_time")]
    deploy_started_at: Time,
    #[serde(deserialize_with = "lenient_time")]
    deployed_at: Time,
    #[serde(deserialize_with = "or_default")]
    initiated_by: Initiator,
    #[serde(flatten)]
    what: What,
}

/// Revisions and their sources, one or several.
#[derive(Default, Deserialize)]
#[serde(default)]
struct What {
    #[serde(deserialize_with = "or_default")]
    revision: String,
    #[serde(deserialize_with = "or_default")]
    revisions: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    source: Source,
    #[serde(deserialize_with = "or_default")]
    sources: Vec<Source>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Source {
    #[serde(rename = "repoURL", deserialize_with = "or_default")]
    repo_url: String,
    #[serde(deserialize_with = "or_default")]
    chart: String,
}

/// The name beside it is a person's, and is not read.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Initiator {
    #[serde(deserialize_with = "or_default")]
    automated: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    #[serde(deserialize_with = "or_default")]
    phase: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "lenient_time")]
    started_at: Time,
    #[serde(deserialize_with = "lenient_time")]
    finished_at: Time,
    #[serde(deserialize_with = "lenient_count")]
    retry_count: u64,
    #[serde(deserialize_with = "or_default")]
    operation: Asked,
    #[serde(deserialize_with = "or_default")]
    sync_result: SyncResult,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    #[serde(deserialize_with = "or_default")]
    initiated_by: Initiator,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SyncResult {
    #[serde(deserialize_with = "or_default")]
    resources: Vec<Resource>,
    #[serde(flatten)]
    what: What,
}

/// An object of a sync, or of the Application.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Resource {
    #[serde(deserialize_with = "or_default")]
    kind: String,
    #[serde(deserialize_with = "or_default")]
    namespace: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "or_default")]
    hook_type: String,
    #[serde(deserialize_with = "or_default")]
    images: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    health: Health,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Health {
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    message: String,
    #[serde(deserialize_with = "lenient_time")]
    last_transition_time: Time,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Sync {
    #[serde(deserialize_with = "or_default")]
    status: String,
}

/// So many objects are named in one sentence.
const MOST_NAMED: usize = 5;

impl What {
    /// Its revisions, each with the address it is of.
    fn revisions(&self) -> impl Iterator<Item = (&str, String)> {
        let of_several = self.revisions.iter().zip(&self.sources).map(|(one, source)| (one.as_str(), source.address()));
        let of_one = Some((self.revision.as_str(), self.source.address())).filter(|(one, _)| !one.is_empty());
        of_one.into_iter().chain(of_several)
    }

    /// All of them in words.
    fn words(&self) -> String {
        let all: Vec<&str> = self.revisions().map(|(one, _)| one).collect();
        if all.is_empty() { "a revision that is not recorded".to_owned() } else { all.join(", ") }
    }
}

impl Source {
    /// A chart is behind the address of its repository.
    fn address(&self) -> String {
        if self.chart.is_empty() { self.repo_url.clone() } else { format!("{}/{}", self.repo_url, self.chart) }
    }
}

impl Initiator {
    fn name(self) -> &'static str {
        if self.automated { "automated sync" } else { "a person" }
    }
}

impl Resource {
    /// What was done to it: the word behind its name in `deployment.apps/web configured`, which a warning may follow.
    fn done(&self) -> Option<&str> {
        let mut words = self.message.split_whitespace().take(2).map(|word| word.trim_end_matches('.'));
        words.find(|word| matches!(*word, "configured" | "created" | "pruned" | "replaced"))
    }

    fn subject(&self) -> Option<Subject> {
        let is_named = !self.kind.is_empty() && !self.name.is_empty();
        is_named.then(|| Subject::of_object(&self.kind, &self.namespace, &self.name))
    }
}

/// Reads one Application.
pub fn read(place: Place, window: Window, line: &[u8], found: &mut Findings) {
    // Whoever reads the status of every kind says where it cannot be read.
    let Ok(Object { metadata: meta, spec, mut status }) = serde_json::from_slice::<Object>(line) else { return };
    let subject = Subject::of_object("Application", &meta.namespace, &meta.name);
    let url = spec.sources.first().unwrap_or(&spec.source).address();
    let mut reader = Reader { place, window, subject, found };
    let operation = status.operation_state.take().unwrap_or_default();
    history(&mut reader, &status.history);
    last_sync(&mut reader, &status.history, &operation);
    let synced = &operation.sync_result.resources;
    status.resources.iter().chain(synced).filter_map(Resource::subject).for_each(|object| reader.carries(object));
    health(&mut reader, &status, &url);
}

/// The times of the controller, which are of whole seconds.
fn at(time: chrono::DateTime<chrono::Utc>) -> Moment {
    Moment::to_the_second(time).by(Clock::Component)
}

fn history(reader: &mut Reader<'_>, history: &[Synced]) {
    let begun = |one: &Synced| one.deploy_started_at.or(one.deployed_at);
    let from = told_from(history.iter().filter_map(begun), reader.window);
    for one in history {
        let Some(began) = begun(one) else { continue };
        let ended = one.deployed_at.filter(|ended| *ended >= began).unwrap_or(began);
        let what = format!("was synced to {}, by {}", one.what.words(), one.initiated_by.name());
        let quote = format!("history deployStartedAt {} deployedAt {}", to_the_second(began), to_the_second(ended));
        let change = told((at(began), at(ended)), &what, one.initiated_by.name(), &quote);
        synced(reader, (change, began >= from), &one.what);
    }
}

/// A change of the Application, and each of its revisions.
fn synced(reader: &mut Reader<'_>, change: (super::Told<'_>, bool), what: &What) {
    let subject = reader.subject.clone();
    for (number, (text, url)) in what.revisions().enumerate() {
        let revision = Revision { text, url: &url, of: None };
        if number == 0 {
            reader.revised(change, revision);
        } else {
            let citation = reader.found.cite(reader.place, &format!("{subject} {}", change.0.quote));
            reader.brought(&subject, change.0.at, revision, citation);
        }
    }
}

/// The last sync: how it ended, and what it did to each object.
fn last_sync(reader: &mut Reader<'_>, history: &[Synced], operation: &Operation) {
    let Some(began) = operation.started_at else { return };
    let ended = operation.finished_at.filter(|ended| *ended >= began);
    let span = (at(began), ended.map_or_else(|| reader.place.now(), at));
    let what = &operation.sync_result.what;
    let by = operation.operation.initiated_by.name();
    let times = match ended {
        Some(ended) => format!("startedAt {} finishedAt {}", to_the_second(began), to_the_second(ended)),
        None => format!("startedAt {} not finished", to_the_second(began)),
    };
    let quote = format!("operationState {} {times} {}", operation.phase, operation.message);
    let is_in_history = history.iter().any(|one| one.deploy_started_at == Some(began));
    if !is_in_history {
        let words = format!("a sync to {} was begun, by {by}", what.words());
        synced(reader, (told(span, &words, by, &quote), began >= reader.window.from), what);
    }
    let is_failed = matches!(operation.phase.as_str(), "Failed" | "Error");
    if is_failed || operation.phase == "Running" && operation.retry_count > 0 {
        let retries = match operation.retry_count {
            0 => String::new(),
            count => format!(", tried {} times", count.saturating_add(1)),
        };
        let message = format!("{} to {}{retries}: {}", operation.phase, what.words(), operation.message);
        // It fails where it ends; while it is tried again, it failed at any time since it began.
        let failed = span.1.begun_after(began);
        reader.state((failed, span.1), "sync-failed", &message, &quote);
    }
    objects(reader, operation, span, &times);
}

fn objects(reader: &mut Reader<'_>, operation: &Operation, span: (Moment, Moment), times: &str) {
    let (result, by) = (&operation.sync_result, operation.operation.initiated_by.name());
    let application = reader.subject.clone();
    for one in &result.resources {
        let Some(subject) = one.subject() else { continue };
        let quote = format!("of the last sync of {application}: {} {}, {times}", one.status, one.message);
        let images = if one.images.is_empty() { String::new() } else { format!(", images {}", one.images.join(" ")) };
        let done = one.done();
        let first = result.what.revisions().next();
        let (text, url) = first.as_ref().map_or(("", ""), |(text, url)| (*text, url.as_str()));
        let revision = Revision { text, url, of: None };
        match done {
            Some(done) if span.0.time >= reader.window.from && one.hook_type.is_empty() => {
                let what = format!("was {done} by a sync of {application} to {}{images}", result.what.words());
                reader.changed(&subject, told(span, &what, &format!("argo-cd, {by}"), &quote), revision);
            }
            _ if matches!(one.status.as_str(), "Synced" | "Pruned") => {
                let citation = reader.found.cite(reader.place, &format!("{subject} {quote}"));
                reader.brought(&subject, span.0, revision, citation);
            }
            _ => {}
        }
    }
}

/// That it is degraded, and that objects differ from what its source says.
fn health(reader: &mut Reader<'_>, status: &Status, url: &str) {
    let named = |is_it: &dyn Fn(&&Resource) -> bool| {
        let all: Vec<String> =
            status.resources.iter().filter(is_it).filter_map(Resource::subject).map(|one| one.to_string()).collect();
        let more = all.len().saturating_sub(MOST_NAMED);
        let some = all.into_iter().take(MOST_NAMED).collect::<Vec<_>>().join(", ");
        if more == 0 { some } else { format!("{some} and {more} more") }
    };
    if status.health.status == "Degraded" {
        let since = status.health.last_transition_time;
        let degraded = named(&|one| one.health.status == "Degraded");
        let message = [status.health.message.as_str(), degraded.as_str()].into_iter().filter(|part| !part.is_empty());
        let message = message.collect::<Vec<_>>().join(": ");
        let began = since.map_or_else(|| reader.place.since(None), at);
        let since = since.map(|at| format!(" lastTransitionTime {}", to_the_second(at))).unwrap_or_default();
        let last = reader.place.now();
        reader.state((began, last), "application-degraded", &message, &format!("health Degraded{since} {message}"));
    }
    if status.sync.status == "OutOfSync" {
        let message = named(&|one| one.status == "OutOfSync");
        let now = reader.place.since(None);
        let source = crate::evidence::deployed::source_of(url).unwrap_or_default();
        reader.state((now, now), "out-of-sync", &message, &format!("sync OutOfSync with {source}: {message}"));
    }
}
