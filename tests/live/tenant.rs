//! Whoever has nothing but a Role in one namespace.

use crate::lab::{Lab, start_collect};
use crate::process::folder;
use crate::sealed::{exit_code, open_sealed, text};
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::layout;
use std::fs;
use std::path::Path;
use std::time::Duration;

const NAMESPACE: &str = "monitoring";

/// Who collects, and a pod that cannot be scheduled, so that there is something to describe.
const MANIFEST: &str = "
apiVersion: v1
kind: ServiceAccount
metadata: {name: tenant, namespace: monitoring}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: tenant, namespace: monitoring}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: k8s-forensics}
subjects: [{kind: ServiceAccount, name: tenant, namespace: monitoring}]
---
apiVersion: v1
kind: Pod
metadata: {name: nowhere, namespace: monitoring}
spec:
  nodeSelector: {no-node-has: this}
  containers: [{name: app, image: nothing}]
";

/// With docs/rbac-namespace.yaml alone, logs, objects and descriptions come, and all else is `denied`.
pub fn makes_do_with_a_role_in_one_namespace(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let role = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rbac-namespace.yaml");
    let made = (|| {
        lab.kubectl(&["apply", "-n", NAMESPACE, "-f", &role.to_string_lossy()])?;
        lab.apply(MANIFEST)?;
        lab.kubeconfig_of(NAMESPACE, "tenant")
    })();
    let kubeconfig = made.unwrap_or_else(|why| panic!("{why}"));
    // A program of the lab may have written nothing since it came up, which is longer ago the more was tried before.
    let file = folder().join("tenant.zip");
    // From a run before this one.
    let _ = fs::remove_file(&file);
    let ended = start_collect(&kubeconfig, &file, &["-n", NAMESPACE, "--since", "2h"]).wait(Duration::from_secs(120));
    lab.kubectl(&["delete", "pod", "nowhere", "-n", NAMESPACE, "--wait=false"]).unwrap_or_else(|why| panic!("{why}"));
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.took < Duration::from_secs(30), "{ended}");
    let archive = open_sealed(&file);
    let outcomes = archive.outcomes();
    assert_eq!(exit_code(&outcomes), 3);
    let missing: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect();
    let others: Vec<&&Outcome> = missing.iter().filter(|outcome| outcome.status != Status::Denied).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert!(missing.iter().any(|outcome| outcome.source == "objects" && outcome.subject == "nodes"), "{missing:#?}");
    let is_there =
        |source: &str| outcomes.iter().any(|outcome| outcome.source == source && outcome.status == Status::Collected);
    for source in ["describes", "objects", "pod-logs", "prometheus"] {
        assert!(is_there(source), "nothing of {source}: {outcomes:#?}");
    }
    let running = lab.items(&["pods", "-n", NAMESPACE, "--field-selector", "status.phase=Running"]);
    for pod in running.unwrap_or_else(|why| panic!("{why}")) {
        let name = pod["metadata"]["name"].as_str().unwrap_or_default();
        let begins = format!("logs/{NAMESPACE}/{name}/");
        assert!(archive.entries().any(|entry| entry.starts_with(&begins)), "no log of {name}");
    }
    assert!(text(&archive, &layout::describe_pod(NAMESPACE, "nowhere")).contains("FailedScheduling"));
}
