//! The key an archive is signed with.

use super::failure::Failure;
use k8s_forensics::archive::SigningKey;
use std::path::Path;

/// Reads a minisign secret key; asks for its password on the terminal if it has one.
pub fn key(path: &Path) -> Result<SigningKey, Failure> {
    let ask = || rpassword::prompt_password(format!("password of {}: ", path.display()));
    SigningKey::read(path, ask).map_err(|error| {
        Failure::environment("read the secret key", error)
            .hint("`minisign -G` makes one; `minisign -GW` one without a password, for runs that nobody watches")
    })
}
