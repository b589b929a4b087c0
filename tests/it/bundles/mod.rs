//! Bundles of other tools: a recorded incident in the shape that each of them gives it must tell what it tells as an
//! archive of ours, as far as its content reaches.

mod recording;
mod shapes;

use crate::inputs::report;
use k8s_forensics::report::schema::Report;
use proptest::prelude::*;
use recording::{List, Recording, archive, entries};
use shapes::{Bundle, Files};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn put(files: &Files, folder: &Path) {
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
}

/// The report of our archive without what a bundle lacks.
fn ours(bundle: &Bundle) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    let is_kept = |entry: &str| {
        let list = entry.rsplit('/').next().and_then(|file| file.strip_suffix(".jsonl"));
        entry == "meta/archive.json"
            || entry.starts_with("objects/") && list.is_some_and(|plural| bundle.plurals.contains(&plural))
            || entry.starts_with("logs/") && bundle.has_logs
            || entry.contains("/journal/") && bundle.has_journals
    };
    let kept = entries(&archive()).into_iter().filter(|entry| is_kept(entry));
    let text = |entry: String| (entry.clone(), fs::read_to_string(archive().join(&entry)).expect("an entry"));
    put(&kept.map(text).collect(), folder.path());
    report(&[folder.path().to_owned()])
}

fn theirs(bundle: &Bundle) -> Report {
    let folder = tempfile::tempdir().expect("a folder");
    put(&bundle.files, folder.path());
    let only = bundle.files.keys().next().filter(|_| bundle.files.len() == 1);
    report(&[only.map_or(folder.path().to_owned(), |file| folder.path().join(file))])
}

fn signals(report: &Report) -> BTreeSet<String> {
    report.signals.iter().map(|one| format!("{} {} {} x{}", one.from, one.signal, one.subject, one.count)).collect()
}

/// Both tell the same signals; says only what they do not.
fn agree(bundle: &Bundle) -> Report {
    let (theirs, ours) = (theirs(bundle), ours(bundle));
    let (found, expected) = (signals(&theirs), signals(&ours));
    assert!(expected.len() > 40, "{}", expected.len());
    let only_theirs: Vec<_> = found.difference(&expected).collect();
    let only_ours: Vec<_> = expected.difference(&found).collect();
    assert!(
        only_theirs.is_empty() && only_ours.is_empty(),
        "{}: more {only_theirs:#?}, lacks {only_ours:#?}",
        bundle.format
    );
    let [row] = theirs.inputs.as_slice() else { panic!("{:?}", theirs.inputs) };
    assert_eq!(row.format, bundle.format);
    theirs
}

#[test]
fn must_gather_tells_the_same() {
    let report = agree(&shapes::must_gather(&Recording::read()));
    let because: Vec<(&str, usize)> =
        report.inputs[0].not_read_because.iter().map(|row| (row.why.as_str(), row.count)).collect();
    assert_eq!(because.len(), 1, "{because:?}");
    assert!(because[0].0.contains("another file") && because[0].1 > 5, "{because:?}");
    assert_eq!(report.archive.to, "2026-11-21T08:07:58.500Z");
}

#[test]
fn support_bundles_tell_the_same() {
    let report = agree(&shapes::support_bundle(&Recording::read()));
    let [row] = report.inputs[0].not_read_because.as_slice() else { panic!("{:?}", report.inputs) };
    assert_eq!(row.why, "empty");
    let missing: Vec<_> = report.coverage.iter().filter(|row| row.status == "failed").collect();
    let [missing] = missing.as_slice() else { panic!("{missing:?}") };
    assert!(
        missing.subject.ends_with("cluster-resources/secrets") && missing.why.contains("is forbidden"),
        "{missing:?}"
    );
    assert!(report.archive.cluster.contains("v1.34.4"), "{}", report.archive.cluster);
}

#[test]
fn cluster_info_dumps_tell_the_same() {
    let recording = Recording::read();
    let json = |list: &List| list.typed();
    let yaml = |list: &List| list.yaml(&list.bare());
    agree(&shapes::cluster_info(&recording, json, "json"));
    agree(&shapes::cluster_info(&recording, yaml, "yaml"));
    agree(&shapes::printed(&recording, json, "cluster-info dump"));
    // How YAML begins does not tell that logs follow.
    agree(&shapes::printed(&recording, yaml, "loose files"));
}

#[test]
fn sonobuoys_results_tell_the_same() {
    agree(&shapes::sonobuoy(&Recording::read()));
}

#[test]
fn sosreports_tell_the_same() {
    agree(&shapes::sosreport(&Recording::read()));
}

#[test]
fn folders_with_a_file_for_each_object_tell_the_same() {
    let recording = Recording::read();
    agree(&shapes::crust_gather(&recording));
    agree(&shapes::kubectl_gather(&recording));
}

#[test]
fn bundles_of_support_bundle_kit_tell_the_same() {
    let report = agree(&shapes::support_bundle_kit(&Recording::read()));
    assert!(report.archive.cluster.contains("v1.34.4"), "{}", report.archive.cluster);
}

/// A file of a bundle with bytes that nobody would write there.
fn hostile(bundle: &Bundle, (place, bytes): (usize, &[u8])) {
    let folder = tempfile::tempdir().expect("a folder");
    put(&bundle.files, folder.path());
    let path = bundle.files.keys().nth(place % bundle.files.len()).expect("a file");
    let text = bundle.files[path].as_bytes();
    let half = text.len() / 2;
    fs::write(folder.path().join(path), [&text[..half], bytes, &text[half..]].concat()).expect("a file");
    report(&[folder.path().to_owned()]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn bytes_in_any_file_are_survived(
        place in any::<usize>(),
        bytes in "(\u{0}|[\\[{}\\]:,\"]|- |---\n|==== START logs for container a of pod b/c ====\n|items:\n|\\PC){0,40}",
    ) {
        let recording = Recording::read();
        let yaml = |list: &List| list.yaml(&list.bare());
        hostile(&shapes::must_gather(&recording), (place, bytes.as_bytes()));
        hostile(&shapes::printed(&recording, yaml, "loose files"), (place, bytes.as_bytes()));
        hostile(&shapes::sonobuoy(&recording), (place, bytes.as_bytes()));
    }
}
