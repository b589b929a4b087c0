//! What is read of answers, in which order it is found, and that nothing is lost.

use super::*;
use proptest::prelude::*;

/// The store of `lines`, read as the answer of `server` to `query`, and what was not read of them.
fn read(query: &str, server: &str, lines: &[String]) -> (Answer, Vec<String>) {
    let mut reader = AnswerReader::new(EntryId(u32::from(!server.is_empty())), query, server);
    let told = (1..).zip(lines).filter_map(|(number, line)| reader.line(number, line.as_bytes()).err()).collect();
    (reader.finish(), told)
}

fn store(lines: &[&str]) -> SeriesStore {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let (answer, told) = read("up", "", &lines);
    assert_eq!(told, Vec::<String>::new());
    SeriesStore::new(vec![answer])
}

fn shown(series: &Series<'_>) -> (String, u64, Vec<(i64, f64)>) {
    let labels: Vec<String> = series.labels().map(|(name, value)| format!("{name}={value}")).collect();
    (labels.join(","), series.line(), series.samples().map(|(at, value)| (at.timestamp_millis(), value)).collect())
}

const FRAME: &str = r#"{"status":"success","data":{"resultType":"matrix","result":["#;

#[test]
fn series_on_lines_and_an_answer_on_one_line_are_the_same() {
    let first = r#"{"metric":{"__name__":"up","node":"node-2"},"values":[[1000,"1"],[1015.5,"0"],[1030,"+Inf"]]}"#;
    let second = r#"{"metric":{"__name__":"up","node":"node-1"},"values":[[1000,"NaN"]]}"#;
    let (open, end) = (format!("{first},"), format!("{second}]}}}}"));
    let lines = store(&[FRAME, &open, &end]);
    let whole =
        store(&[&format!(r#"{{"warnings":["a"],"data":{{"result":[{first},{second}],"resultType":"matrix"}}}}"#)]);
    let found: Vec<_> = lines.iter().map(|series| shown(&series)).collect();
    assert_eq!(found[0].0, "__name__=up,node=node-1");
    assert_eq!((found[0].1, found[0].2[0].0, found[0].2[0].1.is_nan()), (3, 1_000_000, true));
    let wanted = vec![(1_000_000, 1.0), (1_015_500, 0.0), (1_030_000, f64::INFINITY)];
    assert_eq!(found[1], ("__name__=up,node=node-2".to_owned(), 2, wanted.clone()));
    assert_eq!(
        whole.iter().map(|series| shown(&series)).nth(1),
        Some(("__name__=up,node=node-2".to_owned(), 1, wanted))
    );
    assert_eq!(lines.iter().map(|series| series.step().num_milliseconds()).collect::<Vec<_>>(), [14_500, 14_500]);
}

#[test]
fn a_query_is_found_whatever_the_server() {
    let line = |node: &str| vec![format!(r#"{{"metric":{{"node":"{node}"}},"values":[[1000,"1"]]}},"#)];
    let answers = [("up", "monitoring.two"), ("uptime", ""), ("up", ""), ("a", "")];
    let answers = answers.map(|(query, server)| read(query, server, &line("node-1")).0);
    let store = SeriesStore::new(answers.into());
    let found: Vec<(&str, &str)> = store.of("up").map(|series| (series.query(), series.server())).collect();
    assert_eq!(found, [("up", ""), ("up", "monitoring.two")]);
    assert_eq!((store.of("b").count(), store.iter().count(), store.size().samples), (0, 4, 4));
    assert_eq!(store.of("a").map(|series| series.label("node")).collect::<Vec<_>>(), [Some("node-1")]);
}

#[test]
fn what_is_no_series_is_told_and_the_rest_is_kept() {
    let good = r#"{"metric":{},"values":[[1,"1"]]}"#;
    let told = |line: &str| {
        let (answer, told) = read("up", "", &[line.to_owned()]);
        (SeriesStore::new(vec![answer]).size().samples, told.len())
    };
    assert_eq!(told(r#"{"metric":{},"values":[[1,"1"],[2,"x"],[1e300,"1"],[3,"1"]]}"#), (2, 1));
    // Times that fit, but to which nothing can be added.
    assert_eq!(told(r#"{"metric":{},"values":[[8.2e12,"1"],[-8.2e12,"1"],[253402300799,"1"]]}"#), (1, 1));
    assert_eq!(told(r#"{"metric":{},"values":[[1,"1"],[2,"1""#), (0, 1));
    assert_eq!(told(&format!("{FRAME}{good},7,{good}]}}}}")), (2, 1));
    // A whole answer that was cut keeps what came before.
    assert_eq!(told(&format!("{FRAME}{good},{good},{{\"metric\":")), (2, 1));
    for nothing in
        ["", "]}}", "[]", "<html>", r#"{"status":"error","error":"no"}"#, r#"{"metric":{},"values":[]}"#, FRAME]
    {
        assert_eq!(told(nothing), (0, 0), "{nothing}");
    }
}

#[test]
fn times_and_labels_that_series_share_are_kept_once() {
    let values: Vec<String> =
        (0..240).map(|step| format!(r#"[{},"{}"]"#, 1_795_704_337 + step * 15, step % 3)).collect();
    let lines: Vec<String> = (0..100)
        .map(|node| {
            let name = format!("{{\"metric\":{{\"job\":\"kubelet\",\"node\":\"node-{node}\"}},\"values\":[");
            format!("{name}{}]}},", values.join(","))
        })
        .collect();
    let (answer, _) = read("up", "", &lines);
    let size = SeriesStore::new(vec![answer]).size();
    assert_eq!((size.series, size.samples), (100, 24_000));
    assert!(size.sample_bytes < 24_300 && size.bytes < 24_300 + 100 * 80, "{size:?}");
}

/// The samples of a series in any order of times, of any values.
fn samples() -> impl Strategy<Value = Vec<(i64, f64)>> {
    let time = prop_oneof![-8_000_000_000_i64..8_000_000_000, (0_i64..50).prop_map(|step| step * 15_000)];
    let value = prop_oneof![any::<f64>(), (-50_i64..50).prop_map(|value| value as f64 / 8.0)];
    prop::collection::vec((time, value), 1..40)
}

proptest! {
    #[test]
    fn any_samples_read_back(all in prop::collection::vec((any::<[u8; 2]>(), samples()), 0..8)) {
        let lines: Vec<String> = all.iter().map(|(labels, samples)| {
            let values: Vec<String> =
                samples.iter().map(|(at, value)| format!("[{},\"{value}\"]", *at as f64 / 1000.0)).collect();
            format!("{{\"metric\":{{\"a\":\"{}\",\"b\":\"{}\"}},\"values\":[{}]}},", labels[0], labels[1], values.join(","))
        }).collect();
        let (answer, told) = read("up", "", &lines);
        prop_assert_eq!(told, Vec::<String>::new());
        let store = SeriesStore::new(vec![answer]);
        let mut wanted: Vec<_> = (1_u64..).zip(&all).map(|(line, (labels, samples))| {
            let bits: Vec<(i64, u64)> = samples.iter().map(|(at, value)| (*at, value.to_bits())).collect();
            (labels.map(|label| label.to_string()), line, bits)
        }).collect();
        wanted.sort();
        let found: Vec<_> = store.iter().map(|series| {
            let bits: Vec<(i64, u64)> =
                series.samples().map(|(at, value)| (at.timestamp_millis(), value.to_bits())).collect();
            let label = |name| series.label(name).unwrap_or_default().to_owned();
            ([label("a"), label("b")], series.line(), bits)
        }).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn any_line_is_read(lines in prop::collection::vec(r#"[\[\]{}",:0-9.eainfmtrcvlusd-]{0,40}"#, 0..8), whole: bool) {
        let begin = if whole { FRAME } else { "{\"metric\":{\"a\":\"b\"},\"values\":[[1," };
        let lines: Vec<String> = lines.iter().map(|line| format!("{begin}{line}")).collect();
        let (answer, _) = read("up", "", &lines);
        SeriesStore::new(vec![answer]).iter().for_each(|series| assert!(series.samples().count() > 0));
    }
}

#[test]
fn an_error_or_a_page_is_no_answer() {
    let is_answer = |lines: &[&str]| {
        let mut reader = AnswerReader::new(EntryId(0), "up", "");
        (1..).zip(lines).for_each(|(number, line)| _ = reader.line(number, line.as_bytes()));
        reader.is_answer()
    };
    assert!(is_answer(&[FRAME, "]}}"]), "no series is an answer too");
    assert!(is_answer(&[r#"{"status":"success","data":{"resultType":"matrix","result":[]}}"#]));
    assert!(is_answer(&[r#"{"metric":{},"values":[[1000,"1"]]},"#]), "a later block of one");
    for other in [r#"{"status":"error","error":"timeout"}"#, "<html>502 Bad Gateway</html>", "null", "{"] {
        assert!(!is_answer(&[other]), "{other}");
    }
}
