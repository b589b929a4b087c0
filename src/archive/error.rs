//! What can go wrong with an archive as a file, and why a whole archive is refused.

use std::path::PathBuf;

/// An archive could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("{path} exists already")]
    Exists { path: PathBuf },
    #[error("cannot {action} {path}: {source}")]
    Io { action: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{path} is empty; an archive is so where its run was ended before anything came")]
    Empty { path: PathBuf },
    #[error("{path} was cut before its first entry was finished: there is nothing in it to read")]
    CutAtStart { path: PathBuf },
    #[error("{path} is not a zip: it neither begins nor ends like one")]
    NotAZip { path: PathBuf },
    #[error("{path} is neither a zip nor a folder that holds {expected}")]
    NotAnArchive { path: PathBuf, expected: &'static str },
    #[error("{path} is not a usable minisign key: {why}")]
    Key { path: PathBuf, why: String },
    #[error("{path} is encrypted with age")]
    Encrypted { path: PathBuf },
    #[error("{path} is encrypted with age, and cannot be decrypted: {why}")]
    NotDecrypted { path: PathBuf, why: String },
    #[error("{path} is not a usable identity: {why}")]
    Identity { path: PathBuf, why: String },
    #[error("{what} is not a usable recipient: {why}")]
    Recipient { what: String, why: String },
    #[error("{name} cannot be split: {why}")]
    NotSplit { name: String, why: String },
    #[error("entry {entry} cannot be read: {why}")]
    Entry { entry: String, why: String },
    #[error(
        "{path} is of format {found}, this version reads format {known}: use the version of k8s-forensics that wrote it, {tool}"
    )]
    Format { path: PathBuf, found: String, known: u32, tool: String },
    #[error("{path} is refused, nothing of it was read: {what}")]
    Hostile { path: PathBuf, what: Hostile },
}

/// Why a whole archive is refused. No run of `collect` writes such a thing, and damage by chance hardly can: a rule
/// is applied only where the two headers of an entry agree on what it is about.
///
/// Names are quoted and escaped: no control character in them reaches a terminal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Hostile {
    #[error("the path {0} is absolute")]
    AbsolutePath(String),
    #[error("the path {0} has a component that is . or ..")]
    DotComponent(String),
    #[error("the path {0} has an empty component")]
    EmptyComponent(String),
    #[error("the path {0} has a colon, as a drive letter")]
    Colon(String),
    #[error("the path {0} has a backslash")]
    Backslash(String),
    #[error("the path {0} has a control character, or one that changes how the rest is shown")]
    ControlCharacter(String),
    #[error("the path {0} is not UTF-8")]
    NotUtf8(String),
    #[error("the path {path} has {bytes} bytes, more than {limit}")]
    PathTooLong { path: String, bytes: usize, limit: usize },
    #[error("the path {path} has {depth} components, more than {limit}")]
    PathTooDeep { path: String, depth: usize, limit: usize },
    #[error("its paths come to more than {limit} bytes together")]
    PathsTooLong { limit: usize },
    #[error("{path} is not inside {top}, where every other entry is")]
    OutsideTopFolder { path: String, top: String },
    #[error("two entries are called {0}")]
    Duplicate(String),
    #[error("{first} and {second} are the same to a file system that takes upper case for lower case")]
    CaseCollision { first: String, second: String },
    #[error("{path} is {kind}, not a file")]
    SpecialFile { path: String, kind: &'static str },
    #[error("the entry at byte {first} ({name}) overlaps with what is at byte {second}")]
    Overlap { first: u64, second: u64, name: String },
    #[error("it has more than {limit} entries")]
    TooManyEntries { limit: usize },
    #[error("{path} unpacks to {bytes} bytes, more than {limit}")]
    EntryTooLarge { path: String, bytes: u64, limit: u64 },
    #[error("its entries unpack to more than {limit} bytes together")]
    TotalTooLarge { limit: u64 },
    #[error("{path} unpacks {packed} bytes to {bytes}, more than {limit}-fold")]
    RatioTooHigh { path: String, packed: u64, bytes: u64, limit: u64 },
    #[error("{0} is encrypted")]
    Encrypted(String),
    #[error("{path} is packed by method {method}; known are 0 (stored) and 8 (deflate)")]
    UnknownMethod { path: String, method: u16 },
}

/// Why a container or folder could not be opened: refused, or not readable as a file.
#[derive(Debug)]
pub(super) enum Refusal {
    Hostile(Hostile),
    Io(std::io::Error),
}

impl From<Hostile> for Refusal {
    fn from(what: Hostile) -> Self {
        Self::Hostile(what)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

/// Characters of a name that a message shows.
const SHOWN: usize = 120;

/// A name that nobody vouches for, as a message may show it: escaped, in quotes, and cut where it is long.
pub(super) fn quoted(name: &[u8]) -> String {
    let start = name.get(..name.len().min(SHOWN * 4)).unwrap_or_default();
    let text = String::from_utf8_lossy(start);
    let shown: String = text.chars().take(SHOWN).collect();
    let more = if shown.len() < name.len() && text.chars().count() > SHOWN { "…" } else { "" };
    format!("{shown:?}{more}")
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn no_name_reaches_a_terminal_raw() {
        assert_eq!(quoted(b"a/b.log"), "\"a/b.log\"");
        assert_eq!(quoted("a\u{1b}[2J\u{202e}\0".as_bytes()), r#""a\u{1b}[2J\u{202e}\0""#);
        assert_eq!(quoted(&[b'a', 0xff]), "\"a\u{fffd}\"");
        assert_eq!(quoted("ä".repeat(9000).as_bytes()), format!("\"{}\"…", "ä".repeat(120)));
    }
}
