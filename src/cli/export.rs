//! `export`: an analysis in the forms of other tools.

use super::asked::Source;
use super::exit::Exit;
use super::failure::Failure;
use super::private::Unnamed;
use super::{analyze, kept, partitions, terminal};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use k8s_forensics::export::{ALL, Exported, Format, Writer};
use k8s_forensics::report::postmortem;
use std::fs::File;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

/// The longest draft that is read.
const MOST_BYTES: u64 = 64 << 20;

/// Write an analysis for another tool: a spreadsheet, Timesketch, Graphviz, a tracker, a tracing backend, paper, a model.
///
/// Takes what analyze reads, or the folder of a report. docs/export.md says what each form holds. It quotes logs as the
/// report does, so a file that it writes may be read by its owner only.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    of: Source,
    /// The form
    #[arg(long = "as", value_name = "FORMAT", value_parser = format_parser())]
    format: &'static Format,
    /// The file to write [default: stdout]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Add the tables signals, edges, factors and archives to this folder instead, parted by cluster and day as engines
    /// read them: TABLE/cluster=NAME/day=YYYY-MM-DD/. With --as parquet; see docs/fleet.md
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    partitioned: Option<PathBuf>,
    /// What the cluster is called in --partitioned [default: its context, else its UID]
    #[arg(long, value_name = "NAME", requires = "partitioned")]
    cluster: Option<String>,
}

/// Names of forms, which `--help` explains.
fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let names = PossibleValuesParser::new(ALL.iter().map(|format| PossibleValue::new(format.name).help(format.about)));
    names.try_map(|name| Format::named(&name).ok_or("no such form"))
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    if let Some(folder) = &args.partitioned {
        let of = exported(&args.of)?;
        return partitions::add(&of, args.format, folder, args.cluster.as_deref());
    }
    let path = args.output.as_deref().filter(|path| *path != Path::new("-"));
    if args.format.is_binary && path.is_none() && io::stdout().is_terminal() {
        return Err(Failure::usage(format!("write {} to a terminal", args.format.name), "it is no text")
            .hint("name a file with -o FILE"));
    }
    match args.format.write {
        Writer::Report(write) => {
            let exported = exported(&args.of)?;
            give(path, |out| write(&exported, out))?;
        }
        Writer::Draft(write) => {
            let draft = draft(&args.of)?;
            give(path, |out| write(&draft, out))?;
        }
    }
    Ok(Exit::Whole)
}

/// The report of what was asked about.
fn exported(of: &Source) -> Result<Exported, Failure> {
    let json = kept::report(of)?;
    Exported::read(&json)
        .map_err(|error| Failure::environment(format!("read the report of {}", of.asked.path.display()), error))
}

/// The draft as people have left it, where there is one, or as it would be drafted.
fn draft(of: &Source) -> Result<String, Failure> {
    let path = &of.asked.path;
    let beside = path.join("postmortem.md");
    if path.extension().is_some_and(|extension| extension == "md") && path.is_file() {
        return read_draft(path);
    }
    if path.is_dir() && path.join("report.json").is_file() {
        return read_draft(&beside);
    }
    let inputs = of.asked.means.open_all(std::slice::from_ref(path), &of.checks, &of.notes)?;
    let analyzed = analyze::analyze(inputs, &analyze::knowledge(of.rules.as_deref())?, None)?;
    Ok(postmortem::write(&analyzed))
}

fn read_draft(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(MOST_BYTES + 1).read_to_string(&mut text));
    let failed = |error| {
        Failure::environment(format!("read the draft {}", path.display()), error)
            .hint("give the folder that analyze wrote, the draft itself, or an archive")
    };
    if read.map_err(failed)? as u64 > MOST_BYTES {
        return Err(failed(io::Error::other("it is too large to be a draft")));
    }
    Ok(text)
}

/// Writes to a private file, or to stdout.
fn give(path: Option<&Path>, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let Some(path) = path else { return terminal::print_written(fill) };
    let written = Unnamed::beside(path).and_then(|mut file| {
        file.fill_with(fill)?;
        file.replace(path)
    });
    written.map_err(|error| Failure::environment(format!("write {}", path.display()), error))?;
    terminal::tell(&format!("wrote {}", path.display()));
    Ok(())
}
