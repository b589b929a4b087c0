//! What the summary of a draft tells of small incidents: what began it, and how far it went.

use crate::made::copy;
use assert_cmd::Command;
use std::fs;
use std::path::Path;

/// The summary of the draft of a recording, without its citations.
fn summary(name: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let recording = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/reports").join(name);
    copy(&recording.join("archive"), &folder.path().join("archive"));
    let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    tool.current_dir(folder.path()).args(["analyze", "archive", "-o", "report"]).assert().success();
    let draft = fs::read_to_string(folder.path().join("report/postmortem.md")).expect("a draft");
    let summary = draft.split("## Summary").nth(1).and_then(|rest| rest.split("## Impact").next()).expect("a summary");
    let cited = regex::Regex::new(r" \[E[^\]]*\]").expect("a pattern");
    cited.replace_all(summary, "").into_owned()
}

#[test]
fn the_steps_lead_to_the_farthest_of_those_hurt_alike() {
    let told = summary("database-scaled-to-zero");
    let steps = told.split("It went on from there: ").nth(1).expect("steps");
    // That the database's own Service had none is told as the first sign.
    let step = steps.split(". ").next().expect("a sentence");
    assert!(step.ends_with("; then Service `shop/api` had no ready endpoint"), "{told}");
    assert!(!step.contains("`shop/db`"), "{told}");
}

#[test]
fn a_change_is_named_with_whose_it_is() {
    let told = summary("statefulset-keeps-broken-revision");
    assert!(told.contains("It began with a change of `StatefulSet/data/db`: rolled out anew: image of db"), "{told}");
    assert!(told.contains("n1 took `Pod/data/db-2` and had started none of its containers"), "{told}");
}
