//! The terminal's summary and `report.json`.

use super::builders;
use crate::report::Analyzed;
use crate::report::{json, safe, summary};

fn snapshot(name: &str, text: &str) {
    insta::with_settings!({snapshot_path => "../../../tests/data/report/expected", prepend_module_to_snapshot => false, omit_expression => true}, {
        insta::assert_snapshot!(name, text);
    });
}

#[test]
fn summaries_of_incidents() {
    snapshot("memory-cascade-summary", &summary::write(&builders::memory_cascade(), 100));
    snapshot("node-crash-summary-80", &summary::write(&builders::node_crash(), 80));
    snapshot("empty-summary", &summary::write(&builders::empty(), 80));
}

#[test]
fn summaries_keep_to_their_width_and_act_on_no_terminal() {
    for width in [60, 80, 100, 160] {
        for report in [builders::memory_cascade(), builders::hostile(), builders::huge(300)] {
            let text = summary::write(&report, width);
            for line in text.lines() {
                assert!(line.chars().count() <= width, "{width}: {line}");
                assert!(!line.chars().any(safe::is_unsafe), "{line:?}");
            }
        }
    }
}

#[test]
fn json_is_the_report() {
    for report in [builders::node_crash(), builders::hostile(), builders::empty()] {
        let text = written(&report);
        assert!(text.ends_with("}\n"));
        assert!(!text.chars().any(|character| character != '\n' && safe::is_unsafe(character)));
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&text).unwrap(),
            serde_json::to_value(report.report()).unwrap()
        );
        assert_eq!(text, written(&report));
    }
}

fn written(of: &Analyzed) -> String {
    let mut bytes = Vec::new();
    json::write(of, &mut bytes).expect("memory does not fail");
    String::from_utf8(bytes).expect("text")
}
