//! What a cloud did to machines: Auto Scaling activities, CloudTrail, operations of Compute Engine, Azure's activity log.
//!
//! A machine is known to the cloud by an id, which its Node bears as `spec.providerID`; one that no Node here is known by
//! is told by its id. Whoever did it is a kind of actor: a person, a program, the cloud itself. No name of an account, a
//! role or a person is read. An operation that failed did nothing, and is left out.

use super::findings::{Findings, Place};
use super::saved::with_lines;
use super::{Fact, Record};
use crate::inputs::CloudForm;
use crate::model::{Clock, Moment, Subject};
use crate::objects::{or_default, parse_time};
use chrono::{DateTime, Datelike, Utc};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

/// The kind of subject that a machine is of which nobody knows the node.
pub const MACHINE: &str = "Machine";

/// Something that was done to a machine.
struct Done {
    machine: String,
    /// A word of this program for it.
    state: &'static str,
    by: &'static str,
    /// In the cloud's own words, where those name nobody.
    said: String,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Activities<'a> {
    #[serde(borrow, rename = "Activities")]
    items: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Events<'a> {
    #[serde(borrow, rename = "Events")]
    items: Vec<&'a RawValue>,
}

/// Reads the operations of an entry.
pub fn read(text: &[u8], form: CloudForm, place: Place, found: &mut Findings) {
    let text = String::from_utf8_lossy(text);
    let items = match form {
        CloudForm::ScalingActivities => serde_json::from_str(&text).map(|list: Activities<'_>| list.items),
        CloudForm::CloudTrail => serde_json::from_str(&text).map(|list: Events<'_>| list.items),
        CloudForm::ComputeOperations | CloudForm::ActivityLog => serde_json::from_str::<Vec<&RawValue>>(&text),
    };
    let items = match items {
        Ok(items) => items,
        Err(error) => return found.unreadable(place, error),
    };
    for (line, raw) in with_lines(&text, &items) {
        let place = Place { line, ..place };
        let done = match form {
            CloudForm::ScalingActivities => serde_json::from_str(raw.get()).map(scaling),
            CloudForm::CloudTrail => serde_json::from_str(raw.get()).map(trail),
            CloudForm::ComputeOperations => {
                serde_json::from_str(raw.get()).map(|one| compute(one).into_iter().collect())
            }
            CloudForm::ActivityLog => serde_json::from_str(raw.get()).map(|one| azure(one).into_iter().collect()),
        };
        match done {
            Ok(done) => done.into_iter().for_each(|done| add(done, place, found)),
            Err(error) => found.unreadable(place, error),
        }
    }
}

fn add(done: Done, place: Place, found: &mut Findings) {
    let Done { machine, state, by, said, from, to } = done;
    let subject = Subject::cluster(MACHINE, machine);
    let message = format!("by {by}: {said}");
    let citation = found.cite(place, &format!("{subject} {message}"));
    let at = Moment::exact(from);
    let last = to.filter(|to| *to > from).map_or(at, Moment::exact);
    let record = Record::State { state, message: &message };
    found.facts.push(Fact {
        at,
        last: last.by(Clock::Unknown),
        count: 1,
        subject: &subject,
        node: None,
        record,
        citation,
    });
}

const TERMINATED: &str = "machine-terminated";
const STOPPED: &str = "machine-stopped";
const RESTARTED: &str = "machine-restarted";
const PREEMPTED: &str = "machine-preempted";
const FAILED: &str = "machine-failed";

const CLOUD: &str = "the cloud";
const GROUP: &str = "its instance group";
const PROGRAM: &str = "a program";
const PERSON: &str = "a person";

/// Amazon EC2 Auto Scaling API reference, Activity.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Activity {
    #[serde(deserialize_with = "or_default")]
    description: String,
    #[serde(deserialize_with = "or_default")]
    cause: String,
    start_time: Value,
    end_time: Value,
    #[serde(deserialize_with = "or_default")]
    status_code: String,
}

fn scaling(activity: Activity) -> Vec<Done> {
    let machine = activity.description.strip_prefix("Terminating EC2 instance: ");
    let machine = machine.and_then(|rest| rest.split([' ', ',']).next()).filter(|id| !id.is_empty());
    let is_done = !matches!(activity.status_code.as_str(), "Failed" | "Cancelled");
    let (Some(machine), Some(from), true) = (machine, time(&activity.start_time), is_done) else { return Vec::new() };
    let said = said_of(&activity.cause);
    vec![Done { machine: machine.to_owned(), state: TERMINATED, by: GROUP, said, from, to: time(&activity.end_time) }]
}

/// Why an activity began, in the words of the group. They have the form `At TIME an instance was …. At TIME …`; what a
/// person named, as a policy or an alarm, is left out.
fn said_of(cause: &str) -> String {
    const REASONS: [(&str, &str); 7] = [
        ("user request", "a request"),
        ("health check", "a health check that failed"),
        ("rebalance", "a rebalance between zones"),
        ("Spot", "the loss of a spot instance"),
        ("instance refresh", "a refresh of all instances"),
        ("maximum instance lifetime", "its greatest age"),
        ("difference between desired and actual capacity", "a capacity above the one desired"),
    ];
    let reason =
        REASONS.iter().find(|(words, _)| cause.contains(words)).map_or("a change of the group", |(_, said)| said);
    format!("terminated for {reason}")
}

/// AWS CloudTrail API reference, Event: what happened is a record of its own, as text.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TrailEvent {
    #[serde(deserialize_with = "or_default")]
    cloud_trail_event: String,
}

/// AWS CloudTrail user guide, CloudTrail record contents.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct TrailRecord {
    #[serde(deserialize_with = "or_default")]
    event_name: String,
    event_time: Value,
    error_code: Option<Value>,
    #[serde(rename = "sourceIPAddress", deserialize_with = "or_default")]
    source: String,
    #[serde(deserialize_with = "or_default")]
    user_identity: Identity,
    request_parameters: Value,
    service_event_details: Value,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Identity {
    #[serde(rename = "type", deserialize_with = "or_default")]
    kind: String,
}

fn trail(event: TrailEvent) -> Vec<Done> {
    let record: TrailRecord = serde_json::from_str(&event.cloud_trail_event).unwrap_or_default();
    let (state, said) = match record.event_name.as_str() {
        "TerminateInstances" | "TerminateInstanceInAutoScalingGroup" => (TERMINATED, "terminated"),
        "StopInstances" => (STOPPED, "stopped"),
        "RebootInstances" => (RESTARTED, "rebooted"),
        "BidEvictedEvent" => (PREEMPTED, "a spot instance was taken back"),
        _ => return Vec::new(),
    };
    let (Some(from), None) = (time(&record.event_time), &record.error_code) else { return Vec::new() };
    let by = match (record.user_identity.kind.as_str(), record.source.as_str()) {
        (_, "autoscaling.amazonaws.com") => GROUP,
        ("AWSService", _) => CLOUD,
        (_, source) if source.ends_with(".amazonaws.com") => CLOUD,
        ("IAMUser" | "Root" | "IdentityCenterUser", _) => PERSON,
        // A role is taken on by people as well as by programs, as an autoscaler in the cluster.
        _ => "a person or a program",
    };
    let parameters = &record.request_parameters;
    let listed = parameters.pointer("/instancesSet/items").and_then(Value::as_array).into_iter().flatten();
    let listed = listed.filter_map(|item| item.get("instanceId")?.as_str());
    let single = parameters.get("instanceId").and_then(Value::as_str);
    let taken = record.service_event_details.get("instanceIdSet").and_then(Value::as_array).into_iter().flatten();
    let machines = listed.chain(single).chain(taken.filter_map(Value::as_str));
    let done = |id: &str| Done { machine: id.to_owned(), state, by, said: said.to_owned(), from, to: None };
    machines.map(done).collect()
}

/// Compute Engine API, Operation.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Operation {
    #[serde(deserialize_with = "or_default")]
    operation_type: String,
    #[serde(deserialize_with = "or_default")]
    target_link: String,
    insert_time: Value,
    start_time: Value,
    end_time: Value,
    /// Whoever asked for it; only what kind of account that is, is read.
    #[serde(deserialize_with = "or_default")]
    user: String,
    error: Option<Value>,
}

fn compute(operation: Operation) -> Option<Done> {
    // Compute Engine documentation, "Viewing audit logs for system events" and operation types of its API.
    let kind = operation.operation_type.as_str();
    let (state, said) = match kind.strip_prefix("compute.instances.").unwrap_or(kind) {
        "delete" => (TERMINATED, "deleted"),
        "repair.recreateInstance" | "recreateInstance" => (TERMINATED, "deleted and made anew as it was not healthy"),
        "preempted" => (PREEMPTED, "preempted"),
        "stop" | "guestTerminate" => (STOPPED, "stopped"),
        "suspend" => (STOPPED, "suspended"),
        "terminateOnHostMaintenance" => (STOPPED, "stopped for maintenance of its host"),
        "reset" => (RESTARTED, "reset"),
        "hostError" => (FAILED, "its host failed"),
        _ => return None,
    };
    let (_, machine) = operation.target_link.rsplit_once("/instances/")?;
    let from = time(&operation.start_time).or_else(|| time(&operation.insert_time))?;
    let by = match operation.user.as_str() {
        "system" | "" => CLOUD,
        user if user.contains("cloudservices.gserviceaccount.com") => GROUP,
        user if user.contains("gserviceaccount.com") => PROGRAM,
        _ => PERSON,
    };
    let done =
        Done { machine: machine.to_owned(), state, by, said: said.to_owned(), from, to: time(&operation.end_time) };
    operation.error.is_none().then_some(done)
}

/// Azure Monitor, activity log event schema.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AzureEvent {
    operation_name: Named,
    #[serde(deserialize_with = "or_default")]
    resource_id: String,
    event_timestamp: Value,
    status: Named,
    /// Whoever asked for it; only whether that is an address of mail is read.
    #[serde(deserialize_with = "or_default")]
    caller: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Named {
    #[serde(deserialize_with = "or_default")]
    value: String,
}

fn azure(event: AzureEvent) -> Option<Done> {
    let operation = event.operation_name.value.to_lowercase();
    if !operation.contains("/virtualmachines/") && !operation.contains("/virtualmachinescalesets/") {
        return None;
    }
    let verb = operation.trim_end_matches("/action").rsplit('/').next()?;
    let (state, said) = match verb {
        "delete" => (TERMINATED, "deleted"),
        "deallocate" | "poweroff" => (STOPPED, "stopped"),
        "restart" | "redeploy" | "reimage" => (RESTARTED, "restarted or made anew"),
        "preempted" | "evictspotvm" => (PREEMPTED, "a spot machine was taken back"),
        _ => return None,
    };
    if !event.resource_id.to_lowercase().contains("/virtualmachines/") || event.status.value == "Failed" {
        return None;
    }
    let by = match event.caller.as_str() {
        "" => CLOUD,
        caller if caller.contains('@') => PERSON,
        _ => PROGRAM,
    };
    let said = match event.status.value.as_str() {
        "" => said.to_owned(),
        status => format!("{said} ({})", status.to_lowercase()),
    };
    // The form of spec.providerID (kubernetes-sigs/cloud-provider-azure).
    let machine = format!("azure://{}", event.resource_id);
    Some(Done { machine, state, by, said, from: time(&event.event_timestamp)?, to: None })
}

/// A time as text, or as seconds since 1970, as old versions of a tool print it.
fn time(value: &Value) -> Option<DateTime<Utc>> {
    match value {
        Value::String(text) => parse_time(text),
        #[expect(clippy::cast_possible_truncation, reason = "what no time is that large, and is refused")]
        Value::Number(number) => DateTime::from_timestamp_millis((number.as_f64()? * 1e3).round() as i64)
            .filter(|at| (0..=9999).contains(&at.year())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str, form: CloudForm) -> Vec<String> {
        let mut found = Findings::default();
        read(text.as_bytes(), form, Place::of_line(1, DateTime::UNIX_EPOCH), &mut found);
        assert!(found.unreadable.is_empty(), "{:?}", found.unreadable);
        let fact = |fact: Fact<'_>| {
            let Record::State { state, message } = fact.record else { panic!("{:?}", fact.record) };
            format!("{} {} {state} {message}", fact.at.time.format("%T"), fact.subject)
        };
        found.facts.iter().map(fact).collect()
    }

    #[test]
    fn what_a_group_did() {
        // The forms are those of the AWS CLI reference.
        let text = r#"{"Activities": [
            {"ActivityId": "1", "Description": "Terminating EC2 instance: i-0abc", "AutoScalingGroupName": "alice-asg",
             "Cause": "At 2026-11-21T07:00:00Z an instance was taken out of service in response to an EC2 health check indicating it has been terminated or stopped.",
             "StartTime": "2026-11-21T07:00:01.123Z", "EndTime": "2026-11-21T07:01:00Z", "StatusCode": "Successful", "Progress": 100},
            {"ActivityId": "2", "Description": "Terminating EC2 instance: i-0def - Waiting for ELB connection draining.", "Cause": "At x a user request by alice", "StartTime": 1795244400.5, "StatusCode": "InProgress"},
            {"ActivityId": "3", "Description": "Launching a new EC2 instance: i-0ghi", "Cause": "", "StartTime": "2026-11-21T07:00:01Z", "StatusCode": "Successful"},
            {"ActivityId": "4", "Description": "Terminating EC2 instance: i-0jkl", "Cause": "", "StartTime": "2026-11-21T07:00:01Z", "StatusCode": "Failed"}]}"#;
        let expected = [
            "07:00:01 Machine/i-0abc machine-terminated by its instance group: terminated for a health check that failed",
            "07:00:00 Machine/i-0def machine-terminated by its instance group: terminated for a request",
        ];
        assert_eq!(told(text, CloudForm::ScalingActivities), expected);
    }

    #[test]
    fn what_a_trail_holds() {
        let event = |name: &str, identity: &str, more: &str| {
            let record = format!(
                r#"{{"eventVersion":"1.08","userIdentity":{{{identity},"userName":"alice","arn":"arn:aws:iam::1:user/alice"}},"eventTime":"2026-11-21T07:00:00Z","eventSource":"ec2.amazonaws.com","eventName":"{name}",{more}}}"#
            );
            serde_json::json!({"EventId": "1", "EventName": name, "EventTime": "2026-11-21T07:00:00+00:00", "Username": "alice", "CloudTrailEvent": record})
        };
        let set = r#""requestParameters":{"instancesSet":{"items":[{"instanceId":"i-1"},{"instanceId":"i-2"}]}}"#;
        let events = serde_json::json!({"Events": [
            event("TerminateInstances", r#""type":"IAMUser""#, &format!(r#""sourceIPAddress":"192.0.2.7",{set}"#)),
            event("TerminateInstances", r#""type":"AssumedRole""#, r#""sourceIPAddress":"autoscaling.amazonaws.com","requestParameters":{"instancesSet":{"items":[{"instanceId":"i-3"}]}}"#),
            event("TerminateInstances", r#""type":"IAMUser""#, &format!(r#""errorCode":"Client.UnauthorizedOperation",{set}"#)),
            event("RunInstances", r#""type":"IAMUser""#, set),
        ]});
        let expected = [
            "07:00:00 Machine/i-1 machine-terminated by a person: terminated",
            "07:00:00 Machine/i-2 machine-terminated by a person: terminated",
            "07:00:00 Machine/i-3 machine-terminated by its instance group: terminated",
        ];
        assert_eq!(told(&events.to_string(), CloudForm::CloudTrail), expected);
    }

    #[test]
    fn what_compute_engine_and_azure_did() {
        let operations = r#"[{"endTime":"2026-11-21T08:00:09.000+01:00","insertTime":"2026-11-21T08:00:00.000+01:00","kind":"compute#operation","operationType":"compute.instances.preempted","startTime":"2026-11-21T08:00:01.000+01:00","status":"DONE","targetLink":"https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/gke-a-1","user":"system"},
            {"insertTime":"2026-11-21T08:00:00.000+01:00","kind":"compute#operation","operationType":"delete","targetLink":"https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/gke-a-2","user":"alice@example.com"},
            {"insertTime":"2026-11-21T08:00:00.000+01:00","kind":"compute#operation","operationType":"delete","targetLink":"https://www.googleapis.com/compute/v1/projects/p/zones/z/disks/gke-a-2","user":"alice@example.com"}]"#;
        let expected = [
            "07:00:01 Machine/gke-a-1 machine-preempted by the cloud: preempted",
            "07:00:00 Machine/gke-a-2 machine-terminated by a person: deleted",
        ];
        assert_eq!(told(operations, CloudForm::ComputeOperations), expected);
        let log = r#"[{"caller":"alice@example.com","eventDataId":"1","eventTimestamp":"2026-11-21T07:00:00.1234567Z","operationName":{"localizedValue":"Delete","value":"Microsoft.Compute/virtualMachines/delete"},"resourceId":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/aks-1","status":{"value":"Succeeded"}},
            {"caller":"x","eventDataId":"2","eventTimestamp":"2026-11-21T07:00:00Z","operationName":{"value":"Microsoft.Network/loadBalancers/delete"},"resourceId":"/x","status":{"value":"Succeeded"}}]"#;
        let machine = "azure:///subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/aks-1";
        let expected = [format!("07:00:00 Machine/{machine} machine-terminated by a person: deleted (succeeded)")];
        assert_eq!(told(log, CloudForm::ActivityLog), expected);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in "\\PC{0,80}", item in "[\\[\\]{}\":,a-zA-Z0-9]{0,60}") {
            let forms = [CloudForm::ScalingActivities, CloudForm::CloudTrail, CloudForm::ComputeOperations, CloudForm::ActivityLog];
            for form in forms {
                let lists = [format!("{{\"Activities\":[{item}]}}"), format!("{{\"Events\":[{item}]}}"), format!("[{item}]")];
                for text in lists.iter().chain([&text]) {
                    read(text.as_bytes(), form, Place::of_line(1, DateTime::UNIX_EPOCH), &mut Findings::default());
                }
            }
        }
    }
}
