//! The timeline page: that it is one sound, inert, small document which holds what the report does. What it draws is tried
//! in a browser, in tests/it/page.

use super::builders;
use crate::report::{Analyzed, safe, summary, timeline};
use ct_codecs::{Base64, Decoder};
use flate2::read::ZlibDecoder;
use proptest::prelude::*;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Read;

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

/// What is packed in an element of a page.
pub fn unpacked(page: &str, id: &str) -> Value {
    let packed = page.split(&format!("id=\"{id}\">")).nth(1).unwrap().split("</script>").next().unwrap();
    let bytes = Base64::decode_to_vec(packed, None).unwrap();
    let mut json = String::new();
    ZlibDecoder::new(bytes.as_slice()).read_to_string(&mut json).unwrap();
    serde_json::from_str(&json).unwrap()
}

#[test]
fn pages_load_nothing_and_run_only_their_own_script() {
    let quoted = Regex::new(r#""[^"]*""#).unwrap();
    for (name, report) in all() {
        let page = timeline::write(&report);
        assert!(page.contains("content=\"default-src &#39;none&#39;; style-src &#39;sha256-"), "{name}");
        assert!(!page.contains("unsafe-inline"), "{name}");
        let scripts = found("<script([^>]*)>", &page);
        let data = |attributes: &&str| attributes.starts_with(" type=\"application/octet-stream\" id=\"");
        assert_eq!(scripts.len(), if name == "empty" { 0 } else { 3 }, "{name}");
        assert_eq!(scripts.iter().filter(|one| data(one)).count(), scripts.len().saturating_sub(1), "{name}");
        assert_eq!(page.matches("</script>").count(), scripts.len(), "{name}");
        assert!(!page.contains("<img") && !page.contains("<iframe") && !page.contains("style=\""), "{name}");
        assert!(found(r#"href="([^"]*)""#, &page).iter().all(|address| address.starts_with('#')), "{name}");
        let markup = page.split("<script>").next().unwrap();
        let bare = quoted.replace_all(markup, "");
        assert!(found(r"<[a-zA-Z][^>]*\s(on[a-z]+|src)=", &bare).is_empty(), "{name}");
        for word in ["eval(", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "fetch(", "import("] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(!page.chars().any(|character| character != '\n' && safe::is_unsafe(character)), "{name}");
        assert_eq!(page, timeline::write(&report), "{name}");
    }
}

#[test]
fn every_row_is_in_the_table_and_every_link_leads_somewhere() {
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
fn the_data_holds_every_signal_in_a_lane() {
    for (name, report) in all().into_iter().filter(|(name, _)| *name != "empty") {
        let page = timeline::write(&report);
        let (chart, bodies) = (unpacked(&page, "chart-data"), unpacked(&page, "bodies-data"));
        let (marks, lanes) = (chart["marks"].as_array().unwrap(), chart["lanes"].as_array().unwrap());
        assert_eq!(marks.len(), report.signals.len(), "{name}");
        let listed: BTreeSet<u64> = chart["sections"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|section| section["lanes"].as_array().unwrap())
            .map(|lane| lane.as_u64().unwrap())
            .collect();
        assert_eq!(listed.len(), lanes.len(), "{name}: each lane is in one section");
        for mark in marks {
            assert!(listed.contains(&mark["lane"].as_u64().unwrap()), "{name}");
            assert!(bodies["records"][mark["id"].as_str().unwrap()].as_array().is_some_and(|all| !all.is_empty()));
        }
        for edge in chart["edges"].as_array().unwrap() {
            assert!(edge["from"].as_u64().unwrap() < marks.len() as u64, "{name}");
            assert!(edge["to"].as_u64().unwrap() < marks.len() as u64, "{name}");
        }
        let times: Vec<i64> = marks.iter().map(|mark| mark["at"].as_i64().unwrap()).collect();
        assert!(times.is_sorted(), "{name}");
    }
}

#[test]
fn the_cascade_stands_first_and_the_rest_is_folded() {
    let chart = unpacked(&timeline::write(&builders::memory_cascade()), "chart-data");
    let mut said = Vec::new();
    for section in chart["sections"].as_array().unwrap() {
        let folded = if section["folded"].as_bool().unwrap() { " (folded)" } else { "" };
        said.push(format!("{}{folded}", section["title"].as_str().unwrap()));
        for lane in section["lanes"].as_array().unwrap() {
            let lane = &chart["lanes"][lane.as_u64().unwrap() as usize];
            let text = |field: &str| lane[field].as_str().unwrap().to_owned();
            said.push(format!("  {} {}/{}", text("kind"), text("ns"), text("name")));
        }
    }
    insta::assert_snapshot!(said.join("\n"), @r"
    The cascade
      ConfigMap platform/alerter
      Deployment platform/alerter
      Node /node-1
      Pods platform/cache
      Pods platform/web
      Service platform/web
      Pods platform/alerter
      Node /node-2
      Cluster /Cluster
      Pods monitoring/prometheus
    Changes (folded)
      Deployment platform/docs
    Workloads (folded)
      Job platform/nightly-report-1
    ");
}

#[test]
fn what_the_same_thing_reached_is_one_row() {
    let mut of = builders::huge(40);
    let cause = of.signals[0].clone();
    for (number, signal) in of.signals.iter_mut().enumerate().skip(1) {
        signal.subject = crate::model::Subject::pod("shop", format!("w{number}-7d9f8b6c5-x2k4p"));
    }
    for edge in &mut of.analysis.edges {
        edge.from = 0;
    }
    let chart = unpacked(&timeline::write(&of), "chart-data");
    let bundles = chart["bundles"].as_array().unwrap();
    assert_eq!(bundles.len(), 1, "{bundles:?}");
    assert_eq!((bundles[0]["lanes"].as_u64(), bundles[0]["title"].as_str()), (Some(39), Some(cause.name.as_str())));
    // Two are no crowd.
    let mut few = of;
    few.analysis.edges.truncate(2);
    let chart = unpacked(&timeline::write(&few), "chart-data");
    assert_eq!(chart["bundles"].as_array().map(Vec::len), Some(0));
}

#[test]
fn five_thousand_signals_are_less_than_five_megabytes() {
    let page = timeline::write(&builders::huge(5_000));
    assert!(page.len() < 5_000_000, "{} bytes", page.len());
    assert_eq!(unpacked(&page, "chart-data")["marks"].as_array().map(Vec::len), Some(5_000));
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn no_text_changes_the_page_or_the_terminal(text in "([<>/\"'&;=!\\-\u{0}-\u{1f}]|</script>|<!--|\\]\\]>|\\PC| ){1,60}") {
        let report = builders::filled(&text);
        let page = timeline::write(&report);
        prop_assert_eq!(page.matches("<script").count(), 3);
        prop_assert_eq!(page.matches("</script").count(), 3);
        prop_assert_eq!(page.matches("<!--").count(), 0);
        prop_assert_eq!(page.matches("<tr id=\"row-").count(), 29);
        for line in summary::write(&report, 80).lines() {
            prop_assert!(textwrap::core::display_width(line) <= 80 && !line.chars().any(safe::is_unsafe));
        }
    }
}
