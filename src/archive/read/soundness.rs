//! How sound an archive is: whether it was finished, and what in it is not as any writer leaves it.
//!
//! Nothing here stops an archive from being read; what does is a `Hostile`.

/// In what state the archive was left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// It has its directory and `meta/manifest.json`: whoever wrote it came to the end.
    Sealed,
    /// It has no directory that can be read, as after a kill: its entries were found by their own headers.
    Cut {
        /// Bytes from the start of the file up to the end of the last finished entry.
        at: u64,
        /// The entry behind that, which was not finished, if so much of it is there.
        entry: Option<String>,
        /// How many entries are whole, as far as their headers tell.
        finished: usize,
        /// What is wrong with the directory.
        why: String,
    },
    /// The directory, or the folder, can be read, but there is no `meta/manifest.json`.
    Unsealed,
}

/// Something that is not as a writer leaves it: damage, or a hand at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// The entry it is about, as it is listed; quoted if it is not listed.
    pub entry: Option<String>,
    /// One sentence without its full stop.
    pub what: String,
}

/// How many anomalies are kept; more are counted.
const KEPT: usize = 1000;

/// The first anomalies, and how many there were beyond.
#[derive(Clone, Debug, Default)]
pub(super) struct Anomalies {
    pub kept: Vec<Anomaly>,
    pub beyond: usize,
}

impl Anomalies {
    /// One about the file as a whole.
    pub fn note(&mut self, what: impl Into<String>) {
        self.push(None, || what.into());
    }

    /// One about an entry.
    pub fn of(&mut self, entry: &str, what: impl Into<String>) {
        self.push(Some(entry), || what.into());
    }

    fn push(&mut self, entry: Option<&str>, what: impl FnOnce() -> String) {
        if self.kept.len() < KEPT {
            self.kept.push(Anomaly { entry: entry.map(str::to_owned), what: what() });
        } else {
            self.beyond += 1;
        }
    }
}
