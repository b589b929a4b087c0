//! The schemas in `docs/schema` that are made of the types of `report.json`: `K8SF_BLESS=1` writes them anew.

use crate::report::schema::{MOST_SUBJECTS, Report, SCHEMA};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::transform_subschemas;
use serde_json::{Map, Value, json};
use std::path::Path;

/// JSON Schema of what is written, in which every field that is always there is required. More fields may be there than
/// it names, as fields are added.
fn report() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(of_whoever_reads);
    let mut schema = settings.into_generator().into_root_schema_for::<Report>().to_value();
    schema["title"] = json!(SCHEMA);
    schema["description"] = json!("report.json: all that an analysis found. Times are RFC 3339 in UTC.");
    schema["properties"]["schema"] = json!({"const": SCHEMA});
    schema
}

/// A line of `export --as jsonl`: what is in no list, or a row of a list.
fn line(report: &Value) -> Value {
    let properties = report["properties"].as_object().expect("properties");
    let is_list = |of: &Value| of["type"] == "array";
    let rows = properties.iter().filter(|(_, of)| is_list(of)).map(|(name, of)| (name.as_str(), of["items"].clone()));
    let beside: Map<String, Value> =
        properties.iter().filter(|(_, of)| !is_list(of)).map(|(name, of)| (name.clone(), of.clone())).collect();
    let required: Vec<&String> = beside.keys().collect();
    let whole = json!({"type": "object", "properties": beside, "required": required});
    let each = rows.chain([("report", whole)]);
    let allowed: Vec<Value> = each
        .map(|(list, row)| {
            json!({"if": {"properties": {"list": {"const": list}}}, "then": {"properties": {"row": row}}})
        })
        .collect();
    json!({
        "$schema": report["$schema"],
        "title": "k8s-forensics.line/1",
        "description": "A line of export --as jsonl: a row of the list of report.json that it names, or, in the first, what is in no list.",
        "type": "object",
        "properties": {
            "schema": {"const": "k8s-forensics.line/1"},
            "list": {"type": "string"},
            "row": {"type": "object"},
        },
        "required": ["schema", "list", "row"],
        "allOf": allowed,
        "$defs": report["$defs"],
    })
}

/// Descriptions without names of Rust, and what only those who write need left out: values that a missing field would
/// have, and formats of numbers that no standard names.
fn of_whoever_reads(schema: &mut Schema) {
    schema.remove("default");
    schema.remove("format");
    if let Some(Value::String(said)) = schema.get_mut("description") {
        *said = said
            .replace("[`MOST_SUBJECTS`](super::schema::MOST_SUBJECTS)", &MOST_SUBJECTS.to_string())
            .replace("[`MOST_SUBJECTS`]", &MOST_SUBJECTS.to_string())
            .replace("[`EvidenceRow::entry`]", "`entry` of its records")
            .replace('\n', " ");
    }
    transform_subschemas(&mut of_whoever_reads, schema);
}

#[test]
fn the_schemas_are_of_what_is_written() {
    let report = report();
    for (name, schema) in [("report", &report), ("line", &line(&report))] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("docs/schema/{name}.schema.json"));
        let text = format!("{}\n", serde_json::to_string_pretty(schema).expect("JSON"));
        assert!(!text.contains("[`"), "a name of Rust in {name}: {:?}", text.lines().find(|line| line.contains("[`")));
        if option_env!("K8SF_BLESS").is_some() {
            std::fs::write(&path, &text).expect("docs/schema can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(written == text, "{} is not as the types are; K8SF_BLESS=1 writes it anew", path.display());
    }
}
