//! Writes: what was done to which object, when, by what kind of actor, and what differs from the version before.

use super::actor::ActorKind;
use super::class::Class;
use super::event::{self, Event};
use crate::evidence::fields::{self, Paths, Version};
use crate::model::{EntryId, Subject};
use crate::objects::kinds;
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A write that was done.
#[derive(Debug)]
pub struct Write {
    pub id: u128,
    pub entry: EntryId,
    pub line: u32,
    /// From when the request came to when it was answered.
    pub received: DateTime<Utc>,
    pub answered: DateTime<Utc>,
    pub subject: Subject,
    pub done: Done,
    pub class: Arc<Class>,
    /// The fields that the request named, in words, where it was a patch.
    pub named: Vec<String>,
    /// What the object was afterwards, where that was recorded.
    pub version: Option<Version>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    Created,
    Written,
    Scaled,
    Deleted,
    /// Many objects of a kind, by one request.
    DeletedTogether,
    Evicted,
    Bound,
}

/// A change as it is told.
#[derive(Debug)]
pub struct Told {
    /// The writes that are told in it, as their places: the first, and the last.
    pub first: usize,
    pub last: usize,
    pub count: u64,
    pub what: String,
    /// Whether it is known which fields were written.
    pub is_known: bool,
}

/// What is written all the time, and tells of no change: what programs keep in the API, and questions put as objects.
const ROUTINE: [&str; 12] = [
    "componentstatuses",
    "csistoragecapacities",
    "endpoints",
    "endpointslices",
    "events",
    "leases",
    "localsubjectaccessreviews",
    "selfsubjectaccessreviews",
    "selfsubjectreviews",
    "selfsubjectrulesreviews",
    "subjectaccessreviews",
    "tokenreviews",
];

/// Kinds of which no versions are compared: they are made as others want them.
const NOT_COMPARED: [&str; 3] = ["controllerrevisions", "pods", "replicasets"];

/// What a request did that was answered well; none where that is no change of an object.
pub fn of(event: &Event, class: &Arc<Class>, line: u32, paths: &mut Paths) -> Option<Write> {
    let object = &event.object;
    let done = done(&event.verb, &object.resource, &object.subresource)?;
    if event.is_dry || ROUTINE.contains(&object.resource.as_str()) {
        return None;
    }
    let is_compared = !NOT_COMPARED.contains(&object.resource.as_str());
    let has_version = matches!(done, Done::Created | Done::Written | Done::Scaled) && is_compared;
    let response = has_version.then(|| event::body(event.response.as_deref())).flatten();
    // The answer to a deletion or a refusal is a Status.
    let response = response.filter(|body| body.get("kind").and_then(Value::as_str) != Some("Status"));
    if response.as_ref().is_some_and(is_lock) {
        return None;
    }
    let named = match (event.verb.as_str(), event.request.as_deref()) {
        ("patch", Some(raw)) => serde_json::from_str(raw.get()).map(|patch| in_words(&patch)).unwrap_or_default(),
        _ => Vec::new(),
    };
    let subject = subject(event, done, response.as_ref())?;
    Some(Write {
        id: event.id,
        entry: EntryId::default(),
        line,
        received: event.received,
        answered: event.at,
        subject,
        done,
        class: class.clone(),
        named,
        version: response.map(|body| fields::version(&body, paths)),
    })
}

fn done(verb: &str, resource: &str, subresource: &str) -> Option<Done> {
    Some(match (verb, subresource) {
        ("create", "") if resource == "bindings" => Done::Bound,
        ("create", "") => Done::Created,
        ("create", "eviction") => Done::Evicted,
        ("create", "binding") => Done::Bound,
        ("update" | "patch", "scale") => Done::Scaled,
        ("update" | "patch", "" | "ephemeralcontainers" | "finalize" | "resize") => Done::Written,
        ("delete", "") => Done::Deleted,
        ("deletecollection", "") => Done::DeletedTogether,
        _ => return None,
    })
}

/// A leader lock kept in an object (client-go, tools/leaderelection) is state, not configuration.
fn is_lock(body: &Value) -> bool {
    body.pointer("/metadata/annotations/control-plane.alpha.kubernetes.io~1leader").is_some()
}

/// The fields that a patch names, as a sentence has them: several of one item of a list as that item, no names by which
/// a patch finds the container that it is of, and labels and annotations last, as a patch that applies a whole object
/// names all of its own.
fn in_words(patch: &Value) -> Vec<String> {
    let all: Vec<String> = fields::named(patch).iter().map(|path| fields::words(path)).collect();
    let mut items: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().filter_map(|name| item_of(name)).for_each(|item| *items.entry(item).or_default() += 1);
    let mut named: Vec<String> = Vec::new();
    for name in &all {
        let told = item_of(name).filter(|item| items.get(item).is_some_and(|fields| *fields > 1)).unwrap_or(name);
        if named.last().is_none_or(|last| last != told) {
            named.push(told.to_owned());
        }
    }
    let finds = |name: &String| name.strip_prefix("name").is_some_and(|of| of.starts_with(" of "));
    if !named.iter().all(finds) {
        named.retain(|name| !finds(name));
    }
    named.sort_by_key(|name| name.starts_with("label ") || name.starts_with("annotation "));
    named
}

/// The item of a list that a field is of: `listeners[http]` of `listeners[http].port`.
fn item_of(name: &str) -> Option<&str> {
    name.rfind("].").and_then(|end| name.get(..=end)).filter(|_| !name.contains(" of "))
}

fn subject(event: &Event, done: Done, response: Option<&Value>) -> Option<Subject> {
    let object = &event.object;
    if done == Done::DeletedTogether {
        return Some(match object.namespace.as_str() {
            "" => Subject::whole_cluster(),
            namespace => Subject::cluster("Namespace", namespace),
        });
    }
    // An object that is made with a prefix has its name from the API server.
    let given = || response?.pointer("/metadata/name")?.as_str().map(str::to_owned);
    let name = Some(object.name.clone()).filter(|name| !name.is_empty()).or_else(given)?;
    let plural = object.plural();
    Some(Subject::of_object(kinds::known_of_plural(&plural), &object.namespace, &name))
}

/// Writes of one object by one actor that say the same are told in one if no more than this is between them: what
/// programs write again and again would drown the rest.
const AGAIN_SECONDS: i64 = 600;

/// The same of a person, who writes again for a reason: no more than a slip of the finger or a script's next try.
const PERSON_AGAIN_SECONDS: i64 = 5;

/// The changes that writes are, in the order of their objects and of time. Writes must be in that order. A write of which
/// it is known that nothing differs afterwards is none.
pub fn told(writes: &[Write]) -> Vec<Told> {
    let mut all: Vec<Told> = Vec::new();
    let mut known: Option<Version> = None;
    let mut last_of: BTreeMap<(String, &Class), usize> = BTreeMap::new();
    for (place, write) in writes.iter().enumerate() {
        let is_new =
            place.checked_sub(1).and_then(|before| writes.get(before)).is_none_or(|one| one.subject != write.subject);
        if is_new {
            known = None;
            last_of.clear();
        }
        let Some((what, is_known)) = what(write, &mut known) else { continue };
        let what = format!("{what}, by {}", write.class.actor.in_words());
        let before = last_of
            .get(&(what.clone(), write.class.as_ref()))
            .and_then(|at| Some((*at, writes.get(all.get(*at)?.last)?)));
        let most = match write.class.actor.kind {
            ActorKind::Person | ActorKind::Robot => PERSON_AGAIN_SECONDS,
            ActorKind::Kubernetes | ActorKind::Program => AGAIN_SECONDS,
        };
        match before.filter(|(_, one)| (write.received - one.answered).num_seconds() <= most) {
            Some((at, _)) => {
                if let Some(told) = all.get_mut(at) {
                    told.last = place;
                    told.count += 1;
                }
            }
            None => {
                last_of.insert((what.clone(), write.class.as_ref()), all.len());
                all.push(Told { first: place, last: place, count: 1, what, is_known });
            }
        }
    }
    all
}

/// What was done, in words, and whether that is all of it; none where nothing was.
fn what(write: &Write, known: &mut Option<Version>) -> Option<(String, bool)> {
    let is_whole = |what: &str| Some((what.to_owned(), true));
    match write.done {
        Done::Created => {
            known.clone_from(&write.version);
            is_whole("was created")
        }
        Done::Deleted => {
            *known = None;
            is_whole("was deleted")
        }
        Done::DeletedTogether => Some((format!("{} were deleted together", write.class.resource), true)),
        Done::Evicted => is_whole("its eviction was asked for"),
        Done::Bound => is_whole("was bound to a node"),
        Done::Scaled => {
            let after = scaled(known.as_ref(), write.version.as_ref());
            let what =
                after.as_ref().and_then(|after| fields::difference(known.as_ref().unwrap_or(&Version::new()), after));
            let had_before = known.is_some();
            if after.is_some() && had_before {
                *known = after;
                return what.map(|what| (what, true));
            }
            Some((what.unwrap_or_else(|| "it was scaled".to_owned()), write.version.is_some()))
        }
        Done::Written => written(write, known),
    }
}

fn written(write: &Write, known: &mut Option<Version>) -> Option<(String, bool)> {
    let before = match &write.version {
        Some(after) => known.replace(after.clone()),
        None => known.take(),
    };
    let difference =
        before.as_ref().zip(write.version.as_ref()).map(|(before, after)| fields::difference(before, after));
    match difference {
        Some(Some(what)) if what == format!("{RESTARTED} changed") => Some((RESTART.to_owned(), true)),
        Some(Some(what)) => Some((what, true)),
        // What the request named was so before, unless its values are kept from us.
        Some(None) if write.named.is_empty() || !write.subject.is("ConfigMap") && !write.subject.is("Secret") => None,
        _ if write.named.iter().any(|name| name == RESTARTED) && write.named.len() == 1 => {
            Some((RESTART.to_owned(), true))
        }
        _ if write.named.is_empty() => Some(("was written".to_owned(), false)),
        _ => {
            let verb = if write.named.len() > 1 { "were" } else { "was" };
            Some((format!("{} {verb} written", fields::listed(&write.named)), true))
        }
    }
}

/// What `kubectl rollout restart` writes.
const RESTARTED: &str = "annotation kubectl.kubernetes.io/restartedAt of its pods";
const RESTART: &str = "a restart of its pods was asked for";

/// The object after its scale was written, of which only the number of replicas is told (autoscaling/v1, Scale).
fn scaled(known: Option<&Version>, scale: Option<&Version>) -> Option<Version> {
    let mut after = known.cloned().unwrap_or_default();
    let (path, replicas) = scale?.get_key_value("spec.replicas")?;
    after.insert(path.clone(), replicas.clone());
    Some(after)
}

impl Write {
    /// The program, where rules may ask for it: what Kubernetes does itself is no program that people use.
    pub fn program(&self) -> &str {
        match self.class.actor.kind {
            ActorKind::Kubernetes => "",
            _ => &self.class.actor.program,
        }
    }
}
