//! What a Prometheus is asked: `queries.yaml`, and at which resolution.

use crate::archive::layout::APP_METRIC;
use crate::model::Window;
use serde::Deserialize;

/// A range query of `queries.yaml`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Query {
    pub id: String,
    pub promql: String,
    pub why: String,
    pub serves: Vec<String>,
}

/// Every query. The file is part of the program, so it can always be read: a test says so.
pub fn all() -> Vec<Query> {
    serde_saphyr::from_str(include_str!("queries.yaml")).unwrap_or_default()
}

/// Ids of entries that are no range.
const TAKEN: [&str; 5] = ["alertmanager", "alerts", "alerts-now", "rules", "targets"];
/// The longest name of a query of one's own.
const NAME: usize = 63;

/// A query of one's own, written `NAME=PROMQL`.
///
/// # Errors
/// It is written otherwise, or its name is another query's.
pub fn own(text: &str) -> Result<Query, String> {
    let (name, promql) = text.split_once('=').ok_or("write it as NAME=PROMQL")?;
    let is_sign = |sign: u8| sign.is_ascii_lowercase() || sign.is_ascii_digit() || sign == b'-';
    if name.is_empty() || name.len() > NAME || !name.bytes().all(is_sign) {
        return Err(format!("the name {name:?} is not of a-z, 0-9 and -, {NAME} at most"));
    }
    if name.starts_with(APP_METRIC) || TAKEN.contains(&name) || all().iter().any(|query| query.id == name) {
        return Err(format!("{name} is the name of a query that is asked anyway: choose another"));
    }
    if promql.trim().chars().any(char::is_control) {
        return Err(format!("{name} has a line break or another control character: write it on one line"));
    }
    if promql.trim().is_empty() {
        return Err(format!("{name} asks for nothing: write it as NAME=PROMQL"));
    }
    let why = "asked for with --query".to_owned();
    Ok(Query { id: name.to_owned(), promql: promql.trim().to_owned(), why, serves: Vec::new() })
}

/// Prometheus refuses more points a series (web/api/v1 of Prometheus).
const POINTS: i64 = 11_000;
/// Nobody scrapes more often than that for long.
const FINEST: i64 = 15;
/// The default `scrape_interval` of Prometheus (its configuration): a coarser step passes samples over.
const COARSEST: i64 = 60;
/// The most ranges a window is asked for in.
const RANGES: i64 = 8;

/// The step in seconds for `window`: the finest of which one range holds all points, but no coarser than a minute,
/// unless the window (of two months or more) would take too many ranges.
pub fn step(window: Window) -> i64 {
    let seconds = window.length().num_seconds().max(0);
    // Both ends are points.
    let holding =
        |ranges: i64| seconds.div_euclid(ranges * (POINTS - 1)) + i64::from(seconds % (ranges * (POINTS - 1)) > 0);
    holding(1).clamp(FINEST, COARSEST).max(holding(RANGES))
}

/// First and last second of the ranges that cover `window` with a point every `step` seconds, at most 11,000 each and
/// none twice.
///
/// The last point is the window's end, so that what began a moment ago is seen. The first may be later than the
/// window's start: a point tells of the five minutes before it too (Prometheus, "Staleness").
pub fn ranges(window: Window, step: i64) -> Vec<(i64, i64)> {
    let (from, to) = (window.from.timestamp(), window.to.timestamp());
    let mut ranges = vec![];
    let mut start = from + (to - from).rem_euclid(step);
    while start <= to {
        let end = to.min(start + (POINTS - 1) * step);
        ranges.push((start, end));
        start = end + step;
    }
    ranges
}

/// Puts every series of an answer on a line of its own as it streams by, so that a line can be cited.
///
/// It stays the same JSON: in a label's value the quotes of the sign would be escaped.
#[derive(Default)]
pub struct SeriesLines {
    carry: Vec<u8>,
}

const SIGN: &[u8] = b"{\"metric\":";

impl SeriesLines {
    /// Takes a piece of the answer and gives what can be written of it.
    pub fn push(&mut self, piece: &[u8]) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.carry);
        text.extend_from_slice(piece);
        let mut out = Vec::with_capacity(text.len() + 64);
        let mut from = 0;
        let mut held = 0;
        for at in memchr::memmem::find_iter(&text, SIGN) {
            out.extend_from_slice(text.get(from..at).unwrap_or_default());
            out.push(b'\n');
            from = at;
            held = SIGN.len();
        }
        // The end may be the beginning of a sign, and is kept; a sign whose line break is written goes along.
        let rest = text.get(from..).unwrap_or_default();
        let done = rest.len().saturating_sub(SIGN.len() - 1).max(held);
        out.extend_from_slice(rest.get(..done).unwrap_or(rest));
        self.carry = rest.get(done..).unwrap_or_default().to_vec();
        out
    }

    /// What is left when the answer has ended.
    pub fn end(self) -> Vec<u8> {
        self.carry
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn the_queries_can_be_read() {
        let queries = all();
        assert!(queries.len() >= 60);
        let ids: Vec<&str> = queries.iter().map(|query| query.id.as_str()).collect();
        let sorted: BTreeSet<&str> = ids.iter().copied().collect();
        assert_eq!(ids, sorted.iter().copied().collect::<Vec<_>>());
        assert!(queries.iter().all(|query| !query.why.is_empty() && !query.serves.is_empty()));
        // These have entries of their own.
        assert!(TAKEN.iter().all(|taken| !sorted.contains(taken)));
        assert!(ids.iter().all(|id| !id.starts_with(APP_METRIC)));
    }

    #[test]
    fn a_query_of_ones_own_has_a_name_of_its_own() {
        let query = own("orders-failed=sum(rate(orders_total{state=\"failed\"}[5m]))").expect("a query");
        assert_eq!(
            (query.id.as_str(), query.promql.as_str()),
            ("orders-failed", "sum(rate(orders_total{state=\"failed\"}[5m]))")
        );
        for wrong in ["up", "=up", "a=", "a= ", "Orders=up", "a_b=up", "../a=up", "up=up", "rules=up", "app-x=up"] {
            assert!(own(wrong).is_err(), "{wrong}");
        }
        assert!(own(&format!("{}=up", "a".repeat(NAME + 1))).is_err());
    }

    #[test]
    fn the_queries_are_whole_and_aggregated() {
        const HEADS: [&str; 7] = ["sum", "max", "min", "avg", "count", "topk", "histogram_quantile"];
        for Query { id, promql, .. } in all() {
            let depths = promql.chars().scan(0_i32, |depth, sign| {
                *depth += i32::from("([{".contains(sign)) - i32::from(")]}".contains(sign));
                Some(*depth)
            });
            assert!(depths.clone().all(|depth| depth >= 0) && depths.last() == Some(0), "{id}: parentheses");
            let head = promql.strip_prefix("1 - ").unwrap_or(&promql);
            let head = head.split(|sign: char| !sign.is_ascii_alphanumeric() && sign != '_').next();
            // A series for each target or alert is what these are asked for.
            let is_whole = ["ALERTS", "up"].contains(&promql.as_str());
            assert!(is_whole || head.is_some_and(|head| HEADS.contains(&head)), "{id}: not aggregated");
        }
    }

    fn window(seconds: i64) -> Window {
        Window::new(DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds))
    }

    #[test]
    fn steps_and_ranges_at_the_borders() {
        const DAY: i64 = 86_400;
        // The window in seconds, the step, the ranges.
        for (seconds, wanted, count) in [
            (0, 15, 1),
            (7200, 15, 1),
            (DAY, 15, 1),
            (15 * 10_999, 15, 1),
            (15 * 10_999 + 1, 16, 1),
            (7 * DAY, 55, 1),
            (60 * 10_999, 60, 1),
            (60 * 10_999 + 60, 60, 2),
            (30 * DAY, 60, 4),
            (3650 * DAY, 3584, 8),
        ] {
            let window = window(seconds);
            let step = step(window);
            let ranges = ranges(window, step);
            assert_eq!((step, ranges.len()), (wanted, count), "{seconds}");
            let points: i64 = ranges.iter().map(|(start, end)| (end - start) / step + 1).sum();
            assert_eq!(points, seconds / step + 1, "{seconds}");
            assert!(ranges.iter().all(|(start, end)| (end - start) / step < POINTS), "{seconds}");
            assert!(ranges.windows(2).all(|pair| pair[1].0 - pair[0].1 == step), "{seconds}");
            assert_eq!(ranges.last().map(|range| range.1), Some(window.to.timestamp()), "{seconds}");
        }
    }

    const ANSWER: &str = r#"{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"a":"{\"metric\":"},"values":[[1,"1"]]},{"metric":{"job":"x"},"values":[[1,"1"]]}]}}"#;

    fn in_pieces(size: usize) -> String {
        let mut lines = SeriesLines::default();
        let mut out: Vec<u8> = ANSWER.as_bytes().chunks(size).flat_map(|piece| lines.push(piece)).collect();
        out.extend(lines.end());
        String::from_utf8_lossy(&out).into_owned()
    }

    proptest! {
        #[test]
        fn every_series_has_its_line(size in 1_usize..200) {
            let out = in_pieces(size);
            prop_assert_eq!(out.replace('\n', ""), ANSWER);
            prop_assert_eq!(out.lines().skip(1).filter(|line| line.starts_with("{\"metric\":")).count(), 2);
            prop_assert_eq!(out.lines().count(), 3);
        }
    }
}
