//! What a format of inputs is, and how the one of an input is found.

use super::InputError;
use super::formats::{self, FORMATS};
use super::kind::Kind;
use crate::archive::format::{ClusterId, FORMAT as ARCHIVE_FORMAT, Header, Outcome};
use crate::archive::{Archive, ArchiveError};
use chrono::DateTime;
use std::cell::OnceCell;
use std::path::Path;

/// A form in which records of a cluster come: which inputs have it, and what each of their entries holds.
pub struct Format {
    /// As a report names it.
    pub name: &'static str,
    /// How sure it is that an input has this form, 0 to 100, by the names of its entries and first bytes.
    pub recognise: fn(&Archive) -> u8,
    /// What an entry holds, by its path and how it begins.
    pub kind: fn(&str, &Start<'_>) -> Kind,
    /// What the input says of itself; may correct what its entries seemed to hold.
    pub open: fn(&Archive, Vec<Kind>) -> Result<Opened, ArchiveError>,
}

impl Format {
    /// Whether it is what `collect` writes.
    pub fn is_our_archive(&self) -> bool {
        self.name == formats::archive::FORMAT.name
    }

    /// Whether an input has it only where somebody says so: it stands beside the records of a cluster.
    pub fn is_asked_for(&self) -> bool {
        FORMATS.iter().all(|format| format.name != self.name)
    }
}

/// An input that was opened.
pub struct Opened {
    pub about: About,
    /// What its entries hold, in order of path.
    pub kinds: Vec<Kind>,
}

/// What an input says of itself as a whole.
#[derive(Clone)]
pub struct About {
    /// The header of an archive; of others made of what the records tell: the window, and nothing else.
    pub header: Header,
    /// Whether its window is one that is to be analysed, where another has one: that of records of the cluster.
    pub has_window: bool,
    /// The entry that says so.
    pub said_in: Option<&'static str>,
    /// How each planned item ended; of other inputs, what came of each file.
    pub outcomes: Vec<Outcome>,
    /// The hash over all entries, where it was sealed.
    pub sha256: Option<String>,
    /// Which parts of a split archive it is, from 1, and of how many.
    pub parts: Vec<(u32, u32)>,
}

impl About {
    /// Of an input that stands beside the records of a cluster: it has no window and knows no cluster.
    pub fn beside(outcomes: Vec<Outcome>) -> Self {
        let header = Header {
            format: ARCHIVE_FORMAT,
            tool: String::new(),
            cluster: ClusterId::default(),
            from: DateTime::default(),
            to: DateTime::default(),
            started_at: DateTime::default(),
            options: [].into(),
            clocks: Vec::new(),
        };
        Self { header, has_window: false, said_in: None, outcomes, sha256: None, parts: Vec::new() }
    }
}

/// How an entry begins; read when it is asked for.
pub struct Start<'a> {
    files: Option<(&'a Archive, &'a str)>,
    bytes: OnceCell<Vec<u8>>,
}

/// As much of an entry as a kind of content is known by.
const START_BYTES: u64 = 16 << 10;

impl<'a> Start<'a> {
    pub fn of(files: &'a Archive, entry: &'a str) -> Self {
        Self { files: Some((files, entry)), bytes: OnceCell::new() }
    }

    /// The first bytes; none where it cannot be read, which shows when it is.
    pub fn bytes(&self) -> &[u8] {
        self.bytes.get_or_init(|| {
            let read = self.files.map(|(files, entry)| files.read(entry, START_BYTES).unwrap_or_default());
            read.unwrap_or_default()
        })
    }

    #[cfg(test)]
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self { files: None, bytes: OnceCell::from(bytes.to_vec()) }
    }
}

/// The format that is surest of an input; none where no format knows it.
pub fn recognised(files: &Archive, path: &Path) -> Result<Option<&'static Format>, InputError> {
    surest(FORMATS, files, path)
}

fn surest<'a>(formats: &'a [Format], files: &Archive, path: &Path) -> Result<Option<&'a Format>, InputError> {
    let mut best: Option<(u8, &Format)> = None;
    let mut tie = None;
    for format in formats {
        let confidence = (format.recognise)(files);
        let known = best.map_or(0, |(confidence, _)| confidence);
        if confidence > known {
            (best, tie) = (Some((confidence, format)), None);
        } else if confidence == known && confidence > 0 {
            tie = Some(format);
        }
    }
    match (best, tie) {
        (Some((_, one)), Some(other)) => {
            Err(InputError::Ambiguous { path: path.to_owned(), one: one.name, other: other.name })
        }
        (best, _) => Ok(best.map(|(_, format)| format)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::kind::WhyUnread;

    const fn format(name: &'static str, recognise: fn(&Archive) -> u8) -> Format {
        Format {
            name,
            recognise,
            kind: |_, _| Kind::Unread(WhyUnread::UnknownForm),
            open: |files, _| Err(files.header().expect_err("no header")),
        }
    }

    #[test]
    fn the_surest_format_wins_and_a_tie_names_both() {
        let files = Archive::text_from_bytes(b"x".to_vec(), "x", std::time::UNIX_EPOCH).expect("a file");
        let found = |formats: &[Format]| {
            surest(formats, &files, Path::new("x")).map(|format| format.map(|one| one.name)).map_err(|e| e.to_string())
        };
        let (no, low, high) = (format("no", |_| 0), format("low", |_| 30), format("high", |_| 70));
        assert_eq!(found(&[no]), Ok(None));
        assert_eq!(found(&[low, high]), Ok(Some("high")));
        let (low, other, high) = (format("low", |_| 30), format("other", |_| 30), format("high", |_| 70));
        assert_eq!(found(&[low, other, high]), Ok(Some("high")));
        let (low, other) = (format("low", |_| 30), format("other", |_| 30));
        let said = found(&[low, other]).expect_err("a tie");
        assert!(said.contains("low") && said.contains("other"), "{said}");
    }
}
