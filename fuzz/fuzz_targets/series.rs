//! Reads any bytes as an answer of Prometheus, by line. Whatever they are, every series that is kept has samples, in
//! order of its labels, and the same bytes give the same.

#![no_main]

use k8s_forensics::evidence::series::{AnswerReader, SeriesStore};
use k8s_forensics::model::EntryId;
use libfuzzer_sys::fuzz_target;

fn store(bytes: &[u8]) -> SeriesStore {
    let mut reader = AnswerReader::new(EntryId(0), "up", "");
    for (number, line) in (1..).zip(bytes.split(|byte| *byte == b'\n')) {
        // What cannot be read is told, and the rest is kept.
        let _ = reader.line(number, line);
    }
    SeriesStore::new(vec![reader.finish()])
}

type Shown<'a> = (Vec<(&'a str, &'a str)>, u64, Vec<(i64, u64)>);

fn shown(store: &SeriesStore) -> Vec<Shown<'_>> {
    let samples = store.iter().map(|series| {
        let samples = series.samples().map(|(at, value)| (at.timestamp_millis(), value.to_bits()));
        (series.labels().collect(), series.line(), samples.collect())
    });
    samples.collect()
}

fuzz_target!(|bytes: &[u8]| {
    let (once, again) = (store(bytes), store(bytes));
    let series = shown(&once);
    assert_eq!(series, shown(&again));
    assert!(series.is_sorted_by_key(|(labels, line, _)| (labels.clone(), *line)));
    assert!(series.iter().all(|(_, _, samples)| !samples.is_empty()));
    assert_eq!(once.of("up").count(), series.len());
});
