//! `split`: an archive in parts small enough to attach.

use super::exit::Exit;
use super::failure::Failure;
use super::open::{self, Opening};
use super::terminal;
use bytesize::ByteSize;
use k8s_forensics::archive;
use std::path::{Path, PathBuf};

/// Cut an archive into parts that a tracker takes.
///
/// Every part is a zip that opens alone. `cat` joins them again, in their order; so does unpacking all of them into one
/// folder.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// The most bytes of a part, as 24MB or 10MiB
    #[arg(long, value_name = "BYTES")]
    size: ByteSize,
    /// Where the parts go [default: beside the archive]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    /// Replace parts that exist
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let older = args.archive.open()?;
    let folder = args.output.as_deref().or_else(|| args.archive.path.parent()).unwrap_or(Path::new(""));
    let parts = archive::split(&older, folder, args.size.as_u64(), args.force)
        .map_err(|error| open::writing(format!("split {}", args.archive.path.display()), &error))?;
    let names: Vec<String> = parts.iter().map(|part| format!("{}\n", part.display())).collect();
    terminal::print_data(&names.concat());
    Ok(Exit::Whole)
}
