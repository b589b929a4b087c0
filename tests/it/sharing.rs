//! What is found in an archive is the same after its names were replaced, names apart.

use crate::fixture;
use crate::scenarios::{name, scenarios};
use k8s_forensics::analysis;
use k8s_forensics::archive::format::Redactions;
use k8s_forensics::archive::{self, Archive, RewriteOptions, Without, layout};
use k8s_forensics::redact::names::{Gathered, Replacer};
use k8s_forensics::report::schema::Report;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn names_replaced_everywhere_change_no_finding() {
    let knowledge = fixture::knowledge();
    let words = knowledge.catalogue.words();
    let mut different = Vec::new();
    for scenario in scenarios() {
        let older = Archive::open(&scenario.join("archive")).expect("a readable archive");
        let mut gathered = Gathered::new(words.iter().map(String::as_str));
        archive::gather(&older, &mut gathered);
        let names = gathered.replacer(hash);
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("shared.zip");
        let options = RewriteOptions {
            path: &path,
            replace: false,
            tool: "test",
            began_at: chrono::Utc::now(),
            key: None,
            recipients: None,
        };
        let made =
            archive::redact(&older, &options, Without { names: Some(&names), credentials: None }).expect("an archive");
        assert!(made.lost.is_empty(), "{}: {:?}", name(&scenario), made.lost);
        let newer = Archive::open(&path).expect("a readable archive");
        let [before, after] =
            [&older, &newer].map(|archive| analysis::analyze(archive, knowledge, 2).expect("a report"));
        let given: BTreeMap<String, String> =
            names.map().into_iter().map(|(name, pseudonym)| (pseudonym, name)).collect();
        let back =
            |text: &str| given.iter().fold(text.to_owned(), |text, (pseudonym, name)| text.replace(pseudonym, name));
        let (before, after) = (findings(&before.report(), &str::to_owned), findings(&after.report(), &back));
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

fn tool(args: &[&str]) -> assert_cmd::assert::Assert {
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_k8s-forensics")).args(args).assert()
}

fn scenario() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/probe-failure/archive").to_owned()
}

#[test]
fn a_copy_says_what_was_taken_out_and_how_it_was_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("shared.zip");
    let file = path.to_str().expect("a path in UTF-8");
    tool(&["redact", &scenario(), "--strict", "-o", file]).success().stdout(format!("{file}\n"));
    tool(&["redact", &scenario(), "--strict", "-o", file]).code(1);
    tool(&["verify", file]).success();
    let copy = Archive::open(&path).expect("a readable archive");
    let redactions: Redactions =
        serde_json::from_slice(&copy.read(layout::REDACTIONS, u64::MAX).expect("redactions")).expect("redactions");
    let names = redactions.redactions.iter().filter(|redaction| redaction.rule == "names");
    assert!(names.map(|redaction| redaction.count).sum::<u64>() > 100);
    let custody = String::from_utf8(copy.read(layout::CUSTODY, u64::MAX).expect("custody")).expect("text");
    assert!(custody.lines().last().expect("an act").contains(r#""act":"redact""#), "{custody}");
    for entry in copy.entries() {
        let text = String::from_utf8_lossy(&copy.read(entry, u64::MAX).expect("a sound entry")).into_owned();
        assert!(!entry.contains("storefront") && !text.contains("storefront"), "{entry}");
    }
    tool(&["redact"]).code(2);
}

#[test]
fn a_copy_of_what_lacks_lists_says_that_names_may_stay() {
    let folder = tempfile::tempdir().expect("a folder");
    let log = Path::new(&scenario()).join("logs/storefront/catalog-76c4fbc4d8-5sgdw/catalog/previous.log");
    let part = folder.path().join("part/logs/storefront/catalog-76c4fbc4d8-5sgdw/catalog");
    std::fs::create_dir_all(&part).expect("a folder");
    std::fs::copy(log, part.join("previous.log")).expect("a file");
    let meta = folder.path().join("part/meta");
    std::fs::create_dir_all(&meta).expect("a folder");
    std::fs::copy(Path::new(&scenario()).join("meta/archive.json"), meta.join("archive.json")).expect("a file");
    let [part, copy] = ["part", "copy.zip"].map(|name| folder.path().join(name).to_string_lossy().into_owned());
    let said = predicates::str::contains("lists of objects are missing");
    tool(&["redact", &part, "--strict", "-o", &copy]).success().stderr(said);
}

#[test]
fn two_copies_cannot_be_compared() {
    let folder = tempfile::tempdir().expect("a folder");
    let spaces = ["one.zip", "two.zip"].map(|name| {
        let path = folder.path().join(name);
        tool(&["redact", &scenario(), "--strict", "-o", path.to_str().expect("a path in UTF-8")]).success();
        let copy = Archive::open(&path).expect("a readable archive");
        copy.entries().filter_map(layout::parse_objects).filter_map(|(space, _)| space).collect::<BTreeSet<_>>()
    });
    let [one, two] = &spaces;
    let made = |names: &BTreeSet<String>| names.iter().filter(|name| name.starts_with("namespace-")).count();
    assert!(made(one) > 0 && made(one) == made(two));
    assert_eq!(one.intersection(two).filter(|name| name.starts_with("namespace-")).count(), 0);
}

#[cfg(feature = "encrypt")]
#[test]
fn the_names_are_kept_for_their_owner() {
    let folder = tempfile::tempdir().expect("a folder");
    let [shared, map] = ["shared.zip", "names.age"].map(|name| folder.path().join(name));
    let owner = age::x25519::Identity::generate();
    let readers = owner.to_public().to_string();
    let paths = [&shared, &map].map(|path| path.to_str().expect("a path in UTF-8"));
    let [file, names] = paths;
    tool(&["redact", &scenario(), "--strict", "-o", file, "--map", names, "--map-to", &readers]).success();
    let sealed = std::fs::read(&map).expect("a file");
    assert!(!String::from_utf8_lossy(&sealed).contains("storefront"));
    let opened = age::decrypt(&owner, &sealed).expect("an age file for its owner");
    let names: BTreeMap<String, String> = serde_json::from_slice(&opened).expect("a map");
    assert!(names["storefront"].starts_with("namespace-"), "{names:?}");
    let copy = Archive::open(&shared).expect("a readable archive");
    assert!(copy.entries().any(|entry| entry.contains(&names["storefront"])));
    let other = folder.path().join("other.zip");
    let other = other.to_str().expect("a path in UTF-8");
    let again = tool(&["redact", &scenario(), "--strict", "-o", other, "--map", paths[1], "--map-to", &readers]);
    again.code(1).stderr(predicates::str::contains("it exists already"));
    assert_eq!(std::fs::read(&map).expect("a file"), sealed, "the only copy of these names");
}

#[test]
fn rules_of_users_are_tried_and_used() {
    let folder = tempfile::tempdir().expect("a folder");
    let documented = include_str!("../../docs/redaction.md");
    let rules = documented.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let path = folder.path().join("rules.yaml");
    let file = path.to_str().expect("a path in UTF-8");
    std::fs::write(&path, rules).expect("a file");
    tool(&["redact", "--test", file]).success();
    std::fs::write(&path, rules.replace("«A1b2C3d4E5f6G7h8I9j0»", "«A1b2»")).expect("a file");
    tool(&["redact", "--test", file]).code(1).stderr(predicates::str::contains("shop-ticket"));
    std::fs::write(&path, "no rules").expect("a file");
    tool(&["redact", "--test", file]).code(1);
    let own = "rules:\n  - id: greeting\n    why: Somebody's.\n    anchors: [SIGTERM]\n    pattern: 'SIGTERM (received)'\n    hides: ['SIGTERM «received»']\n    keeps: ['SIGTERM sent']\n";
    std::fs::write(&path, own).expect("a file");
    tool(&["redact", "--test", file]).success();
    let copy = folder.path().join("copy.zip");
    let copied = copy.to_str().expect("a path in UTF-8");
    tool(&["redact", &scenario(), "--redact-rules", file, "-o", copied]).success();
    let copy = Archive::open(&copy).expect("a readable archive");
    let read = |entry: &str| String::from_utf8_lossy(&copy.read(entry, u64::MAX).expect("a sound entry")).into_owned();
    let logs: Vec<String> = copy.entries().filter(|entry| entry.starts_with("logs/")).map(read).collect();
    assert!(logs.iter().any(|log| log.contains("SIGTERM REDACTED-greeting-")));
    assert!(!logs.iter().any(|log| log.contains("SIGTERM received")));
}
