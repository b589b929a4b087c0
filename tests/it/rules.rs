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
    let impact = section(&draft, "## Impact");
    assert!(impact.contains("Endpoints/shop/api` had no ready address"), "{impact}");
    assert!(impact.contains("WritesRefused"), "{impact}");

    // factor and action
    let trigger = report.factors.iter().find(|factor| factor.class == "trigger").expect("a trigger");
    assert!(trigger.statement.contains("switched to the backend blue"), "{}", trigger.statement);
    let actions = section(&draft, "## Action");
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
