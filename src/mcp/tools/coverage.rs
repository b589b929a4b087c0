//! `coverage`: what was collected, what was not, and what may therefore not be said to be absent.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::report::schema::Coverage;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "coverage",
    title: "What was seen and what was not",
    about: "What was collected and what was not, with the reason, and whether not having seen harm, changes or alerts proves \
            that there were none. Ask this before saying that something did not happen.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// All of it, not only what is missing
    #[serde(default)]
    all: bool,
    #[serde(flatten)]
    range: Range,
}

/// What did not fail to come.
const CAME: [&str; 3] = ["collected", "empty", "not-read"];

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let is_shown = |one: &&Coverage| wanted.all || !CAME.contains(&one.status.as_str());
    let rows: Vec<Value> = of.kept.coverage.iter().filter(is_shown).map(|one| json!(one)).collect();
    let unknown: Vec<Value> = of
        .report
        .not_understood
        .iter()
        .map(|one| json!({"quoted": one.words, "count": one.count, "records": of.records(&one.evidence, 1)}))
        .collect();
    Ok(members(json!({
        "coverage": list(rows.into_iter(), wanted.range),
        "absence": of.report.whole.get("absences"),
        "not_understood": list(unknown.into_iter(), Range::first(10)),
    })))
}
