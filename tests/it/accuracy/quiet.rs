//! Where nothing failed, nothing may be said to have failed: healthy recordings, and an old incident's leftovers.

use super::altered::Altered;
use crate::fixture::{self, Family, Fixture, analyze};
use k8s_forensics::report::schema::Report;
use k8s_forensics::report::summary;
use serde_json::Value;

/// A quiet input, and what was wrongly found in it.
#[derive(Debug)]
pub struct Quiet {
    pub name: String,
    pub claims: Vec<String>,
}

/// What is claimed of quiet inputs.
pub fn claims(fixtures: &[Fixture]) -> Vec<Quiet> {
    let mut found: Vec<Quiet> = fixtures
        .iter()
        .filter(|fixture| fixture.family == Family::Healthy)
        .map(|fixture| Quiet { name: fixture.name.clone(), claims: bad(&fixture.report) })
        .collect();
    let old = fixtures.iter().filter(|fixture| ["node-crash", "probe-failure"].contains(&fixture.name.as_str()));
    found.extend(old.map(|fixture| {
        let archive = hours_later(fixture);
        Quiet { name: format!("{}, a day later", fixture.name), claims: bad(&analyze(archive.path())) }
    }));
    found
}

/// Cascades, and signals that call themselves an error.
fn bad(report: &Report) -> Vec<String> {
    let cascades = report.cascades.iter().map(|cascade| format!("cascade: {}", cascade.headline));
    let severe = |severity: &str| matches!(severity, "error" | "fatal");
    let signals = report.signals.iter().filter(|signal| severe(&signal.severity));
    cascades.chain(signals.map(|signal| format!("{} {}: {}", signal.severity, signal.subject, signal.title))).collect()
}

/// The same archive with a window that begins long after its incident was over: what is left of it is history.
fn hours_later(fixture: &Fixture) -> Altered {
    let altered = Altered::of(&fixture.archive());
    let mut header: Value = serde_json::from_str(&altered.read("meta/archive.json")).expect("a header");
    for name in ["from", "to"] {
        let time = header[name].as_str().expect("a time").parse::<chrono::DateTime<chrono::Utc>>().expect("a time");
        header[name] = (time + chrono::TimeDelta::hours(24)).to_rfc3339().into();
    }
    altered.write("meta/archive.json", &header.to_string());
    altered
}

/// One calm sentence, and what it rests on, where people read first.
#[test]
fn a_healthy_cluster_gets_one_calm_sentence() {
    let healthy: Vec<&Fixture> = fixture::all().iter().filter(|fixture| fixture.family == Family::Healthy).collect();
    assert!(healthy.len() >= 3, "{} healthy recordings", healthy.len());
    for fixture in &healthy {
        assert_eq!(bad(&fixture.report), Vec::<String>::new(), "{}", fixture.name);
        let draft = fixture.draft();
        let title = draft.lines().next().unwrap_or_default();
        assert!(["# No failure recognised", "# Nothing failed"].contains(&title), "{title}");
        let terminal = summary::write(&fixture.analyzed, 100).split_whitespace().collect::<Vec<_>>().join(" ");
        for text in [draft.as_str(), terminal.as_str()] {
            let rests_on = "events, pods, nodes, Services and endpoints of the whole cluster";
            assert!(text.contains(rests_on), "{}: {text}", fixture.name);
            assert!(!text.contains("caused"), "{}: {text}", fixture.name);
        }
    }
}
