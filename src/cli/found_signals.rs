//! `show ARCHIVE signals`: what was found in an archive, as a table in order of time.

use super::failure::Failure;
use super::{analyze, signals, terminal};
use comfy_table::ColumnConstraint;
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
    let rules = args.rules.as_deref();
    let known = |family: &String| signals::known_family(&analyze::knowledge(rules)?, family);
    let family = args.family.as_ref().map(known).transpose()?;
    let mut found = analyze::analyze_archive(archive, rules, None)?.report_without_citations().signals;
    if let Some(family) = family {
        found.retain(|one| one.layer == family);
    }
    match args.json {
        true => terminal::print_json(&found),
        false => terminal::print_text(&table(&found)),
    }
}

fn table(found: &[SignalRow]) -> String {
    let mut table = terminal::table();
    table.set_header(["time", "severity", "signal", "count", "what was seen, and where"]);
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
    format!("{}\n{count} signal{}\n", table.trim_fmt(), if count == 1 { "" } else { "s" })
}
