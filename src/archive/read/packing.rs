//! Single files that were packed, as log rotation leaves them: gzip (RFC 1952) and xz, unpacked as they are read; and
//! texts in an encoding that a byte order mark names, which are read as UTF-8 in the same way.
//!
//! Known by how they begin. What they unpack to is nowhere said that could be believed, so it is bounded while they are
//! unpacked, and the memory of the decoder with it.

use super::encoding::{AsUtf8, Encoding};
use super::limits::Limits;
use flate2::read::MultiGzDecoder;
use std::io::{self, Read, Write};
use xz2::read::XzDecoder;
use xz2::stream::{CONCATENATED, Stream};

/// How a file is packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    /// It is a text behind a byte order mark.
    Encoded(Encoding),
}

/// Memory of one xz decoder: what the highest level, -9, needs is 65 MiB (xz(1)).
const XZ_MEMORY: u64 = 80 << 20;

/// Xz packs zeros some seven thousand times smaller, which is seven times what deflate can, and files of a journal are
/// made of zeros until something is written, 128 MiB at most (journald.conf(5), `SystemMaxFileSize=`). So twice that
/// may come whatever the ratio.
const XZ_ZEROS: u64 = 256 << 20;

/// What came of unpacking a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    Whole(u64),
    /// So many bytes came before the packed data were found damaged or cut.
    Damaged(u64, String),
    /// It is more than was asked for.
    TooMuch,
}

impl Packing {
    /// By the first bytes of a file; six are enough.
    pub fn of(start: &[u8]) -> Option<Self> {
        if start.starts_with(&[0x1f, 0x8b, 8]) {
            return Some(Self::Gzip);
        }
        if start.starts_with(b"\xfd7zXZ\0") {
            return Some(Self::Xz);
        }
        Encoding::of(start).map(Self::Encoded)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Encoded(_) => "text",
        }
    }

    /// A file's name without the ending that its program gave it.
    pub fn plain_name(self, name: &str) -> String {
        let (ending, of_tar) = match self {
            Self::Gzip => (".gz", ".tgz"),
            Self::Xz => (".xz", ".txz"),
            Self::Encoded(_) => return name.to_owned(),
        };
        let tar = || name.strip_suffix(of_tar).map(|stem| format!("{stem}.tar"));
        let plain = name.strip_suffix(ending).map(str::to_owned).or_else(tar);
        plain.filter(|plain| !plain.is_empty()).unwrap_or_else(|| name.to_owned())
    }

    /// The most bytes that so many packed ones may come to.
    pub fn most(self, packed: u64, limits: &Limits) -> u64 {
        let more = match self {
            Self::Gzip => 1024,
            Self::Xz => XZ_ZEROS,
            // Two bytes of UTF-16 become three at most.
            Self::Encoded(_) => return packed.saturating_mul(2),
        };
        packed.saturating_mul(limits.ratio).saturating_add(more)
    }

    /// What is packed in `reader`; several packed files behind one another are one.
    pub fn reader<'a>(self, reader: &'a mut dyn Read) -> io::Result<Box<dyn Read + 'a>> {
        Ok(match self {
            Self::Gzip => Box::new(MultiGzDecoder::new(reader)),
            Self::Xz => Box::new(XzDecoder::new_stream(reader, Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?)),
            Self::Encoded(encoding) => Box::new(AsUtf8::new(reader, encoding)),
        })
    }

    /// Unpacks all of `reader` to `out`, up to `most` bytes. An error is one of writing.
    pub fn unpack(self, reader: &mut dyn Read, out: &mut dyn Write, most: u64) -> io::Result<Unpacked> {
        copy(&mut *self.reader(reader)?, out, most)
    }
}

/// Copies `reader` to its end. What it cannot read is told and is no error.
pub(super) fn copy(reader: &mut dyn Read, out: &mut dyn Write, most: u64) -> io::Result<Unpacked> {
    let mut buffer = vec![0; 64 << 10];
    let mut bytes = 0_u64;
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(Unpacked::Whole(bytes)),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Ok(Unpacked::Damaged(bytes, error.to_string())),
        };
        if bytes.saturating_add(count as u64) > most {
            return Ok(Unpacked::TooMuch);
        }
        out.write_all(buffer.get(..count).unwrap_or_default())?;
        bytes += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use proptest::prelude::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::new(6));
        packer.write_all(bytes).expect("memory");
        packer.finish().expect("memory")
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut packer = xz2::write::XzEncoder::new(Vec::new(), 6);
        packer.write_all(bytes).expect("memory");
        packer.finish().expect("memory")
    }

    fn unpacked(bytes: &[u8], most: u64) -> (Unpacked, Vec<u8>) {
        let packing = Packing::of(bytes).expect("packed");
        let mut out = Vec::new();
        let mut reader = bytes;
        (packing.unpack(&mut reader, &mut out, most).expect("memory"), out)
    }

    #[test]
    fn files_behind_one_another_are_one() {
        for pack in [gzip, xz] {
            let both = [pack(b"one\n"), pack(b"two\n")].concat();
            assert_eq!(unpacked(&both, 100), (Unpacked::Whole(8), b"one\ntwo\n".to_vec()));
        }
    }

    #[test]
    fn more_than_was_asked_for_is_not_unpacked() {
        for pack in [gzip, xz] {
            let zeros = pack(&vec![0; 10 << 20]);
            let (came, out) = unpacked(&zeros, 1 << 20);
            assert_eq!(came, Unpacked::TooMuch);
            assert!(out.len() <= 1 << 20);
        }
    }

    #[test]
    fn names_lose_the_ending_of_their_packing() {
        let plain = |packing: Packing, name| packing.plain_name(name);
        assert_eq!(plain(Packing::Gzip, "audit.log.gz"), "audit.log");
        assert_eq!(plain(Packing::Xz, "syslog.xz"), "syslog");
        assert_eq!(plain(Packing::Gzip, "bundle.tgz"), "bundle.tar");
        assert_eq!(plain(Packing::Gzip, ".gz"), ".gz");
        assert_eq!(plain(Packing::Xz, "messages"), "messages");
    }

    proptest! {
        #[test]
        fn what_came_before_a_cut_is_there(text in "[a-z\n]{0,300}", cut in any::<prop::sample::Index>()) {
            for pack in [gzip, xz] {
                let whole = pack(text.as_bytes());
                let cut = cut.index(whole.len());
                let Some(packing) = Packing::of(&whole[..cut]) else { continue };
                let mut out = Vec::new();
                let came = packing.unpack(&mut &whole[..cut], &mut out, 1000).expect("memory");
                prop_assert!(text.as_bytes().starts_with(&out));
                prop_assert!(matches!(came, Unpacked::Damaged(bytes, _) if bytes == out.len() as u64), "{came:?}");
            }
        }
    }
}
