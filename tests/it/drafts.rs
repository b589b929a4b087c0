//! A report that is written again: what people wrote in its draft is kept, and a write that fails leaves what was
//! there.

use crate::made::sealed;
use assert_cmd::Command;
use assert_cmd::assert::Assert;
use predicates::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A folder with three archives, whose drafts differ, and reports in `report`.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        sealed(desk.0.path(), None);
        for archive in ["monday.zip", "tuesday.zip", "friday.zip"] {
            desk.run(&format!("repair incident.zip -o {archive}")).code(0);
        }
        desk
    }

    fn run(&self, command: &str) -> Assert {
        let mut tool = Command::new(env!("CARGO_BIN_EXE_k8s-forensics"));
        tool.current_dir(self.0.path()).args(command.split(' ')).assert()
    }

    /// Analyzes, and gives what was said on stderr.
    fn analyze(&self, arguments: &str) -> String {
        let ran = self.run(&format!("analyze -o report {arguments}")).code(0);
        String::from_utf8_lossy(&ran.get_output().stderr).into_owned()
    }

    fn path(&self, file: &str) -> PathBuf {
        self.0.path().join("report").join(file)
    }

    fn read(&self, file: &str) -> String {
        fs::read_to_string(self.path(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }

    fn write(&self, file: &str, text: &str) {
        fs::write(self.path(file), text).expect("a file");
    }

    /// As somebody who adds a sentence to the summary.
    fn edit(&self, file: &str) -> String {
        let text = self.read(file).replace("## Summary\n", "## Summary\n\nCarts were empty for an hour.\n");
        assert!(text.contains("Carts"));
        self.write(file, &text);
        text
    }

    fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let items = fs::read_dir(self.path("")).expect("a folder").flatten();
        items
            .map(|item| (item.file_name().to_string_lossy().into_owned(), fs::read(item.path()).unwrap_or_default()))
            .collect()
    }

    fn names(&self) -> Vec<String> {
        self.files().into_keys().collect()
    }
}

const PLAIN: [&str; 3] = ["postmortem.md", "report.json", "timeline.html"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let mut names = [&PLAIN[..], more].concat();
    names.sort_unstable();
    names
}

#[test]
fn a_draft_that_nobody_edited_is_replaced() {
    let desk = Desk::new();
    let said = desk.analyze("monday.zip");
    assert_eq!(said, "wrote report/postmortem.md, report/timeline.html, report/report.json\n");
    let first = desk.files();
    assert_eq!(desk.analyze("monday.zip"), said);
    assert_eq!(desk.files(), first, "the same archive gives the same bytes");
    assert_eq!(desk.analyze("tuesday.zip"), said);
    assert!(desk.read("postmortem.md").contains("tuesday"));
    assert_eq!(desk.names(), PLAIN);
    // What tells that nobody edited it are comments around each part, and the last line.
    let draft = desk.read("postmortem.md");
    let last = draft.lines().last().expect("a line");
    assert!(last.starts_with("<!-- k8s-forensics: draft ") && last.ends_with(" -->"), "{last}");
    let count =
        |words: &str| draft.lines().filter(|line| line.starts_with(&format!("<!--k8s-forensics:{words}:"))).count();
    assert!(count("begin") > 8 && count("begin") == count("end") && count("title") == 1, "{draft}");
    assert_eq!(draft.matches("<!--").count(), 2 * count("begin") + 2);
}

#[test]
fn what_people_wrote_stays_and_the_parts_of_the_draft_are_new() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let added = "## What we say to customers\n\nCarts were empty for an hour.\n\n## Appendix\n";
    let edited = desk.edit("postmortem.md").replace("## Appendix\n", added).replace("## Impact\n", "## Who was hurt\n");
    desk.write("postmortem.md", &edited);
    let said = desk.analyze("tuesday.zip");
    let draft = desk.read("postmortem.md");
    for text in ["## Summary\n\nCarts were empty for an hour.\n", added, "## Who was hurt\n"] {
        assert!(draft.contains(text), "{text}: {draft}");
    }
    assert!(draft.contains("tuesday") && !draft.contains("monday"), "{draft}");
    assert!(desk.read("report.json").contains("tuesday"), "what nobody edits is replaced");
    assert!(said.contains("wrote report/postmortem.md, report/timeline.html, report/report.json\n"), "{said}");
    let told = "report/postmortem.md has been edited: what people wrote in it was kept, its other parts are new; ";
    assert!(said.contains(told) && said.contains("--force"), "{said}");
    assert_eq!(desk.names(), PLAIN);
    // The same inputs and the same earlier draft give the same bytes.
    desk.write("postmortem.md", &edited);
    desk.analyze("tuesday.zip");
    assert_eq!(desk.read("postmortem.md"), draft);
    // And it is brought up to date again and again.
    desk.analyze("friday.zip");
    let draft = desk.read("postmortem.md");
    assert!(draft.contains("friday") && !draft.contains("tuesday") && draft.contains(added), "{draft}");
}

#[test]
fn what_people_changed_within_a_part_is_kept_aside_and_named() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let edited = desk.read("postmortem.md").replace("monday", "the Monday archive");
    desk.write("postmortem.md", &edited);
    let said = desk.analyze("tuesday.zip");
    assert_eq!(desk.read("postmortem.old.md"), edited);
    let draft = desk.read("postmortem.md");
    assert!(draft.contains("tuesday") && !draft.contains("Monday archive"), "{draft}");
    let told = "what was changed within appendix is not in it: the draft as it was is report/postmortem.old.md; ";
    assert!(said.contains(told), "{said}");
    assert_eq!(desk.names(), with(&["postmortem.old.md"]));
}

#[test]
fn nothing_is_written_beside_an_edited_draft_that_would_be_the_same_again() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let edited = desk.edit("postmortem.md");
    let said = desk.analyze("monday.zip");
    assert_eq!(desk.read("postmortem.md"), edited);
    assert_eq!(desk.names(), PLAIN);
    assert!(said.contains("wrote report/timeline.html, report/report.json\n"), "{said}");
    assert!(said.contains("report/postmortem.md has been edited and was kept; ") && said.contains("--force"), "{said}");
}

/// What an editor does to a file that is only looked at and saved.
#[test]
fn other_line_endings_are_no_edit() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let draft = desk.read("postmortem.md");
    let saved = [
        draft.replace('\n', "\r\n"),
        draft.trim_end().to_owned(),
        format!("{draft}\n\n"),
        format!("\u{feff}{draft}"),
        draft.replace("\n\n", " \n\t\n"),
    ];
    for text in saved {
        desk.write("postmortem.md", &text);
        desk.analyze("tuesday.zip");
        assert!(desk.read("postmortem.md").contains("tuesday"), "{:?}", text.get(text.len() - 80..));
        desk.analyze("monday.zip");
        assert_eq!(desk.read("postmortem.md"), draft);
    }
    assert_eq!(desk.names(), PLAIN);
}

#[test]
fn whatever_is_not_as_it_was_written_is_kept() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let draft = desk.read("postmortem.md");
    let mark = draft.lines().last().expect("a line");
    let mut other = draft.clone().into_bytes();
    other.push(0xff);
    let some_comment =
        draft.lines().find(|line| line.starts_with("<!--k8s-forensics:begin:impact")).expect("a comment");
    let kept = [
        draft.replace(mark, "").into_bytes(),
        draft.replace(some_comment, "").into_bytes(),
        format!("{draft}{draft}").into_bytes(),
        draft.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        b"# What we know\n".to_vec(),
        Vec::new(),
        other,
    ];
    for text in kept {
        fs::write(desk.path("postmortem.md"), &text).expect("a file");
        let said = desk.analyze("tuesday.zip");
        assert_eq!(fs::read(desk.path("postmortem.md")).expect("a file"), text, "{said}");
        assert!(desk.read("postmortem.new.md").contains("tuesday"), "{said}");
        let has_mark = String::from_utf8_lossy(&text).contains("<!-- k8s-forensics: draft");
        let why = if has_mark { "has" } else { "may have" };
        assert!(said.contains(&format!("report/postmortem.md {why} been edited and was kept")), "{said}");
    }
    assert_eq!(desk.names(), with(&["postmortem.new.md"]));
}

#[test]
fn force_begins_anew_and_destroys_nothing() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let edited = desk.edit("postmortem.md");
    let said = desk.analyze("tuesday.zip --force");
    assert_eq!(desk.read("postmortem.old.md"), edited);
    assert!(desk.read("postmortem.md").contains("tuesday"));
    assert!(said.contains("report/postmortem.md has been edited and is now report/postmortem.old.md"), "{said}");
    assert!(said.contains("wrote report/postmortem.md, report/timeline.html, report/report.json\n"), "{said}");
    let again = desk.edit("postmortem.md");
    desk.analyze("tuesday.zip --force");
    assert_eq!((desk.read("postmortem.old.md"), desk.read("postmortem.old.2.md")), (edited, again));
    // What nobody edited is not worth keeping.
    let said = desk.analyze("friday.zip --force");
    assert!(!said.contains("edited"), "{said}");
    assert_eq!(desk.names(), with(&["postmortem.old.2.md", "postmortem.old.md"]));
}

#[test]
fn the_demo_keeps_what_people_wrote_as_well() {
    let desk = Desk::new();
    desk.run("demo -o report").code(0);
    let edited = desk.edit("postmortem.md");
    desk.run("demo -o report").code(0).stderr(predicate::str::contains("has been edited and was kept"));
    assert_eq!(desk.read("postmortem.md"), edited);
    assert_eq!(desk.names(), PLAIN);
    desk.run("demo -o report --force").code(0);
    assert_eq!(desk.read("postmortem.old.md"), edited);
}

/// A file that a tracker takes: the draft's limit holds with its last line.
#[test]
fn an_issue_of_github_takes_it() {
    let desk = Desk::new();
    desk.run("demo -o report").code(0);
    assert!(desk.read("postmortem.md").chars().count() <= 65_536);
}

#[cfg(unix)]
#[test]
fn a_link_is_never_written_through() {
    use std::os::unix::fs::symlink;
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let elsewhere = desk.0.path().join("elsewhere.md");
    // Even where nobody edited it: it is not for this program to say what else reads that file.
    fs::rename(desk.path("postmortem.md"), &elsewhere).expect("it moves");
    symlink(&elsewhere, desk.path("postmortem.md")).expect("a link");
    let before = fs::read(&elsewhere).expect("a file");
    let said = desk.analyze("tuesday.zip");
    assert!(said.contains("report/postmortem.md is a link and was kept"), "{said}");
    desk.analyze("friday.zip --force");
    assert_eq!(fs::read(&elsewhere).expect("a file"), before);
    assert!(fs::symlink_metadata(desk.path("postmortem.old.md")).expect("it was moved").is_symlink());
    assert!(!fs::symlink_metadata(desk.path("postmortem.md")).expect("a file").is_symlink());
    // Links that lead nowhere, in place of the draft and of what is only output.
    let planted = desk.0.path().join("planted");
    for file in PLAIN {
        fs::remove_file(desk.path(file)).expect("a file");
        symlink(&planted, desk.path(file)).expect("a link");
    }
    desk.analyze("friday.zip");
    assert!(!planted.exists());
    assert!(fs::symlink_metadata(desk.path("postmortem.md")).expect("a link").is_symlink());
    assert!(fs::symlink_metadata(desk.path("report.json")).expect("a file").is_file());
}

#[cfg(unix)]
#[test]
fn whoever_was_let_in_stays_let_in() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::new();
    desk.analyze("monday.zip");
    fs::set_permissions(desk.path("timeline.html"), fs::Permissions::from_mode(0o644)).expect("a mode");
    desk.analyze("tuesday.zip");
    let mode = |file: &str| fs::metadata(desk.path(file)).expect("a file").permissions().mode() & 0o777;
    assert_eq!((mode("timeline.html"), mode("report.json")), (0o644, 0o600));
}

/// One error and exit 1, and the folder is as it was.
#[cfg(unix)]
fn fails(desk: &Desk, line: &str, why: &str) {
    let before = desk.files();
    let mut shell = Command::new("bash");
    let line = format!("analyze() {{ {} analyze \"$@\"; }}; {line}", env!("CARGO_BIN_EXE_k8s-forensics"));
    let ran = shell.current_dir(desk.0.path()).args(["-c", &line]).assert().code(1);
    let said = String::from_utf8_lossy(&ran.get_output().stderr).into_owned();
    assert_eq!(said.matches("error: ").count(), 1, "{line}: {said}");
    assert!(said.starts_with("error: ") && said.contains(why), "{line}: {said}");
    assert_eq!(desk.files(), before, "{line}: {said}");
}

/// A limit on the size of a file stands for a full disk: the same calls fail.
#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_report_that_was_there() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    let limit = |kilobytes: u64| format!("trap '' XFSZ; ulimit -f {kilobytes}; analyze tuesday.zip -o report");
    for kilobytes in [0, 1, 4] {
        fails(&desk, &limit(kilobytes), "File too large");
    }
    desk.edit("postmortem.md");
    fails(&desk, &limit(4), "File too large");
    fails(&desk, &format!("{} --force", limit(4)), "File too large");
}

#[cfg(unix)]
#[test]
fn what_stands_in_the_way_is_named_before_anything_is_replaced() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    for file in PLAIN {
        let text = desk.read(file);
        fs::remove_file(desk.path(file)).expect("a file");
        fs::create_dir(desk.path(file)).expect("a folder");
        fails(&desk, "analyze tuesday.zip -o report", &format!("report/{file}: it is a folder"));
        fails(&desk, "analyze tuesday.zip -o report --force", &format!("report/{file}: it is a folder"));
        fs::remove_dir(desk.path(file)).expect("a folder");
        // Made and removed by the shell: reading a pipe, as the comparison does, would wait for ever.
        let piped =
            format!("mkfifo report/{file}; analyze tuesday.zip -o report; code=$?; rm report/{file}; exit $code");
        fails(&desk, &piped, &format!("report/{file}: it is no file"));
        desk.write(file, &text);
    }
    fails(&desk, "touch file; analyze tuesday.zip -o file", "file: it is a file");
    fails(&desk, "analyze tuesday.zip -o file/report", "file/report");
}

/// Nobody, root neither, makes a file in the folder of the processes.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_takes_no_files_is_an_error() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    fails(&desk, "analyze tuesday.zip -o /proc", "/proc/");
    fails(&desk, "analyze tuesday.zip -o /proc/report", "/proc/report");
}

/// The signal for a file that grows too large is a kill in the middle of a write.
#[cfg(target_os = "linux")]
#[test]
fn a_run_that_is_killed_while_it_writes_leaves_the_report_that_was_there() {
    let desk = Desk::new();
    desk.analyze("monday.zip");
    desk.edit("postmortem.md");
    let before = desk.files();
    for kilobytes in [0, 1, 4] {
        let program = env!("CARGO_BIN_EXE_k8s-forensics");
        let line = format!("ulimit -c 0; ulimit -f {kilobytes}; {program} analyze tuesday.zip -o report; exit $?");
        let ran = Command::new("bash").current_dir(desk.0.path()).args(["-c", &line]).assert();
        ran.code(153); // 128 and SIGXFSZ
        let mut left = desk.files();
        left.retain(|name, _| !name.ends_with(".partial"));
        assert_eq!(left, before);
    }
    desk.analyze("tuesday.zip");
    let draft = desk.read("postmortem.md");
    assert!(draft.contains("tuesday") && draft.contains("Carts were empty"));
}

/// The folder is not created anew, and its other files are not looked at.
#[test]
fn other_files_of_the_folder_stay() {
    let desk = Desk::new();
    fs::create_dir(desk.path("")).expect("a folder");
    desk.write("notes.md", "ours");
    desk.write("postmortem.old.md", "ours too");
    desk.analyze("monday.zip");
    desk.edit("postmortem.md");
    desk.analyze("tuesday.zip --force");
    assert_eq!((desk.read("notes.md"), desk.read("postmortem.old.md")), ("ours".to_owned(), "ours too".to_owned()));
    assert!(desk.path("postmortem.old.2.md").exists());
}
