//! Which pods are plainly healthy: those whose description nobody will look for.
//!
//! A pod is, if nothing warned about it within the window, and it either succeeded, or runs, is not being deleted,
//! has every container ready, and has no container that ended or was restarted within the window. When in doubt it
//! is not.

use crate::model::Window;
use chrono::{DateTime, Utc};
use serde::Deserialize;

/// What is read of a pod to judge it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Vitals {
    pub metadata: Metadata,
    pub spec: Spec,
    status: Status,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Metadata {
    pub name: String,
    pub namespace: String,
    deletion_timestamp: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    pub node_name: String,
    containers: Vec<serde::de::IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Status {
    phase: String,
    init_container_statuses: Vec<Container>,
    container_statuses: Vec<Container>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Container {
    ready: bool,
    restart_count: u32,
    state: State,
    last_state: State,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct State {
    running: Option<Running>,
    terminated: Option<Terminated>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Running {
    started_at: Option<DateTime<Utc>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Terminated {
    finished_at: Option<DateTime<Utc>>,
}

impl Vitals {
    /// Whether the pod is plainly healthy; `warned` if an event of type Warning regards it within the window.
    pub fn is_plainly_healthy(&self, window: Window, warned: bool) -> bool {
        let status = &self.status;
        let is_running = status.phase == "Running"
            && self.metadata.deletion_timestamp.is_none()
            && status.container_statuses.len() == self.spec.containers.len()
            && status.container_statuses.iter().all(|container| container.ready && container.state.running.is_some());
        let containers = || status.container_statuses.iter().chain(&status.init_container_statuses);
        let is_steady = !containers().any(|container| container.was_restarted(window));
        !warned && (status.phase == "Succeeded" || (is_running && is_steady))
    }
}

impl Container {
    /// Whether it ended and came again since the window began, or no time says that it was before.
    fn was_restarted(&self, window: Window) -> bool {
        if self.restart_count == 0 && self.last_state.terminated.is_none() {
            return false;
        }
        let ended = self.last_state.terminated.as_ref().and_then(|ended| ended.finished_at);
        let started = self.state.running.as_ref().and_then(|running| running.started_at);
        match ended.max(started) {
            Some(latest) => latest >= window.from,
            None => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(container: &str, phase: &str, warned: bool) -> bool {
        let pod = format!(
            r#"{{"metadata":{{"name":"a"}},"spec":{{"containers":[{{"name":"app"}}]}},"status":{{"phase":"{phase}","containerStatuses":[{container}]}}}}"#
        );
        let vitals: Vitals = serde_json::from_str(&pod).expect("a pod");
        let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let window = Window::new(time("2026-11-21T07:00:00Z"), time("2026-11-21T08:00:00Z"));
        vitals.is_plainly_healthy(window, warned)
    }

    #[test]
    fn healthy_is_running_ready_and_steady() {
        let ready = r#"{"name":"app","ready":true,"restartCount":0,"state":{"running":{"startedAt":"2026-11-21T06:00:00Z"}},"lastState":{}}"#;
        assert!(check(ready, "Running", false));
        assert!(!check(ready, "Running", true));
        assert!(!check(&ready.replace("true", "false"), "Running", false));
        assert!(!check("", "Running", false), "a container without a status is not ready");
        assert!(!check(ready, "Failed", false) && check("", "Succeeded", false));
    }

    #[test]
    fn a_restart_counts_if_it_was_in_the_window() {
        let restarted = |ended: &str, started: &str| {
            format!(
                r#"{{"name":"app","ready":true,"restartCount":1,"state":{{"running":{{"startedAt":"{started}"}}}},"lastState":{{"terminated":{{"finishedAt":"{ended}"}}}}}}"#
            )
        };
        assert!(!check(&restarted("2026-11-21T07:10:00Z", "2026-11-21T07:10:01Z"), "Running", false));
        assert!(check(&restarted("2026-11-21T05:10:00Z", "2026-11-21T05:10:01Z"), "Running", false));
        let untold = r#"{"name":"app","ready":true,"restartCount":2,"state":{"running":{}},"lastState":{}}"#;
        assert!(!check(untold, "Running", false));
    }
}
