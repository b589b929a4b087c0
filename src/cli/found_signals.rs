//! `show ARCHIVE signals`: what was found in an archive, as a table in order of time.

use super::failure::Failure;
use super::{analyze, terminal};
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::schema::SignalRow;
use std::path::PathBuf;

/// Which signals to show, and how.
#[derive(clap::Args)]
pub struct Args {
    /// Only signals of this family, as node or storage
    #[arg(long, value_name = "FAMILY")]
    family: Option<String>,
    /// Print as JSON, in the form of report.json
    #[arg(long)]
    json: bool,
    /// A folder of your own signals and links, see docs/rules.md
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
}

/// Prints the signals of an archive.
pub fn print(archive: &Archive, args: &Args) -> Result<(), Failure> {
    let mut found = analyze::analyze_archive(archive, args.rules.as_deref(), None)?.report().signals;
    if let Some(family) = &args.family {
        found.retain(|one| one.layer == *family);
    }
    match args.json {
        true => terminal::print_json(&found),
        false => terminal::print_text(&table(&found)),
    }
}

fn table(found: &[SignalRow]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    let width = u16::try_from(terminal::width()).unwrap_or(u16::MAX);
    table.set_width(width).set_header(["time", "severity", "signal", "count", "what was seen, and where"]);
    for one in found {
        let record = one.evidence.first().map(|row| format!("\n{}:{}", row.entry, row.line)).unwrap_or_default();
        let cells = [&one.from, &one.severity, &one.signal, &one.count.to_string(), &(one.title.clone() + &record)];
        table.add_row(cells);
    }
    for column in 0..4 {
        if let Some(column) = table.column_mut(column) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let count = found.len();
    format!("{table}\n{count} signal{}\n", if count == 1 { "" } else { "s" })
}
