//! `watch-run` on a loop that deploys, tests and deletes a release by Helm, while the runtime of a node locks up: the draft
//! begins with the runs that failed, and says what they have in common.

use crate::lab::{Lab, MendLater, script, start};
use crate::leaks::Undo;
use crate::process::{folder, run, wait_until};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const MINUTE: Duration = Duration::from_secs(60);
const SPACE: &str = "watched";
const NODE: &str = "node-1";

const CHART: &str = "apiVersion: v2\nname: market\nversion: 0.1.0\n";
/// As many pods on each node as the other has.
const DEPLOYMENT: &str = r#"apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {app.kubernetes.io/instance: {{ .Release.Name }}}
spec:
  replicas: 4
  selector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app.kubernetes.io/instance: {{ .Release.Name }}}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app.kubernetes.io/instance: {{ .Release.Name }}}}}]
      containers:
        - name: web
          image: lab/busybox:1
          command: [sh, -c, "trap 'exit 0' TERM; echo web is up; sleep 3600 & wait"]
          readinessProbe: {exec: {command: ["true"]}, periodSeconds: 1}
"#;
const TESTED: &str = r#"apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-test
  annotations: {helm.sh/hook: test, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"}
spec:
  restartPolicy: Never
  terminationGracePeriodSeconds: 1
  containers: [{name: test, image: "lab/busybox:1", command: ["true"]}]
"#;

pub fn begins_with_the_runs_that_failed(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let helm = run(&mut script("helm.sh"), "helm.sh", 15 * MINUTE).ok().unwrap_or_else(|why| panic!("{why}"));
    let space = vec!["namespace".to_owned(), SPACE.to_owned()];
    let _undo = Undo { lab, files: Vec::new(), objects: vec![space] };
    let _mend = MendLater(lab);
    lab.kubectl(&["create", "namespace", SPACE]).unwrap_or_else(|why| panic!("{why}"));
    let out = watch_until_it_recovered(lab, helm.trim()).unwrap_or_else(|why| panic!("{why}"));
    let reports = made(&out, "-report");
    assert!(!reports.is_empty(), "a failed run was not collected: {:?}", fs::read_dir(&out));
    // Of the first there was one run that failed; later ones have it too.
    for report in &reports {
        judge(report);
    }
    let first = made(&out, ".zip").into_iter().next().expect("an archive");
    is_from_before_the_cleanup(&first);
}

/// Runs the loop, has the runtime of a node lock up and answer again, and gives the folder of what was made.
fn watch_until_it_recovered(lab: &Lab, helm: &str) -> Result<PathBuf, String> {
    let chart = folder().join("market");
    for (file, text) in
        [("Chart.yaml", CHART), ("templates/deployment.yaml", DEPLOYMENT), ("templates/tests/test.yaml", TESTED)]
    {
        let path = chart.join(file);
        fs::create_dir_all(path.parent().ok_or("no folder")?).map_err(|error| error.to_string())?;
        fs::write(path, text).map_err(|error| error.to_string())?;
    }
    let out = folder().join("watch-run");
    let _ = fs::remove_dir_all(&out);
    // The collector may only read; the loop has rights of its own.
    let helm = format!(
        "export KUBECONFIG={}; helm() {{ {helm} -n {SPACE} \"$@\"; }}",
        lab.home().join("admin.kubeconfig").display()
    );
    let chart = chart.display();
    let test = format!(
        "set -e; {helm}; helm install market-$K8SF_RUN {chart} --wait --timeout 30s; helm test market-$K8SF_RUN --timeout 30s"
    );
    let cleanup = format!("{helm}; helm uninstall market-$K8SF_RUN");
    let out_name = out.to_string_lossy();
    let options =
        ["watch-run", "--every", "1s", "-n", SPACE, "--name", "install, test and remove market", "-o", &out_name];
    let bounds = ["--cooldown", "20s", "--max-collections", "2", "--timeout", "2m", "--cleanup", &cleanup];
    let watching = start(&lab.kubeconfig(), &[&options[..], &bounds, &["--", "sh", "-c", &test]].concat());
    let ended = |outcome: &'static str| {
        let runs = out.join("runs.csv");
        move || fs::read_to_string(&runs).unwrap_or_default().matches(&format!(",{outcome},")).count()
    };
    let (passed, failed) = (ended("ok"), ended("failed"));
    wait_until("two runs that pass", 3 * MINUTE, || passed() >= 2)?;
    let pkill = |signal: &str| {
        let mut command = script("node.sh");
        run(command.args(["shell", "1", "pkill", signal, "^containerd$"]), &format!("pkill {signal}"), MINUTE).ok()
    };
    pkill("-STOP")?;
    wait_until("two runs that fail", 4 * MINUTE, || failed() >= 2)?;
    // The second one is collected, too, before the node is well again.
    wait_until("two drafts", 4 * MINUTE, || {
        made(&out, "-report").iter().filter(|one| one.join("report.json").is_file()).count() >= 2
    })?;
    pkill("-CONT")?;
    let before = passed();
    wait_until("a run that passes again", 4 * MINUTE, || passed() > before)?;
    watching.signal("INT");
    let ended = watching.wait(15 * MINUTE);
    if ended.code != Some(1) {
        return Err(format!("its status is not that of the runs that failed: {ended}"));
    }
    if !ended.stdout.contains("STATUS: deployed") {
        return Err(format!("what the command printed did not go on: {ended}"));
    }
    Ok(out)
}

/// What is in a folder with this ending, the oldest first.
fn made(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = all.filter(|path| path.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found
}

/// Whether a report begins with the runs that failed, from when to when, and on which node their pods were.
fn judge(report: &Path) {
    let draft = fs::read_to_string(report.join("postmortem.md")).expect("a draft");
    let kept: Value =
        serde_json::from_str(&fs::read_to_string(report.join("report.json")).expect("a report")).expect("JSON");
    let title = draft.lines().next().unwrap_or_default();
    let told = |text: &str| text.contains(" runs of ") && text.contains(" failed");
    assert!(title.starts_with("# ") && told(title.split(';').next().unwrap_or_default()), "{title}");
    let summary = draft.split("## Summary").nth(1).and_then(|rest| rest.split("\n## ").next()).unwrap_or_default();
    let first = summary.split(". ").next().unwrap_or_default();
    assert!(told(first) && first.contains(" failed, from ") && first.contains(" had passed before"), "{summary}");
    assert!(first.contains(&format!("on `{NODE}`")), "the node is not what they have in common: {summary}");
    let checks = kept["checks"].as_array().expect("checks");
    let runs = checks.iter().flat_map(|check| check["runs"].as_array().into_iter().flatten());
    let failed: Vec<&Value> = runs.filter(|run| run["outcome"] == "failed").collect();
    assert!(!failed.is_empty() && failed.iter().all(|run| run["node"] == NODE), "{failed:#?}");
}

/// Whether an archive has the pods of the run that failed, which the cleanup removes, and the runs themselves.
fn is_from_before_the_cleanup(archive: &Path) {
    let shown = |entry: &str| {
        let mut command = std::process::Command::new("unzip");
        command.arg("-p").arg(archive).arg(entry);
        run(&mut command, &format!("unzip {entry}"), MINUTE).stdout
    };
    let runs = shown("*/checks/runs.csv");
    let number = runs.lines().count() - 1;
    assert!(runs.lines().last().is_some_and(|run| run.contains(",failed,")), "{runs}");
    let pods = shown(&format!("*/objects/namespaces/{SPACE}/pods.jsonl"));
    let release = format!("\"app.kubernetes.io/instance\":\"market-{number}\"");
    assert_eq!(pods.lines().filter(|pod| pod.contains(&release)).count(), 4, "of run {number}: {pods}");
}
