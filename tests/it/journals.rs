//! Journals in the forms that journald and journalctl write beside text. `tests/data/journal-forms` has sixty entries of
//! a recorded incident as systemd 252 wrote them: a file by systemd-journal-remote, and what journalctl printed of it as
//! JSON and in the export form.

use crate::inputs::report;
use chrono::{DateTime, Datelike, TimeDelta, Utc};
use k8s_forensics::archive::Limits;
use k8s_forensics::inputs::{Input, Inputs, Kind};
use k8s_forensics::logline::{syslog, unit};
use k8s_forensics::model::EntryId;
use proptest::prelude::*;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, UNIX_EPOCH};

const FORMS: [&str; 3] = ["node-1.json", "node-1.export", "node-1.journal.xz"];

fn recorded(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/journal-forms").join(name)
}

fn of_bytes(bytes: Vec<u8>, name: &str) -> Inputs {
    let written = UNIX_EPOCH + Duration::from_secs(1_795_300_000);
    Input::from_bytes(bytes, name, written).unwrap_or_else(|error| panic!("{name}: {error}")).into()
}

/// The lines of each entry, with its path and kind.
fn texts(inputs: &Inputs) -> Vec<(String, Kind, Vec<String>)> {
    let ids = (0..inputs.len()).map(|id| EntryId(u32::try_from(id).expect("few")));
    let text = |id: EntryId| {
        let entry = inputs.entry(id).expect("an entry");
        let mut lines = Vec::new();
        let read = entry.batches(|batch| {
            lines.extend(batch.records().map(|(_, line)| String::from_utf8_lossy(line).into_owned()));
            Some(batch)
        });
        read.expect("it can be read");
        (inputs.shown(id).to_owned(), entry.kind.clone(), lines)
    };
    ids.map(text).collect()
}

#[test]
fn a_journal_is_the_same_in_every_form() {
    let of = |name: &str| {
        let mut all = texts(&of_bytes(std::fs::read(recorded(name)).expect("a recording"), name));
        let (path, kind, lines) = all.pop().expect("an entry");
        assert!(all.is_empty() && path == name.trim_end_matches(".xz"), "{path}");
        let Kind::Journal { node, .. } = kind else { panic!("{kind:?}") };
        // It was called localhost in its first two entries.
        assert_eq!((node.as_str(), lines.len()), ("node-1", 60), "{name}");
        lines
    };
    let [json, export, file] = FORMS.map(of);
    assert_eq!(json, export);
    assert_eq!(json, file);
    let first = syslog::split(&json[0]).expect("a line");
    let at = first.at.until(Utc::now(), TimeDelta::zero()).map(|at: DateTime<Utc>| at.to_rfc3339());
    assert_eq!(
        (at.as_deref(), first.host, first.program),
        (Some("2026-11-21T08:00:31.777360+00:00"), "node-1", "containerd")
    );
    assert!(json[5].ends_with(" \tsecond line") || json[5].contains(" \tsecond line"), "{}", json[5]);
    assert!(json[7].ends_with("caf\u{fffd}"), "{}", json[7]);
}

#[test]
fn what_is_found_in_a_journal_does_not_depend_on_its_form() {
    let found = FORMS.map(|name| {
        let report = report(&[recorded(name)]);
        let row = report.coverage.iter().find(|row| row.source == "files").expect("a row");
        assert!(row.why.contains("journalctl prints"), "{}", row.why);
        assert!(!row.why.contains("zone"), "{}", row.why);
        let of = |signal: &k8s_forensics::report::schema::SignalRow| {
            let lines: Vec<u64> = signal.evidence.iter().map(|record| record.line).collect();
            format!("{} {} {lines:?}", signal.signal, signal.subject)
        };
        report.signals.iter().map(of).collect::<Vec<_>>()
    });
    assert!(!found[0].is_empty());
    assert_eq!(found[0], found[1]);
    assert_eq!(found[0], found[2]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_of_journald_is_survived(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        static FILE: LazyLock<(Vec<u8>, Vec<usize>)> = LazyLock::new(|| {
            let mut bytes = Vec::new();
            let packed = std::fs::File::open(recorded("node-1.journal.xz")).expect("a recording");
            xz2::read::XzDecoder::new(packed).read_to_end(&mut bytes).expect("a journal");
            let used = bytes.iter().enumerate().filter(|(_, byte)| **byte != 0).map(|(at, _)| at).collect();
            (bytes, used)
        });
        let (mut bytes, used) = (FILE.0.clone(), &FILE.1);
        for (at, value) in flips {
            bytes[used[at.index(used.len())]] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(used[cut.index(used.len())]);
        }
        if let Ok(input) = Input::from_bytes(bytes, "x.journal", UNIX_EPOCH) {
            texts(&Inputs::from(input));
        }
    }
}

#[test]
fn entries_of_several_machines_are_a_text_for_each() {
    let line = |host: &str, machine: &str, at: u64, message: &str| {
        format!(
            "{{\"__REALTIME_TIMESTAMP\":\"{at}\",\"_HOSTNAME\":\"{host}\",\"_MACHINE_ID\":\"{machine}\",\"SYSLOG_IDENTIFIER\":\"kubelet\",\"MESSAGE\":\"{message}\"}}\n"
        )
    };
    let at = 1_795_244_313_000_000;
    let text =
        [line("a", "1", at, "one"), line("b", "2", at + 1, "two"), line("a", "1", at + 2, "three"), "{\n".to_owned()];
    let inputs = of_bytes(text.concat().into_bytes(), "remote.json");
    let found: Vec<(String, String)> =
        texts(&inputs).into_iter().map(|(path, _, lines)| (path, lines.join("|"))).collect();
    let all = [
        (
            "remote.json/a",
            "2026-11-21T06:58:33.000000+00:00 a kubelet: one|2026-11-21T06:58:33.000002+00:00 a kubelet: three",
        ),
        ("remote.json/b", "2026-11-21T06:58:33.000001+00:00 b kubelet: two"),
    ];
    let told = |(path, text): &(&str, &str)| ((*path).to_owned(), (*text).to_owned());
    let expected: Vec<(String, String)> = all.iter().map(told).collect();
    let broken = "|-- no entry of a journal --";
    let found: Vec<(String, String)> = found.into_iter().map(|(path, text)| (path, text.replace(broken, ""))).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_journal_without_entries_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("crio.log"), "-- No entries --\n").expect("a file");
    let kubelet = "-- Logs begin at Sat 2026-11-21 06:00:00 UTC, end at Sat 2026-11-21 08:00:00 UTC. --\n\
        Nov 21 06:58:33.518248 n kubelet[74]: x\n-- Boot 3f2b5c1e6f7a4f0e9f1d2c3b4a596877 --\n";
    std::fs::write(folder.path().join("kubelet.log"), kubelet).expect("a file");
    let report = report(&[folder.path().to_owned()]);
    let [input] = report.inputs.as_slice() else { panic!("{:?}", report.inputs) };
    assert_eq!((input.read, input.not_read), (2, 0));
    let row = report.coverage.iter().find(|row| row.status == "empty").expect("a row");
    assert_eq!((row.source.as_str(), row.why.as_str()), ("files", "journalctl found no entries"));
}

#[test]
fn the_journals_of_another_cluster_come_with_time_and_unit() {
    let Some(corpus) = std::env::var_os("K8SF_CORPUS").map(PathBuf::from) else {
        eprintln!("skipped: K8SF_CORPUS does not name a folder with other people's archives");
        return;
    };
    let folder = corpus.join("sonobuoy-0.10/plugins/systemd_logs/results");
    let inputs = Inputs::from(Input::open(&folder, Limits::default(), None).expect("journals"));
    let mut counts = Vec::new();
    for (path, kind, lines) in texts(&inputs) {
        let Kind::Journal { node, .. } = kind else { panic!("{path}: {kind:?}") };
        assert!(path.starts_with(&format!("{node}.")), "{path}: {node}");
        let is_read = |line: &&String| {
            let split = syslog::split(line);
            split.is_some_and(|line| line.at.until(Utc::now(), TimeDelta::zero()).is_some_and(|at| at.year() == 2017))
        };
        let read: Vec<&String> = lines.iter().filter(is_read).collect();
        assert!(read.len() * 100 >= lines.len() * 99, "{path}: {} of {}", read.len(), lines.len());
        let of = |class: &str| {
            read.iter().filter(|line| syslog::split(line).is_some_and(|line| unit::is(line.program, class))).count()
        };
        assert!(of("kubelet") >= 178 && of("kernel") >= 544 && of("runtime") >= 20, "{path}");
        counts.push(lines.len());
    }
    assert_eq!(counts, [1272, 1313, 1695]);
    let report = report(&[folder]);
    let unreadable: Vec<_> = report.coverage.iter().filter(|row| row.source == "archive").collect();
    assert!(unreadable.is_empty(), "{unreadable:?}");
    assert!(report.archive.from.starts_with("2017-12-13T"), "{}", report.archive.from);
    assert!(!report.signals.is_empty());
}
