//! What an archive may be at most. Checked before any content is touched, and never taken from the archive itself.

/// Bounds on what is opened and read. More than any of them is a refusal of the whole archive, with two exceptions
/// that say so.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub entries: usize,
    /// Unpacked bytes of one entry.
    pub entry_bytes: u64,
    /// Unpacked bytes of all entries.
    pub total_bytes: u64,
    /// Unpacked to packed size of one entry. Deflate cannot exceed 1032.
    pub ratio: u64,
    /// Bytes of one path, with its top folder.
    pub path_bytes: usize,
    /// Components of one path, with its top folder.
    pub path_depth: usize,
    /// Bytes of all paths, without their top folder. They are what stays in memory.
    pub all_path_bytes: usize,
    /// Bytes of a line that are kept; the rest of a longer one is passed over.
    pub line_bytes: usize,
    /// Memory for the outcomes and planned items, as bytes of their lines and of the records made from them; those
    /// beyond are passed over, and an anomaly says so.
    pub record_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 250_000,
            entry_bytes: 8 << 30,
            total_bytes: 64 << 30,
            ratio: 1100,
            path_bytes: 4096,
            path_depth: 16,
            all_path_bytes: 16 << 20,
            line_bytes: 1 << 20,
            record_bytes: 256 << 20,
        }
    }
}
