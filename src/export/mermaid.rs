//! The cascades as a Mermaid flowchart, whole. What Mermaid draws unasked is less: its own limits are 50,000 characters and
//! 500 links.

use super::graph::{Graph, graph, lag};
use super::read::Exported;
use crate::report::safe;
use std::io::{self, Write};

pub fn write(of: &Exported, out: &mut dyn Write) -> io::Result<()> {
    let Graph { cascades, edges } = graph(of);
    writeln!(out, "flowchart TD")?;
    for (number, cascade) in cascades.iter().enumerate() {
        writeln!(out, "subgraph g{number}[\"{}\"]", words(cascade.headline, 120))?;
        for (place, signal) in &cascade.nodes {
            let label = [words(&signal.signal, 60), words(&signal.subject, 120), words(&signal.from, 40)];
            writeln!(out, "n{place}[\"{}\"]", label.join("<br/>"))?;
        }
        writeln!(out, "end")?;
    }
    for (from, to, edge) in edges {
        let arrow = if edge.grade == "order" { "-.->" } else { "-->" };
        writeln!(out, "n{from} {arrow}|\"{}\"| n{to}", words(&lag(edge), 60))?;
    }
    Ok(())
}

/// A label of one character at least, as Mermaid has none that are empty.
fn words(text: &str, limit: usize) -> String {
    let words = safe::mermaid_label(text, limit);
    if words.is_empty() { "·".to_owned() } else { words }
}
