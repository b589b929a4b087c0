//! The folder of a recorder: archives of a few minutes each, one after the other.

use super::layout::{self, SegmentName};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    pub name: SegmentName,
    /// The file that it is, or the folder while it is written.
    pub path: PathBuf,
}

/// The segments in `folder`, the oldest first; what is no segment is passed over. One that was being packed when its
/// recorder was killed is there twice: the sealed one counts.
pub fn segments(folder: &Path) -> io::Result<Vec<Segment>> {
    let mut found: BTreeMap<String, Segment> = BTreeMap::new();
    for item in std::fs::read_dir(folder)? {
        let item = item?;
        let file = item.file_name();
        let Some(name) = file.to_str().and_then(layout::parse_segment) else { continue };
        // A symbolic link is neither.
        let kind = item.file_type()?;
        if !(if name.is_sealed { kind.is_file() } else { kind.is_dir() }) {
            continue;
        }
        let is_better = found.get(&name.name).is_none_or(|known| !known.name.is_sealed);
        if is_better {
            found.insert(name.name.clone(), Segment { name, path: item.path() });
        }
    }
    let mut segments: Vec<Segment> = found.into_values().collect();
    segments.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(segments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn segments_are_found_in_order_and_each_once() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = |name: &str| folder.path().join(name);
        for file in ["segment-20261128T213000Z.zip", "segment-20261128T214000Z.zip.partial", "notes.txt", "record.lock"]
        {
            fs::write(path(file), "").expect("a file");
        }
        for open in ["segment-20261128T213000Z.open", "segment-20261128T212500Z.open", "segment-20261128T215000Z.zip"] {
            fs::create_dir(path(open)).expect("a folder");
        }
        let found = segments(folder.path()).expect("a folder that is there");
        let paths: Vec<_> = found.into_iter().map(|segment| segment.path).collect();
        assert_eq!(paths, [path("segment-20261128T212500Z.open"), path("segment-20261128T213000Z.zip")]);
    }
}
