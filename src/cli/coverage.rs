//! The coverage of an archive as a table for a terminal: what was planned, what came, and what did not and why.

use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use k8s_forensics::archive::coverage::{Coverage, Lack};
use k8s_forensics::archive::format::Status;
use std::fmt::Write;

/// The table, and below it every group of missing items.
pub fn table(coverage: &Coverage) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["source", "planned", "collected", "size", "the rest"]);
    for source in coverage.by_source() {
        let came = source.ended.get(&Status::Collected).copied().unwrap_or_default();
        let rest: Vec<String> = source
            .ended
            .iter()
            .filter(|(status, _)| **status != Status::Collected)
            .map(|(status, count)| format!("{count} {}", status.name()))
            .collect();
        table.add_row([
            source.source.clone(),
            source.planned.to_string(),
            came.to_string(),
            HumanBytes(source.bytes).to_string(),
            rest.join(", "),
        ]);
    }
    for column in 1..=3 {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut text = format!("{table}\n");
    for (heading, lacks) in [("missing:", coverage.missing()), ("cut:", coverage.cut())] {
        if !lacks.is_empty() {
            let _ = writeln!(text, "{heading}");
        }
        for lack in lacks {
            let _ = writeln!(text, "  {}", line(&lack));
        }
    }
    text
}

fn line(lack: &Lack) -> String {
    let (count, named) = (lack.items.count, lack.items.first.len());
    let mut names = lack.items.first.join("; ");
    if count > named {
        let _ = write!(names, "; and {} more", count - named);
    }
    let of = lack.node.as_ref().map(|node| format!(" of {node}")).unwrap_or_default();
    let items = if count == 1 { "item" } else { "items" };
    format!("{}: {count} {items}{of} {}: {}\n    {names}", lack.source, lack.status.name(), lack.why)
}
