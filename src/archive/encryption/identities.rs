//! Who reads an encrypted archive: secret keys of age, and those of ssh without a password.

use crate::archive::error::ArchiveError;
use age::{IdentityFile, ssh, x25519};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// The most bytes that a file of secret keys may have.
const FILE_BYTES: u64 = 1 << 20;

/// Secret keys, each tried in turn.
pub struct Identities {
    keys: Vec<Box<dyn age::Identity + Send + Sync>>,
}

impl Identities {
    /// Reads identity files: those that `age-keygen` writes, or secret keys of ssh.
    ///
    /// # Errors
    /// For a file that cannot be read or holds something else. Files that need a password are refused.
    pub fn read(paths: &[PathBuf]) -> Result<Self, ArchiveError> {
        let mut keys = Vec::new();
        for path in paths {
            let wrong = |why: String| ArchiveError::Identity { path: path.to_owned(), why };
            let io = |source| ArchiveError::Io { action: "read the identity", path: path.to_owned(), source };
            let mut text = Vec::new();
            File::open(path).and_then(|file| file.take(FILE_BYTES).read_to_end(&mut text)).map_err(io)?;
            keys.extend(parsed(&text, path).map_err(wrong)?);
        }
        Ok(Self { keys })
    }

    pub(super) fn own(key: x25519::Identity) -> Self {
        Self { keys: vec![Box::new(key)] }
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.keys.iter().map(|key| key.as_ref() as &dyn age::Identity)
    }
}

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}

fn parsed(text: &[u8], path: &Path) -> Result<Vec<Box<dyn age::Identity + Send + Sync>>, String> {
    if text.starts_with(super::MAGIC) || text.starts_with(super::ARMOR) {
        return Err(format!(
            "it is locked with a password, which is not supported here: give --identity <(age -d {})",
            path.display()
        ));
    }
    if text.starts_with(b"-----BEGIN") {
        let key = ssh::Identity::from_buffer(text, None).map_err(|error| error.to_string())?;
        return match key {
            ssh::Identity::Unencrypted(_) => Ok(vec![Box::new(key)]),
            ssh::Identity::Encrypted(_) => {
                Err("it has a password, which is not supported here: decrypt the archive with `age -d -i` first"
                    .to_owned())
            }
            ssh::Identity::Unsupported(_) => Err("it is a key of a kind that age does not take".to_owned()),
        };
    }
    // Its errors name a line, never what is in it.
    let keys = IdentityFile::from_buffer(text).and_then(|file| file.into_identities().map_err(std::io::Error::other));
    match keys {
        Ok(keys) if keys.is_empty() => Err("it holds no secret key".to_owned()),
        Ok(keys) => Ok(keys),
        Err(error) => Err(error.to_string()),
    }
}
