//! The cascades as a graph in the language of Graphviz (graphviz.org, "DOT Language"), whole. What a link rests on is told
//! by the form of its line: known by records, by a mechanism, or by order in time only.

use super::graph::{Graph, graph, lag};
use super::read::{Exported, place};
use crate::report::safe;
use std::io::{self, Write};

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let Graph { cascades, edges } = graph(of);
    writeln!(out, "digraph cascades {{\nnode [shape=box];")?;
    for (number, cascade) in cascades.iter().enumerate() {
        writeln!(out, "subgraph cluster_{number} {{\nlabel={};", quoted(&[cascade.headline]))?;
        for (node, signal) in &cascade.nodes {
            let label = quoted(&[&signal.signal, &signal.subject, &signal.from]);
            let records: Vec<String> = signal.evidence.iter().take(MOST_RECORDS).map(place).collect();
            let tooltip = quoted(&[&signal.title, &records.join(" ")]);
            writeln!(out, "n{node} [label={label}, tooltip={tooltip}];")?;
        }
        writeln!(out, "}}")?;
    }
    for (from, to, edge) in edges {
        let style = match edge.grade.as_str() {
            "mechanism" => "bold",
            "known" => "solid",
            _ => "dashed",
        };
        let (label, why) = (quoted(&[&lag(edge)]), quoted(&[&edge.why]));
        writeln!(out, "n{from} -> n{to} [style={style}, label={label}, tooltip={why}];")?;
    }
    writeln!(out, "}}")
}

/// Records of a signal that its tooltip names.
const MOST_RECORDS: usize = 3;
/// The longest line of a label.
const MOST_CHARS: usize = 200;

/// Lines as one quoted string. Graphviz reads backslashes and character references in it.
fn quoted(lines: &[&str]) -> String {
    let line = |line: &&str| {
        let line = safe::clean(line, MOST_CHARS);
        line.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;")
    };
    format!("\"{}\"", lines.iter().map(line).collect::<Vec<_>>().join("\\n"))
}
