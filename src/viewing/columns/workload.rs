//! Workloads and what scales and guards them.

use super::super::objects::Object;
use super::plain;
use serde_json::Value;

fn count(one: &Object, pointer: &str) -> String {
    one.number(pointer).unwrap_or_default().to_string()
}

fn counts<const N: usize>(one: &Object, pointers: [&str; N]) -> Vec<String> {
    pointers.iter().map(|pointer| count(one, pointer)).collect()
}

/// Of how many that are wanted; one where nobody said so.
fn wanted(one: &Object) -> i64 {
    one.number("/spec/replicas").unwrap_or(1)
}

/// READY, UP-TO-DATE and AVAILABLE.
pub fn deployment(one: &Object) -> Vec<String> {
    let ready = format!("{}/{}", count(one, "/status/readyReplicas"), wanted(one));
    vec![ready, count(one, "/status/updatedReplicas"), count(one, "/status/availableReplicas")]
}

/// READY.
pub fn stateful_set(one: &Object) -> Vec<String> {
    vec![format!("{}/{}", count(one, "/status/readyReplicas"), wanted(one))]
}

/// DESIRED, CURRENT and READY.
pub fn replica_set(one: &Object) -> Vec<String> {
    vec![wanted(one).to_string(), count(one, "/status/replicas"), count(one, "/status/readyReplicas")]
}

/// DESIRED, CURRENT, READY, UP-TO-DATE and AVAILABLE.
pub fn daemon_set(one: &Object) -> Vec<String> {
    counts(
        one,
        [
            "/status/desiredNumberScheduled",
            "/status/currentNumberScheduled",
            "/status/numberReady",
            "/status/updatedNumberScheduled",
            "/status/numberAvailable",
        ],
    )
}

/// STATUS, COMPLETIONS and DURATION.
pub fn job(one: &Object) -> Vec<String> {
    let is = |kind: &str| {
        let mut all = one.list("/status/conditions").iter();
        all.any(|one| one.get("type") == Some(&kind.into()) && one.get("status") == Some(&"True".into()))
    };
    let kinds = [
        ("Complete", "Complete"),
        ("Failed", "Failed"),
        ("Suspended", "Suspended"),
        ("FailureTarget", "FailureTarget"),
    ];
    let is_leaving = one.json.pointer("/metadata/deletionTimestamp").is_some_and(|time| !time.is_null());
    let status = kinds.iter().find(|(kind, _)| is(kind)).map(|(_, status)| *status);
    let status = status.unwrap_or(if is_leaving { "Terminating" } else { "Running" });
    let done = count(one, "/status/succeeded");
    let completions = match (one.number("/spec/completions"), one.number("/spec/parallelism").unwrap_or_default()) {
        (Some(wanted), _) => format!("{done}/{wanted}"),
        (None, parallel) if parallel > 1 => format!("{done}/1 of {parallel}"),
        (None, _) => format!("{done}/1"),
    };
    let duration = match (one.time("/status/startTime"), one.time("/status/completionTime")) {
        (None, _) => String::new(),
        (Some(from), None) => one.since(Some(from)),
        (Some(from), Some(to)) => crate::describe::human_duration(to - from),
    };
    vec![status.to_owned(), completions, duration]
}

/// SCHEDULE, SUSPEND, ACTIVE and LAST SCHEDULE.
pub fn cron_job(one: &Object) -> Vec<String> {
    let suspended = if one.json.pointer("/spec/suspend") == Some(&Value::Bool(true)) { "True" } else { "False" };
    let last = match one.time("/status/lastScheduleTime") {
        Some(last) => one.since(Some(last)),
        None => "<none>".to_owned(),
    };
    let active = one.list("/status/active").len().to_string();
    vec![one.text("/spec/schedule").to_owned(), suspended.to_owned(), active, last]
}

/// REFERENCE, MINPODS, MAXPODS and REPLICAS.
pub fn autoscaler(one: &Object) -> Vec<String> {
    let reference = format!("{}/{}", one.text("/spec/scaleTargetRef/kind"), one.text("/spec/scaleTargetRef/name"));
    let least = one.number("/spec/minReplicas").map_or_else(|| "<unset>".to_owned(), |least| least.to_string());
    vec![reference, least, count(one, "/spec/maxReplicas"), count(one, "/status/currentReplicas")]
}

/// MIN AVAILABLE, MAX UNAVAILABLE and ALLOWED DISRUPTIONS.
pub fn budget(one: &Object) -> Vec<String> {
    let bound = |pointer: &str| match plain(one.json.pointer(pointer)) {
        text if text.is_empty() => "N/A".to_owned(),
        text => text,
    };
    vec![bound("/spec/minAvailable"), bound("/spec/maxUnavailable"), count(one, "/status/disruptionsAllowed")]
}
