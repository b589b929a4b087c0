//! Columns of custom resources, as their definitions have them (`additionalPrinterColumns`).

use super::json_path;
use crate::objects::parse_time;
use crate::viewing::Object;
use serde::Deserialize;
use serde_json::Value;

/// A column of a definition.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Custom {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: String,
    json_path: String,
    #[serde(default)]
    pub priority: i64,
    #[serde(default)]
    pub description: String,
}

/// Those of one version; those of all versions in the older form of definitions.
pub fn columns(definition: &Value, version: &str) -> Vec<Custom> {
    let versions = definition.pointer("/spec/versions").and_then(Value::as_array).into_iter().flatten();
    let mut found = versions.filter(|one| one.get("name").and_then(Value::as_str) == Some(version));
    let own = found.find_map(|one| one.get("additionalPrinterColumns"));
    let all = own.or_else(|| definition.pointer("/spec/additionalPrinterColumns")).and_then(Value::as_array);
    // One that cannot be read is not shown.
    all.into_iter().flatten().filter_map(|column| serde_json::from_value(column.clone()).ok()).collect()
}

impl Custom {
    /// Its cell, as apiextensions-apiserver's table convertor makes it: the first that the path finds.
    pub fn cell(&self, of: &Object) -> Value {
        let Some(found) = json_path::first(&self.json_path, &of.json) else { return Value::Null };
        match (self.kind.as_str(), found) {
            ("integer", Value::Number(number)) => number.as_i64().map_or(Value::Null, Value::from),
            ("number", Value::Number(_)) | ("boolean", Value::Bool(_)) => found.clone(),
            ("date", Value::String(text)) => match parse_time(text) {
                Some(time) => of.since(Some(time)).into(),
                None => "<invalid>".into(),
            },
            ("string", Value::String(_)) => found.clone(),
            ("string", Value::Null) => Value::from(""),
            ("string", found) => found.to_string().into(),
            _ => Value::Null,
        }
    }
}
