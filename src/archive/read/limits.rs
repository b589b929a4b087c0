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

impl Limits {
    /// The name of every limit, as [`set`](Self::set) knows it.
    pub const NAMES: [&str; 9] = [
        "entries",
        "entry-bytes",
        "total-bytes",
        "ratio",
        "path-bytes",
        "path-depth",
        "all-path-bytes",
        "line-bytes",
        "record-bytes",
    ];

    /// Sets the limit of that name. False if there is no such limit.
    pub fn set(&mut self, name: &str, value: u64) -> bool {
        let count = usize::try_from(value).unwrap_or(usize::MAX);
        match name {
            "entries" => self.entries = count,
            "entry-bytes" => self.entry_bytes = value,
            "total-bytes" => self.total_bytes = value,
            "ratio" => self.ratio = value,
            "path-bytes" => self.path_bytes = count,
            "path-depth" => self.path_depth = count,
            "all-path-bytes" => self.all_path_bytes = count,
            "line-bytes" => self.line_bytes = count,
            "record-bytes" => self.record_bytes = value,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_sets_a_limit() {
        for name in Limits::NAMES {
            let mut limits = Limits::default();
            assert!(limits.set(name, 7));
            assert_ne!(format!("{limits:?}"), format!("{:?}", Limits::default()), "{name}");
        }
        assert!(!Limits::default().set("patience", 7));
    }
}
