//! A file on its way to a host.

use flate2::{Compression, GzBuilder};
use std::io::Write;

/// A file with the name that it is to have at the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

impl Upload {
    /// How large it is.
    pub(super) fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// The same, packed by gzip, for a host that takes no such file as it is. The same bytes each time.
    pub(super) fn packed(&self) -> Self {
        let mut packer = GzBuilder::new().mtime(0).write(Vec::new(), Compression::default());
        let written = packer.write_all(&self.bytes);
        let bytes = written.and_then(|()| packer.finish()).expect("memory takes all that is written to it");
        Self { name: format!("{}.gz", self.name), bytes }
    }
}

/// The media type of a file of a report, by its name.
pub fn kind_of(name: &str) -> &'static str {
    match name.rsplit_once('.').map(|(_, ending)| ending) {
        Some("md") => "text/markdown",
        Some("html") => "text/html",
        Some("json") => "application/json",
        Some("gz") => "application/gzip",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_packed_is_unpacked_by_gzip() {
        let file = Upload { name: "timeline.html".to_owned(), bytes: b"<html>".repeat(100) };
        let packed = file.packed();
        assert_eq!((packed.name.as_str(), &packed), ("timeline.html.gz", &file.packed()));
        let mut back = Vec::new();
        flate2::read::GzDecoder::new(packed.bytes.as_slice()).read_to_end(&mut back).unwrap();
        assert!(back == file.bytes && packed.size() < file.size());
    }
}
