//! The records of a zip, byte by byte, as in PKWARE's APPNOTE 6.3.10, sections 4.3 and 4.5. Numbers are little-endian.
//!
//! Parsing takes a slice and says nothing about the file it is from; what a record claims is for others to believe.

/// Local file header, 4.3.7.
pub const LOCAL: [u8; 4] = *b"PK\x03\x04";
/// Central directory header, 4.3.12.
pub const CENTRAL: [u8; 4] = *b"PK\x01\x02";
/// Data descriptor, 4.3.9.3: the signature is optional.
pub const DESCRIPTOR: [u8; 4] = *b"PK\x07\x08";
/// End of central directory record, 4.3.16.
pub const END: [u8; 4] = *b"PK\x05\x06";
/// Zip64 end of central directory record, 4.3.14.
pub const END64: [u8; 4] = *b"PK\x06\x06";
/// Zip64 end of central directory locator, 4.3.15.
pub const LOCATOR: [u8; 4] = *b"PK\x06\x07";

pub const LOCAL_BYTES: usize = 30;
pub const CENTRAL_BYTES: usize = 46;
pub const END_BYTES: usize = 22;
pub const END64_BYTES: usize = 56;
pub const LOCATOR_BYTES: usize = 20;

/// General purpose bits 0, 6 and 13, 4.4.4: encrypted in one way or another.
pub const ENCRYPTED: u16 = 1 | 1 << 6 | 1 << 13;
/// Bit 3: sizes and CRC are zero in the local header, and follow the data.
pub const DESCRIBED_BEHIND: u16 = 1 << 3;
/// Bit 11: the name is UTF-8.
pub const UTF8: u16 = 1 << 11;

/// Compression methods, 4.4.5.
pub const STORED: u16 = 0;
pub const DEFLATED: u16 = 8;

/// What stands where a number is in the zip64 extra field instead, 4.4.1.4.
const IN_ZIP64: u64 = 0xffff_ffff;
const ZIP64: u16 = 1;

/// The packed data of an entry, and what its headers say of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed {
    pub method: u16,
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
}

/// What a local and a central header both say of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Common {
    pub version_needed: u16,
    pub flags: u16,
    pub method: u16,
    pub time: u16,
    pub date: u16,
    pub crc: u32,
    pub packed: u64,
    pub size: u64,
    pub name_bytes: u16,
    pub extra_bytes: u16,
}

/// A central directory header without its name, extra field and comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Central {
    pub made_by: u16,
    pub common: Common,
    pub comment_bytes: u16,
    pub disk: u16,
    pub internal: u16,
    pub external: u32,
    pub offset: u64,
}

/// Both end records: what 4.3.14 and 4.3.16 say of the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    pub disk: u32,
    pub directory_disk: u32,
    pub entries_here: u64,
    pub entries: u64,
    pub bytes: u64,
    pub offset: u64,
    /// Of 4.3.16 only.
    pub comment_bytes: u16,
}

struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Behind `signature`, if that is what `bytes` begins with.
    fn behind(signature: [u8; 4], bytes: &'a [u8]) -> Option<Self> {
        bytes.strip_prefix(&signature).map(Self)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn common(&mut self) -> Option<Common> {
        Some(Common {
            version_needed: self.u16()?,
            flags: self.u16()?,
            method: self.u16()?,
            time: self.u16()?,
            date: self.u16()?,
            crc: self.u32()?,
            packed: self.u32()?.into(),
            size: self.u32()?.into(),
            name_bytes: self.u16()?,
            extra_bytes: self.u16()?,
        })
    }
}

/// The fixed part of a local file header; its sizes are 32 bits wide until [`Common::widen`].
pub fn local(bytes: &[u8]) -> Option<Common> {
    Fields::behind(LOCAL, bytes)?.common()
}

/// The fixed part of a central header; sizes and offset are 32 bits wide until [`Central::widen`].
pub fn central(bytes: &[u8]) -> Option<Central> {
    let mut fields = Fields::behind(CENTRAL, bytes)?;
    Some(Central {
        made_by: fields.u16()?,
        common: fields.common()?,
        comment_bytes: fields.u16()?,
        disk: fields.u16()?,
        internal: fields.u16()?,
        external: fields.u32()?,
        offset: fields.u32()?.into(),
    })
}

pub fn end(bytes: &[u8]) -> Option<End> {
    let mut fields = Fields::behind(END, bytes)?;
    Some(End {
        disk: fields.u16()?.into(),
        directory_disk: fields.u16()?.into(),
        entries_here: fields.u16()?.into(),
        entries: fields.u16()?.into(),
        bytes: fields.u32()?.into(),
        offset: fields.u32()?.into(),
        comment_bytes: fields.u16()?,
    })
}

pub fn end64(bytes: &[u8]) -> Option<End> {
    let mut fields = Fields::behind(END64, bytes)?;
    // The size of the record, and the versions made by and needed.
    fields.take::<12>()?;
    Some(End {
        disk: fields.u32()?,
        directory_disk: fields.u32()?,
        entries_here: fields.u64()?,
        entries: fields.u64()?,
        bytes: fields.u64()?,
        offset: fields.u64()?,
        comment_bytes: 0,
    })
}

/// Whether a zip64 end record has the length of its fixed fields, and needs the version that brought it, 4.4.3.2.
pub fn end64_is_usual(bytes: &[u8]) -> bool {
    let length = (END64_BYTES as u64 - 12).to_le_bytes();
    bytes.get(4..12) == Some(&length) && bytes.get(14..16) == Some(&[45, 0])
}

/// The disk, the offset of the zip64 end record, and the number of disks, that a locator gives.
pub fn locator(bytes: &[u8]) -> Option<(u32, u64, u32)> {
    let mut fields = Fields::behind(LOCATOR, bytes)?;
    Some((fields.u32()?, fields.u64()?, fields.u32()?))
}

/// An extra field, 4.5.1, is no sequence of blocks, or lacks a number it must have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

/// The content of the zip64 block, 4.5.3; checks that the field is a sequence of whole blocks with one such at most.
fn zip64(extra: &[u8]) -> Result<Option<Fields<'_>>, Malformed> {
    let (mut rest, mut found) = (Fields(extra), None);
    while !rest.0.is_empty() {
        let (Some(id), Some(length)) = (rest.u16(), rest.u16()) else { return Err(Malformed) };
        let Some((content, behind)) = rest.0.split_at_checked(length.into()) else { return Err(Malformed) };
        rest = Fields(behind);
        if id == ZIP64 && found.replace(Fields(content)).is_some() {
            return Err(Malformed);
        }
    }
    Ok(found)
}

impl Common {
    /// Takes the sizes from the extra field where they are there. Unchanged when that is malformed.
    pub fn widen(&mut self, extra: &[u8]) -> Result<(), Malformed> {
        let mut wide = *self;
        let fields = zip64(extra)?;
        wide.sizes(&mut fields.unwrap_or(Fields(&[])))?;
        *self = wide;
        Ok(())
    }

    /// The whole local header with `name`, appended to `out`; the lengths are those of what is written.
    pub fn encode_local(&self, name: &str, out: &mut Vec<u8>) {
        out.extend(LOCAL);
        self.encode(name, &[self.size, self.packed], out, |_| {});
    }

    /// What both headers have, with `between` before the name. The numbers in `wide` go into the zip64 extra field,
    /// whatever they are: an entry of any size has the same form.
    fn encode(&self, name: &str, wide: &[u64], out: &mut Vec<u8>, between: impl FnOnce(&mut Vec<u8>)) {
        for number in [self.version_needed, self.flags, self.method, self.time, self.date] {
            out.extend(number.to_le_bytes());
        }
        out.extend(self.crc.to_le_bytes());
        out.extend([0xff; 8]);
        let content = u16::try_from(size_of_val(wide)).unwrap_or_default();
        // Names have at most as many bytes as a path may have.
        let name_bytes = u16::try_from(name.len()).unwrap_or_default();
        for number in [name_bytes, 4 + content] {
            out.extend(number.to_le_bytes());
        }
        between(out);
        out.extend(name.as_bytes());
        for number in [ZIP64, content] {
            out.extend(number.to_le_bytes());
        }
        wide.iter().for_each(|number| out.extend(number.to_le_bytes()));
    }

    fn sizes(&mut self, fields: &mut Fields<'_>) -> Result<(), Malformed> {
        if self.size == IN_ZIP64 {
            self.size = fields.u64().ok_or(Malformed)?;
        }
        if self.packed == IN_ZIP64 {
            self.packed = fields.u64().ok_or(Malformed)?;
        }
        Ok(())
    }
}

impl Central {
    /// Takes sizes and offset from the extra field where they are there. Unchanged when that is malformed.
    pub fn widen(&mut self, extra: &[u8]) -> Result<(), Malformed> {
        let mut wide = *self;
        let mut fields = zip64(extra)?.unwrap_or(Fields(&[]));
        wide.common.sizes(&mut fields)?;
        if wide.offset == IN_ZIP64 {
            wide.offset = fields.u64().ok_or(Malformed)?;
        }
        *self = wide;
        Ok(())
    }

    /// The whole header with `name`, appended to `out`; the lengths are those of what is written.
    pub fn encode(&self, name: &str, out: &mut Vec<u8>) {
        out.extend(CENTRAL);
        out.extend(self.made_by.to_le_bytes());
        self.common.encode(name, &[self.common.size, self.common.packed, self.offset], out, |out| {
            // No comment, no disk.
            out.extend([0; 4]);
            out.extend(self.internal.to_le_bytes());
            out.extend(self.external.to_le_bytes());
            out.extend([0xff; 4]);
        });
    }
}

/// The end of a directory of `entries` headers in `bytes` bytes at `offset`: zip64 record, locator and end record.
pub fn encode_end(entries: u64, bytes: u64, offset: u64, out: &mut Vec<u8>) {
    out.extend(END64);
    out.extend(44_u64.to_le_bytes());
    // Versions 4.5, unix; then the two disks, both 0.
    out.extend([45, 3, 45, 0]);
    out.extend([0; 8]);
    for number in [entries, entries, bytes, offset] {
        out.extend(number.to_le_bytes());
    }
    out.extend(LOCATOR);
    out.extend([0; 4]);
    out.extend((offset + bytes).to_le_bytes());
    out.extend(1_u32.to_le_bytes());
    out.extend(END);
    out.extend([0; 4]);
    out.extend([0xff; 12]);
    out.extend([0; 2]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_is_parsed() {
        let common = Common {
            version_needed: 45,
            flags: UTF8,
            method: DEFLATED,
            time: 1,
            date: 2,
            crc: 3,
            packed: 5 << 32,
            size: 6 << 32,
            name_bytes: 3,
            extra_bytes: 28,
        };
        let header =
            Central { made_by: 0x32d, common, comment_bytes: 0, disk: 0, internal: 0, external: 7, offset: 8 << 32 };
        let mut bytes = Vec::new();
        header.encode("a/b", &mut bytes);
        let mut read = central(&bytes).expect("a header");
        assert_eq!(&bytes[CENTRAL_BYTES..CENTRAL_BYTES + 3], b"a/b");
        read.widen(&bytes[CENTRAL_BYTES + 3..]).expect("an extra field");
        assert_eq!(read, header);

        let mut bytes = Vec::new();
        encode_end(1, 2, 3, &mut bytes);
        let wide = end64(&bytes).expect("a zip64 end record");
        assert_eq!((wide.entries_here, wide.entries, wide.bytes, wide.offset), (1, 1, 2, 3));
        assert_eq!(locator(&bytes[END64_BYTES..]), Some((0, 5, 1)));
        let narrow = end(&bytes[END64_BYTES + LOCATOR_BYTES..]).expect("an end record");
        assert_eq!((narrow.entries, narrow.offset, narrow.comment_bytes), (0xffff, 0xffff_ffff, 0));
        assert_eq!(bytes.len(), END64_BYTES + LOCATOR_BYTES + END_BYTES);
    }

    #[test]
    fn extra_fields_are_whole_blocks() {
        let mut common = local(&[&LOCAL[..], &[0; 14], &[0xff; 8], &[0; 4]].concat()).expect("a header");
        let sizes = [&[1, 0, 16, 0][..], &7_u64.to_le_bytes(), &9_u64.to_le_bytes()].concat();
        assert_eq!(common.widen(&[&sizes[..], &sizes].concat()), Err(Malformed), "twice");
        assert_eq!(common.widen(&sizes[..19]), Err(Malformed), "cut");
        assert_eq!(common.widen(&[&sizes[..], &[0]].concat()), Err(Malformed), "a byte more");
        assert_eq!(common.widen(&[]), Err(Malformed), "none");
        assert_eq!(common.widen(&[&[9, 9, 1, 0, 0][..], &sizes].concat()), Ok(()));
        assert_eq!((common.size, common.packed), (7, 9));
    }
}
