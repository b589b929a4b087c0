//! `common`: what those that failed share, and those that did not lack.

use super::super::answer::{Range, list};
use super::super::incident::Incident;
use super::{Answer, Ask, Nothing, members, schema, taken};
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
    let whole = of.report.common.iter().map(|one| of.records(&one.evidence, 6));
    let row = |(row, records)| {
        let row: &crate::report::kept::SharedRow = row;
        let records: Vec<Value> = records;
        json!({"says": row.statement, "attribute": row.attribute, "value": row.value, "failing": row.failing,
               "healthy": row.healthy, "signals": row.signals, "records": records})
    };
    let rows: Vec<Value> = rows.iter().zip(whole).map(row).collect();
    Ok(members(list(rows.into_iter(), Range::default())))
}
