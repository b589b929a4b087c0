//! Blameless words: what the program writes has none that it would find, and people are told of theirs.

use crate::fixture::{self, Fixture};
use crate::made::sealed;
use assert_cmd::Command;
use k8s_forensics::report::lint;
use predicates::prelude::*;
use std::fs;
use std::path::Path;

fn tool(folder: &Path, args: &[&str]) -> assert_cmd::assert::Assert {
    Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).current_dir(folder).args(args).assert()
}

fn has(text: &str) -> predicates::str::ContainsPredicate {
    predicate::str::contains(text.to_owned())
}

#[test]
fn drafts_of_all_recordings_have_no_finding() {
    let findings = |fixture: &Fixture| -> Vec<String> {
        let found = lint::check(&fixture.draft());
        found.into_iter().map(|one| format!("{}: {one:?}", fixture.name)).collect()
    };
    let all = fixture::on_threads(fixture::all(), findings).concat();
    assert!(all.is_empty(), "{all:#?}");
}

/// Also of what no recording has.
#[test]
fn nothing_that_the_catalogue_asks_or_wants_has_a_finding() {
    let knowledge = fixture::knowledge();
    let findings = knowledge.catalogue.rules.iter().flat_map(|rule| {
        let text: String = rule
            .questions
            .iter()
            .chain(&rule.actions)
            .map(|text| format!("- {}\n", text.replace(['{', '}'], "")))
            .collect();
        lint::check(&text).into_iter().map(|one| format!("{}: {one:?}", rule.name)).collect::<Vec<_>>()
    });
    let all: Vec<String> = findings.collect();
    assert!(all.is_empty(), "{all:#?}");
}

#[test]
fn findings_are_told_with_place_rule_words_and_another_wording() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.md"), "# It\n\nThe root cause was `obviously` human error.\n").expect("a file");
    fs::write(folder.path().join("b.md"), "Nothing to find.\n").expect("a file");
    let told = tool(folder.path(), &["lint", "a.md", "b.md"]).code(6).stderr("2 findings in 2 files\n");
    told.stdout(has("a.md:3: BL04 a verdict on people: human error\n    write "))
        .stdout(has("a.md:3: BL05 a single root cause: root cause\n    write contributing factors, or the trigger\n"));
    tool(folder.path(), &["lint", "b.md"]).code(0).stdout("");
    let json = tool(folder.path(), &["lint", "a.md", "--json"]).code(6);
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).expect("JSON");
    assert_eq!(json[0]["findings"][0]["rule"], "BL04");
    assert_eq!(json[0]["findings"][1]["line"], 3);
    tool(folder.path(), &["lint"]).code(2);
    tool(folder.path(), &["lint", "none.md"]).code(1).stderr(has("error: read none.md"));
    tool(folder.path(), &["lint", "--rules"]).code(0).stdout(has("BL18 what outsiders should not read"));
    let typed =
        Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).args(["lint", "-"]).write_stdin("Simply so.").assert();
    typed.code(6).stdout(has("-:1: BL07"));
}

#[test]
fn hostile_text_does_not_steer_the_terminal() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("a.md"), "@jane\u{1b}[2J obviously\u{202e}\n").expect("a file");
    let told = tool(folder.path(), &["lint", "a.md"]).code(6);
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    assert!(told.contains("BL01") && !told.contains(['\u{1b}', '\u{202e}']), "{told}");
    fs::write(folder.path().join("b.md"), [0, 159, 146, 150]).expect("a file");
    tool(folder.path(), &["lint", "b.md"]).code(1).stderr(has("it is no text"));
}

#[test]
fn words_in_notes_are_told_when_they_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    sealed(folder.path(), None);
    let notes = "2026-11-21T07:00:00Z Jane Doe: the team broke it, obviously\n";
    fs::write(folder.path().join("notes.md"), notes).expect("a file");
    let run = tool(folder.path(), &["analyze", "incident.zip", "--notes", "notes.md", "-o", "report"]).code(0);
    run.stderr(has("note: notes.md:1: BL01").and(has("lint notes.md")).and(predicate::str::contains("Jane").not()));
    tool(folder.path(), &["lint", "notes.md"]).code(6).stdout(has("BL01 a person is named: Jane Doe"));
}
