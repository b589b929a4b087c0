//! The coverage of an archive as a table for a terminal: what was planned, what came, and what did not and why.

use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanBytes;
use k8s_forensics::archive::coverage::{self, Lack};
use k8s_forensics::archive::format::{Outcome, Status};
use std::fmt::Write;

/// Names shown of a group; the archive has all of them.
const NAMES: usize = 4;

/// The table, and below it every group of missing items.
pub fn table(outcomes: &[Outcome]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(["source", "planned", "collected", "size", "the rest"]);
    for source in coverage::by_source(outcomes) {
        let came = source.ended.get(&Status::Collected).copied().unwrap_or_default();
        let rest: Vec<String> = source
            .ended
            .iter()
            .filter(|(status, _)| **status != Status::Collected)
            .map(|(status, count)| format!("{count} {}", status.name()))
            .collect();
        table.add_row([
            source.source,
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
    let missing = coverage::lacks(outcomes, Status::is_missing);
    let cut = coverage::lacks(outcomes, |status| status == Status::Truncated);
    for (heading, lacks) in [("missing:", missing), ("cut:", cut)] {
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
    let count = lack.subjects.len();
    let mut names = lack.subjects.iter().take(NAMES).cloned().collect::<Vec<_>>().join("; ");
    if count > NAMES {
        let _ = write!(names, "; and {} more", count - NAMES);
    }
    let of = lack.node.as_ref().map(|node| format!(" of {node}")).unwrap_or_default();
    let items = if count == 1 { "item" } else { "items" };
    format!("{}: {count} {items}{of} {}: {}\n    {names}", lack.source, lack.status.name(), lack.why)
}
