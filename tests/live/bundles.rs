//! Bundles that the field's own tools make of the same cluster tell the same, as far as their content reaches: what
//! `kubectl cluster-info dump` writes, what kubectl prints, and a support bundle of troubleshoot.

use crate::collect::memory_cascade;
use crate::lab::{Lab, lab_shell};
use crate::process::{folder, run};
use chrono::{DateTime, Utc};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(180);

/// The program of troubleshoot, where somebody built it: tests/lab/support-bundle.sh.
pub const SUPPORT_BUNDLE: &str = "K8SF_SUPPORT_BUNDLE";

/// What `kubectl cluster-info dump` has of each namespace, and nodes (kubectl, pkg/cmd/clusterinfo/clusterinfo_dump.go).
const DUMPED: [&str; 7] =
    ["daemonsets.apps", "deployments.apps", "events", "nodes", "pods", "replicasets.apps", "services"];

pub fn a_dump_of_kubectl_tells_the_same(lab: &Lab) {
    let out = emptied(lab, "cluster-info-dump");
    let path = out.to_string_lossy();
    lab.kubectl(&["cluster-info", "dump", "-A", "--output-directory", &path]).unwrap_or_else(|why| panic!("{why}"));
    compare(lab, &out, "cluster-info dump", &DUMPED);
}

/// Lists as JSON and YAML, as people save them.
pub fn what_kubectl_prints_tells_the_same(lab: &Lab) {
    let out = emptied(lab, "saved");
    for (kind, form) in
        [("events", "json"), ("pods", "yaml"), ("nodes", "json"), ("deploy,rs,ds", "yaml"), ("services", "json")]
    {
        let text = lab.kubectl(&["get", kind, "-A", "-o", form]).unwrap_or_else(|why| panic!("{why}"));
        fs::write(out.join(format!("{}.{form}", kind.replace(',', "-"))), text).expect("a file");
    }
    compare(lab, &out, "", &DUMPED);
}

/// Events as a table have ages and no times.
pub fn tables_of_kubectl_tell_of_the_same(lab: &Lab) {
    let out = emptied(lab, "tables");
    for kind in ["events", "pods", "nodes"] {
        let text = lab.kubectl(&["get", kind, "-A", "-o", "wide"]).unwrap_or_else(|why| panic!("{why}"));
        fs::write(out.join(format!("{kind}.txt")), text).expect("a file");
    }
    compare(lab, &out, "", &["events"]);
}

pub fn a_support_bundle_tells_the_same(lab: &Lab) {
    let Some(program) = std::env::var_os(SUPPORT_BUNDLE) else { panic!("{SUPPORT_BUNDLE} names no program") };
    let out = emptied(lab, "support-bundle");
    let spec = out.join("spec.yaml");
    let text = "apiVersion: troubleshoot.sh/v1beta2\nkind: SupportBundle\nmetadata: {name: lab}\nspec:\n  collectors:\n  \
                - clusterInfo: {}\n  - clusterResources: {}\n  - logs: {selector: [app], namespace: platform, name: logs}\n";
    fs::write(&spec, text).expect("a file");
    let bundle = out.join("bundle.tar.gz");
    let mut command = lab_shell("exec \"$@\"");
    command.arg("support-bundle").arg(program).arg(&spec).args(["--interactive=false", "--output"]).arg(&bundle);
    run(&mut command, "support-bundle", LIMIT).ok().unwrap_or_else(|why| panic!("{why}"));
    let kinds = [DUMPED.as_slice(), &["statefulsets.apps", "jobs.batch"]].concat();
    compare(lab, &bundle, "support bundle", &kinds);
}

/// A folder for a bundle of the cluster after the incident, of which our own archive was just made.
fn emptied(lab: &Lab, name: &str) -> PathBuf {
    memory_cascade(lab);
    let out = folder().join(name);
    // From a run before this one.
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out).expect("a folder");
    out
}

/// What our own archive of the incident tells by objects of these kinds alone, the bundle tells too; and nothing that
/// ours does not, but for what happened later.
fn compare(lab: &Lab, bundle: &Path, format: &str, kinds: &[&str]) {
    let (file, _) = memory_cascade(lab);
    let (ours, theirs) = (analysed(&file), analysed(bundle));
    let input = &theirs["inputs"][0];
    assert!(input["read"].as_u64() > Some(0), "{input:#}");
    assert!(format.is_empty() || input["format"] == format, "{input:#}");
    let reach = |signal: &Value| {
        let rows = signal["evidence"].as_array().cloned().unwrap_or_default();
        let of = |row: &Value| {
            row["entry"].as_str().and_then(|entry| entry.rsplit('/').next()?.strip_suffix(".jsonl").map(str::to_owned))
        };
        let kinds_of: Vec<String> = rows.iter().map(|row| of(row).unwrap_or_default()).collect();
        // Events stay for an hour; a state that went on when ours was made may be over in the other.
        let may_be_over = signal["to"].is_null() && kinds_of.iter().any(|kind| kind != "events");
        let is_of_events = kinds_of.iter().any(|kind| kind == "events");
        is_of_events && !may_be_over && kinds_of.iter().all(|kind| kinds.contains(&kind.as_str()))
    };
    // Whether a probe failed before the first success or after it hangs on how often it asks, which a table lacks, and on
    // what came later, of which a bundle that was made later knows more.
    let named = |report: &Value, keep: &dyn Fn(&Value) -> bool| -> BTreeSet<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let name = |one: &Value| match text(&one["signal"]) {
            probe if probe.starts_with("Unhealthy(") => "Unhealthy".to_owned(),
            name => name,
        };
        let all = report["signals"].as_array().cloned().unwrap_or_default();
        all.iter().filter(|one| keep(one)).map(|one| (name(one), text(&one["subject"]))).collect()
    };
    let time = |value: &Value| value.as_str().and_then(|text| text.parse::<DateTime<Utc>>().ok());
    let until = time(&ours["archive"]["to"]).expect("a time");
    // Which pods are a Service's, its selector tells.
    let is_told = |one: &Value| {
        let is_endpoints = one["subject"].as_str().is_some_and(|subject| subject.starts_with("Endpoints/"));
        reach(one) && (kinds.contains(&"services") || !is_endpoints)
    };
    let expected = named(&ours, &is_told);
    let found = named(&theirs, &|_| true);
    let all = named(&ours, &|_| true);
    let known = named(&theirs, &|one| time(&one["from"]).is_some_and(|from| from < until));
    let missing: Vec<_> = expected.difference(&found).collect();
    let beyond: Vec<_> = known.difference(&all).collect();
    assert!(expected.len() > 10, "{expected:?}");
    assert!(missing.is_empty() && beyond.is_empty(), "missing {missing:#?}, beyond {beyond:#?}");
    let draft = fs::read_to_string(report_folder(bundle).join("postmortem.md")).expect("a draft");
    assert!(draft.contains("What is missing") || draft.contains("not collected"), "{draft}");
}

fn report_folder(input: &Path) -> PathBuf {
    folder().join(format!("report-of-{}", input.file_name().unwrap_or_default().to_string_lossy()))
}

fn analysed(input: &Path) -> Value {
    static REPORTS: std::sync::Mutex<BTreeMap<PathBuf, Value>> = std::sync::Mutex::new(BTreeMap::new());
    let mut reports = REPORTS.lock().expect("no test panics while it holds this");
    if let Some(known) = reports.get(input) {
        return known.clone();
    }
    let out = report_folder(input);
    let _ = fs::remove_dir_all(&out);
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    let ended = run(command.arg("analyze").arg(input).arg("-o").arg(&out), "analyze", LIMIT);
    assert_eq!(ended.code, Some(0), "{ended}");
    let text = fs::read_to_string(out.join("report.json")).expect("a report");
    let report: Value = serde_json::from_str(&text).expect("JSON");
    reports.insert(input.to_owned(), report.clone());
    report
}
