//! Archives that only their recipients can read: the zip as the content of an age file, version 1 of
//! <https://age-encryption.org/v1>, which `age`, `rage` and this program read.
//!
//! The ciphers are those of crates. Here is only what the archive asks of them: whom it is for, who reads it, how it is
//! written front to back, and how a part of it is read without unpacking the rest. In a build without the feature
//! `encrypt`, nobody can be a recipient, and so nothing here ever runs.

#[cfg(not(feature = "encrypt"))]
mod absent;
#[cfg(feature = "encrypt")]
mod decrypted;
#[cfg(feature = "encrypt")]
mod identities;
#[cfg(feature = "encrypt")]
mod recipients;
#[cfg(feature = "encrypt")]
mod scratch_key;
#[cfg(feature = "encrypt")]
mod writer;

#[cfg(not(feature = "encrypt"))]
pub(super) use absent::{Decrypted, EncryptedFile, ScratchCipher, ScratchKey};
#[cfg(not(feature = "encrypt"))]
pub use absent::{Identities, Recipients};
#[cfg(feature = "encrypt")]
pub(super) use decrypted::Decrypted;
#[cfg(feature = "encrypt")]
pub use identities::Identities;
#[cfg(feature = "encrypt")]
pub use recipients::Recipients;
#[cfg(feature = "encrypt")]
pub(super) use scratch_key::{ScratchCipher, ScratchKey};
#[cfg(feature = "encrypt")]
pub(super) use writer::EncryptedFile;

/// The ending of an encrypted archive's name.
pub(super) const ENDING: &str = ".age";

/// The longest header that is read, in bytes. One has some hundred for each recipient, and the time to take it apart
/// grows with its square.
#[cfg(feature = "encrypt")]
const HEADER_BYTES: usize = 16 << 10;

/// How an age file begins, and how one does that was wrapped in text for mail.
pub(super) const MAGIC: &[u8] = b"age-encryption.org/";
pub(super) const ARMOR: &[u8] = b"-----BEGIN AGE ENCRYPTED FILE-----";
