//! The postmortem draft: its words, its citations, its limits, and that nothing in it can become markup.

use super::builders;
use crate::cascade::Grade;
use crate::evidence::Status;
use crate::model::Citation;
use crate::report::{Analyzed, lint, postmortem, safe};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use regex::Regex;
use std::sync::LazyLock;

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../../../tests/data/report/expected", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn drafts_of_incidents() {
    snapshot("memory-cascade-draft", &postmortem::write(&builders::memory_cascade()));
    snapshot("node-crash-draft", &postmortem::write(&builders::node_crash()));
    snapshot("empty-draft", &postmortem::write(&builders::empty()));
}

/// The tables of a draft as text, and what must not be in it.
#[derive(Default)]
struct Read {
    tables: Vec<Vec<Vec<String>>>,
    html: Vec<String>,
    links: usize,
    headings: Vec<String>,
    mermaid: Vec<String>,
}

fn read(draft: &str) -> Read {
    let mut read = Read::default();
    let (mut in_heading, mut in_mermaid, mut in_cell) = (false, false, false);
    for event in Parser::new_ext(draft, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Table(_)) => read.tables.push(Vec::new()),
            Event::Start(Tag::TableHead | Tag::TableRow) => read.tables.last_mut().unwrap().push(Vec::new()),
            Event::Start(Tag::TableCell) => {
                in_cell = true;
                read.tables.last_mut().unwrap().last_mut().unwrap().push(String::new());
            }
            Event::End(TagEnd::TableCell) => in_cell = false,
            Event::Start(Tag::Heading { .. }) => {
                in_heading = true;
                read.headings.push(String::new());
            }
            Event::End(TagEnd::Heading(_)) => in_heading = false,
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                assert_eq!(&*language, "mermaid");
                in_mermaid = true;
                read.mermaid.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => in_mermaid = false,
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => read.links += 1,
            Event::Html(html) | Event::InlineHtml(html) => read.html.push(html.trim().to_owned()),
            Event::Text(text) | Event::Code(text) => {
                if in_cell {
                    read.tables.last_mut().unwrap().last_mut().unwrap().last_mut().unwrap().push_str(&text);
                } else if in_mermaid {
                    read.mermaid.last_mut().unwrap().push_str(&text);
                } else if in_heading {
                    read.headings.last_mut().unwrap().push_str(&text);
                }
            }
            _ => {}
        }
    }
    read
}

fn table<'a>(read: &'a Read, first_head: &str) -> &'a [Vec<String>] {
    read.tables.iter().find(|table| table[0][0] == first_head).map(|table| &table[1..]).unwrap_or_default()
}

fn all() -> Vec<(&'static str, Analyzed)> {
    vec![
        ("memory-cascade", builders::memory_cascade()),
        ("node-crash", builders::node_crash()),
        ("empty", builders::empty()),
        ("hostile", builders::hostile()),
        ("huge", builders::huge(600)),
    ]
}

#[test]
fn every_row_and_factor_cites() {
    for report in [builders::memory_cascade(), builders::node_crash()] {
        let draft = postmortem::write(&report);
        let read = read(&draft);
        let page = table(&read, "Time (UTC)");
        assert!(!page.is_empty() && page.len() <= 15);
        assert!(page.iter().all(|row| row.last().unwrap().contains("[E")), "{page:?}");
        let full = read.tables.iter().find(|table| table[0].len() == 7 && table[0][0] == "Time (UTC)");
        let rows = &full.expect("the full timeline")[1..];
        assert_eq!(rows.len(), report.signals.len());
        for row in rows {
            let record = row.last().unwrap();
            let place = record.split(' ').nth(1).unwrap();
            let (entry, line) = place.rsplit_once(':').unwrap();
            let mut found = report.signals.iter().flat_map(|signal| &signal.evidence);
            let is_it = |one: &Citation| report.evidence.path(one.entry) == entry && one.line.to_string() == line;
            assert!(found.any(is_it), "{record}");
        }
        let factors = draft.split("### All contributing factors").nth(1).unwrap().split("\n### ").next().unwrap();
        for line in
            factors.lines().filter(|line| line.starts_with("- ") && !line.starts_with("- Not found in the records."))
        {
            assert!(line.contains("[E"), "{line}");
        }
        assert_eq!(factors.matches("\n#### ").count(), 8);
    }
}

#[test]
fn every_number_resolves_in_the_index() {
    let draft = postmortem::write(&builders::memory_cascade());
    let read = read(&draft);
    let index = table(&read, "");
    let index: Vec<&str> = read
        .tables
        .iter()
        .filter(|table| table[0].get(1).is_some_and(|head| head == "Record"))
        .flat_map(|table| &table[1..])
        .map(|row| row[0].as_str())
        .chain(index.iter().map(|row| row[0].as_str()))
        .collect();
    let cited = Regex::new(r"E(\d+)").unwrap();
    let brackets = Regex::new(r"\[E\d+(, E\d+)*\]").unwrap();
    let mut seen = 0;
    for bracket in brackets.find_iter(&draft) {
        for number in cited.find_iter(bracket.as_str()) {
            seen += 1;
            assert!(index.contains(&number.as_str()), "{}", number.as_str());
        }
    }
    assert!(seen > 60, "{seen}");
}

#[test]
fn the_draft_is_blameless() {
    for (name, report) in all() {
        assert_eq!(lint::check(&postmortem::write(&report)), [], "{name}");
    }
}

/// The headings of every draft, below its title.
const HEADINGS: [&str; 25] = [
    "Summary",
    "Impact",
    "Minutes",
    "Timeline",
    "Trigger and changes",
    "What went well, what was lucky, what made it worse",
    "Actions",
    "Questions",
    "How sure are we?",
    "Appendix",
    "About this draft",
    "What it rests on",
    "Cascade",
    "All of the impact",
    "Changes before the first sign",
    "Recovery",
    "All contributing factors",
    "Trigger",
    "Latent conditions",
    "Propagation",
    "Amplifiers",
    "Detection",
    "Response",
    "Recovery",
    "Luck",
];
/// Headings of sections that are there only where they have something to say.
const SOMETIMES: [&str; 3] = ["Contributing factors", "Other findings", "Not understood"];

static CHART_LINE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r#"^(flowchart TD|n\d+\["[^"\[\]{};#&%@`|\\]*"\]|n\d+ (-->|-\.->)(\|\d+ steps? between\|)? n\d+)$"#)
        .unwrap()
});

/// Fails where anything in the draft is markup that the template did not put there.
fn assert_inert(name: &str, draft: &str) {
    let read = read(draft);
    assert!(!draft.chars().any(|character| character != '\n' && safe::is_unsafe(character)), "{name}");
    assert_eq!(read.links, 0, "{name}");
    for html in &read.html {
        let ours = ["<details>", "</details>", "<summary>"].iter().any(|tag| html.starts_with(tag));
        assert!(ours, "{name}: {html}");
    }
    let always = |heading: &&String| !SOMETIMES.contains(&heading.as_str());
    let headings: Vec<&String> = read.headings.iter().skip(1).filter(always).collect();
    assert_eq!(headings[..HEADINGS.len()], HEADINGS, "{name}");
    assert_eq!(headings[HEADINGS.len()..], ["Full timeline", "Further actions and questions"], "{name}");
    for table in
        read.tables.iter().filter(|table| table[0].last().is_some_and(|head| head == "Record") && table[0].len() == 7)
    {
        // A bar that got through would push the record out of the last cell.
        assert!(table[1..].iter().all(|row| row[6].starts_with("[E")), "{name}");
    }
    for mermaid in &read.mermaid {
        assert!(mermaid.chars().count() <= 2_001, "{name}");
        assert!(mermaid.lines().all(|text| CHART_LINE.is_match(text)), "{name}: {mermaid}");
    }
}

#[test]
fn nothing_from_the_cluster_becomes_markup() {
    for (name, report) in all() {
        assert_inert(name, &postmortem::write(&report));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn no_text_becomes_markup(text in "([|`\\\\<>\\[\\]()#*_~@!&$\"'{}:;.\\-+=0-9 \n\t]|\\PC|root cause|http://x.test){1,80}") {
        assert_inert(&text, &postmortem::write(&builders::filled(&text)));
    }
}

#[test]
fn tables_keep_their_rows() {
    for (name, report) in all() {
        let draft = postmortem::write(&report);
        let read = read(&draft);
        let rows = report.signals.len();
        // Routine rows and those that do not fit stand in the appendix, in a table of the same form.
        let tables = read.tables.iter().filter(|table| table[0].len() == 7 && table[0][0] == "Time (UTC)");
        let shown: usize = tables.map(|table| table.len() - 1).sum();
        assert!(shown == rows || draft.contains(" timeline rows"), "{name}: {shown} of {rows}");
    }
}

#[test]
fn drafts_fit_their_ticket() {
    for report in [builders::huge(600), builders::huge(5_000), builders::hostile(), builders::memory_cascade()] {
        for limit in [postmortem::GITHUB_CHARACTERS, postmortem::JIRA_CHARACTERS, 4_000] {
            assert!(postmortem::write_within(&report, limit).chars().count() <= limit);
        }
    }
    let draft = postmortem::write(&builders::huge(5_000));
    assert!(draft.contains("Left out here to fit a ticket: "));
    assert!(draft.contains("## Questions\n"));
}

/// What is read before the appendix is one page, however much was found. Names of Kubernetes hold no blanks, as those of
/// the hostile report do.
#[test]
fn the_page_keeps_to_its_words() {
    for (name, report) in
        all().into_iter().filter(|(name, _)| *name != "hostile").chain([("huge", builders::huge(5_000))])
    {
        let draft = postmortem::write(&report);
        let (page, _) = draft.split_once("\n## Appendix\n").expect("an appendix");
        let words = page.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        assert!(words <= 700, "{name}: {words}");
    }
}

#[test]
fn an_empty_report_claims_no_more_than_it_knows() {
    let draft = postmortem::write(&builders::empty());
    assert!(draft.contains("No pod, node or Service was seen to be hurt; events, pods, nodes, Services"));
    assert!(!draft.to_lowercase().contains("nothing happened"));
    let mut report = builders::empty();
    for outcome in &mut report.evidence.outcomes {
        if ["pods", "alert-history"].contains(&outcome.subject.as_str()) {
            outcome.status = Status::Denied;
        }
    }
    let draft = postmortem::write(&report);
    assert!(draft.contains("That there was none cannot be said; it would take all of these: pods."), "{draft}");
    for claim in ["was seen to be hurt", "| none |", "is recorded.", "nothing failed"] {
        assert!(!draft.contains(claim), "{claim}");
    }
    let questions = draft.split("## Further actions and questions").nth(1).unwrap();
    assert!(questions.contains("\n10. "));
}

#[test]
fn only_mechanism_and_known_are_said_to_cause() {
    let mut report = builders::memory_cascade();
    report.analysis.edges.iter_mut().for_each(|edge| edge.grade = Grade::Order);
    let draft = postmortem::write(&report);
    let cascade = draft.split("### Cascade").nth(1).unwrap().split("\n### ").next().unwrap();
    assert!(cascade.contains("was followed"));
    assert!(!cascade.contains("caused") && !cascade.contains("because") && !cascade.contains("-->"));
}
