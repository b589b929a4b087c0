//! Which metrics a server has: what tells a query that found nothing from one that could find nothing.

use super::queries::Query;
use serde::Deserialize;
use std::collections::BTreeSet;

/// The names of all metrics of a server within a window.
#[derive(Debug)]
pub struct Names(BTreeSet<Box<str>>);

/// The answer to `/api/v1/label/__name__/values`.
#[derive(Deserialize)]
struct Wire {
    #[serde(default)]
    status: String,
    #[serde(default)]
    data: Vec<Box<str>>,
}

impl Names {
    /// Reads an answer; `None` if it is none.
    pub fn read(body: &[u8]) -> Option<Self> {
        let wire: Wire = serde_json::from_slice(body).ok()?;
        (wire.status == "success").then(|| Self(wire.data.into_iter().collect()))
    }

    /// Why `query` found nothing.
    pub fn explain(&self, query: &Query) -> String {
        let metrics = metrics(&query.promql);
        let (known, unknown): (Vec<&str>, Vec<&str>) =
            metrics.into_iter().partition(|name| self.0.iter().any(|known| &**known == *name));
        match (known.as_slice(), unknown.as_slice()) {
            (_, []) => format!("it has {} within the window, but nothing that the query asks for", known.join(" and ")),
            ([], _) => format!("it has no {} within the window", unknown.join(" or ")),
            _ => format!("it has {} but no {} within the window", known.join(" and "), unknown.join(" or ")),
        }
    }
}

/// Words of PromQL that are followed by a list of labels (Prometheus, "Operators").
const BEFORE_LABELS: [&str; 6] = ["by", "without", "on", "ignoring", "group_left", "group_right"];
/// Words of PromQL that stand alone.
const WORDS: [&str; 6] = ["and", "or", "unless", "bool", "offset", "atan2"];

/// The metrics that `promql` selects, each once, in the order of their names.
///
/// A metric is a name that is neither a word of the language, nor a function, nor a label: what stands in braces or
/// quotes, or in parentheses after a word such as `by`, is passed over.
fn metrics(promql: &str) -> BTreeSet<&str> {
    let mut metrics = BTreeSet::new();
    let mut rest = promql;
    while let Some(sign) = rest.chars().next() {
        if is_name(sign) {
            let (name, after) = split(rest, |sign| !is_name(sign) && !sign.is_ascii_digit());
            let follows = after.trim_start();
            rest = match follows.strip_prefix('(') {
                Some(labels) if BEFORE_LABELS.contains(&name) => split(labels, |sign| sign == ')').1,
                Some(_) => follows,
                // An aggregation may name its labels before what it aggregates: `sum by (le) (…)`.
                None if is_aggregation(follows) || WORDS.contains(&name) || BEFORE_LABELS.contains(&name) => after,
                None => {
                    metrics.insert(name);
                    after
                }
            };
        } else if sign == '{' {
            rest = past_matchers(rest);
        } else if sign.is_ascii_digit() {
            // A number or a duration, with its unit.
            rest = split(rest, |sign| !sign.is_ascii_alphanumeric() && sign != '.').1;
        } else {
            rest = split_at_sign(rest);
        }
    }
    metrics
}

fn is_name(sign: char) -> bool {
    sign.is_ascii_alphabetic() || matches!(sign, '_' | ':')
}

fn is_aggregation(follows: &str) -> bool {
    let (word, after) = split(follows, |sign| !is_name(sign));
    matches!(word, "by" | "without") && after.trim_start().starts_with('(')
}

/// What is before the first sign that `ends`, and the rest from it on.
fn split(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.find(ends).and_then(|at| text.split_at_checked(at)).unwrap_or((text, ""))
}

fn split_at_sign(text: &str) -> &str {
    let mut signs = text.chars();
    signs.next();
    signs.as_str()
}

/// What follows the label matchers that `text` begins with; a brace within quotes is part of a value.
fn past_matchers(text: &str) -> &str {
    let mut signs = text.chars();
    let mut quoted = false;
    while let Some(sign) = signs.next() {
        match sign {
            '\\' if quoted => {
                signs.next();
            }
            '"' => quoted = !quoted,
            '}' if !quoted => break,
            _ => {}
        }
    }
    signs.as_str()
}

#[cfg(test)]
mod tests {
    use super::super::queries;
    use super::*;
    use proptest::prelude::*;

    fn found(promql: &str) -> Vec<&str> {
        metrics(promql).into_iter().collect()
    }

    #[test]
    fn metrics_are_told_from_what_surrounds_them() {
        assert_eq!(found("ALERTS"), ["ALERTS"]);
        assert_eq!(found(r#"sum by (le, job) (rate(a_bucket{x=~"b_c|}d",y="e_f"}[5m])) > 0"#), ["a_bucket"]);
        assert_eq!(found("sum(a) by (b) / on (c) group_left (d) max without (e) (f{g=\"h\"})"), ["a", "f"]);
        assert_eq!(
            found("1 - avg by (node) (rate(idle_total{mode=\"idle\"}[5m])) or up offset 5m"),
            ["idle_total", "up"]
        );
        assert_eq!(found("topk(20, sum(a:b:c)) and a > bool 1.5e3"), ["a", "a:b:c"]);
        assert_eq!(found("histogram_quantile(0.99, sum by(le)(rate(x_bucket[5m])))"), ["x_bucket"]);
    }

    #[test]
    fn every_query_selects_metrics() {
        for query in queries::all() {
            let metrics = metrics(&query.promql);
            assert!(!metrics.is_empty(), "{}", query.id);
            // No name of one word but these is a metric of Kubernetes, and functions and labels mostly are.
            let is_known = |name: &&str| name.contains('_') || ["ALERTS", "up"].contains(name);
            assert!(metrics.iter().all(is_known), "{}: {metrics:?}", query.id);
        }
    }

    #[test]
    fn what_is_missing_is_told() {
        let names = Names::read(br#"{"status":"success","data":["a_total","up"]}"#).expect("names");
        let why = |promql: &str| {
            let text = format!("id: x\npromql: {promql}\nwhy: x\nserves: [x]\n");
            names.explain(&serde_saphyr::from_str(&text).expect("a query"))
        };
        assert_eq!(why("sum(b_total) / c"), "it has no b_total or c within the window");
        assert_eq!(
            why("rate(a_total[5m]) > 0"),
            "it has a_total within the window, but nothing that the query asks for"
        );
        assert_eq!(why("a_total / b"), "it has a_total but no b within the window");
        assert!(Names::read(b"<html>").is_none() && Names::read(br#"{"status":"error"}"#).is_none());
    }

    proptest! {
        #[test]
        fn anything_ends(promql in ".*") {
            for name in metrics(&promql) {
                prop_assert!(promql.contains(name));
            }
        }
    }
}
