//! `report.json`: the report as it is, for programs. Its schema is that of `schema.rs`.

use super::{safe, schema::Report};

/// The report as indented JSON with a line feed at its end.
pub fn write(report: &Report) -> String {
    // Only maps with keys that are no text can fail, and the schema has none; an empty object says nothing false.
    let json = serde_json::to_string_pretty(report).unwrap_or_else(|_| "{}".to_owned());
    let mut json = safe::json_for_eyes(&json);
    json.push('\n');
    json
}
