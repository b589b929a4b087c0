//! An archive made from another by a command, `repair` or `redact`: opened, named, signed and encrypted alike.

use super::encryption::EncryptTo;
use super::failure::Failure;
use super::open::{self, Opening};
use super::{remote, signing};
use chrono::Utc;
use k8s_forensics::analysis::TOOL;
use k8s_forensics::archive::{Archive, ArchiveError, RewriteOptions, Rewritten};
use std::path::{Path, PathBuf};

/// From which archive, and where to.
pub struct Rewrite<'a> {
    pub archive: &'a Opening,
    /// Beside the archive if it is not given, by the name that `name` makes of that one and of whether it is encrypted.
    pub output: Option<&'a Path>,
    pub name: fn(&Path, bool) -> PathBuf,
    pub force: bool,
    pub encrypt_to: &'a EncryptTo,
    pub sign: Option<&'a Path>,
}

impl Rewrite<'_> {
    /// Has the new archive made by `make`. Failures say that the command `verb` was tried.
    pub fn run(
        &self,
        verb: &str,
        make: impl FnOnce(&Archive, &RewriteOptions<'_>) -> Result<Result<Rewritten, ArchiveError>, Failure>,
    ) -> Result<Rewritten, Failure> {
        let key = self.sign.map(signing::key).transpose()?;
        if self.output.is_none() {
            remote::refuse_beside(&self.archive.path, verb)?;
        }
        let older = self.archive.open()?;
        let tried = format!("{verb} {}", self.archive.path.display());
        let recipients = self.encrypt_to.recipients_instead_of(&older, &tried)?;
        let beside = || (self.name)(&self.archive.path, recipients.is_some());
        let path = self.output.map_or_else(beside, Path::to_owned);
        open::refuse_what_is_no_file(&path)?;
        let (key, recipients, began_at) = (key.as_ref(), recipients.as_ref(), Utc::now());
        let options = RewriteOptions { path: &path, replace: self.force, tool: TOOL, began_at, key, recipients };
        make(&older, &options)?.map_err(|error| open::writing(tried, &error))
    }
}
