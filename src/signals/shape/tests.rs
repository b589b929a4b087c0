//! In which spans a look holds, and what several servers tell.

use super::span::Span;
use super::*;
use crate::evidence::SeriesStore;
use crate::evidence::series::AnswerReader;
use crate::model::EntryId;
use proptest::prelude::*;

/// A series with these samples, in seconds.
fn store(samples: &[(i64, f64)]) -> SeriesStore {
    let values: Vec<String> = samples.iter().map(|(at, value)| format!("[{at},\"{value}\"]")).collect();
    let line =
        format!(r#"{{"metric":{{"__name__":"up","job":"kubelet","node":"node-1"}},"values":[{}]}}"#, values.join(","));
    let mut reader = AnswerReader::new(EntryId(0), "up", "");
    reader.line(1, line.as_bytes()).expect("a series");
    SeriesStore::new(vec![reader.finish()])
}

fn found(samples: &[(i64, f64)], look: &SeriesLook) -> Vec<(i64, i64)> {
    let store = store(samples);
    let series = store.iter().next().expect("a series");
    spans(&series, look).iter().map(|span| (span.first.0.timestamp(), span.last.0.timestamp())).collect()
}

fn at_most(bound: f64) -> SeriesLook {
    SeriesLook { query: "up".to_owned(), at_most: Some(bound), ..SeriesLook::default() }
}

#[test]
fn a_span_begins_up_to_a_step_before_its_first_sample() {
    let store = store(&[(1000, 1.0), (1015, 0.0), (1030, 0.0), (1045, 1.0)]);
    let series = store.iter().next().expect("a series");
    let Span { first, last } = spans(&series, &at_most(0.0)).pop().expect("a span");
    let fact = fact(&series, (first.0, last.0), first.1, &Topology::default());
    let at = |seconds| DateTime::from_timestamp(seconds, 0).expect("a time");
    assert_eq!((fact.at.time, fact.last.time, fact.at.earlier_ms), (at(1015), at(1030), 15_000));
    assert_eq!(fact.labels.get("node").map(String::as_str), Some("node-1"));
    assert_eq!(fact.text, r#"up{job="kubelet",node="node-1"} 1015 "0""#);
}

#[test]
fn what_is_missing_for_more_than_two_steps_parts_spans() {
    let at = [0, 15, 30, 60, 75, 120, 135];
    let samples: Vec<(i64, f64)> = at.iter().map(|at| (*at, 0.0)).collect();
    assert_eq!(found(&samples, &at_most(0.0)), [(0, 75), (120, 135)]);
    assert_eq!(found(&samples, &at_most(-1.0)), []);
    let mut mixed = samples.clone();
    mixed.swap(1, 2);
    assert_eq!(found(&mixed, &at_most(0.0)), [(0, 75), (120, 135)]);
    assert_eq!(found(&[(0, f64::NAN), (15, 0.0)], &at_most(0.0)), [(15, 15)]);
}

#[test]
fn labels_are_wanted_and_unwanted() {
    let of = |labels: &[(&str, &str)], unwanted: &[(&str, &str)]| {
        let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let look = SeriesLook {
            labels: labels.iter().map(pair).collect(),
            not_labels: unwanted.iter().map(pair).map(|(name, value)| (name, vec![value])).collect(),
            ..SeriesLook::default()
        };
        let store = store(&[(0, 1.0)]);
        store.iter().all(|series| look.is_of(|name| series.label(name)))
    };
    assert!(of(&[("job", "kubelet"), ("node", "*")], &[("job", "apiserver"), ("pod", "a")]));
    assert!(!of(&[("pod", "*")], &[]) && !of(&[("job", "apiserver")], &[]) && !of(&[], &[("job", "kubelet")]));
}

#[test]
fn what_a_second_server_tells_too_is_told_once() {
    let read = |server: &str, from: i64, values: &str| {
        let samples: Vec<String> =
            (0..).zip(values.chars()).map(|(step, value)| format!("[{},\"{value}\"]", from + 15 * step)).collect();
        let mut reader = AnswerReader::new(EntryId(u32::from(!server.is_empty())), "up", server);
        let line = format!("{{\"metric\":{{}},\"values\":[{}]}}", samples.join(","));
        reader.line(1, line.as_bytes()).expect("a series");
        reader.finish()
    };
    let store = SeriesStore::new(vec![read("", 0, "1001100011"), read("two", 5, "1000011011")]);
    let (mut told, look) = (Told::default(), at_most(0.0));
    let mut new = Vec::new();
    for series in store.iter() {
        let spans = spans(&series, &look).into_iter().filter(|span| told.is_new(&series, (span.first.0, span.last.0)));
        new.extend(spans.map(|span| (series.server(), span.first.0.timestamp(), span.last.0.timestamp())));
    }
    // It was down for longer by the second server; the second time both tell the same.
    assert_eq!(new, [("", 15, 30), ("", 75, 105), ("two", 20, 65)]);
}

proptest! {
    /// Every sample that holds is in one span, and none that does not; spans are in order and apart.
    #[test]
    fn spans_hold_exactly_where_the_look_holds(steps in prop::collection::vec((1_i64..6, 0_i64..3), 1..60)) {
        let samples: Vec<(i64, f64)> = steps.iter().scan(0, |at, (step, value)| {
            *at += 15 * step;
            Some((*at, *value as f64))
        }).collect();
        let spans = found(&samples, &at_most(0.0));
        for (at, value) in &samples {
            let within = spans.iter().filter(|(from, to)| from <= at && at <= to).count();
            prop_assert_eq!(within, usize::from(*value <= 0.0), "{} {:?}", at, spans);
        }
        prop_assert!(spans.is_sorted());
    }
}
