//! Releases as Helm itself makes them, and objects of Argo CD and Flux in the forms that these programs' own types write:
//! installed, upgraded, failed and rolled back, they are told with their revisions.

use crate::lab::{Lab, script};
use crate::leaks::Undo;
use crate::process::{Ended, folder, run, wait_until};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use regex::Regex;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const SPACE: &str = "releases";
const OBJECTS: &str = include_str!("../data/gitops/objects.jsonl");
/// Kinds of the objects, with their groups, versions and plurals.
const KINDS: [(&str, &str, &str, &str); 4] = [
    ("Application", "argoproj.io", "v1alpha1", "applications"),
    ("Kustomization", "kustomize.toolkit.fluxcd.io", "v1", "kustomizations"),
    ("HelmRelease", "helm.toolkit.fluxcd.io", "v2", "helmreleases"),
    ("GitRepository", "source.toolkit.fluxcd.io", "v1", "gitrepositories"),
];

const CHART: &str = "apiVersion: v2\nname: web\nversion: 0.VERSION.0\n";
const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app.kubernetes.io/instance: {{ .Release.Name }}, helm.sh/chart: "{{ .Chart.Name }}-{{ .Chart.Version }}"}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - {name: web, image: "{{ .Values.image }}", command: [sleep, "{{ .Values.sleep }}"], resources: {limits: {memory: "{{ .Values.memory }}"}}}
"#;
const HOOK: &str = r#"{{- if .Values.hook }}
apiVersion: batch/v1
kind: Job
metadata:
  name: web-migrate
  labels: {app.kubernetes.io/instance: {{ .Release.Name }}}
  annotations: {helm.sh/hook: pre-upgrade}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: migrate, image: "lab/busybox:1", command: ["false"]}]
{{- end }}
"#;
const VALUES: &str = "image: lab/busybox:1\nsleep: \"86400\"\nmemory: 16Mi\nhook: false\n";

pub fn are_told_with_their_revisions(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let mut objects = vec![vec!["namespace".to_owned(), SPACE.to_owned()]];
    objects.extend(["argocd", "flux-system"].map(|name| vec!["namespace".to_owned(), name.to_owned()]));
    objects.extend(KINDS.iter().map(|(_, group, _, plural)| vec!["crd".to_owned(), format!("{plural}.{group}")]));
    let undo = Undo { lab, files: Vec::new(), objects };
    releases(lab).unwrap_or_else(|why| panic!("{why}"));
    let began = plant(lab).unwrap_or_else(|why| panic!("{why}"));
    let report = collected(lab);
    of_helm(&report);
    of_gitops(&report, began);
    drop(undo);
    for (_, group, _, plural) in KINDS {
        let name = format!("{plural}.{group}");
        wait_until("the definitions to be gone", 3 * MINUTE, || lab.kubectl(&["get", "crd", &name]).is_err())
            .unwrap_or_else(|why| panic!("{why}"));
    }
}

/// Installs, upgrades, fails twice and rolls back.
fn releases(lab: &Lab) -> Result<(), String> {
    let helm = PathBuf::from(run(&mut script("helm.sh"), "helm.sh", 15 * MINUTE).ok()?.trim());
    let chart = folder().join("chart");
    let ask = |version: u32, args: &[&str]| helm_run(lab, &helm, &chart, version, args);
    let wait = ["--wait", "--timeout", "200s"];
    let create = ["install", "web", "--create-namespace"];
    ask(1, &[&create[..], &wait].concat()).ok()?;
    ask(2, &[&["upgrade", "web", "--set", "memory=24Mi"][..], &wait].concat()).ok()?;
    let failed = ask(3, &["upgrade", "web", "--set", "image=lab/none:1", "--wait", "--timeout", "8s"]);
    let hooked = ask(4, &["upgrade", "web", "--set", "hook=true", "--timeout", "200s"]);
    if let Some(ended) = [failed, hooked].into_iter().find(|ended| ended.code == Some(0)) {
        return Err(format!("it should have failed: {ended}"));
    }
    ask(0, &[&["rollback", "web", "2"][..], &wait].concat()).ok().map(drop)
}

/// Runs Helm with the chart in a version; 0 for what needs none.
fn helm_run(lab: &Lab, helm: &Path, chart: &Path, version: u32, args: &[&str]) -> Ended {
    let templates = chart.join("templates");
    fs::create_dir_all(&templates).expect("the tests' own folder");
    let files = [
        (chart.join("Chart.yaml"), CHART.replace("VERSION", &version.to_string())),
        (chart.join("values.yaml"), VALUES.to_owned()),
        (templates.join("deployment.yaml"), DEPLOYMENT.to_owned()),
        (templates.join("hook.yaml"), HOOK.to_owned()),
    ];
    files.iter().for_each(|(file, text)| fs::write(file, text).expect("the tests' own folder"));
    let mut command = Command::new(helm);
    command.env("KUBECONFIG", lab.home().join("admin.kubeconfig")).env("HOME", folder()).args(args);
    if version > 0 {
        command.arg(chart);
    }
    run(command.args(["-n", SPACE]), &format!("helm {}", args.join(" ")), 4 * MINUTE)
}

/// Makes the kinds, and their objects as if they had been written in the last half hour. Gives the time that stands for
/// six o'clock in them.
fn plant(lab: &Lab) -> Result<DateTime<Utc>, String> {
    let definitions: Vec<String> = KINDS.iter().map(|kind| definition(*kind)).collect();
    lab.apply(&definitions.join("\n---\n"))?;
    for space in ["argocd", "flux-system"] {
        let _ = lab.kubectl(&["create", "namespace", space]);
    }
    for (_, group, _, plural) in KINDS {
        let crd = format!("crd/{plural}.{group}");
        lab.kubectl(&["wait", "--for=condition=Established", &crd, "--timeout=100s"])?;
    }
    let six: DateTime<Utc> = "2026-11-27T06:00:00Z".parse().expect("a time");
    let began = (Utc::now() - TimeDelta::minutes(20)).trunc_subsecs(0);
    let times = Regex::new(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").expect("a fixed pattern");
    let moved = times.replace_all(OBJECTS, |found: &regex::Captures<'_>| {
        let at: DateTime<Utc> = found[0].parse().expect("a time");
        (began + (at - six)).format("%Y-%m-%dT%H:%M:%SZ").to_string()
    });
    // Incidents have a namespace `shop` of their own.
    let here =
        (r#""name":"cache","namespace":"shop","creation"#, r#""name":"cache","namespace":"flux-system","creation"#);
    let moved = moved.replace(here.0, here.1);
    lab.apply(&moved.lines().collect::<Vec<_>>().join("\n---\n"))?;
    Ok(began)
}

/// A kind that takes any field, and its status as it is applied.
fn definition((kind, group, version, plural): (&str, &str, &str, &str)) -> String {
    let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
    let version = json!({"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": open}});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural}, "versions": [version]}
    })
    .to_string()
}

fn collected(lab: &Lab) -> Value {
    let (file, out) = (folder().join("releases.zip"), folder().join("releases"));
    let _ = (fs::remove_file(&file), fs::remove_dir_all(&out));
    let ended = lab.collect(&file, &["--since", "40m", "--only", "objects"]);
    assert!(matches!(ended.code, Some(0 | 3)), "{ended}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.arg("analyze").arg(&file).arg("-o").arg(&out);
    run(&mut command, "analyze", 3 * MINUTE).ok().unwrap_or_else(|why| panic!("{why}"));
    let report = fs::read_to_string(out.join("report.json")).expect("it was just written");
    let draft = fs::read_to_string(out.join("postmortem.md")).expect("it was just written");
    for secret in ["jane.roe", "hunter2"] {
        assert!(!report.contains(secret) && !draft.contains(secret), "{secret} got out");
    }
    serde_json::from_str(&report).expect("it is JSON")
}

fn ladder<'a>(report: &'a Value, subject: &str) -> Vec<&'a Value> {
    let rows = report["revisions"].as_array().into_iter().flatten();
    let of_subject = rows.filter(|row| row["subject"] == subject);
    of_subject.flat_map(|row| row["rungs"].as_array().into_iter().flatten()).collect()
}

fn signals(report: &Value, name: &str, subject: &str) -> usize {
    let all = report["signals"].as_array().into_iter().flatten();
    all.filter(|one| one["signal"] == name && one["subject"] == subject).count()
}

fn of_helm(report: &Value) {
    let release = format!("Release/{SPACE}/web");
    let rungs = ladder(report, &release);
    let has = |text: &str| rungs.iter().any(|rung| rung["what"].as_str().is_some_and(|what| what.contains(text)));
    for text in [
        "version 1 was begun by an install",
        "version 2 was begun by an upgrade or a rollback; its status is superseded",
        "version 3 was begun by an upgrade or a rollback; its status is failed",
        "version 4 was begun by an upgrade or a rollback; its status is failed",
        "version 5 was begun by an upgrade or a rollback; its status is deployed",
    ] {
        assert!(has(text), "no {text:?} in {rungs:#?}");
    }
    assert!(rungs.iter().any(|rung| rung["revision"] == "web-0.2.0"), "no chart in {rungs:#?}");
    assert!(signals(report, "HelmReleaseFailed", &release) > 0 && signals(report, "HelmHookFailed", &release) == 1);
    let web = format!("Deployment/{SPACE}/web");
    let rungs = ladder(report, &web);
    let of = |text: &str| {
        let is_it = |rung: &&&Value| rung["what"].as_str().is_some_and(|what| what.contains(text));
        *rungs.iter().find(is_it).unwrap_or_else(|| panic!("no {text:?} in {rungs:#?}"))
    };
    assert_eq!(of("rolled out anew: resources.limits.memory of web from 16Mi to 24Mi")["known"], "whole");
    assert_eq!(of("image of web from lab/busybox:1 to lab/none:1")["known"], "whole");
    assert_eq!(of("rolled back to revision 2, as revision 4")["known"], "whole");
    assert!(signals(report, "RolledBack", &web) == 1);
}

/// Objects of the forms, whose times are moved with them.
fn of_gitops(report: &Value, began: DateTime<Utc>) {
    let commits = |subject: &str| {
        let rungs = ladder(report, subject);
        let commits: Vec<String> = rungs.iter().filter_map(|rung| Some(rung["commit"].as_str()?.to_owned())).collect();
        assert!(!commits.is_empty(), "no commit of {subject} in {rungs:#?}");
        commits
    };
    let [old, new, bad] = [
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "363a6a8fe6a7f13e05d34c163b0ef02a777da20a",
        "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432",
    ];
    assert_eq!(commits("Application/argocd/shop"), [old, new, bad]);
    assert_eq!(commits("Deployment/shop/api"), [bad]);
    assert_eq!(commits("Kustomization/flux-system/shop"), [old, new]);
    let synced = ladder(report, "Application/argocd/shop");
    let second = synced.get(1).and_then(|rung| rung["at"].as_str()?.parse::<DateTime<Utc>>().ok()).expect("a time");
    assert_eq!((second - began).num_seconds(), 60);
    assert_eq!(signals(report, "SyncFailed", "Application/argocd/shop"), 1);
    assert_eq!(signals(report, "SyncFailed", "Kustomization/flux-system/shop"), 1);
    assert_eq!(signals(report, "HelmReleaseFailed", "HelmRelease/flux-system/cache"), 1);
}
