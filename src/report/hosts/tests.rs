//! That no text of the cluster is markup in any form, that each form has its bounds, and that nothing of the draft is
//! lost on the way.

use super::document::{Block, Document, Inline, Item, List};
use super::{ALL, Host, confluence, jira, slack};
use crate::report::tests::{builders, hostile};
use proptest::prelude::*;
use quick_xml::events::Event;
use regex::Regex;
use std::sync::LazyLock;

fn host(name: &str) -> &'static Host {
    Host::named(name).expect("a host")
}

/// A document in which `text` stands in every place that text can have.
fn filled(text: &str) -> Vec<Block> {
    let line = || vec![Inline::Text(text.to_owned()), Inline::Code(text.to_owned()), Inline::Text(text.to_owned())];
    let item = || Item { line: line(), below: Vec::new() };
    let below = List { is_numbered: true, items: vec![item()] };
    let list = List { is_numbered: false, items: vec![Item { line: line(), below: vec![below] }, item()] };
    let marked = vec![Inline::Strong(text.to_owned()), Inline::Emphasis(text.to_owned())];
    vec![
        Block::Heading(2, line()),
        Block::Paragraph(line()),
        Block::Paragraph(marked),
        Block::List(list),
        Block::Table(vec![vec![line(), line()], vec![line(), Vec::new()]]),
        Block::Code { language: String::new(), text: text.to_owned() },
    ]
}

fn written(blocks: &[Block], write: fn(&Block) -> String) -> String {
    blocks.iter().map(write).collect()
}

/// The elements of a page and its text, as an XML parser reads them.
fn read_page(page: &str) -> Result<(Vec<String>, String), String> {
    let page = format!("<page xmlns:ac=\"urn:ac\">{page}</page>");
    let mut reader = quick_xml::Reader::from_str(&page);
    reader.config_mut().check_end_names = true;
    let (mut elements, mut text) = (Vec::new(), String::new());
    loop {
        match reader.read_event().map_err(|error| format!("{error}: {page}"))? {
            Event::Start(tag) => elements.push((*tag).to_owned()),
            Event::Text(words) => text.push_str(&words),
            Event::CData(words) => text.push_str(&words),
            Event::GeneralRef(name) => {
                let shown = quick_xml::escape::unescape(&format!("&{};", &*name)).map(|shown| shown.into_owned());
                text.push_str(&shown.map_err(|error| error.to_string())?);
            }
            Event::End(_) => {}
            Event::Eof => return Ok((elements, text)),
            other => return Err(format!("{other:?}: {page}")),
        }
    }
}

/// What of Jira's notation is markup in a text: all that it has no escape before.
fn jira_marks(text: &str) -> String {
    static KEY: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("(^|[^A-Za-z0-9])[A-Z][A-Z0-9]+-[0-9]").expect("a pattern"));
    assert!(!KEY.is_match(text), "an issue's key: {text}");
    let mut marks = String::new();
    let mut rest = text.chars().peekable();
    let mut before = ' ';
    while let Some(character) = rest.next() {
        let next = rest.peek().copied().unwrap_or(' ');
        match character {
            '\\' => {
                assert!(next.is_ascii_punctuation() && next != '\\', "a backslash before {next:?}: {text}");
                rest.next();
            }
            '-' if before.is_alphanumeric() && next.is_alphanumeric() => {}
            '&' => assert!(matches!(next, '#' | 'a' | 'l' | 'g'), "{text}"),
            ';' => assert_ne!(next, ')', "{text}"),
            ':' => assert!(!")(DP/".contains(next), "{text}"),
            '#' if before == '&' => {}
            '{' | '}' | '[' | ']' | '|' | '*' | '_' | '?' | '+' | '^' | '~' | '!' | '#' | '@' | '-' => {
                marks.push(character)
            }
            '\n' => marks.push(character),
            _ => {}
        }
        before = character;
    }
    marks
}

/// What of Slack's mrkdwn is markup in a text.
fn slack_marks(text: &str) -> String {
    let mut marks = String::new();
    for line in text.lines() {
        assert!(line.len() <= 1_500, "{} bytes: {line}", line.len());
        // In code nothing but its end has a meaning.
        for (number, part) in line.split('`').enumerate() {
            assert!(!part.contains(['<', '>']), "{line}");
            if number % 2 == 0 {
                marks.extend(part.chars().filter(|character| "*_~•".contains(*character)));
            }
            marks.push('`');
        }
        marks.push('\n');
    }
    marks
}

#[test]
fn hostile_text_is_no_markup() {
    for text in hostile::TEXTS.iter().map(|text| text.replace(['\n', '\r'], " ")) {
        assert_inert(&text);
    }
    for text in [
        "bq. a",
        " bq. a",
        "h1. a",
        "ABC-1",
        "a -b- c",
        "(!) :) ;) (on)",
        "]]> ]]>",
        "\\\\ \\{a}",
        "{noformat}",
        "{{a}}",
    ] {
        assert_inert(text);
    }
}

fn assert_inert(text: &str) {
    let (hostile, harmless) = (filled(text), filled("x"));
    let jira_of = |blocks: &[Block]| {
        let text = written(blocks, jira::write);
        // What is shown as it stands has no marks but its own end.
        let (before, code) = text.split_once("{noformat}\n").expect("a code block");
        assert_eq!(code.matches('{').count(), 1, "{code}");
        jira_marks(before)
    };
    assert_eq!(jira_of(&hostile), jira_of(&harmless), "{}", written(&hostile, jira::write));
    for line in written(&hostile, jira::write).lines().take_while(|line| *line != "{noformat}") {
        let line = line
            .split_once(' ')
            .filter(|(marks, _)| marks.trim_matches(['*', '#']).is_empty())
            .map_or(line, |(_, rest)| rest);
        assert!(!line.starts_with("bq."), "{line}");
    }
    let (elements, shown) = read_page(&written(&hostile, confluence::write)).expect("XML");
    let (expected, _) = read_page(&written(&harmless, confluence::write)).expect("XML");
    assert_eq!(elements, expected, "{text}");
    let printed: String = text.chars().filter(|one| !one.is_control() && *one != '\u{fffd}').collect();
    assert!(shown.replace('\u{fffd}', "").contains(&printed) || printed != text, "{text}");
    let slack_of = |blocks: &[Block]| slack_marks(&written(blocks, slack::write).replace("\n```\n", "\n"));
    assert_eq!(slack_of(&hostile), slack_of(&harmless), "{}", written(&hostile, slack::write));
}

proptest! {
    #[test]
    fn no_text_is_markup(text in "([|`\\\\<>\\[\\]()#*_~@!&$\"'{}:;.\\-+=0-9A-Z ?^/]|\\PC|bq\\.|h1\\.|\\]\\]>|ABC-1){1,60}") {
        let text = text.replace(|character: char| character.is_whitespace(), " ");
        prop_assume!(!text.trim().is_empty());
        assert_inert(&text);
    }

    #[test]
    fn any_text_is_xml(text in any::<String>()) {
        let page = written(&filled(&text), confluence::write);
        let (elements, _) = read_page(&page).expect("XML");
        prop_assert_eq!(elements, read_page(&written(&filled("x"), confluence::write)).expect("XML").0);
    }
}

#[test]
fn all_of_the_draft_is_read() {
    let draft = "# A `b`\n\nWords\nof two lines.\n\n| a | b |\n|---|---|\n| `x\\|y` | |\n\n- **one**: two\n  - below\n1. _fill_\n\n```mermaid\nflowchart TD\n```\n";
    let mut document = Document::read(draft);
    document.draw(Some("chart"));
    let jira = written(&document.blocks, jira::write);
    assert_eq!(
        jira,
        "h1. A {{b}}\n\nWords of two lines.\n\n||a||b||\n|{{x\\|y}}| |\n\n* *one*: two\n** below\n\n# _fill_\n\n{noformat}\nchart\n{noformat}\n\n"
    );
    let slack = written(&document.blocks, slack::write);
    assert_eq!(
        slack,
        "*A b*\n\nWords of two lines.\n\n• `x|y`\n\n• *one*: two\n    • below\n\n1. _fill_\n\n```\nchart\n```\n\n"
    );
    let (_, text) = read_page(&written(&document.blocks, confluence::write)).expect("XML");
    assert_eq!(
        text.split_whitespace().collect::<Vec<_>>().join(" "),
        "A b Words of two lines. ab x|y one: twobelow fill chart"
    );
}

#[test]
fn each_form_has_room_for_edits_whatever_the_size() {
    let mut of = builders::memory_cascade();
    let signals = of.signals.clone();
    for _ in 0..12 {
        of.signals.extend(signals.iter().cloned());
        for host in ALL {
            let written = host.write(&of);
            assert!(written.len() <= host.limit / 2, "{}: {} bytes", host.name, written.len());
            assert!(written.contains("room for edits"), "{}", host.name);
        }
    }
    // So many that the smaller ones are cut, which is said.
    assert!(host("github").write(&of).contains("was cut to half of the 65536 characters"));
}

#[test]
fn hostile_incidents_are_inert_in_every_form() {
    let of = builders::hostile();
    read_page(&host("confluence").write(&of)).expect("XML");
    let slack = host("slack").write(&of);
    assert!(!slack.contains(['<', '>']));
    assert!(slack.lines().all(|line| line.len() <= 1_500));
    let jira = host("jira").write(&of);
    let headings = jira.lines().filter(|line| line.starts_with('h')).count();
    let draft = crate::report::postmortem::write_within(&of, usize::MAX);
    assert!(
        jira.contains("h3. Records")
            && headings > 3
            && headings <= draft.lines().filter(|line| line.starts_with('#')).count() + 1
    );
    assert!(!jira.contains("{code") && !jira.contains("[a|") && !jira.contains("[~"));
}

#[test]
fn a_flowchart_is_drawn_where_it_can_be_and_is_text_elsewhere() {
    let of = builders::memory_cascade();
    for host in ALL {
        let written = host.write(&of);
        let is_drawn = matches!(host.name, "gitea" | "github" | "gitlab");
        assert_eq!(written.contains("```mermaid\nflowchart TD"), is_drawn, "{}", host.name);
        assert!(is_drawn || !written.contains("flowchart TD"), "{}", host.name);
    }
    assert!(host("jira").write(&of).contains("{noformat}\n"));
}

/// Boxes of the chart in a draft.
fn boxes(draft: &str) -> Vec<&str> {
    let (_, chart) = draft.split_once("```mermaid\n").unwrap_or_default();
    let (chart, _) = chart.split_once("\n```").unwrap_or_default();
    chart.lines().filter(|line| line.contains("[\"")).collect()
}

#[test]
fn the_chart_keeps_both_ends_in_a_few_boxes() {
    for of in [builders::memory_cascade(), builders::node_crash(), builders::huge(300)] {
        let draft = host("github").write(&of);
        let boxes = boxes(&draft);
        assert!((2..=15).contains(&boxes.len()), "{} boxes", boxes.len());
        assert!(boxes.iter().any(|one| one.contains(", first")), "{boxes:#?}");
    }
    let of = builders::memory_cascade();
    assert!(boxes(&host("github").write(&of)).iter().any(|one| one.ends_with(", hurt\"]")));
    // Text elsewhere, in the same boxes.
    let jira = host("jira").write(&of);
    assert!(jira.contains(", hurt\n") && jira.contains("    --> "), "{jira}");
}
