//! Chaos experiments and results of tests beside recorded incidents, in the forms in which their programs write them.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(path)
}

/// The report of an archive with a file beside it, given by `option`; and the draft.
fn analyzed(archive: &str, option: Option<&str>, file: &Path) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    run.arg("analyze").arg(fixture(archive)).args(option).arg(file).arg("-o").arg(folder.path());
    run.assert().success();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).expect("a file");
    (serde_json::from_str(&read("report.json")).expect("JSON"), read("postmortem.md"))
}

/// The same of a text.
fn analyzed_with(option: Option<&str>, name: &str, text: &str) -> (Value, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join(name);
    fs::write(&file, text).expect("a file");
    analyzed("docker-lockup/archive", option, &file)
}

#[test]
fn an_experiment_tells_how_long_its_container_was_away() {
    let (report, draft) =
        analyzed("chaos-toolkit/archive", Some("--checks"), &fixture("chaos-toolkit/chaos-journal.json"));
    let experiment = &report["experiments"][0];
    let restart = &experiment["restarts"][0];
    // As events, status and metrics of the recording have it: Killing, finishedAt, startedAt, the condition Ready, and
    // the first sample of container-restarts.json that is 1.
    assert_eq!(restart["pod"], "Pod/storefront/catalog-76c4fbc4d8-lxp9g");
    let times = ["stopped_at", "ended_at", "started_at", "ready_at", "counted_at"].map(|name| restart[name].as_str());
    let expected = ["24", "27", "27", "27", "42"].map(|seconds| format!("2026-11-26T14:56:{seconds}Z"));
    assert_eq!(times, expected.each_ref().map(|time| Some(time.as_str())), "{restart:#}");
    assert_eq!(restart["seconds_to_serving"], 3.0);
    let entries: Vec<&str> =
        restart["evidence"].as_array().expect("records").iter().filter_map(|row| row["entry"].as_str()).collect();
    assert!(entries.iter().any(|entry| entry.ends_with("metrics/container-restarts.json")), "{entries:?}");
    assert!(draft.contains("3 s from SIGTERM to serving"), "{draft}");
    assert!(draft.contains("Its restart counter rose in the sample of 14:56:42Z, 15 s after that start"), "{draft}");
}

#[test]
fn an_experiment_is_data_too() {
    let (report, _) = analyzed("chaos-toolkit/archive", Some("--checks"), &fixture("chaos-toolkit/chaos-journal.json"));
    let experiment = &report["experiments"][0];
    let hypothesis: Vec<_> = experiment["hypothesis"]
        .as_array()
        .expect("rows")
        .iter()
        .map(|one| {
            (one["when"].as_str(), one["held"].as_bool(), one["within_tolerance"].as_u64(), one["probes"].as_u64())
        })
        .collect();
    let held = |when| (Some(when), Some(true), Some(2), Some(2));
    assert_eq!(hypothesis, [held("before"), held("afterwards")]);
    let action = experiment["steps"].as_array().expect("steps").iter().find(|step| step["kind"] == "action");
    let action = action.expect("the action");
    assert_eq!((&action["outcome"], &action["timed"]), (&"succeeded".into(), &true.into()));
    assert_eq!(action["pods"][0], "Pod/storefront/catalog-76c4fbc4d8-lxp9g");
}

#[test]
fn failed_runs_that_are_alike_are_asked_about_once() {
    let (report, _) = analyzed("docker-lockup/archive", Some("--checks"), &fixture("docker-lockup/runs.csv"));
    let questions = report["questions"].as_array().expect("questions");
    let asked: Vec<&str> = questions
        .iter()
        .filter_map(|row| row["question"].as_str())
        .filter(|question| question.contains("failed run"))
        .collect();
    assert_eq!(asked, ["What did the 4 failed runs of install and remove market-* mean for users?"]);
}

/// In the form of Ant's formatter, whose times are GMT (apache/ant, XMLJUnitResultFormatter.java and DateUtils.java).
const JUNIT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="loop" tests="2" failures="1" time="51.2" timestamp="2026-11-21T16:01:10">
  <properties>
    <property name="ant.version" value="Apache Ant(TM) version 1.10.14" />
    <property name="namespace" value="ci" />
  </properties>
  <testcase classname="ci.Loop" name="install and remove market-5" time="16.0" />
  <testcase classname="ci.Loop" name="install and remove market-6" time="35.2">
    <failure message="timed out waiting for the condition" type="java.lang.AssertionError">at x</failure>
  </testcase>
</testsuite>
"#;

#[test]
fn test_cases_are_runs_with_the_pods_they_made() {
    let (report, draft) = analyzed_with(Some("--checks"), "TEST-loop.xml", JUNIT);
    let check = &report["checks"][0];
    assert_eq!((&check["passed"], &check["failed"]), (&1.into(), &1.into()));
    let run = &check["runs"][0];
    assert_eq!((&run["from"], &run["to"]), (&"2026-11-21T16:01:26Z".into(), &"2026-11-21T16:02:01.200Z".into()));
    assert_eq!((&run["pods"], &run["waited_for_count"], &run["node"]), (&4.into(), &2.into(), &"node-2".into()));
    assert_eq!(
        (&run["error"], &run["evidence"][0]["line"]),
        (&"timed out waiting for the condition".into(), &8.into())
    );
    assert!(draft.contains("2 of the 4 pods it made had not started, all on `node-2`"), "{draft}");
}

/// The fields of chaos-mesh/chaos-mesh, api/v1alpha1/common_types.go at 608b61e, as kubectl prints a list.
const POD_CHAOS: &str = r#"{"apiVersion": "v1", "items": [{"apiVersion": "chaos-mesh.org/v1alpha1", "kind": "PodChaos",
  "metadata": {"creationTimestamp": "2026-11-21T16:04:30Z", "name": "kill-market", "namespace": "ci", "uid": "0b9e"},
  "spec": {"action": "pod-kill", "mode": "all", "selector": {"namespaces": ["ci"]}},
  "status": {"conditions": [{"status": "True", "type": "AllInjected"}], "experiment": {"containerRecords": [
    {"events": [{"operation": "Apply", "timestamp": "2026-11-21T16:04:41Z", "type": "Succeeded"}], "id": "ci/market-6-69759f9778-66pk2",
     "injectedCount": 1, "phase": "Injected", "recoveredCount": 0, "selectorKey": "."}], "desiredPhase": "Run"}}}], "kind": "List"}"#;

#[test]
fn what_chaos_mesh_did_is_a_change_of_its_pod_wherever_it_stands() {
    for option in [Some("--checks"), None] {
        let (report, draft) = analyzed_with(option, "chaos.json", POD_CHAOS);
        let action =
            report["signals"].as_array().expect("signals").iter().find(|one| one["signal"] == "ExperimentAction");
        let action = action.unwrap_or_else(|| panic!("{option:?}: an action"));
        assert_eq!(
            (&action["subject"], &action["from"]),
            (&"Pod/ci/market-6-69759f9778-66pk2".into(), &"2026-11-21T16:04:41Z".into())
        );
        assert!(draft.contains("action `pod-kill` succeeded on `Pod/ci/market-6-69759f9778-66pk2`"), "{draft}");
        assert_eq!(report["experiments"][0]["status"], "injected");
    }
}

#[test]
fn an_action_in_a_cascade_that_had_begun_is_not_its_trigger() {
    // The catalog fails from 14:56:17 on, and ends at 14:56:27.
    let pod = "storefront/catalog-76c4fbc4d8-lxp9g";
    let text = POD_CHAOS
        .replace("ci/market-6-69759f9778-66pk2", pod)
        .replace("2026-11-21T16:04:41Z", "2026-11-26T14:56:23Z")
        .replace("2026-11-21T16:04:30Z", "2026-11-26T14:56:22Z");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chaos.json");
    fs::write(&file, text).expect("a file");
    let (report, _) = analyzed("chaos-toolkit/archive", Some("--checks"), &file);
    let signals = report["signals"].as_array().expect("signals");
    let action = signals.iter().find(|one| one["signal"] == "ExperimentAction").expect("the action");
    let first = report["cascades"][0]["first"].as_array().expect("ids");
    assert!(first.contains(&action["id"]) && first.len() > 1, "nothing led to it, and it led to something: {first:?}");
    let triggers: Vec<&Value> =
        report["factors"].as_array().expect("factors").iter().filter(|one| one["class"] == "trigger").collect();
    let is_of_action = |one: &&&Value| one["signals"].as_array().is_some_and(|ids| ids.contains(&action["id"]));
    assert!(!triggers.is_empty() && !triggers.iter().any(|one| is_of_action(&one)), "{triggers:#?}");
}

/// The fields of litmuschaos/chaos-operator, api/litmuschaos/v1alpha1 at af8244e, as `kubectl get -o yaml` prints them.
const CHAOS_RESULT: &str = "apiVersion: litmuschaos.io/v1alpha1
kind: ChaosResult
metadata:
  creationTimestamp: \"2026-11-21T16:01:00Z\"
  managedFields:
  - manager: experiments
    operation: Update
    time: \"2026-11-21T16:02:30Z\"
  name: market-pod-delete
  namespace: ci
  uid: 0b9e
spec:
  engine: market
  experiment: pod-delete
status:
  experimentStatus:
    phase: Completed_With_Probe_Failure
    probeSuccessPercentage: \"50\"
    verdict: Fail
  history:
    failedRuns: 1
    passedRuns: 0
    stoppedRuns: 0
    targets:
    - chaosStatus: targeted
      kind: pod
      name: market-6-69759f9778-66pk2
  probeStatuses:
  - mode: SOT
    name: answers-before
    status:
      description: ok
      verdict: Passed
    type: httpProbe
  - mode: EOT
    name: answers-after
    status:
      description: status code is 503
      verdict: Failed
    type: httpProbe
";

#[test]
fn a_result_of_litmus_tells_its_hypothesis_and_within_which_time_it_acted() {
    let (report, draft) = analyzed_with(Some("--checks"), "result.yaml", CHAOS_RESULT);
    let experiment = &report["experiments"][0];
    assert_eq!(
        (&experiment["from"], &experiment["to"]),
        (&"2026-11-21T16:01:00Z".into(), &"2026-11-21T16:02:30Z".into())
    );
    assert_eq!((&experiment["deviated"], &experiment["steps"][0]["timed"]), (&true.into(), &false.into()));
    assert!(draft.contains("Its hypothesis held before: 1 of 1 probes"), "{draft}");
    assert!(
        draft.contains(
            "Its hypothesis did not hold afterwards: 0 of 1 probes were within their tolerance, not `answers-after`"
        ),
        "{draft}"
    );
    assert!(draft.contains("which said `status code is 503`"), "{draft}");
    let action = report["signals"].as_array().expect("signals").iter().find(|one| one["signal"] == "ExperimentAction");
    assert_eq!(action.expect("the action")["earlier_ms"], 90_000);
}

#[test]
fn what_could_not_be_told_in_time_is_said() {
    let text = CHAOS_RESULT.replace("passedRuns: 0", "passedRuns: 4");
    let (report, _) = analyzed_with(Some("--checks"), "result.yaml", &text);
    assert_eq!(report["experiments"], Value::Array(Vec::new()));
    assert!(report["coverage"].to_string().contains("its ChaosEngine is not there"), "{:#}", report["coverage"]);
}
