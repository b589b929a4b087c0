//! What is found in an archive is the same after its names were replaced, names apart.

use crate::scenarios::{name, scenarios};
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::{self, Archive, Making, Without, layout};
use k8s_forensics::redact::names::{Gathered, Replacer};
use k8s_forensics::report::schema::Report;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn names_replaced_everywhere_change_no_finding() {
    let knowledge = Knowledge::built_in().expect("the built-in knowledge");
    let words = knowledge.catalogue.words();
    let mut different = Vec::new();
    for scenario in scenarios() {
        let older = Archive::open(&scenario.join("archive")).expect("a readable archive");
        let mut gathered = Gathered::new(words.iter().map(String::as_str));
        archive::gather(&older, &mut gathered);
        let names = gathered.replacer(hash);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shared.zip");
        let making = Making {
            path: &path,
            replace: false,
            tool: "test",
            began_at: chrono::Utc::now(),
            key: None,
            recipients: None,
        };
        let made =
            archive::redact(&older, &making, Without { names: Some(&names), credentials: None }).expect("an archive");
        assert!(made.lost.is_empty(), "{}: {:?}", name(&scenario), made.lost);
        let newer = Archive::open(&path).expect("a readable archive");
        let [before, after] =
            [&older, &newer].map(|archive| analysis::analyze(archive, &knowledge, 2).expect("a report"));
        let given: BTreeMap<String, String> =
            names.map().into_iter().map(|(name, pseudonym)| (pseudonym, name)).collect();
        let back =
            |text: &str| given.iter().fold(text.to_owned(), |text, (pseudonym, name)| text.replace(pseudonym, name));
        let (before, after) = (findings(&before, &str::to_owned), findings(&after, &back));
        for finding in before.iter().filter(|finding| !after.contains(finding)) {
            different.push(format!("{}: only before: {finding}", name(&scenario)));
        }
        for finding in after.iter().filter(|finding| !before.contains(finding)) {
            different.push(format!("{}: only after: {finding}", name(&scenario)));
        }
        left(&newer, &names);
    }
    assert!(different.is_empty(), "{} findings differ:\n{}", different.len(), different.join("\n"));
}

/// Signals, edges, factors and motifs, a line each, in an order that does not depend on names.
fn findings(report: &Report, map: &dyn Fn(&str) -> String) -> Vec<String> {
    let of: BTreeMap<&str, String> = report
        .signals
        .iter()
        .map(|row| (row.id.as_str(), format!("{} {} {}", row.signal, map(&row.subject), row.from)))
        .collect();
    let signals = report.signals.iter().map(|row| {
        let to = row.to.as_deref().unwrap_or("on");
        let node = row.node.as_deref().map(map).unwrap_or_default();
        format!("signal {} to {to} x{} {} {node}: {}", of[row.id.as_str()], row.count, row.severity, map(&row.title))
    });
    let edges = report.edges.iter().map(|row| {
        let (from, to) = (&of[row.from.as_str()], &of[row.to.as_str()]);
        format!("edge {from} -> {to}: {} {} {} {}", row.link, row.relation, row.grade, row.lag_ms)
    });
    let factors = report.factors.iter().map(|row| format!("factor {}: {}", row.class, map(&row.statement)));
    let motifs = report.motifs.iter().map(|row| format!("motif {}: {}", row.motif, map(&row.statement)));
    let mut all: Vec<String> = signals.chain(edges).chain(factors).chain(motifs).collect();
    all.sort();
    all
}

/// No name that was replaced is anywhere in the archive.
fn left(archive: &Archive, names: &Replacer) {
    for entry in archive.entries() {
        let text = String::from_utf8_lossy(&archive.read(entry, u64::MAX).expect("a sound entry")).into_owned();
        for line in text.lines() {
            let (again, count) = names.text(line);
            assert_eq!(count, 0, "{entry}: {line}\nbecomes {again}");
        }
        let renamed = layout::renamed(entry, &mut |_, part| names.text(part).0);
        assert_eq!(renamed, entry);
    }
}
