//! Answers of a Prometheus that somebody saved, to queries that nobody wrote down.
//!
//! A series of one of the metrics that this program asks for by their bare names is known by its name (`__name__`); any
//! other is kept under the name of its file, where no rule looks for it. An answer may be on one line or indented, of a
//! range or of one moment (Prometheus documentation, HTTP API).

use super::findings::{Findings, Place};
use super::series::AnswerReader;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// Metrics that are asked for as they are, and the ids of the queries that do.
pub const BARE: [(&str, &str); 2] = [("ALERTS", "alert-history"), ("up", "up")];

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(borrow)]
    data: Data<'a>,
}

#[derive(Deserialize)]
struct Data<'a> {
    #[serde(borrow)]
    result: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Series<'a> {
    #[serde(borrow)]
    metric: &'a RawValue,
    #[serde(borrow)]
    values: Option<&'a RawValue>,
    /// Of an answer of one moment.
    #[serde(borrow)]
    value: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Name {
    #[serde(rename = "__name__", default)]
    name: String,
}

/// Reads an answer that was kept as `name`.
pub fn read_answer(text: &[u8], name: &str, place: Place, found: &mut Findings) {
    let text = String::from_utf8_lossy(text);
    let whole: Whole<'_> = match serde_json::from_str(&text) {
        Ok(whole) => whole,
        Err(error) => return found.unreadable(place, error),
    };
    let of_file = format!("file:{name}");
    let mut readers: BTreeMap<&str, AnswerReader> = BTreeMap::new();
    for (line, raw) in with_lines(&text, &whole.data.result) {
        let Ok(series) = serde_json::from_str::<Series<'_>>(raw.get()) else {
            found.unreadable(Place { line, ..place }, "no series of an answer");
            continue;
        };
        let metric: Option<Name> = serde_json::from_str(series.metric.get()).ok();
        let bare = BARE.iter().find(|(bare, _)| metric.as_ref().is_some_and(|metric| metric.name == *bare));
        let query = bare.map_or(of_file.as_str(), |(_, id)| id);
        let samples = match (series.values, series.value) {
            (Some(values), _) => values.get().to_owned(),
            (None, Some(value)) => format!("[{}]", value.get()),
            (None, None) => continue,
        };
        let written = format!("{{\"metric\":{},\"values\":{samples}}}", series.metric.get());
        let reader = readers.entry(query).or_insert_with(|| AnswerReader::new(place.entry, query, ""));
        if let Err(why) = reader.line(line.into(), written.as_bytes()) {
            found.unreadable(Place { line, ..place }, why);
        }
    }
    found.answers.extend(readers.into_values().map(AnswerReader::finish));
}

/// Parts of a text in its order, each with the line that it begins on.
pub fn with_lines<'a>(text: &str, parts: &[&'a RawValue]) -> Vec<(u32, &'a RawValue)> {
    let (mut line, mut seen) = (1_u32, 0_usize);
    let begin = text.as_ptr().addr();
    let of = |part: &&'a RawValue| {
        let at = part.get().as_ptr().addr().saturating_sub(begin);
        let between = text.as_bytes().get(seen..at).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', between).count();
        line = line.saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        seen = at.max(seen);
        (line, *part)
    };
    parts.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::SeriesStore;
    use chrono::DateTime;
    use proptest::prelude::*;

    fn read(text: &str) -> (SeriesStore, usize) {
        let mut found = Findings::default();
        read_answer(text.as_bytes(), "memory", Place::of_line(1, DateTime::UNIX_EPOCH), &mut found);
        (SeriesStore::new(std::mem::take(&mut found.answers)), found.unreadable.len())
    }

    fn told(store: &SeriesStore) -> Vec<(String, u64, usize)> {
        store.iter().map(|series| (series.query().to_owned(), series.line(), series.samples().count())).collect()
    }

    #[test]
    fn an_answer_is_read_in_every_form() {
        let whole = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"up","job":"kubelet"},"values":[[1795244400,"1"],[1795244415,"0"]]},{"metric":{"instance":"n"},"values":[[1795244400,"5"]]}]}}"#;
        let (store, unreadable) = read(whole);
        assert_eq!(told(&store), [("file:memory".to_owned(), 1, 1), ("up".to_owned(), 1, 2)]);
        assert_eq!(unreadable, 0);
        let value: serde_json::Value = serde_json::from_str(whole).expect("JSON");
        let (store, unreadable) = read(&serde_json::to_string_pretty(&value).expect("JSON"));
        assert_eq!((told(&store).iter().map(|(_, _, samples)| samples).sum::<usize>(), unreadable), (3, 0));
        let moment = r#"{"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"ALERTS","alertname":"A"},"value":[1795244400.5,"1"]}]}}"#;
        assert_eq!(told(&read(moment).0), [("alert-history".to_owned(), 1, 1)]);
        assert_eq!(read("{\"status\":\"success\"}").1, 1);
    }

    /// The table is what the program asks.
    #[test]
    fn metrics_with_bare_names_are_all_known() {
        let queries = include_str!("../sources/metrics/queries.yaml");
        let mut id = "";
        let mut asked = Vec::new();
        for line in queries.lines() {
            if let Some(found) = line.strip_prefix("- id: ") {
                id = found;
            } else if let Some(promql) = line.strip_prefix("  promql: ")
                && promql.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            {
                asked.push((promql, id));
            }
        }
        asked.sort_unstable();
        assert_eq!(asked, BARE);
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(result in "\\PC{0,60}", parts in "[\\[\\]{}\":,0-9metricvalus]{0,80}") {
            for result in [result, parts] {
                read(&format!("{{\"data\":{{\"resultType\":\"matrix\",\"result\":[{result}]}}}}"));
            }
        }
    }
}
