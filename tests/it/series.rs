//! The store of series over every recorded archive: whole, and small.

use crate::fixture;
use crate::made::header;
use chrono::{DateTime, TimeDelta, Utc};
use k8s_forensics::analysis;
use k8s_forensics::archive::{Archive, layout};
use k8s_forensics::evidence::series::{AnswerReader, SeriesStore};
use k8s_forensics::model::EntryId;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Every range answer of the fixtures, and what stands where.
fn answers() -> Vec<(PathBuf, String, String)> {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let folders = fs::read_dir(fixtures).expect("the fixtures").flatten().map(|one| one.path().join("archive"));
    let files = folders.filter_map(|archive| fs::read_dir(archive.join("metrics")).ok()).flatten().flatten();
    let mut found: Vec<(PathBuf, String, String)> = files
        .filter_map(|file| {
            let entry = format!("metrics/{}", file.file_name().to_string_lossy());
            let (query, server) = layout::parse_metric(&entry)?;
            Some((file.path(), query, server))
        })
        .collect();
    found.sort();
    found
}

#[test]
fn samples_of_recordings_take_four_bytes_at_most_and_lose_nothing() {
    let (mut store, mut written) = (Vec::new(), BTreeMap::new());
    for (entry, (path, query, server)) in (0..).map(EntryId).zip(answers()) {
        let text = fs::read(&path).expect("an answer");
        let path = path.display().to_string();
        let mut reader = AnswerReader::new(entry, &query, &server);
        for (number, line) in (1..).zip(text.split(|byte| *byte == b'\n')) {
            assert_eq!(reader.line(number, line), Ok(()), "{path}:{number}");
            // Read apart, to compare what is kept with.
            let series = line.starts_with(b"{\"metric\"");
            let series = series.then(|| serde_json::Deserializer::from_slice(line).into_iter::<Value>().next());
            if let Some(Some(Ok(series))) = series {
                written.insert((entry, number), series);
            }
        }
        store.push(reader.finish());
    }
    let store = SeriesStore::new(store);
    for series in store.iter() {
        let values = written[&(series.entry(), series.line())]["values"].as_array().expect("samples");
        // Prometheus writes the shortest text that is no other double, so the same double is the same text.
        let texts = values.iter().map(|sample| {
            let value: f64 = sample[1].as_str().expect("a text").parse().expect("a number");
            (sample[0].as_f64().expect("a time"), value.to_bits())
        });
        let kept = series.samples().map(|(at, value)| (at.timestamp_millis() as f64 / 1000.0, value.to_bits()));
        assert!(kept.eq(texts), "{:?}:{}", series.entry(), series.line());
    }
    let size = store.size();
    println!("{size:?}: {:.2} bytes a sample", size.sample_bytes as f64 / size.samples as f64);
    assert!(size.samples > 50_000 && size.series == written.len(), "{size:?}");
    assert!(size.sample_bytes <= 4 * size.samples, "{size:?}");
}

/// An archive of nothing but the range answers `entries`.
fn archive(folder: &Path, entries: &[(&str, &str)]) -> Archive {
    for (entry, text) in entries {
        let path = folder.join(entry);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let header = serde_json::to_string(&header()).expect("a header");
    fs::create_dir_all(folder.join("meta")).expect("a folder");
    fs::write(folder.join(layout::ARCHIVE), header).expect("a file");
    Archive::open(folder).expect("an archive")
}

fn target(from: DateTime<Utc>, values: &str) -> String {
    let values: Vec<String> = (0..)
        .zip(values.chars())
        .map(|(step, value)| format!("[{},\"{value}\"]", from.timestamp() + 15 * step))
        .collect();
    let metric = r#"{"__name__":"up","instance":"10.0.0.1:10250","job":"kubelet"}"#;
    format!(
        "{{\"status\":\"success\",\"data\":{{\"result\":[\n{{\"metric\":{metric},\"values\":[{}]}}]}}}}",
        values.join(",")
    )
}

#[test]
fn rules_see_the_series_of_a_second_server() {
    let folder = tempfile::tempdir().expect("a folder");
    let (from, to) = (header().from, header().to);
    let late = to - TimeDelta::minutes(2);
    let up = [layout::metric("up"), layout::metric("up@monitoring.two")];
    let archive = archive(folder.path(), &[(&up[0], &target(from, "1111")), (&up[1], &target(late, "1001"))]);
    let report = analysis::analyze(&archive, fixture::knowledge(), 2).expect("an analysis");
    let of = |name: &str| {
        let named = report.signals.iter().filter(|signal| signal.name == name);
        named.map(|signal| signal.subject.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(of("TargetDown"), ["Target/10.0.0.1:10250"]);
    // The first server has samples from the begin of the window on.
    assert_eq!(of("MetricsBegin"), ["Metrics/monitoring.two"]);
}
