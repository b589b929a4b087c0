//! Questions to an analysis, as they are typed, and what is kept for the next one.

use crate::made::{copy, sealed};
use assert_cmd::Command;
use predicates::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn tool(folder: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).current_dir(folder).args(args).assert()
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder")
}

fn has(text: &str) -> predicates::str::ContainsPredicate {
    predicate::str::contains(text.to_owned())
}

/// A copy of the archive of a recording, as `archive`.
fn recording(folder: &Path, name: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    copy(&root.join("archive"), &folder.join("archive"));
}

/// What is kept beside an input.
fn kept(folder: &Path) -> Vec<PathBuf> {
    let all = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    all.filter(|path| path.to_string_lossy().ends_with("kept")).collect()
}

#[test]
fn why_a_node_was_not_ready_is_told_with_records_row_by_row() {
    let folder = folder();
    recording(folder.path(), "docker-lockup");
    let asked = |words: &[&str]| tool(folder.path(), words);
    let told = asked(&["why", "archive", "Node/node-2"]).code(0);
    let told = told.stdout(has("for          container runtime: the container runtime of node-2 stopped answering"));
    let told = told.stdout(has("not recorded kernel and hardware")).stdout(has("so nothing here is certain"));
    let told = told.stdout(has("ContainerRuntimeDown Node/node-2")).stdout(has("nodes/node-2/journal/kubelet.log:"));
    let first = told.get_output().stdout.clone();
    // Another way to say it, from what was kept.
    assert_eq!(kept(folder.path()).len(), 1);
    let again = asked(&["why", "archive", "no/node-2"]).code(0).stderr("");
    assert_eq!(again.get_output().stdout, first);
    let json = asked(&["why", "archive", "node-2", "--json"]).code(0);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert!(json["checklists"][0]["rows"].as_array().is_some_and(|rows| rows.len() > 8));
    assert!(json["checklists"][0]["complete"] == false && json["steps"][1]["edge"]["grade"] == "mechanism");
    // From a report, the same.
    asked(&["analyze", "archive", "-o", "report"]).code(0);
    let of_report = asked(&["why", "report", "Node/node-2"]).code(0);
    assert_eq!(of_report.get_output().stdout, first);
    asked(&["why", "report/report.json", "s1"]).code(0);
    asked(&["why", "report", "Node/node-2", "--rules", "mine"]).code(2);
    asked(&["common", "report"]).code(0);
    let effects = asked(&["after", "report", "Node/node-2 ContainerRuntimeDown"]).code(0);
    effects.stdout(has("NodeNotReady(kubelet) Node/node-2"));
}

#[test]
fn how_two_things_hang_together_is_told_both_ways() {
    let folder = folder();
    recording(folder.path(), "memory-cascade");
    let asked = |from: &str, to: &str| tool(folder.path(), &["path", "archive", from, to]).code(0);
    asked("deploy/alerter", "Node/node-2 OOMKill")
        .stdout(predicate::str::starts_with("Deployment/platform/alerter led to "))
        .stdout(has("[arrival-fills-node]"));
    asked("Node/node-2 OOMKill", "deploy/alerter").stdout(has("did not lead to Deployment/platform/alerter"));
    asked("Node/node-2 RegisteredNode", "deploy/alerter")
        .stdout(has("No chain of records leads"))
        .stdout(has("of no cascade"));
}

#[test]
fn who_is_not_known_or_not_clear_is_told_with_the_nearest() {
    let folder = folder();
    recording(folder.path(), "memory-cascade");
    let asked = |whom: &str| tool(folder.path(), &["why", "archive", whom]);
    asked("Node/node-9").code(1).stderr(has("hint: nearest are Node/node-")).stdout("");
    asked("s99999").code(1).stderr(has("hint: nearest are "));
    asked("Node/node-1 NodeDeleted").code(1).stderr(has("hint: "));
    asked("alerter").code(1).stderr(has("may be ").and(has("hint: name one of ")));
    asked(" ").code(2).stderr(has("hint: "));
    tool(folder.path(), &["why", "none", "s1"]).code(1).stderr(has("error: open none"));
}

#[test]
fn what_is_kept_is_of_the_input_as_it_is() {
    let folder = folder();
    sealed(folder.path(), None);
    let ask = || tool(folder.path(), &["common", "incident.zip"]).code(0);
    ask();
    let [path] = kept(folder.path()).try_into().expect("one file");
    let whole = fs::read(&path).expect("what is kept");
    // It is relied on: a report of no signals from another program tells so.
    let end = whole.iter().position(|byte| *byte == b'\n').expect("a first line");
    let with = |json: &str| [&whole[..=end], json.as_bytes()].concat();
    let common = r#"{"schema":"k8s-forensics.report/1","common":[{"statement":"all \u001b[2Jred\u009b"}]}"#;
    fs::write(&path, with(common)).expect("a file");
    ask()
        .stdout(has("red"))
        .stdout(predicate::str::contains('\u{1b}').not().and(predicate::str::contains('\u{9b}').not()));
    // Not what is no report, of another version, or cut.
    for other in ["[[[", r#"{"schema":"k8s-forensics.report/2"}"#, r#"{"schema":"k8s-foren"#] {
        fs::write(&path, with(other)).expect("a file");
        ask().stderr(has("is not relied on").and(has("analyzing anew"))).stdout(has("red").not());
        assert!(fs::read(&path).expect("what is kept") == whole, "kept anew after {other}");
    }
    // Not what others may write.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).expect("permissions");
        ask().stderr(has("others than its owner may write to it"));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions");
        // Only root can give a file away.
        match std::os::unix::fs::chown(&path, Some(65532), None) {
            Ok(()) => drop(ask().stderr(has("it is another user's"))),
            Err(why) => eprintln!("not tried with a file of another user: {why}"),
        }
        fs::remove_file(&path).expect("it is there");
        ask();
        let mode = fs::metadata(&path).expect("a file").permissions().mode();
        assert_eq!(mode & 0o077, 0, "as private as the report");
    }
    // Nor what was kept of the input as it was.
    fs::write(&path, with(common)).expect("a file");
    let mut bytes = fs::read(folder.path().join("incident.zip")).expect("an archive");
    let half = bytes.len() / 2;
    bytes.truncate(half);
    fs::write(folder.path().join("incident.zip"), bytes).expect("a file");
    ask().stdout(has("red").not()).stderr(has("is cut: "));
    // Nor under another option.
    tool(folder.path(), &["common", "incident.zip", "--limit", "entries=999999"]).code(0);
    assert_eq!(kept(folder.path()).len(), 2);
    // Nothing is read or written where that is asked for.
    kept(folder.path()).iter().for_each(|path| fs::remove_file(path).expect("it is there"));
    tool(folder.path(), &["common", "incident.zip", "--fresh"]).code(0);
    assert!(kept(folder.path()).is_empty());
}

#[test]
fn a_report_of_another_version_is_refused_with_a_word() {
    let folder = folder();
    let report = folder.path().join("report");
    fs::create_dir(&report).expect("a folder");
    let ask = || tool(folder.path(), &["why", "report", "s1"]).code(1).stdout("");
    fs::write(report.join("report.json"), r#"{"schema":"k8s-forensics.report/2"}"#).expect("a file");
    ask().stderr(has("its schema is k8s-forensics.report/2").and(has("hint: analyze")));
    fs::write(report.join("report.json"), "{").expect("a file");
    ask().stderr(has("it is no report.json"));
    // Edges in a circle, and to nowhere.
    let signal = |id: &str| {
        format!(
            r#"{{"id":"{id}","signal":"A","subject":"Node/a","title":"\u001b[31mt","evidence":[{{"entry":"e","line":1,"text":"\u001b]0;x\u0007\u202eq"}}]}}"#
        )
    };
    let edge = |from: &str, to: &str| format!(r#"{{"from":"{from}","to":"{to}","grade":"known","why":"w"}}"#);
    let edges = [edge("s1", "s2"), edge("s2", "s1"), edge("s7", "s1"), edge("s1", "s1")].join(",");
    let json = format!(
        r#"{{"schema":"k8s-forensics.report/1","signals":[{},{}],"edges":[{edges}],"checklists":[{{"subject":"Node/a","signals":["s9"],"rows":[{{}}]}}]}}"#,
        signal("s1"),
        signal("s2")
    );
    fs::write(report.join("report.json"), json).expect("a file");
    for question in [&["why", "report", "s1"][..], &["after", "report", "Node/a"], &["path", "report", "s2", "s1"]] {
        for json in [false, true] {
            let question = [question, if json { &["--json"][..] } else { &[] }].concat();
            let told = tool(folder.path(), &question).code(0);
            let out = String::from_utf8(told.get_output().stdout.clone()).expect("text");
            assert!(out.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')), "{question:?}: {out:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_folder_that_cannot_be_written_is_said_once_and_changes_nothing() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).expect("a folder");
    sealed(&inner, None);
    let set = |mode| fs::set_permissions(&inner, fs::Permissions::from_mode(mode)).expect("permissions");
    set(0o500);
    let is_bound = fs::write(inner.join("x"), "").is_err();
    if is_bound {
        tool(folder.path(), &["common", "inner/incident.zip"]).code(0).stderr(has("is not kept beside").count(1));
        assert!(kept(&inner).is_empty());
    }
    set(0o700);
    // A folder in the place of what is to be kept has the same effect, for whoever may write everywhere.
    tool(&inner, &["common", "incident.zip"]).code(0);
    let [path] = kept(&inner).try_into().expect("one file");
    fs::remove_file(&path).expect("it is there");
    fs::create_dir(&path).expect("a folder");
    tool(&inner, &["common", "incident.zip"]).code(0).stderr(has("is not kept beside"));
}

#[test]
fn what_is_missing_is_said_once() {
    let folder = folder();
    tool(folder.path(), &["common", "nothere.zip"]).failure().stderr(has("is not kept beside").not());
}

#[test]
fn two_at_once_are_answered_alike() {
    let folder = folder();
    sealed(folder.path(), None);
    let ask = || {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        command.current_dir(folder.path()).args(["common", "incident.zip", "--json"]);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().expect("it runs")
    };
    let both = [ask(), ask(), ask()].map(|one| one.wait_with_output().expect("it ends"));
    assert!(both.iter().all(|one| one.status.success() && one.stdout == both[0].stdout), "{both:?}");
    assert_eq!(kept(folder.path()).len(), 1);
    let left = fs::read_dir(folder.path()).expect("a folder").count();
    assert_eq!(left, 2, "no file is left half written");
}

#[test]
fn what_an_incident_has_and_a_healthy_archive_has_not() {
    let folder = folder();
    recording(folder.path(), "memory-cascade");
    let root = folder.path();
    copy(&root.join("archive"), &root.join("well"));
    let of = |name: &str| root.join(name).join("objects/namespaces/platform/deployments.apps.jsonl");
    let text = fs::read_to_string(of("archive")).expect("deployments");
    let changed = text.replacen("\"replicas\":1", "\"replicas\":7", 1);
    assert_ne!(text, changed, "a field to change");
    fs::write(of("well"), changed).expect("a file");
    let told = tool(root, &["diff", "archive", "well"]).code(0);
    told.stdout(has("Signals\n  the same in both"))
        .stdout(has("spec.replicas: 1; baseline: 7"))
        .stdout(has("Nodes\n  the same"));
    let json = tool(root, &["diff", "archive", "well", "--json"]).code(0);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!(json["objects"][0]["is"], "changed");
    tool(root, &["analyze", "archive", "-o", "report"]).code(0);
    tool(root, &["diff", "report", "well"]).code(0).stdout(has("not compared: a report keeps none"));
}
