//! The pages of signals and links in docs/ are what the catalogue says, and docs/rules.md names what rules may have.

use crate::fixture;
use k8s_forensics::analysis::Knowledge;
use k8s_forensics::report::pages;
use std::path::{Path, PathBuf};

/// Below docs/.
fn docs(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(path)
}

/// Fails where the page is stale; writes it with K8SF_BLESS=1.
fn compare(page: &str, text: &str) {
    let path = docs(page);
    if std::env::var("K8SF_BLESS").is_ok() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, text).expect("a page");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    let differing = text.lines().zip(committed.lines()).find(|(new, old)| new != old);
    assert!(
        text == committed,
        "docs/{page} is stale: {differing:?}. K8SF_BLESS=1 cargo test --test it pages writes it"
    );
}

/// Files below a folder of docs/, as paths from docs/.
fn below(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(below(&path));
        } else {
            let path = path.strip_prefix(docs("")).expect("below docs").to_str().expect("a name").replace('\\', "/");
            found.push(path);
        }
    }
    found.sort();
    found
}

#[test]
fn the_pages_of_signals_and_links_are_what_the_catalogue_says() {
    let Knowledge { catalogue, links, .. } = fixture::knowledge();
    let (pages, summary) = pages::pages(catalogue, links);
    pages.iter().for_each(|page| compare(&page.path, &page.text));
    let gone = below(&docs("signals")).into_iter().filter(|path| !pages.iter().any(|page| page.path == *path));
    for path in gone {
        assert!(std::env::var("K8SF_BLESS").is_ok(), "docs/{path} is of a signal that is gone");
        std::fs::remove_file(docs(&path)).expect("a page that is gone");
    }
    let list = std::fs::read_to_string(docs("SUMMARY.md")).expect("the list of pages");
    let is_signal = |line: &&str| line.contains("](signals/");
    let mut lines: Vec<&str> = list.lines().filter(|line| !is_signal(line)).collect();
    let after = lines.iter().position(|line| line.contains("](signals.md)")).expect("the page of signals") + 1;
    lines.splice(after..after, summary.lines());
    compare("SUMMARY.md", &format!("{}\n", lines.join("\n")));
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

/// What a page of docs/ or of the root leads to: places and pictures, without those of the web.
fn links(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced || line.starts_with("    ") {
            continue;
        }
        let outside: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
        for part in outside.split("](").skip(1) {
            let target = part.split([')', ' ']).next().unwrap_or_default();
            if !target.contains("://") && !target.is_empty() {
                found.push(target.to_owned());
            }
        }
    }
    found
}

/// The anchors that GitHub and mdBook give the headings of a page.
fn anchors(text: &str) -> Vec<String> {
    let heading = |line: &str| line.starts_with('#').then(|| line.trim_start_matches('#').trim().to_lowercase());
    let kept = |sign: char| sign.is_alphanumeric() || "-_ ".contains(sign);
    let slug = |text: String| text.chars().filter(|sign| kept(*sign)).collect::<String>().replace(' ', "-");
    text.lines().filter_map(heading).map(slug).collect()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every page that people read: those of docs/, and those of the root.
fn read_by_people() -> Vec<PathBuf> {
    let of_docs = below(&docs("")).into_iter().filter(|path| path.ends_with(".md")).map(|path| docs(&path));
    let of_root = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(|name| root().join(name));
    of_docs.chain(of_root).collect()
}

#[test]
fn every_link_of_the_pages_leads_somewhere() {
    let mut wrong = Vec::new();
    for page in read_by_people() {
        let text = std::fs::read_to_string(&page).expect("a page");
        for link in links(&text) {
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let to = if path.is_empty() { page.clone() } else { page.parent().expect("a folder").join(path) };
            let leads = match (to.exists(), anchor) {
                (false, _) => false,
                (true, "") => true,
                (true, _) => anchors(&std::fs::read_to_string(&to).expect("a page")).iter().any(|one| one == anchor),
            };
            if !leads {
                wrong.push(format!("{} leads to {link}", page.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_of_docs_is_in_the_site_once() {
    let listed = links(&std::fs::read_to_string(docs("SUMMARY.md")).expect("the list of pages").replace("    ", ""));
    let pages: Vec<String> = below(&docs("")).into_iter().filter(|path| path.ends_with(".md")).collect();
    for page in pages.iter().filter(|page| *page != "SUMMARY.md") {
        let count = listed.iter().filter(|one| *one == page).count();
        assert_eq!(count, 1, "docs/{page} is {count} times in docs/SUMMARY.md");
    }
    for one in listed.iter().filter(|one| !one.starts_with("../")) {
        assert!(pages.contains(one), "docs/SUMMARY.md names {one}, which is not there");
    }
}
