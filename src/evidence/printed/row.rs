//! Rows of tables of objects: what the word of a status says of a pod, a node, a claim or a volume.
//!
//! Source: kubernetes, pkg/printers/internalversion/printers.go (printPod, printNode, printPersistentVolumeClaim,
//! printPersistentVolume). Of a pod the table shows one word, that of its last container that waits or ended, without
//! its name. A pod that is being deleted, as many are at any time, is no trouble by itself.

use super::Printed;
use crate::evidence::Record;
use crate::evidence::conditions::Owner;
use crate::evidence::findings::{Findings, Place};
use crate::evidence::status;
use crate::logline::kubectl::prompt::Asked;
use crate::logline::kubectl::tables::{self, Of, Row};
use crate::model::Subject;

/// Reads the row of a table that was printed when its place says.
pub fn read(row: &Row<'_>, printed: Printed, place: Place, text: &str, found: &mut Findings) {
    let Some(name) = row.cell(tables::NAME) else { return found.unreadable(place, "a row without a name") };
    // `kubectl get all` prints the kind before the name.
    let name = name.rsplit('/').next().unwrap_or_default();
    let namespace = row.cell(tables::NAMESPACE).map(str::to_owned).or_else(|| match row.asked {
        Asked::Of(namespace) => Some(namespace.clone()),
        Asked::All | Asked::Unsaid => None,
    });
    let namespace = namespace.unwrap_or_default();
    let created = printed.earliest(row.cell(&["AGE"]));
    let subject = match row.of {
        Of::Pods => Subject::new("Pod", &namespace, name),
        Of::Claims => Subject::new("PersistentVolumeClaim", &namespace, name),
        Of::Volumes => Subject::cluster("PersistentVolume", name),
        Of::Nodes => Subject::node(name),
        Of::Events | Of::Others => return,
    };
    let node = match row.of {
        Of::Nodes => Some(name),
        _ => row.cell(&["NODE"]),
    };
    let owner = Owner { place, subject: &subject, node, created };
    let status = row.cell(&["STATUS"]).unwrap_or_default();
    match row.of {
        Of::Pods => {
            let pod = found.pods.entry(&namespace, name, "");
            pod.seen(place.fetched);
            if let Some(node) = node {
                pod.node.get_or_insert_with(|| node.to_owned());
            }
            self::pod(&owner, row, (status, printed), text, found);
        }
        Of::Nodes => self::node(&owner, name, status, text, found),
        _ if matches!(status, "Pending" | "Lost" | "Failed") => {
            status::add_reason(&owner, place.since(created), (status, "", ""), text.trim(), found);
        }
        _ => {}
    }
}

/// Words for a pod in which nothing is wrong, or nothing yet.
const WELL: &[&str] = &[
    "Running",
    "Completed",
    "Succeeded",
    "Pending",
    "NotReady",
    "Terminating",
    "ContainerCreating",
    "PodInitializing",
    "SchedulingGated",
];
/// Words in which a container ended (Kubernetes API reference, ContainerStateTerminated; pkg/kubelet, containerd, CRI-O).
const ENDED: &[&str] =
    &["Error", "OOMKilled", "ContainerCannotRun", "StartError", "DeadlineExceeded", "ContainerStatusUnknown"];

fn pod(owner: &Owner<'_>, row: &Row<'_>, (status, printed): (&str, Printed), text: &str, found: &mut Findings) {
    let (restarts, ended) = restarts(row.cell(&["RESTARTS"]).unwrap_or_default());
    // A container that runs or waits again does so since the last one ended.
    let since = printed.earliest(ended).or(owner.created);
    let at = owner.place.since(since);
    let text = text.trim();
    let word = status.strip_prefix("Init:").unwrap_or(status);
    let is_count = word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'/');
    match word {
        "Running" if restarts > 0 => owner.add(at, Record::Running { container: "", restarts }, text, found),
        _ if is_count || WELL.contains(&word) => {}
        "Unknown" => status::add_reason(owner, at, ("Unknown", "NodeLost", ""), text, found),
        "Failed" => status::add_reason(owner, at, ("Failed", "", ""), text, found),
        _ if ENDED.contains(&word) || word.starts_with("ExitCode:") || word.starts_with("Signal:") => {
            status::add_reason(owner, at, ("", word, ""), text, found);
        }
        _ if is_waiting(word) => {
            owner.add(at, Record::Waiting { container: "", reason: word, message: "" }, text, found);
        }
        // What stands in status.reason, as Evicted: the kubelet gives one to a pod that failed.
        _ => status::add_reason(owner, owner.place.since(owner.created), ("Failed", word, ""), text, found),
    }
}

/// Reasons for which a container waits (pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go).
fn is_waiting(word: &str) -> bool {
    let others = ["ErrImagePull", "ErrImageNeverPull", "InvalidImageName", "ImageInspectError", "RegistryUnavailable"];
    word.ends_with("BackOff") || word.ends_with("ConfigError") || others.contains(&word) || is_start_error(word)
}

fn is_start_error(word: &str) -> bool {
    matches!(word, "CreateContainerError" | "RunContainerError" | "PreCreateHookError" | "PreStartHookError")
        || matches!(word, "PostStartHookError" | "CreatePodSandboxError" | "SignatureValidationFailed")
}

/// `5 (3m ago)`: how often its containers were started again, and how long ago the last of them ended.
fn restarts(cell: &str) -> (u64, Option<&str>) {
    let (count, ago) = cell.split_once(" (").unwrap_or((cell, ""));
    (count.parse().unwrap_or_default(), ago.strip_suffix(" ago)"))
}

/// `NotReady,SchedulingDisabled`. Of a node that is not ready the table does not say whether it said so itself.
fn node(owner: &Owner<'_>, name: &str, status: &str, text: &str, found: &mut Findings) {
    let at = owner.place.since(owner.created);
    let mut add = |condition: &str, status: &str| {
        let record = Record::Condition { condition, status, reason: "", message: "" };
        owner.add(at, record, text.trim(), found);
    };
    for word in status.split(',') {
        match word {
            "Ready" => add("Ready", "True"),
            "NotReady" => add("Ready", "False"),
            "Unknown" => add("Ready", "Unknown"),
            // Somebody wanted that.
            _ => {}
        }
    }
    found.nodes.insert(name.to_owned(), status.split(',').any(|word| word == "Ready"));
}
