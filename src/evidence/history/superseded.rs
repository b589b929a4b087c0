//! What a version of an object tells that the next does not tell any more: a list has the last state alone, a recording each
//! one that was passed through.

use super::{Part, Place, Shown};
use crate::objects::is_usual_wait;
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The lists of a pod's status that have an entry for each container.
const CONTAINERS: [&str; 3] = ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"];

const ENDED: &str = "/state/terminated";
const ENDED_BEFORE: &str = "/lastState/terminated";
const RUNNING: &str = "/state/running";
const WAITING: &str = "/state/waiting";

/// What an object is in when it was just made began no later.
const AT_ITS_BEGINNING: TimeDelta = TimeDelta::seconds(3);

/// The list of a status that has it, and the entry of a container with a part of its state.
type Container = (&'static str, Value);

/// A version of an object.
pub struct Step<'a> {
    /// The version before, and where it was seen last.
    pub before: Option<(&'a Value, Place)>,
    pub after: (&'a Value, Place),
    /// It was made then, and not only seen.
    pub is_new: bool,
}

impl Step<'_> {
    /// What the version before told and this one does not, and the waits that this one is the first to tell.
    pub fn passed(&self, is_pod: bool) -> Vec<Shown> {
        let (after, place) = self.after;
        let mut passed = Vec::new();
        if let Some((before, place)) = self.before {
            let containers = if is_pod { self.left(before) } else { Vec::new() };
            passed.extend(told(before, (place, Part::Passed), (conditions(before, after), containers)));
        }
        if is_pod {
            let part = if self.is_new || self.before.is_some() { Part::Passed } else { Part::WaitsAtFirst };
            passed.extend(told(after, (place, part), (Vec::new(), self.first_waits(part))));
        }
        passed
    }

    /// The states of containers that the version before told, but waits, which were told when they were seen first.
    fn left(&self, before: &Value) -> Vec<Container> {
        let mut left = Vec::new();
        for (list, one) in containers(before) {
            let now = same(one, self.after.0);
            let is_told = |state: &Value, places: &[&str]| {
                now.is_some_and(|now| places.iter().any(|place| now.pointer(place) == Some(state)))
            };
            let part = |path: &str, places: &[&str]| one.pointer(path).filter(|state| !is_told(state, places)).cloned();
            let (ended, ran) = (part(ENDED, &[ENDED, ENDED_BEFORE]), part(RUNNING, &[RUNNING]));
            let ended_before = part(ENDED_BEFORE, &[ENDED, ENDED_BEFORE]);
            if [&ended, &ran, &ended_before].into_iter().any(Option::is_some) {
                let state = json!({"terminated": ended, "running": ran});
                left.push((list, of_container(one, &state, ended_before.as_ref())));
            }
        }
        left
    }

    /// The containers that wait, and did not in the version before.
    fn first_waits(&self, part: Part) -> Vec<Container> {
        let was = |one: &Value| same(one, self.before?.0).and_then(wait);
        let first = containers(self.after.0).filter(|(_, one)| wait(one).is_some() && was(one) != wait(one));
        let first = first.map(|(list, one)| {
            let state = json!({"waiting": one.pointer(WAITING)});
            // When it ended bounds when it began to wait, where nobody saw that.
            let ended = one.pointer(ENDED_BEFORE).filter(|_| part == Part::WaitsAtFirst);
            (list, of_container(one, &state, ended))
        });
        first.collect()
    }
}

/// The entry of a container with these states alone.
fn of_container(container: &Value, state: &Value, ended_before: Option<&Value>) -> Value {
    let restarts = container.get("restartCount").and_then(Value::as_u64).unwrap_or_default();
    json!({"name": name(container), "restartCount": restarts, "state": state, "lastState": {"terminated": ended_before}})
}

/// An object to be read that tells these parts of its status alone.
fn told(
    of: &Value,
    (place, part): (Place, Part),
    (conditions, containers): (Vec<Value>, Vec<Container>),
) -> Option<Shown> {
    if conditions.is_empty() && containers.is_empty() {
        return None;
    }
    let [name, namespace, uid] = ["/metadata/name", "/metadata/namespace", "/metadata/uid"].map(|path| text(of, path));
    let mut status = Map::new();
    status.insert("startTime".to_owned(), of.pointer("/status/startTime").cloned().unwrap_or_default());
    status.insert("conditions".to_owned(), Value::Array(conditions));
    for list in CONTAINERS {
        let those = containers.iter().filter(|(of, _)| *of == list).map(|(_, one)| one.clone());
        status.insert(list.to_owned(), those.collect());
    }
    let object = json!({
        "metadata": {"name": name, "namespace": namespace, "uid": uid,
            "creationTimestamp": of.pointer("/metadata/creationTimestamp")},
        // Of init containers those that run on are told apart by what they are to do.
        "spec": {"nodeName": of.pointer("/spec/nodeName"), "initContainers": of.pointer("/spec/initContainers")},
        "status": status,
    });
    Some(Shown { place, json: object.to_string(), part })
}

/// The conditions that an object had and has not any more, but those that it was made with, as every pod is not ready first.
fn conditions(before: &Value, after: &Value) -> Vec<Value> {
    let all = |object: &Value| object.pointer("/status/conditions").and_then(Value::as_array).cloned();
    let key =
        |one: &Value| ["/type", "/status", "/reason", "/lastTransitionTime"].map(|path| text(one, path).to_owned());
    let now: BTreeSet<_> = all(after).unwrap_or_default().iter().map(key).collect();
    let made = time(before, "/metadata/creationTimestamp").max(time(before, "/status/startTime"));
    let is_beginning = |one: &Value| {
        let turned = time(one, "/lastTransitionTime");
        text(one, "/status") == "False"
            && turned.zip(made).is_some_and(|(turned, made)| turned - made <= AT_ITS_BEGINNING)
    };
    let passed = all(before).unwrap_or_default().into_iter();
    passed.filter(|one| !now.contains(&key(one)) && !is_beginning(one)).collect()
}

/// The entry of each container in a pod's status, with the list that has it.
fn containers(pod: &Value) -> impl Iterator<Item = (&'static str, &Value)> {
    let status = pod.get("status");
    let lists = CONTAINERS.iter().filter_map(move |list| Some((*list, status?.get(*list)?.as_array()?)));
    lists.flat_map(|(list, all)| all.iter().map(move |one| (list, one)))
}

/// Why a container waits, but for what every one waits for first.
fn wait(container: &Value) -> Option<&str> {
    let reason = container.pointer("/state/waiting/reason")?.as_str()?;
    (!is_usual_wait(reason)).then_some(reason)
}

/// The entry of the same container in another version of its pod.
fn same<'a>(container: &Value, pod: &'a Value) -> Option<&'a Value> {
    containers(pod).map(|(_, other)| other).find(|other| name(other) == name(container))
}

fn name(container: &Value) -> &str {
    text(container, "/name")
}

fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_default()
}

fn time(value: &Value, path: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text(value, path)).ok().map(|time| time.to_utc())
}
