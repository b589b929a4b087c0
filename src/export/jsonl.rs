//! `report.json` with a line for each row of its lists, for `jq`, `grep` and what loads JSON lines.
//!
//! The first line has what is in no list. A row is as the report has it, whatever version wrote it.

use super::read::Exported;
use crate::report::safe;
use serde_json::{Map, Value, json};
use std::io::{self, Write};

/// The value of `schema` of each line.
const SCHEMA: &str = "k8s-forensics.line/1";

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let beside = of.whole.iter().filter(|(_, value)| !value.is_array());
    let report: Map<String, Value> = beside.map(|(name, value)| (name.clone(), value.clone())).collect();
    line(&json!({"schema": SCHEMA, "list": "report", "row": report}), out)?;
    for (name, list) in &of.whole {
        for row in list.as_array().into_iter().flatten() {
            line(&json!({"schema": SCHEMA, "list": name, "row": row}), out)?;
        }
    }
    Ok(())
}

/// A value on a line of its own, in which nothing acts on a terminal or an editor.
pub fn line(value: &Value, out: &mut dyn Write) -> io::Result<()> {
    out.write_all(safe::json_for_eyes(&value.to_string()).as_bytes())?;
    out.write_all(b"\n")
}
