//! A zip as others like it: the bytes of a file, and behind them a directory made in memory from the entries that
//! are sound. So entries of a file that was cut can be copied as they are packed.

use super::super::index::{Index, Record};
use super::super::shared_file::SharedFile;
use super::local::{self, Found};
use super::records::{self, Central, Common};
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// Version 4.5 on unix, and a file that its owner alone reads and writes: as `collect` writes them.
const MADE_BY: u16 = 3 << 8 | 45;
const REGULAR: u32 = 0o100_600 << 16;

/// A file with another directory.
#[derive(Clone)]
pub struct View {
    file: SharedFile,
    directory: Arc<[u8]>,
    position: u64,
}

impl View {
    /// Shows the entries of `index` in order of offset, under their whole paths.
    pub(in crate::archive::read) fn new(file: &SharedFile, index: &Index) -> io::Result<Self> {
        let mut records: Vec<&Record> = index.records().iter().collect();
        records.sort_unstable_by_key(|record| record.offset);
        let (mut directory, mut buffer) = (Vec::new(), Vec::new());
        for record in &records {
            let Found::Header(header) = local::at(file, record.offset, &mut buffer)? else {
                return Err(io::Error::other(format!("the header at byte {} is gone", record.offset)));
            };
            let common = Common {
                flags: header.common.flags & records::UTF8,
                method: record.method,
                crc: record.crc,
                packed: record.packed,
                size: record.size,
                ..header.common
            };
            let offset = record.offset;
            let (made_by, external) = (MADE_BY, REGULAR);
            let central = Central { made_by, common, comment_bytes: 0, disk: 0, internal: 0, external, offset };
            central.encode(&format!("{}{}", index.top(), index.path(record)), &mut directory);
        }
        let bytes = directory.len() as u64;
        records::encode_end(records.len() as u64, bytes, file.length(), &mut directory);
        Ok(Self { file: file.clone(), directory: directory.into(), position: 0 })
    }
}

impl Read for View {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = match self.position.checked_sub(self.file.length()) {
            None => self.file.from(self.position).read(buffer)?,
            Some(at) => {
                let at = usize::try_from(at).unwrap_or(usize::MAX);
                self.directory.get(at..).unwrap_or_default().read(buffer)?
            }
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for View {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let length = self.file.length() + self.directory.len() as u64;
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        self.position = target.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "seek before the start"))?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use crate::archive::{Archive, Condition};
    use std::path::Path;
    use std::process::Command;

    fn demo() -> Vec<u8> {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/memory-cascade.zip");
        std::fs::read(path).expect("the example archive")
    }

    /// Copies all entries as they are packed into a new zip, and checks that Python and we read the same from it.
    fn copied(archive: &Archive) {
        let mut from = archive.sound_zip().expect("a sound zip").expect("no folder");
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("copy.zip");
        let mut to = zip::ZipWriter::new(std::fs::File::create(&path).expect("a file"));
        let mut last = 0;
        for index in 0..from.len() {
            let file = from.by_index_raw(index).expect("an entry");
            assert!(file.header_start() >= last, "in the order of the file");
            last = file.header_start();
            to.raw_copy_file(file).expect("a copy");
        }
        to.finish().expect("a directory");
        let script = "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None";
        let python = Command::new("python3").args(["-c", script]).arg(&path).output().expect("python3");
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));

        let copy = Archive::open(&path).expect("an archive");
        assert_eq!(copy.anomalies(), []);
        assert!(copy.entries().eq(archive.entries()));
        for entry in archive.entries() {
            let content = |archive: &Archive| archive.read(entry, u64::MAX).expect("whole");
            assert_eq!(content(&copy), content(archive), "{entry}");
        }
    }

    #[test]
    fn a_cut_archive_is_copied_as_it_is_packed() {
        let mut bytes = demo();
        bytes.truncate(bytes.len() / 3);
        let archive = Archive::from_bytes(bytes, "demo.zip.partial").expect("it has finished entries");
        assert!(matches!(archive.condition(), Condition::Cut { entry: Some(_), .. }), "{:?}", archive.condition());
        assert!(archive.entries().count() > 10);
        assert_eq!(archive.name(), "demo");
        copied(&archive);
    }

    #[test]
    fn an_odd_archive_is_copied_as_it_is_packed() {
        let mut bytes = b"something before".to_vec();
        bytes.extend(demo());
        bytes.extend(b"something behind");
        let archive = Archive::from_bytes(bytes, "demo.zip").expect("it is all there");
        assert_eq!(archive.condition(), &Condition::Sealed);
        assert_eq!(archive.anomalies().len(), 3, "{:?}", archive.anomalies());
        copied(&archive);
    }
}
