//! The commands that look after an archive, as they are typed.

use crate::made::{self, LARGE, SMALL, begun, noise, sealed};
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

#[cfg(feature = "live")]
#[test]
fn credentials_that_cannot_be_read_are_said_to_be_without_showing_them() {
    let folder = folder();
    fs::write(folder.path().join("login"), "marker without a colon\n").expect("a file");
    let url = ["collect", "--prometheus", "http://127.0.0.1:1"];
    let told = predicate::str::contains("it does not hold USER:PASSWORD").and(predicate::str::contains("hint: "));
    let told = told.and(predicate::str::contains("marker").not());
    tool(folder.path(), &[&url[..], &["--prometheus-basic-file", "login"]].concat()).code(1).stderr(told);
    let told = predicate::str::contains("reading the credentials in none: ");
    tool(folder.path(), &[&url[..], &["--prometheus-bearer-file", "none"]].concat()).code(1).stderr(told);
    tool(folder.path(), &["collect", "--prometheus-bearer-file", "login"]).code(2);
}

/// `incident.zip.partial`, as a kill leaves it in the middle of the large entry.
fn cut(folder: &Path) -> PathBuf {
    let writer = begun(&folder.join("incident.zip"));
    let partial = writer.partial().to_owned();
    let bytes = fs::read(&partial).expect("what is in the file");
    writer.discard().expect("it is gone");
    fs::write(&partial, &bytes[..bytes.len() / 2]).expect("a file");
    partial
}

#[test]
fn verify_says_whether_it_is_sound() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let sound = predicate::str::starts_with("sound: ").and(predicate::str::contains("sha256 "));
    tool(folder.path(), &["verify", "incident.zip"]).code(0).stdout(sound);
    let mut bytes = fs::read(&path).expect("an archive");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, &bytes).expect("a file");
    let named = predicate::str::contains(format!("altered {LARGE}: "));
    tool(folder.path(), &["verify", "incident.zip"]).code(5).stdout(named);
    fs::write(&path, "hello").expect("a file");
    tool(folder.path(), &["verify", "incident.zip"]).code(5).stdout(predicate::str::contains("is not a zip"));
    tool(folder.path(), &["verify", "none.zip"]).code(1).stderr(predicate::str::contains("error: "));
}

#[test]
fn a_cut_file_opens_as_it_is_and_is_repaired() {
    let folder = folder();
    cut(folder.path());
    let says_cut = || predicate::str::contains("is cut: ").and(predicate::str::contains(LARGE));
    tool(folder.path(), &["analyze", "incident.zip.partial", "-o", "report"]).code(0).stderr(says_cut());
    let coverage = predicate::str::contains("the archive was cut before it was done");
    tool(folder.path(), &["show", "incident.zip.partial", "coverage"]).code(0).stdout(coverage).stderr(says_cut());
    tool(folder.path(), &["verify", "incident.zip.partial"]).code(5).stdout(predicate::str::contains("cut "));
    let hint = predicate::str::contains("incident.zip.partial holds what came");
    tool(folder.path(), &["analyze", "incident.zip"]).code(1).stderr(hint);
    tool(folder.path(), &["repair", "incident.zip.partial"]).code(0).stdout("incident.zip\n");
    tool(folder.path(), &["verify", "incident.zip"]).code(0);
    tool(folder.path(), &["repair", "incident.zip.partial"]).code(1).stderr(predicate::str::contains("--force"));
    tool(folder.path(), &["repair", "incident.zip.partial", "--force"]).code(0);
    let acts = predicate::str::contains("collect by").and(predicate::str::contains("repair by"));
    tool(folder.path(), &["show", "incident.zip", "custody"]).code(0).stdout(acts);
}

#[test]
fn show_prints_entries() {
    let folder = folder();
    sealed(folder.path(), None);
    tool(folder.path(), &["show", "incident.zip", "entries"]).code(0).stdout(predicate::str::contains(SMALL));
    let whole = String::from_utf8(noise(20)).expect("text");
    tool(folder.path(), &["show", "incident.zip", "entry", SMALL]).code(0).stdout(whole);
    let hint = predicate::str::contains("`show ARCHIVE entries`");
    tool(folder.path(), &["show", "incident.zip", "entry", "none"]).code(1).stderr(hint);
}

/// What a collector rendered during the incident is what the objects of the archive say later, but for ages.
#[test]
fn show_describes_objects() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/docker-lockup");
    let shown = |asked: &[&str]| tool(&root, &[&["show", "archive", "describe"], asked].concat());
    let recorded = fs::read_to_string(root.join("archive/describe/nodes/node-1.txt")).expect("a description");
    let (facts, _) = recorded.split_once("Non-terminated Pods:").expect("its pods");
    shown(&["no", "node-1"])
        .code(0)
        .stdout(predicate::str::starts_with(facts).and(predicate::str::contains("Events:")))
        .stderr(predicate::str::contains("as fetched at 2026-11-21T"));
    let generic = predicate::str::contains("Kind:         Deployment").and(predicate::str::contains("Match Labels:"));
    shown(&["deploy/alertmanager", "-n", "monitoring"]).code(0).stdout(generic);
    shown(&["deploy", "alertmanager", "-n", "ci"]).code(1).stderr(predicate::str::contains("hint: there are ci/docs"));
    shown(&["pods", "doc"]).code(0).stdout(predicate::str::starts_with("Name:             docs-"));
    let two = predicate::str::contains("\n\n\nName:").and(predicate::str::contains("Annotations:"));
    shown(&["svc"]).code(0).stdout(two);
    let none = predicate::str::contains("hint: there are node-1, node-2");
    shown(&["node", "web", "-n", "ci"]).code(1).stderr(none);
    shown(&["widget/a"]).code(1).stderr(predicate::str::contains("no object of the kind widget is here"));
    shown(&[]).code(2);
}

#[test]
fn show_describes_what_a_file_lists_and_no_value_of_a_secret() {
    let folder = folder();
    let list = r#"{"kind":"List","apiVersion":"v1","items":[
        {"kind":"Secret","apiVersion":"v1","metadata":{"name":"db","namespace":"shop"},"data":{"password":"aHVudGVyMg=="},"stringData":"hunter2"},
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"odd","namespace":"shop","labels":{"a":7}},"spec":{}},
        {"kind":"Widget","apiVersion":"example.io/v1","metadata":{"name":"w"},"spec":{"size":3}}]}"#;
    fs::write(folder.path().join("all.json"), list).expect("a file");
    let shown = |asked: &[&str]| tool(folder.path(), &[&["show", "all.json", "describe"], asked].concat()).code(0);
    let hidden = predicate::str::contains("Password:  7 bytes").and(predicate::str::contains("hunter2").not());
    shown(&["secret"]).stdout(hidden.and(predicate::str::contains("aHVudGVyMg").not()));
    let noted = predicate::str::contains("odd is not as the API has it");
    shown(&["pod", "odd"]).stdout(predicate::str::contains("Kind:         Pod")).stderr(noted);
    shown(&["widgets.example.io"]).stdout(predicate::str::contains("Size:  3"));
}

#[test]
fn split_prints_its_parts() {
    let folder = folder();
    let size = fs::metadata(sealed(folder.path(), None)).expect("a file").len() - 10_000;
    let size = size.to_string();
    let parts = "incident-part1of2.zip\nincident-part2of2.zip\n";
    tool(folder.path(), &["split", "incident.zip", "--size", &size]).code(0).stdout(parts);
    tool(folder.path(), &["verify", "incident-part1of2.zip"])
        .code(0)
        .stdout(predicate::str::contains("in other parts"));
    tool(folder.path(), &["split", "incident.zip", "--size", &size])
        .code(1)
        .stderr(predicate::str::contains("--force"));
    tool(folder.path(), &["split", "incident.zip", "--size", "much"]).code(2);
}

#[test]
fn what_an_archive_says_does_not_steer_the_terminal() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let top = made::unpacked(&path, folder.path());
    let change = |entry: &str, from: &str, to: &str| {
        let text = fs::read_to_string(top.join(entry)).expect("a record");
        assert!(text.contains(from), "{entry}");
        fs::write(top.join(entry), text.replace(from, to)).expect("a file");
    };
    change("meta/archive.json", "k8s-forensics test", "\\u001b[2Jtool");
    change("meta/archive.json", "\"minor\": 2", "\"minor\": 99");
    change("meta/outcomes.jsonl", "because", "\\u001b[2Jwhy");
    let shows = |args: &[&str], code: i32| {
        let quiet = || predicate::str::contains("\u{1b}").not();
        tool(folder.path(), args).code(code).stdout(quiet()).stderr(quiet());
    };
    shows(&["show", "incident", "coverage"], 0);
    shows(&["show", "incident", "custody"], 0);
    shows(&["verify", "incident"], 5);
    shows(&["repair", "incident"], 0);
    change("meta/archive.json", "\"major\": 1", "\"major\": 2");
    shows(&["analyze", "incident"], 1);
}

#[test]
fn limits_can_be_set() {
    let folder = folder();
    sealed(folder.path(), None);
    let refused = predicate::str::contains("more than 3 entries").and(predicate::str::contains("--limit NAME=VALUE"));
    tool(folder.path(), &["show", "incident.zip", "entries", "--limit", "entries=3"]).code(2);
    tool(folder.path(), &["show", "--limit", "entries=3", "incident.zip", "entries"]).code(1).stderr(refused);
    tool(folder.path(), &["verify", "incident.zip", "--limit", "entry-bytes=1KB"]).code(5);
    tool(folder.path(), &["verify", "incident.zip", "--limit", "entry-bytes=1GB"]).code(0);
    let names = predicate::str::contains("names are entries, entry-bytes");
    tool(folder.path(), &["verify", "incident.zip", "--limit", "patience=3"]).code(2).stderr(names);
}

/// A limit on the size of a file stands for a full disk: the same calls fail.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_what_was_finished() {
    let folder = folder();
    sealed(folder.path(), None);
    let repair = format!(
        "trap '' XFSZ; ulimit -f 60; exec {} repair incident.zip -o small.zip",
        env!("CARGO_BIN_EXE_k8s-forensics")
    );
    let failed = Command::new("bash").current_dir(folder.path()).args(["-c", &repair]).assert();
    let one_error = predicate::str::starts_with("error: ").and(predicate::str::contains("ZipWriter").not());
    failed.code(1).stderr(one_error.and(predicate::str::contains("File too large")));
    assert!(!folder.path().join("small.zip").exists());
    let left = fs::metadata(folder.path().join("small.zip.new.partial")).expect("what was finished");
    assert!(left.len() > 0 && left.len() <= 60 * 1024);
    tool(folder.path(), &["show", "small.zip.new.partial", "entries"])
        .code(0)
        .stdout(predicate::str::contains("meta/archive.json"));
}

#[test]
fn a_newer_minor_format_is_read_with_a_warning() {
    let folder = folder();
    let path = sealed(folder.path(), None);
    let top = made::unpacked(&path, folder.path());
    let header = top.join("meta/archive.json");
    let text = fs::read_to_string(&header).expect("a header");
    let with = |version: &str| fs::write(&header, text.replace("\"minor\": 2", version)).expect("a file");
    with("\"minor\": 99");
    tool(folder.path(), &["show", "incident", "coverage"]).code(0).stderr(predicate::str::contains("1.99"));
    fs::write(&header, text.replace("\"major\": 1", "\"major\": 2")).expect("a file");
    let refused = predicate::str::contains("format 2.2").and(predicate::str::contains("k8s-forensics test"));
    tool(folder.path(), &["analyze", "incident"]).code(1).stderr(refused);
}
