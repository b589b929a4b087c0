//! The rows of the checklist for nodes that were not ready, as data: `node_checklist.yaml`.

use serde::Deserialize;

/// The file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checklist {
    pub rows: Vec<CheckRule>,
}

/// One thing that may keep a node from being ready.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CheckRule {
    pub id: String,
    pub what: String,
    /// Signals of the node that speak for it.
    #[serde(default)]
    pub signals: Vec<String>,
    /// So does what bears this shortage.
    #[serde(default)]
    pub shortage: Option<String>,
    /// How many seconds before the node was marked they may have ended: 120 where it does not say.
    #[serde(default)]
    pub lead_s: Option<u32>,
    /// Signals that speak for it, whoever they are about.
    #[serde(default)]
    pub anywhere: Vec<String>,
    /// So does it that other nodes turned not ready at the same time.
    #[serde(default)]
    pub many: bool,
    /// The class of unit whose silence speaks for it, while another unit of the node writes.
    #[serde(default)]
    pub silent: Option<String>,
    pub well: Well,
    /// The record that would tell.
    pub lacks: String,
    /// Where it is known from.
    pub source: String,
}

/// What shows that it was well all the while.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Well {
    /// This condition of the node was False since before.
    pub condition: Option<String>,
    /// A journal of this class, or any, was written meanwhile, came whole, and has none of the signals.
    pub journal: Option<String>,
    /// All other nodes were ready since before.
    pub others: bool,
}

impl Checklist {
    /// The built-in rows. A test loads them; should they be broken all the same, nothing is claimed.
    pub fn built_in() -> Self {
        serde_saphyr::from_str(FILE).unwrap_or_default()
    }
}

const FILE: &str = include_str!("node_checklist.yaml");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::Catalogue;

    #[test]
    fn the_rows_name_signals_that_there_are_and_say_where_they_are_known_from() {
        let rows = serde_saphyr::from_str::<Checklist>(FILE).expect("rows").rows;
        let catalogue = Catalogue::built_in().expect("a catalogue");
        let known = |name: &String| catalogue.rules.iter().any(|rule| rule.name == *name);
        for row in &rows {
            let unknown: Vec<&String> = row.signals.iter().chain(&row.anywhere).filter(|name| !known(name)).collect();
            assert!(unknown.is_empty(), "{}: {unknown:?}", row.id);
            assert!(!row.source.is_empty() && !row.lacks.is_empty(), "{}", row.id);
        }
        let ids: std::collections::BTreeSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        assert_eq!(ids.len(), rows.len());
    }
}
