//! `collect` while something is broken: it ends in time, seals what it has, and says what is missing.

use crate::access::requests;
use crate::collect::{containers, log_outcome, missing_of};
use crate::lab::{Lab, MendLater};
use crate::process::{Ended, folder, run, wait_until};
use crate::sealed::{exit_code, objects, open_sealed};
use k8s_forensics::archive::Archive;
use k8s_forensics::archive::format::{Outcome, Status};
use k8s_forensics::archive::layout::{self, Instance};
use k8s_forensics::sources::BaseArchive;
use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
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

/// What a frozen node owed comes once it is back, and nothing else is asked for again.
pub fn goes_on_when_the_node_is_back(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _mend = MendLater(lab);
    lab.node("freeze", 1).unwrap_or_else(|why| panic!("{why}"));
    let first = fresh("lacking.zip");
    let ended = lab.collect(&first, &[]);
    assert_eq!(ended.code, Some(3), "{ended}");
    lab.mend();
    let asked_before = requests(lab).len();
    let both = fresh("lacking-resumed.zip");
    let ended = lab.collect(&both, &["--resume", &first.to_string_lossy()]);
    let asked: Vec<Value> = requests(lab).split_off(asked_before);
    assert_eq!(ended.code, Some(0), "{ended}");
    assert!(ended.stderr.contains("items are there, asking for the other "), "{ended}");
    let (older, archive) = (open_sealed(&first), open_sealed(&both));
    let undue: Vec<&Value> = asked.iter().filter(|request| !is_due_of_node_1(request, &older)).collect();
    assert!(undue.is_empty(), "these were asked for again: {undue:#?}");
    assert!(asked.len() > 4, "hardly anything was asked for, so this proves little: {asked:#?}");
    stands(&older.outcomes(), &archive.outcomes());

    let whole = fresh("after-lacking.zip");
    let ended = lab.collect(&whole, &[]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let whole = open_sealed(&whole);
    let unchanged = unchanged_pods(&older, &whole);
    assert_eq!(lasting_items(&archive, &unchanged), lasting_items(&whole, &unchanged));
}

/// Whether a resumed run has a reason to ask this, if node-1 alone had owed anything.
fn is_due_of_node_1(request: &Value, older: &Archive) -> bool {
    let of = &request["objectRef"];
    let name = of["name"].as_str().unwrap_or_default();
    match (of["resource"].as_str(), of["subresource"].as_str()) {
        // The version has no object, and what we are allowed is asked in every run.
        (None, _) | (Some("selfsubjectaccessreviews"), _) => true,
        (Some("namespaces"), None) => name == "kube-system",
        (Some("nodes"), Some("proxy")) => name == "node-1",
        (Some("pods"), Some("log")) => objects(older, "pods").iter().any(|pod| {
            let is_it = pod["metadata"]["name"] == of["name"] && pod["metadata"]["namespace"] == of["namespace"];
            is_it && pod["spec"]["nodeName"] == "node-1"
        }),
        _ => false,
    }
}

/// What an older archive had is in the newer word for word.
fn stands(older: &[Outcome], newer: &[Outcome]) {
    for old in older.iter().filter(|outcome| !outcome.status.is_missing()) {
        let new = newer.iter().find(|new| (&new.source, &new.subject) == (&old.source, &old.subject));
        assert_eq!(new, Some(old), "it was there already");
    }
}

/// Pods, as `shop/api-0`, that are the same in both archives, and whose containers were not restarted in between.
fn unchanged_pods(one: &Archive, other: &Archive) -> BTreeSet<String> {
    let pods = |archive: &Archive| -> BTreeSet<(String, String)> {
        let told = |pod: &Value| {
            let restarts: Vec<(String, u64)> = containers(pod);
            let metadata = &pod["metadata"];
            let name = format!("{}/{}", text(&metadata["namespace"]), text(&metadata["name"]));
            (name, format!("{} {restarts:?} {:?}", metadata["uid"], started_containers(pod)))
        };
        objects(archive, "pods").iter().map(told).collect()
    };
    pods(one).intersection(&pods(other)).map(|(name, _)| name.clone()).collect()
}

/// The items of an archive that do not depend on when it was made: which pods are described does, by their health.
fn lasting_items(archive: &Archive, unchanged: &BTreeSet<String>) -> BTreeSet<(String, String)> {
    let outcomes = archive.outcomes().into_iter();
    let is_lasting = |outcome: &Outcome| match outcome.subject.strip_prefix("Pod/") {
        Some(of_pod) => {
            let name = of_pod.split(' ').next().unwrap_or_default();
            outcome.source == "pod-logs" && unchanged.contains(name)
        }
        None => true,
    };
    outcomes.filter(is_lasting).map(|outcome| (outcome.source, outcome.subject)).collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// A run that is killed leaves a file that can be read and gone on with.
pub fn goes_on_after_a_kill(lab: &Lab) {
    lab.settle().unwrap_or_else(|why| panic!("{why}"));
    let _mend = MendLater(lab);
    // The wait for a node that does not answer is the time to be killed in.
    lab.node("freeze", 1).unwrap_or_else(|why| panic!("{why}"));
    let file = fresh("killed.zip");
    let partial = file.with_extension("zip.partial");
    let mut running = lab.start_collect(&file, &[]);
    let has_outcomes = || {
        let part = layout::outcomes_part(1);
        fs::read(&partial).is_ok_and(|file| file.windows(part.len()).any(|name| name == part.as_bytes()))
    };
    let written = wait_until("outcomes on the disk", Duration::from_secs(20), || has_outcomes() || running.has_ended());
    written.unwrap_or_else(|why| panic!("{why}"));
    running.signal("KILL");
    let ended = running.wait(Duration::from_secs(20));
    assert_eq!(ended.code, None, "it ended before it was killed: {ended}");
    assert!(partial.exists() && !file.exists());
    lab.mend();

    let mut analyze = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    analyze.arg("analyze").arg(&partial).arg("-o").arg(folder().join("killed-report"));
    let analyzed = run(&mut analyze, "analyze what is left", Duration::from_secs(60));
    assert_eq!(analyzed.code, Some(0), "{analyzed}");

    let both = fresh("killed-resumed.zip");
    // The file that was to be is not there: what is left of it is found.
    let ended = lab.collect(&both, &["--resume", &file.to_string_lossy()]);
    let archive = open_sealed(&both);
    assert_eq!(ended.code, Some(exit_code(&archive.outcomes())), "{ended}");
    assert!(ended.stderr.contains("killed.zip.partial"), "{ended}");
    let older = BaseArchive::open(&partial, None).unwrap_or_else(|error| panic!("{error}"));
    assert!(older.kept() > 0, "nothing was left, so this proves little");
    stands(older.outcomes(), &archive.outcomes());
    assert!(archive.outcomes().iter().all(|outcome| !outcome.status.is_missing()), "{ended}");
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
