//! When Services were without a ready endpoint, as the versions of their EndpointSlices tell it.
//!
//! A Service may have several slices, and is without only if all of them are. One that was made without any, or whose slices
//! are all gone, lost none.

use super::Place;
use crate::evidence::findings::Findings;
use crate::evidence::{Fact, Record};
use crate::model::{Clock, Moment, Subject, rfc3339};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use std::collections::BTreeMap;

/// The label by which a slice names its Service (Kubernetes, Well-Known Labels).
const SERVICE: &str = "kubernetes.io/service-name";

/// What is over sooner is no state: the default of `terminationGracePeriodSeconds` (Kubernetes API reference, PodSpec), which
/// a workload of one pod that ends the old one first waits for as a matter of course.
const REPLACING: TimeDelta = TimeDelta::seconds(30);

#[derive(Debug, Default)]
pub struct Endpoints(BTreeMap<Subject, Service>);

#[derive(Debug, Default)]
struct Service {
    /// Whether each slice has a ready endpoint.
    slices: BTreeMap<Box<str>, bool>,
    /// Where it was seen first that none has, after one had.
    out: Option<Place>,
}

impl Endpoints {
    /// Takes a version of a slice; `is_there` is false of one that is gone.
    pub fn version(&mut self, (uid, slice): (&str, &Value), is_there: bool, place: Place, found: &mut Findings) {
        let named = |path: &str| slice.pointer(path).and_then(Value::as_str);
        let service = slice.pointer("/metadata/labels").and_then(|labels| labels.get(SERVICE)?.as_str());
        let (Some(namespace), Some(service)) = (named("/metadata/namespace"), service) else { return };
        let subject = Subject::namespaced("Endpoints", namespace, service);
        let of = self.0.entry(subject.clone()).or_default();
        let had_one = of.slices.values().any(|ready| *ready);
        if is_there {
            of.slices.insert(uid.into(), has_ready(slice));
        } else {
            of.slices.remove(uid);
        }
        let has_one = of.slices.values().any(|ready| *ready);
        if had_one && !has_one && !of.slices.is_empty() {
            of.out = Some(place);
        } else if (has_one || of.slices.is_empty())
            && let Some(out) = of.out.take()
            && place.fetched - out.fetched >= REPLACING
        {
            tell(&subject, (out, place.fetched), found);
        }
    }

    /// Ends the reading: what was so when the recording ended goes on, as what a list shows does.
    pub fn end(self, until: DateTime<Utc>, found: &mut Findings) {
        for (subject, service) in self.0 {
            let Some(out) = service.out else { continue };
            let until = until.max(out.fetched);
            tell(&subject, (out, until), found);
            add(&subject, (out, Moment::exact(until).begun_after(out.fetched), Moment::exact(until)), found);
        }
    }
}

/// Whether a slice has an endpoint that is ready; one that does not say so is to be read as if it were (discovery.k8s.io/v1,
/// EndpointConditions).
fn has_ready(slice: &Value) -> bool {
    let endpoints = slice.get("endpoints").and_then(Value::as_array);
    let is_ready = |one: &Value| one.pointer("/conditions/ready").and_then(Value::as_bool).unwrap_or(true);
    endpoints.is_some_and(|endpoints| endpoints.iter().any(is_ready))
}

fn tell(subject: &Subject, (out, until): (Place, DateTime<Utc>), found: &mut Findings) {
    add(subject, (out, Moment::exact(out.fetched), Moment::exact(until)), found);
}

fn add(subject: &Subject, (place, at, last): (Place, Moment, Moment), found: &mut Findings) {
    let text = format!("{subject} recorded at {}: no endpoint with ready true", rfc3339(place.fetched));
    let citation = found.cite(place, &text);
    let (at, last) = (at.by(Clock::Collector), last.by(Clock::Collector));
    found.facts.push(Fact { at, last, count: 1, subject, node: None, record: Record::EndpointsWithoutReady, citation });
}

#[cfg(test)]
mod tests {
    use super::super::at;
    use super::*;
    use serde_json::json;

    fn time(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_000_000 + second, 0).expect("a time")
    }

    /// When `Endpoints/shop/api` was without, of versions of slices: second, UID, how many are ready, or none that it is gone.
    fn told(versions: &[(i64, &str, Option<usize>)]) -> Vec<(i64, i64)> {
        let (mut endpoints, mut found) = (Endpoints::default(), Findings::default());
        for (second, uid, ready) in versions {
            let is_there = ready.is_some();
            let ready: Vec<Value> = (0..ready.unwrap_or(0)).map(|_| json!({"conditions": {"ready": true}})).collect();
            let slice = json!({"metadata": {"namespace": "shop", "labels": {SERVICE: "api"}}, "endpoints": ready});
            let place = at(Place::of_line(1, time(0)), time(*second));
            endpoints.version((uid, &slice), is_there, place, &mut found);
        }
        endpoints.end(time(900), &mut found);
        let seconds = |time: DateTime<Utc>| time.timestamp() - 1_795_000_000;
        let began = |at: Moment| seconds(at.time - TimeDelta::milliseconds(i64::from(at.earlier_ms)));
        found.facts.iter().map(|fact| (began(fact.at), seconds(fact.last.time))).collect()
    }

    #[test]
    fn a_service_is_without_while_none_of_its_slices_has_one() {
        let two = [(0, "a", Some(2)), (0, "b", Some(1)), (100, "a", Some(0)), (200, "b", Some(0)), (300, "a", Some(1))];
        assert_eq!(told(&two), [(200, 300)]);
        assert_eq!(told(&two[..4]), [(200, 900), (200, 900)], "and a list would show it at the end");
    }

    #[test]
    fn what_is_new_or_gone_or_over_at_once_lost_none() {
        assert_eq!(told(&[(0, "a", Some(0)), (100, "a", Some(1))]), []);
        assert_eq!(told(&[(0, "a", Some(1)), (100, "a", None)]), []);
        assert_eq!(told(&[(0, "a", Some(1)), (100, "a", Some(0)), (110, "a", Some(1))]), []);
        assert_eq!(told(&[(0, "a", Some(1)), (100, "a", Some(0)), (200, "a", None)]), [(100, 200)]);
    }
}
