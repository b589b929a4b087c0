//! `diff`: what the incident has that a healthy archive has not.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::report::ask::compare_signals;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "diff",
    title: "What is different from when all was well",
    about: "The signals that the incident has and the baseline has not, and the other way round. There is one only where this \
            was started with a baseline.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    #[serde(flatten)]
    range: Range,
}

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let Some(baseline) = &of.baseline else {
        return Err("there is no baseline: start with --baseline ARCHIVE, of when all was well".to_owned());
    };
    let rows: Vec<Value> = compare_signals(&of.kept, baseline).iter().map(|one| json!(one)).collect();
    Ok(members(list(rows.into_iter(), wanted.range)))
}
