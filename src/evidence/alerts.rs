//! The alerts that a Prometheus had pending or firing when it was asked, as the series ALERTS has them at that moment.
//!
//! `activeAt` is when the expression of the alert became true: a pending alert has been pending since then; a firing one
//! fired at some time after it, and had by the time it was asked for (Prometheus documentation, HTTP API, Alerts).

use super::findings::{ActiveAlert, Findings, Place};
use super::{Fact, Facts, Record};
use crate::model::{Clock, Moment, Subject};
use crate::objects::{or_default, parse_time};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The query that facts of alerts name: it is asked for no range.
const QUERY: &str = "alerts";

#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    data: Data,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Data {
    #[serde(deserialize_with = "or_default")]
    alerts: Vec<AlertObject>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct AlertObject {
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    state: String,
    /// As it is written: quotations are words of their records.
    active_at: Value,
}

/// Reads the answer of one server.
pub fn read(bytes: &[u8], place: Place, found: &mut Findings) {
    let answer: Answer = match serde_json::from_slice(bytes) {
        Ok(answer) => answer,
        Err(error) => return found.unreadable(place, error),
    };
    if answer.status != "success" {
        return found.unreadable(place, "no alerts of an answer can be read here");
    }
    for AlertObject { mut labels, state, active_at } in answer.data.alerts {
        let written = active_at.as_str().unwrap_or_default();
        let (Some(since), "pending" | "firing") = (parse_time(written), state.as_str()) else { continue };
        let last = Moment::exact(place.fetched).by(Clock::Prometheus);
        let at = match state.as_str() {
            "pending" => Moment::exact(since).by(Clock::Prometheus),
            _ => last.begun_after(since),
        };
        let named: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let text = format!("{state} activeAt {written} {{{}}}", named.join(", "));
        labels.insert("alertstate".to_owned(), state);
        let citation = found.cite(place, &text);
        found.alerts.push(ActiveAlert { labels, at, last, citation });
    }
}

/// Adds the alerts as facts, once all that was read is together.
pub fn tell(alerts: Vec<ActiveAlert>, facts: &mut Facts) {
    let subject = Subject::whole_cluster();
    for ActiveAlert { labels, at, last, citation } in alerts {
        let node = labels.get("node").map(String::as_str);
        let record = Record::Series { query: QUERY, labels: &labels, value: 1.0 };
        facts.push(Fact { at, last, count: 1, subject: &subject, node, record, citation });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pending_alert_has_been_so_since_it_became_active() {
        // As Prometheus v3.5 answers /api/v1/alerts; recorded in fixtures/volume-missing, metrics/alerts.json.
        let line = br#"{"status":"success","data":{"alerts":[
            {"labels":{"alertname":"KubePodNotReady","namespace":"shop","pod":"a"},"annotations":{},"state":"pending","activeAt":"2026-11-26T14:22:19.629238114Z","value":"1e+00"},
            {"labels":{"alertname":"TargetDown"},"state":"firing","activeAt":"2026-11-26T14:21:00Z","value":"1e+00"},
            {"labels":{"alertname":"Odd"},"state":"inactive","activeAt":"2026-11-26T14:21:00Z"},{"labels":null,"state":"firing","activeAt":null}]}}"#;
        let mut found = Findings::default();
        let fetched = "2026-11-26T14:26:00Z".parse().expect("a time");
        read(line, Place::of_line(1, fetched), &mut found);
        let mut facts = std::mem::take(&mut found.facts);
        tell(std::mem::take(&mut found.alerts), &mut facts);
        let told: Vec<(String, u32)> =
            facts.iter().map(|fact| (fact.at.time.to_rfc3339(), fact.at.earlier_ms)).collect();
        assert_eq!(
            told,
            [("2026-11-26T14:22:19.629238+00:00".to_owned(), 0), ("2026-11-26T14:26:00+00:00".to_owned(), 300_000)]
        );
        read(b"<html>", Place::of_line(1, fetched), &mut found);
        read(br#"{"status":"error"}"#, Place::of_line(1, fetched), &mut found);
        assert_eq!((found.unreadable.len(), found.alerts.len()), (2, 0));
    }
}
