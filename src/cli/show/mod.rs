//! `show`: a look inside an archive from a terminal.

mod choose;
mod diff;
mod events;
pub mod merged;
mod metrics;
mod objects;
mod record;
mod sheet;
mod timeline;

use super::exit::Exit;
use super::failure::Failure;
use super::open::{self, Opening};
use super::{analyze, coverage, describe, found_signals, logs, remote, terminal};
use clap::Subcommand as _;
use indicatif::HumanBytes;
use k8s_forensics::archive::coverage::Coverage;
use k8s_forensics::archive::{Archive, custody};
use k8s_forensics::model::rfc3339;
use k8s_forensics::report;
use std::fmt::Write;
use std::path::PathBuf;

/// Look inside an archive: what it holds and lacks, its objects, events, logs and series, or the story it tells.
///
/// `show ARCHIVE E4` is the record that a draft cites as [E4], `show ARCHIVE PATH:LINE` any line, each with those around it.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    /// What was planned, what came, and what did not and why
    Coverage,
    /// Every entry, with its size in bytes
    Entries,
    /// What was done to the archive as a whole, and when
    Custody,
    /// One entry, line by line
    Entry {
        /// Its path, as `entries` prints it
        path: String,
    },
    /// Objects as kubectl describe would have shown them when they were fetched
    Describe(describe::Asked),
    /// The summary that analyze prints
    Cascade {
        /// A folder of your own signals and links, see docs/rules.md
        #[arg(long, value_name = "DIR")]
        rules: Option<PathBuf>,
    },
    /// The signals that were found, in order of time
    Signals(found_signals::Args),
    Timeline(timeline::Timeline),
    Changes(timeline::Changes),
    Diff(diff::Diff),
    Events(events::Events),
    Grep(events::Grep),
    Logs(Box<logs::Args>),
    Pods(objects::Pods),
    Nodes(objects::Nodes),
    Get(objects::Get),
    Metrics(metrics::Args),
    /// The record that a number of the draft stands for, or a line, with the lines around it; `record` may be left out
    Record(record::Args),
    #[command(external_subcommand)]
    Other(Vec<String>),
}

/// Names of what can be shown are as near as this to a word that is none.
const NEAR: f64 = 0.8;

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let open = || args.archive.open();
    match &args.what {
        What::Coverage => {
            terminal::print_text(&coverage::table(&Coverage::of(&args.archive.open_inputs()?.outcomes())))?
        }
        What::Entries => terminal::print_data(&entries(&open()?))?,
        What::Custody => terminal::print_text(&acts(&open()?))?,
        What::Entry { path } => entry(&open()?, path)?,
        What::Describe(asked) => describe::print(&args.archive, asked)?,
        What::Cascade { rules } => {
            let analyzed = analyze::analyze_archive(&open()?, rules.as_deref(), None)?;
            terminal::print_data(&report::summary::write(&analyzed, terminal::width()))?;
        }
        What::Signals(of) => found_signals::print(&open()?, of)?,
        What::Timeline(of) => timeline::timeline(&args.archive, of)?,
        What::Changes(of) => timeline::changes(&args.archive, of)?,
        What::Diff(of) => diff::diff(&args.archive, of)?,
        What::Events(of) => events::events(&args.archive, of)?,
        What::Grep(of) => return events::grep(&args.archive, of),
        What::Pods(of) => objects::pods(&args.archive, of)?,
        What::Nodes(of) => objects::nodes(&args.archive, of)?,
        What::Get(of) => objects::get(&args.archive, of)?,
        What::Metrics(of) => metrics::print(&args.archive, of)?,
        What::Record(of) => record::print(&args.archive, of.clone())?,
        What::Other(words) => other(&args.archive, words)?,
        What::Logs(of) => return logs::run(&args.archive.open_inputs()?, of),
    }
    Ok(Exit::Whole)
}

/// What is no subcommand: a record, or a mistake.
fn other(archive: &Opening, words: &[String]) -> Result<(), Failure> {
    if let Some(record) = record::bare(words).filter(|_| archive.path.exists() || remote::is_elsewhere(&archive.path)) {
        return record::print(archive, record);
    }
    open::swapped(&archive.path, words, "show")?;
    let word = words.first().map(String::as_str).unwrap_or_default();
    let command = What::augment_subcommands(clap::Command::new("show"));
    let names: Vec<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let near = names.iter().filter(|name| strsim::jaro_winkler(name, word) >= NEAR);
    let hint = match near.max_by(|a, b| strsim::jaro_winkler(a, word).total_cmp(&strsim::jaro_winkler(b, word))) {
        Some(near) => format!("did you mean {near}?"),
        None => format!("it is one of {}, a number of the draft as E4, or a line as PATH:LINE", names.join(", ")),
    };
    Err(Failure::usage(format!("show {word}"), "there is nothing so called").hint(hint))
}

fn entries(archive: &Archive) -> String {
    let mut text = String::new();
    for entry in archive.entries() {
        let _ = writeln!(text, "{:>12}  {entry}", archive.bytes_of(entry).unwrap_or_default());
    }
    text
}

fn acts(archive: &Archive) -> String {
    let mut text = String::new();
    for act in custody::of(archive) {
        let kind = format!("{:?}", act.act).to_lowercase();
        let of = act.of.map(|of| {
            let hash = of.sha256.map(|sha256| format!(" (sha256 {sha256})")).unwrap_or_default();
            format!(", of {}{hash}", of.name)
        });
        let of = of.unwrap_or_default();
        let _ = writeln!(text, "{} to {}  {kind} by {}{of}", rfc3339(act.began_at), rfc3339(act.ended_at), act.tool);
        if !act.note.is_empty() {
            let _ = writeln!(text, "    {}", act.note);
        }
        for clock in act.clocks {
            let local = clock.local_before + (clock.local_after - clock.local_before) / 2;
            let off = (clock.remote - local).num_milliseconds();
            let _ =
                writeln!(text, "    {}: {off} ms ahead of this machine's clock, to within a second", clock.endpoint);
        }
    }
    text
}

/// Prints an entry; for a terminal without what could steer it.
fn entry(archive: &Archive, path: &str) -> Result<(), Failure> {
    let tried = || format!("show {path}");
    let size = archive.bytes_of(path).ok_or_else(|| {
        let failed = Failure::environment(tried(), "there is no such entry");
        failed.hint("`show ARCHIVE entries` lists them")
    })?;
    let watched = terminal::stdout_is_watched();
    let mut lines = terminal::Lines::begin();
    let shown = archive.lines(path, |_, line| match watched {
        true => lines.print(&terminal::harmless(line)),
        false => lines.print(line),
    });
    // What could be read is shown in any case.
    lines.end()?;
    shown.map_err(|error| Failure::environment(tried(), error).hint(format!("{} were sealed", HumanBytes(size))))
}
