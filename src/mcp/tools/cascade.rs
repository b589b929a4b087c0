//! `cascade`: the links of one cascade, in order of time.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::report::schema::{EdgeRow, SignalRow};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};

pub const ASK: Ask = Ask {
    name: "cascade",
    title: "What led to what",
    about: "The links of a cascade in order of time: cause, effect, the mechanism, how sure it is (`mechanism` is tied by the \
            records, `known` by a known mechanism, `order` by time alone), what speaks against it, and its records.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// `c1` is the largest, and what is given where nothing is asked for
    cascade: Option<String>,
    #[serde(flatten)]
    range: Range,
}

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let cascade = match &wanted.cascade {
        Some(id) => of.kept.cascades.iter().find(|one| one.id == *id),
        None => of.kept.cascades.first(),
    };
    let Some(cascade) = cascade else {
        let all: Vec<&str> = of.kept.cascades.iter().map(|one| one.id.as_str()).take(20).collect();
        return Err(match all.as_slice() {
            [] => "no cascade was found".to_owned(),
            some => format!("there are {}", some.join(", ")),
        });
    };
    let members_of: BTreeSet<&str> = cascade.signals.iter().map(String::as_str).collect();
    let signals: BTreeMap<&str, &SignalRow> = of.kept.signals.iter().map(|one| (one.id.as_str(), one)).collect();
    let is_of_it = |edge: &&EdgeRow| members_of.contains(edge.from.as_str()) && members_of.contains(edge.to.as_str());
    let mut edges: Vec<&EdgeRow> = of.kept.edges.iter().filter(is_of_it).collect();
    let begins = |id: &str| signals.get(id).map(|one| one.from.as_str()).unwrap_or_default();
    edges.sort_by_key(|edge| (begins(&edge.to), edge.to.as_str(), edge.from.as_str()));
    let end = |id: &str| {
        signals.get(id).map(|one| json!({"id": id, "signal": one.signal, "subject": one.subject, "from": one.from}))
    };
    let link = |edge: &EdgeRow| {
        let against: Vec<&str> = edge.against.iter().map(|doubt| doubt.why.as_str()).collect();
        json!({"from": end(&edge.from), "to": end(&edge.to), "grade": edge.grade, "lag_ms": edge.lag_ms, "says": edge.why,
               "against": against, "records": of.records(&edge.evidence, RECORDS)})
    };
    let links: Vec<Value> = edges.into_iter().map(link).collect();
    Ok(members(json!({
        "cascade": cascade.id, "headline": cascade.headline, "from": cascade.from, "last_sign": cascade.to,
        "links": list(links.into_iter(), wanted.range),
    })))
}

const RECORDS: usize = 2;
