//! `repair`: a cut or damaged archive made whole.

use super::encryption::{self, EncryptTo};
use super::exit::Exit;
use super::failure::Failure;
use super::open::Opening;
use super::rewrite::Rewrite;
use super::{coverage, terminal};
use k8s_forensics::archive;
use std::path::{Path, PathBuf};

/// Make a cut or damaged archive whole: a new, sealed file of every entry that is sound.
///
/// The old file is not changed. What was lost, or had not come when the run was ended, is said in the new one.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    archive: Opening,
    /// Where the new one goes [default: NAME.zip for NAME.zip.partial, otherwise NAME-repaired.zip]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Replace the file if it exists
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    encrypt_to: EncryptTo,
    /// A minisign secret key to sign the new archive with
    #[arg(long, value_name = "FILE")]
    sign: Option<PathBuf>,
}

pub fn run(args: &Args) -> Result<Exit, Failure> {
    let Args { archive, output, force, encrypt_to, sign } = args;
    let (output, sign) = (output.as_deref(), sign.as_deref());
    let rewrite = Rewrite { archive, output, name: whole, force: *force, encrypt_to, sign };
    let rewritten = rewrite.run("repair", |older, options| Ok(archive::repair(older, options)))?;
    for (entry, why) in &rewritten.lost {
        terminal::tell(&format!("lost {entry}: {why}"));
    }
    terminal::tell(coverage::table(&rewritten.sealed.coverage).trim_end());
    let (kept, lost, older) = (rewritten.kept, rewritten.lost.len(), args.archive.path.display());
    terminal::tell(&format!("kept {kept} entries, lost {lost}; {older} is as it was"));
    terminal::print_path(&rewritten.sealed.path).map(|()| Exit::Whole)
}

/// What a repaired archive is called.
fn whole(path: &Path, is_encrypted: bool) -> PathBuf {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let whole = name.strip_suffix(".partial");
    let plain = encryption::without_ending(whole.unwrap_or(&name));
    let repaired = match whole {
        Some(_) => plain.to_owned(),
        None => format!("{}-repaired.zip", plain.strip_suffix(".zip").unwrap_or(plain)),
    };
    encryption::named(path.with_file_name(repaired), is_encrypted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partial_file_gets_the_name_it_was_to_have() {
        assert_eq!(whole(Path::new("a/x.zip.partial"), false), Path::new("a/x.zip"));
        assert_eq!(whole(Path::new("x.zip"), false), Path::new("x-repaired.zip"));
        assert_eq!(whole(Path::new("folder"), false), Path::new("folder-repaired.zip"));
        assert_eq!(whole(Path::new("x.zip.age.partial"), true), Path::new("x.zip.age"));
        assert_eq!(whole(Path::new("x.zip.age.partial"), false), Path::new("x.zip"));
        assert_eq!(whole(Path::new("x.zip.age"), true), Path::new("x-repaired.zip.age"));
    }
}
