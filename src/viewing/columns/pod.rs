//! Pods, as kubectl's `printPod`: how many containers are ready, what holds the pod up, and restarts.

use super::super::objects::Object;
use super::or_none;
use crate::objects::parse_time;
use chrono::{DateTime, Utc};
use serde_json::Value;

/// READY, STATUS and RESTARTS.
pub fn cells(one: &Object) -> Vec<String> {
    let init = Init::of(one);
    let mut reason = match (one.text("/status/phase"), one.text("/status/reason")) {
        (phase, "") => phase.to_owned(),
        (_, reason) => reason.to_owned(),
    };
    if has_condition(one, "PodScheduled", |condition| condition.get("reason") == Some(&"SchedulingGated".into())) {
        "SchedulingGated".clone_into(&mut reason);
    }
    let mut ready = init.ready;
    let mut restarts = init.all;
    match init.reason {
        Some(why) if !is_initialized(one) => reason = why,
        why => {
            reason = why.unwrap_or(reason);
            restarts = init.of_sidecars;
            ready += containers(one, &mut reason, &mut restarts);
        }
    }
    if one.json.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null()) {
        match (one.text("/status/reason"), one.text("/status/phase")) {
            ("NodeLost", _) => "Unknown".clone_into(&mut reason),
            (_, "Succeeded" | "Failed") => {}
            _ => "Terminating".clone_into(&mut reason),
        }
    }
    let total = one.list("/spec/containers").len() + init.sidecars;
    vec![format!("{ready}/{total}"), reason, restarts.shown(one)]
}

/// IP and NODE.
pub fn wide(one: &Object) -> Vec<String> {
    vec![or_none(one.text("/status/podIP")), or_none(one.text("/spec/nodeName"))]
}

/// How often, and when last.
#[derive(Clone, Copy, Default)]
struct Restarts {
    count: i64,
    last: Option<DateTime<Utc>>,
}

impl Restarts {
    fn add(&mut self, status: &Value) {
        self.count += status.get("restartCount").and_then(Value::as_i64).unwrap_or_default();
        let finished = status.pointer("/lastState/terminated/finishedAt").and_then(Value::as_str);
        self.last = self.last.max(finished.and_then(parse_time));
    }

    fn shown(&self, of: &Object) -> String {
        match self.last.filter(|_| self.count != 0) {
            Some(last) => format!("{} ({} ago)", self.count, of.since(Some(last))),
            None => self.count.to_string(),
        }
    }
}

/// What the init containers tell.
#[derive(Default)]
struct Init {
    /// What holds the pod up, if one of them does.
    reason: Option<String>,
    /// Those that go on beside the containers.
    sidecars: usize,
    ready: usize,
    all: Restarts,
    of_sidecars: Restarts,
}

impl Init {
    fn of(one: &Object) -> Self {
        let specs = one.list("/spec/initContainers");
        let is_sidecar = |name: Option<&Value>| {
            let mut of_name = specs.iter().filter(|spec| spec.get("name") == name);
            of_name.any(|spec| spec.get("restartPolicy") == Some(&"Always".into()))
        };
        let mut found =
            Self { sidecars: specs.iter().filter(|spec| is_sidecar(spec.get("name"))).count(), ..Self::default() };
        for (place, status) in one.list("/status/initContainerStatuses").iter().enumerate() {
            let is_sidecar = is_sidecar(status.get("name"));
            found.all.add(status);
            if is_sidecar {
                found.of_sidecars.add(status);
            }
            let state = |pointer: &str| status.pointer(pointer);
            let exit = state("/state/terminated/exitCode").and_then(Value::as_i64);
            let waits = state("/state/waiting/reason").and_then(Value::as_str).unwrap_or_default();
            if exit == Some(0) {
                continue;
            }
            if is_sidecar && status.get("started") == Some(&true.into()) {
                found.ready += usize::from(status.get("ready") == Some(&true.into()));
                continue;
            }
            found.reason = Some(match state("/state/terminated") {
                Some(ended) => format!("Init:{}", why_ended(ended)),
                None if !waits.is_empty() && waits != "PodInitializing" => format!("Init:{waits}"),
                None => format!("Init:{place}/{}", specs.len()),
            });
            break;
        }
        found
    }
}

/// Goes through the containers, the last first as kubectl does, and gives how many are ready.
fn containers(one: &Object, reason: &mut String, restarts: &mut Restarts) -> usize {
    let (mut ready, mut is_running) = (0, false);
    for status in one.list("/status/containerStatuses").iter().rev() {
        restarts.add(status);
        let waits = status.pointer("/state/waiting/reason").and_then(Value::as_str).unwrap_or_default();
        if !waits.is_empty() {
            waits.clone_into(reason);
        } else if let Some(ended) = status.pointer("/state/terminated") {
            *reason = why_ended(ended);
        } else if status.get("ready") == Some(&true.into()) && status.pointer("/state/running").is_some() {
            is_running = true;
            ready += 1;
        }
    }
    if reason == "Completed" && is_running {
        let is_ready = has_condition(one, "Ready", |ready| ready.get("status") == Some(&"True".into()));
        if is_ready { "Running" } else { "NotReady" }.clone_into(reason);
    }
    ready
}

fn why_ended(ended: &Value) -> String {
    let number = |field: &str| ended.get(field).and_then(Value::as_i64).unwrap_or_default();
    match (ended.get("reason").and_then(Value::as_str).unwrap_or_default(), number("signal")) {
        ("", 0) => format!("ExitCode:{}", number("exitCode")),
        ("", signal) => format!("Signal:{signal}"),
        (reason, _) => reason.to_owned(),
    }
}

fn is_initialized(one: &Object) -> bool {
    has_condition(one, "Initialized", |condition| condition.get("status") == Some(&"True".into()))
}

fn has_condition(one: &Object, kind: &str, is: impl Fn(&Value) -> bool) -> bool {
    one.list("/status/conditions").iter().any(|condition| condition.get("type") == Some(&kind.into()) && is(condition))
}

#[cfg(test)]
mod tests {
    use super::super::tests::object;
    use super::*;

    fn shown(json: &str) -> String {
        cells(&object("pods", json)).join(" ")
    }

    /// The states that kubectl's own tests have (printers_test.go, `TestPrintPod`).
    #[test]
    fn states_are_told_as_by_kubectl() {
        let two = r#""spec":{"containers":[{"name":"a"},{"name":"b"}]}"#;
        let of = |status: &str| shown(&format!("{{{two},\"status\":{status}}}"));
        let running = r#"{"ready":true,"restartCount":3,"state":{"running":{}}}"#;
        assert_eq!(
            of(&format!(r#"{{"phase":"Running","containerStatuses":[{running},{{"restartCount":3}}]}}"#)),
            "1/2 Running 6"
        );
        let waits = r#"{"state":{"waiting":{"reason":"CrashLoopBackOff"}},"restartCount":4,"lastState":{"terminated":{"finishedAt":"2026-11-21T13:59:00Z"}}}"#;
        let crashing = of(&format!(r#"{{"phase":"Running","containerStatuses":[{running},{waits}]}}"#));
        assert!(crashing.starts_with("1/2 CrashLoopBackOff 7 (") && crashing.ends_with(" ago)"), "{crashing}");
        assert_eq!(of(r#"{"phase":"Failed","reason":"Evicted"}"#), "0/2 Evicted 0");
        let ended = r#"{"state":{"terminated":{"exitCode":137,"signal":9}}}"#;
        assert_eq!(of(&format!(r#"{{"phase":"Running","containerStatuses":[{ended}]}}"#)), "0/2 Signal:9 0");
        let done = r#"{"state":{"terminated":{"reason":"Completed"}}}"#;
        assert_eq!(of(&format!(r#"{{"phase":"Running","containerStatuses":[{done},{running}]}}"#)), "1/2 NotReady 3");
    }

    #[test]
    fn init_containers_and_deletion_come_first() {
        let init = |spec: &str, status: &str| {
            shown(&format!(
                r#"{{"spec":{{"containers":[{{"name":"a"}}],"initContainers":[{spec}]}},"status":{{"phase":"Pending","initContainerStatuses":[{status}]}}}}"#
            ))
        };
        assert_eq!(
            init(r#"{"name":"i"}"#, r#"{"name":"i","state":{"waiting":{"reason":"PodInitializing"}}}"#),
            "0/1 Init:0/1 0"
        );
        assert_eq!(
            init(r#"{"name":"i"}"#, r#"{"name":"i","restartCount":2,"state":{"terminated":{"exitCode":1}}}"#),
            "0/1 Init:ExitCode:1 2"
        );
        let sidecar = r#"{"name":"i","restartPolicy":"Always"}"#;
        assert_eq!(init(sidecar, r#"{"name":"i","started":true,"ready":true,"restartCount":1}"#), "1/2 Pending 1");
        let leaving = r#"{"metadata":{"deletionTimestamp":"2026-11-21T13:59:00Z"},"status":{"phase":"Running"}}"#;
        assert_eq!(shown(leaving), "0/0 Terminating 0");
    }
}
