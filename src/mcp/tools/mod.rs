//! What may be asked.

mod cascade;
mod common;
mod coverage;
mod difference;
mod lines;
mod logs;
mod overview;
mod signals;
mod ways;

use super::incident::Incident;
use rmcp::handler::server::tool::schema_for_type;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::any::Any;
use std::sync::Arc;

/// What an answer holds, or why there is none.
pub type Answer = Result<Map<String, Value>, String>;

/// A question that may be asked.
pub struct Ask {
    pub name: &'static str,
    pub title: &'static str,
    /// What a model reads when it chooses.
    pub about: &'static str,
    pub schema: fn() -> Arc<Map<String, Value>>,
    pub answer: fn(&Incident, Map<String, Value>) -> Answer,
}

/// Every question.
pub static ALL: &[Ask] = &[
    overview::ASK,
    cascade::ASK,
    signals::ASK,
    ways::WHY,
    ways::AFTER,
    ways::PATH,
    common::ASK,
    lines::ASK,
    logs::ASK,
    difference::ASK,
    coverage::ASK,
];

/// The JSON Schema of what a question takes.
fn schema<T: JsonSchema + Any>() -> Arc<Map<String, Value>> {
    schema_for_type::<T>()
}

/// What a question was asked with. What it does not take is an error, as whoever asks believes that it counts.
fn taken<T: DeserializeOwned + JsonSchema + Any>(arguments: Map<String, Value>) -> Result<T, String> {
    let schema = schema::<T>();
    let known = schema.get("properties").and_then(Value::as_object);
    let is_known = |name: &String| known.is_some_and(|known| known.contains_key(name));
    if let Some(other) = arguments.keys().find(|name| !is_known(name)) {
        let all: Vec<&str> = known.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
        return Err(format!(
            "there is no argument {other}; it takes {}",
            if all.is_empty() { "none".to_owned() } else { all.join(", ") }
        ));
    }
    serde_json::from_value(Value::Object(arguments))
        .map_err(|error| format!("the arguments are not understood: {error}"))
}

/// The members of a JSON object.
fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        other => Map::from_iter([("answer".to_owned(), other)]),
    }
}

/// A question that takes nothing.
#[derive(serde::Deserialize, JsonSchema)]
struct Nothing {}
