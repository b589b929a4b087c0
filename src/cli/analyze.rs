//! `analyze`: an archive to a report.

use super::exit::Exit;
use super::failure::Failure;
use super::open::Opening;
use super::{report_files, terminal};
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::{self, schema::Report};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Build the timeline of the cascade and a postmortem draft from an archive.
///
/// Reads a zip or an unpacked folder, writes postmortem.md, timeline.html and report.json, and prints a summary. They
/// quote logs, so only their owner may read them. A draft that people edited is kept, and the new one goes beside it.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// Where to write the report [default: the archive's name + "-report"]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Threads to read the archive with; the result is the same with any number [default: all processors]
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    #[command(flatten)]
    delivery: Delivery,
}

/// How a report is given out.
#[derive(clap::Args)]
pub struct Delivery {
    /// Print the report as JSON instead of the summary
    #[arg(long)]
    json: bool,
    /// Replace a draft that people edited; it is kept as postmortem.old.md
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let archive = args.archive.open()?;
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}-report", archive.name())));
    let report = analyze(&archive, args.threads)?;
    deliver(&report, &folder, &args.delivery)
}

/// Analyses with the built-in knowledge.
pub fn analyze(archive: &Archive, threads: Option<NonZeroUsize>) -> Result<Report, Failure> {
    let tried = || format!("analyze {}", archive.name());
    let knowledge = Knowledge::built_in().map_err(|error| Failure::environment(tried(), error))?;
    analysis::analyze(archive, &knowledge, super::threads(threads))
        .map_err(|error| Failure::environment(tried(), error))
}

/// Writes the report's files into `folder` and prints what was found.
pub fn deliver(report: &Report, folder: &Path, delivery: &Delivery) -> Result<Exit, Failure> {
    let write = if delivery.force { report_files::write_anew } else { report_files::write };
    let written = write(report, folder)?;
    let printed = match delivery.json {
        true => terminal::print_data(&report::json::write(report)),
        false => terminal::print_data(&report::summary::write(report, terminal::width())),
    };
    written.tell();
    printed.map(|()| Exit::Whole)
}
