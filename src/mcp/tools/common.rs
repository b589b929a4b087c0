//! `common`: what those that failed share, and those that did not lack.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, Nothing, members, schema, taken};
use crate::report::kept::SharedRow;
use serde_json::{Map, Value, json};

pub const ASK: Ask = Ask {
    name: "common",
    title: "What they had in common",
    about: "What nearly all that failed share and nearly none of the others do (a node, a version, an image, an owner, what \
            they read), with the counts of both.",
    schema: schema::<Nothing>,
    answer,
};

fn answer(of: &Incident, arguments: Map<String, Value>) -> Answer {
    taken::<Nothing>(arguments)?;
    let Some(rows) = &of.kept.common else {
        return Err("the report is of a version that did not look for it; analyze again".to_owned());
    };
    let row = |row: &SharedRow| {
        json!({"says": row.statement, "attribute": row.attribute, "value": row.value, "failing": row.failing,
               "healthy": row.healthy, "signals": row.signals, "records": of.records(&row.evidence, RECORDS)})
    };
    Ok(members(list(rows.iter().map(row), Range::default())))
}

const RECORDS: usize = 6;
