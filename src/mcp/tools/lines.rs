//! `lines`: a record, with the lines around it.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, members, schema, taken};
use crate::viewing::surrounding;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "lines",
    title: "A record and its neighbours",
    about: "A record by its number in the draft (E4) or its place (PATH:LINE), with the lines around it, as they were written.",
    schema: schema::<Wanted>,
    answer,
};

#[derive(Deserialize, JsonSchema)]
struct Wanted {
    /// `E4`, or PATH:LINE as `at` of a record has it
    record: String,
    /// Lines before and after it, 3 where nothing is said and 50 at most
    context: Option<u64>,
}

const CONTEXT: u64 = 3;
const MOST_CONTEXT: u64 = 50;

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    let wanted: Wanted = taken(arguments)?;
    let (path, line) = place(of, wanted.record.trim_matches(['[', ']', '`', ' ']))?;
    let Some(inputs) = &of.inputs else {
        return Err("only a report is here, which keeps no lines but those it cites; ask about the archive".to_owned());
    };
    let entry = inputs.find(&path).ok_or_else(|| format!("there is no entry {path}"))?;
    let context = wanted.context.unwrap_or(CONTEXT).min(MOST_CONTEXT);
    let found = surrounding(&entry, line, context).map_err(|error| error.to_string())?;
    let lines: Vec<Value> = found
        .into_iter()
        .map(|(number, text)| json!({"line": number, "is_the_record": number == line, "quoted": text}))
        .collect();
    let lines = list(lines.into_iter(), Range::first(usize::MAX));
    Ok(members(json!({"record": wanted.record, "at": format!("{path}:{line}"), "lines": lines})))
}

/// Entry and line of a record.
fn place(of: &Incident, record: &str) -> Result<(String, u64), String> {
    if let Some(cited) = of.kept.citations.iter().find(|one| one.id.eq_ignore_ascii_case(record)) {
        return Ok((cited.entry.to_string(), cited.line));
    }
    let parts = record.rsplit_once(':').and_then(|(path, line)| Some((path.to_owned(), line.parse().ok()?)));
    parts.ok_or_else(|| match of.kept.citations.last() {
        Some(last) => format!("{record} is no record: they are E1 to {}, or PATH:LINE", last.id),
        None => format!("{record} is no record: write it as PATH:LINE"),
    })
}
