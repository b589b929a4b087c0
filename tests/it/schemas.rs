//! `docs/schema`: what is written for other tools is as the schema says that they may rely on.

use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// The schemas of what is JSON, compiled once.
static SCHEMAS: LazyLock<Compiled> = LazyLock::new(|| {
    let (mut schemas, mut compiler, mut indices) = (boon::Schemas::new(), boon::Compiler::new(), BTreeMap::new());
    compiler.enable_format_assertions();
    for name in ["report", "line", "timesketch", "llm"] {
        let path = path(&format!("{name}.schema.json"));
        let index = compiler.compile(path.to_str().expect("a path in UTF-8"), &mut schemas);
        indices.insert(name, index.unwrap_or_else(|error| panic!("{name}: {error:#}")));
    }
    Compiled { schemas, indices }
});

struct Compiled {
    schemas: boon::Schemas,
    indices: BTreeMap<&'static str, boon::SchemaIndex>,
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema").join(name)
}

/// Panics where a value is not as its schema says.
pub fn is_as(name: &str, value: &Value) {
    let index = SCHEMAS.indices[name];
    if let Err(error) = SCHEMAS.schemas.validate(value, index) {
        let said = error.to_string();
        panic!("not as {name}.schema.json says: {}", said.chars().take(2_000).collect::<String>());
    }
}

/// The columns of a table, as its schema has them.
pub fn columns(name: &str) -> Vec<String> {
    let text = std::fs::read(path(&format!("{name}.table.json"))).expect("a schema of a table");
    let schema: Value = serde_json::from_slice(&text).expect("JSON");
    let fields = schema["fields"].as_array().expect("fields");
    fields.iter().map(|field| field["name"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn what_is_not_so_is_refused() {
    let refused = |name: &str, value: Value| {
        assert!(SCHEMAS.schemas.validate(&value, SCHEMAS.indices[name]).is_err(), "{name}: {value}");
    };
    refused("report", serde_json::json!({"schema": "k8s-forensics.report/1"}));
    refused("line", serde_json::json!({"schema": "k8s-forensics.line/1", "list": "signals", "row": {"id": "s1"}}));
    refused("timesketch", serde_json::json!({"message": "", "datetime": "today"}));
    refused("llm", serde_json::json!({"list": "signal", "says": "so", "records": ["first"]}));
}
