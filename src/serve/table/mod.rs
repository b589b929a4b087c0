//! Objects as rows of the table that `kubectl get` shows (`meta.k8s.io/v1`, `Table`).

mod admin_kinds;
mod column;
mod custom;
mod json_path;
mod kinds;
mod network;
mod policy;
mod printed;
mod state;
mod storage;

use crate::viewing::{self, Object};
use custom::Custom;
pub use printed::Printed;
use serde_json::{Value, json};

/// What stands in a cell.
#[derive(Clone, Copy)]
pub enum Cell {
    Name,
    /// How old it was when it was fetched.
    Age,
    /// The cell that `show` has for it too, by its place between name and age.
    Shown(usize),
    /// What stands at a JSON pointer; nothing where there is nothing.
    Text(&'static str),
    /// The same, or `<none>`.
    OrNone(&'static str),
    /// The same, or `<unset>`.
    OrUnset(&'static str),
    /// The same, or `<unknown>`.
    OrUnknown(&'static str),
    /// The same, or what is meant where nothing is said.
    Or(&'static str, &'static str),
    /// A number; 0 where there is none.
    Count(&'static str),
    /// How many are in a list.
    Size(&'static str),
    /// True or false, and which where nothing is said.
    Truth(&'static str, bool),
    /// Names of containers.
    Containers(&'static str),
    /// Their images.
    Images(&'static str),
    /// Labels that are written one by one.
    Labels(&'static str),
    /// A selector with its expressions.
    Selector(&'static str),
    Of(fn(&Object) -> String),
}

/// The columns of one kind.
pub enum Table {
    Known {
        columns: &'static [column::Column],
        shown: viewing::Columns,
    },
    Custom(Vec<Custom>),
    /// As the cluster's own API server printed it.
    Printed(Printed),
}

impl Table {
    /// Those of a kind by its plural with its group; `definition` is the definition of a custom one, `version` the one it
    /// is served in. Where only metadata is there, nothing else is shown.
    pub fn of(full: &str, version: &str, definition: Option<&Value>, is_metadata_only: bool) -> Self {
        let known = |columns| Self::Known { columns, shown: viewing::columns(full) };
        match (kinds::columns(full), definition) {
            _ if is_metadata_only => known(kinds::ANY),
            (Some(columns), _) => known(columns),
            (None, Some(definition)) => match custom::columns(definition, version) {
                columns if columns.is_empty() => known(kinds::ANY),
                columns => Self::Custom(columns),
            },
            (None, None) => known(kinds::ANY),
        }
    }

    /// Whether there is nothing but name and age for it here.
    pub fn is_plain(&self) -> bool {
        matches!(self, Self::Known { columns, .. } if columns.len() == kinds::ANY.len())
    }

    /// `columnDefinitions` of the table.
    pub fn definitions(&self) -> Value {
        let one = |name: &str, kind: &str, priority: i64, description: &str| {
            let format = if name == "Name" { "name" } else { "" };
            json!({"name": name, "type": kind, "format": format, "description": description, "priority": priority})
        };
        match self {
            Self::Known { columns, .. } => {
                columns.iter().map(|(name, is_wide, cell)| one(name, cell.kind(), i64::from(*is_wide), "")).collect()
            }
            Self::Printed(printed) => printed.definitions(),
            Self::Custom(columns) => {
                let name = one("Name", "string", 0, "");
                let own =
                    columns.iter().map(|column| one(&column.name, &column.kind, column.priority, &column.description));
                std::iter::once(name).chain(own).collect()
            }
        }
    }

    /// The cells of an object.
    pub fn cells(&self, of: &Object) -> Vec<Value> {
        match self {
            Self::Known { columns, shown } => {
                let needs = columns.iter().any(|(_, _, cell)| matches!(cell, Cell::Shown(_)));
                let shown = if needs { (shown.cells)(of) } else { Vec::new() };
                columns.iter().map(|(_, _, cell)| cell.of(of, &shown)).collect()
            }
            Self::Printed(printed) => printed.cells(&of.namespace, &of.name, &of.age()),
            Self::Custom(columns) => {
                let name = Value::from(of.name.clone());
                std::iter::once(name).chain(columns.iter().map(|column| column.cell(of))).collect()
            }
        }
    }
}

impl Cell {
    fn kind(&self) -> &'static str {
        match self {
            Self::Count(_) | Self::Size(_) => "integer",
            Self::Truth(..) => "boolean",
            _ => "string",
        }
    }

    fn of(&self, one: &Object, shown: &[String]) -> Value {
        let at = |pointer: &str| plain(one.json.pointer(pointer));
        let or = |pointer: &str, otherwise: &str| match at(pointer) {
            text if text.is_empty() => otherwise.to_owned(),
            text => text,
        };
        match *self {
            Self::Name => one.name.clone().into(),
            Self::Age => one.age().into(),
            Self::Shown(place) => shown.get(place).cloned().unwrap_or_default().into(),
            Self::Text(pointer) => at(pointer).into(),
            Self::OrNone(pointer) => or(pointer, "<none>").into(),
            Self::OrUnset(pointer) => or(pointer, "<unset>").into(),
            Self::OrUnknown(pointer) => or(pointer, "<unknown>").into(),
            Self::Or(pointer, otherwise) => or(pointer, otherwise).into(),
            Self::Count(pointer) => one.number(pointer).unwrap_or_default().into(),
            Self::Size(pointer) => one.list(pointer).len().into(),
            Self::Truth(pointer, otherwise) => {
                one.json.pointer(pointer).and_then(Value::as_bool).unwrap_or(otherwise).into()
            }
            Self::Containers(pointer) => joined(one.list(pointer), "name").into(),
            Self::Images(pointer) => joined(one.list(pointer), "image").into(),
            Self::Labels(pointer) => labels(one.json.pointer(pointer)).into(),
            Self::Selector(pointer) => selector(one.json.pointer(pointer)).into(),
            Self::Of(cell) => cell(one).into(),
        }
    }
}

/// A number or a text as it is written; empty where there is none.
fn plain(value: Option<&Value>) -> String {
    match value {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Null) | None => String::new(),
        Some(value) => value.to_string(),
    }
}

fn joined(all: &[Value], field: &str) -> String {
    all.iter().map(|one| plain(one.get(field))).collect::<Vec<_>>().join(",")
}

/// Labels as `labels.FormatLabels` writes them.
fn labels(of: Option<&Value>) -> String {
    let pairs = of.and_then(Value::as_object).into_iter().flatten();
    let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", plain(Some(value)))).collect();
    if pairs.is_empty() { "<none>".to_owned() } else { pairs.join(",") }
}

/// A selector as `metav1.FormatLabelSelector` writes it: by the keys in order.
fn selector(of: Option<&Value>) -> String {
    let Some(of) = of.filter(|of| !of.is_null()) else { return "<none>".to_owned() };
    let mut parts: Vec<(String, String)> = Vec::new();
    for (key, value) in of.get("matchLabels").and_then(Value::as_object).into_iter().flatten() {
        parts.push((key.clone(), format!("{key}={}", plain(Some(value)))));
    }
    for one in of.get("matchExpressions").and_then(Value::as_array).into_iter().flatten() {
        let key = plain(one.get("key"));
        let mut values: Vec<String> =
            one.get("values").and_then(Value::as_array).into_iter().flatten().map(|value| plain(Some(value))).collect();
        values.sort();
        let values = values.join(",");
        let text = match plain(one.get("operator")).as_str() {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.clone(),
            _ => format!("!{key}"),
        };
        parts.push((key, text));
    }
    parts.sort();
    let text = parts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(",");
    if text.is_empty() { "<none>".to_owned() } else { text }
}

#[cfg(test)]
mod tests;
