//! What people wrote beside recorded incidents: quoted word for word on the timeline, and nobody named in any output.

use assert_cmd::Command;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

fn archive() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/docker-lockup/archive")
}

/// Names of the other files, in a file whose authors they are not.
const MORE: &str = "2026-11-21T16:07Z — Jeannette and Zbigniew are done\n";

/// Every file of the report and what was printed, of notes in files that are called so.
struct Written {
    report: Value,
    draft: String,
    /// Draft, page, JSON and what was printed.
    all: Vec<String>,
}

fn analyzed(files: &[(&str, &str)]) -> Written {
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
    run.arg("analyze").arg(archive()).arg("-o").arg(folder.path().join("report"));
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        run.arg("--notes").arg(path);
    }
    let done = run.assert().success();
    let read = |name: &str| fs::read_to_string(folder.path().join("report").join(name)).expect("a file");
    let printed = String::from_utf8(done.get_output().stdout.clone()).expect("text");
    let all = vec![read("postmortem.md"), crate::page::with_data(&read("timeline.html")), read("report.json"), printed];
    let report = serde_json::from_str(&all[2]).expect("JSON");
    Written { report, draft: all[0].clone(), all }
}

const DOCUMENT: &str = "# Incident 2026-11-21 (UTC)\n\n- 15:58 Jeannette Quillfeather: pods hang on node-2, @zbigniew please look\n\
- 16:03 @zbigniew: restarted docker on node-2 with token ghp_a1B2c3D4e5F6a1B2c3D4e5F6a1B2c3D4e5F6\n\
- 16:05 SRE: Jeannette's loop is green again\n- no time: Jeannette\n- 16:06 CET quillfeather: x\n";

const CHAT: &str =
    "[2026-11-21 16:04:10 UTC] jeannette: why does `market-9` hang, <@U02ZBIG>? mail zbigniew@example.org\n";

#[test]
fn notes_stand_word_for_word_on_the_timeline() {
    let Written { report, draft, .. } = analyzed(&[("incident.md", DOCUMENT)]);
    let notes = report["notes"].as_array().expect("notes");
    let texts: Vec<&str> = notes.iter().map(|note| note["text"].as_str().expect("a text")).collect();
    assert_eq!(
        texts,
        [
            "pods hang on node-2, [person B] please look",
            "restarted docker on node-2 with token REDACTED-github",
            "[person A]'s loop is green again",
        ]
    );
    let authors: Vec<&str> = notes.iter().map(|note| note["author"].as_str().expect("an author")).collect();
    assert_eq!(authors, ["person A", "person B", "SRE"]);
    assert_eq!((&notes[1]["subject"], &notes[2]["subject"]), (&"Node/node-2".into(), &"Note/notes-5".into()));
    assert_eq!((&notes[1]["at"], &notes[1]["later_ms"]), (&"2026-11-21T16:03:00Z".into(), &59_999.into()));
    assert_eq!(notes[1]["evidence"][0]["line"], 4);
    let signals = report["signals"].as_array().expect("signals");
    assert_eq!(signals.iter().filter(|one| one["signal"] == "Note" && one["cascade"].is_null()).count(), 3);
    assert!(draft.contains("### What people wrote"), "{draft}");
    assert!(draft.contains("16:05:00Z, SRE: `[person A]'s loop is green again` [E"), "{draft}");
    let table =
        draft.split("### Full timeline").nth(1).and_then(|rest| rest.split("\n### ").next()).expect("the timeline");
    assert!(table.contains("| `Note` |") && table.contains("person B wrote: restarted docker"), "{table}");
}

#[test]
fn nobody_is_named_in_any_output() {
    let Written { all, .. } =
        analyzed(&[("jeannette-zbigniew.md", DOCUMENT), ("quillfeather.txt", CHAT), ("more.md", MORE)]);
    for text in &all {
        let text = text.to_lowercase();
        for name in ["jeannette", "quillfeather", "zbigniew", "u02zbig", "example.org", "ghp_"] {
            assert!(!text.contains(name), "{name}");
        }
    }
}

#[test]
fn what_bears_no_time_is_said_and_not_guessed() {
    let Written { report, .. } = analyzed(&[("incident.md", DOCUMENT)]);
    let rows: Vec<String> = report["coverage"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(|row| row["source"] == "records" || row["subject"].as_str().is_some_and(|one| one.contains("notes")))
        .map(ToString::to_string)
        .collect();
    let said = rows.join("\n");
    assert!(said.contains("abbreviation") || said.contains("1 line begins with no time"), "{said}");
    assert!(said.contains("notes: 2 unreadable"), "{said}");
}

#[test]
fn what_is_no_text_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("notes.bin");
    fs::write(&path, b"PK\x03\x04\0\0\0\0").expect("a file");
    let run = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"))
        .arg("analyze")
        .arg(archive())
        .arg("--notes")
        .arg(&path)
        .assert()
        .code(1);
    let said = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
    assert!(said.contains("notes"), "{said}");
}
