//! Keeps the rules of docs/architecture.md that no compiler keeps: who may import whom, sizes, and what no file may
//! say. A failure names every place at once.

use regex::Regex;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of the library, and which others each may name. The binary's `cli` may name all.
const ROOMS: &[(&str, &[&str])] = &[
    (
        "analysis",
        &[
            "archive",
            "cascade",
            "evidence",
            "inputs",
            "log_templates",
            "logline",
            "model",
            "report",
            "repository",
            "signals",
        ],
    ),
    ("archive", &["model", "redact"]),
    ("attach", &[]),
    ("cascade", &["evidence", "model", "signals"]),
    ("clusters", &["cascade", "evidence", "model", "report", "signals"]),
    ("describe", &["model"]),
    ("evidence", &["archive", "inputs", "logline", "model", "objects"]),
    ("export", &["report"]),
    ("inputs", &["archive", "logline", "model", "objects"]),
    ("listen", &[]),
    ("log_templates", &["archive", "inputs", "logline", "model"]),
    ("logline", &[]),
    ("mcp", &["export", "inputs", "log_templates", "logline", "model", "report", "viewing"]),
    ("model", &[]),
    ("objects", &["model"]),
    ("on_alert", &["listen"]),
    ("recorder", &["archive", "evidence", "listen", "model", "objects", "redact", "signals", "sources"]),
    ("redact", &[]),
    ("report", &["cascade", "evidence", "model", "signals"]),
    ("repository", &["model", "redact"]),
    ("serve", &["archive", "describe", "inputs", "listen", "model", "objects", "viewing"]),
    ("signals", &["evidence", "logline", "model", "objects"]),
    ("sources", &["archive", "describe", "logline", "model", "objects", "redact"]),
    ("stores", &["archive"]),
    ("viewing", &["archive", "describe", "evidence", "inputs", "log_templates", "logline", "model", "objects"]),
];

/// Rooms that give the same output for the same input, and what they may therefore not name.
const PURE: &[&str] = &[
    "analysis",
    "cascade",
    "clusters",
    "describe",
    "evidence",
    "export",
    "inputs",
    "log_templates",
    "logline",
    "model",
    "objects",
    "report",
    "signals",
    "viewing",
];
const IMPURE: &str =
    r"\b(Utc::now|Local::now|Instant::now|SystemTime::now|std::env|std::net|std::process|tokio::|kube::)";

/// Rooms that know signals by their roles only.
const WITHOUT_NAMES: &[&str] = &["cascade", "clusters", "export", "report", "signals"];

const MOST_LINES: usize = 400;

/// What is not the project's.
const FOREIGN: &[&str] = &[".git", "target"];

#[test]
fn rooms_import_only_what_they_may() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src") {
        let parts: Vec<&str> = file.split('/').collect();
        let [_, room, rest @ ..] = parts.as_slice() else { continue };
        if rest.is_empty() || *room == "cli" {
            continue;
        }
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| name == room) else {
            wrong.push(format!("{file}: the room {room} is not in the table"));
            continue;
        };
        let depth = rest.len() + usize::from(!file.ends_with("/mod.rs"));
        for other in rooms_named(&without_comments(&text), depth) {
            if other != *room && !allowed.contains(&other.as_str()) {
                wrong.push(format!("{file}: {room} may not import {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Rooms that are named by `crate::room`, `crate::{room, …}`, or as many `super::` as the file is deep.
fn rooms_named(code: &str, depth: usize) -> BTreeSet<String> {
    let root = format!(r"(?:\bcrate::|(?:\bsuper::){{{depth},}})");
    let single = Regex::new(&format!("{root}([a-z_]+)")).expect("a fixed pattern");
    let braced = Regex::new(&format!(r"{root}\{{")).expect("a fixed pattern");
    let mut named: BTreeSet<String> = single.captures_iter(code).map(|found| found[1].to_owned()).collect();
    for brace in braced.find_iter(code) {
        named.extend(first_names(code.get(brace.end()..).unwrap_or_default()));
    }
    named.retain(|name| ROOMS.iter().any(|(room, _)| room == name));
    named
}

/// `a` and `c` of `a::{b, x}, c::d}`: the names at the outer level of a group of imports, up to its end.
fn first_names(group: &str) -> Vec<String> {
    let mut names = vec![String::new()];
    let mut nesting = 0;
    for character in group.chars() {
        match character {
            '}' if nesting == 0 => break,
            '{' => nesting += 1,
            '}' => nesting -= 1,
            ',' if nesting == 0 => names.push(String::new()),
            _ => names.last_mut().expect("it starts with one").push(character),
        }
    }
    names.iter().filter_map(|path| path.split("::").next()).map(|name| name.trim().to_owned()).collect()
}

#[test]
fn imports_are_found_in_every_form() {
    let named = |code: &str, depth| rooms_named(code, depth).into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(named("use crate::archive::layout;", 2), "archive");
    assert_eq!(named("use crate::{model::{self, Moment}, archive::{layout, signals}};", 2), "archive model");
    assert_eq!(named("let x = super::super::evidence::Fact::new();", 2), "evidence");
    assert_eq!(named("use super::evidence;", 2), "");
    assert_eq!(named(&without_comments("//! see [`crate::report`]\ncode() // crate::report"), 1), "");
}

#[test]
fn pure_rooms_read_nothing_from_outside() {
    let impure = Regex::new(IMPURE).expect("a fixed pattern");
    let mut wrong = Vec::new();
    for room in PURE {
        for (file, text) in rust_files(&format!("src/{room}")) {
            let code = without_comments(&text);
            wrong.extend(impure.find_iter(&code).map(|found| format!("{file}: {}", found.as_str())));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn files_say_what_they_are_and_are_short() {
    let mut wrong = Vec::new();
    for (file, text) in rust_files("src").into_iter().chain(rust_files("tests")).chain(rust_files("benches")) {
        if !text.starts_with("//!") {
            wrong.push(format!("{file} does not begin with //!, what it does and what it refuses to do"));
        }
        let lines = text.lines().count();
        if lines > MOST_LINES {
            wrong.push(format!("{file} has {lines} lines, more than {MOST_LINES}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Signals are data: what the program does with one follows from its roles, so that a new one takes part in all of it.
#[test]
fn no_code_knows_a_signal_by_its_name() {
    let catalogue = &crate::fixture::knowledge().catalogue;
    let names = catalogue.rules.iter().map(|rule| rule.name.split('(').next().unwrap_or_default());
    let names: BTreeSet<&str> = names.collect();
    let mut wrong = Vec::new();
    for room in WITHOUT_NAMES {
        for (file, text) in rust_files(&format!("src/{room}")) {
            // Parts of names of conditions, some of which are as short as a signal's name.
            if file == "src/signals/polarity.rs" || file.contains("/tests/") {
                continue;
            }
            let code = without_comments(text.split("#[cfg(test)]").next().unwrap_or_default());
            let named = |name: &&&str| code.contains(&format!("\"{name}\"")) || code.contains(&format!("\"{name}("));
            wrong.extend(names.iter().filter(named).map(|name| format!("{file}: {name}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A file that nobody declares is not compiled, and its tests pass for ever.
#[test]
fn every_test_file_is_run() {
    let mut wrong = Vec::new();
    for folder in ["tests/it", "tests/live"] {
        let main = fs::read_to_string(root().join(folder).join("main.rs")).expect("a test binary has a main.rs");
        let declared = |name: &str| main.lines().any(|line| line == format!("mod {name};"));
        for (file, _) in rust_files(folder) {
            let below = file.trim_start_matches(folder).trim_start_matches('/');
            let name = below.split('/').next().unwrap_or_default().trim_end_matches(".rs");
            if name != "main" && !declared(name) {
                wrong.push(format!("{file} is not declared in {folder}/main.rs"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let path = Regex::new(r"(?:^|[^\w.-])/(?:work|tmp/wt)/[\w./-]*").expect("a fixed pattern");
    let mut wrong = Vec::new();
    for file in files("", |_| true) {
        let text = fs::read(root().join(&file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        wrong.extend(path.find_iter(&text).map(|found| format!("{file} mentions {}", found.as_str())));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn all_yaml_can_be_read() {
    let mut wrong = Vec::new();
    let is_yaml = |file: &str| file.ends_with(".yaml") || file.ends_with(".yml");
    let to_fill_in = Regex::new("@[A-Z_]+@").expect("a fixed pattern");
    for file in files("fixtures", is_yaml).into_iter().chain(files("src", is_yaml)).chain(files("tests", is_yaml)) {
        let text = fs::read_to_string(root().join(&file)).unwrap_or_default();
        let read = serde_saphyr::from_multiple::<serde_json::Value>(&to_fill_in.replace_all(&text, "1"));
        if let Err(error) = read {
            wrong.push(format!("{file}: {error}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

pub fn rust_files(folder: &str) -> Vec<(String, String)> {
    let found = files(folder, |file| file.ends_with(".rs")).into_iter();
    found.map(|file| (file.clone(), fs::read_to_string(root().join(&file)).unwrap_or_default())).collect()
}

/// Paths of the files in `folder` that are wanted, with `/` between their parts, in order.
fn files(folder: &str, wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let (root, mut found, mut pending) = (root(), Vec::new(), vec![root().join(folder)]);
    while let Some(folder) = pending.pop() {
        for item in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (item.path(), item.file_name());
            if FOREIGN.iter().any(|foreign| name.as_os_str() == *foreign) {
                continue;
            }
            if item.file_type().is_ok_and(|kind| kind.is_dir()) {
                pending.push(path);
            } else if let Some(file) = below(&root, &path).filter(|file| wanted(file)) {
                found.push(file);
            }
        }
    }
    found.sort();
    found
}

fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = path.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    parts.map(|parts| parts.join("/"))
}

pub fn without_comments(text: &str) -> String {
    let line = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}
