//! Kinds that only this cluster has, and a group that nobody serves.

use crate::lab::Lab;
use crate::process::{folder, wait_until};
use crate::sealed::{content, exit_code, objects, open_sealed};
use k8s_forensics::archive::format::Status;
use std::time::Duration;

const KINDS: &str = "
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.live.example.com}
spec:
  group: live.example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
  - {name: v1alpha1, served: true, storage: false, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: databasecredentials.live.example.com}
spec:
  group: live.example.com
  scope: Cluster
  names: {plural: databasecredentials, singular: databasecredential, kind: DatabaseCredential}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.dead.example.com}
spec: {group: dead.example.com, version: v1, groupPriorityMinimum: 100, versionPriority: 10, insecureSkipTLSVerify: true, service: {namespace: default, name: nobody, port: 443}}
";

const OBJECTS: &str = "
apiVersion: live.example.com/v1
kind: Widget
metadata: {name: small, namespace: default}
spec: {size: 1}
---
apiVersion: live.example.com/v1
kind: Widget
metadata: {name: large, namespace: kube-system}
spec: {size: 9}
---
apiVersion: live.example.com/v1
kind: DatabaseCredential
metadata: {name: main}
spec: {password: k8sf-live-marker}
";

const DEAD: &str = "kinds of group dead.example.com";

/// Takes away what the test made, which would cost later ones an outcome.
struct Undo<'a>(&'a Lab);

impl Drop for Undo<'_> {
    fn drop(&mut self) {
        let crds = ["delete", "--ignore-not-found", "crd", "widgets.live.example.com"];
        let api = ["delete", "--ignore-not-found", "apiservice", "v1.dead.example.com"];
        for args in [&api[..], &crds, &["delete", "--ignore-not-found", "crd", "databasecredentials.live.example.com"]]
        {
            if let Err(why) = self.0.kubectl(args) {
                eprintln!("live tests: {why}");
            }
        }
    }
}

pub fn comes_with_every_kind_of_the_cluster(lab: &Lab) {
    let _undo = Undo(lab);
    let made = lab.apply(KINDS).and_then(|()| {
        lab.kubectl(&["wait", "--for=condition=Established", "crd", "--all", "--timeout=100s"])?;
        wait_until("the new kinds", Duration::from_secs(30), || lab.apply(OBJECTS).is_ok())
    });
    made.unwrap_or_else(|why| panic!("{why}"));
    let file = folder().join("kinds.zip");
    let mut ended = None;
    // The API server takes a while to find that nobody answers.
    let told = wait_until("the dead group in an archive", Duration::from_secs(60), || {
        // From the try before.
        let _ = std::fs::remove_file(&file);
        ended = Some(lab.collect(&file, &["--only", "objects"]));
        open_sealed(&file).outcomes().iter().any(|outcome| outcome.subject == DEAD)
    });
    told.unwrap_or_else(|why| panic!("{why}"));
    let ended = ended.expect("it was collected at least once");
    let archive = open_sealed(&file);
    let outcomes = archive.outcomes();
    assert_eq!((ended.code, exit_code(&outcomes)), (Some(3), 3), "{ended}");
    let missing: Vec<_> = outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect();
    let told = missing.iter().map(|outcome| (outcome.subject.as_str(), outcome.status, outcome.http_code));
    assert_eq!(told.collect::<Vec<_>>(), [(DEAD, Status::Unreachable, Some(503))], "{missing:?}");
    let mut sizes: Vec<i64> =
        objects(&archive, "widgets.live.example.com").iter().filter_map(|one| one["spec"]["size"].as_i64()).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [1, 9], "each custom resource once");
    assert_eq!(objects(&archive, "databasecredentials.live.example.com").len(), 1);
    for entry in archive.entries() {
        let bytes = content(&archive, entry);
        let is_there = bytes.windows(16).any(|bytes| bytes == b"k8sf-live-marker");
        assert!(!is_there, "the credential is in {entry}");
    }
    every_kind_has_an_outcome(lab, &outcomes.iter().map(|outcome| outcome.subject.as_str()).collect::<Vec<_>>());
}

/// What kubectl finds to list is here, but for the few kinds that are left out.
fn every_kind_has_an_outcome(lab: &Lab, subjects: &[&str]) {
    // It fails as a whole where a group does, after printing all others.
    let args = ["api-resources", "--verbs=list", "-o", "name"];
    lab.kubectl(&["delete", "apiservice", "v1.dead.example.com"]).unwrap_or_else(|why| panic!("{why}"));
    let mut printed = String::new();
    let listed = wait_until("discovery without the dead group", Duration::from_secs(30), || {
        lab.kubectl(&args).map(|names| printed = names).is_ok()
    });
    listed.unwrap_or_else(|why| panic!("{why}"));
    let missing: Vec<&str> = printed.lines().filter(|name| !subjects.contains(name)).collect();
    assert_eq!(missing, ["componentstatuses", "events.events.k8s.io"], "kubectl lists these");
}
