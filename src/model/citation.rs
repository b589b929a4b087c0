//! Where a record stands in the archive. Every sentence of a report leads back to one of these.

/// A line of an archive entry, with what it says.
///
/// `entry` is the path below the archive's top folder; `line` counts from 1; `text` is what a reader should see:
/// the line itself for logs and journals, a one-line reading of the object for JSON lines.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    pub entry: String,
    pub line: u64,
    pub text: String,
}

impl Citation {
    /// Cites `line` (from 1) of `entry`, shown as `text`, which is cut to a readable length.
    pub fn new(entry: impl Into<String>, line: u64, text: impl AsRef<str>) -> Self {
        Self { entry: entry.into(), line, text: shortened(text.as_ref()) }
    }
}

impl std::fmt::Display for Citation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.entry, self.line)
    }
}

/// The longest quotation a report carries; the whole line is in the archive.
const QUOTE_CHARS: usize = 400;

fn shortened(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(QUOTE_CHARS) {
        Some((cut, _)) => format!("{}…", text.get(..cut).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_are_cut_at_a_character() {
        let citation = Citation::new("a", 1, "é".repeat(500));
        assert_eq!(citation.text.chars().count(), 401);
        assert!(citation.text.ends_with('…'));
    }
}
