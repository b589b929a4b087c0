//! `analyze`: an archive to a report.

use super::exit::Exit;
use super::failure::Failure;
use super::open::Opening;
use super::{private, terminal};
use k8s_forensics::analysis::{self, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::report::{self, schema::Report};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Build the timeline of the cascade and a postmortem draft from an archive.
///
/// Reads a zip or an unpacked folder, writes postmortem.md, timeline.html and report.json, and prints a summary. They
/// quote logs, so only their owner may read them.
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
    /// Print the report as JSON instead of the summary
    #[arg(long)]
    json: bool,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let archive = args.archive.open()?;
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{}-report", archive.name())));
    let report = analyze(&archive, args.threads)?;
    deliver(&report, &folder, args.json)
}

/// Analyses with the built-in knowledge.
pub fn analyze(archive: &Archive, threads: Option<NonZeroUsize>) -> Result<Report, Failure> {
    let tried = || format!("analyze {}", archive.name());
    let knowledge = Knowledge::built_in().map_err(|error| Failure::environment(tried(), error))?;
    analysis::analyze(archive, &knowledge, super::threads(threads))
        .map_err(|error| Failure::environment(tried(), error))
}

/// Writes the report's files into `folder` and prints what was found.
pub fn deliver(report: &Report, folder: &Path, json: bool) -> Result<Exit, Failure> {
    let failed = |tried: &str, path: &Path, error| Failure::environment(format!("{tried} {}", path.display()), error);
    private::create_folder(folder).map_err(|error| failed("create", folder, error))?;
    let mut written = Vec::new();
    for exporter in report::ALL {
        let path = folder.join(exporter.file);
        private::write(&path, (exporter.write)(report).as_bytes()).map_err(|error| failed("write", &path, error))?;
        written.push(path.display().to_string());
    }
    let printed = match json {
        true => terminal::print_data(&report::json::write(report)),
        false => terminal::print_data(&report::summary::write(report, terminal::width())),
    };
    terminal::tell(&format!("wrote {}", written.join(", ")));
    printed.map(|()| Exit::Whole)
}
