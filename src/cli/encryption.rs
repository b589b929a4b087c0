//! `--encrypt-to` and `--identity`: for whom an archive is encrypted, and who reads it.
//!
//! A build without encryption has neither option, and says of an encrypted archive how to decrypt it first.

use super::failure::Failure;
use k8s_forensics::archive::{Archive, ArchiveError, Identities, Recipients};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What stands for nobody: the archive is written as it is.
#[cfg(feature = "encrypt")]
const NOBODY: &str = "none";
/// The ending of an encrypted file.
const ENDING: &str = ".age";

/// For whom what is written is encrypted.
#[derive(clap::Args, Default)]
pub struct EncryptTo {
    /// Encrypt the archive with age for this recipient: age1…, ssh-ed25519 …, ssh-rsa …, or @FILE with one a line;
    /// may be repeated
    #[cfg(feature = "encrypt")]
    #[arg(long = "encrypt-to", value_name = "RECIPIENT")]
    recipients: Vec<String>,
}

/// Who reads an encrypted archive.
#[derive(Clone, clap::Args, Default)]
pub struct Keys {
    /// A secret key to read an encrypted archive with, as age-keygen or ssh-keygen writes it; may be repeated
    #[cfg(feature = "encrypt")]
    #[arg(long = "identity", value_name = "FILE", env = "K8SF_IDENTITY")]
    identities: Vec<PathBuf>,
}

/// Where it is written which pseudonym stands for which name, and who may read that. A build without encryption has
/// neither option.
#[derive(clap::Args, Default)]
pub struct NamesMap {
    /// Write which pseudonym stands for which name to this file, encrypted for those of --map-to
    #[cfg(feature = "encrypt")]
    #[arg(long, value_name = "FILE", requires = "strict", requires = "map_to")]
    map: Option<PathBuf>,
    /// Who may read the file of --map, as --encrypt-to takes it; may be repeated
    #[cfg(feature = "encrypt")]
    #[arg(long, value_name = "RECIPIENT", requires = "map")]
    map_to: Vec<String>,
}

impl NamesMap {
    /// The file and its readers, if one was asked for.
    pub fn place(&self) -> Result<Option<(&Path, Recipients)>, Failure> {
        #[cfg(feature = "encrypt")]
        if let Some(map) = &self.map {
            let readers = Recipients::parse(&self.map_to);
            let readers = readers.map_err(|error| Failure::environment("reading --map-to", error))?;
            return Ok(Some((map, readers)));
        }
        Ok(None)
    }
}

impl EncryptTo {
    /// Whether what is written is encrypted.
    #[cfg(any(feature = "encrypt", feature = "live"))]
    pub fn is_encrypting(&self) -> bool {
        #[cfg(feature = "encrypt")]
        return self.is_given() && self.recipients != [NOBODY];
        #[cfg(not(feature = "encrypt"))]
        false
    }

    /// Those who were named, and this program itself while it runs, so that it can keep an archive within a size.
    #[cfg(feature = "live")]
    pub fn recipients_and_this_program(&self) -> Result<Option<Arc<Recipients>>, Failure> {
        #[cfg(feature = "encrypt")]
        return self.parsed().map(|named| named.map(|named| Arc::new(named.readable_here())));
        #[cfg(not(feature = "encrypt"))]
        Ok(None)
    }

    /// Those who were named, for an archive that is made from `older`: what was encrypted is not written as it is
    /// unless that is wished.
    pub fn recipients_instead_of(&self, older: &Archive, tried: &str) -> Result<Option<Arc<Recipients>>, Failure> {
        if older.is_encrypted() && !self.is_given() {
            let why = "it is encrypted, and what is made from it would not be";
            return Err(Failure::environment(tried, why).hint(
                "name the recipients again with --encrypt-to: an archive does not say who they are; or write it as it \
                 is with --encrypt-to none",
            ));
        }
        #[cfg(feature = "encrypt")]
        return self.parsed().map(|named| named.map(Arc::new));
        #[cfg(not(feature = "encrypt"))]
        Ok(None)
    }

    #[cfg(feature = "encrypt")]
    fn parsed(&self) -> Result<Option<Recipients>, Failure> {
        if !self.is_encrypting() {
            return Ok(None);
        }
        Recipients::parse(&self.recipients).map(Some).map_err(|error| {
            Failure::environment("reading --encrypt-to", error)
                .hint("`age-keygen -o KEY` makes a secret key, and prints the recipient that belongs to it")
        })
    }

    fn is_given(&self) -> bool {
        #[cfg(feature = "encrypt")]
        return !self.recipients.is_empty();
        #[cfg(not(feature = "encrypt"))]
        false
    }
}

impl Keys {
    /// Those who were named, none if nobody was.
    pub fn read(&self) -> Result<Option<Arc<Identities>>, ArchiveError> {
        #[cfg(feature = "encrypt")]
        if !self.identities.is_empty() {
            return Identities::read(&self.identities).map(|keys| Some(Arc::new(keys)));
        }
        Ok(None)
    }
}

/// How an encrypted archive can be read.
pub fn ways_in(path: &Path) -> String {
    let shown = path.display();
    let plain = path.with_extension("");
    let plain = plain.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let decrypt = format!("`age -d -i KEY -o {plain} {shown}`");
    match cfg!(feature = "encrypt") {
        true => format!("give the secret key with --identity KEY or in K8SF_IDENTITY, or decrypt it first: {decrypt}"),
        false => format!("this build reads no encrypted archives: decrypt it first, {decrypt}"),
    }
}

/// `path` with the ending of what is encrypted, if it is.
pub fn named(path: PathBuf, is_encrypted: bool) -> PathBuf {
    if !is_encrypted {
        return path;
    }
    let mut name = path.into_os_string();
    name.push(ENDING);
    name.into()
}

/// `name` without the ending of what is encrypted.
pub fn without_ending(name: &str) -> &str {
    name.strip_suffix(ENDING).unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_comes_and_goes() {
        assert_eq!(named("a/x.zip".into(), true), Path::new("a/x.zip.age"));
        assert_eq!(named("a/x.zip".into(), false), Path::new("a/x.zip"));
        assert_eq!((without_ending("x.zip.age"), without_ending("x.zip")), ("x.zip", "x.zip"));
    }
}
