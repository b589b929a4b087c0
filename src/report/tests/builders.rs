//! Analyses to test with: two modelled on real incidents, and three made to be difficult.

use super::incident::Incident;
use crate::cascade::{Analysis, Edge, Grade};
use crate::evidence::{Facts, Outcome, Status};
use crate::model::{Citation, End, EntryId, Moment, Subject};
use crate::report::Analyzed;
use crate::signals::{Catalogue, Labels, Signal};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use std::sync::LazyLock;

const MEMORY_CASCADE: &str = include_str!("../../../tests/data/report/memory-cascade.json");
const NODE_CRASH: &str = include_str!("../../../tests/data/report/node-crash.json");

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().expect("the catalogue"));

pub fn memory_cascade() -> Analyzed {
    Incident::new(MEMORY_CASCADE, None).analyzed()
}

pub fn node_crash() -> Analyzed {
    Incident::new(NODE_CRASH, None).analyzed()
}

/// A sound collection in which nothing abnormal was found.
pub fn empty() -> Analyzed {
    let mut of = node_crash();
    of.signals.clear();
    of.analysis = Analysis {
        edges: Vec::new(),
        alternatives: Vec::new(),
        cascades: Vec::new(),
        motifs: Vec::new(),
        factors: Vec::new(),
        questions: Vec::new(),
        left_out: Vec::new(),
    };
    of
}

pub const HOSTILE: &str = "x | `` \\| </script><img src=x onerror=alert(1)> [a](javascript:alert(1)) @team #1 \
    ${jndi} \x1b[2J\x07 \u{202e}gnp.exe \u{2028}\n## Root cause\n- [ ] click n0 \"x\" %%{init}%% ;end ``` ";

/// An incident in which every text of the cluster is hostile.
pub fn hostile() -> Analyzed {
    filled(HOSTILE)
}

/// An incident in which every text of the cluster holds `hostile`.
pub fn filled(hostile: &str) -> Analyzed {
    let mut of = Incident::new(MEMORY_CASCADE, Some(hostile)).analyzed();
    let text = || hostile.to_owned();
    of.tool = text();
    of.evidence.archive = text();
    of.evidence.header.cluster.context = Some(text());
    for outcome in &mut of.evidence.outcomes {
        (outcome.source, outcome.subject, outcome.why) = (text(), text(), text());
    }
    for signal in &mut of.signals {
        (signal.name, signal.title, signal.family, signal.node) = (text(), text(), text(), Some(text()));
    }
    for edge in &mut of.analysis.edges {
        (edge.link, edge.why, edge.relation) = (text(), text(), text());
    }
    of.analysis.factors.iter_mut().for_each(|factor| factor.statement = text());
    of.analysis.motifs.iter_mut().for_each(|motif| (motif.motif, motif.statement) = (text(), text()));
    of.analysis.questions.iter_mut().for_each(|one| (one.about, one.question) = (text(), text()));
    of.analysis.cascades.iter_mut().for_each(|cascade| cascade.headline = text());
    of
}

/// An incident of `count` signals in one chain that branches, with long names and texts.
pub fn huge(count: usize) -> Analyzed {
    let mut of = memory_cascade();
    let pattern = of.signals.iter().find(|signal| signal.name == "Unhealthy(readiness)").expect("one").clone();
    of.signals.clear();
    of.analysis.edges.clear();
    let file = entry(&mut of.evidence.entries, "objects/namespaces/team/events.jsonl");
    for number in 1..=count {
        let from = at("2026-11-20T10:00:00Z") + TimeDelta::seconds(number as i64);
        let name = format!("workload-with-quite-a-long-name-{:03}-7d9f8b6c5-x2k4p", number % 700);
        of.signals.push(Signal {
            from: Moment { time: from, ..pattern.from },
            last: from,
            end: End::At(from + TimeDelta::seconds(30)),
            subject: Subject::pod(format!("team-{:03}", number % 50), name),
            title: format!("Readiness probe number {number} failed: {}", "connection refused; ".repeat(12)),
            evidence: vec![cite(&mut of.evidence.facts, (file, number as u32), &"log ".repeat(100))],
            ..pattern.clone()
        });
        if number > 1 {
            let from = if number % 3 == 0 { number / 3 } else { number - 1 };
            of.analysis.edges.push(Edge {
                from: from - 1,
                to: number - 1,
                link: "dependency-lost-fails-probe".to_owned(),
                relation: "calls".to_owned(),
                lag_ms: 1000,
                grade: [Grade::Mechanism, Grade::Known, Grade::Order][number % 3],
                why: "one asks the other in its probe".to_owned(),
                bridge: false,
                against: Vec::new(),
                evidence: Vec::new(),
            });
        }
    }
    if let Some(cascade) = of.analysis.cascades.first_mut() {
        cascade.signals = (0..count).collect();
        cascade.first = vec![0];
    }
    of
}

/// A signal as the catalogue has it.
pub fn signal(name: &str, subject: Subject) -> Signal {
    let rule = CATALOGUE.rule(name).unwrap_or_else(|| panic!("{name} is in the catalogue"));
    Signal {
        name: name.to_owned(),
        subject,
        from: Moment::exact(at("2026-11-20T14:00:00Z")),
        last: at("2026-11-20T14:00:00Z"),
        end: End::Ongoing,
        count: 1,
        severity: rule.severity,
        family: rule.family.clone(),
        roles: rule.roles,
        variant: rule.variant.clone(),
        title: name.to_owned(),
        node: None,
        labels: Labels::default(),
        occurrences: Vec::new(),
        evidence: vec![Citation::default()],
        episode: None,
        ended_by: None,
    }
}

/// The end of an item of a source.
pub fn outcome((source, subject): (&str, &str), status: Status, why: &str) -> Outcome {
    let written = json!({"source": source, "subject": subject, "status": status, "why": why,
        "at": "2026-11-20T14:10:00Z", "took_ms": 1});
    serde_json::from_value(written).expect("an outcome")
}

pub fn at(text: &str) -> DateTime<Utc> {
    text.parse().expect("a time")
}

/// The number of an entry, which is added where it is new.
pub fn entry(entries: &mut Vec<String>, path: &str) -> EntryId {
    let place = entries.iter().position(|one| one == path).unwrap_or_else(|| {
        entries.push(path.to_owned());
        entries.len() - 1
    });
    EntryId(place as u32)
}

/// Keeps what a line says.
pub fn cite(facts: &mut Facts, (entry, line): (EntryId, u32), text: &str) -> Citation {
    facts.cite(Citation { entry, line, part: 0 }, text)
}
