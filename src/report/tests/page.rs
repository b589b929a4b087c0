//! The timeline page: that it is one sound, inert document which draws what the report holds.

use super::builders;
use crate::report::{Analyzed, safe, summary, timeline};
use proptest::prelude::*;
use regex::Regex;
use std::collections::BTreeSet;

fn all() -> Vec<(&'static str, Analyzed)> {
    vec![
        ("memory-cascade", builders::memory_cascade()),
        ("node-crash", builders::node_crash()),
        ("empty", builders::empty()),
        ("hostile", builders::hostile()),
        ("huge", builders::huge(600)),
    ]
}

fn found<'a>(pattern: &str, page: &'a str) -> Vec<&'a str> {
    let pattern = Regex::new(pattern).unwrap();
    pattern.captures_iter(page).map(|found| found.get(1).unwrap().as_str()).collect()
}

#[test]
fn pages_load_nothing_and_run_only_their_own_script() {
    let quoted = Regex::new(r#""[^"]*""#).unwrap();
    for (name, report) in all() {
        let page = timeline::write(&report);
        assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"), "{name}");
        assert!(!page.contains("unsafe-inline"), "{name}");
        let scripts = found("<script([^>]*)>", &page);
        assert!(
            scripts.iter().all(|attributes| ["", " type=\"application/json\" id=\"data\""].contains(attributes)),
            "{name}"
        );
        assert_eq!(scripts.len(), if name == "empty" { 0 } else { 2 }, "{name}");
        assert_eq!(page.matches("</script>").count(), scripts.len(), "{name}");
        assert!(!page.contains("<img") && !page.contains("<iframe") && !page.contains("style=\""), "{name}");
        assert!(found(r#"href="([^"]*)""#, &page).iter().all(|address| address.starts_with('#')), "{name}");
        let bare = quoted.replace_all(&page, "");
        assert!(found(r"<[a-zA-Z][^>]*\s(on[a-z]+|src)=", &bare).is_empty(), "{name}");
        assert!(!page.chars().any(|character| character != '\n' && safe::is_unsafe(character)), "{name}");
        assert_eq!(page, timeline::write(&report), "{name}");
    }
}

#[test]
fn every_mark_leads_to_its_row_and_every_id_is_one() {
    for (name, report) in all() {
        let page = timeline::write(&report);
        let ids = found(r#"<[^>]* id="([^"]*)""#, &page);
        let unique: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(unique.len(), ids.len(), "{name}");
        for target in found(r##"href="#([^"]*)""##, &page) {
            assert!(unique.contains(target), "{name}: {target}");
        }
        assert_eq!(page.matches("<tr id=\"row-").count(), report.signals.len(), "{name}");
    }
}

#[test]
fn the_data_is_sound_json_that_cannot_leave_its_element() {
    for (name, report) in all().into_iter().filter(|(name, _)| *name != "empty") {
        let page = timeline::write(&report);
        let data = page.split("id=\"data\">").nth(1).unwrap().split("</script>").next().unwrap();
        assert!(!data.contains(['<', '>', '&']), "{name}");
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        let signals = data["signals"].as_object().unwrap();
        for edge in data["edges"].as_array().unwrap() {
            assert!(signals.contains_key(edge["from"].as_str().unwrap()), "{name}");
            assert!(signals.contains_key(edge["to"].as_str().unwrap()), "{name}");
        }
        let marks = found(r#"<a class="mark[^>]* data-id="([^"]*)""#, &page);
        assert!(marks.iter().all(|mark| signals.contains_key(*mark)), "{name}");
        assert!(marks.len() <= 400, "{name}");
    }
}

#[test]
fn lanes_stand_in_groups() {
    let page = timeline::write(&builders::memory_cascade());
    let lanes = found(r#"<li class="(?:group|lane)[^>]*>(?:<span>)?([^<]*)<"#, &page);
    insta::assert_snapshot!(lanes.join("\n"), @r"
    Changes
    ConfigMap platform/alerter
    Deployment platform/alerter
    Node node-1
    Nodes
    node-1
    node-2
    Pods in monitoring
    prometheus
    Pods in platform
    cache
    web
    alerter
    Services
    platform/web
    Gaps in the records
    Cluster
    ");
}

#[test]
fn a_page_without_signals_says_what_it_does_not_know() {
    let mut report = builders::empty();
    assert!(timeline::write(&report).contains("Nothing failed: no pod, node or Service was seen to be hurt."));
    report.evidence.outcomes.retain(|outcome| outcome.subject != "pods");
    let page = timeline::write(&report);
    assert!(page.contains("No failure was recognised. What was not collected or not understood may hold one."));
    assert!(page.contains("Not collected") && !page.contains("Nothing failed"));
}

#[test]
fn labels_do_not_meet_in_a_chart_of_full_width() {
    let mark = Regex::new(
        r#"<svg x="([0-9.]+)%" y="(\d+)" overflow="visible"><rect class="hit"[^>]*/><use[^>]*/>\s*<text class="label" x="(-?)11"[^>]*>([^<]*)<"#,
    ).unwrap();
    for (name, report) in all() {
        let page = timeline::write(&report);
        let mut taken: Vec<(String, f64, f64)> = Vec::new();
        for found in mark.captures_iter(&page) {
            let (x, row) = (found[1].parse::<f64>().unwrap() * 10.0, found[2].to_owned());
            let label = found[4]
                .replace("&#60;", "<")
                .replace("&#62;", ">")
                .replace("&#34;", "\"")
                .replace("&#39;", "'")
                .replace("&#38;", "&");
            if label.is_empty() {
                continue;
            }
            let length = 11.0 + label.chars().count() as f64 * 6.4;
            let (from, to) = if &found[3] == "-" { (x - length, x) } else { (x, x + length) };
            for (other, start, end) in &taken {
                assert!(*other != row || to <= *start || *end <= from, "{name}: {label} at {x}");
            }
            taken.push((row, from, to));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_text_changes_the_page_or_the_terminal(text in "([<>/\"'&;=!\\-\u{0}-\u{1f}]|</script>|<!--|\\]\\]>|\\PC| ){1,60}") {
        let report = builders::filled(&text);
        let page = timeline::write(&report);
        prop_assert_eq!(page.matches("<script").count(), 2);
        prop_assert_eq!(page.matches("</script").count(), 2);
        prop_assert_eq!(page.matches("<!--").count(), 0);
        prop_assert_eq!(page.matches("<tr id=\"row-").count(), 29);
        for line in summary::write(&report, 80).lines() {
            prop_assert!(textwrap::core::display_width(line) <= 80 && !line.chars().any(safe::is_unsafe));
        }
    }
}
