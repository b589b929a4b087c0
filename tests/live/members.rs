//! Two API servers, each asked at its own address: with one etcd they agree, with two they do not, however alike what
//! these hold.

use crate::lab::{Lab, script};
use crate::process::{folder, run};
use crate::sealed::{open_sealed, text};
use k8s_forensics::archive::format::Status;
use k8s_forensics::archive::layout;
use serde_json::Value;
use std::process::Command;
use std::time::Duration;

/// Ends the second API server when it is dropped.
struct Second;

impl Second {
    fn start(etcd: &str) -> Self {
        let started =
            run(script("second-apiserver.sh").arg(etcd), "second-apiserver.sh", Duration::from_secs(200)).ok();
        let second = Self;
        started.unwrap_or_else(|why| panic!("{why}"));
        second
    }
}

impl Drop for Second {
    fn drop(&mut self) {
        if let Err(why) =
            run(script("second-apiserver.sh").arg("stop"), "second-apiserver.sh stop", Duration::from_secs(60)).ok()
        {
            eprintln!("live tests: {why}");
        }
    }
}

pub fn with_one_etcd_agree(lab: &Lab) {
    let _second = Second::start("same");
    let (answers, found) = collected(lab, "members-agree");
    assert_eq!(found, Vec::<String>::new(), "{answers:#?}");
    let of = |member: &str, what: &str| answers.iter().filter(|answer| is_of(answer, member, what)).count();
    for member in ["10.88.0.1:6443", "10.88.0.1:6444"] {
        assert_eq!((of(member, "readyz"), of(member, "pods"), of(member, "metrics")), (1, 3, 1), "{answers:#?}");
    }
    let sizes: Vec<f64> = answers.iter().filter_map(|answer| answer["database_bytes"].as_f64()).collect();
    assert!(sizes.len() == 2 && sizes.iter().all(|size| *size > 100_000.0), "{sizes:?}");
    let started: Vec<f64> = answers.iter().filter_map(|answer| answer["started_at"].as_f64()).collect();
    assert!(matches!(started[..], [one, two] if one < two), "the second was started later: {started:?}");
}

pub fn with_two_etcds_are_told_apart(lab: &Lab) {
    let _second = Second::start("other");
    let (answers, found) = collected(lab, "members-disagree");
    assert!(found.iter().any(|signal| signal.starts_with("MembersDisagree")), "{found:?} of {answers:#?}");
}

fn is_of(answer: &Value, member: &str, what: &str) -> bool {
    answer["member"] == member && answer["of"] == what
}

/// What each API server answered, and which signals about API servers an analysis finds.
fn collected(lab: &Lab, name: &str) -> (Vec<Value>, Vec<String>) {
    let (file, report) = (folder().join(format!("{name}.zip")), folder().join(name));
    let _ = (std::fs::remove_file(&file), std::fs::remove_dir_all(&report));
    let ended = lab.collect(&file, &["--since", "10m", "--only", "members,objects"]);
    assert_eq!(ended.code, Some(0), "{ended}");
    let archive = open_sealed(&file);
    let outcome = archive.outcomes().into_iter().find(|outcome| outcome.source == "members");
    assert_eq!(outcome.map(|outcome| (outcome.status, outcome.why)), Some((Status::Collected, String::new())));
    let answers = text(&archive, layout::MEMBERS);
    let answers = answers.lines().map(|line| serde_json::from_str(line).expect("an answer is JSON")).collect();
    let mut command = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    command.arg("analyze").arg(&file).arg("-o").arg(&report);
    let analysed = run(&mut command, "analyze", Duration::from_secs(60)).ok();
    analysed.unwrap_or_else(|why| panic!("{why}"));
    let written = std::fs::read(report.join("report.json")).expect("it was just written");
    let written: Value = serde_json::from_slice(&written).expect("it is JSON");
    let signals = written["signals"].as_array().cloned().unwrap_or_default();
    let is_about = |signal: &&Value| signal["subject"].as_str().is_some_and(|of| of.starts_with("APIServer/"));
    (
        answers,
        signals
            .iter()
            .filter(is_about)
            .map(|signal| signal["signal"].as_str().unwrap_or_default().to_owned())
            .collect(),
    )
}
