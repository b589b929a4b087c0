//! The cascades as a graph: every signal that is part of one, and every link between two of them.

use super::read::Exported;
use crate::report::schema::{EdgeRow, SignalRow};
use std::collections::BTreeMap;

/// Nodes are known by their place among the signals, since ids of a report are anybody's words.
pub struct Graph<'a> {
    pub cascades: Vec<Group<'a>>,
    pub edges: Vec<(usize, usize, &'a EdgeRow)>,
}

/// A cascade and its signals.
pub struct Group<'a> {
    pub headline: &'a str,
    pub nodes: Vec<(usize, &'a SignalRow)>,
}

pub fn graph(of: &Exported) -> Graph<'_> {
    let places: BTreeMap<&str, usize> =
        of.signals.iter().enumerate().map(|(place, signal)| (signal.id.as_str(), place)).collect();
    let ends = |edge: &EdgeRow| Some((*places.get(edge.from.as_str())?, *places.get(edge.to.as_str())?));
    let edges = of.edges.iter().filter_map(|edge| ends(edge).map(|(from, to)| (from, to, edge))).collect();
    let mut members: BTreeMap<&str, Vec<(usize, &SignalRow)>> = BTreeMap::new();
    for (place, signal) in of.signals.iter().enumerate() {
        if let Some(cascade) = signal.cascade.as_deref() {
            members.entry(cascade).or_default().push((place, signal));
        }
    }
    let mut cascades = Vec::new();
    for cascade in &of.cascades {
        let nodes = members.remove(cascade.id.as_str()).unwrap_or_default();
        cascades.push(Group { headline: &cascade.headline, nodes });
    }
    // Of a cascade that the report does not list.
    cascades.extend(members.into_values().map(|nodes| Group { headline: "", nodes }));
    Graph { cascades, edges }
}

/// How long after its cause an effect was seen, in words.
pub fn lag(edge: &EdgeRow) -> String {
    let seconds = edge.lag_ms.unsigned_abs() as f64 / 1000.0;
    let when = if edge.lag_ms < 0 { "noticed before" } else { "after" };
    format!("{} {when} {seconds:.1} s", edge.grade)
}
