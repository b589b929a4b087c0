//! docs/signals.md and docs/links.md are what the catalogue says, and docs/rules.md names what rules may have.

use k8s_forensics::analysis::Knowledge;
use k8s_forensics::report::explained;
use std::path::Path;

/// Fails where the page is stale; writes it with K8SF_BLESS=1.
fn compare(page: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    if std::env::var("K8SF_BLESS").is_ok() {
        std::fs::write(&path, text).expect("a page");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = text.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        text == committed,
        "docs/{page} is stale: {differing:?}. K8SF_BLESS=1 cargo test --test it pages writes it"
    );
}

#[test]
fn the_pages_of_signals_and_links_are_what_the_catalogue_says() {
    let Knowledge { catalogue, links } = Knowledge::built_in().expect("the built-in rules");
    compare("signals.md", &explained::signals_page(&catalogue, &links));
    compare("links.md", &explained::links_page(&links));
}

/// The loader names all fields that it knows when it meets one that it does not.
#[test]
fn the_page_on_rules_names_every_field() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md")).expect("a page");
    let mut missing = Vec::new();
    for (path, text) in [
        ("signals/a.yaml", "signals:\n  - {name: A, no-such-field: 1}\n"),
        ("signals/a.yaml", "signals:\n  - {name: A, look: [{no-such-field: 1}]}\n"),
        ("signals/a.yaml", "signals:\n  - {name: A, look: [{event: {no-such-field: 1}}]}\n"),
        ("signals/a.yaml", "signals:\n  - {name: A, look: [{series: {no-such-field: 1}}]}\n"),
        ("signals/a.yaml", "signals:\n  - {name: A, examples: {no-such-field: 1}}\n"),
        ("links/a.yaml", "links:\n  - {id: a, no-such-field: 1}\n"),
        ("links/a.yaml", "links:\n  - {id: a, labels: {no-such-field: 1}}\n"),
        ("links/a.yaml", "links:\n  - {id: a, examples: {no-such-field: 1}}\n"),
    ] {
        let files = [k8s_forensics::analysis::RuleFile { path, text }];
        let said = Knowledge::with_rules(&files).expect_err("an unknown field").to_string();
        let (_, fields) = said.split_once("expected one of ").unwrap_or_else(|| panic!("no fields in {said}"));
        let fields: Vec<&str> = fields.lines().next().unwrap_or_default().split(", ").collect();
        assert!(fields.len() > 1, "{said}");
        missing.extend(fields.iter().filter(|field| !page.contains(&format!("`{field}`"))).map(ToString::to_string));
    }
    assert!(missing.is_empty(), "docs/rules.md does not name {missing:?}");
}

/// The rules that the page shows are such as it asks for.
#[test]
fn the_rules_of_the_page_hold() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md")).expect("a page");
    let indented = |first: &str| -> String {
        let lines = page.lines().skip_while(|line| *line != first).take_while(|line| line.starts_with("    "));
        lines.filter_map(|line| line.strip_prefix("    ")).map(|line| format!("{line}\n")).collect()
    };
    let (signals, links) = (indented("    signals:"), indented("    links:"));
    let files = [
        k8s_forensics::analysis::RuleFile { path: "signals/storage.yaml", text: &signals },
        k8s_forensics::analysis::RuleFile { path: "links/storage.yaml", text: &links },
    ];
    let knowledge = Knowledge::with_rules(&files).expect("rules");
    let said = [knowledge.wrong_examples(&files), knowledge.lacking(&files), knowledge.replacing(&files)].concat();
    assert!(said.is_empty(), "{said:#?}");
}
