//! Tables that the cluster's own API server printed when the archive was collected (`tables/PLURAL.jsonl`).

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most rows that are read of one: `collect` takes fewer, and an archive may be anybody's.
const ROWS: usize = 10_000;

/// A table, as it was printed.
#[derive(Debug)]
pub struct Printed {
    /// `columnDefinitions`.
    columns: Vec<Value>,
    /// The cells of each object, by namespace and name.
    rows: BTreeMap<(String, String), Vec<Value>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Columns {
    column_definitions: Vec<Value>,
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    namespace: String,
    name: String,
    cells: Vec<Value>,
}

impl Printed {
    /// Reads an entry; none where it is no table. A line that cannot be read, or has as many cells as there are no
    /// columns, costs its own row.
    pub fn read(text: &[u8]) -> Option<Self> {
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let Columns { column_definitions: columns } = serde_json::from_slice(lines.next()?).ok()?;
        let rows = lines.take(ROWS).filter_map(|line| serde_json::from_slice::<Row>(line).ok());
        let rows = rows.filter(|row| row.cells.len() == columns.len());
        let rows = rows.map(|row| ((row.namespace, row.name), row.cells)).collect();
        Some(Self { columns, rows })
    }

    pub fn definitions(&self) -> Value {
        self.columns.clone().into()
    }

    /// The cells of an object; of one that has no row its name and age, where there are such columns, and nothing else.
    pub fn cells(&self, namespace: &str, name: &str, age: &str) -> Vec<Value> {
        let key = (namespace.to_owned(), name.to_owned());
        let of = |column: &Value| match column.get("name").and_then(Value::as_str) {
            Some("Name") => name.into(),
            Some("Age") => age.into(),
            _ => Value::Null,
        };
        self.rows.get(&key).cloned().unwrap_or_else(|| self.columns.iter().map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_found_by_their_names_and_others_have_name_and_age() {
        let text = concat!(
            r#"{"columnDefinitions":[{"name":"Name"},{"name":"Size"},{"name":"Age"}]}"#,
            "\n",
            r#"{"namespace":"shop","name":"one","cells":["one",3,"5d"]}"#,
            "\n",
            r#"{"namespace":"shop","name":"short","cells":["short"]}"#,
            "\nno JSON\n"
        );
        let printed = Printed::read(text.as_bytes()).expect("a table");
        assert_eq!(printed.cells("shop", "one", "6d"), [json!("one"), json!(3), json!("5d")]);
        assert_eq!(printed.cells("shop", "short", "6d"), [json!("short"), Value::Null, json!("6d")]);
        assert_eq!(printed.cells("bank", "one", "6d"), [json!("one"), Value::Null, json!("6d")]);
        assert!(Printed::read(b"").is_none() && Printed::read(b"{\"rows\":[]}\n").is_none());
    }
}
