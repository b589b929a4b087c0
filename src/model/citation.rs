//! Where a record stands in the archive. Every sentence of a report leads back to one of these.

/// An entry among all those of the inputs of an analysis, in order of input and path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryId(pub u32);

/// A reading of a line of an entry: the line itself for logs and journals, one of several for an object that stands on
/// one line. What it says is fetched where it is quoted: `Evidence::quote`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Citation {
    pub entry: EntryId,
    /// From 1; 0 for an entry as a whole.
    pub line: u32,
    /// Which reading of the line, from 0: a whole list may stand on one.
    pub part: u32,
}

impl Citation {
    /// Whether both are of the same line, whatever of it they read.
    pub fn is_same_line(self, other: Self) -> bool {
        (self.entry, self.line) == (other.entry, other.line)
    }
}
