//! Work that waits, as an object itself shows it: a change that its controller has not looked at, a pod that no scheduler
//! has, a Job that nobody began, a volume whose attaching never ended. They need no event, so what is silent is found by
//! them.
//!
//! Only what the API server gave is judged: what was printed or taken apart by others may lack the very fields.

use super::conditions::Owner;
use super::findings::{Findings, Place};
use super::{Fact, Record};
use crate::model::{Clock, Moment, Subject, to_the_second};
use crate::objects::{Meta, Pod, or_default};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

/// Controllers and schedulers look at what is new within seconds; who has not in a minute waits for something.
const SOON: TimeDelta = TimeDelta::seconds(60);

/// Adds that a controller had not looked at the last change of an object's specification: `observedGeneration` is behind
/// `generation` (documentation, API conventions). It is dated to the last write of the specification.
pub fn not_observed(of: &Owner<'_>, meta: &Meta, observed: Option<i64>, found: &mut Findings) {
    let (Some(wanted), Some(observed)) = (meta.generation, observed) else { return };
    let writes = meta.managed_fields.iter().filter(|write| write.fields().get("f:spec").is_some());
    let written = writes.filter_map(|write| write.time).max().or(meta.creation_timestamp);
    let Some(written) = written.filter(|_| observed < wanted && meta.deletion_timestamp.is_none()) else { return };
    let message = format!("generation {wanted}, observed {observed}");
    waits(of, (written, "change-not-observed", &message), found);
}

/// Adds that not all pods of a StatefulSet are of the revision that its template makes: `updatedReplicas` is below
/// `replicas` (Kubernetes API reference, apps/v1 StatefulSetStatus; 0 is left out). It is dated to the last write of the
/// specification; an update of many pods takes its time, so what holds one up is for others to say.
pub fn not_updated(of: &Owner<'_>, meta: &Meta, (updated, wanted): (Option<u64>, Option<u64>), found: &mut Findings) {
    let (updated, Some(wanted)) = (updated.unwrap_or_default(), wanted) else { return };
    let writes = meta.managed_fields.iter().filter(|write| write.fields().get("f:spec").is_some());
    let written = writes.filter_map(|write| write.time).max();
    let Some(written) = written.filter(|_| updated < wanted && meta.deletion_timestamp.is_none()) else { return };
    waits(of, (written, "update-unfinished", &format!("{updated} of {wanted} pods")), found);
}

/// Adds that no scheduler had looked at a pod: it waits without a node, and without the condition PodScheduled, which a
/// scheduler sets as soon as it has tried (pkg/scheduler/schedule_one.go), and the API server for one with gates.
pub fn not_looked_at(of: &Owner<'_>, pod: &Pod, found: &mut Findings) {
    let is_tried = pod.status.conditions.iter().any(|one| one.kind == "PodScheduled");
    let is_pending = pod.status.phase == "Pending" && pod.spec.node_name.is_empty();
    let made = pod
        .metadata
        .creation_timestamp
        .filter(|_| is_pending && !is_tried && pod.metadata.deletion_timestamp.is_none());
    let Some(made) = made else { return };
    waits(of, (made, "pod-not-looked-at", "Pending without a node and without the condition PodScheduled"), found);
}

/// Adds that no controller had begun a Job: it is not suspended and has no `startTime`, which its controller sets when it
/// first looks at it (pkg/controller/job/job_controller.go, `syncJob`). One that another controller is to look after
/// (`managedBy`, KEP-4368) is that one's.
pub fn not_begun(of: &Owner<'_>, meta: &Meta, is_begun_or_held: bool, found: &mut Findings) {
    let made = meta.creation_timestamp.filter(|_| !is_begun_or_held && meta.deletion_timestamp.is_none());
    let Some(made) = made else { return };
    waits(of, (made, "job-not-begun", "neither suspended nor begun, without a start time"), found);
}

/// A volume that is to be attached to a node (storage.k8s.io/v1 VolumeAttachment).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Attachment {
    metadata: Meta,
    #[serde(deserialize_with = "or_default")]
    spec: AttachmentSpec,
    #[serde(deserialize_with = "or_default")]
    status: AttachmentStatus,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSpec {
    #[serde(deserialize_with = "or_default")]
    attacher: String,
    #[serde(deserialize_with = "or_default")]
    node_name: String,
    #[serde(deserialize_with = "or_default")]
    source: AttachmentSource,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AttachmentSource {
    #[serde(deserialize_with = "or_default")]
    persistent_volume_name: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct AttachmentStatus {
    attached: Option<bool>,
}

/// A kubelet gives a pod's volumes so long, then says that it waited in vain (pkg/kubelet/volumemanager,
/// `podAttachAndMountTimeout`).
const ATTACHED_BY: TimeDelta = TimeDelta::seconds(123);

/// Reads one VolumeAttachment, and adds that its driver had not attached the volume. Whoever reads its status says where
/// it cannot be read.
pub fn read_attachment(place: Place, line: &[u8], found: &mut Findings) {
    let Ok(Attachment { metadata: meta, spec, status }) = serde_json::from_slice(line) else { return };
    let subject = Subject::cluster("VolumeAttachment", &meta.name);
    let made = meta.creation_timestamp.filter(|_| status.attached == Some(false) && meta.deletion_timestamp.is_none());
    let Some(made) = made.filter(|made| place.fetched - *made > ATTACHED_BY) else { return };
    let node = (!spec.node_name.is_empty()).then_some(spec.node_name.as_str());
    let of = Owner { place, subject: &subject, node, created: Some(made) };
    let volume = &spec.source.persistent_volume_name;
    let message = format!("{} had not attached {volume} to {}", spec.attacher, spec.node_name);
    waits(&of, (made, "volume-not-attached", &message), found);
}

/// From its beginning to the snapshot, which shows that it waits still.
fn waits(of: &Owner<'_>, (since, state, message): (DateTime<Utc>, &str, &str), found: &mut Findings) {
    if of.place.fetched - since <= SOON {
        return;
    }
    let text = format!("{} {message} since {}", of.subject, to_the_second(since));
    let citation = found.cite(of.place, &text);
    let (at, last) = (Moment::to_the_second(since).by(Clock::ApiServer), of.place.now());
    let record = Record::State { state, message };
    found.facts.push(Fact { at, last, count: 1, subject: of.subject, node: of.node, record, citation });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{pods, workloads};

    fn states(read: impl Fn(Place, &[u8], &mut Findings), line: &str) -> Vec<String> {
        let mut found = Findings::default();
        let fetched = "2026-11-20T10:00:00Z".parse().expect("a time");
        read(Place::of_line(1, fetched), line.as_bytes(), &mut found);
        let states = found.facts.iter().filter_map(|fact| match fact.record {
            Record::State { state, message } => {
                Some(format!("{} {state} {message} {}", fact.subject, fact.at.time.format("%T")))
            }
            _ => None,
        });
        states.collect()
    }

    #[test]
    fn an_update_of_a_set_that_is_not_through_is_told_where_all_are_to_be_replaced() {
        let set = |strategy: &str, updated: u64| {
            let line = format!(
                r#"{{"metadata":{{"name":"db","namespace":"shop","generation":7,"managedFields":[
                {{"manager":"helm","time":"2026-11-20T09:40:00Z","fieldsV1":{{"f:spec":{{"f:template":{{}}}}}}}}]}},
                "spec":{{"replicas":3,"updateStrategy":{strategy}}},"status":{{"observedGeneration":7,"updatedReplicas":{updated}}}}}"#
            );
            states(|place, line, found| workloads::read("StatefulSet", place, line, found), &line.replace('\n', ""))
        };
        let rolling = r#"{"type":"RollingUpdate","rollingUpdate":{"partition":0}}"#;
        assert_eq!(set(rolling, 1), ["StatefulSet/shop/db update-unfinished 1 of 3 pods 09:40:00"]);
        assert_eq!(set(rolling, 3), [""; 0], "it is through");
        assert_eq!(set(r#"{"type":"OnDelete"}"#, 1), [""; 0], "somebody has to delete the pods");
        assert_eq!(set(r#"{"type":"RollingUpdate","rollingUpdate":{"partition":2}}"#, 1), [""; 0], "the others stay");
    }

    #[test]
    fn a_controller_that_is_behind_is_dated_to_the_last_write() {
        let deployment = |observed: i64, at: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"a","namespace":"shop","generation":7,"creationTimestamp":"2026-11-20T08:00:00Z","managedFields":[
                {{"manager":"kubectl-edit","time":"2026-11-20T{at}Z","fieldsV1":{{"f:spec":{{"f:template":{{}}}}}}}},
                {{"manager":"other","time":"2026-11-20T09:59:59Z","fieldsV1":{{"f:metadata":{{}}}}}}]}},"status":{{"observedGeneration":{observed}}}}}"#
            );
            states(|place, line, found| workloads::read("Deployment", place, line, found), &line.replace('\n', ""))
        };
        assert_eq!(
            deployment(6, "09:40:00"),
            ["Deployment/shop/a change-not-observed generation 7, observed 6 09:40:00"]
        );
        assert_eq!(deployment(7, "09:40:00"), [""; 0], "it has looked");
        assert_eq!(deployment(6, "09:59:30"), [""; 0], "it may look yet");
    }

    #[test]
    fn a_job_that_nobody_began_waits() {
        let job = |spec: &str, status: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"a","namespace":"shop","creationTimestamp":"2026-11-20T09:50:00Z"}},"spec":{spec},"status":{status}}}"#
            );
            states(|place, line, found| workloads::read("Job", place, line, found), &line)
        };
        let waits = "Job/shop/a job-not-begun neither suspended nor begun, without a start time 09:50:00";
        assert_eq!(job("{}", "{}"), [waits]);
        assert_eq!(job(r#"{"suspend":true}"#, "{}"), [""; 0], "it is held");
        assert_eq!(job(r#"{"managedBy":"kueue.x-k8s.io/multikueue"}"#, "{}"), [""; 0], "another's");
        assert_eq!(job("{}", r#"{"startTime":"2026-11-20T09:50:01Z"}"#), [""; 0]);
    }

    #[test]
    fn a_volume_that_its_driver_never_attached_waits() {
        let attachment = |made: &str, status: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"csi-1","creationTimestamp":"2026-11-20T{made}Z"}},"spec":{{"attacher":"ebs.csi.aws.com","nodeName":"node-1","source":{{"persistentVolumeName":"pv-1"}}}},"status":{status}}}"#
            );
            states(read_attachment, &line)
        };
        let waits =
            "VolumeAttachment/csi-1 volume-not-attached ebs.csi.aws.com had not attached pv-1 to node-1 09:50:00";
        assert_eq!(attachment("09:50:00", r#"{"attached":false}"#), [waits]);
        assert_eq!(attachment("09:50:00", r#"{"attached":true}"#), [""; 0]);
        assert_eq!(attachment("09:50:00", "{}"), [""; 0], "nothing is said of it");
        assert_eq!(attachment("09:58:30", r#"{"attached":false}"#), [""; 0], "it may be attached yet");
    }

    #[test]
    fn a_pod_without_a_word_of_a_scheduler_waits() {
        let pod = |status: &str, made: &str| {
            let line = format!(
                r#"{{"metadata":{{"name":"a","namespace":"shop","creationTimestamp":"2026-11-20T{made}Z"}},"spec":{{}},"status":{status}}}"#
            );
            states(pods::read, &line)
        };
        let waits =
            "Pod/shop/a pod-not-looked-at Pending without a node and without the condition PodScheduled 09:50:00";
        assert_eq!(pod(r#"{"phase":"Pending","qosClass":"BestEffort"}"#, "09:50:00"), [waits]);
        assert_eq!(pod(r#"{"phase":"Pending"}"#, "09:59:30"), [""; 0], "one may look yet");
        let tried =
            r#"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"Unschedulable"}]}"#;
        assert_eq!(pod(tried, "09:50:00"), [""; 0], "one has tried");
    }
}
