//! Analyses any bytes as objects of Argo CD, Flux and Helm and as what keeps templates: as they are, and as the status or
//! specification of one of each kind. Whatever they are, this ends soon and without a panic.

#![no_main]

use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::inputs::{Input, Inputs};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

static KNOWLEDGE: LazyLock<Knowledge> = LazyLock::new(|| Knowledge::built_in().expect("the built-in knowledge"));

const KINDS: [(&str, &str); 7] = [
    ("argoproj.io/v1alpha1", "Application"),
    ("kustomize.toolkit.fluxcd.io/v1", "Kustomization"),
    ("helm.toolkit.fluxcd.io/v2", "HelmRelease"),
    ("source.toolkit.fluxcd.io/v1", "GitRepository"),
    ("apps/v1", "ReplicaSet"),
    ("apps/v1", "ControllerRevision"),
    ("v1", "Secret"),
];

/// Twice the same kind, as one alone has nothing that it differs from.
const META: &str = r#""namespace":"shop","creationTimestamp":"2026-11-27T06:00:00Z","ownerReferences":[{"kind":"Deployment","name":"api","controller":true}],"annotations":{"deployment.kubernetes.io/revision":"2"},"labels":{"owner":"helm","name":"web","status":"failed","version":"2"}"#;

fuzz_target!(|bytes: &[u8]| {
    let written = UNIX_EPOCH + Duration::from_secs(1_795_300_000);
    let text = String::from_utf8_lossy(bytes);
    let objects = KINDS.iter().flat_map(|(version, kind)| {
        let of = |name: &str, field: &str| {
            let name = if *kind == "Secret" { "sh.helm.release.v1.web.v2" } else { name };
            format!(r#"{{"apiVersion":"{version}","kind":"{kind}","metadata":{{"name":"{name}",{META}}},{field}}}"#)
        };
        [
            of("a", r#""spec":{},"status":{}"#),
            of("b", &format!(r#""status":{text}"#)),
            of("c", &format!(r#""spec":{text},"data":{text}"#)),
        ]
    });
    let list = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, objects.collect::<Vec<_>>().join(","));
    for bytes in [bytes.to_vec(), list.into_bytes()] {
        let Ok(input) = Input::from_bytes(bytes, "fuzz", written) else { continue };
        let _ = analysis::analyze_inputs(Inputs::from(input), &KNOWLEDGE, 1);
    }
});
