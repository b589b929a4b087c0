//! `analyze`: archives and loose files to a report.

use super::exit::Exit;
use super::failure::Failure;
use super::open;
use super::report_files::Written;
use super::rules::RuleFolder;
use super::{clusters, lint, report_files, terminal};
use clap::builder::{PossibleValuesParser, TypedValueParser};
use k8s_forensics::analysis::{self, Analyzed, Knowledge};
use k8s_forensics::archive::Archive;
use k8s_forensics::inputs::Inputs;
use k8s_forensics::report;
use k8s_forensics::report::hosts::{self, Host};
use k8s_forensics::repository::Repository;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

/// Build the timeline of the cascade and a postmortem draft from an archive, or several inputs together.
///
/// Inputs of several clusters get a report for each, and what crosses the clusters in clusters.md and clusters.json.
/// Reads zips, unpacked folders, what other tools collected and loose files, writes postmortem.md, timeline.html and report.json, and prints a summary. They
/// quote logs, so only their owner may read them. Of a draft that people edited only the parts that are this program's are written anew.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    inputs: open::Inputs,
    /// Where to write the report [default: the first input's name + "-report"]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// The runs of an outside check, a CI loop or a probe: a CSV with time (or from and to), outcome, what, namespace, release
    /// and error, in any order, JUnit XML, or what the Chaos Toolkit, Litmus or Chaos Mesh tell of an experiment; see
    /// docs/checks.md. May be given again
    #[arg(long, value_name = "FILE")]
    checks: Vec<PathBuf>,
    /// What people wrote, with the time at which they did: Markdown, what a chat prints, or a CSV with time, author and text;
    /// names become roles, see docs/notes.md. May be given again
    #[arg(long, value_name = "FILE")]
    notes: Vec<PathBuf>,
    /// A git repository on this machine in which the commits that Argo CD and Flux name are looked up: their subject
    /// line, time and files, never who made them. Only its objects are read. May be given again
    #[arg(long, value_name = "DIR")]
    repo: Vec<PathBuf>,
    /// A folder of your own signals and links, see docs/rules.md; one that is called as a built-in one takes its place
    #[arg(long, value_name = "DIR")]
    rules: Option<PathBuf>,
    /// Threads to read with; the result is the same with any number [default: all processors]
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
    /// Write the draft for a ticket, page or message too, in its host's own form and half of what that takes; see
    /// docs/hosts.md. May be given again
    #[arg(long = "for", value_name = "HOST", value_delimiter = ',', value_parser = host_parser())]
    hosts: Vec<&'static Host>,
}

impl Delivery {
    /// Writes the report's files into `folder`.
    fn write(&self, analyzed: &Analyzed, folder: &Path) -> Result<Written, Failure> {
        let write = if self.force { report_files::write_anew } else { report_files::write };
        write(analyzed, folder, &self.hosts)
    }
}

/// Names of hosts, which `--help` lists.
pub fn host_parser() -> impl TypedValueParser<Value = &'static Host> {
    let names = PossibleValuesParser::new(hosts::ALL.iter().map(|host| host.name));
    names.try_map(|name| Host::named(&name).ok_or("no such host"))
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let repositories = repositories(&args.repo)?;
    let mut inputs = args.inputs.open(&args.checks, &args.notes)?;
    lint::tell_of_notes(&args.notes);
    let first = inputs.first().map(Inputs::first_name).unwrap_or_default();
    let first = args.inputs.recording().unwrap_or(first);
    let folder = args.output.clone().unwrap_or_else(|| PathBuf::from(format!("{first}-report")));
    let knowledge = knowledge(args.rules.as_deref())?;
    let analyze = |inputs: Inputs| {
        let mut analyzed = analyze(inputs, &knowledge, args.threads)?;
        analysis::look_up_commits(&mut analyzed, &repositories);
        Ok(analyzed)
    };
    match inputs.pop() {
        Some(only) if inputs.is_empty() => deliver(&analyze(only)?, &folder, &args.delivery),
        last => {
            let deliver = |analyzed: &Analyzed, folder: &Path| args.delivery.write(analyzed, folder);
            clusters::run(inputs.into_iter().chain(last), analyze, deliver, (&folder, args.delivery.json))
        }
    }
}

fn repositories(paths: &[PathBuf]) -> Result<Vec<Repository>, Failure> {
    let open = |path: &PathBuf| {
        Repository::open(path).map_err(|error| Failure::environment(format!("open {}", path.display()), error))
    };
    paths.iter().map(open).collect()
}

/// Analyses an archive with the built-in knowledge and that of a folder of rules.
pub fn analyze_archive(
    archive: &Archive,
    rules: Option<&Path>,
    threads: Option<NonZeroUsize>,
) -> Result<Analyzed, Failure> {
    let inputs = Inputs::try_from(archive);
    let inputs = inputs.map_err(|error| Failure::environment(format!("analyze {}", archive.name()), error))?;
    analyze(inputs, &knowledge(rules)?, threads)
}

/// The built-in knowledge, and that of a folder of rules.
pub fn knowledge(rules: Option<&Path>) -> Result<Knowledge, Failure> {
    match rules {
        Some(folder) => RuleFolder::read(folder)?.knowledge(folder),
        None => Knowledge::built_in().map_err(|error| Failure::environment("load the built-in rules", error)),
    }
}

/// Analyses inputs.
pub fn analyze(inputs: Inputs, knowledge: &Knowledge, threads: Option<NonZeroUsize>) -> Result<Analyzed, Failure> {
    let name = inputs.name();
    analysis::analyze_inputs(inputs, knowledge, super::threads(threads))
        .map_err(|error| Failure::environment(format!("analyze {name}"), error))
}

/// Writes the report's files into `folder` and prints what was found.
pub fn deliver(analyzed: &Analyzed, folder: &Path, delivery: &Delivery) -> Result<Exit, Failure> {
    let written = delivery.write(analyzed, folder)?;
    let printed = match delivery.json {
        true => terminal::print_written(|out| report::json::write(analyzed, out)),
        false => terminal::print_data(&report::summary::write(analyzed, terminal::width())),
    };
    written.tell();
    printed.map(|()| Exit::Whole)
}
