//! What counters show, in the form in which Prometheus answers.

use super::super::AnswerReader;
use super::*;
use crate::model::EntryId;
use proptest::prelude::*;

/// A name, further labels as JSON, and times and values.
type Written<'a> = (&'a str, &'a str, &'a [(i64, &'a str)]);

/// What counters in the form of Prometheus' HTTP API show. Their names and labels are those of the program of the
/// incident chaos-toolkit, with the labels that its Prometheus gives them.
fn told(series: &[Written<'_>]) -> Vec<String> {
    let mut reader = AnswerReader::new(EntryId(0), "app", "");
    for (line, (name, labels, samples)) in (1..).zip(series) {
        let values: Vec<String> = samples.iter().map(|(at, value)| format!("[{at},\"{value}\"]")).collect();
        let metric = format!(r#"{{"__name__":"{name}","namespace":"shop","pod":"catalog-0"{labels}}}"#);
        let line_text = format!(r#"{{"metric":{metric},"values":[{}]}},"#, values.join(","));
        reader.line(line, line_text.as_bytes()).expect("a series");
    }
    let mut facts = Facts::default();
    tell(&SeriesStore::new(vec![reader.finish()]), &mut facts);
    facts.sort();
    let shown = facts.iter().map(|fact| {
        let Record::Compared { what, message, .. } = fact.record else { panic!("{fact:?}") };
        let (earliest, at) =
            (fact.at.time.timestamp() - i64::from(fact.at.earlier_ms) / 1000, fact.at.time.timestamp());
        assert_eq!(fact.subject, &Subject::pod("shop", "catalog-0"));
        assert!(!fact.is_undated() && fact.citation.line > 0);
        format!("{what} {earliest}..{at}: {message}")
    });
    shown.collect()
}

const OK: &str = r#","code":"200""#;
const BAD: &str = r#","code":"500""#;

#[test]
fn a_counter_that_falls_is_a_restart_between_two_scrapes() {
    let rising: &[_] = &[(1000, "10"), (1015, "12"), (1030, "14"), (1045, "1"), (1060, "3")];
    assert_eq!(
        told(&[("a_requests_total", OK, rising)]),
        ["counter-reset 1015..1045: a_requests_total fell from 14 to 1"]
    );
    // Nothing rose for a while: it may have been gone since, five minutes at most.
    let idle: &[_] = &[(1000, "10"), (1015, "12"), (1030, "12"), (1045, "12"), (1060, "0")];
    assert_eq!(
        told(&[("a_requests_total", OK, idle)]),
        ["counter-reset 1000..1060: a_requests_total fell from 12 to 0"]
    );
    // What another counter of the program shows is known of it, too, and they are one restart.
    assert_eq!(
        told(&[("a_requests_total", OK, idle), ("b_total", "", &[(1030, "5"), (1045, "9"), (1060, "2")])]),
        ["counter-reset 1030..1060: a_requests_total fell from 12 to 0, and another counter with it"]
    );
}

#[test]
fn what_is_no_counter_may_fall() {
    let falling: &[_] = &[(1000, "10"), (1015, "2")];
    for name in ["a_requests", "a_seconds_sum", "a_count", "kube_pod_container_status_restarts_total", "a_bucket"] {
        assert_eq!(told(&[(name, "", falling)]), Vec::<String>::new(), "{name}");
    }
    let gauge: &[_] = &[(0, "5"), (15, "2"), (30, "6"), (45, "1"), (60, "7"), (75, "3")];
    assert_eq!(told(&[("queue_total", "", gauge)]), Vec::<String>::new());
    // The same names of a histogram are counters.
    assert_eq!(told(&[("a_count", "", falling), ("a_sum", "", falling)]).len(), 1);
    assert_eq!(told(&[("a_bucket", r#","le":"0.1""#, falling)]).len(), 1);
    assert_eq!(told(&[("a_total", "", &[(1000, "10"), (1015, "NaN"), (1030, "11")])]), Vec::<String>::new());
}

#[test]
fn requests_that_were_answered_with_an_error_are_counted() {
    let ok: &[_] = &[(1000, "10"), (1015, "12"), (1030, "13"), (1045, "14")];
    let late: &[_] = &[(1030, "4"), (1045, "6"), (1060, "6")];
    assert_eq!(
        told(&[("a_requests_total", OK, ok), ("a_requests_total", BAD, late)]),
        ["server-errors 1015..1030: 6 requests answered 500 by a_requests_total"]
    );
    // Of one that is there from the beginning nothing is known but what came since.
    assert_eq!(told(&[("a_requests_total", BAD, &[(1000, "4"), (1015, "4")])]), Vec::<String>::new());
    let rises: &[_] = &[(1000, "4"), (1015, "5"), (1200, "5"), (1215, "7")];
    assert_eq!(
        told(&[("a_requests_total", r#","status":"5xx""#, rises)]),
        [
            "server-errors 1000..1015: 1 request answered 5xx by a_requests_total",
            "server-errors 1200..1215: 2 requests answered 5xx by a_requests_total"
        ]
    );
    for other in [r#","code":"404""#, r#","code":"13""#, r#","code":"5000""#, r#","reason":"500""#, ""] {
        assert_eq!(told(&[("a_requests_total", other, rises)]), Vec::<String>::new(), "{other}");
    }
}

proptest! {
    #[test]
    fn a_restart_is_never_placed_after_its_sample(values in prop::collection::vec(-3_i64..40, 2..60)) {
        let texts: Vec<String> = values.iter().map(i64::to_string).collect();
        let samples: Vec<(i64, &str)> = (0..).map(|at| at * 15).zip(texts.iter().map(String::as_str)).collect();
        let falls = values.windows(2).filter(|pair| pair[1] < pair[0]).count();
        let told = told(&[("a_requests_total", BAD, &samples)]);
        let resets: Vec<&String> = told.iter().filter(|one| one.starts_with("counter-reset")).collect();
        prop_assert!(resets.len() == falls || resets.is_empty() && falls >= FALLS);
        for reset in resets {
            let (earliest, rest) = reset.split_once(' ').and_then(|(_, rest)| rest.split_once("..")).expect("a bracket");
            let at: i64 = rest.split(':').next().and_then(|at| at.parse().ok()).expect("a time");
            let earliest: i64 = earliest.parse().expect("a time");
            prop_assert!(earliest < at && at - earliest <= 15 + 300, "{reset}");
        }
    }
}
