//! `export`: an analysis in the forms of other tools.

use super::asked::Source;
use super::exit::Exit;
use super::failure::Failure;
use super::private::Unnamed;
use super::{kept, terminal};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use k8s_forensics::export::{ALL, Exported, Format};
use std::path::{Path, PathBuf};

/// Write an analysis for another tool: a spreadsheet, Timesketch, Graphviz, a tracker, a model.
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
}

/// Names of forms, which `--help` explains.
fn format_parser() -> impl TypedValueParser<Value = &'static Format> {
    let names = PossibleValuesParser::new(ALL.iter().map(|format| PossibleValue::new(format.name).help(format.about)));
    names.try_map(|name| Format::named(&name).ok_or("no such form"))
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let json = kept::report(&args.of)?;
    let exported = Exported::read(&json)
        .map_err(|error| Failure::environment(format!("read the report of {}", args.of.asked.path.display()), error))?;
    match args.output.as_deref().filter(|path| *path != Path::new("-")) {
        None => terminal::print_written(|out| (args.format.write)(&exported, out))?,
        Some(path) => write(args.format, &exported, path)?,
    }
    Ok(Exit::Whole)
}

fn write(format: &Format, exported: &Exported, path: &Path) -> Result<(), Failure> {
    let written = Unnamed::beside(path).and_then(|mut file| {
        file.fill_with(|out| (format.write)(exported, out))?;
        file.replace(path)
    });
    written.map_err(|error| Failure::environment(format!("write {}", path.display()), error))?;
    terminal::tell(&format!("wrote {}", path.display()));
    Ok(())
}
