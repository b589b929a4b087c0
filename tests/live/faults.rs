//! `collect` while something is broken: it ends in time, seals what it has, and says what is missing.

use crate::collect::{containers, log_outcome, missing_of};
use crate::lab::{Lab, MendLater};
use crate::process::{Ended, folder, wait_until};
use crate::sealed::{exit_code, open_sealed};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::layout::Instance;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

/// Ctrl-C at eight moments of a collection, the first as soon as there is a file.
pub fn seals_when_interrupted(lab: &Lab) {
    let whole = lab.collect(&fresh("uninterrupted.zip"), &[]).took;
    let mut cut_short = 0;
    for number in 0..8 {
        let file = fresh(&format!("interrupted-{number}.zip"));
        let partial = file.with_extension("zip.partial");
        let mut running = lab.start_collect(&file, &[]);
        let began =
            wait_until("the archive's file", Duration::from_secs(20), || partial.exists() || running.has_ended());
        began.unwrap_or_else(|why| panic!("{why}"));
        // The moment of the interruption is what this test varies, so it is no wait for something.
        thread::sleep(whole * number * number / 200);
        running.signal("INT");
        let ended = running.wait(Duration::from_secs(20));
        let outcomes = open_sealed(&file).outcomes();
        let is_whole = !outcomes.iter().any(|outcome| outcome.status.is_missing());
        // Interrupted after the last item came, it may call itself either.
        assert!(ended.code == Some(3) || is_whole && ended.code == Some(0), "run {number}: {ended}");
        cut_short += u32::from(outcomes.iter().any(|outcome| outcome.status == Status::Skipped));
    }
    assert!(cut_short >= 2, "only {cut_short} of 8 runs were cut short, so this proves little");
}

/// Kubelet and runtime of a node stop answering: its items are missing and say why, all else is there.
pub fn goes_on_without_a_frozen_node(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _mend = MendLater(lab);
    let pods = lab.items(&["pods", "-A"]).unwrap_or_else(|why| panic!("{why}"));
    lab.node("freeze", 1).unwrap_or_else(|why| panic!("{why}"));
    let file = fresh("frozen-node.zip");
    let ended = lab.collect(&file, &[]);
    assert_eq!(ended.code, Some(3), "{ended}");
    assert!(ended.took <= Duration::from_secs(60), "took {:?}\n{ended}", ended.took);
    let archive = open_sealed(&file);
    let outcomes = archive.outcomes();
    assert_eq!(exit_code(&outcomes), 3);
    let missing = missing_of(&outcomes, "node-1");
    assert!(!missing.is_empty(), "nothing of node-1 is missing\n{ended}");
    assert!(missing.iter().all(|outcome| !outcome.why.is_empty()));
    let others: Vec<_> = outcomes.iter().filter(|outcome| outcome.status.is_missing()).collect();
    assert_eq!(others.len(), missing.len(), "something else than node-1's is missing: {others:#?}");
    for pod in pods.iter().filter(|pod| pod["spec"]["nodeName"] == "node-2") {
        for container in started_containers(pod) {
            let outcome = log_outcome(&outcomes, pod, &container, Instance::Current);
            let came = outcome.is_some_and(|outcome| !outcome.status.is_missing());
            assert!(came, "no log of {container} in {}: {outcome:?}", pod["metadata"]["name"]);
        }
    }
}

/// Containers of a pod that run or have run and whose log is therefore on its node.
fn started_containers(pod: &Value) -> Vec<String> {
    let states = pod["status"]["containerStatuses"].as_array().cloned().unwrap_or_default();
    let runs = |name: &str| states.iter().any(|state| state["name"] == name && state["state"]["running"].is_object());
    containers(pod).into_iter().map(|(name, _)| name).filter(|name| runs(name)).collect()
}

pub fn seals_without_an_api_server(lab: &Lab) {
    let _mend = MendLater(lab);
    lab.control("stop", "kube-apiserver").unwrap_or_else(|why| panic!("{why}"));
    nothing_came(lab, "stopped-api.zip");
}

pub fn seals_with_a_frozen_api_server(lab: &Lab) {
    let _mend = MendLater(lab);
    lab.control("freeze", "kube-apiserver").unwrap_or_else(|why| panic!("{why}"));
    nothing_came(lab, "frozen-api.zip");
}

fn nothing_came(lab: &Lab, name: &str) -> Ended {
    let file = fresh(name);
    let ended = lab.collect(&file, &[]);
    assert_eq!(ended.code, Some(4), "{ended}");
    assert!(ended.took <= Duration::from_secs(15), "took {:?}\n{ended}", ended.took);
    let outcomes = open_sealed(&file).outcomes();
    assert_eq!(exit_code(&outcomes), 4);
    ended
}

/// A path in the tests' folder with no file there.
fn fresh(name: &str) -> PathBuf {
    let file = folder().join(name);
    for leftover in [file.clone(), file.with_extension("zip.partial")] {
        // It may not be there.
        let _ = fs::remove_file(leftover);
    }
    file
}
