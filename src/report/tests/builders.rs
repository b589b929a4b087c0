//! Reports to test with: two modelled on real incidents, and three made to be difficult.

use crate::report::schema::*;

pub fn memory_cascade() -> Report {
    serde_json::from_str(include_str!("../../../tests/data/report/memory-cascade.json"))
        .expect("the fixture fits the schema")
}

pub fn node_crash() -> Report {
    serde_json::from_str(include_str!("../../../tests/data/report/node-crash.json"))
        .expect("the fixture fits the schema")
}

/// A sound collection in which nothing abnormal was found.
pub fn empty() -> Report {
    let mut report = node_crash();
    report.signals.clear();
    report.edges.clear();
    report.cascades.clear();
    report.changes.clear();
    report.factors.clear();
    report.motifs.clear();
    report.questions.clear();
    report
}

pub const HOSTILE: &str = "x | `` \\| </script><img src=x onerror=alert(1)> [a](javascript:alert(1)) @team #1 \
    ${jndi} \x1b[2J\x07 \u{202e}gnp.exe \u{2028}\n## Root cause\n- [ ] click n0 \"x\" %%{init}%% ;end ``` ";

/// An incident in which every text of the cluster is hostile.
pub fn hostile() -> Report {
    filled(HOSTILE)
}

/// An incident in which every text of the cluster holds `hostile`.
pub fn filled(hostile: &str) -> Report {
    let mut report = memory_cascade();
    let text = || hostile.to_owned();
    report.archive.name = text();
    report.archive.cluster = text();
    report.tool = text();
    for row in &mut report.coverage {
        (row.source, row.subject, row.why) = (text(), text(), text());
    }
    for signal in &mut report.signals {
        signal.subject = format!("Pod/{hostile}/{}", signal.subject);
        (signal.signal, signal.title, signal.layer, signal.node) = (text(), text(), text(), Some(text()));
        for evidence in &mut signal.evidence {
            (evidence.entry, evidence.text) = (format!("{}{hostile}", evidence.entry), text());
        }
    }
    for edge in &mut report.edges {
        (edge.link, edge.why, edge.relation) = (text(), text(), text());
    }
    for change in &mut report.changes {
        (change.subject, change.what) = (text(), text());
    }
    report.factors.iter_mut().for_each(|factor| factor.statement = text());
    report.motifs.iter_mut().for_each(|motif| (motif.motif, motif.statement) = (text(), text()));
    report.questions.iter_mut().for_each(|row| (row.about, row.question) = (text(), text()));
    report.cascades.iter_mut().for_each(|cascade| cascade.headline = text());
    report
}

/// An incident of `count` signals in one chain that branches, with long names and texts.
pub fn huge(count: usize) -> Report {
    let mut report = memory_cascade();
    let pattern = report.signals.swap_remove(5);
    report.signals.clear();
    report.edges.clear();
    for number in 1..=count {
        let mut signal = pattern.clone();
        signal.id = format!("s{number}");
        signal.from = time(number);
        signal.to = Some(time(number + 30));
        signal.subject =
            format!("Pod/team-{:03}/workload-with-quite-a-long-name-{:03}-7d9f8b6c5-x2k4p", number % 50, number % 700);
        signal.title = format!("Readiness probe number {number} failed: {}", "connection refused; ".repeat(12));
        signal.cascade = Some("c1".to_owned());
        if let Some(evidence) = signal.evidence.first_mut() {
            evidence.line = number as u64;
            evidence.text = "log ".repeat(100);
        }
        if number > 1 {
            let from = if number % 3 == 0 { number / 3 } else { number - 1 };
            report.edges.push(EdgeRow {
                from: format!("s{from}"),
                to: signal.id.clone(),
                link: "dependency-lost-fails-probe".to_owned(),
                relation: "calls".to_owned(),
                lag_ms: 1000,
                grade: ["mechanism", "known", "order"][number % 3].to_owned(),
                why: "one asks the other in its probe".to_owned(),
                evidence: Vec::new(),
            });
        }
        report.signals.push(signal);
    }
    if let Some(cascade) = report.cascades.first_mut() {
        cascade.signals = report.signals.iter().map(|signal| signal.id.clone()).collect();
        cascade.first = vec!["s1".to_owned()];
    }
    report
}

fn time(second: usize) -> String {
    format!("2026-11-20T{:02}:{:02}:{:02}Z", 10 + second / 3600, second / 60 % 60, second % 60)
}
