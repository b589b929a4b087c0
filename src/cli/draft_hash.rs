//! The hash by which a draft, or a part of one, is known to be as it was written.

use sha2::{Digest, Sha256};

/// How many bytes of the hash it has: nobody hits another's by chance.
const HASH_BYTES: usize = 8;

/// The hash of a text without what editors change on their own: a byte order mark, and the ends of lines and of the
/// text.
pub fn hash(text: &str) -> String {
    let mut hasher = Sha256::new();
    for line in text.trim_start_matches('\u{feff}').trim_end().lines() {
        hasher.update(line.trim_end());
        hasher.update("\n");
    }
    hasher.finalize().iter().take(HASH_BYTES).map(|byte| format!("{byte:02x}")).collect()
}
