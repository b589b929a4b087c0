//! Which pods are plainly healthy: those whose description nobody will look for.
//!
//! A pod is, if nothing warned about it within the window, and it either succeeded, or runs, is not being deleted,
//! has every container ready, and has no container that ended or was restarted within the window. When in doubt it
//! is not.

use crate::model::Window;
use crate::objects::{ContainerStatus, Pod};

/// Whether `pod` is plainly healthy; `warned` if an event of type Warning regards it within the window.
pub fn is_plainly_healthy(pod: &Pod, window: Window, warned: bool) -> bool {
    let status = &pod.status;
    let is_well = |container: &ContainerStatus| container.ready == Some(true) && container.state.running.is_some();
    let is_running = status.phase == "Running"
        && pod.metadata.deletion_timestamp.is_none()
        && status.container_statuses.len() == pod.spec.containers.len()
        && status.container_statuses.iter().all(is_well);
    let containers = || status.container_statuses.iter().chain(&status.init_container_statuses);
    let is_steady = !containers().any(|container| was_restarted(container, window));
    !warned && (status.phase == "Succeeded" || (is_running && is_steady))
}

/// Whether a container ended and came again since the window began, or no time says that it was before.
fn was_restarted(container: &ContainerStatus, window: Window) -> bool {
    if container.restart_count == 0 && container.last_state.terminated.is_none() {
        return false;
    }
    let ended = container.last_state.terminated.as_ref().and_then(|ended| ended.finished_at);
    let started = container.state.running.as_ref().and_then(|running| running.started_at);
    match ended.max(started) {
        Some(latest) => latest >= window.from,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    fn check(container: &str, phase: &str, warned: bool) -> bool {
        let pod = format!(
            r#"{{"metadata":{{"name":"a"}},"spec":{{"containers":[{{"name":"app"}}]}},"status":{{"phase":"{phase}","containerStatuses":[{container}]}}}}"#
        );
        let pod: Pod = serde_json::from_str(&pod).expect("a pod");
        let time = |text: &str| DateTime::parse_from_rfc3339(text).expect("a time").to_utc();
        let window = Window::new(time("2026-11-21T07:00:00Z"), time("2026-11-21T08:00:00Z"));
        is_plainly_healthy(&pod, window, warned)
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
