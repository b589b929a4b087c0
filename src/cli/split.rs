//! `split`: an archive in parts small enough to attach.

use super::encryption::EncryptTo;
use super::exit::Exit;
use super::failure::Failure;
use super::open::{self, Opening};
use super::{remote, terminal};
use bytesize::ByteSize;
use k8s_forensics::archive::{self, Splitting};
use std::path::{Path, PathBuf};

/// Cut an archive into parts that a tracker takes.
///
/// Every part is a zip that opens alone. `cat` joins them again, in their order; so does unpacking all of them into one
/// folder. Encrypted parts are decrypted first.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// The most bytes of a part, as 24MB or 10MiB
    #[arg(long, value_name = "BYTES", value_parser = open::size)]
    size: ByteSize,
    /// Where the parts go [default: beside the archive]
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
    #[command(flatten)]
    encrypt_to: EncryptTo,
    /// Replace parts that exist
    #[arg(long)]
    force: bool,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    if args.output.is_none() {
        remote::refuse_beside(&args.archive.path, "split")?;
    }
    let older = args.archive.open()?;
    let folder = args.output.as_deref().or_else(|| args.archive.path.parent()).unwrap_or(Path::new(""));
    let tried = format!("split {}", args.archive.path.display());
    let recipients = args.encrypt_to.recipients_instead_of(&older, &tried)?;
    let recipients = recipients.as_ref();
    let splitting = Splitting { folder, limit: args.size.as_u64(), replace: args.force, recipients };
    let parts = archive::split(&older, &splitting).map_err(|error| open::writing(tried, &error))?;
    let names: Vec<String> = parts.iter().map(|part| format!("{}\n", part.display())).collect();
    let printed = terminal::print_data(&names.concat());
    let printed = printed.map_err(|failed| {
        failed.hint(format!("the parts are whole: {}", names.concat().trim_end().replace('\n', ", ")))
    });
    printed.map(|()| Exit::Whole)
}
