//! A folder of rules teaches the program signals and links that it does not know; its own parts find them by role.

use k8s_forensics::analysis::{self, AnalysisError, Knowledge, RuleFile};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::schema::{Report, SignalRow};
use k8s_forensics::report::{postmortem, timeline};
use std::path::{Path, PathBuf};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/rules")
}

/// The files of the folder of rules, as path within it and text.
fn rules() -> Vec<(String, String)> {
    let text = |path: &str| std::fs::read_to_string(folder().join(path)).expect("a file of rules");
    ["links/storage.yaml", "signals/storage.yaml"].map(|path| (path.to_owned(), text(path))).to_vec()
}

fn knowledge(files: &[(String, String)]) -> Result<Knowledge, AnalysisError> {
    let files: Vec<RuleFile<'_>> = files.iter().map(|(path, text)| RuleFile { path, text }).collect();
    Knowledge::with_rules(&files)
}

fn signal<'a>(report: &'a Report, name: &str) -> &'a SignalRow {
    report.signals.iter().find(|signal| signal.signal == name).unwrap_or_else(|| panic!("no {name}"))
}

/// What stands under a heading of the draft, up to the next.
fn section<'a>(draft: &'a str, heading: &str) -> &'a str {
    let (_, rest) = draft.split_once(heading).unwrap_or_else(|| panic!("no {heading} in:\n{draft}"));
    rest.split("\n## ").next().unwrap_or_default()
}

/// A Deployment is switched to another backend, and the writes of its only pod are refused.
#[test]
fn a_folder_of_rules_is_enough() {
    let knowledge = knowledge(&rules()).expect("rules that make sense");
    let rules = rules();
    let files: Vec<RuleFile<'_>> = rules.iter().map(|(path, text)| RuleFile { path, text }).collect();
    assert_eq!(knowledge.wrong_examples(&files), []);

    let archive = Archive::open(&folder().join("archive")).expect("a readable archive");
    let analyzed = analysis::analyze(&archive, &knowledge, 2).expect("an analysis");
    let (report, draft) = (analyzed.report(), postmortem::write(&analyzed));

    let (switched, refused) = (signal(&report, "BackendSwitched"), signal(&report, "WritesRefused"));
    assert_eq!(
        (switched.layer.as_str(), switched.title.as_str()),
        ("storage", "Deployment/shop/api was switched to the backend blue")
    );

    // cascade
    let edge = report.edges.iter().find(|edge| edge.link == "switch-refuses-writes").expect("an edge");
    assert_eq!((&edge.from, &edge.to), (&switched.id, &refused.id));
    let [cascade] = report.cascades.as_slice() else { panic!("{} cascades", report.cascades.len()) };
    let lost = signal(&report, "NoReadyEndpoints");
    assert_eq!(cascade.first, std::slice::from_ref(&switched.id));
    assert!([switched, refused, lost].iter().all(|one| cascade.signals.contains(&one.id)), "{cascade:?}");
    assert!(report.edges.iter().any(|edge| edge.link == "refused-writes-empty-service"), "{:?}", report.edges);

    // impact: by its role, it took the pod out of its Service
    assert_eq!(lost.labels["pods"], "api-6dbd5d6458-x2k4p");
    let impact = section(&draft, "### All of the impact");
    assert!(impact.contains("Service `shop/api` had no ready endpoint: `Endpoints/shop/api`"), "{impact}");
    assert!(impact.contains("was not ready: `Pod/shop/api-6dbd5d6458-x2k4p`"), "{impact}");

    // factor and action
    let trigger = report.factors.iter().find(|factor| factor.class == "trigger").expect("a trigger");
    assert!(trigger.statement.contains("switched to the backend blue"), "{}", trigger.statement);
    let actions = section(&draft, "### Further actions");
    assert!(actions.contains("has one replica"), "{actions}");

    // question, change and page
    assert!(report.questions.iter().any(|one| one.question == "How did the switch of api to blue get its review?"));
    assert!(report.changes.iter().any(|change| change.signal.as_ref() == Some(&switched.id)));
    let page = timeline::write(&analyzed);
    for text in ["BackendSwitched", "WritesRefused"] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn files_of_a_folder_of_rules_have_their_places() {
    let mut files = rules();
    files.push(("storage.yaml".to_owned(), String::new()));
    let error = knowledge(&files).expect_err("a file elsewhere");
    assert!(error.to_string().starts_with("storage.yaml: no file of rules"), "{error}");
}

fn refused(path: &str, text: &str) -> String {
    Knowledge::with_rules(&[RuleFile { path, text }]).expect_err("rules that make no sense").to_string()
}

const SIGNAL: &str = "signals:
  - name: DiskFull
    title: \"{subject} is full\"
    severity: error
    roles: [unready]
    look:
      - event: {any: [DiskFull]}
    explanation: It is full.
    source: a test
    examples: {matches: [], near_misses: []}
";

const LINK: &str = "links:
  - id: full
    from: [NodeNotReady]
    to: [NodeReady]
    relation: same-subject
    lag: [0s, 1m]
    grade: known
    why: \"{from}\"
    source: a test
    examples: {matches: [], near_misses: []}
";

#[test]
fn mistakes_are_told_with_file_line_and_what_was_expected() {
    let signal = |old: &str, new: &str| refused("signals/mine.yaml", &SIGNAL.replace(old, new));
    let link = |old: &str, new: &str| refused("links/mine.yaml", &LINK.replace(old, new));
    for (said, place, expected) in [
        (
            signal("roles: [unready]", "roles: [unreddy]"),
            "signals/mine.yaml:5: ",
            "unreddy is no role; there are change, ",
        ),
        (signal("{subject}", "{sujet}"), "signals/mine.yaml:3: ", "{sujet} is none of "),
        (signal("any: [DiskFull]", "text: '('"), "signals/mine.yaml:6: ", "regex parse error"),
        (signal("severity:", "severiti:"), "signals/mine.yaml:4", "unknown field `severiti`, expected one of "),
        (signal("name: DiskFull", "name: [DiskFull"), "signals/mine.yaml:", ""),
        (link("same-subject", "next-to"), "links/mine.yaml:5: ", "next-to is none of "),
        (signal("name: DiskFull", "name: Disk Full"), "signals/mine.yaml:2: ", "neither a Word nor a Word(variant)"),
        (signal("explanation: It is full.", "explanation: ''"), "signals/mine.yaml:8: ", "explanation: is empty"),
        (signal("roles: [unready]", "roles: unready"), "signals/mine.yaml:5: ", "a list is expected here"),
        (refused("signals/mine.yaml", ""), "signals/mine.yaml", "and there is nothing"),
        (link("1m", "soon"), "links/mine.yaml:6: ", "soon"),
        (link("[0s, 1m]", "[5m, 1m]"), "links/mine.yaml:6: ", "5m is more than 1m"),
        (link("grade: known", "grade: sure"), "links/mine.yaml:7: ", "none of mechanism, known and order"),
        (
            link("[NodeReady]", "[NodeRedy]"),
            "links/mine.yaml:2: ",
            "no signal is called NodeRedy; the nearest are NodeReady",
        ),
    ] {
        assert!(said.starts_with(place) && said.contains(expected), "{said}, where {place}…{expected} was expected");
    }
}

#[test]
fn a_rule_takes_the_place_of_a_built_in_one() {
    let text = SIGNAL.replace("DiskFull", "NodeReady");
    let knowledge = Knowledge::with_rules(&[RuleFile { path: "signals/mine.yaml", text: &text }]);
    let rule = knowledge.expect("rules that make sense").catalogue;
    let rule = rule.rule("NodeReady").expect("the rule");
    assert_eq!((rule.family.as_str(), rule.explanation.as_str()), ("mine", "It is full."));
}

fn tool(args: &[&str]) -> assert_cmd::assert::Assert {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).args(args).assert()
}

#[test]
fn a_folder_of_rules_is_tested_as_it_is_typed() {
    let rules = folder();
    let rules = rules.to_str().expect("a path");
    let told = tool(&["rules", "test", rules]).code(0);
    assert!(String::from_utf8_lossy(&told.get_output().stdout).contains("2 files: 0 errors, "));
    let empty = tempfile::tempdir().expect("a folder");
    let path = empty.path().to_str().expect("a path");
    let told = tool(&["rules", "test", path]).code(1);
    assert!(String::from_utf8_lossy(&told.get_output().stderr).contains("no signals/*.yaml and no links/*.yaml"));
    tool(&["rules", "test", "none/at/all"]).code(1);

    std::fs::create_dir(empty.path().join("links")).expect("a folder");
    let reversed = LINK.replace("matches: []", "matches: [{signals: [{at: 0s, signal: NodeReady, subject: Node/n}]}]");
    std::fs::write(empty.path().join("links/mine.yaml"), reversed.replace("id: full", "id: node-marks-pods"))
        .expect("a file");
    let told = tool(&["rules", "test", path]).code(1);
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    for line in [
        "error: links/mine.yaml:10: node-marks-pods: examples: should be an edge: NodeReady of Node/n at 0s\n",
        "note: links/mine.yaml:2: node-marks-pods: takes the place of the built-in one",
    ] {
        assert!(told.contains(line), "no {line} in {told}");
    }
    std::fs::remove_dir_all(empty.path().join("links")).expect("a folder");

    std::fs::create_dir(empty.path().join("signals")).expect("a folder");
    let wrong = SIGNAL.replace("matches: []", "matches: [{event: DiskWell, about: Pod/a/b}]");
    let wrong = wrong.replace("near_misses: []", "near_misses: [{event: DiskFull, about: Pod/a/b}]");
    std::fs::write(empty.path().join("signals/mine.yaml"), wrong).expect("a file");
    let told = tool(&["rules", "test", path]).code(1);
    let told = String::from_utf8_lossy(&told.get_output().stdout).into_owned();
    for line in [
        "error: signals/mine.yaml:10: DiskFull: examples: does not match about: Pod/a/b, event: DiskWell",
        "error: signals/mine.yaml:10: DiskFull: examples: matches about: Pod/a/b, event: DiskFull",
        "warning: signals/mine.yaml:2: DiskFull: false_alarms: does not say when it misleads",
        "1 file: 2 errors, ",
    ] {
        assert!(told.contains(line), "no {line} in {told}");
    }
}

#[test]
fn signals_are_explained_and_shown_with_those_of_a_folder() {
    let rules = folder();
    let (rules, archive) = (rules.to_str().expect("a path"), folder().join("archive"));
    let out = |args: &[&str], code: i32| {
        let told = tool(args).code(code);
        String::from_utf8_lossy(if code == 0 { &told.get_output().stdout } else { &told.get_output().stderr })
            .into_owned()
    };
    let page = out(&["signals", "backendswitched", "--rules", rules], 0);
    for part in ["# BackendSwitched", "an event BackendSwitched of a Deployment that says", "leads to WritesRefused: "]
    {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(out(&["signals", "OOMKil"], 2).contains("OOMKill"));
    assert!(out(&["signals", "--family", "nodes"], 2).contains("the nearest are node"));
    assert!(out(&["signals", "--family", "node"], 0).contains("NodeNotReady"));
    let all: serde_json::Value = serde_json::from_str(&out(&["signals", "--json"], 0)).expect("JSON");
    assert!(all.as_array().is_some_and(|all| all.len() > 100 && all.iter().all(|one| one["source"].is_string())));

    let archive = archive.to_str().expect("a path");
    let shown = out(&["show", archive, "signals", "--rules", rules], 0);
    assert!(shown.contains("WritesRefused") && shown.contains("NoReadyEndpoints"), "{shown}");
    assert!(out(&["show", archive, "signals", "--family", "nodes"], 2).contains("the nearest are node"));
    let shown = out(&["show", archive, "signals", "--rules", rules, "--family", "Storage", "--json"], 0);
    let shown: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let names: Vec<&str> = shown.as_array().expect("a list").iter().filter_map(|one| one["signal"].as_str()).collect();
    assert_eq!(names, ["BackendSwitched", "WritesRefused"]);
}
