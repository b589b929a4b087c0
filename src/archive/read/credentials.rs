//! A text that never passed a collector, without its credentials: the same rules as for everything that is collected.

use super::Archive;
use crate::archive::error::ArchiveError;
use crate::redact::{Key, Redactor, Rules};
use std::sync::LazyLock;
use std::time::SystemTime;

/// Made once: the automaton of its rules costs more than a short text.
static REDACTOR: LazyLock<Result<Redactor, String>> = LazyLock::new(|| {
    let rules = Rules::built_in().map_err(|error| error.to_string())?;
    // No pseudonym is kept below, so its key tells nothing.
    Redactor::new(rules, Key::known([0; 32])).map_err(|error| error.to_string())
});

impl Archive {
    /// The text that is its only entry, called `name`, with a word for each credential: `REDACTED-RULE`. It has as many
    /// lines. A text of more than `most_bytes` is an error.
    pub fn without_credentials(&self, name: &str, most_bytes: u64) -> Result<Self, ArchiveError> {
        let entry = self.entries().next().unwrap_or_default();
        let broken = |why: String| ArchiveError::Entry { entry: entry.to_owned(), why };
        if self.bytes_of(entry).is_some_and(|bytes| bytes > most_bytes) {
            return Err(broken(format!("more than {most_bytes} bytes")));
        }
        let bytes = self.read(entry, most_bytes)?;
        let redactor = REDACTOR.as_ref().map_err(|why| broken(why.clone()))?;
        let text = redactor.anonymous_text(&String::from_utf8_lossy(&bytes));
        let written = self.modified(entry).unwrap_or(SystemTime::UNIX_EPOCH);
        Self::text_from_bytes(text.into_bytes(), name, written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_leaves_the_name_of_its_rule_and_no_hash() {
        // The form of GitHub's personal access tokens: https://github.blog/2021-04-05-behind-githubs-new-authentication-token-formats/
        let token = format!("ghp_{}", "a1B2c3D4e5F6".repeat(3));
        let text = format!("one\nused {token} to push\npassword: Tr0ub4dor&3x!\n");
        let files = Archive::text_from_bytes(text.into_bytes(), "jane.txt", SystemTime::UNIX_EPOCH).expect("a text");
        let without = files.without_credentials("notes.txt", 1 << 20).expect("a text");
        assert_eq!(without.entries().collect::<Vec<_>>(), ["notes.txt"]);
        let text = String::from_utf8(without.read("notes.txt", 1 << 20).expect("bytes")).expect("text");
        assert!(!text.contains("ghp_") && !text.contains("Tr0ub4dor"), "{text}");
        let marks: Vec<&str> = text.split_whitespace().filter(|word| word.starts_with("REDACTED-")).collect();
        let has_hash = |word: &&str| word.rsplit('-').next().is_some_and(|end| end.len() == 12);
        assert!(marks.len() == 2 && !marks.iter().any(has_hash), "{text}");
        assert_eq!(text.lines().count(), 3);
        assert!(files.without_credentials("notes.txt", 8).is_err());
    }
}
