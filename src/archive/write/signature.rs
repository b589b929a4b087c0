//! Signatures over an archive's sums, in the form of minisign, so that minisign itself can check them.
//!
//! `meta/SHA256SUMS.minisig` signs `meta/SHA256SUMS`, which holds the hash of every other entry but the manifest:
//! the signature outlives unpacking and packing again.

use crate::archive::error::ArchiveError;
use ct_codecs::{Base64, Decoder};
use minisign::{PError, PublicKey, SecretKey, SecretKeyBox, SignatureBox};
use std::fmt;
use std::io::{self, Cursor};
use std::path::Path;

/// A secret key of minisign.
pub struct SigningKey(SecretKey);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey")
    }
}

impl SigningKey {
    /// Reads a key file as `minisign -G` writes it; `password` is asked for the password of one that has one.
    pub fn read(path: &Path, password: impl FnOnce() -> io::Result<String>) -> Result<Self, ArchiveError> {
        let io = |source| ArchiveError::Io { action: "read", path: path.to_owned(), source };
        let bad = |error: PError| ArchiveError::Key { path: path.to_owned(), why: error.to_string() };
        let text = std::fs::read_to_string(path).map_err(io)?;
        if let Some(key) = without_password(&text) {
            return key.map(Self).map_err(bad);
        }
        let locked = SecretKeyBox::from_string(&text).map_err(bad)?;
        locked.into_secret_key(Some(password().map_err(io)?)).map(Self).map_err(bad)
    }

    /// The text of `meta/SHA256SUMS.minisig`.
    pub(in crate::archive) fn sign(&self, sums: &[u8]) -> Result<String, ArchiveError> {
        let comment = "SHA256SUMS of an archive of k8s-forensics";
        // With the public key, a signature that nobody could check is an error here and now.
        PublicKey::from_secret_key(&self.0)
            .and_then(|public| minisign::sign(Some(&public), &self.0, Cursor::new(sums), Some(comment), Some(comment)))
            .map(|signature| signature.into_string())
            .map_err(|error| ArchiveError::Entry {
                entry: crate::archive::layout::SIGNATURE.to_owned(),
                why: error.to_string(),
            })
    }
}

/// The key of a file that has no password. minisign itself leaves the checksum of such a key empty (`minisign -GW`),
/// which the library takes for a broken one.
fn without_password(file: &str) -> Option<Result<SecretKey, PError>> {
    let bytes = Base64::decode_to_vec(file.lines().nth(1)?.trim(), None).ok()?;
    // Behind the signature's algorithm stands that of the password, which is zero where there is none.
    bytes.get(2..4).filter(|algorithm| *algorithm == [0, 0]).map(|_| SecretKey::from_bytes(&bytes))
}

/// A public key of minisign.
pub struct VerifyingKey(PublicKey);

impl VerifyingKey {
    /// Reads the public key file that `minisign -G` writes.
    pub fn read(path: &Path) -> Result<Self, ArchiveError> {
        PublicKey::from_file(path)
            .map(Self)
            .map_err(|error| ArchiveError::Key { path: path.to_owned(), why: error.to_string() })
    }

    /// Why `signature` is not one of `sums` by this key, if it is not.
    pub(in crate::archive) fn refuses(&self, sums: &[u8], signature: &str) -> Option<String> {
        let signature = match SignatureBox::from_string(signature) {
            Ok(signature) => signature,
            Err(error) => return Some(error.to_string()),
        };
        minisign::verify(&self.0, &signature, Cursor::new(sums), true, false, false).err().map(|e| e.to_string())
    }
}
